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
from laconic.score.pruning.classes import (
    ARTICLES,
    DEGREE_ADVERBS,
    DETERMINERS,
    DISTINCTIONS,
    EVALUATIONS,
    KEPT,
    NEGATIONS,
)
from laconic.score.pruning.layout import Candidate, Removal, settle
from laconic.score.pruning.phrases import BY_FIRST_WORD, Phrase
from laconic.score.pruning.protected import ProtectedText
from laconic.score.pruning.reading import Word, read_words
from laconic.score.pruning.statistics import WordStatistics
from laconic.score.words import query_terms, stem

__all__ = ["KINDS", "SAFE_LOSS", "Removal", "removable"]

# What a deletion costs, 0–1. The order is what matters: a budget takes the cheapest first. Where the learned
# importance has a say (`_LEARNED`), half the highest importance of the words is added.
_LOSS = {
    "politeness": 0.02, "filler": 0.04, "degree": 0.06, "article": 0.08, "hedge": 0.10, "evaluation": 0.10,
    "adverb": 0.50, "modifier": 0.50, "parenthetical": 0.50,
}  # fmt: skip
KINDS = tuple(_LOSS)
_LEARNED = frozenset(("evaluation", "adverb", "modifier", "parenthetical"))
_LEARNED_SHARE = 0.5
SAFE_LOSS = 0.5
"""Removals below this leave the statement; adverbs, modifiers and asides above it take a shade of it along."""

_ASIDE = re.compile(r"\(([^()\n]{3,160})\)")
_KNOWN_SHARE, _SAMPLE_WORDS = 0.6, 80
_FEWEST_LEFT = 3  # words of a sentence that a hedge in front of it must leave
_FURTHEST_NEGATION = 60  # words; a longer sentence is a list, or none
_COMMON = -12.0  # natural logarithm of the share of running text above which a word is no special term

_ADJECTIVE = re.compile(r".{3,}(?:al|ive|ous|ful|able|ible|ic|ed|ing|ant|ent|ary|ory|ish|some|y)\Z")
_NOT_ADVERB = frozenset(
    "family reply supply assembly anomaly italy july bully ally rally belly jelly fly apply rely multiply imply comply "
    "likely unlikely friendly elderly early only holy ugly silly lonely lovely costly deadly orderly scholarly namely "
    "solely merely purely wholly mutually jointly separately manually automatically legally illegally publicly "
    "privately directly indirectly internally externally nationally locally globally partially simultaneously "
    "successfully correctly incorrectly explicitly implicitly safely badly poorly slowly quickly rapidly slightly "
    "heavily strongly weakly positively negatively firstly secondly lastly monopoly melody anatomy lily".split()
)
_NEGATIVE_PREFIXES = ("un", "in", "im", "ir", "il", "dis", "non", "anti", "mis", "de", "counter", "under", "over")
_JOINTS = KEPT - DISTINCTIONS
_AFTER_ARTICLE_KEPT = _JOINTS | frozenset(
    "lot bit number majority total variety range series pair matter good deal great".split()
)
# As pretty as, how highly, the very same, their very nature
_BEFORE_DEGREE_KEPT = frozenset("so as how too than more most less least".split()) | (DETERMINERS - {"a", "an"})


