"""Words and phrases that carry a text's subject: domain terms, identifiers, quantities, dates and names.

By shape (one regular expression per kind) and, for terms, by how rare a word is in general and how often it comes in
this text, which is the idea of tf-idf with the frequencies of the shipped word table in place of a corpus.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import log

from laconic._utils.unicode import compiled_late
from laconic._utils.words import MARKS
from laconic.score.words import STOP_WORDS

__all__ = ["Keyword", "detect_keywords"]

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_UNIT = (
    r"(?:%|‰|°[CF]?|percent|per cent|thousand|million|billion|trillion|[kMGTP]i?[Bb](?:ps|/s)?|bits?|bytes?|[kMG]?Hz"
    r"|[kmcµn]?m[²³23]?|[kmcµn]?g|[kmµn]?s|min|hours?|minutes?|seconds?|days?|weeks?|months?|years?|miles?|feet|ft"
    r"|inch(?:es)?|yards?|pounds?|lbs?|ounces?|oz|tons?|tonnes?|met(?:re|er)s?|kilomet(?:re|er)s?|lit(?:re|er)s?|[mM]?l"
    r"|[kM]?Wh?|[kM]?V|[kM]?J|k?cal|mol|ppm|dB|px|rpm|mph|km/h|m/s|tokens?|dollars?|euros?|USD|EUR|GBP)"
)
# No pattern may start in the middle of a word: that is what keeps them linear on a run of a million letters.
_SHAPES = {
    "date": re.compile(
        rf"\b{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:, ?\d{{4}})?\b"  # July 16, 1969
        rf"|\b\d{{1,2}}(?:st|nd|rd|th)? {_MONTH}(?: \d{{4}})?\b"  # 16 July 1969
        rf"|\b{_MONTH} \d{{4}}\b|\bQ[1-4] \d{{4}}\b"  # July 1969, Q3 2024
        r"|\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?"
        r"|\b\d{1,2}([/.])\d{1,2}\1\d{2,4}\b"
        r"|\b(?:1[5-9]|20)\d\d\b(?![.,]?\d)"  # a year
    ),
    "identifier": re.compile(
        r"`[^`\n]{2,60}`"  # marked as code
        r"|\b[A-Za-z_]\w*(?:(?:\.|::|->|/)[A-Za-z_]\w+)+(?:\(\))?"  # dotted.name, Class::member, path/to
        r"|\b\w*_\w+|\b[A-Za-z_]\w*\(\)|(?<![\w-])--[a-z][\w-]+"  # snake_case, call(), --option
        r"|\b[A-Za-z][a-z]+[A-Z]\w*"  # camelCase, PascalCase
        r"|\b[A-Z]{2}[A-Z0-9]*(?:[- ]\d[\w.-]*)?\b"  # NASA, RFC 2616
        r"|\b[A-Z]{1,4}-?\d[\w-]*\b|\bv?\d+\.\d+\.\d+[\w-]*"  # A-380, 1.2.3
    ),
    "quantity": re.compile(
        rf"[$€£¥] ?\d[\d,.]*(?: ?{_UNIT}(?!\w))?"
        rf"|(?<![\w.])[+−-]?\d[\d,.]*[ -]?{_UNIT}(?!\w)"
        r"|(?<![\w.])[+−-]?\d[\d,.]*\d\b"  # two digits or more
    ),
}
_NAME = re.compile(r"\b[A-Z][\w’'-]+(?:(?: (?:of|the|de|van|von|der|la|du|al|bin|and|&))? [A-Z][\w’'-]*\w){0,5}")
_OPENING_CHARS = 12  # so far back is looked for what a sentence opens with
_OPENS_SENTENCE = re.compile(rf"(?:^|[.!?:;\n•\"“(*#>-])[\s\"“(*#>-]{{0,{_OPENING_CHARS}}}$")
_WORD = re.compile(r"(?<![\w’'-])[^\W\d_][\w’'-]*[^\W_]")
_MARKED_WORD = compiled_late(rf"(?<![\w’'{MARKS}-])[^\W\d_][\w’'{MARKS}-]*(?:[^\W_]|[{MARKS}])")

# A word this rare in general is of a domain when it comes twice, one this rare already when it comes once.
_RARE_TWICE, _RARE_ONCE = 0.72, 1.1
_SHORTEST_TERM = 4
_WEIGHTS = {"identifier": 1.2, "name": 1.1, "date": 0.9, "quantity": 0.8}
_BARE_NUMBER = 0.4


@dataclass(frozen=True)
class Keyword:
    """A word or phrase that carries the subject."""

    text: str  # as first written
    kind: str  # "identifier", "name", "date", "quantity" or "term"
    count: int  # how often it comes, ≥ 1
    weight: float  # how telling it is; higher is more


def detect_keywords(text: str) -> list[Keyword]:
    """Keywords of a text, the most telling first, ties by first occurrence.

    Args:
        text: any text. The shapes of dates, units and names are those of English; identifiers, numbers and rare words
            are found in any language that puts spaces between words.

    Returns:
        Each distinct keyword once (letter case aside); none for a text without any. Linear in the text, about 1 MB/s.
    """
    # a term inside something found by shape ("Hz" of "50 Hz", "parse" of "parse_header") is no keyword of its own
    found = _apart([*_shaped(text), *_names(text), *_terms(text)])
    counts: Counter[str] = Counter()
    first: dict[str, tuple[str, str]] = {}
    for start, end, kind in found:
        written = text[start:end].strip("`")
        key = written.casefold()
        counts[key] += 1
        first.setdefault(key, (written, kind))
    weighed = (
        Keyword(written, kind, counts[key], _weight(key, kind, counts[key])) for key, (written, kind) in first.items()
    )
    keywords = [keyword for keyword in weighed if keyword.weight > 0]
    return sorted(keywords, key=lambda keyword: -keyword.weight)


_Found = tuple[int, int, str]


def _shaped(text: str) -> Iterator[_Found]:
    for kind, pattern in _SHAPES.items():
        for match in pattern.finditer(text):
            yield match.start(), match.end(), kind


def _names(text: str) -> Iterator[_Found]:
    """Capitalised runs; of one that opens a sentence, only what owes its capital to nothing but itself."""
    for match in _NAME.finditer(text):
        start, end = match.span()
        if _OPENS_SENTENCE.search(text, max(0, start - _OPENING_CHARS), start):
            start = _behind_common_words(text, start, end)
        if start < end and text[start:end].casefold() not in STOP_WORDS:
            yield start, end, "name"


def _behind_common_words(text: str, start: int, end: int) -> int:
    """Where a run's first uncommon word begins; its end where only one word is left."""
    while start < end:
        word_end = text.find(" ", start, end)
        if word_end < 0:
            return end
        word = text[start:word_end]
        if not (word.islower() or word.casefold() in STOP_WORDS or _rarity(word.casefold()) < _RARE_TWICE):
            return start
        start = word_end + 1
    return end


