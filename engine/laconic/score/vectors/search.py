"""Exact nearest neighbours by cosine: FAISS where it is installed, numpy otherwise, with the same answer."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from laconic.exceptions import MissingDependencyError

__all__ = ["faiss_is_installed", "nearest", "require_faiss"]


def faiss_is_installed() -> bool:
    """Whether faiss can be imported; does not import it."""
    return find_spec("faiss") is not None


def require_faiss(purpose: str) -> Any:
    """The faiss module.

    Raises:
        MissingDependencyError: it is not installed.
    """
    if not faiss_is_installed():
        raise MissingDependencyError("faiss-cpu", "semantic", purpose)
    return import_module("faiss")


def nearest(vectors: NDArray[np.float32], query: NDArray[np.float32], k: int) -> tuple[list[int], list[float]]:
    """The ``k`` rows of ``vectors`` (n, d) with the largest inner product with ``query`` (d,), best first.

    Returns:
        Row numbers and their products (cosines for vectors of length one); fewer than ``k`` when there are fewer rows.
        Of equal rows the first comes first. Linear in n·d: exact search, no approximation.
    """
    k = min(k, len(vectors))
    if k < 1:
        return [], []
    if faiss_is_installed():
        faiss = require_faiss("exact search")
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return search_index(index, query, k)
    products = vectors @ query
    rows = np.argsort(-products, kind="stable")[:k]
    return rows.tolist(), products[rows].tolist()


def search_index(index: Any, query: NDArray[np.float32], k: int) -> tuple[list[int], list[float]]:
    """The ``k`` nearest entries of a FAISS index, best first, the earlier of equal ones first."""
    rows_of_query = np.ascontiguousarray(query, dtype=np.float32)[None, :]
    asked = k
    while True:
        # FAISS picks at will among entries that are equal at the k-th place, so ask until the next one is worse.
        asked = min(asked + 1, index.ntotal)
        products, rows = index.search(rows_of_query, asked)
        if asked == index.ntotal or products[0, -1] < products[0, k - 1]:
            break
        asked *= 2
    found = sorted(zip((-products[0]).tolist(), rows[0].tolist(), strict=True))[:k]
    return [row for _, row in found], [-negative for negative, _ in found]
