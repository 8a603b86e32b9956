"""Mixed passages: a text that holds parts of other kinds, each cut and written as its own kind.

A segmenter names the parts (`laconic.types.Segment.part`); here each is cut by the segmenter of its kind, as a passage
of its own, and its segments take the place of the one that held it. What that has around a part (the lines of a fence)
is in no segment: it is written with whatever is kept of the part, and is the price of entry to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from laconic.kinds.catalogue import recognise_part
from laconic.kinds.kind import Kind
from laconic.types import (
    DROPPED,
    BeginningRenderer,
    CutRenderer,
    Member,
    Part,
    Passage,
    Record,
    Rendered,
    Renderer,
    Segment,
    Span,
    TokenCounter,
)

__all__ = ["Mixed", "OpenPart", "open_parts", "parted", "pieces_of"]


@dataclass(frozen=True, eq=False)
class OpenPart:
    """A part, cut as its kind.

    Attributes:
        passage: the part by itself.
        kind: of the part.
        fallback: why a simpler kind than its own cuts it, None where none does.
        outer: span of the segment that held it, the white space that indents the part included.
        shift: where the part begins in the whole text.
        first, end: the range of its segments in the call's list.
        segments: these, with spans in the part.
    """

    passage: Passage
    kind: Kind
    fallback: str | None
    outer: Span
    shift: int
    first: int
    end: int
    segments: Sequence[Segment]

    @property
    def frame(self) -> tuple[Span, Span]:
        """What the segment that held it has before the part and behind it."""
        return (self.outer[0], self.shift), (self.shift + len(self.passage.text), self.outer[1])


def open_parts(
    passage: Passage, index: int, first: int, outer: Sequence[Segment], counter: TokenCounter
) -> tuple[list[Segment], list[OpenPart]]:
    """Cut the parts that segments hold.

    Args:
        passage: of the call.
        index: its position in the call.
        first: position in the call's list of its first segment.
        outer: its segments, as its own kind cuts it.
        counter: plans levels of detail.

    Returns:
        The segments of the passage, those of each part in the place of the one that held it, and the parts. A part in
        which there is nothing to cut stays one segment. What is in a part brings along what its holder required.
    """
    opened: list[OpenPart | None] = []
    places: list[int] = []  # of each outer segment, or of the first in it
    at = first
    for segment in outer:
        places.append(at)
        part = _opened(passage, index, at, segment, segment.part, counter) if segment.part is not None else None
        opened.append(part)
        at += 1 if part is None else len(part.segments)
    _move_members(outer, first, places)
    found: list[Segment] = []
    for segment, part in zip(outer, opened, strict=True):
        requires, along, under = (
            tuple(places[other - first] for other in others)
            for others in (segment.requires, segment.along, segment.under)
        )
        if part is None:
            found.append(segment._replace(requires=requires, along=along, under=under))
            continue
        for each in part.segments:
            span = (each.start + part.shift, each.end + part.shift)
            along_each = (*each.along, *requires, *along)
            found.append(each._replace(start=span[0], end=span[1], along=along_each, under=(*each.under, *under)))
    return found, [part for part in opened if part is not None]


def _opened(
    passage: Passage, index: int, first: int, holder: Segment, part: Part, counter: TokenCounter
) -> OpenPart | None:
    own = Passage(passage.text[part.start : part.end], kind=part.kind, language=part.language)
    kind, fallback = recognise_part(own)
    if part.end - part.start <= kind.whole_part:
        return None
    own = replace(own, kind=kind.name, id=passage.id, title=passage.title, score=passage.score)
    segments = kind.segmenter(counter).segment(own, index, first)
    if len(segments) < 2:
        return None
    outer = (min(holder.start, part.start), holder.end)
    return OpenPart(own, kind, fallback, outer, part.start, first, first + len(segments), segments)


def _move_members(outer: Sequence[Segment], first: int, places: Sequence[int]) -> None:
    """Tell the members of records between parts where the segments are that hold them."""
    ends = [*places[1:], places[-1] + 1]
    seen: set[Member | Record] = set()
    pending = [segment.record for segment in outer if segment.record is not None]
    while pending:
        record = pending.pop()
        if record in seen:
            continue
        seen.add(record)
        for member in (*record.members, record.key, record.header):
            if member is not None and member not in seen:
                seen.add(member)
                member.at, member.until = places[member.at - first], ends[member.until - 1 - first]
        if record.parent is not None:
            pending.append(record.parent)


def parted(
    segments: Sequence[Segment], levels: Sequence[int], place: int, span: Span
) -> tuple[list[Segment], list[int]]:
    """Segments and their levels, one of them in parts: ``span`` of it is kept, what is before and behind it is not."""
    segment = segments[place]
    parts = [(segment.start, span[0], DROPPED), (*span, 0), (span[1], segment.end, DROPPED)]
    parts = [part for part in parts if part[0] < part[1]]
    cut = [segment._replace(start=start, end=end) for start, end, _ in parts]
    return (
        [*segments[:place], *cut, *segments[place + 1 :]],
        [*levels[:place], *(level for _, _, level in parts), *levels[place + 1 :]],
    )


@dataclass(frozen=True)
class _Pieced(Rendered):
    """A rendering of pieces that follow one another, so that words can be taken out of those that are spans alone."""

    pieces: tuple[Rendered, ...]


def pieces_of(rendered: Rendered) -> Sequence[Rendered]:
    """The pieces that a rendering was put together of; the rendering itself where it was not."""
    return rendered.pieces if isinstance(rendered, _Pieced) else (rendered,)


class Mixed:
    """Writes a passage with parts: each part by the renderer of its kind, what is around them by that of the passage.

    Args:
        renderer: of the passage's kind.
        outer: its segments as that cuts it.
        first: position in the call's list of the passage's first segment.
        parts: the opened ones, each with what writes it.

    A part of which something is kept has its frame around it, so that a fence stays a fence and what is in it can be
    read as what it was. Linear.
    """

    def __init__(
        self, renderer: Renderer, outer: Sequence[Segment], first: int, parts: Sequence[tuple[OpenPart, Renderer]]
    ) -> None:
        self._renderer = renderer
        self._parts = parts
        self._first = first
        ahead = list(reversed(parts))
        self._outer: list[Segment] = []
        self._places: list[tuple[int, int]] = []
        at = 0
        for segment in outer:
            if ahead and ahead[-1][0].first == first + at:
                part, _ = ahead.pop()
                self._outer.append(segment._replace(start=part.outer[0]))
                self._places.append((at, part.end - first))
            else:
                self._outer.append(segment)
                self._places.append((at, at + 1))
            at = self._places[-1][1]

    def render(self, passage: Passage, segments: Sequence[Segment], levels: Sequence[int]) -> Rendered:
        """See `laconic.types.Renderer`."""
        return self._put_together(passage, levels, {})

    def render_cut(
        self,
        passage: Passage,
        segments: Sequence[Segment],
        levels: Sequence[int],
        at: int,
        room: int,
        query: str,
        counter: TokenCounter,
    ) -> Rendered | None:
        """See `laconic.types.CutRenderer`; None where the segment is of a kind that cuts none."""
        for part, renderer in self._parts:
            first, end = part.first - self._first, part.end - self._first
            if first <= at < end and isinstance(renderer, CutRenderer):
                own = levels[first:end]
                cut = renderer.render_cut(part.passage, part.segments, own, at - first, room, query, counter)
                return self._put_together(passage, levels, {part: cut}) if cut is not None else None
        return None

    def render_part(self, passage: Passage, levels: Sequence[int], at: int, span: Span) -> Rendered:
        """The passage as kept, and a part of one more of its segments: ``span`` of the one at ``at``."""
        for part, renderer in self._parts:
            first, end = part.first - self._first, part.end - self._first
            if first <= at < end:
                own = (span[0] - part.shift, span[1] - part.shift)
                rendered = renderer.render(part.passage, *parted(part.segments, levels[first:end], at - first, own))
                return self._put_together(passage, levels, {part: rendered})
        return self._put_together(passage, levels, {}, (at, span))

    def render_beginning(self, passage: Passage, segment: Segment, end: int) -> Rendered | None:
        """See `laconic.types.BeginningRenderer`; of a part without its frame, for which there is no room."""
        for part, renderer in self._parts:
            if part.shift <= segment.start < part.outer[1]:
                own = segment._replace(start=segment.start - part.shift, end=segment.end - part.shift)
                begun = _begun(renderer, part.passage, own, end - part.shift)
                return _shifted(begun, part.shift) if begun is not None else None
        return _begun(self._renderer, passage, segment, end)

    def _put_together(
        self,
        passage: Passage,
        levels: Sequence[int],
        cuts: Mapping[OpenPart, Rendered],
        beside: tuple[int, Span] | None = None,
    ) -> Rendered:
        """The passage as kept, with some parts written already, and a span of one more of the segments around them."""
        written: dict[int, Rendered] = {}
        for part, renderer in self._parts:
            own = levels[part.first - self._first : part.end - self._first]
            if part in cuts:
                rendered = cuts[part]
            elif not any(own):
                continue  # the whole of it stands in the passage
            elif all(level == DROPPED for level in own):
                rendered = Rendered("", ())
            else:
                rendered = renderer.render(part.passage, part.segments, own)
            written[part.first - self._first] = _framed(passage.text, part, rendered)
        outer_levels = [
            levels[at] if end == at + 1 else 0 if at not in written or written[at].text else DROPPED
            for at, end in self._places
        ]
        outer: Sequence[Segment] = self._outer
        if beside is not None:
            place = next(place for place, (at, _) in enumerate(self._places) if at == beside[0])
            outer, outer_levels = parted(outer, outer_levels, place, beside[1])
        around = self._renderer.render(passage, outer, outer_levels)
        if not written:
            return around
        pieces: list[Rendered] = []
        of_part = ((part.outer, written.get(part.first - self._first)) for part, _ in reversed(self._parts))
        ahead = [(outer, rendered) for outer, rendered in of_part if rendered is not None and rendered.text]
        for start, end in around.spans:
            while ahead and ahead[-1][0][0] < end:
                (first, last), rendered = ahead.pop()
                pieces += (_verbatim(passage.text, start, first), rendered)
                start = last
            pieces.append(_verbatim(passage.text, start, end))
        return _Pieced("".join(piece.text for piece in pieces), _joined(pieces), tuple(pieces))


def _begun(renderer: Renderer, passage: Passage, segment: Segment, end: int) -> Rendered | None:
    if isinstance(renderer, BeginningRenderer):
        return renderer.render_beginning(passage, segment, end)
    return _verbatim(passage.text, segment.start, end)


def _verbatim(text: str, start: int, end: int) -> Rendered:
    return Rendered(text[start:end], ((start, end),) if start < end else ())


def _shifted(rendered: Rendered, by: int) -> Rendered:
    return Rendered(rendered.text, tuple((start + by, end + by) for start, end in rendered.spans))


def _framed(text: str, part: OpenPart, rendered: Rendered) -> Rendered:
    """What is kept of a part with its frame around it; empty where nothing is kept.

    The first line keeps its indentation. A line break that the renderer wrote behind the last line stands in the frame.
    """
    if not rendered.text.strip():
        return Rendered("", ())
    own, spans = rendered.text, rendered.spans
    before, behind = part.frame
    if spans:
        line = part.passage.text.rfind("\n", 0, spans[0][0]) + 1
        indent = part.passage.text[line : spans[0][0]]
        if indent.isspace() and own[0] == part.passage.text[spans[0][0]]:
            own, spans = indent + own, ((line, spans[0][1]), *spans[1:])
        if own[-1] == "\n" and part.passage.text[spans[-1][1] - 1] != "\n":
            own = own[:-1]
    shifted = _shifted(Rendered(own, spans), part.shift)
    pieces = [_verbatim(text, *before), shifted, _verbatim(text, *behind)]
    return Rendered("".join(piece.text for piece in pieces), _joined(pieces))


def _joined(pieces: Sequence[Rendered]) -> tuple[Span, ...]:
    """The spans of pieces, touching ones as one."""
    joined: list[Span] = []
    for piece in pieces:
        for start, end in piece.spans:
            if joined and joined[-1][1] == start:
                joined[-1] = (joined[-1][0], end)
            else:
                joined.append((start, end))
    return tuple(joined)
