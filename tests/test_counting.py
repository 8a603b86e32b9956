"""The counts of one call against counting everything afresh."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic._utils.remembered import caches, clear_caches
from laconic.core.counting import Counting
from laconic.tokens import FunctionCounter, TiktokenCounter
from laconic.tokens.parts import countable_parts
from laconic.types import Passage, Segment

ENCODINGS = ("o200k_base", "cl100k_base")

# What pre-tokenizers treat differently: letters of several scripts, contractions, digits, marks, kinds of white space.
LETTERS = ("a", "The", "it's", "IBM", "été", "塔", "がき", "मी", "12", "1234")
MARKS = (".", '."', ",", "(", "--", "/", "'s", "’s", "_", "\u200b", "\u0301", "👩\u200d👧")
SPACES = (" ", "  ", "\n", "\n\n", "\t", "\r\n", "\u00a0", "\u2009", "\x1f", " \n")
PIECES = st.sampled_from((*LETTERS, *MARKS, *SPACES))
TEXTS = st.lists(PIECES, max_size=12).map("".join)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("separator", ["\n\n", "\n", " ", "", " | ", "---", None])
@given(texts=st.lists(TEXTS, max_size=5))
@settings(max_examples=150, deadline=None)
def test_joined_is_the_count_of_the_joined_text(encoding: str, separator: str | None, texts: list[str]) -> None:
    counter = TiktokenCounter(encoding)
    counting = Counting([], counter, separator)
    for kept in (texts, texts[1:], [*texts, "The end."]):  # later calls find counts of earlier ones
        if separator is None:
            expected = sum(map(counter.count, kept))
        else:
            expected = counter.count(separator.join(kept))
        assert counting.joined(kept) == expected


@given(texts=st.lists(TEXTS, min_size=1, max_size=4), data=st.data())
@settings(max_examples=200, deadline=None)
def test_costs_add_up_to_the_tokens_of_the_passages(texts: list[str], data: st.DataObject) -> None:
    passages = [Passage(text) for text in texts]
    segments: list[Segment] = []
    bounds: list[tuple[int, int]] = []
    for index, text in enumerate(texts):
        cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=4)))
        first = len(segments)
        segments += [Segment(index, start, end) for start, end in pairwise(cuts)]
        bounds.append((first, len(segments)))
    counter = TiktokenCounter("o200k_base")
    separator = data.draw(st.sampled_from([None, "\n\n"]))
    costs = Counting(passages, counter, separator).costs(segments, bounds)
    # The slow reference: where each token ends, looked up one by one.
    own = counter.token_ends((separator or "").join(texts)).tolist() if separator else None
    begin = 0
    for index, (first, end) in enumerate(bounds):
        size = len(texts[index].encode())
        ends = counter.token_ends(texts[index]).tolist() if own is None else [e - begin for e in own if e > begin]
        begin += size + len(separator or "")
        for at in range(first, end):
            start, stop = (len(texts[index][:cut].encode()) for cut in (segments[at].start, segments[at].end))
            if at == first or segments[at - 1].end == segments[at].start:
                assert costs[at] == max(1, sum(start < e <= stop for e in ends))


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(texts=st.lists(TEXTS, max_size=12), line=st.sampled_from([". ", "\n", "\r\n", "\n/", "\r", ".\n  /", "\n\r"]))
@settings(max_examples=300, deadline=None)
def test_counts_of_parts_add_up(encoding: str, texts: list[str], line: str) -> None:
    text = line.join(texts) + "long enough to be cut at sentences" * 3 + line + line.join(texts)
    parts = countable_parts(text)
    assert "".join(parts) == text
    counter = TiktokenCounter(encoding)
    assert sum(map(counter.count, parts)) == counter.count(text)


def test_any_other_counter_is_asked_for_each_part() -> None:
    asked: list[str] = []

    def count(text: str) -> int:
        asked.append(text)
        return len(text)

    counting = Counting([Passage("one two"), Passage("")], FunctionCounter(count), "\n")
    assert counting.costs([Segment(0, 0, 3), Segment(0, 4, 7)], [(0, 2), (2, 2)]) == [3, 4]
    assert asked == ["one", " two"]
    assert counting.joined(["one", "two"]) == 7


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("separator", ["\n\n", "\n", " ", "", "\n/", None])
@given(texts=st.lists(TEXTS, min_size=1, max_size=5), head=st.sampled_from(("", "a.py", "# a\n")))
@settings(max_examples=100, deadline=None)
def test_what_a_call_knows_of_a_text_is_what_the_text_alone_says(
    encoding: str, separator: str | None, texts: list[str], head: str
) -> None:
    counter = TiktokenCounter(encoding)
    counting = Counting([Passage(text, head=head) for text in texts], counter, separator)
    for index, text in enumerate(texts):
        clear_caches()
        counting.know_ends(index)
        found = counter.token_ends(text).tolist()
        clear_caches()
        assert found == counter.token_ends(text).tolist()


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("before", [0, 7000, 15_000])
@pytest.mark.parametrize("run", [9000, 15_000, 31_000])
def test_a_call_tells_nothing_false_of_long_runs(encoding: str, before: int, run: int) -> None:
    draw = random.Random(run)
    counter = TiktokenCounter(encoding)
    texts = ["".join(draw.choices("abcXYZ0189", k=size)) for size in (before, run)]
    texts[1] = f"key = '{texts[1]}'\nx = 1"
    counting = Counting([Passage(text) for text in (*texts, "y = 2")], counter, "\n\n")
    for index, text in enumerate(texts):
        clear_caches()
        counting.know_ends(index)
        found = counter.token_ends(text).tolist()
        clear_caches()
        assert found == counter.token_ends(text).tolist()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_call_tells_where_the_tokens_of_its_functions_end(encoding: str) -> None:
    counter = TiktokenCounter(encoding)
    texts = ["def paint(self):\n    return self.brush(60)", "@cached\ndef wait():\n    sleep(['a'])\n", "x = {}"]
    counting = Counting([Passage(text) for text in texts], counter, "\n\n")
    assert counting.original_tokens
    clear_caches()
    for index in range(len(texts)):
        counting.know_ends(index)
    told = caches()[f"laconic.tokens.counters.token_ends {encoding}"]
    for text in texts:
        counter.token_ends(text)
    assert caches()[f"laconic.tokens.counters.token_ends {encoding}"] == told
