"""A text as the lines that a policy decides about."""

from __future__ import annotations

import re
from dataclasses import dataclass

from laconic.kinds.prose.language import guess_language
from laconic.kinds.prose.sentences import sentence_spans
from laconic.types import Segment

__all__ = ["LONG_LINE_CHARS", "Line", "split_lines"]

LONG_LINE_CHARS = 240
"""Longer lines of running text are cut into sentences, which then take the line's place: a document on one line is a
document all the same."""

_LINE = re.compile(r"[^\r\n]*\S[^\r\n]*")
_BLANK_LINE = re.compile(r"(?:\r\n?|\n)[ \t]*(?:\r\n?|\n)")


@dataclass(frozen=True)
class Line:
    """What a policy decides about: a line that is not blank, or one sentence of a long line.

    Attributes:
        text: without the line break and outer white space.
        tokens: its count, with the white space that separates it from what stands before.
        number: of the source line among the lines that are not blank, from 0.
        block: number of its paragraph (lines between blank lines), from 0.
        pinned: whether it is kept whatever the policy says.
    """

    text: str
    tokens: int
    number: int
    block: int
    pinned: bool = False


def split_lines(text: str) -> tuple[list[Segment], list[int], list[int]]:
    """Cut a text into lines, and long lines into sentences.

    Args:
        text: the context.

    Returns:
        Segments of kind ``"line"`` or ``"sentence"``, in order, none blank, white space around them left out; for each
        the number of its source line; for each the number of its block. Nothing for a blank text.
    """
    segments: list[Segment] = []
    numbers: list[int] = []
    blocks: list[int] = []
    language = guess_language(text)
    block, previous_end = 0, 0
    for number, match in enumerate(_LINE.finditer(text)):
        if number and _BLANK_LINE.search(text, previous_end, match.start()):
            block += 1
        previous_end = match.end()
        line = match.group()
        start = match.start() + len(line) - len(line.lstrip())
        end = match.start() + len(line.rstrip())
        spans = [(start, end)]
        if end - start > LONG_LINE_CHARS:
            spans = sentence_spans(text, start, end, language)
        kind = "line" if len(spans) == 1 else "sentence"
        for first, last in spans:
            segments.append(Segment(0, first, last, kind))
            numbers.append(number)
            blocks.append(block)
    return segments, numbers, blocks
