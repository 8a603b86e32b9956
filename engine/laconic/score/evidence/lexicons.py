"""Which lexicon a call is read with: endings and meanings of English hold in English texts only."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import nlargest
from typing import Literal

from laconic.kinds.prose.language import guess_language, script_of
from laconic.score.evidence.lexicon import Lexicon, WordVectors
from laconic.score.vectors.aligned import AlignedVectors
from laconic.score.words import prefix, stem
from laconic.types import Passage

__all__ = ["Lexicons"]

_ASKED = 3  # passages whose language is told, the longest: their order makes no difference

_Sort = Literal["english", "foreign", "across"]


class Lexicons:
    """Memos of words, all of bounded size: for English, for other languages, and for questions in another language.

    Args:
        vectors: as of `Lexicon`.
        aligned: of words across languages; those of the installed table when None.
    """

    def __init__(self, vectors: WordVectors | None, aligned: AlignedVectors | None = None) -> None:
        self._vectors = vectors
        self._aligned = aligned
        self._made: dict[_Sort, Lexicon] = {}

    def __len__(self) -> int:
        return sum(map(len, list(self._made.values())))

    def of(self, passages: Sequence[Passage], query: str = "") -> Lexicon:
        """The lexicon for a call: that of English unless the passages, or they and the question, tell else."""
        texts = nlargest(_ASKED, (passage.text for passage in passages), key=lambda text: (len(text), text))
        told = [language for text in texts if (language := guess_language(text))]
        sort: _Sort = "english"
        if told and _is_in_another(query, texts, told):
            sort = "across"
        elif sum(language != "en" for language in told) * 2 > min(_ASKED, len(passages)):
            sort = "foreign"
        lexicon = self._made.get(sort)
        if lexicon is None or lexicon.is_full:
            # A call that still reads with the old one keeps it; two threads here make one memo too many, no more.
            lexicon = self._made[sort] = self._make(sort)
        return lexicon

    def _make(self, sort: _Sort) -> Lexicon:
        if sort == "across":
            aligned = self._aligned or AlignedVectors.shared()
            return Lexicon(aligned, prefix, aligned.written_parts)
        return Lexicon(self._vectors, stem if sort == "english" else prefix)


def _is_in_another(query: str, texts: Sequence[str], told: Sequence[str]) -> bool:
    """Whether a question is for certain in another language than passages whose languages are told."""
    asked = guess_language(query)
    if asked is not None:
        return asked not in told
    return any(map(str.isalpha, query)) and script_of(query) not in set(map(script_of, texts))
