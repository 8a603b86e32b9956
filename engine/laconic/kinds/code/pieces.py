"""A source file as a flat row of pieces: imports, constants, class headers, functions, lines of what is broken."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from laconic.kinds.code.parse import ParsedCode, kept
from laconic.kinds.code.units import Outline, outline, own_end
from laconic.types import Span

if TYPE_CHECKING:
    from tree_sitter import Node

__all__ = ["Piece", "pieces"]


@dataclass(frozen=True)
class Piece:
    """One piece; offsets are bytes of the parsed data.

    Attributes:
        start, end: its span; pieces do not overlap and are in order.
        kind: ``"import"``, ``"statement"``, ``"comment"``, ``"class_header"``, ``"function"``, ``"type"`` (a type
            without functions), or ``"line"`` where the parser was lost.
        unit: index in the file's outline, of headers, functions and types.
        owners: outline indexes of what it stands in, innermost first.
    """

    start: int
    end: int
    kind: str
    unit: int | None
    owners: tuple[int, ...]


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
    for index, unit in enumerate(found.units):
        inner = index in chosen or any(outer in chosen for outer in found.enclosing(index))
        if unit.definition >= first and unit.container and not inner:
            end = unit.signature_end + (parsed.data[unit.signature_end : unit.signature_end + 1] == b"{")
            result.append(Piece(unit.documented_start, end, "class_header", index, found.enclosing(index)))
    taken = sorted((piece.start, piece.end) for piece in result)
    result += _rest(parsed, found, taken)
    inside = [
        Piece(max(piece.start, first), min(piece.end, last), piece.kind, piece.unit, _real(piece.owners, found, first))
        for piece in result
        if piece.start < last and piece.end > first
    ]
    return tuple(_disjoint([piece for piece in inside if piece.end > piece.start]))


def _real(owners: tuple[int, ...], found: Outline, first: int) -> tuple[int, ...]:
    """Owners that stand in the text: what a fragment was wrapped in does not."""
    return tuple(owner for owner in owners if found.units[owner].definition >= first)


def _rest(parsed: ParsedCode, found: Outline, taken: list[Span]) -> list[Piece]:
    """What stands in lists outside definitions and headers."""
    starts = [start for start, _ in taken]
    imports = set(found.imports)
    spans = [(unit.start, unit.end) for unit in found.units]
    result: list[Piece] = []
    stack: list[Node] = [parsed.root]
    while stack:
        node = stack.pop()
        listed = node.type in parsed.language.lists
        for child in node.children:
            if not child.is_named:
                continue
            start, end = child.start_byte, own_end(child, parsed)
            at = bisect_right(starts, start) - 1
            if end <= start or (at >= 0 and end <= taken[at][1]):
                continue
            after = bisect_left(starts, start)
            if after < len(starts) and starts[after] < end:
                stack.append(child)  # definitions stand in it
                if child.is_error:
                    result += _lines(parsed, (start, end), taken, _owners(found, spans, start))
                continue
            if not listed and not node.is_error and node is not parsed.root and not _wraps(node, parsed):
                continue
            owners = _owners(found, spans, start)
            if child.is_error or node.is_error:
                result += _lines(parsed, (start, end), taken, owners)
            elif child.type in parsed.language.comments:
                result.append(Piece(start, end, "comment", None, owners))
            else:
                kind = "import" if (start, end) in imports or _holds(imports, child) else "statement"
                result.append(Piece(start, end, kind, None, owners))
    return _disjoint(result)


def _wraps(node: Node, parsed: ParsedCode) -> bool:
    """Whether a node only wraps lists (the body of a function that a fragment was put into)."""
    return node.start_byte < parsed.shift


def _holds(imports: set[Span], node: Node) -> bool:
    return any(node.start_byte <= start and end <= node.end_byte for start, end in imports)


def _owners(found: Outline, spans: list[Span], byte: int) -> tuple[int, ...]:
    at = bisect_right(spans, (byte, 1 << 62)) - 1
    while at >= 0:
        if spans[at][0] <= byte < spans[at][1]:
            return (at, *found.enclosing(at))
        parent = found.units[at].parent
        if parent is None:
            return ()
        at = parent
    return ()


def _lines(parsed: ParsedCode, span: Span, taken: list[Span], owners: tuple[int, ...]) -> list[Piece]:
    """The lines of a span outside what is taken."""
    result = []
    position = span[0]
    for start, end in [*((a, b) for a, b in taken if a < span[1] and b > span[0]), (span[1], span[1])]:
        for line in _split(parsed.data, position, min(start, span[1])):
            result.append(Piece(*line, "line", None, owners))
        position = max(position, end)
    return result


def _split(data: bytes, start: int, end: int) -> list[Span]:
    """Spans of the lines between two bytes, without the white space around them; blank ones left out."""
    result = []
    while start < end:
        stop = data.find(b"\n", start, end)
        stop = end if stop < 0 else stop
        line = data[start:stop]
        left = start + len(line) - len(line.lstrip())
        right = start + len(line.rstrip())
        if right > left:
            result.append((left, right))
        start = stop + 1
    return result


def _disjoint(found: list[Piece]) -> list[Piece]:
    """Pieces in order, without those that overlap an earlier one."""
    result: list[Piece] = []
    for piece in sorted(found, key=lambda p: (p.start, -p.end)):
        if not result or piece.start >= result[-1].end:
            result.append(piece)
    return result
