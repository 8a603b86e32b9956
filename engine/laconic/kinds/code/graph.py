"""Who calls whom, who extends whom, who imports whom, within and across files.

Names are resolved the way a reader resolves them, without types: a call on the object itself goes to a method of the
same class or of its bases; any other call to a definition of that name, first in the same file, then in files that the
caller's file imports, then anywhere, and only where that leaves few candidates.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from laconic.kinds.code.parse import ParsedCode, kept
from laconic.kinds.code.units import Outline, outline

if TYPE_CHECKING:
    from tree_sitter import Node

__all__ = ["MOST_MEANINGS", "Graph", "Place", "Reference", "call_graph", "last_part", "references"]

Place = tuple[int, int]
"""``(file, unit)``: position of the file, index in its outline."""

MOST_MEANINGS = 4
"""A name that is defined more often than this says nothing about which one is meant."""

_SEPARATORS = re.compile(r"[.:]+")
_RECEIVER_CHARS = 24
_MEMBER_OPERATORS = (b".", b"->", b"::")
_RECEIVER = re.compile(r"(?<![$\w])[$\w]+\Z")


@dataclass(frozen=True)
class Reference:
    """A name that a unit mentions: called or extended."""

    unit: int
    name: str
    own: bool  # called on the object itself
    base: bool


def last_part(name: str) -> str:
    """What a definition is called by: ``close`` of ``Door::close``."""
    return _SEPARATORS.split(name)[-1]


class Graph:
    """Edges between the definitions of some files; all lists are in text order."""

    def __init__(self, called: dict[Place, tuple[Place, ...]], bases: dict[Place, tuple[Place, ...]]) -> None:
        self._called = called
        self._bases = bases
        calling: defaultdict[Place, list[Place]] = defaultdict(list)
        for caller, callees in called.items():
            for callee in callees:
                calling[callee].append(caller)
        self._calling = {place: tuple(sorted(callers)) for place, callers in calling.items()}

    def callees(self, place: Place) -> tuple[Place, ...]:
        """What a definition calls."""
        return self._called.get(place, ())

    def callers(self, place: Place) -> tuple[Place, ...]:
        """What calls a definition."""
        return self._calling.get(place, ())

    def bases(self, place: Place) -> tuple[Place, ...]:
        """What a class extends."""
        return self._bases.get(place, ())

    def neighbours(self, place: Place) -> tuple[Place, ...]:
        """Callees, then callers, then bases, each once."""
        return tuple(dict.fromkeys((*self.callees(place), *self.callers(place), *self.bases(place))))


def call_graph(files: Sequence[ParsedCode], paths: Sequence[str | None] | None = None) -> Graph:
    """The graph of some files. The references of a file are cached with it; some 1 ms per 20 kB.

    ``paths`` is what the caller calls the files, to see which one an import means; None where he does not say.
    """
    names = paths if paths is not None else [None] * len(files)
    outlines = [outline(parsed) for parsed in files]
    by_name: defaultdict[str, list[Place]] = defaultdict(list)
    methods: defaultdict[tuple[Place, str], list[Place]] = defaultdict(list)
    for file, found in enumerate(outlines):
        for at, unit in enumerate(found.units):
            by_name[last_part(unit.name)].append((file, at))
            if unit.parent is not None:
                methods[(file, unit.parent), unit.name].append((file, at))
    imports = {file: _imported_files(file, files, names) for file in range(len(files))} if len(files) > 1 else {}
    bases: dict[Place, tuple[Place, ...]] = {}
    called: defaultdict[Place, list[Place]] = defaultdict(list)
    for file, mentioned in enumerate(map(references, files)):
        for reference in mentioned:
            if reference.base:
                place = (file, reference.unit)
                meant = [p for p in _meanings(reference, file, by_name, imports) if p != place]
                bases[place] = (*bases.get(place, ()), *meant)
    for file, mentioned in enumerate(map(references, files)):
        for reference in mentioned:
            if not reference.base:
                place = (file, reference.unit)
                meant = _own_methods(reference, file, outlines[file], methods, bases) if reference.own else []
                called[place].extend(meant or _meanings(reference, file, by_name, imports))
    unique = {place: tuple(sorted({p for p in found if p != place})) for place, found in called.items()}
    return Graph(unique, bases)


def _meanings(
    reference: Reference, file: int, by_name: dict[str, list[Place]], imports: dict[int, tuple[int, ...]]
) -> list[Place]:
    places = by_name.get(reference.name, [])
    if not places:
        return []
    here = [place for place in places if place[0] == file]
    near = here or [place for place in places if place[0] in imports.get(file, ())] or places
    return near if len(near) <= MOST_MEANINGS else []


def _own_methods(
    reference: Reference,
    file: int,
    found: Outline,
    methods: Mapping[tuple[Place, str], list[Place]],
    bases: dict[Place, tuple[Place, ...]],
) -> list[Place]:
    """Methods of that name in the caller's class, else in the nearest of its bases."""
    around = next((i for i in found.enclosing(reference.unit) if found.units[i].kind == "class"), None)
    level = [(file, around)] if around is not None else []
    seen: set[Place] = set()
    while level:
        named = [method for owner in level for method in methods.get((owner, reference.name), ())]
        if named:
            return named
        seen.update(level)
        level = [base for place in level for base in bases.get(place, ()) if base not in seen]
    return []


