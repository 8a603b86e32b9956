"""Text of which only the lines are known: code in a language without a grammar here."""

from __future__ import annotations

import re

from laconic.kinds.prose.sentences import MAX_SENTENCE_CHARS, sentence_spans
from laconic.types import Passage, Segment

__all__ = ["PROMPT", "LineSegmenter"]

_LINE = re.compile(r"\S[^\n]*")
PROMPT = re.compile(r"[ \t]*(?:\$|>>>|In \[\d+\]:)[ \t]", re.MULTILINE)
"""Before what is typed in a shell or an interpreter."""


class LineSegmenter:
    """One segment of kind ``"line"`` for each line that is not blank; linear in the text.

    What a session at a prompt answers requires the line that was typed.
    """

    def segment(self, passage: Passage, index: int, first: int) -> list[Segment]:
        """Cut ``passage``; see `laconic.types.Segmenter`."""
        segments: list[Segment] = []
        typed: tuple[int, ...] = ()
        for line in _LINE.finditer(passage.text):
            start, end = line.start(), line.start() + len(line.group().rstrip())
            if is_prompt := PROMPT.match(line.group()):
                typed = ()
            if end - start <= MAX_SENTENCE_CHARS:
                segments.append(Segment(index, start, end, "line", typed))
            else:
                spans = sentence_spans(passage.text, start, end, "en")
                segments += (Segment(index, *span, "line", typed) for span in spans)
            if is_prompt:
                typed = (first + len(segments) - 1,)
        return segments
