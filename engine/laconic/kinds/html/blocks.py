"""HTML as blocks of text: what stands between tags, told apart by the elements in which it stands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from laconic.kinds.html.names import BLOCKS, CLOSED_BY, HEADINGS, RAW, SKIPPED, VOID
from laconic.kinds.tags import Tag, find_tags, unescaped
from laconic.types import Span

__all__ = ["Block", "Cell", "Page", "read_page"]

_COLSPAN = re.compile(r"\scolspan\s*=\s*[\"']?(\d{1,3})", re.IGNORECASE)
_ASIDE = re.compile(r"\s(?:role\s*=\s*[\"']?(?:navigation|search)\b|aria-hidden\s*=\s*[\"']?true\b)", re.IGNORECASE)
_MOST_COLUMNS = 50
_LOOK_UP = 16  # open elements that are looked at for one that a tag ends without saying so
_MARKS = frozenset("li h1 h2 h3 h4 h5 h6 pre xmp dt dd tr td th".split())


class Cell:
    """A cell of a table.

    Attributes:
        table, row: numbers of the table and of its row.
        lead: the start tag.
        head: whether it names what stands in others.
        columns: over how many it goes.
    """

    __slots__ = ("columns", "head", "lead", "row", "table")

    def __init__(self, table: int, row: int, lead: Span, columns: int, *, head: bool) -> None:
        self.table = table
        self.row = row
        self.lead = lead
        self.columns = columns
        self.head = head


class Block:
    """A stretch of text that no line break of a browser parts, but for ``<br>``.

    Attributes:
        kind: ``"heading"``, ``"list_item"``, ``"quote"``, ``"fence"``, ``"term"`` or ``"sentence"``.
        pieces: spans of its text, and of each ``<br>`` in it.
        breaks: those that are a ``<br>``.
        lead: the start tag that opened it, None where none did.
        mark: whether that tag tells a reader something (``<li>``, ``<h2>``).
        cell: of a table, in which it stands.
    """

    __slots__ = ("breaks", "cell", "kind", "lead", "mark", "pieces")

    def __init__(
        self, kind: str, pieces: list[Span], breaks: frozenset[Span], lead: Span | None, mark: bool, cell: Cell | None
    ) -> None:
        self.kind = kind
        self.pieces = pieces
        self.breaks = breaks
        self.lead = lead
        self.mark = mark
        self.cell = cell

    @property
    def chars(self) -> int:
        """How long its text is as written."""
        return sum(end - start for start, end in self.pieces)


class Page(NamedTuple):
    """What a text holds.

    Attributes:
        blocks: in order.
        rows: by table and row the cells, those without text too.
        row_leads: by table and row the tag that opens it.
        layout: tables that hold others, and so no values.
    """

    blocks: list[Block]
    rows: dict[tuple[int, int], list[Cell]]
    row_leads: dict[tuple[int, int], Span]
    layout: set[int]


def read_page(text: str) -> Page:
    """The blocks of a text, in order; linear. What is not for readers is left out, unless there is nothing else."""
    tags = list(find_tags(text, RAW))
    for skipped in (SKIPPED, frozenset[str]()):
        page = _Reader(text, tags, skipped).read()
        if page.blocks:
            return page
    return Page(_raw(text, tags), {}, {}, set())


def _raw(text: str, tags: Sequence[Tag]) -> list[Block]:
    found = (tag for tag in tags if tag.kind in ("raw", "comment") and text[tag.start : tag.end].strip())
    return [Block("fence", [(tag.start, tag.end)], frozenset(), None, False, None) for tag in found]


class _Reader:
    def __init__(self, text: str, tags: Sequence[Tag], skipped: frozenset[str]) -> None:
        self.text = text
        self.tags = tags
        self.skipped = skipped
        self.closing = Counter(tag.name.lower() for tag in tags if tag.kind == "close")  # of those still to come
        self.found: list[Block] = []
        self.stack: list[str] = []
        self.open: Counter[str] = Counter()
        self.pieces: list[Span] = []
        self.breaks: list[Span] = []
        self.lead: tuple[str, Span] | None = None
        self.skipping: tuple[str, int] | None = None  # the element that is skipped, and how often it stands in itself
        self.cells: list[Cell | None] = []
        self.tables: list[list[int]] = []  # number and rows of the open ones
        self.tables_seen = 0
        self.rows: dict[tuple[int, int], list[Cell]] = {}
        self.row_leads: dict[tuple[int, int], Span] = {}
        self.layout: set[int] = set()

    def read(self) -> Page:
        at = 0
        for tag in self.tags:
            if at < tag.start and self.skipping is None:
                self.pieces.append((at, tag.start))
            at = tag.end
            if tag.kind in ("open", "empty"):
                self._open(tag, tag.name.lower())
            elif tag.kind == "close":
                self._close(tag.name.lower())
            elif tag.kind == "cdata" and self.skipping is None:
                self.pieces.append((tag.start + 9, tag.end - 3))
        if at < len(self.text) and self.skipping is None:
            self.pieces.append((at, len(self.text)))
        self._flush()
        return Page(self.found, self.rows, self.row_leads, self.layout)

    # -- tags --------------------------------------------------------------------------------------------------------

    def _open(self, tag: Tag, name: str) -> None:
        if self.skipping is not None:
            own, depth = self.skipping
            if name == own:
                self.skipping = (own, depth + 1)
            elif own == "head" and name in ("title", "body"):
                self.skipping = None
            if self.skipping is not None:
                return
        if tag.kind == "open" and self._is_skipped(tag, name) and (self.closing[name] or name == "head"):
            self._flush()
            self.skipping = (name, 1)
        elif name == "br" and self.breaks and not self.text[self.breaks[-1][1] : tag.start].strip():
            self._flush()
            self.lead = (name, (tag.start, tag.end))  # two in a row are a blank line
        elif name == "br":
            self.pieces.append((tag.start, tag.end))
            self.breaks.append((tag.start, tag.end))
        elif name in BLOCKS:
            self._flush()
            self._end_implied(name)
            if name not in VOID and tag.kind == "open":
                self._push(name, tag)
            if self.lead is None or name in _MARKS or self.lead[0] not in _MARKS:
                self.lead = (name, (tag.start, tag.end))

    def _is_skipped(self, tag: Tag, name: str) -> bool:
        if name in self.skipped:
            return True
        return bool(self.skipped) and name in BLOCKS and _ASIDE.search(self.text, tag.start, tag.end) is not None

    def _close(self, name: str) -> None:
        self.closing[name] -= 1
        if self.skipping is not None:
            own, depth = self.skipping
            if name == own:
                self.skipping = (own, depth - 1) if depth > 1 and self.closing[own] > 0 else None
            return
        if name == "title" and self.closing["head"] and not self.open["body"]:
            self._flush()
            self._pop_to(name)
            self.skipping = ("head", 1)
        elif name in BLOCKS:
            self._flush()
            if self.open[name]:
                self._pop_to(name)
            self.lead = None

    def _push(self, name: str, tag: Tag) -> None:
        self.stack.append(name)
        self.open[name] += 1
        if name == "table":
            self.tables_seen += 1
            self.layout.update(table for table, _ in self.tables[-1:])
            self.tables.append([self.tables_seen, 0])
            self.cells.append(None)
        elif name == "tr" and self.tables:
            self.tables[-1][1] += 1
            self.row_leads[self.tables[-1][0], self.tables[-1][1]] = (tag.start, tag.end)
        elif name in ("td", "th") and self.tables:
            table, row = self.tables[-1]
            cell = Cell(table, row, (tag.start, tag.end), _columns(self.text, tag), head=name == "th")
            self.cells[-1] = cell
            self.rows.setdefault((table, row), []).append(cell)

    def _pop_to(self, name: str) -> None:
        while self.stack:
            top = self.stack.pop()
            self.open[top] -= 1
            if top == "table":
                self.tables.pop()
                self.cells.pop()
            elif top in ("td", "th") and self.cells:
                self.cells[-1] = None
            if top == name:
                return

    def _end_implied(self, name: str) -> None:
        if self.stack and self.stack[-1] == "p":
            self._pop_to("p")
        if name not in CLOSED_BY:
            return
        ended, inside = CLOSED_BY[name]
        last = None
        for each in reversed(self.stack[-_LOOK_UP:]):
            if each in inside:
                break
            if each in ended:
                last = each
        while last is not None and self.stack and self.stack[-1] not in inside:
            self._pop_to(self.stack[-1])

    # -- blocks ------------------------------------------------------------------------------------------------------

    def _flush(self) -> None:
        """End the block whose text was collected."""
        pieces, self.pieces = self.pieces, []
        breaks, self.breaks = frozenset(self.breaks), []
        if not any(span not in breaks and self._says(span) for span in pieces):
            return
        name, lead = self.lead or ("", None)
        cell = self.cells[-1] if self.cells else None
        self.found.append(Block(self._kind(), pieces, breaks, lead, name in _MARKS, cell))
        self.lead = None

    def _says(self, span: Span) -> bool:
        piece = self.text[slice(*span)].strip()
        return bool(piece) and (piece[0] != "&" or not unescaped(piece).isspace())

    def _kind(self) -> str:
        for name in reversed(self.stack[-_LOOK_UP:]):
            if name in ("pre", "xmp"):
                return "fence"
            if name in HEADINGS:
                return "heading"
            if name == "dt":
                return "term"
            if name == "li":
                return "list_item" if self.lead is not None and self.lead[0] == "li" else "sentence"
            if name in ("td", "th", "dd", "table"):
                return "sentence"
            if name == "blockquote":
                return "quote"
        return "sentence"


def _columns(text: str, tag: Tag) -> int:
    """Over how many columns a cell goes."""
    span = _COLSPAN.search(text, tag.start, tag.end)
    return max(1, min(int(span[1]), _MOST_COLUMNS)) if span else 1
