"""What goes into an embedder, and what may come out of a foreign one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from laconic.exceptions import ConfigurationError, InputError

__all__ = ["CheckedEmbedder", "check_texts", "unit_rows"]


def check_texts(texts: Sequence[str]) -> None:
    """Refuse what is not a sequence of strings.

    Raises:
        InputError: ``texts`` is one string, or holds something that is not a string.
    """
    if isinstance(texts, str):
        raise InputError("embed() got one string; pass a list of texts")
    for position, text in enumerate(texts):
        if not isinstance(text, str):
            raise InputError(f"embed() got {type(text).__name__} at position {position}; every text must be a string")


def unit_rows(vectors: Any, count: int, name: str) -> NDArray[np.float32]:
    """What an embedder returned as float32 (count, d), every row of length one; rows of zeros stay.

    Raises:
        ConfigurationError: another shape, something that is no number, NaN or infinity; the message calls the
            embedder ``name``.
    """
    if not isinstance(vectors, np.ndarray) and isinstance(vectors, Iterable):
        vectors = list(vectors)
    try:
        rows = np.asarray(vectors, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(
            f"embedder {name} gave {count} texts something that is no array of numbers ({error}); "
            "it must give one vector of the same length for each text"
        ) from error
    if rows.ndim != 2 or rows.shape[0] != count or rows.shape[1] == 0:
        raise ConfigurationError(
            f"embedder {name} gave {count} texts an array of shape {rows.shape}; expected ({count}, dimensions)"
        )
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        raise ConfigurationError(
            f"embedder {name} gave NaN or infinity for text {int(np.argmin(finite))} of {count}; "
            "check the model (half precision often overflows) or leave the text out"
        )
    largest = np.abs(rows).max(axis=1, keepdims=True)
    largest[largest == 0] = 1.0
    rows = rows / largest  # keeps the squares below from overflowing
    lengths = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    lengths[lengths == 0] = 1.0
    return np.asarray(rows / lengths, dtype=np.float32)


class CheckedEmbedder:
    """An embedder out of foreign functions, whose output is checked and brought to length one.

    Args:
        name: what error messages and saved indexes call it.
        documents: a list of texts to as many vectors (array, lists, or a generator of them).
        query: one question to one vector; None embeds it as a document.

    Blank texts never reach the functions, since many services refuse them; their row is zero.
    """

    def __init__(
        self, name: str, documents: Callable[[list[str]], Any], query: Callable[[str], Any] | None = None
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
        own = self._query if text.strip() else None
        (row,) = self.embed([text]) if own is None else self._checked([own(text)], 1)
        return np.asarray(row)

    def _checked(self, vectors: Any, count: int) -> NDArray[np.float32]:
        rows = unit_rows(vectors, count, self.name)
        if self.dimensions is not None and rows.shape[1] != self.dimensions:
            raise ConfigurationError(
                f"embedder {self.name} gave vectors of {rows.shape[1]} dimensions after {self.dimensions} before; "
                "all texts and questions must be embedded by one model"
            )
        self.dimensions = rows.shape[1]
        return rows
