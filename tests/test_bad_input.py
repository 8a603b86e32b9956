"""What comes of input that nobody should send: a clear error, or a defined result; nothing is lost silently."""

from __future__ import annotations

import math
import time
import tracemalloc

import pytest

import laconic
from laconic.exceptions import BudgetError, ConfigurationError, InputError
from laconic.tokens import counter_for

TEXT = "The tower is 300 m high. It is made of iron. It stands in Paris."


@pytest.mark.parametrize("value", [0, -1, True, 1.5, "100", math.nan])
def test_a_budget_that_cannot_work_is_refused_at_construction_and_at_the_call(value):
    with pytest.raises(BudgetError, match=r"max_tokens is .*≥ 1"):
        laconic.Compressor(max_tokens=value)
    with pytest.raises(BudgetError, match="max_tokens"):
        laconic.Compressor().compress(TEXT, max_tokens=value)


@pytest.mark.parametrize("value", [0, -0.1, 1.01, True, math.nan, math.inf, "half", "0.5"])
def test_a_rate_that_cannot_work_is_refused(value):
    with pytest.raises(BudgetError, match="rate is"):
        laconic.Compressor(rate=value)


def test_a_budget_error_is_a_value_error():
    with pytest.raises(ValueError, match="max_tokens"):
        laconic.Compressor(max_tokens=0)


def test_of_both_budgets_the_tighter_one_holds():
    tight = laconic.compress(TEXT, "Paris", max_tokens=8)
    assert laconic.compress(TEXT, "Paris", max_tokens=8, rate=1.0).text == tight.text
    assert laconic.compress(TEXT, "Paris", max_tokens=10_000, rate=0.4).metrics.compressed_tokens <= 9


def test_without_a_budget_the_default_applies():
    long = [f"{TEXT} Also number {n}." for n in range(50)]
    result = laconic.compress(long, "How high is it?")
    assert 0 < result.metrics.compressed_tokens < result.metrics.original_tokens


def test_a_budget_larger_than_the_input_changes_nothing():
    result = laconic.compress([TEXT, " \n"], "Paris", max_tokens=10**9)
    assert result.text == TEXT + "\n\n \n"
    assert result.savings_percent == 0.0
    assert result.compression_ratio == 1.0


def test_empty_passages_are_an_empty_result():
    for nothing in ([], "", [""]):
        result = laconic.compress(nothing, "q", max_tokens=5)
        assert (result.text, result.dropped, result.savings_percent) == ("", (), 0.0)


def test_blank_passages_are_dropped_as_blank_when_space_is_short():
    result = laconic.compress(["   \n\t ", TEXT], "Paris", max_tokens=8)
    assert [(piece.index, piece.reason) for piece in result.dropped if piece.reason == "blank"] == [(0, "blank")]
    assert [part.index for part in result.passages] == [1]


@pytest.mark.parametrize(
    ("passages", "message"),
    [
        (None, "NoneType"),
        (b"bytes", "bytes"),
        ({"text": "a dict, not a list of them"}, "dict"),
        (7, "int"),
        ([None], r"passages\[0\].*NoneType"),
        (["fine", b"\xff\xfe"], r"passages\[1\].*bytes"),
        ([{"title": "no text"}], r"passages\[0\].*'text'"),
        ([{"text": None}], r"passages\[0\].*NoneType"),
        ([{"text": "x", "colour": "red"}], r"passages\[0\].*'colour'"),
        (["fine", "broken \ud800 half"], r"passages\[1\].*surrogate.*character 7"),
    ],
)
def test_what_is_no_text_is_refused_by_name(passages, message):
    with pytest.raises(InputError, match=message):
        laconic.compress(passages, "q", max_tokens=5)


def test_a_query_that_is_no_text_is_refused():
    with pytest.raises(InputError, match="query is a int"):
        laconic.compress(TEXT, 7, max_tokens=5)
    with pytest.raises(InputError, match=r"query\[0\]"):
        laconic.compress(TEXT, [7], max_tokens=5)
    with pytest.raises(InputError, match="query holds a lone surrogate"):
        laconic.compress(TEXT, "\udfff", max_tokens=5)


def test_nul_and_control_characters_are_text():
    text = "A\x00B is here. " + TEXT
    assert laconic.compress(text, "A\x00B", max_tokens=100).text == text
    assert "\x00" in laconic.compress(text, "A\x00B here", max_tokens=8).text


