"""Filling a budget: within it always, near the best of all selections, requirements with what needs them."""

from __future__ import annotations

import pytest
from allocator import exact, filled, problem
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.select.budget import fill_budget, preference
from laconic.types import Level

items = st.lists(st.tuples(st.floats(0.001, 1), st.integers(1, 20)), min_size=1, max_size=9)


@given(items, st.integers(1, 60))
@settings(max_examples=200, deadline=None)
def test_within_the_budget_and_nothing_that_fits_is_left_out(pairs, budget):
    import numpy as np

    worth = np.array([pair[0] for pair in pairs])
    costs = [pair[1] for pair in pairs]
    order = preference(np.log(worth / worth.sum()), np.array(costs, dtype=float))
    kept = fill_budget(order, costs, {}, budget, lambda chosen: sum(costs[at] for at in chosen))
    assert sum(costs[at] for at in kept) <= budget
    assert len(set(kept)) == len(kept)
    left = budget - sum(costs[at] for at in kept)
    assert all(costs[at] > left for at in range(len(costs)) if at not in kept), "something that fits was left out"
    # the first of the order is taken whenever it fits, so the loss is bounded by what one large item displaces
    if costs[order[0]] <= budget:
        assert order[0] in kept


# Of 1,000 problems each in benchmarks/bench_allocator.py: means .996, .980, .997 and .968.
@pytest.mark.parametrize(("levels", "requires", "least"), [(0, 0, 0.98), (1, 0, 0.95), (0, 1, 0.98), (1, 1, 0.93)])
def test_near_the_best_of_all_selections_on_small_problems(levels, requires, least):
    """Against an exact reference: within the budget, whole, and on average nearly all of what could be kept."""
    shares = []
    for seed in range(120):
        given_problem = problem(seed, 6, levels=bool(levels), requires=bool(requires))
        kept = filled(given_problem)
        assert given_problem.cost(kept) <= given_problem.budget
        assert given_problem.is_whole(kept)
        best = exact(given_problem)
        assert given_problem.value(kept) <= best + 1e-9
        shares += [given_problem.value(kept) / best] if best else []
    assert sum(shares) / len(shares) >= least


@given(seed=st.integers(0, 2**32), surcharge=st.floats(0.5, 2), joint=st.integers(0, 3))
@settings(max_examples=100, deadline=None)
def test_whatever_the_real_count_is_the_budget_and_the_requirements_hold(seed, surcharge, joint):
    """Levels and requirements together, with parts that cost another price than was planned."""
    given_problem = problem(seed, 12)

    def measure(kept):
        return int(surcharge * given_problem.cost(kept)) + joint * max(0, len(kept) - 1)

    kept = filled(given_problem, measure)
    assert measure(kept) <= given_problem.budget
    assert given_problem.is_whole(kept)
    assert all(level <= len(given_problem.levels.get(at, ())) for at, level in kept.items())


@given(items, st.integers(1, 60), st.integers(-2, 3))
@settings(max_examples=200, deadline=None)
def test_the_real_count_rules_over_the_plan(pairs, budget, surcharge):
    """Parts do not add up: here each kept segment really costs a little more or less than planned."""
    costs = [pair[1] for pair in pairs]

    def measure(chosen):
        return sum(max(1, costs[at] + surcharge) for at in chosen)

    kept = fill_budget(range(len(costs)), costs, {}, budget, measure)
    assert measure(kept) <= budget


def test_one_that_costs_more_than_planned_does_not_push_out_the_others():
    costs = [10, 3, 4, 2]

    def measure(chosen):
        return sum(20 if at == 0 else costs[at] for at in chosen)

    assert set(fill_budget(range(4), costs, {}, 12, measure)) == {1, 2, 3}


@given(st.lists(st.integers(1, 10), min_size=2, max_size=10), st.integers(1, 40))
@settings(max_examples=200, deadline=None)
def test_a_requirement_comes_with_what_needs_it(costs, budget):
    requires = dict.fromkeys(range(1, len(costs)), (0,))
    kept = fill_budget(
        range(len(costs) - 1, -1, -1), costs, requires, budget, lambda chosen: sum(costs[at] for at in chosen)
    )
    assert not kept or 0 in kept


