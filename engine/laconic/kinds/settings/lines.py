"""Files of settings by their lines: sections, keys with their values, and the comments that belong to them.

One reader for INI, TOML, ``.env`` and ``.properties`` files: parsers of these say what the values are, not where they
stand, and nothing of what is broken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from laconic.types import Span

__all__ = ["Line", "looks_like_settings", "read_settings"]

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_SECTION = re.compile(
    r"(\[\[?)[ \t]*([^\[\]\s=](?:[^\[\]\n=]{0,198}[^\[\]\s=])?(?:\[[^\[\]\n]{0,80}\])?)[ \t]*\]\]?[ \t]*(?:[#;].*)?"
)
_KEY = re.compile(
    r"(?:export[ \t]+)?(\"[^\"\n]{1,100}\"|'[^'\n]{1,100}'|[^\s=:#;!\[\]{}()\"',](?:[^=:\n]{0,98}[^\s=:])?)"
    r"[ \t]{0,40}(?:=|:(?=[ \t]|$))[ \t]*"
)
_COMMENTS = ("#", ";", "!")
_UNUSED = re.compile(r"[#;!]+[ \t]?[\w.-]{1,60}[ \t]{0,20}=")
_COMMENT_BEHIND = re.compile(r"[ \t][#;]")
_MULTILINE = ('"""', "'''")
_BRACKETS = re.compile(r"\"[^\"\\\n]*(?:\\.[^\"\\\n]*)*\"?|'[^'\n]*'|#|[\[\](){}]")
_OPENING, _CLOSING = frozenset("[{("), frozenset("]})")

_SAMPLE_LINES = 120
_SAMPLE_CHARS = 12_000
_FEWEST = 3
_OWN_SHARE = 0.9
_DISTINCT_SHARE = 0.8
_MOSTLY = 0.8
_CODE_ENDS, _CODE_SHARE = (";", "{", "(", "):"), 0.3
_NAME = re.compile(r"[\w.\[\]/-]+")
_CONSTANT = re.compile(r"[A-Z][A-Z\d_]*")


class Line(NamedTuple):
    """A line with those that carry it on.

    Attributes:
        what: ``"section"``, ``"key"``, ``"comment"``, ``"text"`` (none of these) or ``"blank"``.
        start, end: character span, without the white space around it.
        name: of the section or key, without quotes.
        value: span of the value, empty where there is none.
        is_listed: whether the section is one of several of its name (``[[name]]``).
    """

    what: str
    start: int
    end: int
    name: str = ""
    value: Span = (0, 0)
    is_listed: bool = False


def read_settings(text: str) -> Iterator[Line]:
    """The lines of a file of settings, each with what carries it on; linear.

    A value goes on over brackets and quotes that it leaves open, behind a backslash at the end of its line, and on
    lines that are indented deeper than its key. A section ends them all.
    """
    pending: Line | None = None
    column, goes_on = 0, _Open()
    for match in _LINE.finditer(text):
        line = match.group().strip()
        start = match.start() + len(match.group()) - len(match.group().lstrip()) if line else match.start()
        end = start + len(line)
        own_column = start - match.start()
        section = _SECTION.fullmatch(line) if line[:1] == "[" and (not goes_on.brackets or "=" not in line) else None
        if section is not None and goes_on.brackets and not _is_plain(section.group(2)):
            section = None  # a list in a list
        deeper = line != "" and own_column > column and line[:1] not in _COMMENTS
        if pending is not None and section is None and (goes_on or deeper):
            goes_on.read(line)
            pending = pending._replace(end=end if line else pending.end, value=(pending.value[0], max(end, start)))
            continue
        if pending is not None:
            yield pending._replace(value=(pending.value[0], min(pending.value[1], pending.end)))
            pending, goes_on = None, _Open()
        if not line:
            yield Line("blank", start, start)
        elif section is not None:
            yield Line("section", start, end, section.group(2).strip(), is_listed=section.group(1) == "[[")
        elif line[0] in _COMMENTS:
            yield Line("comment", start, end)
        elif found := _KEY.match(line):
            value = start + found.end()
            pending, column = Line("key", start, end, found.group(1).strip("\"'"), (value, end)), own_column
            goes_on.read(text[value:end])
        else:
            yield Line("text", start, end)
    if pending is not None:
        yield pending._replace(value=(pending.value[0], min(pending.value[1], pending.end)))


