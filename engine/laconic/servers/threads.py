"""Calls of the engine beside a server's loop: as many at a time as processors, and a bounded number waiting."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

__all__ = ["BusyError", "Threads"]

_T = TypeVar("_T")


class BusyError(Exception):
    """As many calls wait as may."""

    def __init__(self) -> None:
        super().__init__("the server is busy: try again later")


class Threads:
    """Runs calls in threads.

    Args:
        waiting: most calls that wait for a free thread.
    """

    def __init__(self, waiting: int) -> None:
        from anyio import CapacityLimiter

        self._limiter = CapacityLimiter(os.cpu_count() or 1)
        self._most = self._limiter.total_tokens + waiting
        self._calls = 0

    async def run(self, call: Callable[..., _T], *arguments: Any, **named: Any) -> _T:
        """What the call returns or raises.

        Raises:
            BusyError: too many wait already; nothing was called.
        """
        from anyio.to_thread import run_sync

        if self._calls >= self._most:
            raise BusyError
        self._calls += 1
        try:
            return await run_sync(partial(call, *arguments, **named), limiter=self._limiter)
        finally:
            self._calls -= 1
