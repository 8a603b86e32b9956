"""The definitions of some files, ready to be asked about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from laconic.exceptions import MissingDependencyError
from laconic.kinds.code.graph import Graph, call_graph
from laconic.kinds.code.parse import ParsedCode
from laconic.kinds.code.units import outline
from laconic.score.code.documents import Document, documents_of
from laconic.score.code.features import Floats
from laconic.score.code.identifiers import code_terms, identifiers, plain

__all__ = ["CodeIndex"]


class CodeIndex:
    """BM25 and documents of a set of files; make it once and ask it often.

    Args:
        files: parsed files.
        paths: what the caller calls them; resolves imports between them.
        documents: the candidates of each file; those of its outline where None.
    """

    def __init__(
        self,
        files: Sequence[ParsedCode],
        paths: Sequence[str | None] | None = None,
        documents: Sequence[Sequence[Document]] | None = None,
    ) -> None:
        self.files = tuple(files)
        self.paths = paths
        self.places: list[tuple[int, int]] = []
        self.documents: list[Document] = []
        for at, parsed in enumerate(self.files):
            for document in documents[at] if documents is not None else documents_of(parsed):
                self.places.append((at, document.unit))
                self.documents.append(document)

    @classmethod
    def of(cls, parsed: ParsedCode) -> CodeIndex:
        """The index of one file, kept with its tree."""
        return parsed.derive("index", lambda own: cls([own]))

    def bm25(self, query: str) -> Floats:
        """Scores of rank-bm25 over the stems of all candidates."""
        if not self.documents:
            return np.zeros(0)
        terms = code_terms(query)
        whole = {plain(word) for word in identifiers(query)}
        return np.asarray(self._okapi.get_scores([*terms, *sorted(whole.difference(terms))] or ["_"]), float)

    def text(self, file: int, unit: int) -> str:
        """The text of a definition as it is embedded: its qualified name, the comment before it, its source."""
        found = outline(self.files[file]).units[unit]
        return f"{found.qualname}\n{self.files[file].slice(found.documented_start, found.end)}"

    @cached_property
    def graph(self) -> Graph:
        """Who calls whom among all definitions of the files."""
        return call_graph(self.files, self.paths)

    @cached_property
    def _okapi(self) -> Any:
        return _okapi_index(self.documents)


def _okapi_index(found: Sequence[Document]) -> Any:
    """A `rank_bm25.BM25Okapi` over the terms of documents.

    Raises:
        MissingDependencyError: rank-bm25 is not installed.
    """
    try:
        from rank_bm25 import BM25Okapi
    except ImportError as error:
        raise MissingDependencyError("rank-bm25", "code", "ranking code") from error

    class _CountedBM25(BM25Okapi):  # type: ignore[misc]
        """Takes the documents as counts, which are at hand, instead of counting their words again."""

        def _initialize(self, corpus: Sequence[Mapping[str, int]]) -> dict[str, int]:
            self.doc_freqs = list(corpus)
            self.doc_len = [sum(terms.values()) for terms in corpus]
            self.corpus_size = len(corpus)
            self.avgdl = max(1e-9, sum(self.doc_len) / max(1, len(corpus)))
            return dict(Counter(term for terms in corpus for term in terms))

        def _calc_idf(self, nd: Mapping[str, int]) -> None:
            if nd:  # definitions whose names are all too short to be terms have none
                super()._calc_idf(nd)

    return _CountedBM25([document.terms for document in found])
