"""CSV and other delimited tables: a header, and rows that require it."""

from __future__ import annotations

from laconic.kinds.kind import Kind, Parts, SegmentRule
from laconic.kinds.table.samples import table_details
from laconic.kinds.table.segment import TableSegmenter, looks_like_table
from laconic.kinds.verbatim import VerbatimRenderer
from laconic.score.steps import structure_steps

__all__ = ["TABLE"]

TABLE = Kind(
    name="table",
    example='tower,city,metres\nEiffel,Paris,330\nCN,Toronto,553\n"Skytree, Tokyo",Tokyo,634\nCalgary,Calgary,191\n',
    aliases=("csv",),
    segmenter=lambda _: TableSegmenter(),
    renderer=VerbatimRenderer,
    suffixes=(".csv", ".tsv"),
    looks_like=looks_like_table,
    rules={
        "table_header": SegmentRule(heads=True),
        "table_row": SegmentRule(same_words_differ=True, parts=Parts.BEGINNING),
    },
    steps=structure_steps,
    details=table_details,
)
