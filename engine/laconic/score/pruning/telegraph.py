"""What a telegram leaves out: function words that a reader of the rest puts back by himself.

A list, and what may not stand beside a word of it. Negations, numbers, comparisons, conditions, and prepositions that
tell a place, time or direction from its opposite are not in it.
"""

from __future__ import annotations

from laconic.score.pruning.classes import ARTICLES, DISTINCTIONS, KEPT, NEGATIONS
from laconic.score.pruning.reading import Stretch
from laconic.score.pruning.requests import ASKED_BACK

__all__ = ["is_vague", "relates", "says_little"]

_AUXILIARIES = frozenset(
    "am is are was were be been being have has had having do does did would could can will i'm i've i'd i'll it's "
    "you're you've that's there's we're we've they're".split()
)
_PRONOUNS = frozenset("i me my mine myself we us our you your yourself it its there".split())
_SHARES = frozenset("some any all most many".split())
_PEOPLE = frozenset("them us it you which whom this these that those".split())
# Adjectives that leave their noun as it was.
_VAGUE = frozenset(
    "some specific particular certain various different relevant possible overall potential respective corresponding "
    "entire necessary appropriate given available desired actual existing key main both particularly especially".split()
)
_LIGHT = frozenset("also please kindly".split())
_TIES = frozenset("for in on with about at by from regarding as to".split())
_LOGIC = KEPT - DISTINCTIONS - frozenset("my your our their his her its this these that it me".split())
# Behind these "of" belongs to an amount.
_AMOUNTS = frozenset(
    "one two three four five six seven eight nine ten none each all any some most many few half both either neither "
    "out least more less number because instead".split()
)
_POINTING = frozenset("this these those their".split())
# Behind these "to" only joins two verbs.
_WANTS = frozenset(
    "want wants like try trying help order how plan planning hope decide wish aim ready way ways and".split()
)


def says_little(stretch: Stretch, at: int) -> bool:
    """Whether a telegram would leave out a word, which is none of a protected stretch."""
    word = stretch.words[at]
    previous, following = stretch.previous(at), stretch.next(at)
    before = previous.lower if previous else ""
    after = following.lower if following else ""
    if word.capital and not stretch.opens(at) and word.lower not in ("i", "i'm", "i've", "i'd", "i'll"):
        return False
    if after in NEGATIONS or after.endswith("n't") or (following is None and not _ends(stretch, at)):
        return False
    if word.lower in ARTICLES:
        return following is not None and len(after) > 1 and after not in _AMOUNTS and before != "not"
    if word.lower in _AUXILIARIES:
        if word.lower in ("do", "does", "did"):  # "what do they eat", but not "what to do"
            return following is not None and (stretch.opens(at) or before in ASKED_BACK)
        return after != "to" and following is not None
    if word.lower in _PRONOUNS or word.lower in _LIGHT:
        return True
    if word.lower == "for" and after in _PRONOUNS:  # "hard for us to see"
        beyond = stretch.next(at + 1)
        return beyond is not None and beyond.lower == "to"
    if word.lower in _POINTING:  # before a noun, not for one
        return following is not None and not following.protected and after not in _LOGIC
    if word.lower == "of":
        if previous is None or following is None or previous.protected or (previous.capital and following.capital):
            return False  # "University of California"
        return before not in _AMOUNTS or (before in _SHARES and after not in _PEOPLE)
    if word.lower == "to":
        return before in _WANTS and following is not None
    if word.lower == "that":
        return following is not None and not following.protected
    if word.lower == "and":
        return stretch.before(at) == "," and following is not None
    return False


def is_vague(stretch: Stretch, at: int) -> bool:
    """Whether a word before a noun says next to nothing of it: "*specific* examples"."""
    previous, following = stretch.previous(at), stretch.next(at)
    if stretch.words[at].lower not in _VAGUE or following is None or following.protected:
        return False
    if following.lower == "of":
        beyond = stretch.next(at + 1)
        return beyond is not None and beyond.lower not in _PEOPLE
    return following.lower not in _LOGIC and (previous is None or previous.lower not in NEGATIONS)


def relates(stretch: Stretch, at: int) -> bool:
    """Whether a word only ties two common words together: "recommendations *for* films", "prices *in* cities"."""
    previous, following = stretch.previous(at), stretch.next(at)
    if stretch.words[at].lower not in _TIES or previous is None or following is None:
        return False
    return not any(
        word.protected or word.capital or word.lower in _LOGIC or len(word.lower) < 3 for word in (previous, following)
    )


def _ends(stretch: Stretch, at: int) -> bool:
    """Whether a sentence ends behind the word, which is then spoken and not left open by a dash or a bracket."""
    return stretch.after(at) in ",.!?\n" or not stretch.after(at)
