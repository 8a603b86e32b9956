"""`LaconicHistoryBlock`: what no longer fits into the chat history, shortened to what the next message is about."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from llama_index.core.base.llms.types import ChatMessage, MessageRole, TextBlock
from llama_index.core.bridge.pydantic import ConfigDict, Field, PrivateAttr
from llama_index.core.memory.memory import BaseMemoryBlock

from laconic.chain.options import CompressorOptions

__all__ = ["LaconicHistoryBlock"]


class LaconicHistoryBlock(CompressorOptions, BaseMemoryBlock[str]):
    """Keeps the messages that ``Memory`` flushes out of its short-term history, and gives back those parts of them that
    belong to the current message::

        Memory.from_defaults(token_limit=8000, memory_blocks=[LaconicHistoryBlock(max_tokens=1000)])

    No model is asked: what comes back is verbatim, each message's part behind its role, in the order of the
    conversation. Budget and other options are those of `laconic.Compressor`; the roles are not counted. With
    ``priority`` 1 or more, ``Memory`` may ask for less, and gets the most important parts; with 0 (the default) it
    never does. It lives in the process: a conversation that is stored elsewhere begins with an empty block.

    Raises:
        pydantic.ValidationError: (a ``ValueError``) at construction, for an option that is unknown or cannot work.
    """

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, validate_assignment=True)

    name: str = Field(default="EarlierConversation", description="Name of the block, as the model reads it.")
    on_missing_query: Literal["importance", "passthrough", "raise"] = Field(
        default="importance",
        description="When no message asks: keep what matters most without a question, go on unchanged, or raise.",
    )
    max_messages: int = Field(
        default=10_000, ge=1, strict=True, description="Most messages that are kept; the oldest go first."
    )

    _messages: list[tuple[str, str]] = PrivateAttr(default_factory=list)

    async def _aget(self, messages: list[ChatMessage] | None = None, **block_kwargs: Any) -> str:
        kept = list(self._messages)
        if not kept:
            return ""
        outcome = await asyncio.to_thread(self.attempt, [text for _, text in kept], _question(messages or []))
        if outcome.passages is None:
            return _written(kept)
        return _written([(kept[part.index][0], part.text) for part in outcome.passages])

    async def _aput(self, messages: list[ChatMessage]) -> None:
        found = [(message.role.value, _text(message)) for message in messages]
        self._messages = [*self._messages, *((role, text) for role, text in found if text.strip())][
            -self.max_messages :
        ]

    async def atruncate(self, content: str, tokens_to_truncate: int) -> str | None:
        """The content with that many tokens fewer, or None where nothing would be left."""
        left = self.engine.counter.count(content) - tokens_to_truncate
        if left < 1:
            return None
        outcome = await asyncio.to_thread(self.attempt, [content], "", max_tokens=left)
        return outcome.compression.text if outcome.compression is not None else None


def _question(messages: list[ChatMessage]) -> str | None:
    for message in reversed(messages):
        if message.role == MessageRole.USER and _text(message).strip():
            return _text(message)
    return None


def _text(message: ChatMessage) -> str:
    return "\n".join(block.text for block in message.blocks if isinstance(block, TextBlock) and block.text)


def _written(messages: list[tuple[str, str]]) -> str:
    return "\n\n".join(f"{role}: {text}" for role, text in messages)
