"""Evidence kept on questions with retrieved passages: no language model is involved.

A line of a data file is a question::

    {"id", "dataset", "question", "answers": [str], "evidence_mode",
     "passages": [{"title", "text", "is_gold": bool, "evidence": [[start, end], …] | null}]}

Figures, averaged over the questions that have them:

- ``answer``: some answer stands in the text left of a passage that held it (normalised as SQuAD does);
- ``gold``: the same for passages that are labelled gold: a lucky hit elsewhere does not count;
- ``evidence``: the share of the labelled evidence that is kept, by the row's ``evidence_mode``; a span is kept where at
  least 80 % of its words are, in order. ``any``: one span is enough. ``all``: the share of the spans. ``per_passage``:
  the share of the passages with evidence that keep a span. ``each_answer_any``: the share of the answers that stand
  somewhere. ``gold_passages``: the share of the gold passages' words;
- ``kept``: tokens left over tokens given; ``over``: outputs over their budget, which count as nothing kept unless the
  system keeps no budget and is measured leniently; ``ms``: the median of a call.

Tokens are those of cl100k_base, of each passage by itself.
"""

from __future__ import annotations

import gzip
import json
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from laconic import Passage
from laconic.evaluation.judging import KEPT_WORDS, holds, normalised, words_in_order
from laconic.evaluation.systems import Output, System, output_of
from laconic.tokens import as_counter

COUNTER = as_counter("cl100k_base")
DRAW = 7  # of the sample that --limit takes of each file, as published figures have it
_WARM_UP_TOKENS = 100

Row = Mapping[str, Any]


def load(paths: Sequence[Path], limit: int | None) -> dict[str, list[Row]]:
    """The rows of files by data set; of each file ``limit`` at most, drawn at random but always the same."""
    found: dict[str, list[Row]] = defaultdict(list)
    for path in paths:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        if limit and len(rows) > limit:
            rows = random.Random(DRAW).sample(rows, limit)
        for row in rows:
            found[row["dataset"]].append(row)
    return dict(sorted(found.items()))


def passages_of(row: Row) -> list[Passage]:
    return [Passage(each["text"], title=each.get("title") or None) for each in row["passages"]]


def scores(row: Row, output: Output, nothing: bool) -> dict[str, float | None]:
    """The figures of one question; None where it has no such label.

    Args:
        row: as the file has it.
        output: what is left.
        nothing: whether it counts as nothing, being over its budget.
    """
    answers = [text for text in map(normalised, row["answers"]) if text]
    kept: dict[str, list[bool]] = {"answer": [], "gold": []}
    spans: list[list[bool]] = []
    words: list[float] = []
    for at, passage in enumerate(row["passages"]):
        text = "" if nothing else output.of_passage(at)
        if holds(normalised(passage["text"]), answers):
            kept["answer"].append(holds(normalised(text), answers))
            kept["gold"] += kept["answer"][-1:] if passage.get("is_gold") else []
        if passage.get("is_gold"):
            words.append(words_in_order(passage["text"], text))
        if passage.get("evidence"):
            spans.append([_is_kept(passage["text"][start:end], text) for start, end in passage["evidence"]])
    texts = [] if nothing else [normalised(text) for text in output.texts if text]
    return {
        "answer": float(any(kept["answer"])) if kept["answer"] else None,
        "gold": float(any(kept["gold"])) if kept["gold"] else None,
        "evidence": _evidence(row.get("evidence_mode", "all"), spans, words, answers, texts),
    }


def _is_kept(span: str, text: str) -> bool:
    return bool(text) and words_in_order(span, text) >= KEPT_WORDS


def _evidence(
    mode: str, spans: Sequence[Sequence[bool]], words: Sequence[float], answers: Sequence[str], texts: Sequence[str]
) -> float | None:
    if mode == "each_answer_any" and answers:
        return statistics.fmean(any(holds(text, [answer]) for text in texts) for answer in answers)
    if mode == "gold_passages":
        return statistics.fmean(words) if words else None
    if not spans:
        return None
    if mode == "any":
        return float(any(any(each) for each in spans))
    if mode == "per_passage":
        return statistics.fmean(float(any(each)) for each in spans)
    return statistics.fmean(kept for each in spans for kept in each)


def measure(system: System, rows: Sequence[Row], rate: float, lenient: bool) -> dict[str, Any]:
    """The figures of one system on one data set at one rate."""
    found: dict[str, list[float]] = defaultdict(list)
    times, over, tokens_in, tokens_out = [], 0, 0, 0
    for row in rows:
        passages = passages_of(row)
        total = sum(COUNTER.count(passage.text) for passage in passages)
        budget = max(1, int(total * rate))
        began = time.perf_counter()
        given = system(row["question"], passages, budget)
        times.append((time.perf_counter() - began) * 1000)
        output = output_of(given, passages, COUNTER, None)
        broke = output.tokens > budget
        over += broke
        tokens_in += total
        tokens_out += output.tokens
        for name, value in scores(row, output, broke and not lenient).items():
            if value is not None:
                found[name].append(value)
    means = {name: statistics.fmean(found[name]) if found[name] else None for name in ("answer", "gold", "evidence")}
    tokens = tokens_out / len(rows)
    return {
        "n": len(rows), **means, "kept": tokens_out / max(1, tokens_in), "tokens": tokens, "over": over,
        "ms": statistics.median(times),
    }  # fmt: skip


def warm_up(system: System, row: Row) -> None:
    """A call that loads what a system loads."""
    system(row["question"], passages_of(row), _WARM_UP_TOKENS)


def macro(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Means over data sets; each counts alike."""
    means = {}
    for name in ("answer", "gold", "evidence", "kept", "tokens", "ms"):
        values = [part[name] for part in parts if part[name] is not None]
        means[name] = statistics.fmean(values) if values else None
    return {"n": sum(part["n"] for part in parts), "over": sum(part["over"] for part in parts), **means}
