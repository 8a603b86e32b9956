"""Make the weights of the evidence scorer: one command from the training questions to the shipped file.

    python training/train_evidence.py DATA/qa/train                     # both stages, writes the shipped weights
    python training/train_evidence.py DATA/qa/train --first FILE        # the second stage, on a file of the first
    python training/train_evidence.py DATA/qa/train --first FILE --families FOLDER

The first stage trains on the families of files that were there first, many shapes of each question. The second goes on
from there on all files, a few hundred questions of each, at a lower rate: that brings what the other kinds of text have
to teach in a tenth of the time that training on all from the start takes. ``--only-first`` writes what the first makes.

``--families`` judges the second stage: it trains once with everything and once without each group of families of
`GROUPS`, writes all of these weights to FOLDER, and prints what each keeps of the missing families' questions, none of
which train, and the coverage thresholds that they need. Choices of features, shapes and nets are made by its mean,
never by dev.

Needs numpy and torch (CPU). Seeded: the same data on the same machine gives the same file. 22 minutes on one busy core
for the first stage, about eight for the second.
"""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from evidence.judging import mean_kept
from evidence.nets import ContextNet, Linear, Standard, Trainable, TrainSettings, resumed, train
from evidence.rows import FAMILIES, FIRST_FAMILIES, Example, Piece, Row, example_of, family_of, first_files, read_rows
from evidence.shapes import shaped_rows
from numpy.typing import NDArray

from laconic.score.evidence import weights as weight_files
from laconic.score.evidence.lexicons import Lexicons
from laconic.score.evidence.net import Model, log_softmax
from laconic.score.evidence.weights import NetWeights, Weights, load_weights, save_weights
from laconic.score.vectors.static import StaticVectors

SHIPPED = Path(weight_files.__file__).parent / "data" / "weights.npz"

# Chosen by leaving families out (benchmarks/results/evidence.md). There the share of the linear part makes no
# difference up to 0.3; meetings, which it cannot tell apart, want little of it.
LINEAR_SHARE = 0.3
NETS = 2
HIDDEN = 64
DROPOUT = 0.1
LONGEST = 700  # segments; longer calls teach nothing new and cost as many short ones
JUDGED_ROWS = 60  # of each file, which never train when families are judged
RATES = (0.25, 0.125)
RECALLS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)

GROUPS: tuple[tuple[str, ...], ...] = (
    ("trials", "tables", "pages", "contracts", "romance"),
    ("reviews", "health", "databases", "facts", "east-asian", "arabic"),
    ("dialogue", "functions", "claims", "nordic", "other-languages"),
)
"""The families that only the second stage trains on, in groups that are left out together: a third of the time."""


@dataclass(frozen=True)
class Stage:
    """What one stage trains on, and how.

    Attributes:
        rows: of each file, by the file's name; those of other files are ``otherwise``.
        shapes: of each row in other shapes, likewise.
        linear, nets: how the linear part and the nets are trained.
        most: no file weighs more than this many questions.
        again: how much more the files of the first stage weigh, so that what was learned there stays.
    """

    rows: Mapping[str, int]
    shapes: Mapping[str, int]
    linear: TrainSettings
    nets: TrainSettings
    most: float
    again: float = 1.0


_ALL = [name for names in FAMILIES.values() for name in names]
_FIRST = [name for family in FIRST_FAMILIES for name in first_files(family)]
_LANGUAGES = [name for name in _ALL if name.startswith("ml_")]

FIRST = Stage(
    rows=dict.fromkeys(_FIRST, 2400),
    shapes={**dict.fromkeys(_FIRST, 4), "taubench_retail": 6},  # the smallest file
    linear=TrainSettings(epochs=5, rate=5e-3),
    nets=TrainSettings(epochs=6),
    most=1200.0,
)
SECOND = Stage(
    rows={**dict.fromkeys(_ALL, 400), **dict.fromkeys(_FIRST, 200), **dict.fromkeys(_LANGUAGES, 60)},
    shapes=dict.fromkeys(_ALL, 1),
    linear=TrainSettings(epochs=2, rate=2e-3),
    nets=TrainSettings(epochs=8, rate=1.2e-3),
    most=400.0,
    again=2.5,
)


