"""The contract of a LangChain document compressor, as tests to inherit; see `laconic.chain.testing`."""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document

from laconic.chain.testing import QUESTION, AdapterContract
from langchain_laconic.compressor import COMPRESSION_EVENT, LaconicCompressor

__all__ = ["DocumentCompressorContract"]


class DocumentCompressorContract(AdapterContract):
    """`laconic.chain.testing.AdapterContract` for `LaconicCompressor` and its subclasses."""

    def adapter(self, **options: Any) -> LaconicCompressor:
        """Build the compressor under test; override this."""
        return LaconicCompressor(**options)

    def document(self, id: str, text: str, metadata: dict[str, Any]) -> Document:  # noqa: A002
        """A document."""
        return Document(text, id=id, metadata=metadata)

    def call(self, adapter: Any, documents: list[Any], query: str) -> list[Any]:
        """Compress, as ``ContextualCompressionRetriever`` does."""
        return list(adapter.compress_documents(documents, query))

    async def acall(self, adapter: Any, documents: list[Any], query: str) -> list[Any]:
        """The same, asynchronously."""
        return list(await adapter.acompress_documents(documents, query))

    def batch(self, adapter: Any, batches: list[list[Any]], query: str) -> list[list[Any]]:
        """``Runnable.batch``."""
        found: list[list[Any]] = adapter.batch([{"documents": documents, "query": query} for documents in batches])
        return found

    def text(self, document: Any) -> str:
        """The page content."""
        return str(document.page_content)

    def id(self, document: Any) -> str | None:
        """The document's id."""
        found: str | None = document.id
        return found

    def metadata(self, document: Any) -> dict[str, Any]:
        """The document's metadata."""
        found: dict[str, Any] = document.metadata
        return found

    def test_runnable_equals_compressor(self) -> None:
        """The two faces of the class give the same."""
        adapter = self.adapter(max_tokens=50)
        expected = self.view(adapter.compress_documents(self.documents(), QUESTION))
        for found in (
            adapter.invoke({"documents": self.documents(), "query": QUESTION}),
            adapter.bind(query=QUESTION).invoke(self.documents()),
            next(iter(adapter.stream({"documents": self.documents(), "query": QUESTION}))),
            adapter.invoke({adapter.context_key: self.documents(), adapter.query_key: QUESTION})[adapter.context_key],
        ):
            if self.view(found) != expected:
                raise AssertionError(f"expected {expected!r}, found {self.view(found)!r}")

    def test_text_for_a_prompt_is_within_the_budget(self) -> None:
        """With what a template writes around it."""
        for options in ({}, {"format": _cited}):
            adapter = self.adapter(max_tokens=60, output="text", **options)
            value = {adapter.context_key: self.documents(), adapter.query_key: QUESTION}
            text = adapter.invoke(value)[adapter.context_key]
            if not isinstance(text, str) or not 0 < adapter.engine.counter.count(text) <= 60:
                raise AssertionError(f"the text is {text!r}")

    def test_as_a_node_of_a_graph_only_what_changed_comes_back(self) -> None:
        """So that no reducer of the graph is applied twice."""
        adapter = self.adapter(max_tokens=50, returns="update")
        state = {adapter.context_key: self.documents(), adapter.query_key: QUESTION, "log": ["asked"]}
        expected = self.view(adapter.compress_documents(self.documents(), QUESTION))
        update = adapter.invoke(state)
        if set(update) != {adapter.context_key} or self.view(update[adapter.context_key]) != expected:
            raise AssertionError(f"the update is {update!r}")

    def test_a_child_run_with_figures(self) -> None:
        """Traces show the compression as a run of its own, with what it saved."""
        seen = _Recorder()
        self.adapter(max_tokens=50).compress_documents(self.documents(), QUESTION, callbacks=[seen])
        if len(seen.started) != 1 or len(seen.figures) != 1:
            raise AssertionError(f"runs started: {seen.started}, events: {seen.figures}")
        if not seen.figures[0]["compressed_tokens"] <= 50 < seen.figures[0]["original_tokens"]:
            raise AssertionError(f"figures: {seen.figures[0]}")


def _cited(document: Document) -> str:
    return f"[{document.id}]\n{document.page_content}"


class _Recorder(BaseCallbackHandler):
    def __init__(self) -> None:
        self.started: list[str] = []
        self.figures: list[dict[str, Any]] = []

    def on_chain_start(self, serialized: Any, inputs: Any, **kwargs: Any) -> None:
        self.started.append(kwargs.get("name", ""))

    def on_custom_event(self, name: str, data: Any, **kwargs: Any) -> None:
        if name == COMPRESSION_EVENT:
            self.figures.append(data)
