"""`Compressor`: configured once, then any number of calls, from any number of threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any, Literal

from laconic._utils.deadline import NEVER, Deadline, as_deadline, checked_timeout
from laconic._utils.options import known_options
from laconic.core.budget import AUTO, DEFAULT_RATE, Budget
from laconic.core.inputs import Passages, as_passages, as_query
from laconic.core.outcome import compression
from laconic.core.reading import Reading, Settings
from laconic.core.run import Run
from laconic.core.turns import Query
from laconic.exceptions import BudgetError, ConfigurationError
from laconic.score.readers.reranker import as_reranker
from laconic.score.registry import DEFAULT_SCORER, LoadedScorer, importance_scorer, load_scorer
from laconic.select.coverage import AUTO_RECALL, Calibration, threshold_for
from laconic.telemetry import of_compression, reported
from laconic.tokens import as_counter
from laconic.types import Compression, ScoreStep, TokenCounter

__all__ = ["Compressor", "compress"]


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
        scorer: ``"evidence"`` (learned, ships with the package), ``"lexical"``, an object with ``score`` (see
            `laconic.types.Scorer`), or somebody else's: a cross encoder, a reranker of LangChain or LlamaIndex, a
            Provence-shaped model, a function ``(query, texts) -> scores``, the folder of a cross encoder. Those read
            the best of what the evidence scorer ranked; `laconic.Reranker` around them has the options.
        steps: what adjusts the scorer's opinion, in order, instead of what the kinds of the passages bring (the model
            for code, the structure of records and logs); see `laconic.types.ScoreStep`. A scorer of your own has the
            last word unless you give steps too: for one that is somebody else's, what the kinds bring helps to choose
            what it reads, and your steps come behind it.
        calibration: of `laconic.calibrate`, fitted for ``recall`` and this scorer.
        at_least: fewest passages of which something is kept, or all that have text if there are fewer; they share the
            budget, which holds unless it is below one character for each.
        fallback: whether the lexical scorer may take over when the evidence scorer's weights are damaged, and that one
            from somebody else's scorer that fails; the result's metrics then say so. An answer of the wrong shape
            raises all the same.
        timeout_ms: milliseconds that each call has, > 0; None for as long as it takes. What is not done by then is done
            by simpler means, and the metrics say so (``timed_out``, ``fallback``): passages that were not read are kept
            whole or not at all, the question's words rank in place of the scorer, then the order of the passages. All
            laws hold but one: what is kept then depends on the time that the machine took. Counting the tokens of the
            input and writing the result are always done; see ``docs/reliability.md``.
        explain: whether results carry ``explanations``: for each segment its score and the features behind it.

    With none of ``max_tokens``, ``rate`` and ``recall``, the rate is ``"auto"`` (0.5 for a scorer of your own that no
    calibration was fitted for); with several, the tightest holds.

    Raises:
        ConfigurationError: an option that cannot work (`BudgetError` for budgets, `UnknownOptionError` for a name that
            there is not), here and not at the first call.

    An instance holds no state of its calls: share it between threads and tasks.
    """

    @known_options
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
        scorer: Any = DEFAULT_SCORER,
        steps: Sequence[ScoreStep] | None = None,
        calibration: Calibration | None = None,
        at_least: int = 0,
        fallback: bool = True,
        timeout_ms: float | None = None,
        explain: bool = False,
    ) -> None:
        self.counter: TokenCounter = as_counter(model if counter is None else counter)
        if separator is not None and not isinstance(separator, str):
            raise ConfigurationError(f"separator is {separator!r}: give the string that joins the passages, or None")
        self.separator = separator
        if isinstance(preserve, str) or not all(isinstance(phrase, str) and phrase.strip() for phrase in preserve):
            raise ConfigurationError(f"preserve is {preserve!r}: give a list of words or phrases, none of them blank")
        self.preserve = tuple(preserve)
        self.reranker = as_reranker(scorer)
        self.scorer = scorer
        self.steps = None if steps is None else tuple(steps)
        for step in self.steps or ():
            if isinstance(step, type) or not callable(getattr(step, "adjust", None)):
                raise ConfigurationError(
                    f"steps holds {step!r}: give objects with adjust(); see laconic.types.ScoreStep"
                )
        self.calibration = calibration
        if isinstance(at_least, bool) or not isinstance(at_least, int) or at_least < 0:
            raise ConfigurationError(f"at_least is {at_least!r}: it must be a number of passages ≥ 0")
        self.at_least = at_least
        self.fallback = fallback
        if isinstance(timeout_ms, Deadline):
            raise ConfigurationError("timeout_ms is a Deadline, which is for calls: give a number of milliseconds")
        self.timeout_ms = None if timeout_ms is None else checked_timeout(timeout_ms)
        self._check_may_hurry(timeout_ms)
        self.explain = explain
        self.budget = self._checked(Budget(max_tokens, rate, recall))

    @reported("Compressor", of_compression)
    @known_options
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
        """Compress the passages of one question.

        Args:
            passages: what was retrieved: a string, or a list of strings, dicts, `Passage` objects, LangChain documents
                or LlamaIndex nodes; see `laconic.core.inputs.as_passages`. Never edited.
            query: the question; or the turns of a conversation, the newest last (strings, pairs of role and text,
                dicts, messages): what it asks for is made by the rule of `laconic.core.conversation`. None or blank
                keeps what is most important without one (``"auto"`` and ``recall`` then mean a rate of 0.5: without a
                question there is no evidence to promise).
            max_tokens: the ceiling of this call, in place of the instance's budget.
            rate: the rate of this call, in place of the instance's; the instance's ``max_tokens`` holds beside it.
            recall: the coverage of this call, likewise.
            at_least: of this call, where it is more than the instance's.
            at_most: most passages of which something is kept, the best ones; None for any number.
            smallest: where less than so many tokens of a passage would be kept, and it has more, it is left out.
            timeout_ms: of this call, in place of the instance's; or a `laconic.Deadline` that it shares with others.

        Returns:
            The kept text with its spans, what was dropped and why, and the metrics. Input that fits ``max_tokens`` and
            ``rate`` comes back unchanged unless coverage was asked for. A budget below the smallest piece cuts the best
            one between words; one below a single word can leave nothing (``text`` is then empty and everything is in
            ``dropped``).

        Raises:
            InputError: passages or query are not text.
            BudgetError: a budget is outside its range.
            ConfigurationError: ``timeout_ms`` is no number above 0, or ``fallback`` is False beside it.
            WeightsError: the scorer's weights are damaged and ``fallback`` is False.

        Linear in the text, about 500,000 tokens a second on one core.
        """
        began = perf_counter()
        self._check_may_hurry(timeout_ms)
        deadline = as_deadline(self.timeout_ms if timeout_ms is None else timeout_ms)
        call = Budget(max_tokens, rate, recall)
        question = as_query(query)
        settings = self._settings(self.budget if call.is_open else self._checked(self.budget.for_call(call)), question)
        if at_least > settings.at_least:
            settings = replace(settings, at_least=at_least)
        if at_most is not None or smallest:
            settings = replace(settings, at_most=at_most, smallest=smallest)
        if deadline is not NEVER:
            settings = replace(settings, deadline=deadline)
        return compression(Run(Reading(as_passages(passages), question, settings)).run(), began)

    def _settings(self, budget: Budget, question: str | None) -> Settings:
        """What a call is configured with."""
        if question is None:
            loaded = LoadedScorer(importance_scorer(), None)
        else:
            base = self.scorer if self.reranker is None else self.reranker.base
            loaded = load_scorer(base, fallback=self.fallback)
        threshold = None
        if budget.by_coverage:
            if question is None or loaded.fallback:
                budget = Budget(budget.max_tokens, rate=DEFAULT_RATE)
            else:
                threshold = threshold_for(budget.recall or AUTO_RECALL, self.calibration)
        steps, last_steps, reranker = self.steps, (), self.reranker if question is not None else None
        if reranker is not None:
            steps, last_steps = None, steps or ()
        elif steps is None and question is not None and not isinstance(self.scorer, str):
            steps = ()  # the caller's own scorer has the last word
        return Settings(
            budget=budget,
            counter=self.counter,
            separator=self.separator,
            scorer=loaded.scorer,
            steps=steps,
            reranker=reranker,
            last_steps=last_steps,
            may_fail=self.fallback,
            fallback=loaded.fallback,
            preserve=self.preserve,
            threshold=threshold,
            calibrated=self.calibration is not None,
            at_least=self.at_least,
            explain=self.explain,
        )

    def _check_may_hurry(self, timeout_ms: float | Deadline | None) -> None:
        if timeout_ms is not None and not self.fallback:
            raise ConfigurationError(
                "timeout_ms beside fallback=False: simpler parts take over when the time is up, so allow them or leave "
                "the time out"
            )

    def _checked(self, budget: Budget) -> Budget:
        """The budget, ``"auto"`` where nothing was asked for; refused where the scorer cannot keep its promise."""
        named = isinstance(self.scorer, str) and self.scorer == DEFAULT_SCORER
        promising = named or self.calibration is not None
        if budget.is_open:
            budget = Budget(rate=AUTO) if promising else Budget(rate=DEFAULT_RATE)
        if budget.by_coverage:
            if not promising:
                raise BudgetError(
                    f"the scorer {self.reranker or self.scorer!r} promises no share of the evidence: give max_tokens "
                    "or a rate, or a calibration fitted for it by laconic.calibrate(rows, scorer=...)"
                )
            threshold_for(budget.recall or AUTO_RECALL, self.calibration)
        return budget

    async def acompress(
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
        """`compress` in a worker thread, so that the event loop is free; the wait for one is time of the call."""
        import asyncio  # costs more to import than a call costs, and most programs never need it

        deadline = as_deadline(self.timeout_ms if timeout_ms is None else timeout_ms)
        return await asyncio.to_thread(
            self.compress,
            passages,
            query,
            max_tokens=max_tokens,
            rate=rate,
            recall=recall,
            at_least=at_least,
            at_most=at_most,
            smallest=smallest,
            timeout_ms=None if deadline is NEVER else deadline,
        )

    def compress_batch(
        self,
        batch: Iterable[tuple[Passages, Query]],
        *,
        on_progress: Callable[[int], None] | None = None,
    ) -> list[Compression]:
        """`compress` for each ``(passages, query)``, in order.

        Args:
            batch: pairs; read one at a time.
            on_progress: called with the number of finished calls after each.

        Raises:
            LaconicError: as `compress`, at the first call that fails.
        """
        results = []
        for passages, query in batch:
            results.append(self.compress(passages, query))
            if on_progress is not None:
                on_progress(len(results))
        return results


@reported("compress", of_compression)
@known_options
def compress(
    passages: Passages,
    query: Query = None,
    *,
    max_tokens: int | None = None,
    rate: float | Literal["auto"] | None = None,
    recall: float | None = None,
    model: str = "gpt-4o",
    counter: Any = None,
    separator: str | None = "\n\n",
    preserve: Sequence[str] = (),
    scorer: Any = DEFAULT_SCORER,
    steps: Sequence[ScoreStep] | None = None,
    calibration: Calibration | None = None,
    at_least: int = 0,
    at_most: int | None = None,
    smallest: int = 0,
    fallback: bool = True,
    timeout_ms: float | Deadline | None = None,
    explain: bool = False,
) -> Compression:
    """One call of `Compressor`: ``laconic.compress(passages, query="…", max_tokens=1200)``.

    This is laconic's own door; ScaleDown's, SuperCompress's and the other documented surfaces are views of the same
    engine.

    Args:
        passages: see `Compressor.compress`.
        query: see `Compressor.compress`.
        max_tokens: most tokens of the final text, ≥ 1; a hard ceiling.
        rate: share of the input's tokens that may be kept, 0 < rate ≤ 1, or ``"auto"``.
        recall: share of the evidence to keep, 0 < recall ≤ 1.
        model: the model that will read the text; chooses the token counter.
        counter: counts instead.
        separator: what joins the passages; None when each is sent on its own.
        preserve: words or phrases that matter more than the question.
        scorer: ``"evidence"``, ``"lexical"``, an object with ``score``, or somebody else's scorer.
        steps: what adjusts the scorer's opinion, in order.
        calibration: of `laconic.calibrate`.
        at_least: fewest passages of which something is kept.
        at_most: most passages of which something is kept.
        smallest: fewest tokens of a longer passage that are worth keeping.
        fallback: whether the lexical scorer may take over from damaged weights.
        timeout_ms: milliseconds that the call has; what is not done by then is done by simpler means.
        explain: whether the result says why; `Compressor` says more about each of these.

    Raises:
        LaconicError: as `Compressor` and `Compressor.compress`.
    """
    engine = Compressor(
        max_tokens=max_tokens,
        rate=rate,
        recall=recall,
        model=model,
        counter=counter,
        separator=separator,
        preserve=preserve,
        scorer=scorer,
        steps=steps,
        calibration=calibration,
        at_least=at_least,
        fallback=fallback,
        explain=explain,
    )
    return engine.compress(passages, query, at_most=at_most, smallest=smallest, timeout_ms=timeout_ms)