def test_two_megabytes_on_one_line():
    text = TEXT.replace("\n", " ") * (2_000_000 // len(TEXT))
    result = laconic.compress(text, "How high is the tower?", max_tokens=500)
    assert 0 < result.metrics.compressed_tokens <= 500


def test_memory_grows_with_the_text_and_no_faster():
    laconic.compress(TEXT * 10, "How high is the tower?", max_tokens=50)
    peaks = []
    for size in (200_000, 800_000):
        text = TEXT * (size // len(TEXT))
        tracemalloc.start()
        laconic.compress(text, "How high is the tower?", max_tokens=500)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 6 * peaks[0]
    assert peaks[1] < 200 * 800_000


@pytest.mark.parametrize("char", ["a", " ", "中", "\n", "🏗️", "́"])
def test_a_megabyte_of_one_character_is_no_trap(char):
    text = char * (1_000_000 // len(char))
    result = laconic.compress(["start. " + text, TEXT], "How high?", max_tokens=50)
    assert 0 < result.metrics.compressed_tokens <= 50


@pytest.mark.parametrize("text", ["\n" * 500_000, "-" * 300_000, "a" * 300_000 + "1", "<!--" * 50_000, "`" * 100_000])
def test_text_that_makes_patterns_backtrack_takes_seconds(text):
    began = time.perf_counter()
    laconic.compress([text, TEXT], "How high?", max_tokens=50)
    assert time.perf_counter() - began < 60, "it takes about a second; quadratic patterns take minutes"


def test_an_endless_sentence_is_cut_at_clauses_and_words():
    words = ", ".join(f"clause number {n} of the endless sentence" for n in range(400))
    result = laconic.compress(words, "clause number 350", max_tokens=100)
    assert "number 350" in result.text
    for part in result.passages:
        for start, end in part.spans:
            assert start == 0 or not (words[start - 1].isalnum() and words[start].isalnum())
            assert end == len(words) or not (words[end - 1].isalnum() and words[end].isalnum())


@pytest.mark.parametrize("max_tokens", [1, 2, 3, 4])
def test_a_budget_below_the_smallest_segment_cuts_the_best_one_between_words(max_tokens):
    result = laconic.compress([TEXT], "What is it made of?", max_tokens=max_tokens)
    assert result.text
    assert "It is made of iron.".startswith(result.text)
    assert counter_for("gpt-4o").count(result.text) <= max_tokens
    assert result.dropped


def test_a_budget_below_one_word_leaves_nothing_and_says_so():
    result = laconic.compress("Donaudampfschifffahrtsgesellschaft überall", "x", max_tokens=1)
    assert result.text == ""
    assert [piece.reason for piece in result.dropped] == ["budget"]
    assert result.compression_ratio == math.inf


def test_duplicate_ids_stay_apart_by_index():
    result = laconic.compress([{"text": TEXT, "id": "a"}, {"text": TEXT + " More here.", "id": "a"}], max_tokens=100)
    assert [(part.index, part.id) for part in result.passages] == [(0, "a"), (1, "a")]


def test_a_query_longer_than_the_passages():
    result = laconic.compress(TEXT, "iron " * 5000, max_tokens=8)
    assert result.text == "It is made of iron."


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scorer": "magic"}, "'magic'.*'lexical'"),
        ({"scorer": object()}, "score()"),
        ({"counter": 3}, "token counter 3"),
        ({"counter": list}, "class"),
        ({"model": ""}, "model name ''"),
        ({"separator": 5}, "separator is 5"),
        ({"preserve": "one string"}, "preserve is 'one string'"),
        ({"preserve": ["ok", " "]}, "blank"),
    ],
)
def test_options_that_cannot_work_are_refused_at_construction(options, message):
    with pytest.raises(ConfigurationError, match=message):
        laconic.Compressor(**options)


def test_unknown_options_are_refused():
    with pytest.raises(TypeError, match="max_token"):
        laconic.compress(TEXT, "q", max_token=5)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ConfigurationError, match=r"'poem'.*prose"):
        laconic.compress([{"text": TEXT, "kind": "poem"}], "q", max_tokens=5)


@pytest.mark.parametrize("answer", [-1, 1.5, None, True])
def test_a_counter_that_gives_no_count_is_refused(answer):
    with pytest.raises(ConfigurationError, match="<lambda> returned"):
        laconic.compress(TEXT, "q", max_tokens=5, counter=lambda text: answer)
