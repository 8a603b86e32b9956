"""How small a budget may be, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["RESAMPLES", "smallest_budget"]

RESAMPLES = 1000
_AT_ONCE = 2_000_000  # numbers of one block of resamples
_OUTER = (2.5, 97.5)


def smallest_budget(
    budgets: Sequence[float], shares: NDArray[np.float64], target: float, seed: int
) -> tuple[float, float, float]:
    """The least budget from which on a share is kept on average, and its 95 % interval by the percentile bootstrap.

    Args:
        budgets: ascending; the last holds every context whole.
        shares: kept, 0–1: a row for each question, a column for each budget.
        target: the share, 0–1.
        seed: of the resampling over questions.

    Returns:
        The budget and the interval's ends, read off straight lines between the measured budgets; the first budget where
        even that one keeps as much, which then is a bound from above.

    `RESAMPLES` times the size of ``shares``.
    """
    import numpy as np

    n = len(shares)
    rng = np.random.default_rng(seed)
    block = max(1, _AT_ONCE // n)
    found: list[float] = []
    while len(found) < RESAMPLES:
        size = min(block, RESAMPLES - len(found))
        weights = rng.multinomial(n, np.full(n, 1 / n), size=size)
        found += [crossing(budgets, means, target) for means in weights @ shares / n]
    low, high = np.percentile(found, _OUTER)
    return crossing(budgets, shares.mean(axis=0), target), float(low), float(high)


def crossing(budgets: Sequence[float], means: NDArray[np.float64], target: float) -> float:
    """Where the line through the means passes the target for the last time."""
    below = [at for at, mean in enumerate(means[:-1]) if mean < target - 1e-12]
    if not below:
        return float(budgets[0])
    at = below[-1]
    step = float((target - means[at]) / (means[at + 1] - means[at])) if means[at + 1] > means[at] else 1.0
    return float(budgets[at] + min(1.0, step) * (budgets[at + 1] - budgets[at]))
