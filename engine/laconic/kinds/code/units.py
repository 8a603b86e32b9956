"""Definitions of a source file: functions, methods, classes, imports, found by one walk over a query's captures."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from laconic.kinds.code.language import Language
from laconic.kinds.code.parse import ParsedCode, kept
from laconic.types import Span

if TYPE_CHECKING:
    from tree_sitter import Node

__all__ = ["Outline", "Unit", "comment_spans", "defines", "imported_names", "merge", "outline", "own_end", "without"]

# A function this long, or this large a share of its file, that holds named functions is a wrapper (a module pattern, a
# factory): what is inside is what one looks for.
_WRAPPER_LINES = 300
_WRAPPER_SHARE = 0.6

_IDENTIFIERS = frozenset(
    "identifier simple_identifier type_identifier field_identifier property_identifier qualified_identifier "
    "destructor_name operator_name operator_cast template_function constant name".split()
)
_COMMENT_LINE = re.compile(rb"[ \t]*(?://|/\*|\*|#(?!\[)|@|--)")
_LINE_BREAK = re.compile(rb"\n")
_MAX_DOC_LINES = 40
_MOST_AROUND = 32
_MAX_NAME = 80
_SPACE = b" \t\r\n\f\v"


@dataclass(frozen=True)
class Unit:
    """One definition; offsets are bytes of the parsed data."""

    kind: str  # "function" (methods and constructors too) or "class" (any type, module or namespace)
    name: str  # as written
    qualname: str  # with the names of what it stands in, joined by dots
    start: int  # the whole of it, with decorators and attributes, without the comment before it
    end: int
    definition: int  # where the definition itself begins, after decorators
    body: Span | None  # span of the body, None where there is none
    doc: Span | None  # span of its documentation: the comment before it or the docstring
    parent: int | None  # index of the unit that it stands in
    container: bool  # selection looks inside: a class, or a function that wraps a whole module
    broken: bool  # the parser found an error in it or around it
    node: Node = field(repr=False, compare=False)  # the tree's node of the definition

    @property
    def documented_start(self) -> int:
        """Where the comment in front of it starts, or itself where there is none."""
        return self.doc[0] if self.doc and self.doc[0] < self.start else self.start

    @property
    def signature_end(self) -> int:
        """Where the signature ends: the start of the body, or the end where there is none."""
        return self.body[0] if self.body else self.end


@dataclass(frozen=True)
class Outline:
    """The definitions and imports of a file."""

    units: tuple[Unit, ...]  # in text order, parents before their children
    imports: tuple[Span, ...]  # byte spans

    def enclosing(self, index: int) -> tuple[int, ...]:
        """Indexes of the units around a unit, innermost first; of what is nested very deep, of the nearest 32."""
        found: list[int] = []
        parent = self.units[index].parent
        while parent is not None and len(found) < _MOST_AROUND:
            found.append(parent)
            parent = self.units[parent].parent
        return tuple(found)

    def candidates(self) -> tuple[int, ...]:
        """Indexes of what a selection chooses among.

        Functions outside other functions, and types without functions of their own. Nested functions go with the
        function around them, except inside a wrapper.
        """
        owners = {unit.parent for unit in self.units if unit.kind == "function" or unit.container}
        return tuple(
            index
            for index, unit in enumerate(self.units)
            if (index not in owners if unit.kind == "class" else not unit.container) and not self.is_inner(index)
        )

    def is_inner(self, index: int) -> bool:
        """Whether a unit stands in a function that selection does not look into."""
        return self._inner[index]

    @cached_property
    def _inner(self) -> list[bool]:
        inner: list[bool] = []
        for unit in self.units:  # parents first
            inner.append(unit.parent is not None and (not self.units[unit.parent].container or inner[unit.parent]))
        return inner

    @cached_property
    def _borders(self) -> tuple[list[int], list[int | None]]:
        """Where definitions begin and end, in order, and the innermost one from there on."""
        places: list[int] = []
        innermost: list[int | None] = []
        around: list[int] = []

        def border(byte: int, index: int | None) -> None:
            places.append(max([byte, *places[-1:]]))
            innermost.append(index)

        for index, unit in enumerate(self.units):
            while around and self.units[around[-1]].end <= unit.start:
                border(self.units[around.pop()].end, around[-1] if around else None)
            around.append(index)
            border(unit.start, index)
        while around:
            border(self.units[around.pop()].end, around[-1] if around else None)
        return places, innermost

    def owners(self, byte: int) -> tuple[int, ...]:
        """Indexes of the units that a byte stands in, innermost first; as many as `enclosing` gives, and one."""
        places, innermost = self._borders
        at = bisect_right(places, byte) - 1
        index = innermost[at] if at >= 0 else None
        return () if index is None else (index, *self.enclosing(index))


@dataclass
class _Open:
    """A captured node whose end the walk has not reached."""

    end: int
    index: int | None  # of its unit; None for a wrapper
    start: int = 0


def defines(parsed: ParsedCode) -> bool:
    """Whether a text defines something, apart from what a reading of it as a piece put around it."""
    return any(unit.definition >= parsed.shift for unit in outline(parsed).units)


@kept
def outline(parsed: ParsedCode) -> Outline:
    """Definitions and imports of a parsed file; cached with it. Costs about 1 ms per 20 kB."""
    captures = parsed.captures("query")
    imports = tuple(sorted((node.start_byte, node.end_byte) for node in captures.get("import", ())))
    found = _in_text_order(captures)
    breaks = [match.start() for match in _LINE_BREAK.finditer(parsed.data)]

    units: list[Unit] = []
    stack: list[_Open] = []
    attribute: Span | None = None  # span of the attributes before the next definition
    functions = [node.start_byte for label, node in found if label == "function"]
    seen = 0
    for label, node in found:
        start, end = node.start_byte, node.end_byte
        seen += label == "function"
        while stack and start >= stack[-1].end:
            stack.pop()
        if label == "wrapper":
            stack.append(_Open(end, None, start))
            continue
        if label == "attribute":
            joined = attribute and not parsed.data[attribute[1] : start].strip()
            attribute = (attribute[0], end) if attribute and joined else (start, end)
            continue
        if label == "body":
            _attach_body(parsed, units, node)
            continue
        name = _name(node, parsed)
        if not name or (label == "class" and _body(node, parsed) is None and node.child_count < 2):
            continue
        if any(unit.start <= start and end <= unit.end and unit.node.id == node.id for unit in units[-2:]):
            continue
        outer_start, outer_end = start, end
        while stack and stack[-1].index is None:
            outer_start, outer_end = min(outer_start, stack[-1].start), max(outer_end, stack[-1].end)
            stack.pop()
        if attribute:
            if not parsed.data[attribute[1] : outer_start].strip() and attribute[0] < outer_start:
                outer_start = attribute[0]
            attribute = None
        parent = stack[-1].index if stack else None
        if label == "function" and parent is not None and _same_definition(units[parent], node, parsed):
            continue
        lines = bisect_left(breaks, outer_end) - bisect_left(breaks, outer_start) + 1
        large = lines > min(_WRAPPER_LINES, _WRAPPER_SHARE * (len(breaks) + 1))
        body = _body(node, parsed)
        units.append(
            Unit(
                kind=label,
                name=name,
                qualname=f"{units[parent].qualname}.{name}" if parent is not None else name,
                start=outer_start,
                end=own_end(node, parsed) if outer_end == end else outer_end,
                definition=start,
                body=body,
                doc=_docstring(node, body, parsed.language) or _leading_comment(parsed, outer_start),
                parent=parent,
                container=label == "class" or (large and seen < len(functions) and functions[seen] < end),
                broken=node.has_error,
                node=node,
            )
        )
        stack.append(_Open(outer_end, len(units) - 1))
    return Outline(tuple(units), imports)


_ORDER = {"wrapper": 0, "attribute": 1, "class": 2, "function": 2, "body": 3}


def _in_text_order(captures: dict[str, list[Node]]) -> list[tuple[str, Node]]:
    """Captured nodes with their labels: by where they start, longer ones first, of equal ones the outer first."""
    found: dict[tuple[int, int, int, int], tuple[str, Node]] = {}
    for label, order in _ORDER.items():
        for node in captures.get(label, ()):
            found.setdefault((node.start_byte, -node.end_byte, order, node.id), (label, node))
    keys = sorted(found)
    if any(first[:3] == second[:3] for first, second in pairwise(keys)):  # an id is an address: it orders nothing
        keys.sort(key=lambda key: (*key[:3], -found[key][1].descendant_count))
    return [found[key] for key in keys]


def _same_definition(outer: Unit, node: Node, parsed: ParsedCode) -> bool:
    """A signature inside a signature (Dart wraps one node in another) is no definition of its own."""
    return (
        outer.kind == "function"
        and outer.body is None
        and outer.end >= node.end_byte
        and ("signature" in outer.node.type and "signature" in node.type)
    )


def _attach_body(parsed: ParsedCode, units: list[Unit], body: Node) -> None:
    """Give a body that follows its signature as a sibling to that signature's unit."""
    if not units:
        return
    last = units[-1]
    if last.kind != "function" or last.body or parsed.data[last.end : body.start_byte].strip():
        return
    span = (body.start_byte, body.end_byte)
    units[-1] = replace(last, end=body.end_byte, body=span, broken=last.broken or body.has_error)


