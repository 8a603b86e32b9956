"""What is announced to LlamaIndex's instrumentation. Ids and figures only: nodes are large, and may be private."""

from __future__ import annotations

from typing import Any

from llama_index.core.bridge.pydantic import Field
from llama_index.core.instrumentation.events.base import BaseEvent  # type: ignore[attr-defined] # its documented place

__all__ = ["CompressionEndEvent", "CompressionStartEvent"]


class CompressionStartEvent(BaseEvent):
    """Nodes are about to be compressed."""

    query: str | None = Field(description="The question; null for none.")
    node_ids: list[str] = Field(description="The nodes as they came, those that pass through included.")

    @classmethod
    def class_name(cls) -> str:
        """Name of the event in serialized form."""
        return "LaconicCompressionStartEvent"


class CompressionEndEvent(BaseEvent):
    """Nodes have been compressed, or go on unchanged."""

    node_ids: list[str] = Field(description="The nodes that go on.")
    figures: dict[str, Any] = Field(description="Tokens, savings and time of the call, or why nothing was done.")

    @classmethod
    def class_name(cls) -> str:
        """Name of the event in serialized form."""
        return "LaconicCompressionEndEvent"
