"""Kept segments of XML back to text that is well-formed.

Nothing is written that does not stand in the passage: the tags around what is kept are kept with it, so the spans of
the result are still all of it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from laconic.kinds.runs import merged
from laconic.kinds.verbatim import VerbatimRenderer
from laconic.kinds.xml.tree import XmlNode, XmlText, read_xml
from laconic.types import DROPPED, Passage, Rendered, Segment, Span

__all__ = ["XmlRenderer"]

_VERBATIM = VerbatimRenderer()
_REFERENCE = re.compile(r"&[^\s&;<>]{1,32};")
_MOST_WHITE = 200
_WHITE = re.compile(r"\s")
_PREFIX = re.compile(r"(?<![\w.-])([\w.-]+):")


class XmlRenderer:
    """Well-formed XML of the kept values where each tag of the passage has its counterpart.

    Of documents that are running text in the main, the sentences alone: their frame would cost more than they do. Of
    broken text the segments.

    The elements around a kept value are kept with it, without their other attributes and children; the declarations
    of name spaces stay where they are used, what stands before the first element goes. Linear in what is kept, once
    the passage has been read.
    """

    def render(self, passage: Passage, segments: Sequence[Segment], levels: Sequence[int]) -> Rendered:
        """Text and spans of what is kept; the spans joined are the text. See `laconic.types.Renderer`."""
        text = passage.text
        if DROPPED not in levels:
            return Rendered(text, ((0, len(text)),) if text else ())
        read = read_xml(text)
        if not read.balanced:
            return _VERBATIM.render(passage, segments, levels)
        kept = [segment for segment, level in zip(segments, levels, strict=True) if level != DROPPED]
        return _alone(text, read, kept) if read.is_document else _rendered(text, read, kept)

    def render_beginning(self, passage: Passage, segment: Segment, end: int) -> Rendered | None:
        """The beginning of one segment, for budgets below the smallest: text up to ``end`` in its elements.

        Args:
            passage: that the segment is of.
            segment: the one to cut.
            end: character offset inside it.

        Returns:
            Well-formed XML where that of `render` is; None where no text of it begins before ``end``, or ``end`` would
            cut a tag, a reference or an attribute.
        """
        text = passage.text
        read = read_xml(text)
        if not read.balanced:
            return Rendered(text[segment.start : end], ((segment.start, end),))
        if read.is_document and segment.kind == "sentence":
            return Rendered(text[segment.start : end], ((segment.start, end),))
        begun = [leaf for leaf in _over(read, segment) if leaf.start < end]
        if not begun:
            return None
        last = begun[-1]
        if last.end > end:
            start = last.inner[0]
            if last.kind in ("attribute", "comment") or end <= start or "<" in text[start:end]:
                return None
            if any(match.start() < end < match.end() for match in _REFERENCE.finditer(text, start, last.inner[1])):
                return None
        return _rendered(text, read, [segment._replace(end=end)])


def _over(read: XmlText, segment: Segment) -> list[XmlNode]:
    """The leaves that overlap a segment."""
    first = last = bisect_left(read.ends, segment.start + 1)
    while last < len(read.leaves) and read.leaves[last].start < segment.end:
        last += 1
    return read.leaves[first:last]


def _alone(text: str, read: XmlText, kept: Sequence[Segment]) -> Rendered:
    """The kept segments: those of one text parted as they were, others by a line break, or by the tag that ends one."""
    found: list[Span] = []
    for segment in kept:
        if found:
            gap = (found[-1][1], segment.start)
            inside = text[slice(*gap)]
            line, white = inside.find("\n"), _WHITE.search(inside)
            if line >= 0 and "<" in inside:
                found.append((gap[0] + line, gap[0] + line + 1))
            elif white:
                found.append((gap[0] + white.start(), gap[0] + white.start() + 1))
            elif "<" in inside:
                left = read.leaves[bisect_left(read.ends, found[-1][1])]
                found.append((max(found[-1][1], left.inner[1]), left.end))
        found.append((segment.start, segment.end))
    spans = merged(found)
    return Rendered("".join(text[start:end] for start, end in spans), tuple(spans))


def _rendered(text: str, read: XmlText, kept: Sequence[Segment]) -> Rendered:
    """What the kept segments leave of the elements; name spaces only where what is kept names them."""
    keep = _Kept(text, read, kept)
    spans = list(keep.spans())
    if keep.declares:
        keep.prefixes = {f"xmlns:{match[1]}" for start, end in spans for match in _PREFIX.finditer(text, start, end)}
        spans = list(keep.spans())
    found = merged(spans)
    return Rendered("".join(text[start:end] for start, end in found), tuple(found))


class _Kept:
    """Which nodes the kept segments ask for."""

    def __init__(self, text: str, read: XmlText, segments: Sequence[Segment]) -> None:
        self.text = text
        self.prefixes: set[str] = set()
        self.declares = False
        self._segments = segments
        self._ends = [segment.end for segment in segments]
        self._children: dict[XmlNode | None, list[XmlNode]] = {}
        seen: set[XmlNode] = set()
        for segment in segments:
            for leaf in _over(read, segment):
                node: XmlNode | None = leaf
                while node is not None and node not in seen:
                    seen.add(node)
                    self.declares = self.declares or bool(node.spaces)
                    self._children.setdefault(node.parent, []).append(node)
                    node = node.parent

    def spans(self) -> Iterator[Span]:
        """The spans of what is left, in order. An explicit stack: nesting may be ten thousand levels deep."""
        stack: list[XmlNode | Span] = []
        roots = self._children.get(None, [])
        for root in reversed(roots):
            stack.append(root)
            if root is not roots[0]:
                stack.append(self._gap(root.start))
        while stack:
            node = stack.pop()
            if isinstance(node, tuple):
                yield node
            elif not node.children:
                yield from self._leaf(node)
            else:
                yield from self._opening(node)
                inside = [child for child in self._children.get(node, ()) if child.kind != "attribute"]
                stack += reversed(list(self._content(node, inside)))

    def _content(self, node: XmlNode, inside: Sequence[XmlNode]) -> Iterator[XmlNode | Span]:
        for child in inside:
            yield self._gap(child.start)
            yield child
        if inside:
            yield self._gap(node.inner[1])
        if node.inner[1] < node.end:
            yield node.inner[1], node.end

    def _opening(self, node: XmlNode) -> Iterator[Span]:
        """A start tag with the attributes that are kept."""
        yield node.start, node.name[1]
        attributes = [child for child in self._children.get(node, ()) if child.kind == "attribute"]
        declared = [each for each in node.spaces if self.text[slice(*each.name)] in self.prefixes]
        for attribute in sorted((*attributes, *declared), key=lambda each: each.start):
            yield attribute.start - 1, attribute.end
        closing = node.inner[0]
        yield closing - (2 if self.text[closing - 2] == "/" and node.inner[1] == node.end else 1), closing

    def _leaf(self, node: XmlNode) -> Iterator[Span]:
        pieces = self._pieces(node)
        if node.kind == "attribute" or not pieces or pieces == [node.inner]:
            if node.spaces:
                yield from self._opening(node)
                yield node.inner[0], node.end
            else:
                yield node.start, node.end
            return
        yield node.start, node.inner[0]
        yield from pieces
        yield node.inner[1], node.end

    def _pieces(self, node: XmlNode) -> list[Span]:
        """The kept parts of a text, with the white space that led to each."""
        first = last = bisect_left(self._ends, node.inner[0] + 1)
        pieces: list[Span] = []
        while last < len(self._segments) and self._segments[last].start < node.inner[1]:
            start = max(self._segments[last].start, node.inner[0])
            end = min(self._segments[last].end, node.inner[1])
            if pieces:
                start = self._gap(start)[0]
            if start < end:
                pieces.append((start, end))
            last += 1
        return pieces if last > first else []

    def _gap(self, end: int) -> Span:
        """The white space before a place, of very much of it the last."""
        before = self.text[max(0, end - _MOST_WHITE) : end]
        return end - len(before) + len(before.rstrip()), end
