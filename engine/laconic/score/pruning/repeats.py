"""Requests that are made twice: the second says nothing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from laconic.score.pruning.classes import ARTICLES
from laconic.score.pruning.layout import Removal
from laconic.score.pruning.losses import LOSS
from laconic.score.pruning.reading import Stretch

__all__ = ["repeated"]

_FEWEST_WORDS = 2
# How a demand on the answer begins. Steps to be taken ("turn left") may be meant twice.
_DEMANDS = frozenset(
    "do don't never always keep make remember ensure be answer reply respond write output return only avoid use "
    "include summarize summarise explain list give provide describe".split()
)


def repeated(stretch: Stretch, removals: Sequence[Removal], start: int, end: int) -> list[Removal]:
    """``removals`` of a stretch, and the sentences of a request that only repeat a demand.

    What is removed anyway counts for nothing: "Please write a summary." repeats "Write a summary."
    """
    starts = [removal.start for removal in removals]

    def gone(at: int) -> bool:
        index = bisect_right(starts, at) - 1
        return index >= 0 and at < removals[index].end

    said: set[tuple[str, ...]] = set()
    found: list[Removal] = []
    for first, last in _sentences(stretch):
        words = stretch.words[first:last]
        left = tuple(word.lower for word in words if word.lower not in ARTICLES and not gone(word.start))
        if len(left) < _FEWEST_WORDS or not stretch.in_request(first) or any(word.protected for word in words):
            continue
        if left in said and left[0] in _DEMANDS:
            found.append(_whole(stretch, first, last, start, end))
        said.add(left)
    if not found:
        return list(removals)
    first_places = [whole.start for whole in found]

    def swallowed(removal: Removal) -> bool:
        index = bisect_right(first_places, removal.start) - 1
        return index >= 0 and removal.start < found[index].end

    return sorted([*(each for each in removals if not swallowed(each)), *found], key=lambda removal: removal.start)


def _sentences(stretch: Stretch) -> Iterator[tuple[int, int]]:
    """The words of each sentence that a full stop or exclamation mark ends."""
    first = 0
    for at in range(1, len(stretch.words) + 1):
        if at == len(stretch.words) or stretch.words[at].opens:
            if stretch.after(at - 1) in (".", "!"):
                yield first, at
            first = at


def _whole(stretch: Stretch, first: int, last: int, start: int, end: int) -> Removal:
    """A sentence with its mark and the blanks before it."""
    begin, stop = stretch.words[first].start, stretch.words[last - 1].end + 1
    while begin > start and stretch.text[begin - 1] in " \t":
        begin -= 1
    return Removal(begin, min(stop, end), LOSS["repetition"], "repetition")
