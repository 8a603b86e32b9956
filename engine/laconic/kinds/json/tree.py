"""JSON text to a tree of character spans: what the standard parser does not tell.

One pass with one regular expression and an explicit stack, so that ten thousand levels of nesting are no deeper than
one. Accepts what `json.loads` accepts (``NaN`` and the infinities too), one value or several behind one another, as
JSON lines are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from laconic._utils.remembered import Remembered

__all__ = ["JsonNode", "find_values", "parse_json", "read_value", "string_cuts"]

_TOKEN = re.compile(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"|[{}\[\],:]|[^\s"{}\[\],:]+|"')
_SCALAR = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|NaN|-?Infinity")
_ESCAPE = re.compile(r"\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u[\da-fA-F]{4}|\\.")


class JsonNode:
    """One value.

    Attributes:
        kind: ``"object"``, ``"array"``, ``"string"``, ``"scalar"``, or ``"line"`` for one that is no value.
        start, end: span of the value.
        key: span of its key with the quotes, None in an array and at the top.
        children: of a container, in order.
        parent: the container, None at the top.
    """

    __slots__ = ("children", "end", "key", "kind", "parent", "start")

    repeats_keys = False
    """Whether the notation writes a list by repeating a key, so that the keys of lists name sorts of things."""

    def __init__(self, kind: str, start: int, key: tuple[int, int] | None, parent: JsonNode | None) -> None:
        self.kind = kind
        self.start = start
        self.end = start
        self.key = key
        self.parent = parent
        self.children: list[JsonNode] = []

    @property
    def begin(self) -> int:
        """Where the member begins: at the key where there is one."""
        return self.key[0] if self.key else self.start

    @property
    def is_leaf(self) -> bool:
        """A scalar, a string or an empty container."""
        return not self.children

    def walk(self) -> Iterator[JsonNode]:
        """This node and all below it, in text order."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))

    def key_text(self, text: str) -> str:
        """The key without its quotes, where it has them; ``""`` where there is none."""
        if self.key is None:
            return ""
        start, end = self.key
        return text[start + 1 : end - 1] if text[start] in "\"'" else text[start:end]

    def value_text(self, text: str) -> str:
        """What a value says, without its quotes and escapes."""
        if self.kind != "string":
            return text[self.start : self.end]
        value = text[self.start + 1 : self.end - 1]
        if "\\" in value:
            try:
                return str(json.loads(text[self.start : self.end], strict=False))
            except ValueError:  # an escape that the standard does not know
                return value
        return value


@Remembered
def parse_json(text: str) -> tuple[JsonNode, ...]:
    """The values that ``text`` consists of; empty where it is not JSON from beginning to end.

    Linear, about 1 µs a token, a token being a key, a scalar or a bracket. The last few texts are remembered; treat the
    nodes as read-only.
    """
    roots: list[JsonNode] = []
    at = 0
    while True:
        root, at = read_value(text, at)
        if root is None:
            return ()
        roots.append(root)
        if not text[at:].strip():
            return tuple(roots)
        if "\n" not in text[at : _next(text, at)]:  # two values on one line are not JSON lines
            return ()


def find_values(text: str, start: int = 0, end: int | None = None) -> Iterator[JsonNode]:
    """Objects and arrays of JSON that stand inside other text, outermost ones, in order.

    Linear but for unclosed brackets: the search goes on behind what was read in vain.
    """
    end = len(text) if end is None else end
    at = start
    opening = re.compile(r"\{\s*[\"}]|\[\s*[\[{\"\d\]tfn-]")
    while match := opening.search(text, at, end):
        node, after = read_value(text, match.start(), end)
        if node is not None:
            yield node
            at = node.end
        else:
            at = max(after, match.end())


def string_cuts(text: str, start: int, end: int) -> set[int]:
    """Places inside a string's span at which a cut would break an escape (or a pair of them that is one character)."""
    return {at for match in _ESCAPE.finditer(text, start, end) for at in range(match.start() + 1, match.end())}


def _next(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def read_value(text: str, at: int, end: int | None = None) -> tuple[JsonNode | None, int]:
    """The value that begins at ``at`` and the offset behind it; None and where reading stopped if there is none."""
    top: JsonNode | None = None
    parent: JsonNode | None = None
    key: tuple[int, int] | None = None
    expect = "value"  # value, first (value or "]"), key, first key (key or "}"), colon, comma
    for match in _TOKEN.finditer(text, at, len(text) if end is None else end):
        token = match.group()
        first = token[0]
        start = match.start()
        if expect in ("key", "first key"):
            if first == '"' and len(token) > 1:
                key = match.span()
                expect = "colon"
                continue
            if not (first == "}" and expect == "first key"):
                return None, start
        elif expect == "colon":
            if first != ":":
                return None, start
            expect = "value"
            continue
        elif expect == "comma":
            in_object = parent is not None and parent.kind == "object"
            if first == ",":
                expect = "key" if in_object else "value"
                continue
            if first != ("}" if in_object else "]"):
                return None, start
        elif expect == "first" and first == "]":
            pass
        elif first in "{[":
            node = JsonNode("object" if first == "{" else "array", start, key, parent)
            key = None
            if parent is not None:
                parent.children.append(node)
            if top is None:
                top = node
            parent = node
            expect = "first key" if first == "{" else "first"
            continue
        elif (first == '"' and len(token) > 1) or _SCALAR.fullmatch(token):
            node = JsonNode("string" if first == '"' else "scalar", start, key, parent)
            node.end = match.end()
            key = None
            if parent is None:
                return node, node.end
            parent.children.append(node)
            expect = "comma"
            continue
        else:
            return None, start
        # only a closing bracket comes here, and it closes something
        if parent is not None:
            parent.end = match.end()
            parent = parent.parent
        if parent is None:
            return top, match.end()
        expect = "comma"
    return None, len(text) if end is None else end
