"""Code by its parser: signatures without bodies, comments out, never inside a string.

Needs the extra ``code``; without it, and for languages without a grammar, every function here says that it can do
nothing by returning None.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

    from laconic.render.code.compose import Edit
    from laconic.segment.code.parse import ParsedCode

__all__ = ["cleaned_code", "code_language", "same_language", "signatures"]

_SHEBANG = re.compile(r"#!")
_CODING = re.compile(r"#.*coding[:=]")
_LICENCE = re.compile(r"copyright|licen[cs]e|SPDX|©", re.IGNORECASE)
_PRAGMA = re.compile(
    r"(?:#|//|/\*|--)[ \t]*(?:type:[ \t]*ignore\b|noqa\b|pylint:|mypy:|flake8:|pyright:|ruff:|"
    r"fmt:[ \t]*(?:on|off|skip)\b|isort:|yapf:|pragma:[ \t]*no[ \t]?cover|nosec\b|"
    r"eslint-|tslint:|jshint\b|prettier-ignore|@ts-(?:ignore|nocheck|expect-error)|istanbul ignore|c8 ignore|"
    r"v8 ignore|NOLINT|clang-format|nolint\b|noinspection\b|NOSONAR|rubocop:|swiftlint:|checkstyle:|"
    r"phpcs:|@phpstan-|@psalm-|ReSharper |coverage:ignore|ignore(?:_for_file)?:)"
)


@lru_cache(maxsize=256)
def code_language(tag: str | None) -> str | None:
    """The name here of the language that a fence calls ``tag``; None where it is unknown or its grammar is missing."""
    if not tag or find_spec("tree_sitter") is None:
        return None
    from laconic.segment.code.detect import known_language
    from laconic.segment.code.language import language_named

    name = known_language(tag)
    return name if name and find_spec(language_named(name).module) else None


def same_language(name: str, other: str) -> bool:
    """Whether two tags name one language (``js`` and ``javascript``)."""
    if name.lower() == other.lower():
        return True
    known = code_language(name)
    return known is not None and known == code_language(other)


def _parsed(text: str, language: str) -> ParsedCode | None:
    from laconic.segment.code.parse import ParseTimeoutError, parse_fragment

    try:
        return parse_fragment(text, language)
    except ParseTimeoutError:
        return None


def signatures(text: str, tag: str | None, *, docstrings: bool = True) -> str | None:
    """The code with the bodies of its functions emptied.

    Args:
        text: a file or a piece of one.
        tag: its language as a fence would call it.
        docstrings: keep docstrings and comments before definitions; else they go too.

    Returns:
        The text, which parses where the whole did; None where the language is not supported or nothing can be emptied.
    """
    language = code_language(tag)
    parsed = _parsed(text, language) if language else None
    if parsed is None:
        return None
    from laconic.render.code.compose import compose
    from laconic.render.code.detail import body_edit, functions_of
    from laconic.segment.code.parse import parses_clean

    edits = [
        edit for unit in functions_of(parsed) if not unit.broken for edit in body_edit(parsed, unit, doc=docstrings)
    ]
    if not docstrings:
        bodies = list(edits)
        edits += [
            edit
            for edit in _comment_edits(parsed, keep=lambda comment: False)
            if not any(body.start < edit.end and edit.start < body.end for body in bodies)
        ]
    if not edits:
        return None
    result = compose(parsed, edits).text
    return result if not parsed.clean or parses_clean(result, parsed.language.name) else None


def cleaned_code(
    text: str, tag: str | None, *, comments: bool = False, pragmas: bool = True, keep_licence: bool = True
) -> str | None:
    """The code without what only tools read.

    Args:
        text: a file or a piece of one.
        tag: its language as a fence would call it.
        comments: take all comments out, documentation comments included (docstrings are strings and stay).
        pragmas: take comments out that only instruct linters, type checkers and formatters.
        keep_licence: comments at the top that speak of copyright or a licence stay. Shebang and coding lines always do.

    Returns:
        The text; None where the language is not supported, the parser ran out of time or there is nothing to take out.
        Strings are never touched. A comment that has a line of its own goes with the line.
    """
    if not comments and not (pragmas and _PRAGMA.search(text)):
        return None  # most code: seen without parsing
    language = code_language(tag)
    parsed = _parsed(text, language) if language else None
    if parsed is None:
        return None
    from laconic.render.code.compose import compose
    from laconic.segment.code.parse import parses_clean

    def keep(comment: str) -> bool:
        return not comments and not (pragmas and bool(_PRAGMA.match(comment)))

    edits = _comment_edits(parsed, keep, keep_licence=keep_licence)
    if not edits:
        return None
    result = compose(parsed, edits).text
    return result if not parsed.clean or parses_clean(result, parsed.language.name) else None


def _comment_edits(parsed: ParsedCode, keep: Callable[[str], bool], *, keep_licence: bool = True) -> list[Edit]:
    """Edits that take out the comments that ``keep`` does not ask for."""
    from laconic.render.code.compose import Edit

    data = parsed.data
    edits: list[Edit] = []
    in_head = True  # nothing but comments so far
    last = parsed.shift
    for node in _comments(parsed):
        start, end = node.start_byte, node.end_byte
        while end > start and data[end - 1] in b"\r\n":
            end -= 1
        in_head = in_head and not data[last:start].strip()
        last = end
        comment = data[start:end].decode("utf-8", "replace")
        fixed = in_head and (
            (start == parsed.shift and _SHEBANG.match(comment))
            or _CODING.match(comment)
            or (keep_licence and _LICENCE.search(comment))
        )
        if fixed or keep(comment):
            continue
        line = data.rfind(b"\n", 0, start) + 1
        following = data.find(b"\n", end)
        following = len(data) if following < 0 else following + 1
        if not data[line:start].strip() and not data[end:following].strip():
            edits.append(Edit(line, following))
            continue
        while start > line and data[start - 1] in b" \t":
            start -= 1
        joins = data[start - 1 : start].isalnum() and data[end : end + 1].isalnum()
        edits.append(Edit(start, end, " " if joins else ""))
    return edits


def _comments(parsed: ParsedCode) -> list[Node]:
    """The comments in order, outermost ones."""
    found = parsed.captures("query").get("comment", [])
    outer: list[Node] = []
    for node in sorted(found, key=lambda node: (node.start_byte, -node.end_byte)):
        if not outer or node.start_byte >= outer[-1].end_byte:
            outer.append(node)
    return outer
