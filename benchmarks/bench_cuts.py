r"""What small budgets keep: whether the best segment is among it, and how many pieces say nothing.

    PYTHONPATH=EVAL:engine python benchmarks/bench_cuts.py DEV/{nq,hotpotqa,covidqa,policyqa,xquad_en}.jsonl.gz

For each budget, over the first ``--limit`` questions of each set:

    lost      questions of which not a character of the segment with the highest score is kept
    part      questions of which a part of it is kept
    crumbs    share of the kept sentences of which at most ``--words`` words are kept
    evidence  as of ``qa_bench.py``; a mean over all questions
    used      share of the budget that is used, mean
    over      outputs above the budget
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from itertools import islice
from statistics import fmean
from typing import Any

import qa_bench

import laconic
from laconic.types import Compression, SegmentExplanation

COMPRESSOR = laconic.Compressor(counter="cl100k_base", separator=None, explain=True)


def kept_of(result: Compression, segment: SegmentExplanation) -> str:
    """The characters of a segment that are kept."""
    spans = next((part.spans for part in result.passages if part.index == segment.index), ())
    start, end = segment.span
    pieces = [(max(start, a), min(end, b)) for a, b in spans if a < end and b > start]
    original = next((part.original for part in result.passages if part.index == segment.index), "")
    return "".join(original[a:b] for a, b in pieces)


def measure(row: dict[str, Any], budget: int, words: int) -> dict[str, float]:
    """The figures of one question."""
    passages = [{"title": p.get("title", ""), "text": p["text"]} for p in row["passages"]]
    result = COMPRESSOR.compress(passages, row["question"], max_tokens=budget)
    if not result.explanations:
        return {}
    kept = [(kept_of(result, segment), segment) for segment in result.explanations]
    best, top = max(kept, key=lambda pair: pair[1].score)
    sentences = [text for text, segment in kept if text.strip() and segment.kind == "sentence"]
    outputs = [""] * len(passages)
    for part in result.passages:
        outputs[part.index] = part.text
    used = sum(part.tokens for part in result.passages)
    return {
        "lost": not best.strip(),
        "part": 0 < len(best) < top.span[1] - top.span[0],
        "pieces": len(sentences),
        "crumbs": sum(len(re.findall(r"\w+", text)) <= words for text in sentences),
        "evidence": qa_bench.score(row, outputs, used, budget)["evidence"],
        "used": used / budget,
        "over": used > budget,
    }


def main() -> None:
    """Print a row for each budget."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("data", nargs="+")
    cli.add_argument("--max-tokens", type=int, nargs="+", default=[64, 128])
    cli.add_argument("--limit", type=int, default=50)
    cli.add_argument("--words", type=int, default=3)
    args = cli.parse_args()
    rows = []
    for path in args.data:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows += [json.loads(line) for line in islice(lines, args.limit)]
    for budget in args.max_tokens:
        found = [each for each in (measure(row, budget, args.words) for row in rows) if each]
        pieces = sum(each["pieces"] for each in found)
        crumbs = sum(each["crumbs"] for each in found)
        evidence = fmean(each["evidence"] for each in found if each["evidence"] is not None)
        print(
            f"{budget:5} tokens, {len(found)} questions: lost {sum(each['lost'] for each in found)}, "
            f"part {sum(each['part'] for each in found)}, crumbs {crumbs} of {pieces} ({crumbs / pieces:.3f}), "
            f"evidence {evidence:.3f}, used {fmean(each['used'] for each in found):.3f}, "
            f"over {sum(each['over'] for each in found)}"
        )


if __name__ == "__main__":
    main()
