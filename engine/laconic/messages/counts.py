"""Counts of texts, remembered: a chat sends its whole history again with every turn."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from laconic._utils.locks import ForkLock
from laconic.tokens import TiktokenCounter
from laconic.tokens.parts import countable_parts
from laconic.types import TokenCounter

__all__ = ["CachedCounter"]

# A text is counted some six times on its way, each time with a few changes: what did not change is not counted again.
# The parts of very long texts would push out all others.
_BY_PARTS_CHARS = range(1000, 1_000_000)


class CachedCounter:
    """A token counter that remembers the counts of the texts that it saw last.

    Args:
        counter: does the counting.
        max_entries: number of counts that are remembered; the least recently used go first. An entry takes about 200
            bytes.

    A text is recognised by its length and Python's own 64-bit hash, which the interpreter keeps with the string, so a
    repeated count costs a look-up and no text is held in memory. With the shipped encodings a long text is counted by
    its lines and sentences, whose counts add up, so that one that was changed in places costs a tenth of a count.
    Thread-safe; two threads may both count a new text.
    """

    def __init__(self, counter: TokenCounter, max_entries: int = 32_768) -> None:
        self.counter = counter
        self.max_entries = max_entries
        self._by_parts = isinstance(counter, TiktokenCounter)
        self._counts: OrderedDict[tuple[int, int], int] = OrderedDict()
        self._lock = ForkLock()

    @property
    def name(self) -> str:
        """Of the counter inside."""
        return getattr(self.counter, "name", type(self.counter).__name__)

    @property
    def exact(self) -> bool:
        """Of the counter inside."""
        return bool(getattr(self.counter, "exact", True))

    @property
    def token_ends(self) -> Any:
        """The inner counter's own way to count the parts of a text at once, None where it has none."""
        return getattr(self.counter, "token_ends", None)

    @property
    def remembered(self) -> int:
        """Number of counts that are remembered."""
        return len(self._counts)

    def count(self, text: str) -> int:
        """Number of tokens of ``text``."""
        if not self._by_parts or len(text) not in _BY_PARTS_CHARS:
            return self._sum([text], self.counter.count)
        return self._sum([text], lambda text: self._sum(countable_parts(text), self.counter.count))

    def _sum(self, texts: list[str], count: Callable[[str], int]) -> int:
        """Tokens of some texts together; ``count`` is asked for those that are not remembered."""
        total = 0
        unknown = []
        with self._lock:
            counts = self._counts
            for text in texts:
                key = (len(text), hash(text))
                known = counts.get(key)
                if known is None:
                    unknown.append((key, text))
                else:
                    counts.move_to_end(key)
                    total += known
        new = {key: count(text) for key, text in unknown}
        self._remember(new)
        return total + sum(new[key] for key, _ in unknown)

    def _remember(self, counts: dict[tuple[int, int], int]) -> None:
        if counts:
            with self._lock:
                self._counts.update(counts)
                while len(self._counts) > self.max_entries:
                    self._counts.popitem(last=False)
