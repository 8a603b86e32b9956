"""`compact_history`: a long conversation under one ceiling, its turns kept by their worth for the newest question.

Turns are passages: a text of a message is one, and a tool's result is one whose price of entry is the call that it
answers. The engine of `laconic.compress` fills the budget with them. Calls and results stay and go together, in the
shape of OpenAI (``tool_calls``, the role ``tool``) and of Anthropic (parts ``tool_use`` and ``tool_result``).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from laconic._utils.options import known_options
from laconic.core.budget import Budget
from laconic.core.compressor import Compressor
from laconic.core.inputs import as_query
from laconic.core.reading import Reading
from laconic.core.run import Run
from laconic.core.turns import Query
from laconic.exceptions import BudgetError, ConfigurationError
from laconic.messages.chat import ROLES, Message, read_messages, tool_calls
from laconic.messages.pipeline import question_of
from laconic.types import Passage, Savings, Segment

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["CompactedHistory", "compact_history"]

_SYSTEM = ("system", "developer")
_STABLE_SHARE = 0.5
"""Share of the ceiling that a cut comes down to with ``stable_prefix``: the rest is room until the next cut."""
_OPENING_SHARE = 0.25
"""Share of the room that the first message of a user may take so that the conversation begins with one."""
_RECENCY = 2.0
"""Log-odds by which the newest turn is ahead of the oldest. Of the evidence of taubench_retail (train) at a half and a
quarter of the tokens .990 and .898 are kept without it, .991 and .893 with 1, .995 and .899 with 2, .987 and .886 with
3. Of whole dialogues .917 and .739 without it, .925 and .837 with 2."""
_FIRST = 50.0  # log-odds beyond what any scorer tells apart
_MOST_TRIES = 6


@dataclass(frozen=True)
class CompactedHistory(Savings):
    """What `compact_history` gives back.

    Attributes:
        messages: the conversation in the same form; new dicts where something changed.
        kept: for each of ``messages`` its index in the caller's list.
        dropped: indexes of messages of which nothing is left, in order.
        shortened: indexes of messages of which a part is left, in order.
        tokens_raw: tokens before: texts, and names and arguments of tool calls.
        tokens_after: the same afterwards.
        query: the question that turns were chosen by; None where there was none.
        fallback: what is not installed to read some of the turns, with the line that installs it; else None.
    """

    messages: list[Message] = field(repr=False)
    kept: tuple[int, ...]
    dropped: tuple[int, ...]
    shortened: tuple[int, ...]
    tokens_raw: int
    tokens_after: int
    query: str | None
    fallback: str | None = None

    @property
    def _counts(self) -> tuple[int, int]:
        return self.tokens_raw, self.tokens_after


@known_options
def compact_history(
    messages: Iterable[Mapping[str, Any]],
    max_tokens: int,
    query: Query = None,
    *,
    pinned: Collection[int] = (),
    keep_last: int = 2,
    stable_prefix: bool = False,
    model: str = "gpt-4o",
    counter: Any = None,
) -> CompactedHistory:
    """A conversation in at most ``max_tokens`` tokens.

    Args:
        messages: dicts with ``role`` and ``content`` as the APIs of OpenAI or Anthropic take them; never edited.
        max_tokens: most tokens of all texts and of the names and arguments of tool calls, ≥ 1. What an API adds for
            each message, and images, are not counted.
        query: what matters, a question or the turns that end in it; None takes what the conversation asks for in its
            end: the text of the user's last message, or what that refers to (`laconic.core.conversation`).
        pinned: indexes of messages that stay whole, from 0; negative ones from the end.
        keep_last: so many of the newest messages stay whole, ≥ 0, where the ceiling holds them; with a tool's result
            its call, and the other way round. Where it does not, what is kept of them comes before all else. The
            user's last message, system and developer messages always stay whole.
        stable_prefix: keep the beginning the same from turn to turn, for providers that cache it: nothing changes until
            the ceiling is reached; then what is old is cut to half of it, for the question of that moment, and stays so
            until the ceiling is reached again. Give the whole history each time, not what came back.
        model: the model that will read the messages; chooses the token counter.
        counter: counts in place of the model's counter; see `laconic.Compressor`.

    Returns:
        The messages and figures. A history that fits comes back unchanged. Other turns compete: of each the parts that
        are worth most for the question are kept, verbatim and in order; JSON stays JSON. A call whose result is left
        out goes too; one without a result stays. (A result in front of its call is one without a call to
        ``stable_prefix``, which knows of no later message.) A history that began with the user still does, where there
        is room.

    Raises:
        BudgetError: ``max_tokens`` is out of range, or what stays whole alone has more.
        ConfigurationError: another option cannot work; ``stable_prefix`` with a ``query``.
        InputError: messages that are none, or text that is not Unicode.

    Linear in the text; with ``stable_prefix`` as often as the ceiling was reached.
    """
    given = read_messages(messages)
    asked = as_query(query)
    _check_options(max_tokens, keep_last, stable_prefix=stable_prefix, query=asked)
    engine = _Engine(model=model, counter=counter, separator=None)
    whole = {_index(at, len(given)) for at in pinned}
    if stable_prefix:
        return _stable(given, max_tokens, whole, keep_last, engine)
    found = asked or _question(given)
    conversation = _Conversation(given, engine)
    left = conversation.compact(max_tokens, found, conversation.whole(whole), keep_last)
    return _result(given, conversation, left, range(len(given)), found)


def _check_options(max_tokens: Any, keep_last: Any, *, stable_prefix: bool, query: str | None) -> None:
    Budget(max_tokens)
    if max_tokens is None:
        raise BudgetError("max_tokens is None: give the most tokens that the history may have")
    if isinstance(keep_last, bool) or not isinstance(keep_last, int) or keep_last < 0:
        raise ConfigurationError(f"keep_last is {keep_last!r}: give a number of messages ≥ 0")
    if stable_prefix and query is not None:
        raise ConfigurationError("stable_prefix chooses by the question of each cut: leave query out")


def _index(at: Any, number: int) -> int:
    if isinstance(at, bool) or not isinstance(at, int) or not -number <= at < number:
        raise ConfigurationError(f"pinned holds {at!r}: give indexes of the {number} messages")
    return at % number


def _result(
    given: Sequence[Message],
    conversation: _Conversation,
    left: _Left,
    origins: Sequence[int],
    query: str | None,
) -> CompactedHistory:
    """The result, ``origins`` being the caller's index of each message of the conversation."""
    kept = tuple(origins[at] for at in left.kept)
    pairs = zip(kept, left.messages, strict=True)
    return CompactedHistory(
        left.messages,
        kept,
        tuple(sorted(set(range(len(given))) - set(kept))),
        tuple(at for at, message in pairs if message != given[at]),
        _tokens(given, conversation.count),
        left.tokens,
        query,
        "; ".join(conversation.fallbacks) or None,
    )


