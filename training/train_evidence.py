"""Make the weights of the evidence scorer: one command from the training questions to the shipped file.

    python training/train_evidence.py DATA/qa/train                       # writes the shipped weights
    python training/train_evidence.py DATA/qa/train --families FOLDER     # judges by leaving families out

``--families`` trains on a part of the data, once with everything and once without each family, writes all of these
weights to FOLDER, and prints what each keeps of its missing family's training questions and the coverage thresholds
that they need. Choices of features, shapes and nets are made by its mean, never by dev. With ``--whole`` it trains on
all of the data as for the shipped file, which says what that file is worth on kinds of data that it lacks.

Needs numpy and torch (CPU). Seeded: the same data on the same machine gives the same file. 22 minutes on one busy core
for the weights, an hour on two for ``--families --whole``.
"""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from evidence.judging import mean_kept
from evidence.nets import ContextNet, Linear, Standard, Trainable, TrainSettings, train
from evidence.rows import FAMILIES, Example, Piece, Row, example_of, family_of, read_rows
from evidence.shapes import shaped_rows
from numpy.typing import NDArray

from laconic.score.evidence import weights as weight_files
from laconic.score.evidence.features import FEATURE_NAMES
from laconic.score.evidence.lexicon import Lexicon
from laconic.score.evidence.net import Model, log_softmax
from laconic.score.evidence.weights import NetWeights, Weights, save_weights
from laconic.score.vectors.static import StaticVectors

SHIPPED = Path(weight_files.__file__).parent / "data" / "weights.npz"

# Chosen by --families (benchmarks/results/evidence.md). There the share of the linear part makes no difference up to
# 0.3; meetings, which it cannot tell apart, want little of it.
LINEAR_SHARE = 0.3
NETS = 2
HIDDEN = 64
FAMILY_HIDDEN = 32  # of the one net for a left-out family: less data wants a smaller net
DROPOUT = 0.1
LINEAR_SETTINGS = TrainSettings(epochs=5, rate=5e-3)
NET_SETTINGS = TrainSettings(epochs=6)
ROWS_OF_FILE = 2400
SHAPES_OF_ROW = {"taubench_retail": 6}  # the smallest file
SHAPES_OF_OTHERS = 4
FILE_WEIGHT = 1200.0
LONGEST = 700  # segments; longer calls teach nothing new and cost as many short ones
FAMILY_ROWS = 250  # of each file that train when a family is left out
JUDGED_ROWS = 80  # of each file of the left-out family
RATES = (0.25, 0.125)
RECALLS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)


def load(folder: Path, jobs: int) -> list[Example]:
    """All training questions as numbers: those of the files, and again in other shapes."""
    rows: dict[str, list[Row]] = {}
    random = np.random.default_rng(7)
    for dataset in sorted(name for family in FAMILIES.values() for name in family):
        found = list(read_rows(folder / f"{dataset}.jsonl.gz"))
        rows[dataset] = [found[int(at)] for at in random.permutation(len(found))[:ROWS_OF_FILE]]
    pool = [piece for part in rows.values() for row in part[:60] for piece in row.passages[:3]]
    largest_first = sorted(rows, key=lambda dataset: -sum(len(p.text) for row in rows[dataset] for p in row.passages))
    with _workers(jobs) as workers:
        done = {name: workers.submit(_examples_of, rows[name], pool) for name in largest_first}
        return [example for dataset in rows for example in done[dataset].result()]


def _examples_of(rows: list[Row], pool: list[Piece]) -> list[Example]:
    lexicon = Lexicon(StaticVectors.shared())
    shaped = shaped_rows(rows, pool, SHAPES_OF_ROW.get(rows[0].dataset, SHAPES_OF_OTHERS))
    examples = [example_of(row, lexicon) for row in (*rows, *shaped)]
    return [example for example in examples if example is not None and len(example.segments) <= LONGEST]


def _workers(jobs: int) -> ProcessPoolExecutor:
    # Workers of the fork kind see the parent's data without a copy.
    return ProcessPoolExecutor(jobs, mp_context=get_context("fork"), initializer=_one_thread)


def _one_thread() -> None:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)


def trainables(examples: Sequence[Example]) -> list[Trainable]:
    """With weights that keep large files from drowning small ones: no file weighs more than `FILE_WEIGHT` questions."""
    sizes = Counter(example.row.dataset for example in examples)
    weights = {name: min(3.0, (400 / size) ** 0.5, FILE_WEIGHT / size) for name, size in sizes.items()}
    return [
        Trainable(e.table, e.links, e.first, e.target, weights[e.row.dataset], e.row.mode == "any") for e in examples
    ]


def fit(examples: Sequence[Example], jobs: int, seed: int = 0) -> Weights:
    """Train the linear part and the nets; the number of jobs makes no difference to the result."""
    data = trainables(examples)
    standard = Standard.of(data)
    _INHERITED["training"] = (data, standard)
    with _workers(jobs) as workers:
        nets = [workers.submit(_train_net_of_many, seed + number) for number in range(NETS)]
        linear = workers.submit(_train_linear_of_many, seed).result()
        return _weights(standard, linear, [net.result() for net in nets])


def fit_here(examples: Sequence[Example], nets: int, hidden: int) -> Weights:
    """Linear part and nets, in this process: what families are judged by."""
    data = trainables(examples)
    standard = Standard.of(data)
    trained = [_train_net(data, standard, number, hidden) for number in range(nets)]
    return _weights(standard, _train_linear(data, standard, 0), trained)


