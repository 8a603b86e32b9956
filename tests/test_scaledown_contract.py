"""The documentation of ScaleDown 0.1.4, table by table, against the code: what runs there runs here."""

from __future__ import annotations

import importlib
import inspect
from datetime import datetime, timezone
from typing import Any

import pydantic
import pytest

import laconic.exceptions
import laconic.types
from laconic.compressor import BaseCompressor, ScaleDownCompressor
from laconic.metrics import CompressionMetrics, OptimizerMetrics
from laconic.pipeline import Pipeline, make_pipeline
from laconic.scaledown.results import CompressedPrompt, OptimizedContext, PipelineResult, StepMetrics

NONE = inspect.Parameter.empty

# (module, class, {parameter: default}) in the documented order.
CONSTRUCTORS: list[tuple[str, str, dict[str, Any]]] = [
    (
        "laconic.compressor",
        "ScaleDownCompressor",
        {
            "target_model": "gpt-4o",
            "rate": "auto",
            "api_key": None,
            "temperature": None,
            "preserve_keywords": False,
            "preserve_words": None,
        },
    ),
    (
        "laconic.optimizer",
        "HasteOptimizer",
        {
            "top_k": 6,
            "prefilter": 300,
            "bfs_depth": 1,
            "max_add": 12,
            "semantic": False,
            "sem_model": "text-embedding-3-small",
            "hard_cap": 1200,
            "soft_cap": 1800,
            "target_model": "gpt-4o",
        },
    ),
    (
        "laconic.optimizer",
        "SemanticOptimizer",
        {"model_name": "Qwen/Qwen3-Embedding-0.6B", "top_k": 3, "target_model": "gpt-4o"},
    ),
    ("laconic.pipeline", "Pipeline", {"steps": NONE}),
]

# (module, class, method, the documented parameters in their order). `context` and `prompt` have no documented default.
METHODS: list[tuple[str, str, str, list[str]]] = [
    ("laconic.compressor", "ScaleDownCompressor", "compress", ["context", "prompt", "max_tokens"]),
    ("laconic.optimizer", "HasteOptimizer", "optimize", ["context", "query", "max_tokens", "file_path"]),
    ("laconic.optimizer", "SemanticOptimizer", "optimize", ["context", "query", "file_path", "max_tokens"]),
    ("laconic.pipeline", "Pipeline", "run", ["context"]),
]
TAKES_KWARGS = {("HasteOptimizer", "optimize"), ("ScaleDownCompressor", "compress"), ("Pipeline", "run")}


@pytest.mark.parametrize(("module", "name", "documented"), CONSTRUCTORS, ids=[row[1] for row in CONSTRUCTORS])
def test_constructors(module: str, name: str, documented: dict[str, Any]) -> None:
    parameters = inspect.signature(getattr(importlib.import_module(module), name)).parameters
    assert list(parameters)[: len(documented)] == list(documented)
    for each, default in documented.items():
        assert parameters[each].default == default
        assert parameters[each].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    for each in list(parameters)[len(documented) :]:  # what laconic adds cannot get in the way of a positional call
        assert parameters[each].kind is inspect.Parameter.KEYWORD_ONLY
        assert parameters[each].default is not NONE


@pytest.mark.parametrize(("module", "name", "method", "documented"), METHODS, ids=[f"{m[1]}.{m[2]}" for m in METHODS])
def test_methods(module: str, name: str, method: str, documented: list[str]) -> None:
    parameters = inspect.signature(getattr(getattr(importlib.import_module(module), name), method)).parameters
    assert list(parameters)[1 : 1 + len(documented)] == documented
    for each in documented:
        assert parameters[each].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    takes = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values())
    assert takes == ((name, method) in TAKES_KWARGS)
    if "max_tokens" in documented:
        assert parameters["max_tokens"].default is None


def test_the_compressor_is_a_base_compressor() -> None:
    assert issubclass(ScaleDownCompressor, BaseCompressor)
    assert inspect.isabstract(BaseCompressor)


