"""Text of which only the lines are known: code in a language without a grammar here."""

from __future__ import annotations

from laconic.kinds.kind import Kind, SegmentRule
from laconic.kinds.lines.segment import LineSegmenter
from laconic.kinds.verbatim import VerbatimRenderer

__all__ = ["LINES"]

LINES = Kind(
    name="lines",
    example="MOVE METRES TO HEIGHT.\nADD 1 TO HEIGHT.\n\n    PERFORM PAINT UNTIL DONE.\nSTOP RUN.\n",
    segmenter=lambda _: LineSegmenter(),
    renderer=VerbatimRenderer,
    whole_part=300,  # a command or two with what they print: as long as a list item that is kept whole
    rules={"line": SegmentRule(same_words_differ=True)},
)
