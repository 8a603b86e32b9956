"""Marks that tools put before the lines of a text they show or pass on: ``> `` in mail, numbers, comment signs in code.

The words behind them are the same text, so everything that looks at lines looks behind the marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

__all__ = ["find_marks", "runs_on"]

_QUOTE = re.compile(r"(?:[ \t]{0,3}(?:[A-Z]{2,3})?>)+ ?")
_DOCTEST = re.compile(r"[ \t]*>>>(?: |$)")
_NUMBER = re.compile(r"[ \t]*(\d{1,7})(\t| ?[|│→] ?|:(?!\d) ?|  |$)")
_SENTENCES = re.compile(r"[^\W\d][.!?] [^\W\d_]")  # one ends and another begins, as within no heading
_COMMENT = re.compile(r"[ \t]*(#+|//[/!]?|;{1,3}|--|%{1,2}|\*)(?:[ \t]|(?=\s)|$)")
_COMMENT_SIGNS = frozenset("#/;-%*")
_DIGITS = frozenset("0123456789")

# A numbering is believed from two lines on that count up by one. One with only blanks behind the numbers may be the
# first column of a table.
_LEAST_NUMBERED = {"  ": 5}

_INNER_END = re.compile(r"\w{3}[)\]\"”]{0,2}[.!?][\"'”’)\]]{0,3}\s+[\"'“‘(]{0,2}[A-Z]\S*\s+\S|[。！？।؟۔]\s?\w")
_LOOKED_AT = 300
_RUNNING_CHARS = 25  # a shorter line is not broken for want of room
_MOST_SIGNS = 4  # of comments in comments
_NO_MARKS = (0, "")


def runs_on(text: str) -> bool:
    """Whether a sentence ends inside a line and another one begins there: it is running text, no title and no item."""
    return _INNER_END.search(text, 0, _LOOKED_AT) is not None


def find_marks(raw: Sequence[str]) -> dict[int, tuple[int, str]]:
    """Of the lines that have marks: how many characters they take, and what they are."""
    found: dict[int, tuple[int, str]] = {}
    heads = [line.lstrip()[:1] for line in raw]
    if not _DIGITS.isdisjoint(heads):
        found = {at: (length, "") for at, length in _numbers(raw, heads)}
        heads = _heads(raw, found) if found else heads
    if ">" in heads or any(">" in line[:4] for line in raw):
        found |= _quotes(raw, found)
        heads = _heads(raw, found)
    # one comment may stand in another, as licences stand in licences
    while not _COMMENT_SIGNS.isdisjoint(heads) and (comments := _comments(raw, heads, found)):
        found |= comments
        heads = _heads(raw, found)
        if all(len(name) > _MOST_SIGNS for _, name in comments.values()):
            break
    return found


def _heads(raw: Sequence[str], found: dict[int, tuple[int, str]]) -> list[str]:
    """The first characters behind the marks."""
    return [line[found.get(at, _NO_MARKS)[0] :].lstrip()[:1] for at, line in enumerate(raw)]


def _numbers(raw: Sequence[str], heads: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Lines that a tool has numbered: index, and how many characters the number takes."""
    run: list[tuple[int, int]] = []
    expected, style, filled = -1, "", 0
    for at, head in enumerate([*heads, "."]):
        if not head:
            continue
        bare = raw[at].rstrip("\r\n\f\v") if head in _DIGITS else ""
        match = _NUMBER.match(bare) if bare else None
        own = (match[2].strip() or match[2]) if match else ""
        if match and run and int(match[1]) == expected and own in (style, ""):
            run.append((at, match.end()))
        else:
            if filled >= _LEAST_NUMBERED.get(style, 2):
                yield from run
            begins = match is not None and own and not (own == "|" and at and "|" in raw[at - 1])  # that is a table
            run, filled = ([(at, match.end())], 0) if match and begins else ([], 0)
            style = own
        if match and run:
            expected = int(match[1]) + 1
            filled += bool(bare[match.end() :].strip())


def _quotes(raw: Sequence[str], known: dict[int, tuple[int, str]]) -> dict[int, tuple[int, str]]:
    """Lines of quotations, with a mark for each level."""
    matches = {}
    for at, line in enumerate(raw):
        skipped, _ = known.get(at, _NO_MARKS)
        match = _QUOTE.match(line, skipped)
        if match and not _DOCTEST.match(line, skipped):
            matches[at] = match
    found = {}
    for at, match in matches.items():
        # without a blank behind it, a single one may be anything
        if raw[at][match.end() - 1] == " " or not raw[at][match.end() :].strip() or {at - 1, at + 1} & matches.keys():
            found[at] = (match.end(), known.get(at, _NO_MARKS)[1] + ">" * match.group().count(">"))
    return found


def _comments(
    raw: Sequence[str], heads: Sequence[str], known: dict[int, tuple[int, str]]
) -> dict[int, tuple[int, str]]:
    """Lines of comments in code: each with the same sign at the same column, and a sentence running over them."""
    found: dict[int, tuple[int, str]] = {}
    run: list[tuple[int, re.Match[str], str]] = []

    def settle() -> None:
        if len(run) > 1 and _is_comment(raw, run):
            found.update((at, (match.end(), name + match[1])) for at, match, name in run)
        run.clear()

    for at, head in enumerate(heads):
        if head not in _COMMENT_SIGNS:
            continue
        skipped, name = known.get(at, _NO_MARKS)
        match = _COMMENT.match(raw[at], skipped)
        if run and (match is None or run[-1][0] != at - 1 or not _same_sign(match, run[-1][1])):
            settle()
        if match is not None:
            run.append((at, match, name))
    settle()
    return found


def _same_sign(match: re.Match[str], other: re.Match[str]) -> bool:
    return match[1] == other[1] and (match[1] == "*" or match.start(1) == other.start(1))


def _is_comment(raw: Sequence[str], run: list[tuple[int, re.Match[str], str]]) -> bool:
    """Whether lines that begin with one sign are one text behind it; else they may be headings or items of a list."""
    first, match, _ = run[0]
    if match[1] == "*":
        return first > 0 and raw[first - 1].lstrip("#/ ").startswith("*")
    words = [raw[at][match.end() :].strip() for at, match, _ in run]
    return any(
        len(above) >= _RUNNING_CHARS
        and above[-1].isalnum()
        and (below[:1].islower() or runs_on(above) or _SENTENCES.search(below) is not None)
        for above, below in pairwise(words)
    )
