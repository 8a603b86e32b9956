"""What calls came to: one place where every door reports a call that has ended, and all that is fed from there.

A call is what somebody outside laconic asked of a door (`laconic.compress`, an adapter, a pipeline …). What that door
asks of others is part of it, and is not reported again. Reports hold figures and names of laconic's own: never a text,
a question, a path, or what an error says.

From a report are fed, in this order: the counters of `stats`, the span and the metrics of OpenTelemetry, the log
``laconic.calls``, and the listeners of `subscribe`.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from operator import add
from time import perf_counter, time
from typing import Any, Literal, NamedTuple, ParamSpec, TypeVar

from laconic._utils.locks import ForkLock
from laconic._utils.otel import Attributes, OpenSpan, begin_span, end_span, is_metered, is_traced, record
from laconic.types import Compression, Savings

__all__ = [
    "CallReport", "DoorTotals", "Figures", "Reporting", "Totals", "error_type", "of_compression",
    "reported", "reported_async", "reset", "stats", "subscribe", "unreported",
]  # fmt: skip

P = ParamSpec("P")
R = TypeVar("R")

Outcome = Literal["compressed", "unchanged", "skipped", "failed"]

logger = logging.getLogger("laconic")
calls_logger = logging.getLogger("laconic.calls")


class Figures(NamedTuple):
    """What a door knows of a call that has ended; None where it does not.

    Attributes:
        tokens_in, tokens_out: before and after, by the door's own counter.
        characters_in, characters_out: the same, of doors that count no tokens.
        budget: most tokens that the result may have.
        counter: name of the token counter.
        is_fallback: whether something simpler took over.
        is_late: whether a deadline had passed.
        is_skipped: whether nothing was to be done: no context, no question, shadow mode.
        error: class of what failed, where the door went on all the same.
        seconds: where it is not the time that the report took.
        details: plain values that one door alone has; not exported.
    """

    tokens_in: int | None = None
    tokens_out: int | None = None
    characters_in: int | None = None
    characters_out: int | None = None
    budget: int | None = None
    counter: str | None = None
    is_fallback: bool = False
    is_late: bool = False
    is_skipped: bool = False
    error: str | None = None
    seconds: float | None = None
    details: Mapping[str, str] = {}


_UNKNOWN = [Figures()]


class CallReport(NamedTuple):
    """A call that has ended.

    Attributes:
        door: name of the function or class that was called.
        outcome: ``"compressed"`` (less came out than went in), ``"unchanged"``, ``"skipped"`` or ``"failed"``.
        seconds: how long it took.
        at: when it ended, in seconds since 1970.
        figures: see `Figures`.
    """

    door: str
    outcome: Outcome
    seconds: float
    at: float
    figures: Figures

    def attributes(self) -> dict[str, str | bool | int | float]:
        """What spans and log records say of it: names as in `docs/observability.md`, without what is not known."""
        figures = self.figures
        found: dict[str, str | bool | int | float | None] = {
            "laconic.door": self.door,
            "laconic.outcome": self.outcome,
            "laconic.fallback": figures.is_fallback,
            "laconic.timed_out": figures.is_late or None,
            "laconic.tokens.input": figures.tokens_in,
            "laconic.tokens.output": figures.tokens_out,
            "laconic.tokens.saved": _saved(figures),
            "laconic.tokens.budget": figures.budget,
            "laconic.characters.input": figures.characters_in,
            "laconic.characters.output": figures.characters_out,
            "laconic.counter": figures.counter,
            "error.type": figures.error,
        }
        return {name: value for name, value in found.items() if value is not None}

    def counts(self) -> dict[str, int]:
        """What counters grow by, by the names of metrics."""
        figures = self.figures
        found = {
            "laconic.calls": 1,
            "laconic.failures": int(self.outcome == "failed"),
            "laconic.fallbacks": int(figures.is_fallback),
            "laconic.tokens.input": figures.tokens_in,
            "laconic.tokens.output": figures.tokens_out,
            "laconic.tokens.saved": _saved(figures),
            "laconic.characters.input": figures.characters_in,
            "laconic.characters.output": figures.characters_out,
        }
        return {name: amount for name, amount in found.items() if amount}


Listener = Callable[[CallReport], Any]


def _saved(figures: Figures) -> int | None:
    """Tokens that a call saved, never below 0: hooks of the caller's own may add some."""
    if figures.tokens_in is None or figures.tokens_out is None:
        return None
    return max(0, figures.tokens_in - figures.tokens_out)


