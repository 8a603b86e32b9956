"""Turns and blocks that say the same again: the first stays.

Equal means equal but for white space at line ends. Near means: the same numbers, identifiers, names, operators and
negations in the same order, and word shingles of which nine in ten are shared. So a changed number, a changed name or
an added "not" is never a repetition, and of two versions of a file both stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from laconic._utils.unicode import compiled_late
from laconic._utils.words import MARKS
from laconic.messages.blocks import text_pieces
from laconic.messages.chat import Message, last_user, text_slots, tool_calls, with_text
from laconic.score.words import STOP_WORDS

__all__ = ["MIN_CHARS", "NEAR_THRESHOLD", "SHINGLE_WORDS", "Deduplicated", "deduplicate", "is_near_duplicate"]

SHINGLE_WORDS = 5
"""Words of a shingle."""

NEAR_THRESHOLD = 0.9
"""Least Jaccard similarity of two texts' shingles that makes them near-duplicates."""

MIN_CHARS = 200
"""Shorter texts of one line repeat without being repetitions ("Yes, please go on."); with several lines, 24 will do."""

_MIN_LINES_CHARS = 24
_MAX_COMPARED = 32  # texts with the same numbers that a text is compared with
_MAX_NEAR_CHARS = 400_000  # longer texts are repetitions only if equal: shingles would take many times their memory
_LENGTH_RATIO = 0.75  # of texts that may be near-duplicates; far below what the threshold allows

SAME_AS_ABOVE = "[same as above]"
"""What stands for a block or a tool result that came before."""

_TOKEN = re.compile(r"\w[\w.@/\\'’-]*|[^\s\w]")
_NUMBER = re.compile(r"\d+")
_CAPITALISED = re.compile(r"[A-Z](?<!\w[A-Z])[^\W\d_]*(?:['’][^\W\d_]+)?")
_PLAIN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_MARKED_TOKEN = compiled_late(rf"\w[\w.@/\\'’{MARKS}-]*|[^\s\w]")
_MARKED_PLAIN = compiled_late(rf"[^\W\d_]+(?:[{MARKS}]+[^\W\d_]*)*(?:['’][^\W\d_]+(?:[{MARKS}]+[^\W\d_]*)*)?")
_LAYOUT = frozenset(".,;:!?\"'`“”‘’()")
_NEGATIONS = frozenset(
    (
        "no not never none nothing nobody neither nor without cannot can't don't doesn't didn't won't isn't aren't "
        "wasn't weren't shouldn't wouldn't couldn't mustn't except unless only but before after more less most "
        "least all any every each if above below over under until true false yes "
    ).split()
)
_TRAILING = re.compile(r"(?<![^\S\n])[^\S\n]+$", re.MULTILINE)


class Deduplicated(NamedTuple):
    """The messages without repetitions, and the number of turns and blocks that went."""

    messages: list[Message]
    removed: int


def deduplicate(messages: Sequence[Message], count: Callable[[str], int]) -> Deduplicated:
    """Remove what repeats an earlier turn or block.

    A turn of the same role goes as a whole; it must be of several lines or 200 characters, hold nothing but text, and
    not be the last message, a system message, or half of a tool call. A tool result that repeats an earlier one becomes
    a short note, so that its call keeps its answer. Inside other turns repeated blocks (code, JSON, pasted output,
    paragraphs of text) become the same note, where that is shorter.

    Args:
        messages: as `laconic.messages.chat.read_messages` gives them.
        count: text to tokens, to tell what is shorter.

    Linear in the text.
    """
    seen = _Seen()
    request = last_user(messages)
    kept: list[Message] = []
    removed = 0
    for at, message in enumerate(messages):
        role = message["role"]
        is_last = at == len(messages) - 1
        content = message.get("content")
        whole = content if isinstance(content, str) else None
        repeated = whole is not None and is_comparable(whole) and seen.has(f"turn {role}", whole)
        if repeated and role in ("user", "assistant") and not is_last and not tool_calls(message):
            removed += 1
            continue
        if role in ("tool", "function"):
            for slot in list(text_slots([message])):
                repeated = is_comparable(slot.text) and seen.has("result", slot.text)
                if repeated and count(SAME_AS_ABOVE) < count(slot.text):
                    message = with_text(message, slot.part, SAME_AS_ABOVE)
                    removed += 1
        elif role in ("user", "assistant"):
            for slot in list(text_slots([message])):
                text, gone = _without_repeated_blocks(slot.text, seen, count, is_request=at == request)
                if gone:
                    message = with_text(message, slot.part, text)
                    removed += gone
        kept.append(message)
    return Deduplicated(kept, removed)


