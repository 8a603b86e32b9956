"""Languages as fences call them, and whether there is a parser for them (extra ``code``)."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec

__all__ = ["code_language", "same_language"]


@lru_cache(maxsize=256)
def code_language(tag: str | None) -> str | None:
    """The name here of the language that a fence calls ``tag``; None where it is unknown or its grammar is missing."""
    if not tag or find_spec("tree_sitter") is None:
        return None
    from laconic.kinds.code.detect import known_language
    from laconic.kinds.code.language import language_named

    name = known_language(tag)
    return name if name and find_spec(language_named(name).module) else None


def same_language(name: str, other: str) -> bool:
    """Whether two tags name one language (``js`` and ``javascript``)."""
    if name.lower() == other.lower():
        return True
    known = code_language(name)
    return known is not None and known == code_language(other)