def _outcome(figures: Figures) -> Outcome:
    if figures.error is not None:
        return "failed"
    if figures.is_skipped:
        return "skipped"
    before, after = figures.tokens_in, figures.tokens_out
    if before is None or after is None:
        before, after = figures.characters_in or 0, figures.characters_out or 0
    return "compressed" if after < before else "unchanged"


def error_type(error: BaseException) -> str:
    """The name of an error's class, which is all of it that a report has."""
    return type(error).__name__


def of_compression(result: Compression) -> Figures:
    """The figures of a call that gave a `Compression`."""
    metrics = result.metrics
    return Figures(
        metrics.original_tokens,
        metrics.compressed_tokens,
        budget=metrics.budget_tokens,
        counter=metrics.counter,
        is_fallback=metrics.fallback is not None,
        is_late=metrics.timed_out,
    )


# -- counters ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DoorTotals(Savings):
    """Calls of one door since the process began, or since `reset`.

    Attributes:
        door: its name.
        calls: that ended.
        failures: that failed.
        fallbacks: in which something simpler took over.
        tokens_in, tokens_out: sums, where calls counted tokens.
        tokens_saved: sum; never below 0 for a call.
        characters_in, characters_out: sums, where they did not.
        seconds: sum.
    """

    door: str
    calls: int = 0
    failures: int = 0
    fallbacks: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_saved: int = 0
    characters_in: int = 0
    characters_out: int = 0
    seconds: float = 0.0

    @property
    def _counts(self) -> tuple[int, int]:
        return self.tokens_in, self.tokens_out


@dataclass(frozen=True)
class Totals(DoorTotals):
    """What `stats` gives: all doors together, and by door; ``str()`` of it is a table for people.

    Attributes:
        doors: the doors that were called, most tokens saved first.
    """

    doors: tuple[DoorTotals, ...] = field(default=())

    def __str__(self) -> str:
        lines = [
            f"Calls:  {self.calls:,} ({self.failures:,} failed, {self.fallbacks:,} fell back)",
            f"Tokens: {self.tokens_in:,} -> {self.tokens_out:,}",
            f"Saved:  {self.tokens_saved:,} tokens ({self.savings_percent:.1f}%)",
            f"Time:   {1000 * self.seconds / self.calls if self.calls else 0:.1f}ms a call",
        ]
        for each in self.doors:
            lines.append(
                f"  {each.door}: {each.calls:,} calls, {each.tokens_in:,} -> {each.tokens_out:,} tokens "
                f"({each.savings_percent:.1f}%), {each.failures:,} failed, {each.fallbacks:,} fell back"
            )
        return "\n".join(lines)


_AT_ONCE = 256


class _Counters:
    """Sums by door: the numbers of `DoorTotals`, in its order. Calls are added up many at a time: that is when it is
    quick, and the call that they are noted in is not to wait.
    """

    def __init__(self) -> None:
        self._lock = ForkLock()
        self._rows: dict[str, list[Any]] = {}
        self._waiting: deque[tuple[str, Figures, float]] = deque()

    def add(self, door: str, figures: Figures, seconds: float) -> None:
        self._waiting.append((door, figures, seconds))
        if len(self._waiting) >= _AT_ONCE:
            with self._lock:
                self._add_up()

    def read(self) -> list[tuple[str, list[Any]]]:
        with self._lock:
            self._add_up()
            return [(door, list(row)) for door, row in self._rows.items()]

    def _add_up(self) -> None:
        for _ in range(len(self._waiting)):
            door, figures, seconds = self._waiting.popleft()
            row = self._rows.setdefault(door, [0] * 9)
            counts = (
                1,
                figures.error is not None,
                figures.is_fallback,
                figures.tokens_in or 0,
                figures.tokens_out or 0,
                _saved(figures) or 0,
                figures.characters_in or 0,
                figures.characters_out or 0,
                seconds,
            )
            row[:] = map(add, row, counts)


