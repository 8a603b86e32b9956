"""Where the characters of a text come from, through any number of cuts."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from laconic.types import Span

__all__ = ["Trace", "align", "subtract"]

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_WORD = re.compile(r"\w+|\s+|[^\w\s]")
# difflib is quadratic on texts that repeat themselves; beyond this many pieces it may leave out the most frequent ones
_EXACT_PIECES = 2_000


@dataclass(frozen=True)
class Trace:
    """The parts of a text that stand in its source, in order in both.

    Attributes:
        pieces: ``(at, start, length)``: ``text[at:at + length] == source[start:start + length]``. What no piece covers
            was written by whoever made the text.
    """

    pieces: tuple[tuple[int, int, int], ...]

    @classmethod
    def whole(cls, length: int) -> Trace:
        """Of a text that is its source."""
        return cls(((0, 0, length),) if length else ())

    @classmethod
    def of_spans(cls, spans: Iterable[Span]) -> Trace:
        """Of a text that is the concatenation of spans of its source."""
        pieces, at = [], 0
        for start, end in spans:
            pieces.append((at, start, end - start))
            at += end - start
        return cls(tuple(pieces))

    @property
    def spans(self) -> tuple[Span, ...]:
        """Character spans of the source, in order; touching ones are merged."""
        spans: list[Span] = []
        for _, start, length in self.pieces:
            if spans and spans[-1][1] == start:
                spans[-1] = (spans[-1][0], start + length)
            elif length:
                spans.append((start, start + length))
        return tuple(spans)

    def through(self, earlier: Trace) -> Trace:
        """This trace, of a text whose source was itself cut from an ``earlier`` source, back to that one.

        Linear in the pieces of both.
        """
        pieces = []
        ends = [at + length for at, _, length in earlier.pieces]
        for at, start, length in self.pieces:
            for held, origin, size in earlier.pieces[bisect_left(ends, start + 1) :]:
                if held >= start + length:
                    break
                low, high = max(start, held), min(start + length, held + size)
                pieces.append((at + low - start, origin + low - held, high - low))
        return Trace(tuple(pieces))


def align(source: str, text: str, spans: Iterable[Span] | None = None) -> Trace:
    """Find a text that was cut from ``source`` in it.

    Args:
        source: what was cut.
        text: what is left, perhaps with text of the cutter's own.
        spans: where the cutter says that it comes from; used where their concatenation is ``text``.

    Returns:
        A trace that is exact where the text is lines of the source in order, and otherwise the longest common
        sequence of lines, and of words between them, that difflib finds.
    """
    if text == source:
        return Trace.whole(len(text))
    if spans is not None:
        claimed = tuple(spans)
        if "".join(source[start:end] for start, end in claimed) == text:
            return Trace.of_spans(claimed)
    lines, own = _pieces(_LINE, source, (0, len(source))), _pieces(_LINE, text, (0, len(text)))
    found = _in_order(source, lines, text, own)
    if found is None:
        found = _matched(source, lines, text, own, between=_WORD)
    return Trace(tuple(_joined(found)))


def subtract(spans: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
    """What is left of ``spans`` without ``taken``; both in order, neither overlapping itself."""
    left: list[Span] = []
    at = 0
    for start, end in spans:
        while at < len(taken) and taken[at][1] <= start:
            at += 1
        each = at
        while each < len(taken) and taken[each][0] < end:
            if taken[each][0] > start:
                left.append((start, taken[each][0]))
            start = max(start, taken[each][1])
            each += 1
        if start < end:
            left.append((start, end))
    return left


def _pieces(pattern: re.Pattern[str], text: str, within: Span) -> list[Span]:
    return [match.span() for match in pattern.finditer(text, *within)]


def _in_order(source: str, lines: Sequence[Span], text: str, own: Sequence[Span]) -> list[tuple[int, int, int]] | None:
    """Pieces of a text that is lines of the source in order, each at its first place; None when it is not."""
    places: dict[str, list[int]] = {}
    for at, (start, end) in enumerate(lines):
        places.setdefault(source[start:end].rstrip("\n"), []).append(at)
    found, cursor = [], 0
    for start, end in own:
        line = text[start:end]
        candidates = places.get(line.rstrip("\n"), [])
        first = bisect_left(candidates, cursor)
        if first == len(candidates):
            return None
        at = candidates[first]
        cursor = at + 1
        origin, last = lines[at]
        found.append((start, origin, min(end - start, last - origin)))
    return found


def _matched(
    source: str, there: Sequence[Span], text: str, here: Sequence[Span], between: re.Pattern[str] | None
) -> list[tuple[int, int, int]]:
    """Pieces of the longest common runs; what stands between two of them is compared by the finer pattern."""
    if not there or not here:
        return []
    matcher = SequenceMatcher(
        None,
        [source[start:end] for start, end in there],
        [text[start:end] for start, end in here],
        autojunk=max(len(there), len(here)) > _EXACT_PIECES,
    )
    found: list[tuple[int, int, int]] = []
    there_at = here_at = 0
    for block in matcher.get_matching_blocks():  # the last one is empty and stands at both ends
        if between is not None and there_at < block.a and here_at < block.b:
            gap = (there[there_at][0], there[block.a - 1][1])
            own_gap = (here[here_at][0], here[block.b - 1][1])
            found += _matched(source, _pieces(between, source, gap), text, _pieces(between, text, own_gap), None)
        if block.size:
            start, end = there[block.a][0], there[block.a + block.size - 1][1]
            found.append((here[block.b][0], start, end - start))
        there_at, here_at = block.a + block.size, block.b + block.size
    return found


def _joined(found: Iterable[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Pieces that follow on from each other in text and source, as one."""
    joined: list[tuple[int, int, int]] = []
    for at, start, length in found:
        if joined and joined[-1][0] + joined[-1][2] == at and joined[-1][1] + joined[-1][2] == start:
            joined[-1] = (*joined[-1][:2], joined[-1][2] + length)
        elif length:
            joined.append((at, start, length))
    return joined
