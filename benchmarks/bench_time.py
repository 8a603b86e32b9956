"""Time of a call against the time of counting its tokens once, in one run.

    python benchmarks/bench_time.py DATA.jsonl.gz [--scorer lexical] [--rate 0.25] [--limit 250]

Three rounds; in each every question is counted and compressed, one right after the other, the order changing from
question to question so that neither side always finds a warm cache. The round with the middle ratio of medians is
printed. The budget is given in tokens, as a chain gives it; the call counts the input itself. tiktoken is built before,
as in any program that runs for long; the cold times are those of fresh interpreters, for a few sentences and for the
first question of the data.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import laconic
from laconic.tokens import counter_for


def import_time() -> float:
    """Median milliseconds of ``import laconic`` in a fresh interpreter, the interpreter's own start taken off."""
    script = "import time; t = time.perf_counter(); import laconic; print((time.perf_counter() - t) * 1000)"
    return fresh_median(script)


def cold_time(passages: list[str], question: str, budget: int) -> float:
    """Median milliseconds of import and first call in a fresh interpreter."""
    script = (
        f"passages, question = {passages!r}, {question!r}; import time; t = time.perf_counter(); import laconic; "
        f"laconic.compress(passages, question, max_tokens={budget}); print((time.perf_counter() - t) * 1000)"
    )
    return fresh_median(script)


def fresh_median(script: str) -> float:
    """Median of what a script prints, over seven fresh interpreters."""
    command = [sys.executable, "-c", script]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(7)]
    return statistics.median(float(run.stdout) for run in runs)


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("data", type=Path)
    cli.add_argument("--scorer", default=None)
    cli.add_argument("--rate", type=float, default=0.25)
    cli.add_argument("--limit", type=int, default=250)
    args = cli.parse_args()
    with gzip.open(args.data, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines][: args.limit]
    counter = counter_for("gpt-4o")
    options = {} if args.scorer is None else {"scorer": args.scorer}
    compressor = laconic.Compressor(**options)
    encode = counter.encoding.encode_ordinary
    inputs = [[{"title": p.get("title", ""), "text": p["text"]} for p in row["passages"]] for row in rows]
    compressor.compress(inputs[0], rows[0]["question"], rate=args.rate)
    sizes = [sum(len(encode(passage["text"])) for passage in passages) for passages in inputs]
    rounds: list[tuple[float, float]] = []
    for _ in range(3):
        counts, calls = [], []
        for number, (row, passages, size) in enumerate(zip(rows, inputs, sizes, strict=True)):
            budget = max(1, int(size * args.rate))
            for counting in (True, False) if number % 2 else (False, True):
                began = time.perf_counter()
                if counting:
                    for passage in passages:
                        len(encode(passage["text"]))
                    counts.append((time.perf_counter() - began) * 1000)
                else:
                    compressor.compress(passages, row["question"], max_tokens=budget)
                    calls.append((time.perf_counter() - began) * 1000)
        rounds.append((statistics.median(counts), statistics.median(calls)))
    count, call = sorted(rounds, key=lambda pair: pair[1] / pair[0])[1]
    print(f"questions {len(rows)}, median tokens {statistics.median(sizes):.0f}")
    print(f"count once {count:.2f} ms, whole call {call:.2f} ms, ratio {call / count:.2f}")
    few = ["The tower is 300 m high. It is made of iron. It stands in Paris."] * 3
    texts = [passage["text"] for passage in inputs[0]]
    print(
        f"import {import_time():.0f} ms, import and first call {cold_time(few, 'How high is it?', 12):.0f} ms, "
        f"with {sizes[0]} tokens {cold_time(texts, rows[0]['question'], int(sizes[0] * args.rate)):.0f} ms"
    )


if __name__ == "__main__":
    main()
