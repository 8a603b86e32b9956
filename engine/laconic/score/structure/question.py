"""What a question asks of records, as far as its words tell: phrases, superlatives, limits, failures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import NamedTuple

from laconic.score.structure.values import quantity
from laconic.score.words import STOP_WORDS, stem

__all__ = ["Limit", "Question", "Superlative", "asks_for_failures", "identifiers"]

_WORD = re.compile(r"[^\W_]+")
_MOST_WORDS = 400  # of a question; what comes before them is its story

_IDENTIFIER = re.compile(r"[^\s\"'`()\[\]{}<>,;?!]*\d[^\s\"'`()\[\]{}<>,;?!]*")
_ASKS_FOR_FAILURES = re.compile(
    r"\b(?i:errors?|fail(?:s|ed|ure|ures|ing)?|faults?|faulty|exceptions?|crash(?:es|ed|ing)?|warnings?|alerts?|"
    r"anomal(?:y|ies|ous)|abnormal|unusual|incidents?|problems?|problematic|issues?|"
    r"(?:gone|went|going|go|is|are|was|were) wrong|"
    r"broke|broken|bugs?|fatal|panics?|tracebacks?|stack ?traces?|root cause|debug|diagnos\w+|outliers?|odd|suspect|"
    r"outages?|attacks?|intrusions?|suspicious|security|unhealthy|stand(?:s|ing)? out|needs? attention)\b"
)


def identifiers(query: str) -> list[str]:
    """Words of a question that name something: those with a digit and at least four characters."""
    found = (word.rstrip(".:") for word in _IDENTIFIER.findall(query))
    return list(dict.fromkeys(word for word in found if len(word) >= 4))


def asks_for_failures(query: str | None) -> bool:
    """Whether a question (or its absence) wants to see what went wrong in a log."""
    return query is None or bool(_ASKS_FOR_FAILURES.search(query))


# -- superlatives ---------------------------------------------------------------------------------------------------

_TIMES, _AGES = ("date", "time", "day", "year", "created", "updated", "at", "timestamp", "born", "since"), ("age",)
_LENGTHS = ("length", "duration", "distance", "time", "height", "long", "elapsed", "runtime")
_PRICES = ("price", "cost", "fee", "fare", "rent", "rate", "amount", "total", "salary", "charge")
_SPEEDS, _WAITS = (
    ("speed", "pace", "throughput", "velocity"),
    ("time", "latency", "duration", "elapsed", "response", "delay"),
)

# Word: for each direction (1 the greatest value, -1 the least) the columns it speaks of where the question names none;
# None where that can be any.
_SUPERLATIVES: dict[str, tuple[tuple[int, tuple[str, ...] | None], ...]] = {
    **dict.fromkeys("highest largest greatest biggest maximum maximal max most peak topmost".split(), ((1, None),)),
    **dict.fromkeys("lowest smallest fewest minimum minimal min least".split(), ((-1, None),)),
    **dict.fromkeys("top best worst strongest weakest busiest".split(), ((1, None), (-1, None))),
    **dict.fromkeys("longest tallest deepest widest farthest furthest".split(), ((1, _LENGTHS),)),
    **dict.fromkeys("shortest nearest closest narrowest".split(), ((-1, _LENGTHS),)),
    **dict.fromkeys("priciest costliest dearest".split(), ((1, _PRICES),)),
    "cheapest": ((-1, _PRICES),),
    "heaviest": ((1, ("weight", "mass")),),
    "lightest": ((-1, ("weight", "mass")),),
    "hottest": ((1, ("temperature", "temp")),),
    "warmest": ((1, ("temperature", "temp")),),
    "coldest": ((-1, ("temperature", "temp")),),
    "oldest": ((-1, _TIMES), (1, _AGES)),
    "youngest": ((1, _TIMES), (-1, _AGES)),
    **dict.fromkeys("newest latest last recent recently".split(), ((1, _TIMES), (-1, _AGES))),
    **dict.fromkeys("earliest first".split(), ((-1, _TIMES), (1, _AGES))),
    **dict.fromkeys("fastest quickest".split(), ((1, _SPEEDS), (-1, _WAITS))),
    "slowest": ((-1, _SPEEDS), (1, _WAITS)),
}
_OF_PRICE = frozenset(("expensive", "costly", "pricey"))
_OF_TIME = frozenset(("recent", "recently", "latest", "newest", "last", "earliest", "first", "oldest", "youngest"))
_IN_ORDER = frozenset(("first", "last"))
_NO_SUPERLATIVE_AFTER = frozenset(("at", "the_at"))
_NO_SUPERLATIVE_BEFORE = frozenset(
    "of likely name names week month year night time times four digit digits day days hour hours minutes step floor "
    "class aid thing important".split()
)
_ORDINARY_EST = frozenset(
    "rest test request guest forest nest quest contest west east interest invest suggest protest arrest digest honest "
    "modest harvest chest midwest northwest southwest northeast southeast conquest bequest manifest tempest inquest "
    "budapest bucharest everest ernest request latest breast crest pest vest lest jest zest guest".split()
)
_BEFORE_EST = frozenset("the is are was were its whose and".split())
_NUMBERS = {word: n for n, word in enumerate("two three four five six seven eight nine ten".split(), start=2)}
_MOST_RANKED = 25

# -- limits ---------------------------------------------------------------------------------------------------------

_ABOVE, _BELOW = "above", "below"
_LIMIT = re.compile(
    r"(?P<above>\b(?:more|greater|higher|larger|bigger|longer|later|newer|heavier|older|better) than|"
    r"\bover|\babove|\bat least|"
    r"\bno (?:less|fewer) than|\bexceed(?:s|ed|ing)?|\bafter|\bsince|\bminimum of|>=?|≥)"
    r"|(?P<below>\b(?:less|fewer|lower|smaller|shorter|earlier|cheaper|lighter|younger|worse) than|"
    r"\bunder|\bbelow|\bat most|"
    r"\bno more than|\bup to|\bbefore|\buntil|\bmaximum of|<=?|≤)"
    r"|(?P<between>\bbetween|\bfrom)",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"\s*(?:the |a |an )?(?P<value>\d{4}[-/]\d\d?(?:[-/]\d\d?)?(?:[T ]\d\d:\d\d(?::\d\d)?)?"
    r"|[A-Z][a-z]{2,8} \d{1,2}(?:st|nd|rd|th)?,? \d{4}"
    r"|\d{1,2}(?:st|nd|rd|th)? [A-Z][a-z]{2,8} \d{4}|[A-Z][a-z]{2,8} \d{4}|\d{1,2}:\d\d"
    r"|[$€£]?\s?\d+(?:,\d{3})*(?:\.\d+)?\s?(?:%|[kKMGTB]i?[Bb]?\b|million\b|billion\b|thousand\b|ms\b|kg\b|km\b)?)"
)
_AND = re.compile(r"\s*(?:and|to|-|–)", re.IGNORECASE)

_NEGATIONS = frozenset(
    "not no never without except excluding isn aren wasn weren hasn haven doesn don didn nor non".split()
)
_NEGATION_REACH = 4  # words before what is denied


class Superlative(NamedTuple):
    """A word of a question that asks for what is at an end of a column.

    Attributes:
        word: in lower case.
        at: its place among the words.
        directions: 1 for the greatest values, -1 for the least, each with names of the columns it speaks of, or None.
        number: so many records are asked for.
    """

    word: str
    at: int
    directions: tuple[tuple[int, tuple[str, ...] | None], ...]
    number: int

    @property
    def is_of_time(self) -> bool:
        """Whether it ranks by date where there is one."""
        return self.word in _OF_TIME

    @property
    def is_of_anything(self) -> bool:
        """Whether it says nothing of what it ranks by, as *highest* does and *heaviest* does not."""
        return any(names is None for _, names in self.directions)


class Limit(NamedTuple):
    """``over 500``, ``before 2021``, ``between 3 and 5``.

    Attributes:
        sort: ``"number"`` or ``"date"``.
        low, high: bounds, None for no bound; both count in, as people are careless with them.
        at: place among the words of the question of the first word behind it.
    """

    sort: str
    low: float | None
    high: float | None
    at: int

    def holds(self, value: float) -> bool:
        """Whether a value is within."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