def test_equal_segments_are_taken_in_order():
    import numpy as np

    assert preference(np.zeros(5), np.ones(5)) == [0, 1, 2, 3, 4]


def test_nothing_fits_nothing_is_kept():
    assert fill_budget([0, 1], [5, 6], {}, 4, lambda chosen: 5 * len(chosen)) == {}


levelled = st.lists(st.lists(st.integers(1, 40), min_size=1, max_size=4, unique=True), min_size=1, max_size=8)


@given(levelled, st.integers(1, 200), st.sampled_from([0.0, 1.0]))
@settings(max_examples=200, deadline=None)
def test_what_is_kept_at_least_comes_at_its_least_before_anything_more(sizes, budget, share):
    """``sizes``: of each segment in full and at its levels; ``share`` is what the levels keep of it."""
    sizes = [sorted(own, reverse=True) for own in sizes]
    levels = {at: [Level("less", share, size) for size in own[1:]] for at, own in enumerate(sizes) if own[1:]}

    def measure(chosen):
        return sum(sizes[at][level] for at, level in chosen.items())

    everything = range(len(sizes))
    kept = fill_budget(everything, [own[0] for own in sizes], {}, budget, measure, levels=levels, at_least=everything)
    assert measure(kept) <= budget
    room = budget
    for at in everything:
        if sizes[at][-1] <= room:
            assert at in kept
            room -= sizes[at][-1]
    left = budget - measure(kept)
    for at, level in kept.items():
        assert all(size - sizes[at][level] > left for size in sizes[at][:level]), "room for more detail was left"


def test_what_is_kept_at_least_is_raised_in_the_order_of_preference():
    levels = {at: [Level("less", 0.1, 2)] for at in range(3)}

    def measure(chosen):
        return sum(2 if level else 10 for level in chosen.values())

    kept = fill_budget([2, 0, 1], [10, 10, 10], {}, 24, measure, levels=levels, at_least=[0, 1, 2])
    assert kept == {2: 0, 0: 0, 1: 1}


def test_a_segment_that_costs_far_more_than_planned_costs_no_other_its_place():
    """A statement of code may need all around it to parse."""
    costs = [5.0] * 12

    def measure(kept):
        return sum(5 for _ in kept) + (500 if 7 in kept else 0)

    kept = fill_budget(list(range(12)), costs, {}, 60, measure)
    assert sorted(kept) == [at for at in range(12) if at != 7]


def test_companions_have_their_least_detail_and_the_room_that_is_spared_for_them():
    costs, levels = [50, 40, 30, 60], {3: (Level("less", 0.5, 15), Level("least", 0.2, 5))}

    def measure(chosen):
        return sum(levels[at][level - 1].tokens if level else costs[at] for at, level in chosen.items())

    def fill(spare):
        return fill_budget([0, 1], costs, {}, 100, measure, levels=levels, companions=lambda kept: [3, 2], spare=spare)

    assert fill(0) == {0: 0, 1: 0, 3: 2}  # five fit beside what was asked for, thirty do not
    assert fill(20) == {0: 0, 3: 1, 2: 0}  # the second no longer fits, and what is left is more detail
    assert fill(100) == {0: 0, 2: 0, 3: 1}  # what they do not take goes to the others


@given(items, st.integers(1, 60), st.integers(0, 30), st.integers(0, 8))
@settings(max_examples=200, deadline=None)
def test_room_for_companions_is_within_the_budget_and_filled_where_there_are_none(pairs, budget, spare, companion):
    costs = [pair[1] for pair in pairs]
    order = list(range(len(costs)))
    kept = fill_budget(
        order[:-1], costs, {}, budget, lambda chosen: sum(costs[at] for at in chosen),
        companions=lambda chosen: [companion] if companion < len(costs) else [], spare=min(spare, budget),
    )  # fmt: skip
    left = budget - sum(costs[at] for at in kept)
    assert left >= 0
    assert all(costs[at] > left for at in order[:-1] if at not in kept), "something that fits was left out"
