"""Strategies by name and by object, in both adapters, with the caller's own embeddings and token counters."""

from __future__ import annotations

import hashlib
import math

import pytest

import laconic
from laconic.chain.strategies import STRATEGIES, strategy_for
from laconic.chain.testing import QUESTION, SAMPLE
from laconic.exceptions import ConfigurationError
from laconic.pipeline import Pipeline

pytest.importorskip("langchain_core")
pytest.importorskip("llama_index.core")

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.schema import NodeWithScore, TextNode

from langchain_laconic import LaconicCompressor
from langchain_laconic.testing import DocumentCompressorContract
from llama_index.postprocessor.laconic import LaconicPostprocessor
from llama_index.postprocessor.laconic.testing import PostprocessorContract

CODE = '''"""Retries of a client."""


import time


class Client:
    """Talks to a server."""

    def __init__(self, retries: int = 3) -> None:
        self.retries = retries

    def fetch(self, path: str) -> str:
        """Fetch a path, with retries."""
        for attempt in range(self.retries):
            try:
                return self.get(path)
            except OSError:
                time.sleep(2**attempt)
        raise OSError(path)

    def get(self, path: str) -> str:
        """Fetch once."""
        return open(path).read()


def unrelated(values: list[int]) -> int:
    """Add numbers."""
    total = 0
    for value in values:
        total += value
    return total
'''


def documents():
    return [Document(text, id=name) for name, text, _ in SAMPLE]


def joined(found):
    return "\n\n".join(document.page_content for document in found)


def as_it_is(text):
    """A step that leaves all to the budget (at module level, or it could not be pickled)."""
    return text


class Failing:
    def compress(self, passages, query=None, *, max_tokens=None, rate=None):
        raise RuntimeError("engine is broken")


class TestPipelineInLangChain(DocumentCompressorContract):
    def adapter(self, **options):
        """A pipeline has no scorer, so the contract's bad one is refused as an option without use."""
        return LaconicCompressor(strategy=Pipeline([as_it_is]), **options)

    def test_failure_costs_no_context(self):
        found = LaconicCompressor(strategy=Failing()).compress_documents(self.documents(), QUESTION)
        assert self.view(found) == self.view(self.documents())

    def test_failure_can_keep_the_ceiling(self):
        step = LaconicCompressor(strategy=Failing(), max_tokens=20, on_error="truncate")
        found = step.compress_documents(self.documents(), QUESTION)
        assert 0 < self.tokens(found) <= 20
        assert self.documents()[0].page_content.startswith(found[0].page_content)

    def test_failure_can_be_raised(self):
        def fail(text):
            raise RuntimeError("step is broken")

        with pytest.raises(RuntimeError, match="step is broken"):
            LaconicCompressor(strategy=fail, on_error="raise").compress_documents(self.documents(), QUESTION)


class TestProseInLlamaIndex(PostprocessorContract):
    def adapter(self, **options):
        return LaconicPostprocessor(strategy="prose", **options)


@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_every_name_keeps_the_budget_in_both_adapters(name):
    if name in ("haste", "lod"):
        pytest.importorskip("tree_sitter_python")
        pytest.importorskip("rank_bm25")
    texts = [CODE, *(text for _, text, _ in SAMPLE)]
    docs = [
        Document(text, id=str(at), metadata={"source": "client.py" if not at else "x.md"})
        for at, text in enumerate(texts)
    ]
    nodes = [NodeWithScore(node=TextNode(text=d.page_content, id_=d.id, metadata=d.metadata), score=0.5) for d in docs]
    compressor = LaconicCompressor(strategy=name, max_tokens=120)
    found = compressor.compress_documents(docs, "How are retries counted?")
    assert 0 < compressor.engine.counter.count(joined(found)) <= 120
    assert found == compressor.compress_documents(docs, "How are retries counted?")
    again = LaconicPostprocessor(strategy=name, max_tokens=120).postprocess_nodes(
        nodes, query_str="How are retries counted?"
    )
    assert [item.node.text for item in again] == [document.page_content for document in found]
    if name in ("auto", "haste"):
        assert "for attempt in range(self.retries)" in joined(found)


def test_a_pipeline_by_its_own_name():
    pipeline = Pipeline([laconic.Compressor()])
    for adapter in (LaconicCompressor, LaconicPostprocessor):
        assert adapter(pipeline=pipeline).engine.strategy is pipeline
        with pytest.raises(ValueError, match="give one of them"):
            adapter(pipeline=pipeline, strategy="prose")


