"""What parts of a file cost in tokens, and what a text made of its lines does."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from laconic.kinds.code.parse import ParsedCode
from laconic.kinds.code.units import comments_of, outline
from laconic.tokens import TiktokenCounter
from laconic.tokens.parts import countable_lines
from laconic.types import TokenCounter

__all__ = ["Costs", "text_counter"]

_T = TypeVar("_T")


class Costs:
    """Tokens of parts of one file: one tokenisation where the counter allows, else a count per part."""

    def __init__(self, parsed: ParsedCode, counter: TokenCounter) -> None:
        self._parsed = parsed
        self._counter = counter
        self._definitions: dict[int, int] = {}
        self._derived: dict[str, Any] = {}
        self._ends: list[int] | None = None
        if isinstance(counter, TiktokenCounter):
            self._ends = counter.token_ends(parsed.text).tolist()

    @classmethod
    def of(cls, parsed: ParsedCode, counter: TokenCounter) -> Costs:
        """The costs of a file, cached with it for counters that can be told apart."""
        if not isinstance(counter, TiktokenCounter):
            return cls(parsed, counter)
        return parsed.derive(("costs", counter), lambda p: cls(p, counter))

    def __call__(self, start: int, end: int) -> int:
        """Planned tokens between two byte offsets of the parsed data."""
        if self._ends is None:
            return self._counter.count(self._parsed.slice(start, end))
        shift = self._parsed.shift
        return bisect_right(self._ends, end - shift) - bisect_right(self._ends, start - shift)

    def derive(self, key: str, make: Callable[[], _T]) -> _T:
        """``make()``, kept with the costs; see `ParsedCode.derive`."""
        if key not in self._derived:
            self._derived[key] = make()
        value: _T = self._derived[key]
        return value

    def definition(self, index: int) -> int:
        """Planned tokens of a unit of the file's outline without its comments; kept, as every question asks for it."""
        known = self._definitions.get(index)
        if known is None:
            unit = outline(self._parsed).units[index]
            comments = comments_of(self._parsed, unit)
            known = self(unit.start, unit.end) + 1 - sum(self(*span) for span in comments)
            self._definitions[index] = known
        return known

    @cached_property
    def total(self) -> int:
        """Tokens of the whole file."""
        return len(self._ends) if self._ends is not None else self._counter.count(self._parsed.text)

    @cached_property
    def lines(self) -> dict[str, int]:
        """Exact tokens of the file's own lines, as `countable_lines` cuts them; empty where they do not add up."""
        if self._ends is None:
            return {}
        text = self._parsed.text
        pieces = countable_lines(text)
        sizes = list(map(len, pieces if text.isascii() else [piece.encode("utf-8", "replace") for piece in pieces]))
        until = np.searchsorted(self._ends, np.cumsum(sizes), side="right")
        return dict(zip(pieces, np.diff(until, prepend=0).tolist(), strict=True))


def text_counter(counter: TokenCounter, costs: list[Costs]) -> Callable[[str], int]:
    """A function that counts as ``counter`` does, and looks lines of the files of ``costs`` up where it can.

    A text of such lines is counted some thirty times as fast as by its tokenisation.
    """
    if not isinstance(counter, TiktokenCounter):
        return counter.count
    known = costs[0].lines if len(costs) == 1 else {}

    def count(text: str) -> int:
        return sum(known[piece] if piece in known else counter.count(piece) for piece in countable_lines(text))

    return count
