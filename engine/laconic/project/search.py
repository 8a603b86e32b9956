"""Which files and definitions of a project a question asks for.

BM25 over all definitions and over all files, from the words that the index counted, finds candidates; the ranking that
`laconic.score.code` learned decides between those. What the best of them call and import gets a share of what they are
worth. No file is read and none is parsed.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from laconic._utils.locks import ForkLock
from laconic.exceptions import ConfigurationError, InputError
from laconic.project.types import FileHit, Symbol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from laconic.score.code.documents import Document
    from laconic.score.code.weights import Linear

    Floats = NDArray[np.float64]
    Numbers = NDArray[np.int64]

__all__ = [
    "WEIGHTS_FILE", "Ranking", "SearchSource", "Searcher", "project_features", "project_weights", "task_features",
]  # fmt: skip

# BM25 as in `laconic.score.code.features`.
_K1, _OKAPI_K1 = 1.2, 1.5
_IN_NAME, _IN_OWNER, _IN_SIGNATURE = 5.0, 1.0, 1.5
# Of the definitions with any word of the question, so many are ranked. On 240 questions over the files of 40
# repositories of the training data 100, 200, 400 and 1,000 put as many right definitions into 2,400 tokens.
_CANDIDATES = 200
# Log-odds for the cosine of the question with a definition, where the index has vectors. On 240 questions of the
# training data weights of 2 and 4 gained .004 and .002 of the right definitions in 2,400 tokens: next to nothing.
_VECTOR_WEIGHT = 2.0
_ROUGH_FILE_SHARE, _ROUGH_TEST = 0.3, 0.4

# A file's score: how much of the question the project answers, times how near the file comes to the best one, by its
# definitions and by its words as a whole. Ten times less likely is half as near: a choice for the thresholds of the
# tiers, so that a question about one file shows that in full, and two or three others by their signatures.
_BY_DEFINITIONS, _BY_WORDS, _TEMPERATURE = 0.65, 0.35, 3.3
_LEAST_SCORE = 0.02
_MOST_HUBS = 10
_MOST_SYMBOLS = 8
_SYMBOL_SHARE = 0.02  # of the probability of the best

# Share of its score that one of the best files gives to the first of the files that it refers to or is referred to by.
# Definitions get no share of what calls them: where those called by the best had a twentieth of their probability, .02
# fewer of the right ones stood in 2,400 tokens.
_TO_NEIGHBOURS, _NEIGHBOURS_OF, _MOST_NEIGHBOURS = 0.35, 3, 6
_CALLEES_OF = 6  # of the best definitions, those whose callees come before what their file imports

# Log-odds of what stands in a file that the question names, in full where no other file has that name. Not tuned: the
# training data's questions are messages of commits, which rarely name one (with 2.0 they lose .015 of the right
# definitions in 2,400 tokens); people who ask about a library mostly do.
_NAMED_FILE = 1.5

# Tests repeat the words of what they test, and hardly ever answer what is asked of it: unless a question asks for them,
# theirs lose these log-odds, and their files this share of the score. Chosen by reading answers about the standard
# library, of which tests were more than half.
_TEST_ODDS, _TEST_SHARE = 2.5, 0.4
_TEST_PATH = re.compile(
    r"(?:^|/)(?:tests?|specs?|__tests__|testing)/|(?:^|/)tests?_[^/]*$|[_.-](?:tests?|spec)\.[^/]*$|[a-z]Tests?\.[a-z]+$"
)

_FILE_BITS = 24

WEIGHTS_FILE = Path(__file__).parent / "data" / "weights.json"
"""What ``training/train_project.py`` fitted."""


class SearchSource(Protocol):
    """What search asks of an index; see `laconic.project.ProjectIndex`."""

    @property
    def version(self) -> Hashable:
        """Changes with the index."""
        ...

    @property
    def embedder(self) -> Any:
        """What made the vectors."""
        ...

    def paths(self) -> dict[int, str]:
        """Number of each file to its path."""
        ...

    def file_lengths(self) -> dict[int, int]:
        """Number of each file to its number of words."""
        ...

    def candidates(self) -> Numbers:
        """``(n, 3)``: file, number and length of each candidate definition."""
        ...

    def postings(self, words: Iterable[str]) -> Mapping[str, Any]:
        """Where words stand."""
        ...

    def documents(self, places: Iterable[tuple[int, int]]) -> list[Document]:
        """What definitions are compared by."""
        ...

    def symbols_at(self, places: Iterable[tuple[int, int]]) -> list[Symbol]:
        """The definitions at some places."""
        ...

    def hubs(self, count: int) -> list[str]:
        """The files that most others refer to."""
        ...

    def callees(self, symbol: Symbol) -> list[Symbol]:
        """What a definition calls."""
        ...

    def neighbours(self, path: str) -> list[str]:
        """The files beside a file."""
        ...

    def vectors(self) -> tuple[list[tuple[int, int]], NDArray[np.float32]] | None:
        """Place of each vector, and the vectors."""
        ...


@dataclass(frozen=True)
class Ranking:
    """What a question found.

    Attributes:
        symbols: definitions that may answer it, best first.
        probabilities: of each, that the question is about it; they sum to one.
        files: score of each file that may answer it, 0–1, by path, best first.
        neighbours: of files that are there only because another refers to them, that other.
        covered: share of what the question names that the project has, by rarity: 0–1.
    """

    symbols: Sequence[Symbol] = ()
    probabilities: Sequence[float] = ()
    files: Mapping[str, float] = field(default_factory=dict)
    neighbours: Mapping[str, str] = field(default_factory=dict)
    covered: float = 0.0

    def hits(self, k: int) -> list[FileHit]:
        """The best files with their definitions."""
        own: dict[str, list[Symbol]] = {path: [] for path in list(self.files)[:k]}
        least = _SYMBOL_SHARE * max(self.probabilities, default=0.0)
        for symbol, probability in zip(self.symbols, self.probabilities, strict=True):
            found = own.get(symbol.path)
            if found is not None and probability >= least and len(found) < _MOST_SYMBOLS:
                found.append(symbol)
        return [FileHit(path, self.files[path], tuple(found), self.neighbours.get(path)) for path, found in own.items()]


@dataclass(frozen=True)
class _Sizes:
    """What BM25 needs of all files and definitions; read once for each state of the index."""

    version: Hashable
    paths: dict[int, str]
    files: Numbers  # numbers of files, in order
    file_lengths: Floats
    tests: Floats  # 1 for files of tests
    places: Numbers  # of candidate definitions, as one number each, in order
    lengths: Floats
    vectors: Any  # (positions of definitions, matrix), None where the index has none


class Searcher:
    """Searches an index; may be shared between threads. What it keeps is refreshed when the index changes."""

    def __init__(self, index: SearchSource) -> None:
        self._index = index
        self._lock = ForkLock()
        self._kept: _Sizes | None = None
        self._hubs: tuple[Hashable, list[str]] | None = None

    def search(self, query: str, k: int = 10) -> list[FileHit]:
        """The files that a question asks for, best first; see `ProjectIndex.search`."""
        if isinstance(k, bool) or not isinstance(k, int) or k < 1:
            raise ConfigurationError(f"k is {k!r}: it must be a whole number of files of at least 1")
        return self.rank(query).hits(k)

    def hubs(self) -> list[str]:
        """The project's hub files, as many as any tier shows; see `ProjectIndex.hubs`."""
        version = self._index.version
        if self._hubs is None or self._hubs[0] != version:
            self._hubs = version, self._index.hubs(_MOST_HUBS)
        return self._hubs[1]

    def rank(self, query: str) -> Ranking:
        """Everything that a question finds; nothing where none of its words stands in the project.

        Raises:
            InputError: the question is no text, or blank.
        """
        if not isinstance(query, str) or not query.strip():
            raise InputError("query is empty: ask for something, a name or a question")
        sizes = self._sizes()
        matches = _Matches(query, sizes, self._index)
        if not matches.any:
            return Ranking()
        places, probabilities = self._definitions(query, sizes, matches)
        symbols = self._index.symbols_at(places)
        return self._ranking(symbols, probabilities, matches)

    def _definitions(self, query: str, sizes: _Sizes, matches: _Matches) -> tuple[list[tuple[int, int]], list[float]]:
        """The candidates with their probabilities, best first."""
        import numpy as np

        from laconic.score.code.features import FEATURES
        from laconic.score.code.ranking import log_sum
        from laconic.score.code.weights import shipped_weights

        similar = self._similar(query, sizes)
        chosen = matches.candidates(similar)
        if not len(chosen):
            return [], []
        places = _unpacked(sizes.places[chosen])
        documents = self._index.documents(places)
        matrix = matches.features(query, chosen, documents)
        raw = shipped_weights().definitions.score(matrix[:, : len(FEATURES)]) + project_weights().score(matrix)
        raw = raw + _NAMED_FILE * matches.named_files(chosen) - _TEST_ODDS * matches.in_tests(chosen)
        if similar is not None:
            raw = raw + _VECTOR_WEIGHT * similar[chosen]
        order = np.argsort(-raw, kind="stable")
        probabilities = np.exp(raw - log_sum(raw))[order]
        return [places[at] for at in order.tolist()], probabilities.tolist()

    def _similar(self, query: str, sizes: _Sizes) -> Floats | None:
        """Cosine of the question with each definition, None where the index has no vectors."""
        import numpy as np

        if sizes.vectors is None:
            return None
        at, matrix = sizes.vectors
        result = np.zeros(len(sizes.places))
        result[at] = matrix @ np.asarray(self._index.embedder.embed([query]))[0]
        return result

    def _ranking(self, symbols: Sequence[Symbol], probabilities: Sequence[float], matches: _Matches) -> Ranking:
        """The ranking of the files beside that of the definitions, with what the best of them refer to."""
        by_file: dict[str, float] = {}
        for symbol, probability in zip(symbols, probabilities, strict=True):
            by_file[symbol.path] = by_file.get(symbol.path, 0.0) + probability
        scores = matches.scores(by_file)
        neighbours = {}
        for path in _best_first(scores)[:_NEIGHBOURS_OF]:
            called = [
                other.path
                for symbol in [each for each in symbols[:_CALLEES_OF] if each.path == path]
                for other in self._index.callees(symbol)
                if other.path != path
            ]
            beside = list(dict.fromkeys([*called, *self._index.neighbours(path)]))[:_MOST_NEIGHBOURS]
            for rank, other in enumerate(beside):
                given = _TO_NEIGHBOURS * scores[path] / (1 + rank / _MOST_NEIGHBOURS)
                if given > scores.get(other, 0.0):
                    if other not in by_file:
                        neighbours[other] = path
                    scores[other] = given
        files = {path: scores[path] for path in _best_first(scores)}
        return Ranking(symbols, probabilities, files, neighbours, matches.covered)

    def _sizes(self) -> _Sizes:
        import numpy as np

        with self._lock:
            version = self._index.version
            if self._kept is None or self._kept.version != version:
                lengths = self._index.file_lengths()
                numbers = np.array(sorted(lengths), np.int64)
                found = self._index.candidates()
                places = found[:, 0] << _FILE_BITS | found[:, 1]
                order = np.argsort(places, kind="stable")
                vectors: Any = self._index.vectors()
                if vectors is not None:
                    owners = np.array([file << _FILE_BITS | max(at, 0) for file, at in vectors[0]], np.int64)
                    at = np.minimum(np.searchsorted(places[order], owners), max(len(places) - 1, 0))
                    known = np.flatnonzero(places[order][at] == owners) if len(places) else np.zeros(0, np.int64)
                    vectors = at[known], vectors[1][known]
                paths = self._index.paths()
                self._kept = _Sizes(
                    version,
                    paths,
                    numbers,
                    np.array([lengths[number] for number in numbers.tolist()], float),
                    np.array([_TEST_PATH.search(paths[number]) is not None for number in numbers.tolist()], float),
                    places[order],
                    found[order, 2].astype(float),
                    vectors,
                )
            return self._kept


