"""Levels of detail: a source file from its full text down to one line, chosen by relevance.

=====  =====================================  =======================================================
level  what is kept                           parses
=====  =====================================  =======================================================
0      everything                             as the source
1      everything but comments                yes
2      signatures, documentation, constants   yes; a body becomes ``...``, ``{ /* … 12 lines */ }`` …
3      types with the signatures of methods   yes; of a file without types the signatures of functions
4      imports and names                      no: it is a list
5      path, one line of summary, exports     no: it is a line
=====  =====================================  =======================================================

`LODExtractor` makes one level of one file, `assign_lod` says which level a retrieval score deserves, `assemble_context`
puts many files under a budget of characters. `laconic.compress` does not use fixed thresholds: it lets levels
compete for the token budget.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from laconic.exceptions import ConfigurationError, MissingDependencyError, OptimizerError
from laconic.kinds.code.compose import compose
from laconic.kinds.code.detail import signatures, skeleton, without_comments
from laconic.kinds.code.detect import detect_language, known_language
from laconic.kinds.code.parse import ParsedCode, ParseTimeoutError, parse, parses_clean
from laconic.lod.outline import names_only, one_line

__all__ = ["TIERS", "LODContext", "LODExtractor", "LODPiece", "Tier", "assemble_context", "assign_lod"]

LEVELS = 6


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
"""The tiers of SourcePrep: 1 for the largest windows, 2.5 for the smallest. Of its 24,000–30,000 characters for tier
2 the
upper end is taken."""

_PERIPHERAL = 5
_ORIENTATION_BOOST = 1.5


@dataclass(frozen=True)
class LODPiece:
    """One file at one level.

    Attributes:
        text: the rendering.
        lod: the level that it has; lower than what was asked for where that could not be made.
        path: of the file, where one was given.
        language: laconic's name, None where it is not supported.
        input_chars, output_chars: length of the source and of ``text``.
        fallback: True where the language is not supported or the parser did not come back; ``lod`` is then 0.
        score: retrieval score, in an assembled context.
    """

    text: str
    lod: int
    path: str | None
    language: str | None
    input_chars: int
    output_chars: int
    fallback: bool = False
    score: float | None = None

    @property
    def compression_ratio(self) -> float:
        """Input over output characters; 1.0 of an empty file, ``inf`` of an empty rendering."""
        if self.output_chars:
            return self.input_chars / self.output_chars
        return float("inf") if self.input_chars else 1.0

    @property
    def source_path(self) -> str | None:
        """``path`` under the name that SourcePrep documents."""
        return self.path


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
    for least, level in _tier(tier).thresholds:
        if score >= least:
            return level
    return _PERIPHERAL


def _tier(tier: float) -> Tier:
    found = TIERS.get(tier)
    if found is None:
        raise ConfigurationError(f"tier is {tier!r}: it must be one of {', '.join(str(name) for name in TIERS)}")
    return found


class LODExtractor:
    """Makes levels of detail. Holds no state; files are parsed once and kept in a bounded cache."""

    def extract(self, source: str, lod: int, path: str | None = None, language: str | None = None) -> LODPiece:
        """One level of one file.

        Args:
            source: its text.
            lod: 0–5.
            path: names the file in levels 4 and 5, and tells its language.
            language: tells its language where the path does not; a wrong one gives a poor level, never an error.

        Returns:
            The piece. Levels 1–3 of a source that parses parse too (a level that would not gives way to the one above
            it). Source in an unsupported language comes back whole, as level 0 with ``fallback``. A level is never
            longer than the source.

        Raises:
            ConfigurationError: ``lod`` is no level.
            OptimizerError: the language is supported but its grammar is not installed.
        """
        if isinstance(lod, bool) or not isinstance(lod, int) or not 0 <= lod < LEVELS:
            raise ConfigurationError(f"lod is {lod!r}: it must be a level from 0 (everything) to 5 (one line)")
        named = known_language(language) if language else None
        found = named or detect_language(path=path, text=source)
        if lod == 0:
            return _piece(source, source, 0, path, found)
        if found is None:
            return _piece(source, source, 0, path, None, fallback=True)
        try:
            parsed = parse(source, found)
        except MissingDependencyError as error:
            raise OptimizerError(str(error)) from error
        except ParseTimeoutError:
            return _piece(source, source, 0, path, found, fallback=True)
        for level in range(lod, 0, -1):
            text = _render(parsed, level, path)
            if text is not None and len(text) <= len(source):
                return _piece(source, text, level, path, found)
        return _piece(source, source, 0, path, found)


_EDITS = {1: without_comments, 2: signatures, 3: skeleton}


def _render(parsed: ParsedCode, level: int, path: str | None) -> str | None:
    """One level, None where it should parse and does not."""
    if level == 4:
        return names_only(parsed)
    if level == 5:
        return one_line(parsed, path)
    text = compose(parsed, _EDITS[level](parsed)).text.strip("\r\n")
    text = text + parsed.newline if text else text
    if parsed.clean and not parses_clean(text, parsed.language.name):
        return None
    return text


def _piece(
    source: str, text: str, lod: int, path: str | None, language: str | None, *, fallback: bool = False
) -> LODPiece:
    return LODPiece(text, lod, path, language, len(source), len(text), fallback)


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
        level; pieces that do not fit as one line are dropped and named.

    Raises:
        ConfigurationError: there is no such tier, or ``max_chars`` is not at least 1.
        OptimizerError: see `LODExtractor.extract`.
    """
    chosen = _tier(tier)
    if max_chars is not None and (isinstance(max_chars, bool) or not isinstance(max_chars, int) or max_chars < 1):
        raise ConfigurationError(f"max_chars is {max_chars!r}: it must be a whole number of characters of at least 1")
    budget = chosen.budget_chars if max_chars is None else max_chars
    if orientation:
        budget = int(budget * _ORIENTATION_BOOST)
    ordered = sorted(files, key=lambda file: -file[2])
    wanted: list[tuple[str, str, float | None, int]] = []
    for at, (path, source, score) in enumerate(ordered):
        level = assign_lod(score, tier)
        wanted.append((path, source, score, min(level, chosen.hub_lod) if hubs and at < chosen.hub_files else level))
    wanted += [(path, source, None, chosen.neighbour_lod) for path, source in neighbours]
    return _fit(wanted, budget)


