"""laconic: retrieved context, shrunk to the parts that answer the question.

The names below are resolved when first used, so that ``import laconic`` loads neither numpy nor a tokenizer.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from laconic.calibration import calibrate
    from laconic.compressor.core import Compressor, compress
    from laconic.types import CompressedPassage, Compression, Dropped, Metrics, Passage

__version__ = "0.1.0"

# public name: module that defines it
_PUBLIC = {
    "Compressor": "laconic.compressor.core",
    "CompressedPassage": "laconic.types",
    "Compression": "laconic.types",
    "Dropped": "laconic.types",
    "Metrics": "laconic.types",
    "Passage": "laconic.types",
    "calibrate": "laconic.calibration",
    "compress": "laconic.compressor.core",
}

__all__ = [
    "CompressedPassage",
    "Compression",
    "Compressor",
    "Dropped",
    "Metrics",
    "Passage",
    "__version__",
    "calibrate",
    "compress",
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
