"""`TwoStageEngine`: dictionary aliasing and semantic pruning of what the user sends, behind a quality gate.

The order is pruning first, then aliasing: pruning works on words, and what it leaves is what an alias has to stand for.
The gate judges what the pruner deleted, courtesies left out of account, before aliases hide the words; aliasing loses
nothing by construction and needs no gate. A text that the gate stops is sent as it came. What a request is about both
stages leave alone.
"""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from laconic._utils.options import known_options
from laconic.core.inputs import as_query
from laconic.exceptions import ConfigurationError, InputError
from laconic.messages.blocks import text_pieces
from laconic.messages.chat import text_slots, with_text
from laconic.messages.code import missing_parser
from laconic.messages.heuristics import HeuristicEngine
from laconic.score.pruning.layout import Removal
from laconic.score.pruning.payload import Parts, read_parts
from laconic.telemetry import Figures, reported
from laconic.tokens import as_counter
from laconic.two_stage.aliases import Aliaser, expand
from laconic.two_stage.code import without_remarks
from laconic.two_stage.gate import DEFAULT_THRESHOLD as DEFAULT_GATE
from laconic.two_stage.gate import GateResult, QualityGate
from laconic.two_stage.keys import KeyShortener, spelled_out
from laconic.two_stage.pruner import Pruned, Pruner, words_by_kind
from laconic.types import Savings, Span, TokenCounter

__all__ = ["TwoStageEngine", "TwoStageMessages", "TwoStageText"]

_RUNNING_TEXT = ("text", "markdown")
_COMPACT = HeuristicEngine(pragmas=False)

logger = logging.getLogger("laconic")


@dataclass(frozen=True)
class TwoStageText(Savings):
    """One text through both stages.

    Attributes:
        text: what to send.
        original: what came in.
        original_tokens, tokens: counts of both; ``tokens`` is never the larger.
        legend: alias to phrase; empty where aliasing did not pay.
        keys: short name to key of JSON; empty where that did not pay.
        removals: what pruning deleted, in order, by spans of ``original``, each with its loss and kind; empty where the
            gate stopped it.
        payload: spans of ``original`` that both stages left alone (`laconic.score.pruning.payload`).
        quality: what the gate measured; None where pruning changed nothing.
        fallback: what to install so that code loses its comments, where a parser was missing; None otherwise.
        gated: True where the gate stopped the pruned text: then ``text`` is the original, unmodified.
        stage_tokens: tokens after each stage: ``"structure"`` (white space of JSON; comments and blank lines of code
            in documents), ``"pruning"``, ``"aliasing"`` (phrases and keys).
    """

    text: str
    original: str = field(repr=False)
    original_tokens: int
    tokens: int
    legend: Mapping[str, str]
    keys: Mapping[str, str]
    removals: tuple[Removal, ...]
    payload: tuple[Span, ...]
    quality: GateResult | None
    gated: bool
    stage_tokens: Mapping[str, int]
    fallback: str | None = None

    @property
    def deleted(self) -> tuple[str, ...]:
        """What pruning deleted, in order."""
        return tuple(self.original[removal.start : removal.end] for removal in self.removals)

    @property
    def lost(self) -> Mapping[str, int]:
        """How many words pruning deleted, by kind (`laconic.score.pruning.removal.KINDS`), most first."""
        return words_by_kind(self.original, self.removals)

    @property
    def _counts(self) -> tuple[int, int]:
        return self.original_tokens, self.tokens

    def expand(self, text: str | None = None) -> str:
        """``text`` (an answer in aliases; by default this text) with its aliases and keys spelled out."""
        return spelled_out(expand(self.text if text is None else text, self.legend), self.keys)


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


def _figures(result: TwoStageText) -> Figures:
    return Figures(result.original_tokens, result.tokens, is_fallback=result.fallback is not None)


