"""Names for the kinds of array that the evidence scorer passes around."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ONE_THREAD_WORK", "Bools", "Floats", "Ints", "Named", "distinct_of", "groups", "product", "run_starts"]

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]
Named = dict[str, NDArray[np.generic]]
"""Features of one group by name, each (n,)."""

ONE_THREAD_WORK = 262_144
"""OpenBLAS shares out matrix products of more multiplications than this."""

_MOST_PADDING = 5


def distinct_of(numbers: NDArray[np.integer[Any]], end: int) -> tuple[Ints, Ints]:
    """The distinct ones of numbers in ``range(end)``, in order of appearance, and where each stands among them.

    Rows of a lexicon depend on what it read before. An order by them would change how sums of products are rounded,
    and a call would be scored a little differently after other calls than before them.
    """
    first = np.empty(end, np.intp)
    first[numbers[::-1]] = np.arange(len(numbers) - 1, -1, -1)  # of several assignments the last one stays
    distinct = numbers[first[numbers] == np.arange(len(numbers))].astype(np.intp, copy=False)
    place = first  # each number is read once more, so its memory can be written over
    place[distinct] = np.arange(len(distinct))
    return distinct, place[numbers]


def run_starts(values: NDArray[np.generic]) -> Bools:
    """(n,) whether each value differs from the one before it; the first one does."""
    differs = np.empty(len(values), np.bool_)
    differs[:1] = True
    np.not_equal(values[1:], values[:-1], out=differs[1:])
    return differs


def groups(rows: Floats, first: Ints, sizes: Ints) -> tuple[Floats, Floats]:
    """Column by column the largest and the sum of the rows of each group, none of which is negative.

    Side by side in one array, with zeros behind the shorter groups, that is done in a sixth of the time that numpy's
    ``reduceat`` takes, so it is where zeros are not most of the array. Of (n, c) rows, the first row (m,) of each
    group, ascending from 0, and the sizes (m,), none of which is 0, it makes two (m, c) arrays.
    """
    if len(first) == 1:
        return rows.max(axis=0, keepdims=True), rows.sum(axis=0, keepdims=True)
    longest = int(sizes.max())
    if longest * len(first) > _MOST_PADDING * len(rows):
        return np.maximum.reduceat(rows, first, axis=0), np.add.reduceat(rows, first, axis=0)
    padded = np.zeros((len(first) * longest, rows.shape[1]), rows.dtype)
    padded[np.arange(len(rows)) + np.repeat(np.arange(len(first)) * longest - first, sizes)] = rows
    beside = padded.reshape(len(first), longest, -1)
    return beside.max(axis=1), beside.sum(axis=1)


def product(left: Floats, right: Floats, result: Floats | None = None) -> Floats:
    """``left @ right`` for matrices, in blocks so small that BLAS works on the caller's thread alone.

    A call of a few milliseconds gains nothing from more threads, and on a busy machine they wait for each other.
    ``result`` is where it goes, a new array when None.
    """
    rows, inner = left.shape
    columns = right.shape[1]
    if result is None:
        result = np.empty((rows, columns), np.result_type(left, right))
    if rows * inner * columns <= ONE_THREAD_WORK:
        return np.matmul(left, right, out=result)
    if rows >= columns:
        step = max(1, ONE_THREAD_WORK // max(1, inner * columns))
        for at in range(0, rows, step):
            np.matmul(left[at : at + step], right, out=result[at : at + step])
    else:
        step = max(1, ONE_THREAD_WORK // max(1, inner * rows))
        for at in range(0, columns, step):
            result[:, at : at + step] = left @ right[:, at : at + step]
    return result
