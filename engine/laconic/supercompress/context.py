"""`compress_context`: one text, evicted line by line until it fits a share of its tokens."""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from math import isfinite
from os import PathLike
from typing import Any

from laconic._utils.options import known_options
from laconic._utils.pictured import Pictured
from laconic.core.inputs import as_query
from laconic.exceptions import BudgetError, ConfigurationError, InputError, MissingDependencyError, WeightsError
from laconic.kinds.verbatim import VerbatimRenderer
from laconic.select.budget import fill_budget
from laconic.supercompress.h2o import H2OPolicy
from laconic.supercompress.learned import LearnedPolicy
from laconic.supercompress.policy import EvictionPolicy, Line, SelectingPolicy, split_lines
from laconic.telemetry import Figures, reported, unreported
from laconic.tokens import as_counter
from laconic.types import DROPPED, Passage, Rendered, Span, TokenCounter

__all__ = ["CompressResult", "ContextEviction", "compress_context"]

SINK_LINES, RECENT_LINES = 1, 2
"""Lines pinned at the beginning (attention sinks, usually what the text is about) and at the end (the latest turn)."""

_RENDERER = VerbatimRenderer()
_FALLBACK = "H2O-fallback"

logger = logging.getLogger("laconic")


@dataclass(frozen=True)
class CompressResult(Pictured):
    """What `compress_context` gives back. All counts are of the real texts.

    Attributes:
        original_text: what came in.
        compressed_text: what is left, made of stretches of the original in their order.
        original_tokens: count of ``original_text``; 0 for a blank one.
        kept_tokens: count of ``compressed_text``.
        policy_name: of the policy that ran: ``"SuperCompress"`` for the learned one, ``"noop"`` for blank input,
            ``"H2O-fallback"`` where the learned policy had no question to go by, or its checkpoint could not be read.
        kept_line_ratio: share of the lines (blank ones aside) of which at least a sentence is kept, pinned ones
            included; 1.0 for blank input.
        budget_ratio: as asked.
        question: as asked.
        budget_tokens: what the ratio came to: ``budget_ratio * original_tokens``, rounded down, at least 1.
        over_budget: True when the pinned lines alone exceed the budget; they are then all that is kept.
        note: says so in words; empty otherwise.
        fallback: why H2O decided in place of the learned policy; None where it did not.
        spans: character spans of ``original_text`` that make up ``compressed_text``.
    """

    original_text: str = field(repr=False)
    compressed_text: str
    original_tokens: int
    kept_tokens: int
    policy_name: str
    kept_line_ratio: float
    budget_ratio: float
    question: str
    budget_tokens: int = 0
    over_budget: bool = False
    note: str = ""
    fallback: str | None = None
    spans: tuple[Span, ...] = ()

    @property
    def text(self) -> str:
        """`compressed_text`, by the name that other results use."""
        return self.compressed_text

    @property
    def kv_savings_pct(self) -> float:
        """Percentage of key-value cache entries saved: ``(1 - kept / max(original, 1)) * 100``."""
        return (1.0 - self.kept_tokens / max(self.original_tokens, 1)) * 100.0

    @property
    def compression_ratio(self) -> float:
        """Original / kept tokens; 0.0 when nothing is kept."""
        return self.original_tokens / self.kept_tokens if self.kept_tokens else 0.0

    def _picture(self, *, page: bool = False, brief: bool = False) -> str:
        from laconic.pictures.compression import spans_picture

        figures = f"{self.original_tokens:,} → {self.kept_tokens:,} tokens, {self.kv_savings_pct:.1f} % saved"
        spans = self.spans or (((0, len(self.original_text)),) if self.compressed_text else ())
        tokens = (self.kept_tokens, self.original_tokens)
        return spans_picture(self.original_text, spans, tokens, figures, self.question, brief=brief, whole_page=page)


def _figures(result: CompressResult) -> Figures:
    if result.policy_name == "noop":
        return Figures(is_skipped=True)
    return Figures(
        result.original_tokens,
        result.kept_tokens,
        budget=result.budget_tokens,
        is_fallback=result.fallback is not None,
    )


