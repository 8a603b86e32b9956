"""Which shape an object has: its reader, by its methods; no framework is imported to find out."""

from __future__ import annotations

from typing import Any

from laconic.exceptions import ConfigurationError
from laconic.score.readers.answers import called
from laconic.score.readers.calls import CallReader
from laconic.score.readers.frameworks import DocumentReader, NodeReader
from laconic.score.readers.pairs import LocalCrossEncoder, PairReader
from laconic.score.readers.pruners import PruneReader
from laconic.score.readers.reader import Reader, parameters, positionals

__all__ = ["ACCEPTED", "as_reader"]

ACCEPTED = (
    "an object with score(query, passages, segments) (laconic.types.Scorer), a cross encoder (predict or score of "
    "pairs), a reranker of LangChain (compress_documents) or LlamaIndex (postprocess_nodes), a client with "
    "rerank(query=, documents=), a pruner with process(question, context), a function (query, texts) -> scores, or the "
    "folder of a cross encoder"
)


def as_reader(model: Any) -> Reader:
    """The reader of a foreign scorer.

    Args:
        model: an object or a function of `ACCEPTED`, but for laconic's own scorers; or the path or name of a cross
            encoder.

    Raises:
        ConfigurationError: it is none of these.
        MissingDependencyError: a path or name, and sentence-transformers is not installed.
    """
    if isinstance(model, str):
        return LocalCrossEncoder(model)
    found = None if isinstance(model, type) else _by_methods(model)
    if found is None:
        raise ConfigurationError(f"scorer {_given(model)} is not usable: give {ACCEPTED}")
    return found


def _by_methods(model: Any) -> Reader | None:
    """By the most telling method first: many models can be called as well, with something else."""
    if _has(model, "predict") and (_has(model, "rank") or _comes_from(model, "sentence_transformers")):
        return PairReader(model, "predict", local=True)
    if _has(model, "compute_score"):  # FlagEmbedding
        return PairReader(model, "compute_score", local=True)
    if _has(model, "process") and {"question", "context"} <= parameters(model.process).keys():
        return PruneReader(model)
    if _has(model, "score"):  # LangChain's cross encoders; or of a question and texts
        fewest, most = positionals(model.score)
        if fewest == 1:
            return PairReader(model, "score", local=False)
        return CallReader(model.score, model) if fewest <= 2 <= most else None
    if _has(model, "rerank") and {"query", "documents"} <= parameters(model.rerank).keys():
        return CallReader(model.rerank, model)
    if _has(model, "compress_documents"):
        inner = getattr(model, "model", None)
        return PairReader(inner, "score", local=False) if _has(inner, "score") else DocumentReader(model)
    if _has(model, "postprocess_nodes"):
        return NodeReader(model)
    if callable(model) and not _comes_from(model, "torch"):  # a bare network takes tensors
        fewest, most = positionals(model)
        by_name = {"query", "documents"} <= parameters(model).keys()
        return CallReader(model) if by_name or fewest <= 2 <= most else None
    return None


def _has(model: Any, method: str) -> bool:
    return callable(getattr(model, method, None))


def _comes_from(model: Any, package: str) -> bool:
    return any(base.__module__.split(".")[0] == package for base in type(model).__mro__)


def _given(model: Any) -> str:
    if isinstance(model, type):
        return f"{model.__name__} (a class; give an instance)"
    if _has(model, "encode"):
        return f"{called(model)} (it embeds: give it to embeddings= or laconic.HybridScorer)"
    return f"{called(model)} {model!r:.80}"
