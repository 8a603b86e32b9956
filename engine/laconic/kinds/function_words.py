"""The commonest words of some languages: they tell a language, and they say nothing by themselves."""

from __future__ import annotations

from itertools import chain

__all__ = ["BY_LANGUAGE", "ENGLISH", "FUNCTION_WORDS"]

ENGLISH = "the of and in to is was for as by on with at that from".split()
"""The commonest first."""

BY_LANGUAGE = {
    "en": frozenset(ENGLISH),
    "de": frozenset("der die und das ist von den mit dem des ein eine nicht im auf wurde".split()),
    "fr": frozenset("le les des et est une dans que pour qui du sur par au avec".split()),
    "es": frozenset("el los las y que en una por con del para se su al fue".split()),
    "it": frozenset("il di che e la per un del della con sono nel alla gli".split()),
    "pt": frozenset("o os que e do da em um para com uma no na dos".split()),
    "nl": frozenset("het een en van de dat op te zijn met voor niet aan door".split()),
}

FUNCTION_WORDS = frozenset(chain.from_iterable(BY_LANGUAGE.values()))
"""Of all of these languages."""
