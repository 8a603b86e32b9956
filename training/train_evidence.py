"""Make the weights of the evidence scorer: one command from the training questions to the shipped file.

    python training/train_evidence.py DATA/qa/train                          # writes the shipped weights
    python training/train_evidence.py DATA/qa/train --families              # judges by leaving families out
    python training/train_evidence.py DATA/qa/train --leave-out finance --out finance.npz
    python training/train_evidence.py DATA/qa/train --coverage              # thresholds for recall=

Needs numpy and torch (CPU). Seeded: the same data on the same machine gives the same file. About 8 minutes on one quiet
core for the weights, five times that for ``--families``.
"""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from evidence.judging import mean_kept
from evidence.nets import ContextNet, Linear, Standard, Trainable, TrainSettings, train
from evidence.rows import FAMILIES, Example, Row, example_of, family_of, read_rows
from evidence.shapes import shaped_rows
from numpy.typing import NDArray

from laconic.score.evidence import weights as weight_files
from laconic.score.evidence.features import FEATURE_NAMES, groups_of_columns
from laconic.score.evidence.lexicon import Lexicon
from laconic.score.evidence.net import Model, log_softmax
from laconic.score.evidence.weights import NetWeights, Weights, save_weights
from laconic.score.vectors.static import StaticVectors

SHIPPED = Path(weight_files.__file__).parent / "data" / "weights.npz"

# Chosen by --families (benchmarks/results/evidence.md), never by dev.
LINEAR_SHARE = 0.4
NETS = 2
HIDDEN = 32
DROPOUT = 0.1
LINEAR_SETTINGS = TrainSettings(epochs=6, rate=5e-3)
NET_SETTINGS = TrainSettings(epochs=10, group_dropout=0.0)
ROWS_OF_FILE = 1300
SHAPES_OF_ROW = {"taubench_retail": 4}  # the smallest file; one for the others
LONGEST = 700  # segments; longer calls teach nothing new and cost as many short ones
JUDGED_ROWS = 100  # of each file, when a family is left out
LEFT_OUT: tuple[str, ...] = ()


def load(folder: Path) -> list[Example]:
    """All training questions as numbers: those of the files, and some again in other shapes."""
    rows: dict[str, list[Row]] = {}
    random = np.random.default_rng(7)
    for dataset in sorted(name for family in FAMILIES.values() for name in family):
        if dataset not in LEFT_OUT:
            found = list(read_rows(folder / f"{dataset}.jsonl.gz"))
            rows[dataset] = [found[int(at)] for at in random.permutation(len(found))[:ROWS_OF_FILE]]
    pool = [piece for part in rows.values() for row in part[:60] for piece in row.passages[:3]]
    examples = []
    lexicon = Lexicon(StaticVectors.shared())
    for dataset, part in rows.items():
        began = time.perf_counter()
        before = len(examples)
        for row in (*part, *shaped_rows(part, pool, SHAPES_OF_ROW.get(dataset, 1))):
            example = example_of(row, lexicon)
            if example is not None and len(example.segments) <= LONGEST:
                examples.append(example)
        lexicon = Lexicon(StaticVectors.shared())
        print(f"{dataset:18} {len(examples) - before:5} questions, {time.perf_counter() - began:.0f} s", flush=True)
    return examples


def trainables(examples: Sequence[Example]) -> list[Trainable]:
    """With weights that keep large files from drowning small ones."""
    sizes = Counter(example.row.dataset for example in examples)
    return [
        Trainable(e.table, e.links, e.first, e.target, min(3.0, (400 / sizes[e.row.dataset]) ** 0.5)) for e in examples
    ]


