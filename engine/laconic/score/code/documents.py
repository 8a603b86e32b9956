"""What of a definition is compared with a question."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from laconic.score.code.identifiers import code_terms, count_terms, identifier_terms, identifiers, plain
from laconic.segment.code.parse import ParsedCode
from laconic.segment.code.units import Unit, outline

__all__ = ["Document", "documents"]

_CONSTRUCTORS = frozenset({"__init__", "constructor", "init", "initialize", "__construct", "new"})
_ROUTINE = frozenset(
    "tostring __repr__ __str__ hashcode equals __eq__ __hash__ clone fmt __ne__ gethashcode finalize __enter__ "
    "__exit__ close".split()
)
_SCOPE = re.compile(r"[.:]+")
# A generated table can be megabytes of one definition; what a question is compared with ends here.
_MAX_CHARS = 200_000


@dataclass(frozen=True)
class Document:
    """One candidate of a ranking.

    Attributes:
        unit: index in the file's outline.
        name: stems of the name.
        owner: stems of the names around it.
        signature: stems of the signature.
        terms: stems with their counts, over name, documentation and body.
        names: the identifiers, plain.
        compounds: those that have more than one part, as written.
        length: sum of the counts.
        lines: of the definition.
        plain_name: the name as one compares it with a word of a question.
        plain_owners: the same of what it stands in.
        is_type: a type without functions.
        is_constructor, is_routine: by name; routine are conversions, comparisons and the like.
        scope: qualified name of what it stands in.
    """

    unit: int
    name: tuple[str, ...]
    owner: frozenset[str]
    signature: frozenset[str]
    terms: Counter[str]
    names: frozenset[str]
    compounds: frozenset[str]
    length: int
    lines: int
    plain_name: str
    plain_owners: frozenset[str]
    is_type: bool
    is_constructor: bool
    is_routine: bool
    scope: str


def documents(parsed: ParsedCode) -> tuple[Document, ...]:
    """One document for each candidate of the file's outline; cached with the parsed file. About 5 MB/s."""
    return parsed.derive("documents", _documents)


def _documents(parsed: ParsedCode) -> tuple[Document, ...]:
    found = outline(parsed)
    return tuple(_document(parsed, index, found.units[index]) for index in found.candidates())


def _document(parsed: ParsedCode, index: int, unit: Unit) -> Document:
    start = unit.doc[0] if unit.doc and unit.doc[0] < unit.start else unit.start
    text = parsed.slice(start, unit.end)[:_MAX_CHARS]
    counted = Counter(identifiers(text))
    owners = _SCOPE.split(unit.qualname)[:-1]
    counted.update(owners)
    counted[unit.name] += 2
    terms = count_terms(counted)
    signature = parsed.slice(unit.start, min(unit.signature_end, unit.start + 2000))
    return Document(
        unit=index,
        name=tuple(dict.fromkeys(identifier_terms(unit.name))),
        owner=frozenset(term for owner in owners for term in identifier_terms(owner)),
        signature=frozenset(code_terms(signature)),
        terms=terms,
        names=frozenset(map(plain, counted)),
        compounds=frozenset(name for name in counted if len(identifier_terms(name)) > 1),
        length=sum(terms.values()),
        lines=parsed.data.count(b"\n", unit.start, unit.end) + 1,
        plain_name=plain(unit.name),
        plain_owners=frozenset(map(plain, owners)),
        is_type=unit.kind == "class",
        is_constructor=unit.name in _CONSTRUCTORS or bool(owners and owners[-1] == unit.name),
        is_routine=unit.name.lower() in _ROUTINE,
        scope=unit.qualname.rpartition(".")[0],
    )
