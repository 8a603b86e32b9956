"""Small problems for the allocator and their exact solution, by trying every selection."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from laconic.select.budget import fill_budget, preference
from laconic.types import DROPPED, Level

__all__ = ["Problem", "exact", "filled", "problem"]


@dataclass(frozen=True)
class Problem:
    """Segments with their worth, what they cost in full, cheaper levels, what each requires, and a budget."""

    worth: tuple[float, ...]
    costs: tuple[int, ...]
    levels: Mapping[int, tuple[Level, ...]]
    requires: Mapping[int, tuple[int, ...]]
    budget: int

    def cost(self, kept: Mapping[int, int]) -> int:
        """Tokens of a selection."""
        return sum(self.costs[at] if not level else self.levels[at][level - 1].tokens for at, level in kept.items())

    def value(self, kept: Mapping[int, int]) -> float:
        """Worth of a selection, by the share that each level keeps."""
        return sum(
            self.worth[at] * (1.0 if not level else self.levels[at][level - 1].share) for at, level in kept.items()
        )

    def is_whole(self, kept: Mapping[int, int]) -> bool:
        """Whether everything that is kept has what it requires."""
        return all(need in kept for at in kept for need in self.requires.get(at, ()))


def problem(seed: int, most: int = 7, *, levels: bool = True, requires: bool = True) -> Problem:
    """A random problem as calls have them: a few segments are worth much, costs are spread, some need a header."""
    rng = random.Random(seed)
    size = rng.randint(2, most)
    costs = [max(1, int(rng.lognormvariate(2.5, 0.7))) for _ in range(size)]
    worth = [rng.lognormvariate(0, 1.5) for _ in range(size)]
    cheaper: dict[int, tuple[Level, ...]] = {}
    needs: dict[int, int] = {}
    for at in range(size):
        if levels and rng.random() < 0.3 and costs[at] > 4:
            share, tokens = 1.0, costs[at]
            found = []
            for name in ("code", "signature")[: rng.randint(1, 2)]:
                share, tokens = share * rng.uniform(0.3, 0.98), max(1, int(tokens * rng.uniform(0.2, 0.8)))
                found.append(Level(name, share, tokens))
            cheaper[at] = tuple(found)
        if requires and at and rng.random() < 0.3:
            needs[at] = rng.randrange(at)
    chained: dict[int, tuple[int, ...]] = {}
    for at, need in needs.items():  # with all that the needed one needs
        chained[at] = (*chained.get(need, ()), need)
    total = sum(worth)
    return Problem(
        tuple(each / total for each in worth), tuple(costs), cheaper, chained, rng.randint(1, max(2, sum(costs)))
    )


def filled(given: Problem, measure: Callable[[Mapping[int, int]], int] | None = None) -> dict[int, int]:
    """What `fill_budget` keeps, called as a run of the engine calls it."""
    import numpy as np

    prices = np.array(
        [cost + 0.5 * sum(given.costs[n] for n in given.requires.get(at, ())) for at, cost in enumerate(given.costs)]
    )
    order = preference(np.log(np.array(given.worth)), prices)
    best = max(range(len(given.worth)), key=given.worth.__getitem__)
    return fill_budget(
        order, given.costs, given.requires, given.budget, measure or given.cost, levels=given.levels, best=best
    )


def exact(given: Problem) -> float:
    """The most worth that any selection within the budget has."""
    choices: list[Sequence[Any]] = [
        (DROPPED, 0, *range(1, 1 + len(given.levels.get(at, ())))) for at in range(len(given.costs))
    ]
    best = 0.0
    for chosen in product(*choices):
        kept = {at: level for at, level in enumerate(chosen) if level != DROPPED}
        if given.is_whole(kept) and given.cost(kept) <= given.budget:
            best = max(best, given.value(kept))
    return best
