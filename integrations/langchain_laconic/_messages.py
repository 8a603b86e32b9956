"""Messages in, copies out: the texts of tool results (or of other kinds of message) and where they go back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage, ToolMessage
from langchain_core.prompt_values import PromptValue

__all__ = ["MARK", "is_marked", "is_target", "last_question", "marked", "query_text", "replace_texts", "texts_of"]

MARK = "laconic"
"""Key in ``response_metadata`` of a message that has been compressed: it is not compressed again."""

Content = str | list[str | dict[str, Any]]


def texts_of(content: Content) -> list[str]:
    """The texts of a message's content: the string, or the text blocks; images and other blocks have none."""
    if isinstance(content, str):
        return [content]
    return [text for text in map(_block_text, content) if text is not None]


def replace_texts(content: Content, texts: Sequence[str]) -> Content:
    """A copy of the content with its texts (see `texts_of`) replaced; all other blocks stay as they are."""
    if isinstance(content, str):
        return texts[0]
    left = iter(texts)
    blocks: list[str | dict[str, Any]] = []
    for block in content:
        if _block_text(block) is None:
            blocks.append(block)
        elif isinstance(block, str):
            blocks.append(next(left))
        else:
            blocks.append({**block, "text": next(left)})
    return blocks


def is_target(message: BaseMessage, types: Collection[str]) -> bool:
    """Whether a message may be compressed: of a wanted type, no system message, no error report."""
    if message.type == "system" or message.type not in types:
        return False
    return not (isinstance(message, ToolMessage) and message.status == "error")


def is_marked(message: BaseMessage) -> bool:
    """Whether a message has been compressed."""
    return MARK in message.response_metadata


def marked(message: BaseMessage) -> BaseMessage:
    """A copy that says that it has been compressed."""
    return message.model_copy(update={"response_metadata": {**message.response_metadata, MARK: {"compressed": True}}})


def last_question(messages: Iterable[BaseMessage]) -> str | None:
    """Text of the last human message; None where there is none or it has no text."""
    for message in reversed(list(messages)):
        if isinstance(message, HumanMessage):
            return "\n".join(texts_of(message.content)) or None
    return None


def query_text(query: Any) -> str | None:
    """The question in whatever a chain carries it: a string, a message, messages, a prompt, or content blocks.

    Returns:
        The text; of messages that of the last human one; None where there is none.

    Raises:
        TypeError: it is something else.
    """
    if query is None or isinstance(query, str):
        return query
    if isinstance(query, PromptValue):
        query = query.to_messages()
    if isinstance(query, BaseMessage):
        return "\n".join(texts_of(query.content)) or None
    if isinstance(query, (list, tuple)):
        if query and all(isinstance(item, BaseMessage) for item in query):
            return last_question(query)
        if all(isinstance(item, (str, dict)) for item in query):
            return "\n".join(texts_of(list(query))) or None
    raise TypeError(
        f"the query is a {type(query).__name__}: give a string, a message, a list of messages, or content blocks"
    )


def _block_text(block: str | dict[str, Any]) -> str | None:
    if isinstance(block, str):
        return block
    text = block.get("text") if block.get("type") == "text" else None
    return text if isinstance(text, str) else None
