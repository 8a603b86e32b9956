"""The doors to the engine: named compositions of segment, score, select and render.

``ScaleDownCompressor`` and ``BaseCompressor`` are resolved when first used, so that ``import laconic.compressor`` stays
light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from laconic.compressor.base import BaseCompressor
    from laconic.compressor.scaledown import ScaleDownCompressor

__all__ = ["BaseCompressor", "ScaleDownCompressor"]

_PUBLIC = {
    "BaseCompressor": "laconic.compressor.base",
    "ScaleDownCompressor": "laconic.compressor.scaledown",
}


def __getattr__(name: str) -> Any:
    module = _PUBLIC.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
