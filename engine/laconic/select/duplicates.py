"""Segments that say the same words again, as overlapping chunks make them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from laconic.types import Passage, Segment

__all__ = ["find_duplicates"]

# Shorter lines ("Yes.", "}", a table's "0") repeat without being repetitions.
_MIN_CHARS = 32
_EDGE_CHARS = 24
_QUOTED = re.compile(r"^[ \t]*(?:>[ \t]?)+", re.MULTILINE)


def find_duplicates(
    passages: Sequence[Passage], segments: Sequence[Segment], same_words_differ: Callable[[int], bool]
) -> dict[int, int]:
    """Which segments repeat another one.

    Two cases: the same text (line breaks and marks of quotation aside), and the sentence that a chunk's end cut
    off or a chunk's beginning cut into, when another chunk has all of it.

    Args:
        passages: of the call.
        segments: of the call, in order.
        same_words_differ: of which segments, by index, equal ones in one passage are not repetitions.

    Returns:
        Index of each repetition to the index of the segment that stands for it: of equal ones the first, of a part and
        its whole the whole. No value is itself a key. Linear in the text.
    """
    duplicates: dict[int, int] = {}
    first: dict[str, int] = {}
    keys: list[str] = []
    for at, segment in enumerate(segments):
        key = passages[segment.passage].text[segment.start : segment.end] if _is_long(segment) else ""
        if ">" in key:
            key = _QUOTED.sub("", key)
        if "\n" in key:
            key = " ".join(key.split())
        keys.append(key)
        if key:
            original = first.setdefault(key, at)
            if original != at and not (segments[original].passage == segment.passage and same_words_differ(at)):
                duplicates[at] = original

    # Only the pieces at a passage's edges can be parts, and the longest that begins (ends) alike can hold them.
    edges = [at for at in first.values() if _is_edge(segments, at)]
    heads = {keys[at][:_EDGE_CHARS]: at for at in edges}
    tails = {keys[at][-_EDGE_CHARS:]: at for at in edges}
    for at in first.values():
        head, tail = keys[at][:_EDGE_CHARS], keys[at][-_EDGE_CHARS:]
        if head in heads and len(keys[at]) > len(keys[heads[head]]):
            heads[head] = at
        if tail in tails and len(keys[at]) > len(keys[tails[tail]]):
            tails[tail] = at
    for at in edges:
        for whole, holds in (
            (heads[keys[at][:_EDGE_CHARS]], str.startswith),
            (tails[keys[at][-_EDGE_CHARS:]], str.endswith),
        ):
            if segments[whole].passage != segments[at].passage and holds(keys[whole], keys[at]):
                duplicates[at] = whole
    return {at: _end_of(duplicates, original) for at, original in duplicates.items()}


def _is_long(segment: Segment) -> bool:
    return segment.end - segment.start >= _MIN_CHARS


def _is_edge(segments: Sequence[Segment], at: int) -> bool:
    """Whether a segment is the first or the last of its passage."""
    if at == 0 or at + 1 == len(segments):
        return True
    return not segments[at - 1].passage == segments[at].passage == segments[at + 1].passage


def _end_of(duplicates: dict[int, int], at: int) -> int:
    while at in duplicates:
        at = duplicates[at]
    return at