def test_make_pipeline_makes_a_pipeline() -> None:
    steps = [("trim", str.strip), ("lower", str.lower)]
    for made in (make_pipeline(steps), make_pipeline(*steps)):
        assert isinstance(made, Pipeline)
        assert made.steps == steps


# -- data structures ----------------------------------------------------------------------------------------------

WHEN = datetime(2025, 11, 20, 10, 30, tzinfo=timezone.utc)
FIGURES = CompressionMetrics(original_prompt_tokens=1000, compressed_prompt_tokens=400, latency_ms=150, timestamp=WHEN)
OPTIMIZED = OptimizerMetrics(
    original_tokens=1000,
    optimized_tokens=400,
    latency_ms=12,
    retrieval_mode="hybrid",
    ast_fidelity=0.98,
    chunks_retrieved=6,
)


def test_compressed_prompt(capsys: pytest.CaptureFixture[str]) -> None:
    result = CompressedPrompt(content="short", metrics=FIGURES)
    assert isinstance(result, pydantic.BaseModel)
    assert result.content == "short"
    assert result.metrics is FIGURES
    assert result.tokens == (1000, 400)
    assert result.savings_percent == pytest.approx(60.0)
    assert result.compression_ratio == pytest.approx(2.5)
    assert result.latency_ms == 150
    result.print_stats()
    assert capsys.readouterr().out == (
        "ScaleDown Stats:\n- Tokens: 1000 -> 400\n- Savings: 60.0%\n- Ratio: 2.5x\n- Latency: 150ms\n"
    )


def test_from_api_response() -> None:
    assert list(inspect.signature(CompressedPrompt.from_api_response).parameters) == ["content", "raw_response"]
    flat = {"original_prompt_tokens": 10, "compressed_prompt_tokens": 4, "latency_ms": 7, "timestamp": WHEN.isoformat()}
    nested = {
        "results": {"compressed_prompt": "x", "original_prompt_tokens": 10, "compressed_prompt_tokens": 4},
        "latency_ms": 7,
        "request_metadata": {"timestamp": WHEN.isoformat()},
    }
    totals = {
        "total_original_tokens": 10,
        "total_compressed_tokens": 4,
        "latency_ms": 7.2,
        "request_metadata": {"timestamp": WHEN.isoformat()},
    }
    for raw in (flat, nested, totals, {"metrics": flat}):
        result = CompressedPrompt.from_api_response("x", raw)
        assert (result.content, result.tokens, result.latency_ms, result.metrics.timestamp) == ("x", (10, 4), 7, WHEN)


@pytest.mark.parametrize("raw", [{}, {"total_original_tokens": 5}, {"metrics": None}, {"results": [1]}])
def test_a_response_without_counts_is_an_error(raw: dict[str, Any]) -> None:
    with pytest.raises(laconic.exceptions.APIError, match="prompt_tokens"):
        CompressedPrompt.from_api_response("x", raw)


def test_optimized_context() -> None:
    result = OptimizedContext(content="code", metrics=OPTIMIZED)
    assert isinstance(result, pydantic.BaseModel)
    assert result.content == "code"
    assert isinstance(result.metrics, OptimizerMetrics)


def test_pipeline_result(capsys: pytest.CaptureFixture[str]) -> None:
    step = StepMetrics(step_name="haste", input_tokens=1000, output_tokens=400, latency_ms=150)
    result = PipelineResult(final_content="short", history=[step], metrics=FIGURES)
    assert isinstance(result, pydantic.BaseModel)
    assert result.final_content == "short"
    assert result.savings_percent == pytest.approx(60.0)
    assert result.history == [step]
    assert result.metrics is FIGURES
    result.print_stats()
    assert "- Tokens: 1000 -> 400\n" in capsys.readouterr().out


