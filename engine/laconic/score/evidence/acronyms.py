"""Short forms that the passages define (*International Brotherhood of Teamsters (IBT)*).

Who asks for one form is answered by what is written in the other. Found after Schwartz and Hearst 2003, "A simple
algorithm for identifying abbreviation definitions in biomedical text": brackets hold the short form or, behind it, the
long one; the short form's characters stand in the long one in their order, the first of them at the start of a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from laconic._utils.words import find_words, fold_word
from laconic.score.words import stem

__all__ = ["defined_forms"]

_IN_BRACKETS = re.compile(r"\(([^()\n]{2,100})\)")
_SHORT_CHARS = 10
_LONG_CHARS = 100
_MOST = 8  # pairs of forms that one question can ask for


def defined_forms(query: str, texts: Iterable[str]) -> list[tuple[str, str]]:
    """Short and long forms that the texts define and of which the question has one, sorted; at most eight pairs.

    Linear in the texts. Short forms are told apart by their capitals, unless the question has no capital at all.
    """
    words = find_words(query)
    is_plain = query == query.lower()
    shorts = {_singular(word) for word in words}
    stems = _stems(words)
    known, phrase = set(stems), _joined(stems)
    found = set()
    for text in texts:
        for short, candidate in _in_brackets(text):
            is_asked = (short.lower() if is_plain else short) in shorts
            # Most brackets are dropped here: the question has neither the short form nor the long one's last word.
            if is_asked or stem(fold_word(_last_word(candidate))) in known:
                long = _long_form(short, candidate)
                if long and (is_asked or _joined(_stems(find_words(long))) in phrase):
                    found.add((short, long))
    return sorted(found)[:_MOST]


def _singular(word: str) -> str:
    return word.removesuffix("s") if word[:-1].isupper() else word


def _stems(words: Iterable[str]) -> list[str]:
    return [stem(fold_word(word)) for word in words]


def _joined(stems: Iterable[str]) -> str:
    return f" {' '.join(stems)} "


def _is_short(word: str) -> bool:
    """Whether a word is written like a short form: few characters, two capitals or more."""
    return 2 <= len(word) <= _SHORT_CHARS and word.isalnum() and sum(map(str.isupper, word)) > 1


def _in_brackets(text: str) -> Iterator[tuple[str, str]]:
    """What may be a short form, and the text that may end with its long form."""
    if "(" not in text:
        return
    for brackets in _IN_BRACKETS.finditer(text):
        inside, start = brackets.group(1).strip(), brackets.start()
        if _is_short(short := _singular(inside)):
            yield short, text[max(0, start - _LONG_CHARS) : start].rpartition("\n")[2]
        elif " " in inside and _is_short(
            short := _singular(_last_word(text[max(0, start - _SHORT_CHARS - 3) : start]))
        ):
            yield short, inside


def _last_word(text: str) -> str:
    return text.rstrip().rpartition(" ")[2]


def _long_form(short: str, candidate: str) -> str:
    """The end of a text that a short form stands for, of two words or more; else empty."""
    low = candidate.lower()
    if len(low) != len(candidate):  # a capital whose small letter is two characters
        return ""
    characters = short.lower()
    at = len(low)
    for number in range(len(characters) - 1, -1, -1):
        at = low.rfind(characters[number], 0, at)
        while number == 0 and at > 0 and low[at - 1].isalnum():
            at = low.rfind(characters[0], 0, at)
        if at < 0:
            return ""
    words = find_words(candidate[at:])
    fits = 2 <= len(words) <= min(len(characters) + 5, 2 * len(characters)) and short not in words
    return candidate[at:].rstrip() if fits else ""
