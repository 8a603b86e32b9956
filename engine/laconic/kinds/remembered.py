"""What was read of the last few texts: one call asks for the same passages again and again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import update_wrapper
from typing import Generic, TypeVar

__all__ = ["Remembered"]

_T = TypeVar("_T")

_TEXTS = 16
# Characters of all where there are more: a tree takes some twenty times its text, so this is 10 MB.
_CHARS = 500_000


class Remembered(Generic[_T]):
    """A function of a text whose values are kept for the last sixteen, and for more that are short together.

    Values are shared between calls and threads: treat them as read-only.

    Args:
        read: the function.
    """

    def __init__(self, read: Callable[[str], _T]) -> None:
        self._read = read
        self._known: OrderedDict[str, _T] = OrderedDict()
        self._chars = 0
        self._lock = threading.Lock()
        update_wrapper(self, read)

    def __call__(self, text: str) -> _T:
        """What ``read`` gives, and raises."""
        with self._lock:
            if text in self._known:
                self._known.move_to_end(text)
                return self._known[text]
        value = self._read(text)
        with self._lock:
            if text not in self._known:
                self._known[text] = value
                self._chars += len(text)
                while len(self._known) > _TEXTS and self._chars > _CHARS:
                    self._chars -= len(self._known.popitem(last=False)[0])
        return value

    def cache_clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._known.clear()
            self._chars = 0
