"""Which segments fill a token budget best.

A knapsack with dependencies, filled greedily by worth per root of cost: a mild taste for short segments, measured to
keep more evidence than rank order and far more than worth per token. Costs are planned by segment, but counts of parts
do not add up for subword tokenizers, so the plan is rendered and recounted, trimmed while it is over, and filled while
something still fits.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["COST_EXPONENT", "fill_budget", "preference"]

COST_EXPONENT = 0.5
"""Segments are taken by ``exp(score) / cost ** COST_EXPONENT``."""

# Each round recounts the text; the first fills nearly all, what later ones add is a few tokens.
_FILL_ROUNDS = 3


def preference(scores: NDArray[np.float64], costs: NDArray[np.float64]) -> list[int]:
    """Segments from most to least wanted.

    Args:
        scores: log-probabilities, one per segment.
        costs: tokens, one per segment, each ≥ 1.

    Returns:
        Indexes by ``exp(score) / cost ** COST_EXPONENT``, ties by position.
    """
    import numpy as np

    order: list[int] = np.argsort(-(scores - COST_EXPONENT * np.log(costs)), kind="stable").tolist()
    return order


def fill_budget(
    order: Sequence[int],
    costs: Sequence[float],
    requires: Mapping[int, Sequence[int]],
    budget: int,
    measure: Callable[[Sequence[int]], int],
    repeats: Callable[[int, Collection[int]], bool] | None = None,
) -> list[int]:
    """Take segments in order of preference while they fit.

    Args:
        order: candidates, most wanted first; a segment that is not in it is never taken, except as a requirement.
        costs: planned tokens by segment.
        requires: segments that must be taken with a segment.
        budget: tokens that the rendered result may have.
        measure: kept segments to the tokens of their rendering.
        repeats: whether a segment adds next to nothing to those already kept; such ones wait until all others have had
            their turn.

    Returns:
        The kept segments, in the order they were taken, requirements before what needs them; ``measure`` of them is
        within the budget. Empty when not even one fits.
    """
    kept: dict[int, None] = {}  # a set that remembers its order

    waiting: list[int] = []

    def take(candidates: Iterable[int], room: float) -> float:
        for at in candidates:
            if room < 1:
                break
            if at in kept:
                continue
            wanted = [need for need in requires.get(at, ()) if need not in kept]
            wanted.append(at)
            cost = sum(costs[each] for each in wanted)
            if cost <= room:
                if repeats is not None and candidates is not waiting and repeats(at, kept):
                    waiting.append(at)
                    continue
                kept.update(dict.fromkeys(wanted))
                room -= cost
        return room

    take(waiting, take(order, budget))
    used = _trim(kept, costs, budget, measure, measure(list(kept)))
    for _ in range(_FILL_ROUNDS):
        before = list(kept)
        take(order, budget - used)
        if len(kept) == len(before):
            break
        used = measure(list(kept))
        if used > budget:  # the newcomers go again, last first, until the rest fits
            used = _trim(kept, costs, budget, measure, used)
            break
    return list(kept)


def _trim(
    kept: dict[int, None],
    costs: Sequence[float],
    budget: int,
    measure: Callable[[Sequence[int]], int],
    used: int,
) -> int:
    """Give back the least wanted until the rendering fits; the tokens that it then has."""
    while used > budget and kept:
        excess = float(used - budget)
        while excess > 0 and kept:
            last, _ = kept.popitem()
            excess -= costs[last]
        used = measure(list(kept))
    return used