def test_a_recipe():
    from laconic.messages import MessagePipeline, load_recipe

    record = '{"rows": [' + ", ".join(f'{{"id": {n}, "name": "row {n}", "height": {n * 3}}}' for n in range(40)) + "]}"
    prose = SAMPLE[0][1]
    for strategy in (load_recipe("rag-qa"), MessagePipeline("rag-qa", mode="strict")):
        found = LaconicCompressor(strategy=strategy).compress_documents(
            [Document(record), Document(prose)], "What is the height of row 7?"
        )
        assert len(joined(found)) < len(record)
        assert '"row 7"' in joined(found)
        short = LaconicCompressor(strategy=strategy, max_tokens=40)
        assert short.engine.counter.count(joined(short.compress_documents([Document(record)], "row 7?"))) <= 40


def test_objects():
    class Mine:
        def compress(self, passages, query=None, *, max_tokens=None, rate=None):
            return laconic.compress(passages, query, max_tokens=max_tokens or 40)

    assert "330" in joined(LaconicCompressor(strategy=Mine()).compress_documents(documents(), QUESTION))
    small = LaconicCompressor(strategy=Mine(), max_tokens=12).compress_documents(documents(), QUESTION)
    assert 0 < len(joined(small)) < 80
    upper = LaconicCompressor(strategy=str.strip, rate=0.3).compress_documents(documents(), QUESTION)
    assert upper
    bound = LaconicCompressor(strategy=Mine()).bind(query=QUESTION, max_tokens=12).invoke(documents())
    assert bound == small


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strategy": "nonsense"}, "strategy 'nonsense' is not known: use one of 'auto'"),
        ({"strategy": 7}, "step"),
        ({"strategy": Pipeline}, "class"),
        ({"strategy": "semantic", "scorer": "lexical"}, "no use for scorer"),
        ({"strategy": "semantic", "recall": 0.9}, "promises no share"),
        ({"strategy": "semantic", "max_tokens": 0}, "max_tokens is 0"),
        ({"strategy": str.strip, "recall": 0.9}, "no use for recall"),
        ({"strategy": str.strip, "rate": "auto"}, "promises no share"),
        ({"strategy": str.strip, "max_tokens": 0}, "max_tokens is 0"),
        ({"strategy": "lod", "embeddings": object()}, "no use for embeddings"),
        ({"strategy": str.strip, "embeddings": object()}, "yourself"),
    ],
)
def test_what_cannot_work_is_refused_at_construction(options, message):
    for adapter in (LaconicCompressor, LaconicPostprocessor):
        with pytest.raises(ValueError, match=message):
            adapter(**options)


def vector(text):
    """Words hashed into 32 numbers."""
    found = [0.0] * 32
    for word in text.lower().split():
        found[hashlib.sha256(word.strip("?.,").encode()).digest()[0] % 32] += 1.0
    norm = math.sqrt(sum(value * value for value in found)) or 1.0
    return [value / norm for value in found]


class OwnEmbeddings(Embeddings):
    def __init__(self):
        self.asked = 0

    def embed_documents(self, texts):
        self.asked += len(texts)
        return [vector(text) for text in texts]

    def embed_query(self, text):
        self.asked += 1
        return vector(text)


class OwnLlamaEmbedding(BaseEmbedding):
    asked: int = 0

    def _get_query_embedding(self, query):
        self.asked += 1
        return vector(query)

    async def _aget_query_embedding(self, query):
        return self._get_query_embedding(query)

    def _get_text_embedding(self, text):
        self.asked += 1
        return vector(text)


@pytest.mark.parametrize("name", ["auto", "prose", "semantic"])
def test_the_callers_embeddings_are_used(name):
    embeddings = OwnEmbeddings()
    compressor = LaconicCompressor(strategy=name, embeddings=embeddings, max_tokens=60)
    assert "tower" in joined(compressor.compress_documents(documents(), QUESTION))
    assert embeddings.asked > 1
    theirs = OwnLlamaEmbedding()
    nodes = [NodeWithScore(node=TextNode(text=text, id_=name), score=0.5) for name, text, _ in SAMPLE]
    assert LaconicPostprocessor(strategy=name, embeddings=theirs, max_tokens=60).postprocess_nodes(
        nodes, query_str=QUESTION
    )
    assert theirs.asked > 1


def test_the_callers_counter_is_used_by_every_strategy():
    def words(text):
        return len(text.split())

    for name in ("auto", "prose", "semantic"):
        engine = strategy_for(name, {"counter": words, "max_tokens": 30})
        result = engine.compress(documents(), QUESTION)
        assert 0 < words(result.text) <= 30
        assert result.metrics.counter == "words"


def test_a_budget_by_coverage_needs_a_strategy_that_promises_it():
    engine = strategy_for(str.strip, {"max_tokens": 30})
    with pytest.raises(ConfigurationError, match="promises no share"):
        engine.compress(documents(), QUESTION, recall=0.9)
