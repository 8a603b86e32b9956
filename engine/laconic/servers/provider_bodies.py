"""Bodies of requests to model providers, as chats whose texts can be replaced in place.

Three shapes: OpenAI's chat completions and responses, and Anthropic's messages. A body is read into a tree of spans, so
that a text that got shorter is written into its own place and every other byte stays as the client sent it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import NamedTuple

from laconic.kinds.json.tree import JsonNode, read_value
from laconic.messages.chat import Message, last_user, text_slots
from laconic.messages.dedup import SAME_AS_ABOVE
from laconic.messages.pipeline import MessagePipeline

__all__ = ["SHAPES", "BodyError", "ShrunkBody", "shrink_body"]

_CHANGED_ROLES = frozenset(("user", "tool", "function"))
"""System messages and those of the assistant are the instructions and the record of a chat: they stay as they are."""

_TEXT_TYPES = frozenset(("text", "input_text", "output_text"))


class BodyError(Exception):
    """A body that cannot be read as a chat; the message is a code of ours, without anything of the body."""


class ShrunkBody(NamedTuple):
    """A body, and the tokens of its texts and tool calls before and after; the very bytes where nothing changed."""

    body: bytes
    tokens_before: int
    tokens_after: int


class _Slot(NamedTuple):
    """A string of a body: its span with the quotes, and whether another may stand in its place."""

    start: int
    end: int
    text: str
    may_change: bool


class _Chat:
    """What a body says, as messages in OpenAI's chat form, each text with the index of its slot under ``at``."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.slots: list[_Slot] = []
        self.messages: list[Message] = []
        self.cached = 0
        """So many slots stand in a prefix that the client has the provider cache."""

    def fields(self, node: JsonNode) -> dict[str, JsonNode]:
        """Members of an object by key.

        Raises:
            BodyError: the value is no object.
        """
        if node.kind != "object":
            raise BodyError("unknown-shape")
        return {child.key_text(self.text): child for child in node.children}

    def items(self, node: JsonNode | None) -> list[JsonNode]:
        """Values of an array.

        Raises:
            BodyError: there is none.
        """
        if node is None or node.kind != "array":
            raise BodyError("unknown-shape")
        return node.children

    def string(self, node: JsonNode | None) -> str | None:
        """What a string says, None for anything else."""
        return node.value_text(self.text) if node is not None and node.kind == "string" else None

    def add(self, message: Message) -> None:
        self.messages.append(message)

    def content(self, node: JsonNode | None, role: str) -> str | list[Message] | None:
        """The content of a message: a string, or parts of which those that are no text are empty."""
        if node is None or node.kind not in ("string", "array"):
            return None
        if node.kind == "string":
            return self.slot(node, role)["text"]  # type: ignore[no-any-return] # the caller adds where it is
        return [self.part(each, role) for each in node.children]

    def message(self, role: str, content: JsonNode | None, **more: object) -> Message:
        """A message of a content, with ``at`` where that is a string."""
        at = len(self.slots)
        read = self.content(content, role)
        return {"role": role, "content": read, **more, **({"at": at} if isinstance(read, str) else {})}

    def part(self, node: JsonNode, role: str) -> Message:
        """One part of a content; ends the cached prefix where it is marked."""
        if node.kind != "object":
            return {}
        fields = self.fields(node)
        said = fields.get("text")
        is_text = self.string(fields.get("type")) in _TEXT_TYPES and said is not None and said.kind == "string"
        part = self.slot(said, role) if is_text and said is not None else {}
        self.mark(fields)
        return part

    def slot(self, node: JsonNode, role: str) -> Message:
        """A string as a part of text."""
        text = node.value_text(self.text)
        self.slots.append(_Slot(node.start, node.end, text, role in _CHANGED_ROLES))
        return {"type": "text", "text": text, "at": len(self.slots) - 1}

    def mark(self, fields: dict[str, JsonNode]) -> None:
        """Take all slots up to here for cached, if that is what these fields ask for."""
        marked = fields.get("cache_control")
        if marked is not None and marked.kind == "object":
            self.cached = len(self.slots)

    def call(self, identifier: JsonNode | None, name: JsonNode | None, arguments: JsonNode | None) -> Message:
        """A tool call in OpenAI's chat form; arguments are a string, or a value that stands for its text."""
        said = self.string(arguments)
        if said is None:
            said = "" if arguments is None else self.text[arguments.start : arguments.end]
        function = {"name": self.string(name) or "", "arguments": said}
        return {"id": self.string(identifier), "type": "function", "function": function}


def _read_completions(chat: _Chat, body: dict[str, JsonNode]) -> None:
    """``/v1/chat/completions``."""
    for item in chat.items(body.get("messages")):
        fields = chat.fields(item)
        message = chat.message(_role(chat, fields), fields.get("content"))
        if "tool_call_id" in fields:
            message["tool_call_id"] = chat.string(fields["tool_call_id"])
        if "tool_calls" in fields and fields["tool_calls"].kind == "array":
            message["tool_calls"] = [_completions_call(chat, each) for each in fields["tool_calls"].children]
        chat.mark(fields)
        chat.add(message)


def _completions_call(chat: _Chat, node: JsonNode) -> Message:
    fields = chat.fields(node)
    function = chat.fields(fields["function"]) if "function" in fields else {}
    return chat.call(fields.get("id"), function.get("name"), function.get("arguments"))