def _without_repeated_blocks(
    text: str, seen: _Seen, count: Callable[[str], int], *, is_request: bool
) -> tuple[str, int]:
    """The text with notes for repeated blocks, and their number; what a request says in words stays."""
    pieces: list[str] = []
    at = removed = 0
    for start, end, exact in _units(text):
        unit = text[start:end]
        if (is_request and not exact) or not is_comparable(unit):
            continue
        if not seen.has("block", unit, exact=exact) or count(SAME_AS_ABOVE) >= count(unit):
            continue
        pieces += [text[at:start], SAME_AS_ABOVE]
        at = end
        removed += 1
    return ("".join([*pieces, text[at:]]), removed) if removed else (text, 0)


def _units(text: str) -> Iterator[tuple[int, int, bool]]:
    """Spans of what may repeat: blocks, of prose the paragraphs; and whether only equality will do."""
    for piece in text_pieces(text):
        if piece.type in ("text", "markdown"):
            for match in re.finditer(r"\S(?:.|\n(?!\s*\n))*", text[piece.start : piece.end]):
                yield piece.start + match.start(), piece.start + match.end(), False
        else:
            yield piece.start, piece.end, True


def is_comparable(text: str) -> bool:
    """Whether a text is long enough for its repetition to mean something."""
    bare = text.strip()
    return len(bare) >= MIN_CHARS or (len(bare) >= _MIN_LINES_CHARS and "\n" in bare)


class _Text:
    """A text that came before; what it is compared by is worked out when first needed."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def reading(self) -> tuple[tuple[str, ...], list[str]]:
        """What must be equal, in order, and all words."""
        return _read(self.text)

    @cached_property
    def shingles(self) -> frozenset[tuple[str, ...]]:
        words = self.reading[1]
        width = min(SHINGLE_WORDS, max(1, len(words)))
        return frozenset(zip(*(words[at : len(words) - width + 1 + at] for at in range(width)), strict=True))


class _Seen:
    """Texts that came before, by what they are."""

    def __init__(self) -> None:
        self._exact: set[tuple[str, str]] = set()
        self._texts: dict[str, _Text] = {}  # a turn of one block is in two groups
        self._alike: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[_Text]] = {}

    def has(self, group: str, text: str, *, exact: bool = False) -> bool:
        """Whether the group has this text, or nearly; if not, now it has."""
        bare = _TRAILING.sub("", text.strip())
        if (group, bare) in self._exact:
            return True
        self._exact.add((group, bare))
        if exact or not MIN_CHARS <= len(bare) <= _MAX_NEAR_CHARS:
            return False
        # Near-duplicates have the same numbers and names and about the same length, which is found out far sooner.
        others = self._alike.setdefault((group, tuple(_NUMBER.findall(bare)), _capitalised(bare)), [])
        mine = self._texts.setdefault(bare, _Text(bare))
        for other in others:
            if _LENGTH_RATIO * len(bare) <= len(other.text) <= len(bare) / _LENGTH_RATIO and _near(mine, other):
                return True
        if len(others) < _MAX_COMPARED:
            others.append(mine)
        return False


def _capitalised(text: str) -> tuple[str, ...]:
    """Words that begin with a capital, but for common ones; equal where the names that `_read` finds are."""
    return tuple(word for word in _CAPITALISED.findall(text) if _lower(word) not in STOP_WORDS)


def _near(left: _Text, right: _Text) -> bool:
    if left.reading[0] != right.reading[0]:
        return False
    either = len(left.shingles | right.shingles)
    return not either or len(left.shingles & right.shingles) / either >= NEAR_THRESHOLD


def is_near_duplicate(left: str, right: str) -> bool:
    """Whether two texts are near-duplicates; see the module."""
    return _near(_Text(left), _Text(right))


def _read(text: str) -> tuple[tuple[str, ...], list[str]]:
    """The names of a text, in order, and all its words in lower case."""
    names: list[str] = []
    words: list[str] = []
    plain, tokens = (_PLAIN, _TOKEN) if text.isascii() else (_MARKED_PLAIN(), _MARKED_TOKEN())
    for token in tokens.findall(text):
        if token in _LAYOUT:
            continue
        token = token.rstrip(".'’-/\\@") or token
        lower = _lower(token)
        if not plain.fullmatch(token) or lower in _NEGATIONS or (token != lower and lower not in STOP_WORDS):
            names.append(token)
        words.append(lower)
    return tuple(names), words


def _lower(word: str) -> str:
    return word.lower().replace("’", "'")
