"""The evidence scorer: the question and the segments of one call to log-probabilities."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from laconic._utils.lazy import once
from laconic._utils.remembered import Owners
from laconic.exceptions import ConfigurationError
from laconic.score.evidence.features import FEATURE_NAMES, Features, compute_features
from laconic.score.evidence.lexicon import WordVectors
from laconic.score.evidence.lexicons import Lexicons
from laconic.score.evidence.net import Model
from laconic.score.evidence.reading import OverError, read_call, stop_if
from laconic.score.evidence.weights import load_weights
from laconic.score.vectors.aligned import AlignedVectors
from laconic.score.vectors.static import StaticVectors
from laconic.types import Contribution, Passage, Segment

__all__ = ["Contribution", "EvidenceScorer", "Explanation"]


@dataclass(frozen=True)
class Explanation:
    """Why a segment scored as it did.

    Attributes:
        score: the log-probability that `EvidenceScorer.score` gives.
        probability: ``exp(score)``: its share of the call's evidence.
        contributions: the features that moved it most, strongest first. They explain the linear part; the rest of the
            score comes from nets, which have no such reading.
    """

    score: float
    probability: float
    contributions: tuple[Contribution, ...]


_MADE = Owners(f"{__name__}.words")


class EvidenceScorer:
    """Scores by a trained model how much of what the question needs stands in each segment.

    No download, no GPU: about 90 features in numpy, then a linear model and small nets, a few milliseconds for a
    hundred segments; linear in the text. Works best on what it was trained on (see ``docs/model-card.md``): questions
    in English over prose, tables, dialogue, code and JSON. In other languages it compares words, not meanings; where
    the question is in another language than the passages, names by their sound, and meanings by the words of
    ``laconic-aligned`` where that is installed (see ``docs/languages.md``).

    One instance may serve several threads; calls share nothing but a bounded memo of words. Instances can be pickled.

    Args:
        weights: a file written by ``training/train_evidence.py``; the shipped one when None.
        aligned: a file written by ``training/build_aligned.py``; that of the installed ``laconic-aligned`` when None.

    Raises:
        WeightsError: the weights, the word table or the file of ``aligned`` cannot be used.
    """

    name = "evidence"

    def __init__(
        self, weights: str | PathLike[str] | None = None, *, aligned: str | PathLike[str] | None = None
    ) -> None:
        self._paths = weights, aligned
        self._model = Model(load_weights(weights))
        self._vectors: WordVectors = StaticVectors.shared()
        self._aligned = None if aligned is None else AlignedVectors.from_file(aligned)
        self._lexicons = Lexicons(self._vectors, self._aligned)
        _MADE.add(self)

    @property
    def remembered(self) -> int:
        """How many words the memo has."""
        return len(self._lexicons)

    def forget(self) -> None:
        """Drop the memo of words; calls that still read with it keep it."""
        self._lexicons = Lexicons(self._vectors, self._aligned)

    @staticmethod
    @once
    def shared() -> EvidenceScorer:
        """The scorer with the shipped weights, made once per process.

        Raises:
            WeightsError: the shipped files are damaged.
        """
        return EvidenceScorer()

    def __reduce__(self) -> tuple[Any, ...]:
        weights, aligned = self._paths
        return partial(type(self), aligned=aligned), (weights,)

    def score(self, query: str | None, passages: Sequence[Passage], segments: Sequence[Segment]) -> NDArray[np.float64]:
        """Log-probabilities of the segments: ``exp`` of them sums to 1 over the call.

        Args:
            query: the question; None or one without words still scores, by what the passages look like.
            passages: of the call.
            segments: of the passages, in their order.

        Returns:
            (n,) finite numbers, none above 0; empty for no segments.
        """
        if not segments:
            return np.zeros(0)
        return self._scored(query, passages, segments)[0]

    def score_within(
        self,
        query: str | None,
        passages: Sequence[Passage],
        segments: Sequence[Segment],
        is_over: Callable[[], bool],
    ) -> NDArray[np.float64] | None:
        """`score`, or None where its time is over before it is done; see `laconic.types.BoundedScorer`.

        Asked before each of its three parts (words, features, nets), the first in blocks.
        """
        if not segments:
            return np.zeros(0)
        try:
            return self._scored(query, passages, segments, is_over)[0]
        except OverError:
            return None

    def explain(
        self, query: str | None, passages: Sequence[Passage], segments: Sequence[Segment], top: int = 5
    ) -> list[Explanation]:
        """One `Explanation` for each segment, of the same scores that `score` gives; about as fast.

        Arguments as of `score`, and ``top``: how many features to name for each segment, 0 or more.

        Raises:
            ConfigurationError: ``top`` is negative.
        """
        if top < 0:
            raise ConfigurationError(f"top={top}: name 0 or more features")
        if not segments:
            return []
        scores, features = self._scored(query, passages, segments)
        points = self._model.standardize(features.table) * self._model.linear
        points -= points.mean(axis=0)
        order = np.argsort(-np.abs(points), axis=1, kind="stable")[:, :top]
        return [
            Explanation(
                score=float(scores[at]),
                probability=math.exp(scores[at]),
                contributions=tuple(
                    Contribution(FEATURE_NAMES[column], float(features.table[at, column]), float(points[at, column]))
                    for column in order[at]
                ),
            )
            for at in range(len(segments))
        ]

    def _scored(
        self,
        query: str | None,
        passages: Sequence[Passage],
        segments: Sequence[Segment],
        is_over: Callable[[], bool] | None = None,
    ) -> tuple[NDArray[np.float64], Features]:
        lexicon = self._lexicons.of(passages, query or "")
        # Vectorized kernels of BLAS may raise flags for padding that they compute on and throw away.
        with np.errstate(all="ignore"):
            reading = read_call(lexicon, query or "", passages, segments, is_over)
            stop_if(is_over)
            features = compute_features(reading)
            stop_if(is_over)
            scores = self._model(features.table, features.links, reading.owner, reading.first)
        if not np.isfinite(scores).all():
            # Features and weights are finite; should arithmetic overflow after all, no segment is preferred.
            scores = np.full(len(segments), -math.log(len(segments)))
        return scores, features
