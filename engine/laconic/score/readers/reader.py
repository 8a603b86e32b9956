"""The protocol of readers, and what several of them need."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from laconic.score.readers.answers import Answer

__all__ = ["Reader", "one_at_a_time", "parameters", "positionals"]


class Reader(Protocol):
    """A foreign scorer as something that answers for texts."""

    @property
    def name(self) -> str:
        """What metrics and messages call it."""

    @property
    def whole(self) -> bool:
        """Whether it is made for whole passages, of which it tells the parts."""

    def read(self, query: str, texts: list[str]) -> list[Answer]:
        """One answer for each text.

        Raises:
            ConfigurationError: what came back has the wrong shape.
            Exception: whatever the scorer raises.
        """


_LOCKS: WeakKeyDictionary[Any, threading.Lock] = WeakKeyDictionary()
_MAKING = threading.Lock()


def one_at_a_time(model: Any) -> threading.Lock:
    """The lock of a local model, the same for everybody who shares the model in this process.

    Tokenizers that pad and truncate keep how in themselves, and fail (“Already borrowed”) when two threads use one; the
    arithmetic takes all cores anyway.
    """
    with _MAKING:
        return _LOCKS.setdefault(model, threading.Lock())


def parameters(function: Callable[..., Any]) -> Mapping[str, Parameter]:
    """The parameters of a function; none where it does not say."""
    try:
        return signature(function).parameters
    except (TypeError, ValueError):
        return {}


def positionals(function: Callable[..., Any]) -> tuple[int, int]:
    """How many positional arguments a function needs and how many it takes; any number where it does not say."""
    found = parameters(function).values()
    if not found or any(each.kind is Parameter.VAR_POSITIONAL for each in found):
        most = 1 << 10
    else:
        most = sum(each.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD) for each in found)
    fewest = sum(
        each.default is Parameter.empty and each.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
        for each in found
    )
    return fewest, most