def _weights(standard: Standard, linear: NDArray[np.float32], nets: Sequence[NetWeights]) -> Weights:
    shares = np.array([LINEAR_SHARE, *[(1 - LINEAR_SHARE) / len(nets)] * len(nets)], np.float32)
    return Weights(standard.mean, standard.deviation, shares, linear, tuple(nets))


_INHERITED: dict[str, Any] = {}  # what worker processes find as the parent left it


def _train_linear_of_many(seed: int) -> NDArray[np.float32]:
    return _train_linear(*_INHERITED["training"], seed)


def _train_net_of_many(seed: int) -> NetWeights:
    return _train_net(*_INHERITED["training"], seed, HIDDEN)


def _train_linear(data: list[Trainable], standard: Standard, seed: int) -> NDArray[np.float32]:
    linear = train(Linear, data, standard, replace(LINEAR_SETTINGS, seed=seed))
    return _numbers(linear.skip.weight)[0]


def _train_net(data: list[Trainable], standard: Standard, seed: int, hidden: int) -> NetWeights:
    settings = replace(NET_SETTINGS, seed=seed)
    return _net_weights(train(lambda d: ContextNet(d, hidden, hidden, DROPOUT), data, standard, settings))


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


def thinned(examples: Sequence[Example], number: int) -> list[Example]:
    """The first ``number`` questions of each file as they are, and `SHAPES_OF_OTHERS` times as many in other shapes."""
    taken: Counter[tuple[str, bool]] = Counter()
    kept = []
    for example in examples:
        part = (example.row.dataset, bool(example.row.shape))
        taken[part] += 1
        if taken[part] <= number * (SHAPES_OF_OTHERS if example.row.shape else 1):
            kept.append(example)
    return kept


def without(examples: Sequence[Example], family: str) -> list[Example]:
    """The examples of all other families."""
    return [example for example in examples if family_of(example.row.dataset) != family]


def judge_families(examples: Sequence[Example], folder: Path, jobs: int, *, whole: bool) -> None:
    """Train without each family and judge on it; see the module's docstring."""
    folder.mkdir(parents=True, exist_ok=True)
    _INHERITED.update(
        examples=examples if whole else thinned(examples, FAMILY_ROWS),
        recipe=(NETS, HIDDEN) if whole else (1, FAMILY_HIDDEN),
        judged=thinned(examples, JUDGED_ROWS),
        folder=folder,
    )
    kept: dict[str, list[list[float]]] = {}
    masses = []
    with _workers(jobs) as workers:
        everything = workers.submit(_save_everything)
        for judged in workers.map(_judge, FAMILIES):
            for line in judged.lines:
                print(line, flush=True)
            for name, rows in judged.kept.items():
                kept.setdefault(name, []).extend(rows)
            masses += judged.masses
        everything.result()
    for name, rows in kept.items():
        print(f"mean of files, {name:7} " + _pairs(RATES, np.mean(rows, axis=0).tolist()))
    print("mean of masses         " + _pairs(RECALLS, np.mean(masses, axis=0).tolist()))


@dataclass
class _Judged:
    lines: list[str] = field(default_factory=list)
    kept: dict[str, list[list[float]]] = field(default_factory=dict)
    masses: list[list[float]] = field(default_factory=list)


def _save_everything() -> None:
    save_weights(_INHERITED["folder"] / "all.npz", fit_here(_INHERITED["examples"], *_INHERITED["recipe"]))


def _judge(family: str) -> _Judged:
    weights = fit_here(without(_INHERITED["examples"], family), *_INHERITED["recipe"])
    save_weights(_INHERITED["folder"] / f"{family}.npz", weights)
    parts: dict[str, list[Example]] = {}
    for example in _INHERITED["judged"]:
        if family_of(example.row.dataset) == family:
            parts.setdefault(example.row.dataset + ("+" if example.row.shape else ""), []).append(example)
    alone = replace(weights, shares=np.ones(1, np.float32), nets=())
    judged = _Judged()
    for name, variant in (("all", weights), ("linear", alone)):
        for dataset, part in sorted(parts.items()):
            values = list(mean_kept(part, scoring(variant), RATES).values())
            judged.lines.append(f"without {family:10} {name:7} {dataset:18} {_pairs(RATES, values)}")
            judged.kept.setdefault(name, []).append(values)
    spans = [e for part in parts.values() for e in part if e.row.mode != "gold_passages"]
    if spans:
        judged.masses.append(masses_for(spans, scoring(weights)))
        judged.lines.append(f"without {family:10} mass    {_pairs(RECALLS, judged.masses[0])}")
    return judged


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
    cli.add_argument("--seed", type=int, default=0)
    cli.add_argument("--jobs", type=int, default=2, help="processes")
    cli.add_argument("--families", type=Path, metavar="FOLDER", help="judge by leaving out one family at a time")
    cli.add_argument("--whole", action="store_true", help="with --families: train on all of the data")
    args = cli.parse_args()
    if args.whole and not args.families:
        cli.error("--whole belongs to --families")
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    began = time.perf_counter()
    examples = load(args.data, args.jobs)
    segments = sum(len(example.segments) for example in examples)
    print(f"{len(examples)} questions, {segments} segments, {len(FEATURE_NAMES)} features", flush=True)
    if args.families:
        judge_families(examples, args.families, args.jobs, whole=args.whole)
    else:
        save_weights(args.out, fit(examples, args.jobs, args.seed))
        print(f"{args.out} written")
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
