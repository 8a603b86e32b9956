"""Parts of segments that the question does not ask of, left out so that more of them have room."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from laconic.core.reading import Reading
from laconic.core.trace import subtract
from laconic.types import Level

__all__ = ["narrowed_levels"]

_NAME = "cells"
# What is left out is not asked for, as far as can be told. At this share a segment enters at the level; see
# `laconic.select.budget.first_level`.
_SHARE = 0.95
# Segments are looked at up to so many times the room: fewer columns cost a tenth of all, or more.
_REACH = 10


def narrowed_levels(
    reading: Reading, kept: Collection[int], order: Iterable[int], room: int
) -> dict[int, tuple[Level, ...]]:
    """The narrower level of segments that have one, by their kinds; empty where none has, or all that is asked for has
    room.

    Args:
        reading: of the call.
        kept: segments that have room as they are.
        order: segments, most wanted first.
        room: tokens.
    """
    candidates = list(_within_reach(reading, order, room))
    levels: dict[int, tuple[Level, ...]] = {}
    count = reading.settings.counter.count
    for kind in {id(kind): kind for kind, _ in reading.kinds}.values():
        if kind.narrow is None:
            continue
        own = [at for at in candidates if reading.kinds[reading.segments[at].passage].kind is kind]
        for at, holes in kind.narrow(reading.query, reading.passages, reading.segments, kept, own).items():
            segment = reading.segments[at]
            text = reading.passages[segment.passage].text
            left = "".join(text[start:end] for start, end in subtract([(segment.start, segment.end)], holes))
            levels[at] = (Level(_NAME, _SHARE, count("\n" + left), holes),)
    return levels


def _within_reach(reading: Reading, order: Iterable[int], room: int) -> Iterator[int]:
    left = float(_REACH * room)
    for at in order:
        if left < 0:
            return
        left -= reading.costs[at]
        yield at
