"""`HasteOptimizer`: the functions and types of source code that a question is about, under a strict token limit.

HASTE (hybrid AST-enhanced search): BM25 over the definitions, re-ranked by learned models over lexical and structural
signals, widened along the call graph, then fitted into the limit so that the output still parses.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import fields, replace
from importlib.util import find_spec
from time import perf_counter
from typing import TYPE_CHECKING, Any

from laconic._utils.options import known_options, unknown_option
from laconic.core.budget import Budget
from laconic.core.inputs import as_query
from laconic.core.outcome import compression
from laconic.core.reading import Reading
from laconic.core.run import Run
from laconic.exceptions import LaconicError, OptimizerError
from laconic.scaledown.haste_inputs import read_sources
from laconic.scaledown.haste_search import HasteSearch, HasteSettings, check_budget
from laconic.scaledown.metrics import OptimizerMetrics
from laconic.scaledown.results import OptimizedContext, figures_of_optimized
from laconic.telemetry import reported
from laconic.tokens import as_counter
from laconic.types import TokenCounter

if TYPE_CHECKING:
    from laconic.score.code.weights import Weights

__all__ = ["HasteOptimizer"]

PathLike = str | os.PathLike[str]

_NEEDED = (("tree-sitter", "tree_sitter"), ("rank-bm25", "rank_bm25"))


class HasteOptimizer:
    """Selects the parts of source code that a question is about; the output parses where the source does.

    Args:
        top_k: number of functions and types that retrieval starts from.
        prefilter: size of the pool that BM25 hands to the closer ranking.
        bfs_depth: how many steps along the call graph (callers, callees, base classes) the pool is widened; 0 for none.
        max_add: most definitions that widening adds.
        semantic: rank the pool by embeddings as well; both rankings weigh the same.
        sem_model: for ``semantic``: an OpenAI model (needs a key), ``"laconic-static"`` for the table that ships with
            laconic, a sentence-transformers model, or an object with ``embed(texts)``, which gives unit rows.
        hard_cap: strict limit of the output in tokens.
        soft_cap: limit in tokens of the pool that widening may gather before the final cut: definitions are added while
            what is gathered stays below it. The ``top_k`` themselves are always in the pool. A call whose limit
            (``max_tokens``, else ``hard_cap``) is higher gathers up to that: nothing that was asked for lies idle.
        target_model: the model whose tokens are counted, or a counter.
        weights: models of your own for the closer ranking, instead of the shipped ones; ``training/train_code.py``
            makes them, ``Weights.from_json`` reads them.

    Raises:
        OptimizerError: tree-sitter or rank-bm25 is not installed, or the model of ``sem_model`` cannot be had.
        ConfigurationError: a number is outside its range.

    Files are parsed once and kept (4,096 files or 4 MB of text), so a second question on the same file costs a quarter
    of the first. An instance holds no state of its calls and may be shared between threads.

    Example::

        optimizer = HasteOptimizer(hard_cap=800)
        result = optimizer.optimize(source, query="where are retries counted?", file_path="client.py")
    """

    @known_options
    def __init__(
        self,
        top_k: int = 6,
        prefilter: int = 300,
        bfs_depth: int = 1,
        max_add: int = 12,
        semantic: bool = False,
        sem_model: Any = "text-embedding-3-small",
        hard_cap: int = 1200,
        soft_cap: int = 1800,
        target_model: Any = "gpt-4o",
        *,
        weights: Weights | None = None,
    ) -> None:
        for package, module in _NEEDED:
            if find_spec(module) is None:
                raise OptimizerError(f"{package} is needed for HASTE. Install it with: pip install 'laconic[haste]'")
        self._settings = HasteSettings(
            top_k, prefilter, bfs_depth, max_add, semantic, sem_model, hard_cap, soft_cap, target_model
        )
        self.top_k, self.prefilter, self.bfs_depth, self.max_add = top_k, prefilter, bfs_depth, max_add
        self.semantic, self.sem_model = semantic, sem_model
        self.hard_cap, self.soft_cap, self.target_model = hard_cap, soft_cap, target_model
        self.weights = weights
        self._counter = as_counter(target_model)
        self._embedder = _embedder(sem_model) if semantic else None

    @reported("HasteOptimizer", figures_of_optimized)
    def optimize(
        self,
        context: Any = None,
        query: str | None = None,
        max_tokens: int | None = None,
        file_path: PathLike | Sequence[PathLike] | None = None,
        **kwargs: Any,
    ) -> OptimizedContext:
        """Select from ``context`` what ``query`` is about.

        Args:
            context: source text, a ``pathlib.Path``, or a list of them (several files are searched as one code base).
                None or blank reads ``file_path``.
            query: what is looked for. Required.
            max_tokens: limit of the output instead of ``hard_cap``.
            file_path: name of the source (one per text): tells its language and heads its part of the output; opened
                only where there is no context. Without one the language is told from the text.
            **kwargs: any parameter of the constructor, for this call.

        Returns:
            The selection in source order. Of several files each part is headed by a comment ``# path: …``. What the
            limit holds as it is comes back unchanged. Text in
            no supported language is returned whole where it fits, else by its best lines, and ``fallback`` is True. Of
            a single file that defines nothing that fits the best statements are kept, of several files the best
            lines; a limit below the smallest of those gives an empty text.

            ``metrics.ast_fidelity``: the share of the source's structure that stands unbroken in the output; see
            `laconic.kinds.code.fidelity.structure_kept`. ``metrics.retrieval_mode``: ``"bm25"``, with ``semantic``
            ``"hybrid"``, ``"full_text"`` where everything was returned, ``"lexical"`` for text.
            ``metrics.chunks_retrieved``: functions and types in the output.

        Raises:
            OptimizerError: no query; a path that is missing, a directory or no text; a grammar that is not installed.
            ConfigurationError: an unknown parameter, or a number outside its range.
            InputError: the query or a text is not Unicode.
        """
        began = perf_counter()
        if not isinstance(query, str) or not query.strip():
            raise OptimizerError(f"query is {query!r}: HASTE ranks code by a question, give one (query='find …')")
        as_query(query)  # for its check that this is Unicode
        settings, counter, embedder = self._for_call(kwargs)
        if max_tokens is not None:
            check_budget("max_tokens", max_tokens)
        budget = Budget(settings.hard_cap if max_tokens is None else max_tokens)
        search = HasteSearch(read_sources(context, file_path), settings, embedder, self.weights)
        for passages, how in search.attempts(budget, counter):
            run = Run(Reading(passages, query, how)).run()
            result = compression(run, began)
            if result.text:
                break
        whole = run.written is None
        metrics = OptimizerMetrics(
            original_tokens=result.metrics.original_tokens,
            optimized_tokens=result.metrics.compressed_tokens,
            estimated=not result.metrics.exact,
            latency_ms=round(result.metrics.latency_ms),
            retrieval_mode="full_text" if whole else search.mode(run),
            ast_fidelity=search.fidelity(result),
            chunks_retrieved=search.definitions if whole else search.chosen(run),
        )
        spans = result.passages[0].spans if len(search.passages) == 1 and result.passages else None
        return OptimizedContext(content=result.text, metrics=metrics, spans=spans, fallback=search.fallback(run))

    def _for_call(self, changes: dict[str, Any]) -> tuple[HasteSettings, TokenCounter, Any]:
        """Settings, counter and embedder of one call."""
        if not changes:
            return self._settings, self._counter, self._embedder
        known = [field.name for field in fields(HasteSettings)]
        unknown = sorted(set(changes) - set(known))
        if unknown:
            raise unknown_option(unknown[0], known, "HASTE")
        settings = replace(self._settings, **changes)
        counter = as_counter(settings.target_model) if "target_model" in changes else self._counter
        if not settings.semantic:
            return settings, counter, None
        if self._embedder is None or "sem_model" in changes:
            return settings, counter, _embedder(settings.sem_model)
        return settings, counter, self._embedder


def _embedder(model: Any) -> Any:
    from laconic.score.vectors.embedders import as_embedder, embedder_for_sem_model
    from laconic.score.vectors.memo import RememberingEmbedder

    try:
        embedder = embedder_for_sem_model(model) if isinstance(model, str) else as_embedder(model)
        return RememberingEmbedder(embedder)
    except LaconicError as error:
        raise OptimizerError(str(error)) from error
