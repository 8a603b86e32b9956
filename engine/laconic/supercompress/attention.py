"""Attention without a model: how much every text of a context attends to those before it, by word vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from laconic.score.vectors.static import StaticVectors

__all__ = ["accumulated_attention"]

_SHARPNESS = 8.0  # of the softmax over cosines: a line attends to a few others, not to all alike
_BLOCK = 256  # rows of attention held in memory at once
_MOST_LINES = 4096  # longer contexts: a line attends to this many before it, which keeps time linear


def accumulated_attention(texts: Sequence[str], question: str, question_weight: float | None) -> NDArray[np.float64]:
    """What each text received of the attention of those behind it and of the question.

    Args:
        texts: at least one, in order.
        question: attends to all of them; may be blank.
        question_weight: how many texts' attention the question's is worth, ≥ 0; None: as much as all have together.
    """
    vectors = StaticVectors.shared().embed(list(texts))
    received = np.zeros(len(texts))
    for start in range(1, len(texts), _BLOCK):
        end = min(start + _BLOCK, len(texts))
        first = max(0, start - _MOST_LINES)
        logits = _SHARPNESS * (vectors[start:end] @ vectors[first:end].T).astype(np.float64)
        causal = np.arange(first, end)[None, :] < np.arange(start, end)[:, None]
        attention = np.exp(logits - _SHARPNESS) * causal
        received[first:end] += (attention / np.maximum(1e-30, attention.sum(axis=1, keepdims=True))).sum(axis=0)
    # A line near the end has been there for few others; divide by how many could attend to it.
    received /= np.maximum(1, len(texts) - 1 - np.arange(len(texts)))
    received /= max(1e-30, received.sum())
    asked = StaticVectors.shared().embed([question])[0]
    attention = np.exp(_SHARPNESS * (vectors @ asked).astype(np.float64))
    weight = 1.0 if question_weight is None else question_weight / len(texts)
    if not asked.any():
        weight = 0.0
    total: NDArray[np.float64] = received + weight * attention / attention.sum()
    return total