class Question:
    """The words of a question, read once.

    Args:
        query: the question; None and blank ask for nothing, and thereby for what stands out.
    """

    def __init__(self, query: str | None) -> None:
        self.text = query or ""
        self.asks = bool(self.text.strip())
        found = list(_WORD.finditer(self.text))[-_MOST_WORDS:]
        self.written = [match.group() for match in found]
        self.words = [word.casefold() for word in self.written]
        self._starts = [match.start() for match in found]
        self.identifiers = identifiers(self.text)
        self._mentions: dict[str, tuple[float, tuple[int, int]] | None] = {}
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

    def place_of(self, value: str) -> tuple[int, int] | None:
        """Where the question says a value, as a range of its words; None where it does not.

        Letter case and punctuation aside; but values of up to three letters must be written as they are, and words
        that only bind or ask are none.
        """
        first = _WORD.search(value)
        if len(value) < 2 and not value.isdigit():
            return None
        if first is None or stem(first.group().casefold()) not in self._stem_places:
            return self._place_without_spaces(value) if first is not None and not value.isascii() else None
        words = [stem(word.casefold()) for word in _WORD.findall(value)]
        places = self._stem_places[words[0]]
        if len(words) == 1:
            at, word = places[0], first.group()
            is_common = words[0] in _STOP_STEMS
            doubtful = is_common or len(value) <= 3
            if doubtful and ((is_common and (word.islower() or at == 0)) or word not in self.written):
                return None
            return at, at + 1
        found = (at for at in places if self.stems[at : at + len(words)] == words)
        at = next(found, -1)
        return (at, at + len(words)) if at >= 0 else None

    def _place_without_spaces(self, value: str) -> tuple[int, int] | None:
        """Where a value stands inside a run of letters, as in Chinese and Japanese."""
        if len(value) < 2 or value not in self.text or not any("\u0e00" <= char <= "\u9fff" for char in value):
            return None
        start = self.text.index(value)
        at = max(0, sum(begin <= start for begin in self._starts) - 1)
        return at, at + 1

    def names(self, value: str, span: tuple[int, int]) -> bool:
        """Whether a value that the question says at ``span`` is a name there rather than ordinary words of it.

        That is one with a digit, several words as they are written, or a capital within the sentence.
        """
        start, end = span
        if any(map(str.isdigit, value)) or not value.isascii():
            return True
        if end - start > 1:
            return value.casefold() in self._lower
        return self.written[start][0].isupper() and (start > 0 or not value[0].islower())

    def mention(self, name: str) -> tuple[float, tuple[int, int]] | None:
        """How much of a column's name the question says, over 0 to 1, and where; None where it says nothing of it."""
        if name not in self._mentions:
            self._mentions[name] = self._mention(name)
        return self._mentions[name]

    def _mention(self, name: str) -> tuple[float, tuple[int, int]] | None:
        parts = _name_stems(name)
        if not parts:
            return None
        places = self._stem_places
        if parts[0] in places:
            for at in places[parts[0]]:
                if tuple(self.stems[at : at + len(parts)]) == parts:
                    return 1.0, (at, at + len(parts))
        core = tuple(part for part in parts if len(part) > 2) or parts
        said = [part for part in core if part in places and part not in _STOP_STEMS]
        if not said:
            return None
        at = places[said[-1]][0]
        # the last word is what it is (a *date* of delivery), unless that is as general as here
        share = len(said) / len(core)
        if said[-1] != core[-1]:
            share *= 0.75
        return share, (at, at + 1)

    @cached_property
    def superlatives(self) -> list[Superlative]:
        """Those of the question, in order."""
        return list(self._superlatives())

    def _superlatives(self) -> Iterator[Superlative]:
        for at, word in enumerate(self.words):
            before = self.words[at - 1] if at else ""
            after = self.words[at + 1] if at + 1 < len(self.words) else ""
            directions = _SUPERLATIVES.get(word)
            if before == "at" or after in _NO_SUPERLATIVE_BEFORE:
                continue
            if word in ("most", "least") and after in (_OF_PRICE | {"recent", "recently"}):
                columns = _PRICES if after in _OF_PRICE else _TIMES
                yield Superlative(after, at, ((1 if word == "most" else -1, columns),), self._count(at))
            elif word in ("recent", "recently") or (
                word in _IN_ORDER and before not in ("the", "s", "my", "your", "his", "her", "their", "our", "whose")
            ):
                continue
            elif directions is not None:
                yield Superlative(word, at, directions, self._count(at))
            elif word.endswith("est") and len(word) > 5 and word not in _ORDINARY_EST and before in _BEFORE_EST:
                yield Superlative(word, at, ((1, None), (-1, None)), self._count(at))

    def _count(self, at: int) -> int:
        """The number beside a superlative: ``the three cheapest``, ``top 5``."""
        for near in (at - 1, at + 1):
            if 0 <= near < len(self.words):
                word = self.words[near]
                count = _NUMBERS.get(word, int(word) if word.isdecimal() and len(word) <= 2 else 0)
                if 1 <= count <= _MOST_RANKED:
                    return count
        return 1

    @cached_property
    def limits(self) -> list[Limit]:
        """Those of the question, in order."""
        return list(self._limits())

    def _limits(self) -> Iterator[Limit]:
        for match in _LIMIT.finditer(self.text):
            first = _AMOUNT.match(self.text, match.end())
            if first is None:
                continue
            low = quantity(first["value"].strip())
            if low is None:
                continue
            end = first.end()
            bounds: tuple[float | None, float | None] = (low[1], None) if match["above"] else (None, low[1])
            if match["between"]:
                joint = _AND.match(self.text, end)
                second = _AMOUNT.match(self.text, joint.end()) if joint else None
                high = quantity(second["value"].strip()) if second else None
                if second is None or high is None or high[0] != low[0]:
                    continue
                bounds, end = (low[1], high[1]), second.end()
            yield Limit(low[0], *bounds, at=sum(begin < end for begin in self._starts))

    def denies(self, at: int) -> bool:
        """Whether what stands there is denied: ``not delivered``, ``other than Boston``."""
        before = self.words[max(0, at - _NEGATION_REACH) : at]
        return not _NEGATIONS.isdisjoint(before) or "other than" in " ".join(before)


@lru_cache(maxsize=4096)
def _name_stems(name: str) -> tuple[str, ...]:
    """Stems of the words of a column's name, ``camelCase`` taken apart."""
    spaced = re.sub(r"(?<=[a-z\d])(?=[A-Z])", " ", name)
    return tuple(stem(word.casefold()) for word in _WORD.findall(spaced))


_STOP_STEMS = frozenset(map(stem, STOP_WORDS))
