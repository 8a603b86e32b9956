"""The ranking of a code base's definitions for a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from laconic.kinds.code.parse import ParsedCode
from laconic.score.code.features import FEATURES, Floats, feature_matrix
from laconic.score.code.identifiers import code_terms, rarity
from laconic.score.code.index import CodeIndex
from laconic.score.code.nets import context_features
from laconic.score.code.traces import lifted
from laconic.score.code.weights import Linear, Weights, shipped_weights
from laconic.score.lexical import idf

__all__ = [
    "FIELDED_WEIGHT", "FILE_WEIGHT", "IN_PATH", "K1_FIELDS", "CodeRanking", "file_shares",
    "log_sum", "rank", "saturated",
]  # fmt: skip

IN_PATH = 5.0
"""How often a word of a file's path counts as one of its text."""
FILE_WEIGHT, FIELDED_WEIGHT = 3.0, 2.0
"""Log-odds between files: at the best BM25 of a file, and of a definition. On 240 questions over the files of 40
repositories of the training data .633 of the right functions stood in 2,400 tokens without both, .638 with the first,
.650 with both; one to four times these weights differ by less than the noise."""
K1_FIELDS, _B = 2.0, 0.75
"""BM25 over fields and whole files; see `laconic.score.code.features`."""


@dataclass(frozen=True)
class CodeRanking:
    """Scores of the candidates of one or more files."""

    places: tuple[tuple[int, int], ...]  # position of each candidate's file, its index in the outline; in text order
    scores: Floats  # natural logarithm of the probability that the question is about the candidate; sums to one
    bm25: Floats  # plain BM25 scores


def rank(query: str, index: CodeIndex, *, prefilter: int | None = None, weights: Weights | None = None) -> CodeRanking:
    """Rank the candidates of an index for a question.

    Args:
        query: the question.
        index: of the files.
        prefilter: only that many candidates, by plain BM25, are looked at more closely; the others come after them, in
            the order of BM25. None looks at all.
        weights: the models; the shipped ones where None. Of several files the linear one ranks: the nets know what
            stands around a candidate in its file.
    """
    bm25 = index.bm25(query)
    chosen = np.arange(len(bm25))
    if prefilter is not None and prefilter < len(bm25):
        chosen = np.sort(np.argsort(-bm25, kind="stable")[:prefilter])
    found = [index.documents[at] for at in chosen.tolist()]
    scores = np.full(len(bm25), -np.inf)
    if found:
        matrix = feature_matrix(query, found, bm25[chosen])
        raw = _raw_scores(query, index, chosen.tolist(), matrix, weights or shipped_weights())
        raw = lifted(query, found, raw)
        scores[chosen] = raw - log_sum(raw)
        rest = np.setdiff1d(np.arange(len(bm25)), chosen)
        if len(rest):
            floor = float(scores[chosen].min()) - 1.0
            order = np.argsort(-bm25[rest], kind="stable")
            scores[rest[order]] = floor - np.arange(len(rest)) / len(rest)
    return CodeRanking(tuple(index.places), scores, bm25)


def _raw_scores(query: str, index: CodeIndex, chosen: Sequence[int], matrix: Floats, weights: Weights) -> Floats:
    if len(index.files) > 1 or not weights.nets:
        return weights.definitions.score(matrix)
    rows = np.concatenate((matrix, context_features(query, index, chosen, matrix)), axis=1)
    scores: Floats = np.mean([net.score(rows) for net in weights.nets], axis=0)
    if weights.trees is not None:
        scores = (scores + weights.trees.score(rows)) / 2
    return scores


def file_shares(
    query: str, files: Sequence[ParsedCode], paths: Sequence[str | None], model: Linear | None = None
) -> Floats:
    """Logarithm of the probability that a question is about each of some files: about one of their definitions.

    The definitions of all files are ranked together. The model was trained within files, and so knows nothing of them:
    how well the file as a whole answers, and BM25 with the rarity that words have among all, are added.

    Args:
        query: the question.
        files: at least one.
        paths: what the caller calls them, None where he does not say; their words count as those of the text.
        model: the linear model; the shipped one where None.
    """
    index = CodeIndex(files, paths)
    if not index.documents:
        return np.full(len(files), -np.log(len(files)))
    matrix = feature_matrix(query, index.documents, index.bm25(query))
    owner = np.array([file for file, _ in index.places])
    raw = (model or shipped_weights().definitions).score(matrix)
    raw += FILE_WEIGHT * _file_matches(query, index)[owner]
    raw += FIELDED_WEIGHT * matrix[:, FEATURES.index("fielded_share")]
    raw = lifted(query, index.documents, raw)
    result = np.full(len(files), float(raw.min()))
    for file in np.unique(owner).tolist():
        result[file] = log_sum(raw[owner == file])
    shares: Floats = result - log_sum(result)
    return shares


def _file_matches(query: str, index: CodeIndex) -> Floats:
    """BM25 of each file over its definitions and its path, by the best one's."""
    words = list(dict.fromkeys(code_terms(query)))
    counts = np.zeros((len(index.files), len(words)))
    lengths = np.zeros(len(index.files))
    for (file, _), document in zip(index.places, index.documents, strict=True):
        counts[file] += [document.terms.get(word, 0) for word in words]
        lengths[file] += document.length
    for file, path in enumerate(index.paths or ()):
        named = set(code_terms(path or ""))
        counts[file] += [IN_PATH * (word in named) for word in words]
    rarities = idf((counts > 0).sum(axis=0), len(index.files)) * [rarity(word) for word in words]
    relative = lengths / max(1.0, float(lengths.mean()))
    matches: Floats = (rarities * saturated(counts, relative[:, None], K1_FIELDS)).sum(axis=1)
    return matches / max(1e-9, float(matches.max()))


def saturated(frequency: Any, relative: Any, k1: float) -> Any:
    """What BM25 gives of a word's weight for a frequency, in a text of a length relative to the mean."""
    return frequency * (k1 + 1) / (frequency + k1 * (1 - _B + _B * relative))


def log_sum(values: Floats) -> float:
    """Logarithm of the sum of the exponentials of some numbers, at least one."""
    top = float(values.max())
    return top + float(np.log(np.exp(values - top).sum()))
