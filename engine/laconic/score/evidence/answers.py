"""Feature groups: whether the segment has what an answer of the kind asked for would be made of."""

from __future__ import annotations

import numpy as np

from laconic.score.evidence.arrays import Floats, Named
from laconic.score.evidence.lexicon import Bit
from laconic.score.evidence.links import Links
from laconic.score.evidence.question import KINDS
from laconic.score.evidence.signals import Signals, relative

__all__ = ["answer", "question"]


def answer(s: Signals, links: Links) -> Named:
    """Signs of an answer among the words that the question does not have."""
    r = s.reading
    number, year, calendar, money, percent, capital, quantity, reason = _answer_counts(s)
    capitals = s.is_new & ((s.bits & Bit.CAPITAL) != 0)
    capitals[r.starts] = False
    runs = capitals[:-1] & capitals[1:] & (r.segment_of[:-1] == r.segment_of[1:])
    asked = KINDS[r.kind]
    wanted = {"who": capital, "where": capital, "when": year + calendar, "number": number + quantity, "why": reason}
    expected = wanted.get(asked, np.zeros(r.segments, np.float32))
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
    Bit.NUMBER, Bit.YEAR, Bit.CALENDAR, Bit.MONEY, Bit.PERCENT, Bit.CAPITAL, Bit.QUANTITY, Bit.REASON,
)  # fmt: skip
_ANY_ANSWER_BIT = sum(_ANSWER_BITS)
_BY_ANSWER_BIT = np.array(_ANSWER_BITS, np.uint16)


def _answer_counts(s: Signals) -> list[Floats]:
    """For each of `_ANSWER_BITS` the number of new words that have it, capitals that open a segment left out."""
    r = s.reading
    marked = np.flatnonzero(s.is_new & ((s.bits & _ANY_ANSWER_BIT) != 0))
    bits, holder = s.bits[marked], r.segment_of[marked]
    bits = np.where(marked == r.starts[holder], bits & ~np.uint16(Bit.CAPITAL), bits)
    word, bit = np.nonzero(bits[:, None] & _BY_ANSWER_BIT)
    counts = np.bincount(bit * r.segments + holder[word], minlength=len(_ANSWER_BITS) * r.segments)
    return list(counts.reshape(-1, r.segments).astype(np.float32))


def _focus(s: Signals) -> Floats:
    """Best similarity of a new word with the words that name the kind of answer (*which* **club**)."""
    r = s.reading
    if not r.focus_similar.any():
        return np.zeros(r.segments, np.float32)
    per_word = np.where(s.is_new, r.focus_similar[r.place], np.float32(0))
    return np.maximum.reduceat(per_word, r.starts)


_ASKS = tuple(f"asks_{kind}" for kind in KINDS)


def question(s: Signals, links: Links) -> Named:
    """The kind of question; the same for all segments, so it only acts through the nets."""
    r = s.reading
    kinds = np.zeros((len(KINDS), r.segments), np.float32)
    kinds[r.kind] = 1.0
    named: Named = dict(zip(_ASKS, kinds, strict=True))
    named["question_words"] = np.full(r.segments, np.log1p((~r.is_stop).sum()), np.float32)
    return named
