"""Byte-pair encoding in Python, for the time in which tiktoken is not worth its constructor.

Building o200k_base takes tiktoken 150–250 ms, with the interpreter's lock in hand, so that nothing else can run beside
it. A program that counts a few hundred thousand characters and exits spends a tenth of that here: pre-tokens are split
by the standard library's ``re`` and looked up whole; most are found, and the rest is merged by rank, lowest first
(Sennrich et al. 2016, as in tiktoken). The result is the same, token by token.

Only for text of alphabets and symbols that have long been in Unicode, of which ``re``, ``unicodedata`` and tiktoken say
the same whatever their versions of it are. Scripts without blanks have pre-tokens too long for this.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import groupby, pairwise
from unicodedata import category

from laconic.tokens.vocabularies import Ranks

__all__ = ["BytePairs"]

# First and last character of blocks without a gap: Latin, IPA, diacritics, Greek, Cyrillic, punctuation, numbers,
# currencies, arrows, operators, boxes, dingbats, emoji. Four controls that only Python takes for white space are left
# out.
_KNOWN = (
    "\0\x1b \u0377\u037a\u037f\u0384\u038a\u038c\u038c\u038e\u03a1\u03a3\u052f\u1e00\u1eff\u2000\u2064\u2070\u2071"
    "\u2074\u208e\u2090\u209c\u20a0\u20bf\u2100\u218b\u2190\u23ff\u2460\u27bf\ufe0f\ufe0f\ufffd\ufffd\U0001f300\U0001f64f"
)
_KNOWN_RANGES = tuple(zip(_KNOWN[::2], _KNOWN[1::2], strict=True))

# Merging takes the square of a pre-token's length. No word is that long, and a run of blanks or dashes is one token.
_LONGEST = 64


class BytePairs:
    """The tokens of text in common alphabets, by a vocabulary of tiktoken's kind.

    Args:
        pattern: how tiktoken's regular expressions split text into pre-tokens.
        ranks: the vocabulary; every single byte is a token.

    It remembers the pre-tokens that it met, some tens of thousands, and may be used by several threads.
    """

    def __init__(self, pattern: str, ranks: Ranks) -> None:
        self.ranks = ranks
        self._is_known = re.compile("[" + "".join(f"{first}-{last}" for first, last in _KNOWN_RANGES) + "]*").fullmatch
        self._split = re.compile(_in_python(pattern)).findall
        self._lengths = _Lengths(ranks)

    def lengths(self, text: str) -> bytes | None:
        """Length in bytes of each token of ``text``, in order; None where the text is not for this encoder.

        That is text with other letters, or with a pre-token too long to be merged in reasonable time. Linear, about
        9 MB/s; a pre-token that is new and no token costs some 10 µs more.
        """
        if self._is_known(text) is None:
            return None
        pre_tokens = self._split(text)
        if len(max(pre_tokens, key=len, default="")) > _LONGEST:
            return None
        return b"".join(map(self._lengths.__getitem__, pre_tokens))


# Identifiers and numbers of which no two are alike would fill any memory; a large text has ten thousand words.
_MOST_PRE_TOKENS, _MOST_PAIRS = 32_768, 65_536


class _Lengths(dict[str, bytes]):
    """Pre-token to the lengths of its tokens, worked out when it is first asked for."""

    def __init__(self, ranks: Ranks) -> None:
        super().__init__()
        self._rank_of = lru_cache(maxsize=_MOST_PAIRS)(ranks.rank)
        self._no_token = len(ranks.tokens)

    def __missing__(self, pre_token: str) -> bytes:
        lengths = self._merged(pre_token.encode())
        if len(self) >= _MOST_PRE_TOKENS:
            self.clear()
        self[pre_token] = lengths
        return lengths

    def _merged(self, data: bytes) -> bytes:
        rank_of, no_token = self._rank_of, self._no_token
        if rank_of(data) < no_token:
            return bytes((len(data),))
        parts = [data[at : at + 1] for at in range(len(data))]
        while True:
            ranks = [rank_of(left + right) for left, right in pairwise(parts)]
            lowest = min(ranks, default=no_token)
            if lowest == no_token:
                return bytes(map(len, parts))
            at = ranks.index(lowest)
            parts[at : at + 2] = [parts[at] + parts[at + 1]]


def _in_python(pattern: str) -> str:
    """A published pattern in the dialect of ``re``, right for text of `_KNOWN` characters.

    Categories become the ranges of characters that have them. Possessive quantifiers (``++``), which ``re`` has from
    Python 3.11 on, become greedy ones: in these patterns what follows never matches what they hold, so neither gives
    anything back.
    """
    known = [chr(point) for first, last in _KNOWN_RANGES for point in range(ord(first), ord(last) + 1)]
    ranges: dict[str, str] = {}
    # A run may reach over a gap between blocks: what lies in the gap is not in the text.
    for name, run in groupby(known, category):
        members = list(run)
        ranges[name] = ranges.get(name, "") + f"{members[0]}-{members[-1]}"

    def expanded(match: re.Match[str]) -> str:
        return "".join(members for found, members in ranges.items() if found.startswith(match[1]))

    pattern = re.sub(r"(\[[^\]]*\])|(\\p\{\w+\})", lambda match: match[1] or f"[{match[2]}]", pattern)  # bare ones too
    pattern = re.sub(r"\\p\{(\w+)\}", expanded, pattern)
    for possessive in ("?+", "++", "*+", "}+"):
        pattern = pattern.replace(possessive, possessive[0])
    return pattern.replace("$", r"\Z")
