"""An index over many documents, searched by meaning: built once, saved, loaded, extended."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from laconic._utils.redaction import Redact, check_redact, redacted
from laconic.exceptions import ConfigurationError, InputError
from laconic.score.vectors.embedders import Embedder, as_embedder, embed_query, embedder_name
from laconic.score.vectors.index_file import IndexFile, read_index_file, write_index_file
from laconic.score.vectors.search import require_faiss, search_index
from laconic.types import Passage

__all__ = ["SearchHit", "SemanticIndex"]

Progress = Callable[[int, int], None]
"""Called with the number of documents embedded so far and their total."""


@dataclass(frozen=True)
class SearchHit:
    """One document that a search found.

    Attributes:
        id: of the document in the index.
        text: the document.
        score: cosine of question and document, -1 to 1.
        title, metadata: as they were given.
    """

    id: str
    text: str
    score: float
    title: str | None
    metadata: Mapping[str, Any]


class SemanticIndex:
    """Documents and their vectors in an exact FAISS index (inner product of unit vectors, that is cosine).

    Args:
        embedder: whatever :func:`~laconic.score.vectors.embedders.as_embedder` takes; None is the embedded table.
        redact: makes of each text and title what may be embedded and stored of it; metadata is stored as it is.

    Example::

        index = SemanticIndex.build(texts, progress=True)
        index.save("docs.laconic")
        hits = SemanticIndex.load("docs.laconic").search("how are refunds made?", top_k=3)

    Search is linear in documents times dimensions: a few milliseconds for 100 000 documents of 384 dimensions, 150 MB.
    Not to be changed by one thread while another uses it.

    Raises:
        MissingDependencyError: faiss-cpu, or what the embedder needs, is not installed.
    """

    def __init__(self, embedder: Any = None, *, redact: Redact | None = None) -> None:
        require_faiss("SemanticIndex")
        check_redact(redact)
        self._redact = redact
        self._embedder: Embedder = as_embedder(embedder)
        self._documents: list[Passage] = []
        self._positions: dict[str, int] = {}
        self._next_id = 0
        self._index: Any = None

    @classmethod
    def build(
        cls,
        documents: Sequence[str | Passage],
        embedder: Any = None,
        *,
        batch_size: int = 256,
        progress: bool | Progress = False,
        redact: Redact | None = None,
    ) -> SemanticIndex:
        """A new index over ``documents``; see :meth:`add`."""
        index = cls(embedder, redact=redact)
        index.add(documents, batch_size=batch_size, progress=progress)
        return index

    def __len__(self) -> int:
        return len(self._documents)

    def __contains__(self, document_id: object) -> bool:
        return document_id in self._positions

    @property
    def ids(self) -> list[str]:
        """Ids of the documents, in the order in which they came."""
        return list(self._positions)

    @property
    def dimensions(self) -> int | None:
        """Length of the vectors; None as long as no document was added."""
        return None if self._index is None else int(self._index.d)

    def add(
        self, documents: Sequence[str | Passage], *, batch_size: int = 256, progress: bool | Progress = False
    ) -> list[str]:
        """Embed and add documents.

        Args:
            documents: texts, or passages whose ``id``, ``title`` and ``metadata`` are kept; a title is embedded with
                the text. A document without an id gets the next free number.
            batch_size: documents per call of the embedder.
            progress: True writes a line to stderr and rewrites it after each batch; a function is called instead.

        Returns:
            The ids, in order.

        Raises:
            InputError: an entry is neither text nor passage, all are blank, or an id is taken. The index is unchanged.
            ConfigurationError: the embedder's vectors do not fit the index. The index is unchanged.
        """
        if isinstance(documents, str):
            raise InputError("add() got one string; pass a list of texts")
        if batch_size < 1:
            raise ConfigurationError(f"batch_size is {batch_size}; it must be at least 1")
        named, next_id = self._named(documents)
        if not named:
            return []
        report = progress if callable(progress) else _write_progress if progress else None
        vectors = self._embed([_embedded_text(document) for document in named], batch_size, report)
        if self._index is None:
            self._index = require_faiss("SemanticIndex").IndexFlatIP(vectors.shape[1])
        self._index.add(vectors)
        self._next_id = next_id
        ids = [str(document.id) for document in named]
        self._positions.update(zip(ids, range(len(self), len(self) + len(named)), strict=True))
        self._documents += named
        return ids

    def remove(self, ids: Iterable[str]) -> None:
        """Take documents out, all or none; linear in the size of the index.

        Raises:
            InputError: the index has no document of one of the ids.
        """
        gone = [ids] if isinstance(ids, str) else list(dict.fromkeys(ids))
        unknown = [name for name in gone if name not in self._positions]
        if unknown:
            raise InputError(f"no document {unknown[0]!r} in the index of {len(self)}; see its ids")
        if not gone:
            return
        rows = sorted(self._positions[name] for name in gone)
        self._index.remove_ids(np.asarray(rows, dtype=np.int64))  # a flat index closes the gaps in order
        dropped = set(rows)
        self._documents = [document for row, document in enumerate(self._documents) if row not in dropped]
        self._positions = {str(document.id): row for row, document in enumerate(self._documents)}

    def search(self, query: str, top_k: int = 5) -> list[SearchHit]:
        """The ``top_k`` documents nearest to a question, best first; fewer when the index holds fewer.

        Raises:
            InputError: the question is blank.
            ConfigurationError: ``top_k`` is below 1, or the embedder's vectors do not fit the index.
        """
        if not isinstance(query, str) or not query.strip():
            raise InputError(f"the question is {query!r}; search needs some words")
        if isinstance(top_k, bool) or not isinstance(top_k, int) or top_k < 1:
            raise ConfigurationError(f"top_k is {top_k!r}; it must be a whole number of at least 1")
        if not self._documents:
            return []
        vector = embed_query(self._embedder, query)
        self._check_dimensions(len(vector))
        rows, scores = search_index(self._index, vector, min(top_k, len(self)))
        hits = [(self._documents[row], score) for row, score in zip(rows, scores, strict=True)]
        return [SearchHit(str(d.id), d.text, score, d.title, d.metadata) for d, score in hits]

    def save(self, path: str | Path) -> None:
        """Write the index to one file, replacing an older one only when everything is written.

        The file holds a manifest (format, embedder, dimensions, checksums), the vectors (npy) and the documents (JSON
        lines). No pickle.

        Raises:
            InputError: a document's metadata is not JSON.
        """
        empty = np.zeros((0, 0), dtype=np.float32)
        vectors = empty if self._index is None else self._index.reconstruct_n(0, len(self))
        name = embedder_name(self._embedder)
        write_index_file(Path(path), IndexFile(name, self._next_id, vectors, tuple(self._documents)))

    @classmethod
    def load(cls, path: str | Path, embedder: Any = None, *, redact: Redact | None = None) -> SemanticIndex:
        """An index that was saved.

        Args:
            path: of the file.
            embedder: the one that built the index. None takes the embedded table or the sentence-transformers model
                whose name the file has; other embedders have to be given.
            redact: for what is added from here on.

        Raises:
            WeightsError: the file is damaged, of another format, or no index.
            ConfigurationError: the embedder is known to give vectors of another length. Where its length shows only
                with its first vector, the first search says so.
        """
        stored = read_index_file(Path(path))
        index = cls(stored.embedder if embedder is None else embedder, redact=redact)
        if len(stored.documents):
            index._index = require_faiss("SemanticIndex").IndexFlatIP(stored.vectors.shape[1])
            index._index.add(stored.vectors)
        index._next_id = stored.next_id
        index._documents = list(stored.documents)
        index._positions = {str(document.id): row for row, document in enumerate(stored.documents)}
        known = getattr(index._embedder, "dimensions", None)
        if isinstance(known, int):
            index._check_dimensions(known)
        return index

    def _named(self, documents: Sequence[str | Passage]) -> tuple[list[Passage], int]:
        """The documents with ids, and the next free number."""
        named: list[Passage] = []
        taken: set[str] = set()
        next_id = self._next_id
        for position, given in enumerate(documents):
            if not isinstance(given, (str, Passage)):
                raise InputError(
                    f"document {position} is {type(given).__name__}; a document is a string or a laconic.Passage"
                )
            document = Passage(given) if isinstance(given, str) else given
            name = document.id
            if name is None:
                while str(next_id) in self._positions or str(next_id) in taken:
                    next_id += 1
                name = str(next_id)
                next_id += 1
            if name in self._positions or name in taken:
                raise InputError(f"document {position} has the id {name!r}, which is taken; remove the other one first")
            taken.add(name)
            title = None if document.title is None else redacted(self._redact, document.title)
            text = redacted(self._redact, document.text)
            named.append(Passage(text, id=name, title=title, metadata=document.metadata))
        return named, next_id

    def _embed(self, texts: list[str], batch_size: int, report: Progress | None) -> NDArray[np.float32]:
        total = len(texts)
        batches = []
        for start in range(0, total, batch_size):
            batches.append(self._embedder.embed(texts[start : start + batch_size]))
            if report is not None:
                report(min(start + batch_size, total), total)
        # A batch of blank texts may come before the embedder has shown how long its vectors are.
        dimensions = max(batch.shape[1] for batch in batches)
        if dimensions == 0:
            raise InputError(f"none of the {total} documents has any text")
        self._check_dimensions(dimensions)
        return np.concatenate(
            [batch if batch.shape[1] else np.zeros((len(batch), dimensions), dtype=np.float32) for batch in batches]
        )

    def _check_dimensions(self, dimensions: int) -> None:
        if self.dimensions is not None and dimensions != self.dimensions:
            raise ConfigurationError(
                f"the index holds vectors of {self.dimensions} dimensions and {embedder_name(self._embedder)} gives "
                f"{dimensions}; use the embedder that built the index, or build it again"
            )


def _embedded_text(document: Passage) -> str:
    return f"{document.title}\n{document.text}" if document.title and document.text.strip() else document.text


def _write_progress(done: int, total: int) -> None:
    sys.stderr.write(f"\rembedded {done:,} of {total:,} documents" + ("\n" if done == total else ""))
    sys.stderr.flush()
