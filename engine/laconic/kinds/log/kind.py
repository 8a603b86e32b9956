"""Logs and stack traces: a segment for each line."""

from __future__ import annotations

from dataclasses import replace

from laconic.kinds.kind import Kind, SegmentRule
from laconic.kinds.log.digest import log_details
from laconic.kinds.log.segment import LogSegmenter, looks_like_log, looks_like_traceback
from laconic.kinds.verbatim import VerbatimRenderer
from laconic.score.steps import structure_steps

__all__ = ["LOG", "TRACEBACK"]

LOG = Kind(
    name="log",
    segmenter=lambda _: LogSegmenter(),
    renderer=VerbatimRenderer,
    suffixes=(".log",),
    looks_like=looks_like_log,
    rules={"log_line": SegmentRule(same_words_differ=True)},
    steps=structure_steps,
    details=log_details,
)

TRACEBACK = replace(LOG, name="traceback", suffixes=(), looks_like=looks_like_traceback)
