"""Long passages are read in sections: what stands under one heading is to the scorer a passage of its own.

A passage that a retriever returns has a few hundred words about one thing, and its title says about what. A document
of thirty pages is such a passage for nobody: its title fits all of it, and its best paragraph says nothing about the
others. Under each heading it is again what the features and nets know, and its headings are its titles.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from laconic.score.evidence.arrays import Ints, run_starts
from laconic.types import Passage, Segment

__all__ = ["Section", "Sections", "find_sections"]

_SHORT = 8
"""Passages of up to so many segments are read whole: chosen by training questions, as is that headings alone begin
sections (benchmarks/results/evidence.md)."""

_TITLE_CHARS = 200  # a heading that is longer is text
_LEAD_CHARS = 160
_MARKS = "#=*_ \t\r\n"


class Section(NamedTuple):
    """What the scorer reads as one passage.

    Attributes:
        title: of the passage and of the headings above, None where there are none.
        lead: how its text begins.
    """

    title: str | None
    lead: str


class Sections(NamedTuple):
    """The sections of a call.

    Attributes:
        first: (P,) the first segment of each.
        owner: (n,) the section of each segment.
        present: the sections, in order.
    """

    first: Ints
    owner: Ints
    present: list[Section]


def find_sections(passages: Sequence[Passage], segments: Sequence[Segment]) -> Sections:
    """The sections of a call: one for each passage with segments, several for long ones with headings.

    Linear in the number of segments.
    """
    numbers = np.fromiter((segment.passage for segment in segments), np.intp, len(segments))
    begins = run_starts(numbers)
    heading = np.fromiter((segment.kind == "heading" for segment in segments), np.bool_, len(segments))
    if heading.any():
        follows = np.zeros(len(segments), np.bool_)  # a heading below a heading
        follows[1:] = heading[1:] & heading[:-1] & ~begins[1:]
        is_long = np.bincount(numbers)[numbers] > _SHORT
        begins |= heading & ~follows & is_long
    else:
        is_long = heading
    first = np.flatnonzero(begins)
    present = [_section(passages, segments, at, headed=bool(heading[at] and is_long[at])) for at in first.tolist()]
    return Sections(first, begins.cumsum() - 1, present)


def _section(passages: Sequence[Passage], segments: Sequence[Segment], at: int, *, headed: bool) -> Section:
    """The one that begins with a segment."""
    passage = passages[segments[at].passage]
    if not headed:
        return Section(passage.title, passage.text[:_LEAD_CHARS])
    content = at + 1
    while content < len(segments) and segments[content].kind == "heading" and _same(segments, at, content):
        content += 1
    path: Sequence[int] = range(at, content)
    if content < len(segments) and _same(segments, at, content):
        # What the text below says it stands under has the headings above this one as well, the nearest first.
        path = [place for place in reversed(segments[content].under) if segments[place].kind == "heading"] or path
    headings = [passage.text[segments[place].start : segments[place].end].strip(_MARKS) for place in path]
    start = segments[at].start
    lead = passage.text[start : start + _LEAD_CHARS]
    if sum(map(len, headings)) > _TITLE_CHARS:
        return Section(passage.title, lead)
    return Section(" ".join(filter(None, [passage.title, *headings])) or None, lead)


def _same(segments: Sequence[Segment], one: int, other: int) -> bool:
    return segments[one].passage == segments[other].passage
