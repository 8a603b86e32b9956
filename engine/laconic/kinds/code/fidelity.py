"""How much of a source's structure stands unbroken in what is left of it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from laconic.kinds.code.parse import ParsedCode, output_fidelity
from laconic.kinds.code.pieces import pieces
from laconic.kinds.code.units import comment_spans, without
from laconic.types import Rendered, Span

__all__ = ["structure_kept"]


def structure_kept(sources: Sequence[ParsedCode], texts: Sequence[Rendered | None]) -> float | None:
    """The share of the structure of some sources that stands unbroken in what is left of them.

    The structure are the imports, constants, statements, headers of types, functions and types of a file, each weighed
    by the bytes of its code, comments and white space aside. One stands unbroken where all of its code is left; of a
    text that has parse errors which its source had not, the share of what stands in none of them counts.

    Args:
        sources: parsed.
        texts: what is left of each, None of those of which nothing is.

    Returns:
        0–1; None where there is no structure.
    """
    total = unbroken = 0.0
    for parsed, text in zip(sources, texts, strict=True):
        sizes = parsed.derive("code of pieces", _code_of_pieces)
        total += sum(size for _, size in sizes)
        if text is None or not text.text:
            continue
        kept = [(parsed.byte(start), parsed.byte(end)) for start, end in text.spans]
        whole = float(sum(size for spans, size in sizes if not _missing(parsed, spans, kept)))
        if whole and len(text.text) < len(parsed.text):
            whole *= min(1.0, output_fidelity(text.text, parsed.language.name) / max(parsed.fidelity, 1e-9))
        unbroken += whole
    return unbroken / total if total else None


def _code_of_pieces(parsed: ParsedCode) -> list[tuple[tuple[Span, ...], int]]:
    """Of each piece the spans of its code, and their bytes without white space."""
    comments = comment_spans(parsed)
    found = []
    for piece in pieces(parsed):
        spans = without((piece.start, piece.end), _over(comments, piece.start, piece.end))
        size = sum(len(b"".join(parsed.data[start:end].split())) for start, end in spans)
        if size:
            found.append((spans, size))
    return found


def _missing(parsed: ParsedCode, spans: Sequence[Span], kept: Sequence[Span]) -> bool:
    """Whether some of the code of a piece is not kept."""
    return any(parsed.data[start:end].strip() for span in spans for start, end in without(span, _over(kept, *span)))


def _over(spans: Sequence[Span], start: int, end: int) -> Sequence[Span]:
    """Those of some ordered spans that overlap a stretch."""
    first = bisect_right(spans, start, key=lambda span: span[1])
    last = bisect_left(spans, end, key=lambda span: span[0])
    return spans[first:last]
