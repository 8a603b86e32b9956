"""What a reader of kept code needs beside it: the imports that it uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from laconic.kinds.code.segment import FILE_FUNCTIONS, read_passage
from laconic.kinds.code.units import imported_names
from laconic.score.code.identifiers import identifiers
from laconic.types import DROPPED, Passage, Segment

__all__ = ["imports_used"]


def imports_used(passage: Passage, segments: Sequence[Segment], levels: Sequence[int]) -> Iterator[int]:
    """Positions of the import segments that bring in a name of what is kept of a file; linear in what is kept.

    Of a function or two by themselves they say little, and cost what another function could say.
    """
    places = {segment.start: at for at, segment in enumerate(segments) if segment.kind == "import"}
    if not places or sum(segment.kind == "function" for segment in segments) < FILE_FUNCTIONS:
        return
    parsed = read_passage(passage)
    if parsed is None:
        return
    kept = [segment for segment, level in zip(segments, levels, strict=True) if level != DROPPED]
    used = {name for segment in kept for name in identifiers(passage.text[segment.start : segment.end])}
    for (start, _), names in imported_names(parsed):
        at = places.get(parsed.char(start))
        if at is not None and levels[at] == DROPPED and not names.isdisjoint(used):
            yield at