def load(folder: Path, stage: Stage, jobs: int) -> list[Example]:
    """A stage's questions as numbers: those of the files, and again in other shapes."""
    rows: dict[str, list[Row]] = {}
    random = np.random.default_rng(7)
    for dataset in sorted(stage.rows):
        found = list(read_rows(folder / f"{dataset}.jsonl.gz"))
        rows[dataset] = [found[int(at)] for at in random.permutation(len(found))[: stage.rows[dataset]]]
    # Passages that are strange to a question; in its language, which is mostly English.
    pool = [p for name, part in rows.items() if name not in _LANGUAGES for row in part[:60] for p in row.passages[:3]]
    largest_first = sorted(rows, key=lambda dataset: -sum(len(p.text) for row in rows[dataset] for p in row.passages))
    with _workers(jobs) as workers:
        done = {name: workers.submit(_examples_of, rows[name], pool, stage.shapes[name]) for name in largest_first}
        return [example for dataset in rows for example in done[dataset].result()]


def _examples_of(rows: list[Row], pool: list[Piece], shapes: int) -> list[Example]:
    lexicons = Lexicons(StaticVectors.shared())
    shaped = shaped_rows(rows, pool, shapes)
    examples = [example_of(row, lexicons) for row in (*rows, *shaped)]
    return [example for example in examples if example is not None and len(example.segments) <= LONGEST]


def _workers(jobs: int) -> ProcessPoolExecutor:
    # Workers of the fork kind see the parent's data without a copy.
    return ProcessPoolExecutor(jobs, mp_context=get_context("fork"), initializer=_one_thread)


def _one_thread() -> None:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)


def trainables(examples: Sequence[Example], stage: Stage) -> list[Trainable]:
    """With weights that keep large files from drowning small ones; see `Stage`."""
    sizes = Counter(example.row.dataset for example in examples)
    weights = {
        name: min(3.0, (400 / size) ** 0.5, stage.most / size) * (stage.again if name in _FIRST else 1.0)
        for name, size in sizes.items()
    }
    return [
        Trainable(e.table, e.links, e.first, e.target, weights[e.row.dataset], e.row.mode == "any") for e in examples
    ]


def fit(
    examples: Sequence[Example], stage: Stage, jobs: int, *, nets: int = NETS, start: Weights | None = None
) -> Weights:
    """Train the linear part and the nets; the number of jobs makes no difference to the result.

    Args:
        examples: questions.
        stage: see `Stage`.
        jobs: processes.
        nets: how many.
        start: what to go on from, whose scale of features stays; None to train from nothing.
    """
    data = trainables(examples, stage)
    standard = Standard.of(data) if start is None else Standard(start.mean, start.deviation)
    _INHERITED["training"] = (data, standard, stage, start)
    with _workers(jobs) as workers:
        trained = [workers.submit(_train_net, number) for number in range(nets)]
        linear = workers.submit(_train_linear).result()
        shares = np.array([LINEAR_SHARE, *[(1 - LINEAR_SHARE) / nets] * nets], np.float32)
        parts = tuple(net.result() for net in trained)
        return Weights(standard.mean, standard.deviation, shares, linear, parts)


_INHERITED: dict[str, Any] = {}  # what worker processes find as the parent left it


def _train_linear() -> NDArray[np.float32]:
    data, standard, stage, start = _INHERITED["training"]

    def make(features: int) -> Linear:
        model = Linear(features)
        if start is not None:
            with torch.no_grad():
                model.skip.weight.copy_(torch.tensor(start.linear[None]))
        return model

    return _numbers(train(make, data, standard, stage.linear).skip.weight)[0]


def _train_net(number: int) -> NetWeights:
    data, standard, stage, start = _INHERITED["training"]

    def make(features: int) -> ContextNet:
        net = ContextNet(features, HIDDEN, HIDDEN, DROPOUT)
        return net if start is None else resumed(net, start.nets[number])

    return _net_weights(train(make, data, standard, replace(stage.nets, seed=number)))


def _numbers(tensor: torch.Tensor) -> NDArray[np.float32]:
    return tensor.detach().numpy().astype(np.float32)


def _net_weights(net: ContextNet) -> NetWeights:
    hidden, second = net.inner.out_features, net.outer.out_features
    return NetWeights(
        inner=np.ascontiguousarray(_numbers(net.inner.weight).T),
        inner_bias=_numbers(net.inner.bias),
        outer=np.ascontiguousarray(_numbers(net.outer.weight).T.reshape(weight_files.CONTEXTS, hidden, second)),
        outer_bias=_numbers(net.outer.bias),
        out=_numbers(net.out.weight)[0],
        skip=_numbers(net.skip.weight)[0],
    )


def scoring(weights: Weights) -> Callable[[Example], NDArray[np.float64]]:
    """The engine's own arithmetic."""
    model = Model(weights)

    def score(example: Example) -> NDArray[np.float64]:
        owner = np.repeat(np.arange(len(example.first)), np.diff(np.append(example.first, len(example.segments))))
        return model(example.table, example.links, owner, example.first)

    return score


