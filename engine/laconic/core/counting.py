"""Tokens of one call: of the input, of its segments (planned), and of what is kept (exact), each counted once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

from laconic.tokens import TiktokenCounter
from laconic.tokens.counters import cuts_change_nothing
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
        self._outer: dict[str, _OuterWords | None] = {}

    def count(self, text: str) -> int:
        """Tokens of a rendered passage."""
        if text not in self._counts:
            self._counts[text] = self._counter.count(text)
        return self._counts[text]

    def joined(self, texts: list[str]) -> int:
        """Tokens of the texts as the chain will send them.

        In the shipped encodings a token begins at every single space between two visible characters, so what a
        separator changes lies between the nearest such spaces. The sum of what lies between them and of the words
        around the separators is the count of the whole, and a selection that changes one passage recounts one passage.
        """
        separator = self._separator
        if separator is None:
            return sum(map(self.count, texts))
        if not isinstance(self._counter, TiktokenCounter):
            return self._counter.count(separator.join(texts))
        total, around = 0, ""
        for at, text in enumerate(texts):
            words = self._outer_words(text)
            around += separator if at else ""
            if words is None:
                around += text
            else:
                total += self._counter.count(around + words.first) + words.tokens_between
                around = words.last
        return total + self._counter.count(around)

    def _outer_words(self, text: str) -> _OuterWords | None:
        """What of a text a separator can change; None where that is all."""
        if text not in self._outer:
            inner = _BETWEEN_WORDS.search(text)
            words = None
            if inner is not None:
                first, last = text[: inner.start()], text[_last_space(text) :]
                tokens = self.count(text) - self._counter.count(first) - self._counter.count(last)
                words = _OuterWords(first, last, tokens)
            self._outer[text] = words
        return self._outer[text]

    @cached_property
    def original_tokens(self) -> int:
        """Tokens of the input as the chain would send it, heads included."""
        if self._token_ends is not None:
            return len(self._token_ends.ends)
        texts = [passage.head + passage.text for passage in self._passages]
        if self._separator is None:
            return sum(map(self._counter.count, texts))
        return self._counter.count(self._separator.join(texts))

    @cached_property
    def _token_ends(self) -> _TokenEnds | None:
        """Where the tokens of the input end; None where the counter only counts, or there is nothing to count."""
        token_ends = getattr(self._counter, "token_ends", None)
        if token_ends is None or not self._passages:
            return None
        import numpy as np

        texts = [passage.head + passage.text for passage in self._passages]
        begins = np.cumsum([0, *(_bytes(text) + _bytes(self._separator or "") for text in texts[:-1])])
        starts = begins + [_bytes(passage.head) for passage in self._passages]
        if self._separator is not None:
            return _TokenEnds(token_ends(self._separator.join(texts)), starts)
        ends = [token_ends(text) + begin for text, begin in zip(texts, begins, strict=True)]
        return _TokenEnds(np.concatenate(ends), starts)

    @cached_property
    def _tells_tokens(self) -> bool:
        """Whether the tokens of the input are those that its parts have, as far as long runs go."""
        return cuts_change_nothing((self._separator or "").join(each.head + each.text for each in self._passages))

    def know_ends(self, index: int) -> None:
        """Have the counter remember where the tokens of one passage's text by itself end, if the input's tokens tell.

        They do where line breaks stand around a text that begins with a visible character: but for what follows its
        last letter or digit, its tokens are then those that it has in the input. A slash goes with the line breaks
        before it. Of long runs without a place to cut at the counter says what depends on what is around them.
        """
        if not isinstance(self._counter, TiktokenCounter) or self._token_ends is None or len(self._passages) < 2:
            return
        passage, separator = self._passages[index], self._separator or ""
        text = passage.text
        before = passage.head or (separator if index else "\n")
        behind = separator if index + 1 < len(self._passages) else "\n"
        if before[-1:] != "\n" or behind[:1] != "\n" or not text or text[0].isspace() or text[0] == "/":
            return
        import numpy as np

        tail = _LAST_MARKS.search(text, max(0, len(text) - _MOST_MARKS))
        if tail is None or not self._tells_tokens or not cuts_change_nothing(text):
            return
        ends, start = self._token_ends.ends, int(self._token_ends.starts[index])
        size = _bytes(text)
        first, last = ends.searchsorted((start, start + size - len(tail[1])), "right").tolist()
        own = ends[first:last] - start
        if tail[1]:
            own = np.concatenate([own, self._counter.token_ends(tail[1]) + (size - len(tail[1]))])
        self._counter.know_ends(text, own)

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
        if self._token_ends is not None:
            return self._costs_by_ends(self._token_ends, segments, bounds)
        costs: list[int] = []
        for index, (first, end) in enumerate(bounds):
            if first < end:
                text = self._passages[index].text
                cuts = [segments[first].start, *(segment.end for segment in segments[first:end])]
                costs += (max(1, self._counter.count(text[a:b])) for a, b in pairwise(cuts))
        return costs

    def _costs_by_ends(
        self, tokens: _TokenEnds, segments: Sequence[Segment], bounds: Sequence[tuple[int, int]]
    ) -> list[int]:
        """`costs` by where tokens end, of all passages in one look-up."""
        import numpy as np

        starts = [segments[first].start if first < end else 0 for first, end in bounds]
        ends = [segment.end for segment in segments]
        for index, (first, end) in enumerate(bounds):
            text = self._passages[index].text
            if first < end and not text.isascii():  # offsets count bytes
                cuts = [0, starts[index], *ends[first:end]]
                offsets = list(accumulate(len(text[a:b].encode()) for a, b in pairwise(cuts)))
                starts[index], ends[first:end] = offsets[0], offsets[1:]
        owner = np.array([segment.passage for segment in segments], np.intp)
        before = np.searchsorted(tokens.ends, np.array(ends, np.int64) + tokens.starts[owner], side="right")
        opening = np.searchsorted(tokens.ends, np.array(starts, np.int64) + tokens.starts, side="right")
        previous = np.concatenate([[0], before[:-1]])
        opens = np.flatnonzero(np.diff(owner, prepend=-1))
        previous[opens] = opening[owner[opens]]
        costs: list[int] = np.maximum(1, before - previous).tolist()
        return costs


class _TokenEnds(NamedTuple):
    """Where tokens end and where each passage's text begins, in bytes of the input as the chain would send it."""

    ends: NDArray[np.int64]
    starts: NDArray[np.int64]


# What follows the last letter or digit of a text, where that is plain; longer ones are rare.
_LAST_MARKS = re.compile(r"[A-Za-z0-9]([\0-/:-@\[-`{-\x7f]*)\Z")
_MOST_MARKS = 64

_BETWEEN_WORDS = re.compile(r"(?<=\S) (?=\S)")


class _OuterWords(NamedTuple):
    """The words at both ends of a text, and the tokens between them."""

    first: str
    last: str
    tokens_between: int


def _last_space(text: str) -> int:
    """Where the last `_BETWEEN_WORDS` of a text stands; it must have one."""
    at = text.rfind(" ")
    while not _BETWEEN_WORDS.match(text, at):
        at = text.rfind(" ", 0, at)
    return at


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
