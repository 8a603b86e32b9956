"""`Compressor`: configured once, then any number of calls, from any number of threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from time import perf_counter
from typing import Any, Literal

from laconic.core.budget import AUTO, Budget
from laconic.core.inputs import as_passages, as_query
from laconic.core.run import Run, Settings
from laconic.exceptions import BudgetError, ConfigurationError
from laconic.score.registry import DEFAULT_SCORER, LoadedScorer, check_scorer, importance_scorer, load_scorer
from laconic.select.coverage import AUTO_RECALL, Calibration, threshold_for
from laconic.tokens import as_counter
from laconic.types import Compression, Passage, Scorer, TokenCounter

__all__ = ["Compressor", "compress"]

DEFAULT_RATE = 0.5
"""What ``"auto"`` and ``recall`` come to where there is no evidence to promise."""


class Compressor:
    """Shrinks retrieved passages to the parts that answer a question, verbatim, in order, inside a token budget.

    Args:
        max_tokens: most tokens of the final text, ≥ 1; a hard ceiling whatever else is given.
        rate: share of the input's tokens that may be kept, 0 < rate ≤ 1, or ``"auto"``: as much as the scores promise
            to hold 0.9 of the evidence in (see ``recall``).
        recall: share of the evidence to keep, 0 < recall ≤ 1: the fewest segments that promise it. The promise holds
            for data like the scorer's training data; for your own, fit a ``calibration``.
        model: the model that will read the text; chooses the token counter.
        counter: counts instead of the model's counter: a function from text to a number of tokens, or an object with
            ``encode`` or ``count``.
        separator: what joins the passages in ``text``, as the chain that stuffs them will join them; counted in the
            budget. None when each passage is sent on its own: the budget is then the sum of the passages' own counts.
        preserve: words or phrases that matter more than the question: for each, in the given order, the best segment
            that holds it is taken first, as long as the budget has room.
        scorer: ``"evidence"`` (learned, ships with the package), ``"lexical"``, or an object with ``score`` (see
            `laconic.types.Scorer`).
        calibration: of `laconic.calibrate`, fitted for ``recall`` and this scorer.
        fallback: whether the lexical scorer may take over when the evidence scorer's weights are damaged; the result's
            metrics then say so.
        explain: whether results carry ``explanations``: for each segment its score and the features behind it.

    With none of ``max_tokens``, ``rate`` and ``recall``, the rate is ``"auto"`` (0.5 for a scorer of your own that no
    calibration was fitted for); with several, the tightest holds.

    Raises:
        ConfigurationError: an option that cannot work (`BudgetError` for budgets), here and not at the first call.

    An instance holds no state of its calls: share it between threads and tasks.
    """

    def __init__(
        self,
        *,
        max_tokens: int | None = None,
        rate: float | Literal["auto"] | None = None,
        recall: float | None = None,
        model: str = "gpt-4o",
        counter: Any = None,
        separator: str | None = "\n\n",
        preserve: Sequence[str] = (),
        scorer: str | Scorer = DEFAULT_SCORER,
        calibration: Calibration | None = None,
        fallback: bool = True,
        explain: bool = False,
    ) -> None:
        self.counter: TokenCounter = as_counter(model if counter is None else counter)
        if separator is not None and not isinstance(separator, str):
            raise ConfigurationError(f"separator is {separator!r}: give the string that joins the passages, or None")
        self.separator = separator
        if isinstance(preserve, str) or not all(isinstance(phrase, str) and phrase.strip() for phrase in preserve):
            raise ConfigurationError(f"preserve is {preserve!r}: give a list of words or phrases, none of them blank")
        self.preserve = tuple(preserve)
        check_scorer(scorer)
        self.scorer = scorer
        self.calibration = calibration
        self.fallback = fallback
        self.explain = explain
        self.budget = self._checked(Budget(max_tokens, rate, recall))

    def compress(
        self,
        passages: Any,
        query: str | None = None,
        *,
        max_tokens: int | None = None,
        rate: float | Literal["auto"] | None = None,
        recall: float | None = None,
    ) -> Compression:
        """Compress the passages of one question.

        Args:
            passages: what was retrieved: a string, or a list of strings, dicts, `Passage` objects, LangChain documents
                or LlamaIndex nodes; see `laconic.core.inputs.as_passages`. Never edited.
            query: the question; None or blank keeps what is most important without one (``"auto"`` and ``recall`` then
                mean a rate of 0.5: without a question there is no evidence to promise).
            max_tokens: the ceiling of this call. One of these three given takes the place of the instance's budget.
            rate: the rate of this call.
            recall: the coverage of this call.

        Returns:
            The kept text with its spans, what was dropped and why, and the metrics. Input that fits ``max_tokens`` and
            ``rate`` comes back unchanged unless coverage was asked for. A budget below the smallest piece cuts the best
            one between words; one below a single word can leave nothing (``text`` is then empty and everything is in
            ``dropped``).

        Raises:
            InputError: passages or query are not text.
            BudgetError: a budget is outside its range.
            WeightsError: the scorer's weights are damaged and ``fallback`` is False.

        Linear in the text, about 500,000 tokens a second on one core.
        """
        began = perf_counter()
        budget = Budget(max_tokens, rate, recall)
        budget = self.budget if budget.is_open else self._checked(budget)
        question = as_query(query)
        if question is None:
            loaded = LoadedScorer(importance_scorer(), None)
        else:
            loaded = load_scorer(self.scorer, fallback=self.fallback)
        threshold = None
        if budget.by_coverage:
            if question is None or loaded.fallback:
                budget = Budget(budget.max_tokens, rate=DEFAULT_RATE)
            else:
                threshold = threshold_for(budget.recall or AUTO_RECALL, self.calibration)
        settings = Settings(
            budget=budget,
            counter=self.counter,
            separator=self.separator,
            scorer=loaded.scorer,
            fallback=loaded.fallback,
            preserve=self.preserve,
            threshold=threshold,
            explain=self.explain,
            built_in=question is not None and isinstance(self.scorer, str),
        )
        return self._run(as_passages(passages), question, settings, began)

    def _run(self, passages: list[Passage], query: str | None, settings: Settings, began: float) -> Compression:
        """One call with everything decided; a subclass that varies a stage runs its own `Run`."""
        return Run(passages, query, settings, began).result()

    def _checked(self, budget: Budget) -> Budget:
        """The budget, ``"auto"`` where nothing was asked for; refused where the scorer cannot keep its promise."""
        promising = self.scorer == DEFAULT_SCORER or self.calibration is not None
        if budget.is_open:
            budget = Budget(rate=AUTO) if promising else Budget(rate=DEFAULT_RATE)
        if budget.by_coverage:
            if not promising:
                raise BudgetError(
                    f"the scorer {self.scorer!r} promises no share of the evidence: give max_tokens or a rate, or a "
                    "calibration fitted for it by laconic.calibrate(rows, scorer=...)"
                )
            threshold_for(budget.recall or AUTO_RECALL, self.calibration)
        return budget

    async def acompress(
        self,
        passages: Any,
        query: str | None = None,
        *,
        max_tokens: int | None = None,
        rate: float | Literal["auto"] | None = None,
        recall: float | None = None,
    ) -> Compression:
        """`compress` in a worker thread, so that the event loop is free."""
        import asyncio  # costs more to import than a call costs, and most programs never need it

        return await asyncio.to_thread(self.compress, passages, query, max_tokens=max_tokens, rate=rate, recall=recall)

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
