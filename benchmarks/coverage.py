"""What ``recall=`` reaches and what it keeps, with and without calibration on questions of the same set.

    PYTHONPATH=EVAL python benchmarks/coverage.py DEV/hotpotqa.jsonl.gz DEV/nq.jsonl.gz ... [--recall 0.9 0.95]

EVAL holds qa_bench.py. Each set is split in two by a hash of the question's id: up to 50 questions calibrate, the
others are measured, by the benchmark's own count of the evidence.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path
from typing import Any
from zlib import crc32

from qa_bench import load, score, token_counter

import laconic

CALIBRATION_QUESTIONS = 50


def labelled(row: dict[str, Any]) -> dict[str, Any]:
    """The row as `laconic.calibrate` takes it; one of several answers suffices where the set says so."""
    spans = [(i, a, b) for i, p in enumerate(row["passages"]) for a, b in p.get("evidence") or ()]
    if row["evidence_mode"] == "any":
        spans = sorted({row["passages"][i]["text"][a:b] for i, a, b in spans}, key=len)[:1]
    return {"query": row["question"], "passages": passages_of(row), "evidence": spans}


def passages_of(row: dict[str, Any]) -> list[dict[str, str]]:
    return [{"title": p.get("title", ""), "text": p["text"]} for p in row["passages"]]


def measure(
    compressor: laconic.Compressor, rows: list[dict[str, Any]], recall: float, count: Any
) -> tuple[float, float]:
    reached, kept = [], []
    for row in rows:
        texts = [""] * len(row["passages"])
        for part in compressor.compress(passages_of(row), row["question"], recall=recall).passages:
            texts[part.index] = part.text
        tokens_in = sum(count(p["text"]) for p in row["passages"])
        tokens_out = sum(count(text) for text in texts if text)
        evidence = score(row, texts, tokens_out, tokens_in)["evidence"]
        if evidence is not None:
            reached.append(evidence)
            kept.append(tokens_out / tokens_in)
    return statistics.fmean(reached), statistics.fmean(kept)


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("data", type=Path, nargs="+")
    cli.add_argument("--recall", type=float, nargs="+", default=[0.9, 0.95])
    args = cli.parse_args()
    count = token_counter()
    print("set              recall    n | reached  kept | calibrated on reached  kept  promised")
    for path in args.data:
        rows = sorted(load([str(path)], None), key=lambda row: crc32(str(row["id"]).encode()))
        rows = [row for row in rows if any(p.get("evidence") for p in row["passages"])]
        split = min(CALIBRATION_QUESTIONS, len(rows) // 2)
        if not split:
            continue
        for recall in args.recall:
            plain = laconic.Compressor(counter="cl100k_base", separator=None)
            calibration = laconic.calibrate([labelled(row) for row in rows[:split]], recall)
            fitted = laconic.Compressor(counter="cl100k_base", separator=None, recall=recall, calibration=calibration)
            reached, kept = measure(plain, rows[split:], recall, count)
            reached_fitted, kept_fitted = measure(fitted, rows[split:], recall, count)
            low, high = calibration.interval
            print(
                f"{path.name.split('.')[0]:16} {recall:6.2f} {len(rows) - split:4d} | {reached:7.3f} {kept:5.3f} | "
                f"{split:13d} {reached_fitted:7.3f} {kept_fitted:5.3f}  "
                f"{calibration.achieved:.3f} [{low:.2f}, {high:.2f}] at mass {calibration.threshold:.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
