"""Links between passages: which segment names what another passage is about, and which share rare names.

A question that needs two steps (*who directed the film that …*) is answered in a passage whose words the question does
not have; a relevant segment that names its title leads there.
"""

from __future__ import annotations

from collections import Counter
from math import log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from laconic.score.evidence.lexicon import Bit
from laconic.score.evidence.reading import Reading
from laconic.score.evidence.signals import Signals, relative

__all__ = ["Links", "find_links"]

Floats = NDArray[np.float32]

_MAX_TARGETS = 64  # passages that can be linked to, those with the best evidence first: keeps the work linear
_MAX_TITLE_WORDS = 12
_STOP_SHARE = 0.1
_ASKED, _LINK, _SURE = 0.8, 0.6, 0.8
_BRIDGES = 4


class Links(NamedTuple):
    """Links of one call.

    Attributes:
        asked: (P,) share of the passage's title that stands in the question.
        named: (P,) best first score of a segment elsewhere that names the passage.
        named_by_asked: (P,) whether such a segment stands in a passage whose title is asked for.
        names_best: (n,) best evidence of a passage that the segment names.
        names_count: (n,) how many passages it names; names_unasked, names_asked: the same by the title's kind, as best
            share of the title not in the question, and whether a title of the question is among them.
        bridge: (n,) names and numbers shared with the best segments of other passages, relative to the call.
        pairs: (k, 2) the links as (segment, passage).
    """

    asked: Floats
    named: Floats
    named_by_asked: Floats
    names_best: Floats
    names_count: Floats
    names_unasked: Floats
    names_asked: Floats
    bridge: Floats
    pairs: NDArray[np.intp]


def find_links(s: Signals) -> Links:
    """All links of a call; linear in the text, with at most 64 passages as targets."""
    r = s.reading
    n, p = r.segments, r.passages
    bridge = _bridge(s)
    targets = _targets(s)
    empty = np.zeros(n, np.float32)
    if not len(targets):
        none = np.zeros(p, np.float32)
        return Links(none, none, none, empty, empty, empty, empty, bridge, np.zeros((0, 2), np.intp))
    strength, asked_targets = _strengths(r, targets)
    asked = np.zeros(p, np.float32)
    asked[targets] = asked_targets
    named, named_by_asked = np.zeros(p, np.float32), np.zeros(p, np.float32)
    named[targets] = (strength * s.first_score[:, None]).max(axis=0)
    named_by_asked[targets] = (strength * (asked[r.owner] > _ASKED)[:, None]).max(axis=0)
    at = np.argwhere(strength > _SURE)
    pairs = np.stack([at[:, 0], targets[at[:, 1]]], axis=1)
    return Links(
        asked=asked,
        named=named,
        named_by_asked=named_by_asked,
        names_best=(strength * s.passage_best[targets]).max(axis=1),
        names_count=(strength > 0.9).sum(axis=1).astype(np.float32),
        names_unasked=(strength * (1 - asked_targets)).max(axis=1),
        names_asked=(strength * (asked_targets > _ASKED)).max(axis=1),
        bridge=bridge,
        pairs=pairs,
    )


def _targets(s: Signals) -> NDArray[np.intp]:
    """Passages with a title (or a subject in its place) that can be linked to."""
    titled = np.array([bool(rows) for rows in s.reading.title_rows])
    targets = np.flatnonzero(titled)
    if len(targets) > _MAX_TARGETS:
        best = np.argsort(-s.passage_best[targets], kind="stable")[:_MAX_TARGETS]
        targets = np.sort(targets[best])
    return targets


def _strengths(r: Reading, targets: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """(n, K) share of each target's title that each segment holds, 0 below `_LINK` and within one title; (K,) asked.

    Words that many titles share say little about each of them.
    """
    stems, bits = r.columns.stem, r.columns.bits
    titles: list[dict[int, float]] = []
    for target in targets:
        rows = np.array(r.title_rows[target][:_MAX_TITLE_WORDS])
        shares = np.where((bits[rows] & (Bit.STOP | Bit.MARK)) != 0, _STOP_SHARE, 1.0)
        titles.append(dict(zip(stems[rows].tolist(), shares.tolist(), strict=True)))
    common = Counter(stem for title in titles for stem in title)
    column = {stem: at for at, stem in enumerate(sorted(common))}
    weight = np.zeros((len(targets), len(column)), np.float32)
    for at, title in enumerate(titles):
        for stem, share in title.items():
            weight[at, column[stem]] = share / (1 + log(common[stem]))
    weight /= np.maximum(1e-6, weight.sum(axis=1, keepdims=True))

    known = np.array(sorted(common))
    number = np.full(int(max(known.max(), stems[r.words].max(), stems[r.query].max())) + 1, -1, np.intp)
    number[known] = np.arange(len(known))
    of_word = number[stems[r.words]]
    hits = np.flatnonzero(of_word >= 0)
    held = np.zeros((r.segments, len(known)), np.float32)
    held[r.segment_of[hits], of_word[hits]] = 1.0
    strength = held @ weight.T
    of_query = number[stems[r.query]]
    in_query = np.zeros(len(known), np.float32)
    in_query[of_query[of_query >= 0]] = 1.0

    same: dict[tuple[int, ...], int] = {}
    title_number = np.array([same.setdefault(tuple(rows), at) for at, rows in enumerate(r.title_rows)])
    strength[title_number[r.owner][:, None] == title_number[targets][None, :]] = 0.0
    strength[strength <= _LINK] = 0.0
    return strength, weight @ in_query


def _bridge(s: Signals) -> Floats:
    """Rare names and numbers, not of the question, that a segment shares with the best segments of other passages."""
    r = s.reading
    columns = r.columns
    bits = columns.bits[r.distinct]
    is_name = ((bits & (Bit.CAPITAL | Bit.NUMBER)) != 0) & ((bits & (Bit.STOP | Bit.MARK)) == 0) & ~r.word_matches
    counts = np.bincount(r.place, minlength=len(r.distinct))
    weight = np.where(is_name, np.log1p(r.segments / counts) * columns.rarity[r.distinct], 0.0).astype(np.float32)
    shared = np.zeros(r.segments, np.float32)
    sources = np.argsort(-s.first_score, kind="stable")[:_BRIDGES]
    ends = np.append(r.starts[1:], len(r.words))
    for source in sources:
        held = np.zeros(len(r.distinct), np.float32)
        of_source = r.place[r.starts[source] : ends[source]]
        held[of_source] = weight[of_source]
        if held.any():
            found = r.sums(held[r.place]) / np.sqrt(r.lengths)
            found[r.owner == r.owner[source]] = 0.0
            np.maximum(shared, found * s.first_score[source], out=shared)
    return relative(shared)
