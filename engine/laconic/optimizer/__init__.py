"""Local optimizers: `HasteOptimizer` for code by its words and structure, `SemanticOptimizer` by meaning."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from laconic.optimizer.haste import HasteOptimizer
    from laconic.optimizer.semantic import SemanticOptimizer

__all__ = ["HasteOptimizer", "SemanticOptimizer"]

_HOMES = {"HasteOptimizer": "laconic.optimizer.haste", "SemanticOptimizer": "laconic.optimizer.semantic"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
