"""What of a definition is compared with a question."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from laconic.kinds.code.parse import ParsedCode, kept
from laconic.kinds.code.units import Unit, outline
from laconic.score.code.identifiers import code_terms, count_terms, identifier_terms, identifiers, plain

__all__ = [
    "Document", "counted_document", "counted_identifiers", "documents_of", "make_document", "weighted_identifiers",
]  # fmt: skip

_CONSTRUCTORS = frozenset({"__init__", "constructor", "init", "initialize", "__construct", "new"})
_ROUTINE = frozenset(
    "tostring __repr__ __str__ hashcode equals __eq__ __hash__ clone fmt __ne__ gethashcode finalize __enter__ "
    "__exit__ close".split()
)
_SCOPE = re.compile(r"[.:]+")
# A generated table can be megabytes of one definition; what a question is compared with ends here.
_MAX_CHARS = 200_000
_MAX_SIGNATURE = 2000


@dataclass(frozen=True)
class Document:
    """One candidate of a ranking."""

    unit: int  # index in the file's outline
    name: tuple[str, ...]  # stems of the name
    owner: frozenset[str]  # stems of the names around it
    signature: frozenset[str]  # stems of the signature
    terms: dict[str, int]  # stems with their counts, over name, documentation and body
    names: frozenset[str]  # the identifiers, plain
    compounds: frozenset[str]  # those that have more than one part, as written
    length: int  # sum of the counts
    lines: int  # of the definition
    plain_name: str  # the name as one compares it with a word of a question
    plain_owners: frozenset[str]  # the same of what it stands in
    is_type: bool  # a type without functions
    is_constructor: bool  # by name
    is_routine: bool  # by name: a conversion, comparison or the like
    scope: str  # qualified name of what it stands in


@kept
def documents_of(parsed: ParsedCode) -> tuple[Document, ...]:
    """One document for each candidate of the file's outline; cached with the parsed file. About 5 MB/s."""
    found = outline(parsed)
    return tuple(_document(parsed, index, found.units[index]) for index in found.candidates())


def _document(parsed: ParsedCode, index: int, unit: Unit) -> Document:
    return make_document(
        parsed.slice(unit.documented_start, unit.end),
        name=unit.name,
        owner=unit.qualname[: -len(unit.name)].rstrip("."),
        signature=parsed.slice(unit.start, min(unit.signature_end, unit.start + _MAX_SIGNATURE)),
        unit=index,
        lines=parsed.data.count(b"\n", unit.start, unit.end) + 1,
        is_type=unit.kind == "class",
    )


def make_document(
    text: str,
    *,
    name: str = "",
    owner: str = "",
    signature: str = "",
    unit: int = -1,
    lines: int | None = None,
    is_type: bool = False,
) -> Document:
    """A document of a text that stands in ``owner``, with the comment in front of it.

    ``name`` is empty where it defines nothing; ``lines`` are those of the definition itself, of the text where None;
    ``is_type`` says that it is no function.
    """
    return counted_document(
        counted_identifiers(text), name=name, owner=owner, signature=signature, unit=unit,
        lines=text.count("\n") + 1 if lines is None else lines, is_type=is_type,
    )  # fmt: skip


def counted_identifiers(text: str) -> dict[str, int]:
    """The identifiers and numbers of a text with their counts, in order of their first places."""
    return dict(Counter(identifiers(text[:_MAX_CHARS])))


def weighted_identifiers(counted_in_text: Mapping[str, int], name: str, owner: str) -> Counter[str]:
    """Counted identifiers, with those of what the text stands in once more and its name twice more."""
    counted = Counter(counted_in_text)
    counted.update(_owners(owner))
    if name:
        counted[name] += 2
    return counted


def _owners(owner: str) -> list[str]:
    return [part for part in _SCOPE.split(owner) if part]


def counted_document(
    counted_in_text: Mapping[str, int],
    *,
    name: str = "",
    owner: str = "",
    signature: str = "",
    unit: int = -1,
    lines: int = 1,
    is_type: bool = False,
) -> Document:
    """As `make_document`, of a text whose identifiers are counted already."""
    owners = _owners(owner)
    counted = weighted_identifiers(counted_in_text, name, owner)
    terms, compounds = count_terms(counted)
    return Document(
        unit=unit,
        name=tuple(dict.fromkeys(identifier_terms(name))),
        owner=frozenset(term for part in owners for term in identifier_terms(part)),
        signature=frozenset(code_terms(signature)),
        terms=terms,
        names=frozenset(map(plain, counted)),
        compounds=frozenset(compounds),
        length=sum(terms.values()),
        lines=lines,
        plain_name=plain(name),
        plain_owners=frozenset(map(plain, owners)),
        is_type=is_type,
        is_constructor=name in _CONSTRUCTORS or bool(owners and owners[-1] == name),
        is_routine=name.lower() in _ROUTINE,
        scope=owner,
    )
