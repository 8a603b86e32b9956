"""`Compressor`: configured once, then any number of calls, from any number of threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from time import perf_counter
from typing import Any

from laconic.compressor.budget import Budget
from laconic.compressor.inputs import as_passages, as_query
from laconic.compressor.run import Run, Settings
from laconic.exceptions import ConfigurationError
from laconic.score.registry import importance_scorer, scorer_named
from laconic.tokens import as_counter
from laconic.types import Compression, Scorer, TokenCounter

__all__ = ["Compressor", "compress"]

DEFAULT_RATE = 0.25


class Compressor:
    """Shrinks retrieved passages to the parts that answer a question, verbatim, in order, inside a token budget.

    Args:
        max_tokens: most tokens of the final text, ≥ 1.
        rate: share of the input's tokens that may be kept, 0 < rate ≤ 1. With both, the tighter one holds; with
            neither, a rate of 0.25.
        model: the model that will read the text; chooses the token counter.
        counter: counts instead of the model's counter: a function from text to a number of tokens, or an object with
            ``encode`` or ``count``.
        separator: what joins the passages in ``text``, as the chain that stuffs them will join them; counted in the
            budget. None when each passage is sent on its own: the budget is then the sum of the passages' own counts.
        preserve: words or phrases that matter more than the question: for each, in the given order, the best segment
            that holds it is taken first, as long as the budget has room.
        scorer: ``"lexical"``, or an object with ``score`` (see `laconic.types.Scorer`).

    Raises:
        ConfigurationError: an option that cannot work (`BudgetError` for budgets), here and not at the first call.

    An instance holds no state of its calls: share it between threads and tasks.
    """

    def __init__(
        self,
        *,
        max_tokens: int | None = None,
        rate: float | None = None,
        model: str = "gpt-4o",
        counter: Any = None,
        separator: str | None = "\n\n",
        preserve: Sequence[str] = (),
        scorer: str | Scorer = "lexical",
    ) -> None:
        self.budget = Budget(max_tokens, rate)
        self.counter: TokenCounter = as_counter(model if counter is None else counter)
        if separator is not None and not isinstance(separator, str):
            raise ConfigurationError(f"separator is {separator!r}: give the string that joins the passages, or None")
        self.separator = separator
        if isinstance(preserve, str) or not all(isinstance(phrase, str) and phrase.strip() for phrase in preserve):
            raise ConfigurationError(f"preserve is {preserve!r}: give a list of words or phrases, none of them blank")
        self.preserve = tuple(preserve)
        self.scorer: Scorer = scorer_named(scorer)

    def compress(
        self,
        passages: Any,
        query: str | None = None,
        *,
        max_tokens: int | None = None,
        rate: float | None = None,
    ) -> Compression:
        """Compress the passages of one question.

        Args:
            passages: what was retrieved: a string, or a list of strings, dicts, `Passage` objects, LangChain documents or
                LlamaIndex nodes; see `laconic.compressor.inputs.as_passages`. Never edited.
            query: the question; None or blank keeps what is most important without one.
            max_tokens, rate: the budget of this call, in place of the instance's.

        Returns:
            The kept text with its spans, what was dropped and why, and the metrics. Input that fits the budget comes back
            unchanged. A budget below the smallest piece cuts the best one between words; one below a single word can
            leave nothing (``text`` is then empty and everything is in ``dropped``).

        Raises:
            InputError: passages or query are not text.
            BudgetError: ``max_tokens`` or ``rate`` is outside its range.

        Linear in the text, about 400,000 tokens a second on one core.
        """
        began = perf_counter()
        budget = self.budget if max_tokens is None and rate is None else Budget(max_tokens, rate)
        if budget.max_tokens is None and budget.rate is None:
            budget = Budget(rate=DEFAULT_RATE)
        question = as_query(query)
        scorer = self.scorer if question is not None else importance_scorer()
        settings = Settings(budget, self.counter, self.separator, scorer, self.preserve)
        return Run(as_passages(passages), question, settings, began).result()

    async def acompress(
        self,
        passages: Any,
        query: str | None = None,
        *,
        max_tokens: int | None = None,
        rate: float | None = None,
    ) -> Compression:
        """`compress` in a worker thread, so that the event loop is free."""
        import asyncio  # costs more to import than a call costs, and most programs never need it

        return await asyncio.to_thread(self.compress, passages, query, max_tokens=max_tokens, rate=rate)

    def compress_batch(
        self,
        batch: Iterable[tuple[Any, str | None]],
        *,
        on_progress: Callable[[int], None] | None = None,
    ) -> list[Compression]:
        """`compress` for each ``(passages, query)``, in order.

        Args:
            batch: pairs; read one at a time.
            on_progress: called with the number of finished calls after each.

        Raises:
            What `compress` raises, at the first call that fails.
        """
        results = []
        for passages, query in batch:
            results.append(self.compress(passages, query))
            if on_progress is not None:
                on_progress(len(results))
        return results


def compress(passages: Any, query: str | None = None, **options: Any) -> Compression:
    """One call of `Compressor`: ``laconic.compress(passages, query="…", max_tokens=1200)``.

    Args:
        passages: see `Compressor.compress`.
        query: see `Compressor.compress`.
        **options: of `Compressor`.
    """
    return Compressor(**options).compress(passages, query)


