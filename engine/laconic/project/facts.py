"""What the index keeps of one file: everything that a question needs later, so that nothing is parsed then."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from laconic.exceptions import MissingDependencyError
from laconic.kinds.code.detect import detect_language
from laconic.kinds.code.graph import last_part, references
from laconic.kinds.code.parse import ParsedCode, ParseTimeoutError, parse
from laconic.kinds.code.symbols import HIDDEN, imports, symbols
from laconic.kinds.code.units import Outline, Unit, outline
from laconic.lod.levels import LEVELS, FileLevels
from laconic.lod.summary import summary
from laconic.project.imports import Target, import_targets, modules_of
from laconic.project.parts import condense
from laconic.project.terms import text_words, words_of
from laconic.project.types import Symbol
from laconic.score.code.documents import counted_identifiers, weighted_identifiers
from laconic.score.code.identifiers import identifiers

__all__ = ["Definition", "FileFacts", "Mention", "file_facts"]

_MAX_SIGNATURE, _MAX_DOC, _MAX_SUMMARY = 300, 400, 120
_COUNTED_CHARS = 200_000  # of text that is no source: the rest of a table of data says nothing new
_SIGNATURE_BYTES, _DOC_BYTES = 2000, 4000
_WHITE = re.compile(r"\s+")
_DOC_SIGNS = re.compile(r"^[ \t]*(?:/\*+!?|\*+/|\*|//[/!]?|#+!?|--|@)?[ \t]?")
_OPENED = re.compile(r"[rRuUbBfF]{0,2}(\"\"\"|'''|[\"'])")
_HEADING_SIGNS = "#=-*/<!>;\"' \t"


@dataclass(frozen=True)
class Definition:
    """A definition.

    Attributes:
        symbol: what is told of it.
        key: what calls name it by.
        parent: number of the definition that it stands in, None at the top.
        is_candidate: whether a ranking chooses among these; see `Outline.candidates`.
        counted: identifiers of a candidate with their counts, comment in front included; empty of others.
        terms: stems of the same, as the ranking of code counts them.
    """

    symbol: Symbol
    key: str
    parent: int | None
    is_candidate: bool
    counted: Mapping[str, int]
    terms: Mapping[str, int]


@dataclass(frozen=True)
class Mention:
    """A name that a definition calls (``own`` on the object itself) or extends (``base``)."""

    at: int
    name: str
    own: bool
    base: bool


@dataclass(frozen=True)
class FileFacts:
    """What the index keeps of a file.

    Attributes:
        path, text, summary: of it.
        language: laconic's name, None of text in no supported language.
        is_parsed: whether it is source that was parsed.
        unparsed: why source was not parsed, empty where it was and of other text.
        levels: level of detail to text, where it can be made; 0 is always there.
        parts: see `laconic.project.parts.condense`; None where it was not parsed.
        definitions: in text order, as `outline` numbers them.
        mentions: names that they call and extend.
        targets: what its imports name.
        modules: what it can be imported as.
        terms, path_terms: stems of its text and of its name, with their counts.
    """

    path: str
    language: str | None
    is_parsed: bool
    text: str
    summary: str
    unparsed: str
    levels: Mapping[int, str]
    parts: bytes | None
    definitions: tuple[Definition, ...]
    mentions: tuple[Mention, ...]
    targets: tuple[Target, ...]
    modules: tuple[tuple[str, ...], ...]
    terms: Mapping[str, int]
    path_terms: Mapping[str, int]


def file_facts(path: str, text: str) -> FileFacts:
    """Everything of one file. Parses it once; 2–4 MB/s.

    A file in no supported language, or whose grammar is not installed, or with which the parser does not come to an
    end, is kept as text: level 0 and terms.
    """
    language = _language(path, text)
    parsed, unparsed = _parsed(text, language) if language else (None, "")
    counted = Counter(identifiers(text if parsed is not None else text[:_COUNTED_CHARS]))
    levels, said = {0: text}, ""
    definitions: tuple[Definition, ...] = ()
    mentions: tuple[Mention, ...] = ()
    targets: tuple[Target, ...] = ()
    if parsed is None:
        said = _first_line(text)
    else:
        found = outline(parsed)
        said = summary(parsed, path)
        levels |= _levels(path, text, language)
        definitions = _definitions(path, parsed, found)
        mentions = tuple(Mention(each.unit, each.name, each.own, each.base) for each in references(parsed))
        targets = _targets(path, parsed)
    types = [each.symbol.name for each in definitions if each.parent is None and each.symbol.kind == "class"]
    return FileFacts(
        path=path,
        language=language,
        is_parsed=parsed is not None,
        text=text,
        summary=said,
        unparsed=unparsed,
        levels=levels,
        parts=condense(parsed) if parsed is not None else None,
        definitions=definitions,
        mentions=mentions,
        targets=targets,
        modules=tuple(modules_of(path, language, types)) if parsed is not None else (),
        terms=words_of(counted),
        path_terms=text_words(path),
    )


def _language(path: str, text: str) -> str | None:
    """By its ending; of files without one by their ``#!`` line. Other text may quote code, but is none."""
    if PurePosixPath(path).suffix:
        suffix_only = "x" + PurePosixPath(path).suffix
        return detect_language(path=suffix_only, text=text) if detect_language(path=suffix_only) else None
    return detect_language(text=text) if text.startswith("#!") else None


