"""Train the checkpoint of the learned eviction policy: ``engine/laconic/eviction/data/default.npz``.

    python training/train_eviction.py --data …/qa/train [--questions 500] [--epochs 8] [--out FILE]

A training example is a context as `laconic.compress_context` gets it: the passages of a question, without their titles,
joined by blank lines into one text, cut into lines (long ones into sentences). A line is wanted if it holds labelled
evidence: more than half of the evidence span, or more than half of the line. Questions without labelled spans are left
out. Nets, loss and schedule are those of the evidence scorer; one run takes about five minutes on one core.

Needs torch. The same arguments give the same file on the same machine.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from evidence.nets import ContextNet, Linear, Standard, Trainable, TrainSettings, train
from evidence.rows import FIRST_FAMILIES, Row, first_files, read_rows

from laconic.score.evidence import FEATURE_NAMES
from laconic.score.evidence.lexicon import Lexicon
from laconic.score.evidence.weights import NetWeights, Weights
from laconic.score.vectors.static import StaticVectors
from laconic.supercompress.checkpoint import Checkpoint, save_checkpoint
from laconic.supercompress.learned import describe_lines
from laconic.supercompress.policy import Line, split_lines

SEED = 7
HIDDEN, SECOND, DROPOUT = 24, 16, 0.1
LINEAR_SHARE = 0.4
"""A net alone breaks on shapes of text that it has not seen; the linear part is the insurance."""
MOST_LINES = 500
DEFAULT_OUT = Path(__file__).parents[1] / "engine/laconic/eviction/data/default.npz"


def joined(row: Row) -> tuple[str, list[tuple[int, int]]]:
    """One text of a row's passages, and where its evidence is."""
    parts, spans, at = [], [], 0
    for piece in row.passages:
        spans += [(at + start, at + end) for start, end in piece.evidence]
        parts.append(piece.text)
        at += len(piece.text) + 2
    return "\n\n".join(parts), spans


def example(row: Row, lexicon: Lexicon, weight: float) -> Trainable | None:
    """A row as numbers; None where nothing or too much is there to learn from."""
    text, spans = joined(row)
    segments, numbers, blocks = split_lines(text)
    if not 2 <= len(segments) <= MOST_LINES:
        return None
    target = np.zeros(len(segments), np.float32)
    for at, segment in enumerate(segments):
        for start, end in spans:
            shared = min(end, segment.end) - max(start, segment.start)
            if 2 * shared > min(end - start, segment.end - segment.start):
                target[at] = 1.0
    if not 0 < target.sum() < len(target):
        return None
    lines = [
        Line(text[segment.start : segment.end], 1, number, block)
        for segment, number, block in zip(segments, numbers, blocks, strict=True)
    ]
    reading, features = describe_lines(lexicon, row.question, lines)
    return Trainable(features.table, features.links, reading.first, target, weight)


def examples(data: Path, most: int) -> Iterator[Trainable]:
    """Examples of all training files, each family of files weighing the same."""
    for family in FIRST_FAMILIES:
        names = first_files(family)
        lexicon = Lexicon(StaticVectors.shared())
        for name in names:
            path = data / f"{name}.jsonl.gz"
            if not path.exists():
                continue
            rows = sorted(read_rows(path), key=lambda row: row.key)
            random.Random(SEED).shuffle(rows)  # noqa: S311 - a sample, not a secret
            made = [e for row in rows[:most] if (e := example(row, lexicon, 1.0)) is not None]
            weight = min(4.0, most / max(1, len(made))) / len(names)
            print(f"{family:12} {name:16} {len(made):5} questions", flush=True)
            yield from (Trainable(e.table, e.links, e.first, e.target, weight) for e in made)


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("--data", type=Path, required=True, help="folder of the training files")
    cli.add_argument("--questions", type=int, default=500, help="per file")
    cli.add_argument("--epochs", type=int, default=8)
    cli.add_argument("--out", type=Path, default=DEFAULT_OUT)
    args = cli.parse_args()
    torch.set_num_threads(1)
    data = list(examples(args.data, args.questions))
    standard = Standard.of(data)
    settings = TrainSettings(epochs=args.epochs, seed=SEED)
    linear = train(Linear, data, standard, settings)
    net = train(lambda features: ContextNet(features, HIDDEN, SECOND, DROPOUT, naming=False), data, standard, settings)
    save_checkpoint(args.out, Checkpoint(FEATURE_NAMES, weights_of(linear, net, standard)))
    print(f"{len(data)} questions, {args.out.stat().st_size} bytes in {args.out.name}")


def weights_of(linear: torch.nn.Module, net: torch.nn.Module, standard: Standard) -> Weights:
    """Trained modules as the arrays that the checkpoint holds."""

    def array(module: torch.nn.Module, name: str) -> np.ndarray:
        return module.state_dict()[name].numpy().astype(np.float32)

    outer = array(net, "outer.weight").reshape(SECOND, 8, HIDDEN).transpose(1, 2, 0)
    return Weights(
        mean=standard.mean,
        deviation=standard.deviation,
        shares=np.array([LINEAR_SHARE, 1 - LINEAR_SHARE], np.float32),
        linear=array(linear, "skip.weight")[0],
        nets=(
            NetWeights(
                inner=array(net, "inner.weight").T.copy(),
                inner_bias=array(net, "inner.bias"),
                outer=outer.copy(),
                outer_bias=array(net, "outer.bias"),
                out=array(net, "out.weight")[0],
                skip=array(net, "skip.weight")[0],
            ),
        ),
    )


if __name__ == "__main__":
    main()
