"""`CodeStep`: segments of code ranked against a question, beside segments of anything else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from laconic.kinds.code.parse import ParsedCode
from laconic.kinds.code.pieces import Piece, pieces
from laconic.kinds.code.segment import FILE_FUNCTIONS, read_passage
from laconic.kinds.code.units import outline
from laconic.score.code.documents import Document, make_document
from laconic.score.code.index import CodeIndex
from laconic.score.code.ranking import file_shares, log_sum, rank
from laconic.score.code.weights import Weights, shipped_weights
from laconic.types import Passage, Segment

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["CodeStep"]

_CODE_KINDS = frozenset({"class_header", "comment", "function", "import", "line", "statement", "type"})

# Log-odds beside definitions, which is what a question about a file mostly wants: an import says what the file may do,
# a comment by itself documents nothing. On 300 tasks of repositories that the model had not seen, statements at 0, -1,
# -2 and -3 kept .642, .645, .646 and .646 of the functions at 600 tokens (imports and comments lowered alike).
_POOR_KINDS = {"import": -4.0, "comment": -4.0, "statement": -2.0, "line": -1.0}


class CodeStep:
    """Ranks the segments of source files by the models of the code ranking; a step after any scorer.

    The scorer says how much of the probability lies on a file, of several files together with the model, which ranks
    the definitions of all of them; the model says how that share is spread over a file's segments.
    Definitions are compared with each other only, as the model was trained; how much lies on them beside imports,
    constants and headers it says from a comparison of all.

    Args:
        weights: the models; the shipped ones where None.
    """

    name = "code"

    def __init__(self, weights: Weights | None = None) -> None:
        self.weights = weights

    def adjust(
        self, query: str | None, passages: Sequence[Passage], segments: Sequence[Segment], scores: Floats
    ) -> Floats:
        """Log-probabilities over the segments of the call; see `laconic.types.ScoreStep`."""
        if query is None or not query.strip():
            return scores
        files: dict[int, list[int]] = {}
        for at, segment in enumerate(segments):
            if segment.kind in _CODE_KINDS:
                files.setdefault(segment.passage, []).append(at)
        # Of a retrieved function or two it matters how the passage compares with others.
        read = {
            index: parsed
            for index, own in files.items()
            if sum(segments[at].kind == "function" for at in own) >= FILE_FUNCTIONS
            and (parsed := read_passage(passages[index])) is not None
        }
        if not read:
            return scores
        shares = np.array([log_sum(scores[files[index]]) for index in read])
        if len(read) > 1:
            paths = [passages[index].source for index in read]
            shares = _between(shares, file_shares(query, list(read.values()), paths, self._weights.definitions))
        scores = scores.copy()
        for (index, parsed), share in zip(read.items(), shares.tolist(), strict=True):
            own = files[index]
            ranked = self._rank(query, parsed, [segments[at] for at in own])
            scores[own] = ranked - log_sum(ranked) + share
        return scores

    @property
    def _weights(self) -> Weights:
        return self.weights or shipped_weights()

    def _rank(self, query: str, parsed: ParsedCode, own: Sequence[Segment]) -> Floats:
        """Scores of a file's segments, up to a constant."""
        everything = _pieces_of(parsed)
        linear = replace(self._weights, nets=(), trees=None)  # nets and trees are trained on definitions alone
        all_scores = rank(query, everything.index, weights=linear).scores
        lowest = float(all_scores.min(initial=0.0))  # of a segment that another segmenter cut
        known = [everything.places.get(segment.start) for segment in own]
        scores = np.array([lowest if place is None else all_scores[place] for place in known])
        scores += [_POOR_KINDS.get(segment.kind, 0.0) for segment in own]
        places = [everything.definitions.get(segment.start) for segment in own]
        definitions = [at for at, place in enumerate(places) if place is not None]
        if definitions:
            ranked = rank(query, CodeIndex.of(parsed), weights=self.weights).scores
            ranked = ranked[[place for place in places if place is not None]]
            scores[definitions] = ranked - log_sum(ranked) + log_sum(scores[definitions])
        return scores


def _between(scorer: Floats, ranking: Floats) -> Floats:
    """Two opinions on how what lies on some files is divided among them, as logarithms: their geometric mean.

    On ten questions over parts of the standard library (1,500 tokens of the eight files found) the scorer alone kept
    six answers, the mean nine, the ranking alone nine; of the functions that 38 commits of repositories changed, .79,
    .78 and .78 (4,800 tokens).
    """
    total = log_sum(scorer)
    mean = 0.5 * (scorer - total) + 0.5 * ranking
    return mean - log_sum(mean) + total


@dataclass(frozen=True)
class _Pieces:
    """The pieces of a file as candidates.

    Attributes:
        index: of all of them.
        places: where a piece is in that index, by the character where it starts.
        definitions: where a definition is in the file's own index, likewise.
    """

    index: CodeIndex
    places: Mapping[int, int]
    definitions: Mapping[int, int]


def _pieces_of(parsed: ParsedCode) -> _Pieces:
    """The pieces of a file; kept with its tree."""
    return parsed.derive("pieces as candidates", _make_pieces)


def _make_pieces(parsed: ParsedCode) -> _Pieces:
    own = CodeIndex.of(parsed)
    known = {unit: at for at, (_, unit) in enumerate(own.places)}
    found = pieces(parsed)
    starts = [parsed.char(piece.start) for piece in found]
    candidates = [known.get(piece.unit) if piece.unit is not None else None for piece in found]
    documents = [
        _document(parsed, piece) if candidate is None else own.documents[candidate]
        for piece, candidate in zip(found, candidates, strict=True)
    ]
    return _Pieces(
        CodeIndex([parsed], documents=[documents]),
        {start: at for at, start in enumerate(starts)},
        {start: at for start, at in zip(starts, candidates, strict=True) if at is not None},
    )


def _document(parsed: ParsedCode, piece: Piece) -> Document:
    """What a piece that is no candidate of the file's index is compared by."""
    units = outline(parsed).units
    text = parsed.slice(piece.start, piece.end)
    owner = units[piece.owners[0]].qualname if piece.owners else ""
    if piece.unit is None:
        return make_document(text, owner=owner, is_type=True)
    unit = units[piece.unit]
    signature = parsed.slice(unit.start, min(unit.signature_end, unit.start + 2000))
    return make_document(text, name=unit.name, owner=owner, signature=signature, is_type=piece.kind != "function")