@reported("compress_context", _figures)
@known_options
def compress_context(
    text: str,
    question: str,
    budget_ratio: float = 0.35,
    policy: EvictionPolicy | None = None,
    checkpoint: str | PathLike[str] | None = None,
    *,
    model: str = "gpt-4o",
    counter: Any = None,
    sink_lines: int = SINK_LINES,
    recent_lines: int = RECENT_LINES,
) -> CompressResult:
    """Evict the lines that matter least for the question until the text fits its budget.

    Args:
        text: the whole context: a document, a conversation, tool output. Lines longer than 240 characters are decided
            about sentence by sentence.
        question: the current user query; with a blank one the learned policy gives way to H2O.
        budget_ratio: share of the text's tokens to keep, 0 < ratio ≤ 1; 1 keeps everything.
        policy: decides instead of the learned policy; ``checkpoint`` is then not looked at. One that has
            ``select(records, budget)``, as policies for SuperCompress have, is taken too.
        checkpoint: weights file of the learned policy (``training/train_eviction.py``), ``.npz`` or, with torch
            installed, ``.pt``; the shipped one when None. Where it cannot be used H2O decides, the result says why, and
            a warning is logged.
        model: the model that will read the text; chooses the token counter.
        counter: counts instead; see `laconic.Compressor`.
        sink_lines: how many lines (or sentences of long lines) at the beginning are kept whatever the policy says, ≥ 0.
        recent_lines: how many at the end, ≥ 0.

    Returns:
        The kept lines with the real counts. Never over the budget, except where the pinned lines alone are: the result
        then says so.

    Raises:
        BudgetError: a ValueError too: ``budget_ratio`` is outside its range.
        ConfigurationError: another option cannot work, or the policy did not give one finite number per line.
        InputError: text or question are not Unicode strings.

    Blank text never raises: it comes back with ``policy_name="noop"``. Linear in the text with the default policy.
    """
    if not isinstance(text, str):
        raise InputError(f"text is a {type(text).__name__}: give the whole context as one string")
    if not text.strip():
        return CompressResult(text, text, 0, 0, "noop", 1.0, budget_ratio, question)
    as_query(text)  # for its check that this is Unicode
    asked = as_query(question) or ""
    if isinstance(budget_ratio, bool) or not isinstance(budget_ratio, (int, float)) or not 0 < budget_ratio <= 1:
        raise BudgetError(f"budget_ratio is {budget_ratio!r}: it must be a share of the tokens, 0 < ratio ≤ 1")
    for name, value in (("sink_lines", sink_lines), ("recent_lines", recent_lines)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ConfigurationError(f"{name} is {value!r}: it must be a whole number ≥ 0")
    chosen, name, fallback = _policy(policy, checkpoint, asked)
    eviction = _Eviction(text, as_counter(model if counter is None else counter), sink_lines, recent_lines)
    original = eviction.count(text)
    budget = max(1, int(budget_ratio * original))
    kept = eviction.keep(chosen, asked, budget) if budget < original else list(range(len(eviction.segments)))
    rendered = eviction.rendered(kept)
    tokens = eviction.count(rendered.text)
    over = tokens > budget
    note = ""
    if over:
        note = (
            f"the {len(kept)} pinned lines alone have {tokens} tokens, the budget is {budget}: lower sink_lines "
            f"({sink_lines}) or recent_lines ({recent_lines}), or raise budget_ratio ({budget_ratio:g})"
        )
    return CompressResult(
        original_text=text,
        compressed_text=rendered.text,
        original_tokens=original,
        kept_tokens=tokens,
        policy_name=name,
        kept_line_ratio=eviction.line_share(kept),
        budget_ratio=budget_ratio,
        question=question,
        budget_tokens=budget,
        over_budget=over,
        note=note,
        fallback=fallback,
        spans=rendered.spans,
    )


class ContextEviction:
    """`compress_context` with its options set once: a step of a pipeline, and through it an engine of both adapters.

    Args:
        budget_ratio: see `compress_context`.
        **options: the other options of `compress_context`.

    Raises:
        BudgetError: ``budget_ratio`` is outside its range.
        ConfigurationError: another option cannot work.

    ``Pipeline([ContextEviction(0.35)])`` evicts from each passage by itself, which keeps the passages apart.
    """

    def __init__(self, budget_ratio: float = 0.35, **options: Any) -> None:
        self.budget_ratio = budget_ratio
        self.options = options
        with unreported():
            compress_context("x", "x", budget_ratio, **options)  # refuses here what cannot work at a call

    def compress(self, context: str, query: str | None = None) -> CompressResult:
        """`compress_context` of one text for one question."""
        return compress_context(context, query or "", self.budget_ratio, **self.options)


def _policy(
    policy: Any, checkpoint: str | PathLike[str] | None, question: str
) -> tuple[EvictionPolicy, str, str | None]:
    """The policy that decides, what the result calls it, and why it is not the learned one where that was wanted."""
    if policy is not None:
        if not isinstance(policy, EvictionPolicy):
            if isinstance(policy, type) or not callable(getattr(policy, "select", None)):
                raise ConfigurationError(
                    f"policy is {policy!r}: give an instance of laconic.supercompress.EvictionPolicy "
                    "(FIFO(), TruncationPolicy(), H2OPolicy(), LearnedPolicy() or your own)"
                )
            policy = SelectingPolicy(policy)
        return policy, policy.name, None
    if not question:
        return H2OPolicy(), _FALLBACK, "there is no question for the learned policy to go by"
    try:
        learned = LearnedPolicy.shared() if checkpoint is None else LearnedPolicy(checkpoint)
    except (WeightsError, MissingDependencyError) as error:
        logger.warning("H2O decides in place of the learned policy: %s", error)
        return H2OPolicy(), _FALLBACK, str(error)
    return learned, learned.name, None


class _Eviction:
    """The state of one call."""

    def __init__(self, text: str, counter: TokenCounter, sinks: int, recents: int) -> None:
        self.passage = Passage(text)
        self.count = counter.count
        self.segments, self.numbers, blocks = split_lines(text)
        total = len(self.segments)
        pinned = {*range(min(sinks, total)), *range(max(0, total - recents), total)}
        self.pinned = sorted(pinned)
        read = zip(range(total), self.segments, self._costs(text), self.numbers, blocks, strict=True)
        self.lines = [
            Line(text[segment.start : segment.end], cost, number, block, at in pinned)
            for at, segment, cost, number, block in read
        ]

    def _costs(self, text: str) -> list[int]:
        """Tokens of each line with the white space before it, which is how counts of parts add up best."""
        ends = [segment.end for segment in self.segments]
        return [max(1, self.count(text[start:end])) for start, end in zip([0, *ends[:-1]], ends, strict=True)]

    def keep(self, policy: EvictionPolicy, question: str, budget: int) -> list[int]:
        """Indexes of the lines that stay, in order."""
        decisions = _checked(policy, policy.decide(self.lines, question, budget), self.lines)
        pinned = self.pinned
        base = self.measure(pinned)
        room = budget - base
        if room <= 0:
            return pinned
        order = [at for at in sorted(range(len(decisions)), key=lambda at: -decisions[at]) if not self.lines[at].pinned]

        def measure(kept: Collection[int]) -> int:
            return self.measure([*pinned, *kept]) - base

        if policy.contiguous:
            return sorted((*pinned, *_longest_prefix(order, room, measure)))
        return sorted((*pinned, *fill_budget(order, [line.tokens for line in self.lines], {}, room, measure)))

    def measure(self, kept: Collection[int]) -> int:
        """Tokens of the text of some lines."""
        return self.count(self.rendered(kept).text)

    def rendered(self, kept: Collection[int]) -> Rendered:
        """Text and spans of some lines."""
        levels = [DROPPED] * len(self.segments)
        for at in kept:
            levels[at] = 0
        return _RENDERER.render(self.passage, self.segments, levels)

    def line_share(self, kept: Sequence[int]) -> float:
        """Share of the source lines of which something is kept."""
        return len({self.numbers[at] for at in kept}) / (self.numbers[-1] + 1)


def _checked(policy: EvictionPolicy, decisions: Sequence[float], lines: Sequence[Line]) -> list[float]:
    """The policy's decisions as numbers.

    Raises:
        ConfigurationError: not one finite number per line.
    """
    found = list(decisions)
    gave = f"policy {policy.name} gave"
    if len(found) != len(lines):
        raise ConfigurationError(f"{gave} {len(found)} decisions for {len(lines)} lines: return one number for each")
    for at, value in enumerate(found):
        if not isinstance(value, (int, float)) or not isfinite(value):
            raise ConfigurationError(
                f"{gave} {value!r} for line {at}: give a finite number, higher for what stays longer"
            )
    return found


def _longest_prefix(order: Sequence[int], room: int, measure: Callable[[Sequence[int]], int]) -> list[int]:
    """As many of the first lines of ``order`` as fit: their tokens grow with their number but for a token or two."""
    fitting = bisect_right(range(1, len(order) + 1), room, key=lambda number: measure(order[:number]))
    while fitting and measure(order[:fitting]) > room:
        fitting -= 1
    return list(order[:fitting])
