"""The result of a compression as a picture."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from math import exp
from typing import Protocol

from laconic.pictures.source import (
    CUT,
    KEPT,
    LAYOUT,
    PRUNED,
    Allowance,
    Mark,
    Scale,
    Source,
    drawn,
    legend,
)
from laconic.pictures.style import page, plain, styled

__all__ = ["compression_picture", "sources_picture", "spans_picture"]

_Span = tuple[int, int]

# Why something was cut, in words; see `laconic.types.Dropped`.
_WHYS = {
    "budget": "no room in the budget",
    "duplicate": "the same words are kept elsewhere",
    "coverage": "the asked share of the evidence is there without it",
    "boilerplate": "many documents have it",
    "blank": "blank",
    "layout": "layout around what was cut",
    "pruned": "words that a kept sentence can do without",
    "cells": "cells of a kept row that are not asked for",
    "policy": "ranked below what is kept",
}
_WITH_IT = "kept: goes with what is kept"
_CONTRIBUTIONS = 3
_BRIEF_CHARS = 100_000  # that a picture in a notebook shows, which is saved with every run of the cell


class _Counter(Protocol):
    def count(self, text: str) -> int: ...


class _Kept(Protocol):
    @property
    def index(self) -> int: ...
    @property
    def id(self) -> str | None: ...
    @property
    def text(self) -> str: ...
    @property
    def spans(self) -> tuple[_Span, ...]: ...
    @property
    def original(self) -> str: ...
    @property
    def tokens(self) -> int: ...
    @property
    def original_tokens(self) -> int: ...
    @property
    def score(self) -> float | None: ...
    @property
    def scores(self) -> tuple[tuple[_Span, float], ...]: ...
    @property
    def counter(self) -> _Counter: ...


class _Cut(Protocol):
    @property
    def index(self) -> int: ...
    @property
    def id(self) -> str | None: ...
    @property
    def span(self) -> _Span: ...
    @property
    def text(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def score(self) -> float | None: ...


class _Point(Protocol):
    @property
    def feature(self) -> str: ...
    @property
    def points(self) -> float: ...


class _Explained(Protocol):
    @property
    def index(self) -> int: ...
    @property
    def span(self) -> _Span: ...
    @property
    def level(self) -> str: ...
    @property
    def contributions(self) -> Sequence[_Point]: ...


class _Result(Protocol):
    @property
    def passages(self) -> Sequence[_Kept]: ...
    @property
    def dropped(self) -> Sequence[_Cut]: ...
    @property
    def query(self) -> str | None: ...
    @property
    def explanations(self) -> Sequence[_Explained] | None: ...


def compression_picture(result: _Result, figures: str, *, brief: bool = False, whole_page: bool = False) -> str:
    """A `laconic.types.Compression` as HTML: each passage with what was kept, what was cut and why.

    Args:
        result: what to draw.
        figures: a line of plain text that goes first.
        brief: see `sources_picture`.
        whole_page: see `sources_picture`.
    """
    sources = list(_sources(result))
    return sources_picture(sources, figures, result.query, brief=brief, whole_page=whole_page)


def spans_picture(
    text: str,
    spans: Sequence[_Span],
    tokens: tuple[int, int],
    figures: str,
    query: str,
    *,
    brief: bool,
    whole_page: bool,
) -> str:
    """A text of which spans are kept, where nothing else is known, as HTML.

    Args:
        text: what came in.
        spans: what is left of it, in order.
        tokens: kept and before.
        figures: see `compression_picture`.
        query: the question.
        brief: see `sources_picture`.
        whole_page: see `sources_picture`.
    """
    marks: list[Mark] = []
    at = 0
    for start, end in [*spans, (len(text), len(text))]:
        if at < start:
            marks.append(Mark(at, start, LAYOUT if text[at:start].isspace() else CUT, _why(CUT, "policy")))
        marks.append(Mark(start, end, KEPT, KEPT))
        at = end
    source = Source("text", text, marks, tokens=tokens)
    return sources_picture([source], figures, query, brief=brief, whole_page=whole_page)


def sources_picture(
    sources: Sequence[Source], figures: str, query: str | None, *, brief: bool = False, whole_page: bool = False
) -> str:
    """Sources as HTML.

    Args:
        sources: in order.
        figures: a line of plain text that goes first.
        query: the question, where there is one.
        brief: whether long stretches that were cut are shortened, and the whole, so that a notebook can hold it.
        whole_page: whether it is a document of its own rather than a fragment.
    """
    scale = Scale.of(sources, "evidence" if query else "importance")
    allowance = Allowance(_BRIEF_CHARS if brief else None)
    asked = f"<p>Question: <bdi>{plain(query)}</bdi></p>" if query else ""
    parts = [f"<p><strong>{plain(figures)}</strong></p>{asked}{legend(sources, scale)}"]
    for at, source in enumerate(sources):
        if allowance.left == 0:
            parts.append(f'<p class="more">… {len(sources) - at:,} passages more, in to_html()</p>')
            break
        parts.append(drawn(source, scale, allowance))
    html = styled(f"Compression: {figures}", parts)
    return page(html, f"laconic: {query or figures}") if whole_page else html


def _sources(result: _Result) -> Iterator[Source]:
    """The passages of a result, in their order."""
    left = {part.index: part for part in result.passages}
    cuts: dict[int, list[_Cut]] = {}
    for piece in result.dropped:
        cuts.setdefault(piece.index, []).append(piece)
    reasons: dict[int, list[_Explained]] = {}
    for explained in result.explanations or ():
        reasons.setdefault(explained.index, []).append(explained)
    counter = next((part.counter for part in result.passages), None)
    scored = any(piece.score is not None for piece in result.dropped)
    for index in sorted({*left, *cuts}):
        part, gone = left.get(index), cuts.get(index, [])
        text = part.original if part is not None else "".join(piece.text for piece in gone)
        name = part.id if part is not None else gone[0].id
        tokens = None
        if part is not None:
            tokens = (part.tokens, part.original_tokens)
        elif counter is not None:
            tokens = (0, counter.count(text))
        share = part.score if part is not None else _sum(gone) if scored else None
        yield Source(
            f"passage {index}" if name is None else f"passage {index} · {name}",
            text,
            _marks(part, gone, text, reasons.get(index, ())),
            () if part is None else tuple(_own(part)),
            tokens,
            share,
        )


def _sum(gone: Sequence[_Cut]) -> float:
    return min(1.0, sum(_share(piece.score) or 0.0 for piece in gone))


def _share(score: float | None) -> float | None:
    """Of what the call is worth; scores are logarithms of it."""
    return None if score is None else exp(min(0.0, score))


def _marks(part: _Kept | None, gone: Sequence[_Cut], text: str, reasons: Sequence[_Explained]) -> list[Mark]:
    """What became of each stretch of a passage, in order. Linear."""
    kept = () if part is None else part.scores
    starts = [span[0] for span, _ in kept]
    explained = {each.span[0]: each for each in reasons}
    order = [each.span[0] for each in reasons]
    marks = []
    for piece in gone:
        start, end = piece.span
        if text[start:end].isspace():
            marks.append(Mark(start, end, LAYOUT))
            continue
        at = bisect_left(starts, end) - 1
        state = PRUNED if at >= 0 and kept[at][0][1] > _first(text, start) else CUT
        marks.append(
            Mark(
                start,
                end,
                state,
                _why(state, piece.reason),
                _share(piece.score),
                _because(explained, order, start, end),
            )
        )
    if part is not None:
        marks += _kept_marks(part, explained)
    return sorted(marks)


def _first(text: str, start: int) -> int:
    """Where a piece begins to say something: the white space before it goes with it."""
    while start < len(text) and text[start].isspace():
        start += 1
    return start


def _kept_marks(part: _Kept, explained: Mapping[int, _Explained]) -> Iterator[Mark]:
    """The kept spans, cut at the segments that they hold."""
    segments, at = part.scores, 0
    for start, end in part.spans:
        while at < len(segments) and segments[at][0][1] <= start:
            at += 1
        each = at
        while each < len(segments) and segments[each][0][0] < end:
            (first, last), score = segments[each]
            if start < first:
                yield Mark(start, first, KEPT, _WITH_IT)
                start = first
            reason = explained.get(first)
            level = "" if reason is None or reason.level in ("full", "none") else f" ({reason.level})"
            stop = min(last, end)
            if start < stop:
                yield Mark(start, stop, KEPT, f"{KEPT}{level}", _share(score), _points(reason))
                start = stop
            each += 1
        if start < end:
            yield Mark(start, end, KEPT, _WITH_IT if segments else KEPT)


def _why(state: str, reason: str) -> str:
    name = reason.removeprefix("step ")
    return f"{state}: {_WHYS.get(reason, f'by the step {name}' if reason.startswith('step ') else reason)}"


def _because(explained: Mapping[int, _Explained], order: Sequence[int], start: int, end: int) -> str:
    at = bisect_left(order, start)
    return _points(explained[order[at]]) if at < len(order) and order[at] < end else ""


def _points(reason: _Explained | None) -> str:
    """What moved a score most."""
    if reason is None or not reason.contributions:
        return ""
    strongest = (
        f"{each.feature.replace('_', ' ')} {each.points:+.1f}" for each in reason.contributions[:_CONTRIBUTIONS]
    )
    return ", ".join(strongest)


def _own(part: _Kept) -> Iterator[tuple[int, str]]:
    """What the renderer wrote of its own, each before a place in the passage: what stands between the kept spans."""
    if len(part.text) == sum(end - start for start, end in part.spans):
        return
    at = 0
    last = 0
    for start, end in part.spans:
        found = part.text.find(part.original[start:end], at)
        if found < 0:
            break
        if at < found:
            yield start, part.text[at:found]
        at, last = found + end - start, end
    if at < len(part.text):
        yield last, part.text[at:]
