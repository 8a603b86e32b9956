"""Raw results as JSON, and the one dated file of all that was measured: ``benchmarks/history.jsonl``."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

HISTORY = Path(__file__).parents[1] / "history.jsonl"


def run_of(command: Sequence[str], versions: Mapping[str, str], table: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What is kept of a run: when, of which commit, with which versions, and its figures."""
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%MZ"),
        "commit": _commit(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "versions": dict(versions),
        "command": " ".join(_short(each) for each in command),
        "figures": list(table),
    }


def _short(argument: str) -> str:
    """A file by its name: where it lies is nobody's business."""
    return Path(argument).name if "/" in argument or "\\" in argument else argument


def _commit() -> str:
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty"],  # noqa: S607
            cwd=HISTORY.parent, capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return found.stdout.strip()


def append(run: Mapping[str, Any]) -> None:
    """One line more."""
    with HISTORY.open("a", encoding="utf-8") as file:
        file.write(json.dumps(run, ensure_ascii=False) + "\n")


def write(run: Mapping[str, Any], path: Path) -> None:
    """A run by itself."""
    path.write_text(json.dumps(run, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
