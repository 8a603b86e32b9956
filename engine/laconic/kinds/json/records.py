"""JSON to records: the elements of lists, and the members of objects that are tables by key."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from laconic.kinds.json.tree import JsonNode
from laconic.kinds.records import alike
from laconic.types import Member, Record

__all__ = ["json_records"]

# What the container of a value is.
_OBJECT, _LIST, _KEYED, _PAIRS = "{}", "[]", "{key: {}}", "{key: value}"

# Names grow with the nesting up to here; what is deeper has the names of what stands there.
_MOST_NAME_CHARS = 200

_LEAST_KEYED = 3  # so many objects that are alike under keys are a table; fewer where the keys hold digits
_LEAST_PAIRS = 8  # so many plain values of one sort under keys are a table too
_LEAST_ROWS = 3
_MOST_BESIDE = 16
_MOSTLY = 0.9
_DIGIT = re.compile(r"\d")


def json_records(text: str, roots: Sequence[JsonNode]) -> list[Record]:
    """The records that JSON lists, outer ones before those in them; their members in text order.

    Args:
        text: that was parsed.
        roots: as `laconic.kinds.json.tree.parse_json` gives them.

    An object in a list is a record, and so is each of several that are alike under the keys of an object; any other
    object belongs to the record around it, with its keys behind its own. What stands at the top belongs to a record
    too. Linear.
    """
    records: list[Record] = []

    def new(table: str, parent: Record | None = None, key: Member | None = None) -> Record:
        records.append(Record(table, parent, key))
        return records[-1]

    for root in roots:
        top = new("" if len(roots) == 1 else "\n")
        # each value with what its container is, its record, what its name begins with, and the table of records there
        stack = [(root, _LIST, top, "", "")]
        while stack:
            node, role, record, prefix, table = stack.pop()
            if role == _KEYED or (role == _LIST and node.children and node.kind == "object" and node is not root):
                record, prefix = new(table, record, _key(text, node) if role == _KEYED else None), ""
            elif role == _PAIRS:
                record = new(table, record, _key(text, node))
            name = prefix + node.key_text(text) if role == _OBJECT else prefix
            if not node.children:
                record.members.append(Member(name, _value(text, node), node.start, node.end))
                continue
            if len(name) >= _MOST_NAME_CHARS:
                name = prefix
            elif name and name[-1] != "/":
                name += "/"
            if _is_matrix(node):
                records += _rows(text, node, record, f"{record.table}/{name[:_MOST_NAME_CHARS]}")
                continue
            role = _role(text, node, record)
            if role != _OBJECT and len(record.table) < _MOST_NAME_CHARS:
                table = f"{record.table}/{name}{role}"
            stack.extend((child, role, record, name, table) for child in reversed(node.children))
    return records


def _key(text: str, node: JsonNode) -> Member:
    """What a value is filed under, with the bracket behind it where there is one."""
    return Member("", node.key_text(text), node.begin, node.start + bool(node.children))


def _value(text: str, node: JsonNode) -> str:
    if node.kind != "string":
        return text[node.start : node.end]
    value = text[node.start + 1 : node.end - 1]
    if "\\" in value:
        try:
            return str(json.loads(text[node.start : node.end], strict=False))
        except ValueError:  # an escape that the standard does not know
            return value
    return value


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


def _rows(text: str, node: JsonNode, parent: Record, table: str) -> list[Record]:
    """The rows of such an array; the first of them, or an array beside it, may name the columns."""
    rows = node.children
    length = len(rows[0].children)
    header = next((other for other in _beside(node) if _is_header(text, other, length)), None)
    if (
        header is None
        and _is_header(text, rows[0], length)
        and any(cell.kind == "scalar" for row in rows[1:] for cell in row.children)
    ):
        header, rows = rows[0], rows[1:]
    names = [_value(text, cell) for cell in header.children] if header else [""] * length
    head = Member("", "", header.start, header.end) if header else None
    found = []
    for row in rows:
        record = Record(table, parent)
        record.header = head
        for name, cell in zip(names, row.children, strict=True):
            record.members.append(Member(name, _value(text, cell), cell.start, cell.end))
        found.append(record)
    return found


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
