"""Lexical scores: BM25 of the question over all segments of the call, with title, heading, neighbours and passage.

Index-free: with one question per call only its own terms need statistics, so one pass over the words is all.
BM25 after Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009), k1 = 1.2, b = 0.75, and `idf`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from laconic.score.words import query_terms, stems
from laconic.types import Passage, Segment

__all__ = ["LexicalScorer", "idf", "log_softmax"]

_K1, _B = 1.2, 0.75

# Shares of the parts of a score. BM25 ranks, coverage keeps long questions together, the passage's own evidence
# carries a sentence whose subject is named elsewhere in it, a neighbour's evidence one that says "it".
_BM25, _COVERAGE, _PASSAGE, _NEIGHBOUR = 1.0, 1.3, 1.0, 0.2

# Turns the sum of the parts (0 to about 3.5) into log-odds between segments.
_SHARPNESS = 4.0

_BLOCK = 200  # segments that are read between two looks at the clock: a few milliseconds


class LexicalScorer:
    """Scores by the question's words; no model, no table. Linear in the text, about 10 MB/s."""

    name = "lexical"

    def score(self, query: str | None, passages: Sequence[Passage], segments: Sequence[Segment]) -> NDArray[np.float64]:
        """Log-probabilities over the segments of the call; see `laconic.types.Scorer`.

        A query without any word scores all segments alike.
        """
        scores = self.score_within(query, passages, segments, lambda: False)
        assert scores is not None  # noqa: S101 - it has all the time
        return scores

    def score_within(
        self,
        query: str | None,
        passages: Sequence[Passage],
        segments: Sequence[Segment],
        is_over: Callable[[], bool],
    ) -> NDArray[np.float64] | None:
        """`score`, or None where its time is over before it is done; see `laconic.types.BoundedScorer`."""
        if not segments:
            return np.zeros(0)
        terms = query_terms(query or "")
        if not terms:
            return log_softmax(np.zeros(len(segments)))
        column = {term: at for at, term in enumerate(terms)}
        frequency = np.zeros((len(segments), len(terms)))
        length = np.zeros(len(segments))
        for row, segment in enumerate(segments):
            if not row % _BLOCK and is_over():
                return None
            words = stems(passages[segment.passage].text[segment.start : segment.end])
            length[row] = len(words)
            for word in words:
                if word in column:
                    frequency[row, column[word]] += 1
        owner = np.fromiter((segment.passage for segment in segments), np.intp, len(segments))
        titles = [stems(passage.title) if passage.title else [] for passage in passages]
        title_hits = np.zeros((len(passages), len(terms)))
        for row, words in enumerate(titles):
            for word in set(words).intersection(column):
                title_hits[row, column[word]] = 1.0
        context = np.maximum(title_hits[owner], _heading_hits(segments, frequency))

        present = frequency > 0
        rarity = idf(present.sum(axis=0), len(segments))
        tf = frequency + context
        title_length = np.fromiter(map(len, titles), float, len(titles))[owner]
        total = length + title_length
        saturation = _K1 * (1 - _B + _B * total / max(1.0, total.mean()))
        bm25 = (rarity * tf * (_K1 + 1) / (tf + saturation[:, None])).sum(axis=1)
        coverage = (rarity * np.maximum(present, context)).sum(axis=1) / max(1e-9, rarity.sum())

        passage_hits = title_hits.copy()
        np.maximum.at(passage_hits, owner, present.astype(float))
        passage_idf = rarity + idf((passage_hits > 0).sum(axis=0), len(passages))
        evidence = (passage_idf * passage_hits).sum(axis=1)
        evidence /= max(1e-9, evidence.max())

        score = _BM25 * bm25 / max(1e-9, bm25.max()) + _COVERAGE * coverage + _PASSAGE * evidence[owner]
        return log_softmax(_SHARPNESS * (score + _NEIGHBOUR * _neighbours(coverage, owner)))


def idf(df: NDArray[Any], n: int) -> NDArray[Any]:
    """Inverse document frequency that is never negative: ``log(1 + (n - df + 0.5) / (df + 0.5))``."""
    return np.log1p((n - df + 0.5) / (df + 0.5))


def _heading_hits(segments: Sequence[Segment], frequency: NDArray[np.float64]) -> NDArray[np.float64]:
    """Which terms stand in the heading, table header or lead-in that a segment lives under."""
    hits = np.zeros_like(frequency)
    heading: int | None = None
    for row, segment in enumerate(segments):
        if heading is not None and segments[heading].passage != segment.passage:
            heading = None
        for needed in segment.requires:
            hits[row] = np.maximum(hits[row], frequency[needed] > 0)
        if segment.kind == "heading":
            heading = row
        elif heading is not None:
            hits[row] = np.maximum(hits[row], frequency[heading] > 0)
    return hits


def _neighbours(score: NDArray[np.float64], owner: NDArray[np.intp]) -> NDArray[np.float64]:
    """The better of the two neighbours' scores, within the passage."""
    best = np.zeros_like(score)
    same = owner[1:] == owner[:-1]
    best[1:] = np.where(same, score[:-1], 0.0)
    best[:-1] = np.maximum(best[:-1], np.where(same, score[1:], 0.0))
    return best


def log_softmax(score: NDArray[np.float64]) -> NDArray[np.float64]:
    """``score`` shifted so that ``exp`` of it sums to 1."""
    top = score.max()
    shifted: NDArray[np.float64] = score - (top + log(np.exp(score - top).sum()))
    return shifted
