"""`MessagePipeline`: a chat's messages in, the same chat in fewer tokens out."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from laconic._utils.figures import dry_run_lines
from laconic._utils.options import known_options
from laconic._utils.pictured import Pictured
from laconic.core.conversation import recent_question
from laconic.core.inputs import as_query
from laconic.core.turns import Query, Turn
from laconic.exceptions import ConfigurationError, InputError, LaconicError
from laconic.messages.blocks import Block, segmentize, text_pieces
from laconic.messages.chat import (
    Message,
    copied,
    last_user,
    message_tokens,
    read_messages,
    repaired_pairs,
    text_slots,
    with_text,
)
from laconic.messages.code import missing_parser, missing_to_cut
from laconic.messages.counts import CachedCounter
from laconic.messages.dedup import deduplicate
from laconic.messages.directives import Context, TextEngine
from laconic.messages.engines import engine_named
from laconic.messages.recipes import Recipe, load_recipe
from laconic.messages.telemetry import Telemetry, as_telemetry
from laconic.telemetry import Figures, reported
from laconic.tokens import as_counter
from laconic.types import Savings

__all__ = ["DEFAULT_THRESHOLD_TOKENS", "MODES", "CompressionPipeline", "HookError", "MessagePipeline", "PipelineResult"]

Hook = Callable[[list[Message]], Sequence[Mapping[str, Any]]]

DEFAULT_THRESHOLD_TOKENS = 4500
"""Chats below it come back untouched in the mode ``"hybrid"``."""

MODES = ("hybrid", "strict", "aggressive")

_MODE_VARIABLES = ("LACONIC_MODE", "TOKENPAK_MODE")
_THRESHOLD_VARIABLES = ("LACONIC_COMPACT_THRESHOLD_TOKENS", "TOKENPAK_COMPACT_THRESHOLD_TOKENS")

_FENCED = re.compile(r"^[ \t]*(?:```|~~~)[ \t]*([\w+#-]+)", re.MULTILINE)

# The question that records and sentences are chosen by; a longer last message is material rather than a question.
_QUERY_CHARS = 2000


class HookError(LaconicError):
    """A hook raised, or returned what is no list of messages; the message names the hook."""


@dataclass(frozen=True)
class PipelineResult(Savings, Pictured):
    """What came of a chat.

    Attributes:
        messages: the messages in the same form, with fewer tokens; new dicts where something changed.
        segments: the typed blocks with what was done to each; ``message`` and ``part`` count in the messages after
            dedup. Empty when the threshold was not reached.
        tokens_raw: tokens before, of all texts and tool calls.
        tokens_after: tokens after.
        duration_ms: wall time in milliseconds.
        stages_run: of ``"dedup"``, ``"segmentize"``, ``"directives"``, ``"hooks"``, in order.
    """

    messages: list[Message]
    segments: list[Block]
    tokens_raw: int
    tokens_after: int
    duration_ms: float
    stages_run: list[str]

    @property
    def _counts(self) -> tuple[int, int]:
        return self.tokens_raw, self.tokens_after

    @property
    def savings_pct(self) -> float:
        """`savings_percent`, by TokenPak's name; negative only if a hook made the chat longer."""
        return self.savings_percent

    @property
    def fallback(self) -> str | None:
        """What is not installed to read the code among the segments, with the line that installs it; else None.

        Such code is cleaned as text, and directives that need its structure leave it as it is; in pages of Markdown
        it is cut by its lines.
        """
        code = (missing_parser(block.language) for block in self.segments if block.type == "code")
        pages = "\n".join(block.text for block in self.segments if block.type == "markdown")
        parts = map(missing_to_cut, dict.fromkeys(_FENCED.findall(pages)))
        return "; ".join(dict.fromkeys(filter(None, (*code, *parts)))) or None

    def _picture(self, *, page: bool = False, brief: bool = False) -> str:
        from laconic.messages.picture import pipeline_picture

        figures = f"{self.tokens_raw:,} → {self.tokens_after:,} tokens, {self.savings_percent:.1f} % saved"
        return pipeline_picture(self.segments, figures, whole_page=page, brief=brief)


class _Run(NamedTuple):
    """A result, how many turns and blocks dedup removed, and what is told of the call beside its figures."""

    result: PipelineResult
    removed: int
    details: Mapping[str, str]


def _figures(run: _Run) -> Figures:
    result = run.result
    return Figures(result.tokens_raw, result.tokens_after, is_fallback=result.fallback is not None, details=run.details)