def _stable(
    given: list[Message], max_tokens: int, pinned: set[int], keep_last: int, engine: _Engine
) -> CompactedHistory:
    """The history as it came to be, message by message: cut each time that the ceiling was reached."""
    state: list[Message] = []
    origins: list[int] = []
    query = None
    used = 0
    fallbacks: dict[str, None] = {}
    for at, message in enumerate(given):
        state.append(message)
        origins.append(at)
        used += _tokens([message], engine.counter.count)
        if used <= max_tokens:
            continue
        conversation = _Conversation(state, engine)
        own = {place for place, origin in enumerate(origins) if origin in pinned}
        whole = conversation.whole(own)
        if at + 1 < len(given) and conversation.tokens(whole) > max_tokens:
            whole = conversation.whole(own, asked=False)  # a long question of then is a turn like others by now
        query = _question(state)
        least = conversation.tokens(conversation.closed({*whole, *conversation.newest(keep_last)}))
        target = min(max_tokens, max(least, int(_STABLE_SHARE * max_tokens)))
        left = conversation.compact(target, query, whole, keep_last)
        fallbacks |= conversation.fallbacks
        state, used = left.messages, left.tokens
        origins = [origins[place] for place in left.kept]
    last = _Conversation(state, engine)
    last.fallbacks = fallbacks
    return _result(given, last, _Left(state, tuple(range(len(state))), used), origins, query or _question(given))


def _too_much(tokens: int, max_tokens: int) -> BudgetError:
    return BudgetError(
        f"max_tokens is {max_tokens}: what stays whole (system and pinned messages, the user's last one) has {tokens} "
        "tokens; raise it, or pin less"
    )


