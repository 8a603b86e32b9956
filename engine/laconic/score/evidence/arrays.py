"""Names for the kinds of array that the evidence scorer passes around."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ONE_THREAD_WORK", "Bools", "Floats", "Ints", "Named", "product"]

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]
Named = dict[str, NDArray[np.generic]]
"""Features of one group by name, each (n,)."""

ONE_THREAD_WORK = 262_144
"""OpenBLAS shares out matrix products of more multiplications than this."""


def product(left: Floats, right: Floats) -> Floats:
    """``left @ right`` for matrices, in blocks so small that BLAS works on the caller's thread alone.

    A call of a few milliseconds gains nothing from more threads, and on a busy machine they wait for each other.
    """
    rows, inner = left.shape
    columns = right.shape[1]
    if rows * inner * columns <= ONE_THREAD_WORK:
        return left @ right
    result = np.empty((rows, columns), np.result_type(left, right))
    if rows >= columns:
        step = max(1, ONE_THREAD_WORK // max(1, inner * columns))
        for at in range(0, rows, step):
            np.matmul(left[at : at + step], right, out=result[at : at + step])
    else:
        step = max(1, ONE_THREAD_WORK // max(1, inner * rows))
        for at in range(0, columns, step):
            result[:, at : at + step] = left @ right[:, at : at + step]
    return result
