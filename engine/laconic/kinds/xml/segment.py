"""XML to segments: an attribute, an element that holds only text, a sentence of a longer text."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

from laconic.kinds.prose.language import guess_language
from laconic.kinds.prose.sentences import MAX_SENTENCE_CHARS
from laconic.kinds.records import record_segments
from laconic.kinds.runs import sentences_of
from laconic.kinds.xml.records import xml_records
from laconic.kinds.xml.tree import XmlNode, read_xml
from laconic.types import Passage, Segment, Span

__all__ = ["XmlSegmenter"]

_LEAST_TEXT_CHARS = 100  # a shorter value is one thing to a reader, whatever stands in it
_SENTENCE_END = re.compile(r"[.!?。！？]")


class XmlSegmenter:
    """Segments of XML text, whole or cut off by a retriever; linear in the text.

    What opens before a value, and closes behind it, belongs to its segment. Values are of kind ``"record"`` and require
    what names their record (see `laconic.kinds.records`); sentences of running text are of kind ``"sentence"``.
    """

    def segment(self, passage: Passage, index: int, first: int) -> list[Segment]:
        """Cut ``passage``; see `laconic.types.Segmenter`."""
        text = passage.text
        read = read_xml(text)
        records, whole = xml_records(text, read.roots)
        language: str | None = passage.language
        spans: list[Span] = []
        prose: set[int] = set()
        for leaf in read.leaves:
            start, end = _around(text, leaf)
            cuts = []
            if _is_text(text, leaf):
                language = language or guess_language(text[slice(*leaf.inner)])
                cuts = [behind for _, behind in sentences_of(text, *leaf.inner, language)[:-1]]
                prose.update(range(len(spans), len(spans) + len(cuts) + 1))
            for left, right in pairwise([start, *cuts, end]):
                begin = left + len(text[left:right]) - len(text[left:right].lstrip())
                spans.append((begin, right))
        prose, spans = _joined(spans, prose, whole)
        segments = record_segments(index, spans, "record", records, first)
        return [segment._replace(kind="sentence") if at in prose else segment for at, segment in enumerate(segments)]


def _around(text: str, leaf: XmlNode) -> Span:
    """A leaf with the elements that it opens and closes."""
    start, end, node = leaf.start, leaf.end, leaf
    while node.parent is not None and node.parent.children[0] is node:
        node = node.parent
        start = node.start
    node = leaf
    while node.parent is not None and node.parent.children[-1] is node:
        node = node.parent
        end = node.end
    if leaf.kind == "attribute" and end == leaf.end and leaf.parent is not None:
        behind = leaf.parent.inner[0]
        if not text[end:behind].strip(" \t\r\n/>"):
            end = behind
    return start, end


def _is_text(text: str, leaf: XmlNode) -> bool:
    """Whether a leaf may hold several sentences."""
    start, end = leaf.inner
    if leaf.kind == "attribute" or end - start < _LEAST_TEXT_CHARS:
        return False
    return end - start > MAX_SENTENCE_CHARS or _SENTENCE_END.search(text, start, end) is not None


def _joined(spans: list[Span], prose: set[int], whole: Sequence[Span]) -> tuple[set[int], list[Span]]:
    """The spans, those together that say nothing apart (a name and its value), and which of them are prose."""
    if not whole:
        return prose, spans
    starts = [start for start, _ in spans]
    first: dict[int, int] = {}  # the last span of a pair to its first one
    for start, end in whole:
        at = max(0, bisect_right(starts, start) - 1)
        last = max(at, bisect_left(starts, end) - 1)
        if last > at and spans[last][1] - spans[at][0] <= MAX_SENTENCE_CHARS:
            first[last] = at
    joined: list[Span] = []
    text: set[int] = set()
    for at, (start, end) in enumerate(spans):
        if at in first:
            while joined and joined[-1][0] >= spans[first[at]][0]:
                start = joined.pop()[0]
                text.discard(len(joined))
        elif at in prose:
            text.add(len(joined))
        joined.append((start, end))
    return text, joined