def _question(messages: Sequence[Message]) -> str | None:
    """What the user's last message asks; messages that only carry tool results are no questions."""
    return question_of([message for message in messages if not _only_results(message)])


def _only_results(message: Message) -> bool:
    content = message.get("content")
    parts = content if isinstance(content, (list, tuple)) else ()
    return bool(parts) and all(_part_type(part) == "tool_result" for part in parts)


# -- what a conversation is made of -----------------------------------------------------------------------------------


class _Call(NamedTuple):
    """A tool call: its message, its place among the calls or parts, and its name with its arguments."""

    message: int
    place: int
    text: str


class _Piece(NamedTuple):
    """A text: its message, its part and the part inside of that (None where there is one string), what it answers."""

    message: int
    part: int | None
    inner: int | None
    text: str
    call: _Call | None = None


def _part_type(part: Any) -> Any:
    return part.get("type") if isinstance(part, Mapping) else None


def _parts(message: Message) -> Sequence[Any]:
    content = message.get("content")
    return content if isinstance(content, (list, tuple)) else ()


def _calls(message: Message, at: int) -> Iterator[tuple[Any, _Call]]:
    """The calls of a message, each behind its id."""
    for place, call in enumerate(tool_calls(message)):
        function = call.get("function")
        values = function.values() if isinstance(function, Mapping) else ()
        yield call.get("id"), _Call(at, place, "".join(value for value in values if isinstance(value, str)))
    for place, part in enumerate(_parts(message)):
        if _part_type(part) == "tool_use":
            text = f"{part.get('name') or ''}{json.dumps(part.get('input'), ensure_ascii=False, default=str)}"
            yield part.get("id"), _Call(at, place, text)


def _texts(message: Message, at: int, calls: Mapping[Any, _Call]) -> Iterator[_Piece]:
    """The texts of a message, each with the call that it answers where that is there."""
    content = message.get("content")
    answered = calls.get(message.get("tool_call_id")) if message["role"] == "tool" else None
    if isinstance(content, str) or (content is None and answered is not None):
        yield _Piece(at, None, None, content or "", answered)
    for place, part in enumerate(_parts(message)):
        if isinstance(part, str):
            yield _Piece(at, place, None, part)
        elif _part_type(part) == "tool_result":
            yield from _result_texts(part, at, place, calls.get(part.get("tool_use_id")))
        elif isinstance(part, Mapping) and isinstance(part.get("text"), str):
            yield _Piece(at, place, None, part["text"], answered)


def _result_texts(part: Mapping[str, Any], at: int, place: int, call: _Call | None) -> Iterator[_Piece]:
    content = part.get("content")
    blocks = content if isinstance(content, (list, tuple)) else ()
    texts = [
        _Piece(at, place, inner, block["text"], call)
        for inner, block in enumerate(blocks)
        if isinstance(block, Mapping) and isinstance(block.get("text"), str)
    ]
    yield from texts or [_Piece(at, place, None, content if isinstance(content, str) else "", call)]


def _tokens(messages: Sequence[Message], count: Any) -> int:
    """Tokens of all texts, and of names and arguments of tool calls."""
    return sum(
        sum(count(piece.text) for piece in _texts(message, at, {}))
        + sum(count(call.text) for _, call in _calls(message, at))
        for at, message in enumerate(messages)
    )


class _Left(NamedTuple):
    """What is left of a conversation: messages, the index that each had, and the tokens of all."""

    messages: list[Message]
    kept: tuple[int, ...]
    tokens: int


