"""A source file as a flat row of pieces: imports, constants, class headers, functions, lines of what is broken."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from laconic.kinds.code.language import Language
from laconic.kinds.code.parse import ParsedCode, kept
from laconic.kinds.code.units import Outline, outline, own_end
from laconic.types import Span

if TYPE_CHECKING:
    from tree_sitter import Node

__all__ = ["Piece", "pieces"]


@dataclass(frozen=True)
class Piece:
    """One piece; offsets are bytes of the parsed data."""

    start: int  # its span; pieces do not overlap and are in order
    end: int
    # "import", "statement", "comment", "class_header", "function", "type" (no functions in it), "line" (does not parse)
    kind: str
    unit: int | None  # index in the file's outline, of headers, functions and types
    owners: tuple[int, ...]  # outline indexes of what it stands in, innermost first


@kept
def pieces(parsed: ParsedCode) -> tuple[Piece, ...]:
    """The pieces of a file; cached with it.

    What stands in no piece is layout: white space, closing braces, ``#endif``, and what a fragment was wrapped in.
    """
    found = outline(parsed)
    first, last = parsed.shift, parsed.shift + parsed.size
    candidates = [index for index in found.candidates() if found.units[index].definition >= first]
    result = []
    for index in candidates:
        unit = found.units[index]
        kind = "function" if unit.kind == "function" else "type"
        result.append(Piece(unit.documented_start, unit.end, kind, index, found.enclosing(index)))
    chosen = set(candidates)
    for index, unit in enumerate(found.units):  # parents first
        if unit.parent in chosen:
            chosen.add(index)
        if unit.definition >= first and unit.container and index not in chosen:
            end = unit.signature_end + (parsed.data[unit.signature_end : unit.signature_end + 1] == b"{")
            result.append(Piece(unit.documented_start, end, "class_header", index, found.enclosing(index)))
    taken = sorted((piece.start, piece.end) for piece in result)
    result += _rest(parsed, found, taken)
    inside = []
    for piece in result:
        start, end = max(piece.start, first), min(piece.end, last)
        if start < end:  # what a fragment was wrapped in does not stand in the text, nor own anything there
            owners = tuple(owner for owner in piece.owners if found.units[owner].definition >= first)
            inside.append(Piece(start, end, piece.kind, piece.unit, owners))
    return tuple(_disjoint(inside))


def _rest(parsed: ParsedCode, found: Outline, taken: list[Span]) -> list[Piece]:
    """What stands in lists outside definitions and headers."""
    starts = [start for start, _ in taken]
    result: list[Piece] = []
    stack: list[Node] = [parsed.root]
    while stack:
        node = stack.pop()
        listed = node.type in parsed.language.lists
        children = node.children
        for child, start in zip(children, _starts(children, parsed.language), strict=True):
            if start is None or not child.is_named:
                continue
            end = own_end(child, parsed)
            at = bisect_right(starts, start) - 1
            if end <= start or (at >= 0 and end <= taken[at][1]):
                continue
            after = bisect_left(starts, start)
            if after < len(starts) and starts[after] < end:
                stack.append(child)  # definitions stand in it
                if child.is_error:
                    result += _lines(parsed, (start, end), taken, found.owners(start))
                continue
            if not (listed or node.is_error or node is parsed.root or node.start_byte < parsed.shift):
                continue  # the last: the body of a function that a fragment was put into wraps lists
            owners = found.owners(start)
            if child.is_error or node.is_error:
                result += _lines(parsed, (start, end), taken, owners)
            elif child.type in parsed.language.comments:
                result.append(Piece(start, end, "comment", None, owners))
            else:
                next_import = bisect_left(found.imports, (child.start_byte, 0))
                is_import = any(last <= child.end_byte for _, last in found.imports[next_import : next_import + 1])
                result.append(Piece(start, end, "import" if is_import else "statement", None, owners))
    return _disjoint(result)


def _starts(children: Sequence[Node], language: Language) -> list[int | None]:
    """Where the piece of each of some siblings begins: at the words and types in front of a declaration, where those
    are siblings of it, as in Dart (``const x = 3``); None for these.
    """
    starts: list[int | None] = [child.start_byte for child in children]
    lead = 0  # the first of the words that stand in front of a node
    for at, child in enumerate(children):
        if child.type in language.attached:
            continue
        if lead < at and child.type in language.declares:
            starts[lead : at + 1] = [*[None] * (at - lead), children[lead].start_byte]
        lead = at + 1
    return starts


def _lines(parsed: ParsedCode, span: Span, taken: list[Span], owners: tuple[int, ...]) -> list[Piece]:
    """The lines of a span outside what is taken."""
    result = []
    position = span[0]
    near = taken[max(0, bisect_right(taken, span) - 1) : bisect_left(taken, (span[1], 0))]
    for start, end in [*(each for each in near if each[1] > span[0]), (span[1], span[1])]:
        for line in _split(parsed.data, position, min(start, span[1])):
            result.append(Piece(*line, "line", None, owners))
        position = max(position, end)
    return result


def _split(data: bytes, start: int, end: int) -> list[Span]:
    """Spans of the lines between two bytes, without the white space around them; blank ones left out."""
    result = []
    for line in data[start:end].split(b"\n"):
        bare = line.strip()
        if bare:
            left = start + line.index(bare)
            result.append((left, left + len(bare)))
        start += len(line) + 1
    return result


def _disjoint(found: list[Piece]) -> list[Piece]:
    """Pieces in order, without those that overlap an earlier one.

    The header of a class ends where the comment above its first member begins, which in Python stands before the body.
    """
    result: list[Piece] = []
    for piece in sorted(found, key=lambda p: (p.start, -p.end)):
        if result and result[-1].kind == "class_header" and result[-1].start < piece.start < result[-1].end < piece.end:
            result[-1] = replace(result[-1], end=piece.start)
        if not result or piece.start >= result[-1].end:
            result.append(piece)
    return result
