"""Strategies by name or by object: which engine an adapter compresses with.

A strategy is anything with ``compress(passages, query, *, max_tokens=None, rate=None) -> Compression``: `Compressor`
and `Pipeline` have it, and every step of a pipeline is made into one.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from laconic.compressor.budget import Budget
from laconic.compressor.core import Compressor
from laconic.compressor.inputs import as_passages
from laconic.exceptions import ConfigurationError
from laconic.tokens import as_counter
from laconic.types import Compression, TokenCounter

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

    def compress(self, passages: Any, query: str | None = None, **budget: Any) -> Compression:
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

    def compress(self, passages: Any, query: str | None = None, **budget: Any) -> Compression:
        """The strategy's ``compress`` under the budget of the call, or else its own."""
        own = Budget(**budget)
        limits = self.budget if own.is_open else _without_coverage(own, self.strategy)
        return self.strategy.compress(passages, query, max_tokens=limits.max_tokens, rate=_number(limits.rate))


def strategy_for(
    strategy: str | Any, options: Mapping[str, Any], embeddings: Any = None
) -> Compressor | BudgetedStrategy:
    """The engine of a name or an object.

    Args:
        strategy: one of `STRATEGIES`; a `Pipeline`, an object with ``compress``, ``optimize`` or ``extract``, or a
            function from text to text.
        options: keyword arguments of `laconic.Compressor`. All of them apply to ``"auto"`` and ``"prose"``; to others
            ``max_tokens``, ``rate``, ``model``, ``counter`` and ``separator``.
        embeddings: the caller's own, where the strategy has use for them (``"semantic"``).

    Raises:
        ConfigurationError: an unknown name, something that is no strategy, or an option that the strategy has no use
            for.
    """
    if isinstance(strategy, str):
        if strategy not in STRATEGIES:
            raise ConfigurationError(
                f"strategy {strategy!r} is not known: use one of {', '.join(map(repr, STRATEGIES))}, or an object"
            )
        build: Any = STRATEGIES[strategy]
        if embeddings is not None and strategy not in _WITH_EMBEDDINGS:
            raise ConfigurationError(
                f"strategy {strategy!r} has no use for embeddings: use {' or '.join(map(repr, _WITH_EMBEDDINGS))}"
            )
        if isinstance(build, type) and issubclass(build, Compressor):
            return build(**options)
        strategy = build(embeddings)
    elif embeddings is not None:
        raise ConfigurationError("embeddings go with a strategy by name; give them to your strategy object yourself")
    return _budgeted(strategy, options)


def _semantic(embeddings: Any) -> Any:
    from laconic.optimizer.semantic import SemanticOptimizer

    return SemanticOptimizer("laconic-static" if embeddings is None else embeddings)


STRATEGIES: dict[str, type[Compressor] | Callable[[Any], Any]] = {
    "auto": Compressor,
    "prose": ProseCompressor,
    "semantic": _semantic,
}
"""By name: the engine's class, or a function from embeddings to a step of a pipeline."""

_WITH_EMBEDDINGS = ("semantic",)
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
        from laconic.pipeline import Pipeline

        strategy = Pipeline(
            [strategy], target_model=options.get("model", "gpt-4o"), counter=counter, separator=separator
        )
    elif counter is None and "model" not in options:
        counter = getattr(strategy, "counter", None)
    return BudgetedStrategy(
        strategy,
        _without_coverage(budget, strategy),
        as_counter(options.get("model", "gpt-4o") if counter is None else counter),
        separator,
    )


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
