"""What every framework adapter needs around `laconic.Compressor`: its options as fields, failing open, never emptying.

Nothing here knows a framework. An adapter inherits `CompressorOptions` beside the framework's own base class, turns the
framework's objects into what `laconic.Compressor.compress` takes, calls `CompressorOptions.attempt`, and writes the
outcome into copies. Use it for an adapter of your own; `laconic.chain.testing` has the contract that it should keep.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, StrictFloat, model_validator

from laconic._utils.options import unknown_option
from laconic.chain.cuts import CutStore, mark
from laconic.chain.seen import Seen, refit
from laconic.chain.strategies import BudgetedStrategy, strategy_for
from laconic.core.budget import Budget
from laconic.core.compressor import Compressor
from laconic.core.inputs import as_passages
from laconic.exceptions import ConfigurationError, InputError
from laconic.select.coverage import Calibration
from laconic.types import CompressedPassage, Compression, Span

__all__ = ["CompressorOptions", "Outcome", "attempt_to", "compose_spans", "figures"]

logger = logging.getLogger("laconic")

_Item = TypeVar("_Item")

_NO_QUERY = (
    "there is no query: give one, or set on_missing_query='importance' (keep what matters most without a question) or "
    "'passthrough' (leave the context as it is)"
)


@dataclass(frozen=True)
class Outcome:
    """What came of one call inside a chain.

    Attributes:
        compression: the engine's result; None where the context goes on unchanged.
        error: what the engine raised, where it failed and the context goes on unchanged.
        skipped: why the engine was not asked (for example ``"no query"``), None where it was.
    """

    compression: Compression | None = None
    error: Exception | None = None
    skipped: str | None = None

    @property
    def passages(self) -> tuple[CompressedPassage, ...] | None:
        """What is left of each passage; None where the context goes on unchanged."""
        return None if self.compression is None else self.compression.passages

    def rewritten(
        self, items: Sequence[_Item], given: Iterable[bool], copy: Callable[[_Item, CompressedPassage], _Item]
    ) -> list[_Item]:
        """What is left of a framework's objects, in order; all of them where the context goes on unchanged.

        Args:
            items: as retrieved.
            given: of each item, whether the engine got it. The others stay as they are.
            copy: makes a copy of an item that says what is left of it.
        """
        if self.passages is None:
            return list(items)
        parts = {part.index: part for part in self.passages}
        kept = []
        at = 0  # the engine's index
        for item, was_given in zip(items, given, strict=True):
            if not was_given:
                kept.append(item)
                continue
            if at in parts:
                kept.append(copy(item, parts[at]))
            at += 1
        return kept

    def figures(self) -> dict[str, Any]:
        """The call as plain JSON values, for events and traces; see `figures`."""
        if self.compression is not None:
            return figures(self.compression)
        if self.error is not None:
            return {"unchanged": "error", "error": f"{type(self.error).__name__}: {self.error}"}
        return {"unchanged": self.skipped}


class _Made:
    """An engine beside the options that it was made of. It is a cache, so it counts in no comparison of its owner
    and stays behind when the owner is pickled.
    """

    def __init__(
        self, made_of: tuple[Any, ...] | None = None, engine: Compressor | BudgetedStrategy | None = None
    ) -> None:
        self.made_of = made_of
        self.engine = engine

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Made)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[type[_Made], tuple[()]]:
        return _Made, ()


class CompressorOptions(BaseModel):
    """The options of `laconic.Compressor` as fields, and the calls that an adapter makes with them.

    The compressor is built when the options are given or changed, so that one that cannot work is refused there (as
    pydantic's ``ValidationError``, which is a ``ValueError``) and not in the middle of a chain. An option of None takes
    the compressor's own default.
    """

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, validate_assignment=True)

    strategy: Any = Field(
        default="auto",
        description="What compresses: 'auto' (each passage by its kind), another of "
        "`laconic.chain.strategies.STRATEGIES`, or an object: a `laconic.pipeline.Pipeline`, an optimizer, a "
        "compressor, a recipe, a function from text to text.",
    )
    pipeline: Any = Field(default=None, description="Another name of `strategy`, for a `laconic.pipeline.Pipeline`.")
    embeddings: Any = Field(
        default=None, description="Embeddings of your own, for the strategies that compare meanings."
    )
    max_tokens: int | None = Field(default=None, strict=True, description="Most tokens of the final context, ≥ 1.")
    rate: StrictFloat | Literal["auto"] | None = Field(
        default=None,
        description="Share of the context's tokens that may be kept, 0 < rate ≤ 1, or 'auto': the scores decide.",
    )
    recall: float | None = Field(
        default=None, strict=True, description="Share of the evidence to keep, 0 < recall ≤ 1; the scores decide how."
    )
    model: str | None = Field(
        default=None, description="Name of the model that will read the context; chooses the token counter."
    )
    counter: Any = Field(
        default=None,
        description="Counts in place of the model's counter: a function from text to tokens or their number, or an "
        "object with `encode`, `count` or `get_num_tokens`.",
    )
    separator: str | None = Field(
        default="\n\n",
        description="What will join the passages in the prompt, counted in the budget; null when each is sent alone.",
    )
    preserve: tuple[str, ...] = Field(
        default=(), description="Words or phrases that matter more than the question, the most important first."
    )
    scorer: Any = Field(default=None, description="Name of a scorer, or an object with `score`.")
    steps: tuple[Any, ...] | None = Field(
        default=None, description="What adjusts the scorer's opinion, in order; see `laconic.types.ScoreStep`."
    )
    calibration: Calibration | None = Field(
        default=None, description="Of `laconic.calibrate`: makes `recall` hold for data like yours."
    )
    fallback: bool | None = Field(
        default=None, description="Whether the lexical scorer may take over when the scorer's weights are damaged."
    )
    explain: bool | None = Field(
        default=None, description="Whether the results that `on_result` gets say why each segment was kept or dropped."
    )
    expand: CutStore | None = Field(
        default=None,
        exclude=True,
        description="Where shortened context is kept for the model to ask for; its last line then has the handle.",
    )
    on_result: Callable[[Compression], None] | None = Field(
        default=None,
        exclude=True,
        description="Called with each result: what was dropped, why, and all figures.",
    )
    on_error: Literal["passthrough", "raise"] = Field(
        default="passthrough",
        description="When the engine fails inside a chain: go on with the context unchanged and record the error, or "
        "raise it.",
    )
    on_missing_query: Literal["importance", "passthrough", "raise"] = Field(
        default="raise",
        description="When a call has no query: keep what matters most without a question, go on unchanged, or raise.",
    )

    _made: _Made = PrivateAttr(default_factory=lambda: _Made())

    @model_validator(mode="before")
    @classmethod
    def _refuse_what_is_not_there(cls, values: Any) -> Any:
        """As ``extra="forbid"`` does, and name the nearest option."""
        for name in values if isinstance(values, Mapping) else ():
            if name not in cls.model_fields:
                raise unknown_option(name, cls.model_fields, cls.__name__)
        return values

    @model_validator(mode="after")
    def _refuse_what_cannot_work(self) -> CompressorOptions:
        self.engine  # noqa: B018 - building it is the check
        return self

    @property
    def engine(self) -> Compressor | BudgetedStrategy:
        """The engine of the current options; built anew when they have changed."""
        options = self.engine_options()
        strategy = self.strategy
        if self.pipeline is not None:
            if strategy != "auto":
                raise ConfigurationError("strategy and pipeline are two names of one option: give one of them")
            strategy = self.pipeline
        made_of = (strategy, self.embeddings, options)
        if self._made.engine is not None and self._made.made_of == made_of:
            return self._made.engine
        engine = strategy_for(strategy, options, self.embeddings)
        self._made = _Made(made_of, engine)
        return engine

    def engine_options(self) -> dict[str, Any]:
        """The keyword arguments of `laconic.Compressor` that are set."""
        options = {name: getattr(self, name) for name in _PASSED_ON}
        options = {name: value for name, value in options.items() if value is not None}
        options["separator"] = self.separator  # None means something: passages are sent one by one
        count = getattr(self.counter, "get_num_tokens", None)
        if callable(count):  # a LangChain model
            options["counter"] = count
        return options

    def attempt(
        self,
        items: Iterable[Any],
        query: str | None,
        *,
        least: int = 1,
        most: int | None = None,
        smallest: int = 0,
        seen: Seen | None = None,
        **budget: Any,
    ) -> Outcome:
        """Compress inside a chain, where a failure must not cost the caller his context.

        Args:
            items: what `laconic.Compressor.compress` takes; never edited.
            query: the question; None is a missing one (see ``on_missing_query``), blank asks for importance.
            least: fewest passages of which something is left, or all of them if there are fewer. The budget holds all
                the same, unless it is below one character.
            most: most passages of which something is left, the best ones.
            smallest: a passage of which fewer tokens would be left is left out, unless they are all of it.
            seen: what the budget is for, where that is more than the engine's text; the result's metrics have its
                counts.
            **budget: ``max_tokens``, ``rate`` … of this call.

        Raises:
            InputError: there is no query and ``on_missing_query`` is ``"raise"``.
            BudgetError: ``budget`` is outside its range.
            UnknownOptionError: ``budget`` has another name.
            Exception: whatever the engine raised, with ``on_error="raise"``.
        """
        if query is None and self.on_missing_query == "raise":
            raise InputError(_NO_QUERY)
        if query is None and self.on_missing_query == "passthrough":
            return Outcome(skipped="no query")
        for name in budget:  # the caller's mistakes, not the engine's: raise
            if name not in _OF_A_CALL:
                raise unknown_option(name, ("query", *_OF_A_CALL), "a call")
        Budget(**budget)
        numbers: dict[str, Any] = {"at_least": least}
        if most is not None or smallest:
            numbers |= {"at_most": most, "smallest": smallest}
        outcome = attempt_to(lambda: self._compress_and_mark(items, query, numbers, seen, budget), self.on_error)
        if self.on_result is not None and outcome.compression is not None:
            try:
                self.on_result(outcome.compression)
            except Exception as error:  # noqa: BLE001 - on_error decides; the result is good all the same
                self.failed(error)
        return outcome

    def _compress_and_mark(
        self,
        items: Iterable[Any],
        query: str | None,
        numbers: dict[str, Any],
        seen: Seen | None,
        budget: dict[str, Any],
    ) -> Compression:
        passages = as_passages(items)
        engine = self.engine
        limits = engine.budget.for_call(Budget(**budget))
        coverage: dict[str, Any] = {"recall": limits.recall, "rate": limits.rate} if limits.by_coverage else {}

        def compress(room: int) -> Compression:
            return engine.compress(passages, query, max_tokens=room, **numbers, **coverage)

        if seen is None:
            result = engine.compress(passages, query, **numbers, **budget)
            return result if self.expand is None else mark(result, passages, self.expand, engine, compress)
        before = seen.before()
        ceiling = limits.ceiling(before)
        if ceiling is None:
            result = engine.compress(passages, query, **numbers, **budget)
        else:
            # what holds all of it comes back as it is, whatever the engine counts
            room = max(1, ceiling - seen.outside)
            result = compress(room if before > ceiling or limits.by_coverage else sys.maxsize)
            result, _ = refit(result, ceiling, compress, seen.after)
        if self.expand is not None:
            most = before - 1 if ceiling is None else ceiling
            result = mark(result, passages, self.expand, engine, compress, ceiling=most, count=seen.after)
        metrics = replace(
            result.metrics, original_tokens=before, compressed_tokens=seen.after(result), budget_tokens=ceiling
        )
        return replace(result, metrics=metrics)

    def failed(self, error: Exception) -> Outcome:
        """The outcome of a failure: raised again, or recorded in the log of this module's package.

        Raises:
            Exception: ``error``, with ``on_error="raise"``.
        """
        return _failed(error, self.on_error)


def attempt_to(compress: Callable[[], Compression], on_error: str) -> Outcome:
    """The outcome of a call that is allowed to fail; see ``on_error`` of `CompressorOptions`.

    Raises:
        Exception: whatever the call raised, with ``on_error="raise"``.
    """
    try:
        return Outcome(compress())
    except Exception as error:  # noqa: BLE001 - an optimisation that fails must not take the chain down with it
        return _failed(error, on_error)


def _failed(error: Exception, on_error: str) -> Outcome:
    if on_error == "raise":
        raise error
    logger.warning("laconic failed inside a chain, which goes on: %s: %s", type(error).__name__, error, exc_info=error)
    return Outcome(error=error)


_OF_A_CALL = ("max_tokens", "rate", "recall")
_PASSED_ON = (
    "max_tokens",
    "rate",
    "recall",
    "model",
    "counter",
    "preserve",
    "scorer",
    "steps",
    "calibration",
    "fallback",
    "explain",
)


def figures(compression: Compression) -> dict[str, Any]:
    """The figures of a compression as plain JSON values: tokens, savings, time, and how many passages are left."""
    metrics = compression.metrics
    return {
        "original_tokens": metrics.original_tokens,
        "compressed_tokens": metrics.compressed_tokens,
        "budget_tokens": metrics.budget_tokens,
        "savings_percent": round(metrics.savings_percent, 2),
        "latency_ms": round(metrics.latency_ms, 3),
        "counter": metrics.counter,
        "exact": metrics.exact,
        "scorer": metrics.scorer,
        "fallback": metrics.fallback,
        "passages_kept": len(compression.passages),
    }


def compose_spans(outer: Sequence[Span], inner: Sequence[Span]) -> list[Span]:
    """Spans of a text that was cut twice, as offsets into the first text.

    Args:
        outer: spans of the first text whose concatenation is the second text.
        inner: spans of the second text.

    Returns:
        The same characters as ``inner``, as spans of the first text; touching ones are merged.
    """
    composed: list[Span] = []
    for start, end in inner:
        at = 0  # where the current outer span begins in the second text
        for first, last in outer:
            length = last - first
            low, high = max(start, at), min(end, at + length)
            if low < high:
                span = (first + low - at, first + high - at)
                if composed and composed[-1][1] == span[0]:
                    span = (composed.pop()[0], span[1])
                composed.append(span)
            at += length
    return composed
