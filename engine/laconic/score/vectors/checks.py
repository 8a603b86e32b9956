"""What goes into an embedder, and what may come out of a foreign one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from laconic.exceptions import ConfigurationError, InputError

__all__ = ["check_texts", "unit_rows"]


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
