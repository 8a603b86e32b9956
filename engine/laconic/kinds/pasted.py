"""What people paste between their own words without any marks: JSON, diffs and stack traces, where that is certain."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from laconic.kinds.diff.segment import diff_spans
from laconic.kinds.json.tree import find_values, parse_json
from laconic.kinds.log.segment import trace_spans
from laconic.types import Span

__all__ = ["Pasted", "find_pasted", "has_fence", "json_in_text", "stands_in_text"]

_LEAST_LINE = 80  # characters of an object or array on one line that is not part of a sentence
_VALUE_LINE = re.compile(r"^(?:\{|\[)(?=\s*(?:[\[{\"}]|-?\d[\d.]*\s*,|$))", re.MULTILINE)
_FENCE = re.compile(r"^(?:```|~~~)", re.MULTILINE)
_WORDS = re.compile(r"(?:#{1,6} |[-*] )?[A-Z][\w'’]*,?(?: [`\"'(]{0,3}[\w'’./-]{1,60}[`\"'),.:;!?]{0,3}){3}")
_QUOTES = ('"""', "'''")
_OF_WORDS, _LEAST_SHARE = 0.5, 0.2


class Pasted(NamedTuple):
    """A stretch of whole lines, without the line break that ends it, and the name of its kind."""

    start: int
    end: int
    kind: str


def find_pasted(text: str) -> list[Pasted]:
    """The stretches of a text, in order, none in another; linear, and next to nothing for a text without any."""
    found = [Pasted(*span, "diff") for span in diff_spans(text)]
    found += (Pasted(*span, "traceback") for span in trace_spans(text))
    if first := _VALUE_LINE.search(text) if "\n{" in text or "\n[" in text or text[:1] in "{[" else None:
        found += (Pasted(*span, "json") for span in _values(text, first.start()))
    if len(found) < 2:
        return found
    apart: list[Pasted] = []
    for each in sorted(found, key=lambda each: (each.start, -each.end)):
        if not apart or each.start >= apart[-1].end:
            apart.append(each)
    return apart


def has_fence(text: str) -> bool:
    """Whether a fence opens somewhere, other than in a string of many lines: such a text is no code, diff or log."""
    fence = _FENCE.search(text)
    return fence is not None and not any(text.count(mark, 0, fence.start()) % 2 for mark in _QUOTES)


def stands_in_text(text: str, spans: Sequence[Span]) -> bool:
    """Whether what some stretches leave of a text is words in the main: many, or what stands behind the last one."""
    if has_fence(text):
        return True
    inside, words, lines, at = 0, 0, 0, 0
    behind = False
    for start, end in (*spans, (len(text), len(text))):
        outside = [line for line in text[at:start].split("\n") if line.strip()]
        own = sum(_WORDS.match(line) is not None for line in outside)
        behind = own > _OF_WORDS * len(outside)
        words, lines = words + own, lines + len(outside)
        inside += text.count("\n", start, end) + 1
        at = end
    return (bool(spans) and behind) or (words > _OF_WORDS * lines and words > _LEAST_SHARE * inside)


def json_in_text(text: str) -> bool:
    """Whether a text that begins as JSON is none but begins with some: a whole value, then words."""
    if parse_json(text):
        return False
    value = next(iter(find_values(text)), None)
    return value is not None and not text[: value.start].strip() and stands_in_text(text, [(value.start, value.end)])


def _values(text: str, at: int) -> Iterator[Span]:
    """Objects and arrays on lines of their own."""
    for node in find_values(text, at):
        line_end = text.find("\n", node.end)
        behind = text[node.end : line_end if line_end >= 0 else len(text)]
        alone = (not node.start or text[node.start - 1] == "\n") and not behind.strip()
        if alone and (node.end - node.start >= _LEAST_LINE or "\n" in text[node.start : node.end]):
            yield node.start, node.end
