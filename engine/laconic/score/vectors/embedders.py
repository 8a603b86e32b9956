"""Text to vectors: the protocol of one method, and what makes an embedder of the one that a program already
runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from laconic.exceptions import ConfigurationError
from laconic.score.vectors.checks import check_texts, unit_rows
from laconic.score.vectors.static import StaticVectors

__all__ = [
    "CheckedEmbedder",
    "Embedder",
    "as_embedder",
    "embed_query",
    "embedder_for_sem_model",
    "embedder_name",
]

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
        ...


class CheckedEmbedder:
    """An embedder out of foreign functions, whose output is checked and brought to length one.

    Args:
        name: what error messages and saved indexes call it.
        documents: a list of texts to as many vectors (array, lists, or a generator of them).
        query: one question to one vector; None embeds it as a document.

    Blank texts never reach the functions, since many services refuse them; their row is zero.
    """

    def __init__(
        self,
        name: str,
        documents: Callable[[list[str]], Any],
        query: Callable[[str], Any] | None = None,
    ) -> None:
        self.name = name
        self.dimensions: int | None = None
        self._documents = documents
        self._query = query

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of documents, float32 (n, d).

        Raises:
            ConfigurationError: the wrapped functions gave NaN, infinity, another number of rows or of dimensions.
            InputError: ``texts`` is one string, or holds something that is not a string.
        """
        check_texts(texts)
        filled = [row for row, text in enumerate(texts) if text.strip()]
        if not filled:
            return np.zeros((len(texts), self.dimensions or 0), dtype=np.float32)
        vectors = self._checked(self._documents([texts[row] for row in filled]), len(filled))
        result = np.zeros((len(texts), vectors.shape[1]), dtype=np.float32)
        result[filled] = vectors
        return result

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Vector of a question, float32 (d,); errors as those of :meth:`embed`."""
        if self._query is None or not text.strip():
            return self._only_row(self.embed([text]))
        return self._only_row(self._checked([self._query(text)], 1))

    @staticmethod
    def _only_row(rows: NDArray[np.float32]) -> NDArray[np.float32]:
        row: NDArray[np.float32] = rows[0]
        return row

    def _checked(self, vectors: Any, count: int) -> NDArray[np.float32]:
        rows = unit_rows(vectors, count, self.name)
        if self.dimensions is not None and rows.shape[1] != self.dimensions:
            raise ConfigurationError(
                f"embedder {self.name} gave vectors of {rows.shape[1]} dimensions after {self.dimensions} before; "
                "all texts and questions must be embedded by one model"
            )
        self.dimensions = rows.shape[1]
        return rows


def embed_query(embedder: Embedder, query: str) -> NDArray[np.float32]:
    """Vector of one question, float32 (d,): by the embedder's own ``embed_query`` where it has one."""
    own = getattr(embedder, "embed_query", None)
    if callable(own):
        vector: NDArray[np.float32] = own(query)
        return vector
    row: NDArray[np.float32] = embedder.embed([query])[0]
    return row


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
        if embedder == STATIC_NAME:
            return StaticVectors.shared()
        from laconic.score.vectors.transformer import TransformerEmbedder

        return TransformerEmbedder(embedder)
    if isinstance(embedder, type):
        raise ConfigurationError(f"embedder {embedder.__name__} is a class; pass an instance of it")
    if isinstance(embedder, (StaticVectors, CheckedEmbedder)):
        return embedder
    if any(base.__module__.split(".")[0] == "sentence_transformers" for base in type(embedder).__mro__):
        from laconic.score.vectors.transformer import TransformerEmbedder

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
        from laconic.score.vectors.openai_api import OpenAIEmbedder

        return OpenAIEmbedder(name.removeprefix("openai:"))
    return as_embedder(name)
