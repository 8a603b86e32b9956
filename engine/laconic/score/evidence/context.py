"""Feature groups: what stands around the segment, in its passage and in the call."""

from __future__ import annotations

import numpy as np

from laconic.score.evidence.arrays import Floats, Named
from laconic.score.evidence.links import Links
from laconic.score.evidence.reading import Reading
from laconic.score.evidence.signals import Signals, bm25, relative

__all__ = ["hops", "neighbours", "passage", "ranks", "topic"]


def neighbours(s: Signals, links: Links) -> Named:
    """What stands around the segment in its passage."""
    similar = s.similar_titled
    # One array for everything that is looked at from beside: the terms, and below them two scores.
    rows = np.concatenate([similar, s.first_score[None], s.soft_titled[None]])
    shifted = [s.reading.beside(rows, steps) for steps in (1, 2, 3, 4)]
    window = rows
    for share, beside in zip((0.8, 0.6, 0.45, 0.3), shifted, strict=True):
        window = np.maximum(window, np.float32(share) * np.maximum(*beside))
    (before, after), (before_that, after_that), *_ = shifted
    return {
        "previous": before[-2],
        "next": after[-2],
        "before_previous": before_that[-2],
        "after_next": after_that[-2],
        "previous_adds": s.weights @ np.maximum(similar, before[:-2]) - s.soft_titled,
        "next_adds": s.weights @ np.maximum(similar, after[:-2]) - s.soft_titled,
        "previous_soft": before[-1],
        "next_soft": after[-1],
        "window_soft": s.weights @ window[:-2],
    }


def passage(s: Signals, links: Links) -> Named:
    """How much evidence the whole passage holds."""
    r = s.reading
    score = bm25(s.passage_exact, np.add.reduceat(r.lengths, r.first), s.passage_idf)
    coverage = s.share_of_passage(s.passage_exact > 0)
    best = s.passage_best
    return {
        "passage_bm25": relative(score)[r.owner],
        "passage_rank": np.log1p(_ranks(score))[r.owner],
        "passage_covered": coverage[r.owner],
        "passage_soft": s.passage_soft[r.owner],
        "passage_soft_relative": relative(s.passage_soft)[r.owner],
        "passage_best": best[r.owner],
        "below_passage_best": s.first_score - best[r.owner],
        "passage_second": _second_of_passage(r, s.first_score)[r.owner],
        "passage_mean": (np.add.reduceat(s.first_score, r.first) / np.bincount(r.owner))[r.owner],
    }


def _second_of_passage(r: Reading, values: Floats) -> Floats:
    """(P,) the second highest value of each passage, 0 where it has one segment."""
    order = np.lexsort((-values, r.owner))
    several = np.bincount(r.owner) > 1
    second = np.zeros(r.passages, np.float32)
    second[several] = values[order[r.first[several] + 1]]
    return second


def hops(s: Signals, links: Links) -> Named:
    """Chains over entities: passages that a relevant segment names, and segments that share its names."""
    owner = s.reading.owner
    return {
        "passage_named": links.named[owner],
        "passage_named_by_asked": links.named_by_asked[owner],
        "names_passage": links.names_best,
        "names_passages": np.log1p(links.names_count),
        "names_unasked": links.names_unasked,
        "names_asked": links.names_asked,
        "bridge": links.bridge,
        "passage_bridge": s.reading.best_of_passage(links.bridge)[owner],
    }


def topic(s: Signals, links: Links) -> Named:
    """Words shared with the passage that fits the question best (for that passage itself: with the second best).

    Sections of one paper, functions of one module and turns about one subject share words that no question has.
    """
    r = s.reading
    weight = s.weight_of_word
    passage_of = r.owner[r.segment_of]
    total = r.sums(weight)
    # Ties go by content, so that the order of the passages makes no difference.
    order = np.lexsort((-np.add.reduceat(total, r.first), -s.passage_soft))[:2]
    shared = np.zeros(r.segments, np.float32)
    for source in order:
        held = np.zeros(len(r.distinct), np.bool_)
        held[r.place[passage_of == source]] = True
        found = r.sums(weight * held[r.place])
        if source == order[0]:
            shared = np.where(r.owner == source, 0.0, found)
        else:
            shared = np.where(r.owner == order[0], found, shared)
    of_passage = np.add.reduceat(shared, r.first) / np.maximum(1e-6, np.add.reduceat(total, r.first))
    return {
        "topic": shared / np.maximum(1e-6, total),
        "passage_topic": of_passage[r.owner],
        "passage_topic_relative": relative(of_passage)[r.owner],
    }


def ranks(s: Signals, links: Links) -> Named:
    """Ranks in the call, as log(1 + rank) and as shares."""
    n = s.reading.segments
    lexical_rank, soft_rank, first_rank = (_ranks(x) for x in (s.bm25, s.soft_rarity_titled, s.first_score))
    return {
        "rank_bm25": np.log1p(lexical_rank),
        "rank_soft": np.log1p(soft_rank),
        "rank_first": np.log1p(first_rank),
        "share_above_bm25": lexical_rank / n,
        "share_above_soft": soft_rank / n,
        "share_above_first": first_rank / n,
    }


def _ranks(values: Floats) -> Floats:
    """0 for the highest; equal values share the rank of the first of them, so that order of input never matters."""
    ordered = np.sort(-values)
    return np.searchsorted(ordered, -values).astype(np.float32)
