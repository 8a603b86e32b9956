"""Unified diffs: changes, with the headers that say where they belong."""

from __future__ import annotations

from laconic.kinds.diff.render import DiffRenderer
from laconic.kinds.diff.samples import diff_details
from laconic.kinds.diff.segment import DiffSegmenter, diff_spans, looks_like_diff
from laconic.kinds.kind import Kind, SegmentRule
from laconic.kinds.pasted import stands_in_text
from laconic.score.steps import structure_steps

__all__ = ["DIFF"]

DIFF = Kind(
    name="diff",
    example="diff --git a/tower.py b/tower.py\n--- a/tower.py\n+++ b/tower.py\n@@ -1,3 +1,3 @@\n a = 1\n-metres = 324\n"
    "+metres = 330\n c = 3\n@@ -10,2 +10,3 @@ def paint():\n x = 1\n+y = 2\n z = 3\n",
    segmenter=lambda _: DiffSegmenter(),
    renderer=DiffRenderer,
    suffixes=(".diff", ".patch"),
    looks_like=looks_like_diff,
    inside=lambda text: stands_in_text(text, diff_spans(text)),
    rules={"diff_file": SegmentRule(is_frame=True), "line": SegmentRule(same_words_differ=True)},
    steps=structure_steps,
    frames=True,
    details=diff_details,
)