_counters = _Counters()


def _begin() -> None:
    global _counters
    _counters = _Counters()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin)  # its parent's calls are counted there; the lock may be held for ever


def stats() -> Totals:
    """What the calls of this process came to so far, by door."""
    rows = _counters.read()
    doors = sorted((DoorTotals(door, *row) for door, row in rows), key=lambda each: (-each.tokens_saved, each.door))
    sums = [sum(column) for column in zip(*(row for _, row in rows), strict=True)] or [0] * 9
    return Totals(*("all", *sums, tuple(doors)))


def reset() -> None:
    """Begin to count anew; OpenTelemetry's counters, which only grow, go on."""
    _begin()


# -- listeners --------------------------------------------------------------------------------------------------------

_listeners: tuple[Listener, ...] = ()
_listeners_lock = ForkLock()


def subscribe(listener: Listener) -> Callable[[], None]:
    """Have a function called with the `CallReport` of every call, in the thread of the call; a
    `laconic.messages.Telemetry` is one.

    Returns:
        A function that ends this.

    What it raises is logged, and costs the call nothing. It should be quick: the caller waits for it.
    """
    global _listeners
    with _listeners_lock:
        _listeners = (*_listeners, listener)

    def end() -> None:
        global _listeners
        with _listeners_lock:
            left = list(_listeners)
            if listener in left:
                left.remove(listener)
            _listeners = tuple(left)

    return end


def _tell(listener: Listener, report: CallReport) -> None:
    try:
        listener(report)
    except Exception as error:  # noqa: BLE001 - a listener must not cost a call
        logger.warning("a listener of laconic.telemetry failed: %s", error_type(error))


# -- calls ------------------------------------------------------------------------------------------------------------

_current: ContextVar[Reporting | None] = ContextVar("laconic_call", default=None)


def _is_inside() -> bool:
    """Whether a call of a door is under way around this one."""
    around = _current.get()
    return around is not None and around.is_open


class Reporting:
    """A call of a door that is under way; reports when its block ends, if no other call is under way around it.

    Args:
        door: its name.
        to: hears of the call whatever is around it; None for nobody.
    """

    __slots__ = ("_began", "_figures", "_is_inner", "_span", "_to", "_token", "door", "is_open")

    def __init__(self, door: str, to: Listener | None = None) -> None:
        self.door = door
        self.is_open: bool = True
        self._is_inner: bool = _is_inside()
        self._to = to
        self._figures = _UNKNOWN
        self._span: OpenSpan | None = None

    def __enter__(self) -> Reporting:
        if not self._is_inner:
            self._token = _current.set(self)
            if is_traced():
                self._span = begin_span(f"laconic {self.door}", {"laconic.door": self.door})
        self._began = perf_counter()
        return self

    def ended_with(self, figures: Callable[[R], Figures | list[Figures]], result: R) -> None:
        """Tell what came of it: a result, and what makes figures of such."""
        try:
            found = figures(result)
        except Exception as error:  # noqa: BLE001 - figures must not cost a result
            logger.warning("the figures of a call cannot be told: %s", error_type(error))
            return
        self._figures = found if isinstance(found, list) else [found]

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        seconds = perf_counter() - self._began
        self.is_open = False
        if error is not None:
            self._figures = [Figures(error=error_type(error))]
        if not self._is_inner:
            for each in self._figures:
                _counters.add(self.door, each, seconds if each.seconds is None else each.seconds)
            # Where nobody listens that is all: short calls are not to be slowed down by their own figures.
            if _listeners or self._span or is_metered() or calls_logger.isEnabledFor(logging.INFO):
                self._report(self._reports(seconds))
            else:
                self._leave()
        if self._to is not None:
            for report in self._reports(seconds):
                _tell(self._to, report)

    def _reports(self, seconds: float) -> list[CallReport]:
        now = time()
        return [
            CallReport(self.door, _outcome(each), seconds if each.seconds is None else each.seconds, now, each)
            for each in self._figures
        ]

    def _report(self, reports: list[CallReport]) -> None:
        for report in reports:
            if is_metered():
                record(report.counts(), report.seconds, _of_metrics(report))
            if calls_logger.isEnabledFor(logging.INFO):
                _log(report)
        if self._span is not None:
            end_span(self._span, _of_span(reports), failed=any(each.outcome == "failed" for each in reports))
        self._leave()
        for listener in _listeners:
            for report in reports:
                _tell(listener, report)

    def _leave(self) -> None:
        try:
            _current.reset(self._token)
        except ValueError:  # the block ends in another context than it began in, which has its own
            _current.set(None)


