"""JSON with fewer examples, and JSON as its own schema; both are JSON again.

Works on spans, so that numbers keep their spelling and keys their order. Nothing here goes deeper than `_MAX_DEPTH`
levels: below that a container is written as the number of its characters.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from laconic.kinds.examples import SIZES, Wanted, chosen
from laconic.kinds.json.tree import JsonNode, parse_json, string_cuts
from laconic.kinds.kind import Detail

__all__ = ["json_details", "json_schema", "left_whole", "sampled_json"]

_MAX_DEPTH = 40
_MAX_SCHEMA_DEPTH = 8

# An object of more members than this whose values are alike is a table by key, and sampled as an array is.
_PLAIN_MEMBERS = 24
_MAP_MEMBERS = 8

_STRING_CHARS = (200, 2000)  # what remains of a long string: least, most
_STRING_SLACK = 40  # so little is not worth a note
_ENUM_VALUES, _ENUM_CHARS, _ENUM_SAMPLES = 4, 24, 6

MORE = "…"
"""Key, or beginning of the string, that stands for what was left out."""


def json_details(text: str, query: str | None) -> Iterator[Detail]:
    """Fewer and fewer examples of each list, then the schema; nothing where the text is no JSON with members."""
    roots = parse_json(text)
    if any(root.children for root in roots):
        wanted = Wanted(query)
        for size, smaller in pairwise((*SIZES, 0)):
            if not left_whole(roots, smaller):  # else the next one says as much
                yield Detail("sampled", sampled_json(text, roots, size, wanted))
        yield Detail("schema", json_schema(text, roots))


def sampled_json(text: str, roots: Sequence[JsonNode], size: int, wanted: Wanted) -> str:
    """The values with at most ``size`` examples of each list, the matching ones first.

    Args:
        text: of the values.
        roots: as `laconic.kinds.json.tree.parse_json` gives them.
        size: examples of each array, and of each object that is a table by key, ≥ 1.
        wanted: how well a record matches the question.

    Returns:
        Compact JSON (JSON lines for several roots). What is left out of an array is a last element such as
        ``"…37 of 40 left out"``, of an object a last member ``"…": "37 of 40 left out"``. Kept records are whole but
        for lists inside them and very long strings. Linear in the text.
    """
    writer = _Sampler(text, size, wanted)
    if len(roots) == 1:
        return writer.value(roots[0], 0)
    kept = chosen(wanted([text[root.start : root.end] for root in roots]), size)
    lines = [writer.value(roots[at], 0) for at in kept]
    if len(kept) < len(roots):
        lines.append(_quoted(f"{MORE}{len(roots) - len(kept)} of {len(roots)} left out"))
    return "\n".join(lines)


def left_whole(roots: Sequence[JsonNode], size: int) -> bool:
    """Whether `sampled_json` of this size leaves nothing out, so that no larger one says more."""
    longest = _string_chars(size) + _STRING_SLACK + 2
    if len(roots) > size:
        return False
    for root in roots:
        for node in root.walk():
            if node.kind == "string":
                if node.end - node.start > longest:
                    return False
            elif _is_list(node, size):
                return False
    return True


def _string_chars(size: int) -> int:
    """Characters that remain of a long string."""
    return min(max(_STRING_CHARS[0], 60 * size), _STRING_CHARS[1])


class _Sampler:
    def __init__(self, text: str, size: int, wanted: Wanted) -> None:
        self.text = text
        self.size = size
        self.wanted = wanted
        self.string_chars = _string_chars(size)

    def value(self, node: JsonNode, depth: int) -> str:
        if node.kind == "string":
            return self.string(node)
        if node.is_leaf:
            return self.text[node.start : node.end]
        if depth >= _MAX_DEPTH:
            return _quoted(f"{MORE}{node.end - node.start} characters")
        children = node.children
        left_out = 0
        if _is_list(node, self.size):
            kept = chosen(self.wanted([self.text[child.begin : child.end] for child in children]), self.size)
            left_out = len(children) - len(kept)
            children = [children[at] for at in kept]
        items = [self.key(child) + self.value(child, depth + 1) for child in children]
        if left_out:
            note = f"{left_out} of {len(node.children)} left out"
            if node.kind == "array":
                items.append(_quoted(MORE + note))
            else:
                items.append(f"{_quoted(_free_key(node, self.text))}:{_quoted(note)}")
        opening, closing = "[]" if node.kind == "array" else "{}"
        return opening + ",".join(items) + closing

    def key(self, node: JsonNode) -> str:
        return f"{self.text[slice(*node.key)]}:" if node.key else ""

    def string(self, node: JsonNode) -> str:
        length = node.end - node.start - 2
        if length <= self.string_chars + _STRING_SLACK:
            return self.text[node.start : node.end]
        cut = node.start + 1 + self.string_chars
        inside = string_cuts(self.text, node.start + 1, min(node.end - 1, cut + 16))
        while cut in inside:
            cut -= 1
        return f'{self.text[node.start : cut]}{MORE}({node.end - 1 - cut} more characters)"'


def _is_list(node: JsonNode, size: int) -> bool:
    """Whether there are more children than examples wanted, and they are alike enough to stand for one another."""
    return len(node.children) > size and (node.kind == "array" or _is_map(node))


def _is_map(node: JsonNode) -> bool:
    """Whether an object is a table by key: many members, all containers or very many at all."""
    members = node.children
    return len(members) > _PLAIN_MEMBERS or (
        len(members) > _MAP_MEMBERS and all(member.kind in ("object", "array") for member in members)
    )


def _free_key(node: JsonNode, text: str) -> str:
    written = (child.key_text(text) for child in node.children)
    keys = {json.loads(f'"{key}"') for key in written if MORE in key or "\\u2026" in key}
    key = MORE
    while key in keys:
        key += MORE
    return key


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


# -- schema ---------------------------------------------------------------------------------------------------------


def json_schema(text: str, roots: Sequence[JsonNode]) -> str:
    """What the values are made of, as compact JSON.

    Types stand where values stood, with ranges of numbers and the few distinct values of enumerations; a key that not
    all records have ends in ``?``; an array is ``["×40", …]``, a table by key ``{"×40 keys": …}``. Linear in the text.
    """
    shape = _shape(text, list(roots), 0)
    return shape if len(roots) == 1 else f"[{_quoted(f'×{len(roots)} lines')},{shape}]"


def _shape(text: str, nodes: Sequence[JsonNode], depth: int) -> str:
    """One shape for all of ``nodes``, which stand at the same place of different records."""
    objects = [node for node in nodes if node.kind == "object"]
    arrays = [node for node in nodes if node.kind == "array"]
    shapes = []
    if depth >= _MAX_SCHEMA_DEPTH and (objects or arrays):
        shapes.append(_quoted(MORE))
    else:
        if objects:
            shapes.append(_object_shape(text, objects, depth))
        if arrays:
            shapes.append(_array_shape(text, arrays, depth))
    scalars = [text[node.start : node.end] for node in nodes if node.kind in ("string", "scalar")]
    if scalars:
        shapes.append(_quoted(_scalar_shape(scalars)))
    return shapes[0] if len(shapes) == 1 else f'{{"any of":[{",".join(shapes)}]}}'


def _object_shape(text: str, objects: Sequence[JsonNode], depth: int) -> str:
    if all(_is_map(node) for node in objects):
        members = [child for node in objects for child in node.children]
        keys = _quoted(f"×{_sizes(objects)} keys")
        return f"{{{keys}:{_shape(text, members, depth + 1)}}}"
    by_key: dict[str, list[JsonNode]] = {}
    for node in objects:
        for child in node.children:
            by_key.setdefault(child.key_text(text), []).append(child)
    items = (
        f'"{key}{"" if len(values) >= len(objects) else "?"}":{_shape(text, values, depth + 1)}'
        for key, values in by_key.items()
    )
    return f"{{{','.join(items)}}}"


def _array_shape(text: str, arrays: Sequence[JsonNode], depth: int) -> str:
    items = [child for node in arrays for child in node.children]
    if not items:
        return "[]"
    return f"[{_quoted('×' + _sizes(arrays))},{_shape(text, items, depth + 1)}]"


def _scalar_shape(values: Sequence[str]) -> str:
    strings = [value for value in values if value[0] == '"']
    others = {value for value in values if value in ("true", "false", "null")}
    numbers = [value for value in values if value[0] != '"' and value not in others]
    names = []
    if strings:
        distinct = dict.fromkeys(strings)
        few = len(distinct) <= _ENUM_VALUES and len(strings) >= _ENUM_SAMPLES
        if few and all(len(value) <= _ENUM_CHARS and "\\" not in value for value in distinct):
            names.append(" | ".join(value[1:-1] for value in distinct))
        else:
            names.append("string")
    if numbers:
        names.append(f"number {_span(numbers, float)}" if len(numbers) > 1 else "number")
    if others - {"null"}:
        names.append("boolean")
    if "null" in others:
        names.append("null")
    return " or ".join(names)


def _span(spelled: Sequence[str], read: Callable[[str], float]) -> str:
    low, high = min(spelled, key=read), max(spelled, key=read)
    return low if low == high else f"{low}–{high}"


def _sizes(nodes: Sequence[JsonNode]) -> str:
    return _span([str(len(node.children)) for node in nodes], int)
