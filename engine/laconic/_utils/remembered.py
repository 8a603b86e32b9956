"""What was read of the last few texts: one call asks for the same passages again and again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import update_wrapper
from typing import Generic, TypeVar

__all__ = ["Remembered"]

_T = TypeVar("_T")

# A tree takes some sixteen times its text, so these are 40 MB at the most. With fewer, each passage of a call of
# 600,000 tokens of JSON is parsed again whenever it is written, which takes half of the call.
_TEXTS, _CHARS = 16, 2_500_000


class Remembered(Generic[_T]):
    """A function of a text whose values are kept for the last few, and for more that are short together.

    Values are shared between calls and threads: treat them as read-only.

    Args:
        read: the function.
        texts: so many are kept whatever their length.
        chars: of all where they are more.
    """

    def __init__(self, read: Callable[[str], _T], texts: int = _TEXTS, chars: int = _CHARS) -> None:
        self._read = read
        self._texts = texts
        self._most_chars = chars
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
                while len(self._known) > self._texts and self._chars > self._most_chars:
                    self._chars -= len(self._known.popitem(last=False)[0])
        return value

    def cache_clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._known.clear()
            self._chars = 0