def _fit(wanted: Sequence[tuple[str, str, float | None, int]], budget: int) -> LODContext:
    extractor = LODExtractor()
    pieces: list[LODPiece | None] = [_scored(extractor, *file) for file in wanted]

    def length() -> int:
        return sum(len(_headed(piece)) + 2 for piece in pieces if piece is not None) - 2

    at = len(pieces) - 1
    while length() > budget and at >= 0:
        piece = pieces[at]
        while piece is not None and length() > budget:
            path, source, score, _ = wanted[at]
            lower = piece.lod + 1
            # A file in no supported language has one level only, so it goes as a whole.
            piece = None if lower >= LEVELS or piece.fallback else _scored(extractor, path, source, score, lower)
            pieces[at] = piece
        at -= 1
    kept = tuple(piece for piece in pieces if piece is not None)
    dropped = tuple(file[0] for file, piece in zip(wanted, pieces, strict=True) if piece is None)
    return LODContext("\n\n".join(map(_headed, kept)), kept, dropped)


def _scored(extractor: LODExtractor, path: str, source: str, score: float | None, lod: int) -> LODPiece:
    piece = extractor.extract(source, lod, path)
    return LODPiece(
        piece.text, piece.lod, path, piece.language, piece.input_chars, piece.output_chars, piece.fallback, score
    )


def _headed(piece: LODPiece) -> str:
    return f"[{piece.path} | lod={piece.lod}]\n{piece.text.rstrip()}"
