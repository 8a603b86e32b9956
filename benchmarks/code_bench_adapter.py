"""The code benchmark's view of laconic: plug-ins ``(source, path, query, budget) -> text`` and, for repositories,
``(files, query, budget) -> text``.

The benchmark counts with cl100k_base. The shipped weights have seen none of its repositories.
"""

from __future__ import annotations

from laconic import Compressor
from laconic.optimizer import HasteOptimizer

ALL = 100_000
"""A ``top_k`` and ``prefilter`` that lets every definition compete for the budget, as `laconic.compress` does."""


def _optimizer(**options: int) -> HasteOptimizer:
    return HasteOptimizer(target_model="cl100k_base", **options)


def whole(source: str, path: str, query: str, budget: int) -> str:
    """The whole ranking competes for the budget."""
    optimizer = _optimizer(top_k=ALL, prefilter=ALL, hard_cap=budget)
    return optimizer.optimize(source, query=query, file_path=path).content


def compress(source: str, path: str, query: str, budget: int) -> str:
    """`laconic.compress` of a file that is known by its path."""
    compressor = Compressor(max_tokens=budget, counter="cl100k_base")
    return compressor.compress([{"text": source, "source": path}], query).text


def compress_unnamed(source: str, path: str, query: str, budget: int) -> str:
    """`laconic.compress` of the text alone."""
    return Compressor(max_tokens=budget, counter="cl100k_base").compress([source], query).text


def haste(source: str, path: str, query: str, budget: int) -> str:
    """`HasteOptimizer` with the defaults of its seed: six definitions, one step along the call graph."""
    return _optimizer(hard_cap=budget).optimize(source, query=query, file_path=path).content


def repository(files: dict[str, str], query: str, budget: int) -> str:
    """All files of a repository as one code base."""
    optimizer = _optimizer(top_k=ALL, prefilter=1000, hard_cap=budget)
    return optimizer.optimize(list(files.values()), query=query, file_path=list(files)).content
