"""A stretch of text as words, with what pruning needs to know of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from laconic.kinds.prose.language import guess_language
from laconic.score.pruning.protected import ProtectedText
from laconic.score.pruning.statistics import WordStatistics

__all__ = ["Word", "is_english", "read_words"]

_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_SENTENCE_END = frozenset(".!?;:\n\r")
_OPENING = " \t\"'“‘(*_>•-–#"
_KNOWN_SHARE, _SAMPLE_WORDS = 0.6, 80


class Word(NamedTuple):
    """One word.

    Attributes:
        start, end: character span.
        lower: in lower case, with straight apostrophes.
        capital: whether it begins with a capital letter.
        protected: whether a protected region touches it.
        opens: whether a sentence, a line, or a clause behind a colon or semicolon begins with it.
    """

    start: int
    end: int
    lower: str
    capital: bool
    protected: bool
    opens: bool


def read_words(text: str, start: int, end: int, scanned: ProtectedText, shift: int) -> list[Word]:
    """The words of ``text[start:end]``; ``scanned`` has its regions ``shift`` characters further left."""
    words: list[Word] = []
    last_end = start
    for match in _WORD.finditer(text, start, end):
        first, last = match.span()
        word = match.group()
        gap = text[last_end:first].strip(_OPENING)
        opens = not words or (bool(gap) and gap[-1] in _SENTENCE_END)
        words.append(
            Word(
                first,
                last,
                word.lower().replace("’", "'"),
                word[0].isupper(),
                scanned.overlaps(first - shift, last - shift),
                opens,
            )
        )
        last_end = last
    return words


def is_english(text: str, start: int, end: int, words: Sequence[Word], known: WordStatistics) -> bool:
    """Whether the stretch is English: by its function words, and by how many of its words the statistics know."""
    if guess_language(text[start:end]) != "en":
        return False
    sample = [word.lower for word in words[:_SAMPLE_WORDS] if not word.protected and not word.capital]
    share = sum(known.knows(word.split("'")[0]) for word in sample)
    return share >= _KNOWN_SHARE * len(sample)
