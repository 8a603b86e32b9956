"""``python -m harness qa|code|forms|records|data|plot``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from harness import code_tasks, forms, history, plots, questions, records, sources
from harness.peers import PEERS, Absent, Entrant, entrant
from laconic.evaluation.systems import SYSTEMS

_NAMES = ", ".join([*SYSTEMS, *PEERS, "module:function"])


def entrants(names: str) -> list[Entrant]:
    """Those that are there; of the others the reason is told."""
    found = []
    for name in filter(None, map(str.strip, names.split(","))):
        try:
            found.append(entrant(name, questions.COUNTER))
        except Absent as error:
            print(f"skipped {name}: {error}", file=sys.stderr)
    if not found:
        raise SystemExit("nothing is left to measure")
    return found


def qa(args: argparse.Namespace) -> list[dict[str, Any]]:
    """Evidence kept; see `harness.questions`."""
    groups = questions.load(args.data, args.limit)
    table: list[dict[str, Any]] = []
    columns = ("answer", "gold", "evidence", "kept", "over", "ms")
    print(f"{'system':18} {'dataset':16} {'rate':>6} {'n':>5} " + " ".join(f"{name:>8}" for name in columns))
    for each in args.entrants:
        questions.warm_up(each.system, next(iter(groups.values()))[0])
        for rate in args.rates:
            lenient = args.lenient or not each.keeps_budget
            parts = []
            for dataset, rows in groups.items():
                parts.append(questions.measure(each.system, rows, rate, lenient))
                table.append({"system": each.name, "dataset": dataset, "rate": rate, **parts[-1]})
                _print(table[-1], columns)
            if len(groups) > 1:
                table.append({"system": each.name, "dataset": "MACRO", "rate": rate, **questions.macro(parts)})
                _print(table[-1], columns)
    return table


def _print(row: dict[str, Any], columns: Iterable[str]) -> None:
    figures = " ".join(
        f"{'':>8}" if row[name] is None else f"{row[name]:8.3f}" if isinstance(row[name], float) else f"{row[name]:8}"
        for name in columns
    )
    print(f"{row['system'][:18]:18} {row['dataset'][:16]:16} {row['rate']:6.3f} {row['n']:5} {figures}", flush=True)


def _measured(work: Callable[[argparse.Namespace], list[dict[str, Any]]]) -> Callable[[argparse.Namespace], None]:
    """A measurement with what all of them do around it."""

    def whole(args: argparse.Namespace) -> None:
        args.entrants = entrants(args.systems)
        table = work(args)
        run = history.run_of(["harness", *sys.argv[1:]], {each.name: each.version for each in args.entrants}, table)
        if args.json is not None:
            history.write(run, args.json)
        if args.history:
            history.append(run)

    return whole


def _parser() -> argparse.ArgumentParser:
    cli = argparse.ArgumentParser(prog="python -m harness", description=__doc__)
    commands = cli.add_subparsers(required=True)

    def measuring(name: str, work: Callable[[argparse.Namespace], list[dict[str, Any]]], *, data: bool = True) -> Any:
        made = commands.add_parser(name, help=(work.__doc__ or "").partition("\n")[0])
        if data:
            made.add_argument("data", nargs="+", type=Path)
        made.add_argument("--systems", default="laconic,bm25,truncation", help=_NAMES)
        made.add_argument("--limit", type=int, help="of each file")
        made.add_argument("--json", type=Path, help="write the run there")
        made.add_argument("--history", action="store_true", help=f"add the run to {history.HISTORY.name}")
        made.set_defaults(work=_measured(work))
        return made

    made = measuring("qa", qa)
    made.add_argument("--rates", type=float, nargs="+", default=[0.5, 0.25, 0.125])
    made.add_argument("--lenient", action="store_true", help="judge all outputs over their budget as they are")
    made = measuring("forms", forms.run)
    made.add_argument("--rate", type=float, default=0.25)
    made = measuring("records", records.run, data=False)
    made.add_argument("--rates", type=float, nargs="+", default=[0.5, 0.25, 0.125])
    made.add_argument("--by", choices=("notation", "question"), default="notation")
    made = measuring("code", code_tasks.run)
    made.set_defaults(systems="laconic,bm25_blocks,head", work=_of_code)
    made.add_argument("--budgets", type=int, nargs="+", default=[600, 1200, 2400])

    made = commands.add_parser("data", help="fetch public sets and build files of questions")
    made.add_argument("folder", type=Path)
    made.add_argument("--sets", default=",".join(sources.SETS), help=", ".join(sources.SETS))
    made.add_argument("--limit", type=int, default=300, help="questions of each set")
    made.set_defaults(work=lambda args: sources.build(args.folder, args.sets.split(","), args.limit))
    made = commands.add_parser("plot", help="pictures of runs of qa")
    made.add_argument("runs", nargs="+", type=Path)
    made.add_argument("folder", type=Path)
    made.set_defaults(work=lambda args: plots.draw(args.runs, args.folder))
    return cli


def _of_code(args: argparse.Namespace) -> None:
    table = code_tasks.run(args)
    run = history.run_of(["harness", *sys.argv[1:]], code_tasks.versions(), table)
    if args.json is not None:
        history.write(run, args.json)
    if args.history:
        history.append(run)


def main(arguments: Sequence[str] | None = None) -> None:
    """Carry out a command."""
    args = _parser().parse_args(arguments)
    args.work(args)


if __name__ == "__main__":
    main()
