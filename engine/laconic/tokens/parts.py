"""Parts of a text whose token counts add up to that of the text.

Before merging bytes, the shipped encodings cut a text by a pattern. A piece of it begins at every single space between
two visible characters, and behind the last line break of a run of white space, unless a slash follows (punctuation
takes line breaks and slashes along). Cut there, nothing is counted differently.
"""

from __future__ import annotations

import re

__all__ = ["countable_lines", "countable_parts"]

_LONG_LINE = 100
_LINES = re.compile(r"[^\n]*(?:\n(?![ \t]+\S|[^\s/])[^\n]*)*\n?")


def countable_lines(text: str) -> list[str]:
    """The lines of a text; joined they are the text.

    Blank lines, and lines that begin with a slash, go with what is before them; the last one is empty. About 100 MB/s.
    """
    return _LINES.findall(text)


def countable_parts(text: str) -> list[str]:
    """The lines of a text, long ones by sentences; joined they are the text.

    Where a text is changed in places, most of its parts stay what they were. About 100 MB/s.
    """
    parts: list[str] = []
    for line in countable_lines(text):
        start = 0
        if len(line) > _LONG_LINE:
            end = line.find(". ")
            while 0 <= end < len(line) - 2:
                if not line[end + 2].isspace():
                    parts.append(line[start : end + 1])
                    start = end + 1
                end = line.find(". ", end + 2)
        parts.append(line[start:])
    return parts
