"""Feature groups: how the segment and its passage's title match the words of the question."""

from __future__ import annotations

import numpy as np

from laconic.score.evidence.arrays import Floats, Named
from laconic.score.evidence.lexicon import Bit
from laconic.score.evidence.links import Links
from laconic.score.evidence.signals import Signals, bm25, relative

__all__ = ["lexical", "soft", "title"]


def lexical(s: Signals, links: Links) -> Named:
    """Words of the question that the segment repeats."""
    r = s.reading
    names = r.is_name.astype(np.float32)
    if names.any():
        names /= names.sum()
    return {
        "bm25": relative(s.bm25),
        "bm25_body": relative(bm25(r.exact, r.lengths, s.idf)),
        "covered": s.weights @ s.present,
        "covered_titled": s.covered_titled,
        "covered_rare": s.rarity_weights @ s.present,
        "covered_rare_titled": s.rarity_weights @ s.present_titled,
        "phrases": _phrases(s),
        "names": names @ s.present,
        "names_titled": names @ s.present_titled,
    }


def _phrases(s: Signals) -> Floats:
    """Pairs of adjacent content words of the question that are adjacent in the segment, as log(1 + n)."""
    r = s.reading
    stems, bits = r.columns.stem, r.columns.bits
    content = r.query[(bits[r.query] & (Bit.STOP | Bit.MARK)) == 0]
    if len(content) < 2 or len(r.words) < 2:
        return np.zeros(r.segments, np.float32)
    base = np.int64(1) << 32
    wanted = stems[content[:-1]] * base + stems[content[1:]]
    candidates = np.flatnonzero(s.matches[:-1] & s.matches[1:])
    candidates = candidates[r.segment_of[candidates] == r.segment_of[candidates + 1]]
    pairs = stems[r.words[candidates]] * base + stems[r.words[candidates + 1]]
    found = candidates[np.isin(pairs, wanted) if len(wanted) > _FEW else (pairs[:, None] == wanted).any(axis=1)]
    return np.log1p(np.bincount(r.segment_of[found], minlength=r.segments).astype(np.float32))


_FEW = 32  # below this, comparing all with all is faster than sorting


def soft(s: Signals, links: Links) -> Named:
    """Words similar to those of the question."""
    r = s.reading
    missing = (1 - s.present) * s.weights[:, None]
    missing_total = missing.sum(axis=0)
    with_gap = missing_total > 1e-6
    unmatched = (missing * r.similar).sum(axis=0) / np.maximum(missing_total, 1e-6)
    saturation = 1 + 1.2 * (0.25 + 0.75 * r.lengths / r.lengths.mean())
    weakest = np.where(r.is_stop[:, None] | (s.attainable <= 0)[:, None], 1.0, s.similar_titled).min(axis=0)
    return {
        "soft": s.weights @ r.similar,
        "soft_rare": s.rarity_weights @ r.similar,
        "soft_titled": s.soft_titled,
        "soft_rare_titled": s.soft_rarity_titled,
        "soft_rare_titled_relative": relative(s.soft_rarity_titled),
        "soft_bm25": relative((s.idf @ r.similar) * 2.2 / saturation),
        "unmatched_similar": np.where(with_gap, unmatched, 1.0),
        "weakest_term": weakest,
        "similar_terms": np.log1p(((r.similar > 0.5) & (s.present == 0)).sum(axis=0)),
    }


def title(s: Signals, links: Links) -> Named:
    """What the passage's title says about the question."""
    r = s.reading
    return {
        "title_covers": (s.weights @ r.title_exact)[r.owner],
        "title_asked": links.asked[r.owner],
        "title_soft": (s.weights @ r.title_similar)[r.owner],
    }
