"""HasteOptimizer: the seed's contract, the strict limit, files, errors."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tree_sitter")
pytest.importorskip("rank_bm25")

from code_samples import QUESTION, SAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from vectors_support import MODEL

from laconic.exceptions import BudgetError, ConfigurationError, OptimizerError
from laconic.kinds.code.language import LANGUAGES, language_named
from laconic.kinds.code.parse import parse, parses_clean
from laconic.optimizer import HasteOptimizer
from laconic.score.code import shipped_weights
from laconic.tokens import counter_for

COUNT = counter_for("gpt-4o").count


def path_of(language: str) -> str:
    return "client" + language_named(language).extensions[0]


def test_the_defaults_are_those_of_the_seed() -> None:
    optimizer = HasteOptimizer()
    assert (optimizer.top_k, optimizer.prefilter, optimizer.bfs_depth, optimizer.max_add) == (6, 300, 1, 12)
    assert (optimizer.semantic, optimizer.sem_model) == (False, "text-embedding-3-small")
    assert (optimizer.hard_cap, optimizer.soft_cap, optimizer.target_model) == (1200, 1800, "gpt-4o")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_method_is_found_and_the_output_parses(language: str) -> None:
    result = HasteOptimizer(hard_cap=160).optimize(SAMPLES[language], query=QUESTION, file_path=path_of(language))
    plain = result.content.lower().replace("_", "")
    assert "waitbetweenretries" in plain
    assert parses_clean(result.content, language)
    assert result.metrics.optimized_tokens == COUNT(result.content) <= 160
    assert result.metrics.original_tokens == COUNT(SAMPLES[language])
    assert 0 < result.metrics.ast_fidelity < 1
    assert result.metrics.retrieval_mode == "bm25"
    assert result.metrics.chunks_retrieved >= 1
    assert not result.fallback


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(LANGUAGES), st.integers(1, 700), st.sampled_from([QUESTION, "connect", "outcome done failed", "é"])
)
def test_the_limit_holds_and_the_output_parses(language: str, budget: int, query: str) -> None:
    source = SAMPLES[language]
    result = HasteOptimizer().optimize(source, query=query, max_tokens=budget, file_path=path_of(language))
    assert COUNT(result.content) <= budget
    assert len(result.content) <= len(source) + 80
    if not result.fallback:
        assert parses_clean(result.content, language)
        joined = "".join(source[start:end] for start, end in result.spans or ())
        assert len(joined) <= len(source)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_fits_comes_back_unchanged(language: str) -> None:
    source = SAMPLES[language]
    result = HasteOptimizer().optimize(source, query=QUESTION, file_path=path_of(language))
    assert result.content == source
    assert result.metrics.retrieval_mode == "full_text"
    assert result.spans == ((0, len(source)),)


def test_the_same_call_gives_the_same_result() -> None:
    results = {
        HasteOptimizer(hard_cap=150).optimize(SAMPLES["java"], query=QUESTION, file_path="A.java").content
        for _ in range(3)
    }
    assert len(results) == 1


def test_what_is_cut_is_counted_where_there_is_room() -> None:
    others = "\n\n".join(f"def other_{n}(x):\n    return x * {n}" for n in range(60))
    source = f"def pause(retries):\n    wait(retries)\n\n\n{others}\n\n\ndef last():\n    pass\n"
    content = HasteOptimizer(hard_cap=100, top_k=1).optimize(source, query="pause retries", file_path="a.py").content
    assert content.rstrip().endswith("# … 122 lines")
    assert parses_clean(content, "python")


def test_kept_code_comes_with_the_imports_that_it_needs() -> None:
    body = "\n\n".join(f"def step_{n}(x):\n    y = x + {n}\n    return y * {n}" for n in range(40))
    imports = "import json\nimport time\nfrom random import random, choice\n"
    source = f"{imports}\n\ndef pause(seconds):\n    time.sleep(seconds + random())\n\n\n{body}\n"
    content = HasteOptimizer(hard_cap=150).optimize(source, query="pause some seconds", file_path="a.py").content
    assert "import time" in content
    assert "from random import random, choice" in content
    assert "import json" not in content


def test_callees_are_added_by_the_call_graph() -> None:
    noise = "\n\n".join(f"def other_{n}(x):\n    total = x * {n}\n    return total - {n}" for n in range(60))
    source = (
        f"def refund(order):\n    return settle(order)\n\n\ndef settle(order):\n    return order.amount\n\n\n{noise}\n"
    )
    options = {"query": "refund", "file_path": "a.py", "max_tokens": 120}
    with_graph = HasteOptimizer(top_k=1).optimize(source, **options)
    without = HasteOptimizer(top_k=1, max_add=0).optimize(source, **options)
    assert "return order.amount" in with_graph.content
    assert "return order.amount" not in without.content
    assert without.metrics.chunks_retrieved == 1


def test_the_soft_cap_bounds_what_the_graph_adds() -> None:
    steps = "\n".join(f"    refund_{n} = order.lines[{n}].refund * {n}" for n in range(30))
    noise = "\n\n".join(f"def other_{n}(x):\n    total = x * {n}\n    return total - {n}" for n in range(60))
    source = f"def refund(order):\n    return settle(order)\n\n\ndef settle(order):\n{steps}\n\n\n{noise}\n"
    options = {"query": "refund", "file_path": "a.py", "max_tokens": 120}
    assert "def settle" not in HasteOptimizer(top_k=1, soft_cap=120).optimize(source, **options).content
    assert "def settle" in HasteOptimizer(top_k=1, soft_cap=2000).optimize(source, **options).content  # and is cut


def _chain() -> str:
    """refund calls settle, settle calls transfer, and so on, among much that nobody calls."""
    names = ["refund", "settle", "transfer", "ledger", "archive", "len"]
    calls = "\n\n\n".join(f"def {name}(order):\n    return {other}(order)" for name, other in pairwise(names))
    noise = "\n\n".join(f"def other_{n}(x):\n    total = x * {n}\n    return total - {n}" for n in range(60))
    return f"{calls}\n\n\n{noise}\n"


@pytest.mark.parametrize("steps", range(5))
def test_each_step_along_the_call_graph_reaches_one_call_further(steps: int) -> None:
    result = HasteOptimizer(top_k=1, bfs_depth=steps, hard_cap=300).optimize(_chain(), "refund", file_path="a.py")
    reached = [f"def {name}(" in result.content for name in ("refund", "settle", "transfer", "ledger", "archive")]
    assert reached == [True] * (steps + 1) + [False] * (4 - steps)


@pytest.mark.parametrize("most", range(5))
def test_the_call_graph_adds_at_most_so_many(most: int) -> None:
    optimizer = HasteOptimizer(top_k=1, bfs_depth=9, max_add=most, hard_cap=300)
    assert optimizer.optimize(_chain(), "refund", file_path="a.py").metrics.chunks_retrieved == 1 + most


@pytest.mark.parametrize("limit", ["max_tokens", "hard_cap"])
def test_a_limit_above_the_soft_cap_is_used(limit: str) -> None:
    calls = "\n".join(f"    helper_{n}(order)" for n in range(40))
    helpers = "\n\n".join(
        f"def helper_{n}(order):\n" + "\n".join(f"    total_{k} = order.lines[{n}].price * {k}" for k in range(20))
        for n in range(40)
    )
    source = f"def refund(order):\n{calls}\n\n\n{helpers}\n"
    assert COUNT(source) > 5000
    kept = HasteOptimizer(max_add=40).optimize(source, query="refund", file_path="a.py", **{limit: 4000})
    assert 3600 < COUNT(kept.content) <= 4000


def test_several_files_are_one_code_base(tmp_path: Path) -> None:
    paths = []
    for language in ("python", "go", "java"):
        path = tmp_path / path_of(language)
        path.write_text(SAMPLES[language], encoding="utf-8")
        paths.append(path)
    result = HasteOptimizer(hard_cap=300).optimize(paths, query="WaitBetweenRetries in Go: how long")
    assert COUNT(result.content) <= 300
    assert f"// path: {paths[1]}" in result.content
    assert "func (c *Client) WaitBetweenRetries" in result.content
    assert result.spans is None
    by_name = HasteOptimizer(hard_cap=300).optimize(None, query=QUESTION, file_path=paths)
    as_text = HasteOptimizer(hard_cap=300).optimize([p.read_text() for p in paths], query=QUESTION, file_path=paths)
    assert by_name.content == as_text.content


def test_a_path_and_its_text_give_the_same(tmp_path: Path) -> None:
    path = tmp_path / "client.rb"
    path.write_text(SAMPLES["ruby"], encoding="utf-8")
    optimizer = HasteOptimizer(hard_cap=120)
    assert (
        optimizer.optimize(path, query=QUESTION).content
        == optimizer.optimize("", QUESTION, file_path=str(path)).content
    )


def test_parameters_of_one_call() -> None:
    optimizer = HasteOptimizer()
    result = optimizer.optimize(SAMPLES["python"], QUESTION, None, "a.py", hard_cap=90, top_k=1)
    assert COUNT(result.content) <= 90
    assert optimizer.hard_cap == 1200
    with pytest.raises(ConfigurationError, match="did you mean top_k"):
        optimizer.optimize(SAMPLES["python"], QUESTION, topk=1)


def test_unsupported_languages_fall_back_to_their_lines() -> None:
    source = "\n".join(f"IDENTIFICATION DIVISION {n}. MOVE A TO B-{n}." for n in range(100)) + "\nPERFORM WAIT-RETRIES."
    result = HasteOptimizer(hard_cap=60).optimize(source, query="wait retries", file_path="a.cob")
    assert result.fallback
    assert COUNT(result.content) <= 60
    assert result.metrics.ast_fidelity is None
    small = HasteOptimizer().optimize("MOVE A TO B.", query="move", file_path="a.cob")
    assert small.fallback
    assert small.content == "MOVE A TO B."


def test_a_script_without_definitions() -> None:
    source = "import time\n" + "".join(f"value_{n} = {n} * 3\n" for n in range(200)) + "time.sleep(retry_delay)\n"
    result = HasteOptimizer(hard_cap=60).optimize(source, query="retry delay sleep", file_path="a.py")
    assert "time.sleep(retry_delay)" in result.content
    assert parses_clean(result.content, "python")
    assert not result.fallback


class Letters:
    """An embedder that sees which letters a text has."""

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        rows = np.array([[text.lower().count(chr(97 + n)) for n in range(26)] for text in texts], dtype=np.float32)
        return rows / np.maximum(1e-6, np.linalg.norm(rows, axis=1, keepdims=True))


def test_semantic_reranking() -> None:
    source = "".join(
        f"def {name * 3}(x):\n    {name} = x\n    return {name}\n\n\n" for name in "abcdefghijklmnopqrst" * 3
    )
    result = HasteOptimizer(semantic=True, sem_model=Letters(), hard_cap=40).optimize(
        source, query="qqqq", file_path="a.py"
    )
    assert result.metrics.retrieval_mode == "hybrid"
    assert "def qqq" in result.content


def test_the_static_table_reranks_without_any_download() -> None:
    optimizer = HasteOptimizer(semantic=True, sem_model="laconic-static", hard_cap=150)
    assert "wait_between_retries" in optimizer.optimize(SAMPLES["python"], query=QUESTION, file_path="a.py").content


@pytest.mark.skipif(MODEL is None, reason="the package that carries the model is not installed")
def test_a_local_model_reranks_by_its_name() -> None:
    pytest.importorskip("sentence_transformers")
    optimizer = HasteOptimizer(semantic=True, sem_model=MODEL, hard_cap=150)
    result = optimizer.optimize(SAMPLES["python"], query=QUESTION, file_path="a.py")
    assert "wait_between_retries" in result.content
    assert result.metrics.retrieval_mode == "hybrid"


@pytest.mark.parametrize("query", [None, "", "  ", 3])
def test_no_query(query: object) -> None:
    with pytest.raises(OptimizerError, match="give one"):
        HasteOptimizer().optimize("x = 1", query=query)  # type: ignore[arg-type]


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    optimizer = HasteOptimizer()
    with pytest.raises(OptimizerError, match="no file"):
        optimizer.optimize(tmp_path / "missing.py", query="x")
    with pytest.raises(OptimizerError, match="is a directory"):
        optimizer.optimize(tmp_path, query="x")
    with pytest.raises(OptimizerError, match="no context and no file_path"):
        optimizer.optimize("", query="x")
    (tmp_path / "latin.py").write_bytes(b"x = '\xe9'\n")
    with pytest.raises(OptimizerError, match="not UTF-8"):
        optimizer.optimize(None, query="x", file_path=tmp_path / "latin.py")
    with pytest.raises(OptimizerError, match="2 texts and 1 paths"):
        optimizer.optimize(["a", "b"], query="x", file_path="a.py")
    with pytest.raises(OptimizerError, match=r"context\[1\] is a int"):
        optimizer.optimize(["a", 1], query="x")
    with pytest.raises(OptimizerError, match="context is a bytes"):
        optimizer.optimize(b"x", query="x")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"top_k": 0}, ConfigurationError),
        ({"prefilter": -1}, ConfigurationError),
        ({"bfs_depth": 1.5}, ConfigurationError),
        ({"max_add": True}, ConfigurationError),
        ({"hard_cap": 0}, BudgetError),
        ({"soft_cap": "many"}, BudgetError),
    ],
)
def test_options_that_cannot_work(options: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error, match=next(iter(options))):
        HasteOptimizer(**options)  # type: ignore[arg-type]


def test_weights_of_your_own() -> None:
    weights = shipped_weights()
    own = HasteOptimizer(hard_cap=150, weights=weights)
    same = HasteOptimizer(hard_cap=150)
    arguments = {"query": QUESTION, "file_path": "a.py"}
    assert own.optimize(SAMPLES["python"], **arguments).content == same.optimize(SAMPLES["python"], **arguments).content


def test_nothing_of_a_cached_file_leaks_into_another_question() -> None:
    source = SAMPLES["typescript"]
    optimizer = HasteOptimizer(hard_cap=120)
    first = optimizer.optimize(source, query="connect to a host", file_path="a.ts").content
    optimizer.optimize(source, query=QUESTION, file_path="a.ts")
    assert optimizer.optimize(source, query="connect to a host", file_path="a.ts").content == first
    assert parse(source, "typescript").text == source
