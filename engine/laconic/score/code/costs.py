"""What a definition's cost takes from its score, where definitions compete for a budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from laconic.kinds.code.costs import Costs, text_counter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Costs", "price", "text_counter"]

_PRICE_OFFSET = 20.0


def price(costs: Floats) -> Floats:
    """What the log-probability of a definition is lowered by where definitions compete for a budget.

    A definition is worth its probability for each token: measured better than the probability alone and than a milder
    price. The constant keeps definitions of a line from being all but free.
    """
    return np.log(costs + _PRICE_OFFSET)
