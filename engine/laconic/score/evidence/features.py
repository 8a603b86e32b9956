"""The numbers that describe a segment with respect to the question, by groups.

Each group is a function from the call's `Signals` to named (n,) arrays. None of them tells where in the passage or in
the call a segment stands or how many there are: such habits of a data set do not carry over to another. Shares and
ranks are relative to the call, counts are logarithms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from laconic.score.evidence.arrays import Bools, Floats, Ints
from laconic.score.evidence.lexicon import Bit, Lexicon
from laconic.score.evidence.links import Links, find_links
from laconic.score.evidence.question import KINDS
from laconic.score.evidence.reading import Reading, read_call
from laconic.score.evidence.signals import Signals, bm25, idf, relative
from laconic.types import Passage, Segment

__all__ = ["FEATURE_NAMES", "GROUPS", "Features", "compute_features", "groups_of_columns"]

Named = dict[str, NDArray[np.generic]]


class Features(NamedTuple):
    """What the net is given.

    Attributes:
        table: (n, len(FEATURE_NAMES)) float32, finite.
        links: (k, 2) pairs (segment, passage): the segment names what the passage is about.
    """

    table: Floats
    links: Ints


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
    candidates = np.flatnonzero(r.word_matches[r.place[:-1]] & r.word_matches[r.place[1:]])
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


def answer(s: Signals, links: Links) -> Named:
    """Signs of an answer among the words that the question does not have."""
    r = s.reading
    number, year, calendar, money, percent, capital, quantity, reason = _answer_counts(s)
    capitals = s.is_new & ((s.bits & Bit.CAPITAL) != 0)
    capitals[r.starts] = False
    runs = capitals[:-1] & capitals[1:] & (r.segment_of[:-1] == r.segment_of[1:])
    asked = KINDS[r.kind]
    expected = {
        "who": capital,
        "where": capital,
        "when": year + calendar,
        "number": number + quantity,
        "why": reason,
    }.get(asked, np.zeros(r.segments, np.float32))
    rarity = r.sums(r.columns.rarity[r.words] * s.is_new) / np.maximum(1.0, s.new_words)
    focus = _focus(s)
    asked_trouble = np.float32(r.asks_trouble)
    trouble = (r.sums(((s.bits & Bit.TROUBLE) != 0).astype(np.float32)) > 0).astype(np.float32)
    expected_any = (expected > 0).astype(np.float32)
    return {
        "numbers": np.log1p(number),
        "years": np.log1p(year),
        "calendar": np.log1p(calendar),
        "money": np.log1p(money),
        "percent": np.log1p(percent),
        "capitals": np.log1p(capital),
        "capital_runs": np.log1p(np.bincount(r.segment_of[:-1][runs], minlength=r.segments)),
        "expected": np.log1p(expected),
        "expected_any": expected_any,
        "expected_covered": expected_any * s.first_score,
        "focus": focus,
        "focus_relative": relative(focus),
        "new_rarity": rarity,
        "trouble_asked": trouble * asked_trouble,
        "trouble_unasked": trouble * (1 - asked_trouble),
    }


_ANSWER_BITS = (
    Bit.NUMBER,
    Bit.YEAR,
    Bit.CALENDAR,
    Bit.MONEY,
    Bit.PERCENT,
    Bit.CAPITAL,
    Bit.QUANTITY,
    Bit.REASON,
)


def _answer_counts(s: Signals) -> list[Floats]:
    """For each of `_ANSWER_BITS` the number of new words that have it, capitals that open a segment left out."""
    r = s.reading
    marked = np.flatnonzero(s.is_new & ((s.bits & sum(_ANSWER_BITS)) != 0))
    bits, holder = s.bits[marked], r.segment_of[marked]
    bits = np.where(marked == r.starts[holder], bits & ~np.uint16(Bit.CAPITAL), bits)
    return [np.bincount(holder[(bits & bit) != 0], minlength=r.segments).astype(np.float32) for bit in _ANSWER_BITS]


def _focus(s: Signals) -> Floats:
    """Best similarity of a new word with the words that name the kind of answer (*which* **club**)."""
    r = s.reading
    if not r.focus_similar.any():
        return np.zeros(r.segments, np.float32)
    per_word = np.where(s.is_new, r.focus_similar[r.place], np.float32(0))
    return np.maximum.reduceat(per_word, r.starts)


def neighbours(s: Signals, links: Links) -> Named:
    """What stands around the segment in its passage."""
    r = s.reading
    first, similar = s.first_score, s.similar_titled
    before, after = r.previous(similar), r.following(similar)
    window = similar.copy()
    for steps, share in ((1, 0.8), (2, 0.6), (3, 0.45), (4, 0.3)):
        nearer = np.maximum(r.previous(similar, steps), r.following(similar, steps))
        np.maximum(window, share * nearer, out=window)
    return {
        "previous": r.previous(first),
        "next": r.following(first),
        "before_previous": r.previous(first, 2),
        "after_next": r.following(first, 2),
        "previous_adds": s.weights @ np.maximum(similar, before) - s.soft_titled,
        "next_adds": s.weights @ np.maximum(similar, after) - s.soft_titled,
        "previous_soft": r.previous(s.soft_titled),
        "next_soft": r.following(s.soft_titled),
        "window_soft": s.weights @ window,
    }


def passage(s: Signals, links: Links) -> Named:
    """How much evidence the whole passage holds."""
    r = s.reading
    in_passage = np.add.reduceat(r.exact, r.first, axis=1)
    lengths = np.add.reduceat(r.lengths, r.first)
    with_title = in_passage + r.title_exact
    passage_idf = idf((with_title > 0).sum(axis=1), r.passages) * ~r.is_stop
    score = bm25(with_title, lengths, passage_idf)
    weights = (passage_idf + s.idf) * s.attainable
    coverage = weights @ (with_title > 0) / max(1e-6, float(weights.sum()))
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
    order = np.argsort(-s.passage_soft, kind="stable")[:2]
    weight = s.word_weight[r.place]
    passage_of = r.owner[r.segment_of]
    total = r.sums(weight)
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


def structure(s: Signals, links: Links) -> Named:
    """Headings, lists, tables, records, dialogue: what a segment is, and what it stands under."""
    r = s.reading
    kinds = r.segment_kinds
    is_row = (kinds == "table_row") | (kinds == "table_header")
    is_list = kinds == "list_item"
    is_record = kinds == "record"
    has_number = np.maximum.reduceat((s.bits & Bit.NUMBER) != 0, r.starts)
    plain = ~(is_row | is_list | is_record | (kinds == "fence"))
    heading = (kinds == "heading") | (plain & ~r.ends & (r.lengths <= 10)) | (is_row & ~has_number)
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
    inside = np.arange(len(r.words)) - r.starts[r.segment_of]
    is_separator = (s.bits & Bit.SEPARATOR) != 0
    cut = np.minimum.reduceat(np.where(is_separator, inside, _LABEL_WORDS + 1), r.starts)
    labelled = (cut > 0) & (cut <= _LABEL_WORDS)
    in_label = (inside < cut[r.segment_of]) & labelled[r.segment_of] & ((s.bits & Bit.STOP) == 0)
    per_word = np.maximum(r.word_similar, r.word_matches)[r.place]
    total = r.sums(np.where(in_label, per_word, 0.0).astype(np.float32))
    count = r.sums(in_label.astype(np.float32))
    return total / np.maximum(1.0, count), labelled.astype(np.float32)


_LABEL_WORDS = 8


def _specific(s: Signals) -> Floats:
    """Mean rarity within the call of the segment's content words, relative to the call: boilerplate is low."""
    r = s.reading
    weight = s.word_weight[r.place]
    return relative(r.sums(weight) / np.maximum(1.0, r.sums((weight > 0).astype(np.float32))))


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


