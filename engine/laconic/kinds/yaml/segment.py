"""YAML to segments: one for each entry, with the lines that say where it stands.

Read by its lines and their indentation, so that text which is not quite YAML, or was cut off, is cut as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from laconic.kinds.json.records import json_records
from laconic.kinds.json.tree import JsonNode
from laconic.kinds.prose.sentences import MAX_SENTENCE_CHARS
from laconic.kinds.records import record_segments, with_lines
from laconic.types import Passage, Segment, Span

__all__ = ["YamlSegmenter", "looks_like_yaml"]

_LINE = re.compile(r"^[^\S\n]*\S[^\n]*", re.MULTILINE)
_DASHES = re.compile(r"[ \t]*((?:- +)*)(-$)?")
_KEY = re.compile(r"(\"[^\"\n]*\"|'[^'\n]*'|[\w#$./@~+-](?:[\w$./@~+ -]{0,58}[\w$./@~+-])?):(?=\s|$)")
# A text in the lines below, whatever these look like: one that keeps its line breaks (``|``), or does not.
_BLOCK = re.compile(r"(?:!\S+[ \t]+)?([|>])[+-]?\d?[+-]?[ \t]*(?:#|$)")
_ESCAPED = re.compile(r"\\.")
_COMMENT = re.compile(r"(?<=\S)\s+#")
_SAMPLE_LINES = 60
_SAMPLE_CHARS = 8000
_YAML_SHARE = 0.9
_MOST_AROUND = 16  # lines that an entry requires; what is nested deeper has those that are nearest


class _Entry(NamedTuple):
    """A line with what carries it on.

    Attributes:
        start, end: character span, without the white space around it.
        dashes: columns of the dashes that it opens items with.
        column: of what stands behind them.
        key: span of its key, None where it has none.
        value: span of its value, empty where the value stands in the lines below.
        is_part: it is a line of the text of the entry before it, which is long and keeps its line breaks.
    """

    start: int
    end: int
    dashes: tuple[int, ...]
    column: int
    key: tuple[int, int] | None
    value: tuple[int, int]
    is_part: bool = False

    @property
    def says_nothing(self) -> bool:
        """Whether its value stands in other segments."""
        return self.value[0] == self.value[1] or self.end < self.value[1]


def looks_like_yaml(text: str) -> bool:
    """Whether nearly all lines are entries or items, some of them nested; a glance at the first lines."""
    lines = [line for line in text[:_SAMPLE_CHARS].split("\n")[:_SAMPLE_LINES] if line.strip()]
    if len(lines) < 3:
        return False
    others = nested = 0
    previous, opens = 0, False
    for line in lines:
        dashes = _DASHES.match(line)
        column = dashes.end() if dashes else 0
        key = _KEY.match(line, column)
        if key or line.lstrip().startswith(("#", "---")) or (opens and column > previous):
            pass
        elif len(lines) - others - 1 < _YAML_SHARE * len(lines):
            return False
        else:
            others += 1
        if key and ((opens and column > previous) or (dashes and dashes.group(1))):
            nested += 1
        if key:
            value = line[key.end() :].strip()
            opens = not value or _goes_on(value)
        previous = column if key else previous
    return nested >= 2


class YamlSegmenter:
    """Segments of kind ``"record"``, one for each entry, or line of a long text in it; linear in the text.

    An entry requires the lines that it stands under (keys, and the line that opens its item), so that what is kept is
    YAML again, and what names its record; see `laconic.kinds.records`.
    """

    def segment(self, passage: Passage, index: int, first: int) -> list[Segment]:
        """Cut ``passage``; see `laconic.types.Segmenter`."""
        text = passage.text
        entries = list(_entries(text))
        if not entries:
            return []
        root, around = _tree(text, entries)
        spans = [(entry.start, entry.end) for entry in entries]
        records, _ = json_records(text, [root])
        heads = {at for at, entry in enumerate(entries) if entry.says_nothing}
        return with_lines(record_segments(index, spans, "record", records, first), around, heads, first)


def _entries(text: str) -> Iterator[_Entry]:
    """The entries, each with the lines below that carry its value on: block scalars and folded text."""
    pending: _Entry | None = None
    goes_on = False
    lines: list[Span] = []  # of the text that carries it on
    for match in _LINE.finditer(text):
        line = match.group().rstrip()
        dashes = _DASHES.match(line)
        marks = dashes.group(1) if dashes else ""
        column = dashes.end() if dashes else 0
        key = _KEY.match(line, column)
        indent = len(line) - len(line.lstrip())
        begin, end = match.start() + indent, match.start() + len(line)
        if pending is not None:
            deepest = pending.column - (pending.key is None)
            if indent > deepest if goes_on else not key and not marks and column > deepest:
                lines.append((begin, end))
                continue
            yield from _with_lines(text, pending, lines)
            lines = []
        base = column - len(marks)
        places = tuple(base + at for at, mark in enumerate(marks) if mark == "-")
        value = match.start() + (key.end() if key else column)
        value += len(text[value:end]) - len(text[value:end].lstrip())
        span = (match.start() + key.start(1), match.start() + key.end(1)) if key else None
        pending = _Entry(begin, end, places, column, span, (min(value, end), end))
        goes_on = _goes_on(text[value:end])
    if pending is not None:
        yield from _with_lines(text, pending, lines)


def _goes_on(value: str) -> bool:
    """Whether all deeper lines below carry a value on: it opens a block, or a quotation that it does not close."""
    if value[:1] in ("'", '"'):
        return _ESCAPED.sub("", value).count(value[0]) % 2 == 1 if value[0] == '"' else value.count("'") % 2 == 1
    return value[:1] in ("|", ">", "!") and _BLOCK.match(value) is not None


def _with_lines(text: str, entry: _Entry, lines: list[Span]) -> Iterator[_Entry]:
    """An entry with the lines that carry its value on: in one, or apart where the text is long and keeps its lines."""
    if not lines:
        yield entry
        return
    value = (entry.value[0], lines[-1][1])
    block = _BLOCK.match(text, *entry.value)
    if block is None or block[1] == ">" or value[1] - value[0] <= MAX_SENTENCE_CHARS:
        yield entry._replace(end=value[1], value=value)
        return
    yield entry._replace(value=value)
    for start, end in lines:
        yield _Entry(start, end, (), entry.column, None, (start, end), is_part=True)


def _tree(text: str, entries: list[_Entry]) -> tuple[JsonNode, list[tuple[int, ...]]]:
    """The values as a tree, and for each entry the entries whose lines it stands under."""
    root = JsonNode("object", 0, None, None)
    open_nodes: list[tuple[int, JsonNode, int]] = []  # column, container, the entry that opened it
    around: list[tuple[int, ...]] = []
    owner = 0
    for at, entry in enumerate(entries):
        if entry.is_part:
            around.append((*around[owner], owner)[-_MOST_AROUND:])
            continue
        owner = at
        outermost = entry.dashes[0] if entry.dashes else entry.column
        while open_nodes and _is_closed(*open_nodes[-1][:2], outermost, bool(entry.dashes)):
            open_nodes.pop()
        around.append(tuple(dict.fromkeys(opener for _, _, opener in open_nodes))[-_MOST_AROUND:])
        for column in entry.dashes:
            parent = open_nodes[-1][1] if open_nodes else root
            parent.kind = "array"
            item = _add(JsonNode("object", entry.value[0], None, parent))
            open_nodes.append((column, item, at))
        parent = open_nodes[-1][1] if open_nodes else root
        if entry.key is None and entry.dashes:
            parent.kind, parent.start, parent.end = _value(text, entry.value)
            open_nodes.pop()
            continue
        kind, start, end = _value(text, entry.value)
        node = _add(JsonNode(kind, start, entry.key, parent))
        node.end = end
        if entry.key is not None and entry.value[0] == entry.value[1]:
            open_nodes.append((entry.column, node, at))
    _close(root)
    return root, around


def _is_closed(column: int, node: JsonNode, next_column: int, next_is_item: bool) -> bool:
    """Whether an entry that begins at a column ends a container; items may stand in the column of their key."""
    return column > next_column or (column == next_column and not (next_is_item and node.key is not None))


def _value(text: str, value: tuple[int, int]) -> tuple[str, int, int]:
    """Whether a value stands in quotes (``"string"``) or is what it reads (``"scalar"``); its span without comment."""
    start, end = value
    quote = text[start : start + 1]
    if start < end and quote in "\"'":
        closing = text.rfind(quote, start + 1, end)
        return ("string", start, closing + 1) if closing > 0 else ("scalar", start, end)
    comment = _COMMENT.search(text, start, end) if "\n" not in text[start:end] else None
    return "scalar", start, comment.start() if comment else end


def _add(node: JsonNode) -> JsonNode:
    if node.parent is not None:
        node.parent.children.append(node)
        if node.parent.kind in ("scalar", "string"):
            node.parent.kind = "object"
    node.end = node.start
    return node


def _close(root: JsonNode) -> None:
    """Let containers end where the last of their children does."""
    for node in reversed(list(root.walk())):
        if node.children:
            node.end = max(node.end, node.children[-1].end)
