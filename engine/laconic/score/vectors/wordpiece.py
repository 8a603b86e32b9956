"""Text to words, and words to the pieces of a WordPiece vocabulary.

The pieces are those of BERT's uncased tokenizer (greedy, longest match first, ``##`` marks a continuation)
with three departures that retrieval asks for: identifiers are split (``getUserName``, ``user_name``), runs
of Chinese and Japanese become overlapping pairs of characters, and a word that the vocabulary can only
spell letter by letter counts as not spelled at all, since such a spelling carries no meaning.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from laconic._utils.words import find_words, is_unspaced, unspaced_parts

__all__ = ["MAX_WORD_CHARS", "normalize", "pieces", "split_words"]

MAX_WORD_CHARS = 64
"""Longer words (digests, base64) are never spelled: their pieces would be noise."""

_CAMEL = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\x00-\x7f]+")
# Canonical classes of the marks that are accents to us: vowel points of Hebrew and Arabic, and what stands above and
# below letters of Latin, Greek and Cyrillic. Those of Indic vowels (0 to 9), kana (8) and Thai (103, 107) spell words.
_POINTS, _ABOVE_AND_BELOW = range(10, 37), range(200, 241)


class _WithoutAccents(dict[int, int | None]):
    """A table for ``str.translate`` that deletes accents; filled as characters turn up."""

    def __missing__(self, code: int) -> int | None:
        char = chr(code)
        mark_class = unicodedata.combining(char)
        accent = mark_class in _POINTS or mark_class in _ABOVE_AND_BELOW
        self[code] = None if accent else code
        return self[code]


_WITHOUT_ACCENTS = _WithoutAccents()


def normalize(text: str) -> str:
    """``text`` in compatibility form and without accents; case is kept, because camel case still needs it."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKD", text).translate(_WITHOUT_ACCENTS))


def split_words(text: str) -> list[str]:
    """Maximal runs of letters and digits of ``text``, normalised, case kept.

    Underscores separate; runs of scripts that are written without blanks come as overlapping pairs of characters (one
    character alone when the run has one). Linear in the length of the text.
    """
    words = find_words(normalize(text))
    if text.isascii() or not is_unspaced(text):
        return words
    return [part for word in words for part in (unspaced_parts(word) if is_unspaced(word) else (word,))]


def pieces(word: str, vocabulary: Mapping[str, int]) -> list[int] | None:
    """Rows of the pieces that spell one word of :func:`split_words`; None when there is no spelling.

    The lower-case word is tried whole first, so that ``iPhone`` stays one word where the vocabulary knows
    it; then its camel-case parts are spelled one after the other.
    """
    if len(word) > MAX_WORD_CHARS:
        return None
    lower = word.lower()
    row = vocabulary.get(lower)
    if row is not None:
        return [row]
    parts = [lower] if lower == word or word.isupper() else [part.lower() for part in _CAMEL.findall(word)]
    if len(parts) > 1:
        # A part of one letter (the i of iFoo) says nothing.
        parts = [part for part in parts if len(part) > 1] or parts
    spelled: list[int] = []
    for part in parts:
        rows = _spell(part, vocabulary)
        if rows is None:
            return None
        spelled += rows
    return spelled


def _spell(word: str, vocabulary: Mapping[str, int]) -> list[int] | None:
    """Greedy longest-match WordPiece; None when a character is unknown or all pieces have one character."""
    rows: list[int] = []
    start, length = 0, len(word)
    while start < length:
        prefix = "##" if start else ""
        for end in range(length, start, -1):
            row = vocabulary.get(prefix + word[start:end])
            if row is not None:
                rows.append(row)
                start = end
                break
        else:
            return None
    return None if length > 1 and len(rows) == length else rows
