"""HTML to segments: sentences, headings, items of lists, rows of tables, code."""

from __future__ import annotations

import re
from collections.abc import Sequence

from laconic.kinds.html.parts import Part, read_html
from laconic.kinds.prose.headings import Headings
from laconic.kinds.records import identify
from laconic.types import Level, Member, Passage, Record, Segment, TokenCounter

__all__ = ["HtmlSegmenter"]

_TOKEN_CHARS = 4
_TITLE = 9  # no depth
_HEADING = re.compile(r"<(?:h([1-6])|title)\b", re.IGNORECASE)


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
        segments: list[Segment] = []
        headings, depths = Headings(), _depths(text, parts)
        header, table = -1, 0
        for at, part in enumerate(parts, start=first):
            if part.table != table:
                header, table = -1, part.table
            if part.kind == "table_header":
                header = at
            requires = (header,) if part.kind == "table_row" and header >= 0 else ()
            levels = self._levels(text, part)
            record = records.get(at)
            if depths[at - first]:
                headings.enter("#" * depths[at - first] + " ", at)
            under = () if part.kind == "heading" else (*requires, *headings.nearest)
            segments.append(Segment(index, part.start, part.end, part.kind, requires, levels, (), record, under))
        return segments

    def _levels(self, text: str, part: Part) -> tuple[Level, ...]:
        written = "".join(text[start:end] for start, end in part.kept)
        if len(written) == part.end - part.start:
            return ()
        tokens = self._counter.count(written) if self._counter is not None else len(written) // _TOKEN_CHARS
        return (Level("text", 1.0, max(1, tokens)),)


def _depths(text: str, parts: Sequence[Part]) -> list[int]:
    """Of each part that heads what follows how deep it stands, 0 of all others.

    The title of a page heads it where no heading of the first depth says it again.
    """
    depths = []
    for part in parts:
        name = _HEADING.match(text, *part.lead) if part.kind == "heading" and part.lead is not None else None
        depths.append(0 if name is None else int(name[1] or _TITLE))
    title = 0 if 1 in depths else 1
    return [title if depth == _TITLE else depth for depth in depths]


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
