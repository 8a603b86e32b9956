"""The contract of an eviction policy, and the two policies that look at nothing but place."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from laconic.supercompress.lines import Line

__all__ = ["FIFO", "EvictionPolicy", "TruncationPolicy"]


class EvictionPolicy(ABC):
    """Decides which lines of a context stay.

    A policy ranks; the caller (`laconic.compress_context`) pins the first and the last lines, fills the budget in the
    policy's order and recounts the result, so that no policy can break the budget.

    Attributes:
        name: what `CompressResult.policy_name` says.
        contiguous: whether eviction ends at the first line that does not fit, so that what stays is one stretch; when
            False, later and shorter lines may fill what is left of the budget.
    """

    name: ClassVar[str] = "custom"
    contiguous: ClassVar[bool] = False

    @abstractmethod
    def decide(self, lines: Sequence[Line], question: str, budget: int) -> Sequence[float]:
        """One decision per line.

        Args:
            lines: of the context, in order, pinned ones included.
            question: of the call; may be blank.
            budget: tokens that the kept lines may have.

        Returns:
            A finite number for each line: the higher, the longer it stays; equal ones leave the earlier line in place.
        """


class FIFO(EvictionPolicy):
    """First in, first out: evicts from the beginning, keeps the most recent lines that fit."""

    name = "FIFO"
    contiguous = True

    def decide(self, lines: Sequence[Line], question: str, budget: int) -> Sequence[float]:
        """Later lines stay longer."""
        return range(len(lines))


class TruncationPolicy(EvictionPolicy):
    """Cuts the end off: keeps the first lines that fit."""

    name = "Truncation"
    contiguous = True

    def decide(self, lines: Sequence[Line], question: str, budget: int) -> Sequence[float]:
        """Earlier lines stay longer."""
        return range(len(lines), 0, -1)
