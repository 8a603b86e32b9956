"""Kept segments of JSON back to text that parses.

Nothing is written that does not stand in the passage: brackets, keys and commas of the input are kept as what is inside
needs them, so the spans of the result are still all of it. (Sampled and schema renderings, which do write words of
their own, are in `laconic.kinds.samples`.)
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from operator import attrgetter

from laconic.kinds.json.loose import json_leaves, read_json
from laconic.kinds.json.tree import JsonNode, string_cuts
from laconic.kinds.verbatim import VerbatimRenderer
from laconic.types import DROPPED, Passage, Rendered, Segment, Span

__all__ = ["JsonRenderer"]

_VERBATIM = VerbatimRenderer()
_START = attrgetter("start")


class JsonRenderer:
    """Valid JSON of the kept members where the passage is valid JSON; verbatim segments where it is not.

    The containers of a kept member are kept with their keys, in order; what is dropped leaves no trace. Where nothing
    but the key of a container is kept, that is empty. A long string
    of which some sentences are kept is a shorter string. JSON lines stay lines. Linear in what is kept, once the
    passage has been read.
    """

    def render(self, passage: Passage, segments: Sequence[Segment], levels: Sequence[int]) -> Rendered:
        """Text and spans of what is kept; the spans joined are the text. See `laconic.types.Renderer`."""
        text = passage.text
        if DROPPED not in levels:
            return Rendered(text, ((0, len(text)),) if text else ())
        roots = read_json(text).roots
        if not roots:
            return _VERBATIM.render(passage, segments, levels)
        kept = [segment for segment, level in zip(segments, levels, strict=True) if level != DROPPED]
        return _rendered(text, kept)

    def render_beginning(self, passage: Passage, segment: Segment, end: int) -> Rendered | None:
        """The beginning of one segment, for budgets below the smallest: its values up to ``end``, a string cut there.

        Args:
            passage: that the segment is of.
            segment: the one to cut.
            end: character offset inside it.

        Returns:
            Valid JSON as of `render` where the passage is; None where no value of it begins before ``end``, or ``end``
            would cut a number or an escape.
        """
        text = passage.text
        roots = read_json(text).roots
        if not roots:
            return Rendered(text[segment.start : end], ((segment.start, end),))
        begun = [leaf for leaf in _over(text, segment) if leaf.start < end]
        if not begun and (end < segment.end or not _opened(text, segment)):
            return None
        if not begun:
            return _rendered(text, [segment])
        last = begun[-1]
        if last.end > end and (last.kind != "string" or end in string_cuts(text, last.start + 1, last.end - 1)):
            return None
        return _rendered(text, [segment._replace(end=end)])


def _over(text: str, segment: Segment) -> list[JsonNode]:
    """The values without others inside that overlap a segment, keys counted in."""
    leaves, ends = json_leaves(text)
    first = last = bisect_left(ends, segment.start + 1)
    while last < len(leaves) and leaves[last].begin < segment.end:
        last += 1
    return list(leaves[first:last])


def _opened(text: str, segment: Segment) -> list[JsonNode]:
    """The innermost container whose key a segment without values holds."""
    leaves, ends = json_leaves(text)
    at = bisect_left(ends, segment.start + 1)
    node: JsonNode | None = leaves[at] if at < len(leaves) else None
    while node is not None and node.begin >= segment.end:
        node = node.parent
    return [node] if node is not None and node.begin >= segment.start else []


def _rendered(text: str, kept: Sequence[Segment]) -> Rendered:
    """What the kept segments leave of the values."""
    spans = _Spans()
    keep = _Kept(text, kept)
    previous: JsonNode | None = None
    for root in keep.children.get(None, ()):
        if previous is not None:  # the line break between two JSON lines
            spans.add(previous.end, text.index("\n", previous.end) + 1)
        _write(root, keep, spans)
        previous = root
    return Rendered("".join(text[start:end] for start, end in spans.found), tuple(spans.found))


class _Spans:
    """Spans in order, touching ones merged."""

    def __init__(self) -> None:
        self.found: list[Span] = []

    def add(self, start: int, end: int) -> None:
        if start >= end:
            return
        if self.found and self.found[-1][1] == start:
            self.found[-1] = (self.found[-1][0], end)
        else:
            self.found.append((start, end))


class _Kept:
    """Which values of the tree the kept segments ask for.

    Attributes:
        text: of the passage.
        children: of each container that is kept its kept members, in order; of None the kept values at the top.
    """

    def __init__(self, text: str, segments: Sequence[Segment]) -> None:
        self.text = text
        self.children: dict[JsonNode | None, list[JsonNode]] = {}
        self._segments = segments
        self._ends = [segment.end for segment in segments]
        seen: set[JsonNode] = set()
        leaves, ends = json_leaves(text)
        at = 0
        for segment in segments:  # in order, as the leaves are
            at = first = bisect_left(ends, segment.start + 1, at)
            while at < len(leaves) and leaves[at].begin < segment.end:
                at += 1
            for kept in leaves[first:at] or _opened(text, segment):
                node: JsonNode | None = kept
                while node is not None and node not in seen:
                    seen.add(node)
                    self.children.setdefault(node.parent, []).append(node)
                    node = node.parent
            at = first  # a leaf may be in several segments

    def holds(self, start: int, end: int) -> bool:
        """Whether one kept segment holds all of a span."""
        first = bisect_left(self._ends, start + 1)
        return first < len(self._segments) and self._segments[first].start <= start and self._segments[first].end >= end

    def over(self, start: int, end: int) -> Sequence[Segment]:
        """Kept segments that overlap a span."""
        first = last = bisect_left(self._ends, start + 1)
        while last < len(self._segments) and self._segments[last].start < end:
            last += 1
        return self._segments[first:last]

    def string_pieces(self, node: JsonNode) -> list[Span]:
        """The kept parts of a string, quotes left out, with the white space that led to each."""
        inside = (node.start + 1, node.end - 1)
        pieces: list[Span] = []
        for segment in self.over(*inside):
            start, end = max(segment.start, inside[0]), min(segment.end, inside[1])
            if pieces:
                gap = self.text[pieces[-1][1] : start]
                start -= len(gap) - len(gap.rstrip())
            if start < end:
                pieces.append((start, end))
        return pieces


def _write(root: JsonNode, keep: _Kept, spans: _Spans) -> None:
    """Append the spans of one value. An explicit stack: nesting may be ten thousand levels deep."""
    stack: list[tuple[JsonNode, list[JsonNode], int]] = []

    def leaf(node: JsonNode) -> None:
        if keep.holds(node.start, node.end):  # as of most
            spans.add(node.begin, node.end)
            return
        spans.add(node.begin, node.start)
        if node.kind != "string" or len(keep.over(node.start, node.end)) == 0:
            spans.add(node.start, node.end)
            return
        spans.add(node.start, node.start + 1)
        for piece in keep.string_pieces(node):
            spans.add(*piece)
        spans.add(node.end - 1, node.end)

    def enter(node: JsonNode) -> None:
        if node.is_leaf:
            leaf(node)
            return
        spans.add(node.begin, node.start + 1)
        stack.append((node, keep.children.get(node, []), 0))

    enter(root)
    while stack:
        node, children, at = stack.pop()
        if at == len(children):
            spans.add(node.children[-1].end, node.end)
            continue
        child = children[at]
        if at == 0:  # the white space behind the opening bracket
            spans.add(node.start + 1, node.children[0].begin)
        else:  # the comma in front of the child, with its white space
            before = node.children[_position(node, child) - 1]
            spans.add(before.end, child.begin)
        stack.append((node, children, at + 1))
        enter(child)


def _position(node: JsonNode, child: JsonNode) -> int:
    """Index of a child among its siblings, by its place in the text."""
    return bisect_left(node.children, child.start, key=_START)
