"""What a source file declares: its definitions, and the constants, types, macros, prototypes and fields beside them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from laconic.kinds.code.parse import ParsedCode, kept
from laconic.kinds.code.units import Unit, outline
from laconic.types import Span

if TYPE_CHECKING:
    from tree_sitter import Node

__all__ = [
    "HIDDEN",
    "PROJECT",
    "PUBLIC",
    "Declared",
    "Symbol",
    "declared_names",
    "export_lists",
    "exported_names",
    "imports",
    "is_namespace",
    "symbols",
]

HIDDEN, PROJECT, PUBLIC = range(3)
"""Who may use a name: its own file, its package or module, everybody."""

_STRINGS = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'")
_WORDS = re.compile(r"\w+(?!\w*\(set\))")  # Swift's `private(set)` says who may write
_MOST_HEAD = 600  # characters before a name that are read for modifiers; longer are tables of attributes
_MOST_STEPS = 40  # down a chain of declarators
_INTERNAL_SPACES = frozenset({"detail", "details", "impl", "internal"})  # by custom of C++
_SEVERAL = ("list", "pattern", "multi_variable_declaration", "lexical_declaration", "variable_declaration")
_NAMING = (
    "declarator", "variable_declaration", "declaration_list", "identifier_list", "initialized_identifier", "element",
    "static_final_declaration",
)  # fmt: skip
_NO_NAME = (
    "attribute",
    "subscript",
    "member_expression",
    "call",
    "element_reference",
    "scope_resolution",
    "value_binding_pattern",
)


@dataclass(frozen=True)
class Symbol:
    """One declared name; offsets are bytes of the parsed data."""

    name: str
    kind: str  # "type", "function", "constant" (variables too), "macro", "member" (a field, an enum's case)
    start: int  # of the statement that declares it, without the comment before it
    end: int
    owner: int | None  # index in the outline of the definition that it stands in
    unit: int | None  # its own index there, None of what is no definition
    visible: int  # HIDDEN, PROJECT or PUBLIC, by what its own declaration says

    @property
    def span(self) -> Span:
        """Of the statement."""
        return self.start, self.end


@kept
def symbols(parsed: ParsedCode) -> tuple[Symbol, ...]:
    """The names that a file declares outside its functions, in text order; cached with it.

    Cost: a walk over the statements outside functions, about a tenth of a parse.
    """
    found = outline(parsed)
    header = parsed.language.headers and _is_header(parsed)
    result = []
    for index, unit in enumerate(found.units):
        if found.is_inner(index) or unit.name == parsed.language.unnamed.get("namespace_definition"):
            continue
        kind = "function" if unit.kind == "function" else "type"
        head = _head(parsed, unit.start, unit)
        visible = _visible(parsed, head, unit.name, unit.parent, kind, header)
        result.append(Symbol(unit.name, kind, unit.start, unit.end, unit.parent, index, visible))
    called = set(imports(parsed)) - set(found.imports)
    for name, kind, start, end, owner, at in declared_names(parsed):
        if (start, end) in called:
            continue
        head = parsed.slice(max(start, at - _MOST_HEAD), at)
        result.append(Symbol(name, kind, start, end, owner, None, _visible(parsed, head, name, owner, kind, header)))
    result.sort(key=lambda symbol: (symbol.start, -symbol.end))
    return tuple(_with_sections(parsed, result) if parsed.language.names else result)


class Declared(NamedTuple):
    """A name that is declared beside the definitions of an outline; offsets are bytes of the parsed data."""

    name: str
    kind: str  # see `Symbol`
    start: int  # of the statement
    end: int
    owner: int | None
    at: int  # where the name stands


@kept
def declared_names(parsed: ParsedCode) -> tuple[Declared, ...]:
    """The constants, types, macros, prototypes and fields that a file declares outside its functions; cached with it.

    Cost: a walk over the statements outside functions, some hundredths of a parse.
    """
    found = outline(parsed)
    unnamed = parsed.language.unnamed.get("namespace_definition")
    taken = {(unit.parent, unit.name) for at, unit in enumerate(found.units) if not found.is_inner(at)}
    taken = {each for each in taken if each[1] != unnamed}
    result = []
    for node, kind, owner, start, end in _declarations(parsed):
        for name, named in islice(_names(parsed, node), 1 if kind == "type" else None):
            own = "function" if kind == "constant" and _is_prototype(named) else kind
            if name and (owner, name) not in taken and not (own == "macro" and _is_guard(node)):
                taken.add((owner, name))
                result.append(Declared(name, own, start, end, owner, named.start_byte))
    return tuple(result)


@kept
def export_lists(parsed: ParsedCode) -> tuple[Span, ...]:
    """Byte spans of the statements at the top in which a file lists what it exports."""
    if not parsed.language.names:
        return ()
    spans = []
    for name in parsed.captures("names").get("export", ()):
        node = name
        while node.parent is not None and node.parent.parent is not None:
            node = node.parent
        spans.append((node.start_byte, node.end_byte))
    return tuple(dict.fromkeys(spans))


@kept
def imports(parsed: ParsedCode) -> tuple[Span, ...]:
    """Byte spans of the imports, in order: those of the outline, and calls that import (``require`` in JavaScript)."""
    nodes = parsed.captures("names").get("import", ()) if parsed.language.names else ()
    spans = {*outline(parsed).imports, *((node.start_byte, node.end_byte) for node in nodes)}
    result: list[Span] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not result or start >= result[-1][1]:
            result.append((start, end))
    return tuple(result)


def _with_sections(parsed: ParsedCode, found: list[Symbol]) -> list[Symbol]:
    """Symbols that follow a word such as ``private:`` in their type, or are named after one, seen as it says."""
    captures = parsed.captures("names")
    visibility = parsed.language.visibility
    sections: dict[int, list[tuple[int, int]]] = {}
    for node in sorted(captures.get("section", ()), key=lambda node: node.start_byte):
        around = outline(parsed).owners(node.start_byte)
        if around:
            sections.setdefault(around[0], []).append((node.start_byte, visibility.get(_text(parsed, node), PUBLIC)))
    hidden = {(_owner_at(parsed, node), _text(parsed, node).strip(":")) for node in captures.get("hidden", ())}
    result = []
    for symbol in found:
        marks = sections.get(-1 if symbol.owner is None else symbol.owner, ())
        at = bisect_left(marks, (symbol.start, HIDDEN)) - 1
        visible = marks[at][1] if at >= 0 else symbol.visible
        visible = HIDDEN if (symbol.owner, symbol.name) in hidden else visible
        result.append(replace(symbol, visible=visible) if visible != symbol.visible else symbol)
    return result


def _owner_at(parsed: ParsedCode, node: Node) -> int | None:
    """The type that a name stands in, past the definition that it names."""
    found = outline(parsed)
    around = found.owners(node.start_byte)
    return next((index for index in around if found.units[index].kind == "class"), None)


@kept
def exported_names(parsed: ParsedCode) -> tuple[str, ...]:
    """What others use of a file.

    The names that it lists for this (``__all__``, ``export { … }``, ``module.exports``) with those that are declared
    public, constants and variables last; where it has neither, those that its package sees; in a script, all that
    stand at its top.
    """
    listed = _listed(parsed, "export")
    if parsed.language.exports_are_all and listed:
        return listed
    found = outline(parsed)
    top = [symbol for symbol in symbols(parsed) if _is_top(parsed, symbol)]
    spaces = {symbol for symbol in top if symbol.unit is not None and is_namespace(found.units[symbol.unit])}
    own = [symbol for symbol in top if symbol not in spaces] or [symbol for symbol in top if symbol in spaces]
    best = max((symbol.visible for symbol in own), default=HIDDEN)
    best = PUBLIC if listed else best
    values = {symbol.name for symbol in own if symbol.kind in ("constant", "macro")}
    declared = [_class_of(symbol) for symbol in own if symbol.visible == best]

    def rank(name: str) -> tuple[bool, bool]:
        return name.isupper() and len(name) > 1, name in values

    return tuple(sorted(dict.fromkeys([*declared, *listed]), key=rank))


def _class_of(symbol: Symbol) -> str:
    """Its name; of a member that is defined outside its class (C++'s ``Client::get``) the class."""
    if symbol.kind == "type" or "::" not in symbol.name:
        return plain_name(symbol.name) if symbol.kind == "type" else symbol.name
    words = re.findall(r"\w+", symbol.name.rpartition("::")[0])
    return words[-1] if words else symbol.name


def plain_name(name: str) -> str:
    """The name of a type without its parameters (``Box<T>``)."""
    return name.partition("<")[0].strip() or name


def is_namespace(unit: Unit) -> bool:
    """Whether a unit only gives what is in it a longer name."""
    return "namespace" in unit.node.type or "module" in unit.node.type or unit.node.type == "mod_item"


def _is_top(parsed: ParsedCode, symbol: Symbol) -> bool:
    """Whether it stands at the top, where namespaces and modules count as nothing."""
    if symbol.kind == "member" or _receiver(parsed, symbol):
        return False
    units = outline(parsed).units
    owner = symbol.owner
    for _ in range(_MOST_STEPS):
        if owner is None:
            return True
        if not is_namespace(units[owner]):
            return units[owner].kind == "function" and units[owner].container
        owner = units[owner].parent
    return False


def _receiver(parsed: ParsedCode, symbol: Symbol) -> bool:
    return (
        symbol.unit is not None and outline(parsed).units[symbol.unit].node.child_by_field_name("receiver") is not None
    )


def _listed(parsed: ParsedCode, capture: str) -> tuple[str, ...]:
    if not parsed.language.names:
        return ()
    nodes = parsed.captures("names").get(capture, ())
    nodes = sorted(nodes, key=lambda node: node.start_byte)
    return tuple(dict.fromkeys(parsed.slice(node.start_byte, node.end_byte).strip(":'\"") for node in nodes))


def _declarations(parsed: ParsedCode) -> Iterator[tuple[Node, str, int | None, int, int]]:
    """Declarations outside functions: node, kind, owner, and the span of the statement around it."""
    language = parsed.language
    units = {unit.node.id: index for index, unit in enumerate(outline(parsed).units)}
    own = outline(parsed).units
    stack: list[tuple[Node, int | None, Span | None]] = [(parsed.root, None, None)]
    while stack:
        node, owner, around = stack.pop()
        inside: list[tuple[Node, int | None, Span | None]] = []
        for child in node.named_children:
            span = around or (child.start_byte, child.end_byte)
            index = units.get(child.id)
            if index is not None:
                if own[index].kind == "class" or own[index].container:
                    inside.append((child, index, None))
                continue
            kind = language.declares.get(child.type)
            if kind is not None:
                grouped = kind == "type" and owner is not None and own[owner].node.id == node.id
                outer = own[owner].parent if grouped and owner is not None else owner
                yield child, _as_member(kind, outer, own), outer, *span
            if kind not in (None, "type"):
                continue
            if child.type in language.lists or child.type in language.bodies or child.is_error:
                inside.append((child, owner, None))
            elif child.type in language.through:
                inside.append((child, owner, span))
            elif own and kind is None and child.child_count:
                inside.extend(_types_within(child, units, own))
        stack.extend(reversed(inside))


def _types_within(
    node: Node, units: dict[int, int], own: tuple[Unit, ...]
) -> Iterator[tuple[Node, int | None, Span | None]]:
    """Types that stand a little deeper in a statement (``export class``, a decorated class)."""
    for child in node.named_children:
        index = units.get(child.id)
        if index is not None and own[index].kind == "class":
            yield child, index, None


def _as_member(kind: str, owner: int | None, own: tuple[Unit, ...]) -> str:
    if kind != "constant" or owner is None or is_namespace(own[owner]) or own[owner].kind == "function":
        return kind
    return "member"


def _names(parsed: ParsedCode, node: Node) -> Iterator[tuple[str, Node]]:
    """The names that a declaration declares, with the nodes that say what they are."""
    for name in ("name", "declarator", "left", "pattern"):
        fields = node.children_by_field_name(name)
        if fields:
            for child in fields:
                if child.is_named:
                    yield from _leaves(parsed, child)
            return
    inner = [child for child in node.named_children if child.type.endswith(_NAMING)]
    for child in inner:
        yield from _names(parsed, child)
    if inner:
        return
    plain = (child for child in node.named_children if "identifier" in child.type or child.type == "name")
    named = next(plain, None if node.named_child_count else node)
    if named is not None:
        yield _text(parsed, named), named


def _leaves(parsed: ParsedCode, node: Node) -> Iterator[tuple[str, Node]]:
    first = node
    for _ in range(_MOST_STEPS):
        if node.type in _NO_NAME:
            return
        if not node.named_child_count or node.type in ("variable_name", "qualified_identifier", "operator_name"):
            yield _text(parsed, node), first
            return
        if node.type.endswith(_SEVERAL) and node.named_child_count > 1:
            for child in node.named_children:
                yield from _leaves(parsed, child)
            return
        inner = node.child_by_field_name("declarator") or node.child_by_field_name("name") or node.named_child(0)
        if inner is None:
            return
        node = inner


def _text(parsed: ParsedCode, node: Node) -> str:
    """A node's text; that of the node itself is read piece by piece, as the parser was given it."""
    return parsed.slice(node.start_byte, node.end_byte)


def _is_prototype(node: Node) -> bool:
    for _ in range(_MOST_STEPS):
        if node.type == "function_declarator":
            inner = node.child_by_field_name("declarator")
            return inner is not None and inner.type != "parenthesized_declarator"  # that is a pointer to a function
        inner = node.child_by_field_name("declarator")
        if inner is None:
            return False
        node = inner
    return False


def _is_guard(node: Node) -> bool:
    """Whether a macro only guards a header against being read twice."""
    around = node.parent
    if around is None or around.type != "preproc_ifdef" or node.child_by_field_name("value") is not None:
        return False
    names = [each.child_by_field_name("name") for each in (around, node)]
    return names[0] is not None and names[1] is not None and names[0].text == names[1].text


def _is_header(parsed: ParsedCode) -> bool:
    """Whether a file of C says that it is to be included."""
    for child in parsed.root.named_children:
        if child.type in parsed.language.comments:
            continue
        return child.type == "preproc_ifdef" or b"pragma once" in (child.text or b"")[:40]
    return False


def _head(parsed: ParsedCode, start: int, unit: Unit) -> str:
    """What stands before the name of a definition."""
    end = unit.body[0] if unit.body else unit.end
    text = parsed.slice(start, min(end, start + _MOST_HEAD))
    at = text.find(unit.name, max(0, unit.definition - start))
    return text[:at] if at >= 0 else text


def _visible(parsed: ParsedCode, head: str, name: str, owner: int | None, kind: str, header: bool) -> int:
    language = parsed.language
    words = _WORDS.findall(_STRINGS.sub("", head))
    said = [language.visibility[word] for word in words if word in language.visibility]
    units = outline(parsed).units
    if owner is not None and is_namespace(units[owner]):
        if units[owner].name == language.unnamed.get("namespace_definition"):
            return HIDDEN
        if units[owner].name in _INTERNAL_SPACES:
            return PROJECT
    if language.headers:
        if header:
            return PUBLIC
        if kind == "macro":
            return HIDDEN
        if kind in ("type", "constant"):
            return min([PROJECT, *said])
    if said:
        return min(said)
    if name.startswith("_"):
        return HIDDEN
    if language.capitals_public:
        return PUBLIC if name[:1].isupper() else HIDDEN
    inside = owner is not None and units[owner].kind == "class" and not is_namespace(units[owner])
    return language.member_visible if inside else language.visible
