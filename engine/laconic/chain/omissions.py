"""How much was left out, in words that a model understands: ``12 of 40 rows left out``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from laconic.kinds.catalogue import recognise
from laconic.types import Compression, Passage, Segment, Span

__all__ = ["Units"]


class Units:
    """The rows, records, lines or sentences of some passages, counted when first asked for.

    Args:
        passages: of a call.
    """

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = passages

    def omitted(self, compression: Compression) -> str | None:
        """What a result of the passages leaves out, as words; None where it leaves out no whole unit.

        A unit of which something is kept counts as kept. Linear in the passages, once.
        """
        kept = {part.index: part.spans for part in compression.passages}
        counts: Counter[str] = Counter()
        left = 0
        for index, ways in self._of.items():
            for noun, units in ways:
                missing = sum(not is_kept for is_kept in _touched(units, kept.get(index, ())))
                if missing or noun == ways[-1][0]:
                    break
            counts[noun] += len(units)
            left += missing
        if not left:
            return None
        noun = next(iter(counts)) if len(counts) == 1 else "parts"
        return f"{left} of {sum(counts.values())} {noun} left out"

    @cached_property
    def _of(self) -> dict[int, list[_Way]]:
        return {index: _ways(passage) for index, passage in enumerate(self._passages) if passage.text.strip()}


_Way = tuple[str, list[list[Span]]]
"""What a passage is counted in, and the spans of each unit, in order."""


def _ways(passage: Passage) -> list[_Way]:
    """Ways to count a passage, the coarsest first: where each record is kept in part, its values are counted."""
    kind = recognise(passage).kind
    segments = kind.segmenter(None).segment(passage, 0, 0)
    pieces = [[(segment.start, segment.end)] for segment in segments]
    rows = [piece for piece, segment in zip(pieces, segments, strict=True) if segment.kind == "table_row"]
    if rows and kind.name == "table":
        return [("rows", rows)]
    if kind.name in ("json", "yaml"):
        records = _records(segments)
        return [("records", records), ("values", pieces)] if records else [("values", pieces)]
    if kind.name in ("prose", "markdown"):
        return [("sentences" if all(segment.kind == "sentence" for segment in segments) else "parts", pieces)]
    return [("lines", _lines(passage.text))]


def _records(segments: Sequence[Segment]) -> list[list[Span]]:
    """The spans of each record of the outermost table that lists more than one."""
    spans: dict[int, list[Span]] = {}
    tables: dict[str, dict[int, None]] = {}
    for segment in segments:
        record = segment.record
        while record is not None:
            spans.setdefault(id(record), []).append((segment.start, segment.end))
            tables.setdefault(record.table, {})[id(record)] = None
            record = record.parent
    listed = [members for members in tables.values() if len(members) > 1]
    if not listed:
        return []
    return [sorted(set(spans[record])) for record in max(listed, key=lambda members: _reach(members, spans))]


def _reach(members: dict[int, None], spans: dict[int, list[Span]]) -> int:
    """How much of the text the records of a table hold."""
    return sum(end - start for record in members for start, end in spans[record])


def _lines(text: str) -> list[list[Span]]:
    found, at = [], 0
    for line in text.splitlines(keepends=True):
        if line.strip():
            start = at + len(line) - len(line.lstrip())
            found.append([(start, at + len(line.rstrip()))])
        at += len(line)
    return found


def _touched(units: Sequence[Sequence[Span]], kept: Sequence[Span]) -> list[bool]:
    """Of each unit, whether a kept span holds a character of it. Both are in order, and units may overlap."""
    found = []
    first = 0
    for spans in units:
        while first < len(kept) and kept[first][1] <= spans[0][0]:
            first += 1
        at, is_kept = first, False
        for start, end in spans:
            while at < len(kept) and kept[at][1] <= start:
                at += 1
            if at < len(kept) and kept[at][0] < end:
                is_kept = True
                break
        found.append(is_kept)
    return found
