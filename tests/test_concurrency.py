"""64 threads, 64 tasks, forked and spawned processes answer as one caller does, doors and instances shared."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import partial

import pytest

pytest.importorskip("tree_sitter")

from concurrent_calls import CALLS, answer

import laconic
from laconic._utils import remembered
from laconic._utils.lazy import once
from laconic._utils.locks import ForkLock
from laconic._utils.remembered import Remembered
from laconic.chain.stores import Cut, MemoryCuts
from laconic.project import ProjectIndex

FORKS = "fork" in multiprocessing.get_all_start_methods()


@pytest.fixture(scope="module")
def serial():
    laconic.clear_caches()
    return [answer(call) for call in CALLS]


def test_threads(serial):
    """Each thread begins elsewhere, with empty caches, so that all doors fill them at once."""
    laconic.clear_caches()
    together = threading.Barrier(64)

    def work(first):
        together.wait()
        order = [*range(first, len(CALLS)), *range(first)][::8]
        return [(at, answer(CALLS[at])) for at in order]

    with ThreadPoolExecutor(64) as pool:
        for found in pool.map(work, [at % len(CALLS) for at in range(64)]):
            assert found == [(at, serial[at]) for at, _ in found]


def test_threads_while_caches_are_cleared(serial):
    stop = threading.Event()

    def clear():
        while not stop.wait(0.001):
            laconic.clear_caches()

    clearing = threading.Thread(target=clear)
    clearing.start()
    try:
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(answer, CALLS)) == serial
    finally:
        stop.set()
        clearing.join()


def test_tasks():
    engine = laconic.Compressor(max_tokens=25)
    text = " ".join(f"Pump {at} stands in hall {at + 2}. Bela repairs pump {at}." for at in range(12))
    queries = [f"Who repairs pump {at % 12}?" for at in range(64)]

    async def all_of_them():
        return await asyncio.gather(*(engine.acompress(text, query) for query in queries))

    alone = [engine.compress(text, query) for query in queries]
    assert asyncio.run(all_of_them()) == alone


@pytest.mark.parametrize("method", [m for m in ("fork", "spawn") if m in multiprocessing.get_all_start_methods()])
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_processes(serial, method):
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
        assert list(pool.map(answer, CALLS, chunksize=len(CALLS) // 2)) == serial


# -- forked in the middle of it ---------------------------------------------------------------------------------------


def in_a_child(work, seconds=60):
    """Whether what runs in a forked child is true; a child that hangs is ended."""
    child = os.fork()
    if not child:
        code = 1
        try:
            signal.alarm(seconds)
            code = 0 if work() else 2
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1] == 0


@contextmanager
def held(lock):
    """The lock held by another thread."""
    taken, let_go = threading.Event(), threading.Event()

    def hold():
        with lock:
            taken.set()
            let_go.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    taken.wait()
    try:
        yield
    finally:
        let_go.set()
        thread.join()


needs_fork = pytest.mark.skipif(not FORKS, reason="no fork here")
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")


@needs_fork
def test_a_child_takes_a_lock_that_another_thread_held():
    class Owner:
        spoilt = False

        def __init__(self):
            self.lock = ForkLock(self.spoil)

        def spoil(self):
            self.spoilt = True

    owner, free = Owner(), Owner()

    def work():
        with owner.lock, free.lock:
            return owner.spoilt and not free.spoilt

    with held(owner.lock):
        assert in_a_child(work, 10)
    assert not owner.spoilt


@needs_fork
def test_a_lock_may_be_taken_again_by_its_thread_and_in_a_child_that_it_forks():
    lock = ForkLock(reentrant=True)

    def taken():
        with lock, lock:
            return True

    with lock:
        assert in_a_child(taken, 10)
    with held(lock):
        assert in_a_child(taken, 10)


@needs_fork
def test_a_child_stores_where_another_thread_was_storing():
    cuts, cut = MemoryCuts(), Cut("a", "{}", 7, 0.0)
    with held(cuts._lock):
        cuts._cuts["a"] = cut  # as far as the other thread had come
        assert in_a_child(lambda: cuts.trim(7) is None and cuts.read("a") == cut, 10)
        assert in_a_child(lambda: cuts.trim(6) is None and cuts.read("a") is None, 10)


@needs_fork
@pytest.mark.parametrize("asking", ["between questions", "while this thread asks", "while another thread asks"])
def test_a_child_asks_an_index_that_its_parent_opened(tmp_path, asking):
    (tmp_path / "a.py").write_text("def settle_invoice(amount):\n    return amount\n")
    with ProjectIndex.build(tmp_path) as index:
        expected = index.search("settle invoice")
        asks = {
            "between questions": nullcontext,
            "while this thread asks": index.snapshot,
            "while another thread asks": partial(held, index._lock),
        }
        with asks[asking]():
            assert in_a_child(lambda: index.search("settle invoice") == expected and index.close() is None, 10)
            assert in_a_child(lambda: index.statistics() == ProjectIndex.open(tmp_path).statistics(), 10)
        (tmp_path / "a.py").write_text("def settle_bill(amount):\n    return amount\n")
        index.update()
        assert index.search("settle bill") != expected


@needs_fork
def test_a_child_reads_where_another_thread_was_writing(monkeypatch):
    monkeypatch.setattr(remembered, "_ALL", {})  # one that no page lists
    known = Remembered(len, name="test fork")
    known("abc")
    with held(known._lock):
        assert in_a_child(lambda: len(known) == 0 and known("abcd") == 4 and len(known) == 1, 10)
    assert len(known) == 1


@needs_fork
def test_a_child_scores_where_another_thread_was_adding_words(serial):
    from laconic.score.evidence import EvidenceScorer

    scorer = EvidenceScorer.shared()
    answer(CALLS[0])
    with held(scorer._lexicons.of(())._lock):
        assert in_a_child(lambda: answer(CALLS[0]) == serial[0])


@needs_fork
def test_a_child_makes_what_another_thread_was_making():
    begun, go_on = threading.Event(), threading.Event()

    @once
    def make():
        if threading.current_thread() is not threading.main_thread():
            begun.set()
            go_on.wait()
        return 7

    thread = threading.Thread(target=make)
    thread.start()
    begun.wait()
    assert in_a_child(lambda: make() == 7, 10)
    go_on.set()
    thread.join()


@pytest.mark.skipif(not hasattr(sys, "_is_gil_enabled"), reason="this Python has one lock for all threads")
def test_a_free_threaded_build_stays_one():
    """Loading laconic must not switch the lock of the interpreter on again; the tests above run without it then."""
    import sysconfig

    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        assert not sys._is_gil_enabled()
