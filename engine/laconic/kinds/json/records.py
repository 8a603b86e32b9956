"""JSON to records: the elements of lists, and the members of objects that are tables by key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from laconic.kinds.json.tree import JsonNode
from laconic.kinds.records import alike
from laconic.types import Member, Record, Span

__all__ = ["json_records"]

# What the container of a value is.
_TOP, _OBJECT, _LIST, _KEYED, _PAIRS = "", "{}", "[]", "{key: {}}", "{key: value}"

# Names grow with the nesting up to here; what is deeper has the names of what stands there.
_MOST_NAME_CHARS = 200

_LEAST_KEYED = 3  # so many objects that are alike under keys are a table; fewer where the keys hold digits
_LEAST_PAIRS = 8  # so many plain values of one sort under keys are a table too
_LEAST_ROWS = 3
_MOST_BESIDE = 16
_MOSTLY = 0.9
_NAMES, _VALUES = ("key", "name"), ("value", "val")  # of pairs
_DIGIT = re.compile(r"\d")


def json_records(text: str, roots: Sequence[JsonNode]) -> tuple[list[Record], list[Span]]:
    """The records that JSON lists, outer ones before those in them; their members in text order.

    Args:
        text: that was parsed.
        roots: as `laconic.kinds.json.tree.parse_json` gives them.

    Returns:
        The records, and spans of values that say nothing apart: rows without names of their own, pairs of a name and
        a value. An object in a list is a record, and so is each of several that are alike under the keys of an object;
        any other object belongs to the record around it, with its keys behind its own. What stands at the top belongs
        to a record too. Linear.
    """
    reader = _Reader(text)
    for root in roots:
        reader.read(root, "" if len(roots) == 1 or root.is_leaf else "\n")
    return reader.records, reader.whole


class _Level(NamedTuple):
    """Values to read: what their container is, its record, what their names begin with, the table of records there."""

    nodes: Iterator[JsonNode]
    role: str
    record: Record
    prefix: str
    table: str


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.records: list[Record] = []
        self.whole: list[Span] = []

    def read(self, root: JsonNode, table: str) -> None:
        """Read one value at the top. An explicit stack: nesting may be ten thousand levels deep."""
        text = self.text
        stack = [_Level(iter((root,)), _TOP, self._new(table), "", "")]
        while stack:
            level = stack[-1]
            nodes, role, record, prefix, _ = level
            is_object, members = role == _OBJECT, record.members
            for node in nodes:
                if not node.children:
                    if role in (_KEYED, _PAIRS):
                        members, name = self._new(level.table, record, _key(text, node)).members, ""
                    else:
                        name = prefix + node.key_text(text) if is_object else prefix
                    members.append(Member(name, node.value_text(text), node.start, node.end))
                elif (inner := self._opened(node, level)) is not None:
                    stack.append(inner)
                    break
            else:
                stack.pop()

    def _new(self, table: str, parent: Record | None = None, key: Member | None = None) -> Record:
        self.records.append(Record(table, parent, key))
        return self.records[-1]

    def _opened(self, node: JsonNode, level: _Level) -> _Level | None:
        """What is in a value, to be read next; None where it has been read."""
        _, role, record, name, table = level
        if role == _OBJECT:
            name += node.key_text(self.text)
        elif role in (_KEYED, _PAIRS):
            record, name = self._new(table, record, _key(self.text, node)), ""
        elif role == _LIST and node.kind == "object":
            record, name = self._new(table, record), ""
        if len(name) >= _MOST_NAME_CHARS:
            name = level.prefix
        elif name and name[-1] != "/":
            name += "/"
        if _is_matrix(node):
            self._read_rows(node, record, f"{record.table}/{name}")
            return None
        if node.kind == "array" and (pairs := _named_values(self.text, node)):
            self._read_pairs(pairs, record, name)
            return None
        role = _role(self.text, node, record)
        if role != _OBJECT and len(record.table) < _MOST_NAME_CHARS:
            table = f"{record.table}/{name}{role}"
        return _Level(iter(node.children), role, record, name, table)

    def _read_rows(self, node: JsonNode, parent: Record, table: str) -> None:
        """The rows of a matrix are records; the first of them, or an array beside it, may name the columns."""
        header, rows = _header_of(self.text, node)
        names = [cell.value_text(self.text) for cell in header.children] if header else [""] * len(rows[0].children)
        head = Member("", "", header.start, header.end) if header else None
        if header:
            self.whole.append((header.start, header.end))
        for row in rows:
            record = self._new(table, parent)
            record.header = head
            for name, cell in zip(names, row.children, strict=True):
                record.members.append(Member(name, cell.value_text(self.text), cell.start, cell.end))
            self.whole.append((row.start, row.end))

    def _read_pairs(self, pairs: Sequence[tuple[JsonNode, JsonNode]], record: Record, prefix: str) -> None:
        """Pairs of a name and a value are members of the record that they are listed in."""
        for name, value in pairs:
            start, end = min(name.start, value.start), max(name.end, value.end)
            key = name.value_text(self.text)[:_MOST_NAME_CHARS]
            record.members.append(Member(prefix + key, value.value_text(self.text), start, end))
            self.whole.append((start, end))


def _key(text: str, node: JsonNode) -> Member:
    """What a value is filed under, with the bracket behind it where there is one."""
    return Member("", node.key_text(text), node.begin, node.start + bool(node.children))


def _role(text: str, node: JsonNode, record: Record) -> str:
    if node.kind == "array":
        return _LIST
    if _is_keyed(text, node):
        return _KEYED
    return _PAIRS if record.parent is None and _is_pairs(node) else _OBJECT


def _is_matrix(node: JsonNode) -> bool:
    """Whether an array is the rows of a table: arrays of as many plain values each."""
    rows = node.children
    if node.kind != "array" or len(rows) < _LEAST_ROWS or len(rows[0].children) < 2:
        return False
    length = len(rows[0].children)
    return all(
        row.kind == "array" and len(row.children) == length and not any(cell.children for cell in row.children)
        for row in rows
    )


def _header_of(text: str, node: JsonNode) -> tuple[JsonNode | None, Sequence[JsonNode]]:
    """What names the columns of a matrix, if anything does, and its other rows."""
    rows = node.children
    length = len(rows[0].children)
    header = next((other for other in _beside(node) if _is_header(text, other, length)), None)
    if header is not None:
        return header, rows
    mixed = any(cell.kind == "scalar" for row in rows[1:] for cell in row.children)
    return (rows[0], rows[1:]) if mixed and _is_header(text, rows[0], length) else (None, rows)


def _named_values(text: str, node: JsonNode) -> list[tuple[JsonNode, JsonNode]]:
    """The names and values of a list of objects like ``{"key": "Name", "value": "web-1"}``; empty where it is none."""
    pairs = []
    for child in node.children:
        if child.kind != "object" or len(child.children) != 2 or not all(cell.is_leaf for cell in child.children):
            return []
        cells = {cell.key_text(text).casefold(): cell for cell in child.children}
        name, value = (next((cells[key] for key in keys if key in cells), None) for keys in (_NAMES, _VALUES))
        if name is None or value is None or name.kind != "string":
            return []
        pairs.append((name, value))
    return pairs


def _beside(node: JsonNode) -> Sequence[JsonNode]:
    """What stands beside a value, the first of it: objects with more members are no tables with a header."""
    return node.parent.children[:_MOST_BESIDE] if node.parent else ()


def _is_header(text: str, node: JsonNode, length: int) -> bool:
    """Whether an array may name the columns of a table: as many different strings as it has."""
    cells = node.children
    if node.kind != "array" or len(cells) != length or any(cell.kind != "string" for cell in cells):
        return False
    return len({text[cell.start : cell.end] for cell in cells}) == length


def _is_keyed(text: str, node: JsonNode) -> bool:
    """Whether an object is a table by key: its values are objects that are alike, or lists of such objects."""
    children = node.children
    if not children[0].children:  # most objects are plain
        return False
    inner = [child for child in children if child.children]
    if len(inner) < _MOSTLY * len(children) or len({child.kind for child in inner}) > 1:
        return False
    if len(children) < _LEAST_KEYED and not all(_DIGIT.search(child.key_text(text)) for child in children):
        return False
    if inner[0].kind == "array":
        if node.repeats_keys:
            return False
        inner = [child.children[0] for child in inner]
        if any(child.kind != "object" or not child.children for child in inner):
            return False
    return alike([[member.key_text(text) for member in child.children] for child in inner])


def _is_pairs(node: JsonNode) -> bool:
    """Whether an object is a table of plain values by key."""
    children = node.children
    if len(children) < _LEAST_PAIRS:
        return False
    kind = children[0].kind
    return sum(not child.children and child.kind == kind for child in children) >= _MOSTLY * len(children)
