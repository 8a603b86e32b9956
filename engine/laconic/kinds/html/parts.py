"""The parts of HTML that are kept or dropped as one: sentences, headings, items, rows, code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from math import fsum
from typing import NamedTuple

from laconic._utils.remembered import Remembered
from laconic.kinds.html.blocks import Block, Cell, Page, read_page
from laconic.kinds.prose.language import guess_language
from laconic.kinds.prose.sentences import MAX_SENTENCE_CHARS, sentence_spans
from laconic.kinds.runs import Words, bare, merged
from laconic.types import Span

__all__ = ["Part", "read_html", "words_alone"]

_WHOLE_ITEM_CHARS = 300  # as of prose
_LEAST_ROWS = 2
_ROW_CHARS, _CELL_BLOCKS = 600, 1.5  # on average, of tables of values
_PRE_END = re.compile(r"(?:\s|<[^<>]*>)*?(</(?:pre|xmp)\s*>)", re.IGNORECASE)
_PRE_END_CHARS = 200
_SAMPLE_CHARS = 400


class Part(NamedTuple):
    """What is kept or dropped as one.

    Attributes:
        kind: of the segment.
        kept: spans that are written, in order: its words, and before them the tag that a reader needs, bare.
        words: spans of its words among them.
        block: number of the block that it is of.
        lead: the start tag that opened the block.
        cells: of a row, what each of its cells says.
        table: of a row the number of its table, else 0.
        names: of a row, whether its first cell names it and there is no header above.
    """

    kind: str
    kept: tuple[Span, ...]
    words: tuple[Span, ...]
    block: int
    lead: Span | None
    cells: tuple[str, ...] = ()
    table: int = 0
    names: bool = False

    @property
    def start(self) -> int:
        """Where it begins."""
        return self.kept[0][0]

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.kept[-1][1]


@Remembered
def read_html(text: str) -> tuple[Part, ...]:
    """The parts of a text, in order; linear. The last few texts are remembered.

    Args:
        text: HTML, whole or cut out of a page; the language of its sentences is guessed.
    """
    page = read_page(text)
    return tuple(_Parts(text, page, _guessed(text, page.blocks)).read())


@Remembered
def words_alone(text: str) -> str:
    """A text as readers see it, as long as it is: what is no word of a part is blank."""
    found, at = [], 0
    for part in read_html(text):
        for start, end in part.words:
            found.append(" " * (start - at))
            found.append(text[start:end].replace("&nbsp;", "      "))
            at = end
    return "".join((*found, " " * (len(text) - at)))


def _guessed(text: str, blocks: Sequence[Block]) -> str | None:
    sample = ""
    for block in blocks:
        if block.kind == "sentence":
            sample += Words(text, block.pieces[:20], block.breaks).text + " "
        if len(sample) > _SAMPLE_CHARS:
            break
    return guess_language(sample[:_SAMPLE_CHARS] or text[:_SAMPLE_CHARS])


class _Parts:
    def __init__(self, text: str, page: Page, language: str | None) -> None:
        self.text = text
        self.page = page
        self.language = language
        self.block = 0
        self.end = 0  # of the last block that was read
        self.term: Part | None = None  # that waits for what it names

    def read(self) -> Iterator[Part]:
        for table, group in groupby(self.page.blocks, key=lambda block: block.cell.table if block.cell else 0):
            own = list(group)
            rows = [list(row) for _, row in groupby(own, key=_row_of)] if table not in (0, *self.page.layout) else []
            if _is_data(rows):
                yield from self._waiting()
                yield from self._rows(table, rows)
            else:
                for block in own:
                    yield from self._of_block(block)
        yield from self._waiting()

    def _waiting(self) -> Iterator[Part]:
        if self.term is not None:
            yield self.term
            self.term = None

    # -- running text ------------------------------------------------------------------------------------------------

    def _of_block(self, block: Block) -> Iterator[Part]:
        self.block += 1
        self.end = block.pieces[-1][1]
        if block.kind == "fence":
            yield from self._waiting()
            yield from self._fence(block)
            return
        parts = list(self._sentences(block))
        if block.kind == "term":
            yield from self._waiting()
            *before, self.term = parts
            yield from before
            return
        if self.term is not None and parts:
            lead = self._lead(block) if parts[0].kept[0][0] == parts[0].words[0][0] else []
            term, first = self.term, parts[0]
            if first.end - term.start <= 2 * MAX_SENTENCE_CHARS:
                kept = merged((*term.kept, *lead, *first.kept))
                parts[0] = first._replace(kept=tuple(kept), words=(*term.words, *first.words))
                self.term = None
            yield from self._waiting()
        yield from parts

    def _lead(self, block: Block) -> list[Span]:
        return bare(self.text, block.lead) if block.lead is not None else []

    def _sentences(self, block: Block) -> Iterator[Part]:
        words = Words(self.text, block.pieces, block.breaks)
        kind = "sentence" if block.kind == "term" else block.kind
        length = len(words.text)
        whole = length <= (_WHOLE_ITEM_CHARS if kind == "list_item" else MAX_SENTENCE_CHARS if kind == "heading" else 0)
        bare_end = len(words.text.rstrip())
        spans = [(0, bare_end)] if whole else self._cut(words.text)
        lead = self._lead(block) if block.mark and block.kind != "term" else []
        for number, span in enumerate(spans):
            own = words.kept(span)
            kept = own if number else merged((*lead, *own))
            yield Part(kind, tuple(kept), tuple(own), self.block, block.lead)

    def _cut(self, words: str) -> list[Span]:
        return sentence_spans(words, 0, len(words), self.language)

    def _fence(self, block: Block) -> Iterator[Part]:
        own = merged(block.pieces)
        first = next(at for at, (start, end) in enumerate(own) if self.text[start:end].strip())
        last = len(own) - next(at for at, (start, end) in enumerate(own[::-1]) if self.text[start:end].strip())
        own = own[first:last]
        start, end = own[-1]
        own[-1] = (start, start + len(self.text[start:end].rstrip()))
        lead = self._lead(block)
        closing = _PRE_END.match(self.text, own[-1][1], own[-1][1] + _PRE_END_CHARS) if lead else None
        tail = [closing.span(1)] if closing else []
        yield Part("fence", tuple(merged((*lead, *own, *tail))), tuple(own), self.block, block.lead)

    # -- tables ------------------------------------------------------------------------------------------------------

    def _rows(self, table: int, rows: Sequence[Sequence[Block]]) -> Iterator[Part]:
        heads = 0
        while heads < len(rows) and all(block.cell is not None and block.cell.head for block in rows[heads]):
            heads += 1
        heads = heads if heads < len(rows) else 0
        if heads:
            parts = [self._row("table_header", table, row) for row in rows[:heads]]
            kept = merged(span for part in parts for span in part.kept)
            words = tuple(span for part in parts for span in part.words)
            yield parts[-1]._replace(kept=tuple(kept), words=words)
        for row in rows[heads:]:
            part = self._row("table_row", table, row)
            first = row[0].cell
            yield part._replace(names=not heads and first is not None and first.head)

    def _row(self, kind: str, table: int, row: Sequence[Block]) -> Part:
        self.block += 1
        kept: list[Span] = []
        own: list[Span] = []
        said: list[str] = []
        in_cell: dict[Cell | None, list[Block]] = {}
        for block in row:
            in_cell.setdefault(block.cell, []).append(block)
        place = table, _row_of(row[0])
        cells = self.page.rows[place]
        while cells[-1] not in in_cell:
            cells = cells[:-1]
        for cell in cells:
            said += [""] * cell.columns
            if cell.lead[0] < self.end:  # of a row that text between its cells cuts in two
                continue
            kept += bare(self.text, cell.lead)
            for number, block in enumerate(in_cell.get(cell, ())):
                words = Words(self.text, block.pieces, block.breaks)
                if number and block.lead is not None:
                    kept += bare(self.text, block.lead)
                said[-cell.columns] += (" " if number else "") + words.text.strip()
                spans = words.kept((0, len(words.text.rstrip())))
                kept += spans
                own += spans
        self.end = row[-1].pieces[-1][1]
        return Part(
            kind,
            tuple(merged(kept)),
            tuple(own),
            self.block,
            self.page.row_leads.get(place, row[0].lead),
            tuple(said),
            table,
        )


def _row_of(block: Block) -> int:
    return block.cell.row if block.cell is not None else 0


def _is_data(rows: Sequence[Sequence[Block]]) -> bool:
    """Whether rows are those of a table of values, not of a page that is laid out as a table."""
    if len(rows) < _LEAST_ROWS or any(block.kind == "fence" for row in rows for block in row):
        return False
    cells = [len({block.cell for block in row}) for row in rows]
    if max(cells) < 2:
        return False
    blocks = fsum(len(row) / count for row, count in zip(rows, cells, strict=True)) / len(rows)
    chars = sum(block.chars for row in rows for block in row) / len(rows)
    return blocks <= _CELL_BLOCKS and chars <= _ROW_CHARS
