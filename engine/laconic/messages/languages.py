"""Languages as fences call them, and whether there is a parser for them (extra ``code``)."""

from __future__ import annotations

from functools import lru_cache

from laconic.exceptions import MissingDependencyError

__all__ = ["code_language", "missing_parser", "same_language"]


@lru_cache(maxsize=256)
def _known(tag: str) -> str | None:
    from laconic.kinds.code.detect import known_language

    return known_language(tag)


@lru_cache(maxsize=256)
def missing_parser(tag: str | None) -> str | None:
    """What to install for the language that a fence calls ``tag``; None where it is unknown or nothing is missing."""
    name = _known(tag) if tag else None
    if name is None:
        return None
    from laconic.kinds.code.parse import require_grammar

    try:
        require_grammar(name)
    except MissingDependencyError as error:
        return str(error)
    return None


def code_language(tag: str | None) -> str | None:
    """The name here of the language that a fence calls ``tag``; None where it is unknown or its grammar is missing."""
    return _known(tag) if tag and missing_parser(tag) is None else None


def same_language(name: str, other: str) -> bool:
    """Whether two tags name one language (``js`` and ``javascript``)."""
    if name.lower() == other.lower():
        return True
    known = _known(name)
    return known is not None and known == _known(other)
