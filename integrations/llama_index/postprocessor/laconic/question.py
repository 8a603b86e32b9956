"""The question of a call, in whatever LlamaIndex carries it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from llama_index.core.base.llms.types import ChatMessage, MessageRole, TextBlock
from llama_index.core.schema import QueryBundle

from laconic.core.conversation import recent_question
from laconic.core.turns import Turn
from laconic.exceptions import ConfigurationError, InputError

__all__ = ["argument_words", "asked_in", "check_transform", "question_of", "text_of", "transformed"]

_SPEAKERS: dict[MessageRole, Literal["user", "assistant"]] = {
    MessageRole.USER: "user",
    MessageRole.ASSISTANT: "assistant",
    MessageRole.CHATBOT: "assistant",
    MessageRole.MODEL: "assistant",
}

# RetrieverTool hands its arguments on as "\ninput is How high is it?\n" and "How high is it?\n\n".
_TOOL_ARGUMENT = re.compile(r"\A\n\w+ is (.+)\n\Z", re.DOTALL)


def question_of(bundle: QueryBundle | str | None) -> str | None:
    """The question, and behind it on lines of their own the strings that the nodes were searched with, where the bundle
    brings such (``custom_embedding_strs``); None where there is neither.
    """
    if bundle is None:
        return None
    if isinstance(bundle, str):
        bundle = QueryBundle(bundle)
    found = [bundle.query_str] if isinstance(bundle.query_str, str) else []
    found.extend(text for text in bundle.custom_embedding_strs or () if isinstance(text, str))
    if not found:
        return None
    return "\n".join(dict.fromkeys(filter(None, map(_unwrapped, found))))


def asked_in(messages: Sequence[ChatMessage]) -> str | None:
    """What a conversation asks for in its end: the text of the user's last message, or what that refers to (see
    `laconic.core.conversation`); None where no message of the user's has text.
    """
    if not any(message.role == MessageRole.USER and text_of(message).strip() for message in reversed(messages)):
        return None
    spoken = ((_SPEAKERS.get(message.role), message) for message in reversed(messages))
    return recent_question(Turn(role, text_of(message)) for role, message in spoken if role)


def text_of(message: ChatMessage) -> str:
    """The texts of a message."""
    return "\n".join(block.text for block in message.blocks if isinstance(block, TextBlock) and block.text)


def check_transform(transform: Any) -> None:
    """Refuse what makes no question.

    Raises:
        ConfigurationError: it cannot be called, or only awaited.
    """
    if not callable(transform):
        raise ConfigurationError(
            f"query_transform is {transform!r}: give a function from text to text, or a query transform of LlamaIndex"
        )
    if any(map(inspect.iscoroutinefunction, (transform, type(transform).__call__))):
        raise ConfigurationError(
            "query_transform is asynchronous: give a function that returns the question; asynchronous calls run it in "
            "a thread of its own"
        )


def transformed(transform: Callable[[Any], Any], question: str) -> str:
    """The question that a transform makes of a question.

    Raises:
        InputError: what it gives has no words.
        Exception: whatever the transform raises.
    """
    found = transform(question)
    words = question_of(found) if isinstance(found, QueryBundle) else _text(found)
    if not words or not words.strip():
        raise InputError(f"query_transform gave {found!r}: it must give a question")
    return words


def argument_words(value: Any) -> Iterator[str]:
    """The words among the arguments of a tool call, in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from argument_words(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from argument_words(item)


def _text(found: Any) -> str | None:
    """The text of a string, a message, or the answer of a model."""
    for name in ("message", "content", "text", "response"):
        if isinstance(found, str):
            break
        found = getattr(found, name, found)
    return found if isinstance(found, str) else None


def _unwrapped(query: str) -> str:
    """The query without what `RetrieverTool` writes around it."""
    match = _TOOL_ARGUMENT.match(query)
    return (match.group(1) if match else query).strip()
