"""Make the word statistics of the pruner: ``engine/laconic/score/pruning/data/words.npz``.

    python training/train_pruner.py --data …/qa/train [--out FILE]

No labels say which words may be deleted, so the signal is what people ask: in a sentence that holds the evidence for
a question, a word matters if the question names it or the answer holds it (compared as stems). What is learned is the
chance of that for an open-class word, by logistic regression over its salience (how often the word mattered in other
questions' evidence, shrunk to the mean; out of fold in training), its rarity in the passages, whether it is an adverb
in -ly, and whether the passage said it before.

Self-information, by which Li et al.
"Compressing Context to Enhance Inference Efficiency of Large Language Models" (2023)
prune, was tried with interpolated bigrams and left out: on this signal its area under the curve was 0.49, no better
than chance, and it added nothing to the rest.

Closed-class words are not learned: rules keep them (`laconic.score.pruning.classes`). Fitting is Newton's method in
numpy; the run takes about three minutes on one core and is deterministic.
"""

from __future__ import annotations

import argparse
import math
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import numpy as np
from evidence.rows import Row, read_rows

from laconic.kinds.prose.sentences import sentence_spans
from laconic.score.pruning.classes import ARTICLES, KEPT
from laconic.score.pruning.statistics import FEATURES, FORMAT, WordStatistics, word_features
from laconic.score.words import STOP_WORDS, stem, stems

FILES = (
    "2wiki", "covidqa", "hotpot_sents", "hotpotqa", "nq", "policyqa", "qamr_sents", "qed_nq", "qmsum", "squad2",
    "tatqa",
)  # fmt: skip
WORDS = 24_000
"""Most frequent words that are kept in the file; what is not there counts as a name or a term."""
PRIOR = 20.0
"""A word's salience is shrunk as if it had been seen this often at the mean."""
MOST_QUESTIONS = 2000
DEFAULT_OUT = Path(__file__).parents[1] / "engine/laconic/score/pruning/data/words.npz"

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


