"""ScaleDown's figures under the path that ScaleDown documents; they live in `laconic.scaledown.metrics`."""

from laconic.scaledown.metrics import CompressionMetrics, OptimizerMetrics

__all__ = ["CompressionMetrics", "OptimizerMetrics"]