class _Matches:
    """Where the words of a question stand.

    Attributes:
        okapi: of each definition, its BM25 as rank-bm25 counts it.
        by_file: of each file, its BM25 with verbs of change damped.
        covered: see `Ranking`.
    """

    def __init__(self, query: str, sizes: _Sizes, index: SearchSource) -> None:
        import numpy as np

        from laconic.project.terms import query_words
        from laconic.score.code.identifiers import code_terms, identifiers, plain, rarity
        from laconic.score.code.ranking import IN_PATH, K1_FIELDS, saturated
        from laconic.score.lexical import idf

        self._sizes = sizes
        terms = list(dict.fromkeys(code_terms(query)))
        whole = sorted({plain(word) for word in identifiers(query)}.difference(terms))
        words = list(dict.fromkeys([*terms, *whole, *query_words(query)]))
        named = frozenset(terms) | {word for word in query_words(query) if not word.isascii()}
        count, files = max(1, len(sizes.places)), max(1, len(sizes.files))
        relative = sizes.lengths / max(1.0, float(sizes.lengths.mean())) if len(sizes.lengths) else sizes.lengths
        mean_file = max(1.0, float(sizes.file_lengths.mean())) if len(sizes.files) else 1.0
        relative_file = sizes.file_lengths / mean_file
        self._named = np.zeros(len(sizes.files))
        self._asks_for_tests = not named.isdisjoint(("test", "spec"))
        self.okapi, self.rough = np.zeros(len(sizes.places)), np.zeros(len(sizes.places))
        self.by_file, self._explained = np.zeros(len(sizes.files)), np.zeros(len(sizes.files))
        self.weights: dict[str, float] = {}
        self._total = 0.0
        postings = index.postings(words)
        for word in words:
            damp, found = rarity(word), postings.get(word)
            if found is None:
                self._total += damp * float(idf(np.zeros(1), files)[0]) * (word in named)
                continue
            at = np.searchsorted(sizes.places, found.places[:, 0] << _FILE_BITS | found.places[:, 1])
            counts = found.place_counts.astype(float)
            plain_weight = max(0.0, float(np.log((count - len(at) + 0.5) / (len(at) + 0.5))))
            self.okapi[at] += saturated(counts, relative[at], _OKAPI_K1) * plain_weight
            if word not in named:
                continue
            self.weights[word] = damp * float(idf(np.array([len(at)]), count)[0])
            self.rough[at] += saturated(counts, relative[at], _K1) * self.weights[word]
            own = np.searchsorted(sizes.files, found.files)
            weight = damp * float(idf(np.array([len(own)]), files)[0])
            frequency = found.counts + IN_PATH * found.in_path
            self.by_file[own] += weight * saturated(frequency, relative_file[own], K1_FIELDS)
            self._explained[own] += weight
            in_path = own[found.in_path > 0]
            if len(in_path):
                alone = float(idf(np.array([len(in_path)]), files)[0] / idf(np.ones(1), files)[0])
                self._named[in_path] += damp * alone
            self._total += weight

    @property
    def any(self) -> bool:
        """Whether any word stands anywhere."""
        return bool(self.by_file.any() or self.okapi.any())

    @property
    def covered(self) -> float:
        """Of what the question names, the share that the best file holds, by rarity."""
        best = int(self.by_file.argmax())
        return float(self._explained[best]) / self._total if self._total else 0.0

    @property
    def shares(self) -> Floats:
        """Of each file, its BM25 by the best one's."""
        shares: Floats = self.by_file / max(1e-9, float(self.by_file.max(initial=0.0)))
        return shares

    def file_shares(self, chosen: Numbers) -> Floats:
        """The same of the files of some definitions."""
        own: Floats = self.shares[self._file_of(chosen)]
        return own

    def named_files(self, chosen: Numbers) -> Floats:
        """Of the files of some definitions, how clearly the question names them: 0–1."""
        import numpy as np

        own = self._named[self._file_of(chosen)]
        clear: Floats = np.minimum(own, 1.0)
        return clear

    def in_tests(self, chosen: Numbers) -> Floats:
        """1 for definitions in files of tests, where the question does not ask for such."""
        import numpy as np

        if self._asks_for_tests:
            return np.zeros(len(chosen))
        own: Floats = self._sizes.tests[self._file_of(chosen)]
        return own

    def _file_of(self, chosen: Numbers) -> Numbers:
        """Positions of the files of some definitions."""
        import numpy as np

        found: Numbers = np.searchsorted(self._sizes.files, self._sizes.places[chosen] >> _FILE_BITS)
        return found

    def candidates(self, similar: Floats | None) -> Numbers:
        """Positions of the definitions that are worth ranking, in text order."""
        import numpy as np

        every = np.arange(len(self.rough))
        rough = self.rough / max(1e-9, float(self.rough.max(initial=0.0)))
        rough = rough + 0.2 * self.okapi / max(1e-9, float(self.okapi.max(initial=0.0)))
        rough = rough + _ROUGH_FILE_SHARE * self.file_shares(every)
        rough = rough * (1 - _ROUGH_TEST * self.in_tests(every))
        matched = (self.rough > 0) | (self.okapi > 0)
        if similar is not None:
            rough = rough + similar
            matched |= similar > 0
        found = np.flatnonzero(matched)
        best: Numbers = np.sort(found[np.argsort(-rough[found], kind="stable")[:_CANDIDATES]])
        return best

    def fielded(self, documents: Sequence[Document]) -> Floats:
        """BM25 over fields of some definitions by the best one's, with the rarity that words have in the project."""
        import numpy as np

        from laconic.score.code.ranking import K1_FIELDS, saturated

        mean = max(1.0, float(self._sizes.lengths.mean()))
        result = np.zeros(len(documents))
        for word, weight in self.weights.items():
            frequency = np.array(
                [
                    own.terms.get(word, 0)
                    + _IN_NAME * (word in own.name)
                    + _IN_OWNER * (word in own.owner)
                    + _IN_SIGNATURE * (word in own.signature)
                    for own in documents
                ]
            )
            result += weight * saturated(frequency, np.array([own.length / mean for own in documents]), K1_FIELDS)
        return result / max(1e-9, float(result.max(initial=0.0)))

    def features(self, query: str, chosen: Numbers, documents: Sequence[Document]) -> Floats:
        """One row per definition, a column per name in `project_features`."""
        import numpy as np

        from laconic.score.code.features import feature_matrix

        own = feature_matrix(query, documents, self.okapi[chosen])
        return np.column_stack([own, self.file_shares(chosen), self.fielded(documents)])

    def scores(self, by_definitions: Mapping[str, float]) -> dict[str, float]:
        """The score of each file that comes near enough to the best; see `Ranking`."""
        best = max(by_definitions.values(), default=0.0)
        shares, covered = self.shares, self.covered
        found = {}
        tests = self._sizes.tests * (not self._asks_for_tests)
        for number, share, is_test in zip(self._sizes.files.tolist(), shares.tolist(), tests.tolist(), strict=True):
            path = self._sizes.paths[number]
            own = by_definitions.get(path, 0.0)
            if share > 0 or own:
                near = (own / best) ** (1 / _TEMPERATURE) if best else 0.0
                near = _BY_DEFINITIONS * near + _BY_WORDS * share if best else share
                score = covered**0.5 * near
                if is_test:
                    score *= _TEST_SHARE
                if score >= _LEAST_SCORE:
                    found[path] = min(1.0, score)
        return found


