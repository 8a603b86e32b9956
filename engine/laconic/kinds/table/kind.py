"""CSV and other delimited tables: a header, and rows that require it."""

from __future__ import annotations

from laconic.kinds.kind import Kind, Parts, SegmentRule
from laconic.kinds.table.narrow import columns_asked
from laconic.kinds.table.samples import table_details
from laconic.kinds.table.segment import TableSegmenter, looks_like_table, uneven_rows
from laconic.kinds.verbatim import VerbatimRenderer
from laconic.score.steps import structure_steps
from laconic.types import Passage

__all__ = ["TABLE"]


def _is_uneven(passage: Passage) -> tuple[str, str] | None:
    """Rows of another length than the header are rows all the same."""
    uneven, rows = uneven_rows(passage.text)
    return ("table", f"{uneven} of {rows} rows of a table are longer or shorter than its header") if uneven else None


TABLE = Kind(
    name="table",
    example='tower,city,metres\nEiffel,Paris,330\nCN,Toronto,553\n"Skytree, Tokyo",Tokyo,634\nCalgary,Calgary,191\n',
    aliases=("csv",),
    segmenter=lambda _: TableSegmenter(),
    renderer=VerbatimRenderer,
    suffixes=(".csv", ".tsv"),
    looks_like=looks_like_table,
    rules={
        "table_header": SegmentRule(heads=True, is_frame=True),
        "table_row": SegmentRule(same_words_differ=True, parts=Parts.BEGINNING),
    },
    steps=structure_steps,
    details=table_details,
    instead=_is_uneven,
    narrow=columns_asked,
)
