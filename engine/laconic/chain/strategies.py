"""Strategies by name or by object: which engine an adapter compresses with.

A strategy is anything with ``compress(passages, query, *, max_tokens=None, rate=None) -> Compression``: `Compressor`
and `Pipeline` have it, and every step of a pipeline is made into one.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from laconic._utils.options import did_you_mean
from laconic.core.budget import DEFAULT_RATE, Budget
from laconic.core.compressor import Compressor
from laconic.core.inputs import as_passages
from laconic.core.turns import Query
from laconic.exceptions import ConfigurationError
from laconic.score.readers.reranker import as_reranker
from laconic.score.registry import DEFAULT_SCORER, importance_scorer
from laconic.tokens import as_counter
from laconic.types import Compression, Passage, Segment, TokenCounter

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["STRATEGIES", "BudgetedStrategy", "ProseCompressor", "Strategy", "strategy_for"]


class Strategy(Protocol):
    """Passages and a query to what is left of them: what an adapter needs of an engine."""

    def compress(
        self, passages: Any, query: str | None = None, *, max_tokens: int | None = None, rate: float | None = None
    ) -> Compression:
        """Compress the passages of one question; see `laconic.Compressor.compress`."""
        ...


class ProseCompressor(Compressor):
    """`Compressor` that reads every passage as prose, whatever it looks like."""

    def compress(self, passages: Any, query: Query = None, **budget: Any) -> Compression:
        """`Compressor.compress` without detection of kinds."""
        prose = [replace(passage, kind="prose") for passage in as_passages(passages)]
        return super().compress(prose, query, **budget)


class BudgetedStrategy:
    """A strategy with a budget, a counter and a separator of its own, as `Compressor` has them.

    Args:
        strategy: what does the work.
        budget: of calls that bring none; an open one leaves it to the strategy how much it keeps.
        counter: of the strategy.
        separator: of the strategy.
    """

    def __init__(self, strategy: Strategy, budget: Budget, counter: TokenCounter, separator: str | None) -> None:
        self.strategy = strategy
        self.budget = budget
        self.counter = counter
        self.separator = separator

    def compress(
        self,
        passages: Any,
        query: str | None = None,
        *,
        at_least: int = 0,
        at_most: int | None = None,
        smallest: int = 0,
        **budget: Any,
    ) -> Compression:
        """The strategy's ``compress`` under the budget of the call, or else its own.

        Where it leaves nothing of too many passages, or something of too many, or too little of one (see ``at_least``,
        ``at_most`` and ``smallest`` of `laconic.Compressor.compress`), laconic's own engine chooses what is kept
        instead.
        """
        limits = self.budget.for_call(_without_coverage(Budget(**budget), self.strategy))
        result = self.strategy.compress(passages, query, max_tokens=limits.max_tokens, rate=_number(limits.rate))
        given = as_passages(passages)
        with_text = sum(bool(passage.text.strip()) for passage in given)
        enough = len(result.passages) >= min(at_least, len(given), max(1, with_text))
        few = at_most is None or len(result.passages) <= max(at_most, at_least)
        if enough and few and all(part.level == "full" or part.tokens >= smallest for part in result.passages):
            return result
        if limits.is_open:
            limits = Budget(rate=DEFAULT_RATE)
        engine = Compressor(counter=self.counter, separator=self.separator, at_least=at_least)
        return engine.compress(
            given, query, max_tokens=limits.max_tokens, rate=limits.rate, at_most=at_most, smallest=smallest
        )


def strategy_for(
    strategy: str | Any, options: Mapping[str, Any], embeddings: Any = None
) -> Compressor | BudgetedStrategy:
    """The engine of a name or an object.

    Args:
        strategy: one of `STRATEGIES`; a `Pipeline`, an object with ``compress``, ``optimize`` or ``extract``, a
            function from text to text, or a recipe (`laconic.messages.Recipe`, the path of one that ends in ``.yaml``,
            or a ``MessagePipeline`` with one). A recipe's ``compress`` are options of `laconic.Compressor`, before
            which ``options`` go; one that has only directives acts on each passage as on a message.
        options: keyword arguments of `laconic.Compressor`. All of them apply to ``"auto"`` and ``"prose"``, all but
            ``scorer`` to ``"semantic"``; to others ``max_tokens``, ``rate``, ``model``, ``counter`` and ``separator``.
        embeddings: the caller's own, of laconic, LangChain or LlamaIndex: ``"semantic"`` and ``"haste"`` search with
            them (the former with the table that ships with laconic where there are none), ``"auto"`` and ``"prose"``
            score with them as well (see `laconic.score.vectors.hybrid.HybridScorer`).

    Raises:
        ConfigurationError: an unknown name, something that is no strategy, or an option that the strategy has no use
            for.
    """
    strategy = _read_recipe(strategy)
    if isinstance(strategy, Mapping):
        return Compressor(**_with_embeddings({**strategy, **options}, embeddings))
    if not isinstance(strategy, str):
        if embeddings is not None:
            raise ConfigurationError(
                "embeddings go with a strategy by name; give them to your strategy object yourself"
            )
        return _budgeted(strategy, options)
    if strategy not in STRATEGIES:
        raise ConfigurationError(
            f"strategy {strategy!r} is not known{did_you_mean(strategy, STRATEGIES)}: use one of "
            f"{', '.join(map(repr, STRATEGIES))}, or an object"
        )
    return STRATEGIES[strategy](options, embeddings)


def _auto(options: Mapping[str, Any], embeddings: Any) -> Compressor:
    return Compressor(**_with_embeddings(options, embeddings))


def _prose(options: Mapping[str, Any], embeddings: Any) -> Compressor:
    return ProseCompressor(**_with_embeddings(options, embeddings))


def _with_embeddings(options: Mapping[str, Any], embeddings: Any) -> dict[str, Any]:
    """The options with a scorer that looks at the caller's embeddings too."""
    if embeddings is None:
        return dict(options)
    from laconic.score.vectors.hybrid import HybridScorer

    scorer = options.get("scorer", DEFAULT_SCORER)
    reranker = as_reranker(scorer)
    if reranker is not None:  # the embeddings help to choose what it reads
        return {**options, "scorer": reranker.with_base(HybridScorer(embeddings, base=reranker.base))}
    return {**options, "scorer": HybridScorer(embeddings, base=scorer)}


