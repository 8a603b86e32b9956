"""How far the allocator is from the best of all selections, on small random problems solved exactly.

    python benchmarks/bench_allocator.py [--problems 3000] [--segments 8]

Prints, for plain segments, with levels of detail, with requirements and with both, the share of the best selection's
worth that is kept: the mean, the worst twentieth and the worst, and how often it is the best.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from allocator import exact, filled, problem


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--problems", type=int, default=3000)
    cli.add_argument("--segments", type=int, default=8)
    options = cli.parse_args()
    print("\n".join(table(options.problems, options.segments)))


def table(problems: int, segments: int) -> list[str]:
    """The lines of a table of Markdown."""
    rows = [
        f"| {problems:,} problems of 2–{segments} segments | mean | worst 5 % | worst | is the best |",
        "|---|---|---|---|---|",
    ]
    for name, form in {
        "plain": {"levels": False, "requires": False},
        "levels of detail": {"levels": True, "requires": False},
        "requirements": {"levels": False, "requires": True},
        "both": {},
    }.items():
        shares = []
        for seed in range(problems):
            given = problem(seed, segments, **form)
            best = exact(given)
            if best:
                shares.append(given.value(filled(given)) / best)
        shares.sort()
        best_share = sum(share > 1 - 1e-9 for share in shares) / len(shares)
        rows.append(
            f"| {name} | {statistics.mean(shares):.3f} | {shares[len(shares) // 20]:.3f} | {shares[0]:.3f} | "
            f"{100 * best_share:.0f} % |"
        )
    return rows


if __name__ == "__main__":
    main()
