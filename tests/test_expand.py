"""The store of what was cut: bounded, deterministic, never a dangling handle of its own making."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import laconic
from laconic.chain.cuts import CutStore, mark
from laconic.types import Passage


def test_handles_are_made_of_the_text():
    passages = [Passage("One."), Passage("Two.")]
    handle = CutStore().put(passages)
    assert handle == CutStore().put(passages)
    assert handle != CutStore().put(passages[:1])
    store = CutStore()
    assert store.put(passages) == handle
    assert store.get(handle) == tuple(passages)
    assert store.expand(f' "{handle}" ') == "One.\n\nTwo."


def test_the_store_is_bounded():
    store = CutStore(max_chars=100)
    first = store.put([Passage("a" * 60)])
    second = store.put([Passage("b" * 30)])
    store.get(first)
    third = store.put([Passage("c" * 30)])
    assert len(store) == 2
    assert store.get(first)
    assert store.get(third)
    with pytest.raises(KeyError):
        store.get(second)
    assert store.put([Passage("d" * 101)]) is None
    assert "not" not in store.expand(third)
    assert "Nothing is kept" in store.expand(second)


@pytest.mark.parametrize("options", [{"max_chars": 0}, {"max_chars": True}, {"max_tokens": 0}])
def test_bad_bounds_are_refused(options):
    with pytest.raises(ValueError, match="must be a whole number"):
        CutStore(**options)


def test_a_pickled_store_arrives_empty():
    store = CutStore(max_chars=5000, max_tokens=7)
    store.put([Passage("One.")])
    again = pickle.loads(pickle.dumps(store))  # noqa: S301 - our own bytes
    assert (len(again), again.max_chars, again.max_tokens) == (0, 5000, 7)


def laid_by(store, text):
    """Whether the store has a text, by the handle that it has everywhere."""
    return "Nothing is kept" not in store.expand(CutStore().put([Passage(text)]))


def test_threads_share_a_store():
    store = CutStore(max_chars=2000)

    def work(number):
        text = f"{number} " * 50
        handle = store.put([Passage(text)])
        return store.expand(handle) == text or "Nothing is kept" in store.expand(handle)

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(work, range(200)))
    left = [number for number in range(200) if laid_by(store, f"{number} " * 50)]
    assert len(left) == len(store)
    assert 0 < sum(len(f"{number} " * 50) for number in left) <= 2000


@settings(max_examples=40, deadline=None)
@given(budget=st.integers(1, 120), count=st.integers(1, 5))
def test_the_line_is_within_the_budget_and_never_makes_text_longer(budget, count):
    passages = [
        Passage(f"Sentence {n} of the text. It has a few words. Some more of them follow.") for n in range(count)
    ]
    engine = laconic.Compressor(max_tokens=budget)

    def compress(room):
        return engine.compress(passages, "Which words?", max_tokens=room)

    result = engine.compress(passages, "Which words?")
    marked = mark(result, passages, CutStore(), engine, compress)
    assert engine.counter.count(marked.text) == marked.metrics.compressed_tokens <= budget
    assert marked.metrics.compressed_tokens <= marked.metrics.original_tokens
    if not result.dropped:
        assert marked is result
    for part in marked.passages:
        assert part.text.startswith("".join(part.original[start:end] for start, end in part.spans))


@pytest.mark.parametrize("head", ["", "source: a file with a long name.txt\n"])
@pytest.mark.parametrize("separator", ["\n\n", None])
@pytest.mark.parametrize("limit", [{"max_tokens": 120}, {"rate": 0.4}])
def test_room_for_the_line_is_made_in_one_go(limit, separator, head):
    passages = [
        Passage(" ".join(f"Sentence {n} of part {part} is about {n * part} words." for n in range(20)), head=head)
        for part in range(3)
    ]
    engine = laconic.Compressor(separator=separator, **limit)
    result = engine.compress(passages, "Which part is about 34 words?")
    rooms = []

    def compress(room):
        rooms.append(room)
        return engine.compress(passages, "Which part is about 34 words?", max_tokens=room)

    store = CutStore()
    marked = mark(result, passages, store, engine, compress)
    assert len(rooms) <= 1
    assert 0.85 * result.metrics.budget_tokens < marked.metrics.compressed_tokens <= result.metrics.budget_tokens
    handle = marked.text.rsplit('"', 2)[1]
    assert store.expand(handle, "Which part is about 34 words?").count("source:") == 0
    finals = [head + part.text for part in marked.passages]
    count = engine.counter.count
    assert marked.metrics.compressed_tokens == (
        sum(map(count, finals)) if separator is None else count(separator.join(finals))
    )


def test_a_budget_without_room_for_the_line_has_none():
    passages = [Passage("One sentence. Another sentence. A third one of more words than that.")]
    engine = laconic.Compressor(max_tokens=5)
    result = engine.compress(passages, "Which words?")
    assert mark(result, passages, CutStore(), engine, lambda room: engine.compress(passages, max_tokens=room)) is result
