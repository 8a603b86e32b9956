"""Tables in columns of blanks, as programs print them: a header, and rows that require it."""

from __future__ import annotations

from laconic.kinds.columns.segment import ColumnsSegmenter, looks_like_columns
from laconic.kinds.kind import Kind, SegmentRule
from laconic.kinds.verbatim import VerbatimRenderer
from laconic.score.steps import structure_steps

__all__ = ["COLUMNS"]

COLUMNS = Kind(
    name="columns",
    example="NAME       READY   STATUS             RESTARTS   AGE\n"
    "eiffel-1   1/1     Running            0          8d\n"
    "eiffel-2   0/1     CrashLoopBackOff   12         8d\ncn-1       1/1     Running            0          3h\n",
    segmenter=lambda _: ColumnsSegmenter(),
    renderer=VerbatimRenderer,
    looks_like=looks_like_columns,
    rules={"table_header": SegmentRule(heads=True), "table_row": SegmentRule(same_words_differ=True)},
    steps=structure_steps,
)
