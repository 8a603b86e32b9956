"""What an index finds for a question, as passages: for retrievers of frameworks, and for `laconic.compress`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from laconic.exceptions import ConfigurationError
from laconic.types import Passage

if TYPE_CHECKING:
    from laconic.project.index import ProjectIndex

__all__ = ["Unit", "check_unit", "project_passages"]

Unit = Literal["file", "definition"]
"""What one passage is: a whole file, or one function or type of it."""


def check_unit(unit: str) -> None:
    """Refuse what is no `Unit`.

    Raises:
        ConfigurationError: it is none; the message names them.
    """
    if unit not in ("file", "definition"):
        raise ConfigurationError(f"unit is {unit!r}: it must be 'file' or 'definition'")


def project_passages(index: ProjectIndex, query: str, k: int = 10, unit: Unit = "file") -> list[Passage]:
    """The files or definitions that a question asks for.

    Args:
        index: of the project.
        query: the question, not blank.
        k: most passages.
        unit: whole files, for a compressor that chooses among their definitions; or definitions, each with the comment
            in front of it. Files without definitions (documents, settings) are whole in both.

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
    """The definitions of the best files, by the score of the file and their rank in it."""
    found: list[tuple[float, Passage]] = []
    for hit in index.search(query, k):
        if not hit.symbols:
            if hit.neighbour_of is None and not index.file(hit.path).has_symbols:
                found.append((hit.score, _file(index, hit.path, hit.score)))
            continue
        text, language = index.read(hit.path), index.file(hit.path).language
        for rank, symbol in enumerate(hit.symbols):
            score = hit.score / (1 + rank)
            metadata = {
                "source": symbol.path,
                "language": language,
                "name": symbol.qualname,
                "start_index": symbol.start,
                "line": symbol.line,
                "end_line": symbol.end_line,
            }
            passage = Passage(
                text[symbol.start : symbol.end],
                id=f"{symbol.path}:{symbol.line}",
                source=symbol.path,
                language=language,
                score=score,
                metadata=metadata,
            )
            found.append((score, passage))
    found.sort(key=lambda each: -each[0])
    return [passage for _, passage in found[:k]]


def _file(index: ProjectIndex, path: str, score: float) -> Passage:
    language = index.file(path).language
    metadata = {"source": path, "language": language}
    return Passage(index.read(path), id=path, source=path, language=language, score=score, metadata=metadata)
