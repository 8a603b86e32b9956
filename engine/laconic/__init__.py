"""laconic: retrieved context, shrunk to the parts that answer the question.

The names below are resolved when first used, so that ``import laconic`` loads neither numpy nor a tokenizer.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from laconic.calibration import calibrate
    from laconic.compressor.context import CompressResult, compress_context
    from laconic.compressor.core import Compressor, compress
    from laconic.compressor.two_stage import TwoStageEngine
    from laconic.score.vectors.hybrid import HybridScorer
    from laconic.score.vectors.index import SemanticIndex
    from laconic.types import CompressedPassage, Compression, Dropped, Metrics, Passage

__version__ = "0.1.0"

# public name: module that defines it
_PUBLIC = {
    "CompressResult": "laconic.compressor.context",
    "Compressor": "laconic.compressor.core",
    "CompressedPassage": "laconic.types",
    "Compression": "laconic.types",
    "Dropped": "laconic.types",
    "Metrics": "laconic.types",
    "HybridScorer": "laconic.score.vectors.hybrid",
    "Passage": "laconic.types",
    "SemanticIndex": "laconic.score.vectors.index",
    "TwoStageEngine": "laconic.compressor.two_stage",
    "calibrate": "laconic.calibration",
    "compress": "laconic.compressor.core",
    "compress_context": "laconic.compressor.context",
}

__all__ = [
    "CompressResult",
    "CompressedPassage",
    "Compression",
    "Compressor",
    "Dropped",
    "HybridScorer",
    "Metrics",
    "Passage",
    "SemanticIndex",
    "TwoStageEngine",
    "__version__",
    "calibrate",
    "compress",
    "compress_context",
]


def __getattr__(name: str) -> Any:
    module = _PUBLIC.get(name)
    if module is None:
        raise AttributeError(f"module 'laconic' has no attribute {name!r}")
    value = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
