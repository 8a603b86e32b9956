"""Small nets over the features of a file's candidates: what neighbours and the file as a whole add to each.

A candidate's features and those of its context (`CONTEXT_FEATURES`) go through an inner layer; that layer, its maximum
and mean over the file, and that of the candidates before and behind go through an outer one. ``training/definitions``
trains them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from laconic.exceptions import WeightsError
from laconic.kinds.code.units import outline
from laconic.score.code.features import FEATURES, Floats
from laconic.score.code.identifiers import code_terms, quoted_identifiers, rarity
from laconic.score.code.index import CodeIndex
from laconic.score.code.places import PLACE_FEATURES, place_features
from laconic.score.lexical import idf
from laconic.score.words import stem

__all__ = ["CONTEXT_FEATURES", "Net", "context_features"]

# What a question wants done says where: a crash is where something may be nothing, an option where options are read.
_WISHES = {
    "repair": "fix bug crash issue error wrong incorrect prevent avoid fail broken regression",
    "addition": "add support allow new implement introduce enable option",
    "removal": "remove delete drop unused dead deprecate deprecated",
    "rewriting": "refactor rename move simplify clean cleanup use replace change make",
    "speed": "performance faster optimize speed cache slow memory leak efficient reduce",
    "tests": "test tests",
    "nothing": "null nil none undefined npe panic exception crash segfault overflow",
    "threads": "race deadlock thread lock concurrent async",
    "messages": "log logging message warning warn print error",
}
_WISHED = {name: frozenset(map(stem, words.split())) for name, words in _WISHES.items()}

CONTEXT_FEATURES = (
    "position", "candidates", "name_parts", "depth", "same_name_best", "near_best", "far_best", "scope_mean",
    "callees", "callers", "callee_best", "caller_best", "visited", *PLACE_FEATURES,
    "words", "words_found", "shown", "characters", "best_name", "weight_found", *_WISHED,
)  # fmt: skip
"""Names of the columns of `context_features`: the candidate among the others, where the question's words stand in it,
then the question, the same for all."""

_CLAMP = 5.0
_STAY, _STEPS = 0.6, 4  # a walk along calls that begins at matches and returns there; see `_visited`


def context_features(query: str, index: CodeIndex, chosen: Sequence[int], matrix: Floats) -> Floats:
    """One row for each of the chosen candidates of a file, which are in text order.

    Args:
        query: the question.
        index: of one file.
        chosen: candidates, by their numbers in the index.
        matrix: their `laconic.score.code.features` matrix.

    About two milliseconds for 20 kB.
    """
    found = [index.documents[at] for at in chosen]
    size = len(found)
    share = matrix[:, FEATURES.index("fielded_share")]
    names: dict[str, list[int]] = {}
    scopes: dict[str, list[int]] = {}
    for at, doc in enumerate(found):
        names.setdefault(doc.plain_name, []).append(at)
        scopes.setdefault(doc.scope, []).append(at)
    same = np.zeros(size)
    for own in names.values():
        if len(own) > 1:
            same[own] = _best_of_others(share[own])
    mean = np.zeros(size)
    for own in scopes.values():
        mean[own] = share[own].mean()
    padded = np.concatenate(([0.0, 0.0], share, [0.0, 0.0]))
    terms = list(dict.fromkeys(code_terms(query) or ["_"]))
    frequency = np.array([sum(term in doc.terms for doc in found) for term in terms])
    weight = idf(frequency, size) * np.array([rarity(term) for term in terms])
    parsed = index.files[0]
    units = [outline(parsed).units[doc.unit] for doc in found]
    of_question = [
        math.log1p(len(terms)),
        float((frequency > 0).mean()),
        float(len(quoted_identifiers(query))),
        math.log1p(len(query)),
        float(matrix[:, FEATURES.index("name_covered")].max(initial=0.0)),
        float((weight * (frequency > 0)).sum() / max(1e-9, weight.sum())),
        *(float(not wished.isdisjoint(terms)) for wished in _WISHED.values()),
    ]
    columns = [
        np.arange(size) / max(1, size),
        np.full(size, math.log(max(1, size))),
        np.array([float(len(doc.name)) for doc in found]),
        np.array([float(len(doc.plain_owners)) for doc in found]),
        same,
        np.maximum(padded[1:-3], padded[3:-1]),
        np.maximum(padded[:-4], padded[4:]),
        mean,
        *_calls(index, chosen, share),
        place_features(terms, weight, parsed, units, [doc.length for doc in found]),
        *(np.full(size, value) for value in of_question),
    ]
    return np.column_stack(columns)


def _calls(index: CodeIndex, chosen: Sequence[int], share: Floats) -> list[Floats]:
    """What the candidates call and what calls them: how many, the best match of them, and a walk along calls."""
    size = len(chosen)
    place = {index.places[at]: number for number, at in enumerate(chosen)}
    pairs = [
        (number, place[callee])
        for number, at in enumerate(chosen)
        for callee in index.graph.callees(index.places[at])
        if callee in place
    ]
    caller, callee = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    below, above = np.zeros(size), np.zeros(size)
    np.maximum.at(below, caller, share[callee])
    np.maximum.at(above, callee, share[caller])
    return [
        np.log1p(np.bincount(caller, minlength=size)),
        np.log1p(np.bincount(callee, minlength=size)),
        below,
        above,
        _visited(share, np.concatenate((caller, callee)), np.concatenate((callee, caller))),
    ]


def _visited(share: Floats, source: NDArray[np.intp], target: NDArray[np.intp]) -> Floats:
    """How much of a walk that begins at candidates by their match, and may take a step along a call each time, is at
    each; the logarithm beside an even walk (personalised PageRank, a few steps of it).
    """
    size = len(share)
    begin = share / max(1e-9, float(share.sum()))
    ways = np.bincount(source, minlength=size)
    at = begin
    for _ in range(_STEPS):
        moved = np.bincount(target, (at / np.maximum(1, ways))[source], minlength=size)
        at = _STAY * begin + (1 - _STAY) * (moved + at * (ways == 0))
    visited: Floats = np.log(at * size + 1e-3)
    return visited


def _best_of_others(values: Floats) -> Floats:
    """Of each of at least two values the largest of the others."""
    first, second = np.sort(values)[::-1][:2]
    others: Floats = np.where(values == first, second, first)
    return others


@dataclass(frozen=True)
class Net:
    """One net; rows of features are standardised and clamped to ±5 before it.

    Attributes:
        mean, scale: (d,) for standardising.
        skip: (d,) the linear way past the layers.
        inner, inner_bias: (d, h) and (h,).
        outer, outer_bias: (5 h, k) and (k,), over a candidate, the maximum and mean of the file, before and behind.
        out: (k,).
    """

    mean: Floats
    scale: Floats
    skip: Floats
    inner: Floats
    inner_bias: Floats
    outer: Floats
    outer_bias: Floats
    out: Floats

    def score(self, rows: Floats) -> Floats:
        """One number per candidate of a file, at least one; up to a constant."""
        x = np.clip((rows - self.mean) / self.scale, -_CLAMP, _CLAMP)
        h = np.maximum(x @ self.inner + self.inner_bias, 0.0)
        nothing = np.zeros((1, h.shape[1]))
        parts = (
            h,
            np.broadcast_to(h.max(axis=0), h.shape),
            np.broadcast_to(h.mean(axis=0), h.shape),
            np.concatenate((nothing, h[:-1])),
            np.concatenate((h[1:], nothing)),
        )
        z = np.maximum(np.concatenate(parts, axis=1) @ self.outer + self.outer_bias, 0.0)
        scores: Floats = x @ self.skip + z @ self.out
        return scores

    @classmethod
    def from_json(cls, data: Any) -> Net:
        """Read and check one net.

        Raises:
            WeightsError: it is no net over `FEATURES` and `CONTEXT_FEATURES`.
        """
        try:
            net = cls(**{field.name: np.asarray(data[field.name], dtype=float) for field in fields(cls)})
        except (KeyError, TypeError, ValueError) as error:
            raise WeightsError(f"a net of the code ranking cannot be read ({error!r}): reinstall laconic") from error
        d, h, k = len(FEATURES) + len(CONTEXT_FEATURES), net.inner_bias.size, net.outer_bias.size
        shapes = {
            "mean": (d,), "scale": (d,), "skip": (d,), "inner": (d, h), "inner_bias": (h,),
            "outer": (5 * h, k), "outer_bias": (k,), "out": (k,),
        }  # fmt: skip
        for name, shape in shapes.items():
            array = getattr(net, name)
            if array.shape != shape or not np.isfinite(array).all():
                raise WeightsError(
                    f"{name} of a net of the code ranking has shape {array.shape} instead of {shape}, or numbers that "
                    "are not finite: train it again with training/train_code.py"
                )
        if (net.scale <= 0).any():
            raise WeightsError("a scale of a net of the code ranking is not positive")
        return net

    def to_json(self) -> dict[str, Any]:
        """The form that `from_json` reads, rounded to four digits."""
        return {field.name: _rounded(getattr(self, field.name)) for field in fields(self)}


def _rounded(array: Floats) -> list[Any]:
    if array.ndim > 1:
        return [_rounded(row) for row in array]
    return [float(f"{value:.4g}") for value in array.tolist()]
