"""Which few of many: the records, rows and lines that a question names, and examples of the rest."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from laconic._utils.words import find_words
from laconic.score.words import query_terms, stems

__all__ = ["SIZES", "Wanted", "chosen"]

SIZES = (64, 32, 16, 8, 4, 2, 1)
"""How many examples the sampled renderings keep, from most to least detail."""


class Wanted:
    """What a question asks of records, rows and lines.

    Args:
        query: the question; None or blank wants nothing in particular.
    """

    def __init__(self, query: str | None) -> None:
        from laconic.score.structure.question import identifiers  # where there are records, as in its own step

        query = query if query and query.strip() else None
        self._terms = frozenset(query_terms(query)) if query else frozenset()
        self._names = identifiers(query) if query else []
        words = find_words(query.lower()) if query else []
        self._phrases = [f"{left} {right}" for left, right in pairwise(words) if right.isdigit()]

    def __call__(self, texts: Sequence[str]) -> list[float]:
        """How well each text matches, 0 for not at all.

        10 for each identifier of the question that it holds (a word with a digit, or a word and its number), and for
        each word its rarity among the texts, 0–1. Words that most texts hold count nothing.
        """
        if not self._terms or not texts:
            return [0.0] * len(texts)
        found = [self._terms.intersection(stems(text)) for text in texts]
        holders = {term: sum(term in terms for terms in found) for term in self._terms}
        rarity = {
            term: 1 - count / len(texts) if count <= max(1, len(texts) // 3) else 0.0 for term, count in holders.items()
        }
        return [
            sum(rarity[term] for term in terms) + 10.0 * self._named(text)
            for text, terms in zip(texts, found, strict=True)
        ]

    def _named(self, text: str) -> int:
        lower = text.lower()
        return sum(name in text for name in self._names) + sum(phrase in lower for phrase in self._phrases)


def chosen(matches: Sequence[float], size: int) -> list[int]:
    """Indexes of ``size`` examples, in order: the best matches, then the first, the last and evenly between them."""
    if size >= len(matches):
        return list(range(len(matches)))
    ranked = sorted((at for at, match in enumerate(matches) if match > 0), key=lambda at: -matches[at])[:size]
    picked = dict.fromkeys(ranked)
    free = size - len(picked)
    last = len(matches) - 1
    for step in range(free):
        picked.setdefault(round(step * last / max(1, free - 1)) if free > 1 else 0)
    return sorted(picked)
