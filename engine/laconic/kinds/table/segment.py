"""CSV and other delimited tables to segments: the header row, and rows that require it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from laconic.kinds.records import identify
from laconic.types import Member, Passage, Record, Segment, Span

__all__ = [
    "TableSegmenter", "cell_spans", "delimiter_of", "is_rule", "looks_like_table", "rows_with_header", "table_rows",
    "uneven_rows",
]  # fmt: skip

_DELIMITERS = (",", "\t", ";", "|")
_SAMPLE_CHARS = 16_000
_SAMPLE_ROWS = 20
_AGREEING_SHARE = 0.9
_MANY_COLUMNS, _AGREEING_OF_MANY = 4, 0.6  # sentences rarely have so many commas each, so rows may be cut short
_NUMBER = re.compile(r"[-+]?[$€£]?\d[\d.,]*%?")
_MAX_NAME_CHARS = 60
_UNIT = "\x1f"  # what separates the names of columns in the name of a table
_RULE = re.compile(r"[\s|:+=]*(?:-(?!-)[\s|:+=]*)*--[\s|:+=-]*")


def looks_like_table(text: str) -> bool:
    """Whether ``text`` is a delimited table with a header; a glance at its first rows. See `delimiter_of`."""
    return delimiter_of(text) is not None


def delimiter_of(text: str) -> str | None:
    """What separates the cells: a comma, tab, semicolon or bar; None where the text is no table with a header.

    A table has three rows or more, at least two columns, as many cells in most rows as in the first (nine of ten, or
    six where there are many columns), and a first row of distinct short names, none a number or a sentence.
    """
    if text.count("\n", 0, _SAMPLE_CHARS) < 2:
        return None
    head = text[:_SAMPLE_CHARS]
    first = head.lstrip("\n").split("\n", 1)[0]
    for delimiter in sorted(_DELIMITERS, key=lambda mark: -first.count(mark)):
        if delimiter not in first:
            continue
        names = [name.strip().strip('"') for name in _cells(_bare(first, delimiter), delimiter)]
        if len(names) < 2 or not _is_header(names if names[0] else names[1:]):  # above the names of rows stands none
            continue
        if _rows_agree(head, len(names), delimiter, is_cut=len(text) > len(head)):
            return delimiter
    return None


def _rows_agree(head: str, columns: int, delimiter: str, *, is_cut: bool) -> bool:
    """Whether most of the first rows below a header have as many cells; ends where that cannot be any more."""
    share = _AGREEING_SHARE if columns < _MANY_COLUMNS else _AGREEING_OF_MANY
    odd_left = (1 - share) * _SAMPLE_ROWS + 1  # one of them may be cut by the glance, and not count
    agree: list[bool | None] = []
    for number, (start, end) in enumerate(_limited(table_rows(head), _SAMPLE_ROWS)):
        row = head[start:end]
        if not number or _RULE.fullmatch(row):
            agree.append(None)
            continue
        agree.append(len(_cells(_bare(row, delimiter), delimiter)) == columns)
        odd_left -= not agree[-1]
        if odd_left < 0:
            return False
    if is_cut and len(agree) < _SAMPLE_ROWS:
        agree.pop()
    body = [each for each in agree if each is not None]
    return len(body) >= 2 and sum(body) >= share * len(body)


def table_rows(text: str) -> Iterator[Span]:
    """Spans of the rows, without their line breaks; a line break inside double quotes ends none.

    One row at a time, linear, for tables of any size. A quote that is never closed ends with its line.
    """
    start = 0
    while start < len(text):
        end = _line_end(text, start)
        if text.count('"', start, end) % 2:  # a cell goes on
            closing = end
            while closing < len(text):
                following = _line_end(text, closing + 1)
                if text.count('"', closing + 1, following) % 2:
                    end = following
                    break
                if following - start > _SAMPLE_CHARS:
                    break
                closing = following
        if text[start:end].strip():
            last = end - 1 if text[end - 1] == "\r" else end
            yield start, last
        start = end + 1


class TableSegmenter:
    """Segments of a delimited table: ``"table_header"`` (with a rule below it) and ``"table_row"``s that require it.

    Each row is a record. Linear in the text.
    """

    def segment(self, passage: Passage, index: int, first: int) -> list[Segment]:
        """Cut ``passage``; see `laconic.types.Segmenter`."""
        text = passage.text
        spans = list(table_rows(text))
        if len(spans) > 1 and _RULE.fullmatch(text[slice(*spans[1])]):
            spans[:2] = [(spans[0][0], spans[1][1])]
        if not spans:
            return []
        return rows_with_header(index, text, spans, delimiter_of(text) or ",", first)


def uneven_rows(text: str) -> tuple[int, int]:
    """How many rows of a table have fewer or more cells than its header or leave a quote open, and how many it has.

    What they hold stands under the columns as far as these go. Linear in the text.
    """
    delimiter = delimiter_of(text) or ","
    rows = [text[start:end] for start, end in table_rows(text)]
    body = [row for row in rows[1:] if not _RULE.fullmatch(row)]
    columns = len(_cells(_bare(rows[0], delimiter), delimiter)) if rows else 0

    def is_uneven(row: str) -> bool:
        return row.count('"') % 2 > 0 or len(_cells(_bare(row, delimiter), delimiter)) != columns

    return sum(map(is_uneven, body)), len(body)


def rows_with_header(index: int, text: str, spans: Sequence[Span], delimiter: str, first: int) -> list[Segment]:
    """Segments of one table of a passage, each row a record of the columns that the header names.

    Args:
        index: of the passage in the call.
        text: of the passage.
        spans: of the header, with the rule below it where there is one, and of the rows.
        delimiter: what separates the cells.
        first: position in the call's list of the header's segment.
    """
    head, _, rule = text[slice(*spans[0])].partition("\n")
    names = _values(head if _RULE.fullmatch(rule) else text[slice(*spans[0])], delimiter)
    table = _UNIT.join(["", *names])
    segments = [Segment(index, *spans[0], "table_header")]
    records: list[Record] = []
    for at, (start, end) in enumerate(spans[1:], start=first + 1):
        record = Record(table)
        cells = zip(names, _values(text[start:end], delimiter), strict=False)
        record.members = [Member(name, value, start, end, at) for name, value in cells]
        records.append(record)
        segments.append(Segment(index, start, end, "table_row", (first,), record=record))
    identify(records)
    return segments


def is_rule(line: str) -> bool:
    """Whether a line is the rule below a header."""
    return _RULE.fullmatch(line) is not None


def cell_spans(row: str, delimiter: str) -> list[Span]:
    """Where the cells of a row stand in it, the white space beside delimiters included, bars at both ends not."""
    bare = _bare(row, delimiter)
    start = row.find(bare)
    spans = []
    for cell in _cells(bare, delimiter):
        spans.append((start, start + len(cell)))
        start += len(cell) + 1
    return spans


def _values(row: str, delimiter: str) -> list[str]:
    """What the cells of a row say, without the quotes around them and the bars at both ends."""
    bare = _bare(row, delimiter)
    if '"' not in bare:
        return [cell.strip() for cell in bare.split(delimiter)]
    cells = map(str.strip, _cells(bare, delimiter))
    return [cell[1:-1].replace('""', '"') if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell for cell in cells]


def _bare(row: str, delimiter: str) -> str:
    """A row without the white space and the bars around it; a bar at one end only is beside an empty cell."""
    if delimiter == "|":
        bare = row.strip()
        return bare[1:-1] if len(bare) > 1 and bare[0] == bare[-1] == "|" else row.strip("\r\n")
    return row.strip() if delimiter != "\t" else row.strip("\r\n")


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _cells(row: str, delimiter: str) -> list[str]:
    """Cells of a row; a delimiter inside double quotes separates nothing."""
    if '"' not in row:
        return row.split(delimiter)
    cells, start, at = [], 0, 0
    for number, part in enumerate(row.split('"')):
        if number % 2 == 0:  # outside quotes
            cut = row.find(delimiter, at, at + len(part))
            while cut >= 0:
                cells.append(row[start:cut])
                start = cut + 1
                cut = row.find(delimiter, start, at + len(part))
        at += len(part) + 1
    return [*cells, row[start:]]


def _is_header(names: list[str]) -> bool:
    return len(set(names)) == len(names) and all(
        name
        and len(name) <= _MAX_NAME_CHARS
        and not _NUMBER.fullmatch(name)
        and not name.endswith((".", "?", "!"))
        and name.count(" ") < 6
        for name in names
    )


def _limited(spans: Iterator[Span], most: int) -> Iterator[Span]:
    for _, span in zip(range(most), spans, strict=False):
        yield span
