"""`CodeRenderer`: what is kept of a passage of code, such that it parses where the passage did."""

from __future__ import annotations

from collections.abc import Sequence

from laconic.kinds.code.compose import Edit, Marks, compose
from laconic.kinds.code.costs import Costs
from laconic.kinds.code.detail import body_edit
from laconic.kinds.code.parse import ParsedCode, parses_clean
from laconic.kinds.code.pieces import Piece, pieces
from laconic.kinds.code.prune import prune
from laconic.kinds.code.segment import code_spans, read_passage
from laconic.kinds.code.units import outline
from laconic.score.code.statements import FunctionCutter
from laconic.types import DROPPED, Passage, Rendered, Segment, TokenCounter

__all__ = ["CodeRenderer"]

Span = tuple[int, int]


class CodeRenderer:
    """Writes a selection of the segments that `laconic.kinds.code.CodeSegmenter` made.

    Every kept byte is the passage's own, in its order; what a cut must leave (``...``, ``{ /* … 12 lines */ }``) is
    in no span. The tree comes from the cache of parsed texts, so rendering the same passage again costs no parse.

    Args:
        marks: whether cuts leave a comment with the number of lines that were cut.
        checked: whether what is written is parsed, and replaced where it does not parse although the passage does.
    """

    def __init__(self, marks: Marks = Marks.NONE, *, checked: bool = True) -> None:
        self.marks = marks
        self.checked = checked

    def render(self, passage: Passage, segments: Sequence[Segment], levels: Sequence[int]) -> Rendered:
        """See `laconic.types.Renderer`; nothing kept gives an empty text."""
        return self._render(passage, segments, levels, None, ())

    def drafting(self) -> CodeRenderer:
        """See `laconic.types.DraftRenderer`."""
        return CodeRenderer(self.marks, checked=False)

    def sound(self, passage: Passage, rendered: Rendered) -> Rendered:
        """See `laconic.types.DraftRenderer`: what parses, where the passage does."""
        if not rendered.text or rendered.text == passage.text:
            return rendered
        parsed = read_passage(passage)
        return rendered if parsed is None or _parses_as_well(parsed, rendered) else _least(parsed)

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
        """Render a selection with one more function, cut into what is left of a budget.

        Args:
            passage: as of `render`.
            segments: as of `render`.
            levels: as of `render`; ``levels[at]`` is not looked at.
            at: position in ``segments`` of the function.
            room: tokens that it may cost.
            query: chooses its statements.
            counter: counts.

        Returns:
            None where the segment is no function, or not even its signature and one statement fit. The caller counts
            the result and asks again with less room where it is too long.
        """
        parsed = read_passage(passage)
        if parsed is None or segments[at].kind != "function":
            return None
        piece = self._pieces(parsed, segments)[at]
        if piece is None or piece.unit is None:
            return None
        unit = outline(parsed).units[piece.unit]
        cutter = parsed.recall(
            ("cutter", piece.unit, query, counter),
            lambda own: FunctionCutter(own, unit, query, Costs.of(own, counter)),
        )
        found = cutter.cut(room)
        if found is None:
            return None
        return self._render(passage, segments, levels, at, found)

    def render_beginning(self, passage: Passage, segment: Segment, end: int) -> Rendered | None:
        """None: half a statement says nothing and does not parse. Signatures compete with everything else."""
        return None

    def _pieces(self, parsed: ParsedCode, segments: Sequence[Segment]) -> list[Piece | None]:
        """The piece behind each segment, found by its place."""
        by_start = parsed.derive("pieces by start", lambda own: {own.char(piece.start): piece for piece in pieces(own)})
        return [by_start.get(segment.start) for segment in segments]

    def _render(
        self,
        passage: Passage,
        segments: Sequence[Segment],
        levels: Sequence[int],
        cut: int | None,
        cut_spans: Sequence[Span],
    ) -> Rendered:
        kept = [at for at, level in enumerate(levels) if level != DROPPED or at == cut]
        if not kept:
            return Rendered("", ())
        if cut is None and len(kept) == len(segments) and not any(levels):
            return Rendered(passage.text, ((0, len(passage.text)),))
        parsed = read_passage(passage)
        if parsed is None:
            return _verbatim(passage, [segments[at] for at in kept])
        found = self._pieces(parsed, segments)
        wanted: list[Span] = list(cut_spans)
        bodies: list[Edit] = []
        for at in kept:
            piece = found[at]
            if at == cut or piece is None:
                continue
            name = segments[at].levels[levels[at] - 1].name if levels[at] > 0 else ""
            spans, edits = _at_level(parsed, piece, name)
            wanted += spans
            bodies += edits
        inside = [(segments[cut].start, segments[cut].end)] if cut is not None else []
        functions = [(parsed.byte(start), parsed.byte(end)) for start, end in inside]
        pruned = parsed.recall(("pruned", wanted, functions), lambda own: prune(own, wanted, functions))
        edits = pruned + bodies
        for marks in dict.fromkeys((self.marks, Marks.NONE)):
            rendered = _trimmed(compose(parsed, edits, marks))
            if not self.checked or _parses_as_well(parsed, rendered):
                return rendered
        return _least(parsed)


def _parses_as_well(parsed: ParsedCode, rendered: Rendered) -> bool:
    """Whether what is kept of a text parses where the text does.

    A fragment that parses only inside something else cannot be checked by itself.
    """
    return not (parsed.clean and parsed.alone) or parses_clean(rendered.text, parsed.language.name)


def _least(parsed: ParsedCode) -> Rendered:
    """What is left of a text that nothing is kept of.

    The tables are fuzzed, so this is for grammars to come: what is whole and stands at the top parses by itself.
    """
    return _trimmed(compose(parsed, prune(parsed, [])))


def _at_level(parsed: ParsedCode, piece: Piece, name: str) -> tuple[list[Span], list[Edit]]:
    """What a piece wants to keep at a level, and the edit that empties its body."""
    if name == "code":
        return list(code_spans(parsed, piece)), []
    if name == "signature" and piece.unit is not None:
        unit = outline(parsed).units[piece.unit]
        return [(unit.start, unit.end)], body_edit(parsed, unit, doc=False)
    return [(piece.start, piece.end)], []


def _verbatim(passage: Passage, segments: Sequence[Segment]) -> Rendered:
    spans = tuple((segment.start, segment.end) for segment in segments)
    return Rendered("\n".join(passage.text[start:end] for start, end in spans), spans)


def _trimmed(rendered: Rendered) -> Rendered:
    """Without blank lines before the first line and white space after the last."""
    text = rendered.text.rstrip()
    blank = len(text) - len(text.lstrip("\r\n"))
    if blank == 0 and len(text) == len(rendered.text):
        return rendered
    spans = list(rendered.spans)
    # Only what is the source's own can be trimmed off: a mark never is white space.
    cut = len(rendered.text) - len(text)
    while cut and spans:
        start, end = spans[-1]
        step = min(cut, end - start)
        spans[-1:] = [(start, end - step)] if end - step > start else []
        cut -= step
    while blank and spans:
        start, end = spans[0]
        step = min(blank, end - start)
        spans[:1] = [(start + step, end)] if start + step < end else []
        blank -= step
    return Rendered(text.lstrip("\r\n"), tuple(spans))
