"""The shipped vocabularies at work: by tiktoken, once a program counts enough to pay for building it."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from laconic._utils.lazy import once
from laconic._utils.locks import ForkLock
from laconic.tokens.byte_pairs import BytePairs
from laconic.tokens.vocabularies import VOCABULARIES, Ranks, read_ranks

if TYPE_CHECKING:
    import numpy as np
    import tiktoken
    from numpy.typing import NDArray

__all__ = ["ShippedEncoding", "load_encoding", "shipped_encoding"]

# From here on what tiktoken saves, being twice as fast, exceeds what building it costs: so no program pays more than
# twice what it would have paid with the better of the two alone.
_EARLY_CHARS = 3_000_000


class ShippedEncoding:
    """Splits text into the tokens of one shipped vocabulary.

    Args:
        name: a key of `VOCABULARIES`.

    Raises:
        WeightsError: the vocabulary in the installed package is damaged.

    By tiktoken, but for a process's first three million characters, as far as they are of alphabets that `BytePairs`
    knows: it splits them into the same tokens, and the first count takes 40 ms instead of 200. There is one for each
    process and vocabulary, `shipped_encoding`; it may be used by several threads.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._splitter: BytePairs | _Tiktoken = BytePairs(VOCABULARIES[name].pattern, read_ranks(name))
        self._early_chars_left = _EARLY_CHARS
        self._lock = ForkLock()

    def count(self, text: str) -> int:
        """Number of tokens of ``text``."""
        early = self._early_lengths(text)
        return len(self._tiktoken().encode(text) if early is None else early)

    def lengths(self, text: str) -> NDArray[np.uint8]:
        """Length in bytes of each token of ``text``, in order, as many as `count` says."""
        import numpy as np

        early = self._early_lengths(text)
        return self._tiktoken().lengths(text) if early is None else np.frombuffer(early, np.uint8)

    def by_tiktoken(self) -> tiktoken.Encoding:
        """The encoding of tiktoken, built if it is not yet; from now on it is what splits."""
        return self._tiktoken().encoding

    def _early_lengths(self, text: str) -> bytes | None:
        splitter = self._splitter
        if isinstance(splitter, _Tiktoken) or self._early_chars_left <= 0:
            return None
        self._early_chars_left -= len(text)  # threads may lose some of it, which only puts the change off
        return splitter.lengths(text)

    def _tiktoken(self) -> _Tiktoken:
        splitter = self._splitter
        if isinstance(splitter, BytePairs):
            with self._lock:
                splitter = self._splitter
                if isinstance(splitter, BytePairs):
                    splitter = self._splitter = _Tiktoken(self.name, splitter.ranks)
        return splitter


class _Tiktoken:
    def __init__(self, name: str, ranks: Ranks) -> None:
        import numpy as np
        import tiktoken

        # The constructor, not the plugin namespace: a second registration of a public name would raise.
        self.encoding = tiktoken.Encoding(
            name, pat_str=VOCABULARIES[name].pattern, mergeable_ranks=ranks.as_dict(), special_tokens={}
        )
        self.encode = self.encoding.encode_ordinary
        self._length_of = np.empty(len(ranks.tokens), np.uint8)
        self._length_of[ranks.ranks] = list(map(len, ranks.tokens))

    def lengths(self, text: str) -> NDArray[np.uint8]:
        import numpy as np

        return self._length_of[np.frombuffer(array("I", self.encode(text)), np.uintc)]


@once
def shipped_encoding(name: str) -> ShippedEncoding:
    """The process's `ShippedEncoding` of a name, read at the first call, which raises as that does."""
    return ShippedEncoding(name)


def load_encoding(name: str) -> tiktoken.Encoding:
    """The tiktoken encoding of a shipped vocabulary, built once per process; `shipped_encoding` uses it from then on.

    A server may call it when it starts, to have these 200 ms behind it at the first request.
    """
    return shipped_encoding(name).by_tiktoken()
