"""aider's repository map beside laconic: one file is the repository, the question's words are what the user mentions.

    python benchmarks/aider_maps.py DATA/commit.jsonl.gz maps.json          # where aider-chat 0.86 is installed
    AIDER_MAPS=maps.json python code_bench.py --data DATA/commit.jsonl.gz --plugin aider_maps:kept --name aider

Two steps, as aider wants another tree-sitter than laconic. aider's signs (``│``, ``⋮``) are taken out; it stops within
fifteen hundredths of its limit, and the benchmark cuts what is over.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

BUDGETS = (600, 1200, 2400)


class _Model:
    """What aider asks of a model: counts."""

    def __init__(self) -> None:
        import tiktoken

        self._encoding = tiktoken.get_encoding("cl100k_base")

    def token_count(self, text: str) -> int:
        return len(self._encoding.encode(text, disallowed_special=()))


class _Files:
    """What aider asks of its terminal: texts of files."""

    def read_text(self, path: str) -> str:
        return Path(path).read_text(encoding="utf-8")

    def tool_output(self, *_: Any, **__: Any) -> None:
        """Nobody looks."""

    tool_warning = tool_error = tool_output


def key(source: str, query: str, budget: int) -> str:
    return f"{budget} {query} {len(source)} {source[:80]}"


def main() -> None:
    from aider.repomap import RepoMap

    data, out = map(Path, sys.argv[1:])
    maps = {}
    with gzip.open(data, "rt", encoding="utf-8") as lines:
        for task in map(json.loads, lines):
            with tempfile.TemporaryDirectory() as folder:
                place = Path(folder, task["path"])
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(task["source"], encoding="utf-8")
                words = set(re.split(r"\W+", task["query"]))  # as aider's chat finds what is mentioned
                for budget in BUDGETS:
                    maker = RepoMap(
                        map_tokens=budget, root=folder, main_model=_Model(), io=_Files(), map_mul_no_files=1,
                        refresh="always",
                    )  # fmt: skip
                    text = maker.get_ranked_tags_map(set(), [str(place)], budget, set(), words)
                    maps[key(task["source"], task["query"], budget)] = text or ""
    out.write_text(json.dumps(maps), encoding="utf-8")


@cache
def _maps() -> dict[str, str]:
    found: dict[str, str] = json.loads(Path(os.environ["AIDER_MAPS"]).read_text(encoding="utf-8"))
    return found


def kept(source: str, path: str, query: str, budget: int) -> str:
    """The map of a file without aider's signs and the line with its path."""
    lines = _maps()[key(source, query, budget)].split("\n")[2:]
    return "\n".join("" if line.startswith("⋮") else line.removeprefix("│") for line in lines)


if __name__ == "__main__":
    main()
