"""Which bytes to delete so that what is wanted stays and the rest still parses.

Text is never put together from pieces. Starting at the root, a node that is wholly wanted is left alone; in a node
whose children form a list (the statements of a block, the members of a class; the language's table says which) the
named children without anything wanted are deleted; of every other node all children stay, so headers, braces, ``#if``
and ``#endif``, ``export`` and ``<?php`` come by themselves.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING

from laconic.kinds.code.compose import Edit
from laconic.kinds.code.language import Language
from laconic.kinds.code.parse import ParsedCode
from laconic.kinds.code.units import merge, own_end
from laconic.types import Span

if TYPE_CHECKING:
    from tree_sitter import Node

__all__ = ["prune"]

_OPENERS = frozenset({"{", "(", "["})
_CONTINUES = ord("\\")


class _Wanted:
    """Disjoint byte spans, asked for overlap and cover in O(log n)."""

    def __init__(self, spans: Sequence[Span]) -> None:
        merged = merge(spans)
        self.starts = [start for start, _ in merged]
        self.ends = [end for _, end in merged]

    def touches(self, start: int, end: int) -> bool:
        last = bisect_left(self.starts, end) - 1
        return last >= 0 and self.ends[last] > start

    def covers(self, start: int, end: int) -> bool:
        first = bisect_right(self.starts, start) - 1
        return first >= 0 and self.ends[first] >= end


def prune(parsed: ParsedCode, wanted: Sequence[Span], functions: Sequence[Span] = ()) -> list[Edit]:
    """Edits that leave what is wanted and what it needs around it.

    Args:
        parsed: the source.
        wanted: byte spans of ``parsed.data``, in any order; they may overlap. Nothing wanted leaves the frame of the
            root (a package line), which parses.
        functions: spans of definitions that are cut inside; cuts there have depth 1.

    Returns:
        Edits for `compose`. Cost: the children of the nodes that are partly wanted.
    """
    want = _Wanted(wanted)
    inside = _Wanted(functions)
    edits: list[Edit] = []
    stack: list[Node] = [parsed.root]
    while stack:
        node = stack.pop()
        if not node.child_count or _covered(node, parsed, want):
            continue
        children = node.children
        keep = _kept_children(node, children, parsed, want)
        replaced = _lead_in(node, children, keep, parsed, edits)
        if not all(keep):
            edits.extend(_cuts(node, children, keep, parsed, inside))
        stack.extend(
            child
            for index, (child, stays) in enumerate(zip(children, keep, strict=True))
            if stays and index != replaced and child.child_count
        )
    return edits


def _covered(node: Node, parsed: ParsedCode, want: _Wanted) -> bool:
    start = node.start_byte
    return want.covers(start, node.end_byte) or want.covers(start, own_end(node, parsed))


def _kept_children(node: Node, children: list[Node], parsed: ParsedCode, want: _Wanted) -> list[bool]:
    language = parsed.language

    def hit(child: Node) -> bool:
        start, end = child.start_byte, child.end_byte
        # The end with white space is at hand; where it touches nothing, the true end does not either.
        return want.touches(start, max(end, start + 1)) and want.touches(start, max(own_end(child, parsed), start + 1))

    if node.is_error:
        # The source is broken here: nothing around a piece is known to belong to it.
        return [hit(child) for child in children]
    if node.type not in language.lists:
        return [
            hit(child)
            if child.type in language.optional or (child.is_named and child.type in language.comments)
            else True
            for child in children
        ]
    frame = language.frame_fields.get(node.type, frozenset())
    keep = [
        not child.is_named
        or child.type in language.frame_types
        or (bool(frame) and node.field_name_for_child(index) in frame)
        or hit(child)
        for index, child in enumerate(children)
    ]
    _join_neighbours(node, children, keep, language)
    _drop_separators(node, children, keep, parsed)
    return keep


def _join_neighbours(node: Node, children: list[Node], keep: list[bool], language: Language) -> None:
    """Attributes stay with what follows, bodies with their signature, sections with their members."""
    if language.followers:
        for index in range(1, len(children)):
            if children[index].type in language.followers:
                keep[index] = keep[index - 1] = keep[index] or keep[index - 1]
    if language.attached:
        following = False
        for index in range(len(children) - 1, -1, -1):
            child = children[index]
            if child.type in language.attached:
                keep[index] = following
            elif child.type not in language.comments:
                following = keep[index]
    if language.sections and any(child.type in language.sections for child in children):
        alive = False
        for index in range(len(children) - 1, -1, -1):
            if children[index].type in language.sections:
                keep[index], alive = alive, False
            elif children[index].is_named:
                alive = alive or keep[index]
        for index in range(1, len(children)):
            if children[index].type == ":" and children[index - 1].type in language.sections:
                keep[index] = keep[index - 1]


def _drop_separators(node: Node, children: list[Node], keep: list[bool], parsed: ParsedCode) -> None:
    """Commas, semicolons and line-break tokens go with the node before them, except those that end a directive."""
    directive = node.type.startswith("preproc")
    fixed = parsed.language.fixed_tokens.get(node.type, frozenset())
    for index in range(1, len(children)):
        child = children[index]
        if child.is_named or children[index - 1].type in _OPENERS or child.type == "}" or child.type in fixed:
            continue
        text = parsed.data[child.start_byte : child.end_byte]
        if text.strip() in (b"", b",", b";") and not (directive and b"\n" in text):
            keep[index] = keep[index - 1]


def _lead_in(node: Node, children: list[Node], keep: list[bool], parsed: ParsedCode, edits: list[Edit]) -> int | None:
    """Where a list must not lose its first child: put the language's stand-in there; returns the child's index."""
    text = parsed.language.lead_ins.get(node.type)
    if text is None:
        return None
    for index, child in enumerate(children):
        if child.type in parsed.language.comments:
            continue
        if keep[index]:
            return None
        keep[index] = True
        edits.append(Edit(child.start_byte, own_end(child, parsed), text=text))
        return index
    return None


def _stand_in(node: Node, children: list[Node], keep: list[bool], parsed: ParsedCode) -> str:
    """Text that must stand in an emptied list; empty where none must, or where something is left."""
    table = parsed.language.stand_ins
    if not table:
        return ""
    text = table.get(node.type)
    if text is None:
        parent = node.parent if any(key.endswith("/" + node.type) for key in table) else None
        text = table.get(f"{parent.type}/{node.type}") if parent is not None else None
    if text is None:
        return ""
    comments = parsed.language.comments
    left = any(stays and child.type not in comments for child, stays in zip(children, keep, strict=True))
    return "" if left else text


def _cuts(node: Node, children: list[Node], keep: list[bool], parsed: ParsedCode, inside: _Wanted) -> list[Edit]:
    """One edit for each run of deleted children."""
    cuts: list[Edit] = []
    stand_in = _stand_in(node, children, keep, parsed)
    depth = int(inside.touches(node.start_byte, node.end_byte))
    index, total = 0, len(children)
    while index < total:
        if keep[index]:
            index += 1
            continue
        first = index
        while index < total and not keep[index]:
            index += 1
        before = children[first - 1] if first else None
        after = children[index] if index < total else None
        edit = _cut(children[first], children[index - 1], before, after, parsed, depth)
        if stand_in and not any(not kept for kept in keep[index:]):  # the last run
            lead = parsed.newline + edit.indent if before is not None else ""
            edit = Edit(edit.start, edit.end, lead + stand_in)
        cuts.append(edit)
    return cuts


def _cut(first: Node, last: Node, before: Node | None, after: Node | None, parsed: ParsedCode, depth: int) -> Edit:
    """Delete from ``first`` to ``last`` with the white space in front, so that what follows keeps its own line."""
    data = parsed.data
    indent = parsed.indent(first.start_byte)
    if before is None:
        # At the head of a list: what stays keeps its own white space where it has a line of its own, else it takes that
        # of the first child.
        if after is None:
            return Edit(first.start_byte, own_end(last, parsed), indent=indent, depth=depth)
        lines = parsed.line_start(first.start_byte), parsed.line_start(after.start_byte)
        if data[lines[0] : first.start_byte].strip() or data[lines[1] : after.start_byte].strip():
            return Edit(first.start_byte, after.start_byte, indent=indent, depth=depth)
        return Edit(*lines, mark=True, indent=indent, depth=depth, leading=True)
    start, rest = own_end(before, parsed), own_end(last, parsed)
    if data[start - 1] == _CONTINUES:
        # A macro whose last line says that it goes on: the empty line after it is what ends it.
        start = data.find(b"\n", start, first.start_byte) + 1 or start
    own_line = b"\n" in data[start : first.start_byte]
    if after is None:
        return Edit(start, rest, mark=own_line, indent=indent, depth=depth)
    line_break = data.rfind(b"\n", rest, after.start_byte)
    if line_break >= 0:
        if line_break > rest and data[line_break - 1] == 0x0D:
            line_break -= 1
        return Edit(start, line_break, mark=own_line, indent=indent, depth=depth)
    if b"\n" in data[start:rest]:
        # What follows shared a line with what is cut; it must not end up behind a comment or on a directive's line.
        text = parsed.newline + parsed.indent(after.start_byte)
        return Edit(start, after.start_byte, text=text, depth=depth)
    return Edit(start, rest, depth=depth)
