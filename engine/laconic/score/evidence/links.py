"""Links between passages: which segment names what another passage is about, and which share rare names.

A question that needs two steps (*who directed the film that …*) is answered in a passage whose words the question does
not have; a relevant segment that names its title leads there.
"""

from __future__ import annotations

from itertools import chain
from typing import NamedTuple

import numpy as np

from laconic.score.evidence.arrays import Floats, Ints, distinct_of, product
from laconic.score.evidence.lexicon import Bit
from laconic.score.evidence.reading import Reading
from laconic.score.evidence.signals import Signals, relative

__all__ = ["Links", "find_links"]

_MAX_NAMES = 64  # that can be linked to, those of the passages with the best evidence: keeps the work linear
_MAX_NAME_WORDS = 12
_STOP_SHARE = 0.1
_ASKED, _LINK, _SURE = 0.8, 0.6, 0.8
_BRIDGES = 4


class Links(NamedTuple):
    """Links of one call."""

    asked: Floats  # (P,) share of the passage's title that stands in the question
    named: Floats  # (P,) best first score of a segment elsewhere that names the passage
    named_by_asked: Floats  # (P,) whether such a segment stands in a passage whose title is asked for
    names_best: Floats  # (n,) best evidence of a passage that the segment names
    names_count: Floats  # (n,) how many passages it names
    names_unasked: Floats  # (n,) best share that it holds of a title that is not in the question
    names_asked: Floats  # (n,) best share of one that is
    bridge: Floats  # (n,) names and numbers shared with the best segments of other passages, relative to the call
    pairs: Ints  # (k, 2) the links as (segment, passage)


def find_links(s: Signals) -> Links:
    """All links of a call; linear in the text, with at most 64 names as targets."""
    r = s.reading
    bridge = _bridge(s)
    chosen = _chosen_names(s)
    if len(chosen) < 2:  # a name is no link within its own passages
        none, nothing = np.zeros(r.passages, np.float32), np.zeros(r.segments, np.float32)
        asked = none
        if len(chosen):
            asked = _strengths(r, chosen)[1][np.zeros(r.passages, np.intp)] * (r.name == chosen[0])
        return Links(asked, none, none, nothing, nothing, nothing, nothing, bridge, np.zeros((0, 2), np.intp))
    strength, asked_names = _strengths(r, chosen)
    place = np.full(len(r.names) + 1, -1, np.intp)
    place[chosen] = np.arange(len(chosen))
    target = place[r.name]  # (P,) column of the passage's name; -1 takes the zero behind the last
    known = target >= 0
    best = _most(target[known], s.passage_best[known], len(chosen))

    def of_passage(by_name: Floats) -> Floats:
        return np.append(by_name, np.float32(0))[target]

    asked = of_passage(asked_names)
    # Few segments name anything, so only these are looked at.
    segment, name = strength.nonzero()
    share = strength[segment, name]
    is_asked = (asked > _ASKED).astype(np.float32)
    sure = share > _SURE
    pair, passage = (name[sure, None] == target).nonzero()
    return Links(
        asked=asked,
        named=of_passage(_most(name, share * s.first_score[segment], len(chosen))),
        named_by_asked=of_passage(_most(name, share * is_asked[r.owner[segment]], len(chosen))),
        names_best=_most(segment, share * best[name], r.segments),
        names_count=np.bincount(segment[share > 0.9], minlength=r.segments).astype(np.float32),
        names_unasked=_most(segment, share * (1 - asked_names[name]), r.segments),
        names_asked=_most(segment, share * (asked_names[name] > _ASKED), r.segments),
        bridge=bridge,
        pairs=np.array([segment[sure][pair], passage]).T,
    )


def _most(index: Ints, values: Floats, size: int) -> Floats:
    """(size,) the highest of the values with each index, none of which is negative; 0 where there are none."""
    most = np.zeros(size, np.float32)
    np.maximum.at(most, index, values)
    return most


def _chosen_names(s: Signals) -> Ints:
    """Numbers of the names that can be linked to: all, or those of the passages with the best evidence."""
    r = s.reading
    if len(r.names) > _MAX_NAMES:
        named = np.flatnonzero(r.name >= 0)
        order = named[np.argsort(-s.passage_best[named], kind="stable")]
        _, once = np.unique(r.name[order], return_index=True)
        return np.sort(r.name[order][np.sort(once)[:_MAX_NAMES]])
    return np.arange(len(r.names))


def _strengths(r: Reading, chosen: Ints) -> tuple[Floats, Floats]:
    """(n, K) share of each name that each segment holds, 0 below `_LINK` and for the passage's own; (K,) asked.

    Words that many names share say little about each of them.
    """
    stems, bits = r.columns.stem, r.columns.bits
    names = [r.names[number][:_MAX_NAME_WORDS] for number in chosen]
    rows = np.fromiter(chain.from_iterable(names), np.intp)
    holder = np.repeat(np.arange(len(names)), [len(name) for name in names])
    known, column = distinct_of(stems[rows], r.stem_count)
    weight = np.zeros((len(chosen), len(known)), np.float32)
    weight[holder, column] = np.where((bits[rows] & (Bit.STOP | Bit.MARK)) != 0, _STOP_SHARE, 1.0)
    weight /= 1 + np.log((weight > 0).sum(axis=0))
    weight /= weight.sum(axis=1, keepdims=True)

    number = np.full(r.stem_count, -1, np.intp)
    number[known] = np.arange(len(known))
    of_word = number[stems[r.words]]
    hits = np.flatnonzero(of_word >= 0)
    held = np.zeros((r.segments, len(known)), np.float32)
    held[r.segment_of[hits], of_word[hits]] = 1.0
    of_query = number[stems[r.query]]
    in_query = np.zeros(len(known), np.float32)
    in_query[of_query[of_query >= 0]] = 1.0

    strength = product(held, weight.T)
    strength[(r.name[r.owner, None] == chosen) | (strength <= _LINK)] = 0.0
    return strength, weight @ in_query


def _bridge(s: Signals) -> Floats:
    """Rare names and numbers, not of the question, that a segment shares with the best segments of other passages."""
    r = s.reading
    columns = r.columns
    bits = columns.bits[r.distinct]
    is_name = ((bits & (Bit.CAPITAL | Bit.NUMBER)) != 0) & ((bits & (Bit.STOP | Bit.MARK)) == 0) & ~r.word_matches
    named = np.flatnonzero(is_name[r.place])  # the few words that can be shared
    place, holder = r.place[named], r.segment_of[named]
    counts = np.bincount(place, minlength=len(r.distinct))
    weight = np.log1p(r.segments / np.maximum(1, counts)) * columns.rarity[r.distinct]
    sources = np.lexsort((-r.lengths, -s.first_score))[:_BRIDGES]
    held = np.zeros((len(sources), len(r.distinct)))
    for row, source in enumerate(sources):
        of_source = place[holder == source]
        held[row, of_source] = weight[of_source]
    cell = np.arange(len(sources))[:, None] * r.segments + holder
    sums = np.bincount(cell.ravel(), held[:, place].ravel(), minlength=len(sources) * r.segments)
    found = sums.reshape(len(sources), r.segments) / np.sqrt(r.lengths)
    found[r.owner[sources][:, None] == r.owner] = 0.0
    shared: Floats = (found * s.first_score[sources, None]).max(axis=0).astype(np.float32)
    return relative(shared)
