"""The words that a file and a question are compared by: stems, as the ranking of code makes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from laconic.score.code.identifiers import count_terms, identifiers
from laconic.score.words import stems

__all__ = ["query_words", "text_words", "words_of"]


def words_of(counted: Mapping[str, int]) -> dict[str, int]:
    """Stems with their counts, of counted identifiers: of each part, and of a compound one the whole.

    Of Chinese and Japanese, which have no words to split at, the pairs of neighbouring characters as well.
    """
    terms = count_terms(counted)[0]
    for name, count in counted.items():
        if not name.isascii():
            for stem in stems(name):
                if not stem.isascii() and stem not in terms:
                    terms[stem] = count
    return terms


def text_words(text: str) -> dict[str, int]:
    """`words_of` the identifiers of a text."""
    return words_of(Counter(identifiers(text)))


def query_words(query: str) -> list[str]:
    """The words by which a question is looked up, each once, in order."""
    return list(text_words(query))
