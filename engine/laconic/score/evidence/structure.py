"""Feature group: headings, lists, tables, records and dialogue."""

from __future__ import annotations

import numpy as np

from laconic.score.evidence.arrays import Bools, Floats, Ints, Named
from laconic.score.evidence.lexicon import Bit
from laconic.score.evidence.links import Links
from laconic.score.evidence.signals import Signals, relative

__all__ = ["structure"]

_LABEL_WORDS = 8  # a label that goes on for longer is text


def structure(s: Signals, links: Links) -> Named:
    """Headings, lists, tables, records, dialogue: what a segment is, and what it stands under."""
    r = s.reading
    kinds = r.segment_kinds
    is_row = (kinds == "table_row") | (kinds == "table_header")
    is_list = kinds == "list_item"
    is_record = kinds == "record"
    has_number = np.maximum.reduceat((s.bits & Bit.NUMBER) != 0, r.starts)
    # Only running text has headings without marks: short lines that end like none of its sentences.
    unmarked = (kinds == "sentence") & ~r.ends & (r.lengths <= 10)
    heading = (kinds == "heading") | unmarked | (is_row & ~has_number)
    above = _matches_above(s, heading, is_list)
    label_similar, labelled = _labels(s)
    return {
        "is_row": is_row,
        "is_list_item": is_list,
        "is_record": is_record,
        "is_heading": heading,
        "asks": r.asks,
        "ends": r.ends,
        "above_soft": s.weights @ above,
        "above_adds": s.weights @ np.maximum(s.similar_titled, above) - s.soft_titled,
        "label": label_similar,
        "labelled": labelled,
        "length": np.log(r.lengths),
        "new_words": np.log1p(s.new_words),
        "specific": _specific(s),
    }


def _matches_above(s: Signals, heading: Bools, is_list: Bools) -> Floats:
    """(T, n) what the heading, table header or list's lead-in above each segment matches."""
    r = s.reading
    at = np.arange(r.segments)
    similar = s.similar_titled
    above = np.zeros_like(similar)

    def take(source: Ints) -> None:
        good = (source >= 0) & (source < at) & (r.owner[np.maximum(source, 0)] == r.owner)
        np.maximum(above, similar[:, np.maximum(source, 0)] * good, out=above)

    take(np.concatenate([[-1], np.maximum.accumulate(np.where(heading, at, -1))[:-1]]))
    for need in r.needs.T:
        take(need)
    is_row = r.segment_kinds == "table_row"
    if is_row.any() and r.needs.shape[1]:
        # A second row of column names, or the first of the data.
        take(np.where(is_row & (r.needs[:, 0] >= 0), r.needs[:, 0] + 1, -1))
    if is_list.any():
        take(np.where(is_list, np.maximum.accumulate(np.where(is_list, -1, at)), -1))
    return above


def _labels(s: Signals) -> tuple[Floats, Floats]:
    """How much of the label before the first ``:``, ``|`` or ``=`` the question asks for; whether there is a label."""
    r = s.reading
    separators = np.flatnonzero(s.bits & Bit.SEPARATOR)
    holder, once = np.unique(r.segment_of[separators], return_index=True)
    sizes = separators[once] - r.starts[holder]
    good = (sizes > 0) & (sizes <= _LABEL_WORDS)
    holder, sizes = holder[good], sizes[good]
    labelled = np.zeros(r.segments, np.float32)
    labelled[holder] = 1.0
    words = np.repeat(r.starts[holder] - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())
    words = words[(s.bits[words] & Bit.STOP) == 0]
    place, inside = r.place[words], r.segment_of[words]
    total = np.bincount(inside, np.maximum(r.word_similar[place], r.word_matches[place]), minlength=r.segments)
    count = np.bincount(inside, minlength=r.segments)
    return (total / np.maximum(1, count)).astype(np.float32), labelled


def _specific(s: Signals) -> Floats:
    """Mean rarity within the call of the segment's content words, relative to the call: boilerplate is low."""
    r = s.reading
    weight = s.weight_of_word
    return relative(r.sums(weight) / np.maximum(1.0, r.sums((weight > 0).astype(np.float32))))
