"""How flat the engine's numbers are: evidence kept with each of them halved and doubled.

    PYTHONPATH=EVAL:benchmarks python benchmarks/constants.py --tuned FILE... --other FILE... [--records 1]

EVAL holds qa_bench.py and records_bench.py. A constant is a number, or a tuple of numbers, that a module of scoring,
selection or the core binds at its top; a new one joins by itself. Each is changed in a forked process, wherever it was
imported to. ``tuned`` are the sets that rules were written on, ``other`` those that nobody looked at meanwhile. The
evidence scorer's own numbers are left out: its weights were fitted with them as they are.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import io
import multiprocessing
import pkgutil
import statistics
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import qa_adapter
import qa_bench
import records_bench

import laconic

ROOMS = ("laconic.core", "laconic.select", "laconic.score")
LEFT_OUT = ("laconic.score.evidence", "laconic.score.vectors", "laconic.score.pruning")
RATE = 0.25


class Constant(NamedTuple):
    """A number by the module that binds it; ``at`` is its place in a tuple."""

    module: str
    name: str
    at: int | None
    value: float

    def __str__(self) -> str:
        place = "" if self.at is None else f"[{self.at}]"
        return f"{self.module.removeprefix('laconic.')}.{self.name}{place} = {self.value:g}"


def constants() -> Iterator[Constant]:
    """Every number of the rooms, one by one; counts of bytes and of memory are numbers too, and are flat."""
    for room in ROOMS:
        for found in pkgutil.walk_packages(importlib.import_module(room).__path__, f"{room}."):
            if found.name.startswith(LEFT_OUT):
                continue
            module = importlib.import_module(found.name)
            body = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")).body
            names = [
                target.id
                for node in body
                if isinstance(node, (ast.Assign, ast.AnnAssign))
                for outer in (node.targets if isinstance(node, ast.Assign) else [node.target])
                for target in (outer.elts if isinstance(outer, ast.Tuple) else [outer])
                if isinstance(target, ast.Name)
            ]
            for name in names:
                value = getattr(module, name, None)
                if is_number(value):
                    yield Constant(found.name, name, None, value)
                elif isinstance(value, tuple) and value and all(map(is_number, value)):
                    yield from (Constant(found.name, name, at, each) for at, each in enumerate(value))


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def change(constant: Constant, factor: float) -> None:
    """Bind another number wherever this one is bound under its name."""
    home = sys.modules[constant.module]
    old = getattr(home, constant.name)
    new: Any = type(constant.value)(constant.value * factor)
    if new == constant.value:  # half of one
        new = constant.value - 1
    if constant.at is not None:
        new = (*old[: constant.at], new, *old[constant.at + 1 :])
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith("laconic.") and vars(module).get(constant.name) is old:
            setattr(module, constant.name, new)


def evidence(work: tuple[Constant | None, float]) -> tuple[float, ...]:
    """Mean evidence over the sets of each group, in percent, with a constant changed."""
    constant, factor = work
    if constant is not None:
        change(constant, factor)
    found = []
    try:
        for number, group in enumerate(GROUPS):
            means = [qa_bench.run(qa_adapter.evidence, rows, RATE, COUNT)["evidence"] for rows in group]
            if not number and RECORDS:
                with redirect_stdout(io.StringIO()):
                    kept = records_bench.measure(["qa_adapter:evidence"], [RATE], RECORDS, "question")
                means += [share for (_, _, kind), share in kept.items() if kind == "ALL"]
            found.append(100 * statistics.fmean(means))
    except (
        ArithmeticError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:  # a number that cannot be another one is news, and no end of the run
        print(f"{constant} × {factor}: {error!r}", file=sys.stderr)
        return tuple(float("nan") for _ in GROUPS)
    return tuple(found)


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("--tuned", nargs="+", required=True)
    cli.add_argument("--other", nargs="+", required=True)
    cli.add_argument("--records", type=int, default=0, help="cases of records_bench for each notation and question")
    cli.add_argument("--limit", type=int, default=25, help="questions of each file")
    cli.add_argument("--only", default="", help="constants whose dotted name holds this")
    cli.add_argument("--processes", type=int, default=2)
    args = cli.parse_args()
    global GROUPS, COUNT, RECORDS
    GROUPS = [[qa_bench.load([path], args.limit) for path in paths] for paths in (args.tuned, args.other)]
    COUNT, RECORDS = qa_bench.token_counter(), args.records
    for found in pkgutil.walk_packages(laconic.__path__, "laconic."):
        if found.name.startswith(ROOMS) or found.name.startswith("laconic.kinds"):
            importlib.import_module(found.name)
    chosen = [constant for constant in constants() if args.only in f"{constant.module}.{constant.name}"]
    work: list[tuple[Constant | None, float]] = [(None, 1.0), *((c, f) for c in chosen for f in (0.5, 2.0))]
    with multiprocessing.get_context("fork").Pool(args.processes, maxtasksperchild=1) as pool:
        results = pool.imap(evidence, work, chunksize=1)
        base = next(results)
        print(f"as they are: tuned {base[0]:.2f}, other {base[1]:.2f} % at a rate of {RATE}\n")
        print("| constant | tuned × ½ | × 2 | other × ½ | × 2 |\n|---|---|---|---|---|", flush=True)
        for constant in chosen:
            half, double = next(results), next(results)
            cells = [f"{each[group] - base[group]:+.2f}" for group in (0, 1) for each in (half, double)]
            print(f"| `{constant}` | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