def judge_families(folder: Path, data: Path, first: Weights, jobs: int) -> None:
    """Go on without each group of families and judge on them; see the module's docstring."""
    folder.mkdir(parents=True, exist_ok=True)
    examples = load(data, SECOND, jobs)
    judged, training = _split(examples)
    kept: list[list[float]] = []
    masses: list[list[float]] = []
    for group in ((), *GROUPS):
        seen = [example for example in training if family_of(example.row.dataset) not in group]
        weights = fit(seen, SECOND, jobs, start=first)
        for name in group or ("all",):
            save_weights(folder / f"{name}.npz", weights)
        parts: dict[str, list[Example]] = {}
        for example in judged:
            if not group or family_of(example.row.dataset) in group:
                parts.setdefault(example.row.dataset, []).append(example)
        for dataset, part in sorted(parts.items()):
            values = list(mean_kept(part, scoring(weights), RATES).values())
            print(f"{'without' if group else 'with':8} {dataset:20} {_pairs(RATES, values)}", flush=True)
            if group:
                kept.append(values)
                if any(example.row.mode != "gold_passages" for example in part):
                    masses.append(masses_for(part, scoring(weights)))
                    print(f"{'mass':8} {dataset:20} {_pairs(RECALLS, masses[-1])}", flush=True)
    print(f"mean of files left out  {_pairs(RATES, np.mean(kept, axis=0).tolist())}")
    print(f"mean of masses          {_pairs(RECALLS, np.mean(masses, axis=0).tolist())}")


def _split(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """The first `JUDGED_ROWS` of each file as they are, and all that none of these questions is part of."""
    taken: Counter[str] = Counter()
    judged = []
    for example in examples:
        if not example.row.shape and taken[example.row.dataset] < JUDGED_ROWS:
            taken[example.row.dataset] += 1
            judged.append(example)
    keys = {(example.row.dataset, example.row.key) for example in judged}
    return judged, [example for example in examples if (example.row.dataset, example.row.key) not in keys]


def masses_for(examples: Sequence[Example], score: Callable[[Example], NDArray[np.float64]]) -> list[float]:
    """For each of `RECALLS` the least mass that keeps this share of the evidence."""
    needs = [needed_mass(example, score(example)) for example in examples]
    grid = np.unique(np.concatenate(needs))
    share = np.array([np.mean([(need <= mass).mean() for need in needs]) for mass in grid])
    return [float(grid[min(len(grid) - 1, int(np.searchsorted(share, recall)))]) for recall in RECALLS]


def _pairs(keys: Sequence[float], values: Sequence[float]) -> str:
    return " ".join(f"{key}:{value:.4f}" for key, value in zip(keys, values, strict=True))


def needed_mass(example: Example, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each labelled span the mass above its least wanted segment."""
    order = np.argsort(-scores, kind="stable")
    above = np.empty(len(scores))
    above[order] = np.concatenate([[0.0], np.cumsum(np.exp(log_softmax(scores)[order]))[:-1]])
    needs = []
    for index, piece in enumerate(example.row.passages):
        for start, end in piece.evidence:
            held = [
                at for at, s in enumerate(example.segments) if s.passage == index and s.start < end and s.end > start
            ]
            if held:
                needs.append(float(above[held].max()))
    return np.array([min(needs)] if example.row.mode == "any" else needs)


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("data", type=Path, help="folder of the training files (.jsonl.gz)")
    cli.add_argument("--out", type=Path, default=SHIPPED, help="where the weights go")
    cli.add_argument("--jobs", type=int, default=2, help="processes")
    cli.add_argument("--first", type=Path, metavar="FILE", help="weights of the first stage, which is left out then")
    cli.add_argument("--only-first", action="store_true", help="write the weights of the first stage")
    cli.add_argument("--families", type=Path, metavar="FOLDER", help="judge by leaving out families; wants --first")
    args = cli.parse_args()
    if args.families and not args.first:
        cli.error("--families wants --first")
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    began = time.perf_counter()
    first = load_weights(args.first) if args.first else fit(load(args.data, FIRST, args.jobs), FIRST, args.jobs)
    if args.families:
        judge_families(args.families, args.data, first, args.jobs)
        return
    if args.only_first:
        weights = first
    else:
        examples = load(args.data, SECOND, args.jobs)
        print(f"{len(examples)} questions, {sum(len(e.segments) for e in examples)} segments", flush=True)
        weights = fit(examples, SECOND, args.jobs, start=first)
    save_weights(args.out, weights)
    print(f"{args.out} written, {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