class MessagePipeline:
    """Shrinks the messages of a chat before they are sent.

    Stages, in order: below the threshold nothing happens; **dedup** removes turns and blocks that say the same again;
    **segmentize** finds typed blocks; **directives** of a recipe act on them; **hooks** of the caller's own come last.

    Args:
        recipe: name of a built-in recipe, of one in ``recipe_folder``, path of a YAML file, a mapping, or a `Recipe`.
        recipe_folder: folder of the caller's recipes.
        mode: ``"hybrid"`` (only from the threshold on), ``"strict"`` (always) or ``"aggressive"`` (always, every ratio
            halved, documentation in code dropped). None reads ``LACONIC_MODE`` (or ``TOKENPAK_MODE``), else hybrid.
        threshold_tokens: None reads ``LACONIC_COMPACT_THRESHOLD_TOKENS`` (or ``TOKENPAK_COMPACT_THRESHOLD_TOKENS``),
            else 4,500.
        model: the model that will read the chat; chooses the token counter.
        counter: counts in place of the model's counter; see `laconic.Compressor`.
        engine: ``"auto"``: LLMLingua for the words of prose where it is installed and its model on this machine, else
            the heuristics (`engine_note` says why); ``"heuristic"``; ``"llmlingua"`` (extra
            ``llmlingua``); or an object with ``clean`` and ``filter_tokens``.
        telemetry: a SQLite file to which the figures of each call go, or a `laconic.messages.Telemetry`; see
            `laconic.messages.stats`. None keeps nothing.

    Raises:
        ConfigurationError: an option or environment variable that cannot work, here and not at the first call.
        MissingDependencyError: the engine's package is not installed.

    Roles, order and tool calls survive, as do parts that are not text. System messages change only if the recipe has a
    directive for them, the request in the user's last message never. Share an instance between threads, but add hooks
    first.
    """

    @known_options
    def __init__(
        self,
        recipe: str | Path | Recipe | Mapping[str, Any] = "default",
        *,
        recipe_folder: str | Path | None = None,
        mode: str | None = None,
        threshold_tokens: int | None = None,
        model: str = "gpt-4o",
        counter: Any = None,
        engine: str | TextEngine = "auto",
        telemetry: str | Path | Telemetry | None = None,
    ) -> None:
        self.recipe = load_recipe(recipe, recipe_folder)
        self.mode = _mode(mode)
        self.threshold_tokens = _threshold(threshold_tokens)
        self.counter = CachedCounter(as_counter(model if counter is None else counter))
        self.engine = engine_named(engine)
        self.telemetry = as_telemetry(telemetry)
        self._hooks: list[Hook] = []

    def add_hook(self, hook: Hook) -> MessagePipeline:
        """Add a stage of the caller's own behind the others.

        Args:
            hook: takes the messages (copies that it may edit) and returns those to send. It may leave messages out: a
                tool result whose call it left out goes too, and one that it left out of a call that stays comes back.

        Returns:
            The pipeline, so that hooks can be chained.

        Raises:
            ConfigurationError: ``hook`` is not callable.
        """
        if not callable(hook):
            raise ConfigurationError(f"hook {hook!r} is not callable: give a function from messages to messages")
        self._hooks.append(hook)
        return self

    def run(self, messages: Iterable[Mapping[str, Any]], query: Query = None) -> PipelineResult:
        """Compress a chat.

        Args:
            messages: dicts with ``role`` and ``content`` as OpenAI's API takes them; never edited.
            query: what matters, a question or the turns that end in it; None takes what the conversation asks for in
                its end: the text of the user's last message, or what that refers to (`laconic.core.conversation`).

        Returns:
            The messages and figures. Never more tokens than before, unless a hook added some.

        Raises:
            InputError: messages that are none, or text that is not Unicode.
            HookError: a hook raised or returned something else than messages.

        About 15 ms for 10,000 tokens that were not seen before, twice that where sentences of long texts are filtered.
        """
        return self._run(messages, query).result

    def __call__(self, messages: Iterable[Mapping[str, Any]]) -> list[Message]:
        """The messages of `run`, for use as a step of something else."""
        return self.run(messages).messages

    def preview(self, messages: Iterable[Mapping[str, Any]], query: Query = None) -> str:
        """What `run` would do, as a few lines for people: tokens, savings, time, stages."""
        return self.previewed(messages, query)[1]

    def previewed(self, messages: Iterable[Mapping[str, Any]], query: Query = None) -> tuple[PipelineResult, str]:
        """What `run` returns, and the lines of `preview`, of one call."""
        result, removed, _ = self._run(messages, query)
        stages = {
            "dedup": f"dedup ({removed} removed)",
            "segmentize": f"segmentize ({len(result.segments)} blocks)",
            "directives": f"directives ({sum(bool(block.actions) for block in result.segments)} applied)",
            "hooks": f"hooks ({len(self._hooks)})",
        }
        run = " → ".join(stages[stage] for stage in result.stages_run) or "none (below the threshold)"
        return result, dry_run_lines(result.tokens_raw, result.tokens_after, result.duration_ms, run)

    @reported("MessagePipeline", _figures, to=lambda self: self.telemetry)
    def _run(self, messages: Iterable[Mapping[str, Any]], query: Query) -> _Run:
        began = perf_counter()
        asked = as_query(query)
        given = read_messages(messages)
        raw = message_tokens(given, self.counter.count)
        if self.mode == "hybrid" and raw < self.threshold_tokens:
            return self._result(given, [], raw, raw, began, [], 0)
        stages = ["dedup", "segmentize", "directives"]
        left, removed = deduplicate(given, self.counter.count)
        blocks = segmentize(left, self.counter.count)
        left, blocks = self._directed(left, blocks, asked)
        if self._hooks:
            stages.append("hooks")
            for number, hook in enumerate(self._hooks, 1):
                left = _hooked(hook, number, left)
        after = message_tokens(left, self.counter.count)
        return self._result(left, blocks, raw, after, began, stages, removed)

    def _result(
        self,
        messages: list[Message],
        blocks: list[Block],
        raw: int,
        after: int,
        began: float,
        stages: list[str],
        removed: int,
    ) -> _Run:
        engine = str(getattr(self.engine, "name", type(self.engine).__name__))
        spent = (perf_counter() - began) * 1000
        details = {"recipe": self.recipe.name, "mode": self.mode, "engine": engine, "stages": " ".join(stages)}
        return _Run(PipelineResult(messages, blocks, raw, after, spent, stages), removed, details)

    @property
    def engine_note(self) -> str | None:
        """Of the engine ``"auto"``: why the heuristics filter words and not LLMLingua; else None."""
        return getattr(self.engine, "note", None)

    def _directed(
        self, messages: list[Message], blocks: Sequence[Block], query: str | None
    ) -> tuple[list[Message], list[Block]]:
        """The messages with what the directives make of their blocks; a text that gets no shorter stays as it was."""
        from laconic.messages.actions import apply_directives  # all that actions need; a chat that is short needs none

        context = Context(
            self.counter, query or question_of(messages), self.engine, aggressive=self.mode == "aggressive"
        )
        by_slot: dict[tuple[int, int | None], list[tuple[Block, str]]] = {}
        results = []
        for done, text in apply_directives(blocks, self.recipe.directives, context):
            results.append(done)
            if text != done.text and done.type != "tool_call":
                by_slot.setdefault((done.message, done.part), []).append((done, text))
        left = list(messages)
        for slot in text_slots(messages):
            changes = by_slot.get((slot.message, slot.part))
            if not changes:
                continue
            pieces: list[str] = []
            at = 0
            for block, text in changes:
                pieces += [slot.text[at : block.start], text]
                at = block.end
            new = "".join([*pieces, slot.text[at:]])
            if self.counter.count(new) < self.counter.count(slot.text):
                left[slot.message] = with_text(left[slot.message], slot.part, new)
        return left, results


