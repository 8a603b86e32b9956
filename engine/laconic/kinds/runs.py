"""Running text between tags: its words as one line for the sentence splitter, its sentences as spans of the source."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence

from laconic.kinds.prose.sentences import sentence_spans
from laconic.kinds.tags import Tag, find_tags, unescaped
from laconic.types import Span

__all__ = ["Words", "bare", "merged", "sentences_of"]

_ALL = re.compile(r".+", re.DOTALL)
_NAME = re.compile(r"</?[^\s<>/]+")
_PIECE = re.compile(r"[^\s&]+(?: [^\s&]+)*|\s+|&(?:#?\w{1,31};)?")


class Words:
    """The words of pieces of a text, references read, white space of any length as one space; linear.

    Args:
        text: that the pieces are of.
        pieces: spans of it, in order.
        breaks: those of the pieces that are tags and mean white space (``<br>``).

    Attributes:
        text: the words.
    """

    def __init__(self, text: str, pieces: Iterable[Span], breaks: Collection[Span] = ()) -> None:
        self._source = text
        self._breaks = breaks
        self._at: list[int] = []  # where each piece begins in the words,
        self._spans: list[Span] = []  # and the span that it has in the text
        found: list[str] = []
        length, spaced = 0, True
        for start, end in pieces:
            for match in (
                _PIECE.finditer(text, start, end) if (start, end) not in breaks else _ALL.finditer(text, start, end)
            ):
                piece = match.group() if (start, end) not in breaks else " "
                if piece[0] == "&":
                    piece = unescaped(piece)
                if piece.isspace():
                    if spaced:
                        continue
                    piece = " "
                spaced = piece == " "
                self._at.append(length)
                self._spans.append(match.span())
                found.append(piece)
                length += len(piece)
        self.text = "".join(found)

    def place(self, span: Span) -> Span:
        """A span of the words as a span of the text, what is between the pieces included."""
        return self._place(span[0])[0], self._place(span[1] - 1)[1]

    def _place(self, at: int) -> Span:
        """The span in the text of one character of the words."""
        piece = bisect_right(self._at, at) - 1
        start, end = self._spans[piece]
        until = self._at[piece + 1] if piece + 1 < len(self._at) else len(self.text)
        if until - self._at[piece] != end - start:
            return start, end  # a reference, or white space
        return start + at - self._at[piece], start + at - self._at[piece] + 1

    def kept(self, span: Span) -> list[Span]:
        """Spans in the text of a span of the words, without what is between the pieces and all but one white space."""
        found: list[Span] = []
        at = bisect_right(self._at, span[0]) - 1
        while at < len(self._at) and self._at[at] < span[1]:
            start, end = self._spans[at]
            begin, until = self._at[at], self._at[at + 1] if at + 1 < len(self._at) else len(self.text)
            if until - begin == end - start:
                start, end = start + max(0, span[0] - begin), end - max(0, until - span[1])
            if self.text[begin] == " " and until == begin + 1:
                found += self._white(start, end)
            else:
                found.append((start, end))
            at += 1
        return merged(found)

    def _white(self, start: int, end: int) -> list[Span]:
        if (start, end) in self._breaks:
            return bare(self._source, (start, end))
        if self._source[start] == "&":
            return [(start, end)]
        space = self._source.find(" ", start, end)
        return [(space, space + 1) if space >= 0 else (start, start + 1)]

    def sentences(self, language: str | None) -> list[Span]:
        """Spans in the text of the sentences."""
        return [self.place(span) for span in sentence_spans(self.text, 0, len(self.text), language)]


def merged(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, touching ones as one, empty ones left out."""
    found: list[Span] = []
    for start, end in spans:
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        elif start < end:
            found.append((start, end))
    return found


def bare(text: str, tag: Span) -> list[Span]:
    """Spans of a tag without its attributes."""
    name = _NAME.match(text, *tag)
    return merged([(tag[0], name.end()), (tag[1] - 1, tag[1])]) if name else [tag]


def sentences_of(text: str, start: int, end: int, language: str | None, *, balanced: bool = True) -> list[Span]:
    """Spans of the sentences of running text with tags in it.

    Args:
        text: the passage.
        start: where the running text begins.
        end: where it ends.
        language: ISO 639-1 code, None where it is not known.
        balanced: whether each span must hold the counterpart of every tag that it holds.

    Returns:
        Spans in order; the tags that close behind a sentence belong to it. At least one where there is a word.
    """
    inside = text[start:end]
    tags = list(find_tags(inside)) if "<" in inside else []
    pieces = _between(tags, len(inside))
    spans = Words(inside, pieces).sentences(language)
    if tags:
        spans = list(_whole(spans, tags, balanced=balanced))
    return [(start + left, start + right) for left, right in spans]


def _between(tags: Sequence[Tag], end: int) -> Iterable[Span]:
    at = 0
    for tag in tags:
        if at < tag.start:
            yield at, tag.start
        at = tag.end
    if at < end:
        yield at, end


def _whole(spans: Sequence[Span], tags: Sequence[Tag], *, balanced: bool) -> Iterable[Span]:
    """The spans, each with the tags that open right before it or close behind it; joined while a tag is open."""
    at = depth = 0
    begin: int | None = None
    for number, (start, end) in enumerate(spans):
        while at < len(tags) and (tags[at].start < end or (tags[at].kind == "close" and tags[at].start == end)):
            tag = tags[at]
            depth += (tag.kind == "open") - (tag.kind == "close")
            if tag.start < start and tag.kind == "open" and begin is None:
                begin = tag.start
            end = max(end, tag.end)
            at += 1
        begin = min(start, begin) if begin is not None else start
        if not balanced or depth <= 0 or number + 1 == len(spans):
            yield begin, end
            begin = None
