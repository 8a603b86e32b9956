"""Real input, offline: the Python language reference that every CPython carries, and a BM25 over it."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pydoc_data.topics import topics

MAX_CHARS = 1200

# A question, and words of the reference (as laid out by any Python from 3.10 on) that answer it.
QUESTIONS = {
    "When are the default parameter values of a function evaluated?": "when the function definition is executed",
    "Which exception does an assert statement raise when its condition is false?": "AssertionError",
    "What happens to a saved exception if the finally clause executes a return statement?": "is discarded",
}


@dataclass(frozen=True)
class Chunk:
    """A piece of a topic: what a text splitter would have put into the index."""

    id: str
    topic: str
    text: str


@cache
def chunks() -> tuple[Chunk, ...]:
    """The reference, cut at blank lines into pieces of at most about MAX_CHARS characters."""
    found = []
    for topic, text in sorted(topics.items()):
        pieces = [""]
        for paragraph in re.split(r"\n\s*\n", text.strip()):
            if len(pieces[-1]) + len(paragraph) > MAX_CHARS and pieces[-1]:
                pieces.append("")
            pieces[-1] += ("\n\n" if pieces[-1] else "") + paragraph
        found += [Chunk(f"{topic}#{number}", topic, piece) for number, piece in enumerate(pieces)]
    return tuple(found)


@cache
def _index() -> tuple[list[Counter[str]], Counter[str], float]:
    counts = [Counter(_terms(chunk.text)) for chunk in chunks()]
    containing = Counter(term for count in counts for term in count)
    return counts, containing, sum(count.total() for count in counts) / len(counts)


def search(question: str, k: int = 10) -> list[tuple[Chunk, float]]:
    """The k chunks with the highest BM25 score, best first."""
    counts, containing, mean_length = _index()
    scores = [0.0] * len(counts)
    for term in set(_terms(question)):
        rarity = math.log(1 + (len(counts) - containing[term] + 0.5) / (containing[term] + 0.5))
        for at, count in enumerate(counts):
            weight = count[term] + 1.2 * (0.25 + 0.75 * count.total() / mean_length)
            scores[at] += rarity * count[term] * 2.2 / weight
    best = sorted(range(len(counts)), key=lambda at: (-scores[at], at))[:k]
    return [(chunks()[at], scores[at]) for at in best]


def _terms(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def answers(question: str, context: str) -> bool:
    """Whether a context holds the words that answer one of the QUESTIONS, whatever its line breaks."""
    return QUESTIONS[question] in " ".join(context.split())
