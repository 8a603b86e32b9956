"""What HASTE makes of its sources: passages for the engine, their ranking, and the pool that selection chooses from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from laconic.core.budget import Budget
from laconic.core.reading import Reading, Settings
from laconic.core.run import Run
from laconic.exceptions import BudgetError, ConfigurationError, LaconicError, OptimizerError
from laconic.scaledown.haste_inputs import SourceFile
from laconic.score.lexical import LexicalScorer
from laconic.score.registry import DEFAULT_SCORER, load_scorer
from laconic.select.budget import preference
from laconic.types import Compression, Passage, Rendered, Segment, TokenCounter

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from laconic.kinds.code.graph import Place
    from laconic.score.code.index import CodeIndex
    from laconic.score.code.ranking import CodeRanking
    from laconic.score.code.weights import Weights

__all__ = ["HasteSearch", "HasteSettings", "check_budget"]

# Cosines to log-odds between definitions, as in SemanticOptimizer; the two rankings then weigh the same.
_TEMPERATURE = 0.05
_DEFINITIONS = ("function", "type")


@dataclass(frozen=True)
class HasteSettings:
    """The parameters of the constructor; see `HasteOptimizer`."""

    top_k: int = 6
    prefilter: int = 300
    bfs_depth: int = 1
    max_add: int = 12
    semantic: bool = False
    sem_model: Any = "text-embedding-3-small"
    hard_cap: int = 1200
    soft_cap: int = 1800
    target_model: Any = "gpt-4o"

    def __post_init__(self) -> None:
        for name, least in (("top_k", 1), ("prefilter", 1), ("bfs_depth", 0), ("max_add", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ConfigurationError(f"{name} is {value!r}: it must be a whole number of at least {least}")
        for name in ("hard_cap", "soft_cap"):
            check_budget(name, getattr(self, name))


def check_budget(name: str, value: Any) -> None:
    """Refuse what is no number of tokens."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise BudgetError(f"{name} is {value!r}: it must be a whole number of tokens of at least 1")


