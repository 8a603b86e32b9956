"""A lock that a forked child can take, whoever held it when the process was forked."""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import Lock, RLock
from typing import Any
from weakref import WeakMethod, WeakSet

__all__ = ["ForkLock"]


class ForkLock:
    """A `threading.Lock` or `threading.RLock` for ``with``, open in a forked child.

    A child has the thread that forked and no other: a lock that another thread held would stay shut for ever, and what
    it guards may be half written.

    Args:
        spoilt: a method that makes what the lock guards usable again, called in such a child; None where nothing has
            to be done.
        reentrant: the thread that holds it may take it again.
    """

    __slots__ = ("__weakref__", "_lock", "_make", "_spoilt")

    def __init__(self, spoilt: Callable[[], None] | None = None, *, reentrant: bool = False) -> None:
        self._make: Callable[[], Any] = RLock if reentrant else Lock
        self._lock = self._make()
        self._spoilt = None if spoilt is None else WeakMethod(spoilt)
        _ALL.add(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: Any) -> None:
        self._lock.release()

    def _open(self) -> None:
        if self._lock.acquire(blocking=False):
            self._lock.release()
        else:
            self._lock = self._make()
            spoilt = None if self._spoilt is None else self._spoilt()
            if spoilt is not None:
                spoilt()


_ALL: WeakSet[ForkLock] = WeakSet()


def _after_fork() -> None:
    for lock in list(_ALL):
        lock._open()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