def _name(node: Node, parsed: ParsedCode) -> str | None:
    fixed = parsed.language.unnamed.get(node.type)
    found = _name_node(node)
    if found is None:
        return fixed
    text = parsed.data[found.start_byte : found.end_byte].decode("utf-8", "replace")
    return text[:_MAX_NAME] or fixed


def _name_node(node: Node) -> Node | None:
    """The node that names a definition: by field, down a chain of declarators, else the first identifier."""
    for name in ("name", "left", "key", "property"):
        found = node.child_by_field_name(name)
        if found is not None:
            return found
    if node.type == "impl_item":
        return node.child_by_field_name("type")
    declarator = node.child_by_field_name("declarator")
    while declarator is not None:
        if declarator.type in _IDENTIFIERS:
            return declarator
        inner = declarator.child_by_field_name("declarator")
        declarator = inner or next(
            (c for c in declarator.named_children if "declarator" in c.type or c.type in _IDENTIFIERS), None
        )
    children = node.named_children
    for child in children:
        if child.type in _IDENTIFIERS:
            return child
    # One level down: Go's `type (A struct …)`, Dart's signature inside a signature.
    for child in children:
        if "signature" in child.type or "spec" in child.type or "alias" in child.type:
            found = child.child_by_field_name("name") or next(
                (c for c in child.named_children if c.type in _IDENTIFIERS), None
            )
            if found is not None:
                return found
            deeper = child.named_children
            if deeper and "signature" in deeper[0].type:
                return deeper[0].child_by_field_name("name")
    return None


