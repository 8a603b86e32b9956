"""Counts of long texts, remembered: a chat sends its whole history again with every turn."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

from laconic.types import TokenCounter

__all__ = ["CachedCounter"]


class CachedCounter:
    """A token counter that remembers the texts it counted last.

    Args:
        counter: does the counting.
        max_chars: the remembered texts have at most so many characters together; the least recently used go first. A
            text longer than a quarter of it is not remembered.

    A repeated count costs a look-up, whatever the length of the text (Python remembers a string's hash). Thread-safe;
    two threads may both count a new text.
    """

    def __init__(self, counter: TokenCounter, max_chars: int = 8_000_000) -> None:
        self.counter = counter
        self.max_chars = max_chars
        self._counts: OrderedDict[str, int] = OrderedDict()
        self._chars = 0
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """Of the counter inside."""
        return getattr(self.counter, "name", type(self.counter).__name__)

    @property
    def exact(self) -> bool:
        """Of the counter inside."""
        return bool(getattr(self.counter, "exact", True))

    def count(self, text: str) -> int:
        """Number of tokens of ``text``."""
        with self._lock:
            known = self._counts.get(text)
            if known is not None:
                self._counts.move_to_end(text)
                return known
        tokens = self.counter.count(text)
        if 4 * len(text) <= self.max_chars:
            with self._lock:
                if text not in self._counts:
                    self._counts[text] = tokens
                    self._chars += len(text)
                while self._chars > self.max_chars:
                    oldest, _ = self._counts.popitem(last=False)
                    self._chars -= len(oldest)
        return tokens

    @property
    def remembered(self) -> int:
        """Number of texts whose count is remembered."""
        return len(self._counts)

    @property
    def token_ends(self) -> Any:
        """The inner counter's own way to count the parts of a text at once, None where it has none."""
        return getattr(self.counter, "token_ends", None)
