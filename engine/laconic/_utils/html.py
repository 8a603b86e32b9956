"""A result as HTML: what was kept, and what was cut where."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Protocol

__all__ = ["compression_to_html"]

_STYLE = (
    "<style>.laconic{font:14px/1.5 sans-serif;white-space:pre-wrap}.laconic del{color:#999}"
    ".laconic section{border-left:3px solid #ccc;margin:1em 0;padding-left:1em}</style>"
)

_Span = tuple[int, int]


class _Kept(Protocol):
    @property
    def index(self) -> int: ...
    @property
    def spans(self) -> tuple[_Span, ...]: ...
    @property
    def original(self) -> str: ...


class _Cut(Protocol):
    @property
    def index(self) -> int: ...
    @property
    def span(self) -> _Span: ...
    @property
    def text(self) -> str: ...
    @property
    def reason(self) -> str: ...


def compression_to_html(kept: Sequence[_Kept], cut: Sequence[_Cut], summary: str) -> str:
    """A self-contained fragment: a summary, then each passage with the cut parts as ``<del>``, titled with the reason.

    All text is escaped; nothing is loaded from anywhere.

    Args:
        kept: what is left of each passage; see `laconic.types.CompressedPassage`.
        cut: what was cut; see `laconic.types.Dropped`.
        summary: a line of figures.
    """
    left = {part.index: part for part in kept}
    dropped: dict[int, list[_Cut]] = {}
    for piece in cut:
        dropped.setdefault(piece.index, []).append(piece)
    parts = [_STYLE, '<div class="laconic">', f"<p>{escape(summary)}</p>"]
    for index in sorted({*left, *dropped}):
        pieces = [
            (piece.span[0], f'<del title="{escape(piece.reason)}">{escape(piece.text)}</del> ')
            for piece in dropped.get(index, ())
        ]
        if index in left:
            pieces += [(start, escape(left[index].original[start:end])) for start, end in left[index].spans]
        parts.append(f"<section>{''.join(text for _, text in sorted(pieces))}</section>")
    return "".join([*parts, "</div>"])
