"""Names for the kinds of array that the evidence scorer passes around."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Bools", "Floats", "Ints", "Named"]

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]
Named = dict[str, NDArray[np.generic]]
"""Features of one group by name, each (n,)."""
