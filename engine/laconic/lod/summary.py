"""What a source file is for, in one sentence: what its own comments say, licences and pragmas aside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import PurePosixPath

from laconic.kinds.code.parse import ParsedCode
from laconic.kinds.code.symbols import HIDDEN, Symbol, imports, is_namespace, symbols
from laconic.kinds.code.units import comment_spans, outline
from laconic.types import Span

__all__ = ["summary"]

_MOST_CHARS = 80
_MOST_COMMENT = 6000  # characters of a comment that are read: a licence in full is longer than what stands above it
_ROOM = 8  # characters left on a line, beside the next word, by which it was ended on purpose
_LEAST_SHARE = 0.5  # of a file that a type takes whose documentation speaks for the file

_SIGNS = re.compile(r"^\s*(?:/\*+!?|\*+/|\*+(?!\*)|//+[!/]?|#+!?(?!\[)|--+|=begin|=end)?[ \t]?")
_ENDS = ("*/", "-->")
_QUOTES = ('"""', "'''", '"', "'")  # around a docstring
_RULE = re.compile(r"^\W*$")
_LEGAL = re.compile(
    r"copyright|this (?:source )?file is (?:part of|distributed|subject|provided)|\(c\)|©|licen[cs]e|all rights|SPDX"
    r"|redistribut|permission is hereby|provided .{0,3}as is|warrant(?:y|ies)|\bLIABLE\b|public domain"
    r"|\bauthors?\b.{0,3}:|^(?:author|version)\b",
    re.I,
)
_PRAGMA = re.compile(
    r"coding[:=]|-\*-|frozen.string.literal|^(?:vim?|ex)[:=]|eslint|tslint|prettier|jshint|jslint|@ts-|@flow|pylint"
    r"|mypy:|noqa|nolint|ruff:|type:|go:build|\+build|go:generate|clang-format|@formatter|rubocop|typed:|use strict"
    r"|sourceMappingURL|^<reference|istanbul|swiftlint|ktlint|dart format|language=|DO NOT EDIT|^\$Id"
    r"|created (?:by|on)|^file:|c8 ignore|ignore_for_file|^ignore:|^(?:MARK|TODO|FIXME|XXX|HACK)\b|^(?:end)?region\b"
    r"|^\w+ = |^(?:import|include|from|using|require)\b.*[;)'\"]$|[{};]$",
    re.I,
)
_LABEL = re.compile(
    r"^(?:(?:local|third.party|standard|internal|external|module|system|std|core|project|stdlib)\W)?"
    r"(?:library |node )?(?:imports?|includes?|dependencies|requires?|modules?|headers?|constants?|exports?)\W*$",
    re.I,
)
_FILE = re.compile(r"[\w+./-]+\.\w{1,5}$")
_TAG = re.compile(
    r"^[@\\](?:fileoverview|overview|brief|summary|description|desc|class|classdesc|file\s+[\w./-]+\.\w+|file|module"
    r"(?:\s+[\w./-]+$)?)\b[:\s]*"
)
_NAME_FIRST = re.compile(
    r"^[\w./-]+\.(?:c|h|cc|cpp|hpp|py|js|ts|rb|rs|go|java|swift|php|cs|kt)\s*(?:[-–—:]+\s*|$)", re.I
)
_INLINE_TAG = re.compile(r"\{@\w{1,20}\s([^{}]{0,200})\}|<see \w{1,9}=\"(?:\w:)?([^\"]{0,200})\" ?/>|</?\w[^<>]{0,80}>")
_SENTENCE = re.compile(r"(?<=[\w)\]`'\"»][.!?])\s+(?=[^a-z\s])")
_WHITE = re.compile(r"\s+")


def summary(parsed: ParsedCode, path: str | None = None) -> str:
    """First sentence of what a file says of itself, at most 80 characters; empty where it says nothing.

    Read in this order: the docstring of a module; the comments above imports and definitions; the documentation of the
    type that the file is named after, of its only one, or of one that takes half of the file.
    """
    for span in (*_file_docstring(parsed), *_comments_at_top(parsed), *_documentation(parsed, path)):
        sentence = _first_sentence(parsed.slice(span[0], min(span[1], span[0] + _MOST_COMMENT)))
        if sentence:
            return sentence
    return ""


def _file_docstring(parsed: ParsedCode) -> Iterator[Span]:
    if not parsed.language.docstring:
        return
    for child in parsed.root.named_children:
        if child.type in parsed.language.comments:
            continue
        first = child.named_child(0) if child.named_child_count else None
        if child.type == "expression_statement" and first is not None and first.type == "string":
            yield first.start_byte, first.end_byte
        return


