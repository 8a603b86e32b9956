"""`assemble_context`: the code of a project that matters for a question, each file at the detail that it deserves."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from laconic._utils.locks import ForkLock
from laconic._utils.options import did_you_mean
from laconic.exceptions import BudgetError, ConfigurationError, InputError
from laconic.lod.assembly import JOIN, ORIENTATION_BOOST, Tier, assign_lod, headed
from laconic.lod.levels import LODPiece
from laconic.project.assembling import fit_parts
from laconic.project.clients import chosen_tier
from laconic.project.files import ShownFile
from laconic.project.types import ContextChunk, ProjectContext
from laconic.select.budget import fill_budget
from laconic.telemetry import Figures, reported
from laconic.tokens import as_counter
from laconic.tokens.models import DEFAULT_MODEL

if TYPE_CHECKING:
    from laconic.project.index import ProjectIndex
    from laconic.project.search import Ranking

__all__ = ["COMPRESSIONS", "assemble_context"]

COMPRESSIONS = ("lod", "none")
_LEAST_COVERED = 0.2
_HUB_SCORE = 0.01
_PERIPHERAL = 5
_MOST_CHARS_PER_TOKEN = 8  # of code; more only in runs of one character


def _figures(found: ProjectContext) -> Figures:
    return Figures(
        characters_in=sum(chunk.input_chars for chunk in found.chunks),
        characters_out=sum(chunk.output_chars for chunk in found.chunks),
        is_fallback=any(chunk.fallback for chunk in found.chunks),
    )


@reported("project.assemble_context", _figures)
def assemble_context(
    project: ProjectIndex | str | os.PathLike[str],
    query: str,
    k: int = 10,
    max_chars: int | None = None,
    max_tokens: int | None = None,
    structured: bool = True,
    compression: str = "lod",
    tier: float | str = "auto",
    *,
    client: str | None = None,
    session: Any = None,
    model: str = DEFAULT_MODEL,
) -> ProjectContext:
    """Which code of a project matters for a question, and at which detail.

    Args:
        project: its index, or where that lies (see `ProjectIndex.open`).
        query: the question.
        k: most files that are looked for, hub files not counted.
        max_chars: most characters of the context; the tier's budget where neither this nor ``max_tokens`` is given.
        max_tokens: most tokens of it, by the counter of ``model``; where both are given both hold.
        structured: whether each file stands under a line ``[path | lod=2]``; without, their texts follow each other.
        compression: ``"lod"``, or ``"none"`` for whole files only.
        tier: 1, 2 or 2.5 (see `laconic.lod.TIERS`); ``"auto"`` by the client's name.
        client: its name; see `laconic.project.clients.tier_of_client`.
        session: a name or an object; at its first call with this project the tier's budget is half as much again, and
            the project's hub files are shown beside what the question finds. A limit of the caller's stays as it is.
        model: whose tokens are counted.

    Returns:
        The files that the question finds, best first, each at the level that its score deserves in the tier; files that
        the best ones refer to at the tier's level for neighbours; hub files among them at its level for hubs. Where all
        of that does not fit, the definitions in these files compete for the budget: what answers the question is shown
        in full in its file, with the signatures of the rest as far as they pay, and each file for which nothing more is
        left as one line. Where it fits and room is left, files are shown in more detail, the best first; where all of
        them fit in full, as they deserve. Never more than the budget; files without room are in ``dropped``, which may
        be all of them. Where next to nothing of the question stands in the project, its hub files are shown, which tell
        what it is about.

        A file that is shown in part has level 2 where some of its functions have their bodies, 3 where none has. A file
        of which the index has no definitions, or that changed on disk since it was indexed, is shown whole as it is now
        (``fallback``); a changed one for which there is no room is read anew.

    Raises:
        InputError: the query is empty.
        ConfigurationError: an option cannot work (`BudgetError` for limits below 1).
        ProjectIndexError: the index cannot be read.

    Nothing is parsed and no other files are read. Some tens of milliseconds.
    """
    _check(k, compression, structured)
    chosen = chosen_tier(tier, client)
    limit = _limit(max_chars, max_tokens, model)
    with _opened(project) as index, index.snapshot():
        first = _SESSIONS.is_first(index, session)
        if limit is None:
            limit = _Limit(int(chosen.budget_chars * (ORIENTATION_BOOST if first else 1)), len)
        ranking = index.searcher.rank(query)
        files = _found(index, ranking, k)
        hubs = index.searcher.hubs()[: chosen.hub_files]
        if first or not files or ranking.covered < _LEAST_COVERED:
            there = {file.path for file in files}
            files += [ShownFile(index, path, _HUB_SCORE) for path in hubs if path not in there]
        written = headed if structured else _bare
        if compression == "none":
            pieces = _whole(files, limit, written)
        else:
            levels = [_level(file, chosen, ranking, hubs) for file in files]
            pieces = _fitted(files, levels, ranking, limit, written)
    context = JOIN.join(written(pieces[at]) for at in sorted(pieces))
    return ProjectContext(
        context=context,
        chunks=tuple(_chunk(pieces[at]) for at in sorted(pieces)),
        mode=compression,
        tier=chosen.name,
        tokens=as_counter(model).count(context) if max_tokens is not None else None,
        dropped=tuple(file.path for at, file in enumerate(files) if at not in pieces),
    )


def _check(k: object, compression: object, structured: object) -> None:
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise ConfigurationError(f"k is {k!r}: it must be a whole number of files of at least 1")
    if compression not in COMPRESSIONS:
        raise ConfigurationError(
            f"compression is {compression!r}: it must be one of {', '.join(COMPRESSIONS)}"
            f"{did_you_mean(compression, COMPRESSIONS)}"
        )
    if not isinstance(structured, bool):
        raise ConfigurationError(f"structured is {structured!r}: it must be True or False")


@dataclass(frozen=True)
class _Limit:
    """How much a context may hold, and how that is counted."""

    most: int
    count: Callable[[str], int]


def _limit(max_chars: int | None, max_tokens: int | None, model: str) -> _Limit | None:
    for name, limit in (("max_chars", max_chars), ("max_tokens", max_tokens)):
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
            raise BudgetError(f"{name} is {limit!r}: it must be a whole number of at least 1")
    tokens = as_counter(model).count
    if max_tokens is None:
        return None if max_chars is None else _Limit(max_chars, len)
    if max_chars is None:
        return _Limit(max_tokens, tokens)
    most, chars = max_tokens, max_chars

    def both(text: str) -> int:
        return max(tokens(text), -(-len(text) * most // chars))  # of whichever is nearer to its limit

    return _Limit(most, both)


@contextmanager
def _opened(project: ProjectIndex | str | os.PathLike[str]) -> Iterator[ProjectIndex]:
    from laconic.project.index import ProjectIndex

    if isinstance(project, ProjectIndex):
        yield project
    elif isinstance(project, str | os.PathLike):
        with ProjectIndex.open(project) as index:
            yield index
    else:
        raise InputError(f"project is {project!r}: give a ProjectIndex, or the path of one")


def _found(index: ProjectIndex, ranking: Ranking, k: int) -> list[ShownFile]:
    return [ShownFile(index, path, score) for path, score in list(ranking.files.items())[:k]]


def _level(file: ShownFile, tier: Tier, ranking: Ranking, hubs: Sequence[str]) -> int:
    """The level that a file deserves."""
    if file.is_fallback:
        return 0
    if file.path in ranking.neighbours:
        level = tier.neighbour_lod
    else:
        level = assign_lod(file.score, float(tier.name))
    return min(level, tier.hub_lod) if file.path in hubs and level < _PERIPHERAL else level


def _fitted(
    files: Sequence[ShownFile],
    levels: Sequence[int],
    ranking: Ranking,
    limit: _Limit,
    written: Callable[[LODPiece], str],
) -> dict[int, LODPiece]:
    """What is shown of each file, by its position."""
    wanted = list(zip(files, levels, strict=True))
    worths: dict[str, dict[int, float]] = {file.path: {} for file in files}
    for symbol, probability in zip(ranking.symbols, ranking.probabilities, strict=True):
        if symbol.path in worths:
            worths[symbol.path][symbol.start] = probability
    fits = _fits(wanted, limit, written)
    if fits and _fits([(file, 0) for file in files], limit, written):
        return {at: file.piece(level) for at, (file, level) in enumerate(wanted)}
    return fit_parts(files, worths, levels if fits else None, limit.most, limit.count, written)


def _fits(wanted: Sequence[tuple[ShownFile, int]], limit: _Limit, written: Callable[[LODPiece], str]) -> bool:
    """Whether files fit at the levels that they deserve; not counted where that is out of the question."""
    texts = []
    chars = 0
    for file, level in wanted:
        texts.append(written(file.piece(level)))
        chars += len(texts[-1])
        if chars > limit.most * (1 if limit.count is len else _MOST_CHARS_PER_TOKEN):
            return False
    return limit.count(JOIN.join(texts)) <= limit.most


def _whole(files: Sequence[ShownFile], limit: _Limit, written: Callable[[LODPiece], str]) -> dict[int, LODPiece]:
    """The files that there is room for, in full."""
    pieces = [file.piece(0) for file in files]

    def measure(kept: Any) -> int:
        return limit.count(JOIN.join(written(pieces[at]) for at in sorted(kept)))

    costs = [max(1, limit.count(written(piece))) for piece in pieces]
    kept = fill_budget(range(len(files)), costs, {}, limit.most, measure)
    return {at: pieces[at] for at in kept}


def _bare(piece: LODPiece) -> str:
    return piece.text.rstrip()


def _chunk(piece: LODPiece) -> ContextChunk:
    return ContextChunk(
        source_path=piece.path or "",
        score=piece.score or 0.0,
        lod=piece.lod,
        compression_ratio=piece.compression_ratio,
        fallback=piece.fallback,
        text=piece.text,
        input_chars=piece.input_chars,
        output_chars=piece.output_chars,
    )


class _Sessions:
    """Which sessions have asked a project before; those with names of the last few thousand."""

    _MOST = 4096

    def __init__(self) -> None:
        self._lock = ForkLock()
        self._named: OrderedDict[tuple[str, object], None] = OrderedDict()
        self._objects: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()

    def is_first(self, index: ProjectIndex, session: Any) -> bool:
        """Whether this is the first call of a session with a project; never where there is no session."""
        if session is None:
            return False
        project = str(index.path)
        with self._lock:
            if not isinstance(session, str):
                try:
                    seen = self._objects.setdefault(session, set())
                except TypeError as error:
                    raise ConfigurationError(
                        f"session is {session!r}: give a name, or an object of your own class"
                    ) from error
                first = project not in seen
                seen.add(project)
                return first
            first = (project, session) not in self._named
            self._named[project, session] = None
            self._named.move_to_end((project, session))
            while len(self._named) > self._MOST:
                self._named.popitem(last=False)
            return first


_SESSIONS = _Sessions()
