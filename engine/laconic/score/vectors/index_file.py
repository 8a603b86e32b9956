"""The file of a saved index: a zip of a manifest, an npy array and JSON lines, written whole or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import os
import threading
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from laconic._utils.arrays import npy_array
from laconic._utils.unicode import one_line
from laconic.exceptions import InputError, WeightsError
from laconic.types import Passage

__all__ = ["IndexFile", "read_index_file", "write_index_file"]

_FORMAT, _VERSION = "laconic-semantic-index", 1
_UNREADABLE = (
    zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError, NotImplementedError, RuntimeError, OverflowError,
    SyntaxError, MemoryError,
)  # fmt: skip
_MANIFEST, _VECTORS, _DOCUMENTS = "manifest.json", "vectors.npy", "documents.jsonl"


class IndexFile(NamedTuple):
    """What a saved index consists of."""

    embedder: str  # name of the embedder that made the vectors
    next_id: int  # the number that the next document without an id will get
    vectors: NDArray[np.float32]  # float32 (n, d)
    documents: tuple[Passage, ...]  # the n documents, each with an id of its own


def write_index_file(path: Path, content: IndexFile) -> None:
    """Write ``content`` beside ``path`` and move it there in one step; on an error ``path`` is as it was.

    Raises:
        InputError: metadata that JSON cannot hold.
        OSError: the folder cannot be written to.
    """
    vectors = io.BytesIO()
    np.save(vectors, content.vectors, allow_pickle=False)
    entries = {
        _VECTORS: vectors.getvalue(),
        _DOCUMENTS: b"".join(_document_line(document) for document in content.documents),
    }
    manifest = {
        "format": _FORMAT,
        "version": _VERSION,
        "embedder": content.embedder,
        "next_id": content.next_id,
        "documents": len(content.documents),
        "dimensions": int(content.vectors.shape[1]),
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in entries.items()},
    }
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        with temporary.open("wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                # A ZipInfo made by hand has a fixed date, so that equal indexes are equal files.
                archive.writestr(zipfile.ZipInfo(_MANIFEST), json.dumps(manifest, indent=1))
                for name, data in entries.items():
                    archive.writestr(zipfile.ZipInfo(name), data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read_index_file(path: Path) -> IndexFile:
    """Read what :func:`write_index_file` wrote; every byte is checked against the manifest's digests.

    Raises:
        WeightsError: the file is damaged, of another format or version, or its parts do not fit each other.
        OSError: there is no such file.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
                raise WeightsError(f"{path} is no index of laconic: its entries are compressed")
            claimed = sum(entry.file_size for entry in archive.infolist())
            if claimed > path.stat().st_size:
                raise WeightsError(f"{path} is damaged: it claims to hold {claimed} bytes; build the index again")
            manifest = json.loads(archive.read(_MANIFEST))
            if manifest["format"] != _FORMAT or manifest["version"] != _VERSION:
                raise WeightsError(
                    f"{path} has format {manifest['format']!r} version {manifest['version']!r}; "
                    f"this version of laconic reads {_FORMAT!r} version {_VERSION}"
                )
            entries = {name: archive.read(name) for name in (_VECTORS, _DOCUMENTS)}
        for name, data in entries.items():
            if hashlib.sha256(data).hexdigest() != manifest["sha256"][name]:
                raise WeightsError(f"{path} is damaged: {name} does not match its checksum; build the index again")
        vectors = npy_array(entries[_VECTORS])
        documents = tuple(_document(json.loads(line)) for line in entries[_DOCUMENTS].splitlines())
        content = IndexFile(str(manifest["embedder"]), int(manifest["next_id"]), vectors, documents)
        expected = (int(manifest["documents"]), int(manifest["dimensions"]))
    except _UNREADABLE as error:
        problem = one_line(f"{type(error).__name__}: {error}", 200)
        raise WeightsError(
            f"{path} is no index of laconic, or is damaged ({problem}); build the index again"
        ) from error
    if vectors.dtype != np.float32 or vectors.shape != expected or len(documents) != expected[0]:
        raise WeightsError(
            f"{path} holds {vectors.dtype} vectors of shape {vectors.shape} and {len(documents)} documents; "
            f"its manifest says float32 {expected}"
        )
    if not np.isfinite(vectors).all():
        raise WeightsError(f"{path} holds NaN or infinity among its vectors; build the index again")
    if len({document.id for document in documents}) != len(documents):
        raise WeightsError(f"{path} holds two documents of one id; build the index again")
    return content


def _document_line(document: Passage) -> bytes:
    entry: dict[str, Any] = {"id": document.id, "text": document.text}
    if document.title is not None:
        entry["title"] = document.title
    if document.metadata:
        entry["metadata"] = dict(document.metadata)
    try:
        return json.dumps(entry).encode("ascii") + b"\n"
    except (TypeError, ValueError) as error:
        raise InputError(
            f"the metadata of document {document.id!r} cannot be saved as JSON ({error}); leave such values out"
        ) from error


def _document(entry: dict[str, Any]) -> Passage:
    text, name, title, metadata = entry["text"], entry["id"], entry.get("title"), entry.get("metadata", {})
    if not isinstance(text, str) or not isinstance(name, str) or not isinstance(metadata, dict):
        raise TypeError("a document is not of the documented form")
    return Passage(text, id=name, title=title, metadata=metadata)
