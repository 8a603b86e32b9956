"""Options by name: one that there is not is refused, and the error names the nearest one that there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import ParamSpec, TypeVar

from laconic.exceptions import UnknownOptionError

__all__ = ["did_you_mean", "known_options", "repr_of", "unknown_option"]

P = ParamSpec("P")
R = TypeVar("R")

_LONGEST_SHOWN = 100
_LEAST_LIKENESS = 0.6  # of difflib, its own default: a letter more or less in a short word, two in a long one


def repr_of(value: object) -> str:
    """A value as messages have it: its ``repr``, of a long one the beginning, of one that has none the type."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - whatever somebody's repr raises; a whole number's, from 4300 digits
        return f"a {type(value).__name__} that cannot be written"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def _nearest(name: object, known: Iterable[str]) -> str | None:
    """The known name that is most like another, letter case aside; None where none is like it."""
    from difflib import get_close_matches  # only a mistake needs it

    spelled = {each.casefold(): each for each in known}
    text = name if isinstance(name, str) else repr_of(name)
    found = get_close_matches(text.casefold(), spelled, n=1, cutoff=_LEAST_LIKENESS)
    return spelled[found[0]] if found else None


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """``" (did you mean haste?)"``, to stand in a message about a value; empty where nothing known is like it."""
    near = _nearest(name, known)
    return f" (did you mean {near}?)" if near else ""


def unknown_option(name: object, known: Iterable[str], where: str) -> UnknownOptionError:
    """The error about an option that is none of those that there are.

    Args:
        name: as it was given.
        known: what there is.
        where: what takes them; begins the message.
    """
    names = sorted(known)
    near = _nearest(name, names)
    hint = f"did you mean {near}? It" if near else "it"
    return UnknownOptionError(f"{where} has no option {name!r}: {hint} has {', '.join(names)}")


def known_options(function: Callable[P, R]) -> Callable[P, R]:
    """A function or constructor whose keyword arguments are checked by name before it is called.

    Raises:
        UnknownOptionError: at a call, for a keyword argument that the signature does not have.

    For functions without ``**kwargs`` of their own; costs half a microsecond a call. The signature stays as it is
    written, for readers, editors and type checkers.
    """
    code = function.__code__
    known = frozenset(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    owner, _, name = function.__qualname__.rpartition(".")
    where = owner if name == "__init__" else f"{name}()"

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        if not known.issuperset(kwargs):
            raise unknown_option(next(each for each in kwargs if each not in known), known - {"self"}, where)
        return function(*args, **kwargs)

    return checked
