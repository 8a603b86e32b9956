"""The byte-pair vocabularies that ship in the package.

A blob is a zlib stream of the number of tokens and the rank of each (32 bits each, the lowest byte first), and then the
tokens, in the order of their bytes, with the byte 255 between them, which UTF-8 never holds; the token that is this
byte itself is left empty. Being sorted, they are found by bisection, without a dict of 200,000 entries to build first.
(xz would be a sixth smaller and take four times as long to read.)
``training/build_vocabularies.py`` rebuilds the blobs bit for bit from the published rank files. Special tokens are left
out on purpose: a passage that spells ``<|endoftext|>`` holds these characters, not the token.
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from bisect import bisect_left
from typing import NamedTuple

from laconic._utils.files import shipped_file
from laconic.exceptions import WeightsError

__all__ = ["VOCABULARIES", "Ranks", "Vocabulary", "pack_ranks", "read_ranks", "unpack_ranks"]

_BETWEEN = b"\xff"


class Vocabulary(NamedTuple):
    """What identifies one shipped vocabulary.

    ``pattern`` is the pre-tokenisation pattern of tiktoken's ``tiktoken_ext.openai_public``, ``sha256`` the blob's.
    """

    pattern: str
    sha256: str


_UPPER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
_LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_CONTRACTION = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"

VOCABULARIES: dict[str, Vocabulary] = {
    "o200k_base": Vocabulary(
        rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{_CONTRACTION}"
        rf"|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{_CONTRACTION}"
        r"|\p{N}{1,3}"
        r"| ?[^\s\p{L}\p{N}]+[\r\n/]*"
        r"|\s*[\r\n]+"
        r"|\s+(?!\S)"
        r"|\s+",
        "8680643f58c37c7ed9c10707676377c7223f0796b5029c4d816f2f965f2c3048",
    ),
    "cl100k_base": Vocabulary(
        r"'(?i:[sdmt]|ll|ve|re)"
        r"|[^\r\n\p{L}\p{N}]?+\p{L}++"
        r"|\p{N}{1,3}+"
        r"| ?[^\s\p{L}\p{N}]++[\r\n]*+"
        r"|\s++$"
        r"|\s*[\r\n]"
        r"|\s+(?!\S)"
        r"|\s",
        "e3caff319954a19838106376eef0bcb1b964cb4ae531ec9c75ee4f83430b6976",
    ),
}


class Ranks(NamedTuple):
    """Tokens and their ranks, which are 0..n-1.

    ``tokens`` are in the order of their bytes, ``ranks`` those of ``tokens``, in the same order.
    """

    tokens: list[bytes]
    ranks: array[int]

    def rank(self, token: bytes) -> int:
        """Rank of a token; n for what is none. About a microsecond."""
        at = bisect_left(self.tokens, token)
        return self.ranks[at] if at < len(self.tokens) and self.tokens[at] == token else len(self.tokens)

    def as_dict(self) -> dict[bytes, int]:
        """Token to rank; about 30 ms for 200,000 tokens."""
        return dict(zip(self.tokens, self.ranks, strict=True))


def pack_ranks(ranks: dict[bytes, int]) -> bytes:
    """Blob of a vocabulary.

    Args:
        ranks: token to rank; the ranks are 0..n-1, and every byte is a token.

    Returns:
        The same bytes for the same vocabulary, whatever the order of the dict.

    Raises:
        ValueError: it is no such vocabulary.
    """
    if sorted(ranks.values()) != list(range(len(ranks))):
        raise ValueError("ranks must be 0..n-1 without gaps")
    if not ranks.keys() >= {bytes((byte,)) for byte in range(256)}:
        raise ValueError("every byte must be a token")
    tokens = sorted(ranks)
    if not tokens[0] or any(_BETWEEN in token and token != _BETWEEN for token in tokens):
        raise ValueError("no token may be empty or hold the byte 255 beside others")
    numbers = struct.pack(f"<{1 + len(tokens)}I", len(tokens), *(ranks[token] for token in tokens))
    return zlib.compress(numbers + _BETWEEN.join(b"" if token == _BETWEEN else token for token in tokens), level=9)


def unpack_ranks(blob: bytes) -> Ranks:
    """The inverse of `pack_ranks`; about 15 ms for 200,000 tokens.

    Raises:
        zlib.error: the blob is cut off, or one of its bytes is not what it was.
    """
    payload = zlib.decompress(blob)
    (size,) = struct.unpack_from("<I", payload)
    ranks = array("I", payload[4 : 4 + 4 * size])
    if sys.byteorder == "big":
        ranks.byteswap()
    tokens = payload[4 + 4 * size :].split(_BETWEEN)
    tokens[tokens.index(b"")] = _BETWEEN
    return Ranks(tokens, ranks)


def read_ranks(name: str) -> Ranks:
    """A shipped vocabulary.

    Args:
        name: a key of `VOCABULARIES`.

    Raises:
        WeightsError: the blob in the installed package is missing or damaged.
    """
    try:
        return unpack_ranks(shipped_file("laconic.tokens", f"data/{name}.zlib"))
    except (OSError, zlib.error) as error:
        raise WeightsError(
            f"the vocabulary {name} in the installed package is damaged ({error}): reinstall laconic"
        ) from error
