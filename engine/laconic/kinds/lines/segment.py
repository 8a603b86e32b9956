"""Text of which only the lines are known: code in a language without a grammar here."""

from __future__ import annotations

import re

from laconic.kinds.prose.sentences import MAX_SENTENCE_CHARS, sentence_spans
from laconic.types import Passage, Segment

__all__ = ["LineSegmenter"]

_LINE = re.compile(r"\S[^\n]*")


class LineSegmenter:
    """One segment of kind ``"line"`` for each line that is not blank; linear in the text."""

    def segment(self, passage: Passage, index: int, first: int) -> list[Segment]:
        """Cut ``passage``; see `laconic.types.Segmenter`."""
        segments: list[Segment] = []
        for line in _LINE.finditer(passage.text):
            start, end = line.start(), line.start() + len(line.group().rstrip())
            if end - start <= MAX_SENTENCE_CHARS:
                segments.append(Segment(index, start, end, "line"))
            else:
                segments += (Segment(index, *span, "line") for span in sentence_spans(passage.text, start, end, "en"))
        return segments
