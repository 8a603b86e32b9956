"""What an index finds for a question, as passages: for retrievers of frameworks, and for `laconic.compress`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from laconic.exceptions import ConfigurationError
from laconic.types import Passage

if TYPE_CHECKING:
    from laconic.project.index import ProjectIndex
    from laconic.project.types import Symbol

__all__ = ["Unit", "check_count", "check_unit", "project_passages"]

Unit = Literal["file", "definition"]
"""What one passage is: a whole file, or one function or type of it."""


def check_unit(unit: str) -> None:
    """Refuse what is no `Unit`.

    Raises:
        ConfigurationError: it is none; the message names them.
    """
    if unit not in ("file", "definition"):
        raise ConfigurationError(f"unit is {unit!r}: it must be 'file' or 'definition'")


def check_count(k: int) -> None:
    """Refuse what is no number of passages.

    Raises:
        ConfigurationError: it is not a whole number of at least 1.
    """
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise ConfigurationError(f"k is {k!r}: it must be a whole number of at least 1")


def project_passages(index: ProjectIndex, query: str, k: int = 10, unit: Unit = "file") -> list[Passage]:
    """The files or definitions that a question asks for.

    Args:
        index: of the project.
        query: the question, not blank.
        k: most passages.
        unit: whole files, for a compressor that chooses among their definitions; or definitions. Files without
            definitions (documents, settings) are whole in both.

    Returns:
        The best first. ``source`` is the path, ``score`` 0–1. ``metadata`` has ``source``, ``language``, and of a
        definition ``name``, ``start_index`` (character offset in the file), ``line`` and ``end_line``.

    Raises:
        InputError: the question is no text, or blank.
        ConfigurationError: ``k`` is not at least 1, or there is no such unit.
    """
    check_unit(unit)
    with index.snapshot():
        return _files(index, query, k) if unit == "file" else _definitions(index, query, k)


def _files(index: ProjectIndex, query: str, k: int) -> list[Passage]:
    return [_file(index, hit.path, hit.score) for hit in index.search(query, k)]


def _definitions(index: ProjectIndex, query: str, k: int) -> list[Passage]:
    """The definitions of the whole project as they are ranked, and the files that have none by their own scores."""
    check_count(k)
    ranking = index.searcher.rank(query)
    best = max(ranking.files.values(), default=0.0)
    likeliest = max(ranking.probabilities, default=1.0)
    found = [
        _definition(index, symbol, best * probability / likeliest)
        for symbol, probability in zip(ranking.symbols[:k], ranking.probabilities, strict=False)
    ]
    texts = [path for path in ranking.files if path not in ranking.neighbours and not index.file(path).has_symbols]
    found += [_file(index, path, ranking.files[path]) for path in texts[:k]]
    return sorted(found, key=lambda passage: -(passage.score or 0.0))[:k]


def _definition(index: ProjectIndex, symbol: Symbol, score: float) -> Passage:
    language = index.file(symbol.path).language
    return Passage(
        index.read(symbol.path)[symbol.start : symbol.end],
        id=f"{symbol.path}:{symbol.line}",
        source=symbol.path,
        language=language,
        score=score,
        metadata={
            "source": symbol.path,
            "language": language,
            "name": symbol.qualname,
            "start_index": symbol.start,
            "line": symbol.line,
            "end_line": symbol.end_line,
        },
    )


def _file(index: ProjectIndex, path: str, score: float) -> Passage:
    language = index.file(path).language
    metadata = {"source": path, "language": language}
    return Passage(index.read(path), id=path, source=path, language=language, score=score, metadata=metadata)
