"""What the structure of records and logs adds to a scorer's opinion.

A scorer reads words. It does not know that an identifier in the question names a record, so that all of the record's
members answer it, nor that in a log the lines that report a failure are what a question about failures asks for, each
kind of failure once before the same again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import log
from typing import TYPE_CHECKING

from laconic.types import Passage, Record, Segment

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from laconic.score.structure.wanted import Wanted

__all__ = ["STRUCTURED_KINDS", "adjust_scores"]

STRUCTURED_KINDS = frozenset(("record", "table_row", "log_line", "log_more", "diff_hunk"))
"""Segment kinds that `adjust_scores` looks at; the scores of all others stay as they are."""

# Scores are log-probabilities, so these are factors of odds: e**4 is about 50.
# With 2 for the other members of a named record it depended on the weights whether the record came whole; 3 kept .002
# to .009 less of the evidence of taubench_retail/train than 2, 4 as much less again. That the names of other records
# lose as much changes nothing there.
_NAMED, _OF_NAMED_RECORD = 4.0, 3.0
_BEHIND_NAMED, _STANDS_IN = 2.0, 3.0
_RECORD_SHARE = 0.25  # of a member's score is that of the best member of its record


def adjust_scores(
    query: str | None,
    passages: Sequence[Passage],
    segments: Sequence[Segment],
    scores: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Scores with what the structure says.

    Args:
        query: the question of the call.
        passages: of the call.
        segments: of the call.
        scores: log-probabilities, one per segment.

    Returns:
        ``scores`` itself where no segment is structured, else a new array: members and rows that hold an identifier of
        the question, and those of the record that it names, are raised, the names of other records lowered; lines of
        logs are raised by what they report, less for each time that their kind came before, and the lines beside a
        failure with them; the members of a record come closer to its best. Linear in the text.
    """
    import numpy as np

    if not any(segment.kind in STRUCTURED_KINDS for segment in segments):
        return scores
    from laconic.score.structure.logs import wanted_lines  # where there are any: a fifth of all that is imported
    from laconic.score.structure.question import Question
    from laconic.score.structure.wanted import Wanted

    bonus = np.zeros(len(segments))
    question = Question(query)
    wanted = Wanted(question, passages, segments)
    if question.identifiers:
        _raise_named(question.identifiers, passages, segments, bonus)
    for at, worth in wanted.bonus.items():
        bonus[at] = max(bonus[at], worth) if worth > 0 else min(bonus[at], worth)
    for at, worth in wanted_lines(question.asks_for_failures, passages, segments).items():
        bonus[at] += worth
    adjusted: NDArray[np.float64] = scores + bonus
    _join_records(segments, adjusted)
    _lower_beside(wanted, adjusted)
    adjusted += _log_sum(scores) - _log_sum(adjusted)  # odds change, the mass that coverage sums up does not
    return adjusted


def _log_sum(scores: NDArray[np.float64]) -> float:
    import numpy as np

    top = float(scores.max())
    return top + log(float(np.exp(scores - top).sum()))


def _raise_named(
    names: Sequence[str], passages: Sequence[Passage], segments: Sequence[Segment], bonus: NDArray[np.float64]
) -> None:
    mentions = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in names))
    named = set()
    for at, segment in enumerate(segments):
        if segment.record is None and segment.kind in STRUCTURED_KINDS:
            if mentions.search(passages[segment.passage].text, segment.start, segment.end):
                named.add(at)
                bonus[at] += _NAMED
            elif segment.kind != "log_more" and segment.requires and segment.requires[-1] in named:
                bonus[at] += _OF_NAMED_RECORD


def _lower_beside(wanted: Wanted, scores: NDArray[np.float64]) -> None:
    """Members of the records beside a named one come after all of it, those that would stand in for it last."""
    first = sorted(wanted.first)
    beside = sorted(wanted.beside)
    if first and beside:
        most = float(scores[first].min()) - _BEHIND_NAMED
        for at in beside:
            scores[at] = min(float(scores[at]), most) - (_STANDS_IN if wanted.beside[at] else 0.0)


def _join_records(segments: Sequence[Segment], scores: NDArray[np.float64]) -> None:
    """Draw the members of each record towards its best one: who asks for a flight's price wants the flight.

    The share was chosen on taubench_retail/train: +0.02 evidence at a quarter of the tokens, -0.01 at an eighth.
    """
    import numpy as np

    numbers: dict[Record | int, int] = {}
    held, numbered = [], []
    for at, segment in enumerate(segments):
        record = segment.record
        if record is not None:
            held.append(at)
            numbered.append(numbers.setdefault(_names(segment, at, record), len(numbers)))
    if not held:
        return
    members, groups = np.array(held), np.array(numbered)
    best = np.full(len(numbers), -np.inf)
    np.maximum.at(best, groups, scores[members])
    scores[members] += _RECORD_SHARE * (best[groups] - scores[members])


def _names(segment: Segment, at: int, record: Record) -> Record | int:
    """The segment that names what a segment belongs to; the record itself where none does."""
    if segment.requires:
        return segment.requires[-1]
    return at if record.identity and record.identity[0].at == at else record
