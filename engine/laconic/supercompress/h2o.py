"""Heavy hitters and recent lines, after the heavy-hitter oracle for key-value caches.

Zhang et al., "H2O: Heavy-Hitter Oracle for Efficient Generative Inference of Large Language Models" (2023), keep the
tokens that have received most attention so far, and the most recent ones. There is no model here to attend, so
attention is the similarity of word vectors: every line attends to the lines before it, and the question, which stands
last in a prompt, to all of them. As in the paper attention accumulates: the importance of a line is the sum of what it
received.
"""

from __future__ import annotations

from collections.abc import Sequence

from laconic.exceptions import ConfigurationError
from laconic.supercompress.attention import accumulated_attention
from laconic.supercompress.policy import EvictionPolicy, Line

__all__ = ["H2OPolicy"]


class H2OPolicy(EvictionPolicy):
    """Keeps the lines with most accumulated attention, and the most recent ones.

    Args:
        recent_ratio: share of the budget for the most recent lines, 0–1; the rest is for heavy hitters.
        question_weight: how many lines' attention the question's is worth, ≥ 0; 0 is the paper's blind form. None (the
            default) gives it as much as all lines have together.

    Raises:
        ConfigurationError: an option outside its range.

    Linear in the text beyond 4,096 lines, quadratic below (0.1 s there).
    """

    name = "H2O"

    def __init__(self, recent_ratio: float = 0.2, question_weight: float | None = None) -> None:
        if not 0 <= recent_ratio <= 1:
            raise ConfigurationError(f"recent_ratio is {recent_ratio!r}: it must be a share of the budget, 0 to 1")
        if question_weight is not None and not 0 <= question_weight < float("inf"):
            raise ConfigurationError(f"question_weight is {question_weight!r}: it must be a number ≥ 0, or None")
        self.recent_ratio = recent_ratio
        self.question_weight = question_weight

    def decide(self, lines: Sequence[Line], question: str, budget: int) -> Sequence[float]:
        """Accumulated attention; the recent lines, as many as their share of the budget holds, above all others."""
        if not lines:
            return []
        importance = accumulated_attention([line.text for line in lines], question, self.question_weight)
        top = float(importance.max()) + 1.0
        room = self.recent_ratio * budget
        for at in range(len(lines) - 1, -1, -1):
            room -= lines[at].tokens
            if room < 0:
                break
            importance[at] = top + at
        decisions: list[float] = importance.tolist()
        return decisions
