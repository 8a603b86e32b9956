"""Steps that adjust a scorer's opinion; see `laconic.types.ScoreStep`.

`laconic.score.code.CodeStep`, the model for code, is one too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from laconic.score.furniture import FurnitureStep
from laconic.score.structured import adjust_scores
from laconic.types import Passage, ScoreStep, Segment

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["StructureStep", "Tempering", "reading_steps", "structure_steps"]


class StructureStep:
    """What the structure of records, tables and logs says; see `laconic.score.structured`."""

    name = "structure"

    def adjust(
        self, query: str | None, passages: Sequence[Passage], segments: Sequence[Segment], scores: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """See `laconic.types.ScoreStep`."""
        return adjust_scores(query, passages, segments, scores)


_STRUCTURE = (StructureStep(),)


def structure_steps() -> tuple[ScoreStep, ...]:
    """The step of kinds that hold records, rows or lines of logs; one object, so that it acts once in a call."""
    return _STRUCTURE


_READING = (*_STRUCTURE, FurnitureStep())


def reading_steps() -> tuple[ScoreStep, ...]:
    """The steps of kinds that beside such hold what a reader skips (signatures, progress); the same objects always."""
    return _READING


class Tempering:
    """Seeded variation among segments of nearly the same score: Gumbel noise of scale ``temperature``.

    Taking segments in the order of such sums draws them without replacement from the softmax of the scores divided by
    the temperature (Kool, van Hoof and Welling, "Stochastic beams and where to find them", 2019): near-equals change
    places, a segment far ahead stays there.

    Args:
        temperature: > 0; at 1, of two segments the one that is e times as probable comes first in 73 % of the draws.
        seed: the same seed, scores and temperature give the same result.
    """

    name = "temperature"

    def __init__(self, temperature: float, seed: int) -> None:
        self.temperature = temperature
        self.seed = seed

    def adjust(
        self, query: str | None, passages: Sequence[Passage], segments: Sequence[Segment], scores: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """See `laconic.types.ScoreStep`."""
        import numpy as np

        noise = np.random.default_rng(self.seed).gumbel(size=len(scores))
        return scores + self.temperature * noise
