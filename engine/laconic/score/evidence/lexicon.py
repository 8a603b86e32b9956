"""What the features know about single words, worked out once for each word and kept in columns.

A text becomes a list of row numbers; everything else is array look-ups. Rows are written words, not stems, because
capitals and digits matter: ``Turkey`` and ``turkey`` have two rows and one stem.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from laconic._utils.locks import ForkLock
from laconic._utils.unicode import compiled_late
from laconic._utils.words import MARKED_WORD, fold_word, is_unspaced, unspaced_parts
from laconic.score.words import STOP_WORDS, compound_parts, stem

__all__ = ["Bit", "Columns", "Lexicon", "WordVectors", "has_words"]

_BETWEEN = b"\x1f"  # the unit separator stands between texts that are read in one go
_ANY_TOKEN = re.compile(r"[^\W_]|[$€£¥%|:=]")
_TOKEN = compiled_late(rf"{MARKED_WORD}|[$€£¥%|:=]")
_ASCII_MARKS = b"$%|:="
# Texts are split as UTF-8 at everything in ASCII that belongs to no token, which is thrice as fast as a pattern; what
# is left between blanks is one token, or a chunk with other scripts that `_TOKEN` takes apart.
_BLANKED = bytes(
    byte if byte >= 0x80 or chr(byte).isalnum() or byte in _ASCII_MARKS + _BETWEEN else 0x20 for byte in range(256)
)
_SPLIT_OFF = [bytes([byte]) for byte in _ASCII_MARKS + _BETWEEN]
_NO_ROW = -1
_SEVERAL = -2  # codes from here down stand for several rows, or none
_MAX_WORDS = 40_000  # about 12 MB
_MAX_CHUNK_BYTES = 4_000_000
_MAX_TOKEN_CHARS = 1_000_000
_MAX_WORD_CHARS = 64  # what is longer is data (base64, digests): one row for its head

_CALENDAR = frozenset(
    "january february march april may june july august september october november december jan feb mar apr jun jul "
    "aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday".split()
)
_QUANTITY = frozenset(
    "million billion trillion thousand hundred percent dollars euros pounds km miles feet meters metres kg years days "
    "months hours minutes weeks one two three four five six seven eight nine ten eleven twelve twenty dozen".split()
)
_TROUBLE = frozenset(
    "error errors fatal failed failure failures fail fails critical exception exceptions panic crash crashed denied "
    "refused rejected timeout timed alert alerts severe emergency corrupt corrupted invalid illegal abort aborted "
    "warn warning warnings unable cannot terminated killed unreachable violation traceback".split()
)
_REASON = frozenset("because due since therefore thus caused causes cause result reason reasons order hence".split())
_MONEY = "$€£¥"
_SEPARATORS = "|:="


class Bit:
    """Positions of the yes/no properties of a word in the ``bits`` column."""

    NUMBER, YEAR, CALENDAR, MONEY, PERCENT, CAPITAL, QUANTITY, TROUBLE, REASON, STOP, MARK, SEPARATOR = (
        1 << i for i in range(12)
    )


class WordVectors(Protocol):
    """What the lexicon asks of a table of word vectors."""

    def word_columns(self, words: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Vectors (n, dimensions), zeros for what is not known, and rarities (n,), 0 (most common) to about 1.3."""


class Columns(NamedTuple):
    """One row a word."""

    stem: NDArray[np.int32]  # number of its stem, int32; equal stems have equal numbers
    bits: NDArray[np.uint16]  # properties, uint16 (see `Bit`)
    rarity: NDArray[np.float32]  # 0 to 1.3, float32
    # direction of meaning, int8 (rows, 128); times scale it has length one, or none at all: words without a vector,
    # stop words, punctuation
    vector: NDArray[np.int8]
    scale: NDArray[np.float32]  # float32


