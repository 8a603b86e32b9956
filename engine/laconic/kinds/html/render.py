"""Kept segments of HTML back to text: the words, with the few tags that tell a reader what they are.

Kept are the start tags of headings, items, cells and preformatted text, without their attributes; HTML lets the end of
most of them go without saying. All other tags go: they cost as many tokens as the words and tell a model nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from laconic.kinds.html.parts import Part, read_html
from laconic.kinds.runs import bare, merged
from laconic.types import DROPPED, Passage, Rendered, Segment, Span

__all__ = ["HtmlRenderer"]


class HtmlRenderer:
    """Writes nothing of its own: every character of the result stands in the passage. Linear in what is kept.

    Blocks are parted by a line break where one stands between them in the source, else by the tag that opens the
    second; sentences by a space; white space of any length is one character, but in preformatted text.
    """

    def render(self, passage: Passage, segments: Sequence[Segment], levels: Sequence[int]) -> Rendered:
        """Text and spans of the kept segments; the spans joined are the text. See `laconic.types.Renderer`.

        A passage of which every segment is kept in full comes back whole.
        """
        text = passage.text
        if all(level == 0 for level in levels):
            return Rendered(text, ((0, len(text)),) if text else ())
        parts = {part.start: part for part in read_html(text)}
        kept = [segment for segment, level in zip(segments, levels, strict=True) if level != DROPPED]
        found: list[Span] = []
        previous: Part | None = None
        for segment in kept:
            part = parts[segment.start]
            if previous is not None:
                found += _separator(text, previous, part)
            found += part.kept
            previous = part
        spans = tuple(merged(found))
        return Rendered("".join(text[start:end] for start, end in spans), spans)

    def render_beginning(self, passage: Passage, segment: Segment, end: int) -> Rendered | None:
        """The words of a segment up to ``end``, for budgets below the smallest; None where none begins before it."""
        text = passage.text
        part = next(part for part in read_html(text) if part.start == segment.start)
        spans = tuple((start, min(stop, end)) for start, stop in part.kept if start < end)
        words = [span for span in part.words if span[0] < end]
        if not words or text[spans[-1][1] - 1] in "<&":
            return None
        return Rendered("".join(text[start:stop] for start, stop in spans), spans)


def _separator(text: str, left: Part, right: Part) -> list[Span]:
    """Spans between two kept parts that part them."""
    gap = (left.end, right.start)
    if left.block != right.block:
        at = text.find("\n", *gap)
        if at >= 0:
            return [(at, at + 1)]
        if right.lead is not None and gap[0] <= right.lead[0] and right.lead[1] <= gap[1]:
            return bare(text, right.lead)
        if right.lead is not None and right.lead[0] == gap[1]:
            return []  # its own tag parts it
    at = next((at for at in (text.find(space, *gap) for space in " \n\t") if at >= 0), -1)
    return [(at, at + 1)] if at >= 0 else []
