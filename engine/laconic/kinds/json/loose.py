"""Values that are nearly JSON as a tree of spans: with comments, commas too many or too few, cut off, or of Python.

One pass with one regular expression and an explicit stack, as for JSON: a parser that says where values stand, and goes
on behind what it does not understand, is what no library offers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from laconic._utils.remembered import Remembered
from laconic.kinds.json.tree import JsonNode, parse_json, read_value

__all__ = ["Reading", "json_leaves", "looks_like_literal", "read_json", "read_loosely"]

_TOKEN = re.compile(
    r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"?'  # a string that is never closed ends with its line
    r"|(?<![^\W_])'[^'\\\n]*(?:\\.[^'\\\n]*)*'?"
    r"|(?<![^\s,{\[(])(?://[^\n]*|\#[^\n]*)|/\*(?:[^*]+|\*(?!/))*(?:\*/)?"
    r"|[{}\[\](),:]"
    r"|[^\s\"{}\[\](),:'/]+(?:'[^'\\\n]*(?:\\.[^'\\\n]*)*')?|/|'"
)
_PAIRS = {"}": "object", "]": "array", ")": "tuple"}
_OPENS = {"{": "object", "[": "array", "(": "tuple"}
_MOST_OUTSIDE = 0.1  # of the characters may stand outside values: where there are more, it is text that holds JSON
_LEAST_LINES, _GOOD_LINES = 3, 0.6
_MOST_CALL_CHARS = 2000

_LITERAL = re.compile(r"\s*(?:[\[({]\s*){1,4}(?:[bu]?'[^'\n]{0,200}'\s*[:,)\]}]|-?\d+\s*:)")
_LINE = re.compile(r"\S[^\n]*")


class Reading(NamedTuple):
    """Values and how they were read.

    Attributes:
        roots: at the top, in order; empty where the text is not of values.
        trouble: what keeps it from being JSON, None where nothing does.
    """

    roots: tuple[JsonNode, ...]
    trouble: str | None


@Remembered
def read_json(text: str) -> Reading:
    """The values of a text that is JSON, JSON lines of which some are broken, or nearly JSON; linear.

    The last few texts are remembered; treat the nodes as read-only.
    """
    roots = parse_json(text)
    if roots:
        return Reading(roots, None)
    lines = tuple(_read_lines(text))
    broken = sum(line.kind == "line" for line in lines)
    if len(lines) - broken >= max(_LEAST_LINES - 1, _GOOD_LINES * len(lines)):
        return Reading(lines, f"{broken} of {len(lines)} lines {'is' if broken == 1 else 'are'} no JSON")
    return Reading(read_loosely(text), "the JSON has errors")


@Remembered
def json_leaves(text: str) -> tuple[tuple[JsonNode, ...], tuple[int, ...]]:
    """The values of `read_json` that hold no others, in order, and where each ends."""
    leaves: list[JsonNode] = []
    open_nodes = [iter(read_json(text).roots)]
    while open_nodes:
        for node in open_nodes[-1]:
            if node.children:
                open_nodes.append(iter(node.children))
                break
            leaves.append(node)
        else:
            open_nodes.pop()
    return tuple(leaves), tuple([node.end for node in leaves])


def looks_like_literal(text: str) -> bool:
    """Whether ``text`` opens as dicts, lists and tuples of Python are printed, and is read as such."""
    return _LITERAL.match(text) is not None and bool(read_json(text).roots)


def _read_lines(text: str) -> Iterator[JsonNode]:
    """A value for each line: what it reads as, or the whole line as one of kind ``"line"``."""
    for match in _LINE.finditer(text):
        line = match.group()
        start, end = match.start(), match.start() + len(line.rstrip())
        node, after = read_value(text, start, end)
        if node is None or node.is_leaf or after != end:
            node = JsonNode("line", start, None, None)
            node.end = end
        yield node


def read_loosely(text: str) -> tuple[JsonNode, ...]:
    """The values of a text that is nearly JSON, or a literal of Python; empty where it is neither. Linear.

    A name of what is called belongs to one plain value with its arguments (``datetime.date(2024, 1, 1)``). What is open
    at the end is closed there; brackets that close nothing are passed over.
    """
    reader = _Reader(text)
    for match in _TOKEN.finditer(text):
        reader.read(match.group(), match.start(), match.end())
    return reader.close()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._roots: list[JsonNode] = []
        self._open: list[JsonNode] = []
        self._counts = dict.fromkeys(_PAIRS.values(), 0)  # of open ones of each sort: none is sought in vain
        self._key: tuple[int, int] | None = None
        self._last: JsonNode | None = None  # a value that nothing stands behind yet
        self._call = 0  # brackets that are open in the arguments of `_last`
        self._outside = 0

    def read(self, mark: str, start: int, end: int) -> None:
        """Go on with a token."""
        first = mark[0]
        if self._call and self._last is not None:
            self._call += (first in _OPENS) - (first in _PAIRS)
            self._last.end = end
            if end - self._last.start > _MOST_CALL_CHARS:
                self._call = 0
        elif first in _OPENS:
            if first == "(" and self._last is not None and self._last.kind == "scalar" and self._last.end == start:
                self._call, self._last.end = 1, end
            else:
                self._open.append(self._add(_OPENS[first], start, start + 1))
                self._counts[_OPENS[first]] += 1
                self._last = None
        elif first in _PAIRS:
            self._shut(_PAIRS[first], end)
        elif mark == ",":
            self._last = self._key = None
        elif mark == ":":
            self._take_key()
        elif mark[:2] not in ("//", "/*") and not (first == "#" and self._last is None and self._is_comment(start)):
            self._plain(mark, start, end)

    def _is_comment(self, start: int) -> bool:
        return start == 0 or self._text[start - 1] in " \t\n,{[("

    def _add(self, kind: str, start: int, end: int) -> JsonNode:
        parent = self._open[-1] if self._open else None
        node = JsonNode("array" if kind == "tuple" else kind, start, self._key, parent)
        node.end = end
        self._key = None
        (parent.children if parent is not None else self._roots).append(node)
        return node

    def _plain(self, token: str, start: int, end: int) -> None:
        closed = len(token) > 1 and token[0] in "\"'" and token[-1] == token[0]
        if not self._open:
            self._outside += end - start
        elif self._last is not None and self._last.kind == "scalar" and not closed:
            self._last.end = end  # bare words
        else:
            self._last = self._add("string" if closed else "scalar", start, end)

    def _take_key(self) -> None:
        parent = self._open[-1] if self._open else None
        if parent is None or parent.kind != "object" or not parent.children:
            return
        key = parent.children[-1]
        if key.key is None and (self._last is key or self._last is None):
            parent.children.pop()
            self._key = (key.start, key.end)
            self._last = None

    def _shut(self, kind: str, end: int) -> None:
        if not self._counts[kind]:
            return
        while True:
            node = self._open.pop()
            own = "tuple" if self._text[node.start] == "(" else node.kind
            self._counts[own] -= 1
            node.end = end
            if own == kind:
                break
        self._last = self._key = None

    def close(self) -> tuple[JsonNode, ...]:
        """The values at the top; none where they are not most of the text."""
        end = len(self._text.rstrip())
        for node in self._open:
            node.end = end
        roots = [root for root in self._roots if root.children]
        apart = all("\n" in self._text[left.end : right.start] for left, right in pairwise(roots))
        if not apart or self._outside > _MOST_OUTSIDE * len(self._text) or not all(map(_is_likely, roots)):
            return ()
        return tuple(roots)


def _is_likely(root: JsonNode) -> bool:
    """Whether a value at the top is one: of an object at least half of the members have keys."""
    return root.kind != "object" or 2 * sum(child.key is not None for child in root.children) >= len(root.children)
