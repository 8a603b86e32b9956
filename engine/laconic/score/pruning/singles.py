"""Single words that may go: by what they are, and by what stands around them."""

from __future__ import annotations

import re

from laconic.score.pruning.classes import (
    ARTICLES,
    DEGREE_ADVERBS,
    DETERMINERS,
    DISTINCTIONS,
    EVALUATIONS,
    KEPT,
    NEGATIONS,
)
from laconic.score.pruning.layout import Candidate
from laconic.score.pruning.losses import LEARNED, LEARNED_SHARE, LOSS, REQUEST_SHARE
from laconic.score.pruning.reading import Stretch
from laconic.score.pruning.telegraph import is_vague, relates, says_little

__all__ = ["Singles"]

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
_NOUN_PHRASE_WORDS = 4  # most words between an article and the end of its noun phrase
# As pretty as, how highly, the very same, their very nature
_BEFORE_DEGREE_KEPT = frozenset("so as how too than more most less least".split()) | (DETERMINERS - {"a", "an"})
# Words for one quality: of two that "and" joins, the second repeats the first.
_SAME = tuple(
    frozenset(group.split())
    for group in (
        "detailed comprehensive thorough in-depth exhaustive",
        "short concise brief succinct",
        "clear understandable intelligible",
        "simple easy plain",
        "friendly polite courteous",
        "each every",
        "any all",
    )
)


