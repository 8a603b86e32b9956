"""What is done when it is first asked for: imports behind public names, values made once for the process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from importlib import import_module
from sys import modules
from typing import Any, ParamSpec, TypeVar

from laconic._utils.locks import ForkLock

__all__ = ["lazily", "once"]

_P = ParamSpec("_P")
_T = TypeVar("_T")


def lazily(module: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of a module whose public names live elsewhere.

    Args:
        module: the module's own dotted name.
        homes: public name to the module that defines it.
    """

    def resolve(name: str) -> Any:
        home = homes.get(name)
        if home is None:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        value = getattr(import_module(home), name)
        setattr(modules[module], name, value)
        return value

    return resolve, lambda: sorted({*vars(modules[module]), *homes})


def once(make: Callable[_P, _T]) -> Callable[_P, _T]:
    """``make``, called once for the process for any positional arguments, whichever thread asks first.

    The others wait for it, and all get the same value. A call that raises is made again by the next one who asks.
    """
    made: dict[Any, _T] = {}
    lock = ForkLock()

    @wraps(make)
    def shared(*arguments: _P.args, **named: _P.kwargs) -> _T:
        if arguments not in made:
            with lock:
                if arguments not in made:
                    made[arguments] = make(*arguments, **named)
        return made[arguments]

    return shared
