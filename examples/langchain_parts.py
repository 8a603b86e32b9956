"""What the LangChain examples share: a retriever over the reference, a model that shows its prompt, the figures."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.retrievers import BaseRetriever
from pydantic import PrivateAttr
from python_reference import search

from langchain_laconic import COMPRESSION_EVENT


class ReferenceRetriever(BaseRetriever):
    """BM25 over the Python language reference."""

    k: int = 10

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [
            Document(chunk.text, id=chunk.id, metadata={"source": chunk.id, "topic": chunk.topic, "score": score})
            for chunk, score in search(query, self.k)
        ]


class PromptRecorder(BaseChatModel):
    """Stands in for a chat model: keeps the prompts that it was sent."""

    _prompts: list[str] = PrivateAttr(default_factory=list)

    @property
    def last_prompt(self) -> str:
        """The last prompt, as text."""
        return self._prompts[-1]

    @property
    def _llm_type(self) -> str:
        return "prompt-recorder"

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        self._prompts.append("\n".join(message.text for message in messages))
        return ChatResult(generations=[ChatGeneration(message=AIMessage("(no model was asked)"))])


class Figures(BaseCallbackHandler):
    """Keeps the figures that each compression dispatches."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def on_custom_event(self, name: str, data: Any, **kwargs: Any) -> None:
        """Called by LangChain for every custom event of the run."""
        if name == COMPRESSION_EVENT:
            self.calls.append(data)


def real_model() -> BaseChatModel | None:
    """A chat model to ask as well, where there is a key and langchain-openai is installed."""
    if not os.environ.get("OPENAI_API_KEY") or find_spec("langchain_openai") is None:
        return None
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(model=os.environ.get("OPENAI_MODEL", "gpt-4o-mini"), timeout=60)


def report(question: str, figures: dict[str, Any], prompt: str) -> None:
    """Print one question, what the compression saved, and what the model receives."""
    print(f"Question: {question}")
    print(
        f"Retrieved context: {figures['original_tokens']} tokens -> {figures['compressed_tokens']} tokens "
        f"({figures['savings_percent']:.1f}% saved in {figures['latency_ms']:.0f} ms)"
    )
    print("The model receives:")
    print("\n".join(f"  | {line}" for line in prompt.splitlines()))
    print()