class TwoStageEngine:
    """Aliases repeated phrases and prunes words without content, in user messages only.

    Args:
        model: the model that will read the text; chooses the token counter.
        counter: counts instead; see `laconic.Compressor`.
        threshold: of the pruner, 0–1; see `laconic.two_stage.pruner.Pruner`. 0 prunes nothing; None means 0.3, or 1.0
            where ``aggressive``.
        aggressive: also prunes what a telegram leaves out; `TwoStageText.lost` says what went.
        gate: least cosine between original and pruned text, 0–1; below it the original words are sent. 0 measures but
            lets everything pass.
        embedder: of the gate; see `laconic.two_stage.gate.QualityGate`.
        min_gain: of the aliaser; see `laconic.two_stage.aliases.Aliaser`.
        max_aliases: of the aliaser too.
        aliasing: False leaves the second stage out.

    Scores go to the log ``laconic`` at the level of debugging, never the text.

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
        threshold: float | None = None,
        aggressive: bool = False,
        gate: float = DEFAULT_GATE,
        embedder: Any = None,
        min_gain: int = 4,
        max_aliases: int = 26,
        aliasing: bool = True,
    ) -> None:
        self.counter: TokenCounter = as_counter(model if counter is None else counter)
        self.pruner = Pruner(threshold, aggressive=aggressive)
        self.gate = QualityGate(gate, embedder=embedder)
        if not isinstance(aliasing, bool):
            raise ConfigurationError(f"aliasing is {aliasing!r}: it must be True or False")
        aliaser = Aliaser(self.counter, min_gain=min_gain, max_aliases=max_aliases)
        self.aliaser: Aliaser | None = aliaser if aliasing else None
        self.shortener: KeyShortener | None = KeyShortener(self.counter, min_gain=min_gain) if aliasing else None

    @reported("TwoStageEngine", _figures)
    def compress(self, context: str, query: str | None = None) -> TwoStageText:
        """One text.

        Args:
            context: any Unicode text. Running text is pruned; JSON and fenced code lose white space that means nothing;
                code, JSON, quotations, numbers and addresses are otherwise left as they are.
            query: a question that the text is read for: its words are not pruned, and the gate asks whether what
                it needs is still there.

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
        pieces = text_pieces(context)
        running = [(piece.start, piece.end) for piece in pieces if piece.type in _RUNNING_TEXT]
        parts = read_parts(context, running)
        for pruner in (self.pruner, *self.pruner.milder):
            pruned = pruner.prune_parts(context, running, parts, asked)
            quality = self.gate.judge(pruned, asked) if pruned.removals else None
            if quality is None or quality.passed:
                break
        code = {piece.language for piece in pieces if piece.type == "code" and not parts.asks}
        missing = next(filter(None, map(missing_parser, sorted(filter(None, code)))), None)
        result = self._written(
            pruned, quality, [] if quality and not quality.passed else self._compacted(pieces, parts, context)
        )
        result = replace(result, fallback=missing)
        logger.debug(
            "two stages: %d -> %d tokens, quality %s, gated %s, words lost %s",
            result.original_tokens,
            result.tokens,
            "-" if quality is None else f"{quality.score:.3f}",
            result.gated,
            dict(result.lost),
        )
        return result

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

    def _compacted(self, pieces: Iterable[Any], parts: Parts, context: str) -> list[tuple[int, int, str, bool]]:
        """Pieces of JSON and code outside the payload, with what stands for each, and whether it is JSON."""
        found = []
        for piece in pieces:
            touched = any(start < piece.end and piece.start < end for start, end in parts.payload)
            if touched or piece.type in _RUNNING_TEXT:
                continue
            part = context[piece.start : piece.end]
            if piece.type == "code" and not parts.asks:
                less = without_remarks(part, piece.language)
            elif piece.type == "code":
                less = part  # what a request brings along in a fence is what it is about
            else:
                less = _COMPACT.clean(part, piece.type, piece.language)
            found.append((piece.start, piece.end, less, piece.language == "json" or piece.type == "json"))
        return found

    def _written(
        self, pruned: Pruned, quality: GateResult | None, compacted: Sequence[tuple[int, int, str, bool]]
    ) -> TwoStageText:
        """The result, each stage of which is taken only where it saves tokens."""
        count = self.counter.count
        context = pruned.original
        gated = quality is not None and not quality.passed
        original_tokens = tokens = count(context)
        text, kept = context, list(pruned.payload)
        data = [(start, end) for start, end, _, is_json in compacted if is_json]
        spans = [*kept, *data]
        structure = [(start, end, less) for start, end, less, _ in compacted]
        removals: tuple[Removal, ...] = ()
        stage_tokens = {}
        for stage, gone in (("structure", ()), ("pruning", pruned.removals)):
            cuts = [*structure, *((removal.start, removal.end, "") for removal in gone)]
            written, places = _with_cuts(context, cuts, spans)
            if not gated and count(written) < tokens:
                text, tokens, removals = written, count(written), gone
                kept, data = places[: len(kept)], places[len(kept) :]
            stage_tokens[stage] = tokens
        legend: Mapping[str, str] = {}
        keys: Mapping[str, str] = {}
        if self.aliaser is not None and self.shortener is not None and not gated:
            short = self.shortener.shorten(text, data)
            if short.keys:
                body, places = _with_cuts(text, [(*span, name) for span, name in short.places], [*kept, *data])
                head = len(short.text) - len(body)
                places = [(start + head, end + head) for start, end in places]
                kept, data = [(0, head), *places[: len(kept)]], places[len(kept) :]
            aliased = self.aliaser.alias(short.text, kept, data)
            text, tokens, keys, legend = aliased.text, aliased.tokens, short.keys, aliased.legend
        return TwoStageText(
            text=text,
            original=context,
            original_tokens=original_tokens,
            tokens=tokens,
            legend=legend,
            keys=keys,
            removals=removals,
            payload=pruned.payload,
            quality=quality,
            gated=gated,
            stage_tokens={**stage_tokens, "aliasing": tokens},
        )


def _with_cuts(text: str, cuts: Iterable[tuple[int, int, str]], spans: Iterable[Span]) -> tuple[str, list[Span]]:
    """The text with stretches replaced, and where spans that no cut goes across then stand.

    A span may be one of the stretches itself.
    """
    starts: list[int] = []
    shifts: list[int] = [0]
    written: list[str] = []
    at = 0
    for start, end, less in sorted(cuts):
        written += (text[at:start], less)
        starts.append(end)
        shifts.append(shifts[-1] + len(less) - (end - start))
        at = end
    moved = [
        (start + shifts[bisect_right(starts, start)], end + shifts[bisect_right(starts, end)]) for start, end in spans
    ]
    return "".join((*written, text[at:])), moved
