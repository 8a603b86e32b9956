"""What several feature groups build on: term weights, coverage of the question, a first score without training."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from laconic.score.evidence.arrays import Bools, Floats
from laconic.score.evidence.lexicon import Bit
from laconic.score.evidence.reading import Reading
from laconic.score.lexical import idf

__all__ = ["Signals", "bm25", "relative"]

_K1, _B = 1.2, 0.75


def bm25(frequency: Floats, lengths: Floats, weights: Floats) -> Floats:
    """BM25 (Robertson and Zaragoza 2009; k1 = 1.2, b = 0.75) of T terms in n texts: (T, n), (n,), (T,) to (n,)."""
    saturation = _K1 * (1 - _B + _B * lengths / lengths.mean())
    scores: Floats = weights @ (frequency * (_K1 + 1) / (frequency + saturation))
    return scores


def relative(values: Floats) -> Floats:
    """``values`` as shares of their highest; zeros stay zeros."""
    return values / max(1e-6, float(values.max(initial=0.0)))


@dataclass(frozen=True, eq=False)
class Signals:
    """Quantities derived from a `Reading`, each computed when first asked for.

    Coverage is a share of the question: each term counts by how rare it is, and by how well the best segment of the
    call matches it at all, so that words that no passage takes up (*please tell me*) weigh nothing.
    """

    reading: Reading

    @cached_property
    def present(self) -> Floats:
        """(T, n) 1 where the segment holds the term."""
        return (self.reading.exact > 0).astype(np.float32)

    @cached_property
    def exact_in_title(self) -> Floats:
        """(T, n) exact matches of the passage's title."""
        return self.reading.title_exact[:, self.reading.owner]

    @cached_property
    def present_titled(self) -> Floats:
        """(T, n) 1 where the segment or its passage's title holds the term."""
        return np.maximum(self.present, self.exact_in_title)

    @cached_property
    def similar_titled(self) -> Floats:
        """(T, n) best cosine in the segment or its passage's title."""
        return np.maximum(self.reading.similar, self.reading.title_similar[:, self.reading.owner])

    @cached_property
    def idf(self) -> Floats:
        """(T,) idf over segments, 0 for stop words."""
        return idf(self.present.sum(axis=1), self.reading.segments) * ~self.reading.is_stop

    @cached_property
    def attainable(self) -> Floats:
        """(T,) the best match of each term anywhere in the call, 0–1."""
        best: Floats = self.similar_titled.max(axis=1)
        return best

    @cached_property
    def weights(self) -> Floats:
        """(T,) shares of the question by rarity in this call; sum 1, or all 0 when nothing matches."""
        raw = self.idf * self.attainable
        return raw / max(1e-6, float(raw.sum()))

    @cached_property
    def rarity_weights(self) -> Floats:
        """(T,) shares of the question by rarity in the language."""
        r = self.reading
        raw = r.columns.rarity[r.terms] * ~r.is_stop * self.attainable
        return raw / max(1e-6, float(raw.sum()))

    @cached_property
    def bm25(self) -> Floats:
        """(n,) BM25 with the title's words counted in, raw."""
        r = self.reading
        weights = idf(self.present.sum(axis=1), r.segments)
        return bm25(r.exact + self.exact_in_title, r.lengths + r.title_words[r.owner], weights)

    @cached_property
    def covered_titled(self) -> Floats:
        """(n,) share of the question that the segment or its title holds."""
        return self.weights @ self.present_titled

    @cached_property
    def soft_titled(self) -> Floats:
        """(n,) the same with similar words counted by their cosine."""
        return self.weights @ self.similar_titled

    @cached_property
    def soft_rarity_titled(self) -> Floats:
        """(n,) as `soft_titled`, weighted by rarity in the language."""
        return self.rarity_weights @ self.similar_titled

    @cached_property
    def first_score(self) -> Floats:
        """(n,) relevance without training, relative to the best of the call: BM25, soft coverage, coverage."""
        return relative(relative(self.bm25) + self.soft_rarity_titled + 0.3 * self.covered_titled)

    @cached_property
    def passage_best(self) -> Floats:
        """(P,) the best first score in each passage."""
        return self.reading.best_of_passage(self.first_score)

    @cached_property
    def passage_exact(self) -> Floats:
        """(T, P) how often each term's stem occurs in the passage and its title."""
        r = self.reading
        return np.add.reduceat(r.exact, r.first, axis=1) + r.title_exact

    @cached_property
    def passage_idf(self) -> Floats:
        """(T,) idf over passages, 0 for stop words."""
        return idf((self.passage_exact > 0).sum(axis=1), self.reading.passages) * ~self.reading.is_stop

    def share_of_passage(self, matches: NDArray[Any]) -> Floats:
        """(P,) share of the question that (T, P) matches make up, by rarity among the passages and the segments."""
        weights = (self.passage_idf + self.idf) * self.attainable
        share: Floats = weights @ matches / max(1e-6, float(weights.sum()))
        return share

    @cached_property
    def passage_soft(self) -> Floats:
        """(P,) share of the question that the passage or its title holds, similar words by their cosine."""
        r = self.reading
        return self.share_of_passage(np.maximum(np.maximum.reduceat(r.similar, r.first, axis=1), r.title_similar))

    @cached_property
    def weight_of_word(self) -> Floats:
        """(W,) how rare each word is among the segments; 0 for stop words and punctuation."""
        r = self.reading
        counts = np.bincount(r.place, minlength=len(r.distinct))
        content = (r.columns.bits[r.distinct] & (Bit.STOP | Bit.MARK)) == 0
        weight: Floats = (np.log1p(r.segments / np.maximum(1, counts)) * content).astype(np.float32)
        return weight[r.place]

    @cached_property
    def matches(self) -> Bools:
        """(W,) words whose stem is a query term's."""
        return self.reading.word_matches[self.reading.place]

    @cached_property
    def bits(self) -> NDArray[np.uint16]:
        """(W,) properties of each word."""
        return self.reading.columns.bits[self.reading.words]

    @cached_property
    def is_new(self) -> Bools:
        """(W,) content words that the question does not have: where an answer would be."""
        new: Bools = ((self.bits & (Bit.STOP | Bit.SEPARATOR)) == 0) & ~self.matches
        return new

    @cached_property
    def new_words(self) -> Floats:
        """(n,) number of content words that the question does not have."""
        return self.reading.sums(self.is_new.astype(np.float32))
