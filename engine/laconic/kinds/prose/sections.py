"""Segments gathered into sections: what is embedded as one, a heading with its paragraphs, a few paragraphs, a block.

One vector says little about a single sentence out of its context and less about a whole document; sections lie between.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from laconic.types import Segment

__all__ = ["sections"]

# About 50 and 250 tokens of English: a paragraph, and the smallest window among the common embedding models.
_ENOUGH_CHARS = 200
_MOST_CHARS = 1000

_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")


def sections(text: str, segments: Sequence[Segment]) -> list[range]:
    """Runs of consecutive segments of one passage that are searched as one.

    A heading begins a section. So does a paragraph once a section has 200 characters, and any segment that would take
    it beyond 1000.

    Args:
        text: of the passage.
        segments: of the passage, in order.

    Returns:
        Ranges of positions in ``segments``, in order; together they hold every segment once.
    """
    found: list[range] = []
    first = 0
    for at in range(1, len(segments)):
        size = segments[at - 1].end - segments[first].start
        if segments[at].kind == "heading":
            ends = any(segments[before].kind != "heading" for before in range(first, at))
        elif segments[at - 1].kind == "heading":
            ends = False
        elif segments[at].end - segments[first].start > _MOST_CHARS:
            ends = True
        else:
            ends = size >= _ENOUGH_CHARS and bool(_BLANK_LINE.search(text, segments[at - 1].end, segments[at].start))
        if ends:
            found.append(range(first, at))
            first = at
    if segments:
        found.append(range(first, len(segments)))
    return found
