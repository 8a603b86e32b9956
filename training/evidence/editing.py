"""Text under construction that remembers where its labelled spans are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from evidence.rows import Piece, Row

__all__ = ["SPANLESS", "Draft", "clipped", "cut_into_chunks", "pick", "shuffled", "titled", "with_spans"]

SPANLESS = "gold_passages"
"""The mode of rows whose passages are wanted whole, without labelled spans."""

Spans = tuple[tuple[int, int], ...]


@dataclass
class Draft:
    """A text that grows at its end; spans of what is added move with it."""

    parts: list[str] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    length: int = 0

    def add(self, text: str, spans: Sequence[tuple[int, int]] = ()) -> Draft:
        """Append ``text``; ``spans`` are offsets into it."""
        self.spans += [(self.length + start, self.length + end) for start, end in spans]
        self.parts.append(text)
        self.length += len(text)
        return self

    def piece(self, title: str = "", gold: bool | None = None) -> Piece:
        """What was written; gold where it holds a span unless told otherwise."""
        return Piece("".join(self.parts), title, bool(self.spans) if gold is None else gold, tuple(self.spans))


def clipped(spans: Spans, start: int, end: int) -> Spans:
    """The parts of ``spans`` inside [start, end), as offsets from ``start``; slivers are left out."""
    found = []
    for low, high in spans:
        inside = min(high, end) - max(low, start)
        if inside > 0 and 2 * inside >= min(high - low, end - start):
            found.append((max(low, start) - start, min(high, end) - start))
    return tuple(found)


def cut_into_chunks(piece: Piece, size: int) -> list[Piece]:
    """As a fixed-size splitter cuts: after about ``size`` characters at the next space, sentences notwithstanding."""
    chunks = []
    at, text = 0, piece.text
    while at < len(text):
        end = min(len(text), at + size)
        if end < len(text):
            space = text.find(" ", end)
            end = len(text) if space < 0 or space > end + 40 else space
        spans = clipped(piece.evidence, at, end)
        chunks.append(Piece(text[at:end], piece.title, bool(spans), spans))
        at = end
    return chunks


def pick(random: np.random.Generator, items: Sequence[str], number: int) -> list[str]:
    return [items[int(at)] for at in random.permutation(len(items))[:number]]


def titled(piece: Piece, title: str) -> Piece:
    return Piece(piece.text, title, piece.gold, piece.evidence)


def shuffled(pieces: Sequence[Piece], random: np.random.Generator) -> tuple[Piece, ...]:
    return tuple(pieces[int(at)] for at in random.permutation(len(pieces)))


def with_spans(row: Row) -> bool:
    """Whether evidence is labelled as spans of characters."""
    return row.mode != SPANLESS and any(piece.evidence for piece in row.passages)
