"""Sentences of running text, as character spans, in the passage's language.

The boundaries come from sentencex (rules per language, offline, about 100 MB/s). What is added here: fragments that are
too short to stand alone join their neighbour, and a sentence that never ends is cut where a reader would pause.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import sentencex

from laconic.types import Span
from laconic.unicode import compiled_late

__all__ = ["MAX_SENTENCE_CHARS", "is_crumb", "sentence_spans", "word_cuts"]

MAX_SENTENCE_CHARS = 600
"""Longer sentences are cut: a budget is spent badly on a piece of which one clause is wanted."""

_MIN_LETTERS = 3  # "1.", "A)" and the like say nothing alone
_STRETCH_CHARS = 5_000
_BREAK = re.compile(r"[.!?]\s+(?=[A-Z])|[。！？]")
# "lib/cdef16." and "S", "`*." and "{html,css}`": no blank between, and what follows is no word that begins a sentence.
_IN_WORD = re.compile(r"\w\.$|[^\w\s.!?…]\.$", re.ASCII)
_GOES_ON = re.compile(r"[A-Za-z0-9](?![A-Za-z0-9'’])|[{*_/-]")
# Abbreviations that stand before what they belong to; "al." may end a sentence.
_ABBREVIATION = re.compile(r"\b(?:al|e\.g|i\.e|cf|viz|vs|approx|[Vv]ol|pp|[Ff]igs|[Ee]qs|[Nn]os)\.$")
_CLOSERS = ")]}\"'”’»*_`"
_NUMBER = re.compile(r"\s*\(\w{1,5}\)\s")
_CLAUSE = re.compile(r"[;,:]\s|\s[-–—]\s|[，；：、]")
_SPACE = re.compile(r"\s")
# Between letters of Thai, Lao, Khmer, Chinese and Japanese, which write no spaces, and before any white space.
_SPACELESS = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
_WORD_END = compiled_late(rf"(?=\s)|(?<=[{_SPACELESS}])(?=[{_SPACELESS}])")
_JOINERS = "\u200d\ufe0e\ufe0f"


def sentence_spans(text: str, start: int, end: int, language: str) -> list[Span]:
    """Spans of the sentences of ``text[start:end]``, without the white space around them.

    Args:
        text: the passage.
        start: where a stretch of running text in it begins.
        end: where it ends.
        language: ISO 639-1 code; unknown codes use English rules.

    Returns:
        Spans in order, none blank, none longer than `MAX_SENTENCE_CHARS`.
    """
    spans: list[Span] = []
    at = start
    pending: int | None = None  # where a fragment that waits for its sentence began
    for piece in _whole(_split(text, start, end, language)):
        bare = piece.strip()
        if not bare:
            at += len(piece)
            continue
        first = at + piece.index(bare[0])
        last = first + len(bare)
        at += len(piece)
        begin = first if pending is None else pending
        if spans and pending is None and first == spans[-1][1] and not bare.strip(_CLOSERS):
            spans[-1] = (spans[-1][0], last)  # the bracket around several sentences
            continue
        if is_crumb(bare) and at < end:
            pending = begin
            continue
        pending = None
        if last - begin <= MAX_SENTENCE_CHARS:
            spans.append((begin, last))
        else:
            spans.extend(_clauses(text, begin, last))
    if pending is not None:
        tail = len(text[pending:end].rstrip()) + pending
        if spans and not text[spans[-1][1] : pending].strip("\t "):
            spans[-1] = (spans[-1][0], tail)
        else:
            spans.append((pending, tail))
    return spans


def is_crumb(text: str) -> bool:
    """Whether a piece without outer white space is too short to say anything alone: ``1.``, ``}``, ``(a)``."""
    return len(text) < 8 and sum(map(str.isalnum, text)) < _MIN_LETTERS


def _split(text: str, start: int, end: int, language: str) -> Iterator[str]:
    """Sentences with their white space, joined the text; sentencex sees it in stretches, for it can be quadratic."""
    number = _NUMBER.match(text, start, end)
    if number:  # sentencex finds no end behind "(1) " at the beginning of what it is given
        rest = _split(text, number.end(), end, language)
        yield number.group() + next(rest, "")
        yield from rest
        return
    while end - start > 2 * _STRETCH_CHARS:
        cut = _BREAK.search(text, start + _STRETCH_CHARS, start + 2 * _STRETCH_CHARS)
        until = cut.end() if cut else start + 2 * _STRETCH_CHARS
        yield from sentencex.segment(language, text[start:until])
        start = until
    yield from sentencex.segment(language, text[start:end])


def _whole(pieces: Iterator[str]) -> Iterator[str]:
    """The pieces, those put together again that were parted inside a word, or behind an abbreviation or quoted code."""
    held = ""
    for piece in pieces:
        if (
            held
            and not (_IN_WORD.search(held) and _GOES_ON.match(piece))
            and not (held.rstrip()[-1:] == "`" and piece[:1].islower())
        ):
            yield held
            held = ""
        held += piece
    if held:
        yield held


def _goes_on(before: str, piece: str) -> bool:
    """Whether a sentence runs over what looks like its end."""
    if not before[-1].isspace():
        return _IN_WORD.search(before) is not None and _GOES_ON.match(piece) is not None
    tail = before.rstrip()
    if tail[-1:] == "`":
        return piece[:1].islower()
    return (
        tail[-1:] == "."
        and _ABBREVIATION.search(tail, max(0, len(tail) - 10)) is not None
        and (not piece[:1].isupper() or not tail.endswith("al."))
    )


def _clauses(text: str, start: int, end: int) -> Iterator[Span]:
    """Cut an over-long sentence: at a clause's end, else between words, else between characters."""
    half = MAX_SENTENCE_CHARS // 2
    while end - start > MAX_SENTENCE_CHARS:
        low, high = start + half, start + MAX_SENTENCE_CHARS
        cut = next((m.end() for m in _CLAUSE.finditer(text, low, high)), None)
        if cut is None:
            cut = next((m.end() for m in _SPACE.finditer(text, low, high)), None)
        if cut is None:
            cut = _before_joiners(text, high)
        yield from _trimmed(text, start, cut)
        start = cut
    yield from _trimmed(text, start, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    piece = text[start:end]
    bare = piece.strip()
    if bare:
        first = start + (len(piece) - len(piece.lstrip()))
        yield first, first + len(bare)


def _before_joiners(text: str, at: int) -> int:
    """The nearest place at or before ``at`` that splits no character from its combining marks."""
    low = at - 32
    while at > low and (unicodedata.combining(text[at]) or text[at] in _JOINERS or text[at - 1] == "\u200d"):
        at -= 1
    return at


def word_cuts(text: str, start: int, end: int) -> list[int]:
    """Places in ``text[start:end]`` at which a piece may end without breaking a word, in order, ``end`` included.

    Scripts without spaces may be cut between any two letters, and so may text that has no such place at all.
    """
    cuts = [at for at in (m.start() for m in _WORD_END().finditer(text, start, end)) if start < at < end]
    if not cuts:
        cuts = [at for at in range(start + 1, end) if _before_joiners(text, at) == at]
    return [*cuts, end]