def rows_of(data: Path) -> Iterator[Row]:
    for name in FILES:
        rows = sorted(read_rows(data / f"{name}.jsonl.gz"), key=lambda row: row.key)
        yield from rows[:: max(1, len(rows) // MOST_QUESTIONS)]


def counts(rows: list[Row]) -> Counter[str]:
    """How often words occur in distinct passages."""
    words: Counter[str] = Counter()
    seen: set[int] = set()
    for row in rows:
        for piece in row.passages:
            key = crc32(piece.text.encode())
            if key in seen:
                continue
            seen.add(key)
            words.update(word.lower() for word in _WORD.findall(piece.text))
    return words


def evidence_words(row: Row) -> Iterator[tuple[str, bool, bool]]:
    """Open-class words of the sentences that hold evidence: the word, said before in the passage, matters."""
    wanted = {s for text in (row.question, *row.answers) for s in stems(text)} - {stem(word) for word in STOP_WORDS}
    for piece in row.passages:
        if not piece.evidence:
            continue
        before: set[str] = set()
        for start, end in sentence_spans(piece.text, 0, len(piece.text), "en"):
            words = [match.group().lower() for match in _WORD.finditer(piece.text, start, end)]
            if any(low < end and high > start for low, high in piece.evidence):
                for word in words:
                    if word not in KEPT and word not in ARTICLES and len(word) > 1:
                        yield word, word in before, stem(word) in wanted
            before.update(words)


def salience_of(counted: Counter[str], mattered: Counter[str], mean: float) -> dict[str, float]:
    """Shrunk log-odds that a word matters, by word."""
    odds = {}
    for word, times in counted.items():
        share = (mattered[word] + PRIOR * mean) / (times + PRIOR)
        odds[word] = math.log(share / (1 - share))
    return odds


def fit(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Logistic regression with a little ridge, by Newton's method; the last weight is the constant."""
    x = np.column_stack([x, np.ones(len(x))])
    weights = np.zeros(x.shape[1])
    ridge = np.full(len(weights), 1.0)
    ridge[-1] = 0.0
    for _ in range(25):
        p = 1 / (1 + np.exp(-x @ weights))
        gradient = x.T @ (p - y) + ridge * weights
        hessian = (x * (p * (1 - p))[:, None]).T @ x + np.diag(ridge)
        step = np.linalg.solve(hessian, gradient)
        weights -= step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def auc(score: np.ndarray, y: np.ndarray) -> float:
    """Chance that a word that matters scores above one that does not."""
    order = np.argsort(score, kind="stable")
    ranks = np.empty(len(score))
    ranks[order] = np.arange(1, len(score) + 1)
    positive = y > 0
    n = positive.sum()
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * (len(y) - n)))


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("--data", type=Path, required=True, help="folder of the training files")
    cli.add_argument("--out", type=Path, default=DEFAULT_OUT)
    args = cli.parse_args()
    rows = list(rows_of(args.data))
    words = counts(rows)
    total = sum(words.values())
    print(f"{len(rows)} questions, {total} words, {len(words)} distinct")

    # three folds by question: two lend each other their salience, the third only tests
    tokens: list[list[tuple[str, bool, bool]]] = [[], [], []]
    for row in rows:
        fold = crc32(row.key.encode()) % 10
        tokens[2 if fold == 9 else fold % 2] += evidence_words(row)
    mean = float(np.mean([matters for part in tokens for *_, matters in part]))
    counted = [Counter(word for word, _, _ in part) for part in tokens]
    mattered = [Counter(word for word, _, matters in part if matters) for part in tokens]

    kept = [word for word, _ in sorted(words.items(), key=lambda item: (-item[1], item[0]))[:WORDS]]

    def statistics(folds: tuple[int, ...], weights: np.ndarray) -> WordStatistics:
        odds = salience_of(
            sum((counted[fold] for fold in folds), Counter()), sum((mattered[fold] for fold in folds), Counter()), mean
        )
        neutral = math.log(mean / (1 - mean))
        return WordStatistics(
            kept,
            np.array([math.log(words[word] / total) for word in kept], np.float16),
            np.array([odds.get(word, neutral) for word in kept], np.float16),
            neutral,
            weights,
        )

    blank = np.zeros(len(FEATURES) + 1)

    def table(part: int, known: WordStatistics) -> np.ndarray:
        return np.array([word_features(known, word, said) for word, said, _ in tokens[part]])

    x = np.concatenate([table(0, statistics((1,), blank)), table(1, statistics((0,), blank))])
    y = np.array([matters for part in tokens[:2] for *_, matters in part], float)
    weights = fit(x, y)
    held_x = table(2, statistics((0, 1), blank))
    held_y = np.array([matters for *_, matters in tokens[2]], float)
    print(f"{len(y)} training words, {len(held_y)} held out, {mean:.3f} of them matter")
    for name, weight in zip((*FEATURES, "constant"), weights, strict=True):
        print(f"  {name:12} {weight:+.3f}")
    for column, name in enumerate(FEATURES):
        print(f"  AUC of {name:12} alone {auc(held_x[:, column], held_y):.3f}")
    print(f"  AUC held out, all        {auc(held_x @ weights[:-1], held_y):.3f}")
    chance = 1 / (1 + np.exp(-(held_x @ weights[:-1] + weights[-1])))
    for low, high in ((0, 0.02), (0.02, 0.05), (0.05, 0.1), (0.1, 0.2), (0.2, 0.4), (0.4, 1.01)):
        inside = (chance >= low) & (chance < high)
        if inside.any():
            print(
                f"  predicted {low:.2f}–{high:.2f}: {inside.mean():6.1%} of words, {held_y[inside].mean():.3f} matter"
            )
    statistics((0, 1, 2), weights).save(args.out)
    print(f"format {FORMAT}, {args.out.stat().st_size} bytes in {args.out.name}")


if __name__ == "__main__":
    main()