def question(s: Signals, links: Links) -> Named:
    """The kind of question; the same for all segments, so it only acts through the nets."""
    r = s.reading
    named: Named = {
        f"asks_{kind}": np.full(r.segments, float(number == r.kind), np.float32) for number, kind in enumerate(KINDS)
    }
    named["question_words"] = np.full(r.segments, np.log1p((~r.is_stop).sum()), np.float32)
    return named


GROUPS: dict[str, Callable[[Signals, Links], Named]] = {
    group.__name__: group
    for group in (lexical, soft, title, answer, neighbours, passage, hops, topic, structure, ranks, question)
}
"""Every group by name."""


def _names_of_groups() -> dict[str, tuple[str, ...]]:
    """The names that every call yields, read off a call of one word."""
    reading = read_call(Lexicon(None), "a", [Passage("a")], [Segment(0, 0, 1)])
    signals = Signals(reading)
    links = find_links(signals)
    return {group: tuple(function(signals, links)) for group, function in GROUPS.items()}


_NAMES = _names_of_groups()
FEATURE_NAMES = tuple(name for names in _NAMES.values() for name in names)
"""Names of the columns, in order; the weights file must have the same."""


def groups_of_columns() -> dict[str, Ints]:
    """For each group the columns that it fills."""
    return {group: np.array([FEATURE_NAMES.index(name) for name in names]) for group, names in _NAMES.items()}


def compute_features(reading: Reading) -> Features:
    """All features of one call."""
    signals = Signals(reading)
    links = find_links(signals)
    named: Named = {}
    for group in GROUPS.values():
        named.update(group(signals, links))
    table = np.stack([np.asarray(values, np.float32) for values in named.values()], axis=1)
    return Features(np.nan_to_num(table, nan=0.0, posinf=0.0, neginf=0.0), links.pairs)
