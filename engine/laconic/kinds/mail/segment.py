"""Mail to segments: headers, sentences with what says which message they are of, and what no reader looks at."""

from __future__ import annotations

import re

from laconic.kinds.mail.headers import Header, is_identity, role_of
from laconic.kinds.mail.parts import Part, parts_of
from laconic.kinds.prose.language import guess_language
from laconic.kinds.prose.segment import prose_within
from laconic.types import Passage, Segment

__all__ = ["MailSegmenter"]

_SOFT_BREAK = re.compile(r"=(\r?\n)")
_KINDS = {"separator": "notice", "attribution": "attribution"}


class MailSegmenter:
    """Segments of messages; linear in the text.

    What is written and what is quoted is cut as prose. Where several messages stand in one text, its segments require
    the headers that say from whom, when and about what theirs is; those of a quotation require the line that says who
    wrote it, where one does. Headers are segments of kind ``"header"``, those of machines ``"trace"``.
    """

    def segment(self, passage: Passage, index: int, first: int) -> list[Segment]:
        """Cut ``passage``; see `laconic.types.Segmenter`."""
        parts = list(parts_of(passage.text))
        # what stands before the first headers is a message too, of which nothing says which
        several = sum(part.kind == "headers" or not at for at, part in enumerate(parts)) > 1
        language = passage.language or _language(passage.text, parts)
        segments: list[Segment] = []
        above: list[tuple[int, tuple[int, ...]]] = []  # levels of quotation, and what says which message each is of
        for part in parts:
            while above and above[-1][0] > part.level:
                above.pop()
            requires = above[-1][1] if above and several else ()
            at = first + len(segments)
            if part.kind == "headers":
                found = [Segment(index, each.start, each.end, _kind_of(each)) for each in part.headers]
                own = (at + place for place, each in enumerate(part.headers) if is_identity(each))
                _put(above, part.level, tuple(own))
            elif part.kind in ("text", "quote"):
                found = _prose(passage, part, index, at, language)
                if part.kind == "quote" and above and above[-1][0] == part.level:
                    requires = above[-1][1]
                found = [each._replace(requires=(*requires, *each.requires)) for each in found]
            else:
                found = [Segment(index, part.start, part.end, _KINDS.get(part.kind, part.kind))]
                if part.kind == "attribution":
                    _put(above, part.level + 1, (at,))
            segments += found
        return segments


def _put(above: list[tuple[int, tuple[int, ...]]], level: int, names: tuple[int, ...]) -> None:
    while above and above[-1][0] >= level:
        above.pop()
    above.append((level, names))


def _kind_of(header: Header) -> str:
    return "header" if role_of(header.name) is not None else "trace"


def _language(text: str, parts: list[Part]) -> str | None:
    written = next((part for part in parts if part.kind == "text"), None)
    return guess_language(text[written.start : written.end] if written else text)


def _prose(passage: Passage, part: Part, index: int, first: int, language: str | None) -> list[Segment]:
    """Sentences of what is written; a line that goes on behind an ``=`` is read as if that were a blank."""
    span = (part.start, part.end)
    if part.softly:
        text = passage.text[part.start : part.end]
        # of the same length, so that spans stay
        plain = Passage(_SOFT_BREAK.sub(r" \1", text), language=passage.language or language)
        found = prose_within(plain, (0, len(text)), index, first)
        return [each._replace(start=each.start + part.start, end=each.end + part.start) for each in found]
    return prose_within(passage, span, index, first, language)
