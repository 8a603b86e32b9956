"""What a reader of kept code needs beside it: the imports, helpers, types, constants and fields that it names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from laconic.kinds.code.parse import ParsedCode, kept
from laconic.kinds.code.pieces import pieces
from laconic.kinds.code.segment import FILE_FUNCTIONS, read_passage
from laconic.kinds.code.symbols import declared_names
from laconic.kinds.code.units import imported_names, outline
from laconic.score.code.identifiers import identifiers
from laconic.types import DROPPED, Passage, Segment, Span

__all__ = ["declarations_used"]

# A name that so many pieces declare says nothing about which of them is meant.
_MOST_MEANINGS = 3
_SEPARATORS = re.compile(r"[.:]+")
_NO_NAME = 2  # characters: shorter ones are loop variables more often than anything declared
_ALONE = 24  # characters that showing a piece costs beside its own: its line, what is cut around it


def declarations_used(
    passage: Passage, segments: Sequence[Segment], levels: Sequence[int], shown: Sequence[Span]
) -> Iterator[int]:
    """Positions of segments that declare what is named in the text that is kept of a file.

    Those that declare many such names in few characters come first. A member counts where something of its class is
    kept, as it may be named without its class there. Linear in the file, and in what is kept.

    Of a function or two by themselves imports say little, and cost what another function could say: a passage of those
    has none.

    Args:
        passage: the file.
        segments: of it.
        levels: of each segment; only dropped ones are asked for.
        shown: spans of what is kept.
    """
    if DROPPED not in levels or sum(segment.kind == "function" for segment in segments) < FILE_FUNCTIONS:
        return
    parsed = read_passage(passage)
    if parsed is None:
        return
    places = {segment.start: at for at, segment in enumerate(segments)}
    table = _declared(parsed)
    used = {name for start, end in shown for name in identifiers(passage.text[start:end])}
    held = _held_types(parsed, places, levels)
    wanted: defaultdict[int, int] = defaultdict(int)
    for name in used & table.keys():
        meant = [at for piece, owner in table[name] if (at := places.get(piece)) is not None and _near(owner, held)]
        if 0 < len(meant) <= _MOST_MEANINGS and all(levels[at] == DROPPED for at in meant):
            for at in meant:
                wanted[at] += 1
    yield from sorted(wanted, key=lambda at: ((_length(segments[at]) + _ALONE) / wanted[at], at))


def _near(owner: int | None, held: set[int]) -> bool:
    return owner is None or owner in held


def _held_types(parsed: ParsedCode, places: Mapping[int, int], levels: Sequence[int]) -> set[int]:
    """The types of which something is kept, by their numbers in the outline."""
    held: set[int] = set()
    for piece in pieces(parsed):
        at = places.get(parsed.char(piece.start))
        if at is not None and levels[at] != DROPPED:
            held.update(piece.owners)
    return held


def _length(segment: Segment) -> int:
    """About how many characters the least of a segment takes."""
    whole = segment.end - segment.start
    return min(whole, 4 * segment.levels[-1].tokens) if segment.levels else whole


@kept
def _declared(parsed: ParsedCode) -> dict[str, tuple[tuple[int, int | None], ...]]:
    """Of each name that a file declares outside its functions, or imports, the pieces that do so; kept with its tree.

    A piece is told by the character where it starts; with it the type of which the name is a member.
    """
    outlined = outline(parsed)
    units = outlined.units
    found: defaultdict[str, dict[tuple[int, int | None], None]] = defaultdict(dict)
    of_unit: dict[int, int] = {}
    by_start: dict[int, int] = {}
    for piece in pieces(parsed):
        if piece.unit is not None:
            of_unit[piece.unit] = parsed.char(piece.start)
        else:
            by_start[piece.start] = parsed.char(piece.start)

    def note(name: str, owner: int | None, start: int | None) -> None:
        name = _SEPARATORS.split(name)[-1]
        if start is not None and len(name) > _NO_NAME:
            inside = owner is not None and units[owner].kind == "class"
            found[name][start, owner if inside else None] = None

    for at, unit in enumerate(units):
        if not outlined.is_inner(at):
            note(unit.name, unit.parent, of_unit.get(at))
    for declared in declared_names(parsed):
        note(declared.name, declared.owner, by_start.get(declared.start))
    for (start, _), names in imported_names(parsed):
        for name in names:
            found[name][parsed.char(start), None] = None
    return {name: tuple(places) for name, places in found.items()}
