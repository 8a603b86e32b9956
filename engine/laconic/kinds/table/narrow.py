"""Fewer columns of a table: of what the question asks, beside those that tell the rows apart."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from laconic.kinds.table.segment import cell_spans, delimiter_of, is_rule
from laconic.types import Passage, Segment, Span

if TYPE_CHECKING:
    from laconic.score.structure.wanted import Wanted

__all__ = ["columns_asked"]

# Columns and rows are asked for where they are raised by so much of what the most wanted ones are: what identifies a
# named record and what is asked of it by 7, the rest of it by 4.
_ASKED_SHARE = 0.6
_SURE = 5.5  # what a record is raised by that is named, described by all of a rare value, or at the end of a column


def columns_asked(
    query: str | None,
    passages: Sequence[Passage],
    segments: Sequence[Segment],
    kept: Collection[int],
    candidates: Sequence[int],
) -> Mapping[int, tuple[Span, ...]]:
    """What the header and rows may do without, so that more of the rows that are asked for have room.

    Args:
        query: the question; None or blank asks what stands out.
        passages: of the call.
        segments: of the call.
        kept: segments that have room with all their columns.
        candidates: rows that may be kept, and their headers.

    Returns:
        By segment the spans of the cells of other columns, with the delimiters of these; empty where all rows that are
        asked for have room, or no column but those that tell them apart is asked for. One set of columns for each
        table. Linear in the text.
    """
    from laconic.score.structure.question import Question  # where there are records, as in its own step
    from laconic.score.structure.wanted import Wanted

    wanted = Wanted(Question(query), passages, segments)
    most = max(wanted.bonus.values(), default=0.0)
    if most < _SURE:
        return {}
    rows = {at for at, worth in wanted.bonus.items() if worth >= _ASKED_SHARE * most}
    if rows <= set(kept):
        return {}
    holes: dict[int, tuple[Span, ...]] = {}
    for header, own in _tables(segments, candidates).items():
        asked, has_asked = _asked(wanted, segments, own, most)
        if not has_asked:
            continue
        text = passages[segments[header].passage].text
        delimiter = delimiter_of(text) or ","
        for at in (header, *own):
            left_out = tuple(_others(text, segments[at], delimiter, asked))
            if left_out:
                holes[at] = left_out
    return holes


def _tables(segments: Sequence[Segment], candidates: Sequence[int]) -> dict[int, list[int]]:
    """By header the rows among the candidates."""
    tables: dict[int, list[int]] = {}
    for at in candidates:
        segment = segments[at]
        if segment.record is not None and segment.requires:
            tables.setdefault(segment.requires[0], []).append(at)
    return tables


def _asked(
    wanted: Wanted, segments: Sequence[Segment], rows: Sequence[int], most: float
) -> tuple[frozenset[int], bool]:
    """Numbers of the columns that are asked for, and whether one of them does not only tell rows apart."""
    records = [record for at in rows if (record := segments[at].record) is not None]
    identity = {member.name for record in records for member in record.identity}
    names = records[0].table.split(records[0].table[0])[1:]
    asked = {name for name in names if wanted.columns.get((records[0].table, name), 0.0) >= _ASKED_SHARE * most}
    numbers = frozenset(at for at, name in enumerate(names) if name in asked or name in identity)
    return numbers, bool(asked - identity)


def _others(text: str, segment: Segment, delimiter: str, asked: Collection[int]) -> Iterator[Span]:
    """Spans of the cells of a row, or of a header with the rule below it, that stand in other columns."""
    start = segment.start
    lines = text[start : segment.end].split("\n") if segment.record is None else [text[start : segment.end]]
    for line in lines:
        cells = cell_spans(line, delimiter)
        if len(cells) > 1 or not is_rule(line):
            yield from ((start + first, start + last) for first, last in _left_out(cells, asked))
        start += len(line) + 1


def _left_out(cells: Sequence[Span], asked: Collection[int]) -> Iterator[Span]:
    """Spans of cells with the delimiter behind each, before it where no cell is kept behind it."""
    last = max((at for at in range(len(cells)) if at in asked), default=-1)
    at = 0
    while at < len(cells):
        until = at
        while until < len(cells) and until not in asked:
            until += 1
        if until > at:
            if until < len(cells):
                yield cells[at][0], cells[until][0]
            elif last >= 0:
                yield cells[last][1], cells[-1][1]
        at = until + 1
