"""A selection as text: what is left of each passage, and the tokens of all of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, cast

from laconic.core.clauses import Clauses
from laconic.core.parts import Mixed, parted, pieces_of
from laconic.core.reading import Reading
from laconic.core.trace import subtract
from laconic.kinds.kind import Parts
from laconic.types import DROPPED, CutRenderer, DraftRenderer, Rendered, Renderer, Span

__all__ = ["Cut", "Writing", "Written"]


class Written(NamedTuple):
    """What is left of a passage, and its tokens with the passage's head."""

    rendered: Rendered
    tokens: int


class Cut(NamedTuple):
    """A segment that is cut, the tokens that it may have, and whether between words where not a clause is so short."""

    at: int
    room: int
    words: bool = False


class Writing:
    """Stage four of a call, which stage three asks for the count of every selection that it considers.

    Attributes:
        reading: of the call.
        cut: the segment that is cut into the room that is left; None where none is.
        beginnings: passages of which the beginning of one segment is kept, by the segment (-1 where it has none) and
            what is left.
        clauses: of the segments that are cut.
    """

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.cut: Cut | None = None
        self.beginnings: dict[int, tuple[int, Written]] = {}
        self.clauses = Clauses(reading)
        self._drafting: dict[int, Renderer] = {}
        self._known: dict[tuple[int, tuple[int, ...], Cut | None], Written] = {}

    def measure(self, kept: Mapping[int, int]) -> int:
        """Tokens of the final text of a selection."""
        return self.tokens(self.write(kept))

    def levels(self, kept: Mapping[int, int]) -> list[int]:
        """The level of every segment."""
        levels = [DROPPED] * len(self.reading.costs)
        for at, level in kept.items():
            levels[at] = level
        return levels[: len(self.reading.segments)]  # behind the segments stand the heads

    def write(self, kept: Mapping[int, int]) -> dict[int, Written]:
        """What is left of each passage of which something is kept, in order."""
        of = self.reading.owners
        owners = set(map(of.__getitem__, filter(len(of).__gt__, kept)))  # behind the segments stand the heads
        if self.cut is not None:
            owners.add(of[self.cut.at])
        levels = self.levels(kept)
        written = {index: self.passage(index, levels) for index in owners}
        for index, (_, begun) in self.beginnings.items():
            written.setdefault(index, begun)
        return {index: written[index] for index in sorted(written)}

    def tokens(self, written: Mapping[int, Written]) -> int:
        """The budget's count: of the joined text, and never less than the sum of the passages' own counts."""
        separate = sum(each.tokens for each in written.values())
        if self.reading.settings.separator is None or len(written) < 2:
            return separate
        return max(separate, self.reading.counting.joined(self.texts(written)))

    def texts(self, written: Mapping[int, Written]) -> list[str]:
        """The texts of passages behind their heads."""
        return [self.reading.passages[index].head + each.rendered.text for index, each in written.items()]

    def counted(self, index: int, rendered: Rendered) -> Written:
        """A rendering of a passage with its count."""
        return Written(rendered, self.reading.counting.count(self.reading.passages[index].head + rendered.text))

    def passage(self, index: int, levels: Sequence[int]) -> Written:
        """One passage under a selection; each distinct selection of its segments is written once."""
        own, cut = self._own(index, levels)
        key = (index, own, cut)
        if key not in self._known:
            self._known[key] = self.counted(index, self._rendered(self._draft(index), index, own, cut))
        return self._known[key]

    def passage_by(self, renderer: Renderer, index: int, levels: Sequence[int]) -> Written:
        """One passage under a selection, drafted by another renderer."""
        return self.counted(index, self._rendered(_drafting(renderer), index, *self._own(index, levels)))

    def _draft(self, index: int) -> Renderer:
        """What writes a passage while its selection is looked for."""
        if index not in self._drafting:
            self._drafting[index] = _drafting(self.reading.renderers[index])
        return self._drafting[index]

    def sound(self, renderer: Renderer, index: int, draft: Written) -> Written:
        """A passage of the selection that was chosen, looked over by what wrote it."""
        own = _as_drafting(renderer)
        if own is None:
            return draft
        rendered = own.sound(self.reading.passages[index], draft.rendered)
        return draft if rendered is draft.rendered else self.counted(index, rendered)

    def try_cut(self, cut: Cut, kept: Mapping[int, int]) -> bool:
        """Cut a segment beside the kept ones; False, and nothing is cut, where no part of it is that short."""
        index = self.reading.segments[cut.at].passage
        first, end = self.reading.bounds[index]
        own = tuple(self.levels(kept)[first:end])
        part = self._rendered_cut(self._draft(index), index, own, cut)
        if part is None:
            self.cut = None
            return False
        self.cut = cut
        self._known[index, own, self.cut] = self.counted(index, part)
        return True

    def _own(self, index: int, levels: Sequence[int]) -> tuple[tuple[int, ...], Cut | None]:
        """The levels of a passage's segments, and the one that is cut where it is one of them."""
        first, end = self.reading.bounds[index]
        cut = self.cut if self.cut is not None and first <= self.cut.at < end else None
        return tuple(levels[first:end]), cut

    def _rendered(self, renderer: Renderer, index: int, own: tuple[int, ...], cut: Cut | None) -> Rendered:
        rendered = self._rendered_cut(renderer, index, own, cut) if cut is not None else None
        first, end = self.reading.bounds[index]
        passage = self.reading.passages[index]
        if rendered is None:
            rendered = renderer.render(passage, self.reading.segments[first:end], own)
        holes = list(self._holes(first, own)) if max(own, default=0) > 0 else ()
        if not holes:
            return rendered
        return _without(passage.text, rendered, holes)

    def _holes(self, first: int, own: Sequence[int]) -> Iterator[tuple[int, int]]:
        """What their levels leave out of the segments from ``first`` on, in order."""
        for at, level in enumerate(own, start=first):
            if level > 0:
                yield from self.reading.levels[at][level - 1].holes

    def _rendered_cut(self, renderer: Renderer, index: int, own: tuple[int, ...], cut: Cut) -> Rendered | None:
        """The passage of the segment that is cut, ``own`` being its segments' levels; None where too little fits."""
        first, end = self.reading.bounds[index]
        if self.reading.rule(cut.at).parts is not Parts.NONE:
            span = self.clauses.best(cut.at, cut.room, words=cut.words)
            return None if span is None else self.with_part(cut.at, span, own)
        if not isinstance(renderer, CutRenderer):
            return None
        return renderer.render_cut(
            self.reading.passages[index],
            self.reading.segments[first:end],
            own,
            cut.at - first,
            cut.room,
            self.reading.query or "",
            self.reading.settings.counter,
        )

    def with_part(self, at: int, span: Span, own: Sequence[int] | None = None) -> Rendered:
        """A passage of which a part of one segment is kept: to the renderer the rest is segments that are dropped.

        Args:
            at: the segment.
            span: the part.
            own: levels of the passage's segments, that of ``at`` aside; all others are dropped where None.
        """
        index = self.reading.segments[at].passage
        first, end = self.reading.bounds[index]
        own = [DROPPED] * (end - first) if own is None else own
        passage, renderer = self.reading.passages[index], self.reading.renderers[index]
        if isinstance(renderer, Mixed):
            return renderer.render_part(passage, own, at - first, span)
        return renderer.render(passage, *parted(self.reading.segments[first:end], own, at - first, span))


def _as_drafting(renderer: Renderer) -> DraftRenderer | None:
    """A renderer that drafts, told by its method: ``isinstance`` of a protocol takes longer than a short text."""
    return cast(DraftRenderer, renderer) if hasattr(renderer, "drafting") else None


def _drafting(renderer: Renderer) -> Renderer:
    own = _as_drafting(renderer)
    return renderer if own is None else own.drafting()


def _without(text: str, rendered: Rendered, holes: Sequence[Span]) -> Rendered:
    """A rendering of ``text`` without some spans, where it is spans alone."""
    written: list[str] = []
    spans: list[Span] = []
    for piece in pieces_of(rendered):
        left = tuple(subtract(piece.spans, holes))
        if left == piece.spans:
            written.append(piece.text)
        else:
            written += (text[start:end] for start, end in left)
        spans += left
    return Rendered("".join(written), tuple(spans))
