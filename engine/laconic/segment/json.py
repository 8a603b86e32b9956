"""JSON text to segments: one for each member or element that fits a line, cut at commas outside strings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from laconic.segment.sentences import MAX_SENTENCE_CHARS, sentence_spans
from laconic.types import Passage, Segment, Span

__all__ = ["JsonSegmenter", "looks_like_json"]

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[,\n]', re.DOTALL)


def looks_like_json(text: str) -> bool:
    """Whether ``text`` opens like an object or an array of JSON; a glance at its head, no parse."""
    head = text[:2000].lstrip()
    if head[:1] == "{":
        return '":' in head or '" :' in head
    return head[:1] == "[" and bool(re.match(r'\[\s*[\[{"\d-]', head)) and ('"' in head or "," in head)


class JsonSegmenter:
    """Segments of JSON text, whole or cut off by a retriever; linear in the text.

    Members stay verbatim and keep their comma; what is kept need not parse.
    """

    def segment(self, passage: Passage, index: int, first: int) -> list[Segment]:
        """Cut ``passage``; see `laconic.types.Segmenter`."""
        segments = []
        for start, end in _members(passage.text):
            if end - start <= MAX_SENTENCE_CHARS:
                segments.append(Segment(index, start, end, "record"))
            else:  # a long string is text
                segments.extend(
                    Segment(index, *span, "record") for span in sentence_spans(passage.text, start, end, "en")
                )
        return segments


def _members(text: str) -> Iterator[Span]:
    start = 0
    for token in _TOKEN.finditer(text):
        if token.group()[0] == '"':
            continue
        yield from _bare(text, start, token.end())
        start = token.end()
    yield from _bare(text, start, len(text))


def _bare(text: str, start: int, end: int) -> Iterator[Span]:
    piece = text[start:end]
    bare = piece.strip()
    if bare:
        begin = start + len(piece) - len(piece.lstrip())
        yield begin, begin + len(bare)
