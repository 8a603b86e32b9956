"""What an assistant can ask of a project: each tool is its request, checked, and a function from it to text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import Field

from laconic._utils.unicode import shown
from laconic.exceptions import InputError
from laconic.lod import TIERS
from laconic.project.context import assemble_context
from laconic.project.index import ProjectIndex
from laconic.project.types import Symbol
from laconic.servers.requests import Request, SearchRequest

__all__ = ["TOOLS", "Answer", "Caller", "Tool"]

_R = TypeVar("_R", bound=Request)

_LONGEST = TIERS[1].budget_chars
"""Most characters of a file or span in one answer: the budget of the largest tier."""
_MOST_SYMBOLS = 20  # one page of an answer; a name with more homes is asked for with its path
_MOST_PATHS = 100  # likewise


@dataclass(frozen=True)
class Caller:
    """Who asks.

    Attributes:
        client: the client's name in the handshake, None where it gave none.
        session: stands for the session, by identity; its first search has room for orientation.
    """

    client: str | None
    session: Any


@dataclass(frozen=True)
class Answer:
    """What a tool gives.

    Attributes:
        text: for the model.
        details: the same in figures, for the program that asked; None where there are none.
    """

    text: str
    details: dict[str, Any] | None = None


@dataclass(frozen=True)
class Tool(Generic[_R]):
    """One tool.

    Attributes:
        name: of it.
        description: what it is for, as the model reads it.
        request: the model of its arguments.
        call: does it.
    """

    name: str
    description: str
    request: type[_R]
    call: Callable[[ProjectIndex, _R, Caller], Answer]


class FileRequest(Request):
    """A file at a level of detail."""

    path: str = Field(description="Path inside the project, as searches show it.")
    lod: int = Field(
        2,
        ge=0,
        le=5,
        description="0 full source, 1 without comments, 2 signatures and docstrings, 3 class skeletons, "
        "4 imports and symbol names, 5 one line.",
    )


class SymbolRequest(Request):
    """Definitions by name."""

    name: str = Field(min_length=1, description="Name, or qualified name as Class.method.")
    path: str | None = Field(None, description="Only definitions in this file.")


class NeighboursRequest(Request):
    """The files around a file."""

    path: str = Field(description="Path inside the project.")


class ExpandRequest(Request):
    """A part of a file, verbatim."""

    path: str = Field(description="Path inside the project.")
    start_line: int | None = Field(None, ge=1, description="First line, from 1.")
    end_line: int | None = Field(None, ge=1, description="Last line, included.")
    start: int | None = Field(None, ge=0, description="Instead of lines: first character, from 0.")
    end: int | None = Field(None, ge=0, description="Instead of lines: the character after the last.")


def _search(index: ProjectIndex, asked: SearchRequest, caller: Caller) -> Answer:
    found = assemble_context(index, **asked.model_dump(), client=caller.client, session=caller.session)
    if not found.chunks:
        return Answer("No file of the project answers this; ask in other words, or with names that stand in the code.")
    text = found.context
    if found.dropped:
        text += f"\n\n[no room for: {_some(found.dropped)}]"
    details = found.to_dict()
    del details["context"]
    return Answer(text, details | {"tier": found.tier})


def _file(index: ProjectIndex, asked: FileRequest, _: Caller) -> Answer:
    path = _inside(index, asked.path)
    piece = index.level(path, asked.lod)
    text, rest = _clipped(piece.text)
    head = f"[{shown(path, in_line=True)} | lod={piece.lod}]" + " not parsed: shown in full" * piece.fallback
    if rest and piece.lod == 0:
        rest = f"[cut after line {_lines(text)}: go on with expand, start_line {_lines(text) + 1}]"
    details = {"path": path, "lod": piece.lod, "fallback": piece.fallback}
    return Answer("\n".join(filter(None, (head, text, rest))), details)


def _symbol(index: ProjectIndex, asked: SymbolRequest, _: Caller) -> Answer:
    path = None if asked.path is None else _inside(index, asked.path)
    found = [symbol for symbol in index.find(asked.name) if path in (None, symbol.path)]
    if not found:
        where = f" in {path}" if path else ""
        raise InputError(f"name is {asked.name[:100]!r}: nothing of that name is defined{where}; try prep_search")
    if len(found) > 1:
        lines = [_told(symbol) for symbol in found[:_MOST_SYMBOLS]]
        more = len(found) - len(lines)
        return Answer("\n".join(lines + [f"[{more} more: ask with path]"] * bool(more)))
    [symbol] = found
    text, rest = _clipped(index.read(symbol.path)[symbol.start : symbol.end])
    around = [
        f"{verb}: {_some([f'{other.qualname} ({other.path}:{other.line})' for other in others])}"
        for verb, others in (("called by", index.callers(symbol)), ("calls", index.callees(symbol)))
        if others
    ]
    return Answer("\n".join(filter(None, (f"[{_place(symbol)}]", text, rest, *around))))


def _neighbours(index: ProjectIndex, asked: NeighboursRequest, _: Caller) -> Answer:
    path = _inside(index, asked.path)
    parts = []
    for title, paths in (("imports", index.imports(path)), ("imported by", index.importers(path))):
        lines = [f"  {other}{_summary(index, other)}" for other in paths[:_MOST_PATHS]]
        more = len(paths) - len(lines)
        parts.append("\n".join([f"{title}:", *(lines or ["  nothing"]), *[f"  … {more} more"] * bool(more)]))
    return Answer("\n".join([f"[{shown(path, in_line=True)}]", *parts]))


def _expand(index: ProjectIndex, asked: ExpandRequest, _: Caller) -> Answer:
    path = _inside(index, asked.path)
    source = index.read(path)
    by_lines, by_characters = asked.start_line or asked.end_line, asked.start is not None or asked.end is not None
    if by_lines and by_characters:
        raise InputError("start_line is given beside start: ask for lines or for characters")
    if by_characters:
        start, end = _range("start", asked.start or 0, "end", asked.end, 0, len(source), path)
        text, what = source[start:end], f"characters {start}-{end}"
    else:
        lines = source.splitlines(keepends=True)
        start, end = _range("start_line", asked.start_line or 1, "end_line", asked.end_line, 1, len(lines), path)
        text, what = "".join(lines[start - 1 : end]), f"lines {start}-{end}"
    part, rest = _clipped(text)
    return Answer("\n".join(filter(None, (f"[{shown(path, in_line=True)} | {what}]", part, rest))))


def _range(
    first: str, start: int, last: str, end: int | None, least: int, most: int, path: str
) -> tuple[int, int]:  # fmt: skip
    """Both ends, the second cut to what there is."""
    if start > max(most, least):
        raise InputError(f"{first} is {start}: {path} ends at {most}")
    if end is not None and end < start:
        raise InputError(f"{last} is {end}: it must not be before {first}, {start}")
    return start, most if end is None else min(end, most)


def _inside(index: ProjectIndex, path: str) -> str:
    """The path of an indexed file; nothing else of the machine can be asked for.

    Raises:
        InputError: it leads out of the project, or no file of that path is indexed.
    """
    parts = [part for part in path.replace("\\", "/").split("/") if part != "."]
    if ".." in parts or parts[:1] == [""] or "\0" in path or ":" in parts[0]:
        raise InputError(f"path is {path[:200]!r}: give one inside the project, relative to its root")
    return index.file("/".join(parts)).path


def _clipped(text: str) -> tuple[str, str]:
    """A text at the longest that one answer has, cut between lines, and a line that says so, if need be."""
    if len(text) <= _LONGEST:
        return text, ""
    end = text.rfind("\n", 0, _LONGEST) + 1 or _LONGEST
    return text[:end], f"[cut: {len(text) - end} of {len(text)} characters more; ask expand for a shorter part]"


def _lines(text: str) -> int:
    return len(text.splitlines())


def _summary(index: ProjectIndex, path: str) -> str:
    try:
        summary = index.file(path).summary
    except InputError:  # removed meanwhile
        return ""
    return f" – {summary}" if summary else ""


def _place(symbol: Symbol) -> str:
    return f"{symbol.path}:{symbol.line}-{symbol.end_line} | {symbol.kind} {symbol.qualname}"


def _told(symbol: Symbol) -> str:
    doc = f"  – {symbol.doc.splitlines()[0]}" if symbol.doc else ""
    return f"{_place(symbol)}\n  {symbol.signature}{doc}"


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MOST_SYMBOLS
    return ", ".join([*names[:_MOST_SYMBOLS], *[f"{more} more"] * (more > 0)])


TOOLS: dict[str, Tool[Any]] = {
    tool.name: tool
    for tool in (
        Tool(
            "prep_search",
            "Find the code of this project that matters for a question or a task, each file in the detail that it "
            "deserves. Call it before reading files one by one.",
            SearchRequest,
            _search,
        ),
        Tool("file", "One file of the project at a level of detail.", FileRequest, _file),
        Tool("symbol", "Where a function, method or class is defined, its source and its callers.",
             SymbolRequest, _symbol),
        Tool("neighbours", "The files that a file imports, and those that import it.", NeighboursRequest, _neighbours),
        Tool("expand", "Lines or characters of a file, verbatim: what a level of detail left out.",
             ExpandRequest, _expand),
    )
}  # fmt: skip
