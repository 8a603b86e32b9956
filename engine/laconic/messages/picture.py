"""The blocks of a chat as a picture: of each what was kept, what was cut, what was written, and by which directive."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from laconic.core.trace import align
from laconic.messages.blocks import Block
from laconic.pictures.compression import sources_picture
from laconic.pictures.source import CUT, KEPT, LAYOUT, Mark, Source

__all__ = ["pipeline_picture"]

# Texts are compared word by word in the worst case, which is quadratic; larger ones are shown before and after.
_COMPARED_CHARS = 20_000
_RECORD = re.compile(r"[^}]*}|[^}]+")
_SPACE = re.compile(r"\s+")


def pipeline_picture(blocks: Sequence[Block], figures: str, *, brief: bool = False, whole_page: bool = False) -> str:
    """Blocks as HTML.

    Args:
        blocks: of `laconic.messages.PipelineResult`.
        figures: a line of plain text that goes first.
        brief: see `laconic.pictures.compression.sources_picture`.
        whole_page: likewise.
    """
    sources = [_source(block) for block in blocks]
    return sources_picture(sources, figures, None, brief=brief, whole_page=whole_page)


def _source(block: Block) -> Source:
    language = f" ({block.language})" if block.language and block.language != block.type else ""
    name = f"message {block.message} · {block.type}{language}"
    tokens = (block.tokens_after, block.tokens)
    if block.text_after is None:
        return Source(name, block.text, [Mark(0, len(block.text), KEPT, KEPT)], tokens=tokens)
    done = ", ".join(block.actions).replace("_", " ")
    after = block.text_after
    marks, own = [], []
    at = read = 0
    nothing = (len(after), len(after), len(block.text), len(block.text))
    for begin, stop, start, end in [*_common(block, after), nothing]:
        if at < start:
            marks.append(Mark(at, start, LAYOUT if block.text[at:start].isspace() else CUT, f"{CUT}: {done}"))
        if read < begin:
            own.append((start, after[read:begin]))
        if start < end:
            marks.append(Mark(start, end, KEPT, KEPT))
        at, read = end, stop
    return Source(f"{name} · {done}", block.text, marks, own, tokens)


def _common(block: Block, after: str) -> list[tuple[int, int, int, int]]:
    """What of a text stands in its block, in order in both: where it begins and ends in the text, and in the block."""
    if block.type == "json" or block.language == "json":
        return _common_records(block.text, after)
    if max(len(block.text), len(after)) > _COMPARED_CHARS:
        return []
    return [(at, at + length, start, start + length) for at, start, length in align(block.text, after).pieces]


def _common_records(text: str, after: str) -> list[tuple[int, int, int, int]]:
    """By whole objects, white space aside: of two that differ in a number no part is the same. Linear."""
    places: dict[str, list[tuple[int, int]]] = {}
    for match in _RECORD.finditer(text):
        places.setdefault(_SPACE.sub("", match[0]), []).append(match.span())
    found = []
    at = 0
    for match in _RECORD.finditer(after):
        candidates = places.get(_SPACE.sub("", match[0]), [])
        first = bisect_left(candidates, (at, 0))
        if first < len(candidates):
            found.append((*match.span(), *candidates[first]))
            at = candidates[first][1]
    return found
