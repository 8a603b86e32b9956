r"""Evidence that survives with and without token-level pruning, for qa_bench and on its own.

As systems of qa_bench (run from this folder, the folder of qa_bench on PYTHONPATH)::

    python qa_bench.py DATA... --rate 0.125 --system bench_token_pruning:without \
        --system bench_token_pruning:with_pruning

Alone (qa_bench on PYTHONPATH too) it compares both question by question, with a bootstrap interval of the gain in macro
evidence, and tells how often pruning traded words for sentences and what a call costs more::

    python bench_token_pruning.py DATA.jsonl.gz... --rate 0.125 [--limit 50] [--show 40]
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from laconic.scaledown.local import LocalEngine
from laconic.scaledown.options import CompressionOptions
from laconic.tokens import counter_for
from laconic.types import Compression

# qa_bench counts with cl100k_base and sums the passages' own counts
_MODEL = "cl100k_base"
_OPTIONS = CompressionOptions(rate=1.0)
_ENGINES = {pruning: LocalEngine(_MODEL, _OPTIONS, separator=None, token_pruning=pruning) for pruning in (False, True)}


def _texts(result: Compression, passages: list[dict[str, str]]) -> list[str]:
    texts = [""] * len(passages)
    for part in result.passages:
        texts[part.index] = part.text
    return texts


def without(question: str, passages: list[dict[str, str]], max_tokens: int) -> list[str]:
    """Sentence selection alone."""
    return _texts(_ENGINES[False].compress(passages, question, max_tokens=max_tokens), passages)


def with_pruning(question: str, passages: list[dict[str, str]], max_tokens: int) -> list[str]:
    """Sentence selection, then words for sentences where that pays."""
    return _texts(_ENGINES[True].compress(passages, question, max_tokens=max_tokens), passages)


def _rows(paths: list[str], limit: int) -> Iterator[dict[str, Any]]:
    for path in paths:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for at, line in enumerate(lines):
                if at == limit:
                    break
                yield json.loads(line)


def _gain(differences: dict[str, list[float]], draw: Callable[[list[float]], list[float]]) -> float:
    return statistics.fmean(statistics.fmean(draw(each)) for each in differences.values())


def main() -> None:
    import qa_bench  # the judge; its folder must be on PYTHONPATH

    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("data", nargs="+")
    cli.add_argument("--rate", type=float, default=0.125)
    cli.add_argument("--limit", type=int, default=1_000_000, help="questions per file")
    cli.add_argument("--show", type=int, default=0, metavar="N", help="print this many of the cuts")
    options = cli.parse_args()
    count = counter_for(_MODEL).count
    questions = traded = cuts = words = segments = 0
    milliseconds: dict[bool, list[float]] = {False: [], True: []}
    differences: dict[str, list[float]] = {}
    shown: list[str] = []
    for row in _rows(options.data, options.limit):
        passages = [{"title": each.get("title", ""), "text": each["text"]} for each in row["passages"]]
        budget = max(1, int(options.rate * sum(count(each["text"]) for each in passages)))
        results, evidence = {}, {}
        for pruning, engine in _ENGINES.items():
            began = time.process_time()
            results[pruning] = engine.compress(passages, row["question"], max_tokens=budget)
            milliseconds[pruning].append((time.process_time() - began) * 1000)
            texts = _texts(results[pruning], passages)
            evidence[pruning] = qa_bench.score(row, texts, sum(map(count, texts)), budget)["evidence"]
        if evidence[True] is not None:
            differences.setdefault(row["dataset"], []).append(evidence[True] - evidence[False])
        pruned = [piece for piece in results[True].dropped if piece.reason == "pruned"]
        questions += 1
        traded += bool(pruned)
        cuts += len(pruned)
        words += sum(len(piece.text.split()) for piece in pruned)
        segments += results[True].metrics.segments_kept - results[False].metrics.segments_kept
        shown += [piece.text.strip() for piece in pruned]
    random_ = random.Random(1)  # noqa: S311 - a bootstrap is no secret
    draws = sorted(_gain(differences, lambda each: random_.choices(each, k=len(each))) for _ in range(2000))
    flat = [difference for each in differences.values() for difference in each]
    print(f"gain in macro evidence {_gain(differences, list):.4f}, 95 % from {draws[50]:.4f} to {draws[1949]:.4f}")
    print(f"better {sum(each > 0 for each in flat)}, worse {sum(each < 0 for each in flat)} of {len(flat)}")
    print(f"questions {questions}, of which {traded} traded words for sentences")
    print(f"cuts {cuts}, words cut {words}, segments gained {segments}")
    for pruning, times in milliseconds.items():
        print(f"{'with' if pruning else 'without':8} {statistics.median(times):7.2f} ms of processor time, median")
    for text in shown[: options.show]:
        print("-", text)


if __name__ == "__main__":
    main()
