"""Sentences of running text, as character spans, in the passage's language.

The boundaries come from sentencex (rules per language, offline, about 100 MB/s). What is added here: what it parts
inside a word, behind an abbreviation or before a reference is put together again, fragments that are too short to stand
alone join their neighbour, and a sentence that never ends is cut where a reader would pause.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

import sentencex

from laconic._utils.unicode import before_joiners, compiled_late
from laconic.kinds.clauses import CLAUSE_END
from laconic.kinds.prose.stops import code_of, runs_over, split_softly
from laconic.types import Span

__all__ = ["MAX_SENTENCE_CHARS", "is_crumb", "sentence_spans"]

MAX_SENTENCE_CHARS = 600
"""Longer sentences are cut: a budget is spent badly on a piece of which one clause is wanted."""

_MIN_LETTERS = 3  # "1.", "A)" and the like say nothing alone
_STRETCH_CHARS = 5_000
_BREAK = re.compile(r"[.!?]\s+(?=[A-ZÀ-ÞΑ-ΩА-Я])|[。！？।۔؟။።។]\s*")
_NUMBERS = re.compile(r"\s*(?:\(?\w{1,5}\)\s+)+([.!?]\s)?")
_MOST_NUMBERED = 3  # inside one another
_CLOSERS = ")]}\"'”’»*_`"
# What follows is no word that begins a sentence: "lib/cdef16." and "S", "`*." and "{html,css}`".
_GOES_ON = re.compile(r"[A-Z](?![a-z'’])(?!(?<=[AI])\s)|[a-z0-9{*_/-]")
# "(#123)", "[12]", "(Smith 2001)" behind a full stop belong to what they stand behind.
_REFERENCE = re.compile(r"[(\[](?=[^)\]]*\d)[^()\[\]\s]{1,16}(?: [^()\[\]\s]{1,8}){0,2}[)\]]\.?")
# The last four characters of abbreviations that stand before what they belong to; "al." may end a sentence.
_ABBREVIATED = frozenset(
    ("e.g.", "i.e.", " cf.", "(cf.", "viz.", " vs.", "rox.", "Vol.", " pp.", "(pp.", "Nos.", " al.")
)
_SPACE = re.compile(r"\s")
_WITHOUT_DOTS = compiled_late("[\u0589\u06d4\u0e01-\u0eff\u0f0d\u0f0e\u104b\u1362\u1780-\u17ff]")


def sentence_spans(text: str, start: int, end: int, language: str | None) -> list[Span]:
    """Spans of the sentences of ``text[start:end]``, without the white space around them.

    Args:
        text: the passage.
        start: where a stretch of running text in it begins.
        end: where it ends.
        language: ISO 639-1 code, region and all; of unknown codes and None the rules of most languages hold.

    Returns:
        Spans in order, none blank, none longer than `MAX_SENTENCE_CHARS`.
    """
    spans: list[Span] = []
    at = start
    begin = last = -1  # of the sentence that is not yet known to end
    waits = False  # whether it cannot end yet
    tail = ""  # its last characters
    stretch = text[start:end]
    ticks = "`" in stretch
    language = code_of(language)
    foreign = language != "en"
    for piece in _split(stretch, language):
        bare = piece.strip()
        if not bare:
            at += len(piece)
            continue
        first = at if bare[0] == piece[0] else at + piece.index(bare[0])
        at += len(piece)
        if begin < 0:
            begin = first
        elif not (
            waits
            or (
                (first == last or tail in _ABBREVIATED or (ticks and tail[3:] == "`"))
                and _goes_on(tail, bare, first == last)
            )
            or (bare[0] in "([" and (_is_open(tail) or (len(bare) < 32 and _REFERENCE.fullmatch(bare))))
            or tail[-1] == ","
            or (foreign and tail[-1] == "." and runs_over(text, begin, last, bare, language))
        ):
            if last - begin <= MAX_SENTENCE_CHARS:
                spans.append((begin, last))
            else:
                spans.extend(_clauses(text, begin, last))
            begin = first
        last = first + len(bare)
        tail = bare[-4:]
        waits = len(bare) < 8 and at < end and (waits or begin == first) and is_crumb(bare)
    if waits and spans and not text[spans[-1][1] : begin].strip("\t "):
        spans[-1] = (spans[-1][0], last)
    elif 0 < last - begin <= MAX_SENTENCE_CHARS:
        spans.append((begin, last))
    elif begin >= 0:
        spans.extend(_clauses(text, begin, last))
    return spans


def _is_open(tail: str) -> bool:
    """Whether what ends in ``tail`` stops without an end, so that sentencex found one in a number behind it."""
    return tail[-1].isalnum() or (tail[-1] in ")]" and tail[-2:-1] not in ".!?")


def is_crumb(text: str) -> bool:
    """Whether a piece without outer white space is too short to say anything alone: ``1.``, ``}``, ``(a)``.

    In Chinese and its kin one letter may be a word.
    """
    if len(text) >= 8:
        return False
    letters = sum(map(str.isalnum, text))
    return letters < _MIN_LETTERS and (text.isascii() or not any("\u0e00" <= letter <= "\uffdc" for letter in text))


def _split(text: str, language: str, depth: int = 0) -> Iterable[str]:
    """Sentences with their white space, joined the text; sentencex sees it in stretches, for it can be quadratic."""
    if len(text) > 2 * _STRETCH_CHARS:
        return chain.from_iterable(_split(stretch, language) for stretch in _stretches(text))
    found: list[str] = sentencex.segment(language, text)
    if not text.isascii() and _WITHOUT_DOTS().search(text):
        found = [part for piece in found for part in split_softly(piece, language)]
    if ")" in text and depth < _MOST_NUMBERED and any(")" in piece[:8] for piece in found):
        return chain.from_iterable(_split_numbered(piece, language, depth) for piece in found)
    return found


def _split_numbered(piece: str, language: str, depth: int) -> Iterable[str]:
    """What sentencex finds no ends in: a piece that begins with "(1) "."""
    numbers = _NUMBERS.match(piece)
    if numbers is None or numbers.end() == len(piece):
        return (piece,)
    rest = iter(_split(piece[numbers.end() :], language, depth + 1))
    return chain([numbers.group() + ("" if numbers[1] else next(rest, ""))], rest)


def _stretches(text: str) -> Iterator[str]:
    start, end = 0, len(text)
    while end - start > 2 * _STRETCH_CHARS:
        cut = _BREAK.search(text, start + _STRETCH_CHARS, start + 2 * _STRETCH_CHARS)
        until = cut.end() if cut else start + 2 * _STRETCH_CHARS
        yield text[start:until]
        start = until
    yield text[start:end]


def _goes_on(before: str, piece: str, touches: bool) -> bool:
    """Whether a sentence runs over what looks like its end, or what follows is but the bracket around it."""
    if touches:
        if piece[0] in ",;" or not piece.strip(_CLOSERS):
            return True
        return before[-1] == "." and before[-2:-1] not in ".!?…" and _GOES_ON.match(piece) is not None
    if before[-1] == "`":
        return piece[0].islower()
    return not (piece[0].isupper() and before.endswith("al."))


def _clauses(text: str, start: int, end: int) -> Iterator[Span]:
    """Cut an over-long sentence: at a clause's end, else between words, else between characters."""
    half = MAX_SENTENCE_CHARS // 2
    while end - start > MAX_SENTENCE_CHARS:
        low, high = start + half, start + MAX_SENTENCE_CHARS
        cut = next((m.end() for m in CLAUSE_END.finditer(text, low, high)), None)
        if cut is None:
            cut = next((m.end() for m in _SPACE.finditer(text, low, high)), None)
        if cut is None:
            cut = before_joiners(text, high)
        yield from _trimmed(text, start, cut)
        start = cut
    yield from _trimmed(text, start, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    piece = text[start:end]
    bare = piece.strip()
    if bare:
        first = start + (len(piece) - len(piece.lstrip()))
        yield first, first + len(bare)
