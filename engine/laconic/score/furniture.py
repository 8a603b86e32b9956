"""What stands in a text and says hardly anything: signatures, disclaimers, attachments, progress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from laconic.types import Passage, Segment

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["FURNITURE", "FurnitureStep"]

# Factors of odds. A signature may hold the telephone number that is asked for, so that words of the question still
# outweigh it; nobody can read what is encoded.
FURNITURE: Mapping[str, float] = MappingProxyType(
    {
        "signature": -2.0,
        "notice": -2.0,
        "trace": -3.0,
        "disclaimer": -4.0,
        "alternative": -6.0,
        "progress": -4.0,
        "attachment": -30.0,
    }
)
"""By kind of segment what is added to its score, a log-probability."""


class FurnitureStep:
    """Lowers the scores of what a reader skips; linear in the segments."""

    name = "furniture"

    def adjust(
        self, query: str | None, passages: Sequence[Passage], segments: Sequence[Segment], scores: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """See `laconic.types.ScoreStep`."""
        if FURNITURE.keys().isdisjoint({segment.kind for segment in segments}):
            return scores
        import numpy as np

        lower = scores + np.array([FURNITURE.get(segment.kind, 0.0) for segment in segments])
        # odds change, the mass that coverage sums up does not
        adjusted: NDArray[np.float64] = lower + np.logaddexp.reduce(scores) - np.logaddexp.reduce(lower)
        return adjusted