def _body(node: Node, parsed: ParsedCode) -> Span | None:
    owner = node
    for name in ("value", "right"):  # a named function value
        value = node.child_by_field_name(name)
        if value is not None and value.child_by_field_name("body") is not None:
            owner = value
    for name in ("body", "block", "accessors"):
        found = owner.child_by_field_name(name)
        if found is not None:
            return found.start_byte, own_end(found, parsed)
    for child in owner.named_children:
        if child.type in parsed.language.bodies or child.type in parsed.language.lists:
            return child.start_byte, own_end(child, parsed)
    return None


def _docstring(node: Node, body: Span | None, language: Language) -> Span | None:
    if not language.docstring or body is None:
        return None
    block = node.child_by_field_name("body")
    first = block.named_child(0) if block is not None and block.named_child_count else None
    if first is None or first.type != "expression_statement" or not first.named_child_count:
        return None
    text = first.named_child(0)
    if text is None or text.type != "string":
        return None
    return text.start_byte, text.end_byte


def _leading_comment(parsed: ParsedCode, start: int) -> Span | None:
    """The comment lines right before ``start``, found in the text: comments are the costliest nodes to query."""
    data = parsed.data
    line = parsed.line_start(start)
    if data[line:start].strip():
        return None
    top = line
    for _ in range(_MAX_DOC_LINES):
        previous = parsed.line_start(max(top - 1, 0))
        if top == 0 or top - previous > 400 or not _COMMENT_LINE.match(data, previous, top):
            break
        top = previous
    if top == line:
        return None
    first = top + len(data[top:line]) - len(data[top:line].lstrip())
    return (first, line - 1) if first < line - 1 else None


