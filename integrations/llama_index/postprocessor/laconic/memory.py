"""`LaconicHistoryBlock`: what no longer fits into the chat history, shortened to what the next message is about."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.bridge.pydantic import ConfigDict, Field, model_validator
from llama_index.core.memory.memory import BaseMemoryBlock
from llama_index.core.storage.chat_store.base_db import MessageStatus
from llama_index.core.utils import get_tokenizer

from laconic._utils.redaction import check_redact, redacted
from laconic.chain.options import CompressorOptions
from laconic.types import Passage
from llama_index.postprocessor.laconic.question import asked_in, check_transform, text_of, transformed

__all__ = ["LaconicHistoryBlock"]

logger = logging.getLogger("laconic")

Said = tuple[str, str]
"""Who, and what."""


class LaconicHistoryBlock(CompressorOptions, BaseMemoryBlock[str]):
    """Keeps the messages that ``Memory`` flushes out of its short-term history, and gives back those parts of them that
    belong to the current message::

        Memory.from_defaults(token_limit=8000, memory_blocks=[LaconicHistoryBlock(max_tokens=1000)])

    No model is asked: what comes back is verbatim, each message's part behind its role, in the order of the
    conversation; the budget is for all of it. Other options are those of `laconic.Compressor`. Each session of
    ``Memory`` has a history of its own, whoever shares the block.

    Tokens are counted as ``Memory`` counts them by default, with ``Settings.tokenizer``. A ``Memory`` with a
    ``tokenizer_fn`` of its own needs the same function here, as ``counter``: with ``priority`` 1 or more it may ask for
    less, and leaves a block out that by its count gives too little back. What it gets then is what the same message is
    about, and as much of it as the block is told to. With ``priority`` 0, the default, it never asks.

    The histories are the field ``sessions``, so they are pickled with the block and written by ``model_dump_json``; for
    several processes, or a conversation that goes on after a restart, give the block the ``chat_store`` of ``Memory``.

    Raises:
        pydantic.ValidationError: (a ``ValueError``) at construction, for an option that is unknown or cannot work.
    """

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, validate_assignment=True)

    name: str = Field(default="EarlierConversation", description="Name of the block, as the model reads it.")
    on_missing_query: Literal["importance", "passthrough", "raise"] = Field(
        default="importance",
        description="When no message asks: keep what matters most without a question, go on unchanged, or raise.",
    )
    query_transform: Any = Field(
        default=None,
        exclude=True,
        description="Makes the question from what the conversation asks for: a function from text to text (or to a "
        "message or a model's answer).",
    )
    redact: Any = Field(
        default=None,
        exclude=True,
        description="Makes of each text what may be kept of it, a function from text to text; with a chat_store, what "
        "may be given back of it.",
    )
    max_messages: int = Field(
        default=10_000, ge=1, strict=True, description="Most messages of a session that are kept; the oldest go first."
    )
    max_sessions: int = Field(
        default=1000, ge=1, strict=True, description="Most sessions that are kept; the longest unused go first."
    )
    sessions: dict[str, list[Said]] = Field(
        default_factory=dict,
        description="Role and text of what was flushed, by session; '' for what came without one.",
    )
    chat_store: Any = Field(
        default=None,
        exclude=True,
        description="The chat store of `Memory` (its `sql_store`): the block then keeps nothing, and reads there what "
        "`Memory` has archived of a session.",
    )

    @model_validator(mode="after")
    def _refuse_what_is_no_transform(self) -> LaconicHistoryBlock:
        if self.query_transform is not None:
            check_transform(self.query_transform)
        check_redact(self.redact)
        return self

    def engine_options(self) -> dict[str, Any]:
        """The keyword arguments of `laconic.Compressor` that are set, and the tokenizer that ``Memory`` has."""
        options = super().engine_options()
        if "counter" not in options and "model" not in options:
            options["counter"] = get_tokenizer()
        options["separator"] = self._separator
        return options

    @property
    def _separator(self) -> str:
        return "\n\n" if self.separator is None else self.separator  # a memory is one text

    def clear(self, session_id: str | None = None) -> None:
        """Forget one session, or all of them. ``Memory.reset`` does not tell its blocks that it was called; with a
        ``chat_store`` there is nothing to forget here.
        """
        if session_id is None:
            self.sessions.clear()
        else:
            self.sessions.pop(session_id, None)

    async def aput(
        self, messages: list[ChatMessage], from_short_term_memory: bool = False, session_id: str | None = None
    ) -> None:
        """Keep messages of a session. They are not edited."""
        if from_short_term_memory and not self.accept_short_term_memory:
            return
        self._put(messages, session_id or "")

    async def _aput(self, messages: list[ChatMessage]) -> None:
        self._put(messages, "")

    def _put(self, messages: Iterable[ChatMessage], session: str) -> None:
        if self.chat_store is not None:
            return
        kept = [*self.sessions.pop(session, ()), *self._said(messages)]
        if kept:
            self.sessions[session] = kept[-self.max_messages :]  # at the end: the longest unused stand first
        while len(self.sessions) > self.max_sessions:
            del self.sessions[next(iter(self.sessions))]

    async def _aget(
        self, messages: list[ChatMessage] | None = None, session_id: str | None = None, **block_kwargs: Any
    ) -> str:
        said = await self._history(session_id or "")
        if not said:
            return ""
        question = asked_in(messages or [])
        if question is not None and self.query_transform is not None:
            try:
                question = await asyncio.to_thread(transformed, self.query_transform, question)
            except Exception as error:  # noqa: BLE001 - on_error decides; the conversation's own words do as well
                self.failed(error)
        return await self._shortened(said, question)

    async def _history(self, session: str) -> list[Said]:
        if self.chat_store is None:
            return list(self.sessions.get(session, ()))
        archived = await self.chat_store.get_messages(session, status=MessageStatus.ARCHIVED)
        return self._said(archived)[-self.max_messages :]

    def _said(self, messages: Iterable[ChatMessage]) -> list[Said]:
        found = [(message.role.value, text_of(message)) for message in messages]
        return [(role, redacted(self.redact, text)) for role, text in found if text.strip()]

    async def atruncate(self, content: str, tokens_to_truncate: int) -> str | None:
        """The content with at least that many tokens fewer, for the message that it was made for; None where nothing
        would be left of it.
        """
        said, question = (content.said, content.question) if isinstance(content, _Content) else ([("", content)], None)
        try:
            left = self.engine.counter.count(content) - tokens_to_truncate
        except Exception as error:  # noqa: BLE001 - on_error decides
            self.failed(error)
            return None
        if left < 1:
            logger.info("%s: there is no room for what was said earlier", self.name)
            return None
        return await self._shortened(said, question or "", max_tokens=left) or None

    async def _shortened(self, said: Sequence[Said], question: str | None, **budget: Any) -> _Content:
        passages = [Passage(text, head=f"{role}: " if role else "") for role, text in said]
        outcome = await asyncio.to_thread(self.attempt, passages, question, **budget)
        kept = [(part.index, part.text) for part in outcome.passages or ()]
        if outcome.passages is None:
            kept = [(at, text) for at, (_, text) in enumerate(said)]
        return _Content(self._separator.join(passages[at].head + text for at, text in kept), said, question)


class _Content(str):
    """What a block gives to ``Memory``, which hands it back when it is too long: a string that knows what it was made
    of and for which question, so that nothing about a call is kept in the block.
    """

    said: Sequence[Said]
    question: str | None

    def __new__(cls, text: str, said: Sequence[Said], question: str | None) -> _Content:
        made = super().__new__(cls, text)
        made.said = said
        made.question = question
        return made
