"""Where running text can be cut so that both parts still read, and what is too short to say anything alone."""

from __future__ import annotations

import re

from laconic._utils.unicode import SPACELESS, compiled_late
from laconic.types import Span

__all__ = ["CLAUSE_END", "SHORT_CHARS", "clause_spans", "is_short"]

SHORT_CHARS = 24
"""Shorter pieces of running text are a few words: "However,", "For example,", "won 24–21."."""

CLAUSE_END = re.compile(r"(?:[;,]|(?<![\"']):)\s|\s[-–—]\s|[，；：、]")
"""The end of a clause; a colon behind a quotation mark stands between a name and its value."""

_END = re.compile(rf"{CLAUSE_END.pattern}|[.!?…][\"'”’»)\]*_`]*\s|[。！？]|\n")
_SPACELESS = compiled_late(f"[{SPACELESS}]")
_SPACELESS_CHARS = 3  # a word of Chinese is a third as long as one of English


def is_short(text: str) -> bool:
    """Whether a piece of running text is a few words, which seldom say anything without their neighbours."""
    if len(text) >= SHORT_CHARS:
        return False
    more = 0 if text.isascii() else (_SPACELESS_CHARS - 1) * len(_SPACELESS().findall(text))
    return len(text) + more < SHORT_CHARS


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
