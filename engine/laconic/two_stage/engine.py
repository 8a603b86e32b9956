"""`TwoStageEngine`: dictionary aliasing and semantic pruning of what the user sends, behind a quality gate.

The order is pruning first, then aliasing: pruning works on words, and what it leaves is what an alias has to stand for.
The gate compares what the pruner left with the original, before aliases hide the words; aliasing loses nothing by
construction and needs no gate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from laconic._options import known_options
from laconic.core.inputs import as_query
from laconic.exceptions import ConfigurationError, InputError
from laconic.messages.blocks import text_pieces
from laconic.messages.chat import text_slots, with_text
from laconic.messages.heuristics import HeuristicEngine
from laconic.tokens import as_counter
from laconic.two_stage.aliases import Aliaser, expand
from laconic.two_stage.gate import DEFAULT_THRESHOLD as DEFAULT_GATE
from laconic.two_stage.gate import GateResult, QualityGate
from laconic.two_stage.pruner import DEFAULT_THRESHOLD as DEFAULT_PRUNING
from laconic.two_stage.pruner import Pruner
from laconic.types import Savings, TokenCounter

__all__ = ["TwoStageEngine", "TwoStageMessages", "TwoStageText"]

_RUNNING_TEXT = ("text", "markdown")
_COMPACT = HeuristicEngine(pragmas=False)


@dataclass(frozen=True)
class TwoStageText(Savings):
    """One text through both stages.

    Attributes:
        text: what to send.
        original: what came in.
        original_tokens, tokens: counts of both; ``tokens`` is never the larger.
        legend: alias to phrase; empty where aliasing did not pay.
        deleted: what pruning deleted, in order; empty where the gate stopped it.
        quality: what the gate measured; None where pruning changed nothing.
        gated: True where the gate stopped the pruned text, so that pruning was undone.
        stage_tokens: tokens after each stage: ``"structure"`` (white space of JSON and code), ``"pruning"``,
            ``"aliasing"``.
    """

    text: str
    original: str = field(repr=False)
    original_tokens: int
    tokens: int
    legend: Mapping[str, str]
    deleted: tuple[str, ...]
    quality: GateResult | None
    gated: bool
    stage_tokens: Mapping[str, int]

    @property
    def _counts(self) -> tuple[int, int]:
        return self.original_tokens, self.tokens

    def expand(self, text: str | None = None) -> str:
        """``text`` (an answer in aliases; by default this text) with its aliases spelled out."""
        return expand(self.text if text is None else text, self.legend)


@dataclass(frozen=True)
class TwoStageMessages(Savings):
    """A conversation through the engine.

    Attributes:
        messages: as the caller gave them, user messages compressed; the others are the caller's own objects.
        parts: for each compressed text of a user message ``(message, part, result)``: the message's position in the
        list,
            the part's position in its content (0 for a plain string), and what was done.
        original_tokens, tokens: sums over the user texts.
    """

    messages: list[dict[str, Any]]
    parts: tuple[tuple[int, int, TwoStageText], ...]

    @property
    def original_tokens(self) -> int:
        """Tokens of the user texts as they were."""
        return sum(result.original_tokens for *_, result in self.parts)

    @property
    def tokens(self) -> int:
        """Tokens of the user texts as they are."""
        return sum(result.tokens for *_, result in self.parts)

    @property
    def _counts(self) -> tuple[int, int]:
        return self.original_tokens, self.tokens


class TwoStageEngine:
    """Aliases repeated phrases and prunes words without content, in user messages only.

    Args:
        model: the model that will read the text; chooses the token counter.
        counter: counts instead; see `laconic.Compressor`.
        threshold: of the pruner, 0–1; see `laconic.two_stage.pruner.Pruner`. 0 prunes nothing.
        gate: least cosine between original and pruned text, 0–1; below it the original words are sent. 0 measures but
            lets everything pass.
        embedder: of the gate; see `laconic.two_stage.gate.QualityGate`.
        min_gain, max_aliases: of the aliaser; see `laconic.two_stage.aliases.Aliaser`.
        aliasing: False leaves the second stage out.

    Raises:
        ConfigurationError: an option that cannot work.

    An instance holds no state of its calls. It is a step of a `laconic.pipeline.Pipeline`, and so an engine of both
    adapters.
    """

    @known_options
    def __init__(
        self,
        *,
        model: str = "gpt-4o",
        counter: Any = None,
        threshold: float = DEFAULT_PRUNING,
        gate: float = DEFAULT_GATE,
        embedder: Any = None,
        min_gain: int = 4,
        max_aliases: int = 26,
        aliasing: bool = True,
    ) -> None:
        self.counter: TokenCounter = as_counter(model if counter is None else counter)
        self.pruner = Pruner(threshold)
        self.gate = QualityGate(gate, embedder=embedder)
        if not isinstance(aliasing, bool):
            raise ConfigurationError(f"aliasing is {aliasing!r}: it must be True or False")
        aliaser = Aliaser(self.counter, min_gain=min_gain, max_aliases=max_aliases)
        self.aliaser: Aliaser | None = aliaser if aliasing else None

    def compress(self, context: str, query: str | None = None) -> TwoStageText:
        """One text.

        Args:
            context: any Unicode text. Running text is pruned; JSON and fenced code lose white space that means nothing;
                code, JSON, quotations, numbers and addresses are otherwise left as they are.
            query: a question that the text is read for: its words are not pruned, and the gate asks whether what it
            needs
                is still there.

        Returns:
            A text with at most as many tokens as the original, and how it came about.

        Raises:
            InputError: text or query are not Unicode strings.

        About 0.2 MB/s.
        """
        if not isinstance(context, str):
            raise InputError(f"context is a {type(context).__name__}: give a string")
        as_query(context)  # for its check that this is Unicode
        asked = as_query(query)
        count = self.counter.count
        original_tokens = count(context)
        structured, pruned, removed = self._pruned(context, asked)
        text, tokens = min((context, original_tokens), (structured, count(structured)), key=lambda each: each[1])
        structure_tokens = tokens
        quality, gated = None, False
        deleted: tuple[str, ...] = ()
        if removed:
            quality = self.gate.check(structured, pruned, asked)
            gated = not quality.passed
            if not gated and count(pruned) < tokens:
                text, tokens, deleted = pruned, count(pruned), removed
        pruned_tokens = tokens
        legend: Mapping[str, str] = {}
        if self.aliaser is not None:
            aliased = self.aliaser.alias(text)
            text, tokens, legend = aliased.text, aliased.tokens, aliased.legend
        return TwoStageText(
            text=text,
            original=context,
            original_tokens=original_tokens,
            tokens=tokens,
            legend=legend,
            deleted=deleted,
            quality=quality,
            gated=gated,
            stage_tokens={"structure": structure_tokens, "pruning": pruned_tokens, "aliasing": tokens},
        )

    def compress_messages(self, messages: Iterable[Mapping[str, Any]], query: str | None = None) -> TwoStageMessages:
        """The user messages of a conversation.

        Args:
            messages: dicts with ``role`` and ``content`` (a string, or a list of content parts of which strings and
                those with a ``text`` are compressed). Never edited. Messages of any other role pass unmodified.
            query: see `compress`.

        Raises:
            InputError: a message is no dict with a role, or its text is not Unicode.
        """
        done: list[dict[str, Any]] = []
        parts: list[tuple[int, int, TwoStageText]] = []
        for at, message in enumerate(messages):
            if not isinstance(message, Mapping) or not isinstance(message.get("role"), str):
                raise InputError(f"messages[{at}] is {message!r}: give a dict with a 'role' and a 'content'")
            if message["role"] != "user":
                done.append(message)  # type: ignore[arg-type]
                continue
            copy = {**message, "content": message.get("content")}
            for slot in text_slots([copy]):
                result = self.compress(slot.text, query)
                parts.append((at, slot.part or 0, result))
                copy = with_text(copy, slot.part, result.text)
            done.append(copy)
        return TwoStageMessages(done, tuple(parts))

    def _pruned(self, text: str, query: str | None) -> tuple[str, str, tuple[str, ...]]:
        """The text with structured pieces compacted, the same with running text pruned, and what that deleted."""
        structured: list[str] = []
        pruned: list[str] = []
        deleted: list[str] = []
        at = 0
        for piece in text_pieces(text):
            between, part = text[at : piece.start], text[piece.start : piece.end]
            at = piece.end
            if piece.type in _RUNNING_TEXT:
                found = self.pruner.prune(part, query)
                less = found.text
                deleted += found.deleted
            else:
                part = less = _COMPACT.clean(part, piece.type, piece.language)
            structured += (between, part)
            pruned += (between, less)
        return "".join([*structured, text[at:]]), "".join([*pruned, text[at:]]), tuple(deleted)
