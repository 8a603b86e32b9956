"""The budgets that an evaluation measures at: shares of a context's tokens, and numbers of tokens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

from laconic.exceptions import BudgetError

__all__ = ["DEFAULT_RATES", "Ceiling", "ceilings"]

DEFAULT_RATES = (0.05, 0.1, 0.2, 0.35, 0.5, 0.75)


@dataclass(frozen=True)
class Ceiling:
    """One budget.

    Attributes:
        value: a share of the tokens where it is a float, a number of tokens where it is an int.
    """

    value: float | int

    @property
    def is_rate(self) -> bool:
        """Whether it is a share."""
        return isinstance(self.value, float)

    @property
    def label(self) -> str:
        """As reports write it: ``"25 %"`` or ``"600 tokens"``."""
        return f"{100 * self.value:g} %" if self.is_rate else f"{self.value:,} tokens"

    def tokens(self, total: int) -> int:
        """Most tokens for a context of ``total``."""
        return max(1, int(total * self.value)) if self.is_rate else int(self.value)


def ceilings(budgets: Iterable[float | int]) -> list[Ceiling]:
    """Budgets in order, shares first; each once.

    Raises:
        BudgetError: one is neither a share, 0 < rate ≤ 1, nor a whole number of tokens ≥ 1; or there are none.
    """
    found = [_checked(budget) for budget in dict.fromkeys(budgets)]
    if not found:
        raise BudgetError("budgets is empty: give shares of the tokens (0.25) or numbers of tokens (600)")
    return sorted(found, key=lambda each: (not each.is_rate, each.value))


def _checked(budget: float | int) -> Ceiling:
    if isinstance(budget, float) and isfinite(budget) and 0 < budget <= 1:
        return Ceiling(budget)
    if isinstance(budget, int) and not isinstance(budget, bool) and budget >= 1:
        return Ceiling(budget)
    raise BudgetError(f"budget {budget!r}: give a share of the tokens, 0 < rate ≤ 1.0, or a number of tokens, ≥ 1")
