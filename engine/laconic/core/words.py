"""Words for sentences: a level of detail of running text that leaves words out which carry little."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from laconic.core.reading import Reading
from laconic.types import Level, Span

if TYPE_CHECKING:
    from laconic.score.pruning import ProtectedText, Removal

__all__ = ["pruned_levels"]

# At most this share of a segment's tokens is left out, so that it still reads as the sentence that it was.
_PRUNED_SHARE = 0.2


def pruned_levels(reading: Reading, among: Iterable[int]) -> dict[int, tuple[Level, ...]]:
    """The level with fewer words of those of some segments that are running text and have words to spare.

    What the settings preserve stays.
    """
    from laconic.score.pruning import (  # reads word statistics, which calls with room to spare never need
        ProtectedText,
        removable,
    )

    settings = reading.settings
    preserved = [re.compile(re.escape(phrase), re.IGNORECASE) for phrase in (*settings.preserve, *settings.keywords)]
    protected: dict[int, ProtectedText] = {}
    found: dict[int, tuple[Level, ...]] = {}
    for at in among:
        segment = reading.segments[at]
        if not reading.rule(at).prunable or segment.levels:
            continue
        text = reading.passages[segment.passage].text
        if segment.passage not in protected:
            protected[segment.passage] = ProtectedText(text)
        kept = [match.span() for each in preserved for match in each.finditer(text, segment.start, segment.end)]
        removals = removable(text, segment.start, segment.end, reading.query, protected=protected[segment.passage])
        level = _level(reading, at, removals, kept)
        if level is not None:
            found[at] = (level,)
    return found


def _level(reading: Reading, at: int, removals: Sequence[Removal], kept: Sequence[Span]) -> Level | None:
    """The segment without its cheapest words, up to a share of its tokens; None where none can go."""
    text = reading.passages[reading.segments[at].passage].text
    cost = reading.costs[at]
    room = _PRUNED_SHARE * cost
    saved, loss, holes = 0, 0.0, []
    for removal in sorted(removals, key=lambda removal: removal.loss):
        tokens = max(1, reading.settings.counter.count(text[removal.start : removal.end]))
        if tokens <= room and not any(start < removal.end and removal.start < end for start, end in kept):
            holes.append((removal.start, removal.end))
            saved += tokens
            loss += removal.loss * tokens
            room -= tokens
    if not holes:
        return None
    return Level("pruned", 1 - loss / cost, max(1, cost - saved), tuple(sorted(holes)))