@kept
def references(parsed: ParsedCode) -> tuple[Reference, ...]:
    """The names that the definitions of a file call and extend, each once for a definition; cached with the file."""
    units = outline(parsed).units
    captures = parsed.captures("edges")
    starts = [unit.start for unit in units]
    found: dict[Reference, None] = {}
    for label in ("call", "base"):
        for node in captures.get(label, ()):
            owner = _owner(node, starts, parsed, label)
            if owner is not None:
                name = last_part(parsed.slice(node.start_byte, node.end_byte))
                own = label == "call" and _on_itself(node, parsed)
                found[Reference(owner, name, own, label == "base")] = None
    return tuple(found)


def _owner(node: Node, starts: list[int], parsed: ParsedCode, label: str) -> int | None:
    """The innermost unit around a node; of a base type the class itself."""
    units = outline(parsed).units
    at: int | None = bisect_right(starts, node.start_byte) - 1
    if at == -1:
        return None
    # Units nest, so whatever contains the node is the last unit that starts before it or one around that.
    while at is not None:
        unit = units[at]
        if unit.start <= node.start_byte and node.end_byte <= unit.end:
            return at if label == "base" or unit.kind == "function" else None
        at = unit.parent
    return None


def _on_itself(node: Node, parsed: ParsedCode) -> bool:
    before = parsed.data[max(0, node.start_byte - _RECEIVER_CHARS) : node.start_byte].rstrip()
    if not before.endswith(_MEMBER_OPERATORS):
        return False
    receiver = _RECEIVER.search(before.rstrip(b".->:?").rstrip().decode("utf-8", "replace"))
    return receiver is not None and receiver.group() in parsed.language.receivers


_IMPORT_WORDS = re.compile(r"[\w.$/-]+")


def _imported_files(file: int, files: Sequence[ParsedCode], paths: Sequence[str | None]) -> tuple[int, ...]:
    """Files whose name an import statement of this file ends in, by the names that the caller gave them."""
    parsed = files[file]
    words: set[str] = set()
    for start, end in outline(parsed).imports:
        for word in _IMPORT_WORDS.findall(parsed.slice(start, end)):
            words.update(part for part in re.split(r"[./\\:]+", word) if part)
    stems = {at: _module_names(other, paths[at]) for at, other in enumerate(files) if at != file}
    return tuple(at for at, names in stems.items() if not names.isdisjoint(words))


def _module_names(parsed: ParsedCode, path: str | None) -> set[str]:
    """What an import may call a file: the names of its top-level types, and its own."""
    names = {unit.name for unit in outline(parsed).units if unit.parent is None and unit.kind == "class"}
    if path:
        file = PurePosixPath(path.replace("\\", "/"))
        names.add(file.parent.name if file.stem in ("__init__", "index", "mod") else file.stem)
    return names
