"""Where in a file the words of a question stand: close together, in comments, in signatures, in one candidate only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from laconic.kinds.code.parse import ParsedCode
from laconic.kinds.code.units import Unit, comment_spans
from laconic.score.code.features import Floats
from laconic.score.code.identifiers import short_forms

__all__ = ["PLACE_FEATURES", "place_features"]

Ints = NDArray[np.intp]

PLACE_FEATURES = (
    "line_best", "line_share", "lines3_best", "lines8_best", "lines_of_several", "line_second",
    "share_of_all", "repeated", "density", "in_comments", "in_code", "in_signature", "in_documentation",
    "only_here", "first_place", "size", "words_per_line", "parameters", "indent",
)  # fmt: skip
"""Names of the columns of `place_features`."""

_WINDOWS = (1, 3, 8)  # lines
_MOST_TERMS = 64


def place_features(
    terms: Sequence[str], weight: Floats, parsed: ParsedCode, units: Sequence[Unit], lengths: Sequence[int]
) -> Floats:
    """One row per candidate.

    Args:
        terms: stems of the question; the first 64 are looked for, at the beginning of a word or of a part of one.
        weight: of each, by its rarity in the file.
        parsed: the file.
        units: the candidates, in text order.
        lengths: how many words each has.

    About a millisecond for 20 kB and a short question.
    """
    terms, weight = terms[:_MOST_TERMS], weight[:_MOST_TERMS]
    at, term = _found(terms, parsed.data)
    breaks = np.flatnonzero(np.frombuffer(parsed.data, np.uint8) == 10)
    line = np.searchsorted(breaks, at)
    starts = np.array([unit.documented_start for unit in units])
    begins = np.array([unit.start for unit in units])
    ends = np.array([unit.end for unit in units])
    heads = np.array([unit.signature_end for unit in units])
    comment = _inside(at, comment_spans(parsed))
    total = max(1e-9, float(weight[np.unique(term)].sum()))

    hits = np.eye(len(terms))[term]
    everywhere, in_comment = _Counts(at, hits), _Counts(at[comment], hits[comment])
    own = everywhere.between(starts, ends)
    in_comments = in_comment.between(starts, ends)
    in_front = everywhere.between(starts, begins)
    places = (own > 0).sum(axis=0)

    def share(counts: Floats) -> Floats:
        result: Floats = (counts > 0) @ weight / total
        return result

    first = np.searchsorted(breaks, begins)
    last = np.searchsorted(breaks, np.maximum(begins, ends - 1))
    windows = _windows(line, term, weight / total, first, last)
    size = np.maximum(1.0, ends - begins - _overlap(begins, ends, comment_spans(parsed)))
    columns = [
        windows["best", 1],
        windows["best", 1] / max(1e-9, float(windows["best", 1].max(initial=0.0))),
        windows["best", 3],
        windows["best", 8],
        np.log1p(windows["several", 1]),
        windows["second", 1],
        own / np.maximum(1, own.max(axis=0, initial=0)) @ weight / total,
        np.log1p(own) @ weight / total,
        own @ weight / np.sqrt(np.asarray(lengths) + 10.0),
        share(in_comments),
        share(own - in_comments),
        share(everywhere.between(begins, heads)),
        share(in_front),
        ((own > 0) & (places == 1)).sum(axis=1),
        windows["where", 1],
        np.log(size + 60.0),
        np.log((np.asarray(lengths) + 1.0) / (last - first + 1.0)),
        np.log1p([parsed.data.count(b",", unit.start, min(unit.signature_end, unit.start + 2000)) for unit in units]),
        np.log1p([unit.start - parsed.line_start(unit.start) for unit in units]),
    ]
    return np.column_stack(columns).astype(float)


class _Counts:
    """How often each term stands between two bytes.

    Args:
        at: where terms stand, in order.
        hits: (places, terms) 1 for the term that stands there.
    """

    def __init__(self, at: Ints, hits: Floats) -> None:
        self._at = at
        self._sums = np.concatenate((np.zeros((1, hits.shape[1])), np.cumsum(hits, axis=0)))

    def between(self, low: Ints, high: Ints) -> Floats:
        """(ranges, terms) of ranges of bytes."""
        counts: Floats = self._sums[np.searchsorted(self._at, high)] - self._sums[np.searchsorted(self._at, low)]
        return counts


def _found(terms: Sequence[str], data: bytes) -> tuple[Ints, Ints]:
    """Where terms stand, in order of bytes, and which one each is; of two that begin alike the longer one.

    A term stands behind no letter, or with a capital where a part of a compound begins; likewise the short forms of its
    word, which end there.
    """
    lower = data.lower()
    found: dict[int, int] = {}
    spelled = [(term, number, False) for number, term in enumerate(terms)]
    spelled += [(short, number, True) for number, term in enumerate(terms) for short in short_forms(term)]
    for word, number, whole in sorted(spelled, key=lambda each: len(each[0])):
        term = word.encode()
        size, capital, shouted = len(term), term[:1].upper() + term[1:], term.upper()
        at = lower.find(term)
        while at >= 0:
            written = data[at : at + size]
            if (
                written == capital or (written in (term, shouted) and not data[max(0, at - 1) : at].isalpha())
            ) and not (whole and _goes_on(data, at + size, written.isupper())):
                found[at] = number
            at = lower.find(term, at + 1)
    order = sorted(found)
    return np.array(order, np.intp), np.array([found[at] for at in order], np.intp)


def _goes_on(data: bytes, end: int, shouted: bool) -> bool:
    """Whether the part of an identifier goes on behind ``end``."""
    letter = data[end : end + 1]
    return letter.isupper() if shouted else letter.islower()


def _inside(at: Ints, spans: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
    """Which places lie in one of some spans, which are in order and do not overlap."""
    if not spans:
        return np.zeros(len(at), bool)
    starts, ends = np.array(spans).T
    before = np.searchsorted(starts, at, side="right") - 1
    result: NDArray[np.bool_] = (before >= 0) & (at < ends[before])
    return result


def _overlap(begins: Ints, ends: Ints, spans: Sequence[tuple[int, int]]) -> Floats:
    """Bytes of each range that the spans which begin in it take."""
    if not spans:
        return np.zeros(len(begins))
    starts, stops = np.array(spans).T
    sums = np.concatenate(([0.0], np.cumsum(stops - starts)))
    taken: Floats = sums[np.searchsorted(starts, ends)] - sums[np.searchsorted(starts, begins)]
    return taken


def _windows(line: Ints, term: Ints, weight: Floats, first: Ints, last: Ints) -> dict[tuple[str, int], Floats]:
    """Of each range of lines what its best stretches of one, three and eight lines hold of a question, and where."""
    size = len(first)
    result = {(name, lines): np.zeros(size) for name in ("best", "second", "several") for lines in _WINDOWS}
    result["where", 1] = np.ones(size)
    if not len(line):
        return result
    lines, row = np.unique(line, return_inverse=True)
    holds = np.zeros((len(lines), len(weight)), bool)
    holds[row, term] = True
    low, high = np.searchsorted(lines, first), np.searchsorted(lines, last, side="right")
    some = [
        (at, slice(*span)) for at, span in enumerate(zip(low.tolist(), high.tolist(), strict=True)) if span[0] < span[1]
    ]
    for length in _WINDOWS:
        window = holds.copy()
        for shift in range(1, min(length, len(lines))):
            near = lines[shift:] - lines[:-shift] < length
            window[:-shift] |= holds[shift:] & near[:, None]
        worth = window @ weight
        for at, rows in some:
            result["best", length][at] = worth[rows].max()
        if length == 1:
            several = holds.sum(axis=1) > 1
            for at, rows in some:
                own = worth[rows]
                best = int(own.argmax())
                result["several", 1][at] = several[rows].sum()
                result["second", 1][at] = np.delete(own, best).max(initial=0.0)
                result["where", 1][at] = (lines[rows][best] - first[at]) / max(1, last[at] - first[at])
    return result
