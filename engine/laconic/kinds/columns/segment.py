"""Tables whose columns are parted by blanks, to segments: the header, and rows as records that require it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from laconic.kinds.records import identify
from laconic.types import Member, Passage, Record, Segment, Span

__all__ = ["Columns", "ColumnsSegmenter", "columns_of", "looks_like_columns", "rows_in_columns", "table_lines"]

_LINE = re.compile(r"(?<![^\S\n])[^\S\n]*\S(?:[^\n]*\S)?")
_SAMPLE_ROWS = 40
_SAMPLE_CHARS = 16_000
_LEAST_COLUMNS, _LEAST_ROWS = 3, 2
_FITTING = 0.9  # of the rows have something in most columns
_MOST_COLUMNS = 60
_LINE_CHARS = 1_000  # no terminal is wider, and few logs of builds
_NAME = re.compile(r"[^\W\d_][\w%()/.:#-]*|%\w+|#")
_RULE = re.compile(r"\s*[-=]{2,}(?:\s{1,99}[-=]{2,})+\s*")
_WORD = re.compile(r"\S+")
_GAP = re.compile(r"\S(?: {2,}|\t+)\S")
# "-rw-r--r-- 1 ann staff 1.2K Jan  3 10:02 a.txt"
_LISTED = re.compile(
    r"(?P<mode>[-bcdlps][-rwxsStT]{9}[+.@]?)\s+(?P<links>\d+)\s+(?P<owner>\S+)\s+(?P<group>\S+)\s+"
    r"(?P<size>[\d.,]+[BKMGT]?)\s+"
    r"(?P<time>\w{3}\s+\d{1,2}\s+[\d:]{4,5}|\d{1,2}\s+\w{3}\s+[\d:]{4,5}"
    r"|\d{4}-\d\d-\d\d \d\d:\d\d\S*(?: [-+]\d{4})?)\s+(?P<name>\S.*)"
)


class Columns(NamedTuple):
    """Names of columns and where each begins; the last goes up to the end of the line. No starts: of ``ls -l``."""

    names: tuple[str, ...]
    starts: tuple[int, ...]


_FILES = Columns(("mode", "links", "owner", "group", "size", "time", "name"), ())


def looks_like_columns(text: str) -> bool:
    """Whether a text is a table in columns; a glance at its first lines."""
    first, _, rest = text[:_SAMPLE_CHARS].lstrip("\r\n").partition("\n")
    second = rest[: rest.find("\n") + 1]
    if "  " not in first and "\t" not in first and not _LISTED.match(second[:_LINE_CHARS]):
        return False
    lines = [line for line in text[:_SAMPLE_CHARS].split("\n")[: _SAMPLE_ROWS + 1] if line.strip()]
    if len(text) > _SAMPLE_CHARS and len(lines) > 1:
        lines.pop()
    return len(lines) > _LEAST_ROWS and columns_of(lines) is not None


def columns_of(lines: Sequence[str]) -> Columns | None:
    """The columns of a table by its header and some of its rows; None where lines are no table.

    A column is what is blank on both sides in every row; the header names it. Linear in the lines.
    """
    lines = [line.rstrip().expandtabs() for line in lines[: _SAMPLE_ROWS + 1]]
    listed = [line for line in lines if not line.startswith("total ")]
    if len(listed) >= _LEAST_ROWS and all(_LISTED.match(line[:_LINE_CHARS]) for line in listed):
        return _FILES
    header, rows = lines[0], lines[1:]
    if len(rows) < _LEAST_ROWS or len(header) > _LINE_CHARS:
        return None
    if any(" | " in line for line in lines[:3]):
        return None
    ruled = _RULE.fullmatch(rows[0][:_LINE_CHARS]) is not None
    if not (ruled or _is_header(header)):
        return None
    if ruled:
        starts = tuple(match.start() for match in _WORD.finditer(rows.pop(0)))
    else:
        starts = _starts(header, [row[:_LINE_CHARS] for row in rows])
    names = tuple(" ".join(header[a:b].split()) for a, b in zip(starts, [*starts[1:], len(header)], strict=True))
    if not _LEAST_COLUMNS - ruled <= len(names) <= _MOST_COLUMNS:
        return None
    fitting = sum(2 * sum(bool(cell) for cell in _cells(row, starts)) > len(names) for row in rows)
    return Columns(names, starts) if fitting >= _FITTING * len(rows) else None


def _is_header(line: str) -> bool:
    """Whether a line may name columns: words in capitals, or with one, and gaps; no sentence."""
    words = line.split()
    if len(words) < _LEAST_COLUMNS or line[-1] in ".!?:;," or not all(map(_NAME.fullmatch, words)):
        return False
    capitals = sum(word[0].isupper() or not word[0].isalpha() for word in words)
    indented = line.startswith("  ")  # the first column needs no name
    return (indented or 3 * capitals >= 2 * len(words)) and _GAP.search(line) is not None


def _starts(header: str, rows: Sequence[str]) -> tuple[int, ...]:
    """Where columns begin: behind what is blank in the header and in every row."""
    words = [match.span() for match in _WORD.finditer(header)]
    width = max(map(len, (header, *rows)))
    taken = bytearray(width + 1)
    for line in (header, *rows):
        for match in _WORD.finditer(line):
            taken[match.start() : match.end()] = b"\1" * (match.end() - match.start())
    starts = [0]
    indented = words[0][0] > 1  # the first column has no name
    for start, _ in words[not indented :]:
        # the column of a name begins behind the last blank before it, which may be left of a number below it
        blank = taken.rfind(b"\0", starts[-1], start)
        if blank > starts[-1] and any(taken[starts[-1] : blank]):
            starts.append(blank + 1)
    return _with_values(tuple(starts), rows)


def _with_values(starts: tuple[int, ...], rows: Sequence[str]) -> tuple[int, ...]:
    """The columns in which some row has something: a second word of a name has none below it."""
    filled = [any(row[a:b].strip() for row in rows) for a, b in zip(starts, [*starts[1:], None], strict=True)]
    return tuple(start for start, has in zip(starts, filled, strict=True) if has or not start)


def _cells(row: str, starts: Sequence[int]) -> list[str]:
    return [row[a:b].strip() for a, b in zip(starts, [*starts[1:], None], strict=True)]


def _values(line: str, columns: Columns) -> Sequence[str]:
    """What the cells of a row say; nothing for a line among listed files that is none of them."""
    if columns.starts:
        return _cells(line.expandtabs(), columns.starts)
    listed = _LISTED.match(line[:_LINE_CHARS])
    return listed.groups() if listed else ()


def table_lines(text: str, start: int, end: int) -> list[Span]:
    """Spans of the lines that are not blank, without the white space at their ends."""
    return [match.span() for match in _LINE.finditer(text, start, end)]


class ColumnsSegmenter:
    """Segments of a table in columns: ``"table_header"`` and ``"table_row"``s that require it; linear in the text."""

    def segment(self, passage: Passage, index: int, first: int) -> list[Segment]:
        """Cut ``passage``; see `laconic.types.Segmenter`."""
        spans = table_lines(passage.text, 0, len(passage.text))
        if not spans:
            return []
        columns = columns_of([passage.text[a:b] for a, b in spans[: _SAMPLE_ROWS + 1]]) or Columns(("",), (0,))
        return rows_in_columns(index, passage.text, spans, columns, first)


def rows_in_columns(
    index: int, text: str, spans: Sequence[Span], columns: Columns, first: int, needs: tuple[int, ...] = ()
) -> list[Segment]:
    """Segments of one table.

    Args:
        index: of the passage in the call.
        text: of the passage.
        spans: of the lines, the header first.
        columns: of the table.
        first: position in the call's list of the first segment.
        needs: what else all of them require.
    """
    segments: list[Segment] = []
    records: list[Record] = []
    head: tuple[int, ...] = ()
    table = "\t".join(("", *columns.names))
    if len(spans) > 1 and _RULE.fullmatch(text[slice(*spans[1])]):
        spans = [(spans[0][0], spans[1][1]), *spans[2:]]
    for at, (start, end) in enumerate(spans, start=first):
        cells = () if at == first and columns.starts else _values(text[start:end], columns)
        if not cells:
            segments.append(Segment(index, start, end, "table_header", needs))
            head = (first,) if columns.starts else ()
            continue
        record = Record(table)
        named = zip(columns.names, cells, strict=True)
        record.members = [Member(name, value, start, end, at) for name, value in named if value]
        records.append(record)
        segments.append(Segment(index, start, end, "table_row", (*needs, *head), record=record))
    identify(records)
    return segments
