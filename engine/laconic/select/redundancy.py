"""Segments that say what a kept one already says, in nearly the same words.

Retrievers return the same news twice: two pages quote one source, two chunks restate one fact. The second copy is worth
little, and how little is judged as in maximal marginal relevance (Carbonell and Goldstein 1998), with overlap of words
for similarity and a threshold for the trade: below it nothing changes, above it the segment waits for left-over budget.
A number or an identifier that the kept one does not have makes it another fact.

Members of records are alike by form, so overlap tells nothing of them; but a key with the same name, number or
identifier as a kept one (``"destination": "JFK"`` in each of ten flights) tells nothing new either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import islice
from typing import cast

from laconic._utils.unicode import compiled_late
from laconic._utils.words import MARKS, is_unspaced, unspaced_parts

__all__ = ["OVERLAP", "Redundancy"]

OVERLAP = 0.8
"""Share of a segment's distinct words that another must hold to make it a repetition."""

_MIN_WORDS = 6  # "Yes, I do." says nothing twice
_MOST_COMPARED = 64  # kept ones with a word that is rare among them, the last of them: what is alike comes together
_WORD = re.compile(r"\w+")
_MARKED_WORD = compiled_late(rf"\w+(?:[{MARKS}]+\w*)*")
_BLANKED = "".join(chr(c) if chr(c).isalnum() or chr(c) == "_" else " " for c in range(128))
_SPECIFIC = re.compile(r"\d")
_NAMING = re.compile(r"[\dA-Z]")


def _newest(kept: Collection[int], count: int) -> list[int]:
    """The last ``count``, in order; read from the end, as to skip the others would look at each of them."""
    return [*islice(reversed(cast("Sequence[int]", kept)), count)][::-1]


class Redundancy:
    """Compares the segments of one call; words are read when a segment is first asked about.

    Most segments hold too many words, or a number, that no kept one has. A segment of n words is held by another only
    if one of any ``n - OVERLAP * n + 1`` of them is, so of the others only those kept ones are compared that share one
    of the words that are rarest among the kept, or the rarest number; of many the last 64.

    Args:
        text_of: index of a segment to its text.
    """

    def __init__(self, text_of: Callable[[int], str]) -> None:
        self._text_of = text_of
        self._words: dict[int, frozenset[str]] = {}
        self._any_kept: set[str] = set()
        self._met = 0  # how many of the kept ones have their words there
        self._kept_with: dict[str, list[int]] = {}
        self._indexed = 0  # how many of them are in the index
        self._members: set[str] = set()
        self._read = 0  # how many of them are in the set

    def repeats(self, at: int, kept: Collection[int]) -> bool:
        """Whether one of ``kept`` holds nearly all words, and all numbers and identifiers, of segment ``at``.

        Args:
            at: index of a segment.
            kept: indexes of the kept ones, new ones last, a list or a dict; from call to call it only grows.
        """
        words = self._words_of(at)
        if len(words) < _MIN_WORDS:
            return False
        if self._met < len(kept):
            self._any_kept.update(*map(self._words_of, _newest(kept, len(kept) - self._met)))
            self._met = len(kept)
        enough = OVERLAP * len(words)
        if len(words & self._any_kept) < enough:
            return False
        specific = {word for word in words if _SPECIFIC.search(word)}
        if not specific <= self._any_kept:
            return False
        if self._indexed < len(kept):
            self._index(_newest(kept, len(kept) - self._indexed))
            self._indexed = len(kept)
        kept_with = self._kept_with
        rarest = sorted(words, key=lambda word: (len(kept_with.get(word, ())), word))
        sought = next(([word] for word in rarest if word in specific), rarest[: int(len(words) - enough) + 1])
        candidates = {other for word in sought for other in kept_with.get(word, ())[-_MOST_COMPARED:]}
        for other in candidates:
            others = self._words_of(other)
            if specific <= others and len(words & others) >= enough:
                return True
        return False

    def repeats_member(self, at: int, kept: Collection[int]) -> bool:
        """Whether one of ``kept`` has the same key with the same name, number or identifier as member ``at``.

        Plain values (``"status": "open"``) are left alone: each says something about a record of its own.

        Args:
            at: index of a segment.
            kept: see `repeats`.
        """
        if self._read < len(kept):
            self._members.update(map(self._member_of, _newest(kept, len(kept) - self._read)))
            self._read = len(kept)
        member = self._member_of(at)
        return bool(member) and member in self._members

    def _member_of(self, at: int) -> str:
        """The words of a member that names something, else ``""``."""
        text = self._text_of(at)
        if _NAMING.search(text) is None:
            return ""
        return " ".join(text.translate(_BLANKED).split() if text.isascii() else _words(text))

    def _index(self, kept: Iterable[int]) -> None:
        kept_with = self._kept_with
        for at in kept:
            for word in self._words_of(at):
                if word in kept_with:
                    kept_with[word].append(at)
                else:
                    kept_with[word] = [at]

    def _words_of(self, at: int) -> frozenset[str]:
        words = self._words.get(at)
        if words is None:
            text = self._text_of(at).lower()
            # In ASCII the same words, found in half the time.
            found = text.translate(_BLANKED).split() if text.isascii() else _words(text)
            words = self._words[at] = frozenset(found)
        return words


def _words(text: str) -> list[str]:
    """The words of a text, of scripts without blanks pairs of characters."""
    if text.isascii():
        return _WORD.findall(text)
    words = _MARKED_WORD().findall(text)
    if not is_unspaced(text):
        return words
    return [part for word in words for part in (unspaced_parts(word) if is_unspaced(word) else (word,))]
