"""The records that XML lists: elements that repeat, with their attributes and the elements in them as members."""

from __future__ import annotations

import re
from collections.abc import Sequence

from laconic.kinds.json.records import json_records
from laconic.kinds.json.tree import JsonNode
from laconic.kinds.tags import unescaped
from laconic.kinds.xml.tree import XmlNode
from laconic.types import Record, Span

__all__ = ["xml_records"]

_SCALAR = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null", re.IGNORECASE)
_SCALAR_CHARS = 200


class _Value(JsonNode):
    """A value of XML, as `laconic.kinds.json.records` reads values."""

    __slots__ = ()

    repeats_keys = True

    def key_text(self, text: str) -> str:
        """The name without its prefix, ``""`` where there is none."""
        return text[slice(*self.key)].rpartition(":")[2] if self.key else ""

    def value_text(self, text: str) -> str:
        """What a value says, its references read."""
        value = text[self.start : self.end].strip()
        if value.startswith("<![CDATA[") and value.endswith("]]>"):
            return value[9:-3].strip()
        return unescaped(value)


def xml_records(text: str, roots: Sequence[XmlNode]) -> tuple[list[Record], list[Span]]:
    """The records of a text, and spans that say nothing apart; see `laconic.kinds.json.records.json_records`.

    Elements of one name beside each other are a list; an attribute, an element that holds text and the text beside
    attributes are members by their names. Linear.
    """
    elements = [root for root in roots if root.kind == "element"]
    alone = elements[0] if len(elements) == 1 and elements[0].children else None
    top = _Value("object", 0, None, None)
    top.end = len(text)
    pending = [(top, alone.children if alone else roots)]
    while pending:
        value, nodes = pending.pop()
        pending += _fill(text, value, nodes)
    return json_records(text, [top]) if top.children else ([], [])


def _fill(text: str, parent: _Value, nodes: Sequence[XmlNode]) -> list[tuple[_Value, Sequence[XmlNode]]]:
    """Give an object its members; those that hold others themselves, with these."""
    groups: dict[str, list[XmlNode]] = {}
    for node in nodes:
        if node.kind != "comment":
            groups.setdefault(text[slice(*_key(node))], []).append(node)
    inner: list[tuple[_Value, Sequence[XmlNode]]] = []
    for group in groups.values():
        holder, key = parent, _key(group[0])
        if len(group) > 1:
            holder = _Value("array", group[0].start, key, parent)
            holder.end = group[-1].end
            parent.children.append(holder)
        for node in group:
            value = _value(text, node, None if len(group) > 1 else key, holder)
            holder.children.append(value)
            if node.children:
                inner.append((value, node.children))
    return inner


def _key(node: XmlNode) -> Span:
    """The name of a node; text beside attributes has the name of its element."""
    return node.parent.name if node.kind == "text" and node.parent is not None else node.name


def _value(text: str, node: XmlNode, key: Span | None, parent: _Value) -> _Value:
    start, end = (node.start, node.end) if node.children else node.inner
    if start == end:  # where nothing else can begin
        start = end = node.start
    scalar = node.end - node.start <= _SCALAR_CHARS and _SCALAR.fullmatch(text[start:end].strip())
    kind = "object" if node.children else "scalar" if scalar else "string"
    value = _Value(kind, start, key, parent)
    value.end = end
    return value
