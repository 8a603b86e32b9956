"""JSON text to a tree of character spans: what the standard parser does not tell.

One pass with a regular expression of a member and no recursion, so that ten thousand levels of nesting are no deeper
than one. Accepts what `json.loads` accepts (``NaN`` and the infinities too), one value or several behind one another,
as JSON lines are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from laconic._utils.remembered import Remembered

__all__ = ["JsonNode", "find_values", "parse_json", "read_value", "string_cuts"]

_STRING = r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"'
_VALUE = r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|NaN|-?Infinity"
_TOKEN = re.compile(_STRING + r'|[{}\[\],:]|[^\s"{}\[\],:]+|"')
_SCALAR = re.compile(_VALUE)
# A key, then a string or a scalar with its comma, or a bracket that opens; or one that closes, with its comma.
_MEMBER = re.compile(
    rf"\s*(?:(?:({_STRING})\s*:\s*)?(?:(?:({_STRING})|({_VALUE})(?![^\s\"{{}}\[\],:]))\s*(,)?|([{{\[]))|([}}\]])\s*(,)?)"
)
_BEHIND_LEAF, _OPENS, _CLOSES = 4, 5, 6  # groups of it
_THEN = {"key": "colon", "value": "comma"}  # behind a string
_VISIBLE = re.compile(r"\S")
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


class _Leaf(JsonNode):
    """A string or a scalar of a text that was parsed: most values are, so it brings no list and knows where it begins.

    That is a third of the time that a node takes, and a collector of garbage has two things less to look at.
    """

    __slots__ = ("begin",)

    children = ()  # type: ignore[assignment]  # nothing is added to it

    def __init__(self, kind: str, start: int, end: int, key: tuple[int, int] | None, parent: JsonNode | None) -> None:
        self.kind = kind
        self.start = start
        self.end = end
        self.key = key
        self.begin = start if key is None else key[0]  # type: ignore[misc]  # no property here
        self.parent = parent


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
        ahead = _VISIBLE.search(text, at)
        if ahead is None:
            return tuple(roots)
        if "\n" not in text[at : ahead.start()]:  # two values on one line are not JSON lines
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


def read_value(text: str, at: int, end: int | None = None) -> tuple[JsonNode | None, int]:
    """The value that begins at ``at`` and the offset behind it; None and where reading stopped if there is none."""
    end = len(text) if end is None else end
    first = _TOKEN.search(text, at, end)
    if first is None:
        return None, end
    token, start = first.group(), first.start()
    if token in ("{", "["):
        return _read_container(text, start, end)
    if (token[0] == '"' and len(token) > 1) or _SCALAR.fullmatch(token):
        leaf = _Leaf("string" if token[0] == '"' else "scalar", start, first.end(), None, None)
        return leaf, leaf.end
    return None, start


def _read_container(text: str, at: int, end: int) -> tuple[JsonNode | None, int]:
    """`read_value` of the bracket at ``at``, member by member: a third of the time that token by token takes."""
    top = node = JsonNode("object" if text[at] == "{" else "array", at, None, None)
    children, in_object = node.children, text[at] == "{"
    at += 1
    may_come = may_close = True  # a member here, the bracket that closes
    while (found := _MEMBER.match(text, at, end)) is not None:
        last = found.lastindex or 0
        if last < _CLOSES:
            key = found.span(1)
            if not may_come or in_object == (key[0] < 0):
                break
            own = key if in_object else None
            if last != _OPENS:
                kind = "string"
                start, stop = found.span(2)
                if start < 0:
                    kind = "scalar"
                    start, stop = found.span(3)
                children.append(_Leaf(kind, start, stop, own, node))
                may_come = last == _BEHIND_LEAF
                may_close = not may_come
            else:
                start = found.start(_OPENS)
                in_object = text[start] == "{"
                node = JsonNode("object" if in_object else "array", start, own, node)
                children.append(node)
                children = node.children
                may_come = may_close = True
        else:
            stop = found.end(_CLOSES)
            if not may_close or in_object != (text[stop - 1] == "}"):
                break
            node.end = stop
            if node.parent is None:
                return top, stop
            node = node.parent
            children, in_object = node.children, node.kind == "object"
            may_come = last > _CLOSES
            may_close = not may_come
        at = found.end()
    return None, _misfit(text, at, end, ("key" if in_object else "value") if may_come else "comma")


def _misfit(text: str, at: int, end: int, expect: str) -> int:
    """Where the token stands that is none of JSON here; ``expect`` is what would be at ``at``: value, key or comma."""
    for match in _TOKEN.finditer(text, at, end):
        written = match.group()
        is_string = written[0] == '"' and len(written) > 1
        if is_string and expect in _THEN:
            expect = _THEN[expect]
        elif written == ":" and expect == "colon":
            expect = "value"
        else:
            return match.start()
    return end
