"""ScaleDown's optimizers under the path that ScaleDown documents; they live in `laconic.scaledown`."""

from typing import TYPE_CHECKING

from laconic._lazy import lazily

if TYPE_CHECKING:
    from laconic.scaledown.haste import HasteOptimizer
    from laconic.scaledown.semantic import SemanticOptimizer

__all__ = ["HasteOptimizer", "SemanticOptimizer"]

__getattr__, __dir__ = lazily(
    __name__, {"HasteOptimizer": "laconic.scaledown.haste", "SemanticOptimizer": "laconic.scaledown.semantic"}
)