def removable(
    text: str,
    start: int = 0,
    end: int | None = None,
    query: str | None = None,
    *,
    protected: ProtectedText | None = None,
    max_loss: float = SAFE_LOSS,
) -> list[Removal]:
    """What may be deleted from ``text[start:end]``, by default without a change of what is stated.

    Args:
        text: the passage.
        start: of the stretch to look at.
        end: of the stretch; the end of the text when None.
        query: words of the question are not deleted, nor phrases and asides that hold one.
        protected: the scan of ``text``, where the caller has one; scanning is most of the cost.
        max_loss: costlier removals are left out; 1.0 gives all, those that take a shade of meaning along included.

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
    cheap = (candidate for candidate in _Finder(text, words, known, asked).found() if candidate.loss <= max_loss)
    return list(settle(text, start, end, words, cheap))


def _is_english(stretch: str, words: Sequence[Word], known: WordStatistics) -> bool:
    """By its function words, and by how many of its words the statistics know."""
    if guess_language(stretch) != "en":
        return False
    sample = [word.lower for word in words[:_SAMPLE_WORDS] if not word.protected and not word.capital]
    return sum(known.knows(word.split("'")[0]) for word in sample) >= _KNOWN_SHARE * len(sample)


class _Finder:
    """Finds what may go in the words of one stretch."""

    def __init__(self, text: str, words: list[Word], known: WordStatistics, asked: frozenset[str]) -> None:
        self.text = text
        self.words = words
        self.known = known
        self.asked = asked
        self.said: set[str] = set()
        self.resumed = 0  # the word behind an opening phrase that goes: the sentence then begins there

    def found(self) -> Iterator[Candidate]:
        """Candidates in order, not overlapping; a phrase goes before the words in it."""
        asides = {aside.first: aside for aside in self._asides()}
        at = 0
        while at < len(self.words):
            candidate = asides.get(at) or self._phrase(at) or self._single(at)
            self.said.add(self.words[at].lower)
            if candidate is None:
                at += 1
                continue
            if self._opens(at):
                self.resumed = candidate.last
            yield candidate
            at = candidate.last

    # -- asides in brackets -----------------------------------------------------------------------------------------

    def _asides(self) -> Iterator[Candidate]:
        """Brackets without names, numbers, negations or terms, of two words or more."""
        at = 0
        for match in _ASIDE.finditer(self.text, self.words[0].start, self.words[-1].end + 1):
            while at < len(self.words) and self.words[at].end <= match.start():
                at += 1
            first = at
            while at < len(self.words) and self.words[at].end <= match.end():
                at += 1
            inside = self.words[first:at]
            if len(inside) < 2 or first == 0 or any(self._holds_fact(word) for word in inside):
                continue
            worth = max(self._importance(index) for index in range(first, at))
            loss = _LOSS["parenthetical"] + _LEARNED_SHARE * worth
            yield Candidate(first, at, loss, "parenthetical", *match.span())

    def _holds_fact(self, word: Word) -> bool:
        lower = word.lower
        return (
            word.protected
            or word.capital
            or lower in NEGATIONS
            or lower.endswith("n't")
            or "-" in lower
            or self._is_asked(word)
            or not (self.known.knows(lower.split("'")[0]) and lower.isascii())
        )

    # -- set phrases ------------------------------------------------------------------------------------------------

    def _phrase(self, at: int) -> Candidate | None:
        for phrase in BY_FIRST_WORD.get(self.words[at].lower, ()):
            last = at + len(phrase.words)
            if self._reads(phrase, at, last) and self._stands(phrase, at, last):
                start, end = self.words[at].start, self.words[last - 1].end
                return Candidate(at, last, _LOSS[phrase.kind], phrase.kind, start, end)
        return None

    def _reads(self, phrase: Phrase, at: int, last: int) -> bool:
        words = self.words[at:last]
        if len(words) < len(phrase.words):
            return False
        return all(self._joined(index) for index in range(at + 1, last)) and all(
            word.lower == wanted and not word.protected and not self._is_asked(word)
            for word, wanted in zip(words, phrase.words, strict=True)
        )

    def _stands(self, phrase: Phrase, at: int, last: int) -> bool:
        """Whether the phrase stands where it is known to say nothing."""
        before, after = self._before(at), self._after(last - 1)
        following = self.words[last].lower if last < len(self.words) else ""
        ends = after in ".!?\n" or not after
        if phrase.words == ("in", "order"):
            return following == "to" and after.isspace()
        if phrase.place == "start":
            # "Well before": what follows makes it part of the statement
            if not self._opens(at) or following in ("so", "enough", "of", "before"):
                return False
            if phrase.kind == "hedge":
                return self._words_left(last) >= _FEWEST_LEFT  # "I believe it", "I guess so" say something
            return len(phrase.words) > 1 or after == "," or (ends and after != "?")
        if phrase.place == "comma":
            return self._opens(at) and after == "," and following not in NEGATIONS
        if phrase.place == "aside":
            return (self._opens(at) or before == ",") and (after == "," or (ends and before == ","))
        if phrase.place == "end":
            return ends and (before == "," or before.isspace())
        return following not in NEGATIONS or phrase.kind == "filler"

    def _words_left(self, at: int) -> int:
        """How many words the sentence has from a word on."""
        left = 0
        while at + left < len(self.words) and left < _FEWEST_LEFT and not self.words[at + left].opens:
            left += 1
        return left

    # -- single words -----------------------------------------------------------------------------------------------

    def _single(self, at: int) -> Candidate | None:
        word = self.words[at]
        kind = self._kind(at)
        if kind is None or word.protected or self._is_asked(word):
            return None
        loss = _LOSS[kind]
        if kind in _LEARNED:
            loss += _LEARNED_SHARE * self._importance(at)
        last = at + 1
        if kind == "evaluation" and last < len(self.words) and self.words[last].lower == "and":
            last += 1
        return Candidate(at, last, loss, kind, word.start, self.words[last - 1].end)

    def _kind(self, at: int) -> str | None:
        lower = self.words[at].lower
        if lower in ARTICLES:
            return "article" if self._is_article(at) else None
        if lower in KEPT:
            return None
        if lower in DEGREE_ADVERBS:
            return "degree" if self._is_degree(at) else None
        if lower.endswith("ly") and self._is_adverb(at):
            return "adverb"
        if lower in EVALUATIONS and self._is_evaluation(at):
            return "evaluation"
        if at and self.words[at - 1].lower in DETERMINERS and self._is_modifier(at):
            return "modifier"
        return None

    def _is_article(self, at: int) -> bool:
        word = self.words[at]
        following = self._next(at)
        if following is None or (word.capital and not word.opens):
            return False
        if following.protected or len(following.lower) < 2 or following.lower in _AFTER_ARTICLE_KEPT:
            return False  # a few, a day, the most, the same, the 5th
        if following.capital and word.capital:
            return False  # The Beatles
        previous = self._previous(at)
        if previous is not None and previous.capital and previous.lower not in KEPT and following.capital:
            return False  # Alexander the Great, Círdan the Shipwright
        return not (word.lower == "a" and previous is not None and (previous.protected or previous.capital))

    def _is_degree(self, at: int) -> bool:
        word = self.words[at]
        previous, following = self._previous(at), self._next(at)
        if (word.capital and not word.opens) or self._denied(at):
            return False
        if previous is not None and previous.lower in _BEFORE_DEGREE_KEPT:
            return False
        if following is None:
            # set off by a comma, or the end of the sentence
            return self._after(at) == "," and (word.opens or self._before(at) == ",")
        return following.lower not in _JOINTS and not following.protected

    def _is_evaluation(self, at: int) -> bool:
        """A writer's opinion before the noun that it is about, alone or joined to another by *and*."""
        if self.words[at].capital or self._denied(at):
            return False
        previous, following = self._previous(at), self._next(at)
        if following is not None and following.lower == "and":
            partner = self._next(at + 1)
            return partner is not None and partner.lower in EVALUATIONS and self._is_evaluation(at + 2)
        return (
            previous is not None
            and (previous.lower in DETERMINERS or previous.lower in EVALUATIONS or previous.lower in ("and", "with"))
            and following is not None
            and following.lower not in KEPT
            and not following.protected
        )

    def _denied(self, at: int) -> bool:
        """Whether a negation stands before the word in its sentence: "not very good" is not "not good"."""
        for index in range(at, max(-1, at - _FURTHEST_NEGATION), -1):
            word = self.words[index]
            if word.lower in NEGATIONS or word.lower.endswith("n't"):
                return True
            if word.opens:
                return False
        return False

    def _is_adverb(self, at: int) -> bool:
        word = self.words[at]
        lower = word.lower
        if len(lower) < 6 or lower in _NOT_ADVERB or word.capital:
            return False
        if not self.known.knows(lower) or self._is_negative(lower):
            return False
        previous, following = self._previous(at), self._next(at)
        if previous is None or following is None or following.protected or following.lower in KEPT:
            return False
        return not self._denied(at) and not previous.protected

    def _is_modifier(self, at: int) -> bool:
        """An adjective between a determiner and an open-class word: its noun stays and is the more important."""
        lower = self.words[at].lower
        if self.words[at].capital or not _ADJECTIVE.match(lower) or self._is_negative(lower) or self._denied(at):
            return False
        if self.known.frequency.get(lower, -99.0) <= _COMMON:
            return False
        previous, following = self._previous(at), self._next(at)
        if previous is None or following is None or previous.lower in NEGATIONS:
            return False
        if following.capital or following.protected or following.lower in KEPT or not self.known.knows(following.lower):
            return False
        behind = self._next(at + 1)
        # "the driving force", "the leading of": an -ing or -ed word may itself be the noun
        if lower.endswith(("ing", "ed")) and (behind is None or following.lower.endswith(("ing", "ed"))):
            return False
        return self._importance(at) < self._importance(at + 1)

    # -- about a word -----------------------------------------------------------------------------------------------

    def _importance(self, at: int) -> float:
        lower = self.words[at].lower
        return self.known.importance(lower, lower in self.said)

    def _is_negative(self, lower: str) -> bool:
        """Whether a prefix turns a known word round (``un-usual``, ``in-active``)."""
        return any(lower.startswith(prefix) and self.known.knows(lower[len(prefix) :]) for prefix in _NEGATIVE_PREFIXES)

    def _is_asked(self, word: Word) -> bool:
        return bool(self.asked) and stem(word.lower) in self.asked

    def _joined(self, at: int) -> bool:
        """Whether only white space lies between a word, of which there may be none, and the one before."""
        if not 0 < at < len(self.words):
            return False
        return not self.text[self.words[at - 1].end : self.words[at].start].strip(" \t\n\r")

    def _previous(self, at: int) -> Word | None:
        return self.words[at - 1] if self._joined(at) else None

    def _next(self, at: int) -> Word | None:
        return self.words[at + 1] if self._joined(at + 1) else None

    def _opens(self, at: int) -> bool:
        return self.words[at].opens or at == self.resumed

    def _before(self, at: int) -> str:
        """The last character before a word, white space aside; a space where only that stands before."""
        start = self.words[at].start
        return self.text[max(0, start - 20) : start].rstrip()[-1:] or " "

    def _after(self, at: int) -> str:
        """The character behind a word."""
        return self.text[self.words[at].end : self.words[at].end + 1]
