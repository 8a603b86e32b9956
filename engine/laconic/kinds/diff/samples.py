"""A diff with fewer changes, and in outline: its files, and where each changes by how much."""

from __future__ import annotations

from collections.abc import Iterator

from laconic.kinds.diff.render import DiffRenderer
from laconic.kinds.diff.segment import DiffSegmenter, hunks
from laconic.kinds.examples import SIZES, Wanted, chosen
from laconic.kinds.kind import Detail
from laconic.types import DROPPED, Passage

__all__ = ["diff_details"]


def diff_details(text: str, query: str | None) -> Iterator[Detail]:
    """Fewer and fewer changes, those that the question names first, then the outline."""
    segments = DiffSegmenter().segment(Passage(text), 0, 0)
    changes = [at for at, segment in enumerate(segments) if segment.kind == "diff_hunk"]
    matches = Wanted(query)([text[segments[at].start : segments[at].end] for at in changes])
    for size in SIZES:
        if size < len(changes):
            kept = {changes[at] for at in chosen(matches, size)}
            levels = [
                0 if at in kept or segment.kind == "diff_file" else DROPPED for at, segment in enumerate(segments)
            ]
            excerpt = DiffRenderer().render(Passage(text), segments, levels).text
            yield Detail("sampled", f"[excerpt of a diff: {size} of {len(changes)} changes]\n{excerpt}")
    yield Detail("schema", _diff_outline(text))


def _diff_outline(text: str) -> str:
    """The files, and of each hunk where it is and how many lines it adds and removes."""
    starts = {hunk.start: hunk for hunk in hunks(text)}
    lines = ["[diff in outline]"]
    for segment in DiffSegmenter().segment(Passage(text), 0, 0):
        if segment.kind == "diff_file":
            name = text[segment.start : segment.end].split("\n")[-1]
            lines.append(name.removeprefix("+++ ").removeprefix("b/"))
        elif segment.start in starts:
            hunk = starts[segment.start]
            body = text[hunk.body : hunk.end].split("\n")
            added, removed = (sum(line.startswith(mark) for line in body) for mark in "+-")
            lines.append(f"  line {hunk.new}: +{added} -{removed}{hunk.section}")
    return "\n".join(lines)
