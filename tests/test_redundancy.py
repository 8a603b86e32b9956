"""Near-repetitions wait; another number or name is another fact."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import laconic
from laconic.select.redundancy import OVERLAP, Redundancy

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


def held(words, others):
    """Plain, slow: what `Redundancy` means."""
    a, b = (set(re.findall(r"\w+", text.lower())) for text in (words, others))
    return len(a) >= 6 and len(a & b) >= OVERLAP * len(a) and not any(re.search(r"\d", word) for word in a - b)


_texts = st.lists(
    st.lists(st.sampled_from("a b c d e ff gg hh iii 12 7x".split()), max_size=12).map(" ".join), max_size=6
)


@given(_texts)
@settings(max_examples=200, deadline=None)
def test_the_index_finds_what_comparing_all_pairs_finds(texts):
    redundancy = Redundancy(texts.__getitem__)
    kept = []
    for at, text in enumerate(texts):
        assert redundancy.repeats(at, kept) == any(held(text, texts[other]) for other in kept)
        kept.append(at)


@pytest.mark.parametrize(
    ("text", "is_repetition"),
    [
        ('"destination": "JFK"}', True),
        ('"destination": "SEA",', False),
        ('"origin": "JFK",', False),
        ('"price": 438', True),
        ('"price": 439', False),
        ('"status": "open"', False),
    ],
)
def test_members_repeat_only_when_key_and_value_are_the_same_and_name_something(text, is_repetition):
    texts = ['{"destination": "JFK",', '"price": 438},', '"status": "open",', text]
    assert Redundancy(texts.__getitem__).repeats_member(3, [0, 1, 2]) is is_repetition


def test_members_kept_later_count_as_well():
    redundancy = Redundancy(['"a": 1', '"b": 2', '"b": 2,'].__getitem__)
    assert not redundancy.repeats_member(2, [0])
    assert redundancy.repeats_member(2, [0, 1])


def test_a_repeated_member_yields_its_place_to_something_new():
    flights = ",".join(f'{{"from": "JFK", "to": "SEA", "gate": "{gate}"}}' for gate in ("A1", "B2", "C3", "D4"))
    kept = laconic.compress([f"[{flights}]"], "Which gate?", max_tokens=50).passages[0].text
    assert all(gate in kept for gate in ("A1", "B2", "C3", "D4"))
    assert kept.count("JFK") < 4


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


class Kept(list):
    """A list that counts how many of its items are looked at."""

    looks = 0

    def _counted(self, items):
        for item in items:
            self.looks += 1
            yield item

    def __iter__(self):
        return self._counted(super().__iter__())

    def __reversed__(self):
        return self._counted(super().__reversed__())


@pytest.mark.parametrize("method", ["repeats", "repeats_member"])
def test_each_kept_one_is_looked_at_a_fixed_number_of_times(method):
    texts = [f"the harbour number {at} was built of stone by the guild of weavers" for at in range(300)]
    redundancy, kept = Redundancy(texts.__getitem__), Kept()
    for at in range(len(texts)):
        getattr(redundancy, method)(at, kept)
        kept.append(at)
    assert kept.looks <= 4 * len(texts)
