"""XML to segments: an attribute, an element that holds only text, a sentence of a longer text."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from laconic.kinds.prose.language import guess_language
from laconic.kinds.prose.sentences import MAX_SENTENCE_CHARS
from laconic.kinds.records import record_segments
from laconic.kinds.runs import sentences_of
from laconic.kinds.xml.records import xml_records
from laconic.kinds.xml.tree import XmlNode, read_xml
from laconic.types import Passage, Segment, Span

__all__ = ["XmlSegmenter"]


class XmlSegmenter:
    """Segments of XML text, whole or cut off by a retriever; linear in the text.

    What opens before a value, and closes behind it, belongs to its segment, but for documents: of these the sentences
    stand alone. Values are of kind ``"record"`` and require what names their record (see `laconic.kinds.records`);
    sentences of running text are of kind ``"sentence"``.
    """

    def segment(self, passage: Passage, index: int, first: int) -> list[Segment]:
        """Cut ``passage``; see `laconic.types.Segmenter`."""
        text = passage.text
        read = read_xml(text)
        records, whole = xml_records(text, read.roots)
        language: str | None = None
        spans: list[Span] = []
        prose: set[int] = set()
        for leaf in read.leaves:
            own = [leaf.inner]
            if leaf in read.texts:
                language = language or passage.language or guess_language(text[slice(*leaf.inner)])
                in_section = text.startswith("<![CDATA[", max(0, leaf.inner[0] - 9))
                own = sentences_of(text, *leaf.inner, language, balanced=not in_section) or own
                prose.update(range(len(spans), len(spans) + len(own)))
            if not read.is_document:
                start, end = _around(text, leaf)
                own[0] = (start, own[0][1])
                own[-1] = (own[-1][0], end)
            elif leaf not in read.texts:
                own = [_label(leaf)]
                if spans and spans[-1][0] == own[0][0]:
                    spans.pop()
            spans += own
        prose, spans = _joined(spans, prose, whole)
        segments = record_segments(index, spans, "record", records, first)
        keys = {record.key.at for record in records if record.key is not None}
        keys -= {member.at for record in records for member in record.identity if member is not record.key}
        if keys:
            segments = [_without(segment, keys) for segment in segments]
        return [_sentence(segment) if at in prose else segment for at, segment in enumerate(segments)]


def _without(segment: Segment, keys: set[int]) -> Segment:
    """A segment that needs none of ``keys``: the tags around what is kept say what it is filed under."""
    if keys.isdisjoint(segment.needs):
        return segment
    requires, along = (tuple(at for at in needs if at not in keys) for needs in (segment.requires, segment.along))
    return segment._replace(requires=requires, along=along)


def _sentence(segment: Segment) -> Segment:
    """A sentence of running text; what names its record comes with it where that is one of several."""
    if segment.record is not None and segment.record.table.endswith("]"):
        return segment._replace(kind="sentence")
    return segment._replace(kind="sentence", requires=(), along=())


def _label(leaf: XmlNode) -> Span:
    """A short value in a document: its element, of one that holds more the start tag with all attributes."""
    parent = leaf.parent
    if parent is None or leaf.kind not in ("attribute", "text"):
        return leaf.start, leaf.end
    inside = [child for child in parent.children if child.kind != "attribute"]
    if leaf.kind == "attribute":
        return parent.start, parent.inner[0] if inside else parent.end
    return (parent.start, parent.end) if inside == [leaf] else (leaf.start, leaf.end)


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
