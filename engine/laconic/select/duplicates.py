"""Segments that say the same words again, as overlapping chunks make them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from laconic.kinds.kind import Repeats, SegmentRule
from laconic.types import Passage, Segment

__all__ = ["LONG_CHARS", "find_duplicates"]

LONG_CHARS = 32
"""Shorter lines (a menu, ``}``, a table's ``0``) may repeat without being repetitions."""

# In one prompt a sentence need not stand twice, however short; "Yes, I do." is an answer, which may. If all so short
# counted, meetings (qmsum) would lose .03 of their evidence at half of the tokens: people say such things again. So one
# repeats only as what stands beside it does.
_SENTENCE_CHARS, _SENTENCE_WORDS = 12, 3
# So long a stretch of which so much is told is a second copy of a page, rows and lines of code in it included.
_PAGE_SEGMENTS, _PAGE_SHARE = 8, 0.5
_EDGE_CHARS = 24
_QUOTED = re.compile(r"^[ \t]*(?:>[ \t]?)+", re.MULTILINE)


def find_duplicates(
    passages: Sequence[Passage], segments: Sequence[Segment], rule: Callable[[int], SegmentRule]
) -> dict[int, int]:
    """Which segments repeat another one.

    Two cases: the same text (line breaks and marks of quotation aside), and the sentence that a chunk's end cut off
    or a chunk's beginning cut into, when another chunk has all of it. Below `LONG_CHARS` only in runs: a line that is
    logged again and again, a sentence in a second copy of what stands around it.

    Args:
        passages: of the call.
        segments: of the call, in order.
        rule: what is known of the kind of a segment, by index.

    Returns:
        Index of each repetition to the index of the segment that stands for it: of equal ones the first, of a part and
        its whole the whole. No value is itself a key. Linear in the text.
    """
    duplicates: dict[int, int] = {}
    short: dict[int, int] = {}  # sentences of few words, by the first that is equal
    first: dict[str, int] = {}
    keys: list[str] = []
    for at, segment in enumerate(segments):
        key = passages[segment.passage].text[segment.start : segment.end]
        if ">" in key:
            key = _QUOTED.sub("", key)
        if "\n" in key:
            key = " ".join(key.split())
        keys.append(key)
        is_long, own = len(key) >= LONG_CHARS, rule(at)
        if not is_long and not _is_told(key, own):
            continue
        if at and key == keys[at - 1] and segments[at - 1].passage == segment.passage and _runs(own):
            duplicates[at] = duplicates.get(at - 1, at - 1)
            continue
        original = first.setdefault(key, at)
        if original != at and not (segments[original].passage == segment.passage and own.same_words_differ):
            (duplicates if is_long else short)[at] = original
    twins = duplicates | short
    for copy in _copies(segments, keys, twins):
        held = sum(at in duplicates for at in range(copy.start, copy.end))
        is_page = copy.end - copy.start >= _PAGE_SEGMENTS and held >= _PAGE_SHARE * (copy.end - copy.start)
        for at in range(copy.start, copy.end):
            if is_page or (at in short and (copy.end - copy.start > 1 or copy.whole)):
                duplicates.setdefault(at, at - copy.offset)

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
    return _ends(duplicates)


def _is_told(text: str, rule: SegmentRule) -> bool:
    """Whether a short segment may be a repetition: a line of a log, or a sentence rather than an answer or a name."""
    if rule.repeats is not Repeats.BY_WORDS:
        return rule.runs_repeat
    return len(text) >= _SENTENCE_CHARS and (not text.isascii() or text.count(" ") + 1 >= _SENTENCE_WORDS)


def _runs(rule: SegmentRule) -> bool:
    """Whether a segment that stands beside an equal one repeats it."""
    return rule.runs_repeat or not rule.same_words_differ


class _Copy(NamedTuple):
    """Segments from ``start`` to ``end`` that read as those ``offset`` before them; are they the whole passage?"""

    start: int
    end: int
    offset: int
    whole: bool


def _copies(segments: Sequence[Segment], keys: Sequence[str], twins: Mapping[int, int]) -> Iterator[_Copy]:
    """The longest stretches that repeat an earlier one, around the twins; no two overlap. Linear."""
    of = [segment.passage for segment in segments]
    done = 0
    for at in sorted(twins):
        if at < done:
            continue
        offset = at - twins[at]

        def goes_on(other: int, inside: int, offset: int = offset) -> bool:
            there = other - offset
            return (
                there >= 0
                and of[other] == of[inside]
                and of[there] == of[inside - offset]
                and keys[other] == keys[there]
            )

        start, end = at, at + 1
        while start > done and goes_on(start - 1, at):
            start -= 1
        while end < len(segments) and goes_on(end, at):
            end += 1
        opens = start == 0 or of[start - 1] != of[at]
        yield _Copy(start, end, offset, opens and (end == len(segments) or of[end] != of[at]))
        done = end


def _is_edge(segments: Sequence[Segment], at: int) -> bool:
    """Whether a segment is the first or the last of its passage."""
    if at == 0 or at + 1 == len(segments):
        return True
    return not segments[at - 1].passage == segments[at].passage == segments[at + 1].passage


def _ends(duplicates: Mapping[int, int]) -> dict[int, int]:
    """Of each repetition what stands for it in the end, where one repeats another; linear in their number."""
    ends: dict[int, int] = {}
    for at in duplicates:
        path = []
        while at in duplicates and at not in ends:
            path.append(at)
            at = duplicates[at]
        ends.update(dict.fromkeys(path, ends.get(at, at)))
    return ends
