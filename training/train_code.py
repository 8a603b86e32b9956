"""Train the linear models of the code scorer.

    python training/train_code.py --data <folder with commit.jsonl.gz> --out engine/laconic/score/code/data/weights.json
    python training/train_code.py --data <folder> --folds <folder>      # leave-repositories-out weights, for measuring

Data: the commit tasks of the code benchmark (a source file at the parent of a commit, the commit's message as the
question, the functions and lines that it changed as gold). Both models are linear over standardised features with a
listwise softmax: of one file's candidates (of one gold function's statements), the gold ones should have the
probability. Full-batch Adam from zero, so the result depends on the data alone. Two minutes for 769 tasks on one
core, most of it reading the sources; with ``--folds`` five.

The benchmark has no split for training. The shipped weights have therefore seen every dev task; figures on dev come
from the folds, where no weight has seen the repository that it is measured on.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from laconic.score.code.features import FEATURES, feature_matrix
from laconic.score.code.ranking import CodeIndex
from laconic.score.code.statements import STATEMENT_FEATURES, statement_features, statements
from laconic.score.code.weights import Linear, Weights
from laconic.segment.code.parse import ParsedCode, parse
from laconic.segment.code.units import Outline, outline

Floats = NDArray[np.float64]

STEPS, RATE = 400, 0.05
DECAY_DEFINITIONS, DECAY_STATEMENTS = 2e-3, 2e-3
MIN_STATEMENTS = 6


@dataclass(frozen=True)
class Group:
    """Candidates that compete: rows of features, and which of them are gold."""

    repository: str
    rows: Floats
    gold: NDArray[np.bool_]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--out", type=Path)
    arguments.add_argument("--folds", type=Path)
    options = arguments.parse_args()
    definitions, pieces = read(options.data / "commit.jsonl.gz")
    print(f"{len(definitions)} files, {len(pieces)} functions", file=sys.stderr)
    if options.folds:
        options.folds.mkdir(parents=True, exist_ok=True)
        for repository in sorted({group.repository for group in definitions}):
            weights = train(
                [g for g in definitions if g.repository != repository],
                [g for g in pieces if g.repository != repository],
            )
            write(weights, options.folds / f"{repository.replace('/', '+')}.json")
            print(repository, file=sys.stderr)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        write(train(definitions, pieces), options.out)


def read(path: Path) -> tuple[list[Group], list[Group]]:
    """Groups of definitions, one per task, and of statements, one per gold function."""
    definitions, pieces = [], []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            task = json.loads(line)
            parsed = parse(task["source"], "tsx" if task["path"].endswith(".tsx") else task["lang"])
            index = CodeIndex([parsed])
            matrix = feature_matrix(task["query"], index.documents, index.bm25(task["query"]))
            found = outline(parsed)
            gold = np.array([is_gold(parsed, found, place[1], task) for place in index.places], dtype=bool)
            if gold.any() and not gold.all():
                definitions.append(Group(task["repo"], matrix, gold))
            for place, hit in zip(index.places, gold, strict=True):
                if hit:
                    group = statement_group(parsed, found, place[1], task)
                    if group is not None:
                        pieces.append(group)
    return definitions, pieces


def line_of(parsed: ParsedCode, byte: int) -> int:
    return parsed.data.count(b"\n", 0, byte) + 1


def is_gold(parsed: ParsedCode, found: Outline, unit: int, task: dict[str, Any]) -> bool:
    start, end = line_of(parsed, found.units[unit].start), line_of(parsed, found.units[unit].end - 1)
    return any(
        (start <= gold["start"] and gold["end"] <= end) or (gold["start"] <= start and end <= gold["end"])
        for gold in task["gold_functions"]
    )


def statement_group(parsed: ParsedCode, found: Outline, unit: int, task: dict[str, Any]) -> Group | None:
    pieces = statements(parsed, found.units[unit])
    if len(pieces) < MIN_STATEMENTS:
        return None
    wanted = set(task["gold_lines"])
    gold = np.array(
        [
            any(
                line in wanted
                for start, end in piece.own
                for line in range(line_of(parsed, start), line_of(parsed, max(start, end - 1)) + 1)
                if parsed.data[start:end].strip()
            )
            for piece in pieces
        ]
    )
    if not gold.any() or gold.all():
        return None
    return Group(task["repo"], statement_features(parsed, pieces, task["query"]), gold)


def train(definitions: Sequence[Group], pieces: Sequence[Group]) -> Weights:
    return Weights(fit(definitions, FEATURES, DECAY_DEFINITIONS), fit(pieces, STATEMENT_FEATURES, DECAY_STATEMENTS))


def fit(groups: Sequence[Group], features: tuple[str, ...], decay: float) -> Linear:
    """The linear model whose softmax over each group gives the gold rows the most probability."""
    rows = np.concatenate([group.rows for group in groups])
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    standard = np.clip((rows - mean) / scale, -6, 6)
    owner = np.repeat(np.arange(len(groups)), [len(group.rows) for group in groups])
    starts = np.concatenate(([0], np.cumsum([len(group.rows) for group in groups])[:-1]))
    gold = np.concatenate([group.gold for group in groups]).astype(float)
    target = gold / np.add.reduceat(gold, starts)[owner]
    weight = np.zeros(len(features))
    momentum, square = np.zeros_like(weight), np.zeros_like(weight)
    for step in range(1, STEPS + 1):
        score = standard @ weight
        score -= np.maximum.reduceat(score, starts)[owner]
        probability = np.exp(score)
        probability /= np.add.reduceat(probability, starts)[owner]
        slope = standard.T @ (probability - target) / len(groups) + decay * weight
        momentum = 0.9 * momentum + 0.1 * slope
        square = 0.999 * square + 0.001 * slope**2
        rate = RATE * (1 - step / STEPS)
        weight -= rate * (momentum / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return Linear(features, mean, scale, weight)


def write(weights: Weights, path: Path) -> None:
    data = {"definitions": weights.definitions.to_json(), "statements": weights.statements.to_json()}
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
