"""Semantic pruning: which words of a text say least, and what their deletion would cost."""

from laconic.score.pruning.protected import ProtectedText
from laconic.score.pruning.removal import Removal, removable

__all__ = ["ProtectedText", "Removal", "removable"]
