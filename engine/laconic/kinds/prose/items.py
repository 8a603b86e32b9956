"""Which lines begin items of lists: by bullets, numbers and letters, of which a sentence may hold the like."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from laconic.kinds.prose.lines import Line

__all__ = ["Items"]

_ITEM = re.compile(
    r"(?:(?P<bullet>[-*+•–—·◦▪▫●○‣⁃∙]|o(?=\s{2}|\s[A-Z\d]))"
    r"|(?P<open>\(?)(?P<value>\d{1,3}|\#|[A-Za-z]|[ivxl]{2,6}|[IVXL]{2,6})(?P<close>[.)]))"
    r"(?:\s+(?=\S)|$)"
)
_BARE_BULLETS = "•◦▪●○"  # those that a text out of a PDF has on lines of their own
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50}


class Items:
    """Which lines begin items of lists, and where the text of each begins.

    Args:
        lines: of the text.
        marked: indexes of those that may begin with a mark.
    """

    def __init__(self, lines: Sequence[Line], marked: Sequence[int]) -> None:
        self._content: dict[int, int] = {}
        self._alone: set[int] = set()
        matches = {at: match for at in marked if (match := _ITEM.match(lines[at].text))}
        if not matches:
            return
        values = {reading for match in matches.values() if not match["bullet"] for reading in _readings(match)}
        bullets = Counter(_place(lines[at], match["bullet"]) for at, match in matches.items() if match["bullet"])
        last: dict[tuple[str, int, str], int] = {}
        for at, match in matches.items():
            line, bullet = lines[at], match["bullet"]
            if bullet:
                alone = bullets[_place(line, bullet)] < 2
                counts = (match.end() < len(line.text) or bullet in _BARE_BULLETS) and not (alone and bullet == "o")
            else:
                readings = _readings(match)
                alone = not any(
                    last.get(_place(line, style)) == value - 1 or (value == 1 and (style, 2) in values)
                    for style, value in readings
                )
                last.update((_place(line, style), value) for style, value in readings)
                # "J. Smith" and "at p." open no list that has no further letter.
                counts = (
                    not match["value"].isalpha()
                    or match["open"] + match["close"] != "."
                    or any((style, value + step) in values for style, value in readings for step in (-1, 1))
                )
            if counts:
                self._content[at] = line.indent + match.end()
                if alone:
                    self._alone.add(at)

    def at(self, at: int) -> int:
        """Column of the text of the item that begins at a line; 0 where none does."""
        return self._content.get(at, 0)

    def is_alone(self, at: int) -> bool:
        """Whether nothing else shows that there is a list: no bullet like it, no number before its own."""
        return at in self._alone


def _place(line: Line, style: str) -> tuple[str, int, str]:
    """What items of one list have in common."""
    return style, line.indent, line.marks


def _readings(match: re.Match[str]) -> list[tuple[str, int]]:
    """How the number of an item can be read: its style and its value; ``i.`` is a letter and a Roman one."""
    value, style = match["value"], match["open"] + match["close"]
    if match.end() == len(match.string):
        style += "\n"
    if value.isdecimal():
        return [(style + "1", int(value))]
    if value == "#":
        return [(style + "#", 1)]
    case = "a" if value.islower() else "A"
    found = [(style + case, ord(value.lower()) - 96)] if len(value) == 1 else []
    if all(letter in _ROMAN for letter in value.lower()):
        digits = [_ROMAN[letter] for letter in value.lower()]
        total = sum(-d if any(d < later for later in digits[at + 1 :]) else d for at, d in enumerate(digits))
        found.append((style + case + "r", total))
    return found