def _of_metrics(report: CallReport) -> Attributes:
    """Few values each, as every pair of them is a series."""
    found: dict[str, str | bool | int | float] = {"laconic.door": report.door, "laconic.outcome": report.outcome}
    if report.figures.error is not None:
        found["error.type"] = report.figures.error
    return found


def _of_span(reports: Sequence[CallReport]) -> Attributes:
    """Of one call all that is known; of several in one span their sums."""
    if len(reports) == 1:
        return reports[0].attributes()
    sums: dict[str, str | bool | int | float] = {"laconic.calls": len(reports)}
    for report in reports:
        for name, amount in report.counts().items():
            if name not in ("laconic.calls", "laconic.failures", "laconic.fallbacks"):
                sums[name] = int(sums.get(name, 0)) + amount
    return sums


def _log(report: CallReport) -> None:
    figures = report.figures
    fields = {name.replace(".", "_"): value for name, value in report.attributes().items()}
    before = figures.characters_in if figures.tokens_in is None else figures.tokens_in
    after = figures.characters_out if figures.tokens_out is None else figures.tokens_out
    calls_logger.info(
        "%s: %s, %s -> %s in %.1f ms",
        report.door,
        report.outcome,
        "?" if before is None else before,
        "?" if after is None else after,
        1000 * report.seconds,
        extra={**fields, "laconic_duration_ms": round(1000 * report.seconds, 3)},
    )


def reported(
    door: str | Callable[[Any], str],
    figures: Callable[[R], Figures | list[Figures]],
    to: Callable[[Any], Listener | None] | None = None,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A door whose calls are reported, also those that raise.

    Args:
        door: name of the door; or of its first argument, the instance, the name.
        figures: of what a call gave; a list where it was several calls in one, which then share a span.
        to: of the instance, who hears of the call also where it is part of another; None for nobody.

    A call inside another one costs a third of a microsecond, an outer one seven where nobody listens.
    """

    def decorated(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            own = None if to is None else to(args[0])
            if own is None and _is_inside():
                return function(*args, **kwargs)
            with Reporting(_name(door, args), own) as reporting:
                result = function(*args, **kwargs)
                reporting.ended_with(figures, result)
            return result

        return call

    return decorated


def reported_async(
    door: str | Callable[[Any], str], figures: Callable[[R], Figures | list[Figures]]
) -> Callable[[Callable[P, Coroutine[Any, Any, R]]], Callable[P, Coroutine[Any, Any, R]]]:
    """`reported` for what is awaited."""

    def decorated(function: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
        @wraps(function)
        async def call(*args: P.args, **kwargs: P.kwargs) -> R:
            if _is_inside():
                return await function(*args, **kwargs)
            with Reporting(_name(door, args)) as reporting:
                result = await function(*args, **kwargs)
                reporting.ended_with(figures, result)
            return result

        return call

    return decorated


def _name(door: str | Callable[[Any], str], args: Sequence[Any]) -> str:
    return door if isinstance(door, str) else door(args[0])


@contextmanager
def unreported() -> Iterator[None]:
    """A block in which calls are not reported: trials, warm-ups, measurements."""
    reporting = Reporting("none")
    token = _current.set(reporting)
    try:
        yield
    finally:
        reporting.is_open = False
        _current.reset(token)
