"""Which texts are HTML: by what a passage says of itself, by its first marks, by its tags and what stands in them."""

from __future__ import annotations

import re

from laconic.kinds.html.names import BLOCKS, KNOWN, RAW, VOID
from laconic.kinds.tags import find_tags
from laconic.types import Passage

__all__ = ["fallback_of", "is_told_html", "looks_like_html"]

_SAMPLE_CHARS = 20_000
_LEAST_TAGS, _LEAST_TAGS_INSIDE = 4, 8
# Text of so many characters for each tag is no HTML; where it does not begin with a tag, a retriever must have cut it.
_CHARS_FOR_TAG, _CHARS_FOR_TAG_INSIDE = 400, 120
_OUTSIDE_SHARE = 0.2  # of the text stands in no element: a page in another notation with some tags in it
_KNOWN_SHARE = 0.9
_CODE = re.compile(
    r"className=|=\{|\{\s*/\*|=>\s*[({]|<[?%](?!xml)|\bv-(?:if|for|bind|model|else|show)\b|\s[@:][a-z-]+=\"|\*ng[A-Z]\w+=",
)
_STATEMENT = re.compile(r"^[ \t]*(?:\{%|\{\{[#/]|<\?(?!xml)|<%|@(?:if|foreach|section|extends|end\w+)\b)", re.MULTILINE)
_LEAST_STATEMENTS = 2
_MARKDOWN = re.compile(
    r"^(?:#{1,6} \S|```|~~~|\|[ :]*(?:--?[ :]+)*---[ :|-]*\|)|^(?:[-*+]|\d+\.) \S|\]\((?:https?:|[./#\w])", re.MULTILINE
)
_LEAST_MARKDOWN = 2
_TYPES = ("text/html", "application/xhtml+xml")


def is_told_html(passage: Passage) -> bool:
    """Whether the caller says so: by the language's name, or by the content type in the metadata."""
    if passage.language and passage.language.lower() in ("html", "xhtml"):
        return True
    return any(isinstance(value, str) and value[:40].lower().startswith(_TYPES) for value in passage.metadata.values())


def looks_like_html(text: str) -> bool:
    """Whether a text is a page, or the better part of its text stands in elements of HTML; a glance at its head.

    Markdown, prose and prompts that hold some tags are none, neither is code that writes HTML.
    """
    head = text[:_SAMPLE_CHARS]
    if "</" not in head and "<" not in head[:200]:
        return False
    if _STATEMENT.search(head):
        return False
    if _is_page(head):
        return True
    if _CODE.search(head) or len(_MARKDOWN.findall(head)) >= _LEAST_MARKDOWN:
        return False
    known = strange = depth = at = outside = blocks = closed = 0
    cut = True  # what stands before the first tag that opens may be the end of an element
    for tag in find_tags(head, RAW):
        if depth <= 0 and not cut:
            outside += len(head[at : tag.start].strip())
        at = tag.end
        name = tag.name.lower()
        if not name:
            continue
        if name not in KNOWN:
            strange += 1
            continue
        known += 1
        blocks += name in BLOCKS
        closed += tag.kind == "close"
        if tag.kind == "open" and name not in VOID:
            depth, cut = max(depth, 0) + 1, False
        elif tag.kind == "close":
            depth -= 1
    if depth <= 0:
        outside += len(head[at:].strip())
    if known < _LEAST_TAGS or blocks < 2 or not closed or known < _KNOWN_SHARE * (known + strange):
        return False
    if outside > _OUTSIDE_SHARE * len(head):
        return False
    if head.lstrip()[:1] == "<":
        return known * _CHARS_FOR_TAG >= len(head)
    return known >= _LEAST_TAGS_INSIDE and 3 * closed >= known and known * _CHARS_FOR_TAG_INSIDE >= len(head)


def _is_page(head: str) -> bool:
    """Whether the first mark of a text, comments aside, is that of a page."""
    if head.lstrip()[:1] != "<":
        return False
    first = next((tag for tag in find_tags(head) if tag.kind not in ("comment", "instruction")), None)
    if first is None:
        return False
    mark = " ".join(head[first.start : first.end].lower().split())
    return first.name.lower() == "html" or mark.startswith("<!doctype html")


def fallback_of(passage: Passage) -> tuple[str, str] | None:
    """The kind that stands in for a passage that says it is HTML but is none, and why."""
    if "<" not in passage.text:
        return "lines", "HTML without a tag"
    if len(_STATEMENT.findall(passage.text[:_SAMPLE_CHARS])) >= _LEAST_STATEMENTS:
        return "lines", "a template with HTML in it"
    return None