def _parsed(text: str, language: str) -> tuple[ParsedCode | None, str]:
    """The parsed text, or why there is none."""
    try:
        return parse(text, language), ""
    except MissingDependencyError as error:
        return None, str(error)
    except ParseTimeoutError:
        return None, f"the parser of {language} did not come to an end"


def _levels(path: str, text: str, language: str | None) -> dict[int, str]:
    file = FileLevels(text, path, language)
    pieces = {lod: file.piece(lod) for lod in range(1, LEVELS)}
    return {lod: piece.text for lod, piece in pieces.items() if piece.lod == lod and not piece.fallback}


def _definitions(path: str, parsed: ParsedCode, found: Outline) -> tuple[Definition, ...]:
    breaks = [match.start() for match in re.finditer(rb"\n", parsed.data)]
    candidates = set(found.candidates())
    seen = {each.unit for each in symbols(parsed) if each.visible != HIDDEN}
    made: list[Definition] = []
    for at, unit in enumerate(found.units):
        symbol = Symbol(
            path=path,
            name=unit.name,
            qualname=unit.qualname,
            kind=unit.kind,
            start=parsed.char(unit.start),
            end=parsed.char(unit.end),
            line=bisect_right(breaks, unit.start - 1) + 1,
            end_line=bisect_right(breaks, unit.end - 1) + 1,
            signature=_signature(parsed, unit),
            doc=_doc(parsed, unit),
            exported=at in seen and (unit.parent is None or made[unit.parent].symbol.exported),
        )
        counted: Mapping[str, int] = {}
        terms: Mapping[str, int] = {}
        if at in candidates:
            counted = counted_identifiers(parsed.slice(unit.documented_start, unit.end))
            owner = unit.qualname[: -len(unit.name)].rstrip(".")
            terms = words_of(weighted_identifiers(counted, unit.name, owner))
        made.append(Definition(symbol, last_part(unit.name), unit.parent, at in candidates, counted, terms))
    return tuple(made)


def _signature(parsed: ParsedCode, unit: Unit) -> str:
    end = min(unit.signature_end, unit.definition + _SIGNATURE_BYTES)
    text = _WHITE.sub(" ", parsed.slice(unit.definition, max(end, unit.definition))).strip()
    text = text.rstrip("{ ").rstrip() if unit.body else text
    return text if len(text) <= _MAX_SIGNATURE else text[: _MAX_SIGNATURE - 1] + "…"


def _doc(parsed: ParsedCode, unit: Unit) -> str:
    if unit.doc is None:
        return ""
    start, end = unit.doc
    text = parsed.slice(start, min(end, start + _DOC_BYTES))
    lines = [_DOC_SIGNS.sub("", line).strip() for line in _uncovered(text).split("\n")]
    paragraph: list[str] = []
    for line in lines:
        if line:
            paragraph.append(line)
        elif paragraph:
            break
    joined = _WHITE.sub(" ", " ".join(paragraph)).strip()
    return joined if len(joined) <= _MAX_DOC else joined[: _MAX_DOC - 1].rsplit(" ", 1)[0] + "…"


def _uncovered(text: str) -> str:
    """A docstring without its quotes, a comment without its closing sign."""
    text = text.strip()
    opened = _OPENED.match(text)
    if opened:
        return text[opened.end() :].removesuffix(opened.group(1))
    return text.removesuffix("*/").rstrip("*")


def _targets(path: str, parsed: ParsedCode) -> tuple[Target, ...]:
    statements = [parsed.slice(start, end) for start, end in imports(parsed)]
    found = [each for text in statements for each in import_targets(text, path, parsed.language.name)]
    return tuple(dict.fromkeys(found))


def _first_line(text: str) -> str:
    for line in text[:_DOC_BYTES].splitlines():
        bare = line.strip(_HEADING_SIGNS)
        if any(map(str.isalpha, bare)):
            return bare if len(bare) <= _MAX_SUMMARY else bare[: _MAX_SUMMARY - 1].rsplit(" ", 1)[0] + "…"
    return ""
