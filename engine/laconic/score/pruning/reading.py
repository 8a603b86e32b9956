"""A stretch of text as words, with what pruning needs to know of each."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from laconic.score.pruning.classes import NEGATIONS
from laconic.score.pruning.protected import ProtectedText
from laconic.score.pruning.statistics import WordStatistics
from laconic.score.words import stem
from laconic.types import Span

__all__ = ["Stretch", "Word", "read_words"]

_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_SENTENCE_END = frozenset(".!?;:\n\r")
_OPENING = " \t\"'“‘(*_>•-–#"
_FURTHEST_NEGATION = 60  # words; a longer sentence is a list, or none


class Word(NamedTuple):
    """One word."""

    start: int  # character span
    end: int
    lower: str  # in lower case, with straight apostrophes
    capital: bool  # whether it begins with a capital letter
    protected: bool  # whether a protected region touches it
    opens: bool  # whether a sentence, a line, or a clause behind a colon or semicolon begins with it


def read_words(text: str, start: int, end: int, scanned: ProtectedText, shift: int) -> list[Word]:
    """The words of ``text[start:end]``; ``scanned`` has its regions ``shift`` characters further left."""
    words: list[Word] = []
    last_end = start
    for match in _WORD.finditer(text, start, end):
        first, last = match.span()
        word = match.group()
        gap = text[last_end:first].strip(_OPENING)
        opens = not words or (bool(gap) and gap[-1] in _SENTENCE_END)
        protected = scanned.overlaps(first - shift, last - shift)
        words.append(Word(first, last, word.lower().replace("’", "'"), word[0].isupper(), protected, opens))
        last_end = last
    return words


class Stretch:
    """The words of a stretch of text, with their neighbours.

    Args:
        text: the whole text.
        words: of the stretch, by `read_words`.
        known: what is known about words.
        asked: stems of the question's words, which stay.
        requests: character spans of the text that ask for something.
    """

    def __init__(
        self,
        text: str,
        words: list[Word],
        known: WordStatistics,
        asked: frozenset[str] = frozenset(),
        requests: Sequence[Span] = (),
    ) -> None:
        self.text = text
        self.words = words
        self.known = known
        self.asked = asked
        self.requests = requests
        self.said: set[str] = set()
        self.resumed = 0  # the word behind an opening phrase that goes: the sentence then begins there
        self._request_starts = [start for start, _ in requests]

    def in_request(self, at: int) -> bool:
        """Whether a word belongs to a request: what describes the thing wanted is then part of what is wanted."""
        span = bisect_right(self._request_starts, self.words[at].start) - 1
        return span >= 0 and self.words[at].start < self.requests[span][1]

    def importance(self, at: int) -> float:
        """Of a word, see `WordStatistics.importance`."""
        lower = self.words[at].lower
        return self.known.importance(lower, lower in self.said)

    def is_asked(self, word: Word) -> bool:
        """Whether the question names it."""
        return bool(self.asked) and stem(word.lower) in self.asked

    def joined(self, at: int) -> bool:
        """Whether only white space lies between a word, of which there may be none, and the one before."""
        if not 0 < at < len(self.words):
            return False
        return not self.text[self.words[at - 1].end : self.words[at].start].strip(" \t\n\r")

    def previous(self, at: int) -> Word | None:
        """The word before, where nothing but white space lies between."""
        return self.words[at - 1] if self.joined(at) else None

    def next(self, at: int) -> Word | None:
        """The word behind, where nothing but white space lies between."""
        return self.words[at + 1] if self.joined(at + 1) else None

    def opens(self, at: int) -> bool:
        """Whether a sentence begins with the word, opening phrases that go left out of account."""
        return self.words[at].opens or at == self.resumed

    def before(self, at: int) -> str:
        """The last character before a word, white space aside; a space where only that stands before."""
        start = self.words[at].start
        return self.text[max(0, start - 20) : start].rstrip()[-1:] or " "

    def after(self, at: int) -> str:
        """The character behind a word."""
        return self.text[self.words[at].end : self.words[at].end + 1]

    def in_question(self, at: int) -> bool:
        """Whether a question mark ends the word's sentence, as far as that is near."""
        for index in range(at, min(len(self.words), at + _FURTHEST_NEGATION)):
            if index + 1 == len(self.words) or self.words[index + 1].opens:
                return "?" in self.text[self.words[index].end : self.words[index].end + 3]
        return False

    def denied(self, at: int) -> bool:
        """Whether a negation stands before the word in its sentence: "not very good" is not "not good"."""
        for index in range(at, max(-1, at - _FURTHEST_NEGATION), -1):
            word = self.words[index]
            if word.lower in NEGATIONS or word.lower.endswith("n't"):
                return True
            if word.opens:
                return False
        return False
