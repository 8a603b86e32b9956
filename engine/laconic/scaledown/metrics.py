"""Figures of the ScaleDown surface: what a compression or an optimization cost and saved.

Counts are tokens, times are whole milliseconds, ratios are original / compressed. Everything is validated when made, so
that a figure from a server can be trusted as far as one of our own.
"""

from __future__ import annotations

from collections.abc import KeysView
from datetime import datetime, timezone
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, computed_field

from laconic.types import Savings

__all__ = ["CompressionMetrics", "OptimizerMetrics"]


def _rounded(value: Any) -> Any:
    return round(value) if isinstance(value, float) and abs(value) != float("inf") and value == value else value


Tokens = Annotated[int, Field(ge=0)]
Milliseconds = Annotated[int, BeforeValidator(_rounded), Field(ge=0)]
"""Whole milliseconds; fractions are rounded to the nearest."""


class CompressionMetrics(BaseModel):
    """Figures of one compression.

    Attributes:
        original_prompt_tokens: tokens of the context before compression, ≥ 0. The prompt is not counted: it is not
            compressed.
        compressed_prompt_tokens: tokens after compression, ≥ 0.
        latency_ms: processing time, ≥ 0; the server's own figure where a server did the work.
        timestamp: when the compression was done; the time of construction where none is given.

    Raises:
        pydantic.ValidationError: a negative count or time, or a timestamp that cannot be read.
    """

    model_config = ConfigDict(frozen=True)

    original_prompt_tokens: Tokens
    compressed_prompt_tokens: Tokens
    latency_ms: Milliseconds
    timestamp: datetime = Field(default_factory=lambda: datetime.now(timezone.utc))


class OptimizerMetrics(Savings, BaseModel):
    """Figures of one `HasteOptimizer` or `SemanticOptimizer` call.

    Readable by attribute and, as the documentation of ScaleDown has it, like a dict (``metrics["compression_ratio"]``).
    Two fields carry spelling slips there (``ast_fidelty``, ``chunks_retreived``); both spellings are read, and both
    are accepted at construction.

    Attributes:
        original_tokens: tokens of the source, ≥ 0.
        optimized_tokens: tokens of what was selected, ≥ 0.
        latency_ms: processing time, ≥ 0.
        compression_ratio: original / optimized tokens, computed.
        retrieval_mode: how was searched, for example ``"bm25"``, ``"hybrid"`` or ``"semantic_search"``.
        ast_fidelity: how much of the output's structure is intact, 0–1, as the optimizer defines it; None for text that
            is not code.
        chunks_retrieved: number of functions, classes or sections that were selected, ≥ 0.
        estimated: whether the counts are an estimate: the target model's tokenizer is not public, and the nearest one
            counted instead.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    original_tokens: Tokens
    optimized_tokens: Tokens
    latency_ms: Milliseconds
    retrieval_mode: str
    ast_fidelity: float | None = Field(
        default=None, ge=0, le=1, validation_alias=AliasChoices("ast_fidelity", "ast_fidelty")
    )
    chunks_retrieved: int = Field(
        default=0, ge=0, validation_alias=AliasChoices("chunks_retrieved", "chunks_retreived")
    )
    estimated: bool = False

    @property
    def _counts(self) -> tuple[int, int]:
        return self.original_tokens, self.optimized_tokens

    @computed_field  # type: ignore[prop-decorator]
    @property
    def compression_ratio(self) -> float:
        """Original / optimized tokens; 1.0 of an empty source, ``inf`` when nothing was selected."""
        return super().compression_ratio

    @property
    def ast_fidelty(self) -> float | None:
        """``ast_fidelity`` under the name that ScaleDown documents."""
        return self.ast_fidelity

    @property
    def chunks_retreived(self) -> int:
        """``chunks_retrieved`` under the name that ScaleDown documents."""
        return self.chunks_retrieved

    def keys(self) -> KeysView[str]:
        """Names of the fields, for reading like a dict."""
        return self.model_dump().keys()

    def __getitem__(self, name: str) -> Any:
        if name not in self:
            raise KeyError(name)
        return getattr(self, name)

    def __contains__(self, name: object) -> bool:
        return name in _SLIPS or name in self.keys()

    def get(self, name: str, default: Any = None) -> Any:
        """The field called ``name``, or ``default``."""
        return getattr(self, name) if name in self else default


_SLIPS = frozenset(("ast_fidelty", "chunks_retreived"))
