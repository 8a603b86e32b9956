"""How much may be kept: the options and what they come to for one input."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite
from typing import Literal

from laconic.exceptions import BudgetError

__all__ = ["AUTO", "DEFAULT_RATE", "Budget"]


AUTO: Literal["auto"] = "auto"
"""A rate that the scores choose: the fewest segments that promise `laconic.select.coverage.AUTO_RECALL`."""

DEFAULT_RATE = 0.5
"""What ``"auto"`` and ``recall`` come to where there is no evidence to promise."""


@dataclass(frozen=True)
class Budget:
    """The limits of a call; checked when made.

    Attributes:
        max_tokens: most tokens of the final text, ≥ 1, or None.
        rate: share of the input's tokens that may be kept, 0 < rate ≤ 1; ``"auto"`` leaves it to the scores; or None.
        recall: share of the evidence to keep, 0 < recall ≤ 1, or None.

    Of several, the tightest holds: ``max_tokens`` and a numeric rate are ceilings, ``recall`` and ``"auto"`` may stay
    below them.

    Raises:
        BudgetError: a value of the wrong type or outside its range.
    """

    max_tokens: int | None = None
    rate: float | Literal["auto"] | None = None
    recall: float | None = None

    def __post_init__(self) -> None:
        if self.max_tokens is not None and (
            isinstance(self.max_tokens, bool) or not isinstance(self.max_tokens, int) or self.max_tokens < 1
        ):
            raise BudgetError(f"max_tokens is {self.max_tokens!r}: it must be a whole number of tokens ≥ 1")
        if self.rate is not None and self.rate != AUTO and not _is_share(self.rate):
            raise BudgetError(
                f"rate is {self.rate!r}: it must be a share of the input's tokens, 0 < rate ≤ 1, or {AUTO!r}"
            )
        if self.recall is not None and not _is_share(self.recall):
            raise BudgetError(f"recall is {self.recall!r}: it must be a share of the evidence, 0 < recall ≤ 1")
        if self.recall is not None and self.rate == AUTO:
            raise BudgetError(f"rate={AUTO!r} chooses a recall of its own: give it or recall={self.recall}, not both")

    @property
    def is_open(self) -> bool:
        """Whether nothing limits the text."""
        return self.max_tokens is None and self.rate is None and self.recall is None

    @property
    def by_coverage(self) -> bool:
        """Whether the scores decide how much is kept."""
        return self.recall is not None or self.rate == AUTO

    def for_call(self, call: Budget) -> Budget:
        """The budget of one call: its own where it has one, under this ``max_tokens`` unless it brings one too."""
        if call.is_open:
            return self
        return replace(call, max_tokens=self.max_tokens) if call.max_tokens is None else call

    def ceiling(self, original_tokens: int) -> int | None:
        """Most tokens that the final text of an input of ``original_tokens`` may have, at least 1; None: no ceiling."""
        limits = []
        if self.max_tokens is not None:
            limits.append(self.max_tokens)
        if self.rate is not None and self.rate != AUTO:
            limits.append(int(self.rate * original_tokens))
        return max(1, min(limits)) if limits else None


def _is_share(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value) and 0 < value <= 1
