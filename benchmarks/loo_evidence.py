"""How much the evidence scorer loses on kinds of data that its training lacked.

    python training/train_evidence.py TRAIN --first FIRST --families FOLDER
    PYTHONPATH=EVAL:benchmarks python benchmarks/loo_evidence.py DEV FOLDER

EVAL holds qa_bench.py. For each dev file of a left-out family: evidence kept with weights of everything and with those
that never saw it nor its group, both by the recipe of the shipped file, through the whole compressor.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

from qa_bench import load, run, token_counter

import laconic
from laconic.score.evidence import EvidenceScorer

FILES = {
    "trials": ("evidence_inference",),
    "tables": ("wtq", "fetaqa", "aitqa"),
    "pages": ("timeqa",),
    "contracts": ("contract_nli", "cuad_clauses"),
    "reviews": ("dstc11_reviews",),
    "health": ("medquad",),
    "databases": ("spider_schema",),
    "facts": ("entailmentbank",),
    "dialogue": ("friendsqa",),
    "functions": ("bfcl_tools",),
    "claims": ("wice_claims",),
}
"""The dev files of each family that the second stage can leave out."""


def system(scorer: EvidenceScorer) -> Callable[[str, list[dict[str, str]], int], list[str]]:
    compressor = laconic.Compressor(counter="cl100k_base", separator=None, scorer=scorer)

    def compress(question: str, passages: list[dict[str, str]], max_tokens: int) -> list[str]:
        texts = [""] * len(passages)
        for part in compressor.compress(passages, question, max_tokens=max_tokens).passages:
            texts[part.index] = part.text
        return texts

    return compress


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("dev", type=Path)
    cli.add_argument("weights", type=Path, help="folder of the families' weights")
    cli.add_argument("--rate", type=float, nargs="+", default=[0.25])
    args = cli.parse_args()
    count = token_counter()
    everything = system(EvidenceScorer(args.weights / "all.npz"))
    means: dict[tuple[float, str], list[float]] = {}
    print(f"{'left out':12} {'file':16} " + " ".join(f"{f'with @{r}':>12} {f'without @{r}':>14}" for r in args.rate))
    for family, names in FILES.items():
        other = system(EvidenceScorer(args.weights / f"{family}.npz"))
        for name in names:
            rows = load([str(args.dev / f"{name}.jsonl.gz")], None)
            cells = []
            for rate in args.rate:
                both: dict[str, Any] = {"with": everything, "without": other}
                for label, which in both.items():
                    kept = run(which, rows, rate, count)["evidence"]
                    cells.append(f"{kept:{12 if label == 'with' else 14}.3f}")
                    means.setdefault((rate, label), []).append(kept)
            print(f"{family:12} {name:16} " + " ".join(cells), flush=True)
    for (rate, label), values in means.items():
        print(f"mean of {len(values)} files, {label}, @{rate}: {statistics.fmean(values):.3f}")


if __name__ == "__main__":
    main()
