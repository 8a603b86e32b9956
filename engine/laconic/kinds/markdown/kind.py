"""Markdown: prose with its marks."""

from __future__ import annotations

from laconic.kinds.kind import Kind
from laconic.kinds.prose.kind import PROSE_RULES
from laconic.kinds.prose.segment import ProseSegmenter
from laconic.kinds.verbatim import VerbatimRenderer
from laconic.score.steps import structure_steps

__all__ = ["MARKDOWN"]

MARKDOWN = Kind(
    name="markdown",
    segmenter=lambda _: ProseSegmenter(),
    renderer=VerbatimRenderer,
    suffixes=(".markdown", ".md"),
    rules=PROSE_RULES,
    steps=structure_steps,
    running_text=True,
)
