"""Sentence vectors of the words that carry content.

In the embedded table a plain sum of word vectors hardly tells a sentence without its courtesies from one without its
nouns: "I think", "of course" and "please" weigh as much as "committee" and "close". Measured on seven instructions:
pruned ones had cosines of 0.77 to 0.95 with their originals, gutted ones 0.80 to 0.96. With function words left out,
and the words of set phrases at a seventh, pruned ones have 0.99 and more, gutted ones 0.36 to 0.73. Negations count
in full.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from laconic.score.pruning.classes import FUNCTION_WORDS, NEGATIONS
from laconic.score.pruning.phrases import PHRASES
from laconic.score.vectors.static import StaticVectors

__all__ = ["ContentVectors"]

_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_PHRASE_SHARE = 0.15
_PHRASE_WORDS = frozenset(word for phrase in PHRASES for word in phrase.words) - FUNCTION_WORDS - NEGATIONS


class ContentVectors:
    """An embedder (`laconic.score.vectors.embedders.Embedder`) over the embedded word table.

    Sentences that have nothing but function words are embedded by those.
    """

    name = "laconic-content"

    def __init__(self) -> None:
        self._vectors = StaticVectors.shared()

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of sentences: float32 (n, 128), rows of length one; a row of zeros for a text without words."""
        result = np.zeros((len(texts), self._vectors.dimensions), np.float32)
        for row, text in enumerate(texts):
            words = _WORD.findall(text)
            for word in words:
                lower = word.lower()
                if lower not in FUNCTION_WORDS:
                    share = _PHRASE_SHARE if lower in _PHRASE_WORDS else 1.0
                    result[row] += share * self._vectors.word_vector(word)
            if words and not result[row].any():
                result[row] = self._vectors.embed([text])[0]
        lengths = np.sqrt((result * result).sum(axis=1, keepdims=True))
        np.divide(result, lengths, out=result, where=lengths > 0)
        return result
