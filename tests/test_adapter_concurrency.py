"""One instance, 64 threads and 64 tasks: the same answers as alone, and nothing left behind."""

from __future__ import annotations

import asyncio
import gc
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip("langchain_core")
pytest.importorskip("llama_index.core")

from langchain_core.documents import Document
from llama_index.core.schema import NodeWithScore, TextNode

from laconic.chain.cuts import CutStore
from laconic.chain.testing import SAMPLE
from langchain_laconic import LaconicCompressor
from llama_index.postprocessor.laconic import LaconicPostprocessor

QUESTIONS = ["How high is the tower?", "How long is the bridge?", "When does the tower open?", "How many steps?"] * 16


class LangChainSide:
    def __init__(self, **options):
        self.adapter = LaconicCompressor(max_tokens=40, **options)
        self.items = [Document(text, id=name) for name, text, _ in SAMPLE]

    def call(self, question):
        return self.adapter.compress_documents(self.items, question)

    async def acall(self, question):
        return await self.adapter.acompress_documents(self.items, question)


class LlamaIndexSide:
    def __init__(self, **options):
        self.adapter = LaconicPostprocessor(max_tokens=40, **options)
        self.items = [NodeWithScore(node=TextNode(id_=name, text=text), score=0.5) for name, text, _ in SAMPLE]

    def call(self, question):
        return [item.node.text for item in self.adapter.postprocess_nodes(self.items, query_str=question)]

    async def acall(self, question):
        found = await self.adapter.apostprocess_nodes(self.items, query_str=question)
        return [item.node.text for item in found]


@pytest.fixture(params=[LangChainSide, LlamaIndexSide], ids=["langchain", "llama_index"])
def side(request):
    return request.param


def test_64_threads(side):
    shared = side()
    expected = [side().call(question) for question in QUESTIONS[:4]] * 16
    together = threading.Barrier(64)

    def work(question):
        together.wait(timeout=30)
        return shared.call(question)

    with ThreadPoolExecutor(64) as pool:
        assert list(pool.map(work, QUESTIONS)) == expected


async def test_64_tasks(side):
    shared = side()
    expected = [side().call(question) for question in QUESTIONS[:4]] * 16
    found = await asyncio.gather(*(shared.acall(question) for question in QUESTIONS))
    assert list(found) == expected


async def test_cancelled_tasks_leave_nothing_behind(side):
    shared = side()
    for _ in range(8):
        tasks = [asyncio.create_task(shared.acall(question)) for question in QUESTIONS[:8]]
        await asyncio.sleep(0.001)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert await shared.acall(QUESTIONS[0]) == side().call(QUESTIONS[0])


def test_calls_leave_nothing_behind(side):
    shared = side(expand=CutStore(max_chars=5000))
    for question in QUESTIONS[:8]:
        shared.call(question)
    gc.collect()
    before = len(gc.get_objects())
    for question in QUESTIONS[:32]:
        shared.call(question)
    gc.collect()
    assert len(gc.get_objects()) < before + 320, "fewer than 10 for each of 32 further calls"


def test_options_may_change_while_calls_run(side):
    """A changed option holds for calls that begin after it; the others end with the options that they began with."""
    shared = side()
    short = side().call(QUESTIONS[0])
    other = side()
    other.adapter.max_tokens = 80
    long = other.call(QUESTIONS[0])
    stop = threading.Event()
    seen = []

    def work():
        while not stop.is_set():
            seen.append(shared.call(QUESTIONS[0]))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        shared.adapter.max_tokens = 80
        shared.adapter.max_tokens = 40
    stop.set()
    for thread in threads:
        thread.join()
    assert seen
    assert all(found in (short, long) for found in seen)
