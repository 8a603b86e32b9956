"""Words that ask for what is at an end of a column: *highest*, *the three cheapest*, *most recent*."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

__all__ = ["Superlative", "superlatives_of"]

_Directions = tuple[tuple[int, tuple[str, ...] | None], ...]

_TIMES = ("date", "time", "day", "year", "created", "updated", "at", "timestamp", "born", "since")
_AGES = ("age",)
_LENGTHS = ("length", "duration", "distance", "time", "height", "long", "elapsed", "runtime")
_PRICES = ("price", "cost", "fee", "fare", "rent", "rate", "amount", "total", "salary", "charge")
_SPEEDS = ("speed", "pace", "throughput", "velocity")
_WAITS = ("time", "latency", "duration", "elapsed", "response", "delay")
_WEIGHTS, _HEATS = ("weight", "mass"), ("temperature", "temp")

_SUPERLATIVES: dict[str, _Directions] = {
    **dict.fromkeys("highest largest greatest biggest maximum maximal max most peak topmost".split(), ((1, None),)),
    **dict.fromkeys("lowest smallest fewest minimum minimal min least".split(), ((-1, None),)),
    **dict.fromkeys("top best strongest busiest".split(), ((1, None), (-1, None))),
    **dict.fromkeys("bottom worst weakest".split(), ((-1, None), (1, None))),
    **dict.fromkeys("longest tallest deepest widest farthest furthest".split(), ((1, _LENGTHS),)),
    **dict.fromkeys("shortest nearest closest narrowest".split(), ((-1, _LENGTHS),)),
    **dict.fromkeys("priciest costliest dearest".split(), ((1, _PRICES),)),
    "cheapest": ((-1, _PRICES),),
    "heaviest": ((1, _WEIGHTS),),
    "lightest": ((-1, _WEIGHTS),),
    **dict.fromkeys(("hottest", "warmest"), ((1, _HEATS),)),
    **dict.fromkeys(("coldest", "coolest"), ((-1, _HEATS),)),
    "oldest": ((-1, _TIMES), (1, _AGES)),
    "youngest": ((1, _TIMES), (-1, _AGES)),
    **dict.fromkeys("newest latest last".split(), ((1, _TIMES), (-1, _AGES))),
    **dict.fromkeys("earliest first".split(), ((-1, _TIMES), (1, _AGES))),
    **dict.fromkeys("fastest quickest".split(), ((1, _SPEEDS), (-1, _WAITS))),
    "slowest": ((-1, _SPEEDS), (1, _WAITS)),
}
_WITH_MOST = {
    **dict.fromkeys(("expensive", "costly", "pricey"), _PRICES),
    **dict.fromkeys(("recent", "recently"), _TIMES),
    **dict.fromkeys(("heavy",), _WEIGHTS),
}
_OF_TIME = frozenset("latest newest last earliest first oldest youngest recent recently".split())

# "at least", "most of them", "the first name", "last week", "the last four digits"
_NOT_BEHIND = frozenset(("at",))
_NOT_BEFORE = frozenset(
    "of likely name names week month year night time times four digit digits day days hour hours minutes step floor "
    "class aid thing important".split()
)
_NEEDS_ARTICLE = frozenset(("first", "last"))
_ARTICLES = frozenset("the s my your his her their our whose".split())

# Any other adjective that ends so looks at either end.
_ENDING, _BEFORE_ENDING = "est", frozenset("the is are was were its whose and".split())
_NO_ADJECTIVES = frozenset(
    "arrest bequest breast bucharest budapest chest conquest contest crest digest east everest forest guest harvest "
    "honest inquest interest invest manifest midwest modest nest northeast northwest protest quest request rest "
    "southeast southwest suggest tempest test vest west".split()
)
_LEAST_LETTERS = 6

_NUMBERS = {word: n for n, word in enumerate("two three four five six seven eight nine ten".split(), start=2)}
_MOST_RANKS = 25


class Superlative(NamedTuple):
    """A word of a question that asks for what is at an end of a column.

    Attributes:
        word: in lower case.
        at: its place among the words.
        directions: 1 for the greatest values, -1 for the least, the likelier first, each with words for the columns
            that it speaks of where the question names none; None where that can be any.
        ranks: so many records are asked for.
    """

    word: str
    at: int
    directions: _Directions
    ranks: int

    @property
    def is_of_time(self) -> bool:
        """Whether it ranks by date where there is one."""
        return self.word in _OF_TIME

    @property
    def is_of_anything(self) -> bool:
        """Whether it says nothing of what it ranks by, as *highest* does and *heaviest* does not."""
        return any(names is None for _, names in self.directions)


def superlatives_of(words: Sequence[str]) -> Iterator[Superlative]:
    """The superlatives among words in lower case, in order. English."""
    for at, word in enumerate(words):
        before = words[at - 1] if at else ""
        after = words[at + 1] if at + 1 < len(words) else ""
        if before in _NOT_BEHIND or after in _NOT_BEFORE or (word in _NEEDS_ARTICLE and before not in _ARTICLES):
            continue
        directions = _SUPERLATIVES.get(word)
        if word in ("most", "least") and after in _WITH_MOST:
            yield Superlative(after, at, ((1 if word == "most" else -1, _WITH_MOST[after]),), _ranks(words, at))
        elif directions is not None:
            yield Superlative(word, at, directions, _ranks(words, at))
        elif _is_adjective(word) and before in _BEFORE_ENDING:
            yield Superlative(word, at, ((1, None), (-1, None)), _ranks(words, at))


def _is_adjective(word: str) -> bool:
    return word.endswith(_ENDING) and len(word) >= _LEAST_LETTERS and word not in _NO_ADJECTIVES


def _ranks(words: Sequence[str], at: int) -> int:
    """The number beside a superlative: *the three cheapest*, *top 5*."""
    for word in (*words[max(0, at - 1) : at], *words[at + 1 : at + 2]):
        count = _NUMBERS.get(word, int(word) if word.isdecimal() and len(word) <= 2 else 0)
        if 1 <= count <= _MOST_RANKS:
            return count
    return 1
