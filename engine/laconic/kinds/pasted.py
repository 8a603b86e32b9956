"""What people paste between their own words without any marks: JSON, diffs and stack traces, where that is certain."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from laconic.kinds.diff.segment import diff_spans
from laconic.kinds.json.tree import find_values, parse_json
from laconic.kinds.log.segment import trace_spans
from laconic.types import Span

__all__ = ["Pasted", "find_pasted", "json_in_text", "stands_in_text"]

_LEAST_LINE = 80  # characters of an object or array on one line that is not part of a sentence
_VALUE_LINE = re.compile(r"^(?:\{|\[)(?=\s*(?:[\[{\"}]|-?\d[\d.]*\s*,|$))", re.MULTILINE)
_FENCE = re.compile(r"^(?:```|~~~)", re.MULTILINE)
_WORDS = re.compile(r"(?:#{1,6} |[-*] )?[A-Z][\w'’]*,?(?: [`\"'(]*[\w'’./-]+[`\"'),.:;!?]*){3}")
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


def stands_in_text(text: str, spans: Iterable[Span]) -> bool:
    """Whether what some stretches leave of a text is mostly words, or they stand between the marks of a fence."""
    if _FENCE.search(text):
        return True
    outside: list[str] = []
    at, inside = 0, 0
    for start, end in spans:
        outside += filter(str.strip, text[at:start].split("\n"))
        inside += text.count("\n", start, end) + 1
        at = end
    outside += filter(str.strip, text[at:].split("\n"))
    words = sum(_WORDS.match(line) is not None for line in outside)
    return words > _OF_WORDS * len(outside) and words > _LEAST_SHARE * inside


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