def is_unused(text: str, line: Line) -> bool:
    """Whether a comment is a setting that is not in use."""
    return _UNUSED.match(text, line.start, line.end) is not None


def plain_value(text: str, line: Line) -> Span:
    """The span of the value of a line without the comment behind it and the quotes around it."""
    start, end = line.value
    first = text[start : start + 1]
    if first in ("'", '"') and first:
        closing = text.find(first, start + 1, end)
        return (start + 1, closing) if closing > 0 else (start, end)
    comment = _COMMENT_BEHIND.search(text, start, end) if first not in ("[", "{") else None
    bare = text[start : comment.start() if comment else end].rstrip()
    return start, start + len(bare)


class _Open:
    """What a value leaves open."""

    def __init__(self) -> None:
        self.brackets = 0
        self._quotes = ""
        self._backslash = False
        self._is_first = True

    def __bool__(self) -> bool:
        return self.brackets > 0 or bool(self._quotes) or self._backslash

    def read(self, line: str) -> None:
        """Go on with a line, the first of which is the beginning of the value."""
        is_first, self._is_first = self._is_first, False
        self._backslash = False
        if self._quotes:
            if self._quotes in line:
                self._quotes = ""
        elif is_first and line[:3] in _MULTILINE:
            self._quotes = "" if line[:3] in line[3:] else line[:3]
        elif self.brackets or (is_first and line[:1] in ("[", "{")):
            for mark in _BRACKETS.findall(line):
                if mark == "#":
                    break
                self.brackets += (mark in _OPENING) - (mark in _CLOSING)
            self.brackets = max(0, self.brackets)
        elif is_first and line[:1] == '"' and line.count('"') == 1:
            self._quotes = '"'
        else:
            self._backslash = line.endswith("\\") and not line.endswith("\\\\")


def _is_plain(name: str) -> bool:
    return "," not in name and not name.startswith(("'", '"')) and not name[:1].isdecimal()


def looks_like_settings(text: str) -> bool:
    """Whether nearly all lines are sections, keys with values and comments; a glance at the first lines.

    Without sections the names must be such as only files of settings have: constants and words without blanks around
    the sign behind them, or names with dots and hyphens.
    """
    if "=" not in text[:_SAMPLE_CHARS]:
        return False
    head = "\n".join(text[:_SAMPLE_CHARS].split("\n")[:_SAMPLE_LINES])
    most_text = (1 - _OWN_SHARE) * sum(line != "" and not line.isspace() for line in head.split("\n")) + 1e-9
    lines = []
    for line in read_settings(head):
        lines.append(line)
        most_text -= line.what == "text"
        if most_text < 0:  # whatever the rest is
            return False
    keys = [line for line in lines if line.what == "key"]
    filled = [line for line in lines if line.what != "blank"]
    own = sum(line.what != "text" for line in filled)
    if len(keys) < _FEWEST - any(line.what == "section" for line in lines) or own < _OWN_SHARE * len(filled):
        return False
    values = [head[slice(*key.value)] for key in keys]
    if sum(value.endswith(_CODE_ENDS) for value in values) > _CODE_SHARE * len(values):
        return False
    if sum("=" in head[key.start : key.value[0]] for key in keys) < _MOSTLY * len(keys):
        return False
    names = [(section, line.name) for section, line in _with_sections(lines) if line.what == "key"]
    if len(set(names)) < _DISTINCT_SHARE * len(names):
        return False
    return any(line.what == "section" for line in lines) or _are_settings(head, keys)


def _with_sections(lines: list[Line]) -> Iterator[tuple[int, Line]]:
    section = 0
    for line in lines:
        section += line.what == "section"
        yield section, line


def _are_settings(text: str, keys: list[Line]) -> bool:
    """Whether keys that stand under no section are settings rather than assignments of a program."""
    close = sum(text[key.value[0] - 1] == "=" and text[key.value[0] - 2] not in " \t" for key in keys)
    named = sum(_NAME.fullmatch(key.name) is not None for key in keys)
    marked = sum("." in key.name or "-" in key.name or bool(_CONSTANT.fullmatch(key.name)) for key in keys)
    spaced = sum("." in key.name or "-" in key.name for key in keys)
    if named < _MOSTLY * len(keys):
        return False
    return (close >= _MOSTLY * len(keys) and marked >= _MOSTLY * len(keys) / 2) or spaced >= _MOSTLY * len(keys) / 2