def _unpacked(places: Numbers) -> list[tuple[int, int]]:
    return [(place >> _FILE_BITS, place & ((1 << _FILE_BITS) - 1)) for place in places.tolist()]


def task_features(searcher: Searcher, query: str) -> tuple[list[Symbol], Floats]:
    """The candidates of a question with their features, in text order; for training."""
    sizes = searcher._sizes()
    matches = _Matches(query, sizes, searcher._index)
    chosen = matches.candidates(None)
    places = _unpacked(sizes.places[chosen])
    return searcher._index.symbols_at(places), matches.features(query, chosen, searcher._index.documents(places))


def project_features() -> tuple[str, ...]:
    """Names of what a definition is ranked by: as within one file, and two more."""
    from laconic.score.code.features import FEATURES

    return (*FEATURES, "file", "fielded_in_project")


@cache
def project_weights() -> Linear:
    """What is added to the score of the model for one file, over `project_features`.

    Raises:
        WeightsError: the file is damaged.
    """
    from laconic._utils.arrays import shipped_json
    from laconic.score.code.weights import Linear

    data = shipped_json("laconic.project", "data/weights.json", "the weights for projects")
    return Linear.from_json(data, project_features(), "projects")


def _best_first(scores: Mapping[str, float]) -> list[str]:
    return sorted(scores, key=lambda path: (-scores[path], path))
