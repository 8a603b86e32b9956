"""Semantic pruning: which words of a text say least, and what their deletion would cost."""

from laconic.score.pruning.pruner import Pruned, Pruner
from laconic.score.pruning.removal import Removal, removable

__all__ = ["Pruned", "Pruner", "Removal", "removable"]
