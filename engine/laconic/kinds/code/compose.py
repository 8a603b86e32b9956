"""Edits of a source text, the text that they leave, and whether it still parses."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from laconic.kinds.code.parse import ParsedCode, error_bytes, parse_bytes
from laconic.types import Rendered, Span

__all__ = ["Edit", "Marks", "compose", "errors_after"]


class Marks(enum.Enum):
    """Where a cut is marked with a comment that counts the cut lines."""

    NONE = 0
    FUNCTIONS = 1
    ALL = 2


@dataclass(frozen=True)
class Edit:
    """A byte span of the parsed data that is deleted, and what stands in its place."""

    start: int  # the span; empty spans insert
    end: int
    text: str = ""  # what the grammar needs there (... for an emptied Python block), mostly nothing
    mark: bool = False  # a comment may stand in its place, on a line of its own
    indent: str = ""  # of that comment
    depth: int = 0  # 0 for a cut between definitions, 1 for one inside a function
    leading: bool = False  # the cut stands at the head of a list and is made of whole lines


def compose(parsed: ParsedCode, edits: Sequence[Edit], marks: Marks = Marks.NONE) -> Rendered:
    """The text that ``edits`` leave of a parsed text.

    Edits, in any order, may touch but not overlap; what a fragment's surroundings would change is left out. ``marks``
    says which cuts leave a comment such as ``# … 12 lines``.

    Returns:
        The text, and the character spans of the source that are in it.
    """
    low, high = parsed.shift, parsed.shift + parsed.size
    pieces: list[str] = []
    spans: list[Span] = []
    position = low
    trailing = False  # the last piece is a mark that runs to the end of its line

    def keep(start: int, end: int) -> None:
        nonlocal trailing
        first, last = parsed.char(start), parsed.char(end)
        if last <= first:
            return
        text = parsed.text[first:last]
        if trailing and not text.startswith(("\n", "\r")):
            pieces.append(parsed.newline)
        trailing = False
        pieces.append(text)
        if spans and spans[-1][1] == first:
            spans[-1] = (spans[-1][0], last)
        else:
            spans.append((first, last))

    for edit in sorted(edits, key=lambda e: (e.start, e.end)):
        if edit.end < position or edit.start >= high or (edit.end <= low and edit.start < low):
            continue
        keep(position, min(edit.start, high))
        position = max(position, min(edit.end, high))
        if edit.text:
            pieces.append(edit.text)
        elif edit.mark and (marks is Marks.ALL or (marks is Marks.FUNCTIONS and edit.depth)):
            lines = sum(1 for line in parsed.data[edit.start : edit.end].split(b"\n") if line.strip())
            if lines:
                comment = f"{parsed.language.line_comment} … {lines} line{'s' if lines > 1 else ''}"
                if edit.leading:
                    pieces.append(f"{edit.indent}{comment}{parsed.newline}")
                else:
                    at_start = not pieces or pieces[-1].endswith("\n")
                    pieces.append(f"{'' if at_start else parsed.newline}{edit.indent}{comment}")
                    trailing = True
    keep(position, high)
    return Rendered("".join(pieces), tuple(spans))


def errors_after(parsed: ParsedCode, edits: Sequence[Edit]) -> int:
    """What `laconic.kinds.code.parse.error_bytes` says of the data after edits, which are in order, without overlaps.

    The tree of ``parsed`` tells the parser what it knows already, so that a dozen edits cost a tenth of a parse.

    Raises:
        ParseTimeoutError: the parser did not come back.
    """
    data = parsed.data
    tree = parsed.tree.copy()
    pieces: list[bytes] = []
    at = row = row_start = 0

    def advance(to: int) -> None:
        nonlocal at, row, row_start
        breaks = data.count(b"\n", at, to)
        if breaks:
            row += breaks
            row_start = data.rfind(b"\n", at, to) + 1
        at = to

    kept = 0
    moves = []
    for edit in edits:
        start, end, text = edit.start, edit.end, edit.text.encode()
        advance(start)
        first = (row, start - row_start)
        advance(end)
        breaks = text.count(b"\n")
        behind = (first[0] + breaks, len(text) - text.rfind(b"\n") - 1 if breaks else first[1] + len(text))
        moves.append((start, end, start + len(text), first, (row, end - row_start), behind))
        pieces += [data[kept:start], text]
        kept = end
    for move in reversed(moves):  # from the back, so that no edit moves what another one speaks of
        tree.edit(*move)
    pieces.append(data[kept:])
    return error_bytes(parse_bytes(b"".join(pieces), parsed.language.name, tree).root_node)
