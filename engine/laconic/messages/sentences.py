"""The sentences that answer a question, of many texts at once: scored together, each text with a budget of its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property
from time import perf_counter

from laconic.core.budget import Budget
from laconic.core.inputs import as_query
from laconic.core.run import Run, Settings
from laconic.score.registry import importance_scorer, load_scorer
from laconic.types import Passage, TokenCounter

__all__ = ["filter_sentences"]


def filter_sentences(
    texts: Sequence[str], limits: Sequence[int], query: str | None, counter: TokenCounter, scorer: str
) -> list[str]:
    """What `laconic.compress` keeps of each text, the words of all telling which words are rare.

    Args:
        texts: prose or Markdown.
        limits: tokens that each may have afterwards, ≥ 1.
        query: the question; None or blank keeps what is most central.
        counter: text to tokens.
        scorer: name of the scorer; where there is no question another one takes its place.

    Returns:
        The texts with fewer sentences, those unchanged that are within their limits. Linear; a call costs a millisecond
        and a half, a text in it a tenth of that.
    """
    query = as_query(query)
    loaded = load_scorer(scorer, fallback=True) if query is not None else None
    settings = Settings(
        budget=Budget(rate=1.0),
        counter=counter,
        separator="\n\n",
        scorer=loaded.scorer if loaded is not None else importance_scorer(),
        fallback=loaded.fallback if loaded is not None else None,
    )
    passages = [Passage(text, kind="markdown") for text in texts]
    return _ApartRun(passages, query, settings, perf_counter()).texts(limits)


class _ApartRun(Run):
    """A run whose passages do not compete for one budget."""

    def texts(self, limits: Sequence[int]) -> list[str]:
        """Of each passage what fits its limit."""
        wanted: list[list[int]] = [[] for _ in self.passages]
        for at in self.preferred():
            wanted[self.segments[at].passage].append(at)
        return [self._text(index, wanted[index], limit) for index, limit in enumerate(limits)]

    def _text(self, index: int, order: Sequence[int], limit: int) -> str:
        text = self.passages[index].text
        if not order or self.counting.count(text) <= limit:
            return text

        def measure(kept: Collection[int]) -> int:
            return self.rendered(index, self.levels(kept))[1]

        kept = self.fill(order, limit, measure)
        if kept:
            return self.rendered(index, self.levels(kept))[0].text
        return "".join(part.text for part, _ in self.cut_to_fit(limit, order).values())

    @cached_property
    def duplicates(self) -> dict[int, int]:
        """Repetitions inside a passage; what another one says is no reason to leave something out of this one."""
        return {
            at: twin
            for at, twin in super().duplicates.items()
            if self.segments[at].passage == self.segments[twin].passage
        }