def _haste(options: Mapping[str, Any], embeddings: Any) -> BudgetedStrategy:
    from laconic.scaledown.haste import HasteOptimizer

    settings: dict[str, Any] = {} if embeddings is None else {"semantic": True, "sem_model": embeddings}
    if options.get("max_tokens") is not None:
        settings |= {"hard_cap": options["max_tokens"], "soft_cap": options["max_tokens"]}
    return _budgeted(HasteOptimizer(**settings, target_model=_counter(options)), options)


class _Indifferent:
    """A scorer to which all segments are the same: what is added to it decides."""

    name = "none"

    def score(self, query: str | None, passages: Sequence[Passage], segments: Sequence[Segment]) -> NDArray[np.float64]:
        """Equal log-probabilities; without a question, importance."""
        import numpy as np

        if query is None:
            return importance_scorer().score(query, passages, segments)
        return np.full(len(segments), -np.log(max(1, len(segments))))


def _semantic(options: Mapping[str, Any], embeddings: Any) -> Compressor:
    from laconic.score.vectors.hybrid import HybridScorer

    if "scorer" in options:
        raise ConfigurationError(
            f"the strategy 'semantic' has no use for scorer={options['scorer']!r}: meaning alone decides; use the "
            "strategy 'auto' with embeddings to mix both"
        )
    return Compressor(**options, scorer=HybridScorer(embeddings, base=_Indifferent()))


def _lod(options: Mapping[str, Any], embeddings: Any) -> BudgetedStrategy:
    from laconic.lod.levels import LODExtractor

    if embeddings is not None:
        raise ConfigurationError("the strategy 'lod' has no use for embeddings: leave them out, or use 'haste'")
    return _budgeted(LODExtractor(), options)


