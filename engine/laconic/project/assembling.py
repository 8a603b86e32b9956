"""The definitions of several files under one budget, where the files do not fit at the levels that they deserve.

Each file is shown as one line at least, as far as there is room. What stands in them competes: what answers the
question comes in full, the rest of its files by signatures as far as that pays; imports come with what uses them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log
from typing import TYPE_CHECKING

from laconic.kinds.clauses import has_words
from laconic.lod.assembly import JOIN
from laconic.lod.levels import LODPiece
from laconic.project.parts import CODE, FULL, SIGNATURE, PartialFile
from laconic.score.code.identifiers import identifiers
from laconic.select.budget import fill_budget, first_level, preference
from laconic.types import Level

if TYPE_CHECKING:
    from laconic.project.files import ShownFile

__all__ = ["fit_parts"]

# Shares of a definition's worth to the question, as in `laconic.kinds.code.segment`.
_CODE_SHARE, _SIGNATURE_SHARE = 0.97, 0.25
_LEAST_SAVED = 20  # characters
# A file's definitions are worth something together, whatever the question: they say where the reader is.
_FILES_WORTH = 0.003
_KIND_WORTH = {"comment": 0.02, "statement": 0.5, "line": 0.3}
_LINES_SHARE, _FEW_LINES_SHARE = 0.25, 0.05  # of the budget, for the lines of files
_SAMPLE = 1000  # characters of a file by which its tokens are estimated


@dataclass(frozen=True)
class _Segment:
    """What is taken or left: a line of a file (``part`` is -1), what a file costs beside (-2), or one of its parts."""

    file: int
    part: int
    cost: float
    worth: float = 0.0
    levels: tuple[Level, ...] = ()
    modes: tuple[int, ...] = (FULL,)  # of a part, at each level


_LINE, _FRAME = -1, -2
_PARTLY, _LINE_LOD = (1, 2, 3), 5


class _Plan:
    """The segments of some files, and how a selection of them is written."""

    def __init__(
        self,
        files: Sequence[ShownFile],
        worths: Mapping[str, Mapping[int, float]],
        floors: Sequence[int] | None,
        count: Callable[[str], int],
        written: Callable[[LODPiece], str],
    ) -> None:
        self.files = files
        self.count = count
        self.written = written
        self.segments: list[_Segment] = []
        self.requires: dict[int, tuple[int, ...]] = {}
        self.lines: list[int] = []
        self.floor: list[int] = []  # parts that are shown before all others, at their last level
        self.imports: dict[int, list[tuple[int, frozenset[str]]]] = {}
        self._texts: dict[tuple[int, tuple[tuple[int, int], ...]], LODPiece] = {}
        total = sum(file.score for file in files) or 1.0
        for at, file in enumerate(files):
            own_worth = _FILES_WORTH * max(file.score, 0.01) / total
            self._add(at, file, worths.get(file.path, {}), own_worth, _LINE_LOD if floors is None else floors[at])

    def _add(self, at: int, file: ShownFile, worths: Mapping[int, float], file_worth: float, floor: int) -> None:
        line = file.piece(0) if floor == 0 and file.partial is None else file.line()
        self.lines.append(len(self.segments))
        self.segments.append(_Segment(at, _LINE, self.count(self.written(line) + "\n\n")))
        partial = file.partial
        if partial is None:
            return
        frame = len(self.segments)
        self.segments.append(_Segment(at, _FRAME, self.count(self.written(file.with_text("", 2)) + "\n\n")))
        sample = file.text[len(file.text) // 2 :][:_SAMPLE]
        rate = self.count(sample) / max(1, len(sample)) if self.count is not len else 1.0
        first = len(self.segments)
        weights = [_KIND_WORTH.get(part.kind, 1.0) for part in partial.parts]
        each = file_worth / max(1.0, sum(weights))
        imports = self.imports[at] = []
        for number, part in enumerate(partial.parts):
            own = worths.get(partial.start(number), 0.0) if part.unit >= 0 else 0.0
            modes, levels = [FULL], []
            full = part.size(FULL)
            prior = each * weights[number]
            if part.unit >= 0 and full - part.size(CODE) >= _LEAST_SAVED:
                modes.append(CODE)
                levels.append(Level("code", _CODE_SHARE, ceil(part.size(CODE) * rate)))
            if part.body is not None and part.size(CODE) - part.size(SIGNATURE) >= _LEAST_SAVED:
                modes.append(SIGNATURE)
                share = (_SIGNATURE_SHARE * own + prior) / max(own + prior, 1e-300)
                levels.append(Level("signature", min(share, _CODE_SHARE), ceil(part.size(SIGNATURE) * rate)))
            if floor == 0:
                modes, levels = modes[:1], []
            segment = len(self.segments)
            if floor == 0 or (floor in _PARTLY and part.kind != "comment"):
                self.floor.append(segment)
            self.requires[segment] = (frame, *(first + owner for owner in sorted(part.owners)))
            if part.kind == "import":
                imports.append((segment, frozenset(part.names)))
            says_nothing = part.kind == "comment" and not has_words(partial.shown(number))
            worth = 0.0 if says_nothing or part.kind in ("import", "class_header") else own + prior
            self.segments.append(_Segment(at, number, max(1.0, full * rate), worth, tuple(levels), tuple(modes)))

    def order(self) -> list[int]:
        """What competes, most wanted first; then the lines of files."""
        import numpy as np

        chosen = [at for at, each in enumerate(self.segments) if each.worth > 0]
        entry = [first_level(self.segments[at].levels) for at in chosen]
        costs = [
            self.segments[at].levels[level - 1].tokens if level else self.segments[at].cost
            for at, level in zip(chosen, entry, strict=True)
        ]
        scores = np.array([log(self.segments[at].worth) for at in chosen])
        ranked = preference(scores, np.maximum(np.array(costs, dtype=float), 1.0)) if chosen else []
        return [*(chosen[at] for at in ranked), *self.lines]

    def first_lines(self, budget: int) -> list[int]:
        """The lines of files that are kept before all else: all where they leave most of the budget to the rest.

        Where they would not, as many of the best as take next to nothing.
        """
        total = sum(self.segments[at].cost for at in self.lines)
        left = budget * (_LINES_SHARE if total <= _LINES_SHARE * budget else _FEW_LINES_SHARE)
        found = []
        for at in self.lines:
            left -= self.segments[at].cost
            if left < 0:
                break
            found.append(at)
        return found

    def companions(self, kept: Mapping[int, int]) -> Iterator[int]:
        """The imports that bring in a name that is used in what is kept of their file."""
        used: dict[int, set[str]] = {}
        for at, level in kept.items():
            own = self.segments[at]
            if own.part >= 0 and own.modes[level] != SIGNATURE:
                partial = self._partial(own.file)
                used.setdefault(own.file, set()).update(identifiers(partial.shown(own.part)))
        for file, names in used.items():
            for segment, brought in self.imports[file]:
                if segment not in kept and not brought.isdisjoint(names):
                    yield segment

    def _partial(self, file: int) -> PartialFile:
        partial = self.files[file].partial
        assert partial is not None  # noqa: S101 - a file without parts has no segments of them
        return partial

    def pieces(self, kept: Mapping[int, int]) -> dict[int, LODPiece]:
        """What is shown of each file, by its position, in order."""
        shown: dict[int, dict[int, int]] = {}
        for at, level in kept.items():
            own = self.segments[at]
            parts = shown.setdefault(own.file, {})
            if own.part >= 0:
                parts[own.part] = own.modes[level]
        return {file: self._piece(file, shown[file]) for file in sorted(shown)}

    def _piece(self, file: int, parts: Mapping[int, int]) -> LODPiece:
        key = file, tuple(sorted(parts.items()))
        if key not in self._texts:
            own = self.files[file]
            self._texts[key] = own.in_part(parts) if parts else own.line()
        return self._texts[key]

    def measure(self, kept: Mapping[int, int]) -> int:
        """The size of the context that a selection makes."""
        return self.count(JOIN.join(map(self.written, self.pieces(kept).values())))


def fit_parts(
    files: Sequence[ShownFile],
    worths: Mapping[str, Mapping[int, float]],
    floors: Sequence[int] | None,
    budget: int,
    count: Callable[[str], int],
    written: Callable[[LODPiece], str],
) -> dict[int, LODPiece]:
    """How each of some files is shown, by its position; those that are not in it have no room.

    Args:
        files: the best first.
        worths: of each file, by path, the probability that the question is about a definition, by the character where
            it starts.
        floors: the level that each file is shown at before anything more of any; None where there is no room for these.
        budget: of the joined context, in what ``count`` counts.
        count: text to its size.
        written: how each file stands in the context.
    """
    plan = _Plan(files, worths, floors, count, written)
    kept = fill_budget(
        plan.order(),
        [each.cost for each in plan.segments],
        plan.requires,
        budget,
        plan.measure,
        levels={at: each.levels for at, each in enumerate(plan.segments) if each.levels},
        companions=plan.companions,
        at_least=[*plan.first_lines(budget), *plan.floor],
    )
    return plan.pieces(kept)
