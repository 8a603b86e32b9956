"""The result of a call: what was kept, what was dropped and why, and the metrics."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING

from laconic.core.trace import subtract
from laconic.types import (
    DROPPED,
    CompressedPassage,
    Compression,
    Dropped,
    Metrics,
    Rendered,
    SegmentExplanation,
)

if TYPE_CHECKING:
    from laconic.core.run import Run

__all__ = ["compression", "dropped", "unchanged"]


def unchanged(run: Run, original: int, ceiling: int | None) -> Compression:
    """The input as it came."""
    parts = tuple(
        CompressedPassage(
            text=passage.text,
            index=index,
            id=passage.id,
            spans=((0, len(passage.text)),) if passage.text else (),
            tokens=run.count(passage.text),
            level="full",
            original=passage.text,
            counter=run.settings.counter,
        )
        for index, passage in enumerate(run.passages)
    )
    return _finished(run, parts, (), original, original, ceiling, 0, 0, scored=False)


def compression(
    run: Run,
    original: int,
    ceiling: int | None,
    levels: Sequence[int],
    rendered: dict[int, tuple[Rendered, int]],
) -> Compression:
    """The result of a selection."""
    parts = tuple(
        CompressedPassage(
            text=part.text,
            index=index,
            id=run.passages[index].id,
            spans=part.spans,
            tokens=tokens,
            level="full" if part.text == run.passages[index].text else "extract",
            original=run.passages[index].text,
            counter=run.settings.counter,
        )
        for index, (part, tokens) in rendered.items()
    )
    kept_segments = sum(level != DROPPED for level in levels)
    return _finished(
        run,
        parts,
        run.dropped(levels, rendered),
        original,
        run.counting.joined([part.text for part in parts]) if parts else 0,
        ceiling,
        len(run.segments),
        kept_segments or len(parts),
    )


def dropped(run: Run, levels: Sequence[int], rendered: dict[int, tuple[Rendered, int]]) -> tuple[Dropped, ...]:
    """What is not in the result, and why; of a segment that was cut, the rest."""
    pieces = []
    scores = run.scores.tolist() if run.segments else []
    for index, passage in enumerate(run.passages):
        first, end = run.bounds[index]
        if first == end and passage.text:
            pieces.append(Dropped(index, passage.id, (0, len(passage.text)), passage.text, "blank"))
        spans = rendered[index][0].spans if index in rendered else ()
        frames = run.parts[index].keeps_frames
        # something of a dropped segment is kept: a frame, or a beginning where no whole segment fits
        partly = bool(spans) and (frames or all(levels[at] == DROPPED for at in range(first, end)))
        for at in range(first, end):
            if levels[at] != DROPPED and not frames:
                continue
            span = (run.segments[at].start, run.segments[at].end)
            for start, stop in subtract([span], spans) if partly else (span,):
                text = passage.text[start:stop]
                if not partly or text.strip():
                    reason = _reason(run, at, levels)
                    pieces.append(Dropped(index, passage.id, (start, stop), text, reason, scores[at]))
    return tuple(pieces)


def _reason(run: Run, at: int, levels: Sequence[int]) -> str:
    """Why a segment is not kept."""
    twin = run.duplicates.get(at) if run.duplicates else None
    if twin is not None and levels[twin] != DROPPED:
        return "duplicate"
    return "budget" if run.wanted[at] else "coverage"


def _finished(
    run: Run,
    parts: tuple[CompressedPassage, ...],
    rest: tuple[Dropped, ...],
    original: int,
    compressed: int,
    ceiling: int | None,
    segments: int,
    kept: int,
    *,
    scored: bool = True,
) -> Compression:
    """The result of its parts, with the metrics of the call."""
    counter = run.settings.counter
    metrics = Metrics(
        original_tokens=original,
        compressed_tokens=compressed,
        budget_tokens=ceiling,
        latency_ms=(perf_counter() - run.began) * 1000,
        counter=getattr(counter, "name", type(counter).__name__),
        exact=getattr(counter, "exact", True),
        scorer=getattr(run.settings.scorer, "name", type(run.settings.scorer).__name__),
        fallback="; ".join(dict.fromkeys(filter(None, [run.settings.fallback, *run.fallbacks]))) or None,
        segments=segments,
        segments_kept=kept,
    )
    separator = run.settings.separator
    text = ("\n\n" if separator is None else separator).join(part.text for part in parts)
    return Compression(text, parts, rest, metrics, run.query, _explanations(run, parts, scored))


def _explanations(run: Run, parts: Sequence[CompressedPassage], scored: bool) -> tuple[SegmentExplanation, ...] | None:
    """For each segment its score and what made it; None where nobody asked, empty where nothing was scored."""
    if not run.settings.explain:
        return None
    if not scored:
        return ()
    kept = {part.index: part.spans for part in parts}
    explain = getattr(run.settings.scorer, "explain", None)
    if explain is None:
        contributions = [()] * len(run.segments)
    else:
        contributions = [each.contributions for each in explain(run.query, run.passages, run.segments)]
    return tuple(
        SegmentExplanation(
            index=segment.passage,
            span=(segment.start, segment.end),
            kind=segment.kind,
            kept=any(start < segment.end and end > segment.start for start, end in kept.get(segment.passage, ())),
            score=float(score),
            contributions=tuple(reasons),
        )
        for segment, score, reasons in zip(run.segments, run.scores, contributions, strict=True)
    )
