"""ScaleDown's compressors under the path that ScaleDown documents; they live in `laconic.scaledown`."""

from typing import TYPE_CHECKING

from laconic._lazy import lazily

if TYPE_CHECKING:
    from laconic.scaledown.base import BaseCompressor
    from laconic.scaledown.compressor import ScaleDownCompressor

__all__ = ["BaseCompressor", "ScaleDownCompressor"]

__getattr__, __dir__ = lazily(
    __name__, {"BaseCompressor": "laconic.scaledown.base", "ScaleDownCompressor": "laconic.scaledown.compressor"}
)
