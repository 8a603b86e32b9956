"""Segments that say the same words again, as overlapping chunks make them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from laconic.kinds.kind import Repeats, SegmentRule
from laconic.types import Passage, Segment

__all__ = ["LONG_CHARS", "find_duplicates"]

LONG_CHARS = 32
"""Shorter lines (a menu, ``}``, a table's ``0``) may repeat without being repetitions."""

# But in one prompt a sentence need not stand twice, however short; "Yes, I do." is an answer, which may.
_SENTENCE_CHARS, _SENTENCE_WORDS = 12, 3
_EDGE_CHARS = 24


def find_duplicates(
    passages: Sequence[Passage], segments: Sequence[Segment], rule: Callable[[Segment], SegmentRule]
) -> dict[int, int]:
    """Which segments repeat another one.

    Two cases: the same text (line breaks aside), and the sentence that a chunk's end cut off or a
    chunk's beginning cut into, when another chunk has all of it.

    Args:
        passages: of the call.
        segments: of the call, in order.
        rule: what is known of the kind of a segment.

    Returns:
        Index of each repetition to the index of the segment that stands for it: of equal ones the first, of a part and
        its whole the whole. No value is itself a key. Linear in the text.
    """
    duplicates: dict[int, int] = {}
    first: dict[str, int] = {}
    keys: list[str] = []
    for at, segment in enumerate(segments):
        key = passages[segment.passage].text[segment.start : segment.end]
        if "\n" in key:
            key = " ".join(key.split())
        keys.append(key)
        if at and key == keys[at - 1] and segments[at - 1].passage == segment.passage and rule(segment).runs_repeat:
            duplicates[at] = duplicates.get(at - 1, at - 1)
        elif len(key) >= LONG_CHARS or (rule(segment).repeats is Repeats.BY_WORDS and _says_something(key)):
            original = first.setdefault(key, at)
            if original != at and not (
                segments[original].passage == segment.passage and rule(segment).same_words_differ
            ):
                duplicates[at] = original

    # Only the pieces at a passage's edges can be parts, and the longest that begins (ends) alike can hold them.
    long = [at for at in first.values() if len(keys[at]) >= LONG_CHARS]
    edges = [at for at in long if _is_edge(segments, at)]
    heads = {keys[at][:_EDGE_CHARS]: at for at in edges}
    tails = {keys[at][-_EDGE_CHARS:]: at for at in edges}
    for at in long:
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


def _says_something(text: str) -> bool:
    """Whether a few words of running text are a sentence, rather than an answer or a name that may stand twice."""
    if text.isascii():
        return len(text) >= _SENTENCE_CHARS and text.count(" ") + 1 >= _SENTENCE_WORDS
    return len(text) >= _SENTENCE_CHARS


def _is_edge(segments: Sequence[Segment], at: int) -> bool:
    """Whether a segment is the first or the last of its passage."""
    if at == 0 or at + 1 == len(segments):
        return True
    return not segments[at - 1].passage == segments[at].passage == segments[at + 1].passage


def _end_of(duplicates: dict[int, int], at: int) -> int:
    while at in duplicates:
        at = duplicates[at]
    return at
