"""Retrievers over an index of a project: what both frameworks get, and a chat with a repository in five lines."""

from __future__ import annotations

import asyncio

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from llama_index.core import MockEmbedding, Settings
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.schema import QueryBundle
from pydantic import ValidationError

import langchain_laconic
from laconic.exceptions import ConfigurationError, InputError, ProjectIndexError
from laconic.project import ProjectIndex
from laconic.tokens import counter_for
from langchain_laconic import LaconicCompressor
from llama_index.postprocessor import laconic as llama_index_laconic
from llama_index.postprocessor.laconic import LaconicPostprocessor

FILES = {
    "shop/cart.py": '''"""The cart of a customer."""

from shop.prices import price_of


class Cart:
    """What a customer wants to buy."""

    def __init__(self):
        self.items = []

    def add(self, item, count=1):
        """Put an item into the cart."""
        self.items.append((item, count))

    def total(self):
        """The price of everything, with the discount."""
        return sum(price_of(item) * count for item, count in self.items)
''',
    "shop/prices.py": '''"""Prices and discounts."""

DISCOUNT = 0.1


def price_of(item):
    """The price of one item after its seasonal discount."""
    return item.price * (1 - DISCOUNT)


def freight(weight):
    """What sending a parcel costs."""
    return 4.9 if weight < 2 else 9.9
''',
    "shop/mail.py": '''"""Letters to customers."""


def send_receipt(customer, text):
    """Send the receipt by mail."""
    customer.post(text)
''',
    "README.md": "# Shop\n\nParcels are sent on working days. Refunds are paid within fourteen days.\n",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    root = tmp_path_factory.mktemp("shop")
    for path, text in FILES.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    with ProjectIndex.build(root) as built:
        yield built


def langchain(index, **options):
    """Texts with metadata, through LangChain's retriever."""
    retriever = langchain_laconic.ProjectRetriever(index=index, **options)
    return lambda query: [(found.page_content, found.metadata, found.id) for found in retriever.invoke(query)]


def llama_index(index, **options):
    """The same through LlamaIndex's."""
    retriever = llama_index_laconic.ProjectRetriever(index, **options)

    def ask(query):
        return [
            (found.node.text, {**found.node.metadata, "score": found.score}, found.node.node_id)
            for found in retriever.retrieve(query)
        ]

    return ask


BOTH = pytest.mark.parametrize("retriever", [langchain, llama_index])


@BOTH
def test_files_come_whole_with_their_path_and_language(index, retriever):
    found = retriever(index)("How is the discount of an item's price computed?")
    text, metadata, name = found[0]
    assert metadata["source"] == name == "shop/prices.py"
    assert text == FILES[name]
    assert metadata["language"] == "python"
    scores = [metadata["score"] for _, metadata, _ in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


@BOTH
def test_definitions_are_spans_of_their_files(index, retriever):
    found = retriever(index, unit="definition", k=3)("What does sending a parcel cost?")
    text, metadata, name = found[0]
    assert metadata["name"] == "freight"
    assert name == f"shop/prices.py:{metadata['line']}"
    assert len(found) <= 3
    for text, metadata, _ in found:
        source = FILES[metadata["source"]]
        start = metadata.get("start_index", 0)
        assert source[start : start + len(text)] == text
        if "line" in metadata:
            assert source[:start].count("\n") + 1 == metadata["line"]
            assert text.startswith(("def ", "class "))


@BOTH
def test_documents_are_found_whatever_the_unit(index, retriever):
    for unit in ("file", "definition"):
        assert retriever(index, unit=unit)("When are refunds paid?")[0][1]["source"] == "README.md"


@BOTH
def test_no_more_than_k_come(index, retriever):
    assert len(retriever(index, k=1)("price of a cart")) == 1


@BOTH
def test_nothing_is_found_where_no_word_stands(index, retriever):
    assert retriever(index)("xylophone quagmire") == []


@BOTH
def test_an_index_is_opened_by_its_path(index, retriever):
    assert retriever(str(index.root))("freight")[0][1]["source"] == "shop/prices.py"


@BOTH
def test_options_that_cannot_work_are_refused(index, retriever, tmp_path):
    for option in ({"k": 0}, {"k": "3"}, {"unit": "line"}):
        with pytest.raises((ConfigurationError, ValidationError), match=next(iter(option))):
            retriever(index, **option)
    with pytest.raises((ProjectIndexError, ValidationError), match="is not there: build it"):
        retriever(tmp_path)
    with pytest.raises(InputError, match="query is empty"):
        retriever(index)("  ")


def test_a_chain_over_a_repository_in_langchain(index):
    runs = []

    class Handler(BaseCallbackHandler):
        def on_retriever_end(self, documents, **kwargs):
            runs.append(len(documents))

    retriever = langchain_laconic.ProjectRetriever(index=index)
    compressor = LaconicCompressor(max_tokens=60, output="text")
    chain = {"context": retriever, "question": RunnablePassthrough()} | compressor | RunnableLambda(lambda step: step)
    question = "How is the discount of an item's price computed?"
    for found in (
        chain.invoke(question, {"callbacks": [Handler()]}),
        asyncio.run(chain.ainvoke(question)),
    ):
        assert "item.price * (1 - DISCOUNT)" in found["context"]
        assert counter_for().count(found["context"]) <= 60
    assert len(runs) == 1
    assert runs[0] >= 1
    assert all(isinstance(found, Document) for found in retriever.invoke(question))


def test_an_engine_over_a_repository_in_llama_index(index):
    Settings.llm, Settings.embed_model = MockLLM(), MockEmbedding(8)
    engine = RetrieverQueryEngine.from_args(
        llama_index_laconic.ProjectRetriever(index), node_postprocessors=[LaconicPostprocessor(max_tokens=60)]
    )
    question = "How is the discount of an item's price computed?"
    for found in (engine.query(question), asyncio.run(engine.aquery(question))):
        texts = [node.node.text for node in found.source_nodes]
        assert any("item.price * (1 - DISCOUNT)" in text for text in texts)
        assert sum(map(counter_for().count, texts)) <= 60


def test_nodes_show_a_model_where_they_come_from_and_say_where_they_stand(index):
    retriever = llama_index_laconic.ProjectRetriever(index, unit="definition")
    node = retriever.retrieve(QueryBundle("freight of a parcel"))[0].node
    assert node.end_char_idx - node.start_char_idx == len(node.text)
    shown = node.get_content("llm")
    assert "shop/prices.py" in shown
    assert "start_index" not in shown
