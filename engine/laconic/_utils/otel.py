"""Spans and metrics by the API of OpenTelemetry, where the program uses it; nothing, and at no cost, where it does not.

The API is never the first to be imported from here: a program that has set up an SDK has imported it, or named one in
the environment. Whatever goes wrong in it, or in what the caller has hung into it, is logged and costs a call nothing.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from laconic._utils.version import __version__

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import Span, Tracer, TracerProvider

__all__ = ["Attributes", "OpenSpan", "begin_span", "end_span", "is_metered", "is_traced", "record"]

Attributes = Mapping[str, "str | bool | int | float"]

INSTRUMENTS = {
    "laconic.calls": ("{call}", "Calls that ended, by door and outcome."),
    "laconic.failures": ("{call}", "Calls that failed, whether the caller's context went on or not."),
    "laconic.fallbacks": ("{call}", "Calls in which something simpler took over."),
    "laconic.tokens.input": ("{token}", "Tokens of what came in."),
    "laconic.tokens.output": ("{token}", "Tokens of what was left."),
    "laconic.tokens.saved": ("{token}", "Tokens that were left out."),
    "laconic.characters.input": ("{character}", "Characters of what came in, by doors that count no tokens."),
    "laconic.characters.output": ("{character}", "Characters of what was left, by doors that count no tokens."),
}
"""Counters: name to unit and description."""

DURATION = "laconic.call.duration"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # a short text to a project

_NO_METERS = ("NoOpMeterProvider", "_ProxyMeterProvider")  # the API has no public name for the second
_ENVIRONMENT = ("OTEL_PYTHON_TRACER_PROVIDER", "OTEL_PYTHON_METER_PROVIDER")

logger = logging.getLogger("laconic")


class OpenSpan(NamedTuple):
    """A span that is the current one, and what makes the one around it current again."""

    span: Span
    token: Any


class _Api:
    """The API's modules, and what was made of the providers of the moment."""

    def __init__(self) -> None:
        from opentelemetry import context, metrics, trace

        self.context, self.metrics, self.trace = context, metrics, trace
        self._no_tracers = (trace.ProxyTracerProvider, trace.NoOpTracerProvider)
        self._tracer: tuple[TracerProvider, Tracer] | None = None
        self._instruments: tuple[MeterProvider, dict[str, Any]] | None = None

    def has_tracers(self) -> bool:
        """Whether there is an SDK for spans."""
        return not isinstance(self.trace.get_tracer_provider(), self._no_tracers)

    def has_meters(self) -> bool:
        """Whether there is an SDK for metrics."""
        return type(self.metrics.get_meter_provider()).__name__ not in _NO_METERS

    def tracer(self) -> Tracer:
        """Of the program's provider."""
        provider = self.trace.get_tracer_provider()
        made = self._tracer
        if made is None or made[0] is not provider:
            made = self._tracer = (provider, provider.get_tracer("laconic", __version__))
        return made[1]

    def instruments(self) -> dict[str, Any]:
        """Counters and the histogram, by name, of the program's provider."""
        provider = self.metrics.get_meter_provider()
        made = self._instruments
        if made is None or made[0] is not provider:
            meter = provider.get_meter("laconic", __version__)
            found: dict[str, Any] = {
                name: meter.create_counter(name, unit, description) for name, (unit, description) in INSTRUMENTS.items()
            }
            found[DURATION] = _histogram(meter)
            made = self._instruments = (provider, found)
        return made[1]


def _histogram(meter: Any) -> Any:
    try:
        return meter.create_histogram(DURATION, "s", "Time of a call.", explicit_bucket_boundaries_advisory=_SECONDS)
    except TypeError:  # before 1.30 the program's views alone say what the buckets are
        return meter.create_histogram(DURATION, "s", "Time of a call.")


_NAMED = any(os.environ.get(name) for name in _ENVIRONMENT)
_api: _Api | None = None
_is_missing = False
_complained: set[str] = set()


def is_traced() -> bool:
    """Whether a span may lead somewhere."""
    if _api is None and not ((_NAMED or "opentelemetry" in sys.modules) and _loaded()):
        return False
    return _api is not None and _api.has_tracers()


def is_metered() -> bool:
    """Whether counters may lead somewhere."""
    if _api is None and not ((_NAMED or "opentelemetry" in sys.modules) and _loaded()):
        return False
    return _api is not None and _api.has_meters()


def _loaded() -> _Api | None:
    global _api, _is_missing
    if _api is not None or _is_missing:
        return _api
    try:
        _api = _Api()
    except Exception as error:  # noqa: BLE001 - not installed, in part only, or of another version: then there is none
        _is_missing = True
        logger.info("there is no API of OpenTelemetry: %s", type(error).__name__)
    return _api


def begin_span(name: str, attributes: Attributes) -> OpenSpan | None:
    """Make a new span the current one, a child of the caller's; None where that fails. Where `is_traced`.

    Args:
        name: of the span.
        attributes: that a sampler may decide by.
    """
    api = _api
    if api is None:
        return None
    try:
        span = api.tracer().start_span(name, attributes=attributes)
        return OpenSpan(span, api.context.attach(api.trace.set_span_in_context(span)))
    except Exception as error:  # noqa: BLE001 - tracing must not cost a call
        _complain(error)
        return None


def end_span(opened: OpenSpan, attributes: Attributes, *, failed: bool) -> None:
    """End a span, and make the one around it current."""
    api = _api
    if api is None:
        return
    try:
        api.context.detach(opened.token)
        opened.span.set_attributes(attributes)
        if failed:
            opened.span.set_status(api.trace.Status(api.trace.StatusCode.ERROR))  # what an error says may be a text
        opened.span.end()
    except Exception as error:  # noqa: BLE001 - as above
        _complain(error)


def record(counts: Mapping[str, int], seconds: float, attributes: Attributes) -> None:
    """Add to the counters of `INSTRUMENTS`, and to the histogram of durations. Where `is_metered`."""
    api = _api
    if api is None:
        return
    try:
        instruments = api.instruments()
        for name, amount in counts.items():
            instruments[name].add(amount, attributes)
        instruments[DURATION].record(seconds, attributes)
    except Exception as error:  # noqa: BLE001 - as above
        _complain(error)


def _complain(error: Exception) -> None:
    """Once for each class of errors: what fails at one call as a rule fails at all."""
    name = type(error).__name__
    if name not in _complained:
        _complained.add(name)
        logger.warning("OpenTelemetry failed beside a call, which goes on: %s", name)
