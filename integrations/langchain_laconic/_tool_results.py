"""Tool results of a conversation, shortened one by one for the question that they were fetched for."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import is_dataclass, replace
from threading import Lock
from typing import Any, Literal, NamedTuple

from langchain_core.documents import Document
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from laconic.chain.failing import mended, sound_counter
from laconic.exceptions import ConfigurationError
from laconic.telemetry import unreported
from langchain_laconic._messages import MARK, is_marked, is_target, last_question, marked, texts_of
from langchain_laconic.compressor import LaconicCompressor

__all__ = ["MIN_TOKENS", "Artifacts", "ToolResults", "question_of", "tool_messages"]

MIN_TOKENS = 300
"""Results with fewer tokens stay whole unless told otherwise: there is little to save, and much to lose."""

Artifacts = Literal["keep", "shrink", "drop"]

_REMEMBERED = 512


class _Ask(NamedTuple):
    """One call of the compressor."""

    value: Any
    question: str | None
    budget: dict[str, int]


_Work = Generator[_Ask, Any, Any]
"""What is to be done, as calls of the compressor and a result, so that it is written once for both ways to call it."""


class ToolResults:
    """Compresses tool results, each for itself.

    What a result comes to depends on the result, the call that fetched it, and the question before it (with
    ``max_tokens_per_turn`` also on the results beside it); never on what was said later. The beginning of a
    conversation therefore stays the same from turn to turn, which is what a provider's prompt cache needs.

    Args:
        compressor: does the work.
        exclude_tools: names of tools whose results are left alone.
        min_tokens: results with fewer tokens are left alone; None for `MIN_TOKENS`, or the compressor's ``max_tokens``
            where that is less, so that it is a ceiling all the same.
        keep_original: whether the full content goes into ``artifact`` (which no model sees) where that is free.
        artifacts: what becomes of artifacts: ``"shrink"`` compresses documents and texts in them.
        max_tokens_per_turn: most tokens of all results of one message's calls; None for no such ceiling.
    """

    def __init__(
        self,
        compressor: LaconicCompressor,
        exclude_tools: Collection[str],
        min_tokens: int | None,
        keep_original: bool,
        artifacts: Artifacts = "keep",
        max_tokens_per_turn: int | None = None,
    ) -> None:
        _check_whole("min_tokens", min_tokens, 0)
        _check_whole("max_tokens_per_turn", max_tokens_per_turn, 1)
        if artifacts not in ("keep", "shrink", "drop"):
            raise ConfigurationError(f"artifacts is {artifacts!r}: it is 'keep', 'shrink' or 'drop'")
        if keep_original and artifacts != "keep":
            raise ConfigurationError(f"keep_original and artifacts={artifacts!r} say two things of artifacts")
        self.compressor = compressor
        self.exclude_tools = frozenset(exclude_tools)
        if min_tokens is None:
            min_tokens = min(MIN_TOKENS, compressor.max_tokens or MIN_TOKENS)
        self.min_tokens = min_tokens
        self.keep_original = keep_original
        self.artifacts = artifacts
        self.max_tokens_per_turn = max_tokens_per_turn
        self._forget()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("_done", "_lock")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._forget()

    def _forget(self) -> None:
        self._done: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._lock = Lock()

    # -- results of one call ------------------------------------------------------------------------------------------

    def wants(self, message: BaseMessage, tool: str | None = None) -> bool:
        """Whether a message is a tool result that may be shortened; ``tool`` names it where the message does not."""
        return self._may(message, tool) and self._tokens(message) >= self.min_tokens

    def has_work(self, result: Any, tool: str) -> bool:
        """Whether something of what a tool gave is to be changed on entry."""
        each = tool_messages(result)
        return any(self._wants_now(message, tool) or self._changes_artifact(message, tool) for message in each)

    def shorten(self, result: Any, tool: str, question: str | None) -> Any:
        """What a tool gave, a message or a ``Command`` with messages, with shortened copies of the results in it."""
        return self._done_by(self._entering(result, tool, question))

    async def ashorten(self, result: Any, tool: str, question: str | None) -> Any:
        """`shorten` without blocking the event loop."""
        return await self._adone_by(self._entering(result, tool, question))

    def _entering(self, result: Any, tool: str, question: str | None) -> _Work:
        changed: dict[int, ToolMessage] = {}
        for message in tool_messages(result):
            found = message
            if self._wants_now(message, tool):
                found = yield from self._shortening(message, question)
            if self._changes_artifact(message, tool):
                found = yield from self._of_artifact(found, question)
            if found is not message:
                changed[id(message)] = found
        return with_messages(result, changed) if changed else result

    def _wants_now(self, message: ToolMessage, tool: str) -> bool:
        """Whether a result is shortened on entry: not where it must wait for those beside it."""
        return self.max_tokens_per_turn is None and self.wants(message, tool)

    def _shortening(self, message: ToolMessage, question: str | None, **budget: int) -> _Work:
        [found] = yield _Ask([message], question, budget)
        if found.content == message.content:
            return message
        found = marked(found)
        if self.keep_original and message.artifact is None:
            found = found.model_copy(update={"artifact": {MARK: {"original": message.content}}})
        return found

    def _changes_artifact(self, message: ToolMessage, tool: str) -> bool:
        if self.artifacts == "keep" or message.artifact is None or not self._may(message, tool):
            return False
        return self.artifacts == "drop" or _is_context(message.artifact)

    def _of_artifact(self, message: ToolMessage, question: str | None) -> _Work:
        artifact = None
        if self.artifacts == "shrink":
            artifact = yield _Ask(message.artifact, question, {})
        return message.model_copy(update={"artifact": artifact})

    # -- results of one message's calls -------------------------------------------------------------------------------

    def newest(self, messages: Sequence[BaseMessage]) -> list[ToolMessage]:
        """Shortened copies of the newest results, those of one message's calls, where they are over their ceiling."""
        return self._done_by(self._sharing_newest(messages))  # type: ignore[no-any-return]

    async def anewest(self, messages: Sequence[BaseMessage]) -> list[ToolMessage]:
        """`newest` without blocking the event loop."""
        return await self._adone_by(self._sharing_newest(messages))  # type: ignore[no-any-return]

    def _sharing_newest(self, messages: Sequence[BaseMessage]) -> _Work:
        groups = _turns(messages)
        if not groups or any(isinstance(message, AIMessage) for message in messages[groups[-1][-1] + 1 :]):
            return []
        changed = yield from self._sharing(messages, groups[-1])
        return list(changed.values())

    def shorten_all(self, messages: Sequence[BaseMessage], keep: int = 0) -> list[Any]:
        """A conversation with its tool results shortened, all but the last ``keep``. What was done is remembered."""
        shortened = list(messages)
        if self.max_tokens_per_turn is not None:
            for turn in _turns(messages):
                for at, found in self._remembered(messages, turn, self._sharing).items():
                    shortened[at] = found
            return shortened
        targets = [
            at
            for at, message in enumerate(messages)
            if isinstance(message, ToolMessage) and self.wants(message, _tool_of(messages, at))
        ]
        for at in targets[: len(targets) - keep]:
            for place, found in self._remembered(messages, [at], self._alone).items():
                shortened[place] = found
        return shortened

    def _alone(self, messages: Sequence[BaseMessage], places: Sequence[int]) -> _Work:
        changed = {}
        for at in places:
            found = yield from self._shortening(_result(messages, at), _question(messages, at))
            if found is not messages[at]:
                changed[at] = found
        return changed

    def _sharing(self, messages: Sequence[BaseMessage], places: Sequence[int]) -> _Work:
        """The results of one message's calls, by place: each within its part of the ceiling and its own budget.

        The parts are what each keeps where all are compressed together: what is worth most for the question and the
        calls' own words gets most of the ceiling.
        """
        mine = [at for at in places if self._may(messages[at], _tool_of(messages, at))]
        sizes = {at: self._tokens(messages[at]) for at in places}
        parts: dict[int, int] = {}
        if sum(sizes.values()) > (self.max_tokens_per_turn or 0):
            left = (self.max_tokens_per_turn or 0) - sum(sizes[at] for at in places if at not in mine)
            parts = self._parts(messages, mine, max(1, left))
        own = self.compressor
        changed = {}
        for at in mine:
            message = _result(messages, at)
            if at in parts:
                budget = {"max_tokens": min(parts[at], own.max_tokens or parts[at])}
            elif own.max_tokens is None and own.rate is None and own.recall is None:
                continue  # there is only the ceiling of all, and it holds
            elif not self.wants(message, _tool_of(messages, at)):
                continue
            else:
                budget = {}
            found = yield from self._shortening(message, _question(messages, at), **budget)
            if found is not message:
                changed[at] = found
        return changed

    def _parts(self, messages: Sequence[BaseMessage], places: Sequence[int], ceiling: int) -> dict[int, int]:
        """Of each result the tokens of the ceiling that are its part, at least 1."""
        owner = [at for at in places for _ in texts_of(messages[at].content)]
        texts = [text for at in places for text in texts_of(messages[at].content)]
        questions = dict.fromkeys(filter(None, (_question(messages, at) for at in places)))
        parts = dict.fromkeys(places, 0)
        try:
            engine = self.compressor.engine
            with unreported():  # what comes of the parts is
                shared = engine.compress(texts, "\n".join(questions), at_least=len(texts), max_tokens=ceiling)
        except Exception as error:  # noqa: BLE001 - on_error decides; equal parts do as well
            self.compressor.failed(error)
            return dict.fromkeys(places, max(1, ceiling // max(1, len(places))))
        for part in shared.passages:
            parts[owner[part.index]] += part.tokens
        return {at: max(1, tokens) for at, tokens in parts.items()}

    def _remembered(
        self,
        messages: Sequence[BaseMessage],
        places: Sequence[int],
        work: Callable[[Sequence[BaseMessage], Sequence[int]], _Work],
    ) -> dict[int, ToolMessage]:
        """The results that change, by place."""
        key = tuple((*_identity(_result(messages, at)), _question(messages, at)) for at in places)
        with self._lock:
            known = self._done.get(key)
            if known is not None:
                self._done.move_to_end(key)
        if known is None:
            changed = self._done_by(work(messages, places))
            known = [changed.get(at) for at in places]
            with self._lock:
                self._done[key] = known
                while len(self._done) > _REMEMBERED:
                    self._done.popitem(last=False)
        return {at: found for at, found in zip(places, known, strict=True) if found is not None}

    # -----------------------------------------------------------------------------------------------------------------

    def _may(self, message: BaseMessage, tool: str | None) -> bool:
        if not isinstance(message, ToolMessage) or not is_target(message, ("tool",)) or is_marked(message):
            return False
        return (message.name or tool) not in self.exclude_tools

    def _tokens(self, message: BaseMessage) -> int:
        texts = list(map(mended, texts_of(message.content)))
        return sum(map(sound_counter(self.compressor.engine.counter, texts).count, texts))

    def _done_by(self, work: _Work) -> Any:
        try:
            ask = next(work)
            while True:
                ask = work.send(
                    self.compressor.invoke(ask.value, None, query=ask.question, output="input", **ask.budget)
                )
        except StopIteration as end:
            return end.value

    async def _adone_by(self, work: _Work) -> Any:
        try:
            ask = next(work)
            while True:
                found = await self.compressor.ainvoke(ask.value, None, query=ask.question, output="input", **ask.budget)
                ask = work.send(found)
        except StopIteration as end:
            return end.value


# -- what a tool gives ------------------------------------------------------------------------------------------------


def tool_messages(result: Any) -> Iterator[ToolMessage]:
    """The tool results in what a tool gave: a message, a ``Command`` that updates the conversation, or a list."""
    if isinstance(result, ToolMessage):
        yield result
    elif isinstance(result, (list, tuple)):
        for each in result:
            yield from tool_messages(each)
    elif isinstance(result, Mapping):
        yield from tool_messages(list(result.values()))
    elif _is_command(result):
        yield from tool_messages(result.update)


def with_messages(result: Any, changed: Mapping[int, ToolMessage]) -> Any:
    """A copy of what a tool gave with other messages in place of some, by ``id()``."""
    if isinstance(result, ToolMessage):
        return changed.get(id(result), result)
    if isinstance(result, tuple) and not hasattr(result, "_fields"):
        return tuple(with_messages(each, changed) for each in result)
    if isinstance(result, list):
        return [with_messages(each, changed) for each in result]
    if isinstance(result, Mapping):
        return {key: with_messages(value, changed) for key, value in result.items()}
    if _is_command(result):
        return replace(result, update=with_messages(result.update, changed))
    return result


def _is_command(value: Any) -> bool:
    """LangGraph's ``Command``, which is not imported for this."""
    return is_dataclass(value) and not isinstance(value, type) and type(value).__name__ == "Command"


def _is_context(value: Any) -> bool:
    """Whether an artifact is something that the compressor takes."""
    if isinstance(value, str):
        return bool(value.strip())
    return isinstance(value, list) and bool(value) and all(isinstance(item, (Document, str)) for item in value)


# -- the conversation -------------------------------------------------------------------------------------------------


def question_of(before: Sequence[BaseMessage], call: dict[str, Any] | None) -> str | None:
    """What a tool result was fetched for: what the conversation before it asks for, with what the assistant said as it
    made the call, and the words that the tool was given.
    """
    parts = [last_question(before), *_words(None if call is None else call.get("args"))]
    return "\n".join(part for part in parts if part) or None


def _question(messages: Sequence[BaseMessage], at: int) -> str | None:
    return question_of(messages[:at], _call_of(messages, at))


def _words(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [word for item in value.values() for word in _words(item)]
    if isinstance(value, (list, tuple)):
        return [word for item in value for word in _words(item)]
    return []


def _turns(messages: Sequence[BaseMessage]) -> list[list[int]]:
    """The places of the tool results, those of one message's calls together."""
    turns: list[list[int]] = []
    is_open = False
    for at, message in enumerate(messages):
        if isinstance(message, AIMessage):
            is_open = False
        elif isinstance(message, ToolMessage):
            if not is_open:
                turns.append([])
            turns[-1].append(at)
            is_open = True
    return turns


def _result(messages: Sequence[BaseMessage], at: int) -> ToolMessage:
    message = messages[at]
    assert isinstance(message, ToolMessage)  # noqa: S101 - the places are those of tool results
    return message


def _identity(message: ToolMessage) -> tuple[str, ...]:
    digest = hashlib.sha256(repr(message.content).encode("utf-8", "surrogatepass")).hexdigest()
    return message.tool_call_id, message.id or "", digest


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


def _check_whole(name: str, value: int | None, least: int) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
        raise ConfigurationError(f"{name} is {value!r}: it must be a whole number of tokens ≥ {least}, or None")
