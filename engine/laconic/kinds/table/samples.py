"""A table with fewer rows, and its header with the number of rows."""

from __future__ import annotations

from collections.abc import Iterator

from laconic.kinds.examples import SIZES, Wanted, chosen
from laconic.kinds.kind import Detail
from laconic.kinds.table.segment import TableSegmenter, delimiter_of
from laconic.types import Passage

__all__ = ["table_details"]


def table_details(text: str, query: str | None) -> Iterator[Detail]:
    """Fewer and fewer rows, those that the question names first, with a line that counts what is left out."""
    segments = TableSegmenter().segment(Passage(text), 0, 0)
    delimiter = delimiter_of(text)
    if delimiter is None or len(segments) < 3:
        return
    header, rows = (text[segments[0].start : segments[0].end], [text[s.start : s.end] for s in segments[1:]])
    matches = Wanted(query)(rows)
    for size in SIZES:
        if size < len(rows):
            kept = [rows[at] for at in chosen(matches, size)]
            yield Detail(
                "sampled", "\n".join([header, *kept, f"[{len(rows) - len(kept)} of {len(rows)} rows left out]"])
            )
    yield Detail("schema", f"{header}\n[table of {len(rows)} rows]")
