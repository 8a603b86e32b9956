"""The byte-pair vocabularies that ship in the package.

A blob is, as a zlib stream, the lengths of the tokens in rank order (one byte each), a zero byte, and the tokens
themselves joined: ranks are 0..n-1 and no token is longer than 128 bytes, so nothing else needs to be stored. (xz would
be a sixth smaller and take four times as long to read, at every program's first call.)
``training/build_vocabularies.py`` rebuilds the blobs bit for bit from the published rank files. Special tokens are left
out on purpose: a passage that spells ``<|endoftext|>`` holds these characters, not the token.
"""

from __future__ import annotations

import hashlib
import threading
import zlib
from importlib import resources
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

from laconic.exceptions import WeightsError

if TYPE_CHECKING:
    import tiktoken

__all__ = ["VOCABULARIES", "Vocabulary", "load_encoding", "pack_ranks", "token_lengths", "unpack_ranks"]


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
        "50333e2778a73838ae8398c833bf6f3cc13c7e310fe89fe4b5037e0dc227bcfa",
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
        "1a94b9ab8d6744ee0279ac498d59524427788f867bc0be47701114d302c3e991",
    ),
}

_loaded: dict[str, tuple[tiktoken.Encoding, bytes]] = {}
_lock = threading.Lock()


def pack_ranks(ranks: dict[bytes, int]) -> bytes:
    """Blob of a vocabulary.

    Args:
        ranks: token to rank; the ranks are 0..n-1.

    Returns:
        The same bytes for the same vocabulary, whatever the order of the dict.
    """
    tokens = sorted(ranks, key=ranks.__getitem__)
    if [ranks[token] for token in tokens] != list(range(len(tokens))):
        raise ValueError("ranks must be 0..n-1 without gaps")
    lengths = bytes(len(token) for token in tokens)
    return zlib.compress(lengths + b"\0" + b"".join(tokens), level=9)


def unpack_ranks(blob: bytes) -> dict[bytes, int]:
    """The inverse of `pack_ranks`; about 40 ms for 200,000 tokens."""
    payload = zlib.decompress(blob)
    lengths = payload[: payload.index(0)]
    tokens = BytesIO(payload)
    tokens.seek(len(lengths) + 1)
    return dict(zip(map(tokens.read, lengths), range(len(lengths)), strict=True))


def load_encoding(name: str) -> tiktoken.Encoding:
    """The tiktoken encoding of a shipped vocabulary, built once per process.

    Args:
        name: a key of `VOCABULARIES`.

    Raises:
        WeightsError: the blob in the installed package is damaged.
    """
    return _load(name)[0]


def token_lengths(name: str) -> bytes:
    """Length in bytes of each token of a shipped vocabulary, by rank."""
    return _load(name)[1]


def _load(name: str) -> tuple[tiktoken.Encoding, bytes]:
    loaded = _loaded.get(name)
    if loaded is None:
        with _lock:
            loaded = _loaded.get(name)
            if loaded is None:
                loaded = _loaded[name] = _build(name)
    return loaded


def _build(name: str) -> tuple[tiktoken.Encoding, bytes]:
    import tiktoken

    pattern, expected = VOCABULARIES[name]
    blob = (resources.files("laconic.tokens") / "data" / f"{name}.zlib").read_bytes()
    found = hashlib.sha256(blob).hexdigest()
    if found != expected:
        raise WeightsError(
            f"the vocabulary {name} in the installed package is damaged (sha256 {found}, expected {expected}): "
            "reinstall laconic"
        )
    ranks = unpack_ranks(blob)
    # The constructor, not the plugin namespace: a second registration of a public name would raise.
    encoding = tiktoken.Encoding(name, pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    return encoding, bytes(map(len, ranks))
