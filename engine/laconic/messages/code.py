"""Code by its parser: signatures without bodies, and comments out, never out of a string.

What compilers and interpreters obey is no comment here: ``#!``, ``//go:build``, the C of cgo, Ruby's magic comments. To
a parser a comment is white space, so white space stands where one was between two tokens, with a line break if the
comment had one, as lines end statements in many languages. So the tokens and the lines are those from before, and a
second parse could not tell more than the first one, but where a comment between two tokens goes: that is parsed again,
from the old tree, which costs what changed, and what would not parse as it did stays as it was.

Needs the extra ``code``; without it, and for languages without a grammar, nothing is taken out: None comes back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from laconic._utils.remembered import bounded
from laconic.exceptions import MissingDependencyError

if TYPE_CHECKING:
    from laconic.kinds.code.compose import Edit
    from laconic.kinds.code.parse import ParsedCode

__all__ = [
    "cleaned_code", "code_language", "comment_cuts", "missing_parser", "missing_to_cut", "same_language", "signatures",
]  # fmt: skip

# How comments begin; whether one begins there is for the parser to say.
_DEFAULT_OPENINGS = (b"//", b"/*")
_JS_OPENINGS = (b"//", b"/*", b"<!--", b"-->")
_OPENINGS = {
    "javascript": _JS_OPENINGS,
    "php": (b"#", b"//", b"/*"),
    "python": (b"#",),
    "ruby": (b"#", b"=begin"),
    "tsx": _JS_OPENINGS,
    "typescript": _JS_OPENINGS,
}

_CODING = re.compile(rb"#.*coding[:=]")
_LICENCE = re.compile(rb"copyright|licen[cs]e|SPDX|\xc2\xa9", re.IGNORECASE)
_PRAGMA = re.compile(
    rb"(?:#|//|/\*)[ \t]*(?:type:[ \t]*ignore\b|noqa\b|pylint:|mypy:|flake8:|pyright:|ruff:|"
    rb"fmt:[ \t]*(?:on|off|skip)\b|isort:|yapf:|pragma:[ \t]*no[ \t]?cover|nosec\b|"
    rb"eslint-|tslint:|jshint\b|prettier-ignore|@ts-(?:ignore|nocheck|expect-error)|istanbul ignore|c8 ignore|"
    rb"v8 ignore|NOLINT|clang-format|nolint\b|noinspection\b|NOSONAR|rubocop:|swiftlint:|checkstyle:|"
    rb"phpcs:|@phpstan-|@psalm-|ReSharper |coverage:ignore|ignore(?:_for_file)?:)"
)

# Comments that a compiler, an interpreter, a bundler or a framework acts on, by language.
_JS_OBEYED = re.compile(rb"///[ \t]*<|(?://|/\*)[*\s]*@(?:jsx|flow)|/\*[\s#@]*(?:webpack[A-Z]|@vite-)")
_OBEYED = {
    "dart": re.compile(rb"//[ \t]*@dart[ \t]*="),
    "go": re.compile(rb"//(?:go:|line |export |[ \t]*\+build )"),
    "javascript": _JS_OBEYED,
    "php": re.compile(rb"/\*\*[^@]*(?:@[^A-Z@][^@]*)*@[A-Z]"),  # annotations; what only documents is in lower case
    "ruby": re.compile(rb"#[ \t]*(?:-\*-[ \t]*)?(?:frozen.string.literal|shareable.constant.value|warn.indent|typed):"),
    "scala": re.compile(rb"//>[ \t]*using"),
    "swift": re.compile(rb"//[ \t]*swift-tools-version"),
    "tsx": _JS_OBEYED,
    "typescript": _JS_OBEYED,
}
# Parts of a file whose comments are obeyed, and what stands in each: what Go compiles as C, a script's requirements.
_OBEYED_PART = {
    "go": (b'"C"', re.compile(rb"\A.*?^import\s+\"C\"", re.DOTALL | re.MULTILINE)),
    "python": (b"# ///", re.compile(rb"^# /// \w+\r?\n(?:#(?! ///)[^\n]*\n)*# ///\r?$", re.MULTILINE)),
}

# Languages in which a line break ends a directive and nothing else.
_BY_DIRECTIVE = frozenset(("c", "cpp"))

# A piece of a class in a message is short; a longer text that does not parse is a file with an error in it.
_FRAGMENT_BYTES = 8000


@bounded(256)
def _known(tag: str) -> str | None:
    from laconic.kinds.code.detect import known_language

    return known_language(tag)


@bounded(256)
def missing_parser(tag: str | None) -> str | None:
    """What to install for the language that a fence calls ``tag``; None where it is unknown or nothing is missing."""
    name = _known(tag) if tag else None
    if name is None:
        return None
    from laconic.kinds.code.parse import require_grammar

    try:
        require_grammar(name)
    except MissingDependencyError as error:
        return str(error)
    return None


def missing_to_cut(tag: str) -> str | None:
    """What to install so that code in a language that a fence calls ``tag`` is cut and ranked; None where nothing."""
    name = _known(tag)
    if name is None:
        return None
    from laconic.kinds.code.parse import missing_package

    missing = missing_package(name)
    return None if missing is None else str(missing)


def code_language(tag: str | None) -> str | None:
    """The name here of the language that a fence calls ``tag``; None where it is unknown or its grammar is missing."""
    return _known(tag) if tag and missing_parser(tag) is None else None


def same_language(name: str, other: str) -> bool:
    """Whether two tags name one language (``js`` and ``javascript``)."""
    if name.lower() == other.lower():
        return True
    known = _known(name)
    return known is not None and known == _known(other)


def cleaned_code(
    text: str, tag: str | None, *, comments: bool = False, pragmas: bool = True, keep_licence: bool = True
) -> str | None:
    """The code without what only people or only tools read.

    Args:
        text: a file or a piece of one.
        tag: its language as a fence would call it.
        comments: take all comments out, documentation comments included (docstrings are strings and stay).
        pragmas: take comments out that only instruct linters, type checkers and formatters.
        keep_licence: comments at the top that speak of copyright or a licence stay.

    Returns:
        The text; None where the language is not supported, the parser ran out of time or there is nothing to take out.
        Comments that instruct the compiler or the interpreter always stay, and those inside of what does not parse. A
        comment that has a line of its own goes with the line.

    One parse (3–8 ms for 10,000 tokens, by grammar) and at most a millisecond more; nothing for code without comments.
    """
    language = code_language(tag) if comments or pragmas else None
    if language is None or not _openings(text.encode("utf-8", "replace"), language, comments=comments):
        return None  # most code, where only pragmas go: seen without parsing
    from laconic.kinds.code.parse import ParseTimeoutError, parse, parse_fragment

    try:
        parsed = parse(text, language)
        cuts = comment_cuts(parsed, comments=comments, keep_licence=keep_licence)
        if len(_outside(cuts, parsed.broken)) < len(cuts):
            if parsed.size <= _FRAGMENT_BYTES:
                parsed = parse_fragment(text, language)
                cuts = comment_cuts(parsed, comments=comments, keep_licence=keep_licence)
            cuts = _outside(cuts, parsed.broken)
        return _without(parsed, cuts) if cuts else None
    except ParseTimeoutError:
        return None


def _outside(cuts: list[Edit], spans: Sequence[tuple[int, int]]) -> list[Edit]:
    """The cuts that touch none of some spans."""
    return [cut for cut in cuts if not any(start < cut.end and cut.start < end for start, end in spans)]


def _without(parsed: ParsedCode, cuts: Sequence[Edit]) -> str | None:
    """The text without the cuts; None where nothing is cut."""
    from laconic.kinds.code.compose import compose, errors_after

    if parsed.clean:
        between = [cut for cut in cuts if _is_between(parsed, cut)]
        if between and errors_after(parsed, between):
            cuts = [cut for cut in cuts if cut not in between]
    return compose(parsed, cuts).text if cuts else None


def _is_between(parsed: ParsedCode, cut: Edit) -> bool:
    """Whether code stands before a cut on its first line and behind it on its last."""
    data = parsed.data
    before = data[parsed.line_start(cut.start) : cut.start]
    return bool(cut.text or (before.strip() and data[cut.end : data.find(b"\n", cut.end)].strip()))


def comment_cuts(parsed: ParsedCode, *, comments: bool = True, keep_licence: bool = True) -> list[Edit]:
    """What takes comments out, in order.

    Args:
        parsed: the code.
        comments: all comments; else those that only instruct tools.
        keep_licence: see `cleaned_code`.
    """
    language = parsed.language.name
    obeyed = _OBEYED.get(language)
    data, low, high = parsed.data, parsed.shift, parsed.shift + parsed.size
    needle, pattern = _OBEYED_PART.get(language, (None, None))
    part = pattern.search(data) if needle and pattern and needle in data else None
    runs: list[tuple[int, int]] = []  # comments with nothing between them; on more than one line only those alone on it
    alone = False  # the last run begins its line
    in_head = True  # nothing but comments so far
    last = low
    returns = b"\r" in data
    for start, end in _comments(parsed, comments=comments):
        while data[end - 1] in b"\r\n":
            end -= 1
        if start < low or end > high:
            continue
        comment = data[start:end]
        if in_head:
            in_head = not (comments and data[last:start].strip())
            last = end
            if in_head and _is_head(comment, first=start == low, keep_licence=keep_licence):
                continue
        if (
            (obeyed is not None and obeyed.match(comment))
            or (part is not None and part.start() <= start < part.end())
            or (returns and b"\r" in comment.replace(b"\r\n", b""))  # not all agree whether that ends a line
        ):
            continue
        between = data[runs[-1][1] : start] if runs else b"-"
        if not between.strip() and between.count(b"\n") <= alone:
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
            alone = not data[parsed.line_start(start) : start].strip()
    return _merged(_cut(parsed, start, end) for start, end in runs)


def _openings(data: bytes, language: str, *, comments: bool) -> list[int]:
    """Where comments, or with ``comments`` false only those for tools, may begin; in order."""
    found: list[int] = []
    openings = _OPENINGS.get(language, _DEFAULT_OPENINGS)
    for opening in openings:
        at = data.find(opening)
        while at >= 0:
            if comments or _PRAGMA.match(data, at):
                found.append(at)
            at = data.find(opening, at + len(opening))
    return found if len(openings) == 1 else sorted(found)


def _comments(parsed: ParsedCode, *, comments: bool) -> Iterator[tuple[int, int]]:
    """Spans of the comments, in order, asked for where one may begin: walking the tree costs a quarter of the parse."""
    types = parsed.language.comments
    node_at = parsed.root.named_descendant_for_byte_range
    last = 0
    for at in _openings(parsed.data, parsed.language.name, comments=comments):
        if at < last:
            continue
        node = node_at(at, at + 1)
        if node is not None and node.type in types and node.start_byte == at:
            last = node.end_byte
            yield at, last


def _is_head(comment: bytes, *, first: bool, keep_licence: bool) -> bool:
    """Whether a comment at the top of a file is one that stays."""
    return bool(
        (first and comment.startswith(b"#!")) or _CODING.match(comment) or (keep_licence and _LICENCE.search(comment))
    )


def _cut(parsed: ParsedCode, start: int, end: int) -> tuple[int, int, str]:
    """What takes a comment out: with its line where it stands alone, else with the blanks before it."""
    data = parsed.data
    line = max(parsed.line_start(start), parsed.shift)
    stop = data.find(b"\n", end)
    before, after = data[line:start].rstrip(), data[end:stop].lstrip()
    if not before and not after:
        if data.endswith((b"\\\n", b"\\\r\n"), 0, line):  # the line before goes on here, and must not go on further
            return line, end, ""
        return line, min(stop + 1, parsed.shift + parsed.size), ""
    if not before:
        return start, stop - len(after), ""
    start = line + len(before)
    if not after:
        return start, end, ""
    if b"\n" in data[start:end] and parsed.language.name not in _BY_DIRECTIVE:
        return start, stop - len(after), parsed.newline
    return start, end, "" if data[end] in b" \t,;)]}" or before.endswith(b"(") else " "


def _merged(found: Iterable[tuple[int, int, str]]) -> list[Edit]:
    """The cuts, those of neighbouring lines as one."""
    from laconic.kinds.code.compose import Edit

    cuts: list[Edit] = []
    for start, end, text in found:
        if cuts and cuts[-1].end == start and not text and not cuts[-1].text:
            cuts[-1] = Edit(cuts[-1].start, end)
        else:
            cuts.append(Edit(start, end, text))
    return cuts


def signatures(text: str, tag: str | None, *, docstrings: bool = True) -> str | None:
    """The code with the bodies of its functions emptied.

    Args:
        text: a file or a piece of one.
        tag: its language as a fence would call it.
        docstrings: keep docstrings and comments before definitions; else they go too.

    Returns:
        The text, which parses where the whole did; None where the language is not supported, the parser ran out of time
        or nothing can be emptied.
    """
    language = code_language(tag)
    if language is None:
        return None
    from laconic.kinds.code.compose import compose
    from laconic.kinds.code.detail import body_edit, functions_of
    from laconic.kinds.code.parse import ParseTimeoutError, parse_fragment, parses_clean

    try:
        parsed = parse_fragment(text, language)
    except ParseTimeoutError:
        return None
    edits = [
        edit for unit in functions_of(parsed) if not unit.broken for edit in body_edit(parsed, unit, doc=docstrings)
    ]
    if not docstrings:
        edits += _outside(comment_cuts(parsed), [(body.start, body.end) for body in edits])
    if not edits:
        return None
    result = compose(parsed, edits).text
    return result if not parsed.clean or parses_clean(result, parsed.language.name) else None
