"""What came of a call inside a chain, and what is said of it; spans of what was cut twice."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from laconic.telemetry import Figures, error_type, of_compression
from laconic.types import CompressedPassage, Compression, Span

__all__ = [
    "Outcome", "attempt_to", "compose_spans", "failed", "figures", "of_outcome", "read_spans", "shifted_spans",
    "written_spans",
]  # fmt: skip

logger = logging.getLogger("laconic")

_Item = TypeVar("_Item")
_SPANS = re.compile(r"\d+-\d+(?: \d+-\d+)*")


@dataclass(frozen=True)
class Outcome:
    """What came of one call inside a chain.

    Attributes:
        compression: the engine's result; None where the context goes on unchanged.
        error: what the engine raised, where it failed: the context goes on unchanged, or cut at the ceiling.
        skipped: why the engine was not asked (for example ``"no query"``), None where it was.
        run_id: of the call in traces, where the framework has one.
    """

    compression: Compression | None = None
    error: Exception | None = None
    skipped: str | None = None
    run_id: str | None = None

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

    def part(self, start: int, end: int) -> Outcome:
        """The outcome for the passages ``start`` to ``end`` alone, as if they had been all; the metrics stay."""
        if self.compression is None:
            return self
        kept = [part for part in self.compression.passages if start <= part.index < end]
        cut = [piece for piece in self.compression.dropped if start <= piece.index < end]
        found = replace(
            self.compression,
            passages=tuple(replace(part, index=part.index - start) for part in kept),
            dropped=tuple(replace(piece, index=piece.index - start) for piece in cut),
        )
        return replace(self, compression=found)

    def figures(self) -> dict[str, Any]:
        """The call as plain JSON values, for events and traces; see `figures`."""
        error = {} if self.error is None else {"error": f"{type(self.error).__name__}: {self.error}"}
        if self.compression is not None:
            return figures(self.compression) | error
        return {"unchanged": "error", **error} if error else {"unchanged": self.skipped}


def attempt_to(compress: Callable[[], Compression], on_error: str) -> Outcome:
    """The outcome of a call that is allowed to fail; see ``on_error`` of `CompressorOptions`.

    Raises:
        Exception: whatever the call raised, with ``on_error="raise"``.
    """
    try:
        return Outcome(compress())
    except Exception as error:  # noqa: BLE001 - an optimisation that fails must not take the chain down with it
        return failed(error, on_error)


def failed(error: Exception, on_error: str) -> Outcome:
    """The outcome of a failure: raised again, or recorded in the log of this module's package.

    Raises:
        Exception: ``error``, with ``on_error="raise"``.
    """
    if on_error == "raise":
        raise error
    logger.warning("laconic failed inside a chain, which goes on: %s: %s", type(error).__name__, error, exc_info=error)
    return Outcome(error=error)


def of_outcome(outcome: Outcome) -> Figures:
    """The figures of a call inside a chain, for its report."""
    found = Figures() if outcome.compression is None else of_compression(outcome.compression)
    error = None if outcome.error is None else error_type(outcome.error)
    return found._replace(error=error, is_skipped=outcome.skipped is not None)


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
        "timed_out": metrics.timed_out,
        "passages_kept": len(compression.passages),
    }


def shifted_spans(spans: Iterable[Sequence[int]], start: int) -> list[Span]:
    """Spans of a chunk as offsets into the document of which it begins at character ``start``."""
    return [(start + first, start + last) for first, last in spans]


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


def written_spans(spans: Iterable[Span]) -> str:
    """Spans as text, which the metadata of every vector store can hold: ``"0-40 61-90"``."""
    return " ".join(f"{start}-{end}" for start, end in spans)


def read_spans(text: Any) -> list[Span] | None:
    """Spans that `written_spans` wrote; None where it did not write this."""
    if not isinstance(text, str) or not _SPANS.fullmatch(text):
        return None
    return [(int(start), int(end)) for start, _, end in (item.partition("-") for item in text.split(" "))]
