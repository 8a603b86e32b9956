"""What of a text may be deleted word by word, and what each deletion would cost.

Nothing here deletes; `removable` lists, in order and without overlap, and each entry may be taken out alone or
together with any of the others. Everything that is not listed stays: see `laconic.score.pruning.classes` for the
words that carry a sentence's logic, and `laconic.score.pruning.protected` for code, data, quotations, numbers and names
of things in programs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from laconic.kinds.prose.language import guess_language
from laconic.score.pruning.background import introduction
from laconic.score.pruning.classes import NEGATIONS
from laconic.score.pruning.layout import Candidate, Removal, settle
from laconic.score.pruning.losses import KINDS, LEARNED_SHARE, LOSS, REQUEST_SHARE, SAFE_LOSS
from laconic.score.pruning.payload import Parts
from laconic.score.pruning.phrases import BY_FIRST_WORD, Phrase
from laconic.score.pruning.protected import ProtectedText
from laconic.score.pruning.reading import Stretch, Word, read_words
from laconic.score.pruning.repeats import repeated
from laconic.score.pruning.requests import ASKED_BACK, REQUEST_VERBS
from laconic.score.pruning.singles import Singles
from laconic.score.pruning.statistics import WordStatistics
from laconic.score.words import query_terms

__all__ = ["KINDS", "SAFE_LOSS", "Removal", "removable"]

_ASIDE = re.compile(r"\(([^()\n]{3,160})\)")
_KNOWN_SHARE, _SAMPLE_WORDS = 0.6, 80
_FEWEST_LEFT = 3  # words of a sentence that a hedge in front of it must leave
_NO_PARTS = Parts((), ())


def removable(
    text: str,
    start: int = 0,
    end: int | None = None,
    query: str | None = None,
    *,
    protected: ProtectedText | None = None,
    parts: Parts = _NO_PARTS,
    max_loss: float = SAFE_LOSS,
    aggressive: bool = False,
) -> list[Removal]:
    """What may be deleted from ``text[start:end]``, by default without a change of what is stated.

    Args:
        text: the passage.
        start: of the stretch to look at.
        end: of the stretch; the end of the text when None.
        query: words of the question are not deleted, nor phrases and asides that hold one.
        protected: the scan of ``text``, where the caller has one; scanning is most of the cost.
        parts: what of ``text`` asks for something, by `laconic.score.pruning.payload.read_parts`; its payload is left
            alone only where ``protected`` holds it. By default the text is a document, of which nothing asks.
        max_loss: costlier removals are left out; 1.0 gives all, those that take a shade of meaning along included.
        aggressive: also what a telegram leaves out (`laconic.score.pruning.telegraph`).

    Returns:
        Removals in order, none overlapping, all inside the stretch. Only English is pruned: in another language the
        list is empty. About 1 MB/s; a sentence by itself takes 0.2 ms, 0.1 ms with the scan at hand.
    """
    end = len(text) if end is None else end
    known = WordStatistics.shared()
    scanned = protected or ProtectedText(text[start:end])
    shift = 0 if protected else start
    words = read_words(text, start, end, scanned, shift)
    if not words or not _is_english(text[start:end], words, known):
        return []
    asked = frozenset(query_terms(query)) if query else frozenset()
    stretch = Stretch(text, words, known, asked, parts.requests)
    cheap = (candidate for candidate in _Finder(stretch, aggressive, max_loss).found() if candidate.loss <= max_loss)
    removals = list(settle(text, start, end, words, cheap))
    return repeated(stretch, removals, start, end) if max_loss >= LOSS["repetition"] else removals


def _is_english(stretch: str, words: Sequence[Word], known: WordStatistics) -> bool:
    """By its function words, and by how many of its words the statistics know."""
    if guess_language(stretch) not in ("en", None):
        return False
    sample = [word.lower for word in words[:_SAMPLE_WORDS] if not word.protected and not word.capital]
    return sum(known.knows(word.split("'")[0]) for word in sample) >= _KNOWN_SHARE * len(sample)


class _Finder:
    """Finds what may go in the words of one stretch."""

    def __init__(self, stretch: Stretch, aggressive: bool, max_loss: float) -> None:
        self.stretch = stretch
        self.max_loss = max_loss
        self.aggressive = aggressive
        self.singles = Singles(stretch, aggressive)

    def found(self) -> Iterator[Candidate]:
        """Candidates in order, not overlapping; a phrase goes before the words in it."""
        asides = {aside.first: aside for aside in self._asides()}
        at = 0
        while at < len(self.stretch.words):
            candidate = asides.get(at) or self._introduction(at) or self._phrase(at) or self._single(at)
            self.stretch.said.add(self.stretch.words[at].lower)
            if candidate is None:
                at += 1
                continue
            if self.stretch.opens(at):
                self.stretch.resumed = candidate.last
            yield candidate
            at = candidate.last

    # -- asides in brackets -----------------------------------------------------------------------------------------

    def _asides(self) -> Iterator[Candidate]:
        """Brackets without names, numbers, negations or terms, of two words or more."""
        at = 0
        for match in _ASIDE.finditer(self.stretch.text, self.stretch.words[0].start, self.stretch.words[-1].end + 1):
            while at < len(self.stretch.words) and self.stretch.words[at].end <= match.start():
                at += 1
            first = at
            while at < len(self.stretch.words) and self.stretch.words[at].end <= match.end():
                at += 1
            inside = self.stretch.words[first:at]
            if (
                len(inside) < 2
                or first == 0
                or self.stretch.in_request(first)
                or any(self._holds_fact(word) for word in inside)
            ):
                continue
            worth = max(self.stretch.importance(index) for index in range(first, at))
            loss = LOSS["parenthetical"] + LEARNED_SHARE * worth
            yield Candidate(first, at, loss, "parenthetical", *match.span())

    def _holds_fact(self, word: Word) -> bool:
        lower = word.lower
        return (
            word.protected
            or word.capital
            or lower in NEGATIONS
            or lower.endswith("n't")
            or "-" in lower
            or self.stretch.is_asked(word)
            or not (self.stretch.known.knows(lower.split("'")[0]) and lower.isascii())
        )

    def _introduction(self, at: int) -> Candidate | None:
        if not self.aggressive or LOSS["background"] > self.max_loss:
            return None
        return introduction(self.stretch, at)

    def _single(self, at: int) -> Candidate | None:
        candidate = self.singles.find(at)
        return candidate if candidate is not None and candidate.loss <= self.max_loss else None

    # -- set phrases ------------------------------------------------------------------------------------------------

    def _phrase(self, at: int) -> Candidate | None:
        for phrase in BY_FIRST_WORD.get(self.stretch.words[at].lower, ()):
            last = at + len(phrase.words)
            dear = self._phrase_loss(phrase, at) > self.max_loss  # a shorter phrase that begins alike may be cheaper
            if not dear and self._reads(phrase, at, last) and self._stands(phrase, at, last):
                start, end = self.stretch.words[at].start, self.stretch.words[last - 1].end
                return Candidate(at, last, self._phrase_loss(phrase, at), phrase.kind, start, end)
        return None

    def _phrase_loss(self, phrase: Phrase, at: int) -> float:
        """More inside a request than in front of it, where what says nothing may be spoken of."""
        inside = phrase.kind in ("filler", "hedge") and not self.stretch.opens(at) and self.stretch.in_request(at)
        return LOSS[phrase.kind] + (REQUEST_SHARE if inside and phrase.words != ("in", "order") else 0.0)

    def _reads(self, phrase: Phrase, at: int, last: int) -> bool:
        words = self.stretch.words[at:last]
        if len(words) < len(phrase.words):
            return False
        return all(self.stretch.joined(index) for index in range(at + 1, last)) and all(
            word.lower == wanted and not word.protected and not self.stretch.is_asked(word)
            for word, wanted in zip(words, phrase.words, strict=True)
        )

    def _stands(self, phrase: Phrase, at: int, last: int) -> bool:
        """Whether the phrase stands where it is known to say nothing."""
        stretch = self.stretch
        before, after = stretch.before(at), stretch.after(last - 1)
        behind = stretch.words[last] if last < len(stretch.words) and stretch.joined(last) else None
        following = stretch.words[last].lower if last < len(stretch.words) else ""
        ends = after in ".!?\n" or not after
        if stretch.words[at].capital and not stretch.opens(at):
            return False  # part of a name: "the song Of Course"
        if phrase.words == ("in", "order"):
            return following == "to" and after.isspace()
        if phrase.place == "start":
            # "Well before": what follows makes it part of the statement
            if not stretch.opens(at) or following in ("so", "enough", "of", "before"):
                return False
            if phrase.kind == "hedge":
                return self._words_left(last) >= _FEWEST_LEFT  # "I believe it", "I guess so" say something
            return len(phrase.words) > 1 or after == "," or (ends and after != "?")
        if phrase.place in ("asked", "verb", "wanted"):
            return stretch.in_request(at) and stretch.opens(at) and behind is not None and self._leads(phrase, behind)
        if phrase.place == "please":
            return self._is_courtesy(at, last, before, ends or after in ",;", following)
        if phrase.place == "alone":
            return stretch.opens(at) and bool(after) and after in ".!" and len(stretch.words) > last
        if phrase.place == "comma":
            return stretch.opens(at) and after == "," and following not in NEGATIONS and following != "then"
        if phrase.place == "aside":
            return (stretch.opens(at) or before == ",") and (after == "," or (ends and before == ","))
        if phrase.place == "end":
            return ends and (before == "," or before.isspace())
        return following not in NEGATIONS or phrase.kind == "filler"

    def _leads(self, phrase: Phrase, behind: Word) -> bool:
        """Whether what is asked for follows the frame of a request, so that it stands without the frame."""
        if phrase.place == "asked":
            return behind.lower in ASKED_BACK
        if phrase.place == "verb":
            return behind.lower in REQUEST_VERBS
        return not behind.protected

    def _is_courtesy(self, at: int, last: int, before: str, ends: bool, following: str) -> bool:
        """Whether "please" is said to the reader, and not spoken of."""
        previous = self.stretch.previous(at)
        if self.stretch.opens(at) or (ends and before == ","):
            return True
        if previous is None:
            return before == "," and following in REQUEST_VERBS
        return previous.lower in ("you", "and", "then", "but", "also") and following in REQUEST_VERBS

    def _words_left(self, at: int) -> int:
        """How many words the sentence has from a word on."""
        left = 0
        while at + left < len(self.stretch.words) and left < _FEWEST_LEFT and not self.stretch.words[at + left].opens:
            left += 1
        return left
