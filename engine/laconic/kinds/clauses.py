"""Where a sentence can be cut so that both parts still read: at the ends of its clauses."""

from __future__ import annotations

import re

from laconic.types import Span

__all__ = ["CLAUSE_END", "clause_spans"]

CLAUSE_END = re.compile(r"(?:[;,]|(?<![\"']):)\s|\s[-–—]\s|[，；：、]")
"""The end of a clause; a colon behind a quotation mark stands between a name and its value."""

_SENTENCE_END = r"[.!?…][\"'”’»)\]*_`]*\s|[。！？]|\n"
_END = re.compile(f"{CLAUSE_END.pattern}|{_SENTENCE_END}")


def clause_spans(text: str, start: int, end: int) -> list[Span]:
    """The clauses of a segment ``text[start:end]``, without the white space around them.

    Returns:
        Spans in order, none blank; one where it has no clauses. Linear.
    """
    cuts = [match.end() for match in _END.finditer(text, start, end)]
    spans = []
    for low, high in zip([start, *cuts], [*cuts, end], strict=True):
        piece = text[low:high]
        bare = piece.strip()
        if bare:
            first = low + len(piece) - len(piece.lstrip())
            spans.append((first, first + len(bare)))
    return spans
