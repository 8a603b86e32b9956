"""How much to keep when a share of the evidence is promised instead of a number of tokens.

Segments are kept from the highest score down until the probability mass of those above a segment reaches a threshold. A
question with one clear answer keeps a sentence or two, a broad one keeps half of the text. Which threshold keeps which
share of the evidence is a matter of measurement, on questions like one's own: see `laconic.core.calibration`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from laconic.exceptions import BudgetError, ConfigurationError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["AUTO_RECALL", "Calibration", "covered", "mass_above", "threshold_for", "unlike"]

AUTO_RECALL = 0.9
"""The recall that ``rate="auto"`` asks for."""

# Recall to threshold, for the evidence scorer: the mass that each of the first eight families of training questions
# needs when the weights have not seen the family, averaged over families. The families left out of the second stage
# (training/train_evidence.py --families) need .77 for .8, .90 for .9, .955 for .95 and .987 for .98: nearly the same.
_DEFAULT: tuple[tuple[float, float], ...] = (
    (0.5, 0.459),
    (0.6, 0.576),
    (0.7, 0.703),
    (0.8, 0.816),
    (0.9, 0.915),
    (0.95, 0.96),
    (0.98, 0.985),
    (1.0, 1.0),
)


@dataclass(frozen=True)
class Calibration:
    """A threshold fitted on labelled questions, and how sure it is.

    Attributes:
        recall: the share of the evidence that was asked for, 0–1.
        threshold: probability mass above a segment from which on segments are left out, 0–1; 1 keeps everything.
        n: number of questions that it was fitted on.
        achieved: mean share of the evidence that this threshold keeps on those questions.
        interval: 95 % confidence interval of ``achieved`` for further questions like them (Wilson's, which is a little
            too wide for shares between 0 and 1).
        kept: mean share of the characters that it keeps on those questions.
    """

    recall: float
    threshold: float
    n: int
    achieved: float
    interval: tuple[float, float]
    kept: float

    def __post_init__(self) -> None:
        if not (isfinite(self.threshold) and 0 < self.threshold <= 1):
            raise ConfigurationError(f"threshold is {self.threshold!r}: it must be a mass, 0 < threshold ≤ 1")


def threshold_for(recall: float, calibration: Calibration | None = None) -> float:
    """The threshold that promises a share of the evidence.

    Args:
        recall: share of the evidence to keep on average, 0 < recall ≤ 1; 1 keeps everything.
        calibration: fitted on the caller's own questions; without it the thresholds of the shipped scorer are used,
            which hold for data like those that it was trained on and promise nothing elsewhere.

    Raises:
        BudgetError: ``recall`` is outside its range, or not the one that ``calibration`` was fitted for.
    """
    if isinstance(recall, bool) or not isinstance(recall, (int, float)) or not 0 < recall <= 1:
        raise BudgetError(f"recall is {recall!r}: it must be a share of the evidence, 0 < recall ≤ 1")
    if calibration is not None:
        if abs(calibration.recall - recall) > 1e-9:
            raise BudgetError(
                f"recall is {recall}, but the calibration was fitted for {calibration.recall}: "
                f"ask for that, or run laconic.calibrate(rows, recall={recall})"
            )
        return calibration.threshold
    return _interpolated(_DEFAULT, float(recall))


def _interpolated(points: Sequence[tuple[float, float]], recall: float) -> float:
    at = bisect_left(points, (recall, 0.0))
    if at == 0:
        return points[0][1] * recall / points[0][0]
    (low, below), (high, above) = points[at - 1], points[at]
    return below + (above - below) * (recall - low) / (high - low)


def mass_above(scores: NDArray[np.float64], duplicates: Mapping[int, int] | None = None) -> NDArray[np.float64]:
    """For each segment the probability mass of all segments that score higher, 0 for the best.

    Args:
        scores: log-probabilities, (n,). Equal scores are ranked by position.
        duplicates: each repetition to the segment that stands for it. The two count once, by the better score.
    """
    import numpy as np

    duplicates = duplicates or {}
    if duplicates:
        scores = scores.copy()
        for at, original in duplicates.items():
            scores[original] = max(scores[original], scores[at])
        scores[list(duplicates)] = -np.inf
    order = np.argsort(-scores, kind="stable")
    share = np.exp(scores[order] - scores[order[0]]) if len(order) else np.zeros(0)
    share /= max(1e-300, float(share.sum()))
    above = np.empty(len(scores))
    above[order] = np.concatenate([[0.0], np.cumsum(share)[:-1]])[: len(order)]
    for at, original in duplicates.items():
        above[at] = above[original]
    return above


def covered(
    scores: NDArray[np.float64], threshold: float, duplicates: Mapping[int, int] | None = None
) -> NDArray[np.bool_]:
    """Which segments are wanted: the fewest, best first, whose mass reaches ``threshold``.

    Args:
        scores: log-probabilities, (n,).
        threshold: 0 < threshold ≤ 1; 1 wants every segment.
        duplicates: see `mass_above`.

    Returns:
        (n,) the best segment is always among them; a higher threshold never wants fewer.
    """
    import numpy as np

    if threshold >= 1:
        return np.ones(len(scores), np.bool_)
    wanted: NDArray[np.bool_] = mass_above(scores, duplicates) < threshold
    return wanted


_FITTED_KINDS = frozenset(("prose", "markdown", "lines", "html", "blocks", "table", "transcript", "json", "code"))
"""The kinds of text of the calibration data, and those that differ from these in marks alone."""

_LONGEST = 700
"""Segments of the longest of its calls."""


def unlike(kinds: Iterable[str], segments: int, *, met: bool) -> str | None:
    """Why a call is unlike those that the shipped thresholds were fitted on, None where it is not.

    That no segment stands out is no such reason: where the probability was spread over more than three fifths of the
    segments, left-out families reached .90 of their evidence, against .94 elsewhere.

    Args:
        kinds: of its passages, by the names of `laconic.kinds`.
        segments: how many there are.
        met: whether any word of the question stands in the passages.
    """
    if not met:
        return "no word of the question stands in the passages: the share of the evidence that is kept may be lower"
    if strange := sorted(set(kinds) - _FITTED_KINDS):
        return f"coverage was fitted on no {' or '.join(strange)}: calibrate on questions of your own"
    if segments > _LONGEST:
        return f"coverage was fitted on calls of up to {_LONGEST} segments, not {segments}"
    return None
