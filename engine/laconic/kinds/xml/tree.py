"""XML text to a tree of character spans, of broken text as far as its tags go.

Nothing is expanded or fetched: what a document declares (entities, schemas) is not read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from xml.parsers import expat

from laconic._utils.remembered import Remembered
from laconic.kinds.prose.sentences import MAX_SENTENCE_CHARS
from laconic.kinds.tags import Tag, attributes_of, find_tags
from laconic.types import Span

__all__ = ["XmlNode", "XmlText", "fault_of", "read_xml"]

_SECTION = ("<![CDATA[", "]]>")
_LEAST_TEXT_CHARS = 100  # a shorter value is one thing to a reader, whatever stands in it
_SENTENCE_END = re.compile(r"[.!?。！？]")
_DOCUMENT_SHARE = 0.5  # of what stands in the elements
_INLINE_CHARS = 600


class XmlNode:
    """An element, an attribute, a run of text, or a comment.

    Attributes:
        kind: ``"element"``, ``"attribute"``, ``"text"`` or ``"comment"``.
        start, end: span of it, tags included.
        inner: span of the content of an element, of the value of an attribute, of text itself.
        name: span of its name, empty where it has none.
        parent: the element in which it stands, None at the top.
        children: of an element its attributes and then what is in it; empty of one that holds only text.
        said: of an element whether text stands directly in it.
        simple: of an element whether no other stands in it.
        spaces: of an element the attributes that declare name spaces; they are none of the children.
    """

    __slots__ = ("children", "end", "inner", "kind", "name", "parent", "said", "simple", "spaces", "start")

    def __init__(self, kind: str, start: int, end: int, inner: Span, name: Span, parent: XmlNode | None) -> None:
        self.kind = kind
        self.start = start
        self.end = end
        self.inner = inner
        self.name = name
        self.parent = parent
        self.children: list[XmlNode] = []
        self.spaces: list[XmlNode] = []
        self.said = False
        self.simple = True


class XmlText:
    """A text that was read.

    Attributes:
        roots: what stands at the top, in order.
        leaves: nodes without others in them, in order.
        ends: where each leaf ends.
        texts: those of the leaves that may hold several sentences.
        balanced: whether each tag has its counterpart, so that parts of the text can be well-formed.
        is_document: whether most of it is running text, so that a reader needs its sentences, not its frame.
    """

    def __init__(self, text: str, roots: list[XmlNode], *, balanced: bool) -> None:
        self.roots = roots
        self.balanced = balanced
        self.leaves: list[XmlNode] = []
        stack = list(reversed(roots))
        while stack:
            node = stack.pop()
            if node.children:
                stack.extend(reversed(node.children))
            else:
                self.leaves.append(node)
        self.ends = [leaf.end for leaf in self.leaves]
        self.texts = {leaf for leaf in self.leaves if _is_text(text, leaf)}
        said = sum(_length(leaf) for leaf in self.leaves if leaf.kind != "comment")
        running = sum(_length(leaf) for leaf in self.texts if leaf.kind != "comment")
        self.is_document = running >= _DOCUMENT_SHARE * said and bool(self.texts)


def _length(leaf: XmlNode) -> int:
    return leaf.inner[1] - leaf.inner[0]


def _is_text(text: str, leaf: XmlNode) -> bool:
    """Whether a leaf may hold several sentences."""
    start, end = leaf.inner
    if leaf.kind == "attribute" or end - start < _LEAST_TEXT_CHARS:
        return False
    return end - start > MAX_SENTENCE_CHARS or _SENTENCE_END.search(text, start, end) is not None


@Remembered
def fault_of(text: str) -> str | None:
    """Why a text is not well-formed XML, as expat says; None where it is, or is several elements behind one another.

    A text that declares entities is not given to expat: reading it could take memory without end.
    """
    if "<!ENTITY" in text:
        return "it declares entities, which are not expanded"
    fault = _expat_fault(text)
    if fault is None or "<?xml" in text or "<!DOCTYPE" in text:
        return fault
    return None if _expat_fault(f"<all>{text}</all>") is None else fault


def _expat_fault(text: str) -> str | None:
    parser = expat.ParserCreate("utf-8")
    parser.DefaultHandler = _nothing  # with it entities are passed on as they are
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as fault:
        return str(fault)
    return None


def _nothing(_: str) -> None:
    return None


@Remembered
def read_xml(text: str) -> XmlText:
    """The tree of a text; linear. The last few are remembered; treat the nodes as read-only."""
    builder = _Builder(text)
    for tag in find_tags(text):
        builder.add(tag)
    return builder.close()


class _Builder:
    def __init__(self, text: str) -> None:
        self.text = text
        self.top = XmlNode("element", 0, len(text), (0, len(text)), (0, 0), None)
        self.stack = [self.top]
        self.names = [""]
        self.open: Counter[str] = Counter()
        self.content: list[list[XmlNode]] = [[]]
        self.at = 0
        self.balanced = True

    def add(self, tag: Tag) -> None:
        self._say(self.at, tag.start)
        self.at = tag.end
        if tag.kind in ("open", "empty"):
            self._open(tag)
        elif tag.kind == "close":
            self._close_tag(tag)
        elif tag.kind == "cdata":
            self._text(tag.start, tag.end)
        elif tag.kind == "comment":
            self.content[-1].append(self._node("comment", tag.start, tag.end))

    def close(self) -> XmlText:
        self._say(self.at, len(self.text))
        while len(self.stack) > 1:
            self.balanced = False
            self._end(len(self.text), len(self.text))
        roots = self.content.pop()
        for root in roots:
            root.parent = None
        if self.top.said or not any(root.kind == "element" for root in roots):
            self.balanced = False
        return XmlText(self.text, roots, balanced=self.balanced)

    def _node(self, kind: str, start: int, end: int) -> XmlNode:
        return XmlNode(kind, start, end, (start, end), (0, 0), self.stack[-1])

    def _say(self, start: int, end: int) -> None:
        piece = self.text[start:end]
        if piece and not piece.isspace():
            first = start + len(piece) - len(piece.lstrip())
            self._text(first, first + len(piece.strip()))

    def _text(self, start: int, end: int) -> None:
        self.stack[-1].said = True
        self.content[-1].append(self._node("text", start, end))

    def _open(self, tag: Tag) -> None:
        name = (tag.start + 1, tag.start + 1 + len(tag.name))
        self.stack[-1].simple = False
        node = XmlNode("element", tag.start, tag.end, (tag.end, tag.end), name, self.stack[-1])
        for key, value in attributes_of(self.text, tag):
            end = value[1] + (self.text[value[1] : value[1] + 1] in ('"', "'"))
            attribute = XmlNode("attribute", key[0], end, value, key, node)
            if self.text.startswith("xmlns", key[0]):
                node.spaces.append(attribute)
            else:
                node.children.append(attribute)
        self.content[-1].append(node)
        if tag.kind == "open":
            self.stack.append(node)
            self.names.append(tag.name)
            self.open[tag.name] += 1
            self.content.append([])

    def _close_tag(self, tag: Tag) -> None:
        if not self.open[tag.name]:
            self.balanced = False
            return
        while self.names[-1] != tag.name:
            self.balanced = False
            self._end(tag.start, tag.start)
        self._end(tag.start, tag.end)

    def _end(self, inner: int, end: int) -> None:
        """Close the innermost element: its content ends at ``inner``, it itself at ``end``."""
        node, content = self.stack.pop(), self.content.pop()
        self.open[self.names.pop()] -= 1
        node.inner, node.end = (node.inner[0], inner), end
        if node.said:
            content = list(self._runs(node, content))
        for part in content:
            part.inner = _inside_section(self.text, part) if part.kind == "text" else part.inner
        if len(content) == 1 and content[0].kind == "text" and not node.children:
            node.inner = _inside_section(self.text, node)
            return  # the element itself is the leaf
        node.children += content

    def _runs(self, parent: XmlNode, content: list[XmlNode]) -> Iterator[XmlNode]:
        """What stands in an element that holds text: the text with the small elements in it as one."""
        run: XmlNode | None = None
        for node in content:
            if not _is_inline(node):
                if run is not None:
                    yield run
                    run = None
                yield node
            elif run is None:
                run = XmlNode("text", node.start, node.end, (node.start, node.end), (0, 0), parent)
            else:
                run.end = node.end
                run.inner = (run.start, run.end)
        if run is not None:
            yield run


def _inside_section(text: str, node: XmlNode) -> Span:
    """The content of a node, of one CDATA section what is in that."""
    start, end = node.inner
    if not text.startswith(_SECTION[0], start) or text.find(_SECTION[1], start, end) + len(_SECTION[1]) != end:
        return start, end
    return start + len(_SECTION[0]), end - len(_SECTION[1])


def _is_inline(node: XmlNode) -> bool:
    if node.kind != "element":
        return node.kind == "text"
    return node.end - node.start <= _INLINE_CHARS and (node.said or node.simple)
