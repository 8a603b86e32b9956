"""Results of the ScaleDown surface: the text and its figures.

Also reachable as ``laconic.types.CompressedPrompt`` and so on. They are pydantic objects, so they validate, print,
compare and turn into JSON as such; all of them are immutable.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from laconic.exceptions import APIError
from laconic.scaledown.metrics import (
    CompressionMetrics,
    Milliseconds,
    OptimizerMetrics,
    Tokens,
    compression_ratio,
    savings_percent,
)

__all__ = ["CompressedPrompt", "OptimizedContext", "PipelineResult", "StepMetrics"]


def _stats(metrics: CompressionMetrics) -> str:
    original, compressed = metrics.original_prompt_tokens, metrics.compressed_prompt_tokens
    return (
        "ScaleDown Stats:\n"
        f"- Tokens: {original} -> {compressed}\n"
        f"- Savings: {savings_percent(original, compressed):.1f}%\n"
        f"- Ratio: {compression_ratio(original, compressed):.1f}x\n"
        f"- Latency: {metrics.latency_ms}ms"
    )


class CompressedPrompt(BaseModel):
    """The compressed text of one context, and its figures. ``str()`` of it is the text.

    Attributes:
        content: the compressed text.
        metrics: token counts, latency, time.
        backend: what did the work: ``"local"`` or ``"api"``.
        fallback: why something other than what was asked for did (part of) the work, None when nothing fell back.
        missing_words: those of ``preserve_words`` that stand in the context but, for want of budget, not in
            ``content``.
        model_used: the model that the server says it compressed for; the target model of a local compression.
    """

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    content: str
    metrics: CompressionMetrics
    backend: Literal["local", "api"] = "local"
    fallback: str | None = None
    missing_words: tuple[str, ...] = ()
    model_used: str | None = None

    @property
    def tokens(self) -> tuple[int, int]:
        """``(original, compressed)`` token counts."""
        return self.metrics.original_prompt_tokens, self.metrics.compressed_prompt_tokens

    @property
    def savings_percent(self) -> float:
        """Share of the tokens removed, 0–100: 60.0 is a reduction by 60 %."""
        return savings_percent(*self.tokens)

    @property
    def compression_ratio(self) -> float:
        """Original / compressed tokens: 2.5 is text of 40 %; ``inf`` when nothing is left of something."""
        return compression_ratio(*self.tokens)

    @property
    def latency_ms(self) -> int:
        """Processing time in milliseconds; the server's own where a server did the work."""
        return self.metrics.latency_ms

    def print_stats(self) -> None:
        """Print tokens, savings, ratio and latency to stdout."""
        print(_stats(self.metrics))  # noqa: T201 - printing is what the method is for

    @classmethod
    def from_api_response(cls, content: str, raw_response: Mapping[str, Any]) -> CompressedPrompt:
        """The result of a reply of the hosted API.

        Args:
            content: the compressed text.
            raw_response: the decoded JSON of the reply. Token counts are read as ``total_original_tokens`` and
                ``total_compressed_tokens`` or as ``original_prompt_tokens`` and ``compressed_prompt_tokens``, on the
                top level or under ``results`` or ``metrics``; ``latency_ms`` and ``model_used`` likewise (both may be
                absent); the time under ``request_metadata.timestamp`` or ``timestamp``.

        Raises:
            APIError: the token counts are missing, or a figure is not usable.
        """
        levels = [
            raw_response,
            *(_mapping(raw_response.get(key)) for key in ("results", "metrics", "request_metadata")),
        ]
        figures = {
            "original_prompt_tokens": _first(levels, "total_original_tokens", "original_prompt_tokens"),
            "compressed_prompt_tokens": _first(levels, "total_compressed_tokens", "compressed_prompt_tokens"),
            "latency_ms": _first(levels, "latency_ms") or 0,
        }
        timestamp = _first(levels[::-1], "timestamp")
        if timestamp is not None:
            figures["timestamp"] = timestamp
        try:
            return cls(
                content=content,
                metrics=CompressionMetrics(**figures),
                backend="api",
                model_used=_first(levels, "model_used"),
            )
        except ValidationError as error:
            reasons = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
            raise APIError(f"the reply of the hosted API has no usable figures: {reasons}") from error

    def __str__(self) -> str:
        return self.content


class OptimizedContext(BaseModel):
    """What `HasteOptimizer` and `SemanticOptimizer` selected. ``str()`` of it is the text.

    Attributes:
        content: the selected code or text, in source order.
        metrics: token counts, latency, and how was searched; readable like a dict too.
        spans: character spans of the context that ``content`` was taken from, in order; None where the optimizer does
            not know them (several files, text of its own).
        fallback: True where the language of some of it is not supported, or could not be parsed in time, so that it was
            treated as plain text.
    """

    model_config = ConfigDict(frozen=True)

    content: str
    metrics: OptimizerMetrics
    fallback: bool = False
    spans: tuple[tuple[int, int], ...] | None = Field(default=None, repr=False)

    @property
    def tokens(self) -> tuple[int, int]:
        """``(original, optimized)`` token counts."""
        return self.metrics.original_tokens, self.metrics.optimized_tokens

    @property
    def savings_percent(self) -> float:
        """Share of the tokens removed, 0–100."""
        return self.metrics.savings_percent

    @property
    def compression_ratio(self) -> float:
        """Original / optimized tokens."""
        return self.metrics.compression_ratio

    def __str__(self) -> str:
        return self.content


class StepMetrics(BaseModel):
    """Token usage of one step of a pipeline.

    Attributes:
        step_name: the step's name in the pipeline.
        input_tokens: tokens of the text that went in; equal to the output of the step before.
        output_tokens: tokens of the text that came out.
        latency_ms: wall time of the step.
        details: ``component`` (class or function name) and what the step itself reports.
    """

    model_config = ConfigDict(frozen=True)

    step_name: str
    input_tokens: Tokens
    output_tokens: Tokens
    latency_ms: Milliseconds
    details: dict[str, Any] = Field(default_factory=dict)

    @property
    def savings_percent(self) -> float:
        """Share of the step's input tokens removed, 0–100; negative where the step added text."""
        return savings_percent(self.input_tokens, self.output_tokens)

    @property
    def compression_ratio(self) -> float:
        """Input / output tokens of the step."""
        return compression_ratio(self.input_tokens, self.output_tokens)


class PipelineResult(BaseModel):
    """What came out of a pipeline. ``str()`` of it is the text.

    Attributes:
        final_content: the text after the last step.
        history: one entry per step, in order; the first input and the last output are the totals of ``metrics``.
        metrics: figures of the whole run.
    """

    model_config = ConfigDict(frozen=True)

    final_content: str
    history: list[StepMetrics]
    metrics: CompressionMetrics

    @property
    def savings_percent(self) -> float:
        """Share of the tokens removed by all steps together, 0–100."""
        return savings_percent(self.metrics.original_prompt_tokens, self.metrics.compressed_prompt_tokens)

    @property
    def compression_ratio(self) -> float:
        """Original / final tokens."""
        return compression_ratio(self.metrics.original_prompt_tokens, self.metrics.compressed_prompt_tokens)

    def print_stats(self) -> None:
        """Print tokens, savings, ratio and latency of the whole run to stdout."""
        print(_stats(self.metrics))  # noqa: T201 - printing is what the method is for

    def __str__(self) -> str:
        return self.final_content


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _first(levels: list[Mapping[str, Any]], *names: str) -> Any:
    """The first of ``names`` that one of the levels has; None when none has any."""
    return next((level[name] for level in levels for name in names if level.get(name) is not None), None)
