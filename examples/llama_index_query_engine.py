"""A LlamaIndex query engine over the Python language reference, with compressed nodes.

Needs: pip install 'laconic[llama-index]'. Runs offline; with OPENAI_API_KEY and llama-index-llms-openai it also asks a
real model.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Any

from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.llms import LLM, CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata
from llama_index.core.llms.callbacks import llm_completion_callback
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from python_reference import QUESTIONS, answers, search

from llama_index.postprocessor.laconic import CompressionEndEvent, LaconicPostprocessor

MAX_TOKENS = 300


class ReferenceRetriever(BaseRetriever):
    """BM25 over the Python language reference."""

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [
            NodeWithScore(node=TextNode(id_=chunk.id, text=chunk.text, metadata={"topic": chunk.topic}), score=score)
            for chunk, score in search(query_bundle.query_str, 10)
        ]


class PromptRecorder(CustomLLM):
    """Stands in for a model: keeps the last prompt that it was sent."""

    last_prompt: str = ""

    @property
    def metadata(self) -> LLMMetadata:
        """What LlamaIndex asks a model about itself."""
        return LLMMetadata(context_window=128_000, num_output=256)

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Keep the prompt, answer nothing."""
        self.last_prompt = prompt
        return CompletionResponse(text="(no model was asked)")

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        """The same in one chunk."""
        yield self.complete(prompt, formatted, **kwargs)


class Figures(BaseEventHandler):
    """Keeps the figures of the last compression."""

    last: dict[str, Any] = {}  # noqa: RUF012 - a pydantic field, copied for each instance

    @classmethod
    def class_name(cls) -> str:
        """Name of the handler in serialized form."""
        return "Figures"

    def handle(self, event: Any, **kwargs: Any) -> None:
        """Called by LlamaIndex for every event."""
        if isinstance(event, CompressionEndEvent):
            self.last = event.figures


def real_model() -> LLM | None:
    if not os.environ.get("OPENAI_API_KEY") or find_spec("llama_index.llms.openai") is None:
        return None
    from llama_index.llms.openai import OpenAI

    return OpenAI(model=os.environ.get("OPENAI_MODEL", "gpt-4o-mini"), timeout=60)


def engine(llm: LLM) -> RetrieverQueryEngine:
    return RetrieverQueryEngine.from_args(
        ReferenceRetriever(), llm=llm, node_postprocessors=[LaconicPostprocessor(max_tokens=MAX_TOKENS)]
    )


def main() -> None:
    seen = Figures()
    get_dispatcher().add_event_handler(seen)
    recorder, model = PromptRecorder(), real_model()
    for question in QUESTIONS:
        response = engine(recorder).query(question)
        print(f"Question: {question}")
        print(
            f"Retrieved context: {seen.last['original_tokens']} tokens -> {seen.last['compressed_tokens']} tokens "
            f"({seen.last['savings_percent']:.1f}% saved in {seen.last['latency_ms']:.0f} ms)"
        )
        print("The model receives:")
        print("\n".join(f"  | {line}" for line in recorder.last_prompt.splitlines()))
        print()

        assert seen.last["compressed_tokens"] <= MAX_TOKENS < seen.last["original_tokens"] / 3
        assert answers(question, recorder.last_prompt), "the compressed context lost the answer"
        for item in response.source_nodes:
            assert item.node.metadata["topic"] == item.node.node_id.split("#")[0], "ids and metadata survive"
            assert item.node.get_content() in recorder.last_prompt, "what is kept is what the model reads"
        if model is not None:
            print("Answer:", engine(model).query(question), "\n")


if __name__ == "__main__":
    main()