def own_end(node: Node, parsed: ParsedCode) -> int:
    """Where a node's own text ends: before white space at its end, and before comments that belong to what follows."""
    end = _without_trailing_comments(node, parsed) if parsed.language.hidden_tail else node.end_byte
    data = parsed.data
    while end > node.start_byte and data[end - 1] in _SPACE:
        end -= 1
    return end


def _without_trailing_comments(node: Node, parsed: ParsedCode) -> int:
    """End of the last thing in a node that is no comment.

    Only visible children are stepped into: text behind the last of them (the quote that closes a string) is the node's.
    """
    end = node.end_byte
    while node.child_count:
        position = node.child_count - 1
        child = node.child(position)
        while child is not None and child.type in parsed.language.comments and position:
            position -= 1
            child = node.child(position)
        if child is None or child.type in parsed.language.comments:
            break
        if position < node.child_count - 1:
            end = child.end_byte
        elif parsed.data[child.end_byte : node.end_byte].strip():
            break
        else:
            end = min(end, child.end_byte)
        node = child
    return end


_IMPORT_WORD = re.compile(r"[A-Za-z_]\w*(?!\w|\s*(?:\.|::|/|\\\\))")
_IMPORT_FROM = re.compile(r"^\s*from\s+\S+\s+")
_IMPORT_KEYWORDS = frozenset(
    "as class const crate export extern from function import include package pub require require_relative self static "
    "super type typeof use using".split()
)


@kept
def imported_names(parsed: ParsedCode) -> tuple[tuple[Span, frozenset[str]], ...]:
    """Each import of a file, and the names that it brings in as far as its text shows them; cached with the file.

    A C header brings in names that only the header knows, so an ``#include`` shows none but its own.
    """
    found = []
    for start, end in outline(parsed).imports:
        text = _IMPORT_FROM.sub("", parsed.slice(start, end))
        names = set(_IMPORT_WORD.findall(text)) - _IMPORT_KEYWORDS
        plain_import = re.match(r"import\s+([A-Za-z_]\w*)\.", text)
        if plain_import:  # Python's `import a.b` brings in a
            names.add(plain_import.group(1))
        found.append(((start, end), frozenset(names)))
    return tuple(found)


@kept
def comment_spans(parsed: ParsedCode, *, docstrings: bool = False) -> tuple[Span, ...]:
    """Byte spans of the comments that have their lines to themselves, in order; cached with the file.

    Comments on consecutive lines are one span. ``docstrings`` counts those among them.
    """
    data = parsed.data
    nodes = parsed.captures("query").get("comment", ())
    spans = [(node.start_byte, node.start_byte + len(data[node.start_byte : node.end_byte].rstrip())) for node in nodes]
    if docstrings:
        spans += [unit.doc for unit in outline(parsed).units if unit.doc and unit.doc[0] > unit.start]
    joined: list[Span] = []
    for start, end in sorted(spans):
        if data[parsed.line_start(start) : start].strip():
            continue
        after = data.find(b"\n", end)
        if data[end : after if after >= 0 else len(data)].strip():
            continue
        if joined and data.count(b"\n", joined[-1][1], start) == 1 and not data[joined[-1][1] : start].strip():
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return tuple(joined)


def merge(spans: Iterable[Span]) -> list[Span]:
    """Sorted spans with overlapping and touching ones joined; empty ones dropped."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def without(span: Span, holes: Iterable[Span]) -> tuple[Span, ...]:
    """What is left of a span outside the holes, which are in order and do not overlap."""
    pieces, position = [], span[0]
    for start, end in holes:
        if start > position:
            pieces.append((position, start))
        position = max(position, end)
    if position < span[1]:
        pieces.append((position, span[1]))
    return tuple(pieces)
