"""The learned policy: a small trained model ranks the lines by how much of what the question needs they hold."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from os import PathLike

import numpy as np

from laconic._utils.lazy import once
from laconic.score.evidence.features import Features, compute_features
from laconic.score.evidence.lexicon import Lexicon
from laconic.score.evidence.net import Model
from laconic.score.evidence.reading import Reading, read_call
from laconic.score.vectors.static import StaticVectors
from laconic.select.budget import COST_EXPONENT
from laconic.supercompress.checkpoint import load_checkpoint
from laconic.supercompress.policy import EvictionPolicy, Line
from laconic.types import Passage, Segment

__all__ = ["LearnedPolicy", "describe_lines"]


class LearnedPolicy(EvictionPolicy):
    """Ranks lines by a linear model and a small context net over the evidence scorer's features.

    Trained by ``training/train_eviction.py`` on what a context is when it arrives here: one text, no titles, lines as
    they come. The paragraph (lines between blank lines) takes the part that the passage has in the evidence scorer.

    Args:
        checkpoint: a file written by ``training/train_eviction.py``, ``.npz`` or ``.pt``; the shipped one when None.

    Raises:
        WeightsError: the checkpoint cannot be used.
        MissingDependencyError: it is a ``.pt`` file, and torch is not installed.

    Its name is the one that SuperCompress documents. A few milliseconds for a hundred lines. May be shared between
    threads.
    """

    name = "SuperCompress"

    def __init__(self, checkpoint: str | PathLike[str] | None = None) -> None:
        loaded = load_checkpoint(checkpoint)
        self._columns, self._model = loaded.columns, Model(loaded.weights)
        self._lexicon = Lexicon(StaticVectors.shared())

    @staticmethod
    @once
    def shared() -> LearnedPolicy:
        """The policy with the shipped checkpoint, made once per process.

        Raises:
            WeightsError: the shipped file is damaged.
        """
        return LearnedPolicy()

    def decide(self, lines: Sequence[Line], question: str, budget: int) -> Sequence[float]:
        """Log-probability that a line holds what the question needs, per root of its cost."""
        if not lines:
            return []
        lexicon = self._lexicon
        if lexicon.is_full:  # another thread may go on with the old one; both are right
            lexicon = self._lexicon = Lexicon(StaticVectors.shared())
        reading, features = describe_lines(lexicon, question, lines)
        table = features.table[:, self._columns]
        scores = self._model(table, features.links, reading.owner, reading.first)
        tokens = np.array([max(1, line.tokens) for line in lines], float)
        decisions: list[float] = (scores - COST_EXPONENT * np.log(tokens)).tolist()
        return decisions


def describe_lines(lexicon: Lexicon, question: str, lines: Sequence[Line]) -> tuple[Reading, Features]:
    """The evidence scorer's features of lines, each block taken as a passage without a title."""
    passages: list[Passage] = []
    segments: list[Segment] = []
    for _, block in groupby(lines, key=lambda line: line.block):
        at = 0
        parts = [line.text for line in block]
        for part in parts:
            segments.append(Segment(len(passages), at, at + len(part)))
            at += len(part) + 1
        passages.append(Passage("\n".join(parts)))
    reading = read_call(lexicon, question, passages, segments)
    return reading, compute_features(reading)
