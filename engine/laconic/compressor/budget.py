"""How much may be kept: the options and what they come to for one input."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from laconic.exceptions import BudgetError

__all__ = ["Budget"]


@dataclass(frozen=True)
class Budget:
    """The limits of a call; checked when made.

    Attributes:
        max_tokens: most tokens of the final text, ≥ 1, or None.
        rate: share of the input's tokens that may be kept, 0 < rate ≤ 1, or None.

    Where both are given, the tighter one holds.

    Raises:
        BudgetError: a value of the wrong type or outside its range.
    """

    max_tokens: int | None = None
    rate: float | None = None

    def __post_init__(self) -> None:
        if self.max_tokens is not None and (
            isinstance(self.max_tokens, bool) or not isinstance(self.max_tokens, int) or self.max_tokens < 1
        ):
            raise BudgetError(f"max_tokens is {self.max_tokens!r}: it must be a whole number of tokens ≥ 1")
        if self.rate is not None and not _is_share(self.rate):
            raise BudgetError(f"rate is {self.rate!r}: it must be a share of the input's tokens, 0 < rate ≤ 1")

    def ceiling(self, original_tokens: int) -> int:
        """Most tokens that the final text of an input of ``original_tokens`` may have; at least 1."""
        limits = [original_tokens]
        if self.max_tokens is not None:
            limits.append(self.max_tokens)
        if self.rate is not None:
            limits.append(int(self.rate * original_tokens))
        return max(1, min(limits))


def _is_share(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value) and 0 < value <= 1
