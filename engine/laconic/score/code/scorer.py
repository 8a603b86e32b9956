"""`CodeScorer`: segments of code ranked against a question, beside segments of anything else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from laconic.score.code.documents import Document, make_document
from laconic.score.code.features import bm25_scores, feature_matrix
from laconic.score.code.identifiers import code_terms
from laconic.score.code.ranking import okapi_index
from laconic.score.code.weights import Linear, shipped_weights
from laconic.score.lexical import LexicalScorer
from laconic.segment.code.parse import ParsedCode
from laconic.segment.code.pieces import Piece, pieces
from laconic.segment.code.segmenter import read_passage
from laconic.segment.code.units import outline
from laconic.types import Passage, Scorer, Segment

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["CODE_KINDS", "CodeScorer"]

CODE_KINDS = frozenset({"class_header", "comment", "function", "import", "line", "statement", "type"})
"""Kinds of segments that `laconic.segment.code.CodeSegmenter` makes."""

# With this many functions a passage is a file, and which of them is wanted is what the model was trained to tell.
_FILE_FUNCTIONS = 3

# An import says what a file may do, not what it does; a comment by itself documents nothing.
_POOR_KINDS = {"import": -3.0, "comment": -2.0, "line": -1.0}


class CodeScorer:
    """Ranks segments of code by the linear model of the code ranking, all others by another scorer.

    Both kinds share one scale: the other scorer says how much of the probability lies on a passage, the model how that
    share is spread over the passage's definitions.

    Args:
        base: ranks segments that are not code, and everything where there is no question.
        model: the linear model; the shipped one where None.
    """

    name = "code"

    def __init__(self, base: Scorer | None = None, model: Linear | None = None) -> None:
        self.base: Scorer = base if base is not None else LexicalScorer()
        self.model = model

    def score(self, query: str | None, passages: Sequence[Passage], segments: Sequence[Segment]) -> Floats:
        """Log-probabilities over the segments of the call; see `laconic.types.Scorer`."""
        scores: Floats = np.asarray(self.base.score(query, passages, segments), dtype=float)
        code = np.array([at for at, segment in enumerate(segments) if segment.kind in CODE_KINDS], dtype=int)
        if query is None or not query.strip() or not len(code):
            return scores
        found = [_document(passages[segments[at].passage], segments[at]) for at in code.tolist()]
        okapi = bm25_scores(okapi_index(found), code_terms(query) or ["_"])
        raw = (self.model or shipped_weights().definitions).score(feature_matrix(query, found, okapi))
        raw = raw + np.array([_POOR_KINDS.get(segments[at].kind, 0.0) for at in code.tolist()])
        scores = scores.copy()
        owner = np.array([segments[at].passage for at in code.tolist()])
        for index in np.unique(owner):
            own = code[owner == index]
            if sum(segments[at].kind == "function" for at in own.tolist()) < _FILE_FUNCTIONS:
                continue  # a retrieved function or two: how the passage compares is what matters
            model = raw[owner == index]
            scores[own] = model - _log_sum(model) + _log_sum(scores[own])
        return scores


def _log_sum(values: Floats) -> float:
    top = float(values.max())
    return top + float(np.log(np.exp(values - top).sum()))


def _document(passage: Passage, segment: Segment) -> Document:
    """What a segment is compared by: that of its definition, else one made of its text."""
    parsed = read_passage(passage)
    found = parsed.derive("piece documents", _piece_documents).get(segment.start) if parsed is not None else None
    return found or make_document(passage.text[segment.start : segment.end], is_type=True)


def _piece_documents(parsed: ParsedCode) -> dict[int, Document]:
    """The documents of a file's pieces by the character where they start."""
    return {parsed.char(piece.start): _of_piece(parsed, piece) for piece in pieces(parsed)}


def _of_piece(parsed: ParsedCode, piece: Piece) -> Document:
    units = outline(parsed).units
    text = parsed.slice(piece.start, piece.end)
    owner = units[piece.owners[0]].qualname if piece.owners else ""
    if piece.unit is None:
        return make_document(text, owner=owner, is_type=True)
    unit = units[piece.unit]
    signature = parsed.slice(unit.start, min(unit.signature_end, unit.start + 2000))
    return make_document(text, name=unit.name, owner=owner, signature=signature, is_type=piece.kind != "function")
