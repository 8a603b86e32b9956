"""Tables in running text: with pipes (Markdown), in grids and between rows of ``=`` (reStructuredText)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from laconic.kinds.prose.lines import Line

__all__ = ["is_row", "table_end", "table_parts"]

_PIPE_RULE = re.compile(r"\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?$")
_GRID_RULE = re.compile(r"\+(?:[-=]+\+)+$")
_COLUMN_RULE = re.compile(r"=+(?:\s+=+)+$")


def is_row(line: Line) -> bool:
    """Whether a line looks like a row of a table, its rules included."""
    text = line.text
    if text[:1] == "|":
        return text.count("|") > 1
    if text[:1] == "+" and _GRID_RULE.match(text):
        return True
    return " | " in text or text.endswith(" |") or ("|" in text and _PIPE_RULE.match(text) is not None)


def table_end(lines: Sequence[Line], at: int) -> int:
    """Index behind a table of at least two lines that begins at ``at``; 0 where none does."""
    end = at
    if _COLUMN_RULE.match(lines[at].text):
        place = at
        while place < len(lines) and lines[place].text:
            place += 1
            if _COLUMN_RULE.match(lines[place - 1].text):
                end = place
    else:
        while end < len(lines) and is_row(lines[end]):
            end += 1
    return end if end - at > 1 else 0


def table_parts(lines: Sequence[Line]) -> Iterator[tuple[str, int, int]]:
    """The header of a table, with the rules around it, and its rows: kind, and from which to which line of its own.

    A row of a grid goes up to its rule; the rule that ends a table belongs to its last row.
    """
    ruled = _is_rule(lines[0])
    header = 1
    while ruled and header < len(lines) - 1 and not _is_rule(lines[header]):
        header += 1
    if _is_rule(lines[header]):
        header += 1
    yield "table_header", 0, header
    grid = _GRID_RULE.match(lines[0].text) is not None
    first = header
    for at in range(header, len(lines)):
        last = at + 1 == len(lines)
        if last or (_is_rule(lines[at]) if grid else at + 2 < len(lines) or not _is_rule(lines[-1])):
            yield "table_row", first, at + 1
            first = at + 1


def _is_rule(line: Line) -> bool:
    return any(rule.match(line.text) for rule in (_PIPE_RULE, _GRID_RULE, _COLUMN_RULE))
