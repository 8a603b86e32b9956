"""What counts as text: Unicode that can be encoded; patterns over scripts; where text may be cut."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache, partial

from laconic.exceptions import InputError

__all__ = [
    "SPACELESS", "before_joiners", "check_unicode", "compiled_late", "new_controls", "one_line", "shown", "word_cuts",
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


def compiled_late(pattern: str) -> Callable[[], re.Pattern[str]]:
    """A regular expression that is compiled when it is first asked for.

    For those that take a millisecond to compile, as sets of characters of other scripts do, and that most programs, or
    a first call, never meet.
    """
    return cache(partial(re.compile, pattern))


SPACELESS = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
"""Inside a set of a regular expression: letters of Thai, Lao, Khmer, Chinese and Japanese, which write no spaces."""

_WORD_END = compiled_late(rf"(?=\s)|(?<=[{SPACELESS}])(?=[{SPACELESS}])")
_JOINERS = "\u200d\ufe0e\ufe0f"
# What a terminal or a page would obey rather than show: controls, bidirectional embeddings, overrides and isolates,
# line and paragraph separators, what has no width, tags, and halves of surrogates. Direction marks, joiners and
# variation selectors stay: ordinary writing needs them, and they reach no further than their neighbours.
_UNSHOWN = compiled_late(
    r"\r\n|[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff"
    r"\U000e0000-\U000e007f]"
)


def before_joiners(text: str, at: int) -> int:
    """The nearest place at or before ``at`` that splits no character from its combining marks."""
    low = at - 32
    while at > low and (unicodedata.combining(text[at]) or text[at] in _JOINERS or text[at - 1] == "\u200d"):
        at -= 1
    return at


def shown(text: str, *, in_line: bool = False) -> str:
    r"""A text of anybody's, safe to show to a person: what would be obeyed and not seen stands there as a symbol.

    Controls become their pictures (``␛``), all else that `_UNSHOWN` lists its number (``⟨202E⟩``). Line breaks and tabs
    stay, ``\r\n`` is a line break.

    Args:
        text: any string.
        in_line: whether line breaks and tabs become pictures too, for names that must stay in their line.
    """
    safe = _UNSHOWN().sub(_symbol, text)
    return safe.replace("\n", "␊").replace("\t", "␉") if in_line else safe


def _symbol(match: re.Match[str]) -> str:
    if match[0] == "\r\n":
        return "\n"
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨{code:04X}⟩"


def one_line(text: str, longest: int) -> str:
    """A text of anybody's for a message: its words on one line, safe to show, at most ``longest`` characters."""
    return shown(" ".join(text[: 16 * longest].split()), in_line=True)[:longest]


def new_controls(text: str, source: str) -> list[str]:
    """The characters of ``text`` that would be obeyed and not seen, and that do not stand in ``source``; in order."""
    found = {each for each in _UNSHOWN().findall(text) if each != "\r\n"}
    return sorted(found.difference(source))


def word_cuts(text: str, start: int, end: int) -> list[int]:
    """Places in ``text[start:end]`` at which a piece may end without breaking a word, in order, ``end`` included.

    Scripts without spaces may be cut between any two letters, and so may text that has no such place at all.
    """
    cuts = [at for at in (m.start() for m in _WORD_END().finditer(text, start, end)) if start < at < end]
    if not cuts:
        cuts = [at for at in range(start + 1, end) if before_joiners(text, at) == at]
    return [*cuts, end]