def _comments_at_top(parsed: ParsedCode) -> Iterator[Span]:
    """Comments above the first declaration but for its own; below an import only those that stand alone."""
    docs = {unit.doc for unit in outline(parsed).units if unit.doc}
    first = min([symbol.start for symbol in symbols(parsed)[:1]] + [parsed.shift + parsed.size])
    imported = min([first, *(start for start, _ in imports(parsed)[:1])])
    for start, end in comment_spans(parsed):
        if start >= first:
            return
        behind = parsed.data[end:first]
        alone = behind.startswith((b"\n\n", b"\r\n\r\n")) or not behind.strip()
        own = not behind.strip() and behind.count(b"\n") < 2 and start > parsed.shift  # of the declaration
        if (start, end) not in docs and not own and (start < imported or alone):
            yield start, end


def _documentation(parsed: ParsedCode, path: str | None) -> Iterator[Span]:
    found = outline(parsed)
    stem = _plain(PurePosixPath(path).name.split(".")[0]) if path else ""
    types = [s for s in symbols(parsed) if s.unit is not None and s.kind == "type"]
    known = [s for s in types if s.visible != HIDDEN and s.unit is not None and not is_namespace(found.units[s.unit])]
    alone = len([s for s in symbols(parsed) if s.owner is None]) == 1 and len(known) < 2

    def speaks(symbol: Symbol) -> bool:
        large = symbol.end - symbol.start >= _LEAST_SHARE * parsed.size
        return large or alone or (bool(stem) and _plain(symbol.name) == stem)

    for symbol in sorted(known, key=lambda s: _plain(s.name) != stem):
        doc = found.units[symbol.unit].doc if symbol.unit is not None else None
        if doc and speaks(symbol):
            yield _whole(parsed, doc)
    if not known or all(symbol.owner is not None for symbol in known):  # in a module, or a function by itself
        yield from (unit.doc for unit in found.units[:1] if unit.doc and (alone or is_namespace(unit)))


def _whole(parsed: ParsedCode, doc: Span) -> Span:
    """The comment of which an outline knows the last lines."""
    return next((span for span in comment_spans(parsed) if span[0] <= doc[0] < span[1]), doc)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


def _first_sentence(comment: str) -> str:
    for lines in _paragraphs(_unquoted(comment)):
        told = [line for line in map(_without_tags, lines) if line]
        text = _WHITE.sub(" ", _without_tags(_up_to_title(told))).strip()
        text = _NAME_FIRST.sub("", _TAG.sub("", text)).strip()
        if _LEGAL.search(text) or _PRAGMA.search(text) or _LABEL.match(text):
            continue
        sentence = _SENTENCE.split(text, maxsplit=1)[0]
        if sentence.count(" ") < 1 or len(sentence) < 12 or (not sentence[0].isalpha() and sentence[0] not in "`'\"("):
            continue
        if len(sentence) <= _MOST_CHARS:
            return sentence
        return sentence[: _MOST_CHARS - 1].rsplit(" ", 1)[0].rstrip(",;:-") + "…"
    return ""


def _without_tags(text: str) -> str:
    return _INLINE_TAG.sub(lambda match: match[1] or match[2] or "", text).strip()


def _unquoted(comment: str) -> str:
    """A docstring without its quotes."""
    bare = comment.strip().lstrip("rRuUbB")
    for quote in _QUOTES:
        if bare.startswith(quote):
            return bare.removeprefix(quote).removesuffix(quote)
    return comment


def _up_to_title(lines: list[str]) -> str:
    """The lines of a paragraph as one, up to one that ends early with a capital after it: that was a title."""
    widest = max(map(len, lines), default=0)
    for at, (line, behind) in enumerate(pairwise(lines)):
        word = behind.partition(" ")[0]
        if behind[:1].isupper() and len(line) + len(word) < widest - _ROOM:
            return " ".join(lines[: at + 1])
    return " ".join(lines)


def _paragraphs(comment: str) -> Iterator[list[str]]:
    """The runs of lines between blank ones, rules and tags, without the signs of the comment."""
    lines: list[str] = []
    for line in comment.splitlines():
        if lines and line.lstrip().startswith("/*"):
            yield lines
            lines = []
        text = _SIGNS.sub("", line, count=1).rstrip()
        for end in _ENDS:
            text = text.removesuffix(end)
        text = text.rstrip("*").strip()
        tag = text.startswith(("@", "\\")) and not _TAG.match(text)
        if _RULE.match(text) or _FILE.match(text) or text.startswith(("@", "\\")):
            if lines:
                yield lines
            lines = []
        if not (_RULE.match(text) or _FILE.match(text) or tag):
            lines.append(text)
    if lines:
        yield lines
