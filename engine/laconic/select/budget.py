"""Which segments, at which level of detail, fill a token budget best.

A multiple-choice knapsack with dependencies, filled greedily by worth per root of cost: a mild taste for short
segments, measured to keep more evidence than rank order and far more than worth per token. Floors are kept at their
least before all else and are raised when their turn comes. A segment that offers levels of detail enters at the least
of those that keep nearly all of it; with what is left at the end, companions of what is kept are added, segments are
raised to more detail, and further ones shown at less. Costs are planned by segment, but counts of parts do not add up
for subword tokenizers, so the plan is rendered and recounted, trimmed while it is over, and filled while something
still fits.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from laconic.types import DROPPED, Level

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["COST_EXPONENT", "Cuts", "fill_budget", "first_level", "preference"]

COST_EXPONENT = 0.5
"""Segments are taken by ``exp(score) / cost ** COST_EXPONENT``."""

# A segment enters at the least of the levels that keep this much of it: what they leave out is worth less than what
# fits in its place. Of those that keep less than the second share none enters; room that is left may show them.
_NEARLY_ALL, _FIRST_SHARE = 0.95, 0.9
# Where what is taken back frees so many times what was planned, one of it is looked for that did.
_FAR_MORE = 2.0
_MOST_RECOUNTS = 5  # each writes the selection anew; of very many it is then one of a few
# So many segments for which there is no room are weighed against what would fill it: each costs a look at all others.
_MOST_TRIES = 4


def first_level(levels: Sequence[Level]) -> int:
    """The level at which a segment enters: the least of those that keep nearly all of it; 0 is full."""
    return max((number for number, level in enumerate(levels, start=1) if level.share >= _NEARLY_ALL), default=0)


def preference(
    scores: NDArray[np.float64], costs: NDArray[np.float64], steep_from: NDArray[np.float64] | None = None
) -> list[int]:
    """Segments from most to least wanted.

    Args:
        scores: log-probabilities, one per segment.
        costs: tokens, one per segment, each ≥ 1.
        steep_from: tokens beyond which the cost of a segment counts in full, one per segment; None where all are prose,
            of which a long sentence says more than a short one.

    Returns:
        Indexes by ``exp(score) / cost ** COST_EXPONENT``, ties by position.
    """
    import numpy as np

    price = COST_EXPONENT * np.log(costs)
    if steep_from is not None:
        price = price + (1 - COST_EXPONENT) * np.log(np.maximum(costs / steep_from, 1.0))
    order: list[int] = np.argsort(price - scores, kind="stable").tolist()
    return order


def fill_budget(
    order: Sequence[int],
    costs: Sequence[float],
    requires: Mapping[int, Sequence[int]],
    budget: int,
    measure: Callable[[Mapping[int, int]], int],
    repeats: Callable[[int, Collection[int]], bool] | None = None,
    levels: Mapping[int, Sequence[Level]] | None = None,
    cuts: Cuts | None = None,
    companions: Callable[[Mapping[int, int]], Iterable[int]] | None = None,
    spare: int = 0,
    at_least: Iterable[int] = (),
    best: int | None = None,
    alone: Callable[[int, Collection[int]], bool] | None = None,
    under: Mapping[int, Sequence[int]] | None = None,
    is_over: Callable[[], bool] | None = None,
) -> dict[int, int]:
    """Take segments in order of preference while they fit.

    Args:
        order: candidates, most wanted first; a segment that is not in it is never taken, except as a requirement or a
            companion.
        costs: planned tokens by segment, in full.
        requires: segments that must be taken with a segment: all of them, or of a chain the next one, which comes
            before it in ``order``.
        budget: tokens that the rendered result may have.
        measure: kept segments (and the level of each) to the tokens of their rendering.
        repeats: whether a segment adds next to nothing to those already kept; such ones wait until all others have had
            their turn.
        levels: of segments that offer them, the levels below full detail.
        cuts: how one segment may be cut into what room there is; that is done where the part is worth more than all
            that would fill the room instead.
        companions: kept segments to those that a reader of them needs (of code what it names), most wanted first; they
            come before what fills the room that is left, each at its least detail.
        spare: tokens that are left to companions; what these do not take goes to what fills the room that is left.
        at_least: segments of which at least the last level is kept while there is room, before anything of others and
            anything more of themselves; most wanted first.
        best: a segment that is taken before all others, and cut where there is no room for the whole of it.
        alone: whether a segment says nothing beside those that are kept; such ones are left out.
        under: of segments the headings they stand under, which are kept with them where there is room for both.
        is_over: whether there is no time for what makes a selection that is within the budget better: companions,
            detail, and room that is left filled.

    Returns:
        The level of each kept segment (0 is full, k is ``levels[at][k - 1]``), in the order they were taken,
        requirements before what needs them; ``measure`` of them is within the budget. Empty when not even one fits.
    """
    plan = _Plan(costs, requires, levels or {}, under or {}, budget - spare, measure, alone)
    plan.take_at_least(at_least)
    if best is not None and best not in plan.kept:
        level = plan.entry(best)
        if level is not None:
            plan.take(best, level)
        elif cuts is not None:
            plan.cut(best, cuts)
    tries = _MOST_TRIES
    waiting: list[int] = []
    for place, at in enumerate(order):
        if plan.room < 1:
            break
        if at in plan.kept:
            plan.raise_detail([at], plan.first(at))
            continue
        level = plan.entry(at)
        if level is not None:
            if repeats is not None and repeats(at, plan.kept):
                waiting.append(at)
            else:
                plan.take(at, level)
        elif cuts is not None and tries and cuts.may_cut(at):
            tries -= 1
            part = cuts.worth[at] * plan.room / plan.cost(at, plan.first(at))
            if part > plan.worth_of_filling(order[place + 1 :], cuts.worth):
                plan.cut(at, cuts)
    plan.take_what_fits(waiting)
    plan.settle()
    plan.widen(spare)
    if is_over is not None and is_over():
        return plan.kept
    if companions is not None and plan.take_at_least(companions(plan.kept)):
        plan.settle()
    if plan.take_what_fits(order):  # once: what a further round could add is a token or two, and each recounts
        plan.settle()
    if levels and not (is_over is not None and is_over()):
        plan.add_outlines(order)
        plan.settle()
        plan.raise_detail(list(plan.kept))
        plan.settle()
    return plan.kept


class Cuts(Protocol):
    """Cutting one segment into what is left of a budget."""

    @property
    def worth(self) -> Sequence[float]:
        """Of each segment, in full; comparable by sums."""
        ...

    def may_cut(self, at: int) -> bool:
        """Whether a segment can be cut, and none has been yet."""
        ...

    def cut(self, at: int, kept: Mapping[int, int], room: int) -> bool:
        """Cut a segment to about ``room`` tokens beside the kept ones; the budget's ``measure`` counts it from now on.

        Returns:
            False, and nothing is cut, where no sensible part of it is that short.
        """
        ...


class _Move(NamedTuple):
    """A step of the plan that can be taken back; one that is not the first of its taking, with the one before it."""

    at: int
    before: int
    cost: float
    first: bool


class _Taking:
    """A segment with what came with it, taken back."""

    def __init__(self, moves: list[tuple[_Move, int]]) -> None:
        self.moves = moves  # latest first, and the level that each had led to
        self.at, self.level = moves[0][0].at, moves[0][1]
        self.freed = sum(max(move.cost, 0.0) for move, _ in moves)


class _Plan:
    """Kept segments with their levels, the planned room that is left, and how to take steps back."""

    def __init__(
        self,
        costs: Sequence[float],
        requires: Mapping[int, Sequence[int]],
        levels: Mapping[int, Sequence[Level]],
        under: Mapping[int, Sequence[int]],
        budget: int,
        measure: Callable[[Mapping[int, int]], int],
        alone: Callable[[int, Collection[int]], bool] | None,
    ) -> None:
        self.kept: dict[int, int] = {}  # in the order taken
        self.room = float(budget)
        self._costs = costs
        self._requires = requires
        self._levels = levels
        self._under = under
        self._budget = budget
        self._measure = measure
        self._alone = alone
        self._moves: list[_Move] = []
        self._cut_tokens = 0  # what the segment that is cut costs, which is no move
        self._surcharge = 1.0  # what a selection really costs by what it was planned to
        self._too_long: set[tuple[int, int]] = set()  # segments at levels that cost more than was planned
        self._refused: set[int] = set()  # segments for which there is no room, so there is none for what needs them

    def cost(self, at: int, level: int) -> float:
        """Planned tokens of a segment at a level."""
        return self._costs[at] if level == 0 else self._levels[at][level - 1].tokens

    def first(self, at: int) -> int:
        """The level at which a segment enters; see `first_level`."""
        levels = self._levels.get(at)
        return first_level(levels) if levels else 0

    def entry(self, at: int) -> int | None:
        """The level at which a segment enters, None where there is no planned room for it or it would stand alone."""
        if self._alone is not None and self._alone(at, self.kept):
            return None
        levels = self._levels.get(at, ()) if self._levels else ()
        if not levels:  # most segments by far, so worth a short way
            has_room = self._surcharge * self._costs[at] <= self.room
            if at not in self._requires:
                return 0 if has_room and (at, 0) not in self._too_long else None
            if not has_room:
                self._refused.add(at)
                return None
        for level in range(first_level(levels) if levels else 0, len(levels) + 1):
            if (not level or levels[level - 1].share >= _FIRST_SHARE) and self.fits(at, level):
                return level
        self._refused.add(at)
        return None

    def _with_needs(self, at: int, level: int) -> list[tuple[int, int]]:
        needs = [(need, self.first(need)) for need in self._requires.get(at, ()) if need not in self.kept]
        return [*needs, (at, level)]

    def fits(self, at: int, level: int) -> bool:
        """Whether there is planned room for a segment at a level and what it requires."""
        own, spent = self.cost(at, level), 0.0
        if self._surcharge * own > self.room or (at, level) in self._too_long:
            return False
        kept, refused = self.kept, self._refused
        for need in self._requires.get(at, ()):
            if need not in kept:
                if need in refused:
                    return False
                spent += self.cost(need, self.first(need)) if self._levels else self._costs[need]
        return self._surcharge * (spent + own) <= self.room

    def take(self, at: int, level: int) -> None:
        """Keep a segment and what it requires, and the headings above it that there is room for."""
        for place, each in enumerate(self._with_needs(at, level)):
            self._set(*each, first=not place)
        for heading in self._under.get(at, ()):
            if heading not in self.kept and self._surcharge * self._costs[heading] <= self.room:
                self._set(heading, 0, first=False)

    def _set(self, at: int, level: int, *, first: bool = True) -> None:
        before = self.kept.get(at, DROPPED)
        spent = self._surcharge * (self.cost(at, level) - (self.cost(at, before) if before != DROPPED else 0))
        self._moves.append(_Move(at, before, spent, first))
        self.kept[at] = level
        self.room -= spent

    def widen(self, tokens: int) -> None:
        """Have so much more budget."""
        self._budget += tokens
        self.room += tokens

    def take_at_least(self, order: Iterable[int]) -> bool:
        """Keep segments at their last levels; whether there were any."""
        before = len(self._moves)
        for at in order:
            level = len(self._levels.get(at, ()))
            if at not in self.kept and self.fits(at, level):
                self.take(at, level)
        return len(self._moves) > before

    def worth_of_filling(self, order: Iterable[int], worth: Sequence[float]) -> float:
        """What the segments of ``order`` that would fill the planned room are worth together."""
        room, total, kept, costs = self.room, 0.0, self.kept, self._costs
        for at in order:
            if room < 1:
                break
            if at not in kept and (cost := self.cost(at, self.first(at)) if self._levels else costs[at]) <= room:
                room -= cost
                total += worth[at]
        return total

    def cut(self, at: int, cuts: Cuts) -> bool:
        """Cut a segment into the room that is left, with what it requires; whether that was possible."""
        if not cuts.may_cut(at):
            return False
        self.settle()
        needs = [need for need in self._requires.get(at, ()) if need not in self.kept]
        if self._surcharge * sum(self.cost(need, self.first(need)) for need in needs) >= self.room:
            return False
        for place, need in enumerate(needs):
            self._set(need, self.first(need), first=not place)
        used = self._measure(self.kept)
        found = used < self._budget and cuts.cut(at, self.kept, self._budget - used)
        if found:
            self._cut_tokens = self._measure(self.kept) - used
        elif needs:
            self._take_back()
        self.settle()
        return found

    def take_what_fits(self, order: Iterable[int]) -> bool:
        """Keep further segments in order; whether there were any."""
        before = len(self._moves)
        for at in order:
            if self.room < 1:
                break
            if at not in self.kept:
                level = self.entry(at)
                if level is not None:
                    self.take(at, level)
        return len(self._moves) > before

    def add_outlines(self, order: Iterable[int]) -> None:
        """Show segments that found no room at the most detail that does."""
        for at in order:
            if at not in self.kept:
                for level in range(1, len(self._levels.get(at, ())) + 1):
                    if self.fits(at, level):
                        self.take(at, level)
                        break

    def raise_detail(self, order: Iterable[int], most: int = 0) -> None:
        """Raise kept segments to the most detail that there is room for, at most to the level ``most``."""
        for at in order:
            level = self.kept[at]
            for more in range(most, level):
                if (
                    self._surcharge * (self.cost(at, more) - self.cost(at, level)) <= self.room
                    and (at, more) not in self._too_long
                ):
                    self._set(at, more)
                    break

    def settle(self) -> bool:
        """Count what the plan really comes to; take back the latest steps while that is over the budget.

        The one that made it fit is not tried again as it was; what was taken back before it may be.

        Returns:
            Whether nothing had to be taken back.
        """
        used = self._measure(self.kept)
        fits = used <= self._budget
        while used > self._budget and self._moves:
            excess = float(used - self._budget)
            back: list[_Taking] = []
            while excess > 0 and self._moves:
                back.append(self._take_back())
                excess -= back[-1].freed
            before, used = used, self._measure(self.kept)
            if used <= self._budget:
                dear = 1
                if len(back) > 1 and before - used > _FAR_MORE * sum(taking.freed for taking in back):
                    used, dear = self._redo_what_fits(back, used)
                self._too_long.update((taking.at, taking.level) for taking in back[-dear:])
        self.room = float(self._budget - used)
        self._refused.clear()
        planned = sum(self.cost(at, level) for at, level in self.kept.items())
        self._surcharge = max(1.0, (used - self._cut_tokens) / planned) if planned else 1.0
        return fits

    def _redo_what_fits(self, back: list[_Taking], used: int) -> tuple[int, int]:
        """Of takings that were taken back, latest first, redo those before the one that costs far more than planned.

        They leave the list. Returns what the plan then comes to, and among how many at the end of the list that one is.
        """
        done: list[_Taking] = []
        few, many = 0, len(back)  # so many can be redone, so many can not
        for _ in range(_MOST_RECOUNTS):
            if many - few == 1:
                break
            middle = (few + many) // 2
            while len(done) < middle:
                done.append(self._redo(back.pop()))
            while len(done) > middle:
                back.append(self._take_back())
                done.pop()
            measured = self._measure(self.kept)
            if measured <= self._budget:
                few, used = middle, measured
            else:
                many = middle
        while len(done) > few:
            back.append(self._take_back())
            done.pop()
        return used, many - few

    def _redo(self, taking: _Taking) -> _Taking:
        for move, level in reversed(taking.moves):
            self._moves.append(move)
            self.kept[move.at] = level
        return taking

    def _take_back(self) -> _Taking:
        """Undo the latest taking, requirements included."""
        moves: list[tuple[_Move, int]] = []
        while True:
            move = self._moves.pop()
            moves.append((move, self.kept[move.at]))
            if move.before == DROPPED:
                del self.kept[move.at]
            else:
                self.kept[move.at] = move.before
            if move.first:
                return _Taking(moves)
