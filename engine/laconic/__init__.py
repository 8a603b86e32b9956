"""laconic: retrieved context, shrunk to the parts that answer the question.

The names below are resolved when first used, so that ``import laconic`` loads neither numpy nor a tokenizer.
"""

from typing import TYPE_CHECKING

from laconic._utils.lazy import lazily
from laconic._utils.version import __version__

if TYPE_CHECKING:
    from laconic._utils.deadline import Deadline
    from laconic._utils.remembered import clear_caches
    from laconic.chain.shadow import Shadow
    from laconic.core.calibration import calibrate
    from laconic.core.compressor import Compressor, compress
    from laconic.evaluation.running import evaluate
    from laconic.score.readers.reranker import Reranker
    from laconic.score.vectors.hybrid import HybridScorer
    from laconic.score.vectors.index import SemanticIndex
    from laconic.supercompress.context import CompressResult, compress_context
    from laconic.telemetry import stats
    from laconic.two_stage.engine import TwoStageEngine
    from laconic.types import CompressedPassage, Compression, Dropped, Metrics, Passage

# public name: module that defines it
_PUBLIC = {
    "CompressResult": "laconic.supercompress.context",
    "Compressor": "laconic.core.compressor",
    "CompressedPassage": "laconic.types",
    "Compression": "laconic.types",
    "Deadline": "laconic._utils.deadline",
    "Dropped": "laconic.types",
    "Metrics": "laconic.types",
    "HybridScorer": "laconic.score.vectors.hybrid",
    "Passage": "laconic.types",
    "Reranker": "laconic.score.readers.reranker",
    "Shadow": "laconic.chain.shadow",
    "SemanticIndex": "laconic.score.vectors.index",
    "TwoStageEngine": "laconic.two_stage.engine",
    "calibrate": "laconic.core.calibration",
    "clear_caches": "laconic._utils.remembered",
    "compress": "laconic.core.compressor",
    "compress_context": "laconic.supercompress.context",
    "evaluate": "laconic.evaluation.running",
    "stats": "laconic.telemetry",
}

__all__ = [
    "CompressResult", "CompressedPassage", "Compression", "Compressor", "Deadline", "Dropped", "HybridScorer",
    "Metrics", "Passage", "Reranker", "SemanticIndex", "Shadow", "TwoStageEngine", "__version__", "calibrate",
    "clear_caches", "compress", "compress_context", "evaluate", "stats",
]  # fmt: skip


__getattr__, __dir__ = lazily(__name__, _PUBLIC)
