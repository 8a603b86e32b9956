"""What `SemanticOptimizer` makes of its sources: units to search among, their ranking, and the pool for selection."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import inf
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from laconic.core.budget import Budget
from laconic.core.reading import Reading, Settings
from laconic.kinds.prose.sections import sections
from laconic.types import Passage, Rendered, Segment, TokenCounter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from laconic.kinds.code.parse import ParsedCode
    from laconic.score.vectors.memo import RememberingEmbedder

__all__ = ["SemanticSearch", "Unit"]

# Cosines to log-odds between symbols, which selection weighs against their cost. Chosen on the doc tasks of the code
# benchmark's dev split: MiniLM is best at .06 to .08, the embedded table at .1.
_TEMPERATURE = 0.08
# Log-odds between a section and the next: the nearest is kept whole before anything of the next.
_STEP = 50.0


class Unit(NamedTuple):
    """What is embedded and found as one: a definition of code, or a section of text.

    Attributes:
        passage: index of its passage.
        segments: positions in the call's list of segments.
        text: what is embedded.
        is_code: whether it is a definition.
    """

    passage: int
    segments: range
    text: str
    is_code: bool


class SemanticSearch:
    """The passages of one call; also the scorer of their segments.

    Args:
        passages: of the call.
        query: the question.
        embedder: compares meanings.
        top_k: so many units are found.
    """

    name = "semantic"

    def __init__(self, passages: Sequence[Passage], query: str, embedder: RememberingEmbedder, top_k: int) -> None:
        self.passages = passages
        self._query = query
        self._embedder = embedder
        self._top_k = top_k
        self._hits: list[Unit] = []

    def settings(self, budget: Budget, counter: TokenCounter) -> Settings:
        """How the engine is configured."""
        self._budget, self._count = budget, counter.count
        return Settings(budget, counter, "\n\n", self, steps=(), pool=self.pool)

    def units(self, segments: Sequence[Segment]) -> list[Unit]:
        """What is searched: the definitions of code that has some, else sections."""
        found: list[Unit] = []
        first = 0
        for index, passage in enumerate(self.passages):
            end = first
            while end < len(segments) and segments[end].passage == index:
                end += 1
            own = segments[first:end]
            symbols = _symbols(passage, own)
            for run, text in symbols or _sections(passage.text, own):
                found.append(Unit(index, range(first + run.start, first + run.stop), text, bool(symbols)))
            first = end
        return found

    def score(self, query: str | None, passages: Sequence[Passage], segments: Sequence[Segment]) -> NDArray[np.float64]:
        """Log-odds of the segments of the nearest units; the others come behind them. See `laconic.types.Scorer`."""
        from laconic.score.vectors.search import nearest

        units = self.units(segments)
        scores = np.full(len(segments), -_STEP * (self._top_k + 1.0))
        if not units:
            return scores
        vectors = self._embedder.embed([unit.text for unit in units])
        wanted = self._embedder.embed_query(self._query)
        rows, cosines = nearest(vectors, wanted, self._top_k)
        self._hits = [units[row] for row in rows]
        only_code = all(unit.is_code for unit in units)
        fits = sum(self._count(unit.text) for unit in self._hits) <= (self._budget.max_tokens or inf)
        for place, (unit, cosine) in enumerate(zip(self._hits, cosines, strict=True)):
            own = list(unit.segments)
            scores[own] = cosine / _TEMPERATURE if only_code else -_STEP * place
            if len(own) > 1 and not fits:  # of a section that does not fit the nearest sentences are kept
                texts = [passages[segments[at].passage].text[segments[at].start : segments[at].end] for at in own]
                scores[own] += self._embedder.embed(texts) @ wanted / _TEMPERATURE
        return scores

    def pool(self, reading: Reading) -> Collection[int]:
        """The segments of the units that were found."""
        reading.scores  # noqa: B018 - the search is done there
        return [at for unit in self._hits for at in unit.segments]

    def parts(self, kept: Collection[int]) -> int:
        """How many of the found units something is kept of."""
        return sum(any(at in kept for at in unit.segments) for unit in self._hits)

    def fidelity(self, texts: Sequence[Rendered | None]) -> float | None:
        """See `laconic.kinds.code.fidelity.structure_kept`; None where nothing is code."""
        from laconic.kinds.code.fidelity import structure_kept

        parsed = [_parsed(passage) for passage in self.passages]
        code = [at for at, each in enumerate(parsed) if each is not None]
        return structure_kept([each for each in parsed if each is not None], [texts[at] for at in code])


def _parsed(passage: Passage) -> ParsedCode | None:
    if passage.kind != "code":
        return None
    from laconic.kinds.code.segment import read_passage

    return read_passage(passage)


def _symbols(passage: Passage, segments: Sequence[Segment]) -> list[tuple[range, str]]:
    """The definitions of a passage of code, each with its qualified name."""
    parsed = _parsed(passage)
    if parsed is None:
        return []
    from laconic.kinds.code.pieces import pieces
    from laconic.kinds.code.units import outline

    units = outline(parsed).units
    names = {
        parsed.char(piece.start): units[piece.unit].qualname
        for piece in pieces(parsed)
        if piece.unit is not None and piece.kind in ("function", "type")
    }
    return [
        (range(at, at + 1), f"{names[segment.start]}\n{passage.text[segment.start : segment.end]}")
        for at, segment in enumerate(segments)
        if segment.start in names
    ]


def _sections(text: str, segments: Sequence[Segment]) -> list[tuple[range, str]]:
    return [(run, text[segments[run[0]].start : segments[run[-1]].end]) for run in sections(text, segments)]
