"""`HasteOptimizer`: the functions and types of source code that a question is about, under a strict token limit.

HASTE (hybrid AST-enhanced search): BM25 over the definitions, re-ranked by a linear model over lexical and structural
signals, widened along the call graph, then fitted into the limit so that the output still parses.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from importlib.util import find_spec
from time import perf_counter
from typing import TYPE_CHECKING, Any

from laconic.exceptions import BudgetError, ConfigurationError, LaconicError, OptimizerError
from laconic.scaledown.haste_inputs import SourceFile, read_sources
from laconic.scaledown.metrics import OptimizerMetrics
from laconic.scaledown.results import OptimizedContext
from laconic.tokens import as_counter
from laconic.types import TokenCounter

if TYPE_CHECKING:
    from laconic.kinds.code.graph import Place
    from laconic.kinds.code.parse import ParsedCode
    from laconic.scaledown.selection import Picked
    from laconic.score.code.ranking import CodeIndex, CodeRanking
    from laconic.score.code.weights import Weights

__all__ = ["HasteOptimizer"]

PathLike = str | os.PathLike[str]

# Cosines to log-odds between definitions, as in SemanticOptimizer; the two rankings then weigh the same.
_TEMPERATURE = 0.05
_NEEDED = (("tree-sitter", "tree_sitter"), ("rank-bm25", "rank_bm25"))


@dataclass(frozen=True)
class _Settings:
    """The parameters of the constructor; see `HasteOptimizer`."""

    top_k: int = 6
    prefilter: int = 300
    bfs_depth: int = 1
    max_add: int = 12
    semantic: bool = False
    sem_model: Any = "text-embedding-3-small"
    hard_cap: int = 1200
    soft_cap: int = 1800
    target_model: Any = "gpt-4o"

    def __post_init__(self) -> None:
        for name, least in (("top_k", 1), ("prefilter", 1), ("bfs_depth", 0), ("max_add", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ConfigurationError(f"{name} is {value!r}: it must be a whole number of at least {least}")
        for name in ("hard_cap", "soft_cap"):
            _check_budget(name, getattr(self, name))


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
            what is gathered stays below it. The ``top_k`` themselves are always in the pool.
        target_model: the model whose tokens are counted, or a counter.
        weights: models of your own for the closer ranking, instead of the shipped ones; ``training/train_code.py``
            makes them, ``Weights.from_json`` reads them.

    Raises:
        OptimizerError: tree-sitter or rank-bm25 is not installed, or the model of ``sem_model`` cannot be had.
        ConfigurationError: a number is outside its range.

    Files are parsed once and kept (64 files or 4 MB of text), so a second question on the same file costs a quarter of
    the first. An instance holds no state of its calls and may be shared between threads.

    Example::

        optimizer = HasteOptimizer(hard_cap=800)
        result = optimizer.optimize(source, query="where are retries counted?", file_path="client.py")
    """

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
        self._settings = _Settings(
            top_k, prefilter, bfs_depth, max_add, semantic, sem_model, hard_cap, soft_cap, target_model
        )
        self.top_k, self.prefilter, self.bfs_depth, self.max_add = top_k, prefilter, bfs_depth, max_add
        self.semantic, self.sem_model = semantic, sem_model
        self.hard_cap, self.soft_cap, self.target_model = hard_cap, soft_cap, target_model
        self.weights = weights
        self._counter = as_counter(target_model)
        self._embedder = _embedder(sem_model) if semantic else None

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

            ``metrics.ast_fidelity``: share of the output's bytes outside the parser's ERROR nodes, divided by the
            same share of the source, at most 1. ``metrics.retrieval_mode``: ``"bm25"``, with ``semantic``
            ``"hybrid"``, ``"full_text"`` where everything was returned, ``"lexical"`` for text.
            ``metrics.chunks_retrieved``: functions and types in the output.

        Raises:
            OptimizerError: no query; a path that is missing, a directory or no text; a grammar that is not installed.
            ConfigurationError: an unknown parameter, or a number outside its range.
        """
        began = perf_counter()
        if not isinstance(query, str) or not query.strip():
            raise OptimizerError(f"query is {query!r}: HASTE ranks code by a question, give one (query='find …')")
        settings, counter, embedder = self._for_call(kwargs)
        if max_tokens is not None:
            _check_budget("max_tokens", max_tokens)
        budget = settings.hard_cap if max_tokens is None else max_tokens
        sources = read_sources(context, file_path)
        original = _count(sources, counter)
        if original <= budget:
            return _unchanged(sources, original, began)
        code = [at for at, source in enumerate(sources) if source.parsed is not None]
        if not code:
            return _as_text(sources, query, budget, counter, original, began)
        parsed = [source.parsed for source in sources if source.parsed is not None]
        index = _index(parsed, [sources[at].name for at in code])
        ranking = _ranking(query, index, settings, embedder, self.weights)
        known = [sources[at] for at in code]
        picked = _pick(index, ranking, query, budget, settings, counter, known, self.weights)
        if not picked.texts:
            # Nothing is defined in the files, or not one signature fits.
            if len(sources) == 1:
                return _as_script(sources[0], query, budget, counter, original, began)
            return _as_text(sources, query, budget, counter, original, began)
        content = _join(known, {at: rendered.text for at, rendered in picked.texts.items()})
        spans = next(iter(picked.texts.values())).spans if len(sources) == 1 and picked.texts else None
        metrics = OptimizerMetrics(
            original_tokens=original,
            optimized_tokens=picked.tokens,
            latency_ms=round((perf_counter() - began) * 1000),
            retrieval_mode="hybrid" if embedder is not None else "bm25",
            ast_fidelity=_fidelity(parsed, picked),
            chunks_retrieved=len(picked.whole) + (picked.cut is not None),
        )
        return OptimizedContext(content=content, metrics=metrics, spans=spans, fallback=len(code) < len(sources))

    def _for_call(self, changes: dict[str, Any]) -> tuple[_Settings, TokenCounter, Any]:
        """Settings, counter and embedder of one call."""
        if not changes:
            return self._settings, self._counter, self._embedder
        known = [field.name for field in fields(_Settings)]
        unknown = sorted(set(changes) - set(known))
        if unknown:
            raise ConfigurationError(f"HASTE has no parameter {unknown[0]!r}: it has {', '.join(known)}")
        settings = replace(self._settings, **changes)
        counter = as_counter(settings.target_model) if "target_model" in changes else self._counter
        if not settings.semantic:
            return settings, counter, None
        if self._embedder is None or "sem_model" in changes:
            return settings, counter, _embedder(settings.sem_model)
        return settings, counter, self._embedder


def _check_budget(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise BudgetError(f"{name} is {value!r}: it must be a whole number of tokens of at least 1")


def _embedder(model: Any) -> Any:
    from laconic.score.vectors.embedders import as_embedder, embedder_for_sem_model
    from laconic.score.vectors.memo import RememberingEmbedder

    try:
        embedder = embedder_for_sem_model(model) if isinstance(model, str) else as_embedder(model)
        return RememberingEmbedder(embedder)
    except LaconicError as error:
        raise OptimizerError(str(error)) from error


def _index(parsed: Sequence[ParsedCode], names: Sequence[str | None]) -> CodeIndex:
    from laconic.score.code.ranking import CodeIndex

    if len(parsed) == 1:
        return CodeIndex.of(parsed[0])
    return CodeIndex(parsed, names)


def _ranking(query: str, index: CodeIndex, settings: _Settings, embedder: Any, weights: Weights | None) -> CodeRanking:
    from laconic.score.code.ranking import rank

    ranking = rank(query, index, prefilter=settings.prefilter, model=weights.definitions if weights else None)
    if embedder is None or not ranking.places:
        return ranking
    import numpy as np

    from laconic.score.vectors.embedders import embed_query

    pool = np.sort(np.argsort(-ranking.scores, kind="stable")[: settings.prefilter])
    texts = []
    for at in pool.tolist():
        file, unit = ranking.places[at]
        texts.append(index.text(file, unit))
    try:
        vectors = np.asarray(embedder.embed(texts), dtype=float)
        wanted = np.asarray(embed_query(embedder, query), dtype=float)
    except LaconicError as error:
        raise OptimizerError(str(error)) from error
    near = vectors @ wanted / _TEMPERATURE
    near -= near.max() + np.log(np.exp(near - near.max()).sum())
    scores = ranking.scores.copy()
    scores[pool] = (scores[pool] + near) / 2
    rest = np.setdiff1d(np.arange(len(scores)), pool)
    if len(rest):
        scores[rest] += min(0.0, float(scores[pool].min()) - float(scores[rest].max()) - 1.0)
    return replace(ranking, scores=scores)


def _pick(
    index: CodeIndex,
    ranking: CodeRanking,
    query: str,
    budget: int,
    settings: _Settings,
    counter: TokenCounter,
    sources: Sequence[SourceFile],
    weights: Weights | None,
) -> Picked:
    from laconic.scaledown.selection import pick, preference

    order = preference(index.files, ranking, counter)
    pool = _widen(order, index, settings, counter)
    return pick(
        index.files,
        ranking,
        query,
        budget,
        counter,
        pool=pool,
        graph=lambda: index.graph,
        join=lambda texts: _join(sources, texts),
        model=weights.statements if weights else None,
    )


def _widen(order: Sequence[Place], index: CodeIndex, settings: _Settings, counter: TokenCounter) -> list[Place]:
    """The best ``top_k``, and their neighbours in the call graph while the pool stays within ``soft_cap``."""
    from laconic.kinds.code.units import outline
    from laconic.scaledown.selection import Costs

    rank_of = {place: at for at, place in enumerate(order)}
    costs = [Costs.of(parsed, counter) for parsed in index.files]

    def cost(place: Place) -> int:
        unit = outline(index.files[place[0]]).units[place[1]]
        return costs[place[0]](unit.start, unit.end)

    pool = list(order[: settings.top_k])
    gathered, added = sum(map(cost, pool)), 0
    frontier = pool
    for _ in range(settings.bfs_depth):
        found = []
        for place in frontier:
            near = [other for other in index.graph.neighbours(place) if other in rank_of and other not in pool]
            for other in sorted(near, key=rank_of.__getitem__):
                if added < settings.max_add and gathered + cost(other) <= settings.soft_cap:
                    pool.append(other)
                    found.append(other)
                    gathered += cost(other)
                    added += 1
        frontier = found
    return pool


def _count(sources: Sequence[SourceFile], counter: TokenCounter) -> int:
    """Tokens of all sources; of a single one as it was counted for its parts."""
    if len(sources) == 1 and sources[0].parsed is not None:
        from laconic.score.code.costs import Costs

        return Costs.of(sources[0].parsed, counter).total
    return counter.count(_join(sources, {at: source.text for at, source in enumerate(sources)}))


def _join(sources: Sequence[SourceFile], texts: dict[int, str]) -> str:
    """One text of several: each under a comment that names it."""
    if len(sources) == 1:
        return "".join(texts.values())
    parts = []
    for at, text in texts.items():
        source = sources[at]
        sign = source.parsed.language.line_comment if source.parsed is not None else "#"
        parts.append(f"{sign} path: {source.name or f'file {at + 1}'}\n{text}")
    return "\n\n".join(part.rstrip("\n") for part in parts)


def _fidelity(parsed: Sequence[ParsedCode], picked: Picked) -> float:
    """Share of the output outside ERROR nodes over that of the source, weighted by bytes; at most 1."""
    from laconic.kinds.code.parse import output_fidelity

    kept = {at: rendered.text for at, rendered in picked.texts.items()}
    if all(parsed[at].clean for at in kept):
        return 1.0  # `pick` has parsed every text again
    size = sum(len(text) for text in kept.values())
    if not size:
        return 1.0
    output = sum(len(text) * output_fidelity(text, parsed[at].language.name) for at, text in kept.items()) / size
    source = sum(len(text) * parsed[at].fidelity for at, text in kept.items()) / size
    return min(1.0, output / source) if source else 1.0


def _unchanged(sources: Sequence[SourceFile], tokens: int, began: float) -> OptimizedContext:
    """Everything, because the limit holds it."""
    from laconic.kinds.code.units import outline

    text = _join(sources, {at: source.text for at, source in enumerate(sources)})
    parsed = [source.parsed for source in sources if source.parsed is not None]
    metrics = OptimizerMetrics(
        original_tokens=tokens,
        optimized_tokens=tokens,
        latency_ms=round((perf_counter() - began) * 1000),
        retrieval_mode="full_text",
        ast_fidelity=1.0 if parsed else None,
        chunks_retrieved=sum(len(outline(each).candidates()) for each in parsed),
    )
    return OptimizedContext(
        content=text,
        metrics=metrics,
        spans=((0, len(text)),) if len(sources) == 1 and text else None,
        fallback=len(parsed) < len(sources),
    )


def _as_script(
    source: SourceFile, query: str, budget: int, counter: TokenCounter, original: int, began: float
) -> OptimizedContext:
    """The best statements of a file that defines nothing that fits."""
    from laconic.kinds.code.parse import output_fidelity
    from laconic.scaledown.script import pick_statements

    if source.parsed is None:
        return _as_text([source], query, budget, counter, original, began)
    rendered, kept = pick_statements(source.text, source.parsed.language.name, query, budget, counter)
    if not rendered.text:
        return _as_text([source], query, budget, counter, original, began)
    fidelity = output_fidelity(rendered.text, source.parsed.language.name)
    metrics = OptimizerMetrics(
        original_tokens=original,
        optimized_tokens=counter.count(rendered.text),
        latency_ms=round((perf_counter() - began) * 1000),
        retrieval_mode="bm25",
        ast_fidelity=min(1.0, fidelity / max(1e-9, source.parsed.fidelity)),
        chunks_retrieved=kept,
    )
    return OptimizedContext(content=rendered.text, metrics=metrics, spans=rendered.spans)


def _as_text(
    sources: Sequence[SourceFile], query: str, budget: int, counter: TokenCounter, original: int, began: float
) -> OptimizedContext:
    """Sources in no supported language: their best lines."""
    from laconic.core.compressor import Compressor

    texts = [{"text": source.text, "kind": "prose"} for source in sources]
    found = Compressor(max_tokens=budget, counter=counter).compress(texts, query)
    spans = found.passages[0].spans if len(sources) == 1 and found.passages else None
    metrics = OptimizerMetrics(
        original_tokens=original,
        optimized_tokens=counter.count(found.text),
        latency_ms=round((perf_counter() - began) * 1000),
        retrieval_mode="lexical",
        ast_fidelity=None,
        chunks_retrieved=len(found.passages),
    )
    return OptimizedContext(content=found.text, metrics=metrics, spans=spans, fallback=True)
