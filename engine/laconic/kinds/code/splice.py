"""Small changes to a parsed text, and at the cost of what changed whether it still parses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from laconic.kinds.code.parse import ParsedCode, error_bytes, parse_bytes

__all__ = ["Splice", "errors_after", "spliced"]


class Splice(NamedTuple):
    """A change: the bytes of the parsed data from ``start`` to ``end`` become ``text``."""

    start: int
    end: int
    text: bytes = b""


def spliced(parsed: ParsedCode, splices: Sequence[Splice]) -> str:
    """The caller's text after changes, which are in order, without overlaps and inside the text."""
    pieces: list[str] = []
    at = parsed.shift
    for start, end, text in splices:
        pieces += [parsed.slice(at, start), text.decode()]
        at = end
    return "".join([*pieces, parsed.slice(at, parsed.shift + parsed.size)])


def errors_after(parsed: ParsedCode, splices: Sequence[Splice]) -> int:
    """What `laconic.kinds.code.parse.error_bytes` says of the data after changes.

    The tree of ``parsed`` tells the parser what it knows already, so that a dozen changes cost a tenth of a parse.

    Args:
        parsed: the text before; not changed.
        splices: in order and without overlaps.

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
    edits = []
    for start, end, text in splices:
        advance(start)
        first = (row, start - row_start)
        advance(end)
        breaks = text.count(b"\n")
        behind = (first[0] + breaks, len(text) - text.rfind(b"\n") - 1 if breaks else first[1] + len(text))
        edits.append((start, end, start + len(text), first, (row, end - row_start), behind))
        pieces += [data[kept:start], text]
        kept = end
    for edit in reversed(edits):  # from the back, so that no edit moves what another one speaks of
        tree.edit(*edit)
    pieces.append(data[kept:])
    return error_bytes(parse_bytes(b"".join(pieces), parsed.language.name, tree).root_node)
