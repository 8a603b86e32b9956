"""`SemanticOptimizer`: the parts of code or text whose meaning is nearest to a question."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from laconic._utils.options import known_options
from laconic.core.budget import Budget
from laconic.core.inputs import as_passages, as_query
from laconic.core.outcome import compression
from laconic.core.reading import Reading
from laconic.core.run import Run
from laconic.exceptions import BudgetError, ConfigurationError, LaconicError, OptimizerError
from laconic.kinds.catalogue import recognise
from laconic.scaledown.metrics import OptimizerMetrics
from laconic.scaledown.results import OptimizedContext, figures_of_optimized
from laconic.scaledown.semantic_search import SemanticSearch
from laconic.telemetry import reported
from laconic.tokens import as_counter
from laconic.types import Passage, Rendered

__all__ = ["SemanticOptimizer", "as_cut"]

DEFAULT_QUERY = "main logic"

# Documents quote code; their suffix says what they are.
_TEXT_SUFFIXES = (".md", ".markdown", ".rst", ".txt", ".html")


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

    @known_options
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

    @reported("SemanticOptimizer", figures_of_optimized)
    @known_options
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
            share of the code's structure that stands unbroken in the result, None where there is no code; see
            `laconic.kinds.code.fidelity.structure_kept`.

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
        given = self._read(context, file_path)
        passages = [as_cut(passage) for passage in given]
        search = SemanticSearch(passages, question, self._embedder, self.top_k)
        reading = Reading(passages, question, search.settings(Budget(max_tokens, rate=1.0), self._counter))
        units = len(search.units(reading.segments))
        if units > self.top_k:  # more than is asked for, even where all of it would fit
            reading.settings = replace(reading.settings, threshold=1.0)
        try:
            run = Run(reading).run()
        except ConfigurationError as error:
            raise OptimizerError(str(error)) from error
        result = compression(run, began)
        texts = {part.index: Rendered(part.text, part.spans) for part in result.passages}
        kept = {*run.kept, *([run.writing.cut[0]] if run.writing.cut else [])}
        spans = texts[0].spans if 0 in texts else ()
        return OptimizedContext(
            content=result.text,
            metrics=OptimizerMetrics(
                original_tokens=result.metrics.original_tokens,
                optimized_tokens=result.metrics.compressed_tokens,
                estimated=not result.metrics.exact,
                latency_ms=round(result.metrics.latency_ms),
                retrieval_mode="semantic_search",
                ast_fidelity=search.fidelity([texts.get(at) for at in range(len(passages))]),
                chunks_retrieved=units if run.written is None else search.parts(kept),
            ),
            spans=spans if len(passages) == 1 else None,
            fallback=run.written is not None
            and (any(map(_is_simpler, given, passages)) or any(part.fallback for part in run.reading.parts)),
        )

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


def as_cut(passage: Passage) -> Passage:
    """The passage with the kind that it is cut as."""
    kind, _ = recognise(passage)
    is_text = PurePosixPath(urlsplit(passage.source or "").path).suffix.lower() in _TEXT_SUFFIXES
    if passage.kind is None and is_text and not kind.running_text:
        return replace(passage, kind="prose")
    return replace(passage, kind=kind.name)


def _is_simpler(passage: Passage, cut: Passage) -> bool:
    """Whether a passage is cut in a simpler way than its kind is, as what that needs is missing."""
    kind, fallback = recognise(passage)
    return fallback is not None and kind.name == cut.kind
