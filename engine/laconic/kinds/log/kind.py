"""Logs and stack traces: a segment for each line."""

from __future__ import annotations

from dataclasses import replace

from laconic.kinds.kind import Kind, Parts, SegmentRule
from laconic.kinds.log.digest import log_details
from laconic.kinds.log.segment import LogSegmenter, looks_like_log, looks_like_traceback, trace_spans
from laconic.kinds.pasted import has_fence, stands_in_text
from laconic.kinds.verbatim import VerbatimRenderer
from laconic.score.steps import structure_steps

__all__ = ["LOG", "TRACEBACK"]

LOG = Kind(
    name="log",
    example="2024-05-01 10:00:00 INFO start of job 7\n2024-05-01 10:00:01 ERROR job 7 failed: disk full\n"
    "  at tower.paint (paint.js:3)\n2024-05-01 10:00:02 INFO start of job 8\n2024-05-01 10:00:03 INFO job 8 is done\n",
    segmenter=lambda _: LogSegmenter(),
    renderer=VerbatimRenderer,
    suffixes=(".log",),
    looks_like=looks_like_log,
    inside=has_fence,
    rules={"log_line": SegmentRule(same_words_differ=True, runs_repeat=True, parts=Parts.BEGINNING)},
    steps=structure_steps,
    details=log_details,
)

TRACEBACK = replace(
    LOG,
    name="traceback",
    example='Traceback (most recent call last):\n  File "paint.py", line 3, in <module>\n    tower.paint(60)\n'
    "  File \"tower.py\", line 9, in paint\n    self.brush()\nAttributeError: 'Tower' has no attribute 'brush'\n",
    suffixes=(),
    looks_like=looks_like_traceback,
    inside=lambda text: stands_in_text(text, trace_spans(text)),
)
