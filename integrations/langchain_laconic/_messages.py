"""Messages in, copies out: the texts of tool results (or of other kinds of message) and where they go back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Literal

from langchain_core.messages import BaseMessage, HumanMessage, ToolMessage
from langchain_core.prompt_values import PromptValue

from laconic.core.conversation import question_of as turns_question
from laconic.core.conversation import recent_question
from laconic.core.turns import Turn, as_turns

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


def last_question(messages: Sequence[BaseMessage]) -> str | None:
    """What a conversation asks for in its end: the text of the last human message, or what that refers to (see
    `laconic.core.conversation`); None where no human message has text.
    """
    if not any(isinstance(message, HumanMessage) and _has_words(message) for message in reversed(messages)):
        return None
    roles: dict[str, Literal["user", "assistant"]] = {"human": "user", "ai": "assistant"}
    spoken = ((roles.get(_role(message)), message) for message in reversed(messages))
    return recent_question(Turn(role, "\n".join(texts_of(message.content))) for role, message in spoken if role)


def query_text(query: Any) -> str | None:
    """The question in whatever a chain carries it: a string, a message, messages, a prompt, or content blocks.

    Returns:
        The text; of messages what they ask for in their end, see `last_question`; None where nothing is asked.

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
        if query and all(map(_is_turn, query)):
            return turns_question(as_turns(query))
        if all(isinstance(item, (str, dict)) for item in query):
            return "\n".join(texts_of(list(query))) or None
    raise TypeError(
        f"the query is a {type(query).__name__}: give a string, a message, messages or turns, or content blocks"
    )


def _is_turn(item: Any) -> bool:
    """Whether an item of a list is a turn; strings and other dicts are content blocks."""
    return isinstance(item, (BaseMessage, tuple)) or (isinstance(item, dict) and "role" in item)


def _role(message: BaseMessage) -> str:
    return message.type.lower().removesuffix("messagechunk")


def _has_words(message: BaseMessage) -> bool:
    return any(text.strip() for text in texts_of(message.content))


def _block_text(block: str | dict[str, Any]) -> str | None:
    if isinstance(block, str):
        return block
    text = block.get("text") if block.get("type") == "text" else None
    return text if isinstance(text, str) else None
