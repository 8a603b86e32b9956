"""Counts of texts, remembered: a chat sends its whole history again with every turn."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

from laconic.types import TokenCounter

__all__ = ["CachedCounter"]


class CachedCounter:
    """A token counter that remembers the counts of the texts that it saw last.

    Args:
        counter: does the counting.
        max_entries: number of counts that are remembered; the least recently used go first.

    A text is recognised by its length and Python's own 64-bit hash, which the interpreter keeps with the string, so a
    repeated count costs a look-up and no text is held in memory. Thread-safe; two threads may both count a new text.
    """

    def __init__(self, counter: TokenCounter, max_entries: int = 16_384) -> None:
        self.counter = counter
        self.max_entries = max_entries
        self._counts: OrderedDict[tuple[int, int], int] = OrderedDict()
        self._lock = threading.Lock()

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
        key = (len(text), hash(text))
        with self._lock:
            known = self._counts.get(key)
            if known is not None:
                self._counts.move_to_end(key)
                return known
        tokens = self.counter.count(text)
        with self._lock:
            self._counts[key] = tokens
            if len(self._counts) > self.max_entries:
                self._counts.popitem(last=False)
        return tokens
