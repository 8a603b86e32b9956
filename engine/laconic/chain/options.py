"""What every framework adapter needs around `laconic.Compressor`: its options as fields, failing open, never emptying.

Nothing here knows a framework. An adapter inherits `CompressorOptions` beside the framework's own base class, turns the
framework's objects into what `laconic.Compressor.compress` takes, calls `CompressorOptions.attempt`, and writes the
outcome into copies. Use it for an adapter of your own; `laconic.chain.testing` has the contract that it should keep.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, StrictFloat, model_validator

from laconic._utils.deadline import Deadline
from laconic._utils.options import unknown_option
from laconic.chain.cuts import CutStore, mark
from laconic.chain.failing import Readable, checked_counter, mended, sound_counter, truncated
from laconic.chain.outcome import Outcome, attempt_to, compose_spans, failed, figures, of_outcome, shifted_spans
from laconic.chain.seen import Seen, refit
from laconic.chain.shadow import Shadow
from laconic.chain.strategies import BudgetedStrategy, strategy_for
from laconic.core.budget import Budget
from laconic.core.compressor import Compressor
from laconic.core.conversation import question_of
from laconic.core.inputs import as_passages
from laconic.core.turns import Query, as_turns
from laconic.exceptions import ConfigurationError, InputError
from laconic.select.coverage import Calibration
from laconic.telemetry import reported
from laconic.types import Compression, Passage

__all__ = ["CompressorOptions", "Outcome", "attempt_to", "compose_spans", "figures", "shifted_spans"]

_NO_QUERY = (
    "there is no query: give one, or set on_missing_query='importance' (keep what matters most without a question) or "
    "'passthrough' (leave the context as it is)"
)

_Options = TypeVar("_Options", bound="CompressorOptions")


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
    scorer: Any = Field(
        default=None,
        description="Name of a scorer, or an object: one with `score`, a cross encoder, a reranker of your framework, "
        "a function; see `laconic.Reranker`.",
    )
    steps: tuple[Any, ...] | None = Field(
        default=None, description="What adjusts the scorer's opinion, in order; see `laconic.types.ScoreStep`."
    )
    calibration: Calibration | None = Field(
        default=None, description="Of `laconic.calibrate`: makes `recall` hold for data like yours."
    )
    fallback: bool | None = Field(
        default=None, description="Whether a simpler scorer may take over from one that fails; the metrics then say so."
    )
    timeout_ms: float | None = Field(
        default=None,
        description="Milliseconds that a call has, > 0; what is not done by then is done by simpler means, and the "
        "metrics say so.",
    )
    explain: bool | None = Field(
        default=None, description="Whether the results that `on_result` gets say why each segment was kept or dropped."
    )
    expand: CutStore | None = Field(
        default=None,
        exclude=True,
        description="Where shortened context is kept for the model to ask for; its last line then has the handle.",
    )
    omission_marks: bool = Field(
        default=False,
        description="Whether shortened context ends with a line that says how much was left out, as "
        "'[12 of 40 rows left out]'; counted in the budget, and left out where that is too small for it.",
    )
    shadow: Shadow | None = Field(
        default=None,
        exclude=True,
        description="Records what compression does, or would do, to a share of the calls; see `laconic.Shadow`. As a "
        "rule the context then goes on as it came.",
    )
    on_result: Callable[[Compression], None] | None = Field(
        default=None,
        exclude=True,
        description="Called with each result: what was dropped, why, and all figures.",
    )
    on_error: Literal["passthrough", "truncate", "raise"] = Field(
        default="passthrough",
        description="When the engine fails inside a chain: go on with the context unchanged and record the error, do "
        "so with the beginning of the context that `max_tokens` or `rate` allows, or raise it.",
    )
    on_missing_query: Literal["importance", "passthrough", "raise"] = Field(
        default="raise",
        description="When a call has no query: keep what matters most without a question, go on unchanged, or raise.",
    )

    _made: _Made = PrivateAttr(default_factory=lambda: _Made())
    _door: str | None = PrivateAttr(default=None)

    @property
    def door(self) -> str:
        """What calls are reported under (`laconic.telemetry`): the class, or what it works for."""
        return self._door or type(self).__name__

    def called_through(self: _Options, door: str) -> _Options:
        """The same options, whose calls are reported under the name of what they are made for."""
        self._door = door
        return self

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
        if "counter" in options:
            options = {**options, "counter": checked_counter(options["counter"])}
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

    @reported(lambda options: options.door, of_outcome)
    def attempt(
        self,
        items: Iterable[Any],
        query: Query,
        *,
        least: int = 1,
        most: int | None = None,
        smallest: int = 0,
        seen: Seen | None = None,
        **budget: Any,
    ) -> Outcome:
        """Compress inside a chain, where a failure must not cost the caller his context.

        Args:
            items: what `laconic.Compressor.compress` takes; never edited. Text that is not Unicode stays as it is and
                is left out of the compression alone (mended, with ``on_error="truncate"``, so that the ceiling is one).
            query: the question, or the turns that end in it; None or no turns is a missing one (see
                ``on_missing_query``), blank asks for importance.
            least: fewest passages of which something is left, or all of them if there are fewer. The budget holds all
                the same, unless it is below one character.
            most: most passages of which something is left, the best ones.
            smallest: a passage of which fewer tokens would be left is left out, unless they are all of it.
            seen: what the budget is for, where that is more than the engine's text; the result's metrics have its
                counts.
            **budget: ``max_tokens``, ``rate`` … of this call.

        Raises:
            InputError: there is no query and ``on_missing_query`` is ``"raise"``, or its turns are none.
            BudgetError: ``budget`` is outside its range.
            UnknownOptionError: ``budget`` has another name.
            Exception: whatever the engine raised, with ``on_error="raise"``.
        """
        if query is not None and not isinstance(query, str):
            query = question_of(as_turns(query))
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
        if self.timeout_ms is not None:  # one for all that the call does to fit what is seen
            numbers["timeout_ms"] = Deadline(self.timeout_ms)
        question = None if query is None else mended(query)

        def compress(given: Iterable[Any]) -> Outcome:
            return self._outcome(given, question, numbers, seen, budget)

        outcome = compress(items) if self.shadow is None else self._shadowed(self.shadow, items, question, compress)
        if self.on_result is not None and outcome.compression is not None:
            try:
                self.on_result(outcome.compression)
            except Exception as error:  # noqa: BLE001 - on_error decides; the result is good all the same
                self.failed(error)
        return outcome

    def _shadowed(
        self, shadow: Shadow, items: Iterable[Any], query: str | None, compress: Callable[[Iterable[Any]], Outcome]
    ) -> Outcome:
        """What ``compress`` makes of the items, recorded."""
        try:
            given = list(items)
        except Exception as error:  # noqa: BLE001 - see attempt_to
            return failed(error, self.on_error)
        return shadow.around(given, query, compress, door=self.door, model=self.model)

    def _outcome(
        self,
        items: Iterable[Any],
        query: str | None,
        numbers: dict[str, Any],
        seen: Seen | None,
        budget: dict[str, Any],
    ) -> Outcome:
        try:
            given = list(items)
            if self.on_error == "raise":
                return Outcome(self._compress_and_mark(as_passages(given), query, numbers, seen, budget))
            readable = Readable(given, mend=self.on_error == "truncate")
        except Exception as error:  # noqa: BLE001 - see attempt_to
            return failed(error, self.on_error)
        for each in readable.errors:
            failed(each, self.on_error)
        if not readable.passages:
            return Outcome(error=readable.errors[0] if readable.errors else None, skipped="no context")
        if seen is not None:
            whole = seen.after
            seen = replace(seen, after=lambda result: whole(readable.restore(result)))
        outcome = attempt_to(
            lambda: self._compress_and_mark(readable.passages, query, numbers, seen, budget), self.on_error
        )
        if outcome.error is not None and self.on_error == "truncate":
            cut = self._truncated(readable.passages, query, numbers, seen, budget, outcome.error)
            return Outcome(cut, error=outcome.error)
        if outcome.compression is None:
            return outcome
        return replace(outcome, compression=readable.restore(outcome.compression))

    def _truncated(
        self,
        passages: list[Passage],
        query: str | None,
        numbers: dict[str, Any],
        seen: Seen | None,
        budget: dict[str, Any],
        error: Exception,
    ) -> Compression | None:
        """The beginning of the context that the ceiling of a call allows; None where there is no ceiling."""
        engine = self.engine
        counter = sound_counter(engine.counter, [passage.head + passage.text for passage in passages])
        cut = partial(
            truncated,
            passages,
            counter=counter,
            separator=engine.separator,
            least=numbers["at_least"],
            why=f"truncated: {type(error).__name__}: {error}",
            query=query,
        )
        whole = cut(sys.maxsize)
        ceiling = engine.budget.for_call(Budget(**budget)).ceiling(whole.metrics.original_tokens)
        if ceiling is None:
            return None
        found = cut(ceiling)
        if seen is not None and counter is engine.counter:
            found, _ = refit(found, ceiling, cut, seen.after)
        return found

    def _compress_and_mark(
        self,
        passages: list[Passage],
        query: str | None,
        numbers: dict[str, Any],
        seen: Seen | None,
        budget: dict[str, Any],
    ) -> Compression:
        engine = self.engine
        limits = engine.budget.for_call(Budget(**budget))
        coverage: dict[str, Any] = {"recall": limits.recall, "rate": limits.rate} if limits.by_coverage else {}

        def compress(room: int) -> Compression:
            return engine.compress(passages, query, max_tokens=room, **numbers, **coverage)

        if seen is None:
            result = engine.compress(passages, query, **numbers, **budget)
            return self._marked(result, passages, compress)
        before = seen.before()
        ceiling = limits.ceiling(before)
        if ceiling is None:
            result = engine.compress(passages, query, **numbers, **budget)
        else:
            # what holds all of it comes back as it is, whatever the engine counts
            room = max(1, ceiling - seen.outside)
            result = compress(room if before > ceiling or limits.by_coverage else sys.maxsize)
            result, _ = refit(result, ceiling, compress, seen.after)
        most = before - 1 if ceiling is None else ceiling
        result = self._marked(result, passages, compress, ceiling=most, count=seen.after)
        metrics = replace(
            result.metrics, original_tokens=before, compressed_tokens=seen.after(result), budget_tokens=ceiling
        )
        return replace(result, metrics=metrics)

    def _marked(
        self, result: Compression, passages: list[Passage], compress: Callable[[int], Compression], **counts: Any
    ) -> Compression:
        """The result with the line that the options ask for; without it where the store fails."""
        if self.expand is None and not self.omission_marks:
            return result
        marked = partial(mark, result, passages, engine=self.engine, compress=compress, **counts)
        try:
            return marked(store=self.expand, omissions=self.omission_marks)
        except Exception as error:  # noqa: BLE001 - on_error decides; the result is good all the same
            self.failed(error)
            return marked(store=None, omissions=self.omission_marks)

    def failed(self, error: Exception) -> Outcome:
        """The outcome of a failure: raised again, or recorded in the log of this module's package.

        Raises:
            Exception: ``error``, with ``on_error="raise"``.
        """
        return failed(error, self.on_error)


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
    "timeout_ms",
    "explain",
)
