"""Importance without a question: how central a segment is to what was retrieved, and whether it opens its passage.

Centrality after the centroid method (Radev et al., "Centroid-based summarization of multiple documents", 2004): the
cosine of a segment's tf-idf words with the sum of all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from laconic.score.lexical import log_softmax
from laconic.score.words import STOP_WORDS, stem, stems
from laconic.types import Passage, Segment

__all__ = ["ImportanceScorer"]

# The first sentence of a passage says what it is about; a heading says it shortest.
_LEAD, _HEADING = 0.3, 0.15
_SHARPNESS = 4.0
_STOP_STEMS = frozenset(map(stem, STOP_WORDS))


class ImportanceScorer:
    """Scores by centrality and place; never looks at a query. Linear in the text."""

    name = "importance"

    def score(self, query: str | None, passages: Sequence[Passage], segments: Sequence[Segment]) -> NDArray[np.float64]:
        """Log-probabilities over the segments of the call; see `laconic.types.Scorer`."""
        if not segments:
            return np.zeros(0)
        bags = [
            Counter(w for w in stems(passages[s.passage].text[s.start : s.end]) if w not in _STOP_STEMS)
            for s in segments
        ]
        column: dict[str, int] = {}
        for bag in bags:
            for word in bag:
                column.setdefault(word, len(column))
        rows = np.repeat(np.arange(len(bags)), [len(bag) for bag in bags])
        columns = np.fromiter((column[word] for bag in bags for word in bag), np.intp, len(rows))
        counts = np.fromiter((n for bag in bags for n in bag.values()), float, len(rows))
        idf = np.log1p(len(bags) / np.maximum(1, np.bincount(columns, minlength=len(column))))
        weight = (1 + np.log(np.maximum(1, counts))) * idf[columns]
        centroid = np.bincount(columns, weight, minlength=len(column))
        norm = np.sqrt(np.bincount(rows, weight**2, minlength=len(bags)))
        dot = np.bincount(rows, weight * centroid[columns], minlength=len(bags))
        central = dot / np.maximum(1e-9, norm * np.linalg.norm(centroid))
        place = np.zeros(len(segments))
        for row, segment in enumerate(segments):
            if row == 0 or segments[row - 1].passage != segment.passage:
                place[row] += _LEAD
            if segment.kind == "heading":
                place[row] += _HEADING
        return log_softmax(_SHARPNESS * (central + place))