class _Recency:
    """What was said lately is asked about sooner.

    Args:
        first: passages that come before all others.
    """

    name = "recency"

    def __init__(self, first: frozenset[int]) -> None:
        self.first = first

    def adjust(
        self, query: str | None, passages: Sequence[Passage], segments: Sequence[Segment], scores: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """See `laconic.types.ScoreStep`."""
        import numpy as np

        turns = np.array([segment.passage for segment in segments], dtype=float)
        adjusted: NDArray[np.float64] = scores + _RECENCY * turns / max(1.0, float(turns.max(initial=0.0)))
        if self.first:
            adjusted += _FIRST * np.isin(turns, sorted(self.first))
        return adjusted


class _Engine(Compressor):
    """The engine of `laconic.compress` over turns."""

    def read(self, passages: Sequence[Passage], query: str | None, first: frozenset[int]) -> Reading:
        """Turns, segmented and scored once for whatever budget; those of ``first`` come before all others."""
        settings = replace(self._settings(Budget(1), query), last_steps=(_Recency(first),))
        return Reading(list(passages), query, settings)

    @staticmethod
    def kept(reading: Reading, max_tokens: int) -> dict[int, str]:
        """What is kept of each turn of which something is, by its index."""
        reading.settings = replace(reading.settings, budget=Budget(max_tokens))
        written = Run(reading).run().written
        if written is None:
            return {at: passage.text for at, passage in enumerate(reading.passages)}
        return {at: each.rendered.text for at, each in written.items() if each.rendered.text}


class _Conversation:
    """Messages with their texts, calls and pairs."""

    def __init__(self, messages: Sequence[Message], engine: _Engine) -> None:
        self.messages = messages
        self.engine = engine
        self.fallbacks: dict[str, None] = {}  # why turns were read otherwise than they are
        self.first: frozenset[int] = frozenset()  # messages of which what is kept comes before all else
        self.count = engine.counter.count
        calls: dict[Any, _Call] = {}
        every: list[_Call] = []
        for at, message in enumerate(messages):
            for identifier, call in _calls(message, at):
                every.append(call)
                if identifier is not None:
                    calls.setdefault(identifier, call)
        self.pieces = [piece for at, message in enumerate(messages) for piece in _texts(message, at, calls)]
        answered = {piece.call for piece in self.pieces if piece.call is not None}
        self.unanswered = {call.message for call in every if call not in answered}

    def tokens(self, messages: Iterable[int]) -> int:
        """Tokens of some of the messages."""
        return _tokens([self.messages[at] for at in sorted(messages)], self.count)

    def newest(self, number: int) -> range:
        """So many of the newest messages."""
        return range(max(0, len(self.messages) - number), len(self.messages))

    def whole(self, pinned: Collection[int], *, asked: bool = True) -> set[int]:
        """The messages that stay whole; with a call the message of its result, and the other way round.

        Args:
            pinned: what the caller wants to be among them.
            asked: whether the user's last message is.
        """
        with_text = {piece.message for piece in self.pieces if piece.text.strip()}
        questions = [
            at
            for at, message in enumerate(self.messages)
            if message["role"] == "user" and at in with_text and not _only_results(message)
        ]
        in_pairs = {at for piece in self.pieces if piece.call is not None for at in (piece.message, piece.call.message)}
        whole = {
            at
            for at, message in enumerate(self.messages)
            if message["role"] in _SYSTEM or message["role"] not in ROLES or at not in with_text | in_pairs
        }
        return self.closed({*whole, *pinned, *(questions[-1:] if asked else ()), *self.unanswered})

    def closed(self, messages: Collection[int]) -> set[int]:
        """Messages with those that they share a call and its result with."""
        whole = set(messages)
        pairs = [(piece.message, piece.call.message) for piece in self.pieces if piece.call is not None]
        while True:
            added = {at for pair in pairs if not whole.isdisjoint(pair) for at in pair} - whole
            if not added:
                return whole
            whole |= added

    def compact(self, max_tokens: int, query: str | None, whole: set[int], keep_last: int) -> _Left:
        """What is left of the messages under a ceiling; of the newest ones as many are whole as it holds.

        Raises:
            BudgetError: what stays whole has more.
        """
        raw = _tokens(self.messages, self.count)
        if raw <= max_tokens:
            return _Left(list(self.messages), tuple(range(len(self.messages))), raw)
        fixed = self.tokens(whole)
        if fixed > max_tokens:
            raise _too_much(fixed, max_tokens)
        self.first = frozenset(self.newest(keep_last))
        for number in range(keep_last, 0, -1):
            more = self.closed({*whole, *self.newest(number)})
            if (tokens := self.tokens(more)) <= max_tokens:
                whole, fixed = more, tokens
                break
        left = self._within(max_tokens - fixed, query, whole, max_tokens)
        if self._begins_well(left):
            return left
        first = next(at for at, message in enumerate(self.messages) if message["role"] not in _SYSTEM)
        opened = self.closed({*whole, first})
        price = self.tokens(opened - whole)
        if price <= _OPENING_SHARE * (max_tokens - fixed):
            return self._within(max_tokens - fixed - price, query, opened, max_tokens)
        return left

    def _begins_well(self, left: _Left) -> bool:
        """Whether what is left begins with the user, where the conversation did."""
        before, after = (
            next((message["role"] for message in messages if message["role"] not in _SYSTEM), None)
            for messages in (self.messages, left.messages)
        )
        return before != "user" or after in ("user", None)

    def _within(self, room: int, query: str | None, whole: set[int], max_tokens: int) -> _Left:
        """What stays whole, and in ``room`` the best of all else."""
        competing = [piece for piece in self.pieces if piece.message not in whole and piece.text.strip()]
        heads = set()
        passages = []
        for piece in competing:
            head = "" if piece.call is None or piece.call in heads else piece.call.text
            heads.add(piece.call)
            passages.append(Passage(piece.text, head=head))
        first = frozenset(at for at, piece in enumerate(competing) if piece.message in self.first)
        reading = self.engine.read(passages, query, first)
        budget = room
        for _ in range(_MOST_TRIES):
            if budget < 1:
                break
            kept = self.engine.kept(reading, budget) if passages else {}
            told = [*(fallback for _, fallback in reading.kinds), *(part.fallback for part in reading.parts)]
            self.fallbacks |= dict.fromkeys(filter(None, told))
            left = self._written({competing[at]: text for at, text in kept.items()}, whole)
            if left.tokens <= max_tokens:
                return left
            budget -= left.tokens - max_tokens  # counts of parts do not add up to the last token
        return self._written({}, whole)

    def _written(self, kept: Mapping[_Piece, str], whole: set[int]) -> _Left:
        """The messages with the texts that are kept, and with the calls of results that are."""
        texts: dict[int, dict[tuple[int | None, int | None], str]] = {}
        for piece, text in kept.items():
            texts.setdefault(piece.message, {})[piece.part, piece.inner] = text
        calls = {(piece.call.message, piece.call.place) for piece in kept if piece.call is not None}
        messages: list[Message] = []
        places: list[int] = []
        for at, message in enumerate(self.messages):
            if at in whole:
                written: Message | None = message
            else:
                own = {place for owner, place in calls if owner == at}
                written = _rewritten(message, texts.get(at, {}), own)
            if written is not None:
                messages.append(written)
                places.append(at)
        return _Left(messages, tuple(places), _tokens(messages, self.count))


def _rewritten(
    message: Message, texts: Mapping[tuple[int | None, int | None], str], calls: Collection[int]
) -> Message | None:
    """A message with some of its texts and calls; None where nothing is left."""
    if not texts and not calls:
        return None
    written = dict(message)
    if isinstance(message.get("content"), str):
        written["content"] = texts.get((None, None))
    parts = _parts(message)
    if parts:
        left = [_part(part, at, texts, calls) for at, part in enumerate(parts)]
        written["content"] = [part for part in left if part is not None] or None
    if "tool_calls" in message:
        written["tool_calls"] = [call for place, call in enumerate(tool_calls(message)) if place in calls]
        if not written["tool_calls"]:
            del written["tool_calls"]
    return written


def _part(part: Any, at: int, texts: Mapping[tuple[int | None, int | None], str], calls: Collection[int]) -> Any:
    """A part of a content as it is left; None where it goes."""
    kind = _part_type(part)
    if kind == "tool_use":
        return part if at in calls else None
    if kind == "tool_result":
        inside = part.get("content")
        if isinstance(inside, str):
            return {**part, "content": texts[at, None]} if (at, None) in texts else None
        blocks = inside if isinstance(inside, (list, tuple)) else ()
        if not any((at, inner) in texts for inner in range(len(blocks))):
            return None
        left = []
        for inner, block in enumerate(blocks):
            if isinstance(block, Mapping) and isinstance(block.get("text"), str):
                if (at, inner) in texts:
                    left.append({**block, "text": texts[at, inner]})
            else:
                left.append(block)
        return {**part, "content": left}
    if isinstance(part, str):
        return texts.get((at, None))
    if isinstance(part, Mapping) and isinstance(part.get("text"), str):
        return {**part, "text": texts[at, None]} if (at, None) in texts else None
    return part