class Singles:
    """Single words of a stretch.

    Args:
        stretch: the words.
        aggressive: function words may go as well, as in a telegram.
    """

    def __init__(self, stretch: Stretch, aggressive: bool) -> None:
        self.stretch = stretch
        self.aggressive = aggressive

    def find(self, at: int) -> Candidate | None:
        """The word at a place, with the conjunction that would be left over; None where it stays."""
        word = self.stretch.words[at]
        if word.protected or self.stretch.is_asked(word):
            return None
        kind = self._kind(at)
        if kind is None:
            return None
        first, last = self._with_conjunction(at, kind)
        words = self.stretch.words[first:last]
        if any(each.protected or self.stretch.is_asked(each) for each in words):
            return None
        loss = max(self._loss(index, kind) for index in range(first, last))
        return Candidate(first, last, loss, kind, words[0].start, words[-1].end)

    def _loss(self, at: int, kind: str) -> float:
        lower = self.stretch.words[at].lower
        loss = LOSS[kind]
        if kind in LEARNED and lower != "and":
            loss += LEARNED_SHARE * self.stretch.importance(at)
        if kind in ("evaluation", "degree") and self.stretch.in_request(at):
            loss += REQUEST_SHARE
        return min(1.0, loss)

    def _kind(self, at: int) -> str | None:
        lower = self.stretch.words[at].lower
        if self.aggressive and says_little(self.stretch, at):
            return "article" if lower in ARTICLES else "function"
        if self.aggressive and is_vague(self.stretch, at):
            return "vague"
        if self.aggressive and relates(self.stretch, at):
            return "relation"
        if lower in ARTICLES:
            return "article" if self._is_article(at) and self._leads_noun_phrase(at) else None
        if self._repeats_the_quality(at):
            return "doublet"
        if lower in KEPT:
            return None
        if lower in DEGREE_ADVERBS:
            return "degree" if self._is_degree(at) else None
        if lower in EVALUATIONS:
            return "evaluation" if self._is_evaluation(at) else None
        if self.stretch.in_request(at):
            return None  # what else describes a wanted thing says which one is wanted
        if lower.endswith("ly") and self._is_adverb(at):
            return "adverb"
        if at and self.stretch.words[at - 1].lower in DETERMINERS and self._is_modifier(at):
            return "modifier"
        return None

    # -- qualities joined by "and" ----------------------------------------------------------------------------------

    def _with_conjunction(self, at: int, kind: str) -> tuple[int, int]:
        """Both halves of "lovely and interesting"; of "short and lovely" the second with its conjunction."""
        if kind == "doublet":
            return at - 1, at + 1
        if kind == "evaluation":
            if self._partner(at) is not None:
                return at, at + 3
            previous = self.stretch.previous(at)
            if previous is not None and previous.lower == "and":
                return at - 1, at + 1
        return at, at + 1

    def _partner(self, at: int) -> int | None:
        """The evaluation that "and" joins to the one at a place."""
        following, partner = self.stretch.next(at), self.stretch.next(at + 1)
        if following is not None and following.lower == "and" and partner is not None and partner.lower in EVALUATIONS:
            return at + 2
        return None

    def _repeats_the_quality(self, at: int) -> bool:
        """Whether a second word for one quality is joined on: "short and *concise*"."""
        previous = self.stretch.previous(at)
        if at < 2 or previous is None or previous.lower != "and" or not self.stretch.joined(at - 1):
            return False
        lower, other = self.stretch.words[at].lower, self.stretch.words[at - 2].lower
        return lower != other and any(lower in group and other in group for group in _SAME)

    def _is_evaluation(self, at: int) -> bool:
        """A writer's opinion before the noun that it is about, alone or joined to another quality by *and*."""
        if self.stretch.words[at].capital or self.stretch.denied(at):
            return False
        partner = self._partner(at)
        previous = self.stretch.previous(at)
        following = self.stretch.next(at if partner is None else partner)
        if previous is None or following is None or following.lower in KEPT or following.protected:
            return False
        if (
            previous.lower == "and"
        ):  # "a short and lovely day", but neither "he and lovely Ann" nor "red, old and lovely"
            first, determiner = self.stretch.previous(at - 1), self.stretch.previous(at - 2)
            return (
                partner is None
                and first is not None
                and determiner is not None
                and determiner.lower in DETERMINERS
                and first.lower not in EVALUATIONS
                and (first.lower in DISTINCTIONS or _ADJECTIVE.match(first.lower) is not None)
            )
        return previous.lower in DETERMINERS or previous.lower in EVALUATIONS or previous.lower == "with"

    # -- articles, degrees ------------------------------------------------------------------------------------------

    def _is_article(self, at: int) -> bool:
        word = self.stretch.words[at]
        following = self.stretch.next(at)
        if following is None or (word.capital and not word.opens):
            return False
        if following.protected or len(following.lower) < 2 or following.lower in _AFTER_ARTICLE_KEPT:
            return False  # a few, a day, the most, the same, the 5th
        if following.capital and word.capital:
            return False  # The Beatles
        previous = self.stretch.previous(at)
        if previous is not None and previous.capital and previous.lower not in KEPT and following.capital:
            return False  # Alexander the Great, Círdan the Shipwright
        return not (
            word.lower == "a"
            and previous is not None
            and (previous.protected or (previous.capital and not previous.opens))
        )

    def _leads_noun_phrase(self, at: int) -> bool:
        """Whether a few open-class words and then the end of the phrase follow: without the article it still parses."""
        for index in range(at + 1, at + 2 + _NOUN_PHRASE_WORDS):
            word = self.stretch.words[index] if index < len(self.stretch.words) else None
            if word is None or not self.stretch.joined(index) or (word.lower in _JOINTS and index > at + 1):
                before = self.stretch.words[index - 1].lower
                return index > at + 1 and before not in DISTINCTIONS
            if word.lower in _JOINTS or word.protected:
                return False
        return False

    def _is_degree(self, at: int) -> bool:
        word = self.stretch.words[at]
        previous, following = self.stretch.previous(at), self.stretch.next(at)
        if (word.capital and not word.opens) or self.stretch.denied(at):
            return False
        if previous is not None and previous.lower in _BEFORE_DEGREE_KEPT:
            return False
        if not self.aggressive and self.stretch.in_question(at):
            return False  # "does it really help?" asks for more than whether it helps
        if following is None:
            # set off by a comma, or the end of the sentence
            return self.stretch.after(at) == "," and (word.opens or self.stretch.before(at) == ",")
        return following.lower not in _JOINTS and not following.protected

    # -- open classes, where more may go ----------------------------------------------------------------------------

    def _is_adverb(self, at: int) -> bool:
        word = self.stretch.words[at]
        lower = word.lower
        if len(lower) < 6 or lower in _NOT_ADVERB or word.capital:
            return False
        if not self.stretch.known.knows(lower) or self._is_negative(lower):
            return False
        previous, following = self.stretch.previous(at), self.stretch.next(at)
        if previous is None or following is None or following.protected or following.lower in KEPT:
            return False
        return not self.stretch.denied(at) and not previous.protected and previous.lower not in ("and", "or")

    def _is_modifier(self, at: int) -> bool:
        """An adjective between a determiner and an open-class word: its noun stays and is the more important."""
        lower = self.stretch.words[at].lower
        if (
            self.stretch.words[at].capital
            or not _ADJECTIVE.match(lower)
            or self._is_negative(lower)
            or self.stretch.denied(at)
        ):
            return False
        if self.stretch.known.frequency.get(lower, -99.0) <= _COMMON:
            return False
        previous, following = self.stretch.previous(at), self.stretch.next(at)
        if previous is None or following is None or previous.lower in NEGATIONS:
            return False
        if (
            following.capital
            or following.protected
            or following.lower in KEPT
            or not self.stretch.known.knows(following.lower)
        ):
            return False
        behind = self.stretch.next(at + 1)
        # "the driving force", "the leading of": an -ing or -ed word may itself be the noun
        if lower.endswith(("ing", "ed")) and (behind is None or following.lower.endswith(("ing", "ed"))):
            return False
        return self.stretch.importance(at) < self.stretch.importance(at + 1)

    def _is_negative(self, lower: str) -> bool:
        """Whether a prefix turns a known word round (``un-usual``, ``in-active``)."""
        return any(
            lower.startswith(prefix) and self.stretch.known.knows(lower[len(prefix) :]) for prefix in _NEGATIVE_PREFIXES
        )
