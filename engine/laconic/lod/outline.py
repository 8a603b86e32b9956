"""The two levels of detail that are lists, not code: imports with names, and one line."""

from __future__ import annotations

import re
from collections.abc import Iterable

from laconic.kinds.code.parse import ParsedCode
from laconic.kinds.code.symbols import Symbol, exported_names, imports, is_namespace, plain_name, symbols
from laconic.kinds.code.units import outline
from laconic.lod.summary import summary

__all__ = ["about", "names_only", "one_line"]

_MAX_EXPORTS = 70
_MAX_MEMBERS = 24  # fields or cases of a type that are listed: a table of codes says little with more
_MAX_FALLBACK = 60
_CONSTRUCTORS = ("constructor", "init", "initialize")  # what every type has says nothing of one
_DEFINES = "defines: "  # before names that would else look like more of the summary
_WHITE = re.compile(r"(?:\s|\\\n)+")


def names_only(parsed: ParsedCode, path: str | None = None) -> str:
    """The imports as they are, then constants, then each type with its members, then functions.

    Where that is shorter than the line of `one_line`, what that says of the file goes before it.
    """
    brought, declared = _imports(parsed), _declared(parsed)
    text = "\n".join([*brought, *declared])
    if len(text) >= len(one_line(parsed, path)):
        return text
    head = about(parsed, path)
    names = [f"{_DEFINES}{declared[0]}", *declared[1:]] if declared and head else declared
    return "\n".join([*([head] if head else []), *brought, *names])


def one_line(parsed: ParsedCode, path: str | None) -> str:
    """Path, the first sentence of what the file says of itself, and what others use of it.

    Of a file that has none of the three: its imports, or its first line of code.
    """
    found = [about(parsed, path), _exports(parsed)]
    text = " | ".join(part for part in found if part)
    if text and (path is None or text != path):
        return text
    rest = next((line for line in (*_imports(parsed), *parsed.text.splitlines()) if line.strip()), "")
    return " | ".join(part for part in (path or "", _clip(rest.strip(), _MAX_FALLBACK)) if part)


def about(parsed: ParsedCode, path: str | None) -> str:
    """Path and summary, as far as there are such."""
    return " | ".join(part for part in (path or "", summary(parsed, path)) if part)


def _exports(parsed: ParsedCode) -> str:
    """What others use of a file; of a single type the members too, as its name is often the path's."""
    names = exported_names(parsed)
    shown = _some(names, _MAX_EXPORTS)
    if len(names) != 1:
        return shown
    own = [s for s in symbols(parsed) if s.kind == "function" and (_owner(parsed, s) or "").endswith(names[0])]
    best = max((symbol.visible for symbol in own), default=0)
    members = dict.fromkeys(s.name.rpartition("::")[2] for s in own if s.visible == best)
    told = [name for name in members if name[:1].isalpha() and name not in (names[0], *_CONSTRUCTORS)]
    listed = _some(told, _MAX_EXPORTS - len(shown) - 3)
    return f"{shown} ({listed})" if listed else shown


def _imports(parsed: ParsedCode) -> list[str]:
    lines = (_WHITE.sub(" ", parsed.slice(start, end)).strip() for start, end in imports(parsed))
    return list(dict.fromkeys(lines))  # some stand in several functions


def _declared(parsed: ParsedCode) -> list[str]:
    """Constants on one line, types with their members, types without on one line, functions on one line."""
    found = outline(parsed)
    loose: dict[str, list[str]] = {"constant": [], "macro": [], "type": [], "function": []}
    members: dict[str, list[Symbol]] = {}
    for symbol in symbols(parsed):
        owner = _owner(parsed, symbol)
        if symbol.unit is not None and symbol.kind == "type":
            members.setdefault(_type_name(parsed, symbol.unit), [])
        elif owner:
            members.setdefault(owner, []).append(symbol)
        else:
            loose["constant" if symbol.kind == "member" else symbol.kind].append(symbol.name)
    for node in parsed.captures("names").get("member", ()) if parsed.language.names else ():
        inside = found.owners(node.start_byte)
        if inside and found.units[inside[0]].kind == "class":
            name = parsed.slice(node.start_byte, node.end_byte).strip(":'\"")
            own = members.setdefault(_type_name(parsed, inside[0]), [])
            own.append(Symbol(name, "member", node.start_byte, node.end_byte, inside[0], None, 0))
    spaces = {_type_name(parsed, at) for at, unit in enumerate(found.units) if is_namespace(unit)}
    bare = [name for name, own in members.items() if not own and (name not in spaces or len(members) == 1)]
    lines = [", ".join(dict.fromkeys(names)) for names in (loose["constant"], loose["macro"]) if names]
    lines += [f"{name}: {_members(own)}" for name, own in members.items() if own]
    lines += [", ".join(dict.fromkeys([*bare, *loose["type"]]))] if bare or loose["type"] else []
    return lines + ([", ".join(dict.fromkeys(loose["function"]))] if loose["function"] else [])


def _owner(parsed: ParsedCode, symbol: Symbol) -> str:
    """Name of the type under which a symbol is listed; empty at the top and in functions that wrap a module."""
    found = outline(parsed)
    if symbol.unit is not None:
        receiver = found.units[symbol.unit].node.child_by_field_name("receiver")
        if receiver is not None:  # a method that stands beside its type
            words = re.findall(r"\w+", parsed.slice(receiver.start_byte, receiver.end_byte).split("[")[0])
            return words[-1] if words else ""
    outer = symbol.owner is not None and found.units[symbol.owner].kind == "class"
    around = _type_name(parsed, symbol.owner) if symbol.owner is not None and outer else ""
    if symbol.kind == "function" and "::" in symbol.name:  # C++'s members, defined outside their class
        words = re.findall(r"\w+", symbol.name.rpartition("::")[0])
        return ".".join([*([around] if around else []), *words[-1:]])
    return around


def _type_name(parsed: ParsedCode, index: int) -> str:
    """With the names of what it stands in, without the parameters of generic types."""
    found = outline(parsed)
    around = [found.units[at].name for at in (index, *found.enclosing(index))]
    anonymous = parsed.language.unnamed.get("namespace_definition")
    name = ".".join(plain_name(each) for each in reversed(around) if each != anonymous)
    trait = found.units[index].node.child_by_field_name("trait")
    if trait is None:
        return name
    return f"{_WHITE.sub(' ', parsed.slice(trait.start_byte, trait.end_byte))} for {name}"


def _members(own: list[Symbol]) -> str:
    """Names in text order, of data at most 24."""
    names = dict.fromkeys(symbol.name.rpartition("::")[2] for symbol in own)
    data = list(dict.fromkeys(symbol.name for symbol in own if symbol.kind in ("member", "macro", "constant")))
    left_out = set(data[_MAX_MEMBERS:])
    shown = [name for name in names if name not in left_out]
    return ", ".join(shown) + (f" +{len(left_out)}" if left_out else "")


def _some(names: Iterable[str], limit: int) -> str:
    """The first names that fit, and how many more there are."""
    names = list(names)
    shown: list[str] = []
    for name in names:
        if shown and len(", ".join([*shown, name])) > limit:
            break
        shown.append(name)
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f" +{rest}" if rest else "")


def _clip(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
