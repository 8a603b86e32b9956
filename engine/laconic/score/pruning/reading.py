"""A stretch of text as words, with what pruning needs to know of each."""

from __future__ import annotations

import re
from typing import NamedTuple

from laconic.score.pruning.protected import ProtectedText

__all__ = ["Word", "read_words"]

_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_SENTENCE_END = frozenset(".!?;:\n\r")
_OPENING = " \t\"'“‘(*_>•-–#"


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
