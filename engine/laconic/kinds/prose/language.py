"""A passage's language, told from script, function words and letters, or not at all: sentence rules go by it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import cache
from math import log
from typing import NamedTuple

from laconic._utils.files import shipped_file
from laconic._utils.remembered import bounded
from laconic._utils.unicode import compiled_late
from laconic.kinds.function_words import ENGLISH

__all__ = ["guess_language", "script_of"]

_SAMPLE_CHARS = 400
_SURE = 5  # so many different function words of English leave no other language with more

# Scripts that tell the language, most specific first (kana before the ideographs that Japanese shares), with the least
# share of the letters that does.
_TELLING = (
    ("ja", "\u3040-\u30ff", 1 / 12),
    ("ko", "\u1100-\u11ff\uac00-\ud7af", 1 / 4),
    ("zh", "\u3400-\u9fff\U00020000-\U0003ffff", 1 / 4),
    ("el", "\u0370-\u03ff\u1f00-\u1fff", 1 / 4),
    ("hy", "\u0530-\u058f", 1 / 4),
    ("he", "\u0590-\u05ff", 1 / 4),
    ("bn", "\u0980-\u09ff", 1 / 4),
    ("pa", "\u0a00-\u0a7f", 1 / 4),
    ("gu", "\u0a80-\u0aff", 1 / 4),
    ("or", "\u0b00-\u0b7f", 1 / 4),
    ("ta", "\u0b80-\u0bff", 1 / 4),
    ("te", "\u0c00-\u0c7f", 1 / 4),
    ("kn", "\u0c80-\u0cff", 1 / 4),
    ("ml", "\u0d00-\u0d7f", 1 / 4),
    ("si", "\u0d80-\u0dff", 1 / 4),
    ("th", "\u0e00-\u0e7f", 1 / 4),
    ("lo", "\u0e80-\u0eff", 1 / 4),
    ("bo", "\u0f00-\u0fff", 1 / 4),
    ("my", "\u1000-\u109f", 1 / 4),
    ("ka", "\u10a0-\u10ff\u2d00-\u2d2f", 1 / 4),
    ("am", "\u1200-\u139f", 1 / 4),
    ("km", "\u1780-\u17ff", 1 / 4),
)
# Scripts of several languages, each of which is told by its words and letters.
_SHARED = {"ru": "\u0400-\u052f", "ar": "\u0600-\u06ff", "hi": "\u0900-\u097f"}
_LATIN = "en"
_SCRIPT_OF = {
    **dict.fromkeys("be bg kk ky mk mn ru sr tt uk".split(), "ru"),
    **dict.fromkeys("ar fa ps ur".split(), "ar"),
    **dict.fromkeys("hi mr ne".split(), "hi"),
}
_ANY_SCRIPT = compiled_late(f"[{''.join(letters for _, letters, _ in _TELLING)}{''.join(_SHARED.values())}]")
_PATTERNS = {letters: compiled_late(f"[{letters}]") for letters in (*(row[1] for row in _TELLING), *_SHARED.values())}
_WORD = re.compile(r"[^\s\d.,;:!?()\[\]{}\"“”„«»…।۔؟،<>|/*_=+-]+")

# What the best language must have at least, and before the next one. With lower ones more questions are told, and more
# of them wrongly (benchmarks/results/languages.md).
_LEAST, _LEAD = 3.5, 2.0
_LETTER_SHARE = 0.8
_MOST_OF_A_LETTER = 3  # names bring letters of other languages
# Rarely met, with lists that are short or near to those of a large language: they must be clearer.
_RARE = frozenset("af da et eu ga gl ha is lt lv ms sl so sq uz yo zu".split())
_RARE_HANDICAP = 1.0

_ENGLISH_BETWEEN_SPACES = [f" {word} " for word in ENGLISH]


def guess_language(text: str) -> str | None:
    """ISO 639-1 code of the language that ``text`` is written in, None where its beginning does not tell.

    Looks at the first 400 characters only; about 2 µs for English, 100 µs for others. Norwegian is ``"no"``, Croatian,
    Bosnian and Serbian in Latin letters are ``"hr"``.
    """
    sample = text[:_SAMPLE_CHARS]
    script = _LATIN
    if not sample.isascii() and _ANY_SCRIPT().search(sample):  # most often it is a dash or an accent
        script = _script_in(sample)
        if script not in _SHARED and script != _LATIN:
            return script
    sample = sample.lower()
    if script == _LATIN:
        sure = 0
        for word in _ENGLISH_BETWEEN_SPACES:  # settles most texts in a quarter of the time that the rest needs
            if word in sample:
                sure += 1
                if sure == _SURE:
                    return "en"
    return _by_words(sample, script)


def script_of(text: str) -> str:
    """A code for the script that a text begins in: languages of one script have the same, ``"en"`` is Latin."""
    sample = text[:_SAMPLE_CHARS]
    return _LATIN if sample.isascii() or not _ANY_SCRIPT().search(sample) else _script_in(sample)


def _script_in(sample: str) -> str:
    letters = sum(map(str.isalpha, sample)) or 1
    for code, members, share in _TELLING:
        if len(_PATTERNS[members]().findall(sample)) > letters * share:
            return code
    shared = (code for code, members in _SHARED.items() if len(_PATTERNS[members]().findall(sample)) * 4 > letters)
    return next(shared, _LATIN)


class _Table(NamedTuple):
    """What tells the languages of one script apart."""

    words: dict[str, tuple[str, ...]]  # the languages of each function word
    letters: dict[str, tuple[str, ...]]  # the languages of each letter beyond a to z
    languages: tuple[str, ...]
    spelled: frozenset[str]  # the languages whose letters are known


@bounded(64)  # whoever scores a passage asks again what was told to whoever cut it
def _by_words(sample: str, script: str) -> str | None:
    table = _tables()[script]
    by_words: defaultdict[str, float] = defaultdict(float)
    for word in table.words.keys() & set(_WORD.findall(sample)):
        holders = table.words[word]
        worth = log(1 + len(table.languages) / len(holders))
        for language in holders:
            by_words[language] += worth
    by_letters: defaultdict[str, float] = defaultdict(float)
    for letter, count in Counter(sample).items() if not sample.isascii() else ():
        if letter in table.letters:
            holders = table.letters[letter]
            share = min(count, _MOST_OF_A_LETTER)
            worth = _LETTER_SHARE * log(len(table.spelled) / len(holders)) * share / _MOST_OF_A_LETTER
            for language in holders:
                by_letters[language] += worth
            for language in table.spelled.difference(holders):
                by_words[language] -= share
    best, points, second = None, _LEAST, 0.0
    latin = script == _LATIN
    for language in by_words.keys() | by_letters.keys():
        found = by_words[language]
        # In Latin script, where names bring them along, letters alone tell nothing.
        found += min(max(found, 0.0), by_letters[language]) if latin else by_letters[language]
        found -= _RARE_HANDICAP if language in _RARE else 0.0
        if found > points:
            best, points, second = language, found, points if best else max(second, 0.0)
        elif found > second:
            second = found
    return best if points - second >= _LEAD else None


@cache
def _tables() -> dict[str, _Table]:
    """By script; of the file that training/build_languages.py writes."""
    words: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    letters: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    languages: defaultdict[str, list[str]] = defaultdict(list)
    spelled: defaultdict[str, set[str]] = defaultdict(set)
    for line in shipped_file("laconic.kinds.prose", "data/languages.tsv").decode().splitlines():
        language, alphabet, written = line.split("\t")
        script = _SCRIPT_OF.get(language, _LATIN)
        languages[script].append(language)
        if alphabet or script == _LATIN:
            spelled[script].add(language)
        for letter in alphabet:
            letters[script][letter].append(language)
        for word in written.split():
            words[script][word].append(language)
    return {
        script: _Table(
            {word: tuple(holders) for word, holders in words[script].items()},
            {letter: tuple(holders) for letter, holders in letters[script].items()},
            tuple(known),
            frozenset(spelled[script]),
        )
        for script, known in languages.items()
    }
