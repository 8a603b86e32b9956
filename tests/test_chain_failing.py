"""Failing under the ceiling: truncation, one bad passage, counters that cannot count."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.chain.cuts import CutStore
from laconic.chain.failing import checked_counter, truncated
from laconic.chain.options import CompressorOptions
from laconic.exceptions import ConfigurationError
from laconic.tokens import as_counter
from laconic.types import Passage

TEXT = "The tower is 330 metres high. It stands on the left bank of the river. Most visitors come in summer. "
WORDS = st.sampled_from(["tower", "330", "塔は高い", "naïve", "🍰", "\n\n", "Donaudampfschiff" * 9])
TEXTS = st.lists(WORDS, max_size=30).map(" ".join)


class Broken:
    """A strategy that fails at its work."""

    def compress(self, passages, query=None, *, max_tokens=None, rate=None):
        raise RuntimeError("the engine is broken")


@settings(max_examples=150, deadline=None)
@given(
    texts=st.lists(TEXTS, max_size=5),
    ceiling=st.integers(1, 90),
    least=st.integers(0, 6),
    separator=st.sampled_from(["\n\n", None, " | "]),
    head=st.sampled_from(["", "source: a.txt\n"]),
)
def test_truncation_is_within_the_ceiling_and_verbatim(texts, ceiling, least, separator, head):
    passages = [Passage(text, id=str(at), head=head) for at, text in enumerate(texts)]
    counter = as_counter("gpt-4o")
    result = truncated(passages, ceiling, counter=counter, separator=separator, least=least)
    finals = [head + part.text for part in result.passages]
    total = sum(map(counter.count, finals)) if separator is None else counter.count(separator.join(finals))
    assert result.metrics.compressed_tokens == total
    if ceiling >= 12 * max(1, least):  # a character, its head and the separator are never more than that
        assert total <= ceiling
    if result.metrics.original_tokens <= ceiling:
        assert [part.text for part in result.passages] == [text for text in texts if text] or not result.dropped
    assert [part.index for part in result.passages] == sorted({part.index for part in result.passages})
    for part in result.passages:
        assert texts[part.index].startswith(part.text)
        assert "".join(texts[part.index][start:end] for start, end in part.spans) == part.text
    with_text = sum(bool(text.strip()) for text in texts)
    assert len(result.passages) >= min(max(1, least), with_text)
    kept = sum(len(part.text) for part in result.passages)
    assert kept + sum(len(piece.text) for piece in result.dropped) == sum(map(len, texts))


@pytest.mark.parametrize("limit", [{"max_tokens": 30}, {"rate": 0.1}])
def test_an_engine_that_fails_keeps_the_ceiling_where_that_is_asked_for(limit, caplog):
    options = CompressorOptions(strategy=Broken(), on_error="truncate", **limit)
    with caplog.at_level(logging.WARNING, "laconic"):
        outcome = options.attempt([TEXT * 3, TEXT], "How high is the tower?")
    assert "the engine is broken" in caplog.text
    assert isinstance(outcome.error, RuntimeError)
    assert outcome.passages[0].text.startswith("The tower is 330 metres high.")
    metrics = outcome.compression.metrics
    assert 0 < metrics.compressed_tokens <= metrics.budget_tokens <= 30
    assert metrics.fallback == "truncated: RuntimeError: the engine is broken"
    assert outcome.figures()["error"] == "RuntimeError: the engine is broken"
    untouched = options.attempt(["A short one."], "How high?", **{"max_tokens": 100})
    assert [part.text for part in untouched.passages] == ["A short one."]


def test_without_a_ceiling_there_is_nothing_to_keep_under():
    outcome = CompressorOptions(strategy=Broken(), on_error="truncate").attempt([TEXT], "How high?")
    assert outcome.passages is None


def test_a_counter_that_fails_in_the_middle_is_replaced_for_the_truncation():
    calls = []

    def failing(text):
        calls.append(text)
        if len(calls) > 3:
            raise RuntimeError("the server is gone")
        return len(text.split())

    outcome = CompressorOptions(counter=failing, max_tokens=20, on_error="truncate").attempt([TEXT * 5], "How high?")
    assert as_counter("gpt-4o").count(outcome.compression.text) <= 20
    assert CompressorOptions(counter=len, max_tokens=20, on_error="truncate").attempt([TEXT], "?").error is None


BAD = "A bad \ud83c one. " * 40


def test_a_passage_that_is_no_unicode_is_left_out_of_the_compression_alone(caplog):
    items = [TEXT, BAD, Passage(TEXT + "The bridge is 155 metres long.", id="b")]
    with caplog.at_level(logging.WARNING, "laconic"):
        outcome = CompressorOptions(max_tokens=20).attempt(items, "How high is the tower?")
    assert "passages[1]" in caplog.text
    first, bad = outcome.passages[:2]
    assert "330" in first.text
    assert len(first.text) < len(TEXT)
    assert (bad.text, bad.index, bad.level) == (BAD, 1, "full")
    assert outcome.error is None
    assert "left as it was" in outcome.compression.metrics.fallback
    assert {piece.index for piece in outcome.compression.dropped} == {0, 2}
    for piece in outcome.compression.dropped:
        text = items[piece.index] if piece.index == 0 else items[2].text
        assert text[slice(*piece.span)] == piece.text
    assert CompressorOptions(max_tokens=30).attempt([BAD], "How high?").passages is None
    strict = CompressorOptions(max_tokens=30, on_error="raise")
    with pytest.raises(ValueError, match=r"passages\[1\]"):
        strict.attempt(items, "How high?")


def test_with_truncate_nothing_is_over_the_ceiling_not_even_what_is_no_unicode():
    outcome = CompressorOptions(max_tokens=30, on_error="truncate").attempt([TEXT, BAD], "Which one is bad?")
    assert outcome.compression.metrics.compressed_tokens <= 30
    for part in outcome.passages:
        source = [TEXT, BAD.replace("\ud83c", "\ufffd")][part.index]
        assert "".join(source[start:end] for start, end in part.spans) == part.text


def test_a_question_that_is_no_unicode_is_a_question_all_the_same():
    outcome = CompressorOptions(max_tokens=12).attempt([TEXT], "How high is the tower? \ud83c")
    assert "330" in outcome.passages[0].text


class Numpy:
    name = "numpy"

    def count(self, text):
        return np.int64(len(text) // 4)


@pytest.mark.parametrize(
    ("counter", "message"),
    [
        (lambda text: len(text) / 4, "whole number"),
        (lambda text: float("nan"), "whole number"),
        (lambda text: np.float32(3), "whole number"),
        (lambda text: 0, "at least one token"),
        (lambda text: -1, "whole number"),
        (lambda text: None, "whole number"),
        (lambda: 3, "cannot be called with one text"),
        (lambda text: [], "at least one token"),
    ],
)
def test_a_counter_that_cannot_count_is_refused_at_construction(counter, message):
    with pytest.raises(ConfigurationError, match=message):
        checked_counter(counter)
    with pytest.raises(ValueError, match=message):
        CompressorOptions(counter=counter)


@pytest.mark.parametrize("counter", [lambda text: np.int64(len(text.split())), Numpy(), lambda text: np.arange(3)])
def test_integers_of_numpy_count(counter):
    outcome = CompressorOptions(counter=counter, max_tokens=10, on_error="raise").attempt([TEXT], "How high?")
    assert type(outcome.compression.metrics.compressed_tokens) is int


def test_a_counter_that_is_not_up_yet_is_not_refused():
    def late(text):
        raise ConnectionError("not yet")

    assert CompressorOptions(counter=late, max_tokens=9).attempt([TEXT], "?").passages is None


def test_a_store_that_fails_costs_only_its_line(caplog):
    def refuse(text):
        raise ValueError("not to be stored")

    options = CompressorOptions(max_tokens=30, expand=CutStore(redact=refuse), omission_marks=True)
    with caplog.at_level(logging.WARNING, "laconic"):
        [part] = options.attempt([TEXT * 3], "How high is the tower?").passages
    assert "not to be stored" in caplog.text
    assert part.text.splitlines()[-1].endswith("sentences left out]")
    strict = CompressorOptions(max_tokens=30, expand=CutStore(redact=refuse), on_error="raise")
    with pytest.raises(ValueError, match="not to be stored"):
        strict.attempt([TEXT * 3], "How high is the tower?")
