"""Counts of a call: planned costs add up, and the sum over parts is the count of the whole."""

from __future__ import annotations

import strategies as s
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.compressor.counting import Counting
from laconic.segment.prose import ProseSegmenter
from laconic.tokens import counter_for
from laconic.types import Passage

COUNTER = counter_for("gpt-4o")


class OnlyCounts:
    """The same counter, without the short cuts that knowing where tokens end allows."""

    def count(self, text):
        return COUNTER.count(text)


class NotAscii(str):
    """Text that takes the long way."""

    def isascii(self):
        return False


def cut(texts):
    passages, segments, bounds = [Passage(text) for text in texts], [], []
    for index, passage in enumerate(passages):
        first = len(segments)
        segments += ProseSegmenter().segment(passage, index, first)
        bounds.append((first, len(segments)))
    return passages, segments, bounds


@given(st.lists(s.texts, max_size=4), s.separators)
@settings(max_examples=200, deadline=None)
def test_joined_is_the_count_of_the_joined_text(texts, separator):
    counting = Counting([], COUNTER, separator)
    if separator is None:
        assert counting.joined(texts) == sum(map(COUNTER.count, texts))
    else:
        assert counting.joined(texts) == COUNTER.count(separator.join(texts))


@given(st.lists(s.texts, max_size=4), s.separators)
@settings(max_examples=100, deadline=None)
def test_the_input_is_counted_as_it_will_be_sent(texts, separator):
    passages, _, _ = cut(texts)
    exact = Counting(passages, OnlyCounts(), separator).original_tokens
    assert Counting(passages, COUNTER, separator).original_tokens == exact


@given(st.lists(s.texts.map(lambda text: text.encode("ascii", "ignore").decode()), max_size=4), s.separators)
@settings(max_examples=200, deadline=None)
def test_the_short_cut_for_ascii_plans_as_the_long_way(texts, separator):
    passages, segments, bounds = cut(texts)
    short = Counting(passages, COUNTER, separator).costs(segments, bounds)
    long = Counting([Passage(NotAscii(passage.text)) for passage in passages], COUNTER, separator)
    assert short == long.costs(segments, bounds)


@given(st.lists(s.structured_text, min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_planned_costs_come_to_about_the_whole(texts):
    passages, segments, bounds = cut(texts)
    planned = sum(Counting(passages, COUNTER, None).costs(segments, bounds))
    whole = sum(map(COUNTER.count, texts))
    assert abs(planned - whole) <= 2 + len(segments) + 0.1 * whole
