"""Back ends of the store of what was cut: one set of laws for all of them, and what outlives a process."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import laconic
from laconic.chain import cuts
from laconic.chain.cuts import TOOL_NAME, CutStore, mark
from laconic.chain.omissions import Units
from laconic.chain.stores import MemoryCuts, SQLiteCuts
from laconic.exceptions import ConfigurationError
from laconic.types import Passage


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture(params=["memory", "sqlite"])
def backend(request, tmp_path):
    if request.param == "memory":
        yield MemoryCuts()
    else:
        cuts = SQLiteCuts(tmp_path / "cuts.db")
        yield cuts
        cuts.close()


def text(letter, size=60):
    return [Passage(letter * size)]


def test_what_is_put_comes_back(backend):
    store = CutStore(backend)
    passages = [
        Passage("One: 1 & “zwei” 塔\0\n", id="a", title="T", source="x.py", kind="prose", language="en"),
        Passage("Two."),
    ]
    handle = store.put(passages)
    assert store.get(handle) == tuple(passages)
    assert store.put(passages) == handle == CutStore().put(passages)
    assert len(store) == 1
    with pytest.raises(KeyError):
        store.get("nothing")
    store.delete(handle)
    store.delete(handle)
    assert "Nothing is kept" in store.expand(handle)
    store.put(passages)
    store.clear()
    assert len(store) == 0


def test_the_longest_unused_makes_room(backend):
    store = CutStore(backend, max_chars=150)
    a, b = store.put(text("a")), store.put(text("b"))
    store.get(a)
    c = store.put(text("c"))
    assert [len(store), bool(store.get(a)), bool(store.get(c))] == [2, True, True]
    with pytest.raises(KeyError):
        store.get(b)
    assert store.put(text("d", 151)) is None


def test_what_is_old_is_forgotten_and_what_is_put_again_is_not(backend):
    clock = Clock()
    store = CutStore(backend, ttl=10, clock=clock)
    a, b = store.put(text("a")), store.put(text("b"))
    clock.now += 8
    assert store.put(text("a")) == a
    clock.now += 8
    assert store.get(a)
    with pytest.raises(KeyError):
        store.get(b)
    clock.now += 8
    store.put(text("c"))
    assert len(store) == 1, "nobody needs to ask for what is old"


def test_a_hook_redacts_what_is_stored(backend):
    store = CutStore(backend, redact=lambda value: value.replace("secret", "…"))
    handle = store.put([Passage("A secret is here.", title="secret")])
    assert store.get(handle) == (Passage("A … is here.", title="…"),)
    assert backend.read(handle).record.count("secret") == 0

    def refuse(value):
        raise ValueError("not to be stored")

    with pytest.raises(ValueError, match="not to be stored"):
        CutStore(backend, redact=refuse).put(text("x"))
    assert len(backend) == 1


def test_texts_whose_handles_begin_alike_are_told_apart(backend, monkeypatch):
    """A short handle is a part of a digest; the second text with the same one gets more of its own."""
    monkeypatch.setattr(cuts, "_HANDLE_LENGTHS", (1, 64))
    store = CutStore(backend)
    handles = {letter: store.put(text(letter)) for letter in map(chr, range(97, 123))}
    assert len(set(handles.values())) == 26
    assert {len(handle) for handle in handles.values()} == {1, 64}
    for letter, handle in handles.items():
        assert store.get(handle) == tuple(text(letter))
        assert store.put(text(letter)) == handle


def test_threads_share_a_back_end(backend):
    store = CutStore(backend, max_chars=3000)

    def work(number):
        passages = [Passage(f"{number} " * 50)]
        return CutStore(backend, max_chars=3000).put(passages) == CutStore().put(passages)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(60)))
    assert 0 < len(store) <= 3000 // 100


@pytest.mark.parametrize("options", [{"ttl": 0}, {"ttl": True}, {"ttl": "1"}, {"max_chars": 0}])
def test_bad_bounds_are_refused(options):
    with pytest.raises(ValueError, match="must be"):
        CutStore(**options)


def test_a_file_outlives_the_process_and_is_shared_with_others(tmp_path):
    path = tmp_path / "cuts.db"
    store = CutStore(SQLiteCuts(path))
    handle = store.put(text("a"))
    code = (
        "import sys; from laconic.chain.cuts import CutStore; from laconic.chain.stores import SQLiteCuts\n"
        "from laconic.types import Passage\n"
        "store = CutStore(SQLiteCuts(sys.argv[1]))\n"
        "print(store.expand(sys.argv[2])); print(store.put([Passage('from another worker')]))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, str(path), handle], capture_output=True, text=True, check=True, env=environment()
    )
    first, second = found.stdout.split("\n")[:2]
    assert first == "a" * 60
    assert store.expand(second) == "from another worker"
    again = pickle.loads(pickle.dumps(store))  # noqa: S301 - our own bytes
    assert again.expand(handle) == "a" * 60
    store.backend.close()
    assert store.expand(handle) == "a" * 60, "opened again"
    for each in (store, again):
        each.backend.close()
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        SQLiteCuts(tmp_path / "no" / "such" / "folder.db")


def environment():
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


# -- how much was left out --------------------------------------------------------------------------------------------

ROWS = "name,port\n" + "".join(f"service {n},{8000 + n}\n" for n in range(40))
PROSE = " ".join(f"Sentence number {n} is about the thing {n}." for n in range(20))
JSON = "[" + ",\n".join(f'{{"id": {n}, "name": "thing {n}", "open": true}}' for n in range(30)) + "]"
LOG = "".join(f"2024-05-01 10:{n:02}:07 INFO gateway: port {8000 + n} opened\n" for n in range(30))


@pytest.mark.parametrize(
    ("whole", "noun", "count"),
    [(ROWS, "rows", 40), (PROSE, "sentences", 20), (JSON, "records", 30), (LOG, "lines", 30)],
)
def test_the_line_says_how_much_was_left_out(whole, noun, count):
    passages = [Passage(whole)]
    engine = laconic.Compressor(max_tokens=120)

    def compress(room):
        return engine.compress(passages, "What of 7?", max_tokens=room)

    result = engine.compress(passages, "What of 7?")
    marked = mark(result, passages, None, engine, compress, omissions=True)
    body, line = marked.text.rsplit("\n", 1)
    kept = sum(each in body for each in whole.strip().split("\n")) if noun == "rows" else None
    left, of = (int(word) for word in line.strip("[]").split() if word.isdigit())
    assert line == f"[{left} of {of} {noun} left out]"
    assert of == count
    assert 0 < left < count
    if kept is not None:
        assert left == count - (kept - 1), "the header is no row"
    assert engine.counter.count(marked.text) == marked.metrics.compressed_tokens <= 120
    both = mark(result, passages, CutStore(), engine, compress, omissions=True)
    assert f'{noun} left out: {TOOL_NAME}("' in both.text
    assert Units(passages).omitted(laconic.compress(passages, max_tokens=100_000)) is None


@settings(max_examples=40, deadline=None)
@given(
    budget=st.integers(1, 200),
    texts=st.lists(st.sampled_from([ROWS, PROSE, JSON, LOG, " ", "x"]), min_size=1, max_size=3),
)
def test_the_line_is_in_the_budget_whatever_is_cut(budget, texts):
    passages = list(map(Passage, texts))
    engine = laconic.Compressor(max_tokens=budget)
    result = engine.compress(passages, "Which words?")
    marked = mark(
        result,
        passages,
        None,
        engine,
        lambda room: engine.compress(passages, "Which words?", max_tokens=room),
        omissions=True,
    )
    assert engine.counter.count(marked.text) == marked.metrics.compressed_tokens <= budget
    for part in marked.passages:
        assert part.text.startswith("".join(part.original[start:end] for start, end in part.spans))
