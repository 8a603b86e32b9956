"""The numbers that describe a segment with respect to the question.

Each group is a function from the call's `Signals` and `Links` to named (n,) arrays; the groups live in `matching`,
`answers`, `context` and `structure`. None of them tells where in the passage or in the call a segment stands or how
many there are: such habits of a data set do not carry over to another. Shares and ranks are relative to the call,
counts are logarithms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from laconic.score.evidence.answers import answer, question
from laconic.score.evidence.arrays import Floats, Ints, Named
from laconic.score.evidence.context import hops, neighbours, passage, ranks, topic
from laconic.score.evidence.lexicon import Lexicon
from laconic.score.evidence.links import Links, find_links
from laconic.score.evidence.matching import lexical, soft, title
from laconic.score.evidence.reading import Reading, read_call
from laconic.score.evidence.signals import Signals
from laconic.score.evidence.structure import structure
from laconic.types import Passage, Segment

__all__ = ["FEATURE_NAMES", "GROUPS", "Features", "compute_features"]


class Features(NamedTuple):
    """What the net is given."""

    table: Floats  # (n, len(FEATURE_NAMES)) float32, finite
    links: Ints  # (k, 2) pairs (segment, passage): the segment names what the passage is about


GROUPS: tuple[Callable[[Signals, Links], Named], ...] = (
    lexical, soft, title, answer, neighbours, passage, hops, topic, structure, ranks, question,
)  # fmt: skip


def _named(reading: Reading) -> tuple[Named, Links]:
    signals = Signals(reading)
    links = find_links(signals)
    named: Named = {}
    for group in GROUPS:
        named.update(group(signals, links))
    return named, links


# Every call yields the same ones, so they are read off a call of one word.
FEATURE_NAMES = tuple(_named(read_call(Lexicon(None), "a", [Passage("a")], [Segment(0, 0, 1)]))[0])
"""Names of the columns, in order; the weights file must have the same."""


def compute_features(reading: Reading) -> Features:
    """All features of one call."""
    # Vectorized kernels of BLAS may raise flags for padding that they compute on and throw away.
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        named, links = _named(reading)
    rows = np.empty((len(FEATURE_NAMES), reading.segments), np.float32)
    for row, values in enumerate(named.values()):
        rows[row] = values
    if not np.isfinite(rows).all():
        np.nan_to_num(rows, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    return Features(rows.T, links.pairs)
