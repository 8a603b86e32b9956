"""What the search of a project compares with a question: written once per file when it is indexed, read without it.

Of each file two blobs are kept. The *postings* hold, for each of its definitions, which stems stand in it, how often,
and whether they stand in its name, its owners or its signature; they are small, and those of all files are searched
together. The *documents* hold all that the ranking of `laconic.score.code` looks at; they are read for candidates only.
Stems are kept as 32-bit checksums: two stems that share one count as the same, once in some thousand questions.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from laconic.kinds.code.parse import ParsedCode
from laconic.kinds.code.units import outline
from laconic.score.code.documents import SCOPE, Document, counted_document
from laconic.score.code.identifiers import identifiers

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["NAME", "OWNER", "SIGNATURE", "FileStatistics", "Postings", "describe", "read_document", "term_key"]

NAME, OWNER, SIGNATURE = 1, 2, 4
"""Flags of a posting: where the stem stands beside the body."""

_HEADER = struct.Struct("<II")
_MOST_COUNTED = 65_535
_MAX_TEXT = 200_000  # of one document: a dump of data says no more in its second half
_MAX_SIGNATURE = 2000


class FileStatistics(NamedTuple):
    """Both blobs of a file; see the module."""

    postings: bytes
    documents: bytes


@dataclass(frozen=True)
class Postings:
    """The postings of a file, read.

    Attributes:
        starts: of each definition, the character where it starts; -1 for what stands outside of all, the last one.
        lengths: of each, the number of words.
        offsets: of each, and one more, where its document begins in the other blob.
        owners: of each posting, the position of its definition.
        keys, counts, flags: of each posting the stem, how often it stands there, and where.
    """

    starts: NDArray[np.int32]
    lengths: NDArray[np.uint32]
    offsets: NDArray[np.uint32]
    owners: NDArray[np.int32]
    keys: NDArray[np.uint32]
    counts: NDArray[np.uint16]
    flags: NDArray[np.uint8]

    @classmethod
    def read(cls, blob: bytes) -> Postings:
        """The inverse of what `describe` wrote; nothing is copied."""
        import numpy as np

        documents, postings = _HEADER.unpack_from(blob)
        at = _HEADER.size

        def take(kind: type[np.generic], size: int) -> NDArray[Any]:
            nonlocal at
            found = np.frombuffer(blob, kind, size, at)
            at += found.nbytes
            return found

        starts, lengths = take(np.int32, documents), take(np.uint32, documents)
        offsets, sizes = take(np.uint32, documents + 1), take(np.uint32, documents)
        keys, counts, flags = take(np.uint32, postings), take(np.uint16, postings), take(np.uint8, postings)
        owners = np.repeat(np.arange(documents, dtype=np.int32), sizes)
        return cls(starts, lengths, offsets, owners, keys, counts, flags)


class _Counted(NamedTuple):
    """A definition as it is stored."""

    unit: int
    name: str
    owner: str
    signature: list[str]  # identifiers
    lines: int
    is_type: bool
    counted: dict[str, int]  # identifiers, those of the name and of the owner among them

    def document(self) -> Document:
        return counted_document(
            self.counted,
            name=self.name,
            owner=self.owner,
            signature=self.signature,
            unit=self.unit,
            lines=self.lines,
            is_type=self.is_type,
        )


def term_key(term: str) -> int:
    """The number that stands for a stem."""
    return zlib.crc32(term.encode("utf-8", "replace"))


def describe(text: str, path: str, parsed: ParsedCode | None) -> FileStatistics:
    """The statistics of a file; about 3 MB/s.

    Args:
        text: of the file.
        path: in the project; its words count as names of what the file holds.
        parsed: its tree, None where it has none: it is then one document.
    """
    import numpy as np

    starts, found = _definitions(parsed) if parsed is not None else ([], [])
    spans = _spans(parsed, found) if parsed is not None else []
    found.append(_outside(text, path, spans))
    keys: list[int] = []
    counts: list[int] = []
    flags: list[int] = []
    sizes, lengths, documents = [], [], []
    for each in found:
        own = each.document()
        name = frozenset(own.name)
        for term, count in own.terms.items():
            keys.append(term_key(term))
            counts.append(min(count, _MOST_COUNTED))
            flags.append(NAME * (term in name) | OWNER * (term in own.owner) | SIGNATURE * (term in own.signature))
        sizes.append(len(own.terms))
        lengths.append(own.length)
        documents.append(zlib.compress(json.dumps(each, separators=(",", ":"), ensure_ascii=False).encode(), 6))
    parts = [
        _HEADER.pack(len(found), len(keys)),
        np.array([*starts, -1], np.int32).tobytes(),
        np.array(lengths, np.uint32).tobytes(),
        np.cumsum([0, *map(len, documents)]).astype(np.uint32).tobytes(),
        np.array(sizes, np.uint32).tobytes(),
        np.array(keys, np.uint32).tobytes(),
        np.array(counts, np.uint16).tobytes(),
        np.array(flags, np.uint8).tobytes(),
    ]
    return FileStatistics(b"".join(parts), b"".join(documents))


def _definitions(parsed: ParsedCode) -> tuple[list[int], list[_Counted]]:
    """The candidates of a file's outline with where they start; see `laconic.score.code.documents.documents_of`."""
    outlined = outline(parsed)
    starts, found = [], []
    for index in outlined.candidates():
        unit = outlined.units[index]
        text = parsed.slice(unit.documented_start, unit.end)[:_MAX_TEXT]
        signature = parsed.slice(unit.start, min(unit.signature_end, unit.start + _MAX_SIGNATURE))
        lines = parsed.data.count(b"\n", unit.start, unit.end) + 1
        owner = unit.qualname[: -len(unit.name)].rstrip(".")
        starts.append(parsed.char(unit.start))
        found.append(_count(text, index, unit.name, owner, signature, lines, is_type=unit.kind == "class"))
    return starts, found


def _count(text: str, unit: int, name: str, owner: str, signature: str, lines: int, *, is_type: bool) -> _Counted:
    counted = Counter(identifiers(text))
    counted.update(part for part in SCOPE.split(owner) if part)
    counted[name] += 2
    return _Counted(unit, name, owner, list(dict.fromkeys(identifiers(signature))), lines, is_type, dict(counted))


def _spans(parsed: ParsedCode, found: Sequence[_Counted]) -> list[tuple[int, int]]:
    units = outline(parsed).units
    own = [units[each.unit] for each in found]
    return [(parsed.char(unit.documented_start), parsed.char(unit.end)) for unit in own]


def _outside(text: str, path: str, spans: Sequence[tuple[int, int]]) -> _Counted:
    """What stands outside the definitions of a file, under the file's name, in its folders."""
    pieces, at = [], 0
    for start, end in spans:
        if start > at:
            pieces.append(text[at:start])
        at = max(at, end)
    pieces.append(text[at:])
    outside = "".join(pieces)[:_MAX_TEXT]
    place = PurePosixPath(path)
    folders = ".".join(part for part in place.parent.parts if part not in ("/", "."))
    return _count(outside, -1, place.stem, folders, "", outside.count("\n") + 1, is_type=True)


def read_document(blob: bytes) -> Document:
    """One document of a file, of its part of the blob; about 50 µs."""
    return _Counted(*json.loads(zlib.decompress(blob))).document()
