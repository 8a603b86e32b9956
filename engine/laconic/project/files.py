"""The files of a context, as the index has them or, where they changed since, as they are on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Protocol

from laconic.lod.levels import FileLevels, LODPiece
from laconic.project.parts import FULL, SIGNATURE, PartialFile
from laconic.project.reading import decoded
from laconic.project.types import IndexedFile

__all__ = ["FileSource", "ShownFile"]

_LINE = 5
_LONGEST = 1_000_000  # bytes, as `ProjectIndex.build` has it by default


class FileSource(Protocol):
    """What showing files asks of an index; see `laconic.project.ProjectIndex`."""

    root: Path

    def file(self, path: str) -> IndexedFile:
        """What is known of a file."""
        ...

    def level(self, path: str, lod: int) -> LODPiece:
        """A file at a level."""
        ...

    def parts(self, path: str) -> bytes | None:
        """For showing parts of a file."""
        ...

    def shown_now(self, text: str) -> str | None:
        """What may be shown of a text that is not in the index; None where nothing may."""
        ...


class ShownFile:
    """One file of a context.

    Attributes:
        path, score: as in `FileHit`.
        known: what the index says of it.
        changed: the text that it has on disk, None where that is the text that was indexed, or it is not there.
    """

    def __init__(self, index: FileSource, path: str, score: float) -> None:
        self._index = index
        self.path = path
        self.score = score
        self.known = index.file(path)
        changed = _changed(index.root / path, self.known.sha256)
        self.changed = None if changed is None else index.shown_now(changed)
        self._pieces: dict[int, LODPiece] = {}

    @property
    def is_fallback(self) -> bool:
        """Whether the index knows no definitions of the text that is shown."""
        return self.changed is not None or not self.known.has_symbols

    @cached_property
    def text(self) -> str:
        """All of it."""
        return self.changed if self.changed is not None else self._index.level(self.path, 0).text

    @cached_property
    def partial(self) -> PartialFile | None:
        """For showing parts of it; None where the index has none of that text."""
        blob = None if self.changed is not None else self._index.parts(self.path)
        return PartialFile(self.text, blob) if blob is not None else None

    def piece(self, lod: int) -> LODPiece:
        """The file at a level, or at the nearest above it that there is."""
        if lod not in self._pieces:
            self._pieces[lod] = self._made(lod)
        return self._pieces[lod]

    def _made(self, lod: int) -> LODPiece:
        if lod == 0 or not self.known.has_symbols:
            return self.with_text(self.text, 0)
        if self._levels is not None:
            found = self._levels.piece(lod)
            return self.with_text(found.text, found.lod)
        found = self._index.level(self.path, lod)
        return self.with_text(found.text, found.lod)

    @cached_property
    def _levels(self) -> FileLevels | None:
        """Of a text that the index does not have: made now, and only where there is no room for all of it."""
        return FileLevels(self.changed, self.path) if self.changed is not None else None

    def line(self) -> LODPiece:
        """The file in one line; all of it where that is shorter."""
        line = self.piece(_LINE)
        return line if len(line.text) < len(self.text) else self.piece(0)

    def in_part(self, parts: Mapping[int, int]) -> LODPiece:
        """The file with some of its parts; see `PartialFile.render`.

        Its level is 0 where all of it is shown, 1 where only comments are missing, 3 where no body is shown, else 2:
        the signatures, of which some have their bodies.
        """
        partial = self.partial
        assert partial is not None  # noqa: S101 - a file without parts is not shown in part
        text = partial.render(parts)
        if text == self.text.rstrip() or text == self.text:
            return self.with_text(self.text, 0)
        modes = {parts.get(at, SIGNATURE) for at, part in enumerate(partial.parts) if part.kind != "comment"}
        bodies = any(mode != SIGNATURE and partial.parts[at].unit >= 0 for at, mode in parts.items())
        return self.with_text(text, 1 if SIGNATURE not in modes else 2 if bodies or FULL in modes else 3)

    def with_text(self, text: str, lod: int) -> LODPiece:
        """What is shown of the file."""
        return LODPiece(
            text,
            lod,
            self.path,
            self.known.language,
            len(self.text),
            len(text),
            fallback=lod == 0 and self.is_fallback,
            score=self.score,
        )


def _changed(place: Path, sha256: str) -> str | None:
    """The text of a file on disk where it is another than a digest says; None where it is not there or no text.

    As in the index, links are not followed, neither of the file nor of a folder on the way; what is no file (a pipe
    would keep its reader waiting) or very long is passed over.
    """
    try:
        if place.resolve() != place or not place.is_file() or place.stat().st_size > _LONGEST:
            return None
        data = place.read_bytes()
    except (OSError, RuntimeError):  # RuntimeError: links in a circle, before Python 3.13
        return None
    return None if hashlib.sha256(data).hexdigest() == sha256 else decoded(data)
