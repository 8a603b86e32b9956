"""Tokens of one call: of the input, of its segments (planned), and of what is kept (exact), each counted once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from laconic.tokens import TiktokenCounter
from laconic.types import Passage, Segment, TokenCounter

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Counting"]


class Counting:
    """The counts of one call.

    Args:
        passages: of the call.
        counter: counts.
        separator: what will join the passages; None when each is sent on its own.
    """

    def __init__(self, passages: Sequence[Passage], counter: TokenCounter, separator: str | None) -> None:
        self._passages = passages
        self._counter = counter
        self._separator = separator
        self._counts: dict[str, int] = {}
        self._added: dict[str, int] = {}  # what the separator adds behind a text

    def count(self, text: str) -> int:
        """Tokens of a rendered passage."""
        if text not in self._counts:
            self._counts[text] = self._counter.count(text)
        return self._counts[text]

    def joined(self, texts: list[str]) -> int:
        """Tokens of the texts as the chain will send them.

        Where that is the same they are summed from a count of each with the separator behind it, so that a selection
        that changes one passage recounts one passage: no token of the shipped encodings reaches over a line break into
        a letter or digit, and a space before a word begins a token, so the separator changes what follows the last one.
        """
        separator = self._separator
        if separator is None:
            return sum(map(self.count, texts))
        apart = isinstance(self._counter, TiktokenCounter) and separator.endswith("\n")
        if not apart or not all(text[:1].isalnum() for text in texts[1:]):
            return self._counter.count(separator.join(texts))
        for text in texts[:-1]:
            if text not in self._added:
                tail = text[max(text.rfind(" "), 0) :]
                self._added[text] = self._counter.count(tail + separator) - self._counter.count(tail)
        return sum(self._added[text] for text in texts[:-1]) + sum(map(self.count, texts))

    @cached_property
    def original_tokens(self) -> int:
        """Tokens of the input as the chain would send it."""
        if self._token_ends is not None:
            return sum(map(len, self._token_ends))
        texts = [passage.text for passage in self._passages]
        if self._separator is None:
            return sum(map(self._counter.count, texts))
        return self._counter.count(self._separator.join(texts))

    @cached_property
    def _token_ends(self) -> list[NDArray[np.int64]] | None:
        """Where the tokens of each passage end, as byte offsets; None where the counter only counts."""
        token_ends = getattr(self._counter, "token_ends", None)
        if token_ends is None:
            return None
        texts = [passage.text for passage in self._passages]
        if self._separator is None:
            return [token_ends(text) for text in texts]
        return _split_ends(token_ends(self._separator.join(texts)), list(map(_bytes, texts)), _bytes(self._separator))

    def costs(self, segments: Sequence[Segment], bounds: Sequence[tuple[int, int]]) -> list[int]:
        """Planned tokens of each segment with the white space before it, which is how counts of parts add up best.

        Args:
            segments: of all passages.
            bounds: for each passage the range of its segments.

        Returns:
            One number ≥ 1 for each segment. From one tokenisation where the counter can tell where tokens end.
        """
        if not segments:
            return []
        ends = self._token_ends
        if ends is not None and all(passage.text.isascii() for passage in self._passages):
            return self._costs_of_ascii(ends, segments, bounds)
        costs: list[int] = []
        for index, (first, end) in enumerate(bounds):
            if first == end:
                continue
            text = self._passages[index].text
            cuts = [segments[first].start, *(segment.end for segment in segments[first:end])]
            if ends is None:
                costs += (self._counter.count(text[a:b]) for a, b in pairwise(cuts))
            else:
                costs += _parts(ends[index], text, cuts)
        return [max(1, cost) for cost in costs]

    def _costs_of_ascii(
        self, token_ends: Sequence[NDArray[np.int64]], segments: Sequence[Segment], bounds: Sequence[tuple[int, int]]
    ) -> list[int]:
        """`costs` of all passages in one look-up, which their characters being bytes allows."""
        import numpy as np

        ends = np.array([segment.end for segment in segments], np.int64)
        owner = np.array([segment.passage for segment in segments], np.intp)
        gap = len(self._separator or "") + 1  # a passage's last token may reach over the separator
        shift = np.cumsum([0, *(len(passage.text) + gap for passage in self._passages)])
        flat = np.concatenate([part + at for part, at in zip(token_ends, shift[:-1], strict=True)])
        before = np.searchsorted(flat, ends + shift[owner], side="right")
        starts = np.array([segments[first].start if first < end else 0 for first, end in bounds], np.int64)
        opening = np.searchsorted(flat, starts + shift[:-1], side="right")
        previous = np.concatenate([[0], before[:-1]])
        opens = np.flatnonzero(np.diff(owner, prepend=-1))
        previous[opens] = opening[owner[opens]]
        costs: list[int] = np.maximum(1, before - previous).tolist()
        return costs


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _split_ends(ends: NDArray[np.int64], lengths: Sequence[int], separator: int) -> list[NDArray[np.int64]]:
    """The token ends of a joined text by passage, from each passage's own beginning; a separator counts to its left."""
    import numpy as np

    starts = np.cumsum([0, *(length + separator for length in lengths)])
    cuts = np.searchsorted(ends, starts, side="right")
    cuts[-1] = len(ends)  # nothing follows the last passage
    return [ends[a:b] - start for a, b, start in zip(cuts[:-1], cuts[1:], starts[:-1], strict=True)]


def _parts(token_ends: NDArray[np.int64], text: str, cuts: Sequence[int]) -> list[int]:
    """Tokens between the cuts of a text, by where each token ends."""
    import numpy as np

    if text.isascii():
        offsets = np.array(cuts)
    else:
        lengths = [len(text[: cuts[0]].encode()), *(len(text[a:b].encode()) for a, b in pairwise(cuts))]
        offsets = np.cumsum(lengths)
    parts: list[int] = np.diff(np.searchsorted(token_ends, offsets, side="right")).tolist()
    return parts
