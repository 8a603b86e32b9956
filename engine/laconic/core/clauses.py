"""The part of a segment that answers best, for budgets that the whole of it is too long for."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from laconic._utils.unicode import word_cuts
from laconic.core.reading import Reading
from laconic.kinds.clauses import clause_spans, has_words, is_short
from laconic.kinds.kind import Parts
from laconic.score.registry import SCORERS, load_scorer
from laconic.types import Passage, Segment, Span

__all__ = ["Clauses"]


class _Clause(NamedTuple):
    """A clause, its planned tokens with the white space before it, and its share of the segment's worth."""

    start: int
    end: int
    tokens: int
    worth: float


class Clauses:
    """The clauses of the segments of one call; each segment is read when it is first to be cut."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._known: dict[int, list[_Clause]] = {}

    def best(self, at: int, room: int, *, words: bool = False) -> Span | None:
        """The consecutive clauses of a segment that are worth most together; of equal ones what begins first.

        Of some kinds of segments those from its beginning on; see `laconic.kinds.kind.Parts`.

        Args:
            at: the segment.
            room: planned tokens.
            words: whether, where not one clause is so short, words from the beginning of the best one on are taken.

        Returns:
            None where nothing is so short. Linear in the segment.
        """
        if at not in self._known:
            self._known[at] = self._read(at)
        clauses = self._known[at]
        text = self._reading.passages[self._reading.segments[at].passage].text
        opens = self._reading.rule(at).parts is Parts.BEGINNING
        best: Span | None = None
        most, worth, tokens, first = 0.0, 0.0, 0, 0
        for last, clause in enumerate(clauses):
            worth += clause.worth
            tokens += clause.tokens
            while tokens > room and first <= last:
                worth -= clauses[first].worth
                tokens -= clauses[first].tokens
                first += 1
            if opens and first:
                break
            if first <= last and worth > most + 1e-9:  # sums differ in the last digits
                start, end = clauses[first].start, clause.end
                if not is_short(text[start:end]) and not (opens and _is_open(text[start:end])):
                    most, best = worth, (start, end)
        if best is None and words and clauses:
            start = clauses[0].start if opens else max(clauses, key=lambda clause: clause.worth).start
            best = self._words(text, start, clauses[-1].end, room)
            if best is not None and (not has_words(text[slice(*best)]) or (opens and _is_open(text[slice(*best)]))):
                return None
        return best

    def _words(self, text: str, start: int, end: int, room: int) -> Span | None:
        """What fits of a text from a clause on, cut between words; None where not one does."""
        count = self._reading.settings.counter.count
        cuts = word_cuts(text, start, end)
        fitting = bisect_right(cuts, room, key=lambda cut: count(text[start:cut]))
        return (start, cuts[fitting - 1]) if fitting else None

    def _read(self, at: int) -> list[_Clause]:
        reading = self._reading
        segment = reading.segments[at]
        text = reading.as_read[segment.passage].text
        spans = clause_spans(text, segment.start, segment.end)
        count = reading.settings.counter.count
        before = [segment.start, *(end for _, end in spans[:-1])]
        tokens = [max(1, count(text[low:end])) for low, (_, end) in zip(before, spans, strict=True)]
        worth = self._worth(segment, spans)
        return [_Clause(*span, cost, share) for span, cost, share in zip(spans, tokens, worth, strict=True)]

    def _worth(self, segment: Segment, spans: list[Span]) -> list[float]:
        """The clauses ranked as segments are, by the call's scorer where it can read a text that it has not seen.

        What must be preserved comes first. Without a question all are alike, so that the beginning is kept.
        """
        import numpy as np

        reading = self._reading
        passage = reading.as_read[segment.passage]
        texts = [passage.text[start:end].casefold() for start, end in spans]
        pinned = [float(any(phrase.casefold() in text for phrase in reading.settings.preserve)) for text in texts]
        if reading.query is None or len(spans) < 2:
            return [1.0 + pin * len(spans) for pin in pinned]
        scorer = reading.settings.scorer
        if getattr(scorer, "name", None) not in SCORERS:
            scorer = load_scorer("lexical", fallback=True).scorer
        part = Passage(
            passage.text[segment.start : segment.end],
            title=passage.title, language=passage.language, kind=passage.kind,
        )  # fmt: skip
        pieces = [Segment(0, start - segment.start, end - segment.start) for start, end in spans]
        worth: list[float] = (np.exp(scorer.score(reading.query, [part], pieces)) + pinned).tolist()
        return worth


def _is_open(text: str) -> bool:
    """Whether a quotation in it does not end."""
    return text.count('"') % 2 == 1
