"""Words of many languages in one space: what a question in one language has in common with passages in another.

A word of the aligned table (its own distribution, ``laconic-aligned``) has a direction of meaning; names, and what the
table does not have, have one of sound (`laconic.score.vectors.sounds`), with the table or without.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from math import ceil, log1p
from os import PathLike
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from laconic._utils.arrays import arrays_of
from laconic._utils.files import shipped_file
from laconic._utils.lazy import once
from laconic._utils.words import fold_word, is_unspaced
from laconic.exceptions import WeightsError
from laconic.score.vectors.sounds import sounds_of
from laconic.score.vectors.static import DIMENSIONS, hashed_direction

__all__ = ["ALIGNED_FORMAT", "AlignedVectors"]

ALIGNED_FORMAT = 1
"""Of the table's file; another one is refused."""

_PACKAGE = "laconic_aligned"
_MEANING = DIMENSIONS // 2  # the first half of a vector is meaning, the second sound
_LONGEST = 8  # characters of a word that is looked for in text without blanks
_LEAST_PREFIX, _PREFIX_SHARE = 4, 0.6  # an inflected word is looked up by its beginning, this long at least
_LEAST_SOUNDS = 3  # consonants; fewer are the same for too many words
_RAREST = 1.3


class AlignedVectors:
    """Directions of words for calls whose question and passages are in different languages.

    Args:
        table: (n, 64) quantized directions, the most common word first.
        vocabulary: the n words, folded.

    Raises:
        WeightsError: the parts do not fit each other.
    """

    dimensions: ClassVar[int] = DIMENSIONS

    def __init__(self, table: NDArray[np.int8], vocabulary: Sequence[str]) -> None:
        if table.shape != (len(vocabulary), _MEANING) or table.dtype != np.int8:
            raise WeightsError(
                f"aligned table of {table.dtype} and shape {table.shape} for {len(vocabulary)} words; "
                f"expected int8 and (n, {_MEANING}) for n words"
            )
        self._table = table
        self._rows = {word: row for row, word in enumerate(vocabulary)}

    @classmethod
    def from_file(cls, path: str | PathLike[str]) -> AlignedVectors:
        """A table written by ``training/build_aligned.py``.

        Raises:
            WeightsError: there is no such file, it is damaged, of another format, or no table.
        """
        return cls._read(Path(path).read_bytes(), str(path))

    @classmethod
    def _read(cls, data: bytes, name: str) -> AlignedVectors:
        advice = "install the laconic-aligned of this version, or write the file again with training/build_aligned.py"
        with arrays_of(lambda: data, name, ALIGNED_FORMAT, advice) as arrays:
            words = arrays["vocabulary"].tobytes().decode("utf-8")
            return cls(np.asarray(arrays["table"]), words.split("\n") if words else [])

    @staticmethod
    @once
    def shared() -> AlignedVectors:
        """The table of the installed ``laconic-aligned``, read once per process.

        Without it there are sounds alone, and likewise, with a warning, where it cannot be used.
        """
        if find_spec(_PACKAGE) is not None:
            try:
                return AlignedVectors._read(shipped_file(_PACKAGE, "aligned.npz"), "the installed laconic-aligned")
            except (WeightsError, OSError) as error:
                warnings.warn(f"{error}; going on without it", RuntimeWarning, stacklevel=2)
        return AlignedVectors(np.zeros((0, _MEANING), np.int8), ())

    def __len__(self) -> int:
        return len(self._rows)

    def row_of(self, word: str) -> int | None:
        """Row of a folded word: its own, else that of the longest known beginning that is most of it."""
        row = self._rows.get(word)
        if row is None:
            least = max(_LEAST_PREFIX, ceil(_PREFIX_SHARE * len(word)))
            ends = range(len(word) - 1, least - 1, -1)
            row = next((self._rows[word[:end]] for end in ends if word[:end] in self._rows), None)
        return row

    def parts(self, token: str) -> Iterator[str]:
        """The words of a token in a script without blanks, or in Korean: the longest that are known, and the runs
        between them.
        """
        start = at = 0
        while at < len(token):
            ends = range(min(len(token), at + _LONGEST), at, -1)
            end = next((end for end in ends if token[at:end] in self._rows), None)
            if end is None:
                at += 1
                continue
            if start < at:
                yield token[start:at]
            yield token[at:end]
            start = at = end
        if start < len(token):
            yield token[start:]

    def written_parts(self, token: str) -> Iterator[str]:
        """The words that a token of any script stands for."""
        return self.parts(token) if is_unspaced(token, hangul=True) else iter((token,))

    def word_columns(self, words: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Vectors (n, 128), zeros for what is neither known nor sounds like anything, and rarities (n,), 0 to 1.3."""
        matrix = np.zeros((len(words), DIMENSIONS), np.float32)
        rarities = np.full(len(words), _RAREST, np.float32)
        most = log1p(max(1, len(self._rows)))
        for at, word in enumerate(words):
            low = fold_word(word)
            row = self.row_of(low)
            if row is not None:
                meaning = self._table[row].astype(np.float32)
                matrix[at, :_MEANING] = meaning / max(1e-9, float(np.sqrt(meaning @ meaning)))
                rarities[at] = log1p(row) / most
            if row is None or (word[0].isupper() and len(word) > 1):
                sounds = sounds_of(low)
                if len(sounds) >= _LEAST_SOUNDS and (word[0].isupper() or not word[0].islower()):
                    matrix[at, _MEANING:] = hashed_direction(sounds)[_MEANING:]
                    matrix[at, _MEANING:] /= np.sqrt((matrix[at, _MEANING:] ** 2).sum())
        return matrix, rarities
