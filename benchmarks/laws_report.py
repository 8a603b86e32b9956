"""Writes what ``make laws`` tried into benchmarks/results/laws.md: inputs by law, door and kind.

    python benchmarks/laws_report.py FOLDER [--failures N]

FOLDER holds the tallies that the tests wrote (``LACONIC_LAWS_TALLY``).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT / "tests"), str(ROOT / "engine"), str(ROOT / "integrations")]

from bench_allocator import table  # noqa: E402
from doors import DOORS, LAWS  # noqa: E402


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("folder", type=Path)
    cli.add_argument("--failures", type=int, default=0, help="that are still open")
    options = cli.parse_args()
    tried: Counter[tuple[str, ...]] = Counter()
    for path in options.folder.glob("*.json"):
        for key, number in json.loads(path.read_text()).items():
            tried[tuple(key.split("\t"))] += number
    head = _HEAD.format(total=f"{tried.total():,}", failures=options.failures)
    report = "\n".join([head, *_doors(tried), *_kinds(tried), _ALLOCATOR, *table(1000, 8)])
    (ROOT / "benchmarks/results/laws.md").write_text(report + "\n", encoding="utf-8")


_HEAD = """# Laws: inputs tried

{total} checks of a law on an input; {failures} failures are open. `make laws INPUTS=…` writes this page.
A dash is a law that a door does not promise; `tests/doors.py` has the reason of each. Laws by number:
[reliability](../../docs/reliability.md).
"""


_ALLOCATOR = """
## The allocator against the best of all selections

Share of the best selection's worth that `fill_budget` keeps, on random problems that are small enough to be solved by
trying every selection (`python benchmarks/bench_allocator.py`). Never over the budget, never without what is required.
The worst are those whose most valuable segment fits only at a level that keeps less than nine tenths of it: others take
the room first.
"""


def _doors(tried: Counter[tuple[str, ...]]) -> list[str]:
    names = list(LAWS)
    rows = ["## By door and law", "", f"| door | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    by_door: Counter[tuple[str, str]] = Counter()
    for (law, door, _), number in tried.items():
        by_door[door, law] += number
    for door in DOORS:
        cells = (f"{by_door[door, law]:,}" if DOORS[door].promises(law) else "–" for law in names)
        rows.append(f"| {door} | {' | '.join(cells)} |")
    errors = {door: number for (door, law), number in by_door.items() if law == "errors"}
    return [
        *rows,
        "",
        "Law 8 (errors cost no context): " + ", ".join(f"{door} {n:,}" for door, n in errors.items()),
        "",
    ]


def _kinds(tried: Counter[tuple[str, ...]]) -> list[str]:
    laws = [*LAWS, "errors"]
    kinds = sorted({kind for _, _, kind in tried})
    by_kind: Counter[tuple[str, str]] = Counter()
    for (law, _, kind), number in tried.items():
        by_kind[kind, law] += number
    rows = ["## By kind and law", "", f"| kind | {' | '.join(laws)} |", f"|---|{'---|' * len(laws)}"]
    return rows + [f"| {kind} | {' | '.join(f'{by_kind[kind, law]:,}' for law in laws)} |" for kind in kinds]


if __name__ == "__main__":
    main()
