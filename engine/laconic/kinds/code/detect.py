"""Which programming language a text is in: by what the caller says, by path, by fence, then by the text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache, partial
from itertools import islice
from math import inf
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from laconic._utils.remembered import Remembered, bounded
from laconic.kinds.code.language import LANGUAGES, language_named
from laconic.types import Passage

__all__ = [
    "code_lines", "detect_language", "known_language", "likeliest_language", "opening_language", "passage_language",
    "told_language",
]  # fmt: skip

LEAST_FIDELITY = 0.9
"""Prose that quotes code breaks the grammar; a chunk cut out of a file hardly does."""

# One call asks several times what a passage is, and patterns of fifteen languages are slow to try. So many texts, and
# more that are short together: a call of thousands of functions, 600,000 tokens, asks for each after all the others.
_REMEMBERED, _REMEMBERED_CHARS = 256, 8_000_000
_remembered = partial(Remembered, texts=_REMEMBERED, chars=_REMEMBERED_CHARS)

_METADATA_KEYS = ("language", "lang", "programming_language")
_PATH_KEYS = ("file_path", "path", "source", "file_name", "filename")

_SHEBANG = re.compile(r"#!.*\b(python|ruby|node|php|kotlin|scala|dart|swift)")
_INTERPRETERS = {"node": "javascript"}

# What only C++ has in a header: C's own headers read the same in both grammars, so doubt falls to C.
_CPP = re.compile(
    r"^\s*(?:class|namespace|template|using|public:|private:|protected:)\b|::|\bconstexpr\b|\bnullptr\b", re.M
)

# Lines that hardly any other language writes, each worth its weight; prose earns none of them. In the first line of
# whatever a pattern matches stands one of the marks before it, which are looked for first: far cheaper than a pattern.
# What begins with "^" is tried where a line with a mark begins, so it has no alternative that may begin elsewhere.
_SIGNS: tuple[tuple[str, int, tuple[str, ...], str], ...] = (
    ("python", 3, ("def ",), r"^\s*(?:async\s+)?def \w+\((?:.*[),])?\s*(?:->.*|:\s*)?$"),
    ("python", 2, ("from ", "import ", "class "),
     r"^\s*(?:from [\w.]+ import |import [\w.]+(?: as \w+)?\s*$|class \w+(?:\(.*\))?:\s*$)"),
    ("python", 1, (":",), r"^\s*(?:if|for|while|with|elif|try|except|else)\b[^{}\n]*:\s*$"),
    ("python", 1, ("self.",), r"\bself\.\w+ = [^;\n]*$"),
    ("php", 6, ("<?php",), r"<\?php"),
    ("php", 2, ("$",), r"(?:^\s*(?:(?:public|private|protected)\s+)?(?:static )?function \w*\(.*\$\w|\$this->)"),
    ("go", 3, ("package ",), r"^package \w+\s*$"),
    ("go", 3, ("func ",), r"^func (?:\(\w+ \*?\w+\) )?\w+\(.*\{\s*$"),
    ("go", 3, ("type ",), r"^type \w+ (?:struct|interface) \{"),
    ("go", 1, (":= ", "if err "), r":= |\bif err != nil\b"),
    ("rust", 3, ("fn ",), r"^\s*(?:pub(?:\(\w+\))? )?(?:async )?fn \w+\b.*[{(]\s*$"),
    ("rust", 3, ("impl",), r"^\s*impl\b.*\{\s*$"),
    ("rust", 3, ("#[",), r"^\s*#\[\w"),
    ("rust", 2, ("use ", "let mut ", "Result<", "&mut self", "&self"),
     r"(?:^\s*use (?:crate|std|super|self)\b|\blet mut \w|->\s*Result<|&mut self|&self)"),
    ("java", 3, ("public ", "private ", "protected "),
     r"^\s*(?:public|private|protected) [\w<>, ?]+ \w+\([^${};]{0,200}\)\s*(?:throws [\w., ]+)?\{\s*$"),
    ("java", 3, (";",), r"(?:^import (?:static )?[\w.]+(?:\.\*)?;\s*$|^package [\w.]+;\s*$)"),
    ("c_sharp", 4, ("using ", "namespace ", "{ get; "),
     r"(?:^using [\w.]+;\s*$|^namespace [\w.]+\s*(?:[;{]\s*)?$|\{ get; (?:\w+ )?set; \})"),
    ("kotlin", 3, ("fun ",), r"^\s*(?:\w+ )*fun (?:<.*> )?[\w.]+\(.*"),
    ("kotlin", 3, ("class ",), r"^\s*(?:data|sealed|open|internal) class "),
    ("kotlin", 3, ("val ", "var "), r"^\s*(?:override )?va[lr] \w+\s*(?::|=|by)[^;\n]*$"),
    ("swift", 3, ("func ",), r"^\s*(?:\w+ )*func \w+(?:<[^()\n]*>)?\(.*\{\s*$"),
    ("swift", 3, ("import ",), r"^import (?:Foundation|UIKit|SwiftUI)"),
    ("swift", 3, ("guard ",), r"\bguard (?:let|var) "),
    ("swift", 1, ("let ", "var "), r"(?:^\s*(?:let|var) \w+(?:: \w+)? = |\bif let \w+ = )"),
    ("scala", 3, ("def ",), r"^\s*(?:(?!def )\w+ )*def \w+\b.*=\s*(?:\{\s*)?$"),
    ("scala", 3, ("case class ", "object ", "trait "), r"^\s*(?:case class|object|trait) \w+"),
    ("scala", 3, (".{",), r"^import [\w.]+\.\{"),
    ("ruby", 3, ("def ",), r"^\s*def (?:self\.)?\w+[?!=]?(?:\(.*\))?\s*$"),
    ("ruby", 3, ("require", "attr_"), r"^\s*(?:require|require_relative|attr_\w+) "),
    ("ruby", 3, ("do |",), r"\bdo \|\w+"),
    ("ruby", 3, ("module ",), r"^\s*module [A-Z]\w*\s*$"),
    ("ruby", 1, ("end",), r"^\s*end\s*$"),
    ("dart", 3, ("import 'package:",), r"^import 'package:"),
    ("dart", 3, ("import 'dart:",), r"^import 'dart:"),
    ("dart", 3, ("Future<",), r"\bFuture<\w*>.{0,160}?\basync\b"),
    ("dart", 3, ("@override",), r"^\s*@override\s*$"),
    ("dart", 3, ("final ",), r"\bfinal \w+\?? \w+;"),
    ("typescript", 3, ("interface ", "type "), r"^\s*(?:export )?(?:interface|type) \w+\b.*[{=]"),
    ("typescript", 3, ("function ",), r"^\s*(?:export )?(?:async )?function \w+\b.*\): [\w<>\[\]|, ]+\{"),
    ("typescript", 3, ("const ", "let "), r"\b(?:const|let) \w+: \w"),
    ("javascript", 2, ("function",), r"^\s*(?:export )?(?:default )?(?:async )?function\*? \w*\("),
    ("javascript", 2, ("const ",), r"\bconst \w+ = (?:async )?\(?[\w, {}]*\)? =>"),
    ("javascript", 2, ("require(",), r"\brequire\(['\"]"),
    ("javascript", 2, (" from ",), r"^import .* from ['\"]"),
    ("javascript", 2, ("module.exports",), r"module\.exports"),
    ("javascript", 1, ("const ", "let ", "var "), r"^\s*(?:const|let|var) \w+ = .*;\s*$"),
    ("cpp", 3, ("include",), r"^\s*#\s*include\s*<\w+>\s*$"),
    ("cpp", 3, ("std::",), r"\bstd::\w"),
    ("cpp", 3, ("template",), r"^\s*template\s*<"),
    ("cpp", 3, ("public:", "private:", "protected:"), r"^\s*(?:public|private|protected):\s*$"),
    ("c", 2, ("include", "define ", "def "), r"^\s*#\s*(?:include\s*[<\"]\w[\w/]*\.h[>\"]|define \w+|ifn?def \w+)"),
    ("c", 2, ("(",), r"^(?:static |inline |const |unsigned |struct )*\w+ \**\w+\([^;{}]{0,200}\)\s*(?:\{\s*)?$"),
)  # fmt: skip
# How a text begins that is in one language for certain where its grammar reads it: behind comments, attributes and
# decorators, a definition.
_OPENING = re.compile(
    r"(?:[ \t]*(?:(?://|/\*|\*|#).*|@\w[\w.]{0,80}(?:\(.{0,300}\))?[ \t]*)?\n){0,40}[ \t]*(?:"
    r"(?P<python>(?:async )?def \w{1,80}\((?:.{0,300}\)(?: ->.{0,200})?:|.{0,300},|)[ \t]*(?:#.*)?$)"
    r"|(?P<go>func \(\w+ \*?\w[\w.\[\], ]{0,80}\) \w{1,80}\(.{0,300}\{$)"
    r"|(?P<rust>(?:pub(?:\(\w+\))? )?(?:async )?(?:unsafe )?fn \w{1,80}.{0,300}\{$)"
    r"|(?P<kotlin>(?:(?:public|private|protected|internal|override|open|suspend|inline|operator) )*"
    r"fun (?:<.{0,100}> )?[\w.]{1,80}\(.{0,300}[{(]$)"
    r"|(?P<php><\?php\b)"
    r")",
    re.MULTILINE,
)
_MIN_SCORE = 4
_RIVAL_SHARE = 0.75  # with so much of the best one's signs a language may be it: the grammars tell
_FAMILIES = {"c": "cpp", "javascript": "typescript"}  # what reads like the first and has a sign of the second is that
# A text that opens with a definition is one, however short: retrievers return single functions.
_OPENING_WORTH, _OPENING_BONUS = 3, 2
# A line of words, a list item, a heading, a table row: a text with many of them quotes code, but is none.
_PROSE = re.compile(r"^(?:[-*>|] |#{1,6} [A-Z]|\d+\. |[A-Z][a-z'’]+,?(?: [\w'’(),.-]+){5,})")
_MAX_PROSE = 0.15
_SAMPLE_CHARS = 20_000
_LINE_CHARS = 200
_VERIFIED_CHARS = 200_000
_UNDOUBTED = 0.7  # share of lines that read as code: documents that quote some have less
_LEAST_TOLD = 0.5  # a macro can keep a grammar from reading half of a file that is in its language
_READ_WHOLE = 0.02  # share that a grammar may fail on, of a language that has no sign in a text


@cache
def _by_extension() -> dict[str, str]:
    return {ext: name for name in LANGUAGES for ext in language_named(name).extensions}


@cache
def _by_tag() -> dict[str, str]:
    return {tag: name for name in LANGUAGES for tag in (*language_named(name).tags, name)}


class _Sign(NamedTuple):
    """Lines that one language writes, what each is worth, and marks one of which is in the first line of a match."""

    language: str
    worth: int
    marks: tuple[str, ...]
    pattern: re.Pattern[str]
    opens_line: bool  # whether all matches begin where a line does
    indents: bool  # whether blanks may stand before it in its line

    def hits(self, text: str, top: Iterable[int]) -> int:
        """How many matches there are, at most eight; ``top`` is where the lines begin that are not indented."""
        if not self.opens_line:
            return sum(1 for _ in islice(self.pattern.finditer(text), _MOST_HITS))
        hits = end = 0
        for start in self._lines(text) if self.indents else top:
            if start >= end and (match := self.pattern.match(text, start)) is not None:
                hits += 1
                if hits == _MOST_HITS:
                    break
                end = match.end()
        return hits

    def _lines(self, text: str) -> Iterable[int]:
        """Where the lines begin that hold a mark, in order."""
        found: set[int] = set()
        for mark in self.marks:
            at = text.find(mark)
            while at >= 0:
                found.add(text.rfind("\n", 0, at) + 1)
                end = text.find("\n", at)
                at = text.find(mark, end) if end >= 0 else -1
        return sorted(found)


_MOST_HITS = 8
_TOP_LINE = re.compile(r"^[^\s]", re.MULTILINE)


@cache
def _signs() -> tuple[tuple[_Sign, ...], dict[str, list[int]]]:
    """The signs, and by mark the places of those that have it."""
    # White space of a line only: over line breaks a run of blank lines takes quadratic time.
    signs = tuple(
        _Sign(
            name,
            worth,
            marks,
            re.compile(pattern.replace(r"\s", r"[ \t]"), re.M),
            pattern.startswith("^"),
            pattern.startswith(r"^\s*"),
        )
        for name, worth, marks, pattern in _SIGNS
    )
    marks: dict[str, list[int]] = {}
    for at, sign in enumerate(signs):
        for mark in sign.marks:
            marks.setdefault(mark, []).append(at)
    return signs, marks


def known_language(name: str) -> str | None:
    """The name that laconic has for the language that a caller or a fence calls ``name``; None where there is none."""
    return _by_tag().get(name.strip().lower().replace("-", "_").replace(" ", "_"))


def detect_language(
    path: str | None = None, metadata: Mapping[str, Any] | None = None, text: str | None = None
) -> str | None:
    """The language of a text, or None where it is none of the supported ones (or no code at all).

    Args:
        path: file name, path or URL; its extension decides. A ``.h`` header is C++ where ``text`` shows so, else C.
        metadata: of the passage; ``language``, then a path under the usual keys.
        text: read last; needs some lines that only one language writes in its first 20,000 characters.

    The first of these that names a supported language wins, in the order of the arguments.
    """
    for source in (path, *_strings(metadata, _PATH_KEYS)):
        found = _by_path(source, text)
        if found:
            return found
    for name in _strings(metadata, _METADATA_KEYS):
        found = known_language(name)
        if found:
            return found
    return _read_as(text) if text else None


def passage_language(passage: Passage) -> str | None:
    """The name of a passage's programming language, as laconic has it.

    None where it is not code, or not in a supported language. One of which nobody said the language, and that has too
    few of its signs, is in the one whose grammar reads it best. What is said does not count where its grammar can read
    little of the text and that of the language of its signs nearly all.
    """
    if passage.kind not in (None, "code"):
        return None
    told = told_language(passage)
    if told is not None:
        return _rather(passage.text, told)
    found = detect_language(text=passage.text)
    return found if found or passage.language else likeliest_language(passage.text, least=LEAST_FIDELITY)


def told_language(passage: Passage) -> str | None:
    """The language that the caller says a passage is in: by its name, by path, in the metadata."""
    named = known_language(passage.language) if passage.language else None
    return named or detect_language(passage.source, passage.metadata, _header(passage))


def _header(passage: Passage) -> str | None:
    """What tells C and C++ apart where a path does not; the text of nothing else."""
    return passage.text if passage.source and passage.source.lower().endswith(".h") else None


@bounded(_REMEMBERED, _SAMPLE_CHARS)
def _rather(text: str, told: str) -> str:
    """The language of a text that is said to be in one; costs what the parse costs, which is kept."""
    if len(text) > _VERIFIED_CHARS or _reads(text, told, least=_LEAST_TOLD, without_grammar=True):
        return told
    other = _read_as(text)
    if other is None or not _reads(text, other):
        return told
    from laconic.kinds.code.parse import parse_fragment
    from laconic.kinds.code.units import defines

    # A line or two read well in many languages.
    return other if defines(parse_fragment(text, other)) else told


def _strings(metadata: Mapping[str, Any] | None, keys: tuple[str, ...]) -> list[str]:
    return [metadata[key] for key in keys if isinstance(metadata.get(key), str)] if metadata else []


def _by_path(path: str | None, text: str | None) -> str | None:
    if not path:
        return None
    name = PurePosixPath(urlsplit(path).path.replace("\\", "/") or path)
    found = _by_extension().get(name.suffix.lower())
    if name.suffix.lower() == ".h" and text is not None and not _CPP.search(text[:_SAMPLE_CHARS]):
        return "c"
    return found


def _scores(sample: str) -> dict[str, int]:
    """What the signs of each language in a text are worth; languages without any are left out."""
    first = sample.lstrip().partition("\n")[0]
    scores: dict[str, int] = {}
    signs, marks = _signs()
    top = [match.start() for match in _TOP_LINE.finditer(sample)]
    for at in sorted({at for mark, places in marks.items() if mark in sample for at in places}):
        sign = signs[at]
        if hits := sign.hits(sample, top):
            opens = sign.worth >= _OPENING_WORTH and sign.pattern.search(first) is not None
            scores[sign.language] = scores.get(sign.language, 0) + sign.worth * hits + (_OPENING_BONUS if opens else 0)
    return scores


@_remembered
def _by_text(text: str) -> str | None:
    sample = text[:_SAMPLE_CHARS].replace("\r\n", "\n")
    shebang = _SHEBANG.match(sample)
    if shebang:
        return _INTERPRETERS.get(shebang.group(1), shebang.group(1))
    if "\n" not in sample:
        return None
    lines = [line for line in sample.split("\n") if line.strip()]
    if sum(map(bool, map(_PROSE.match, lines))) > _MAX_PROSE * len(lines):
        return None
    scores = _scores(sample)
    if not scores:
        return None
    best = max(scores, key=lambda name: (scores[name], name))
    if scores[best] < _MIN_SCORE:
        return None
    rivals = [name for name in scores if scores[name] >= max(_MIN_SCORE, _RIVAL_SHARE * scores[best])]
    if len(rivals) > 1:
        best = _read_best(sample, rivals, scores, inf) or best
    best = _FAMILIES[best] if scores.get(_FAMILIES.get(best, ""), 0) else best
    return "tsx" if best == "typescript" and _TAG.search(sample) else best


def opening_language(text: str) -> str | None:
    """The language of a text that begins with a definition as only one language writes it, and parses as that.

    One look at its first lines and the parse, which is kept, in place of the signs of all languages and the glances of
    other kinds. None says nothing, not even that it is another language's. Of 5,154 texts that it told (functions and
    pieces of files in fifteen languages, passages of retrieval sets) the signs had named the same language of all that
    they named one of; 245 functions had been taken for prose or tables.
    """
    opening = _OPENING.match(text)
    language = opening and opening.lastgroup
    if language is None or len(text) > _VERIFIED_CHARS:
        return None
    from laconic.kinds.code.parse import ParseTimeoutError, missing_package, parse_fragment

    if missing_package(language) is not None:
        return None
    try:
        return language if parse_fragment(text, language).clean else None
    except ParseTimeoutError:
        return None


@_remembered
def _read_as(text: str) -> str | None:
    """The language of a text by how it opens, else by its signs; where its grammar cannot read the text, and that of
    another language that has signs can, that one. Costs what its parse costs, which is kept; of a text that misleads,
    several parses.
    """
    opening = opening_language(text)
    if opening is not None:
        return opening
    best = _by_text(text[:_SAMPLE_CHARS])
    if best is None or len(text) > _VERIFIED_CHARS or _reads(text, best, without_grammar=True):
        return best
    scores = _scores(text[:_SAMPLE_CHARS].replace("\r\n", "\n"))
    others = {*scores, *(other for name, other in _FAMILIES.items() if name in scores)} - {best}
    ranked = sorted(others, key=lambda name: (-scores.get(name, 0), name))
    found = next((name for name in ranked if _reads(text, name)), None)
    if found is None and code_lines(text)[0] >= _UNDOUBTED:  # Kotlin's grammar, for one, reads English
        unsigned = [name for name in _BY_READING if name not in scores and name not in _READS_TOO_MUCH]
        found = _read_best(text, unsigned, scores, _READ_WHOLE)
    return found or best


def _reads(text: str, language: str, *, least: float = LEAST_FIDELITY, without_grammar: bool = False) -> bool:
    """Whether the grammar of a language reads a share of a text; ``without_grammar`` where it is not installed."""
    from laconic.kinds.code.parse import ParseTimeoutError, missing_package, parse_fragment

    if missing_package(language) is not None:
        return without_grammar
    try:
        return parse_fragment(text, language).fidelity >= least
    except ParseTimeoutError:
        return False


# Code in other words: what its lines end in, begin with, or hold. What begins with a string is data.
_CODE_ENDS, _STRINGS = frozenset("{}();,=[]"), frozenset("\"'`")
_WORD_END = re.compile(r"[a-z]{4}:")
_CODE_BEGINS = re.compile(
    r"(?:abstract|async|break|case|catch|class|const|constexpr|continue|def|default|defer|do|elif|else|elsif|end|"
    r"enum|except|export|extends|extension|extern|final|finally|fn|for|foreach|func|fun|function|if|impl|import|"
    r"include|inline|interface|internal|let|match|module|mut|namespace|object|override|package|pass|private|"
    r"protected|protocol|pub|public|raise|require|rescue|return|sealed|self|static|struct|super|switch|template|throw|"
    r"trait|try|type|typedef|union|unless|unsafe|use|using|val|var|virtual|void|when|while|with|yield)\b(?![^(){}=]*[.?]$)"
    r"|[@#$]\w"
)
_CODE_INSIDE = re.compile(r"\w\(|[\w)\]] (?:[-+*/|&]?=|==|&&|\|\|) |\w(?:->|::)\w")
_COMMENT = re.compile(r"//|/\*|\*|#(?![\w\[])|--|<!--|\"\"\"|=begin")
_BRACKETS = re.compile(r"[\]\[{}(),;]+$")  # alone on a line, as any notation has them
_TAG = re.compile(r"</[\w.]*>|\s/>")
_LOOKED_AT, _COUNTED = 240, 60  # lines: a licence may stand at the top


def code_lines(text: str) -> tuple[float, float]:
    """The shares of the first lines, comments aside, that read as code does, and that end a statement or a block.

    0 where there are no lines. A glance.
    """
    lines = [bare for line in text.split("\n", _LOOKED_AT)[:_LOOKED_AT] if (bare := line.strip())]
    lines = [line[-_LINE_CHARS:] for line in lines if not _COMMENT.match(line)][:_COUNTED]
    ended = sum(line.endswith((";", "{", "}")) for line in lines)
    telling = [line for line in lines if not _BRACKETS.match(line)]
    return sum(map(_is_code, telling)) / max(1, len(telling)), ended / max(1, len(lines))


def _is_code(line: str) -> bool:
    """Whether a line reads as one of code; three glances are a tenth of the time of one pattern that looks for all."""
    if line[0] not in _STRINGS:
        last = line[-1]
        if last in _CODE_ENDS or (last == ":" and not _WORD_END.match(line, max(0, len(line) - 5))):
            return True
    if _CODE_BEGINS.match(line):
        return True
    # One of these marks is in whatever the pattern finds.
    may = "(" in line or "=" in line or "&&" in line or "||" in line or "->" in line or "::" in line
    return may and _CODE_INSIDE.search(line) is not None


def _behind_comments(text: str) -> str:
    """A text without the comments at its top, where the rest begins in its first 240 lines."""
    at = 0
    for line in text.split("\n", _LOOKED_AT)[:_LOOKED_AT]:
        if (bare := line.strip()) and not _COMMENT.match(bare):
            return text[at:]
        at += len(line) + 1
    return text


# In this order where several grammars read a text equally well. Those without braces read nearly any words.
_BY_READING = (
    "python", "typescript", "java", "go", "rust", "c", "cpp", "c_sharp", "kotlin", "swift", "dart", "php", "scala",
    "javascript", "ruby",
)  # fmt: skip
_READS_ANYTHING = frozenset(("python", "ruby", "scala", "php"))
_READS_TOO_MUCH = _READS_ANYTHING | {"kotlin"}  # pieces of other languages as well
_READ_CHARS = 8000


@bounded(1024, _SAMPLE_CHARS)
def likeliest_language(text: str, *, least: float) -> str | None:
    """The language of a text that is code: by its signs where they tell, else the grammar that reads it best.

    Args:
        text: up to 8,000 characters are read by grammars.
        least: share of the text that the grammar must read.

    Returns:
        None where no grammar that is installed does. Costs a parse for each language that has not told itself.
    """
    found = _by_text(text[:_SAMPLE_CHARS])
    if found is not None:
        return found
    text = _behind_comments(text)
    scores = _scores(text[:_READ_CHARS].replace("\r\n", "\n"))
    names = [name for name in _BY_READING if name not in _READS_ANYTHING or scores.get(name)]
    return _read_best(text, names, scores, 1 - least)


def _read_best(text: str, names: Iterable[str], scores: Mapping[str, int], most: float) -> str | None:
    """Of some languages the one whose grammar reads the head of a text with the fewest errors; then signs tell.

    None where no grammar that is installed leaves at most a share ``most`` of it unread.
    """
    from laconic.kinds.code.parse import ParseTimeoutError, error_bytes_within, missing_package

    sample = text if len(text) <= _READ_CHARS else text[: text.rfind("\n", 0, _READ_CHARS) + 1 or _READ_CHARS]
    found: list[tuple[int, int, int, str]] = []
    for name in names:
        if missing_package(name) is not None:
            continue
        try:
            errors = error_bytes_within(sample, name)
        except ParseTimeoutError:
            continue
        if errors <= most * len(sample.encode("utf-8", "replace")):
            found.append((errors, -scores.get(name, 0), _BY_READING.index(name), name))
    return min(found)[-1] if found else None
