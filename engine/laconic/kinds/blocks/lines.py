"""Lines of a name and a value, in blocks between blank lines, rules or titles: where they stand in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from laconic.types import Span

__all__ = ["Block", "Entry", "looks_like_blocks", "read_blocks"]

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
# A name of a few words, up to what separates it from its value; dots may lead there ("Address. . . . : 10.0.0.1").
_NAME = r"([^\W_](?:[^:=|\n]{0,57}[^\s:=|.,;?!({\[])?|[@$_][\w.-]{1,58})[ \t.]{0,40}"
_SEPARATED = {
    ":": re.compile(_NAME + r"::?(?=[ \t]|\r?$)"),
    "=": re.compile(r"([^\W\d][\w.\[\]-]{0,80})=(?! )"),  # with blanks it is an assignment more often than not
    "|": re.compile(_NAME + r"\|(?=[^|\n]*$)", re.MULTILINE),
}
_MARKS = "-=*_~#+%"
_RULE = re.compile(rf"[{_MARKS}]+(?:[^{_MARKS}\n][^\n]{{0,60}}?(?<![{_MARKS}])[{_MARKS}]{{2,}})?")
_SPACES = re.compile(r"[ \t]*")
_MOST_NAME_CHARS = 200  # with the names around it
_NAME_WORDS = 6

_SAMPLE_LINES = 120
_SAMPLE_CHARS = 12_000
_FEWEST = 4  # entries of a block that has no other like it
_OWN_SHARE = 0.9  # of the lines are entries, carry them on, or stand above a block
_ENTRIES_SHARE, _VALUES_SHARE = 0.3, 0.6
_DISTINCT_SHARE = 0.6  # of the names in a block: speakers and levels of logs come again and again
_SHARED_NAMES = 0.5
_SENTENCES_SHARE = 0.34  # of the values may read as sentences: where more do, they are notes or talk
_WORDS, _WORDS_IN_ONE = 14, 6  # a sentence has more, where the blocks have names in common, and where they have not
_TITLE_CHARS = 80
_ENDS, _NO_ENDS = (".", "!", "?", "…", '."'), ("{", ";", ",", "[", "(")
_NO_ENDS_SHARE = 0.5


class Entry(NamedTuple):
    """A name and a value, with the lines that carry the value on.

    Attributes:
        start, end: character span, without the white space around it.
        name: with the names that it stands under before it (``"City/Name"``).
        value: span of the value, empty where it has none or that stands in the entries below.
        column: of its name.
        under: places in the block of the entries that it stands under, the outermost first.
    """

    start: int
    end: int
    name: str
    value: Span
    column: int
    under: tuple[int, ...] = ()

    @property
    def has_value(self) -> bool:
        """Whether it has a value of its own."""
        return self.value[0] < self.value[1]


@dataclass
class Block:
    """Entries that belong together.

    Attributes:
        openers: spans of the rules and titles above them.
        title: the last of these that is no rule, None where there is none.
        entries: in order.
    """

    openers: list[Span] = field(default_factory=list)
    title: Span | None = None
    entries: list[Entry] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """Of its entries."""
        return [entry.name for entry in self.entries]


def read_blocks(text: str) -> Iterator[Block]:
    """The blocks of a text; each line that is not blank is in one. Linear.

    A line that is indented deeper than an entry carries its value on; where the entry has none, entries below it stand
    under it. A line that is neither ends a block and opens the next.
    """
    separated = _separated(text)
    block, is_over = Block(), False
    for match in _LINE.finditer(text):
        start, end = _bare(text, *match.span())
        if start == end:
            is_over = bool(block.entries) and (len(block.entries) > 1 or block.entries[0].has_value)
            continue
        column = start - match.start()
        entry = _entry(text, separated, start, end, column)
        last = block.entries[-1] if block.entries and not is_over else None
        if last is not None and column > last.column and (entry is None or last.has_value):
            block.entries[-1] = last._replace(end=end, value=(last.value[0] if last.has_value else start, end))
            continue
        if block.entries and (is_over or entry is None):
            yield _titled(block)
            block, is_over = Block(), False
        if entry is not None:
            block.entries.append(_placed(block.entries, entry))
            continue
        block.openers.append((start, end))
        if not _RULE.fullmatch(text, start, end):
            block.title = (start, end)
    if block.entries or block.openers:
        yield _titled(block)


def _bare(text: str, start: int, end: int) -> Span:
    """A span of one line without the white space around it."""
    line = text[start:end]
    begin = start + len(line) - len(line.lstrip())
    return begin, max(begin, start + len(line.rstrip()))


def _separated(text: str) -> re.Pattern[str]:
    """What an entry looks like, by what separates most names of the text from their values."""
    found = _counted(text)
    return _SEPARATED[max(found, key=found.__getitem__)]


def _counted(text: str) -> dict[str, int]:
    """How many of the first lines of a text may be entries, by what separates name and value."""
    lines = [line.strip() for line in text[:_SAMPLE_CHARS].split("\n")[:_SAMPLE_LINES]]
    return {
        mark: sum(mark in line and pattern.match(line) is not None for line in lines)
        for mark, pattern in _SEPARATED.items()
    }


def _entry(text: str, separated: re.Pattern[str], start: int, end: int, column: int) -> Entry | None:
    found = separated.match(text, start, end)
    if found is None or len(found.group(1).split()) > _NAME_WORDS:
        return None
    value = _SPACES.match(text, found.end(), end).end()  # type: ignore[union-attr]
    return Entry(start, end, found.group(1), (min(value, end), end), column)


def _placed(entries: Sequence[Entry], entry: Entry) -> Entry:
    """The entry under those without a value that it is indented deeper than."""
    if not entries:
        return entry
    above = (*entries[-1].under, len(entries) - 1)
    under = tuple(at for at in above if entries[at].column < entry.column and not entries[at].has_value)
    name = f"{entries[under[-1]].name}/{entry.name}" if under else entry.name
    return entry._replace(under=under, name=name if len(name) <= _MOST_NAME_CHARS else entry.name)


def _titled(block: Block) -> Block:
    """The block, its first entry as its title where that has no value and all others stand under it."""
    entries = block.entries
    if len(entries) < 2 or entries[0].has_value or not all(entry.under for entry in entries[1:]):
        return block
    first, cut = entries[0], len(entries[0].name) + 1
    inner = [
        entry._replace(
            under=tuple(at - 1 for at in entry.under[1:]),
            name=entry.name[cut:] if entry.name.startswith(f"{first.name}/") else entry.name,
        )
        for entry in entries[1:]
    ]
    return Block([*block.openers, (first.start, first.end)], (first.start, first.end), inner)


# -- recognition ------------------------------------------------------------------------------------------------------


def looks_like_blocks(text: str) -> bool:
    """Whether nearly all lines are names with values that are no sentences; a glance at the first lines.

    The names in a block differ, and a block has four of them, or several have some in common.
    """
    if not any(separator in text[:_SAMPLE_CHARS] for separator in _SEPARATED):
        return False
    head, *others = _samples(text)
    most = max(_counted(head).values())
    if most < _FEWEST or most < _ENTRIES_SHARE * _filled(head):
        return False
    blocks = list(read_blocks(head))
    entries = [entry for block in blocks for entry in block.entries]
    values = [head[slice(*entry.value)].split("\n", 1)[0].strip() for entry in entries if entry.has_value]
    if len(entries) < _FEWEST or len(values) < _VALUES_SHARE * len(entries) or not _is_of_entries(head, blocks):
        return False
    if sum(value.endswith(_NO_ENDS) for value in values) > _NO_ENDS_SHARE * len(values):
        return False
    if _separated(head) is _SEPARATED["|"] and not _RULE.fullmatch(head.lstrip().split("\n", 1)[0].rstrip()):
        return False
    names = [block.names for block in blocks if block.entries]
    longest = _WORDS if _recurs(names) else _WORDS_IN_ONE
    sentences = sum(value.endswith(_ENDS) or value.count(" ") >= longest for value in values)
    if sentences > _SENTENCES_SHARE * len(values) or not _is_regular(names):
        return False
    return all(_is_of_entries(other, list(read_blocks(other))) for other in others)


def _samples(text: str) -> list[str]:
    """Some lines of the beginning of a text, and where it is much longer some of its middle and of its end."""
    places = [0] if len(text) < 3 * _SAMPLE_CHARS else [0, len(text) // 2, len(text) - _SAMPLE_CHARS]
    samples = []
    for place in places:
        lines = text[place : place + _SAMPLE_CHARS].split("\n")[bool(place) :]
        samples.append("\n".join(lines[:_SAMPLE_LINES]))
    return samples


def _is_of_entries(text: str, blocks: Sequence[Block]) -> bool:
    """Whether nearly all lines of a text are entries, carry them on, or stand above its blocks."""
    lines = _filled(text)
    entries = [entry for block in blocks for entry in block.entries]
    own = sum(1 + text.count("\n", entry.start, entry.end) for entry in entries)
    own += sum(_openers(text, block) for block in blocks)
    return len(entries) >= _ENTRIES_SHARE * lines and own >= _OWN_SHARE * lines


def _filled(text: str) -> int:
    """How many lines of a text are not blank."""
    return sum(line != "" and not line.isspace() for line in text.split("\n"))


def _openers(text: str, block: Block) -> int:
    """How many of the lines above a block stand there with good reason: rules, and few short titles."""
    rules = [opener for opener in block.openers if _RULE.fullmatch(text, *opener)]
    titles = sum(end - start <= _TITLE_CHARS for start, end in block.openers if (start, end) not in rules)
    return len(rules) + min(titles, len(block.entries) // 2)


def _is_regular(blocks: Sequence[Sequence[str]]) -> bool:
    """Whether the names in a block differ, and one block is long or the blocks have names in common."""
    names = sum(map(len, blocks))
    if sum(len(set(block)) for block in blocks) < _DISTINCT_SHARE * names or names < 2 * len(blocks):
        return False
    return max(map(len, blocks)) >= _FEWEST or _recurs(blocks)


def _recurs(blocks: Sequence[Sequence[str]]) -> bool:
    """Whether most blocks have names in common with the one before."""
    shared = [len({*left} & {*right}) >= _SHARED_NAMES * len({*left, *right}) for left, right in pairwise(blocks)]
    return sum(shared) >= max(1, _SHARED_NAMES * len(shared))
