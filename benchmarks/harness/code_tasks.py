"""Code kept for mined commits: what a change touched should be in the part of the file that is left.

A line of a data file is a task: ``source`` (the file before the commit), ``path``, ``lang``, ``query`` (the commit's
message), ``gold_functions`` (``start``, ``end``, ``def_line``: lines from 1, both ends in) and ``gold_lines``. A system
is a function ``(source, path, query, budget) -> text``. Output over the budget is cut to the lines that fit.

Which lines are kept is found by tiling: white space collapsed, at each line of the output the longest run that stands
in the source at a place that is not credited yet; runs of lines that say nothing (``}``, ``else:``) count only where
they go on from the run before. Rewritten lines match nothing.

- ``func_cov``: mean over the gold functions of the share of their code lines (not blank, not comments alone);
- ``func_rec``: the share of gold functions with at least 90 % of them; ``func_any``: at least one has;
- ``sig_rec``: the share whose line of definition is there; ``line_rec``: the share of the changed lines;
- ``used``: tokens over the budget's; ``over``: outputs that had to be cut;
- ``parse_ok``: of sources without a syntax error, the share of outputs without one (extra ``code``); ``ms``: median.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import json
import math
import random
import re
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from harness.questions import COUNTER

CodeSystem = Callable[[str, str, str, int], str]

_WHOLE = 0.9
_DRAW = 1
_MOST_PLACES, _NEXT_PLACES, _LONGEST_RUN = 60, 40, 400
_SAYS_LITTLE = frozenset(
    "else:|try:|finally:|return|pass|break|continue|break;|continue;|return;|} else {|return None|return nil|"
    "return false;|return true;|return False|return True|return self|return this;|default:|return 0;".split("|")
)
_COMMENTS = {"python": ("#",), "ruby": ("#",), "php": ("//", "#", "/*", "*")}
_COMMENT = ("//", "/*", "*", "*/")
_PIECE = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
FIGURES = ("line_rec", "func_cov", "func_rec", "func_any", "sig_rec", "used", "over", "parse_ok", "ms")


# -- systems ----------------------------------------------------------------------------------------------------------


def laconic(source: str, path: str, query: str, budget: int) -> str:
    """`laconic.compress` on the file."""
    from laconic import Compressor

    return Compressor(max_tokens=budget, counter=COUNTER).compress([{"text": source, "source": path}], query).text


def head(source: str, path: str, query: str, budget: int) -> str:
    """The first lines."""
    return cut(source, budget)[0]


def bm25_blocks(source: str, path: str, query: str, budget: int) -> str:
    """BM25 over blocks between blank lines, words of names taken apart; no parser. The best that fit."""
    lines = source.split("\n")
    blocks: list[tuple[int, int]] = []
    start = 0
    for at, line in enumerate([*lines, ""]):
        if not line.strip():
            if at > start:
                blocks.append((start, at))
            start = at + 1
    bags = [Counter(_words("\n".join(lines[a:b]))) for a, b in blocks]
    frequency = Counter(word for bag in bags for word in bag)
    mean = sum(bag.total() for bag in bags) / max(1, len(bags))
    wanted = dict.fromkeys(_words(query))

    def rarity(word: str) -> float:
        return math.log(1 + (len(bags) - frequency[word] + 0.5) / (frequency[word] + 0.5))

    def score(bag: Counter[str]) -> float:
        norm = 1.2 * (0.25 + 0.75 * bag.total() / max(1, mean))
        return sum(rarity(word) * bag[word] * 2.2 / (bag[word] + norm) for word in wanted)

    order = sorted(range(len(blocks)), key=lambda each: (-score(bags[each]), each))
    kept: list[int] = []
    for each in order:
        a, b = blocks[each]
        cost = COUNTER.count("\n".join(lines[a:b])) + 1
        if cost <= budget:
            budget -= cost
            kept.append(each)
    return "\n".join("\n".join(lines[blocks[each][0] : blocks[each][1]]) for each in sorted(kept))


def _words(text: str) -> list[str]:
    return [piece.lower() for piece in _PIECE.findall(text) if len(piece) > 1]


SYSTEMS: Mapping[str, CodeSystem] = {"laconic": laconic, "head": head, "bm25_blocks": bm25_blocks}


def versions() -> dict[str, str]:
    """Of what is measured."""
    return {"laconic": version("laconic")}


# -- which lines are kept ---------------------------------------------------------------------------------------------


def cut(text: str, budget: int) -> tuple[str, int, bool]:
    """The lines that fit, their tokens, and whether something had to go."""
    tokens = COUNTER.count(text)
    if tokens <= budget:
        return text, tokens, False
    kept, used = [], 0
    for line in text.split("\n"):
        cost = COUNTER.count(line + "\n")
        if used + cost > budget:
            break
        kept.append(line)
        used += cost
    return "\n".join(kept), used, True


def kept_lines(source: str, output: str) -> set[int]:
    """Lines of the source, from 1, that the output has; see the top of this file."""
    lines = [" ".join(line.split()) for line in source.split("\n")]
    places: dict[str, list[int]] = defaultdict(list)
    for at, line in enumerate(lines):
        if line:
            places[line].append(at)
    follows = _following(lines)
    out = [line for line in (" ".join(line.split()) for line in output.split("\n")) if line]
    kept: set[int] = set()
    last, at = -1, 0
    while at < len(out):
        run = _best_run(out, at, lines, follows, places.get(out[at], []), kept, last)
        if run is None:
            at += 1
            continue
        kept.update(run)
        last = run[-1]
        at += len(run)
    return {line + 1 for line in kept}


def _following(lines: Sequence[str]) -> list[int]:
    """Of each line the next that is not blank."""
    found, following = [0] * len(lines), len(lines)
    for at in range(len(lines) - 1, -1, -1):
        found[at] = following
        if lines[at]:
            following = at
    return found


def _best_run(
    out: Sequence[str], at: int, lines: Sequence[str], follows: Sequence[int], places: Sequence[int], kept: set[int],
    last: int,
) -> list[int] | None:  # fmt: skip
    """The longest run of the source that begins at a line of the output; None where it would say nothing."""
    if len(places) > _MOST_PLACES:
        places = [place for place in places if place > last][:_NEXT_PLACES] or places[:_NEXT_PLACES]
    best: tuple[tuple[Any, ...], list[int], bool] | None = None
    for place in places:
        if place in kept:
            continue
        run, line = [], place
        while at + len(run) < len(out) and line < len(lines) and len(run) < _LONGEST_RUN:
            if out[at + len(run)] != lines[line] or line in kept:
                break
            run.append(line)
            line = follows[line]
        goes_on = last >= 0 and place == follows[last]
        key = (len(run), goes_on, place > last, last - place if place > last else -place - len(lines))
        if best is None or key > best[0]:
            best = key, run, goes_on
    if best is None or not (best[2] or any(not _says_little(lines[line]) for line in best[1])):
        return None
    return best[1]


def _says_little(line: str) -> bool:
    return sum(map(str.isalnum, line)) < 4 or line in _SAYS_LITTLE


# -- figures ----------------------------------------------------------------------------------------------------------


def scores(task: Mapping[str, Any], output: str, budget: int) -> dict[str, float | None]:
    """The figures of one task."""
    text, tokens, over = cut(output, budget)
    lines = task["source"].split("\n")
    kept = kept_lines(task["source"], text)
    coverage, signatures = [], []
    for function in task["gold_functions"]:
        code = [at for at in range(function["start"], function["end"] + 1) if _is_code(lines[at - 1], task["lang"])]
        coverage.append(sum(at in kept for at in code) / max(1, len(code)))
        signatures.append(float(function.get("def_line", function["start"]) in kept))
    gold = task["gold_lines"]
    return {
        "line_rec": sum(at in kept for at in gold) / len(gold) if gold else None,
        "func_cov": statistics.fmean(coverage),
        "func_rec": statistics.fmean(each >= _WHOLE for each in coverage),
        "func_any": float(max(coverage) >= _WHOLE),
        "sig_rec": statistics.fmean(signatures),
        "used": tokens / budget,
        "over": float(over),
        "parse_ok": None if task["src_err"] else _parses(text, task["lang"]),
    }


def _is_code(line: str, language: str) -> bool:
    return bool(line.strip()) and not line.strip().startswith(_COMMENTS.get(language, _COMMENT))


def _parses(text: str, language: str) -> float | None:
    """Whether an output has no syntax error; None where the grammar is not installed."""
    from laconic.exceptions import MissingDependencyError
    from laconic.kinds.code.parse import parses_clean

    try:
        return float(not text.strip() or parses_clean(text, language))
    except MissingDependencyError:
        return None


def run(args: argparse.Namespace) -> list[dict[str, Any]]:
    """Changed functions kept of files; see `harness.code_tasks`."""
    tasks = [task for path in args.data for task in _load(path)]
    if args.limit:
        random.Random(_DRAW).shuffle(tasks)
        tasks = tasks[: args.limit]
    table = []
    print(f"{'system':14} {'budget':>6} {'n':>4} " + " ".join(f"{name:>9}" for name in FIGURES))
    for name in filter(None, map(str.strip, args.systems.split(","))):
        system = SYSTEMS[name] if name in SYSTEMS else _imported(name)
        for budget in args.budgets:
            table.append({"system": name, "budget": budget, **_measure(system, tasks, budget)})
            figures = " ".join(f"{'':>9}" if table[-1][key] is None else f"{table[-1][key]:9.3f}" for key in FIGURES)
            print(f"{name[:14]:14} {budget:6} {table[-1]['n']:4} {figures}", flush=True)
    return table


def _load(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _imported(name: str) -> CodeSystem:
    module, _, function = name.partition(":")
    found: CodeSystem = getattr(importlib.import_module(module), function)
    return found


def _measure(system: CodeSystem, tasks: Sequence[Mapping[str, Any]], budget: int) -> dict[str, Any]:
    found: dict[str, list[float]] = defaultdict(list)
    for task in tasks:
        if not task.get("query"):
            continue
        began = time.perf_counter()
        output = system(task["source"], task["path"], task["query"], budget)
        found["ms"].append((time.perf_counter() - began) * 1000)
        for name, value in scores(task, output, budget).items():
            if value is not None:
                found[name].append(value)
    means: dict[str, Any] = {name: statistics.fmean(found[name]) if found[name] else None for name in FIGURES}
    return {"n": len(found["ms"]), **means, "ms": statistics.median(found["ms"])}
