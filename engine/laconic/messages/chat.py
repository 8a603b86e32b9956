"""Messages in the OpenAI chat form: what is checked, where their texts are, and how they are written back.

A message is a mapping with ``role``; ``content`` is a string, None, or a list of parts of which those with a string
under ``text`` (``{"type": "text", "text": …}``) are read and all others (images, audio, files) pass through;
``tool_calls`` of an assistant pair with ``tool`` messages by ``tool_call_id``. Keys that are not known here pass
through as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from laconic.exceptions import InputError
from laconic.unicode import check_unicode

__all__ = [
    "Message", "TextSlot", "copied", "last_user", "message_tokens", "read_messages", "repaired_pairs", "text_slots",
    "tool_calls", "with_text",
]  # fmt: skip

Message = dict[str, Any]

ROLES = frozenset(("system", "developer", "user", "assistant", "tool", "function"))
"""Roles whose text is compressed; messages of any other role pass through unchanged."""


class TextSlot(NamedTuple):
    """A text of a message, by the index of the message and of the content part, None where the content is a string."""

    message: int
    part: int | None
    text: str


def read_messages(messages: Iterable[Mapping[str, Any]]) -> list[Message]:
    """The messages as a new list of new dicts; what is inside the dicts is the caller's own.

    Raises:
        InputError: ``messages`` is no iterable of mappings, one has no role, a content of another type, or text that is
            not Unicode. The message names which one.
    """
    if isinstance(messages, (str, bytes, Mapping)) or not isinstance(messages, Iterable):
        raise InputError(f"messages is a {type(messages).__name__}: give a list of dicts with 'role' and 'content'")
    return [_checked(message, f"messages[{at}]") for at, message in enumerate(messages)]


def _checked(message: Any, name: str) -> Message:
    if not isinstance(message, Mapping):
        raise InputError(f"{name} is a {type(message).__name__}: give a dict with 'role' and 'content'")
    role = message.get("role")
    if not isinstance(role, str) or not role:
        raise InputError(f"{name} has the role {role!r}: give one of {', '.join(sorted(ROLES))}")
    content = message.get("content")
    if content is not None and not isinstance(content, (str, list, tuple)):
        kind = type(content).__name__
        raise InputError(f"{name} has a content of type {kind}: give a string, a list of parts, or None")
    calls = message.get("tool_calls")
    if calls is not None and (
        not isinstance(calls, (list, tuple)) or not all(isinstance(call, Mapping) for call in calls)
    ):
        raise InputError(f"{name} has tool_calls that are no list of dicts: give a list, or leave the key out")
    if isinstance(content, (list, tuple)):
        for at, part in enumerate(content):
            if not isinstance(part, (Mapping, str)):
                raise InputError(f"{name} has a content part {at} of type {type(part).__name__}: give a dict")
    copy = dict(message)
    for slot in text_slots([copy]):
        check_unicode(slot.text, name)
    return copy


def text_slots(messages: Sequence[Message]) -> Iterator[TextSlot]:
    """The texts of the messages, in order."""
    for at, message in enumerate(messages):
        content = message.get("content")
        if isinstance(content, str):
            yield TextSlot(at, None, content)
        elif isinstance(content, (list, tuple)):
            for place, part in enumerate(content):
                if isinstance(part, str):
                    yield TextSlot(at, place, part)
                elif isinstance(part, Mapping) and isinstance(part.get("text"), str):
                    yield TextSlot(at, place, part["text"])


def with_text(message: Message, part: int | None, text: str) -> Message:
    """A copy of a message with another text in a slot."""
    if part is None:
        return {**message, "content": text}
    parts = list(message["content"])
    parts[part] = text if isinstance(parts[part], str) else {**parts[part], "text": text}
    return {**message, "content": parts}


def tool_calls(message: Message) -> list[Mapping[str, Any]]:
    """The calls of an assistant's message; empty for others."""
    return list(message.get("tool_calls") or ())


def message_tokens(messages: Sequence[Message], count: Callable[[str], int]) -> int:
    """Tokens of all that a message says: its texts, and names and arguments of its tool calls.

    What an API adds for each message and for images is not in it.
    """
    total = sum(count(slot.text) for slot in text_slots(messages))
    for message in messages:
        for call in tool_calls(message):
            function = call.get("function")
            if isinstance(function, Mapping):
                total += sum(count(value) for value in function.values() if isinstance(value, str))
    return total


def last_user(messages: Sequence[Message]) -> int | None:
    """Index of the user's last message, None where there is none."""
    return next((at for at in range(len(messages) - 1, -1, -1) if messages[at]["role"] == "user"), None)


def copied(messages: Sequence[Message]) -> list[Message]:
    """Copies that a hook may edit: messages, parts and tool calls are new, deeper values are shared."""

    def item(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {key: dict(inner) if isinstance(inner, Mapping) else inner for key, inner in value.items()}

    return [
        {key: [item(each) for each in value] if isinstance(value, (list, tuple)) else value for key, value in m.items()}
        for m in messages
    ]


def repaired_pairs(before: Sequence[Message], after: Sequence[Message]) -> list[Message]:
    """``after`` with the pairs of call and result that ``before`` had.

    A result whose call went goes too; a result that went while its call stayed comes back behind it. What was unpaired
    before is left alone. Chat APIs refuse a conversation with half of a pair.
    """
    results = {m["tool_call_id"]: m for m in before if m["role"] == "tool" and isinstance(m.get("tool_call_id"), str)}
    called = {call.get("id") for m in before for call in tool_calls(m)} & results.keys()
    calls_left = {call.get("id") for m in after for call in tool_calls(m)}
    results_left = {m.get("tool_call_id") for m in after if m["role"] == "tool"}
    kept: list[Message] = []
    missing: list[Message] = []
    for message in after:
        if missing and message["role"] != "tool":
            kept += missing
            missing = []
        identifier = message.get("tool_call_id") if message["role"] == "tool" else None
        if identifier in called and identifier not in calls_left:
            continue
        kept.append(message)
        ids = [call.get("id") for call in tool_calls(message)]
        missing += [results[each] for each in ids if each in called and each not in results_left]
    return kept + missing
