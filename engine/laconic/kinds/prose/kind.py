"""Running text: sentences, and the headings, lists, tables and quotes around them."""

from __future__ import annotations

from laconic.kinds.kind import Kind, Parts, Repeats, SegmentRule
from laconic.kinds.prose.segment import ProseSegmenter
from laconic.kinds.verbatim import VerbatimRenderer
from laconic.score.steps import structure_steps

__all__ = ["PROSE", "PROSE_RULES"]

_RUNNING = SegmentRule(repeats=Repeats.BY_WORDS, prunable=True, parts=Parts.CLAUSES)
PROSE_RULES = {
    "sentence": _RUNNING,
    "list_item": _RUNNING,
    "quote": _RUNNING,
    "heading": SegmentRule(heads=True),
    "table_header": SegmentRule(heads=True),
    "table_row": SegmentRule(same_words_differ=True, parts=Parts.BEGINNING),
}

PROSE = Kind(
    name="prose",
    example="The Eiffel Tower is 330 metres high. It was built in 1889 by Gustave Eiffel. Paint keeps it safe.\n\n"
    "Every seven years it is repainted. Sixty tonnes of paint are needed. Visitors may climb 674 steps.",
    segmenter=lambda _: ProseSegmenter(),
    renderer=VerbatimRenderer,
    rules=PROSE_RULES,
    steps=structure_steps,
    running_text=True,
    parts=True,
)
