"""Without an optional package every public name works, falls back and says so, or says what to install.

Each package is hidden in turn from a process of its own, which then uses everything (`extras_tour`).
``benchmarks/check_extras.py`` does the same with real environments.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.util import find_spec
from types import FunctionType
from typing import Any, NamedTuple

import pytest
from extras_tour import INSTALL_LINE, PACKAGES, Step
from extras_uses import TEXTS, USES
from structure_support import ROOT

ENGINE = ("laconic",)
LANGCHAIN = ("langchain_laconic",)
LLAMA_INDEX = ("llama_index.postprocessor.laconic",)


class Missing(NamedTuple):
    """A package that is not there: whose names are used without it, the extras that may be asked for, on what texts."""

    packages: tuple[str, ...]
    extras: tuple[str, ...]
    texts: tuple[str, ...] = ("prose", "markdown")


MISSING = {
    "tree_sitter": Missing(ENGINE, ("code", "haste", "project"), tuple(TEXTS)),
    "tree_sitter_python": Missing(ENGINE, ("code", "haste"), ("prose", "python", "markdown")),
    "rank_bm25": Missing(ENGINE, ("code", "haste"), ("prose", "python", "markdown")),
    "httpx": Missing(ENGINE, ("hosted", "server")),
    "faiss": Missing(ENGINE, ("semantic",)),
    "sentence_transformers": Missing(ENGINE, ("semantic",)),
    "llmlingua": Missing(ENGINE, ("llmlingua",)),
    "pathspec": Missing(ENGINE, ("project",), ("prose",)),
    "watchfiles": Missing(ENGINE, ("project",), ("prose",)),
    "mcp": Missing(ENGINE, ("mcp",), ("prose",)),
    "starlette": Missing(ENGINE, ("mcp", "server"), ("prose",)),  # mcp needs it too
    "uvicorn": Missing(ENGINE, ("mcp", "server"), ("prose",)),
    "typer": Missing(ENGINE, ("cli",), ("prose",)),
    "rich": Missing(ENGINE, ("cli",), ("prose",)),
    "langchain_core": Missing(LANGCHAIN, ("langchain",)),
    "langchain": Missing(LANGCHAIN, ("langchain-agents",)),
    "llama_index.core": Missing(LLAMA_INDEX, ("llama-index",)),
}
# Hidden together: what a bare installation has. Several of them bring anyio.
EVERYTHING = " ".join((*MISSING, "anyio"))
NOTHING = ""

# Documented modules; the names in them are what callers write.
DOCUMENTED = (
    *("laconic", "laconic.compressor", "laconic.optimizer", "laconic.pipeline", "laconic.metrics", "laconic.config"),
    *("laconic.types", "laconic.exceptions", "laconic.messages", "laconic.lod", "laconic.supercompress"),
    *("laconic.supercompress.context", "laconic.chain.options", "laconic.chain.strategies", "laconic.chain.cuts"),
    *("laconic.chain.shadow", "laconic.telemetry"),
    *("laconic.two_stage.engine", "laconic.two_stage.aliases", "laconic.two_stage.gate", "laconic.two_stage.pruner"),
    *("laconic.score.vectors.hybrid", "laconic.score.vectors.index", "laconic.score.vectors.embedders"),
    *("laconic.tokens", "langchain_laconic", "langchain_laconic.middleware", "langchain_laconic.testing"),
    *("laconic.chain.stores", "langchain_laconic.cuts", "laconic.project", "laconic.batch", "laconic.cli"),
    *("laconic.evaluation",),
    *("laconic.servers.registry", "laconic.servers.guard", "laconic.servers.http_server", "laconic.servers.proxy"),
    *("llama_index.postprocessor.laconic", "llama_index.postprocessor.laconic.testing"),
)


def _toured(without: str) -> dict[str, Any]:
    """The tour of a process that does not have some packages."""
    packages, _, texts = MISSING.get(without) or Missing(PACKAGES, (), tuple(TEXTS))
    hidden = ["--without", *without.split()] if without else []
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/extras_tour.py"), *hidden, "--only", *packages, "--texts", *texts],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "engine", ROOT / "integrations")))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    found["steps"] = [Step(*step) for step in found["steps"]]
    return found


@pytest.fixture(scope="module")
def tours() -> Iterator[dict[str, Future[dict[str, Any]]]]:
    """All tours by what is missing, as many at a time as there are processors."""
    for package in ("tree_sitter", "rank_bm25", "langchain", "llama_index.core"):
        if find_spec(package) is None:
            pytest.skip(f"{package} is not installed, so nothing tells what is different without it")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        wanted = (NOTHING, EVERYTHING, *(name for name in MISSING if find_spec(name) is not None))
        yield {name: pool.submit(_toured, name) for name in wanted}


@pytest.mark.parametrize("missing", [NOTHING, *MISSING, EVERYTHING], ids=lambda name: name[:25] or "nothing")
def test_what_is_missing_is_said(tours: dict[str, Future[dict[str, Any]]], missing: str) -> None:
    if missing not in tours:
        pytest.skip(f"{missing} is not installed, so every tour is without it")
    whole = {(step.use, step.text): step for step in tours[NOTHING].result()["steps"]}
    steps: list[Step] = tours[missing].result()["steps"]
    extras = {extra for name in missing.split() if name in MISSING for extra in MISSING[name].extras} | _absent()
    for step in steps:
        assert step.outcome != "broken", f"{step.use} on {step.text!r}: {step.says}"
        if step.outcome == "asks":
            asked = set(INSTALL_LINE.findall(step.says))
            assert asked <= extras, f"{step.use} asks for {asked}, though what is missing is in {extras}"
        elif step.outcome == "works" and (step.use, step.text) in whole:
            assert step.value == whole[step.use, step.text].value, f"{step.use} on {step.text!r} differs and is silent"
    if missing:
        assert any(step.outcome in ("asks", "falls back") for step in steps)


def _absent() -> set[str]:
    """The extras that this environment does not have either; they may be asked for whatever is hidden."""
    return {extra for name, missing in MISSING.items() if find_spec(name) is None for extra in missing.extras}


def test_everything_documented_is_used(tours: dict[str, Future[dict[str, Any]]]) -> None:
    """A name is used by `extras_uses`, or comes out of one of its calls; protocols and errors are read."""
    used = [_named(name) for use in USES.values() for name in use.names]
    came_out = set(tours[NOTHING].result()["used"])
    for module in DOCUMENTED:
        for name in importlib.import_module(module).__all__:
            value = _named(f"{module}.{name}")
            if isinstance(value, FunctionType):
                assert value in used, f"add a use of {module}.{name} to tests/extras_uses.py"
            elif isinstance(value, type) and not _is_only_read(value):
                known = value in used or f"{value.__module__}.{value.__qualname__}" in came_out
                assert known, f"add a use of {module}.{name} to tests/extras_uses.py"


def _is_only_read(value: type) -> bool:
    return issubclass(value, BaseException) or getattr(value, "_is_protocol", False)


def _named(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def test_every_optional_import_is_hidden_here() -> None:
    """A package that the engine looks for with ``find_spec`` is one that it can do without."""
    looked_for = set()
    for path in (*(ROOT / "engine").rglob("*.py"), *(ROOT / "integrations").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "find_spec":
                looked_for |= {each.value for each in node.args if isinstance(each, ast.Constant)}
    assert looked_for <= set(MISSING)
