r"""From a question to assembled context, over an index of the standard library.

    PYTHONPATH=engine python benchmarks/bench_project_context.py
    PYTHONPATH=engine python benchmarks/bench_project_context.py --index INDEX.sqlite   # of an index that is there

Prints the median time of a warm call (wall clock, and of the processor, which other programs do not lengthen) of search
and of `assemble_context` at each tier and at 2,400 tokens, then how thirty files are shown at each tier: how many at
some level, and how much of the budget is used.
"""

from __future__ import annotations

import argparse
import shutil
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from laconic.lod import TIERS
from laconic.project import ProjectIndex
from laconic.project.context import assemble_context

LEFT_OUT = ("site-packages/", "idlelib/", "lib2to3/tests/")
QUESTIONS = (
    "How does tarfile guard against path traversal?",
    "where is the retry logic of urllib",
    "how does argparse print the usage message",
    "Where are gzip headers written?",
    "how is a circular import detected",
    "what does asyncio do when a task is cancelled",
    "json decoder error position line column",
    "how does logging rotate files by time",
    "which hash algorithm does random seed use for strings",
    "how are zip file names encoded",
)
PATTERNS = {
    "a few stand out": "bisect insort position in a sorted list",
    "all alike": "import self def return name value error",
    "evenly down": "read a line of a file and close it",
}


def timed(call: Callable[[str], Any]) -> tuple[float, float]:
    """Medians over the questions of the second of two calls, in milliseconds: wall clock, processor."""
    wall, own = [], []
    for question in QUESTIONS:
        call(question)
        began, began_own = time.perf_counter(), time.process_time()
        call(question)
        wall.append(time.perf_counter() - began)
        own.append(time.process_time() - began_own)
    return median(wall) * 1000, median(own) * 1000


def thirty(folder: Path) -> None:
    """How thirty files of middling size are shown."""
    found = (
        path for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")) if 6_000 < path.stat().st_size < 16_000
    )
    for path in list(found)[:30]:
        shutil.copy(path, folder)
    print("\n| scores | tier | shown | dropped | of the budget | levels |\n|---|---|---|---|---|---|")
    with ProjectIndex.build(folder) as index:
        for name, question in PATTERNS.items():
            for tier, limits in TIERS.items():
                got = assemble_context(index, question, k=30, tier=tier)
                share = len(got.context) / limits.budget_chars
                levels = got.compression["lod_distribution"]
                shown = ", ".join(f"{level}: {number}" for level, number in levels.items())
                print(f"| {name} | {tier} | {len(got.chunks)} | {len(got.dropped)} | {share:.3f} | {shown} |")


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "index.sqlite"
        if options.index is None:
            ProjectIndex.build(sysconfig.get_path("stdlib"), made, exclude=LEFT_OUT).close()
        with ProjectIndex.open(options.index or made) as index:
            held = index.statistics()
            print(
                f"{held.files} files, {held.symbols} definitions\n\n| call | ms | ms of the processor |\n|---|---|---|"
            )
            calls: dict[str, Callable[[str], Any]] = {"search": index.search}
            for tier in TIERS:
                calls[f"context, tier {tier}"] = lambda question, tier=tier: assemble_context(
                    index, question, tier=tier
                )
            calls["context, 2,400 tokens"] = lambda question: assemble_context(index, question, max_tokens=2400)
            for name, call in calls.items():
                wall, own = timed(call)
                print(f"| {name} | {wall:.0f} | {own:.0f} |")
        place = Path(folder) / "thirty"
        place.mkdir()
        thirty(place)


if __name__ == "__main__":
    main()
