"""What is known about words: how common, and how often asked about.

Made by ``training/train_pruner.py``, shipped as ``data/words.npz`` (no pickles). The importance of a word is the
chance, as estimated there, that a question about its sentence names it or that the answer holds it.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from laconic._utils.arrays import arrays_of
from laconic._utils.files import shipped_file
from laconic._utils.lazy import once
from laconic.exceptions import WeightsError

__all__ = ["FEATURES", "FORMAT", "WordStatistics", "word_features"]

FORMAT = 1
FEATURES = ("salience", "rarity", "adverb", "repeated")
_UNSEEN = -16.0  # natural logarithm of the share of a word that is not in the table


class WordStatistics:
    """A table of words, and the weights that turn its numbers into an importance.

    Args:
        words: lower-case words.
        frequency: (n,) natural logarithm of each word's share of running text.
        salience: (n,) log-odds that a question about a sentence with the word concerns the word.
        neutral: the salience of words that are not in the table.
        weights: one for each of `FEATURES`, and the constant.

    Raises:
        WeightsError: the parts do not fit each other.
    """

    def __init__(
        self,
        words: Sequence[str],
        frequency: NDArray[np.float16],
        salience: NDArray[np.float16],
        neutral: float,
        weights: NDArray[np.float64],
    ) -> None:
        if not frequency.shape == salience.shape == (len(words),) or weights.shape != (len(FEATURES) + 1,):
            raise WeightsError(
                f"word statistics of shapes {frequency.shape}, {salience.shape} and {weights.shape} for {len(words)} "
                f"words and {len(FEATURES)} features; make them again with training/train_pruner.py"
            )
        if not all(np.isfinite(part).all() for part in (frequency, salience, weights, neutral)):
            raise WeightsError(
                "word statistics with numbers that are not finite; make them again with training/train_pruner.py"
            )
        self._arrays = (frequency, salience)
        self.words = tuple(words)
        self.frequency: dict[str, float] = dict(zip(words, frequency.astype(float).tolist(), strict=True))
        self.salience: dict[str, float] = dict(zip(words, salience.astype(float).tolist(), strict=True))
        self.neutral = neutral
        self.weights = weights.tolist()

    def importance(self, word: str, said_before: bool = False) -> float:
        """Chance, 0–1, that a question about the sentence concerns the word.

        Args:
            word: in lower case.
            said_before: whether the text said it already.
        """
        weights = self.weights
        total: float = weights[-1]
        for weight, value in zip(weights, word_features(self, word, said_before), strict=False):
            total += weight * value
        return 1.0 / (1.0 + math.exp(-total))

    def knows(self, word: str) -> bool:
        """Whether the lower-case word is in the table; others are names, terms or another language."""
        return word in self.frequency

    @staticmethod
    @once
    def shared() -> WordStatistics:
        """The statistics that ship with the package, read once per process (about 20 ms).

        Raises:
            WeightsError: the shipped file is damaged.
        """
        return WordStatistics.from_file(io.BytesIO(shipped_file("laconic.score.pruning", "data/words.npz")))

    @classmethod
    def from_file(cls, file: BinaryIO) -> WordStatistics:
        """Statistics written by `save`.

        Raises:
            WeightsError: the file is damaged, or of another format.
        """
        with arrays_of(file.read, "word statistics", FORMAT, "reinstall laconic or make them again") as data:
            words = data.text("words").split("\n")
            return cls(words, data["frequency"], data["salience"], data.number("neutral"), data["weights"])

    def save(self, path: str | PathLike[str]) -> None:
        """Write the statistics for `from_file`."""
        frequency, salience = self._arrays
        arrays: dict[str, NDArray[np.generic]] = {
            "format": np.array(FORMAT),
            "words": np.frombuffer("\n".join(self.words).encode(), np.uint8),
            "frequency": frequency,
            "salience": salience,
            "neutral": np.array(self.neutral),
            "weights": np.array(self.weights),
        }
        np.savez_compressed(Path(path), **arrays)  # type: ignore[arg-type]


def word_features(known: WordStatistics, word: str, said_before: bool) -> tuple[float, ...]:
    """The numbers of `FEATURES` for a lower-case word."""
    return (
        known.salience.get(word, known.neutral),
        -known.frequency.get(word, _UNSEEN) / 10,
        float(word.endswith("ly")),
        float(said_before),
    )
