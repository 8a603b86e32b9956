"""Passages are read in sections: what stands under one heading is to the scorer a passage of its own.

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

_TITLE_CHARS = 200  # headings that are longer together are text
_LEAD_CHARS = 160
_MARKS = "#=*_ \t\r\n"
_LINE_CHARS, _LINE_WORDS = 80, 10  # a heading without marks is a short line
_TEXT_ENDS = frozenset(".!?;:,…。！？；：，、")


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
    """The sections of a call: one for each passage with segments, several for those with several headings.

    Nothing else begins a section: long passages cut every so many sentences or paragraphs lose more than they gain
    (benchmarks/results/evidence.md). Linear in the number of segments.
    """
    if not segments:
        return Sections(np.zeros(0, np.intp), np.zeros(0, np.intp), [])
    numbers, starts, ends, kinds = list(zip(*segments, strict=True))[:4]
    begins = run_starts(np.array(numbers, np.intp))
    sizes = np.array(ends, np.intp) - np.array(starts, np.intp)
    short = (sizes[:-1] <= _LINE_CHARS) & (sizes[1:] > sizes[:-1]) & ~begins[1:]
    heads = {at for at, kind in enumerate(kinds) if kind == "heading"}
    heads.update(
        at
        for at in np.flatnonzero(short).tolist()
        if kinds[at] == "sentence" and _is_heading(passages[numbers[at]].text, segments, at)
    )
    for at in heads:
        begins[at] |= at - 1 not in heads  # the first of several, one below the other
    first = np.flatnonzero(begins)
    present = [_section(passages, segments, heads, at) for at in first.tolist()]
    return Sections(first, begins.cumsum() - 1, present)


def _is_heading(text: str, segments: Sequence[Segment], at: int) -> bool:
    """Whether a sentence that is as short as a line, above a longer one of its passage, is a heading without marks.

    That is a line behind a blank one; at the beginning of a passage the blank line is below it.
    """
    _, start, end = segments[at][:3]
    below = segments[at + 1].start
    if text.find("\n", end, below) < 0:
        return False
    line = text[start:end]
    above = segments[at - 1].end if at and _same(segments, at - 1, at) else 0
    return (
        text.count("\n", *((above, start) if above else (end, below))) > 1
        and line[-1:] not in _TEXT_ENDS
        and (line[:1].isdigit() or line[:1] != line[:1].lower())
        and "\n" not in line
        and line.count(" ") < _LINE_WORDS
    )


def _section(passages: Sequence[Passage], segments: Sequence[Segment], heads: set[int], at: int) -> Section:
    """The one that begins with a segment."""
    passage = passages[segments[at].passage]
    if at not in heads:
        return Section(passage.title, passage.text[:_LEAD_CHARS])
    content = at + 1
    while content in heads and _same(segments, at, content):
        content += 1
    # What the text below says it stands under has the headings above this one as well, the nearest first.
    under = reversed(segments[content].under) if content < len(segments) and _same(segments, at, content) else ()
    path = dict.fromkeys([*(place for place in under if segments[place].kind == "heading"), *range(at, content)])
    headings = [passage.text[segments[place].start : segments[place].end].strip(_MARKS) for place in path]
    start = segments[at].start
    lead = passage.text[start : start + _LEAD_CHARS]
    if sum(map(len, headings)) > _TITLE_CHARS:
        return Section(passage.title, lead)
    return Section(" ".join(filter(None, [passage.title, *headings])) or None, lead)


def _same(segments: Sequence[Segment], one: int, other: int) -> bool:
    return segments[one].passage == segments[other].passage
