"""The local engine of the ScaleDown compressor: `laconic.Compressor` with keywords, temperature and token pruning."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import Literal

from laconic._utils.deadline import Deadline, as_deadline
from laconic.core.budget import AUTO, DEFAULT_RATE, Budget
from laconic.core.compressor import Compressor
from laconic.core.inputs import Passages, as_passages, as_query
from laconic.core.outcome import compression
from laconic.core.reading import Reading
from laconic.core.run import Run
from laconic.core.turns import Query
from laconic.scaledown.options import CompressionOptions
from laconic.score.keywords import detect_keywords
from laconic.score.steps import Tempering
from laconic.types import Compression, Passage

__all__ = ["LocalEngine"]

_MOST_KEYWORDS = 200


class LocalEngine(Compressor):
    """Compresses on this machine: no key, no network.

    Args:
        model: the target model, whose tokens are counted.
        options: see `CompressionOptions`.
        separator: see `laconic.Compressor`.
        token_pruning: whether words that carry little may make room for a further sentence, where a budget is tight.
    """

    def __init__(
        self, model: str, options: CompressionOptions, separator: str | None = "\n\n", *, token_pruning: bool = True
    ) -> None:
        super().__init__(model=model, rate=options.rate, preserve=options.preserve_words, separator=separator)
        self.options = options
        self.token_pruning = token_pruning

    def compress(
        self,
        passages: Passages,
        query: Query = None,
        *,
        max_tokens: int | None = None,
        rate: float | Literal["auto"] | None = None,
        recall: float | None = None,
        at_least: int = 0,
        at_most: int | None = None,
        smallest: int = 0,
        timeout_ms: float | Deadline | None = None,
    ) -> Compression:
        """See `laconic.Compressor.compress`; ``max_tokens`` holds beside the rate of the options, not in its place.

        ``"auto"`` follows redundancy: what says again in nearly the same words what is kept is left out. With a
        question the rest is kept as far as it promises to hold the evidence; without one half of what is distinct.
        """
        began = perf_counter()
        given, question = as_passages(passages), as_query(query)
        budget = Budget(max_tokens, self.options.rate if rate is None and recall is None else rate, recall)
        temperature = self.options.temperature
        settings = replace(
            self._settings(budget, question),
            preserve_all=True,
            distinct=budget.rate == AUTO,
            last_steps=(Tempering(temperature, self.options.seed),) if temperature else (),
            keywords=_keywords(given) if self.options.preserve_keywords else (),
            prune_words=self.token_pruning,
            at_least=at_least,
            at_most=at_most,
            smallest=smallest,
            deadline=as_deadline(timeout_ms),
        )
        reading = Reading(given, question, settings)
        if budget.rate == AUTO and settings.threshold is None:
            rate = DEFAULT_RATE * _distinct_share(reading)
            reading.settings = replace(settings, budget=Budget(budget.max_tokens, rate))
        return compression(Run(reading).run(), began)


def _distinct_share(reading: Reading) -> float:
    """The share of the tokens in segments that do not say what an earlier one says."""
    total = sum(reading.costs)
    candidates = (at for at in range(len(reading.segments)) if at not in reading.duplicates)
    return sum(reading.costs[at] for at in Run(reading).distinct(candidates)) / total if total else 1.0


def _keywords(passages: list[Passage]) -> tuple[str, ...]:
    """Keywords of the passages without letter case, the most telling first."""
    found = detect_keywords("\n\n".join(passage.text for passage in passages))
    return tuple(keyword.text.casefold() for keyword in found[:_MOST_KEYWORDS])
