"""Results of the ScaleDown surface: the text and its figures.

Also reachable as ``laconic.types.CompressedPrompt`` and so on. They are pydantic objects, so they validate, print,
compare and turn into JSON as such; all of them are immutable.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from laconic.exceptions import APIError
from laconic.scaledown.metrics import CompressionMetrics, Milliseconds, OptimizerMetrics, Tokens
from laconic.telemetry import Figures
from laconic.types import Savings

__all__ = [
    "CompressedPrompt", "OptimizedContext", "PipelineResult", "StepMetrics", "figures_of_optimized",
    "figures_of_prompt",
    "figures_of_prompts",
]  # fmt: skip


_MOST_TOKENS = 2**53
_MOST_MILLISECONDS = 2**53


class CompressedPrompt(Savings, BaseModel):
    """The compressed text of one context, and its figures. ``str()`` of it is the text.

    Attributes:
        content: the compressed text.
        metrics: token counts, latency, time.
        backend: what did the work: ``"local"`` or ``"api"``.
        fallback: why something other than what was asked for did (part of) the work, None when nothing fell back.
        missing_words: those of ``preserve_words`` that stand in the context but, for want of budget, not in
            ``content``.
        cut_words: those that stand in ``content`` fewer times than in the context; the missing ones are among them.
        estimated: whether the counts are an estimate: the target model's tokenizer is not public, and the nearest one
            counted instead.
        model_used: the model that the server says it compressed for; the target model of a local compression.
    """

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    content: str
    metrics: CompressionMetrics
    backend: Literal["local", "api"] = "local"
    fallback: str | None = None
    missing_words: tuple[str, ...] = ()
    cut_words: tuple[str, ...] = ()
    estimated: bool = False
    model_used: str | None = None

    @property
    def tokens(self) -> tuple[int, int]:
        """``(original, compressed)`` token counts."""
        return self.metrics.original_prompt_tokens, self.metrics.compressed_prompt_tokens

    @property
    def _counts(self) -> tuple[int, int]:
        return self.tokens

    @property
    def latency_ms(self) -> int:
        """Processing time in milliseconds; the server's own where a server did the work."""
        return self.metrics.latency_ms

    def print_stats(self) -> None:
        """Print tokens, savings, ratio and latency to stdout."""
        print(self._stats("ScaleDown", self.latency_ms))  # noqa: T201 - printing is what the method is for

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
            APIError: the token counts are missing or impossible (no whole numbers, more after than before), or
                another figure or the model's name is not usable. The message shows none of what was sent.
        """
        inner = map(raw_response.get, ("results", "metrics", "request_metadata"))
        levels = [raw_response, *(level for level in inner if isinstance(level, Mapping))]
        original = _count(_first(levels, "total_original_tokens", "original_prompt_tokens"), "original_prompt_tokens")
        compressed = _count(
            _first(levels, "total_compressed_tokens", "compressed_prompt_tokens"), "compressed_prompt_tokens"
        )
        if compressed > original:
            raise APIError(f"the reply of the hosted API counts {compressed} tokens after and {original} before")
        figures: dict[str, Any] = {
            "original_prompt_tokens": original,
            "compressed_prompt_tokens": compressed,
            "latency_ms": _latency(_first(levels, "latency_ms")),
        }
        timestamp = _first(levels[::-1], "timestamp")
        if timestamp is not None:
            figures["timestamp"] = timestamp
        model = _first(levels, "model_used")
        if model is not None and not (isinstance(model, str) and model.isprintable()):
            raise APIError("the reply of the hosted API names a model by something other than printable text")
        try:
            metrics = CompressionMetrics(**figures)
        except ValidationError as error:
            reasons = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        else:
            return cls(content=content, metrics=metrics, backend="api", model_used=model)
        # Here, without a context: that one shows what was sent.
        raise APIError(f"the reply of the hosted API has no usable figures: {reasons}")

    def __str__(self) -> str:
        return self.content


class OptimizedContext(Savings, BaseModel):
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
    def _counts(self) -> tuple[int, int]:
        return self.tokens

    def __str__(self) -> str:
        return self.content


class StepMetrics(Savings, BaseModel):
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
    def _counts(self) -> tuple[int, int]:
        return self.input_tokens, self.output_tokens


class PipelineResult(Savings, BaseModel):
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
    def _counts(self) -> tuple[int, int]:
        return self.metrics.original_prompt_tokens, self.metrics.compressed_prompt_tokens

    def print_stats(self) -> None:
        """Print tokens, savings, ratio and latency of the whole run to stdout."""
        print(self._stats("ScaleDown", self.metrics.latency_ms))  # noqa: T201 - printing is what the method is for

    def __str__(self) -> str:
        return self.final_content


def _first(levels: list[Mapping[str, Any]], *names: str) -> Any:
    """The first of ``names`` that one of the levels has; None when none has any."""
    return next((level[name] for level in levels for name in names if level.get(name) is not None), None)


def _count(value: Any, name: str) -> int:
    """A count of tokens, ≥ 0.

    Raises:
        APIError: it is none.
    """
    if value is None:
        raise APIError(f"the reply of the hosted API has no {name}")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_TOKENS:
        raise APIError(f"the {name} in the reply of the hosted API cannot be: the number must be whole and ≥ 0")
    return value


def _latency(value: Any) -> float:
    """Milliseconds, ≥ 0; none given are 0.

    Raises:
        APIError: it is no such number.
    """
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= _MOST_MILLISECONDS:
        raise APIError("latency_ms in the reply of the hosted API is not usable: it must be a number ≥ 0")
    return value


def figures_of_prompt(result: CompressedPrompt | list[CompressedPrompt]) -> Figures | list[Figures]:
    """The figures of a call that gave one, or several, for its report."""
    if isinstance(result, list):
        return figures_of_prompts(result)
    return Figures(*result.tokens, is_fallback=result.fallback is not None, seconds=result.latency_ms / 1000)


def figures_of_prompts(results: list[CompressedPrompt]) -> list[Figures]:
    """The figures of a call that gave several, for its report."""
    found = map(figures_of_prompt, results)
    return [each for each in found if isinstance(each, Figures)]


def figures_of_optimized(result: OptimizedContext) -> Figures:
    """The figures of a call that gave it, for its report."""
    return Figures(*result.tokens, is_fallback=result.fallback)
