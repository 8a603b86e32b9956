"""Options by name: one that there is not is refused, and the error names the nearest one that there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import ParamSpec, TypeVar

from laconic.exceptions import UnknownOptionError

__all__ = ["did_you_mean", "known_options", "unknown_option"]

P = ParamSpec("P")
R = TypeVar("R")

_LEAST_LIKENESS = 0.6  # of difflib, its own default: a letter more or less in a short word, two in a long one


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """``" (did you mean max_tokens?)"`` where a known name is like ``name``, else nothing; letter case aside."""
    from difflib import get_close_matches  # only a mistake needs it

    spelled = {each.casefold(): each for each in known}
    found = get_close_matches(str(name).casefold(), spelled, n=1, cutoff=_LEAST_LIKENESS)
    return f" (did you mean {spelled[found[0]]}?)" if found else ""


def unknown_option(name: object, known: Iterable[str], what: str) -> str:
    """The message for a name that is none of those that there are.

    Args:
        name: as it was given.
        known: what there is, in the order in which it is to be listed.
        what: completes "is no …": ``"option of Compressor"``, ``"key of a recipe"``.
    """
    names = list(known)
    return f"{name!r} is no {what}{did_you_mean(name, names)}: use {', '.join(names)}"


def known_options(function: Callable[P, R]) -> Callable[P, R]:
    """A function or constructor whose keyword arguments are checked by name before it is called.

    Raises:
        UnknownOptionError: at a call, for a keyword argument that the signature does not have.

    For functions without ``**kwargs`` of their own; costs half a microsecond a call.
    """
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    known = frozenset(names)
    owner, _, name = function.__qualname__.rpartition(".")
    what = f"option of {owner if name == '__init__' else f'{name}()'}"

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        if not known.issuperset(kwargs):
            unknown = next(each for each in kwargs if each not in known)
            raise UnknownOptionError(unknown_option(unknown, [each for each in names if each != "self"], what))
        return function(*args, **kwargs)

    return checked
