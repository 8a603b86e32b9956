"""Public names that are imported when they are first used, so that a façade costs nothing to import."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from sys import modules
from typing import Any

__all__ = ["lazily"]


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
