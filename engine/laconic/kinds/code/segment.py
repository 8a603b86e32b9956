"""`CodeSegmenter`: a passage of code as segments with what they need and the levels they offer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from laconic.kinds.code.costs import Costs
from laconic.kinds.code.detect import passage_language
from laconic.kinds.code.parse import ParsedCode, ParseTimeoutError, parse_fragment
from laconic.kinds.code.pieces import Piece, pieces
from laconic.kinds.code.units import comment_spans, outline, without
from laconic.types import Level, Passage, Segment, TokenCounter

__all__ = ["FILE_FUNCTIONS", "CodeSegmenter", "read_passage"]

FILE_FUNCTIONS = 3
"""With so many functions a passage is a file, of which a question wants a few; with fewer it is what was retrieved."""

# Share of a definition's worth that a level keeps: of a file measured as the share of changed lines that it keeps,
# comments being changed hardly ever; what was retrieved by itself is often found for what its comments say. A signature
# tells what there is and little of how.
_CODE_SHARE, _FRAGMENT_CODE_SHARE, _SIGNATURE_SHARE = 0.97, 0.93, 0.25
_MIN_SAVED = 5


def read_passage(passage: Passage) -> ParsedCode | None:
    """The parsed text of a passage, from the cache where it was parsed before.

    None where the language is not supported or the parser does not come back: the passage is then text.

    Raises:
        MissingDependencyError: the grammar is not installed.
    """
    language = passage_language(passage)
    if language is None:
        return None
    try:
        return parse_fragment(passage.text, language)
    except ParseTimeoutError:
        return None


class CodeSegmenter:
    """Cuts code into imports, statements, headers of classes, functions and types.

    A member requires the headers of the classes around it. Functions and types offer two levels below their full text:
    ``"code"`` (without comments) and ``"signature"``.

    Args:
        counter: counts the levels; levels are left out where None.
    """

    def __init__(self, counter: TokenCounter | None = None) -> None:
        self.counter = counter

    def segment(self, passage: Passage, index: int, first: int) -> list[Segment]:
        """See `laconic.types.Segmenter`. Text that is no supported code gives one segment of kind ``"text"``."""
        parsed = read_passage(passage)
        if parsed is None:
            text = passage.text
            start = len(text) - len(text.lstrip())
            end = len(text.rstrip())
            return [Segment(index, start, end, "text")] if end > start else []
        found = pieces(parsed)
        headers = {piece.unit: at for at, piece in enumerate(found) if piece.kind == "class_header"}
        return [
            Segment(
                passage=index,
                start=parsed.char(piece.start),
                end=parsed.char(piece.end),
                kind=piece.kind,
                requires=tuple(sorted(first + headers[owner] for owner in piece.owners if owner in headers)),
                levels=levels,
            )
            for piece, levels in zip(found, self._levels(parsed), strict=True)
        ]

    def _levels(self, parsed: ParsedCode) -> Sequence[tuple[Level, ...]]:
        """The levels of each piece; kept with the tree for counters that can be told apart."""
        if self.counter is None:
            return [()] * len(pieces(parsed))
        cost = Costs.of(parsed, self.counter)

        def levels() -> list[tuple[Level, ...]]:
            found = pieces(parsed)
            is_file = sum(piece.kind == "function" for piece in found) >= FILE_FUNCTIONS
            share = _CODE_SHARE if is_file else _FRAGMENT_CODE_SHARE
            return [_levels(parsed, piece, cost, share) for piece in found]

        return cost.derive("levels", levels)


def _levels(parsed: ParsedCode, piece: Piece, cost: Callable[[int, int], int], code_share: float) -> tuple[Level, ...]:
    if piece.unit is None:
        return ()
    unit = outline(parsed).units[piece.unit]
    full = cost(piece.start, piece.end)
    code = sum(cost(*span) for span in code_spans(parsed, piece))
    levels = []
    if full - code >= _MIN_SAVED:
        levels.append(Level("code", code_share, code))
    if piece.kind == "function" and unit.body is not None:
        signature = cost(unit.start, unit.signature_end) + 3
        if code - signature >= _MIN_SAVED:
            levels.append(Level("signature", _SIGNATURE_SHARE, signature))
    return tuple(levels)


def code_spans(parsed: ParsedCode, piece: Piece) -> tuple[tuple[int, int], ...]:
    """A piece without its comments and the documentation before it."""
    unit = outline(parsed).units[piece.unit] if piece.unit is not None else None
    begin = piece.start if unit is None else max(piece.start, unit.start)
    holes = [span for span in comment_spans(parsed) if begin < span[1] <= piece.end]
    return without((begin, piece.end), holes)
