"""docs/seeds.md is true: every call in its tables gives the result that stands beside it."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hosted_server import KEY, Server, running_server, status
from numpy.typing import NDArray

import laconic.exceptions
from laconic.compressor import ScaleDownCompressor
from laconic.messages import Recipe, Telemetry, load_recipe, stats
from laconic.messages.telemetry import Call
from laconic.project import ProjectIndex
from laconic.supercompress.checkpoint import load_checkpoint, save_checkpoint

MISSING = [name for name in ("tree_sitter", "rank_bm25", "pathspec", "httpx", "torch") if find_spec(name) is None]
ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "seeds.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"^\| (?P<claim>.+?) \| (?P<call>.+?) \| (?P<result>.*?) ?\|$")
_CODE = re.compile(r"^`(?P<code>.+?)`(?P<rest>$|[:;] .*)")


class Row(NamedTuple):
    """A line of a table: of which system, what it claims, the call and its result; both blank where it has none."""

    seed: str
    claim: str
    call: str
    result: str


def _rows() -> Iterator[Row]:
    seed = ""
    for line in PAGE.splitlines():
        if line.startswith("## "):
            seed = line[3:]
        elif line.startswith("| ") and not line.startswith("| claim"):
            row = _ROW.match(line)
            assert row, f"no row of claim, call and result: {line}"
            call, result = _CODE.match(row["call"]), _CODE.match(row["result"])
            if call is None or result is None:
                assert row["call"].startswith("elsewhere: "), f"neither a call nor where it is shown: {line}"
                yield Row(seed, row["claim"], "", "")
            else:
                yield Row(seed, row["claim"], call["code"], result["code"])


ROWS = list(_rows())


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """What the page defines."""
    (block,) = _BLOCK.findall(PAGE)
    defined: dict[str, Any] = {}
    exec(compile(block, "seeds.md", "exec", dont_inherit=True), defined)  # noqa: S102 - our own page
    return defined


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in list(os.environ):
        if name.startswith(("SCALEDOWN_", "TOKENPAK_", "LACONIC_", "OPENAI_API")) or "proxy" in name.lower():
            monkeypatch.delenv(name)
    with running_server() as server:
        yield server


def _with_environment(name: str, value: str, call: Callable[[], Any]) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(name, value)
        return call()


def _printed(call: Callable[[], Any]) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as output:
        call()
    return output.getvalue()


def _saved(folder: str, name: str) -> bool:
    save_checkpoint(f"{folder}/{name}", load_checkpoint())
    return True


class _Blind:
    """An embedder to which no two texts are alike."""

    dimensions = 64

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([np.eye(64, dtype=np.float32)[zlib.crc32(text.encode()) % 64] for text in texts])


def _recipe_file(folder: str, name: str, text: str) -> Recipe:
    path = Path(folder) / name
    path.write_text(text, encoding="utf-8")
    return load_recipe(path)


def _telemetry_of(path: str) -> tuple[str, int, int]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    with Telemetry(path) as telemetry:
        before = stats(path).calls
        telemetry.record(Call(0.0, "default", "strict", "heuristic", 10, 5, 1.0, ""))
    return mode, before, stats(path).calls


@pytest.mark.skipif(bool(MISSING), reason=f"the page needs {', '.join(MISSING)}")
@pytest.mark.parametrize("row", [row for row in ROWS if row.call], ids=lambda row: f"{row.seed}: {row.claim[:60]}")
def test_the_call_gives_what_stands_beside_it(row: Row, names: dict[str, Any], api: Server, tmp_path: Path) -> None:
    def hosted(**options: Any) -> ScaleDownCompressor:
        settings = {"api_key": KEY, "backend": "api", "api_url": api.url, "max_retries": 0}
        return ScaleDownCompressor(**(settings | options))

    def answers(code: int) -> None:
        api.behaviour = status(code)

    opened = contextlib.ExitStack()

    def shop(folder: str) -> ProjectIndex:
        for name, text in names["SHOP"].items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        return opened.enter_context(ProjectIndex.build(folder))

    scope = {
        **names,
        "shop": shop,
        "blind": _Blind(),
        "api": api,
        "hosted": hosted,
        "answers": answers,
        "folder": str(tmp_path),
        "every_error": lambda: [getattr(laconic.exceptions, name) for name in laconic.exceptions.__all__],
        "with_environment": _with_environment,
        "printed": _printed,
        "saved": _saved,
        "recipe_file": _recipe_file,
        "telemetry_of": _telemetry_of,
    }
    with opened:
        assert eval(row.call, scope) == eval(row.result, scope)  # noqa: S307 - our own page


def test_every_system_is_gone_through() -> None:
    assert {row.seed for row in ROWS} == {"ScaleDown", "SuperCompress", "SourcePrep", "TokenPak", "Two-stage engine"}
    assert sum(bool(row.call) for row in ROWS) > 0.9 * len(ROWS)
