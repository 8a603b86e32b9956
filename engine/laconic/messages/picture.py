"""The blocks of a chat as a picture: of each what was kept, what was cut, what was written, and by which directive."""

from __future__ import annotations

from collections.abc import Sequence

from laconic.core.trace import align
from laconic.messages.blocks import Block
from laconic.pictures.compression import sources_picture
from laconic.pictures.source import CUT, KEPT, LAYOUT, Mark, Source

__all__ = ["pipeline_picture"]

# Texts are compared word by word in the worst case, which is quadratic; larger ones are shown before and after.
_COMPARED_CHARS = 20_000


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
    language = f" ({block.language})" if block.language else ""
    name = f"message {block.message} · {block.type}{language}"
    tokens = (block.tokens_after, block.tokens)
    if block.text_after is None:
        return Source(name, block.text, [Mark(0, len(block.text), KEPT, KEPT)], tokens=tokens)
    done = ", ".join(block.actions)
    after = block.text_after
    if max(len(block.text), len(after)) > _COMPARED_CHARS:
        marks, own = [Mark(0, len(block.text), CUT, f"{CUT}: {done}")], [(len(block.text), after)]
        return Source(f"{name} · {done}", block.text, marks, own, tokens)
    marks, own = [], []
    at = read = 0
    for begin, start, length in [*align(block.text, after).pieces, (len(after), len(block.text), 0)]:
        if at < start:
            marks.append(Mark(at, start, LAYOUT if block.text[at:start].isspace() else CUT, f"{CUT}: {done}"))
        if read < begin:
            own.append((start, after[read:begin]))
        if length:
            marks.append(Mark(start, start + length, KEPT, KEPT))
        at, read = start + length, begin + length
    return Source(f"{name} · {done}", block.text, marks, own, tokens)
