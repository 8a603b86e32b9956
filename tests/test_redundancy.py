"""Near-repetitions wait; another number or name is another fact."""

from __future__ import annotations

import pytest

import laconic
from laconic.select.redundancy import Redundancy

KEPT = "The company reported a revenue of 12 million euros for the year 2019."


@pytest.mark.parametrize(
    ("text", "is_repetition"),
    [
        ("The company reported revenue of 12 million euros for the year 2019.", True),
        ("For 2019 the company reported a revenue of 12 million euros.", True),
        ("The company reported a revenue of 14 million euros for the year 2019.", False),
        ("The company reported a revenue of 12 million euros for the year 2020.", False),
        ("The museum opened a second hall for visitors from abroad.", False),
        ("The company.", False),
    ],
)
def test_what_counts_as_saying_it_again(text, is_repetition):
    assert Redundancy([KEPT, text].__getitem__).repeats(1, [0]) is is_repetition


def test_a_repetition_yields_its_place_to_something_new():
    passages = [
        KEPT,
        "The company reported revenue of 12 million euros for the year 2019.",
        "Its revenue for the year before was lower by a third.",
    ]
    result = laconic.compress(passages, "What was the company's revenue for 2019?", max_tokens=34)
    assert [part.index for part in result.passages] in ([0, 2], [1, 2])


def test_left_over_budget_takes_repetitions_after_all():
    passages = [KEPT, "The company reported revenue of 12 million euros for the year 2019.", "Unrelated " * 50]
    result = laconic.compress(passages, "What was the company's revenue for 2019?", max_tokens=60)
    assert {0, 1} <= {part.index for part in result.passages}
