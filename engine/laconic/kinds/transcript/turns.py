"""Turns of a conversation: who speaks, when, and the lines of what is said."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from laconic._utils.unicode import compiled_late
from laconic.kinds.prose.labels import SPEAKER, TIME

__all__ = ["Turn", "has_time", "lines_of", "style_of", "turns_of"]

_LEAD = r"[ \t>]{0,3}"
_BRACKET = r"(?:\s?[(\[][^()\[\]\n]{0,60}[)\]])?"

# "Ann: …", "[00:12:03] Ann: …", "**Ann** (chair): …", "12/03/2024, 14:05 - Ann: …"
_NAMED = compiled_late(
    rf"{_LEAD}(?P<time>{TIME}\s{{0,4}}[-–—]?\s{{0,4}})?\*{{0,2}}(?P<name>{SPEAKER}?){_BRACKET}\*{{0,2}}\s?:\*{{0,2}}(?=\s|$)"
)
# "<ann> …", "[12:03] <@ann> …", and "12:03 * ann waves"
_NICK = compiled_late(
    rf"{_LEAD}(?P<time>{TIME}\s{{0,4}})?<[ @+%~&]?(?P<name>[^\s<>/][^\s<>]{{0,39}})>(?=\s|$)"
    rf"|{_LEAD}{TIME}\s{{0,4}}\*\s{{1,4}}(?P<actor>[^\s*]{{1,40}})(?=\s)"
)
_NOTICE = compiled_late(rf"{_LEAD}(?:{TIME}\s{{0,4}})?(?:-!-|\*\*\*|-->|<--|={{1,3}})\s")
# A line of its own: "Ann (10:32 AM)", "Ann  10:32", "Ann — Today at 10:32 AM"
_STAMPED = compiled_late(
    rf"{_LEAD}\*{{0,2}}(?P<name>{SPEAKER}?)\*{{0,2}},?(?:\s{{1,4}}[-–—•|])?\s{{1,12}}"
    rf"(?:[^\W\d_]{{2,12}} at )?(?P<time>{TIME})\s*$"
)

_CLOCK = re.compile(r":\d\d")  # each time has one
_TIME_ENDS = frozenset("0123456789mM.)]")
_LABEL_CHARS = 200
_SAMPLE_LINES = 60
_SAMPLE_CHARS = 16_000
_FIRST_LINES = 12  # a title, a date and who is there may stand before the first turn
_LEAST_TURNS = 4
_LEAST_TIMED = 3  # what says when and who is hardly anything else
_DIFFERENT = 0.65  # names among those before turns: people speak again
_LINES, _BLOCKS, _LINES_OF_BLOCKS = 0.5, 0.7, 0.15  # turns begin so many lines; or so many blocks, and not few lines
_ROWS = 0.3  # lines with bars are rows of a table
_LEAST_WORDS = 3.0
_TALK_ENDS, _TALK_WORDS = 0.3, 6.0  # turns that end as sentences do, or so many words in each
_LEAST_PERIOD = 3  # of labels in a fixed order: members of records
_READ_LINES = 3  # of a turn, when it is asked whether it is talk
_NO_NAME = re.compile(
    r"(?i:.*\b(?:fatal|critical|error|severe|warn(?:ing)?|info|notice|debug|trace|https?|file)\b)|.*\[\d+\]$|\d+$"
)
_TALK_END = re.compile(r"[.?!…。？！][\"'”’)\]]{0,2}\s*$")


class Turn(NamedTuple):
    """What somebody says.

    Attributes:
        name: of who speaks; ``""`` for a notice, and for what stands before the first turn.
        start: of the label.
        text: where what is said begins, behind the label.
        end: of it, without the white space behind it.
    """

    name: str
    start: int
    text: int
    end: int


Head = Callable[[str], "tuple[str, int] | None"]
"""A line to who speaks and how many characters of it say so; None for a line that begins no turn."""


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """Where each line begins, and the line without its break."""
    at = 0
    for line in text.splitlines(keepends=True):
        yield at, line.rstrip("\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029")
        at += len(line)


def has_time(text: str) -> bool:
    """Whether a time of day may stand in a text, or one from the beginning; far cheaper than to look for one."""
    return _CLOCK.search(text) is not None


def _named(line: str) -> tuple[str, int] | None:
    match = _NAMED().match(line) if ":" in line[:_LABEL_CHARS] else None
    if match is None or _NO_NAME.match(match["name"]):
        return None
    return match["name"], match.end()


def _nick(line: str) -> tuple[str, int] | None:
    match = _NICK().match(line) if "<" in line[:_LABEL_CHARS] or "*" in line[:_LABEL_CHARS] else None
    if match is not None:
        return match["name"] or match["actor"], match.end()
    match = _NOTICE().match(line)
    return ("", match.end()) if match is not None else None


def _stamped(line: str) -> tuple[str, int] | None:
    match = _STAMPED().match(line) if len(line) < 120 and ":" in line and line.rstrip()[-1:] in _TIME_ENDS else None
    return (match["name"], match.end()) if match is not None else None


def style_of(text: str) -> Head | None:
    """How the turns of a conversation begin; None where a text is none. A glance at its first lines."""
    cut = len(text) > _SAMPLE_CHARS
    lines = text[:_SAMPLE_CHARS].splitlines()[: -1 if cut else None][:_SAMPLE_LINES]
    if sum(map(bool, lines)) < _LEAST_TIMED:
        return None
    filled = [line for line in lines if line.strip()][:_FIRST_LINES]
    timed = has_time(text[:_SAMPLE_CHARS])
    for style, holds, least in (
        (_stamped, _is_stamped, _LEAST_TIMED),
        (_nick, _is_chat, _LEAST_TIMED),
        (_named, _is_talk, _LEAST_TURNS),
    ):
        if (style is _stamped and not timed) or not any(map(style, filled)):
            continue
        heads = [style(line) for line in lines]
        if sum(head is not None for head in heads) < least:
            continue
        if _covers(lines, heads) and holds(lines, heads):
            return style
    return None


_Heads = Sequence["tuple[str, int] | None"]


def _covers(lines: Sequence[str], heads: _Heads) -> bool:
    """Whether turns begin most of the lines, or most of what stands between blank ones."""
    filled = [at for at, line in enumerate(lines) if line.strip()]
    begun = sum(heads[at] is not None for at in filled)
    if begun >= _LINES * len(filled):
        return True
    blocks = [at for at in filled if not at or not lines[at - 1].strip()]
    in_blocks = sum(heads[at] is not None for at in blocks)
    return begun >= _LINES_OF_BLOCKS * len(filled) and in_blocks >= _BLOCKS * len(blocks)


def _recur(names: Sequence[str]) -> bool:
    return len(set(names)) <= _DIFFERENT * len(names)


def _is_stamped(lines: Sequence[str], heads: _Heads) -> bool:
    """Whether several lines of their own say who speaks and when, and something stands below them."""
    names = [head[0] for head in heads if head is not None]
    below = sum(head is not None and heads[at + 1] is None for at, head in enumerate(heads[:-1]))
    return len(names) >= _LEAST_TIMED and len(set(names)) < len(names) and 2 * below >= len(names)


def _is_chat(lines: Sequence[str], heads: _Heads) -> bool:
    """Whether names stand in angle brackets, and they are no elements of a markup."""
    names = [head[0] for head in heads if head is not None and head[0]]
    closing = any("</" in line or "/>" in line for line in lines)
    return len(names) >= _LEAST_TIMED and len(set(names)) < len(names) and not closing


def _is_talk(lines: Sequence[str], heads: _Heads) -> bool:
    """Whether labels are names of people who talk, rather than keys of values."""
    names = [head[0] for head in heads if head is not None]
    if len(names) < _LEAST_TURNS or not _recur(names) or _is_in_order(names) or _are_records(lines, heads):
        return False
    if sum(count > 1 for count in Counter(names).values()) < 2 or sum(" | " in line for line in lines) > _ROWS * len(
        lines
    ):
        return False
    said = [_said(lines, heads, at) for at, head in enumerate(heads) if head is not None]
    words = sum(len(each.split()) for each in said) / len(said)
    ends = sum(_TALK_END.search(each[-8:]) is not None for each in said) / len(said)
    timed = sum(
        head is not None and line.lstrip(" \t>([")[:1].isdigit() for line, head in zip(lines, heads, strict=True)
    )
    if 2 * timed > len(names):  # a log says when, and mostly no sentences
        return words >= _LEAST_WORDS and ends >= _TALK_ENDS
    return words >= _LEAST_WORDS and (ends >= _TALK_ENDS or words >= _TALK_WORDS)


def _said(lines: Sequence[str], heads: _Heads, at: int) -> str:
    """The beginning of a turn's text."""
    head = heads[at]
    parts = [lines[at][head[1] if head else 0 :]]
    for below in range(at + 1, min(at + _READ_LINES, len(lines))):
        if heads[below] is not None or not lines[below].strip():
            break
        parts.append(lines[below])
    return " ".join(parts).strip()


