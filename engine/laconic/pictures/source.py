"""A source as HTML: its text whole and in order, with what became of each stretch of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby
from typing import NamedTuple

from laconic._utils.unicode import shown
from laconic.pictures.style import SHADES, plain

__all__ = [
    "CUT", "KEPT", "LAYOUT", "PRUNED", "Allowance", "Mark", "Scale", "Source", "drawn", "legend", "token_bar",
]  # fmt: skip

KEPT, CUT, PRUNED, LAYOUT = "kept", "cut", "pruned", "layout"
"""States of a mark: kept; cut, as a whole or as the rest of a segment; cut out of what is kept; white space."""

# Not tuned, but looked at: what fits a few lines is read where it stands, more than that hides what was kept.
_FOLDED_CHARS, _FOLDED_LINES = 600, 12
_INDENTED = re.compile(r"^(?: {2}|\t).*\n(?: {2}|\t)", re.MULTILINE)  # code, trees of keys: columns matter
_LOOKED_AT_CHARS = 10_000
_BRIEF_CHARS = 1500  # of a folded run, where not everything is drawn
# Marks of one source that are each shown with its own score; of more, neighbours that look alike are one.
_SINGLE_MARKS = 400


class Mark(NamedTuple):
    """A stretch of a source.

    Attributes:
        start, end: character span.
        state: `KEPT`, `CUT`, `PRUNED` or `LAYOUT`.
        why: in words; empty where there is nothing to say.
        share: of the call's evidence, 0-1; None where nothing was scored.
        because: what moved the score, in words.
    """

    start: int
    end: int
    state: str
    why: str = ""
    share: float | None = None
    because: str = ""


class Source(NamedTuple):
    """What is drawn as one.

    Attributes:
        name: its heading.
        text: of it, whole.
        marks: in order, disjoint. What lies in none is cut without a reason.
        own: what the renderer wrote of its own, each before a place in the text, in order.
        tokens: kept and before; None where they are not known.
        share: of the call's evidence.
    """

    name: str
    text: str
    marks: Sequence[Mark]
    own: Sequence[tuple[int, str]] = ()
    tokens: tuple[int, int] | None = None
    share: float | None = None


class Scale(NamedTuple):
    """What sources of one picture are measured by.

    Attributes:
        measure: what a share is a share of, a word.
        best: the highest share of a mark, for the shading.
        longest: tokens of the largest source, for the length of the bars.
    """

    measure: str
    best: float
    longest: int

    @classmethod
    def of(cls, sources: Sequence[Source], measure: str) -> Scale:
        """The scale that shows all of some sources."""
        best = max((mark.share or 0.0 for source in sources for mark in source.marks), default=0.0)
        return cls(measure, best, max((source.tokens[1] for source in sources if source.tokens), default=0))

    def shade(self, share: float | None) -> int:
        """0 for what is next to nothing beside the best, up to the last shade: each is a quarter of the next."""
        if not share or not self.best:
            return 0
        shade = SHADES - 1
        while shade and share * 4 < self.best:
            share *= 4
            shade -= 1
        return shade

    def said(self, share: float) -> str:
        """A share for people."""
        return f"{100 * share:.1f} % of the {self.measure}" if share >= 0.001 else f"under 0.1 % of the {self.measure}"


class Allowance:
    """How much of texts is drawn: all, or of each long cut run the beginning, and so many characters in all.

    Attributes:
        left: characters that may still be drawn; None for all.
        missing: characters that were not.
    """

    def __init__(self, chars: int | None = None) -> None:
        self.left = chars
        self.missing = 0

    def take(self, text: str, most: int | None = None) -> str:
        """As much of a text as is allowed, as HTML; at most ``most`` characters of it."""
        if self.left is not None:
            allowed = min(self.left, len(text) if most is None else most)
            self.missing += max(0, len(text) - allowed)
            text = text[:allowed]
            self.left -= len(text)
        return escape(shown(text))


def drawn(source: Source, scale: Scale, allowance: Allowance) -> str:
    """A source as a section: heading, bar of tokens, text.

    Args:
        source: what to draw.
        scale: of the picture.
        allowance: what may be drawn.
    """
    figures = []
    if source.tokens is not None:
        figures.append(f"{source.tokens[0]:,} of {source.tokens[1]:,} tokens kept")
    if source.share is not None:
        figures.append(scale.said(source.share))
    said = f"<p>{', '.join(figures)}</p>" if figures else ""
    indented = " indented" if _INDENTED.search(source.text[:_LOOKED_AT_CHARS]) else ""
    # what cleans notebooks takes out blank lines and style sheets, but leaves breaks
    text = "".join(_text(source, scale, allowance)).replace("\n", "<br>")
    return (
        f'<section aria-label="{plain(source.name)}"><h3><bdi>{plain(source.name)}</bdi></h3>{said}'
        f"{token_bar(source.tokens, scale.longest)}"
        f'<div class="source{indented}" translate="no">{text}</div></section>'
    )


def legend(sources: Sequence[Source], scale: Scale) -> str:
    """What the marks of some sources mean, as a list of those that there are."""
    states = {mark.state for source in sources for mark in source.marks}
    items = ['<span class="m">kept</span>'] if KEPT in states else []
    if CUT in states:
        items.append("<del>cut</del>")
    if PRUNED in states:
        items.append('<span class="pruned"><del>cut out of what is kept</del></span>')
    if any(source.own for source in sources):
        items.append("<ins>written by laconic</ins>")
    if scale.best:
        steps = "".join(f'<b class="s{shade}"></b>' for shade in range(SHADES))
        items.append(f'<span class="scale">{scale.measure}: little {steps} much</span>')
    return f'<ul class="legend" aria-label="legend">{"".join(f"<li>{item}</li>" for item in items)}</ul>'


def token_bar(tokens: tuple[int, int] | None, longest: int) -> str:
    """A bar as long as a source is beside the longest, filled as far as it is kept."""
    if tokens is None or not tokens[1]:
        return ""
    kept, all_of_it = tokens
    width, filled = 100 * all_of_it / max(longest, all_of_it), 100 * min(1.0, kept / all_of_it)
    return (
        f'<div class="bar" role="img" aria-label="{filled:.0f} % of its tokens kept" style="width:{width:.2f}%">'
        f'<i style="width:{filled:.2f}%"></i></div>'
    )


def _text(source: Source, scale: Scale, allowance: Allowance) -> Iterator[str]:
    marks: Iterable[Mark] = _whole(source)
    if len(source.marks) > _SINGLE_MARKS:
        marks = _merged(marks, scale)
    for kept, group in groupby(_with_own(marks, source.own), key=lambda each: each[0].state == KEPT):
        run = list(group)
        if kept:
            for mark, written in run:
                yield _own(written, allowance) if written else _mark(mark, source.text, scale, allowance)
        else:
            yield _cut_run([mark for mark, _ in run], source.text, scale, allowance)
    if allowance.missing:
        yield f'<p class="more">… {allowance.missing:,} characters more, in to_html()</p>'
        allowance.missing = 0


def _whole(source: Source) -> Iterator[Mark]:
    """The marks, and what lies between them."""
    at = 0
    for mark in source.marks:
        if at < mark.start:
            yield Mark(at, mark.start, LAYOUT if source.text[at : mark.start].isspace() else CUT)
        if mark.start < mark.end:
            yield mark
        at = max(at, mark.end)
    if at < len(source.text):
        yield Mark(at, len(source.text), LAYOUT if source.text[at:].isspace() else CUT)


def _with_own(marks: Iterable[Mark], own: Sequence[tuple[int, str]]) -> Iterator[tuple[Mark, str]]:
    """The marks, and in their places, which may be inside of one, empty ones with what was written there."""
    place = end = 0
    for mark in marks:
        start, end = mark.start, mark.end
        while place < len(own) and own[place][0] < end:
            at, written = own[place]
            if start < at:
                yield mark._replace(start=start, end=at), ""
                start = at
            yield Mark(start, start, KEPT), written
            place += 1
        yield mark._replace(start=start), ""
    for _, written in own[place:]:
        yield Mark(end, end, KEPT), written


def _merged(marks: Iterable[Mark], scale: Scale) -> Iterator[Mark]:
    """Neighbours that look alike as one; its share is the highest of theirs."""
    last: Mark | None = None
    for mark in marks:
        if last is None or _look(last, scale) != _look(mark, scale):
            if last is not None:
                yield last
            last = mark
        else:
            shares = [share for share in (last.share, mark.share) if share is not None]
            last = last._replace(end=mark.end, share=max(shares, default=None), because="")
    if last is not None:
        yield last


def _look(mark: Mark, scale: Scale) -> tuple[str, str, int]:
    return mark.state, mark.why, scale.shade(mark.share)


def _mark(mark: Mark, source: str, scale: Scale, allowance: Allowance, most: int | None = None) -> str:
    end = mark.end - (source[mark.end - 1 : mark.end + 1] == "\r\n")  # half of a line break is none
    html = allowance.take(source[mark.start : end], most)
    inner = html.strip()
    if not inner:
        return html
    before, _, behind = html.partition(inner)  # a line through white space says nothing
    if mark.state != KEPT:
        inner = f"<del>{inner}</del>"
    if mark.why:
        share = None if mark.share is None else scale.said(mark.share)
        label = " · ".join(filter(None, (mark.why, share, mark.because)))
        inner = (
            f'<span class="m {mark.state} s{scale.shade(mark.share)}" role="group" tabindex="0" '
            f'aria-label="{plain(label)}">{inner}</span>'
        )
    return f"{before}{inner}{behind}"


def _own(written: str, allowance: Allowance) -> str:
    html = allowance.take(written)
    return f'<span class="m" role="group" tabindex="0" aria-label="written by laconic"><ins>{html}</ins></span>'


def _cut_run(run: Sequence[Mark], source: str, scale: Scale, allowance: Allowance) -> str:
    """A run of what was cut, behind a line that says how much it is where it is long."""
    start, end = run[0].start, run[-1].end
    if end - start <= _FOLDED_CHARS and source.count("\n", start, end) <= _FOLDED_LINES:
        return "".join(_mark(mark, source, scale, allowance) for mark in run)
    inside = "".join(_mark(mark, source, scale, allowance, max(0, start + _BRIEF_CHARS - mark.start)) for mark in run)
    whys = dict.fromkeys(mark.why for mark in run if mark.why and mark.state != LAYOUT)
    why = f" {plain('; '.join(whys))}" if whys else " cut"
    return f"<details><summary>{end - start:,} characters{why}</summary>{inside}</details>"
