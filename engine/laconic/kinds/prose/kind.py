"""Running text: sentences, and the headings, lists, tables and quotes around them."""

from __future__ import annotations

from laconic.kinds.kind import Kind, Repeats, SegmentRule
from laconic.kinds.prose.segment import ProseSegmenter
from laconic.kinds.verbatim import VerbatimRenderer
from laconic.score.steps import structure_steps

__all__ = ["PROSE", "PROSE_RULES"]

_RUNNING = SegmentRule(repeats=Repeats.BY_WORDS, prunable=True)
PROSE_RULES = {
    "sentence": _RUNNING,
    "list_item": _RUNNING,
    "quote": _RUNNING,
    "heading": SegmentRule(heads=True),
    "table_header": SegmentRule(heads=True),
    "table_row": SegmentRule(same_words_differ=True),
}

PROSE = Kind(
    name="prose",
    segmenter=lambda _: ProseSegmenter(),
    renderer=VerbatimRenderer,
    rules=PROSE_RULES,
    steps=structure_steps,
    running_text=True,
)
