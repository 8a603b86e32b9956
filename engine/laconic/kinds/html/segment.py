"""HTML to segments: sentences, headings, items of lists, rows of tables, code."""

from __future__ import annotations

from collections.abc import Sequence

from laconic.kinds.html.parts import Part, read_html
from laconic.kinds.records import identify
from laconic.types import Level, Member, Passage, Record, Segment, TokenCounter

__all__ = ["HtmlSegmenter"]

_TOKEN_CHARS = 4


class HtmlSegmenter:
    """Segments of HTML text, whole or cut out of a page; linear in the text.

    A segment holds the tags inside it; its one level of detail, which is all that
    `laconic.kinds.html.render.HtmlRenderer` writes, says what it costs without them. Rows of tables of values are
    records.

    Args:
        counter: counts that; about four characters a token where it is None.
    """

    def __init__(self, counter: TokenCounter | None) -> None:
        self._counter = counter

    def segment(self, passage: Passage, index: int, first: int) -> list[Segment]:
        """Cut ``passage``; see `laconic.types.Segmenter`."""
        text = passage.text
        parts = read_html(text)
        records = _records(parts, first)
        segments = []
        header, table = -1, 0
        for at, part in enumerate(parts, start=first):
            if part.table != table:
                header, table = -1, part.table
            if part.kind == "table_header":
                header = at
            requires = (header,) if part.kind == "table_row" and header >= 0 else ()
            levels = self._levels(text, part)
            record = records.get(at)
            segments.append(Segment(index, part.start, part.end, part.kind, requires, levels, (), record))
        return segments

    def _levels(self, text: str, part: Part) -> tuple[Level, ...]:
        written = "".join(text[start:end] for start, end in part.kept)
        if len(written) == part.end - part.start:
            return ()
        tokens = self._counter.count(written) if self._counter is not None else len(written) // _TOKEN_CHARS
        return (Level("text", 1.0, max(1, tokens)),)


def _records(parts: Sequence[Part], first: int) -> dict[int, Record]:
    """The record of each row, by position: a row of columns is one, names and their values are one together."""
    records: dict[int, Record] = {}
    names: tuple[str, ...] = ()
    named: Record | None = None
    table = 0
    for at, part in enumerate(parts, start=first):
        if part.table != table:
            names, named, table = (), None, part.table
        if part.kind == "table_header":
            names = part.cells
        elif part.kind == "table_row" and part.names and len(part.cells) > 1:
            if named is None:
                named = Record("")
            value = " ".join(part.cells[1:])
            named.members.append(Member(part.cells[0], value, part.start, part.end, at))
            records[at] = named
        elif part.kind == "table_row":
            record = records[at] = Record("\t".join(("", *names)) or str(table))
            cells = enumerate(part.cells)
            members = [(names[place] if place < len(names) else "", cell) for place, cell in cells]
            record.members = [Member(name, cell, part.start, part.end, at) for name, cell in members]
    identify(dict.fromkeys(records.values()))
    return records
