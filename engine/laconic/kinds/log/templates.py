"""The kinds of lines that a log is made of, found in one pass with bounded memory.

A small relative of Drain (He et al., "Drain: An Online Log Parsing Approach with Fixed Depth Tree", 2017): words with a
digit are variables; lines of as many words that begin alike are compared position by position and join the kind with
which they share most words. What differs is that nearly every line is settled by one look-up of its masked text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["WILDCARD", "LogTemplates", "Template", "mask_line"]

WILDCARD = "<*>"

_VARIABLE = re.compile(r"(?<![^\s=,:;()\[\]{}\"'|<>])[^\s=,:;()\[\]{}\"'|<>\d]*\d[^\s=,;()\[\]{}\"'|<>]*")
_SPLIT = re.compile(r"\s+")

_MASK_CHARS = 400  # what comes later in a line is payload
_SIMILAR = 0.7
_KNOWN_MASKS = 20_000
_MOST_COMPARED = 50  # kinds of lines of as many words that begin alike; lines of one kind come close together


def mask_line(line: str) -> str:
    """The line with every word that holds a digit replaced by ``<*>``; only the first 400 characters count."""
    return _VARIABLE.sub(WILDCARD, line[:_MASK_CHARS])


@dataclass
class Template:
    """One kind of line.

    Attributes:
        words: of its lines, ``<*>`` where they differ.
        count: number of its lines so far.
        first: number of its first line, from 0.
    """

    words: list[str]
    count: int
    first: int

    def __str__(self) -> str:
        """The words joined by spaces, runs of wildcards as one."""
        shown: list[str] = []
        for word in self.words:
            if word != WILDCARD or shown[-1:] != [WILDCARD]:
                shown.append(word)
        return " ".join(shown)


class LogTemplates:
    """Sorts lines into kinds as they come.

    Args:
        max_templates: so many kinds are told apart; lines of later kinds go to one kind of their own, the last.

    Memory is bounded by ``max_templates`` and a table of 20,000 masked lines, whatever the number of lines. About
    3 µs a line, where kinds repeat.
    """

    def __init__(self, max_templates: int = 2000) -> None:
        self.templates: list[Template] = []
        self.max_templates = max_templates
        self.lines = 0
        self._known: dict[str, int] = {}
        self._alike: dict[tuple[int, str], list[int]] = {}
        self._other: int | None = None

    def add(self, line: str) -> int:
        """Count one line; the index in ``templates`` of its kind."""
        masked = mask_line(line)
        at = self._known.get(masked)
        if at is None:
            at = self._place(masked)
            if len(self._known) >= _KNOWN_MASKS:
                self._known.clear()
            self._known[masked] = at
        self.templates[at].count += 1
        self.lines += 1
        return at

    def _place(self, masked: str) -> int:
        words = _SPLIT.split(masked.strip())
        opening = next((word for word in words if WILDCARD not in word), WILDCARD)
        group = self._alike.setdefault((len(words), opening), [])
        best, most = None, 0.0
        for at in group[-_MOST_COMPARED:]:
            shared = _similarity(self.templates[at].words, words)
            if shared > most:
                best, most = at, shared
        if best is not None and most >= _SIMILAR:
            template = self.templates[best]
            template.words = [
                mine if mine == word else WILDCARD for mine, word in zip(template.words, words, strict=True)
            ]
            return best
        if len(self.templates) >= self.max_templates:
            if self._other is None:
                self._other = self._new(["(other", "lines)"])
            return self._other
        at = self._new(words)
        group.append(at)
        return at

    def _new(self, words: list[str]) -> int:
        self.templates.append(Template(words, 0, self.lines))
        return len(self.templates) - 1


def _similarity(left: list[str], right: list[str]) -> float:
    """Share of the second line's constant words that the first has at the same places."""
    same = constant = 0
    for mine, word in zip(left, right, strict=True):
        if WILDCARD not in word:
            constant += 1
            same += mine == word
    return same / constant if constant else 1.0
