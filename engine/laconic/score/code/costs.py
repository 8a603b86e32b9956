"""What parts of a file cost in tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from laconic.segment.code.parse import ParsedCode
from laconic.types import TokenCounter

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Costs"]


class Costs:
    """Planned tokens of byte spans of one file: one tokenisation where the counter allows, else a count per span."""

    def __init__(self, parsed: ParsedCode, counter: TokenCounter) -> None:
        self._parsed = parsed
        self._count = counter.count
        self.code: dict[int, int] = {}
        """Tokens of units without their comments, by index, as far as they were asked for."""
        ends = getattr(counter, "token_ends", None)
        self._ends: NDArray[np.int64] | None = ends(parsed.text) if ends is not None else None

    @classmethod
    def of(cls, parsed: ParsedCode, counter: TokenCounter) -> Costs:
        """The costs of a file, cached with it for counters that can be told apart."""
        if getattr(counter, "token_ends", None) is None:
            return cls(parsed, counter)
        return parsed.derive(("costs", counter), lambda p: cls(p, counter))

    def __call__(self, start: int, end: int) -> int:
        """Planned tokens between two byte offsets of the parsed data."""
        if self._ends is None:
            return self._count(self._parsed.slice(start, end))
        shift = self._parsed.shift
        first, last = np.searchsorted(self._ends, (start - shift, end - shift), side="right")
        return int(last - first)

    @property
    def total(self) -> int:
        """Tokens of the whole file."""
        return len(self._ends) if self._ends is not None else self._count(self._parsed.text)
