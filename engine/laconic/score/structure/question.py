"""What a question asks of records, as far as its words tell: names, values, superlatives, limits, failures."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cached_property

from laconic._utils.remembered import bounded
from laconic._utils.words import find_words, fold_word, iter_words
from laconic.score.evidence.question import KINDS, kind_of
from laconic.score.structure.limits import Limit, limits_of
from laconic.score.structure.superlatives import Superlative, superlatives_of
from laconic.score.structure.values import DATE, day_of
from laconic.score.words import STOP_WORDS, stem

__all__ = ["Mention", "Place", "Question", "asks_for_failures", "identifiers"]

Place = tuple[int, int]
"""Words of a question, as a range of their numbers."""

Mention = tuple[float, Place]
"""How much of a name a question says, over 0 to 1, and where."""

_NOWHERE: Place = (-1, -1)

_MOST_WORDS = 400  # of a question; what comes before them is its story
_VALUE_CHARS = 120  # a longer value is text
_LEAST_CHARS, _SHORT_CHARS, _UNIT_CHARS = 2, 3, 2
_MENTIONED = 0.5  # a column of whose name the question says at least this much is asked for
_MENTIONED_AROUND = 0.6  # how clearly so where it says the name of the object or the list around it
_IMPLIED = 0.6  # who, when and where ask for columns whose names say that they hold such answers
_NOT_THE_HEAD = 0.75  # the last word says what a column is: a *date* of delivery

_RUN = re.compile(r"[^\s\"'`()\[\]{}<>,;?!]+")
_ASKS_FOR_FAILURES = re.compile(
    r"\b(?i:errors?|fail(?:s|ed|ure|ures|ing)?|faults?|faulty|exceptions?|crash(?:es|ed|ing)?|warnings?|alerts?|"
    r"anomal(?:y|ies|ous)|abnormal|unusual|incidents?|problems?|problematic|issues?|"
    r"wrong|broke|broken|bugs?|fatal|panics?|tracebacks?|stack ?traces?|"
    r"root cause|debug|diagnos\w+|outliers?|odd|suspect|outages?|attacks?|intrusions?|suspicious|security|"
    r"unhealthy|stand(?:s|ing)? out|needs? attention)\b"
)
_NEGATIONS = frozenset(
    "not no never without except excluding isn aren wasn weren hasn haven doesn don didn nor non".split()
)
_NEGATION_REACH = 4  # words before what is denied


def identifiers(query: str) -> list[str]:
    """Words of a question that name something: those with a digit and at least four characters."""
    found = (word.rstrip(".:") for word in _RUN.findall(query))
    return list(dict.fromkeys(word for word in found if len(word) >= 4 and any(map(str.isdecimal, word))))


def asks_for_failures(query: str | None) -> bool:
    """Whether a question (or its absence) wants to see what went wrong in a log."""
    return query is None or bool(_ASKS_FOR_FAILURES.search(query))


class Question:
    """The words of a question, read once.

    Args:
        query: the question; None and blank ask for nothing, and thereby for what stands out.
    """

    def __init__(self, query: str | None) -> None:
        self.text = query or ""
        self.asks = bool(self.text.strip())
        found = list(iter_words(self.text))[-_MOST_WORDS:]
        self.written = [match.group() for match in found]
        self.words = [fold_word(word) for word in self.written]
        self._starts = [match.start() for match in found]
        self.identifiers = identifiers(self.text)
        self._about: dict[tuple[str, str], Mention | None] = {}
        self.asks_for_failures = not self.asks or asks_for_failures(self.text)

    @cached_property
    def _lower(self) -> str:
        return " ".join(self.text.casefold().split())

    @cached_property
    def stems(self) -> list[str]:
        """Of the words."""
        return [stem(word) for word in self.words]

    @cached_property
    def _stem_places(self) -> dict[str, list[int]]:
        places: dict[str, list[int]] = {}
        for at, word in enumerate(self.stems):
            places.setdefault(word, []).append(at)
        return places

    @cached_property
    def _initials(self) -> frozenset[str]:
        return frozenset(word[0] for word in self.words)

    def place_of(self, value: str) -> Place | None:
        """Where the question says a value, as a range of its words; None where it does not.

        Letter case and punctuation aside; but values of up to three letters must be written as they are, and words
        that only bind or ask are none.
        """
        if self.dates and value[:1].isalnum() and (day := day_of(value)) in self.dates:
            return self.dates[day]
        if value[:1].isalnum() and value.isascii() and value[0].lower() not in self._initials:
            return None  # most values end here
        first = next(iter_words(value), None)
        places = self._stem_places.get(stem(fold_word(first.group()))) if first else None
        if places is None:
            return None if value.isascii() else self._place_without_spaces(value)
        words = find_words(value[:_VALUE_CHARS])
        if len(value) < _LEAST_CHARS and not value.isdigit():
            return None
        if len(words) == 1:
            at = places[0]
            return (at, at + 1) if self._is_written(words[0], at) else None
        stems = [stem(fold_word(word)) for word in words]
        at = next((at for at in places if self.stems[at : at + len(stems)] == stems), -1)
        return (at, at + len(stems)) if at >= 0 else None

    def _is_written(self, word: str, at: int) -> bool:
        """Whether a word of a value is meant by one of the same stem: short ones and small words must look like it."""
        if self.stems[at] in _STOP_STEMS:
            return word in self.written and not word.islower() and at > 0
        return len(word) > _SHORT_CHARS or word in self.written

    def _place_without_spaces(self, value: str) -> Place | None:
        """Where a value stands inside a run of letters, as in Chinese and Japanese."""
        if len(value) < 2 or value not in self.text or not any("\u0e00" <= char <= "\u9fff" for char in value):
            return None
        start = self.text.index(value)
        at = max(0, sum(begin <= start for begin in self._starts) - 1)
        return at, at + 1

    def names(self, value: str, place: Place) -> bool:
        """Whether a value that the question says at ``place`` is a name there rather than ordinary words of it.

        That is one with a digit, several words as they are written, or a capital within the sentence.
        """
        start, end = place
        if any(map(str.isdigit, value)) or value.upper() == value.lower():  # also scripts without capitals
            return True
        if end - start > 1:
            return value.casefold() in self._lower
        return self.written[start][0].isupper() and (start > 0 or not value[0].islower())

    def about(self, name: str, listed: str) -> Mention | None:
        """How clearly the question speaks of a column, and where; None where it does not.

        Args:
            name: of its members, with the objects around them.
            listed: the name of the list that its records are in; to speak of that or of an object is less clear.
        """
        if (name, listed) not in self._about:
            *around, key = name.rstrip("/").split("/")
            said = self.mention(key)
            if said is None or said[0] < _MENTIONED:
                outer = next((said for part in (*around, listed) if (said := self.mention(part))), None)
                said = (_MENTIONED_AROUND, outer[1]) if outer is not None and outer[0] == 1.0 else self._implied(key)
            self._about[name, listed] = said
        return self._about[name, listed]

    def mention(self, name: str) -> Mention | None:
        """How much of a name the question says, over 0 to 1, and where; None where it says nothing of it."""
        parts = _name_stems(name)
        if not parts:
            return None
        places = self._stem_places
        if parts[0] in places:
            for at in places[parts[0]]:
                if tuple(self.stems[at : at + len(parts)]) == parts:
                    return 1.0, (at, at + len(parts))
        core = tuple(part for part in parts if len(part) > _UNIT_CHARS) or parts
        said = [part for part in core if part in places and part not in _STOP_STEMS]
        if not said:
            return None
        at = places[said[-1]][0]
        share = len(said) / len(core)
        return share if said[-1] == core[-1] else _NOT_THE_HEAD * share, (at, at + 1)

    @cached_property
    def _answers(self) -> frozenset[str] | None:
        """Stems of the names of columns that hold what the question word asks for; None where it asks for no such."""
        return _ANSWERS.get(KINDS[kind_of(self.text)])

    def _implied(self, name: str) -> Mention | None:
        """How clearly a question that says nothing of a column asks for it by its question word."""
        if self._answers is None:
            return None
        parts = _name_stems(name)
        told = {"by"} if parts[-1:] == ("by",) else set(parts)  # created_by is no time
        return None if self._answers.isdisjoint(told) else (_IMPLIED, _NOWHERE)

    @cached_property
    def dates(self) -> dict[float | None, Place]:
        """The days that the question writes out, in any spelling, and where."""
        found: dict[float | None, Place] = {}
        for match in DATE.finditer(self.text):
            day = day_of(match.group())
            if day is not None:
                found.setdefault(day, self._words_in(*match.span()))
        return found

    def _words_in(self, start: int, end: int) -> Place:
        return bisect_left(self._starts, start), bisect_left(self._starts, end)

    @cached_property
    def capitals(self) -> dict[int, str]:
        """By place the words that are written with a capital within the question, in lower case: parts of names."""
        return {
            at: word.casefold()
            for at, word in enumerate(self.written)
            if at and word[0].isupper() and len(word) >= _SHORT_CHARS and word.casefold() not in STOP_WORDS
        }

    @cached_property
    def superlatives(self) -> list[Superlative]:
        """Words that ask for the ends of columns, in order."""
        return list(superlatives_of(self.words))

    @cached_property
    def limits(self) -> list[Limit]:
        """Bounds for the values of columns, in order."""
        return list(limits_of(self.text))

    @cached_property
    def amounts(self) -> set[int]:
        """The words that are counts beside superlatives or stand in limits."""
        beside = {at for each in self.superlatives for at in (each.at - 1, each.at + 1)}
        spans = [
            (bisect_left(self._starts, limit.start), bisect_left(self._starts, limit.end)) for limit in self.limits
        ]
        return beside.union(*(range(*span) for span in spans))

    def denies(self, at: int) -> bool:
        """Whether what stands there is denied: ``not delivered``, ``other than Boston``."""
        before = self.words[max(0, at - _NEGATION_REACH) : at]
        return not _NEGATIONS.isdisjoint(before) or "other than" in " ".join(before)


@bounded(4096)
def _name_stems(name: str) -> tuple[str, ...]:
    """Stems of the words of a column's name, ``camelCase`` taken apart."""
    spaced = re.sub(r"(?<=[a-z\d])(?=[A-Z])", " ", name)
    return tuple(stem(fold_word(word)) for word in find_words(spaced))


_STOP_STEMS = frozenset(map(stem, STOP_WORDS))
_ANSWERS = {
    kind: frozenset(map(stem, words.split()))
    for kind, words in {
        "who": "author assignee by client committer contact customer employee guest host manager member owner "
        "patient person reporter reviewer seller sender staff student teacher user writer",
        "when": "arrival at created date datetime day deadline departure due expires modified month since start time "
        "timestamp until updated year",
        "where": "address city country destination location origin place region room site street town venue",
    }.items()
}
"""Words in the names of columns that hold what a question word asks for."""