class HasteSearch:
    """The sources of one call; also the scorer of its segments.

    Args:
        sources: of the call.
        settings: of the call.
        embedder: ranks beside BM25 where given.
        weights: of the closer ranking; the shipped ones where None.

    Attributes:
        passages: the sources for the engine; of several each has its path as head.
        definitions: how many functions and types there are to choose from.
    """

    name = "haste"

    def __init__(
        self, sources: Sequence[SourceFile], settings: HasteSettings, embedder: Any, weights: Weights | None
    ) -> None:
        self.settings_of_call = settings
        self.embedder = embedder
        self.weights = weights
        self.passages = [_passage(source, at, len(sources) > 1) for at, source in enumerate(sources)]
        self._code = [at for at, source in enumerate(sources) if source.parsed is not None]
        self._parsed = [source.parsed for source in sources if source.parsed is not None]
        self._names = [sources[at].name for at in self._code]
        self.definitions = sum(len(self._outline(file).candidates()) for file in range(len(self._parsed)))

    def _outline(self, file: int) -> Any:
        from laconic.kinds.code.units import outline

        return outline(self._parsed[file])

    def attempts(self, budget: Budget, counter: TokenCounter) -> Iterator[tuple[list[Passage], Settings]]:
        """Passages and how the engine is configured: by definitions, where none fits by statements, else as text."""
        from laconic.kinds.code.compose import Marks
        from laconic.kinds.code.render import CodeRenderer

        writers = tuple({"code": CodeRenderer(marks)} for marks in (Marks.ALL, Marks.FUNCTIONS))
        plain = Settings(budget, counter, "\n\n", LexicalScorer(), writers=writers)
        if self.definitions:
            yield self.passages, replace(plain, scorer=self, steps=(), pool=self.pool)
        if self._code:
            yield self.passages, plain
        text = [replace(passage, kind="prose", language=None) for passage in self.passages]
        yield text, replace(plain, scorer=load_scorer(DEFAULT_SCORER, fallback=True).scorer)

    def mode(self, run: Run) -> str:
        """How was searched, in ScaleDown's words."""
        if not self._as_code(run):
            return "lexical"
        return "bm25" if self.embedder is None else "hybrid"

    def fallback(self, run: Run) -> bool:
        """Whether some source was treated as plain text."""
        return len(self._code) < len(self.passages) or not self._as_code(run)

    @staticmethod
    def _as_code(run: Run) -> bool:
        return any(passage.kind == "code" for passage in run.reading.passages)

    # -- ranking ------------------------------------------------------------------------------------------------------

    def score(self, query: str | None, passages: Sequence[Passage], segments: Sequence[Segment]) -> NDArray[np.float64]:
        """Log-probability of each definition; everything else comes behind them. See `laconic.types.Scorer`."""
        import numpy as np

        ranking = self._ranking(query or "")
        known = dict(zip(ranking.places, ranking.scores.tolist(), strict=True))
        places = list(self._places(segments))
        lowest = float(ranking.scores.min(initial=0.0)) - 1.0
        return np.array([lowest if place is None else known.get(place, lowest) for place in places])

    def _places(self, segments: Sequence[Segment]) -> Iterator[Place | None]:
        """Which definition each segment is, None for what is none."""
        from laconic.kinds.code.pieces import pieces

        units = {
            (index, parsed.char(piece.start)): (file, piece.unit)
            for file, (index, parsed) in enumerate(zip(self._code, self._parsed, strict=True))
            for piece in pieces(parsed)
            if piece.unit is not None and piece.kind in _DEFINITIONS
        }
        return (units.get((segment.passage, segment.start)) for segment in segments)

    @cached_property
    def _index(self) -> CodeIndex:
        from laconic.score.code.index import CodeIndex

        return CodeIndex.of(self._parsed[0]) if len(self._parsed) == 1 else CodeIndex(self._parsed, self._names)

    def _ranking(self, query: str) -> CodeRanking:
        from laconic.score.code.ranking import rank

        prefilter = self.settings_of_call.prefilter
        ranking = rank(query, self._index, prefilter=prefilter, weights=self.weights)
        if self.embedder is None or not ranking.places:
            return ranking
        import numpy as np

        from laconic.score.vectors.embedders import embed_query

        pool = np.sort(np.argsort(-ranking.scores, kind="stable")[:prefilter])
        texts = [self._index.text(*ranking.places[at]) for at in pool.tolist()]
        try:
            vectors = np.asarray(self.embedder.embed(texts), dtype=float)
            wanted = np.asarray(embed_query(self.embedder, query), dtype=float)
        except LaconicError as error:
            raise OptimizerError(str(error)) from error
        near = vectors @ wanted / _TEMPERATURE
        near -= near.max() + np.log(np.exp(near - near.max()).sum())
        scores = ranking.scores.copy()
        scores[pool] = (scores[pool] + near) / 2
        rest = np.setdiff1d(np.arange(len(scores)), pool)
        if len(rest):
            scores[rest] += min(0.0, float(scores[pool].min()) - float(scores[rest].max()) - 1.0)
        return replace(ranking, scores=scores)

    # -- selection ----------------------------------------------------------------------------------------------------

    def pool(self, reading: Reading) -> Collection[int]:
        """The best ``top_k``, and their neighbours in the call graph while the pool stays within the soft limit."""
        settings = self.settings_of_call
        soft = max(settings.soft_cap, reading.settings.budget.max_tokens or 0)  # a larger limit is there to be used
        places = list(self._places(reading.segments))
        ranked = [at for at in preference(reading.scores, reading.prices, reading.steep_from) if places[at] is not None]
        pool = dict.fromkeys(ranked[: settings.top_k])
        if len(pool) == len(ranked) or not settings.max_add:
            return pool
        rank_of = {place: rank for rank, at in enumerate(ranked) if (place := places[at]) is not None}
        gathered, added, frontier = sum(reading.costs[at] for at in pool), 0, list(pool)
        for _ in range(settings.bfs_depth):
            found = []
            for at in frontier:
                place = places[at]
                near = self._index.graph.neighbours(place) if place is not None else ()
                for other in (ranked[rank] for rank in sorted(rank_of[each] for each in near if each in rank_of)):
                    cost = reading.costs[other]
                    if other not in pool and added < settings.max_add and gathered + cost <= soft:
                        pool[other] = None
                        found.append(other)
                        gathered += cost
                        added += 1
            frontier = found
        return pool

    # -- results ------------------------------------------------------------------------------------------------------

    def chosen(self, run: Run) -> int:
        """How many parts are in the result: definitions; statements or texts where there are none to choose from."""
        if not self._as_code(run):
            return len(run.written or ())
        kept = {*run.kept, *([run.writing.cut[0]] if run.writing.cut else [])}
        if run.reading.settings.scorer is not self:
            return len(kept)
        return sum(run.reading.segments[at].kind in _DEFINITIONS for at in kept)

    def fidelity(self, result: Compression) -> float | None:
        """See `laconic.kinds.code.fidelity.structure_kept`; None where no source is code."""
        from laconic.kinds.code.fidelity import structure_kept

        texts = {part.index: Rendered(part.text, part.spans) for part in result.passages}
        return structure_kept(self._parsed, [texts.get(at) for at in self._code])


def _passage(source: SourceFile, at: int, several: bool) -> Passage:
    sign = source.parsed.language.line_comment if source.parsed is not None else "#"
    head = f"{sign} path: {source.name or f'file {at + 1}'}\n" if several else ""
    if source.parsed is None:
        return Passage(source.text, source=source.name, kind="prose", head=head)
    return Passage(source.text, source=source.name, kind="code", language=source.parsed.language.name, head=head)
