r"""The evidence benchmark's view of semantic pruning: sentence selection alone, and with pruning.

    python qa_bench.py …/qa/dev/*.jsonl.gz --limit 60 --rate 0.8 0.7 0.6 0.5 \\
        --system bench_pruning:selected --system bench_pruning:selected_then_pruned \\
        --system bench_pruning:pruned_then_selected --system bench_pruning:pruned

``selected`` is `laconic.compress`. ``pruned`` prunes the passages and truncates nothing: it keeps no budget, so read it
with ``--lenient``. ``pruned_then_selected`` prunes every passage first and selects sentences of what is left;
``selected_then_pruned`` selects at a budget raised by what pruning is going to save, then prunes.
"""

from __future__ import annotations

import laconic
from laconic.two_stage.pruner import Pruner

COMPRESSOR = laconic.Compressor(counter="cl100k_base", separator=None)
COUNT = COMPRESSOR.counter.count
PRUNER = Pruner()


def _select(question: str, passages: list[dict[str, str]], texts: list[str], max_tokens: int) -> list[str]:
    given = [{"text": text, "title": p["title"] or None} for text, p in zip(texts, passages, strict=True)]
    result = COMPRESSOR.compress(given, question, max_tokens=max_tokens)
    kept = [""] * len(passages)
    for part in result.passages:
        kept[part.index] = part.text
    return kept


def _prune(question: str, texts: list[str]) -> list[str]:
    return [PRUNER.prune(text, question).text for text in texts]


def _total(texts: list[str]) -> int:
    return sum(COUNT(text) for text in texts if text)


def selected(question: str, passages: list[dict[str, str]], max_tokens: int) -> list[str]:
    """Sentences only."""
    return _select(question, passages, [p["text"] for p in passages], max_tokens)


def pruned(question: str, passages: list[dict[str, str]], max_tokens: int) -> list[str]:
    """Words only; not held to the budget."""
    return _prune(question, [p["text"] for p in passages])


def pruned_then_selected(question: str, passages: list[dict[str, str]], max_tokens: int) -> list[str]:
    """Words first: every passage is pruned, sentences of the rest are selected."""
    return _select(question, passages, _prune(question, [p["text"] for p in passages]), max_tokens)


def selected_then_pruned(question: str, passages: list[dict[str, str]], max_tokens: int) -> list[str]:
    """Sentences first, a few too many; then words. Falls back to sentences where pruning saves nothing."""
    texts = [p["text"] for p in passages]
    plain = _select(question, passages, texts, max_tokens)
    room = max_tokens
    for _ in range(3):
        less = _prune(question, _select(question, passages, texts, room))
        spare = max_tokens - _total(less)
        if spare < 0:
            room += spare
            continue
        plain = less
        if spare < 8:
            break
        room += spare
    return plain


def lost_by_pruning(rows: list[dict], threshold: float, aggressive: bool = False) -> tuple[float, float, float]:
    """Share of tokens saved, of answers and of evidence lost by pruning whole contexts without a question.

    Not a number where no row has an answer string in its passages.
    """
    import qa_bench

    pruner = Pruner(threshold, aggressive=aggressive)
    before = after = answers = held = 0
    kept: list[float] = []
    for row in rows:
        texts = [p["text"] for p in row["passages"]]
        less = [pruner.prune(text).text for text in texts]
        before += _total(texts)
        after += _total(less)
        whole, rest = qa_bench.score(row, texts, 0, 1), qa_bench.score(row, less, 0, 1)
        if whole["answer"]:
            answers += 1
            held += bool(rest["answer"])
        if rest["evidence"] is not None:
            kept.append(rest["evidence"])
    lost = 1 - held / answers if answers else float("nan")
    return 1 - after / before, lost, 1 - sum(kept) / max(1, len(kept))


def main() -> None:
    """``python bench_pruning.py FILE.jsonl.gz …``: what pruning alone saves and loses, by file and threshold."""
    import sys
    from pathlib import Path

    import qa_bench

    print("| file | threshold | tokens saved % | answers lost % | evidence lost % |\n|---|---|---|---|---|")
    for path in sys.argv[1:]:
        rows = qa_bench.load([path], 40)
        for threshold, aggressive in (
            (0.05, False),
            (0.3, False),
            (0.6, False),
            (1.0, False),
            (0.65, True),
            (1.0, True),
        ):
            saved, answers, evidence = (100 * share for share in lost_by_pruning(rows, threshold, aggressive))
            name = f"{threshold}, aggressive" if aggressive else f"{threshold}"
            print(f"| {Path(path).name.split('.')[0]} | {name} | {saved:.1f} | {answers:.1f} | {evidence:.1f} |")


if __name__ == "__main__":
    main()
