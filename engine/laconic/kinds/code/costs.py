"""What parts of a file cost in tokens."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Any, TypeVar

from laconic.kinds.code.parse import ParsedCode
from laconic.tokens import TiktokenCounter
from laconic.types import TokenCounter

__all__ = ["Costs"]

_T = TypeVar("_T")


class Costs:
    """Tokens of parts of one file: one tokenisation where the counter allows, else a count per part."""

    def __init__(self, parsed: ParsedCode, counter: TokenCounter) -> None:
        self._parsed = parsed
        self._counter = counter
        self._derived: dict[str, Any] = {}
        self._ends: list[int] | None = None
        if isinstance(counter, TiktokenCounter):
            self._ends = counter.token_ends(parsed.text).tolist()

    @classmethod
    def of(cls, parsed: ParsedCode, counter: TokenCounter) -> Costs:
        """The costs of a file, cached with it for counters that can be told apart."""
        if not isinstance(counter, TiktokenCounter):
            return cls(parsed, counter)
        return parsed.derive(("costs", counter), lambda p: cls(p, counter))

    def __call__(self, start: int, end: int) -> int:
        """Planned tokens between two byte offsets of the parsed data."""
        if self._ends is None:
            return self._counter.count(self._parsed.slice(start, end))
        shift = self._parsed.shift
        return bisect_right(self._ends, end - shift) - bisect_right(self._ends, start - shift)

    def derive(self, key: str, make: Callable[[], _T]) -> _T:
        """``make()``, kept with the costs; see `ParsedCode.derive`."""
        if key not in self._derived:
            self._derived[key] = make()
        value: _T = self._derived[key]
        return value
