"""Stretches of a text that a rewriting stage must not touch: code, data, addresses, quotations, numbers, identifiers.

Found once per text by one scanner, which aliasing and pruning share, so that both mean the same by "protected".
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from laconic.types import Span

__all__ = ["ProtectedRegion", "ProtectedText", "protected_regions"]

# Each kind with what it looks like. Repetitions that can fail are bounded, so that no text takes more than linear time.
# An opening fence without its closing line runs to the end of the text.
_FENCE = re.compile(
    r"^[ \t]{0,3}(`{3,16}|~{3,16})[^`\n]*\n(?:.*?^[ \t]{0,3}\1[`~]*[ \t]*$|.*\Z)", re.MULTILINE | re.DOTALL
)
_INDENTED = re.compile(r"(?:(?<=\n\n)|\A)(?:(?: {4}|\t)[^\n]*\S[^\n]*(?:\n+(?= {4}|\t))?)+")
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,300}>")
_TABLE_ROW = re.compile(r"^[ \t]*\|.*\|[ \t]*$", re.MULTILINE)
_INLINE_CODE = re.compile(r"(?<!`)(`{1,8})(?!`)[^\n]{1,400}?(?<!`)\1(?!`)")
_URL = re.compile(
    r"\b(?:[a-z][a-z0-9+.-]{1,15}://|www\.|mailto:)[^\s<>\"'`]+(?<![.,;:!?)\]])"  # with a scheme
    r"|\b[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,64}"  # mail
    r"|\b(?:[a-z0-9-]{1,64}\.){1,6}(?:com|org|net|edu|gov|io|dev|info|co|uk|de|eu)\b(?:/[^\s<>\"'`]*)?",  # a bare host
    re.IGNORECASE,
)
_PATH = re.compile(
    r"(?<![\w/])(?:~|\.{1,2})?/[\w.@+-]+(?:/[\w.@+-]*)*|\b[A-Za-z]:\\[^\s\"']+|\b[\w-]{1,64}(?:/[\w.-]{1,64}){2,}"
)
# The quotation mark stands before its own look-behind: a literal first character is what makes the scan fast.
_QUOTE = re.compile(
    r'"(?<![\w"]")(?:[^"\n]|\n(?!\s*\n)){1,600}"(?!\w)'
    r"|“(?:[^“”\n]|\n(?!\s*\n)){1,600}”|„(?:[^„“”\n]|\n(?!\s*\n)){1,600}[“”]"
    r"|«(?:[^«»\n]|\n(?!\s*\n)){1,600}»|「[^「」\n]{1,600}」|『[^『』\n]{1,600}』"
    r"|‘(?<!\w‘)[^‘\n]{1,300}?’(?!\w)|'(?<!\w')(?:[^'\n]|(?<=\w)'(?=\w)){1,300}'(?!\w)"
)
# A number with its sign, separators, exponent, percent or degree sign, and the letters glued to it (5kg, 3rd, 0x1F).
_NUMBER = re.compile(r"[$€£¥#+±−-]?\d[\w]*(?:[.,:/×-]\w*\d\w*)*(?:\s?[%‰°]\w?)?")
_IDENTIFIER = re.compile(
    r"(?<!\w)--?[A-Za-z][\w-]*"  # an option
    r"|[@$#\\][A-Za-z_]\w*"  # a handle, a variable, a tag, a macro
    r"|\b\w*_\w+|\b\w+_\b"  # snake_case
    r"|\b[A-Za-z]*[a-z][A-Z]\w*"  # camelCase
    r"|\b[A-Za-z_]\w*(?:(?:\.|::|->)[A-Za-z_]\w+)+(?:\(\))?"  # dotted.name, Class::member
    r"|\b[A-Za-z_]\w*\(\)"  # call()
)

_ANYWHERE = (
    ("code", _FENCE),
    ("code", _INDENTED),
    ("code", _INLINE_CODE),
    ("markup", _TAG),
    ("table", _TABLE_ROW),
    ("quote", _QUOTE),
    ("number", _NUMBER),
)
# What stands in one word without white space; looked for only in words that hold one of the tell-tale characters.
_IN_WORDS = (("url", _URL), ("path", _PATH), ("identifier", _IDENTIFIER))
_WORD = re.compile(r"\S+")
_TELL_TALE = re.compile(r"[_@$#/\\]|[a-z][A-Z]|\w\.\w|::|->|\(\)|(?<!\w)-|mailto")
_BRACKET = re.compile(r"[{}\[\]]")
_DATA = re.compile(r'[{"]|\A\[\s*(?:-?\d|true|false|null|\])')


@dataclass(frozen=True)
class ProtectedRegion:
    """A stretch that stays as it is.

    Attributes:
        start, end: character span.
        kind: ``"code"``, ``"json"``, ``"markup"``, ``"table"``, ``"url"``, ``"path"``, ``"quote"``, ``"identifier"``,
            ``"number"`` or ``"payload"``: the kind of the first stretch where several touch.
    """

    start: int
    end: int
    kind: str


class ProtectedText:
    """The protected regions of one text, with look-up by position.

    Args:
        text: any text; scanned when first asked, about 4 MB/s.
        payload: further spans that stay as they are, in order (`laconic.score.pruning.payload`).
    """

    def __init__(self, text: str, payload: Sequence[Span] = ()) -> None:
        self.text = text
        self._payload = payload

    @cached_property
    def regions(self) -> tuple[ProtectedRegion, ...]:
        """In order, not overlapping; overlapping finds are one region."""
        found = (*_found(self.text), *(ProtectedRegion(*span, "payload") for span in self._payload))
        return tuple(_merged(sorted(found, key=lambda region: (region.start, -region.end))))

    @cached_property
    def _starts(self) -> list[int]:
        return [region.start for region in self.regions]

    def overlaps(self, start: int, end: int) -> bool:
        """Whether some protected character lies in ``start:end``."""
        at = bisect_right(self._starts, end - 1) - 1
        return at >= 0 and self.regions[at].end > start

    def free_spans(self) -> list[Span]:
        """What lies between the regions, in order, none empty."""
        spans, at = [], 0
        for region in self.regions:
            if region.start > at:
                spans.append((at, region.start))
            at = region.end
        if at < len(self.text):
            spans.append((at, len(self.text)))
        return spans


def protected_regions(text: str) -> tuple[ProtectedRegion, ...]:
    """`ProtectedText.regions` of ``text``."""
    return ProtectedText(text).regions


def _found(text: str) -> Iterator[ProtectedRegion]:
    for kind, pattern in _ANYWHERE:
        for match in pattern.finditer(text):
            yield ProtectedRegion(match.start(), match.end(), kind)
    for word in _WORD.finditer(text):
        if _TELL_TALE.search(word.group()):
            for kind, pattern in _IN_WORDS:
                for match in pattern.finditer(text, *word.span()):
                    yield ProtectedRegion(match.start(), match.end(), kind)
    yield from _bracketed(text)


def _bracketed(text: str) -> Iterator[ProtectedRegion]:
    """Balanced ``{…}``, and balanced ``[…]`` that holds data rather than the words of a link or an aside.

    Brackets are matched by one stack in one pass, so that unbalanced ones cost no second look. Brackets inside strings
    may end a region early; the strings are protected as quotations anyway.
    """
    opened: list[int] = []
    found: list[Span] = []
    for match in _BRACKET.finditer(text):
        at, bracket = match.start(), match.group()
        if bracket in "{[":
            opened.append(at)
            continue
        if opened and (text[opened[-1]], bracket) in (("{", "}"), ("[", "]")):
            start = opened.pop()
            while found and found[-1][0] > start:  # the outer region swallows what it holds
                found.pop()
            found.append((start, at + 1))
    for start, end in found:
        if text[start] == "{" or _DATA.search(text[start:end]):
            yield ProtectedRegion(start, end, "json")


def _merged(regions: list[ProtectedRegion]) -> Iterator[ProtectedRegion]:
    held: ProtectedRegion | None = None
    for region in regions:
        if held is None:
            held = region
        elif region.start <= held.end:  # touching regions are one: nothing may be written between them
            held = ProtectedRegion(held.start, max(held.end, region.end), held.kind)
        else:
            yield held
            held = region
    if held is not None:
        yield held
