"""Token counters: the shipped one, and whatever the caller already has."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sized
from dataclasses import dataclass, field
from functools import cache, partial
from numbers import Integral
from typing import TYPE_CHECKING, Any

from laconic._utils.remembered import Remembered, bounded
from laconic.exceptions import ConfigurationError
from laconic.tokens.encodings import load_encoding, shipped_encoding
from laconic.tokens.models import DEFAULT_MODEL, encoding_for
from laconic.types import TokenCounter

if TYPE_CHECKING:
    import numpy as np
    import tiktoken
    from numpy.typing import NDArray

__all__ = ["EncoderCounter", "FunctionCounter", "TiktokenCounter", "as_counter", "counter_for", "cuts_change_nothing"]

# A cached text costs its characters, so long ones, which hardly ever repeat, are counted afresh.
_CACHED_TEXTS = 16_384
_CACHED_CHARS = 400
_REMEMBERED_CHARS = 500_000  # of which it is known where tokens end: 1 MB

# tiktoken overflows its stack on a run of a million spaces and is slower than linear on one unbroken run of letters, so
# long texts go to it in pieces. A space between two letters or digits, or punctuation behind one, always begins a
# pre-token (apostrophes aside), so cutting there changes no count; only a run of this many characters without such a
# place is cut as it comes.
_PIECE_CHARS = 10_000
_SAFE_CUT = re.compile(r"(?<=[^\W_])(?= [^\W_]|[!-&(-/:-@\[-`{-~])")


@bounded(_CACHED_TEXTS, None)  # of texts of `_CACHED_CHARS`
def _count_short(name: str, text: str) -> int:
    return shipped_encoding(name).count(text)


def _pieces(text: str) -> Iterator[str]:
    start = 0
    while len(text) - start > 2 * _PIECE_CHARS:
        cut = _SAFE_CUT.search(text, start + _PIECE_CHARS, start + 2 * _PIECE_CHARS)
        end = cut.start() if cut else start + 2 * _PIECE_CHARS
        yield text[start:end]
        start = end
    yield text[start:]


def cuts_change_nothing(text: str) -> bool:
    """Whether the tokens of a text are the same wherever the pieces begin in which it goes to tiktoken.

    They are where no piece is cut as it comes; False is said of some more. Takes no tokenisation.
    """
    return all(len(piece) < 2 * _PIECE_CHARS for piece in _pieces(text))


@dataclass(frozen=True)
class TiktokenCounter:
    """Counts with a vocabulary that ships in the package.

    Args:
        name: of the encoding, ``"o200k_base"`` or ``"cl100k_base"``.
        exact: False where the encoding stands in for a tokenizer that is not public.

    Special tokens count as the characters they are spelled with. Counts of short texts are cached (bounded, shared by
    all counters of the process). Thread-safe; equal counters compare equal and pickle by name.
    """

    name: str
    exact: bool = field(default=True, kw_only=True)

    @property
    def encoding(self) -> tiktoken.Encoding:
        """The tiktoken encoding of the vocabulary, built at first use; the counts themselves may do without it."""
        return load_encoding(self.name)

    def count(self, text: str) -> int:
        """Number of tokens of ``text``; linear in its length, about 15 MB/s."""
        if len(text) <= _CACHED_CHARS:
            return _count_short(self.name, text)
        return sum(map(shipped_encoding(self.name).count, _pieces(text)))

    def token_ends(self, text: str) -> NDArray[np.int64]:
        """Where the tokens of ``text`` end, as byte offsets into its UTF-8 form, in order; as many as `count` says.

        Differences of it count any number of parts at the price of one count, up to a token at each cut. The last few
        are remembered, so the array is read-only.
        """
        return _ends_in(self.name)(text)

    def know_ends(self, text: str, ends: NDArray[np.int64]) -> None:
        """Remember what `token_ends` would give of a text, for who knows it from the tokens of a longer one."""
        ends.setflags(write=False)
        _ends_in(self.name).know(text, ends)


@cache
def _ends_in(name: str) -> Remembered[NDArray[np.int64]]:
    """`TiktokenCounter.token_ends` in one encoding: a file is asked about again, and its levels ask for the same."""
    return Remembered(
        partial(_token_ends, name), texts=1, chars=_REMEMBERED_CHARS, name=f"{__name__}.token_ends {name}"
    )


def _token_ends(name: str, text: str) -> NDArray[np.int64]:
    import numpy as np

    lengths = list(map(shipped_encoding(name).lengths, _pieces(text)))
    ends = np.cumsum(lengths[0] if len(lengths) == 1 else np.concatenate(lengths), dtype=np.int64)
    ends.setflags(write=False)
    return ends


class FunctionCounter:
    """Counts with the caller's own function.

    Args:
        function: text to a number of tokens, or to the tokens themselves (anything with a length).

    Its counts are taken as exact: the caller knows his model.
    """

    exact = True

    def __init__(self, function: Callable[[str], int | Sized]) -> None:
        self.function = function
        self.name = getattr(function, "__name__", type(function).__name__)

    def count(self, text: str) -> int:
        """Number of tokens of ``text``, as the function says.

        Raises:
            ConfigurationError: the function gave neither a count ≥ 0 nor something with a length.
        """
        found = self.function(text)
        if isinstance(found, Sized):
            return len(found)
        if isinstance(found, bool) or not isinstance(found, Integral) or found < 0:
            raise ConfigurationError(
                f"token counter {self.name} returned {found!r}: it must give a whole number ≥ 0 (round it up), or the "
                "tokens"
            )
        return int(found)


class EncoderCounter(FunctionCounter):
    """Counts with an object that has ``encode`` (tiktoken, transformers and tokenizers all do)."""

    def __init__(self, encoder: Any) -> None:
        super().__init__(encoder.encode)
        self.name = getattr(encoder, "name", None) or type(encoder).__name__


def counter_for(model_name: str = DEFAULT_MODEL) -> TiktokenCounter:
    """The token counter of a model; see `laconic.tokens.encoding_for` for the names.

    The vocabulary is read at the first count (about 30 ms), not here.
    """
    encoding, exact = encoding_for(model_name)
    return TiktokenCounter(encoding, exact=exact)


def as_counter(counter: Any) -> TokenCounter:
    """Make a token counter of what the caller has.

    Args:
        counter: a model's or encoding's name, a `TokenCounter`, a callable, or an object with ``encode``.

    Raises:
        ConfigurationError: none of these.
    """
    if isinstance(counter, str):
        return counter_for(counter)
    if isinstance(counter, type):
        raise ConfigurationError(f"token counter {counter!r} is a class: give an instance")
    # bytes, list and the like have a `count` of another meaning
    if isinstance(counter, TokenCounter) and not isinstance(counter, Sized):
        return counter
    if callable(getattr(counter, "encode", None)):
        return EncoderCounter(counter)
    if callable(counter):
        return FunctionCounter(counter)
    raise ConfigurationError(
        f"token counter {counter!r} is not usable: give a model's name, a function from text to a number of tokens, "
        "or an object with an `encode` method"
    )