def _is_in_order(names: Sequence[str]) -> bool:
    """Whether three labels or more come round in a fixed order, as the keys of records do."""
    period = len(set(names))
    return period >= _LEAST_PERIOD and all(a == b for a, b in zip(names, names[period:], strict=False))


def _are_records(lines: Sequence[str], heads: _Heads) -> bool:
    """Whether blank lines part blocks that all begin with the same label and have several, none of them twice."""
    blocks: list[list[str]] = [[]]
    for line, head in zip(lines, heads, strict=True):
        if not line.strip():
            blocks.append([])
        elif head is not None:
            blocks[-1].append(head[0])
    blocks = [block for block in blocks if block]
    return (
        len(blocks) > 1
        and len({block[0] for block in blocks}) == 1
        and all(len(set(block)) == len(block) > 1 for block in blocks)
    )


def turns_of(text: str, style: Head) -> Iterator[Turn]:
    """The turns of a conversation, in order; linear in the text."""
    name, start, said, end = "", 0, 0, 0
    for at, line in lines_of(text):
        bare = line.strip()
        if not bare:
            continue
        head = style(line)
        if head is not None:
            if end > start:
                yield Turn(name, start, said, end)
            begin = at + line.index(bare[0])
            name, start, said = head[0], begin, max(begin, at + head[1])
        elif start == end == 0:
            start = said = at + line.index(bare[0])
        end = at + len(line.rstrip())
    if end > start:
        yield Turn(name, start, min(said, end), end)
