"""Text to words, and words to the pieces of a WordPiece vocabulary.

The pieces are those of BERT's uncased tokenizer (greedy, longest match first, ``##`` marks a continuation)
with three departures that retrieval asks for: identifiers are split (``getUserName``, ``user_name``), runs
of Chinese and Japanese become overlapping pairs of characters, and a word that the vocabulary can only
spell letter by letter counts as not spelled at all, since such a spelling carries no meaning.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

from laconic._utils.unicode import compiled_late

__all__ = ["MAX_WORD_CHARS", "is_logographic", "normalize", "pieces", "split_words"]

MAX_WORD_CHARS = 64
"""Longer words (digests, base64) are never spelled: their pieces would be noise."""

_WORD = re.compile(r"[^\W_]+")
_CJK = compiled_late("[\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
_HANGUL = compiled_late("[\u1100-\u11ff\uac00-\ud7af]")
_CAMEL = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\x00-\x7f]+")
# These two marks tell か from が; all other nonspacing marks are accents to us.
_KANA_VOICING = "\u3099\u309a"


class _WithoutAccents(dict[int, int | None]):
    """A table for ``str.translate`` that deletes accents; filled as characters turn up."""

    def __missing__(self, code: int) -> int | None:
        char = chr(code)
        accent = unicodedata.category(char) == "Mn" and char not in _KANA_VOICING
        self[code] = None if accent else code
        return self[code]


_WITHOUT_ACCENTS = _WithoutAccents()


def normalize(text: str) -> str:
    """``text`` in compatibility form and without accents; case is kept, because camel case still needs it."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKD", text).translate(_WITHOUT_ACCENTS))


def is_logographic(word: str) -> bool:
    """Whether single characters of ``word`` carry meaning (Chinese, Japanese, Korean)."""
    return not word.isascii() and (_CJK().search(word) or _HANGUL().search(word)) is not None


def split_words(text: str) -> list[str]:
    """Maximal runs of letters and digits of ``text``, normalised, case kept.

    Underscores separate; Chinese and Japanese runs come as overlapping pairs of characters (one character
    alone when the run has one). Linear in the length of the text.
    """
    text = normalize(text)
    words = _WORD.findall(text)
    if text.isascii() or not _CJK().search(text):
        return words
    return [part for word in words for part in _cut_cjk(word)]


def _cut_cjk(word: str) -> Iterator[str]:
    at = 0
    for run in _CJK().finditer(word):
        if run.start() > at:
            yield word[at : run.start()]
        chars = run.group()
        if len(chars) == 1:
            yield chars
        for i in range(len(chars) - 1):
            yield chars[i : i + 2]
        at = run.end()
    if at < len(word):
        yield word[at:]


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
