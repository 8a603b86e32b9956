"""Tags and other marks of HTML and XML in a text, with their spans.

`html.parser` of the standard library takes quadratic time on tags, comments and sections that nobody closed in the
Pythons up to 3.13, and stops at a broken reference; `xml.parsers.expat` says where marks begin, not where they end. So
the marks are found here, by expressions that never look past the next ``<`` twice, whatever the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

from laconic.types import Span

__all__ = ["Tag", "attributes_of", "find_tags", "unescaped"]

_NAME = r"[^\W\d][^\s<>/\"'=&;,!?()\[\]{}|]*"
_TAG = re.compile(rf"<(/?)({_NAME})((?:\s|/(?=[\s>]))(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*)?>")
_WIDE_TAG = re.compile(rf"<(/?)({_NAME})((?:\s|/(?=[\s>]))(?:[^>\"']|\"[^\"]*\"|'[^']*')*)>")
_MOST_WIDE, _WIDE_CHARS = 200, 10_000  # tags with a "<" in a value that are looked for, and how long they may be
_ATTRIBUTE = re.compile(r"([^\s=/>\"'<]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+)))?")
_SECTIONS = (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"), ("<!", ">"))
_SUBSET_END = re.compile(r"\]\s*>")
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[^\W\d_][^\W_]{1,31});")


class Tag(NamedTuple):
    """A mark of a text.

    Attributes:
        kind: ``"open"``, ``"close"``, ``"empty"`` (``<br/>``), ``"comment"``, ``"cdata"``, ``"instruction"``,
            ``"declaration"``, or ``"raw"``: what stands in an element that holds no text.
        start, end: character span.
        name: of a tag as written, else ``""``.
    """

    kind: str
    start: int
    end: int
    name: str = ""


def find_tags(text: str, raw: frozenset[str] = frozenset()) -> Iterator[Tag]:
    """The marks of a text in order; what is none (``a < b``, a tag that the text cuts off) is text.

    Args:
        text: any.
        raw: lower names of elements in which nothing is a mark but their own end (``script``).

    Linear: what opens and is never closed is looked for once.
    """
    at, wide = 0, _MOST_WIDE
    unclosed: set[str] = set()
    while (at := text.find("<", at)) >= 0:
        match = _TAG.match(text, at)
        if match is None and wide and text[at + 1 : at + 2].isalpha():
            match = _WIDE_TAG.match(text, at, at + _WIDE_CHARS)
            wide -= 1
        if match is not None:
            kind = "close" if match[1] else "empty" if text[match.end() - 2] == "/" else "open"
            yield Tag(kind, at, match.end(), match[2])
            at = match.end()
            if kind == "open" and raw and match[2].lower() in raw:
                end = _raw_end(text, at, match[2])
                yield Tag("raw", at, end)
                at = end
            continue
        found = _section(text, at, unclosed)
        if found is not None:
            yield found
            at = found.end
        else:
            at += 1


def _raw_end(text: str, at: int, name: str) -> int:
    closing = re.compile(rf"</{re.escape(name)}[\s>/]", re.IGNORECASE).search(text, at)
    return closing.start() if closing else len(text)


def _section(text: str, at: int, unclosed: set[str]) -> Tag | None:
    """The comment, section, instruction or declaration at a place, None where there is none that is closed."""
    opening, closing = next((marks for marks in _SECTIONS if text.startswith(marks[0], at)), ("", ""))
    if not opening or opening in unclosed:
        return None
    kind = {"<!--": "comment", "<![CDATA[": "cdata", "<?": "instruction", "<!": "declaration"}[opening]
    if kind == "declaration" and not text[at + 2 : at + 3].isalpha():
        return None
    end = text.find(closing, at + len(opening))
    if end < 0:
        unclosed.add(opening)
        return None
    if kind == "declaration" and "]" not in unclosed and "[" in text[at:end]:
        subset = _SUBSET_END.search(text, end - 1)
        if subset is None:
            unclosed.add("]")
        else:
            end = subset.end() - 1
    return Tag(kind, at, end + len(closing))


def attributes_of(text: str, tag: Tag) -> Iterator[tuple[Span, Span]]:
    """Of each attribute of a tag the spans of its name and its value, quotes left out; an empty one without a value."""
    for match in _ATTRIBUTE.finditer(text, tag.start + 1 + len(tag.name), tag.end - 1):
        value = next((match.span(group) for group in (2, 3, 4) if match[group] is not None), (match.end(), match.end()))
        yield match.span(1), value


def unescaped(text: str) -> str:
    """A text with its references read: the characters that HTML names; what else a document declares stays."""
    return _REFERENCE.sub(lambda match: unescape(match.group()), text) if "&" in text else text
