"""A deadline that the stages of a call ask: what is not done when it passes is done by simpler means."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isfinite
from time import perf_counter

from laconic.exceptions import ConfigurationError

__all__ = ["NEVER", "Deadline", "as_deadline", "checked_timeout"]


class Deadline:
    """The time that a call has, from the moment this is made; give one to several calls and they share it.

    Args:
        timeout_ms: milliseconds, > 0.
        clock: gives seconds; only differences count.

    Raises:
        ConfigurationError: ``timeout_ms`` is not a number above 0.
    """

    def __init__(self, timeout_ms: float, *, clock: Callable[[], float] = perf_counter) -> None:
        self.timeout_ms = checked_timeout(timeout_ms)
        self._clock = clock
        self._began = clock()

    def __repr__(self) -> str:
        return f"Deadline({self.timeout_ms:g})"

    def passed(self, share: float = 1.0) -> bool:
        """Whether this share of the time is over, 0 < share ≤ 1."""
        return (self._clock() - self._began) * 1000 >= share * self.timeout_ms


class _Never(Deadline):
    """The deadline of a call that has none."""

    def __init__(self) -> None:
        self.timeout_ms = inf

    def passed(self, share: float = 1.0) -> bool:
        return False


NEVER: Deadline = _Never()


def checked_timeout(timeout_ms: float) -> float:
    """Milliseconds as given.

    Raises:
        ConfigurationError: it is not a number above 0.
    """
    if (
        isinstance(timeout_ms, bool)
        or not isinstance(timeout_ms, (int, float))
        or not isfinite(timeout_ms)
        or timeout_ms <= 0
    ):
        raise ConfigurationError(f"timeout_ms is {timeout_ms!r}: it must be a number of milliseconds above 0, or None")
    return timeout_ms


def as_deadline(timeout_ms: float | Deadline | None) -> Deadline:
    """The deadline of a call that begins now.

    Raises:
        ConfigurationError: see `Deadline`.
    """
    if timeout_ms is None:
        return NEVER
    return timeout_ms if isinstance(timeout_ms, Deadline) else Deadline(timeout_ms)