def _terms(text: str) -> Iterator[_Found]:
    for match in (_WORD if text.isascii() else _MARKED_WORD()).finditer(text):
        word = match.group()
        if len(word) >= _SHORTEST_TERM and word.casefold() not in STOP_WORDS:
            yield match.start(), match.end(), "term"


def _apart(found: list[_Found]) -> list[_Found]:
    """Those that overlap no earlier and no longer one, in text order."""
    apart: list[_Found] = []
    end = 0
    for each in sorted(found, key=lambda each: (each[0], -each[1])):  # stable: of equal ones the first kind
        if each[0] >= end:
            apart.append(each)
            end = each[1]
    return apart


def _weight(key: str, kind: str, count: int) -> float:
    if kind in ("date", "quantity"):  # that a number comes twice says nothing
        return _WEIGHTS[kind] if any(map(str.isalpha, key)) or kind == "date" else _BARE_NUMBER
    if kind != "term":
        return _WEIGHTS[kind] * (1 + log(count))
    rarity = _rarity(key)
    rare = rarity >= (_RARE_TWICE if count > 1 else _RARE_ONCE)
    return rarity * (1 + log(count)) if rare else 0.0


def _rarity(word: str) -> float:
    from laconic.score.vectors.static import StaticVectors  # reads a table of megabytes; importing this should not

    return StaticVectors.shared().rarity(word)
