"""The laws of the design, each for any input: if one of these fails, nothing else matters."""

from __future__ import annotations

import copy

import pytest
import strategies as s
from hypothesis import given, settings
from hypothesis import strategies as st

import laconic
from laconic.tokens import counter_for

COUNTERS = {"o200k_base": "o200k_base", "words": lambda text: len(text.split()), "characters": len}
SCORERS = ["evidence", "lexical"]


@pytest.fixture(params=COUNTERS, scope="module")
def counter(request):
    return COUNTERS[request.param]


@pytest.fixture(params=SCORERS, scope="module")
def scorer(request):
    return request.param


def count(compressor, text):
    return compressor.counter.count(text)


@given(s.passages, s.queries, s.budgets, s.separators)
@settings(max_examples=150, deadline=None)
def test_never_over_budget(counter, scorer, passages, query, max_tokens, separator):
    compressor = laconic.Compressor(counter=counter, separator=separator, max_tokens=max_tokens, scorer=scorer)
    result = compressor.compress(passages, query)
    parts = [part.text for part in result.passages]
    if separator is None:
        assert sum(count(compressor, part) for part in parts) <= max_tokens
    else:
        assert result.text == separator.join(parts)
        assert count(compressor, result.text) <= max_tokens
        assert result.metrics.compressed_tokens == count(compressor, result.text)
    assert [part.tokens for part in result.passages] == [count(compressor, part) for part in parts]


@given(s.passages, s.queries, s.budgets)
@settings(max_examples=150, deadline=None)
def test_kept_text_is_spans_of_the_input_in_order(scorer, passages, query, max_tokens):
    result = laconic.compress(passages, query, max_tokens=max_tokens, scorer=scorer)
    indexes = [part.index for part in result.passages]
    assert indexes == sorted(set(indexes))
    for part in result.passages:
        source = passages[part.index]
        assert "".join(source[start:end] for start, end in part.spans) == part.text
        flat = [offset for span in part.spans for offset in span]
        assert flat == sorted(flat)
        assert all(start < end for start, end in part.spans)


@given(s.passages, s.queries, s.budgets)
@settings(max_examples=150, deadline=None)
def test_kept_and_dropped_together_are_the_input(scorer, passages, query, max_tokens):
    result = laconic.compress(passages, query, max_tokens=max_tokens, scorer=scorer)
    covered = [[False] * len(text) for text in passages]
    for part in result.passages:
        for start, end in part.spans:
            covered[part.index][start:end] = [True] * (end - start)
    for piece in result.dropped:
        start, end = piece.span
        assert passages[piece.index][start:end] == piece.text == result.expand(piece.handle)
        assert not any(covered[piece.index][start:end]), "a dropped piece is also kept"
        covered[piece.index][start:end] = [True] * (end - start)
    for text, seen in zip(passages, covered, strict=True):
        assert not "".join(char for char, is_seen in zip(text, seen, strict=True) if not is_seen).strip()


@given(s.passages, s.queries, st.integers(0, 50))
@settings(max_examples=80, deadline=None)
def test_a_budget_that_holds_the_input_returns_it_unchanged(counter, scorer, passages, query, spare):
    compressor = laconic.Compressor(counter=counter, scorer=scorer)
    whole = "\n\n".join(passages)
    result = compressor.compress(passages, query, max_tokens=max(1, count(compressor, whole) + spare))
    assert result.text == whole
    assert [part.text for part in result.passages] == passages
    assert result.dropped == ()


@given(s.passages, s.queries, s.budgets)
@settings(max_examples=80, deadline=None)
def test_never_longer_than_the_input(scorer, passages, query, max_tokens):
    result = laconic.compress(passages, query, max_tokens=max_tokens, scorer=scorer)
    assert len(result.text) <= len("\n\n".join(passages))
    assert result.metrics.compressed_tokens <= result.metrics.original_tokens


@given(s.passages, s.queries, s.budgets)
@settings(max_examples=60, deadline=None)
def test_same_input_same_output(scorer, passages, query, max_tokens):
    first = laconic.compress(passages, query, max_tokens=max_tokens, scorer=scorer)
    assert laconic.compress(passages, query, max_tokens=max_tokens, scorer=scorer) == first


@given(s.passages, s.queries, s.budgets)
@settings(max_examples=60, deadline=None)
def test_the_callers_objects_are_not_edited(scorer, passages, query, max_tokens):
    given_ = [
        {"text": text, "id": str(at), "title": "t", "metadata": {"k": [at]}, "score": 0.5}
        for at, text in enumerate(passages)
    ]
    before = copy.deepcopy(given_)
    result = laconic.compress(given_, query, max_tokens=max_tokens, scorer=scorer)
    assert given_ == before
    assert [part.id for part in result.passages] == [str(part.index) for part in result.passages]


@given(s.passages, s.queries, s.budgets)
@settings(max_examples=60, deadline=None)
def test_compressing_twice_equals_compressing_once(scorer, passages, query, max_tokens):
    compressor = laconic.Compressor(max_tokens=max_tokens, scorer=scorer)
    once = compressor.compress(passages, query)
    again = compressor.compress([part.text for part in once.passages], query)
    assert again.text == once.text


@given(st.lists(s.structured_text, min_size=1, max_size=4), s.queries, st.floats(0.01, 1))
@settings(max_examples=60, deadline=None)
def test_a_rate_is_a_ceiling_too(scorer, passages, query, rate):
    result = laconic.compress(passages, query, rate=rate, scorer=scorer)
    assert result.metrics.compressed_tokens <= max(1, int(rate * result.metrics.original_tokens))


def test_tighter_budgets_use_what_they_have(scorer):
    text = " ".join(f"Fact number {n} is about the tower." for n in range(200))
    counter = counter_for("gpt-4o")
    for max_tokens in (20, 100, 500, 1000):
        result = laconic.compress(text, "tower 17", max_tokens=max_tokens, scorer=scorer)
        assert 0.85 * max_tokens <= counter.count(result.text) <= max_tokens
