r"""How often the quality gate fires on good compressions, and how often on damaged ones.

    python bench_gate.py …/qa/dev [--questions 40] [--rate 0.5 0.25] [--threshold 0.85]

For each question of the evidence benchmark the passages are compressed (`laconic.compress`). A compression is *good*
if all labelled evidence is in it (as `qa_bench.py` counts, which must be importable); it is then *damaged* on purpose
by taking the sentences that hold the evidence out. *Failed* compressions, which lost all evidence by themselves, are
told apart: the gate weighs sentences by the scorer that also chose them, so it shares that scorer's errors. *Pruned*
texts are the originals after `laconic.two_stage.pruner.Pruner`. *Halved* ones have every second sentence, *other* ones
are the compression of another question.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections import defaultdict
from pathlib import Path

import qa_bench

import laconic
from laconic.kinds.prose.sentences import sentence_spans
from laconic.two_stage.gate import DEFAULT_THRESHOLD, QualityGate
from laconic.two_stage.pruner import Pruner

FILES = ("2wiki", "ambigqa_pages", "covidqa", "hotpotqa", "nq", "policyqa", "qmsum", "tatqa", "xquad_en")
BREAK = "\n\n"


def rows_of(data: Path, questions: int) -> list[dict]:
    rows = []
    for name in FILES:
        with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            part = [json.loads(line) for line in lines]
        rows += random.Random(7).sample(part, min(questions, len(part)))  # noqa: S311 - a sample, not a secret
    return rows


def compressed(compressor: laconic.Compressor, row: dict, rate: float) -> list[str]:
    passages = [{"text": p["text"], "title": p.get("title") or None} for p in row["passages"]]
    texts = [""] * len(passages)
    for part in compressor.compress(passages, row["question"], rate=rate).passages:
        texts[part.index] = part.text
    return texts


def without_evidence(row: dict, texts: list[str]) -> list[str]:
    """The kept texts less every sentence that holds evidence, and less the evidence itself."""
    damaged = []
    for passage, text in zip(row["passages"], texts, strict=True):
        source = passage["text"]
        sentences = sentence_spans(source, 0, len(source), "en")
        for start, end in passage["evidence"] or ():
            for first, last in sentences:
                if first < end and last > start:
                    text = text.replace(source[first:last], "")
            text = text.replace(source[start:end], "")
        damaged.append(text)
    return damaged


def evidence_kept(row: dict, texts: list[str]) -> float | None:
    return qa_bench.score(row, texts, 0, 1)["evidence"]


def join(texts: list[str]) -> str:
    return BREAK.join(text for text in texts if text.strip())


def halved(text: str) -> str:
    sentences = sentence_spans(text, 0, len(text), "en")
    return " ".join(text[start:end] for start, end in sentences[::2])


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("data", type=Path, help="folder of the development files")
    cli.add_argument("--questions", type=int, default=40, help="per file")
    cli.add_argument("--rate", type=float, nargs="+", default=[0.5, 0.25])
    cli.add_argument("--threshold", type=float, default=DEFAULT_THRESHOLD)
    args = cli.parse_args()
    gate, pruner = QualityGate(args.threshold), Pruner()
    compressor = laconic.Compressor(counter="cl100k_base")
    rows = rows_of(args.data, args.questions)
    scores: dict[str, list[float]] = defaultdict(list)

    def note(name: str, original: str, text: str, query: str | None) -> None:
        scores[name].append(gate.check(original, text, query).score)

    for rate in args.rate:
        previous = None
        for row in rows:
            question = row["question"]
            original = join([p["text"] for p in row["passages"]])
            texts = compressed(compressor, row, rate)
            kept = evidence_kept(row, texts)
            if kept is None:
                continue
            if kept == 0.0:
                note(f"failed, rate {rate:g}", original, join(texts), question)
            elif kept > 0.99:
                note(f"good, rate {rate:g}", original, join(texts), question)
                damaged = without_evidence(row, texts)
                if (evidence_kept(row, damaged) or 0.0) < 0.5:
                    note(f"damaged, rate {rate:g}", original, join(damaged), question)
            if previous is not None:
                note(f"other question's, rate {rate:g}", original, previous, question)
            previous = join(texts)
    for row in rows:
        passage = max((p["text"] for p in row["passages"]), key=len)
        note("pruned passage, no question", passage, pruner.prune(passage).text, None)
        note("halved passage, no question", passage, halved(passage), None)
    print(f"| compression | n | below {args.threshold:g} | median | 5 % | 95 % |\n|---|---|---|---|---|---|")
    for name, found in sorted(scores.items()):
        ordered = sorted(found)
        low, middle, high = (ordered[int(share * (len(ordered) - 1))] for share in (0.05, 0.5, 0.95))
        fires = sum(score < args.threshold for score in found) / len(found)
        print(f"| {name} | {len(found)} | {fires:.3f} | {middle:.3f} | {low:.3f} | {high:.3f} |")


if __name__ == "__main__":
    main()
