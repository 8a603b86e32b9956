"""`SemanticOptimizer`: the parts of code or text whose meaning is nearest to a question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from laconic.core.inputs import as_passages, as_query
from laconic.exceptions import BudgetError, ConfigurationError, LaconicError, OptimizerError
from laconic.scaledown.metrics import OptimizerMetrics
from laconic.scaledown.results import OptimizedContext
from laconic.scaledown.semantic_sources import CodeSource, Hit, Source, TextSource, language_of, read_source
from laconic.tokens import as_counter
from laconic.types import Passage, Rendered

__all__ = ["SemanticOptimizer"]

DEFAULT_QUERY = "main logic"

_SEPARATOR = "\n\n"
_SEPARATOR_TOKENS = 1

# Cosines to log-odds between symbols, for `pick`, which weighs worth against cost. Chosen on the doc tasks of the code
# benchmark's dev split: MiniLM is best at .06 to .08, the embedded table at .1.
_TEMPERATURE = 0.08


class SemanticOptimizer:
    """Searches a context by meaning and returns the nearest parts in source order.

    Code is cut into its functions, methods and types, text into sections; all are embedded, the ``top_k`` nearest to
    the question are found by exact search with FAISS (with numpy where it is not installed, with the same result),
    and written so that code still parses. Vectors of the last few thousand parts are remembered.

    Args:
        model_name: a sentence-transformers model by hub name or local path; ``"laconic-static"`` for the table that
            ships with laconic, which needs no extra and no download; an OpenAI model (``text-embedding-3-small``); or
            any object that :func:`~laconic.score.vectors.embedders.as_embedder` takes. A model is loaded at the first
            call.
        top_k: most parts to return, at least 1.
        target_model: the model whose tokens are counted; also any counter that :func:`laconic.tokens.as_counter` takes.

    Raises:
        OptimizerError: the packages that the model needs are not installed (the message has the install line), or it is
            an OpenAI model and there is no key.
        ConfigurationError: ``top_k`` is not a whole number of at least 1, or ``target_model`` is no counter.

    Example::

        optimizer = SemanticOptimizer(model_name="laconic-static")
        result = optimizer.optimize(source, query="where are retries counted?", file_path="client.py", max_tokens=600)
    """

    def __init__(
        self,
        model_name: Any = "Qwen/Qwen3-Embedding-0.6B",
        top_k: int = 3,
        target_model: Any = "gpt-4o",
    ) -> None:
        from laconic.score.vectors.embedders import as_embedder, embedder_for_sem_model
        from laconic.score.vectors.memo import RememberingEmbedder

        if isinstance(top_k, bool) or not isinstance(top_k, int) or top_k < 1:
            raise ConfigurationError(f"top_k is {top_k!r}: it must be a whole number of at least 1")
        self.model_name = model_name
        self.top_k = top_k
        self.target_model = target_model
        self._counter = as_counter(target_model)
        try:
            embedder = embedder_for_sem_model(model_name) if isinstance(model_name, str) else as_embedder(model_name)
        except LaconicError as error:
            raise OptimizerError(str(error)) from error
        self._embedder = RememberingEmbedder(embedder)

    def optimize(
        self,
        context: Any,
        query: str | None = DEFAULT_QUERY,
        file_path: str | Path | None = None,
        max_tokens: int | None = None,
    ) -> OptimizedContext:
        """The parts of ``context`` nearest to ``query``.

        Args:
            context: one text or several (strings, dicts, passages, documents, nodes). Blank or None reads
                ``file_path``.
            query: the question; None or blank asks for ``"main logic"``.
            file_path: names the source of a context that has none of its own, which tells its language; not opened
                unless there is no context.
            max_tokens: ceiling of the result's tokens, at least 1; None sets none. A symbol that does not fit is cut
                inside, a section comes down to its nearest sentences; where nothing fits, the result is empty.

        Returns:
            The parts in source order, several texts joined by a blank line, with their metrics. A context of no more
            than ``top_k`` parts that fits comes back unchanged, an empty one empty. ``metrics.ast_fidelity`` is the
            share of the code's bytes outside parse errors relative to the source's, None where there is no code.

        Raises:
            OptimizerError: the model cannot be loaded or gave unusable vectors, or there is neither a context nor a
                readable file. Nothing partial is returned.
            BudgetError: ``max_tokens`` is out of range.
            InputError: the context or the query is not text.
        """
        began = perf_counter()
        if max_tokens is not None and (
            isinstance(max_tokens, bool) or not isinstance(max_tokens, int) or max_tokens < 1
        ):
            raise BudgetError(f"max_tokens is {max_tokens!r}: it must be a whole number of tokens of at least 1")
        question = as_query(query) or DEFAULT_QUERY
        passages = self._read(context, file_path)
        original = self._count_joined({at: passage.text for at, passage in enumerate(passages)})
        ceiling = original if max_tokens is None else min(original, max_tokens)
        sources = [read_source(passage, language_of(passage)) for passage in passages]
        total = sum(len(source.units) for source in sources)
        if original <= ceiling and total <= self.top_k:
            rendered = {at: Rendered(passage.text, ((0, len(passage.text)),)) for at, passage in enumerate(passages)}
            return self._result(sources, rendered, total, original, began)
        try:
            hits = self._search(sources, question)
            files = [source for source in sources if isinstance(source, CodeSource)]
            if len(files) == len(sources):
                rendered, parts = self._pick_symbols(files, hits, question, ceiling)
            else:
                rendered, parts = self._pick_sections(sources, hits, question, ceiling)
        except ConfigurationError as error:
            raise OptimizerError(str(error)) from error
        return self._result(sources, rendered, parts, original, began)

    def _read(self, context: Any, file_path: str | Path | None) -> list[Passage]:
        """The context as passages, each with a source where one is known."""
        path = None if file_path is None else str(file_path)
        passages = [] if context is None else as_passages(context)
        if path is not None and not any(passage.text.strip() for passage in passages):
            try:
                text = Path(path).read_text(encoding="utf-8-sig")
            except (OSError, UnicodeDecodeError) as error:
                raise OptimizerError(
                    f"there is no context and {path!r} cannot be read ({error}): pass the text as context, or the path "
                    "of a UTF-8 file"
                ) from error
            return [Passage(text, source=path)]
        if not passages and context is None:
            raise OptimizerError("there is nothing to search: pass a context, or the file_path of one")
        return [passage if passage.source else replace(passage, source=path) for passage in passages]

    def _search(self, sources: Sequence[Source], question: str) -> list[Hit]:
        """The nearest units, best first."""
        from laconic.score.vectors.search import nearest

        places = [(at, position) for at, source in enumerate(sources) for position in range(len(source.units))]
        if not places:
            return []
        vectors = self._embedder.embed([sources[at].units[position].text for at, position in places])
        rows, scores = nearest(vectors, self._embedder.embed_query(question), self.top_k)
        return [Hit(*places[row], score) for row, score in zip(rows, scores, strict=True)]

    def _pick_symbols(
        self, files: Sequence[CodeSource], hits: Sequence[Hit], question: str, ceiling: int
    ) -> tuple[dict[int, Rendered], int]:
        """Symbols under the ceiling, and how many; the first that does not fit is cut inside."""
        import numpy as np

        from laconic.scaledown.selection import pick
        from laconic.score.code.ranking import CodeRanking

        in_order = sorted(hits)
        logits = np.array([hit.score for hit in in_order]) / _TEMPERATURE
        ranking = CodeRanking(
            places=tuple((hit.source, files[hit.source].units[hit.unit].key) for hit in in_order),
            scores=logits - np.logaddexp.reduce(logits),
            bm25=np.zeros(len(in_order)),
        )
        parsed = [file.parsed for file in files]
        picked = pick(parsed, ranking, question, ceiling, self._counter, pool=ranking.places, join=_join)
        return picked.texts, len(picked.whole) + (picked.cut is not None)

    def _pick_sections(
        self, sources: Sequence[Source], hits: Sequence[Hit], question: str, ceiling: int
    ) -> tuple[dict[int, Rendered], int]:
        """Sections (and symbols, where there are both) under the ceiling, and how many of them something is left of.

        The first section that does not fit comes down to the sentences nearest to the question.
        """
        kept: list[tuple[Hit, tuple[int, ...]]] = []
        room = ceiling
        cut = False
        for hit in hits:
            source = sources[hit.source]
            cost = self._counter.count(source.units[hit.unit].text) + _SEPARATOR_TOKENS
            if cost <= room:
                kept.append((hit, source.pieces(hit.unit)))
                room -= cost
            elif isinstance(source, TextSource) and not cut:
                cut = True
                for segment in self._nearest_segments(source, hit.unit, question):
                    needed = source.with_required(segment)
                    cost = sum(self._counter.count(source.slice(at)) + 1 for at in needed)
                    if cost <= room:
                        kept.append((hit, needed))
                        room -= cost
        # Counts of parts do not add up exactly, so what was taken last goes until the text itself fits.
        while True:
            rendered = self._render(sources, kept)
            if not kept or self._count_joined({at: each.text for at, each in rendered.items()}) <= ceiling:
                return rendered, len({hit for hit, _ in kept})
            kept.pop()

    def _nearest_segments(self, source: TextSource, unit: int, question: str) -> list[int]:
        """Segments of one section, the nearest to the question first."""
        from laconic.score.vectors.search import nearest

        run = source.ranges[unit]
        vectors = self._embedder.embed([source.slice(at) for at in run])
        rows, _ = nearest(vectors, self._embedder.embed_query(question), len(run))
        return [run[row] for row in rows]

    @staticmethod
    def _render(sources: Sequence[Source], kept: Sequence[tuple[Hit, tuple[int, ...]]]) -> dict[int, Rendered]:
        pieces: dict[int, set[int]] = {}
        for hit, own in kept:
            pieces.setdefault(hit.source, set()).update(own)
        return {at: sources[at].render(sorted(pieces[at])) for at in sorted(pieces)}

    def _result(
        self, sources: Sequence[Source], rendered: Mapping[int, Rendered], parts: int, original: int, began: float
    ) -> OptimizedContext:
        texts = {at: each.text for at, each in rendered.items()}
        spans = rendered[0].spans if 0 in rendered else ()
        return OptimizedContext(
            content=_join(texts),
            metrics=OptimizerMetrics(
                original_tokens=original,
                optimized_tokens=self._count_joined(texts),
                latency_ms=round(1000 * (perf_counter() - began)),
                retrieval_mode="semantic_search",
                ast_fidelity=_fidelity(sources, texts),
                chunks_retrieved=parts,
            ),
            spans=spans if len(sources) == 1 else None,
        )

    def _count_joined(self, texts: Mapping[int, str]) -> int:
        return self._counter.count(_join(texts))


def _join(texts: Mapping[int, str]) -> str:
    """Texts by position, joined as they are returned."""
    return _SEPARATOR.join(texts.values())


def _fidelity(sources: Sequence[Source], texts: Mapping[int, str]) -> float | None:
    """Share of the code's bytes outside parse errors, relative to the share in the source; None without code."""
    from laconic.kinds.code.parse import parse_fragment

    size = intact = 0.0
    for at, text in texts.items():
        source = sources[at]
        if isinstance(source, CodeSource) and text:
            after = parse_fragment(text, source.parsed.language.name).fidelity
            size += len(text)
            intact += len(text) * min(1.0, after / max(source.parsed.fidelity, 1e-9))
    return intact / size if size else None
