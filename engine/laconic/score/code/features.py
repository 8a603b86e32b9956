"""Features of each candidate for a question: how its words, its name and its place match.

BM25 stands in three forms: rank-bm25's over stems, the same with words of change damped, and one with the name, the
owner and the signature weighted (BM25F: Robertson, Zaragoza and Taylor, "Simple BM25 extension to multiple weighted
fields", 2004). These are what the linear model sees; what only nets can use (callers, callees, lines that hold several
words, what the question wants done) is in `laconic.score.code.nets`. What was tried and brought nothing is in neither:
matches of prefixes and abbreviations, constants, word vectors, counts of kinds of statements.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from laconic.score.code.documents import Document
from laconic.score.code.identifiers import (
    CODE_STOP_WORDS,
    code_terms,
    identifier_terms,
    identifiers,
    plain,
    quoted_identifiers,
    rarity,
)  # fmt: skip
from laconic.score.lexical import idf

__all__ = ["FEATURES", "Floats", "feature_matrix"]

Floats = NDArray[np.float64]

FEATURES = (
    "bm25", "bm25_rank", "match", "match_damped", "fielded", "fielded_share", "fielded_rank",
    "covered", "name_covered", "owner_covered", "signature_covered",
    "name_explained", "name_whole", "name_raw", "name_quoted", "owner_raw",
    "quoted_names", "raw_names", "rarest", "only_place", "pairs",
    "scope_best", "before", "after", "feedback",
    "lines", "length", "relative_size", "one_liner", "constructor", "routine", "overloads", "type",
    "fielded_one_liner", "fielded_size",
)  # fmt: skip
"""Names of the columns of `feature_matrix`."""

_K1, _B = 1.2, 0.75
_K1_FIELDS = 2.0
_FEEDBACK_FROM, _FEEDBACK_TERMS = 3, 12


def feature_matrix(query: str, found: Sequence[Document], okapi: Floats) -> Floats:
    """One row per candidate, which are in text order, one column per name in `FEATURES`; about 30 µs a candidate.

    ``okapi`` are their plain BM25 scores; see `laconic.score.code.index.CodeIndex.bm25`.
    """
    size = len(found)
    if not size:
        return np.zeros((0, len(FEATURES)))
    ordered = code_terms(query) or ["_"]
    terms = list(dict.fromkeys(ordered))
    counts = np.array([[doc.terms.get(term, 0) for term in terms] for doc in found], dtype=float)
    present = counts > 0
    names = _member(terms, [doc.name for doc in found])
    owners = _member(terms, [doc.owner for doc in found])
    signatures = _member(terms, [doc.signature for doc in found])
    frequency = present.sum(axis=0)
    inverse = idf(frequency, size)
    damp = np.array([rarity(term) for term in terms])
    weight = inverse * damp
    total = max(1e-9, float((weight * (frequency > 0)).sum()))
    length = np.array([doc.length for doc in found], dtype=float)
    relative = length / max(1.0, float(length.mean()))

    def bm25(frequencies: Floats, worth: Floats, k1: float) -> Floats:
        norm = k1 * (1 - _B + _B * relative)
        result: Floats = (worth * frequencies * (k1 + 1) / (frequencies + norm[:, None])).sum(axis=1)
        return result

    match = bm25(counts, inverse, _K1) / max(1e-9, float(inverse.sum()))
    damped = bm25(counts, weight, _K1) / total
    fielded = bm25(counts + 5.0 * names + 1.0 * owners + 1.5 * signatures, weight, _K1_FIELDS) / total
    fielded_share = fielded / max(1e-9, float(fielded.max()))
    lines = np.log([doc.lines for doc in found])
    relative_size = lines - math.log(sum(doc.lines for doc in found) / size)
    one_liner = np.array([doc.lines <= 3 for doc in found], dtype=float)
    best_weight = max(1e-9, float((weight * (frequency > 0)).max()))
    raw = {plain(word) for word in identifiers(query)}
    columns: dict[str, Floats | list[float]] = {
        "bm25": okapi / max(1e-9, float(np.abs(okapi).max())),
        "bm25_rank": _log_rank(okapi),
        "match": match,
        "match_damped": damped,
        "fielded": fielded,
        "fielded_share": fielded_share,
        "fielded_rank": _log_rank(fielded),
        "covered": (present * weight).sum(axis=1) / total,
        "name_covered": (names * weight).sum(axis=1) / total,
        "owner_covered": (owners * weight).sum(axis=1) / total,
        "signature_covered": (signatures * weight).sum(axis=1) / total,
        "rarest": (present * weight).max(axis=1) / best_weight,
        "only_place": (present & (frequency == 1)).any(axis=1).astype(float),
        "lines": lines,
        "length": np.log1p(length),
        "relative_size": relative_size,
        "one_liner": one_liner,
        "fielded_one_liner": fielded_share * one_liner,
        "fielded_size": fielded_share * relative_size,
        "before": np.concatenate(([0.0], fielded[:-1])),
        "after": np.concatenate((fielded[1:], [0.0])),
    }
    columns |= _names(found, set(terms), raw, quoted_identifiers(query))
    columns["pairs"] = _pairs(found, ordered)
    columns["scope_best"] = _scope_best(found, fielded)
    columns["feedback"] = _feedback(found, set(terms), fielded)
    columns["constructor"] = [float(doc.is_constructor) for doc in found]
    columns["routine"] = [float(doc.is_routine) for doc in found]
    columns["type"] = [float(doc.is_type) for doc in found]
    same = Counter(doc.plain_name for doc in found)
    columns["overloads"] = [math.log(same[doc.plain_name]) for doc in found]
    return np.column_stack([np.asarray(columns[name], dtype=float) for name in FEATURES])


def _member(terms: Sequence[str], fields: Sequence[Any]) -> Floats:
    return np.array([[term in field for term in terms] for field in fields], dtype=float)


def _log_rank(score: Floats) -> Floats:
    rank = np.empty(len(score))
    rank[np.argsort(-score, kind="stable")] = np.arange(len(score))
    return -np.log1p(rank)


def _names(found: Sequence[Document], terms: set[str], raw: set[str], quoted: set[str]) -> dict[str, list[float]]:
    """Matches of whole identifiers."""
    size = len(found)
    scale = math.log1p(size)
    places = Counter(name for doc in found for name in raw | quoted if name in doc.names)
    long = [name for name in sorted(raw) if places[name] and len(name) > 3 and name not in CODE_STOP_WORDS]
    shown = [name for name in sorted(quoted) if places[name]]

    def rare(doc: Document, names: Sequence[str]) -> float:
        return sum(math.log1p(size / places[name]) for name in names if name in doc.names) / scale

    return {
        "name_explained": [sum(t in terms for t in doc.name) / max(1, len(doc.name)) for doc in found],
        "name_whole": [float(bool(doc.name) and all(t in terms for t in doc.name)) for doc in found],
        "name_raw": [float(doc.plain_name in raw) for doc in found],
        "name_quoted": [float(doc.plain_name in quoted) for doc in found],
        "owner_raw": [float(not raw.isdisjoint(doc.plain_owners)) for doc in found],
        "quoted_names": [rare(doc, shown) for doc in found],
        "raw_names": [rare(doc, long) for doc in found],
    }


def _pairs(found: Sequence[Document], ordered: Sequence[str]) -> list[float]:
    """Neighbouring words of the question that stand side by side in identifiers (log of one plus their number)."""
    wanted = set(pairwise(ordered))
    if not wanted:
        return [0.0] * len(found)
    known: dict[str, bool] = {}

    def holds(name: str) -> bool:
        if name not in known:
            known[name] = any(pair in wanted for pair in pairwise(identifier_terms(name)))
        return known[name]

    return [math.log1p(sum(map(holds, doc.compounds))) for doc in found]


def _scope_best(found: Sequence[Document], fielded: Floats) -> list[float]:
    """The best match among the others in the same class."""
    best: dict[str, tuple[float, float]] = {}
    for doc, score in zip(found, fielded.tolist(), strict=True):
        first, second = best.get(doc.scope, (0.0, 0.0))
        best[doc.scope] = (score, first) if score > first else (first, max(second, score))
    pairs = [(score, best[doc.scope]) for doc, score in zip(found, fielded.tolist(), strict=True)]
    return [second if score == first else first for score, (first, second) in pairs]


def _feedback(found: Sequence[Document], terms: set[str], fielded: Floats) -> Floats:
    """Share of the words that mark the best matches (pseudo relevance feedback)."""
    size = len(found)
    top = np.argsort(-fielded, kind="stable")[:_FEEDBACK_FROM].tolist()
    candidates = {term for at in top for term in found[at].terms if term not in terms}
    places = dict.fromkeys(candidates, 0)
    for doc in found:
        for term in candidates & doc.terms.keys():
            places[term] += 1
    weight: Counter[str] = Counter()
    for at in top:
        doc = found[at]
        scale = float(fielded[at]) / math.sqrt(1 + doc.length)
        for term, count in doc.terms.items():
            if term in candidates and places[term] <= max(2, 0.3 * size):
                weight[term] += scale * math.log1p(count) * math.log1p(size / places[term])  # type: ignore[assignment]
    chosen = dict(sorted(weight.items(), key=lambda item: (-item[1], item[0]))[:_FEEDBACK_TERMS])
    total = max(1e-9, sum(chosen.values()))
    share = np.array([sum(w for t, w in chosen.items() if t in doc.terms) / total for doc in found])
    share[top] *= 0.8
    return share
