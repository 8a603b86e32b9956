"""A result as HTML: what was kept, and what was cut where."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from laconic.types import Compression, Dropped, Span

__all__ = ["compression_to_html"]

_STYLE = (
    "<style>.laconic{font:14px/1.5 sans-serif;white-space:pre-wrap}.laconic del{color:#999}"
    ".laconic section{border-left:3px solid #ccc;margin:1em 0;padding-left:1em}</style>"
)


def compression_to_html(result: Compression) -> str:
    """A self-contained fragment: figures, then each passage with the cut parts as ``<del>``, titled with the reason.

    All text is escaped; nothing is loaded from anywhere.
    """
    kept = {part.index: part for part in result.passages}
    dropped: dict[int, list[Dropped]] = {}
    for piece in result.dropped:
        dropped.setdefault(piece.index, []).append(piece)
    metrics = result.metrics
    parts = [
        _STYLE,
        '<div class="laconic">',
        f"<p>{metrics.original_tokens} → {metrics.compressed_tokens} tokens, {metrics.savings_percent:.1f} % saved</p>",
    ]
    for index in sorted({*kept, *dropped}):
        spans = kept[index].spans if index in kept else ()
        source = kept[index].original if index in kept else None
        parts.append(f"<section>{_passage(source, spans, dropped.get(index, []))}</section>")
    return "".join([*parts, "</div>"])


def _passage(source: str | None, spans: tuple[Span, ...], dropped: list[Dropped]) -> str:
    pieces: list[tuple[int, str]] = []
    if source is not None:
        pieces += [(start, escape(source[start:end])) for start, end in spans]
    for piece in dropped:
        pieces.append((piece.span[0], f'<del title="{escape(piece.reason)}">{escape(piece.text)}</del> '))
    return "".join(text for _, text in sorted(pieces))
