"""Kept segments back to text, verbatim, with the paragraph and list structure that they had."""

from __future__ import annotations

from collections.abc import Sequence

from laconic.types import DROPPED, Passage, Rendered, Segment, Span

__all__ = ["VerbatimRenderer"]


class VerbatimRenderer:
    """Writes nothing of its own: every character of the result, white space included, stands in the passage.

    Two kept neighbours keep what lies between them. Over a cut, the strongest break that was cut (a blank line before
    a line break before a space) is what separates the two sides, and a line keeps its indentation. Linear in the text.
    """

    def render(self, passage: Passage, segments: Sequence[Segment], levels: Sequence[int]) -> Rendered:
        """Text and spans of the kept segments; the spans joined are the text. See `laconic.types.Renderer`.

        A passage of which every segment is kept comes back whole, outer white space included.
        """
        text = passage.text
        kept = [at for at, level in enumerate(levels) if level != DROPPED]
        if len(kept) == len(segments):
            return Rendered(text, ((0, len(text)),) if text else ())
        spans: list[Span] = []
        previous = None
        for at in kept:
            start, end = segments[at].start, segments[at].end
            if previous is None:
                spans.append((start, end))
            else:
                for span in _break(text, segments, previous, at):
                    _append(spans, span)
                _append(spans, (start, end))
            previous = at
        return Rendered("".join(text[start:end] for start, end in spans), tuple(spans))


def _break(text: str, segments: Sequence[Segment], left: int, right: int) -> list[Span]:
    """Spans of the white space that separates two kept segments."""
    own = (segments[right - 1].end, segments[right].start)
    if right == left + 1 or "\n" not in text[segments[left].end : own[0]]:
        return [own]
    strongest, most = own, text.count("\n", *own)
    for at in range(right - 1, left, -1):  # on a tie the nearest to the left side, which leaves fewer spans
        gap = (segments[at - 1].end, segments[at].start)
        lines = text.count("\n", *gap)
        if lines > most or (lines == most and strongest != own):
            strongest, most = gap, lines
    if strongest == own:
        return [own]
    line_end = text.rfind("\n", *strongest) + 1
    indentation = text.rfind("\n", *own) + 1
    if not indentation:  # what follows the cut stood in the middle of a line
        return [(strongest[0], line_end)]
    return [(strongest[0], line_end), (indentation, own[1])]


def _append(spans: list[Span], span: Span) -> None:
    if span[0] == span[1]:
        return
    if spans[-1][1] == span[0]:
        spans[-1] = (spans[-1][0], span[1])
    else:
        spans.append(span)
