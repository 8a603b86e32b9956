"""The result of a call: what was kept, what was dropped and why, and the metrics. Every result is built here."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from time import perf_counter
from typing import NamedTuple

from laconic.core.counting import Counting
from laconic.core.run import Run
from laconic.core.trace import subtract
from laconic.core.writing import Written
from laconic.types import (
    CompressedPassage,
    Compression,
    Contribution,
    Dropped,
    Metrics,
    Passage,
    Rendered,
    Segment,
    SegmentExplanation,
    Span,
    TokenCounter,
)

__all__ = ["Piece", "build", "compression", "rest", "whole"]

LAYOUT = "layout"
"""Why white space, brackets and commas are dropped that belong to no segment."""


def compression(run: Run, began: float) -> Compression:
    """The result of a run that began at ``began`` by `time.perf_counter`."""
    reading, settings = run.reading, run.reading.settings
    scores: Sequence[float] = ()
    if run.written is not None or (settings.reranker is not None and settings.reranker.always and reading.query):
        scores = reading.passage_scores
    if run.written is None:
        texts = {
            index: Rendered(p.text, ((0, len(p.text)),) if p.text else ()) for index, p in enumerate(reading.passages)
        }
        dropped: tuple[Dropped, ...] = ()
        fallbacks: list[str | None] = []
        segments = kept = 0
    else:
        texts = {index: written.rendered for index, written in run.written.items()}
        dropped = tuple(_dropped(run, texts))
        fallbacks = [fallback for _, fallback in reading.kinds] + [part.fallback for part in reading.parts]
        segments = len(reading.segments)
        kept = len(run.kept) + (run.writing.cut is not None) or len(texts)
    fallback = reading.fallback if scores else settings.fallback
    if reading.hurried:
        fallbacks.append(f"{settings.deadline.timeout_ms:g} ms were over: {', '.join(reading.hurried)}")
    explanations = _explanations(run) if settings.explain else None
    return build(
        reading.passages,
        texts,
        dropped,
        counter=settings.counter,
        separator=settings.separator,
        began=began,
        counting=reading.counting,
        ceiling=run.ceiling,
        scorer=reading.scorer_name,
        fallback="; ".join(dict.fromkeys(filter(None, [fallback, *fallbacks]))) or None,
        segments=segments,
        segments_kept=kept,
        texts_reread=reading.opinion.read if scores else 0,
        warning=reading.doubt if scores else None,
        scores=scores,
        kept_scores=None if run.written is None else _kept_scores(run),
        query=reading.query,
        timed_out=bool(reading.hurried),
        explanations=explanations,
    )


def build(
    passages: Sequence[Passage],
    texts: Mapping[int, Rendered],
    dropped: Sequence[Dropped],
    *,
    counter: TokenCounter,
    separator: str | None,
    began: float,
    counting: Counting | None = None,
    ceiling: int | None = None,
    scorer: str = "none",
    fallback: str | None = None,
    segments: int = 0,
    segments_kept: int = 0,
    texts_reread: int = 0,
    warning: str | None = None,
    scores: Sequence[float] = (),
    kept_scores: Mapping[int, Sequence[tuple[Span, float]]] | None = None,
    query: str | None = None,
    timed_out: bool = False,
    explanations: tuple[SegmentExplanation, ...] | None = None,
) -> Compression:
    """A result of its parts; counts are taken of the final texts.

    Args:
        passages: of the call.
        texts: what is left of them, by index.
        dropped: what is not.
        counter: counts.
        separator: what joins the passages; None where each is sent alone (``text`` is then joined by a blank line).
        began: when the call did, by `time.perf_counter`.
        counting: of the call, where counts are at hand.
        ceiling: the budget that held.
        scorer: name of what ranked.
        fallback: see `laconic.types.Metrics`.
        segments: how many there were.
        segments_kept: how many are kept.
        texts_reread: see `laconic.types.Metrics`.
        warning: see `laconic.types.Metrics`.
        scores: of the passages; empty where nothing was scored.
        kept_scores: of the segments of which something is kept, by passage; see `laconic.types.CompressedPassage`.
        query: of the call.
        timed_out: see `laconic.types.Metrics`.
        explanations: see `laconic.types.Compression`.
    """
    counting = Counting(passages, counter, separator) if counting is None else counting
    parts = tuple(
        CompressedPassage(
            text=text.text,
            index=index,
            id=passages[index].id,
            spans=text.spans,
            tokens=counting.count(text.text),
            level="full" if text.text == passages[index].text else "extract",
            original=passages[index].text,
            counter=counter,
            score=scores[index] if scores else None,
            retrieval_score=passages[index].score,
            scores=tuple((kept_scores or {}).get(index, ())),
        )
        for index, text in sorted(texts.items())
    )
    finals = [passages[part.index].head + part.text for part in parts]
    metrics = Metrics(
        original_tokens=counting.original_tokens,
        compressed_tokens=counting.joined(finals) if finals else 0,
        budget_tokens=ceiling,
        latency_ms=(perf_counter() - began) * 1000,
        counter=getattr(counter, "name", type(counter).__name__),
        exact=getattr(counter, "exact", True),
        scorer=scorer,
        fallback=fallback,
        segments=segments,
        segments_kept=segments_kept,
        texts_reread=texts_reread,
        warning=warning,
        timed_out=timed_out,
    )
    final = ("\n\n" if separator is None else separator).join(finals)
    return Compression(final, parts, tuple(dropped), metrics, query, explanations)


class Piece(NamedTuple):
    """A stretch of a passage that is decided about as one, and what is said of it where it is dropped."""

    start: int
    end: int
    reason: str
    score: float | None = None


def rest(index: int, passage: Passage, kept: Sequence[Span], pieces: Sequence[Piece]) -> Iterator[Dropped]:
    """All of a passage that is not kept, cut at its pieces.

    Args:
        index: position of the passage in the call.
        passage: of the call.
        kept: spans of it, in order.
        pieces: of it, in order, disjoint; the white space before a piece goes with it.

    Together with ``kept`` the spans of what is given back are the whole passage. Linear.
    """
    at, text = 0, passage.text
    for start, end in subtract([(0, len(text))], kept):
        while at and pieces[at - 1].end > start:
            at -= 1
        while at < len(pieces) and pieces[at].end <= start:
            at += 1
        last = at
        while last < len(pieces) and pieces[last].start < end:
            last += 1
        *here, final = pieces[at:last] or (Piece(start, end, LAYOUT),)
        begin = start
        for _, stop, reason, score in here:  # what lies between two pieces goes with the second
            yield Dropped(index, passage.id, (begin, stop), text[begin:stop], reason, score)
            begin = stop
        yield Dropped(index, passage.id, (begin, end), text[begin:end], final.reason, final.score)


def whole(passage: Passage) -> Rendered:
    """A passage as it came."""
    return Rendered(passage.text, ((0, len(passage.text)),) if passage.text else ())


def _dropped(run: Run, texts: Mapping[int, Rendered]) -> Iterator[Dropped]:
    """What is not in the result, and why; of a segment that was cut, the rest."""
    reading = run.reading
    segments, kept_at = reading.segments, run.kept
    scores = reading.scores.tolist() if segments else []
    for index, passage in enumerate(reading.passages):
        first, end = reading.bounds[index]
        kept = texts[index].spans if index in texts else ()
        if first == end:
            pieces = [Piece(0, len(passage.text), "blank")]
        else:
            pieces = []
            for at in range(first, end):
                _, start, stop = segments[at][:3]
                if at in kept_at:
                    pieces += () if _is_whole(run, at) else _pieces(run, at, scores[at])
                elif start < stop:
                    pieces.append(Piece(start, stop, _reason(run, at), scores[at]))
        yield from rest(index, passage, kept, pieces)


def _is_whole(run: Run, at: int) -> bool:
    """Whether all of a segment is kept, as far as that is known without a look at what is written."""
    return run.kept.get(at) == 0 and not run.reading.kind_of(at).frames


def _pieces(run: Run, at: int, score: float) -> Iterator[Piece]:
    """A segment as pieces: the words that its level leaves out, and the rest of it."""
    segment = run.reading.segments[at]
    level = run.kept.get(at, 0)
    start = segment.start
    reason = _reason(run, at)
    if level > 0:
        detail = run.reading.levels[at][level - 1]
        for first, last in detail.holes:
            if start < first:
                yield Piece(start, first, reason, score)
            yield Piece(first, last, detail.name, score)
            start = last
    if start < segment.end:
        yield Piece(start, segment.end, reason, score)


def _reason(run: Run, at: int) -> str:
    """Why a segment, or a part of it, is not kept."""
    kept, reading = run.kept, run.reading
    if at in kept:
        return "budget"
    twin = reading.duplicates.get(at)
    if twin is not None and twin in kept:
        return "duplicate"
    return "budget" if reading.wanted[at] else "coverage"


def _cut(run: Run) -> set[int]:
    """The segments of which a stretch is kept that is no level of theirs."""
    cut = {at for at, _ in run.writing.beginnings.values() if at >= 0}  # a blank passage has none
    return cut if run.writing.cut is None else cut | {run.writing.cut[0]}


def _kept_scores(run: Run) -> dict[int, list[tuple[Span, float]]]:
    """The spans and scores of the segments of which something is kept, by passage, in order."""
    scores = run.reading.scores
    found: dict[int, list[tuple[Span, float]]] = {}
    for at in sorted(_cut(run).union(run.kept)):
        segment = run.reading.segments[at]
        found.setdefault(segment.passage, []).append(((segment.start, segment.end), float(scores[at])))
    return found


def _level(run: Run, at: int) -> str:
    """What a kept segment is kept at."""
    if at not in run.kept:
        return "cut"
    level = run.kept[at]
    return run.reading.levels[at][level - 1].name if level > 0 else "full"


def _is_shown(written: Mapping[int, Written], segment: Segment) -> bool:
    """Whether something of a segment is in the text: of code that does not parse not all of it can be."""
    spans = written[segment.passage].rendered.spans if segment.passage in written else ()
    at = bisect_left(spans, (segment.end, 0))
    return at > 0 and spans[at - 1][1] > segment.start


def _explanations(run: Run) -> tuple[SegmentExplanation, ...]:
    """For each segment its score and what made it; empty where nothing was scored.

    Where a deadline has passed, ``"deadline"`` stands in place of the scorer's features: the score is not made of them,
    or there is no time for them.
    """
    if run.written is None:
        return ()
    reading = run.reading
    scores = reading.scores.tolist()
    scorer = reading.settings.scorer
    late = reading.is_hurried or reading.settings.deadline.passed()
    explain = None if late else getattr(scorer, "explain", None)
    explained = explain(reading.query, reading.passages, reading.segments) if explain is not None else None
    partly = _cut(run)
    found = []
    for at, segment in enumerate(reading.segments):
        points = ((name, float(delta[at])) for name, delta in reading.adjustments)
        reasons = [Contribution(name, each, each) for name, each in points if each]
        if explained is not None:
            reasons += explained[at].contributions
        kept = (at in run.kept or at in partly) and _is_shown(run.written, segment)
        if late:
            reasons.append(Contribution("deadline", reading.settings.deadline.timeout_ms, 0.0))
        found.append(
            SegmentExplanation(
                index=segment.passage,
                span=(segment.start, segment.end),
                kind=segment.kind,
                kept=kept,
                score=scores[at],
                contributions=tuple(sorted(reasons, key=lambda reason: -abs(reason.points))),
                level=_level(run, at) if kept else "none",
                reason=None if kept else _reason(run, at),
            )
        )
    return tuple(found)
