"""What was lost, in which sentence, and why: read from the explanation of laconic's own result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import exp
from typing import Any

from laconic.evaluation.judging import holds, normalised
from laconic.evaluation.rows import Place, Row
from laconic.evaluation.systems import sentences
from laconic.types import Compression, Passage, SegmentExplanation, Span

__all__ = ["Loss", "explained_losses", "lost_places"]

_CONTEXT = 300  # characters of a lost sentence that a report shows
_REASONS = {
    "budget": "it did not fit the budget",
    "duplicate": "the same words are kept elsewhere",
    "coverage": "the share that was asked for was reached without it",
    "pruned": "words were cut from a kept sentence",
    "cells": "its columns were cut from a kept row",
    "blank": "it is blank",
    "layout": "it belongs to no piece",
}


@dataclass(frozen=True)
class Loss:
    """One answer or piece of evidence that is not in the compressed text any more.

    Attributes:
        row: name of the row.
        query: its question.
        system: what lost it.
        budget: under which budget, as reports write it.
        label: the answer or piece of evidence.
        passage: number of the passage in which it stood, None where a model judged.
        id: id of that passage.
        sentence: the piece of it that was cut.
        reason: why.
    """

    row: str
    query: str
    system: str
    budget: str
    label: str
    passage: int | None
    id: str | None
    sentence: str
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


def lost_places(row: Row) -> list[tuple[str, Place]]:
    """What had to be kept, and the first place where it stands."""
    if row.evidence:
        return [(label.text, label.places[0]) for label in row.evidence]
    return [found for answer in row.answers if (found := _answer_place(answer, row.passages)) is not None][:1]


def _answer_place(answer: str, passages: Sequence[Passage]) -> tuple[str, Place] | None:
    """An answer and the sentence in which it stands; the passage's beginning where it runs over sentences."""
    wanted = [normalised(answer)]
    for at, passage in enumerate(passages):
        if holds(normalised(passage.text), wanted):
            for start, end in sentences(passage.text):
                if holds(normalised(passage.text[start:end]), wanted):
                    return answer, (at, start, end)
            return answer, (at, 0, min(len(passage.text), _CONTEXT))
    return None


def explained_losses(
    row: Row, system: str, budget: str, lost: Sequence[tuple[str, Place]], result: Compression
) -> list[Loss]:
    """The losses of a row, with the reasons of the result that lost them."""
    return [
        _loss(row, system, budget, label, row.passages[at], at, (start, end), result)
        for label, (at, start, end) in lost
    ]


def _loss(
    row: Row, system: str, budget: str, label: str, passage: Passage, at: int, span: Span, result: Compression
) -> Loss:
    pieces = [each for each in result.explanations or () if each.index == at and _overlap(each.span, span)]
    piece = next((each for each in pieces if not each.kept), pieces[0] if pieces else None)
    start, end = span if piece is None else piece.span
    return Loss(
        row=row.name,
        query=row.query,
        system=system,
        budget=budget,
        label=label,
        passage=at,
        id=passage.id,
        sentence=_shown(passage.text[start:end]),
        reason=_reason(piece, at, span, result),
    )


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and one[1] > other[0]


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _CONTEXT else f"{line[:_CONTEXT]} …"


def _reason(piece: SegmentExplanation | None, at: int, span: Span, result: Compression) -> str:
    cut = [each for each in result.dropped if each.index == at and _overlap(each.span, span)]
    why = next((_REASONS.get(each.reason, each.reason) for each in cut), "its words are scattered")
    if piece is None:
        return why
    if piece.kept:
        return f"{why}: a part of the piece is kept"
    pieces = result.explanations or ()
    rank = 1 + sum(each.score > piece.score for each in pieces)
    better = sum(each.kept and each.score > piece.score for each in pieces)
    moved = ", ".join(f"{each.feature} {each.points:+.1f}" for each in piece.contributions[:2])
    return (
        f"{why}: number {rank} of {len(pieces)} pieces by score ({exp(piece.score):.1%} of the question's evidence); "
        f"{better} with higher scores are kept" + (f"; what moved it most: {moved}" if moved else "")
    )
