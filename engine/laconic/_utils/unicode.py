"""What counts as text: Unicode that can be encoded; patterns over scripts; where text may be cut."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache, partial

from laconic.exceptions import InputError

__all__ = [
    "SPACELESS", "before_joiners", "check_unicode", "compiled_late", "named", "new_controls", "one_line", "tame",
    "word_cuts",
]  # fmt: skip


def check_unicode(text: str, name: str) -> None:
    """Refuse text with lone surrogates, which no tokenizer and no network can carry.

    Args:
        text: any string.
        name: what the message calls it.

    Raises:
        InputError: naming the surrogate, its place and the fix.
    """
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"{name} holds a lone surrogate (U+{ord(text[error.start]):04X}) at character {error.start}: it is not "
            "Unicode text; decode the source with errors='replace'"
        ) from error


_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]|\r(?!\n)"
)
"""What moves a terminal's cursor, starts its commands, or turns the direction of writing; tabs and line ends do not."""


def tame(text: str) -> str:
    """A text that does nothing to a terminal: each character that could is written as its number, as Python does."""
    return _CONTROLS.sub(lambda found: ascii(found.group())[1:-1], text)


def named(name: str) -> str:
    """A file's name, which may hold anything, to stand in a line: it ends no line, and does nothing to a terminal."""
    return tame(name).replace("\r", "\\r").replace("\n", "\\n")


def one_line(text: str, longest: int) -> str:
    """A text for a message: its words on one line, at most ``longest`` characters, nothing that acts on a terminal."""
    words = " ".join(text[: 16 * longest].split())
    return tame(words)[:longest]


def new_controls(text: str, source: str) -> list[str]:
    """The characters of ``text`` that act on a terminal and do not stand in ``source``, in order."""
    return sorted(set(_CONTROLS.findall(text)).difference(source))


def compiled_late(pattern: str) -> Callable[[], re.Pattern[str]]:
    """A regular expression that is compiled when it is first asked for.

    For sets of characters of other scripts: each takes milliseconds to compile, and most programs never meet them.
    """
    return cache(partial(re.compile, pattern))


SPACELESS = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
"""Inside a set of a regular expression: letters of Thai, Lao, Khmer, Chinese and Japanese, which write no spaces."""

_WORD_END = compiled_late(rf"(?=\s)|(?<=[{SPACELESS}])(?=[{SPACELESS}])")
_JOINERS = "\u200d\ufe0e\ufe0f"


def before_joiners(text: str, at: int) -> int:
    """The nearest place at or before ``at`` that splits no character from its combining marks."""
    low = at - 32
    while at > low and (unicodedata.combining(text[at]) or text[at] in _JOINERS or text[at - 1] == "\u200d"):
        at -= 1
    return at


def word_cuts(text: str, start: int, end: int) -> list[int]:
    """Places in ``text[start:end]`` at which a piece may end without breaking a word, in order, ``end`` included.

    Scripts without spaces may be cut between any two letters, and so may text that has no such place at all.
    """
    cuts = [at for at in (m.start() for m in _WORD_END().finditer(text, start, end)) if start < at < end]
    if not cuts:
        cuts = [at for at in range(start + 1, end) if before_joiners(text, at) == at]
    return [*cuts, end]
