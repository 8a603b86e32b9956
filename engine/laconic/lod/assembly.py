"""Many files under one budget of characters, each at the level of detail that its retrieval score deserves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from laconic._utils.unicode import shown
from laconic.exceptions import ConfigurationError
from laconic.lod.levels import LEVELS, FileLevels, LODPiece
from laconic.select.budget import fill_budget
from laconic.telemetry import Figures, reported
from laconic.types import Level

__all__ = ["TIERS", "LODContext", "Tier", "assemble_context", "assign_lod"]


@dataclass(frozen=True)
class Tier:
    """What one kind of client can hold.

    Attributes:
        name: ``"1"``, ``"2"`` or ``"2.5"``.
        budget_chars: most characters of an assembled context.
        hub_files: number of files, the best scored first, that are shown at ``hub_lod`` whatever their score says.
        hub_lod: level of those.
        neighbour_lod: level of files that are there because a result refers to them.
        thresholds: ``(least score, level)``, the highest score first.
    """

    name: str
    budget_chars: int
    hub_files: int
    hub_lod: int
    neighbour_lod: int
    thresholds: tuple[tuple[float, int], ...]


TIERS = {
    1: Tier("1", 50_000, 10, 0, 1, ((0.40, 0), (0.25, 2), (0.15, 4))),
    2: Tier("2", 30_000, 6, 0, 2, ((0.50, 0), (0.35, 2), (0.20, 4))),
    2.5: Tier("2.5", 20_000, 4, 2, 4, ((0.60, 0), (0.40, 2), (0.25, 4))),
}
"""The tiers of SourcePrep: 1 for the largest windows, 2.5 for the smallest. Of its 24,000–30,000 characters for tier 2
the upper end is taken."""

_PERIPHERAL = 5
ORIENTATION_BOOST = 1.5
"""Of the first call of a session: its budget by the usual one."""
JOIN = "\n\n"
"""What stands between the files of a context."""


@dataclass(frozen=True)
class LODContext:
    """Many files under one budget.

    Attributes:
        context: the pieces, best first, each under a line ``[path | lod=2]``.
        chunks: the pieces, in that order.
        dropped: paths of the files for which not even a line was left.
    """

    context: str
    chunks: tuple[LODPiece, ...]
    dropped: tuple[str, ...] = ()

    @property
    def compression(self) -> dict[str, Any]:
        """Summary: ``enabled``, ``mode``, ``input_chars``, ``output_chars``, ``lod_distribution`` (level to number)."""
        levels = Counter(str(piece.lod) for piece in self.chunks)
        return {
            "enabled": True,
            "mode": "lod",
            "input_chars": sum(piece.input_chars for piece in self.chunks),
            "output_chars": sum(piece.output_chars for piece in self.chunks),
            "lod_distribution": {level: levels[level] for level in sorted(levels)},
        }


def assign_lod(score: float, tier: float = 1) -> int:
    """The level that a retrieval score deserves.

    Args:
        score: 0–1, of the retriever.
        tier: 1, 2 or 2.5; see `TIERS`.

    Returns:
        0, 2 or 4 by the tier's thresholds, which belong to the upper level; 5 below all of them.

    Raises:
        ConfigurationError: there is no such tier, or the score is no number.
    """
    if score != score:  # NaN compares with nothing, which would pass for peripheral
        raise ConfigurationError("score is not a number: give the retriever's score, 0–1")
    for least, level in tier_named(tier).thresholds:
        if score >= least:
            return level
    return _PERIPHERAL


def tier_named(tier: float) -> Tier:
    """The tier of a number.

    Raises:
        ConfigurationError: there is no such tier.
    """
    found = TIERS.get(tier)
    if found is None:
        raise ConfigurationError(f"tier is {tier!r}: it must be one of {', '.join(str(name) for name in TIERS)}")
    return found


def _figures(found: LODContext) -> Figures:
    return Figures(
        characters_in=sum(piece.input_chars for piece in found.chunks),
        characters_out=sum(piece.output_chars for piece in found.chunks),
        is_fallback=any(piece.fallback for piece in found.chunks),
    )


@reported("assemble_context", _figures)
def assemble_context(
    files: Iterable[tuple[str, str, float]],
    tier: float = 1,
    *,
    neighbours: Iterable[tuple[str, str]] = (),
    hubs: bool = False,
    max_chars: int | None = None,
    orientation: bool = False,
) -> LODContext:
    """Files at the levels that their scores deserve, under a budget of characters.

    Args:
        files: ``(path, source, score)`` of the results.
        tier: 1, 2 or 2.5; see `TIERS`.
        neighbours: ``(path, source)`` of files that the results refer to; they come last, at the tier's level for them.
        hubs: show the tier's number of best files at its level for hubs, where their score deserves less.
        max_chars: budget instead of the tier's.
        orientation: the first call of a session: half as much again.

    Returns:
        The context, never longer than the budget. Where the levels do not fit, the last pieces give way first, level by
        level, down to one line each; only lines for which there is no room either are dropped, and named. Files in no
        supported language cannot give way: one that is longer than an equal share of the budget is shown where the
        better ones leave room for it. Where not all files fit in full, room that is left shows some in more detail than
        their scores ask for, the best first.

    Raises:
        ConfigurationError: there is no such tier, or ``max_chars`` is not at least 1.
        OptimizerError: see `LODExtractor.extract`.

    Where the files do not fit in full, each level of each is made once.
    """
    chosen = tier_named(tier)
    if max_chars is not None and (isinstance(max_chars, bool) or not isinstance(max_chars, int) or max_chars < 1):
        raise ConfigurationError(f"max_chars is {max_chars!r}: it must be a whole number of characters of at least 1")
    budget = chosen.budget_chars if max_chars is None else max_chars
    if orientation:
        budget = int(budget * ORIENTATION_BOOST)
    wanted: list[tuple[FileLevels, int]] = []
    for at, (path, source, score) in enumerate(sorted(files, key=lambda file: -file[2])):
        level = assign_lod(score, tier)
        level = min(level, chosen.hub_lod) if hubs and at < chosen.hub_files else level
        wanted.append((FileLevels(source, path, score=score), level))
    wanted += [(FileLevels(source, path), chosen.neighbour_lod) for path, source in neighbours]
    kept = _as_wanted(wanted, budget)
    if kept is None:
        kept = _filling(wanted, budget)
    dropped = tuple(file.path or "" for at, (file, _) in enumerate(wanted) if at not in kept)
    pieces = tuple(kept[at] for at in sorted(kept))
    return LODContext(JOIN.join(map(headed, pieces)), pieces, dropped)


def _as_wanted(wanted: Sequence[tuple[FileLevels, int]], budget: int) -> dict[int, LODPiece] | None:
    """All files at their levels, None where the budget does not hold them in full: it is then to be used."""
    for pieces in ([file.piece(0) for file, _ in wanted], [file.piece(level) for file, level in wanted]):
        if sum(map(_chars, pieces)) > budget + len(JOIN):
            return None
    return dict(enumerate(pieces))


def _filling(wanted: Sequence[tuple[FileLevels, int]], budget: int) -> dict[int, LODPiece]:
    """What fills the budget, by file: each as one line, then the best in the detail that they deserve, then in more."""
    choices = [_choices(file, level) for file, level in wanted]
    chars = [[_chars(piece) for piece in pieces] for pieces in choices]

    def measure(kept: Mapping[int, int]) -> int:
        return sum(chars[at][level] for at, level in kept.items())

    room = budget + len(JOIN)  # each is counted with the join behind it, the last of which is not written
    kept = fill_budget(
        range(len(wanted)),
        [own[0] for own in chars],
        {},
        room,
        measure,
        levels={
            at: tuple(
                Level(f"lod {piece.lod}", _share(piece.lod, level), size)
                for piece, size in zip(choices[at][1:], chars[at][1:], strict=True)
            )
            for at, (_, level) in enumerate(wanted)
        },
        at_least=[at for at, own in enumerate(chars) if len(own) > 1 or own[0] * len(wanted) <= room],
    )
    return {at: choices[at][level] for at, level in kept.items()}


def _choices(file: FileLevels, wanted: int) -> list[LODPiece]:
    """The levels of a file from the most detail to the least, each shorter than the one before and none empty."""
    asked = file.piece(wanted)  # says where it is a fallback
    found = [asked if asked.lod == 0 else file.piece(0)]
    for level in range(1, LEVELS):
        piece = file.piece(level)
        if piece.text.strip() and _chars(piece) < _chars(found[-1]):
            found.append(piece)
    return found


def _share(lod: int, wanted: int) -> float:
    """Of what a score asks for, the steps of detail that a level shows: a file enters at the level that it deserves."""
    return min(1.0, (LEVELS - lod) / (LEVELS - wanted))


def _chars(piece: LODPiece) -> int:
    return len(headed(piece)) + len(JOIN)


def headed(piece: LODPiece) -> str:
    """A file under a line with its path and level."""
    return f"[{shown(str(piece.path), in_line=True)} | lod={piece.lod}]\n{piece.text.rstrip()}"
