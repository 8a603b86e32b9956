"""Text to vectors: the protocol of one method, and what makes an embedder of the one that a program already has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from laconic.exceptions import ConfigurationError
from laconic.score.vectors.checks import CheckedEmbedder
from laconic.score.vectors.static import StaticVectors
from laconic.score.vectors.transformer import TransformerEmbedder

__all__ = ["CheckedEmbedder", "Embedder", "as_embedder", "embed_query", "embedder_for_sem_model", "embedder_name"]

STATIC_NAME = StaticVectors.name
_OPENAI_PREFIXES = ("text-embedding-", "openai:")


@runtime_checkable
class Embedder(Protocol):
    """Texts to vectors.

    An embedder may also have ``embed_query(text) -> (d,)`` where questions are embedded otherwise than
    documents (see :func:`embed_query`), and a ``name``.
    """

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row per text, float32 (n, d), each of length one; a row of zeros for a blank text."""


def embed_query(embedder: Embedder, query: str) -> NDArray[np.float32]:
    """Vector of one question, float32 (d,): by the embedder's own ``embed_query`` where it has one."""
    own = getattr(embedder, "embed_query", None)
    return np.asarray(own(query) if callable(own) else embedder.embed([query])[0])


def embedder_name(embedder: Embedder) -> str:
    """What the embedder calls itself, else the name of its class."""
    name = getattr(embedder, "name", None)
    return name if isinstance(name, str) else type(embedder).__name__


def as_embedder(embedder: Any = None) -> Embedder:
    """Make an embedder of what the caller has.

    Args:
        embedder: one of

            - None or ``"laconic-static"``: the embedded table;
            - any other string: a sentence-transformers model by hub name or local path, loaded at first use;
            - a loaded ``SentenceTransformer``;
            - a LangChain ``Embeddings`` (``embed_documents``, ``embed_query``);
            - a LlamaIndex embedding (``get_text_embedding_batch``, ``get_query_embedding``);
            - an object with ``encode(texts)`` (model2vec) or with ``embed(texts)`` (this protocol,
              fastembed).

    Returns:
        An embedder whose output is checked and normalised. The windows of the models behind a LangChain or
        LlamaIndex object, or behind ``encode`` and ``embed``, are not known here: what they do with long
        texts is theirs.

    Raises:
        ConfigurationError: none of these.
        MissingDependencyError: a name was given and sentence-transformers is not installed.
    """
    if embedder is None:
        return StaticVectors.shared()
    if isinstance(embedder, str):
        return StaticVectors.shared() if embedder == STATIC_NAME else TransformerEmbedder(embedder)
    if isinstance(embedder, type):
        raise ConfigurationError(f"embedder {embedder.__name__} is a class; pass an instance of it")
    if isinstance(embedder, (StaticVectors, CheckedEmbedder)):
        return embedder
    if any(base.__module__.split(".")[0] == "sentence_transformers" for base in type(embedder).__mro__):
        return TransformerEmbedder(embedder)
    for documents, query in (
        ("embed_documents", "embed_query"),  # LangChain
        ("get_text_embedding_batch", "get_query_embedding"),  # LlamaIndex
        ("encode", "encode_query"),
        ("embed", "embed_query"),
    ):
        method = getattr(embedder, documents, None)
        if callable(method):
            ask = getattr(embedder, query, None)
            return CheckedEmbedder(embedder_name(embedder), method, ask if callable(ask) else None)
    raise ConfigurationError(
        f"{type(embedder).__name__} is no embedder; pass {STATIC_NAME!r}, the name or path of a "
        "sentence-transformers model, or an object with embed_documents, get_text_embedding_batch, encode or embed"
    )


def embedder_for_sem_model(name: str) -> Embedder:
    """The embedder that a ``sem_model`` names (HASTE).

    ``text-embedding-…`` is an OpenAI model, called over HTTP; so is ``openai:NAME`` for any other name that
    the server at ``OPENAI_BASE_URL`` knows. All else is as in :func:`as_embedder`.

    Raises:
        ConfigurationError: ``name`` is empty or not a string.
        AuthenticationError: an OpenAI model, and ``OPENAI_API_KEY`` is not set.
        MissingDependencyError: the package that the model needs is not installed.
    """
    if not isinstance(name, str) or not name.strip():
        raise ConfigurationError(
            f"sem_model is {name!r}; name an OpenAI embedding model, a sentence-transformers model or {STATIC_NAME!r}"
        )
    if name.startswith(_OPENAI_PREFIXES):
        from laconic.score.vectors.openai_api import OpenAIEmbedder  # what HTTP needs, where it is asked for

        return OpenAIEmbedder(name.removeprefix("openai:"))
    return as_embedder(name)
