"""The evidence scorer: a small trained model that says how much of what a question needs stands in each segment."""

from laconic.score.evidence.features import FEATURE_NAMES
from laconic.score.evidence.scorer import Contribution, EvidenceScorer, Explanation

__all__ = ["FEATURE_NAMES", "Contribution", "EvidenceScorer", "Explanation"]
