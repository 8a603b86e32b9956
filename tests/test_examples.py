"""The examples run offline in a process of their own, as their readme says; each asserts its own result."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
NEEDS = {
    "langchain": "langchain_core",
    "langchain-classic": "langchain_classic",
    "langchain-agents": "langchain",
    "llama-index": "llama_index.core",
    "code": "tree_sitter",
    "project": "pathspec",
    "cli": "typer",
    "ray": "ray",
}


def table():
    """Script and extras of each row of the readme's table."""
    rows = re.findall(
        r"^\| `python (examples/\S+)` .*\| `laconic\[(.+)\]` \|$", (EXAMPLES / "README.md").read_text(), re.M
    )
    return [(script, extras.split(",")) for script, extras in rows]


def test_every_script_with_a_main_is_in_the_readme():
    scripts = {f"examples/{path.name}" for path in EXAMPLES.glob("*.py") if '"__main__"' in path.read_text()}
    assert scripts == {script for script, _ in table()}


@pytest.mark.parametrize(("script", "extras"), table(), ids=lambda value: value if isinstance(value, str) else "")
def test_example(script, extras, tmp_path):
    for extra in extras:
        pytest.importorskip(NEEDS[extra])
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("OPENAI_API_KEY", "LANGSMITH_API_KEY")},
        "PYTHONIOENCODING": "utf-8",
        "LANGSMITH_TRACING": "false",
        # a proxy that nobody listens at: an example that went to the network would fail
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
    }
    found = subprocess.run(
        [sys.executable, str(EXAMPLES.parent / script)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
        cwd=tmp_path,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    if extras in (["ray"], ["cli"]):
        return  # no chain: it asserts its records itself
    assert found.stdout.count("Question: ") == found.stdout.count("The model receives:") == 3
    assert all(float(share) > 50 for share in re.findall(r"\((\d+\.\d)% saved", found.stdout))


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.ipynb")), ids=lambda path: path.name)
def test_notebook(path):
    """Its cells in order, as one program; they assert themselves."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    namespace = {"__name__": "__main__"}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), path.name, "exec", dont_inherit=True), namespace)  # noqa: S102 - our own
    assert f"`examples/{path.name}`" in (EXAMPLES / "README.md").read_text(encoding="utf-8")