def test_compression_metrics() -> None:
    assert list(CompressionMetrics.model_fields) == [
        "original_prompt_tokens",
        "compressed_prompt_tokens",
        "latency_ms",
        "timestamp",
    ]
    assert isinstance(FIGURES.timestamp, datetime)
    for name in ("original_prompt_tokens", "compressed_prompt_tokens", "latency_ms"):
        with pytest.raises(pydantic.ValidationError, match=name):
            CompressionMetrics(**(FIGURES.model_dump() | {name: -1}))


def test_optimizer_metrics() -> None:
    documented = {
        "original_tokens": 1000,
        "optimized_tokens": 400,
        "latency_ms": 12,
        "compression_ratio": 2.5,
        "retrieval_mode": "hybrid",
        "ast_fidelty": 0.98,  # spelt so in the documentation
        "chunks_retreived": 6,
    }
    for name, value in documented.items():
        assert getattr(OPTIMIZED, name) == value
        assert OPTIMIZED[name] == value  # "metrics: dict"
        assert OPTIMIZED.get(name) == value
        assert name in OPTIMIZED
    assert OPTIMIZED.ast_fidelity == OPTIMIZED["ast_fidelity"] == 0.98
    assert OPTIMIZED.chunks_retrieved == OPTIMIZED["chunks_retrieved"] == 6
    assert OPTIMIZED.get("nonsense", 0) == 0
    with pytest.raises(KeyError):
        OPTIMIZED["nonsense"]
    assert dict(OPTIMIZED)["retrieval_mode"] == "hybrid"
    misspelt = {name: value for name, value in documented.items() if name != "compression_ratio"}
    assert OptimizerMetrics(**misspelt) == OPTIMIZED
    for name in ("original_tokens", "optimized_tokens", "latency_ms", "chunks_retrieved"):
        with pytest.raises(pydantic.ValidationError):
            OptimizerMetrics(**(OPTIMIZED.model_dump() | {name: -1}))


@pytest.mark.parametrize("name", ["CompressedPrompt", "OptimizedContext", "PipelineResult", "StepMetrics"])
def test_results_live_under_types_too(name: str) -> None:
    assert getattr(laconic.types, name) is getattr(importlib.import_module("laconic.scaledown.results"), name)


def test_results_survive_json() -> None:
    step = StepMetrics(step_name="a", input_tokens=3, output_tokens=1, latency_ms=0, details={"component": "f"})
    for result in (
        CompressedPrompt(content="é", metrics=FIGURES, missing_words=("a",)),
        OptimizedContext(content="x", metrics=OPTIMIZED, spans=((0, 1),)),
        PipelineResult(final_content="x", history=[step], metrics=FIGURES),
    ):
        assert type(result).model_validate_json(result.model_dump_json()) == result


@pytest.mark.parametrize(
    ("original", "compressed", "savings", "ratio"),
    [(0, 0, 0.0, 1.0), (10, 10, 0.0, 1.0), (10, 0, 100.0, float("inf")), (8, 2, 75.0, 4.0)],
)
def test_ratio_is_original_over_compressed_everywhere(
    original: int, compressed: int, savings: float, ratio: float
) -> None:
    figures = CompressionMetrics(
        original_prompt_tokens=original, compressed_prompt_tokens=compressed, latency_ms=0, timestamp=WHEN
    )
    optimizer = OptimizerMetrics(
        original_tokens=original, optimized_tokens=compressed, latency_ms=0, retrieval_mode="bm25"
    )
    step = StepMetrics(step_name="a", input_tokens=original, output_tokens=compressed, latency_ms=0)
    for result in (
        CompressedPrompt(content="", metrics=figures),
        OptimizedContext(content="", metrics=optimizer),
        PipelineResult(final_content="", history=[step], metrics=figures),
        optimizer,
        step,
    ):
        assert result.savings_percent == savings
        assert result.compression_ratio == ratio


# -- exceptions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", laconic.exceptions.__all__)
def test_all_exceptions_are_scaledown_errors(name: str) -> None:
    assert issubclass(getattr(laconic.exceptions, name), laconic.exceptions.ScaleDownError)
