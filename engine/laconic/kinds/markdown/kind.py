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
    example="# Tower\n\nThe tower is 330 metres high. It is made of iron.\n\n## Visits\n\n- Open from nine to five.\n"
    "- Dogs stay outside.\n\n| floor | metres |\n|---|---|\n| first | 57 |\n| second | 115 |\n\n```sh\nmake paint\n```",
    segmenter=lambda _: ProseSegmenter(),
    renderer=VerbatimRenderer,
    suffixes=(".markdown", ".md"),
    rules=PROSE_RULES,
    steps=structure_steps,
    running_text=True,
    parts=True,
)
