"""Kept segments of JSON back to text that parses.

Nothing is written that does not stand in the passage: brackets, keys and commas of the input are kept as what is inside
needs them, so the spans of the result are still all of it. (Sampled and schema renderings, which do write words of
their own, are in `laconic.kinds.samples`.)
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from laconic.kinds.json.loose import json_leaves, read_json
from laconic.kinds.json.tree import JsonNode, string_cuts
from laconic.kinds.verbatim import VerbatimRenderer
from laconic.types import DROPPED, Passage, Rendered, Segment, Span

__all__ = ["JsonRenderer"]

_VERBATIM = VerbatimRenderer()


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
    spans: list[Span] = []
    first, last = 0, 0  # of the span that touching ones are added to
    for start, end in _spans(text, _Kept(text, kept)):
        if start < end and start != last:
            if first < last:
                spans.append((first, last))
            first, last = start, end
        elif start < end:
            last = end
    if first < last:
        spans.append((first, last))
    return Rendered("".join([text[start:end] for start, end in spans]), tuple(spans))


class _Kept:
    """Which values of the tree the kept segments ask for.

    Attributes:
        text: of the passage.
        children: of each container that is kept its kept members, in order; of None the kept values at the top.
        whole: the values without others inside of which one segment holds all.
    """

    def __init__(self, text: str, segments: Sequence[Segment]) -> None:
        self.text = text
        self.children: dict[JsonNode | None, list[JsonNode]] = {}
        self.whole: set[JsonNode] = set()
        self._segments = segments
        self._ends = [segment.end for segment in segments]
        leaves, ends = json_leaves(text)
        at = 0
        for segment in segments:  # in order, as the leaves are
            _, start, end = segment[:3]
            at = first = bisect_left(ends, start + 1, at)
            while at < len(leaves) and (leaf := leaves[at]).begin < end:
                self._keep(leaf)
                if start <= leaf.start and leaf.end <= end:
                    self.whole.add(leaf)
                at += 1
            if at == first:
                for node in _opened(text, segment):
                    self._keep(node)
            at = first  # a leaf may be in several segments

    def _keep(self, node: JsonNode) -> None:
        """Note a value and the containers around it, where that is not done."""
        while (siblings := self.children.get(node.parent)) is None:
            self.children[node.parent] = [node]
            if node.parent is None:
                return
            node = node.parent
        if siblings[-1] is not node:
            siblings.append(node)

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


def _spans(text: str, keep: _Kept) -> Iterator[Span]:
    """What is written, in order; some spans touch, some are empty. No recursion: nesting may be ten thousand deep."""
    previous: JsonNode | None = None
    for root in keep.children.get(None, ()):
        if previous is not None:  # the line break between two JSON lines
            yield previous.end, text.index("\n", previous.end) + 1
        previous = root
        if root.is_leaf:
            yield from _leaf_spans(root, keep)
            continue
        yield root.begin, root.start + 1
        stack = [(root, iter(keep.children.get(root, ())), 0)]
        while stack:
            node, kept, behind = stack.pop()
            siblings = node.children
            for child in kept:
                place = siblings.index(child, behind)
                if not behind:  # the white space behind the opening bracket
                    yield node.start + 1, siblings[0].begin
                else:  # the comma in front of the child, with its white space
                    yield siblings[place - 1].end, child.begin
                behind = place + 1
                if child.children:
                    yield child.begin, child.start + 1
                    stack += ((node, kept, behind), (child, iter(keep.children.get(child, ())), 0))
                    break
                if child in keep.whole:  # as most are
                    yield child.begin, child.end
                else:
                    yield from _leaf_spans(child, keep)
            else:
                yield siblings[-1].end, node.end


def _leaf_spans(node: JsonNode, keep: _Kept) -> Iterator[Span]:
    """What is written of a value without others inside."""
    if node in keep.whole:
        yield node.begin, node.end
        return
    yield node.begin, node.start
    if node.kind != "string" or len(keep.over(node.start, node.end)) == 0:
        yield node.start, node.end
        return
    yield node.start, node.start + 1
    yield from keep.string_pieces(node)
    yield node.end - 1, node.end