def _read_responses(chat: _Chat, body: dict[str, JsonNode]) -> None:
    """``/v1/responses``."""
    if "instructions" in body:
        chat.add(chat.message("system", body["instructions"]))
    given = body.get("input")
    if given is not None and given.kind == "string":
        chat.add(chat.message("user", given))
        return
    for item in chat.items(given):
        fields = chat.fields(item)
        kind = chat.string(fields.get("type")) or "message"
        if kind == "message":
            chat.add(chat.message(_role(chat, fields), fields.get("content")))
        elif kind in ("function_call", "custom_tool_call"):
            arguments = fields.get("arguments") or fields.get("input")
            call = chat.call(fields.get("call_id"), fields.get("name"), arguments)
            chat.add({"role": "assistant", "content": None, "tool_calls": [call]})
        elif kind in ("function_call_output", "custom_tool_call_output"):
            called = chat.string(fields.get("call_id"))
            chat.add(chat.message("tool", fields.get("output"), tool_call_id=called))


def _read_anthropic(chat: _Chat, body: dict[str, JsonNode]) -> None:
    """``/v1/messages``: one message of theirs may hold results of tools beside what the user says."""
    if "system" in body:
        chat.add(chat.message("system", body["system"]))
    for item in chat.items(body.get("messages")):
        fields = chat.fields(item)
        role = _role(chat, fields)
        content = fields.get("content")
        if content is None or content.kind != "array":
            chat.add(chat.message(role, content))
            continue
        for message in _anthropic_messages(chat, role, content):
            chat.add(message)
    if "cache_control" in body:  # the provider caches all that is sent, up to its end
        chat.cached = len(chat.slots)


def _anthropic_messages(chat: _Chat, role: str, content: JsonNode) -> Iterator[Message]:
    parts: list[Message] = []
    calls: list[Message] = []
    for node in content.children:
        fields = chat.fields(node)
        kind = chat.string(fields.get("type"))
        if kind == "tool_result":
            if parts:
                yield {"role": role, "content": parts}
                parts = []
            yield chat.message("tool", fields.get("content"), tool_call_id=chat.string(fields.get("tool_use_id")))
            chat.mark(fields)
        elif kind == "tool_use":
            calls.append(chat.call(fields.get("id"), fields.get("name"), fields.get("input")))
            chat.mark(fields)
        else:
            parts.append(chat.part(node, role))
    if parts or calls:
        yield {"role": role, "content": parts, **({"tool_calls": calls} if calls else {})}


def _role(chat: _Chat, fields: dict[str, JsonNode]) -> str:
    role = chat.string(fields.get("role"))
    if not role:
        raise BodyError("unknown-shape")
    return role


Shape = Callable[[_Chat, dict[str, JsonNode]], None]

SHAPES: dict[str, Shape] = {
    "/v1/chat/completions": _read_completions,
    "/v1/responses": _read_responses,
    "/v1/messages": _read_anthropic,
}
"""How the bodies that are sent to a path are read."""


def shrink_body(body: bytes, shape: Shape, pipeline: MessagePipeline) -> ShrunkBody:
    """A body with its texts compressed.

    What the user says and what tools gave may get shorter, each text in its own place: no message, part, call or result
    goes, and a turn that repeats an earlier one becomes a note. Untouched are messages of the system and the assistant,
    the user's last message as `MessagePipeline` says, all up to the last block that is marked ``cache_control``, and
    whatever is not known here.

    Args:
        body: JSON in UTF-8.
        shape: of `SHAPES`.
        pipeline: compresses; below its threshold nothing happens.

    Raises:
        BodyError: ``not-json`` or ``unknown-shape``.
        LaconicError: the pipeline's own.

    Linear; 1 µs for each value of the body beside the pipeline's own time.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise BodyError("not-json") from error
    root, end = read_value(text, 0)
    if root is None or text[end:].strip():
        raise BodyError("not-json")
    chat = _Chat(text)
    shape(chat, chat.fields(root))
    result = pipeline.run(chat.messages)
    if not result.stages_run:
        return ShrunkBody(body, result.tokens_raw, result.tokens_raw)
    return _written(body, chat, result.tokens_raw, _texts_after(chat, result.messages), pipeline.counter.count)


def _texts_after(chat: _Chat, messages: list[Message]) -> dict[int, str]:
    """What the texts have become, by slot."""
    after = {part["at"]: part["text"] for message in messages for part in _parts(message)}
    request = last_user(chat.messages)
    for at, message in enumerate(chat.messages):
        if at != request:  # a question that is asked again is still the question
            for part in _parts(message):
                after.setdefault(part["at"], SAME_AS_ABOVE)
    return after


def _parts(message: Message) -> list[Message]:
    content = message["content"]
    if isinstance(content, str):
        return [{"text": content, "at": message["at"]}]
    return [content[slot.part] for slot in text_slots([message])]


def _written(body: bytes, chat: _Chat, before: int, after: dict[int, str], count: Callable[[str], int]) -> ShrunkBody:
    """The body with each text that has fewer tokens now in its place."""
    pieces: list[str] = []
    reached = saved = 0
    for at, slot in enumerate(chat.slots):
        new = after.get(at, slot.text)
        if at < chat.cached or not slot.may_change or new == slot.text or not new.strip():
            continue
        fewer = count(slot.text) - count(new)
        if fewer <= 0:
            continue
        saved += fewer
        pieces += [chat.text[reached : slot.start], json.dumps(new, ensure_ascii=False)]
        reached = slot.end
    if not saved:
        return ShrunkBody(body, before, before)
    return ShrunkBody("".join([*pieces, chat.text[reached:]]).encode(), before, before - saved)
