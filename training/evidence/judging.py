"""A fast stand-in for the evidence benchmark: how much labelled evidence a scoring keeps at a rate.

Packs by the engine's own order of preference and adds up segments' own costs, without rendering; agrees with the
benchmark to about a point. For choosing models; published figures come from the benchmark itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from evidence.rows import Example
from laconic.select.budget import preference
from laconic.tokens import counter_for

__all__ = ["kept_evidence", "mean_kept"]

Scoring = Callable[[Example], NDArray[np.float64]]

_SPAN_KEPT = 0.8


def _costs(example: Example) -> NDArray[np.float64]:
    counter = counter_for("gpt-4")
    texts = [example.row.passages[s.passage].text[s.start : s.end] for s in example.segments]
    return np.array([max(1, counter.count(text)) for text in texts], np.float64)


def _packed(
    example: Example, scores: NDArray[np.float64], costs: NDArray[np.float64], rate: float
) -> NDArray[np.bool_]:
    room = rate * costs.sum()
    kept = np.zeros(len(costs), np.bool_)
    for at in preference(scores, costs):
        wanted = [need for need in (*example.segments[at].requires, at) if not kept[need]]
        cost = costs[wanted].sum()
        if wanted and cost <= room:
            kept[wanted] = True
            room -= cost
    return kept


def kept_evidence(example: Example, scores: NDArray[np.float64], rate: float) -> float | None:
    """Share of the row's evidence that is kept at ``rate``, as its mode counts; None without labels."""
    costs = _costs(example)
    kept = _packed(example, scores, costs, rate)
    row, segments = example.row, example.segments
    if row.mode == "gold_passages":
        shares = []
        for index, piece in enumerate(row.passages):
            held = np.array([at for at, s in enumerate(segments) if s.passage == index], np.intp)
            if piece.gold and len(held):
                shares.append(float(costs[held][kept[held]].sum() / costs[held].sum()))
        return float(np.mean(shares)) if shares else None
    found: list[tuple[str, bool]] = []
    for index, piece in enumerate(row.passages):
        for start, end in piece.evidence:
            held_chars = sum(
                min(end, s.end) - max(start, s.start)
                for at, s in enumerate(segments)
                if kept[at] and s.passage == index and s.start < end and s.end > start
            )
            found.append((piece.text[start:end], held_chars >= _SPAN_KEPT * (end - start)))
    if not found:
        return None
    if row.mode == "each_answer_any" and row.answers:
        have = {text for text, ok in found if ok}
        return float(np.mean([answer in have for answer in row.answers]))
    if row.mode == "any":
        return float(any(ok for _, ok in found))
    return float(np.mean([ok for _, ok in found]))


def mean_kept(examples: Sequence[Example], scoring: Scoring, rates: Sequence[float]) -> dict[float, float]:
    """Mean of `kept_evidence` at each rate."""
    kept: dict[float, list[float]] = {rate: [] for rate in rates}
    for example in examples:
        scores = scoring(example)
        for rate in rates:
            value = kept_evidence(example, scores, rate)
            if value is not None:
                kept[rate].append(value)
    return {rate: float(np.mean(values)) if values else float("nan") for rate, values in kept.items()}
