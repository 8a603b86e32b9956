"""Words of source code: identifiers split at case and underscores, as stems."""

from __future__ import annotations

import re
from collections.abc import Mapping

from laconic._utils.remembered import LONGEST, bounded
from laconic._utils.unicode import compiled_late
from laconic._utils.words import MARKS, fold_word
from laconic.score.words import STOP_WORDS, stem

__all__ = [
    "CODE_STOP_WORDS", "code_terms", "identifier_terms", "identifiers", "quoted_identifiers", "rarity", "short_forms",
]  # fmt: skip

_ASCII_IDENTIFIER = re.compile(r"[^\W\d][\w$]*|\d+", re.ASCII)
_IDENTIFIER = compiled_late(rf"[^\W\d][\w${MARKS}]*|\d+")  # finds the same in ASCII, in half more of the time
_ASCII_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_PARTS = compiled_late(rf"{_ASCII_PARTS.pattern}|[^\W\d_a-zA-Z]+(?:[{MARKS}]+[^\W\d_a-zA-Z]*)*")

# What is visibly code in a question: `quoted`, snake_case, camelCase, dotted.names, called().
_QUOTED = re.compile(
    r"`([^`]+)`|\b([A-Za-z]+_\w+|_+[a-z]\w*|[a-z]+[A-Z]\w*|[A-Z][a-z0-9]+[A-Z]\w*|\w+(?=\(\))|[A-Za-z_]\w*(?:\.[a-z_]\w+)+)"
)

CODE_STOP_WORDS = STOP_WORDS | frozenset(
    "use using used only also still instead make sure just now them all both own same too very again "
    "because while before after between through during off out over under up down other more most such".split()
)
"""Lower-case words that bind without naming."""

# Verbs and nouns of requests and commit messages, which hardly ever name the place they are about.
_GENERIC = frozenset(
    map(
        stem,
        "add added adding allow allows avoid bug bugs case cases change changed changes check code correct correctly "
        "create crash ensure error errors feature file files fix fixed fixes fixing function functions handle handling "
        "implement implementation improve incorrect initial issue issues method methods missing move new option "
        "options pass passed prevent problem properly provide refactor remove removed rename report reported return "
        "returns set show simplify support supported supports test tests update updated value values version want "
        "warning way wrong work works working".split(),
    )
)
_GENERIC_WEIGHT = 0.45


# Short forms that programmers of every language write for a word, and that are no word themselves. What stands for two
# words (res, auth, int) is in none.
_SHORT_FORMS = {
    short: stem(word)
    for word, forms in {
        "address": "addr", "allocate": "alloc", "argument": "arg", "array": "arr", "asynchronous": "async",
        "attribute": "attr", "average": "avg", "boolean": "bool", "buffer": "buf", "button": "btn",
        "calculate": "calc", "callback": "cb", "character": "char", "column": "col", "command": "cmd",
        "config": "cfg conf",
        "connection": "conn", "context": "ctx", "count": "cnt", "current": "cur curr", "database": "db",
        "declaration": "decl", "delete": "del", "description": "desc", "destination": "dst dest", "dictionary": "dict",
        "directory": "dir", "document": "doc", "element": "elem elt", "environment": "env", "error": "err",
        "event": "evt", "exception": "exc", "execute": "exec", "expression": "expr", "format": "fmt",
        "function": "fn func", "header": "hdr", "image": "img", "implementation": "impl", "index": "idx",
        "information": "info", "initialize": "init", "iterator": "iter", "keyword": "kw", "length": "len",
        "library": "lib", "manager": "mgr", "maximum": "max", "message": "msg", "minimum": "min", "namespace": "ns",
        "number": "num", "object": "obj", "option": "opt", "package": "pkg", "packet": "pkt", "parameter": "param",
        "password": "pwd passwd", "pointer": "ptr", "position": "pos", "previous": "prev", "property": "prop",
        "reference": "ref", "repository": "repo", "request": "req", "response": "resp", "separator": "sep",
        "sequence": "seq", "source": "src", "statement": "stmt", "string": "str", "table": "tbl",
        "temporary": "tmp temp", "text": "txt", "token": "tok", "user": "usr", "utility": "util", "value": "val",
        "vector": "vec",
    }.items()
    for form in forms.split()
    for short in (form, f"{form}s")
}  # fmt: skip
# Of one word, but with different stems.
_SAME = {"configur": "config"}


def _term(part: str) -> str:
    """The stem of a folded part of an identifier; of a short form that of the word that it stands for."""
    found = _SHORT_FORMS.get(part)
    if found is None:
        found = stem(part)
    return _SAME.get(found, found)


_SPELLINGS = {word: tuple(short for short, of in _SHORT_FORMS.items() if of == word) for word in _SHORT_FORMS.values()}


def short_forms(term: str) -> tuple[str, ...]:
    """The short forms of the word that a stem is of."""
    return _SPELLINGS.get(term, ())


@bounded(65_536)
def identifier_terms(identifier: str) -> tuple[str, ...]:
    """Stems of the parts of one identifier, without stop words and single letters."""
    parts = map(fold_word, (_ASCII_PARTS if identifier.isascii() else _PARTS()).findall(identifier))
    return tuple(_term(part) for part in parts if len(part) > 1 and part not in CODE_STOP_WORDS)


def identifiers(text: str) -> list[str]:
    """The identifiers and numbers of a text, in order."""
    return (_ASCII_IDENTIFIER if text.isascii() else _IDENTIFIER()).findall(text)


def code_terms(text: str) -> list[str]:
    """Stems of the words of a text, in order."""
    return [term for word in identifiers(text) for term in identifier_terms(word)]


def count_terms(names: Mapping[str, int]) -> tuple[dict[str, int], list[str]]:
    """Stems of counted identifiers, with a compound identifier also counted as itself; and the compound ones."""
    terms: dict[str, int] = {}
    compounds = []
    # one look at all lengths, as the one at each takes as long as the rest
    short = max(map(len, names), default=0) <= LONGEST
    terms_of = identifier_terms.cached if short else identifier_terms  # type: ignore[attr-defined]
    for name, count in names.items():
        parts = terms_of(name)
        if len(parts) > 1:
            compounds.append(name)
            parts = (*parts, plain(name))
        for part in parts:
            terms[part] = terms.get(part, 0) + count
    return terms, compounds


@bounded(65_536)
def plain(identifier: str) -> str:
    """An identifier as one compares it with a word of a question."""
    return identifier.lower().strip("_$")


def quoted_identifiers(query: str) -> set[str]:
    """Identifiers that a question writes as code, plain."""
    shown = (match.group(1) or match.group(2) for match in _QUOTED.finditer(query))
    words = {plain(name) for text in shown for name in identifiers(text)}
    return {word for word in words if len(word) > 2 and word not in CODE_STOP_WORDS}


def rarity(term: str) -> float:
    """How much a word of a question can say about the place: 1, less for verbs of change; 0–1."""
    return _GENERIC_WEIGHT if term in _GENERIC else 1.0
