"""Segments that say the same words again, as overlapping chunks make them."""

from __future__ import annotations

from collections.abc import Sequence

from laconic.types import Passage, Segment

__all__ = ["find_duplicates"]

# Shorter lines ("Yes.", "}", a table's "0") repeat without being repetitions.
_MIN_CHARS = 32
_EDGE_CHARS = 24


def find_duplicates(passages: Sequence[Passage], segments: Sequence[Segment]) -> dict[int, int]:
    """Which segments repeat another one.

    Two cases: the same words (letter case and white space aside), and the sentence that a chunk's end cut off or a
    chunk's beginning cut into, when another chunk has all of it.

    Args:
        passages: of the call.
        segments: of the call, in order.

    Returns:
        Index of each repetition to the index of the segment that stands for it: of equal ones the first, of a part and
        its whole the whole. No value is itself a key. Linear in the text.
    """
    duplicates: dict[int, int] = {}
    first: dict[str, int] = {}
    keys: list[str] = []
    for at, segment in enumerate(segments):
        raw = passages[segment.passage].text[segment.start : segment.end]
        key = " ".join(raw.split()).casefold() if len(raw) >= _MIN_CHARS else ""
        keys.append(key)
        if len(key) >= _MIN_CHARS:
            original = first.setdefault(key, at)
            if original != at:
                duplicates[at] = original

    heads: dict[str, int] = {}
    tails: dict[str, int] = {}
    for at in first.values():
        heads.setdefault(keys[at][:_EDGE_CHARS], at)
        tails.setdefault(keys[at][-_EDGE_CHARS:], at)
        # the longest of those that begin (end) alike can hold the others
        if len(keys[at]) > len(keys[heads[keys[at][:_EDGE_CHARS]]]):
            heads[keys[at][:_EDGE_CHARS]] = at
        if len(keys[at]) > len(keys[tails[keys[at][-_EDGE_CHARS:]]]):
            tails[keys[at][-_EDGE_CHARS:]] = at
    for at in first.values():
        key, segment = keys[at], segments[at]
        is_last = at + 1 == len(segments) or segments[at + 1].passage != segment.passage
        is_first = at == 0 or segments[at - 1].passage != segment.passage
        whole = None
        if is_last and keys[heads[key[:_EDGE_CHARS]]].startswith(key):
            whole = heads[key[:_EDGE_CHARS]]
        if is_first and whole in (None, at) and keys[tails[key[-_EDGE_CHARS:]]].endswith(key):
            whole = tails[key[-_EDGE_CHARS:]]
        if whole is not None and whole != at and segments[whole].passage != segment.passage:
            duplicates[at] = whole
    return {at: _end_of(duplicates, original) for at, original in duplicates.items()}


def _end_of(duplicates: dict[int, int], at: int) -> int:
    while at in duplicates:
        at = duplicates[at]
    return at