def _two_stage(options: Mapping[str, Any], embeddings: Any) -> BudgetedStrategy:
    from laconic.two_stage.engine import TwoStageEngine

    return _budgeted(TwoStageEngine(counter=_counter(options), embedder=embeddings), options)


def _read_recipe(strategy: Any) -> Any:
    """The options that a recipe has for passages; the recipe where it has none, and anything else, as it is."""
    from laconic.messages import Recipe, load_recipe

    if isinstance(strategy, str) and strategy.lower().endswith((".yaml", ".yml")):
        strategy = load_recipe(strategy)
    return strategy.compress if isinstance(strategy, Recipe) and strategy.compress else strategy


def _of_messages(strategy: Any) -> Any:
    """A recipe, or a pipeline for messages, as a function from text to text; anything else as it is."""
    from laconic.messages import MessagePipeline, Recipe

    if isinstance(strategy, Recipe):
        strategy = MessagePipeline(strategy, mode="strict")
    if not isinstance(strategy, MessagePipeline):
        return strategy

    def messages(text: str, query: str | None = None) -> str:
        """One text as a message that stands before the question."""
        asked = {"role": "user", "content": query or ""}
        content = strategy.run([{"role": "user", "content": text}, asked], query).messages[0]["content"]
        return content if isinstance(content, str) else text

    messages.__name__ = f"recipe {strategy.recipe.name}"
    return messages


STRATEGIES: dict[str, Callable[[Mapping[str, Any], Any], Compressor | BudgetedStrategy]] = {
    "auto": _auto,
    "prose": _prose,
    "haste": _haste,
    "semantic": _semantic,
    "lod": _lod,
    "two-stage": _two_stage,
}
"""By name: what makes the engine of options and embeddings.

``"auto"`` takes each passage by its kind; ``"prose"`` reads every one as prose; ``"semantic"`` keeps the segments that
are nearest to the question in meaning; ``"haste"`` and ``"lod"`` are for code: `HasteOptimizer` and `LODExtractor`;
``"two-stage"`` writes aliases for repeated phrases and prunes words. The last three see one passage at a time, and the
budget is over all.
"""

DEFAULT_MODEL = "gpt-4o"
_FOR_ALL = ("max_tokens", "rate", "model", "counter", "separator")


def _budgeted(strategy: Any, options: Mapping[str, Any]) -> BudgetedStrategy:
    idle = [name for name, value in options.items() if name not in _FOR_ALL and value not in (None, ())]
    if idle:
        raise ConfigurationError(
            f"the strategy {strategy!r} has no use for {', '.join(idle)}: leave it out, or use the strategy 'auto'"
        )
    budget = Budget(options.get("max_tokens"), options.get("rate"))
    separator = options.get("separator", "\n\n")
    counter = options.get("counter")
    if not _takes_passages(strategy):
        from laconic.chain.pipeline import Pipeline

        strategy = Pipeline(
            [_of_messages(strategy)],
            target_model=options.get("model", DEFAULT_MODEL),
            counter=counter,
            separator=separator,
        )
    elif counter is None and "model" not in options:
        counter = getattr(strategy, "counter", None)
    return BudgetedStrategy(
        strategy,
        _without_coverage(budget, strategy),
        as_counter(options.get("model", DEFAULT_MODEL) if counter is None else counter),
        separator,
    )


def _counter(options: Mapping[str, Any]) -> TokenCounter:
    counter = options.get("counter")
    return as_counter(options.get("model", DEFAULT_MODEL) if counter is None else counter)


def _takes_passages(strategy: Any) -> bool:
    method = getattr(strategy, "compress", None)
    if not callable(method) or isinstance(strategy, type):
        return False
    return "passages" in inspect.signature(method).parameters


def _without_coverage(budget: Budget, strategy: Any) -> Budget:
    if budget.by_coverage:
        raise ConfigurationError(
            f"the strategy {strategy!r} promises no share of the evidence: give max_tokens or a number as rate, or use "
            "the strategy 'auto'"
        )
    return budget


def _number(rate: float | str | None) -> float | None:
    return None if rate is None else float(rate)
