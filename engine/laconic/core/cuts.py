"""Segments that are cut: into what is left of a budget, or to their beginning where not even one fits whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from laconic._utils.unicode import word_cuts
from laconic.core.writing import Cut, Writing, Written
from laconic.kinds.kind import Parts
from laconic.types import BeginningRenderer, Rendered

__all__ = ["SegmentCuts", "begin", "begin_blank"]

_FIRST_WORD = re.compile(r"\s*\S*")


class SegmentCuts:
    """Cuts one segment of a call so that what is left still reads; see `laconic.select.budget.Cuts`.

    Args:
        writing: writes and counts.
        ceiling: tokens that the whole result may have.
        best: the segment that is cut between words where the budget is below one of its clauses.
    """

    def __init__(self, writing: Writing, ceiling: int, best: int | None) -> None:
        import numpy as np

        self.worth: list[float] = np.exp(writing.reading.scores).tolist()
        self._writing = writing
        self._ceiling = ceiling
        self._best = best

    def may_cut(self, at: int) -> bool:
        """Whether the segment is one that can be cut, and none has been."""
        rule = self._writing.reading.rule(at)
        return self._writing.cut is None and (rule.cuttable or (rule.parts is not Parts.NONE and at == self._best))

    def cut(self, at: int, kept: Mapping[int, int], room: int) -> bool:
        """Cut the segment; it is written and counted from now on."""
        reading = self._writing.reading
        # of what must be well-formed the renderer knows where words may end, where nothing else fits
        by_hand = isinstance(reading.kind_of(at).renderer(), BeginningRenderer)
        words = at == self._best and not by_hand
        while room > 0 and self._writing.try_cut(Cut(at, room, words), kept):
            used = self._writing.measure(kept)
            if used <= self._ceiling:
                return True
            room -= max(used - self._ceiling, room // 10)
        self._writing.cut = None
        return False


def begin(writing: Writing, at: int, room: int, *, least: bool = False) -> bool:
    """Keep a part of a segment in at most ``room`` tokens: its best clauses, else its beginning, cut between words.

    Args:
        writing: has the part from now on.
        at: the segment.
        room: tokens, with the passage's head.
        least: whether the beginning of its first word is kept where not one fits, at least a character.

    Returns:
        False where nothing of it is that short.
    """
    reading = writing.reading
    segment = reading.segments[at]
    index, text = segment.passage, reading.passages[segment.passage].text
    head = reading.passages[index].head
    count = reading.settings.counter.count
    if reading.rule(at).parts is Parts.CLAUSES and (clauses := _best_clauses(writing, at, room)) is not None:
        writing.beginnings[index] = (at, clauses)
        return True
    cuts = word_cuts(text, segment.start, segment.end)
    low, high = 0, len(cuts)  # cuts[:low] fit, cuts[high:] do not
    while low < high:
        middle = (low + high) // 2
        if count(head + text[segment.start : cuts[middle]]) <= room:
            low = middle + 1
        else:
            high = middle
    renderer = reading.renderers[index]
    # counts grow with the text but for a token or two, so look at the neighbours before giving up
    for end in reversed(cuts[:low]):
        if isinstance(renderer, BeginningRenderer):
            part = renderer.render_beginning(reading.passages[index], segment, end)
        else:
            part = Rendered(text[segment.start : end], ((segment.start, end),))
        if part is not None:
            written = writing.counted(index, part)
            if written.tokens <= room:
                writing.beginnings[index] = (at, written)
                return True
    if not least:
        return False
    end = segment.start + _prefix(text[segment.start : segment.end], lambda piece: count(head + piece) <= room)
    part = Rendered(text[segment.start : end], ((segment.start, end),))
    writing.beginnings[index] = (at, writing.counted(index, part))
    return True


def _best_clauses(writing: Writing, at: int, room: int) -> Written | None:
    """The best clauses of a segment with the head of its passage; None where not one is that short."""
    index = writing.reading.segments[at].passage
    planned = room
    while planned > 0 and (span := writing.clauses.best(at, planned)) is not None:
        part = writing.counted(index, writing.with_part(at, span))
        if part.tokens <= room:
            return part
        planned -= part.tokens - room
    return None


def begin_blank(writing: Writing, room: int) -> None:
    """Keep the beginning of the first passage that is not empty, where all are blank: at least a character.

    Where all are empty the first of them stays, if there is room for its head.
    """
    count, passages = writing.reading.settings.counter.count, writing.reading.passages
    index = next((index for index, passage in enumerate(passages) if passage.text), None)
    if index is not None:
        passage = passages[index]
        end = _prefix(passage.text, lambda piece: count(passage.head + piece) <= room)
        writing.beginnings[index] = (-1, writing.counted(index, Rendered(passage.text[:end], ((0, end),))))
    elif passages:
        empty = writing.counted(0, Rendered("", ()))
        if empty.tokens <= room:
            writing.beginnings[0] = (-1, empty)


def _prefix(text: str, fits: Callable[[str], bool]) -> int:
    """Length of the longest beginning of the first word that fits; at least one character."""
    match = _FIRST_WORD.match(text)
    low, high = 1, match.end() if match else 1
    while low < high:  # a "word" may be a megabyte of base64
        middle = (low + high + 1) // 2
        if fits(text[:middle]):
            low = middle
        else:
            high = middle - 1
    return low
