"""Which texts are XML: by what a passage says of itself, by its first marks, and by how much of it is marks."""

from __future__ import annotations

import re
from collections import Counter

from laconic.kinds.html.names import KNOWN
from laconic.kinds.tags import find_tags
from laconic.kinds.xml.tree import fault_of
from laconic.types import Passage

__all__ = ["fallback_of", "is_told_xml", "looks_like_xml"]

_OPENING = re.compile(r"\s*(?:<\?xml\s|<!--|<!DOCTYPE\s|</?[^\W\d][\w.:-]*(?:\s[^<>]*)?/?>)")
_SAMPLE_CHARS = 20_000
_LEAST_TAGS, _LEAST_OPEN = 6, 2
# Text of so many characters for each tag is a document in which tags are rare; where it does not begin with a tag, a
# retriever must have cut it.
_CHARS_FOR_TAG, _CHARS_FOR_TAG_INSIDE, _CUT_CHARS, _LEAST_TAGS_INSIDE = 80, 60, 200, 8
_CODE = re.compile(r"className=|=\{|\{\s*/\*|=>|<\?(?!xml)|<%|\{%|\bv-(?:if|for|bind)|\s[@:][a-z-]+=")
_TYPES = re.compile(r"(?:text|application)/(?:[\w.-]+\+)?xml\b")


def is_told_xml(passage: Passage) -> bool:
    """Whether the caller says so: by the language's name, or by the content type in the metadata."""
    if passage.language and passage.language.lower() == "xml":
        return True
    return any(
        isinstance(value, str) and len(value) < 100 and _TYPES.match(value) and "xhtml" not in value
        for value in passage.metadata.values()
    )


def looks_like_xml(text: str) -> bool:
    """Whether a text opens like XML, holds tags enough to be records or a document, and reads as such.

    A glance at its head; only what passes it is read by expat.
    """
    head = text[:_SAMPLE_CHARS]
    if not _OPENING.match(head):
        return _is_cut_out(head)
    if head.lstrip().startswith("<?xml"):
        return True
    if _CODE.search(head):
        return False
    kinds = Counter(tag.kind for tag in find_tags(head))
    tags = kinds["open"] + kinds["close"] + kinds["empty"]
    if tags < _LEAST_TAGS or tags * _CHARS_FOR_TAG < len(head):
        return False
    # a retriever may have cut it
    return fault_of(text) is None or abs(kinds["open"] - kinds["close"]) <= max(_LEAST_OPEN, tags // 4)


def _is_cut_out(head: str) -> bool:
    """Whether a text that begins with no tag was cut out of XML: dense with tags that close each other."""
    if not 0 < head.find("<") <= _CUT_CHARS or _CODE.search(head):
        return False
    found = [tag for tag in find_tags(head) if tag.name]
    opened = sum(tag.kind == "open" for tag in found)
    closed = sum(tag.kind == "close" for tag in found)
    strange = sum(tag.name.lower() not in KNOWN for tag in found)
    return (
        len(found) >= _LEAST_TAGS_INSIDE
        and 2 * strange >= len(found)
        and abs(opened - closed) <= len(found) // 4
        and len(found) * _CHARS_FOR_TAG_INSIDE >= len(head)
    )


def fallback_of(passage: Passage) -> tuple[str, str] | None:
    """The reason why a passage is not read as the XML that it says it is; it is then read as far as its tags go."""
    if "<" not in passage.text:
        return "lines", "XML without a tag"
    fault = fault_of(passage.text)
    return None if fault is None else ("xml", f"not well-formed XML: {fault}")
