"""Fit what the ranking of a project's definitions adds to the ranking within one file.

The shipped model of `laconic.score.code` was trained on the definitions of one file. Here, the files of a repository
that occur in the training tasks stand for a project, and a linear correction over the same features and two more (how
well the file as a whole matches; BM25 with the rarity that words have in the project) is fitted by the listwise
logistic loss, drawn to none. It prints the share of right definitions within budgets, by folds that leave repositories
out, then writes the correction fitted on all.

    python training/train_project.py TASKS.jsonl.gz WORK_FOLDER [--repositories 80] [--tasks 6]
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from laconic.project import ProjectIndex
from laconic.project.search import WEIGHTS_FILE, project_features, task_features
from laconic.score.code.ranking import FIELDED_WEIGHT, FILE_WEIGHT
from laconic.score.code.weights import Linear, shipped_weights

FOLDS = 4
L2 = 0.1  # of 0.003, 0.02 and 0.1 the best by folds
BEFORE = {
    "file": FILE_WEIGHT,
    "fielded_in_project": FIELDED_WEIGHT,
}  # what the weights are drawn to; all others to nothing
BUDGETS = (1200, 2400, 4800)
CHARS_PER_TOKEN, HEADER_TOKENS = 3.6, 12


class Task(NamedTuple):
    """Candidates of one question."""

    repository: int
    matrix: Any
    before: Any  # scores of the model for one file
    right: Any
    costs: Any
    files: Any
    wanted: int


def projects(path: Path, repositories: int, tasks: int) -> list[tuple[str, dict[str, str], list[dict[str, Any]]]]:
    """Repositories in a fixed random order: name, files, tasks (one per file, whose text is that of the task)."""
    by_name = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            task = json.loads(line)
            by_name[task["repo"]].append(task)
    rng = random.Random(5)  # noqa: S311 - a fixed choice
    names = sorted(name for name, own in by_name.items() if len(own) >= 20)
    rng.shuffle(names)
    found = []
    for name in names[:repositories]:
        files = {task["path"]: task["source"] for task in by_name[name]}
        chosen: dict[str, dict[str, Any]] = {}
        for task in rng.sample(by_name[name], len(by_name[name])):
            if task["path"] not in chosen and len(chosen) < tasks:
                chosen[task["path"]] = task
                files[task["path"]] = task["source"]
        found.append((name, files, list(chosen.values())))
    return found


def read(path: Path, folder: Path, repositories: int, tasks: int) -> list[Task]:
    """The candidates of all tasks."""
    result = []
    for number, (name, files, chosen) in enumerate(projects(path, repositories, tasks)):
        root = folder / name.replace("/", "+")
        for own, text in files.items():
            place = root / own
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text.encode("utf-8", "surrogatepass"))
        with ProjectIndex.build(root) as index:
            for task in chosen:
                symbols, matrix = task_features(index.searcher, task["query"])
                if not symbols:
                    continue
                starts = [0]
                for line in task["source"].split("\n"):
                    starts.append(starts[-1] + len(line) + 1)
                gold = [(starts[each["start"] - 1] + starts[each["end"]]) // 2 for each in task["gold_functions"]]
                right = [s.path == task["path"] and any(s.start <= at <= s.end for at in gold) for s in symbols]
                result.append(
                    Task(
                        number,
                        matrix,
                        shipped_weights().definitions.score(matrix[:, :-2]),
                        np.array(right),
                        np.array([max(10, s.end - s.start) / CHARS_PER_TOKEN for s in symbols]),
                        np.array([hash(s.path) for s in symbols]),
                        len(gold),
                    )
                )
    return result


def fit(tasks: Sequence[Task]) -> Linear:
    """The correction that fits some tasks best."""
    from scipy.optimize import minimize

    tasks = [task for task in tasks if task.right.any()]
    everything = np.concatenate([task.matrix for task in tasks])
    mean, scale = everything.mean(axis=0), everything.std(axis=0) + 1e-9
    before = np.array([BEFORE.get(name, 0.0) for name in project_features()]) * scale
    rows = [np.clip((task.matrix - mean) / scale, -6, 6) for task in tasks]

    def loss(change: Any) -> tuple[float, Any]:
        total, slope = 0.0, np.zeros(len(change))
        for task, row in zip(tasks, rows, strict=True):
            raw = task.before + row @ (before + change)
            raw = np.exp(raw - raw.max())
            among, right = raw / raw.sum(), np.where(task.right, raw, 0.0)
            total -= np.log(right.sum() / raw.sum())
            slope += row.T @ (among - right / right.sum())
        count = len(tasks)
        return total / count + L2 * float(change @ change), slope / count + 2 * L2 * change

    found = minimize(loss, np.zeros(len(before)), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    return Linear(project_features(), mean, scale, before + found.x)


def kept(task: Task, scores: Any) -> list[float]:
    """The share of right definitions within each budget."""
    shares = []
    order = np.argsort(0.5 * np.log(task.costs) - scores, kind="stable")
    for budget in BUDGETS:
        left, seen, found = float(budget), set(), 0
        for at in order.tolist():
            cost = task.costs[at] + (0 if task.files[at] in seen else HEADER_TOKENS)
            if cost <= left:
                left -= cost
                seen.add(task.files[at])
                found += int(task.right[at])
        shares.append(found / task.wanted)
    return shares


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repositories", type=int, default=80)
    parser.add_argument("--per-repository", type=int, default=6)
    options = parser.parse_args()
    tasks = read(options.tasks, options.folder, options.repositories, options.per_repository)
    plain, fitted = [], []
    for fold in range(FOLDS):
        model = fit([task for task in tasks if task.repository % FOLDS != fold])
        for task in tasks:
            if task.repository % FOLDS == fold:
                given = task.matrix[:, -2] * BEFORE["file"] + task.matrix[:, -1] * BEFORE["fielded_in_project"]
                plain.append(kept(task, task.before + given))
                fitted.append(kept(task, task.before + model.score(task.matrix)))
    print(f"{len(tasks)} tasks; right definitions within {BUDGETS} tokens")
    print("without", np.mean(plain, axis=0).round(3), "fitted", np.mean(fitted, axis=0).round(3))
    WEIGHTS_FILE.write_text(json.dumps(fit(tasks).to_json()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
