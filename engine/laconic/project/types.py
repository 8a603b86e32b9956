"""What an index of a project holds and gives: files, symbols, search results, an assembled context.

Everything here is immutable. Paths are relative to the project's root, with ``/`` between folders on every platform.
Offsets are character offsets into the file's text, half open; lines count from 1, both ends included.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["BuildReport", "ContextChunk", "FileHit", "IndexedFile", "ProjectContext", "Skipped", "Symbol"]


@dataclass(frozen=True)
class Symbol:
    """One definition.

    Attributes:
        path: of its file.
        name: as written; ``qualname`` has the names of what it stands in before it, joined by dots.
        kind: ``"function"`` (methods and constructors too) or ``"class"`` (any type, module or namespace).
        start, end: the whole of it, decorators included.
        line, end_line: of the same.
        signature: what stands before its body, on one line.
        doc: the first paragraph of its documentation, ``""`` where it has none.
        exported: whether it can be seen from other files.
    """

    path: str
    name: str
    qualname: str
    kind: str
    start: int
    end: int
    line: int
    end_line: int
    signature: str = ""
    doc: str = ""
    exported: bool = True


@dataclass(frozen=True)
class IndexedFile:
    """One file of the index.

    Attributes:
        path: of the file.
        language: laconic's name, None for text in no supported language.
        chars, lines: its size.
        sha256: of its bytes, when it was indexed.
        has_symbols: whether it was parsed; context of a file that was not is its full text, as a fallback.
        summary: one line on what it is for, ``""`` where nothing says so.
    """

    path: str
    language: str | None
    chars: int
    lines: int
    sha256: str
    has_symbols: bool
    summary: str = ""


@dataclass(frozen=True)
class Skipped:
    """A file that was met and is not in the index, and why: ``"binary"``, ``"too large"``, ``"unreadable: …"`` …."""

    path: str
    reason: str


@dataclass(frozen=True)
class BuildReport:
    """What a build or an update did.

    Attributes:
        added, changed, removed, unchanged: numbers of files.
        skipped: what was met and left out.
        seconds: wall time.
        unparsed: source that was read now and is kept as mere text, and why: its grammar is not installed, or the
            parser did not come to an end.
    """

    added: int
    changed: int
    removed: int
    unchanged: int
    skipped: tuple[Skipped, ...]
    seconds: float
    unparsed: tuple[Skipped, ...] = ()


@dataclass(frozen=True)
class FileHit:
    """One file that a question asks for.

    Attributes:
        path: of the file.
        score: 0–1; the best file of a question that the project answers comes near 1.
        symbols: its definitions that answer the question, the best first.
        neighbour_of: path of the result that refers to it, where nothing of its own matched.
    """

    path: str
    score: float
    symbols: tuple[Symbol, ...] = ()
    neighbour_of: str | None = None


@dataclass(frozen=True)
class ContextChunk:
    """What is shown of one file.

    Attributes:
        source_path: of the file.
        score: as in `FileHit`.
        lod: its level of detail, 0 (everything) to 5 (one line).
        compression_ratio: input over output characters.
        fallback: whether the index knows no symbols of it, so that it is shown in full.
        text: what is shown, without its header.
        input_chars, output_chars: length of the file and of ``text``.
    """

    source_path: str
    score: float
    lod: int
    compression_ratio: float
    fallback: bool
    text: str
    input_chars: int
    output_chars: int

    def to_dict(self) -> dict[str, Any]:
        """The keys that SourcePrep documents."""
        return {
            "source_path": self.source_path,
            "score": round(self.score, 4),
            "lod": self.lod,
            "compression_ratio": round(self.compression_ratio, 2),
            "fallback": self.fallback,
        }


@dataclass(frozen=True)
class ProjectContext:
    """What a project gives for a question.

    Attributes:
        context: the chunks, best first, each under a line ``[path | lod=2]`` where ``structured`` was asked for.
        chunks: the same, in that order.
        mode: ``"lod"``, or ``"none"`` where nothing was compressed.
        tier: name of the tier: ``"1"``, ``"2"`` or ``"2.5"``.
        tokens: of ``context``, where a budget in tokens was given.
        dropped: paths of files that were found and for which there was no room.
    """

    context: str
    chunks: Sequence[ContextChunk]
    mode: str
    tier: str
    tokens: int | None = None
    dropped: tuple[str, ...] = ()

    @property
    def compression(self) -> dict[str, Any]:
        """Summary: ``enabled``, ``mode``, ``input_chars``, ``output_chars``, ``lod_distribution`` (level to number)."""
        levels = Counter(str(chunk.lod) for chunk in self.chunks)
        return {
            "enabled": self.mode != "none",
            "mode": self.mode,
            "input_chars": sum(chunk.input_chars for chunk in self.chunks),
            "output_chars": sum(chunk.output_chars for chunk in self.chunks),
            "lod_distribution": {level: levels[level] for level in sorted(levels)},
        }

    def to_dict(self) -> dict[str, Any]:
        """As SourcePrep's API answers: ``context``, ``chunks``, ``compression``."""
        return {
            "context": self.context,
            "chunks": [chunk.to_dict() for chunk in self.chunks],
            "compression": self.compression,
        }
