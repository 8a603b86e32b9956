"""Tool results of a conversation, shortened one by one for the question that they were fetched for."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Collection, Sequence
from threading import Lock
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from langchain_laconic._messages import is_target, last_question, texts_of
from langchain_laconic.compressor import LaconicCompressor

__all__ = ["MARK", "ToolResults", "question_of"]

MARK = "laconic"
"""Key in ``response_metadata`` of a tool result that has been compressed: it is not compressed again."""

_REMEMBERED = 512


class ToolResults:
    """Compresses tool results, each for itself.

    What a result comes to depends on the result, the call that fetched it, and the question before it; never on what
    was said later. The beginning of a conversation therefore stays the same from turn to turn, which is what a
    provider's prompt cache needs.

    Args:
        compressor: does the work.
        exclude_tools: names of tools whose results are left alone.
        min_tokens: results with fewer tokens are left alone.
        keep_original: whether the full content goes into ``artifact`` (which no model sees) where that is free.
    """

    def __init__(
        self, compressor: LaconicCompressor, exclude_tools: Collection[str], min_tokens: int, keep_original: bool
    ) -> None:
        self.compressor = compressor
        self.exclude_tools = frozenset(exclude_tools)
        self.min_tokens = min_tokens
        self.keep_original = keep_original
        self._done: OrderedDict[tuple[str, ...], ToolMessage] = OrderedDict()
        self._lock = Lock()

    def wants(self, message: BaseMessage, tool: str | None = None) -> bool:
        """Whether a message is a tool result that may be shortened; ``tool`` names it where the message does not."""
        if not isinstance(message, ToolMessage) or not is_target(message, ("tool",)):
            return False
        if MARK in message.response_metadata or (message.name or tool) in self.exclude_tools:
            return False
        return not self.min_tokens or self._tokens(message) >= self.min_tokens

    def shorten(self, message: ToolMessage, question: str | None) -> ToolMessage:
        """A copy with shortened text, or the message itself where there was nothing to cut."""
        [found] = self.compressor.invoke([message], query=question)
        return self._marked(message, found)

    async def ashorten(self, message: ToolMessage, question: str | None) -> ToolMessage:
        """`shorten` without blocking the event loop."""
        [found] = await self.compressor.ainvoke([message], query=question)
        return self._marked(message, found)

    def shorten_all(self, messages: Sequence[BaseMessage], keep: int = 0) -> list[Any]:
        """A conversation with its tool results shortened, all but the last ``keep``. What was done is remembered."""
        targets = [
            (at, message)
            for at, message in enumerate(messages)
            if isinstance(message, ToolMessage) and self.wants(message, _tool_of(messages, at))
        ]
        shortened = list(messages)
        for at, message in targets[: len(targets) - keep]:
            shortened[at] = self._remembered(message, question_of(messages[:at], _call_of(messages, at)))
        return shortened

    def _remembered(self, message: ToolMessage, question: str | None) -> ToolMessage:
        digest = hashlib.sha256(repr(message.content).encode("utf-8", "surrogatepass")).hexdigest()
        key = (message.tool_call_id, message.id or "", digest, question or "")
        with self._lock:
            if key in self._done:
                self._done.move_to_end(key)
                return self._done[key]
        found = self.shorten(message, question)
        with self._lock:
            self._done[key] = found
            while len(self._done) > _REMEMBERED:
                self._done.popitem(last=False)
        return found

    def _marked(self, message: ToolMessage, found: ToolMessage) -> ToolMessage:
        if found.content == message.content:
            return message
        update: dict[str, Any] = {"response_metadata": {**message.response_metadata, MARK: {"compressed": True}}}
        if self.keep_original and message.artifact is None:
            update["artifact"] = {MARK: {"original": message.content}}
        return found.model_copy(update=update)

    def _tokens(self, message: ToolMessage) -> int:
        return sum(map(self.compressor.engine.counter.count, texts_of(message.content)))


def question_of(before: Sequence[BaseMessage], call: dict[str, Any] | None) -> str | None:
    """What a tool result was fetched for: the last human message before it, and the words that the tool was given."""
    parts = [last_question(before), *_words(None if call is None else call.get("args"))]
    return "\n".join(part for part in parts if part) or None


def _words(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [word for item in value.values() for word in _words(item)]
    if isinstance(value, (list, tuple)):
        return [word for item in value for word in _words(item)]
    return []


def _call_of(messages: Sequence[BaseMessage], at: int) -> dict[str, Any] | None:
    """The call that a tool result answers."""
    wanted = getattr(messages[at], "tool_call_id", None)
    for message in reversed(messages[:at]):
        if isinstance(message, AIMessage):
            for call in message.tool_calls:
                if call["id"] == wanted:
                    return dict(call)
    return None


def _tool_of(messages: Sequence[BaseMessage], at: int) -> str | None:
    call = _call_of(messages, at)
    return None if call is None else call["name"]
