r"""The evidence benchmark's view of `laconic.compress_context`, one system for each policy.

The passages are joined by blank lines into one text, without their titles, as a caller of `compress_context` has them;
what is kept is handed back passage by passage. Run from this folder:

    python qa_bench.py …/qa/dev/*.jsonl.gz --limit 60 --rate 0.5 0.35 0.25 \
        --system bench_eviction:learned --system bench_eviction:h2o \
        --system bench_eviction:fifo --system bench_eviction:truncation

The benchmark's ``kept`` is then what was kept, its ``rate`` what was asked, and ``over`` counts the contexts whose
pinned lines alone exceed the budget.
"""

from __future__ import annotations

from bisect import bisect_right

from laconic.supercompress import FIFO, EvictionPolicy, H2OPolicy, LearnedPolicy, TruncationPolicy
from laconic.supercompress.context import CompressResult, compress_context
from laconic.tokens import as_counter

COUNTER = as_counter("cl100k_base")  # the benchmark's own
BREAK = "\n\n"


def _texts(policy: EvictionPolicy, question: str, passages: list[dict[str, str]], max_tokens: int) -> list[str]:
    text = BREAK.join(passage["text"] for passage in passages)
    if not text.strip():
        return ["" for _ in passages]
    total = COUNTER.count(text)
    budget = max_tokens
    while True:
        ratio = min(1.0, max(1, budget) / total)
        result = compress_context(text, question, ratio, policy, counter=COUNTER)
        texts = _by_passage(result, passages)
        excess = sum(map(COUNTER.count, texts)) - max_tokens
        if excess <= 0 or result.over_budget or budget <= 1:
            return texts
        budget -= excess  # the parts count a token or two more than the whole


def _by_passage(result: CompressResult, passages: list[dict[str, str]]) -> list[str]:
    starts, at = [], 0
    for passage in passages:
        starts.append(at)
        at += len(passage["text"]) + len(BREAK)
    texts = [""] * len(passages)
    for start, end in result.spans:
        while start < end:
            index = bisect_right(starts, start) - 1
            stop = min(end, starts[index] + len(passages[index]["text"]))
            texts[index] += result.original_text[start:stop]
            start = starts[index + 1] if index + 1 < len(starts) and stop < end else end
    return texts


def learned(question: str, passages: list[dict[str, str]], max_tokens: int) -> list[str]:
    """The shipped checkpoint."""
    return _texts(LearnedPolicy.shared(), question, passages, max_tokens)


def h2o(question: str, passages: list[dict[str, str]], max_tokens: int) -> list[str]:
    """Heavy hitters and recent lines; the question attends too."""
    return _texts(H2OPolicy(), question, passages, max_tokens)


def h2o_blind(question: str, passages: list[dict[str, str]], max_tokens: int) -> list[str]:
    """Heavy hitters and recent lines without a look at the question."""
    return _texts(H2OPolicy(question_weight=0), question, passages, max_tokens)


def fifo(question: str, passages: list[dict[str, str]], max_tokens: int) -> list[str]:
    """The end of the text."""
    return _texts(FIFO(), question, passages, max_tokens)


def truncation(question: str, passages: list[dict[str, str]], max_tokens: int) -> list[str]:
    """The beginning of the text."""
    return _texts(TruncationPolicy(), question, passages, max_tokens)
