"""A source file that can be shown in part without parsing it again.

When a file is indexed, `condense` keeps of its syntax tree what deciding between whole definitions needs: the nodes
that hold several pieces (see `laconic.kinds.code.pieces`) with their children, and what empties a body or removes a
comment. `PartialFile` puts those together with the text, and cuts by the same rules as everywhere
(`laconic.kinds.code.prune`), so that what is shown parses where the file did.
"""

from __future__ import annotations

import json
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from laconic.kinds.code.compose import Edit, compose
from laconic.kinds.code.detail import body_edit
from laconic.kinds.code.language import Language, language_named
from laconic.kinds.code.parse import ParsedCode
from laconic.kinds.code.pieces import Piece, pieces
from laconic.kinds.code.prune import prune
from laconic.kinds.code.units import comment_spans, imported_names, merge, outline, own_end, without

if TYPE_CHECKING:
    from tree_sitter import Node

__all__ = ["CODE", "FULL", "SIGNATURE", "Part", "PartialFile", "condense"]

FULL, CODE, SIGNATURE = 0, 1, 2
"""Levels of a part: everything, without comments, without its body."""

_NAMED, _ERROR = 1, 2
_MAX_IMPORTED = 40  # names of one import


@dataclass(frozen=True)
class Part:
    """One piece of a file; offsets are bytes of its UTF-8 form.

    Attributes:
        start, end, kind: see `laconic.kinds.code.pieces.Piece`.
        unit_start: where the definition itself begins, behind its comment; ``start`` of what is none.
        unit: position in the file's outline, -1 of what is no definition.
        owners: positions of the headers that it stands under, innermost first.
        body: the edit that empties its body, None where it has none or that would save nothing.
        comments: the edits that remove its comments.
        names: of an import, what it brings in.
    """

    start: int
    end: int
    kind: str
    unit_start: int
    unit: int
    owners: tuple[int, ...]
    body: Edit | None
    comments: tuple[Edit, ...]
    names: tuple[str, ...] = ()

    def size(self, level: int) -> int:
        """Bytes at a level."""
        if level == FULL:
            return self.end - self.start
        edits = self.comments if level == CODE else ((self.body,) if self.body else ())
        return self.end - self.unit_start - sum(edit.end - edit.start - len(edit.text) for edit in edits)


def condense(parsed: ParsedCode) -> bytes:
    """What `PartialFile` needs beside the text; about a tenth of its size.

    Cost: a pass over the nodes that hold several pieces.
    """
    found = pieces(parsed)
    nodes, types = _nodes(parsed, found)
    headers = {piece.unit: at for at, piece in enumerate(found) if piece.kind == "class_header"}
    holes = _comment_edits(parsed)
    starts = [edit.start for edit in holes]
    imports = dict(imported_names(parsed)) if any(piece.kind == "import" for piece in found) else {}
    parts = []
    for piece in found:
        unit = outline(parsed).units[piece.unit] if piece.unit is not None else None
        unit_start = piece.start if unit is None else max(piece.start, unit.start)
        body: list[Edit] = []
        if unit is not None and piece.kind == "function":
            body = [edit for edit in body_edit(parsed, unit, doc=False) if edit.end <= piece.end]
        inside = holes[bisect_left(starts, unit_start) : bisect_left(starts, piece.end)]
        parts.append(
            [
                piece.start,
                piece.end,
                piece.kind,
                unit_start,
                -1 if piece.unit is None else piece.unit,
                [headers[owner] for owner in piece.owners if owner in headers],
                [_written(edit) for edit in body[:1]],
                [_written(edit) for edit in inside if edit.end <= piece.end],
                sorted(imports.get((piece.start, piece.end), ()))[:_MAX_IMPORTED],
            ]
        )
    data = {"language": parsed.language.name, "types": types, "nodes": nodes, "parts": parts}
    return zlib.compress(json.dumps(data, separators=(",", ":")).encode(), 1)


def _written(edit: Edit) -> list[Any]:
    return [edit.start, edit.end, edit.text]


def _comment_edits(parsed: ParsedCode) -> list[Edit]:
    """What deletes every comment that has its lines to itself, and no docstring; in order."""
    holes = comment_spans(parsed)
    if not holes:
        return []
    return sorted(prune(parsed, without((0, len(parsed.data)), holes)), key=lambda edit: edit.start)