def fit(examples: Sequence[Example], seed: int = 0) -> Weights:
    """Train the linear part and the nets."""
    data = trainables(examples)
    standard = Standard.of(data)
    groups = [columns for name, columns in groups_of_columns().items() if name != "question"]

    def settings(base: TrainSettings, number: int) -> TrainSettings:
        return TrainSettings(base.epochs, base.rate, base.decay, base.batch, seed + number, base.group_dropout)

    linear = train(Linear, data, standard, settings(LINEAR_SETTINGS, 0))
    nets = [
        train(lambda d: ContextNet(d, HIDDEN, HIDDEN, DROPOUT), data, standard, settings(NET_SETTINGS, number), groups)
        for number in range(NETS)
    ]
    shares = np.array([LINEAR_SHARE, *[(1 - LINEAR_SHARE) / NETS] * NETS], np.float32)
    return Weights(
        standard.mean, standard.deviation, shares, _numbers(linear.skip.weight)[0], tuple(map(_net_weights, nets))
    )


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


def judged(examples: Sequence[Example], family: str) -> dict[str, list[Example]]:
    """The rows of a family that are judged, as they are and in other shapes."""
    parts: dict[str, list[Example]] = {}
    for example in examples:
        if family_of(example.row.dataset) == family:
            parts.setdefault(example.row.dataset + ("+" if example.row.shape else ""), []).append(example)
    return {name: part[:JUDGED_ROWS] for name, part in sorted(parts.items())}


def judge_families(examples: Sequence[Example]) -> None:
    """Train without each family, judge on it; the mean over families is what choices are made by."""
    rates = (0.25, 0.125)
    means = []
    for family in FAMILIES:
        weights = fit([e for e in examples if family_of(e.row.dataset) != family])
        variants = {
            "all": weights,
            "linear": Weights(weights.mean, weights.deviation, np.ones(1, np.float32), weights.linear, ()),
        }
        for name, variant in variants.items():
            for dataset, part in judged(examples, family).items():
                kept = mean_kept(part, scoring(variant), rates)
                print(
                    f"without {family:10} {name:7} {dataset:18} " + " ".join(f"{kept[r]:.3f}" for r in rates),
                    flush=True,
                )
                if name == "all":
                    means.append([kept[rate] for rate in rates])
    print("mean over files " + " ".join(f"{value:.4f}" for value in np.mean(means, axis=0)))


def fit_coverage(examples: Sequence[Example]) -> None:
    """Mass that has to be kept for a share of the evidence: by family, scored by weights that never saw it."""
    recalls = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
    table = []
    for family in FAMILIES:
        score = scoring(fit([e for e in examples if family_of(e.row.dataset) != family]))
        needs = [
            needed_mass(e, score(e))
            for part in judged(examples, family).values()
            for e in part
            if e.row.mode != "gold_passages"
        ]
        if not needs:
            continue
        grid = np.unique(np.concatenate(needs))
        share = np.array([np.mean([(need <= t).mean() for need in needs]) for t in grid])
        table.append([float(grid[min(len(grid) - 1, int(np.searchsorted(share, recall)))]) for recall in recalls])
        print(
            f"{family:12} " + " ".join(f"{recall}:{t:.4f}" for recall, t in zip(recalls, table[-1], strict=True)),
            flush=True,
        )
    print("median       " + " ".join(f"{r}:{t:.4f}" for r, t in zip(recalls, np.median(table, axis=0), strict=True)))


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
    cli.add_argument("--out", type=Path, default=SHIPPED)
    cli.add_argument("--seed", type=int, default=0)
    cli.add_argument("--families", action="store_true", help="judge by leaving out one family at a time")
    cli.add_argument("--coverage", action="store_true", help="print thresholds of recall")
    cli.add_argument("--leave-out", choices=sorted(FAMILIES), help="train without this family")
    args = cli.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    began = time.perf_counter()
    examples = load(args.data)
    print(
        f"{len(examples)} questions, {sum(len(e.segments) for e in examples)} segments, {len(FEATURE_NAMES)} features"
    )
    if args.families:
        judge_families(examples)
    elif args.coverage:
        fit_coverage(examples)
    else:
        kept = [e for e in examples if family_of(e.row.dataset) != args.leave_out]
        save_weights(args.out, fit(kept, args.seed))
        print(f"{args.out} written after {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