CompressionPipeline = MessagePipeline
"""The name that code written for TokenPak asks for."""


def question_of(messages: Sequence[Message]) -> str | None:
    """What the conversation asks for in its end: text blocks, at most 2,000 characters of each message."""
    if last_user(messages) is None:
        return None
    spoken = (message for message in reversed(messages) if message["role"] in ("user", "assistant"))
    question = recent_question(Turn(message["role"], _words_of(message)) for message in spoken)
    return question[:_QUERY_CHARS].strip() if question else None


def _words_of(message: Message) -> str:
    words = [
        slot.text[piece.start : piece.end]
        for slot in text_slots([message])
        for piece in text_pieces(slot.text)
        if piece.type == "text"
    ]
    return "\n".join(words)


def _hooked(hook: Hook, number: int, messages: list[Message]) -> list[Message]:
    name = f"hook {number} ({getattr(hook, '__name__', type(hook).__name__)})"
    try:
        returned = hook(copied(messages))
    except Exception as error:  # whatever the caller's own code raises is told with the hook's name
        raise HookError(f"{name} raised {type(error).__name__}: {error}") from error
    if not isinstance(returned, (list, tuple)):
        raise HookError(f"{name} returned a {type(returned).__name__}: a hook returns the list of messages to send")
    try:
        kept = read_messages(returned)
    except InputError as error:
        raise HookError(f"{name} returned what is no list of messages: {error}") from error
    return repaired_pairs(messages, kept)


def _mode(mode: str | None) -> str:
    name = "mode"
    if mode is None:
        name, mode = _variable(_MODE_VARIABLES)
        mode = "hybrid" if mode is None else mode.strip().lower()
    if mode not in MODES:
        raise ConfigurationError(f"{name} is {mode!r}: use one of {', '.join(MODES)}")
    return mode


def _threshold(tokens: int | None) -> int:
    if tokens is None:
        name, value = _variable(_THRESHOLD_VARIABLES)
        if value is None:
            return DEFAULT_THRESHOLD_TOKENS
        try:
            tokens = int(value)
        except ValueError as error:
            raise ConfigurationError(f"{name} is {value!r}: it must be a whole number of tokens ≥ 0") from error
    else:
        name = "threshold_tokens"
    if isinstance(tokens, bool) or not isinstance(tokens, int) or tokens < 0:
        raise ConfigurationError(f"{name} is {tokens!r}: it must be a whole number of tokens ≥ 0")
    return tokens


def _variable(names: Sequence[str]) -> tuple[str, str | None]:
    """The first of the environment variables that is set and not blank, with its name."""
    return next(((name, os.environ[name]) for name in names if os.environ.get(name, "").strip()), (names[0], None))
