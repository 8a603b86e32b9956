"""Unified diffs: changes, with the headers that say where they belong."""

from __future__ import annotations

from laconic.kinds.diff.render import DiffRenderer
from laconic.kinds.diff.samples import diff_details
from laconic.kinds.diff.segment import DiffSegmenter, looks_like_diff
from laconic.kinds.kind import Kind, SegmentRule
from laconic.score.steps import structure_steps

__all__ = ["DIFF"]

DIFF = Kind(
    name="diff",
    segmenter=lambda _: DiffSegmenter(),
    renderer=DiffRenderer,
    suffixes=(".diff", ".patch"),
    looks_like=looks_like_diff,
    rules={"diff_hunk": SegmentRule(needs_frame=True), "line": SegmentRule(same_words_differ=True)},
    steps=structure_steps,
    frames=True,
    details=diff_details,
)