def _nodes(parsed: ParsedCode, found: Sequence[Piece]) -> tuple[list[list[Any]], list[str]]:
    """The condensed tree in pre-order, ``[type, start, end, flags, field, number of children]``, and the types."""
    merged = [(piece.start, piece.end) for piece in found]
    starts, ends = [start for start, _ in merged], [end for _, end in merged]
    types: dict[str, int] = {}
    nodes: list[list[Any]] = []

    def opened(start: int, end: int) -> bool:
        """Whether a node holds a piece and something beside it."""
        first = bisect_right(ends, start)
        return first < len(starts) and starts[first] < end and not (starts[first] <= start and end <= ends[first])

    def visit(node: Node, field: str | None) -> None:
        end = own_end(node, parsed)
        children = node.children if opened(node.start_byte, end) else []
        kind = types.setdefault(node.type, len(types))
        flags = _NAMED * node.is_named | _ERROR * node.is_error
        nodes.append([kind, node.start_byte, end, flags, field or 0, len(children)])
        frame = parsed.language.frame_fields.get(node.type)
        stack.extend(
            (child, node.field_name_for_child(at) if frame else None)
            for at, child in reversed(list(enumerate(children)))
        )

    stack: list[tuple[Node, str | None]] = [(parsed.root, None)]
    while stack:
        visit(*stack.pop())
    return nodes, list(types)


class _StoredNode:
    """A node of the condensed tree, with what `prune` asks of a node."""

    __slots__ = ("children", "end_byte", "field", "is_error", "is_named", "parent", "start_byte", "type")

    def __init__(self, kind: str, start: int, end: int, flags: int, field: str | None) -> None:
        self.type = kind
        self.start_byte = start
        self.end_byte = end
        self.is_named = bool(flags & _NAMED)
        self.is_error = bool(flags & _ERROR)
        self.field = field
        self.children: list[_StoredNode] = []
        self.parent: _StoredNode | None = None

    @property
    def child_count(self) -> int:
        return len(self.children)

    def child(self, at: int) -> _StoredNode | None:
        return self.children[at]

    def field_name_for_child(self, at: int) -> str | None:
        return self.children[at].field


def _tree(nodes: Sequence[Sequence[Any]], types: Sequence[str]) -> _StoredNode:
    roots: list[_StoredNode] = []
    open_nodes: list[tuple[_StoredNode, int]] = []
    for kind, start, end, flags, field, children in nodes:
        node = _StoredNode(types[kind], start, end, flags, field or None)
        if open_nodes:
            parent, missing = open_nodes.pop()
            node.parent = parent
            parent.children.append(node)
            if missing > 1:
                open_nodes.append((parent, missing - 1))
        else:
            roots.append(node)
        if children:
            open_nodes.append((node, children))
    return roots[0]


class _StoredCode(ParsedCode):
    """A text with its condensed tree in place of a parsed one."""

    def __init__(self, text: str, language: str, nodes: Sequence[Sequence[Any]], types: Sequence[str]) -> None:
        self.text = text
        self.language: Language = language_named(language)
        body = text.encode("utf-8", "replace")
        self.data = body if body.endswith(b"\n") else body + b"\n"
        self.shift, self.size = 0, len(body)
        self._nodes = nodes
        self._types = types
        self._derived = {}

    @property
    def root(self) -> Node:
        """The condensed tree, which has what `prune` asks of one."""
        tree: Node = self._tree
        return tree

    @cached_property
    def _tree(self) -> Any:
        return _tree(self._nodes, self._types)


class PartialFile:
    """A file of which some parts are shown.

    Args:
        text: as it was indexed.
        blob: of `condense`.
    """

    def __init__(self, text: str, blob: bytes) -> None:
        self.text = text
        self._data = json.loads(zlib.decompress(blob))

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """In order, not overlapping."""
        return tuple(
            Part(
                start,
                end,
                kind,
                unit_start,
                unit,
                tuple(owners),
                _edits(body)[0] if body else None,
                _edits(comments),
                tuple(names),
            )
            for start, end, kind, unit_start, unit, owners, body, comments, names in self._data["parts"]
        )

    @cached_property
    def _code(self) -> _StoredCode:
        return _StoredCode(self.text, self._data["language"], self._data["nodes"], self._data["types"])

    def render(self, levels: Mapping[int, int]) -> str:
        """The file with some parts, each at a level; in order, with what they stand in.

        Args:
            levels: position of each part that is shown to `FULL`, `CODE` or `SIGNATURE`. Headers that parts stand under
                come with them.
        """
        if len(levels) == len(self.parts) and not any(levels.values()):
            return self.text
        wanted = []
        edits: list[Edit] = []
        for at, level in levels.items():
            part = self.parts[at]
            wanted.append((part.start if level == FULL else part.unit_start, part.end))
            if level == CODE:
                edits += part.comments
            elif level == SIGNATURE and part.body is not None:
                edits.append(part.body)
        for at in {owner for own in levels for owner in self.parts[own].owners} - levels.keys():
            wanted.append((self.parts[at].start, self.parts[at].end))
        return compose(self._code, prune(self._code, merge(wanted)) + edits).text.strip("\r\n").rstrip()

    def start(self, at: int) -> int:
        """The character where a definition begins, without the comment in front of it."""
        return self._code.char(self.parts[at].unit_start)

    def shown(self, at: int) -> str:
        """A part in full."""
        part = self.parts[at]
        return self._code.slice(part.start, part.end)


def _edits(written: Sequence[Sequence[Any]]) -> tuple[Edit, ...]:
    return tuple(Edit(start, end, text) for start, end, text in written)
