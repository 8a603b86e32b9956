"""The code benchmark's view of laconic: plug-ins ``(source, path, query, budget) -> text`` and, for repositories,
``(files, query, budget) -> text``.

The benchmark counts with cl100k_base. With ``LACONIC_CODE_FOLDS`` (the folder that ``training/train_code.py --folds``
wrote) and ``LACONIC_CODE_DATA`` (the benchmark's folder of tasks) in the environment, each task is ranked by weights
that never saw its repository; without them by the shipped ones.
"""

from __future__ import annotations

import gzip
import json
import os
from functools import cache
from pathlib import Path

from laconic import Compressor
from laconic.optimizer import HasteOptimizer
from laconic.score.code import CodeStep, Weights

ALL = 100_000
"""A ``top_k`` and ``prefilter`` that lets every definition compete for the budget, as `laconic.compress` does."""


@cache
def _repositories() -> dict[str, str]:
    """Query to repository, over all tasks."""
    found = {}
    for kind in ("commit", "doc", "repo"):
        with gzip.open(Path(os.environ["LACONIC_CODE_DATA"]) / f"{kind}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                task = json.loads(line)
                for name in ("query", "query_hard"):
                    if task.get(name):
                        found[task[name]] = task["repo"]
    return found


@cache
def _weights(repository: str) -> Weights | None:
    path = Path(os.environ["LACONIC_CODE_FOLDS"]) / f"{repository.replace('/', '+')}.json"
    return Weights.from_json(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


def _optimizer(query: str, **options: int) -> HasteOptimizer:
    folds = "LACONIC_CODE_FOLDS" in os.environ
    weights = _weights(_repositories()[query]) if folds else None
    return HasteOptimizer(target_model="cl100k_base", weights=weights, **options)


def whole(source: str, path: str, query: str, budget: int) -> str:
    """The whole ranking competes for the budget."""
    optimizer = _optimizer(query, top_k=ALL, prefilter=ALL, hard_cap=budget)
    return optimizer.optimize(source, query=query, file_path=path).content


def compress(source: str, path: str, query: str, budget: int) -> str:
    """`laconic.compress`; only the ranking of definitions leaves the repository out, not that of statements."""
    weights = _weights(_repositories()[query]) if "LACONIC_CODE_FOLDS" in os.environ else None
    steps = [CodeStep(weights.definitions if weights else None)]
    compressor = Compressor(max_tokens=budget, counter="cl100k_base", steps=steps)
    return compressor.compress([{"text": source, "source": path}], query).text


def haste(source: str, path: str, query: str, budget: int) -> str:
    """`HasteOptimizer` with the defaults of its seed: six definitions, one step along the call graph."""
    return _optimizer(query, hard_cap=budget).optimize(source, query=query, file_path=path).content


def repository(files: dict[str, str], query: str, budget: int) -> str:
    """All files of a repository as one code base."""
    optimizer = _optimizer(query, top_k=ALL, prefilter=1000, hard_cap=budget)
    return optimizer.optimize(list(files.values()), query=query, file_path=list(files)).content
