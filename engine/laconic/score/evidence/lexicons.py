"""Which lexicon a call is read with: the endings of English are taken off words of English texts only."""

from __future__ import annotations

from collections.abc import Sequence

from laconic.kinds.prose.language import guess_language
from laconic.score.evidence.lexicon import Lexicon, WordVectors
from laconic.score.words import prefix, stem
from laconic.types import Passage

__all__ = ["Lexicons"]

_ASKED = 3  # passages whose language is told


class Lexicons:
    """A memo of words for English and one for other languages, both of bounded size.

    Args:
        vectors: as of `Lexicon`.
    """

    def __init__(self, vectors: WordVectors | None) -> None:
        self._vectors = vectors
        self._by_stem = {stems: Lexicon(vectors, stems) for stems in (stem, prefix)}

    def __len__(self) -> int:
        return sum(map(len, self._by_stem.values()))

    def of(self, passages: Sequence[Passage]) -> Lexicon:
        """The lexicon for a call with these passages: that of English unless most of the first tell otherwise."""
        told = [guess_language(passage.text) for passage in passages[:_ASKED]]
        other = sum(language not in (None, "en") for language in told)
        stems = prefix if other > len(told) - other else stem
        lexicon = self._by_stem[stems]
        if lexicon.is_full:
            # A call that still reads with the old one keeps it; two threads here make one memo too many, no more.
            lexicon = self._by_stem[stems] = Lexicon(self._vectors, stems)
        return lexicon
