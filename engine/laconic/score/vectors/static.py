"""The embedded word vectors: 128 numbers per WordPiece, shipped in the package, read with numpy alone.

``training/distill_vectors.py`` makes the table from all-MiniLM-L6-v2 (see there for the recipe). The
table's rows are in order of how common the piece is, and their lengths carry the weight of the piece (small
for common ones), so that a plain sum of rows is a sensible vector of a word or of a sentence.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from functools import cached_property
from itertools import islice, pairwise
from typing import BinaryIO, ClassVar

import numpy as np
from numpy.typing import NDArray

from laconic._utils.arrays import arrays_of
from laconic._utils.files import shipped_file
from laconic._utils.lazy import once
from laconic._utils.remembered import LONGEST, Owners
from laconic._utils.words import characters_of, is_unspaced
from laconic.exceptions import WeightsError
from laconic.score.vectors.checks import check_texts
from laconic.score.vectors.wordpiece import pieces, split_words

__all__ = ["DIMENSIONS", "StaticVectors", "hashed_direction"]

DIMENSIONS = 128
"""Length of every vector; a hashed n-gram fills it with one bit of a 128-bit digest per number."""

_Entry = tuple[NDArray[np.float32], float]  # vector, rarity

_FORMAT = 1
_MEMO_WORDS = 20_000  # about 12 MB when full
_EMBED_WORDS = 1 << 16  # words summed at once, 32 MB of vectors
_MULTI_PIECE, _PER_PIECE, _RAREST = 1.1, 0.05, 1.3


_MADE = Owners(f"{__name__}.words")


class StaticVectors:
    """Word and sentence vectors from the embedded table; an :class:`~laconic.score.vectors.Embedder`.

    Use :meth:`shared`: one table per process, read at the first call (about 10 ms, 4 MB, plus at most 12 MB
    for the memo of words). All methods may be called from several threads.

    What has which vector:

    * A word that the vocabulary spells in one or more pieces: the sum of their rows. Case and accents make
      no difference.
    * An identifier (``getUserName``, ``user_name``): the sum over its parts.
    * A number: the pieces of its digits.
    * Any other word (other scripts, digests, ``x1``): a sum of pseudo-random directions, one for the whole
      word and one for each of its character trigrams (characters and pairs of characters for Korean and
      for scripts that are written without blanks). Equal words agree, inflections of one stem are similar, unrelated
      words are close to orthogonal. Its length is that of a rare word.
    * Text without letters or digits: zero.
    """

    dimensions: ClassVar[int] = DIMENSIONS
    name: ClassVar[str] = "laconic-static"

    def __init__(self, table: NDArray[np.int8], scales: NDArray[np.float32], vocabulary: Sequence[str]) -> None:
        """A table from its parts.

        Args:
            table: (n, 128) quantized rows, most common piece first.
            scales: (n,) factors that undo the quantization of each row.
            vocabulary: the n pieces in the same order.

        Raises:
            WeightsError: the parts do not fit each other.
        """
        if table.shape != (len(vocabulary), DIMENSIONS) or scales.shape != (len(vocabulary),):
            raise WeightsError(
                f"word table of shape {table.shape} with {scales.shape} scales for {len(vocabulary)} pieces; "
                f"expected (n, {DIMENSIONS}) and (n,) for n pieces; make it again with training/distill_vectors.py"
            )
        if table.dtype != np.int8:
            raise WeightsError(
                f"word table of type {table.dtype}; expected int8; make it again with training/distill_vectors.py"
            )
        self._table = table
        self._scales = scales.astype(np.float32)
        self._rows = {piece: row for row, piece in enumerate(vocabulary)}
        self._memo: dict[str, _Entry] = {}
        _MADE.add(self)

    @property
    def remembered(self) -> int:
        """How many words the memo has."""
        return len(self._memo)

    def forget(self) -> None:
        """Drop the memo of words."""
        self._memo = {}

    @cached_property
    def _rare_length(self) -> float:
        """The mean length of the rarer half's vectors."""
        half = len(self._table) // 2
        rare = self._table[half:].astype(np.float32) * self._scales[half:, None]
        return float(np.sqrt((rare * rare).sum(axis=1)).mean())

    @staticmethod
    @once
    def shared() -> StaticVectors:
        """The table that ships with the package, read once per process."""
        return StaticVectors.from_file(io.BytesIO(shipped_file("laconic.score.vectors", "data/static.npz")))

    @classmethod
    def from_file(cls, file: BinaryIO) -> StaticVectors:
        """A table written by ``training/distill_vectors.py``.

        Raises:
            WeightsError: the file is damaged, of another format, or no table.
        """
        with arrays_of(file.read, "the word table", _FORMAT, "reinstall laconic or make the table again") as data:
            return cls(data["table"], data.floats("scales"), data.text("vocabulary").split("\n"))

    def word_vector(self, word: str) -> NDArray[np.float32]:
        """Vector of one word or identifier: float32 (128,), not normalised, longer for rarer words.

        The array is shared with the memo and read-only. About 10 µs for a new word, 0.1 µs for one seen before.
        """
        return self._look_up(word)[0]

    def word_matrix(self, words: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of several words, float32 (n, 128), in order; about 3 µs for a new word."""
        matrix = np.empty((len(words), DIMENSIONS), dtype=np.float32)
        for row, (vector, _) in enumerate(self._entries(words)):
            matrix[row] = vector
        return matrix

    def rarity(self, word: str) -> float:
        """How rare a word is, 0–1.3.

        0–1 for one piece, the logarithm of its rank over that of the last rank; from 1.2 for a word of two pieces up to
        1.3 for one of four or more or one that the vocabulary cannot spell; 0 for no word at all.
        """
        return self._look_up(word)[1]

    def word_columns(self, words: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """`word_vector` and `rarity` of many words at once, (n, 128) and (n,), past the memo: about 3 µs a word."""
        matrix = np.zeros((len(words), DIMENSIONS), dtype=np.float32)
        rarities = np.zeros(len(words), dtype=np.float32)
        rows: list[int] = []
        spelled: list[int] = []  # words with pieces, and where the pieces of each begin in rows
        starts: list[int] = []
        for at, word in enumerate(words):
            begin = len(rows)
            plain = word.isascii() and word.isalnum()
            row = self._rows.get(word) if plain else None
            if row is not None:
                rows.append(row)
                rarities[at] = self._rarity_of((row,))
            else:
                for part in (word,) if plain else split_words(word):
                    own = pieces(part, self._rows)
                    if own is None:
                        matrix[at] += hashed_direction(part.lower()) * self._rare_length
                        rarities[at] = _RAREST
                    else:
                        rows += own
                        rarities[at] = max(rarities[at], self._rarity_of(own))
            if len(rows) > begin:
                spelled.append(at)
                starts.append(begin)
        if rows:  # one fetch for all of them
            matrix[spelled] += np.add.reduceat(self._table[rows] * self._scales[rows, None], starts, axis=0)
        return matrix, rarities

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of sentences: float32 (n, 128), rows of length one; a row of zeros for a text without words.

        Order of words does not matter. About 30 000 sentences a second on one core once their words are in the memo.

        Raises:
            InputError: ``texts`` is one string, or holds something that is not a string.
        """
        check_texts(texts)
        result = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        rows: list[int] = []
        words: list[str] = []
        starts: list[int] = []
        for row, text in enumerate(texts):
            found = split_words(text)
            if not found:
                continue
            rows.append(row)
            starts.append(len(words))
            words += found
            if len(words) >= _EMBED_WORDS:
                result[rows] = self._sums(words, starts)
                rows, words, starts = [], [], []
        if rows:
            result[rows] = self._sums(words, starts)
        lengths = np.sqrt((result * result).sum(axis=1, keepdims=True))
        np.divide(result, lengths, out=result, where=lengths > 0)
        return result

    def _sums(self, words: Sequence[str], starts: Sequence[int]) -> NDArray[np.float32]:
        distinct = dict.fromkeys(words)
        position = {word: i for i, word in enumerate(distinct)}
        matrix = self.word_matrix(list(distinct))
        order = np.fromiter(map(position.__getitem__, words), dtype=np.intp, count=len(words))
        return np.add.reduceat(matrix[order], np.asarray(starts), axis=0)

    def _look_up(self, word: str) -> _Entry:
        return self._memo.get(word) or self._entries([word])[0]

    def _entries(self, words: Sequence[str]) -> list[_Entry]:
        """Vector and rarity of each word, from the memo where it has them."""
        known = {word: entry for word in words if (entry := self._memo.get(word))}
        missing = [word for word in dict.fromkeys(words) if word not in known]
        if missing:
            matrix, rarities = self.word_columns(missing)
            matrix.flags.writeable = False
            new = dict(zip(missing, zip(matrix, rarities.tolist(), strict=True), strict=True))
            known |= new
            # Losing a race costs a second computation of the same value, never a wrong one.
            if len(self._memo) + len(new) > _MEMO_WORDS:
                self._memo = {}
            short = ((word, entry) for word, entry in new.items() if len(word) <= LONGEST)
            self._memo.update(islice(short, _MEMO_WORDS))
        return [known[word] for word in words]

    def _rarity_of(self, rows: Sequence[int]) -> float:
        if len(rows) == 1:
            return math.log1p(rows[0]) / math.log1p(len(self._rows) - 1)
        return min(_RAREST, _MULTI_PIECE + _PER_PIECE * len(rows))


def hashed_direction(word: str) -> NDArray[np.float32]:
    """Unit vector (128,) of a word without pieces: one pseudo-random direction per feature, summed (as fastText)."""
    if is_unspaced(word, hangul=True):
        single = characters_of(word)
        features = [*single, *map("".join, pairwise(single))]
    else:
        padded = f"<{word}>"
        features = [padded, *(padded[i : i + 3] for i in range(len(padded) - 2))]
    from hashlib import blake2b  # loads OpenSSL, and words without pieces are rare

    digests = b"".join(
        blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=DIMENSIONS // 8).digest() for feature in features
    )
    bits = np.unpackbits(np.frombuffer(digests, dtype=np.uint8)).reshape(-1, DIMENSIONS)
    total = (bits.astype(np.float32) * 2 - 1).sum(axis=0)
    length = float(np.sqrt((total * total).sum()))
    if length == 0.0:  # the features cancel out; the first alone cannot
        total, length = bits[0].astype(np.float32) * 2 - 1, math.sqrt(DIMENSIONS)
    return np.asarray(total / length, dtype=np.float32)