class Lexicon:
    """Words to rows. Grows with the words that it meets; readers of earlier rows are never disturbed.

    Safe to use from several threads: when the columns grow they are copied, and :meth:`columns` completes every row
    handed out before it returns, so what it returns never changes for the rows that its caller knows.

    Args:
        vectors: word vectors; without them no two different stems are similar and rarity is guessed from length.
        stem: of a folded word, what makes two written words one term.
        parts: of a run of letters and digits, the words that it stands for; None for pairs of characters of scripts
            without blanks, and the parts of identifiers.
    """

    def __init__(
        self,
        vectors: WordVectors | None,
        stem: Callable[[str], str] = stem,
        parts: Callable[[str], Iterator[str]] | None = None,
    ) -> None:
        self._vectors = vectors
        self._stem = stem
        self._parts = parts or _written_parts
        self._lock = ForkLock(self._spoil)
        self._is_spoilt = False
        self._rows = 0
        self._stems: dict[str, int] = {}
        self._row_of: dict[str, int] = {}
        self._code_of = _Codes(self)
        self._code_of[_BETWEEN] = _NO_ROW
        self._several: list[tuple[int, ...]] = []
        self._chunk_bytes = 0
        self._columns = _empty_columns(4096)
        self._without_vector: list[str] = []  # words of the last rows, until somebody asks for the columns
        self.filler = self.rows("|")[0]

    def __len__(self) -> int:
        return self._rows

    @property
    def is_full(self) -> bool:
        """Whether its owner should go on with a new one: it holds much, about 16 MB, or was forked in mid-writing."""
        return self._is_spoilt or self._rows > _MAX_WORDS or self._chunk_bytes > _MAX_CHUNK_BYTES

    def _spoil(self) -> None:
        """Another thread was writing when the process was forked: in the child nobody ends it."""
        self._is_spoilt = True

    @property
    def stem_count(self) -> int:
        """How many different stems there are; stem numbers are smaller."""
        return len(self._stems)

    def rows(self, text: str) -> list[int]:
        """Rows of the words of ``text`` in order; the parts of a compound identifier follow the whole."""
        rows: list[int] = self._read(_encoded(text).replace(_BETWEEN, b" ")).tolist()
        return rows

    def rows_of(self, texts: Sequence[str]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """`rows` of many texts in one go.

        Returns:
            The rows of all texts behind one another, and how many each text has; a text without words has `filler`.
        """
        between = _BETWEEN.decode()
        joined = between.join(texts)
        if joined.count(between) != len(texts) - 1:
            joined = between.join(text.replace(between, " ") for text in texts)
        flat = self._read(b"%b%b%b" % (_BETWEEN, _encoded(joined), _BETWEEN))
        cuts = np.flatnonzero(flat == _NO_ROW)
        sizes = np.diff(cuts) - 1
        empty = np.flatnonzero(sizes == 0)
        if len(empty):
            flat = np.insert(flat, cuts[empty] + 1, self.filler)
            sizes[empty] = 1
        return flat[flat != _NO_ROW], sizes

    def _read(self, text: bytes) -> NDArray[np.intp]:
        """Rows of the words of a text, `_NO_ROW` for each `_BETWEEN`."""
        text = text.translate(_BLANKED)
        for mark in _SPLIT_OFF:
            if mark in text:
                text = text.replace(mark, b" %b " % mark)
        chunks = text.split()
        codes = np.fromiter(map(self._code_of.__getitem__, chunks), np.intp, len(chunks))
        places = np.flatnonzero(codes <= _SEVERAL)
        if not len(places):
            return codes
        several = [self._several[_SEVERAL - code] for code in codes[places].tolist()]
        repeats = np.ones(len(codes), np.intp)
        repeats[places] = [len(rows) for rows in several]
        flat = np.repeat(codes, repeats)
        flat[flat <= _SEVERAL] = list(chain.from_iterable(several))
        return flat

    def add(self, chunk: bytes) -> int:
        """Code of a chunk, new words written down: its row, or where `_several` has the rows that it stands for."""
        text = chunk.decode("utf-8", "surrogatepass")
        tokens = (text,) if text.isascii() else _TOKEN().findall(text)
        with self._lock:
            rows = tuple(self._add(word) for token in tokens for word in self._parts(token[:_MAX_TOKEN_CHARS]))
            self._chunk_bytes += len(chunk)
            if len(rows) == 1:
                return rows[0]
            self._several.append(rows)
            return _SEVERAL - len(self._several) + 1

    def columns(self) -> Columns:
        """The columns as they are now; take them after the last call of `rows` whose result they have to cover."""
        if self._without_vector:
            with self._lock:
                self._complete()
        return self._columns

    def _add(self, word: str) -> int:
        row = self._row_of.get(word)
        if row is not None:
            return row
        row = self._rows
        if row == len(self._columns.stem):
            self._columns = Columns(*(np.concatenate([column, np.zeros_like(column)]) for column in self._columns))
        columns = self._columns
        low = fold_word(word)
        columns.stem[row] = self._stems.setdefault(self._stem(low), len(self._stems))
        columns.bits[row] = _bits(word, low)
        if self._vectors is None:
            columns.rarity[row] = min(1.0, len(low) / 12)
        else:
            self._without_vector.append(word)
        self._rows += 1
        self._row_of[word] = row
        return row

    def _complete(self) -> None:
        """Vectors and rarities of the newest rows, all at once: many times cheaper than one by one."""
        words = self._without_vector
        if not words or self._vectors is None:
            return
        vectors, rarities = self._vectors.word_columns(words)
        new = slice(self._rows - len(words), self._rows)
        longest = np.abs(vectors).max(axis=1, keepdims=True)
        quantized = np.rint(vectors * (127 / np.maximum(longest, 1e-9)))
        columns = self._columns
        columns.rarity[new] = rarities
        columns.vector[new] = quantized
        open_class = (longest[:, 0] > 0) & ((columns.bits[new] & (Bit.STOP | Bit.MARK)) == 0)
        columns.scale[new] = open_class / np.maximum(np.sqrt((quantized**2).sum(axis=1)), 1e-9)
        self._without_vector = []


class _Codes(dict[bytes, int]):
    """Chunk of text to code, filled on demand: a hit costs one dictionary look-up in C."""

    def __init__(self, lexicon: Lexicon) -> None:
        super().__init__()
        self._lexicon = lexicon

    def __missing__(self, chunk: bytes) -> int:
        code = self[chunk] = self._lexicon.add(chunk)
        return code


def has_words(text: str) -> bool:
    """Whether a text has any token, so that `Lexicon.rows` is not empty."""
    return _ANY_TOKEN.search(text) is not None


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _empty_columns(rows: int) -> Columns:
    rarity, scale = np.zeros((2, rows), np.float32)
    return Columns(np.zeros(rows, np.int32), np.zeros(rows, np.uint16), rarity, np.zeros((rows, 128), np.int8), scale)


def _written_parts(token: str) -> Iterator[str]:
    """The words that a token stands for: bigrams of scripts without spaces, an identifier and its parts."""
    if is_unspaced(token, hangul=True):
        yield from (part[:_MAX_WORD_CHARS] for part in unspaced_parts(token, hangul=True))
        return
    yield token[:_MAX_WORD_CHARS]
    yield from compound_parts(token)


def _bits(word: str, low: str) -> int:
    bits = 0
    if low[0].isdigit():
        bits |= Bit.NUMBER
        if len(low) == 4 and low.isdecimal() and 1000 <= int(low) <= 2100:
            bits |= Bit.YEAR
    for bit, words in (
        (Bit.CALENDAR, _CALENDAR),
        (Bit.QUANTITY, _QUANTITY),
        (Bit.TROUBLE, _TROUBLE),
        (Bit.REASON, _REASON),
        (Bit.STOP, STOP_WORDS),
    ):
        if low in words:
            bits |= bit
    if low in _MONEY:
        bits |= Bit.MONEY | Bit.MARK
    elif low in ("%", "percent"):
        bits |= Bit.PERCENT
        if low == "%":
            bits |= Bit.MARK
    elif low in _SEPARATORS:
        bits |= Bit.SEPARATOR | Bit.MARK
    if len(word) > 1 and word[0].isupper():
        bits |= Bit.CAPITAL
    return bits
