"""What the adapters share: at least so many passages, and spans of what was cut twice."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import laconic
from laconic.chain.options import CompressorOptions, Outcome, compose_spans, figures
from laconic.exceptions import BudgetError
from laconic.types import Passage

WORDS = st.sampled_from(
    ["tower", "height", "metres", "of", "the", "is", "330", "塔", "naïve", "🍰", "Donaudampfschiff" * 9]
)
TEXTS = st.lists(WORDS, max_size=30).map(lambda words: " ".join(words) + ("." if words else ""))


@st.composite
def spans(draw, length):
    cuts = sorted(draw(st.lists(st.integers(0, length), max_size=8, unique=True)))
    return [(start, end) for start, end in zip(cuts[::2], cuts[1::2], strict=False) if start < end]


@given(st.data())
def test_composed_spans_hold_the_same_characters(data):
    text = data.draw(st.text(max_size=60))
    outer = data.draw(spans(len(text)))
    once = "".join(text[start:end] for start, end in outer)
    inner = data.draw(spans(len(once)))
    twice = "".join(once[start:end] for start, end in inner)
    found = compose_spans(outer, inner)
    assert "".join(text[start:end] for start, end in found) == twice
    assert all(start < end for start, end in found)
    assert all(a[1] < b[0] for a, b in pairwise(found)), "in order, touching ones merged"


@settings(max_examples=80, deadline=None)
@given(
    texts=st.lists(TEXTS, min_size=1, max_size=6),
    least=st.integers(0, 8),
    budget=st.integers(1, 80),
    separator=st.sampled_from(["\n\n", None, " | "]),
)
@example(texts=["x", "x"], least=2, budget=1, separator="\n\n")
@example(texts=["", ""], least=1, budget=1, separator=" | ")
def test_the_floor_and_the_budget_hold(texts, least, budget, separator):
    passages = [Passage(text, id=str(at)) for at, text in enumerate(texts)]
    engine = laconic.Compressor(max_tokens=budget, separator=separator)
    first = engine.compress(passages, "How high is the tower?")
    result = engine.compress(passages, "How high is the tower?", at_least=least)
    with_text = sum(bool(text.strip()) for text in texts)
    assert len(result.passages) >= min(least, max(1, with_text)) or len(result.passages) >= len(texts)
    if least <= len(first.passages):
        assert result == first
    assert [part.index for part in result.passages] == sorted({part.index for part in result.passages})
    count = engine.counter.count
    for part in result.passages:
        assert "".join(texts[part.index][start:end] for start, end in part.spans) == part.text
        assert part.tokens == count(part.text)
    joined = [part.text for part in result.passages]
    total = sum(map(count, joined)) if separator is None else count(separator.join(joined))
    assert result.metrics.compressed_tokens == total
    needed = 4 * least * (1 + (0 if separator is None else count(separator)))
    if budget >= needed:  # a character of a passage and its separator are never more than that
        assert total <= budget
    kept = {part.index: {at for start, end in part.spans for at in range(start, end)} for part in result.passages}
    for piece in result.dropped:
        assert texts[piece.index][slice(*piece.span)] == piece.text
        assert not kept.get(piece.index, set()) & set(range(*piece.span)), "kept and dropped are disjoint"


def test_the_floor_with_a_budget_of_coverage():
    passages = [Passage("The tower is 330 metres high."), Passage("Cats sleep a lot. They dream of mice.")]
    result = laconic.Compressor(recall=0.5, at_least=2).compress(passages, "How high is the tower?")
    assert [part.index for part in result.passages] == [0, 1]
    assert all(part.text.strip() for part in result.passages)


def test_figures_are_plain_values():
    result = laconic.compress(["The tower is 330 metres high. Cats sleep."], "How high?", max_tokens=8)
    found = figures(result)
    assert all(value is None or isinstance(value, (str, int, float, bool)) for value in found.values())
    assert Outcome(result).figures() == found
    assert Outcome(error=RuntimeError("no")).figures() == {"unchanged": "error", "error": "RuntimeError: no"}
    assert Outcome(skipped="no query").figures() == {"unchanged": "no query"}


def test_options_need_no_framework():
    options = CompressorOptions(max_tokens=8, on_missing_query="importance")
    outcome = options.attempt(["The tower is 330 metres high. Cats sleep. Dogs bark at night."], "How high?")
    assert outcome.passages is not None
    assert "330" in outcome.passages[0].text
    assert options.attempt(["One."], None).compression is not None
    with pytest.raises(BudgetError):
        options.attempt(["One."], "?", max_tokens=-1)
    with pytest.raises(TypeError):
        options.attempt(["One."], "?", max_tokns=1)
