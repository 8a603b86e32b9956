"""Words and meaning together: any scorer joined with the cosine of question and segment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from laconic.exceptions import ConfigurationError
from laconic.score.lexical import log_softmax
from laconic.score.registry import check_scorer, load_scorer
from laconic.score.vectors.embedders import as_embedder, embed_query
from laconic.types import BoundedScorer, Passage, Scorer, Segment

__all__ = ["HybridScorer"]

_BLOCK = 64  # texts that are embedded between two looks at the clock: half a second with a model on one core


class HybridScorer:
    """A scorer for ``laconic.Compressor`` that adds an embedder's view to another scorer's.

    Of each call the cosines are brought to mean 0 and deviation 1, times ``weight``, and added to the
    log-probabilities of the base; a fixed weight then means the same for embedders whose cosines spread differently.

    Args:
        embedder: whatever :func:`~laconic.score.vectors.embedders.as_embedder` takes; None is the embedded table.
        base: name of a scorer or a scorer; the learned one, which reads the embedded table too, or ``"lexical"``.
        weight: of the cosines, 0 or more; 0 is the base alone. A weak base gains from 1, the learned one from less.

    The cost is that of embedding every segment of the call: 30 µs each with the table, 5 to 20 ms with MiniLM on one
    core.

    Example::

        compressor = laconic.Compressor(scorer=HybridScorer("sentence-transformers/all-MiniLM-L6-v2"))

    Raises:
        ConfigurationError: ``weight`` is negative or no number, or ``embedder`` or ``base`` cannot be used.
        MissingDependencyError: what the embedder needs is not installed.
    """

    name = "hybrid"

    def __init__(self, embedder: Any = None, *, base: str | Scorer = "evidence", weight: float = 0.5) -> None:
        if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not isfinite(weight) or weight < 0:
            raise ConfigurationError(f"weight is {weight!r}: it must be a number of at least 0")
        check_scorer(base)
        self.embedder = as_embedder(embedder)
        self.base = base
        self.weight = float(weight)

    def score(self, query: str | None, passages: Sequence[Passage], segments: Sequence[Segment]) -> NDArray[np.float64]:
        """Log-probabilities over the segments of the call; see `laconic.types.Scorer`.

        Without a question it is the base alone. The base never falls back: damaged weights raise.
        """
        base = load_scorer(self.base, fallback=False).scorer
        scores = base.score(query, passages, segments)
        if not segments or query is None or not query.strip() or self.weight == 0:
            return scores
        texts = [passages[segment.passage].text[segment.start : segment.end] for segment in segments]
        return self._mixed(query, scores, self.embedder.embed(texts))

    def score_within(
        self,
        query: str | None,
        passages: Sequence[Passage],
        segments: Sequence[Segment],
        is_over: Callable[[], bool],
    ) -> NDArray[np.float64] | None:
        """`score`, or None where its time is over before it is done; asked before each block of texts is embedded."""
        base = load_scorer(self.base, fallback=False).scorer
        if isinstance(base, BoundedScorer):
            scores = base.score_within(query, passages, segments, is_over)
        else:
            scores = base.score(query, passages, segments)
        if scores is None or not segments or query is None or not query.strip() or self.weight == 0:
            return scores
        texts = [passages[segment.passage].text[segment.start : segment.end] for segment in segments]
        vectors = []
        for at in range(0, len(texts), _BLOCK):
            if is_over():
                return None
            vectors.append(self.embedder.embed(texts[at : at + _BLOCK]))
        return self._mixed(query, scores, np.concatenate(vectors))

    def _mixed(self, query: str, scores: NDArray[np.float64], vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """The base's scores with the cosines of the segments' vectors."""
        cosines = (vectors @ embed_query(self.embedder, query)).astype(np.float64)
        spread = float(cosines.std())
        if spread == 0:
            return scores
        return log_softmax(scores + self.weight * (cosines - cosines.mean()) / spread)
