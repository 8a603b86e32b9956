"""The part of one segment that answers best, cut at clauses, for budgets that the whole segment is too long for."""

from __future__ import annotations

from typing import NamedTuple

from laconic.core.reading import Reading
from laconic.kinds.clauses import clause_spans
from laconic.score.registry import SCORERS, importance_scorer, load_scorer
from laconic.types import Passage, Segment, Span

__all__ = ["Clauses"]

class _Clause(NamedTuple):
    """A clause, its planned tokens with the white space before it, and its share of the segment's worth."""

    start: int
    end: int
    tokens: int
    worth: float


class Clauses:
    """The clauses of the segments of one call, read when a segment is first to be cut."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._known: dict[int, list[_Clause]] = {}

    def within(self, at: int, room: int) -> Span | None:
        """The consecutive clauses of a segment that are worth most together, in ``room`` planned tokens.

        Returns:
            None where not one clause is that short. Ties go to what begins first.
        """
        if at not in self._known:
            self._known[at] = self._read(at)
        clauses = self._known[at]
        best: Span | None = None
        most, worth, tokens, first = 0.0, 0.0, 0, 0
        for last, clause in enumerate(clauses):
            worth += clause.worth
            tokens += clause.tokens
            while tokens > room and first <= last:
                worth -= clauses[first].worth
                tokens -= clauses[first].tokens
                first += 1
            if first <= last and worth > most + 1e-9:
                most, best = worth, (clauses[first].start, clause.end)
        return best

    def _read(self, at: int) -> list[_Clause]:
        reading = self._reading
        segment = reading.segments[at]
        passage = reading.passages[segment.passage]
        spans = clause_spans(passage.text, segment.start, segment.end)
        count = reading.settings.counter.count
        before = [segment.start, *(end for _, end in spans)]
        tokens = [max(1, count(passage.text[low:end])) for low, (_, end) in zip(before, spans, strict=False)]
        return [_Clause(*span, *rest) for span, *rest in zip(spans, tokens, self._worth(segment, spans), strict=True)]

    def _worth(self, segment: Segment, spans: list[Span]) -> list[float]:
        """What each clause holds of what the question asks, by a scorer of one's own that needs nothing but text."""
        import numpy as np
        import os

        query, passage = self._reading.query, self._reading.passages[segment.passage]
        if query is None or len(spans) < 2:
            return [1.0] * len(spans)
        text = passage.text[segment.start : segment.end]
        part = Passage(text, title=passage.title, language=passage.language)
        pieces = [Segment(0, start - segment.start, end - segment.start) for start, end in spans]
        scorer = load_scorer(os.environ.get("CL","evidence"), fallback=True).scorer
        w = np.exp(scorer.score(query, [part], pieces) * float(os.environ.get("SHARP","1")))
        w[0] += float(os.environ.get("FIRST", "0"))
        return list(map(float, w))
