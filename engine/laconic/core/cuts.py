"""The one function of a call that is cut into what is left of the budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from laconic.core.run import Run

__all__ = ["FunctionCuts"]

# A function is cut into no less than this: its signature and a statement or two.
_LEAST_TOKENS = 24
_MOST_TRIES = 4


class FunctionCuts:
    """Cuts one function of a run so that it still parses; see `laconic.select.budget.Cuts`.

    Args:
        run: renders and counts, with scores.
        ceiling: tokens that the whole result may have.
    """

    def __init__(self, run: Run, ceiling: int) -> None:
        import numpy as np

        self.worth: list[float] = np.exp(run.scores).tolist()
        self._run = run
        self._ceiling = ceiling
        self._tries = _MOST_TRIES

    def may_cut(self, at: int) -> bool:
        """Whether the segment is a function, and none has been cut."""
        run = self._run
        wanted = run.segments[at].kind == "function" and at not in run.duplicates
        return wanted and run.function_cut is None and self._tries > 0

    def cut(self, at: int, kept: Mapping[int, int], room: int) -> bool:
        """Cut the function; the run renders and counts it from now on."""
        run = self._run
        self._tries -= 1
        while room >= _LEAST_TOKENS and run.cut_function(at, room, kept):
            used = run.measure(kept)
            if used <= self._ceiling:
                return True
            room -= max(used - self._ceiling, room // 10)
        run.function_cut = None
        return False
