"""Which statements of one function a question is about.

A function that does not fit is cut to its signature and its best statements, with the control structure around them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from laconic.kinds.code.parse import ParsedCode
from laconic.kinds.code.statements import statements
from laconic.kinds.code.units import Unit
from laconic.score.code.statement_features import statement_features
from laconic.score.code.weights import Linear, shipped_weights

__all__ = ["FunctionCut", "FunctionCutter"]

Span = tuple[int, int]

COST_EXPONENT = 0.5


@dataclass(frozen=True)
class FunctionCut:
    """A function cut to a budget.

    Attributes:
        wanted: byte spans to keep, for `laconic.kinds.code.prune`.
        tokens: planned cost of them.
        share: part of the function's own cost that they are, 0–1.
        steps: the spans in the order in which they were taken, so that a caller who is still over budget can drop
            from the end.
    """

    wanted: tuple[Span, ...]
    tokens: int
    share: float
    steps: tuple[tuple[Span, ...], ...]


class FunctionCutter:
    """One function with its statements ranked for a question; cuts it to any number of tokens.

    Args:
        parsed: the file.
        unit: one of its functions.
        query: the question; statements are chosen without one where it is empty.
        cost: planned tokens of a byte span.
        model: ranks the statements; the shipped one where None.
    """

    def __init__(
        self,
        parsed: ParsedCode,
        unit: Unit,
        query: str,
        cost: Callable[[int, int], int],
        *,
        model: Linear | None = None,
    ) -> None:
        self.head: Span = (unit.start, unit.signature_end)
        self.head_cost = cost(*self.head) + 2
        self.statements = statements(parsed, unit)
        self.costs = [sum(cost(*span) for span in s.own) + 1 for s in self.statements]
        self.order: list[int] = []
        if self.statements:
            scores = (model or shipped_weights().statements).score(statement_features(parsed, self.statements, query))
            price = np.log(np.array(self.costs, dtype=float) + 5)
            self.order = np.argsort(-(scores - COST_EXPONENT * price), kind="stable").tolist()

    def cut(self, room: int) -> FunctionCut | None:
        """The signature and the best statements, with what is around them, in at most ``room`` planned tokens.

        Comments are left out.

        Args:
            room: tokens that may be used.

        Returns:
            None where not even the signature and one statement fit. The plan is by parts: count the rendered text,
            and drop ``steps`` from the end while it is too long.
        """
        spent = self.head_cost
        kept: set[int] = set()
        steps: list[tuple[Span, ...]] = []
        for at in self.order if spent < room else ():
            if at in kept or self.statements[at].comment:
                continue
            chain = []
            link: int | None = at
            while link is not None and link not in kept:
                chain.append(link)
                link = self.statements[link].parent
            price = sum(self.costs[one] for one in chain)
            if spent + price > room:
                continue
            spent += price
            kept.update(chain)
            steps.append(tuple(span for one in chain for span in self.statements[one].own))
        if not steps:
            return None
        wanted = (self.head, *(span for step in steps for span in step))
        return FunctionCut(wanted, spent, min(1.0, spent / max(1, sum(self.costs) + self.head_cost - 2)), tuple(steps))
