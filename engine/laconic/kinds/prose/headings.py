"""Which headings a text stands under."""

from __future__ import annotations

import re

__all__ = ["Headings"]

_MARKS = re.compile(r"\s*(#{1,6}|={1,6})\s")
_NUMBER = re.compile(r"\s*(\d{1,3}(?:\.\d{1,3}){0,4})\.?\s")
_PLAIN = 10  # deeper than all that have marks
_UNNUMBERED = 15  # deeper than all that have a number
_NEAREST = 2  # a release and its kind of change, a chapter and its section


class Headings:
    """The headings above the place that has been reached.

    Attributes:
        nearest: their segments, the innermost first; those that a reader of this place needs.
    """

    def __init__(self) -> None:
        self.nearest: tuple[int, ...] = ()
        self._path: list[tuple[int, int]] = []  # levels and segments, outermost first
        self._rows: dict[str, int] = {}

    def enter(self, text: str, at: int) -> None:
        """Begin the section of a heading, which is the segment ``at``."""
        level = self._level(text)
        while self._path and self._path[-1][0] >= level:
            self._path.pop()
        self._path.append((level, at))
        self.nearest = tuple(own for _, own in reversed(self._path[-_NEAREST:]))

    def _level(self, text: str) -> int:
        """Depth of a heading: by its marks, by the row below it in order of appearance, by its number."""
        if marks := _MARKS.match(text):
            return len(marks[1])
        row = text.rstrip()[-1:]
        if "\n" in text and row and not row.isalnum():
            return self._rows.setdefault(row, len(self._rows) + 1)
        number = _NUMBER.match(text)
        return _PLAIN + number[1].count(".") if number else _UNNUMBERED
