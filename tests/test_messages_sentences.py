"""Sentences of many texts in one call: each text keeps its own budget, and its own words in order."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.messages.sentences import filter_sentences
from laconic.tokens import counter_for

COUNTER = counter_for("gpt-4o")
_SENTENCES = st.sampled_from(
    [
        "The tower was built in 1889.", "It is made of iron.", "Nobody liked it at first.", "Tickets cost 29 euros.",
        "# Opening hours", "- It opens at nine.", "Paris has many bridges, and each of them was built for a reason.",
    ]
)  # fmt: skip
_TEXTS = st.lists(st.lists(_SENTENCES, min_size=1, max_size=9).map("\n\n".join), min_size=1, max_size=6)


@given(_TEXTS, st.floats(0.05, 1), st.sampled_from(["When was the tower built?", None, " "]))
@settings(max_examples=60, deadline=None)
def test_each_text_keeps_its_own_budget_and_order(texts: list[str], ratio: float, query: str | None) -> None:
    limits = [max(1, int(ratio * COUNTER.count(text))) for text in texts]
    kept = filter_sentences(texts, limits, query, COUNTER, "lexical")
    for text, limit, left in zip(texts, limits, kept, strict=True):
        assert COUNTER.count(left) <= limit
        rest = iter(text.split())
        assert all(any(word == other for other in rest) for word in left.split())
        if COUNTER.count(text) <= limit:
            assert left == text


def test_what_another_text_says_is_no_reason_to_leave_it_out() -> None:
    text = "The tower was built in 1889 by several people. Tickets are sold at the door. Nobody liked it at first."
    kept = filter_sentences([text, text], [14, 14], "When was the tower built?", COUNTER, "lexical")
    assert kept == ["The tower was built in 1889 by several people."] * 2


@pytest.mark.parametrize("scorer", ["lexical", "evidence"])
def test_where_no_sentence_fits_the_best_one_is_cut(scorer: str) -> None:
    texts = ["Cats sleep. " + "The tower was built in the year 1889 " * 3 + "as is well known.", " "]
    kept = filter_sentences(texts, [2, 5], "When was the tower built?", COUNTER, scorer)
    assert 1 <= COUNTER.count(kept[0]) <= 2
    assert kept[1] == " "
