"""Which statements of one function a question is about.

A function that does not fit is cut to its signature and its best statements, with the control structure around them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from laconic.kinds.code.parse import ParsedCode
from laconic.kinds.code.statements import statements
from laconic.kinds.code.units import Unit
from laconic.score.code.statement_features import statement_features
from laconic.score.code.weights import shipped_weights
from laconic.types import Span

__all__ = ["FunctionCutter"]

_PRICE_EXPONENT = 0.5  # statements compete as segments do: by the root of their tokens
_DEEPEST = 64  # what stands in more statements is left out: each of them would have to be kept for it


class FunctionCutter:
    """One function of a file with its statements ranked for a question; cuts it to any number of tokens.

    Where ``query`` is empty, statements are ranked without one. ``cost`` gives the planned tokens of a byte span.
    """

    def __init__(self, parsed: ParsedCode, unit: Unit, query: str, cost: Callable[[int, int], int]) -> None:
        self.head: Span = (unit.start, unit.signature_end)
        self.head_cost = cost(*self.head) + 2
        self.statements = statements(parsed, unit)
        self.costs = [sum(cost(*span) for span in s.own) + 1 for s in self.statements]
        self.order: list[int] = []
        if self.statements:
            scores = shipped_weights().statements.score(statement_features(parsed, self.statements, query))
            price = np.log(np.array(self.costs, dtype=float) + 5)
            self.order = np.argsort(-(scores - _PRICE_EXPONENT * price), kind="stable").tolist()

    def cut(self, room: int) -> tuple[Span, ...] | None:
        """Byte spans of the signature, the best statements and what is around them, for `laconic.kinds.code.prune`.

        Comments are left out. The plan is by parts, so the rendered text may still be too long.

        Args:
            room: planned tokens that may be used.

        Returns:
            None where not even the signature and one statement fit.
        """
        spent = self.head_cost
        kept: set[int] = set()
        wanted = [self.head]
        for at in self.order if spent < room else ():
            if at in kept or self.statements[at].comment or self.statements[at].depth > _DEEPEST:
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
            wanted += (span for one in chain for span in self.statements[one].own)
        return tuple(wanted) if kept else None
