"""What each kind of passage is cut and written by."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from laconic.kinds.diff.render import DiffRenderer
from laconic.kinds.json.render import JsonRenderer
from laconic.kinds.table_of_kinds import detect_kind, segmenter_of, why_not_by_structure
from laconic.kinds.verbatim import VerbatimRenderer
from laconic.types import Passage, Renderer, Segmenter, TokenCounter

__all__ = ["Parts", "parts_for"]

_VERBATIM = VerbatimRenderer()
_RENDERERS: dict[str, Renderer] = {"json": JsonRenderer(), "diff": DiffRenderer()}


class Parts(NamedTuple):
    """The stages that depend on a passage's kind.

    Attributes:
        kind: see `laconic.kinds.table_of_kinds.KINDS`.
        segmenter: stage one.
        renderer: stage four.
        fallback: why a simpler kind stands in for the one that the passage is of, None where none does.
    """

    kind: str
    segmenter: Segmenter
    renderer: Renderer
    fallback: str | None = None

    @property
    def keeps_frames(self) -> bool:
        """Whether the renderer may keep something of a dropped segment: the brackets or headers around a kept one."""
        return self.renderer is not _VERBATIM


def parts_for(passage: Passage, counter: TokenCounter) -> Parts:
    """The parts for one passage.

    Args:
        passage: what will be cut.
        counter: plans the levels of detail of kinds that have some.
    """
    kind = detect_kind(passage)
    special = _SPECIAL.get(kind)
    if special is not None:
        return special(passage, counter)
    renderer = _RENDERERS.get(kind, _VERBATIM)
    return Parts(kind, segmenter_of(kind), renderer, why_not_by_structure(passage) if kind == "lines" else None)


def _code(passage: Passage, counter: TokenCounter) -> Parts:
    from laconic.kinds.code.render import CodeRenderer
    from laconic.kinds.code.segment import CodeSegmenter, read_passage
    from laconic.kinds.lines.segment import LineSegmenter

    if read_passage(passage) is None:
        return Parts("lines", LineSegmenter(), _VERBATIM, "the parser gave up on a passage of code")
    return Parts("code", CodeSegmenter(counter), CodeRenderer())


_SPECIAL: dict[str, Callable[[Passage, TokenCounter], Parts]] = {"code": _code}
