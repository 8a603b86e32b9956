"""LangChain's own conformance suite, on a contextual-compression retriever that compresses with laconic."""

from __future__ import annotations

import pytest

pytest.importorskip("langchain_tests")
pytest.importorskip("langchain_classic")

from langchain_classic.retrievers import ContextualCompressionRetriever
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_tests.integration_tests import RetrieversIntegrationTests

from laconic.chain.testing import QUESTION
from langchain_laconic import LaconicCompressor

STORED = [f"Floor {n} of the tower is {5 * n} metres above the ground. Its rooms are let." for n in range(1, 9)]


class FirstRetriever(BaseRetriever):
    """The first k of a list."""

    k: int = 3

    def _get_relevant_documents(self, query, *, run_manager, **kwargs):
        return [Document(text, id=str(at)) for at, text in enumerate(STORED)][: kwargs.get("k", self.k)]


class CompressingRetriever(ContextualCompressionRetriever):
    """The suite asks for a retriever that is made with ``k`` and called with ``k``; at least so many come back."""

    def __init__(self, k: int = 3) -> None:
        super().__init__(
            base_retriever=FirstRetriever(k=k), base_compressor=LaconicCompressor(rate=0.6, min_documents=k)
        )


class TestCompressingRetriever(RetrieversIntegrationTests):
    @property
    def retriever_constructor(self):
        return CompressingRetriever

    @property
    def retriever_constructor_params(self):
        return {}

    @property
    def retriever_query_example(self):
        return QUESTION
