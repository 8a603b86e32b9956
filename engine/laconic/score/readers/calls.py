"""Functions of a question and texts, and rerank services, whose clients have such a method."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter
from typing import Any

from laconic.exceptions import ConfigurationError
from laconic.score.readers.answers import Answer, answers, called
from laconic.score.readers.reader import parameters

__all__ = ["CallReader"]

_TOP = ("top_n", "top_k")


class CallReader:
    """A function of ``(query, texts)``, or of ``query=`` and ``documents=`` as rerank services have it.

    Args:
        function: what is called.
        owner: the object that it is a method of, for messages.

    Raises:
        ConfigurationError: it needs more arguments than these.
    """

    whole = False

    def __init__(self, function: Callable[..., Any], owner: Any = None) -> None:
        self.function = function
        self.name = called(function if owner is None else owner)
        known = parameters(function)
        self._by_name = {"query", "documents"} <= known.keys()
        self._top = [name for name in _TOP if name in known] if self._by_name else []
        needed = [
            name
            for name, each in known.items()
            if each.default is Parameter.empty and each.kind not in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
        ]
        missing = [name for name in needed if name not in ("query", "documents", *self._top)] if self._by_name else []
        if missing:
            raise ConfigurationError(
                f"scorer {self.name} is not usable as it is: its call needs {', '.join(missing)} too; fill it in with "
                f"functools.partial({called(function)}, {missing[0]}=...)"
            )

    def read(self, query: str, texts: list[str]) -> list[Answer]:
        """See `Reader.read`."""
        if not self._by_name:
            return answers(self.function(query, list(texts)), texts, self.name)
        every = dict.fromkeys(self._top, len(texts))
        return answers(self.function(query=query, documents=list(texts), **every), texts, self.name)
