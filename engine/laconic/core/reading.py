"""What is known of a call before anything is selected: its segments, their scores, prices and requirements."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from laconic.core.budget import Budget
from laconic.core.counting import Counting
from laconic.kinds.catalogue import KINDS, Recognised, recognise
from laconic.kinds.kind import SegmentRule
from laconic.select.budget import first_level
from laconic.select.coverage import covered
from laconic.select.duplicates import find_duplicates
from laconic.types import Level, Passage, Renderer, Scorer, ScoreStep, Segment, TokenCounter

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Reading", "Settings"]


@dataclass(frozen=True)
class Settings:
    """What a call is configured with; see `laconic.Compressor`.

    Attributes:
        budget: what may be kept.
        counter: of tokens.
        separator: what will join the passages, None when each is sent alone.
        scorer: the first opinion on the segments.
        steps: what adjusts it, in order; None for those that the kinds of the passages bring.
        last_steps: what adjusts it after them.
        fallback: why the scorer is not the one that was asked for.
        preserve: phrases that go before everything else, while the budget has room.
        keywords: phrases, in lower case, that go before the question, with at most half of the budget.
        threshold: probability mass at which coverage is reached, None where only the budget limits the text.
        at_least: fewest passages of which something is kept.
        at_most: most passages of which something is kept; all where None.
        smallest: fewest tokens of a passage that are kept where it is cut; one with less is left out.
        prune_words: whether words may be left out of sentences to make room for further ones.
        pool: which segments compete; all where None.
        writers: further renderers by kind, the most wanted first, for a selection that leaves them room.
        apart: whether the passages are read together but kept each by itself: what another one says is then no reason
            to leave something out.
        explain: whether the result says why.
    """

    budget: Budget
    counter: TokenCounter
    separator: str | None
    scorer: Scorer
    steps: tuple[ScoreStep, ...] | None = None
    last_steps: tuple[ScoreStep, ...] = ()
    fallback: str | None = None
    preserve: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    threshold: float | None = None
    at_least: int = 0
    at_most: int | None = None
    smallest: int = 0
    prune_words: bool = False
    pool: Callable[[Reading], Collection[int]] | None = None
    writers: tuple[Mapping[str, Renderer], ...] = ()
    apart: bool = False
    explain: bool = False


class Reading:
    """Stages one and two of a call; everything is worked out when it is first asked for.

    Attributes:
        passages, query, settings: of the call.
        counting: counts of the input and of what is kept.
        adjustments: with ``explain``, the name of each score step and the scores that it left.
    """

    def __init__(self, passages: Sequence[Passage], query: str | None, settings: Settings) -> None:
        self.passages = passages
        self.query = query
        self.settings = settings
        self.counting = Counting(passages, settings.counter, settings.separator)
        self.adjustments: list[tuple[str, NDArray[np.float64]]] = []

    @cached_property
    def kinds(self) -> list[Recognised]:
        """The kind of each passage."""
        return [recognise(passage) for passage in self.passages]

    @cached_property
    def renderers(self) -> list[Renderer]:
        """What writes each passage; of one kind the same."""
        made: dict[str, Renderer] = {}
        for kind, _ in self.kinds:
            if kind.name not in made:
                made[kind.name] = kind.renderer()
        return [made[kind.name] for kind, _ in self.kinds]

    # -- stage one ----------------------------------------------------------------------------------------------------

    @cached_property
    def segments(self) -> list[Segment]:
        """Segments of all passages, in order."""
        segments: list[Segment] = []
        for index, (passage, (kind, _)) in enumerate(zip(self.passages, self.kinds, strict=True)):
            segments.extend(kind.segmenter(self.settings.counter).segment(passage, index, len(segments)))
        return segments

    @cached_property
    def bounds(self) -> list[tuple[int, int]]:
        """For each passage the range of its segments."""
        bounds, at = [], 0
        for index in range(len(self.passages)):
            first = at
            while at < len(self.segments) and self.segments[at].passage == index:
                at += 1
            bounds.append((first, at))
        return bounds

    def text_of(self, at: int) -> str:
        """Text of a segment."""
        segment = self.segments[at]
        return self.passages[segment.passage].text[segment.start : segment.end]

    def rule(self, at: int) -> SegmentRule:
        """What the kind of its passage says of a segment."""
        segment = self.segments[at]
        return self.kinds[segment.passage].kind.rule(segment.kind)

    @cached_property
    def levels(self) -> Mapping[int, tuple[Level, ...]]:
        """Of the segments that offer levels of detail below full, these."""
        return {at: segment.levels for at, segment in enumerate(self.segments) if segment.levels}

    def with_levels(self, levels: Mapping[int, tuple[Level, ...]]) -> Reading:
        """The same call with further levels of detail."""
        other = copy(self)
        other.__dict__.pop("prices", None)
        other.__dict__["levels"] = {**self.levels, **levels}
        return other

    @cached_property
    def frames(self) -> frozenset[int]:
        """Segments that are kept for others alone (headers of files in diffs)."""
        needing = (
            segment for at, segment in enumerate(self.segments) if segment.requires and self.rule(at).needs_frame
        )
        return frozenset(chain.from_iterable(segment.requires for segment in needing))

    @cached_property
    def requires(self) -> Mapping[int, tuple[int, ...]]:
        """Of the segments that need others, these; `heads` are among them."""
        heads = self.heads
        if not heads:
            return {at: needs for at, segment in enumerate(self.segments) if (needs := segment.needs)}
        return {
            at: (*segment.needs, heads[segment.passage]) if segment.passage in heads else segment.needs
            for at, segment in enumerate(self.segments)
            if segment.needs or segment.passage in heads
        }

    @cached_property
    def under(self) -> Mapping[int, tuple[int, ...]]:
        """Of the segments that stand under headings, these."""
        return {at: segment.under for at, segment in enumerate(self.segments) if segment.under}

    @cached_property
    def headings(self) -> frozenset[int]:
        """Segments that others stand under: they come with those, and say nothing alone."""
        return frozenset(chain.from_iterable(self.under.values()))

    @cached_property
    def heads(self) -> Mapping[int, int]:
        """Passages with a head, which is a price of entry: its place behind the segments, where `costs` has it."""
        with_head = [index for index, passage in enumerate(self.passages) if passage.head]
        return {index: len(self.segments) + place for place, index in enumerate(with_head)}

    # -- stage two ----------------------------------------------------------------------------------------------------

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """Log-probability of each segment: the scorer's opinion, adjusted step by step."""
        scores = self.settings.scorer.score(self.query, self.passages, self.segments)
        for step in self.steps:
            adjusted = step.adjust(self.query, self.passages, self.segments, scores)
            if self.settings.explain:
                self.adjustments.append((step.name, adjusted - scores))
            scores = adjusted
        return scores

    @cached_property
    def steps(self) -> tuple[ScoreStep, ...]:
        """What adjusts the scores, each step once."""
        steps: Iterable[ScoreStep] | None = self.settings.steps
        if steps is None:
            present = {kind.name for kind, _ in self.kinds}
            steps = chain.from_iterable(kind.steps() for kind in KINDS if kind.name in present)
        return tuple({id(step): step for step in (*steps, *self.settings.last_steps)}.values())

    @cached_property
    def duplicates(self) -> Mapping[int, int]:
        """Each repetition and the segment that stands for it; see `find_duplicates`."""

        def same_words_differ(segment: Segment) -> bool:
            return self.kinds[segment.passage].kind.rule(segment.kind).same_words_differ

        found = find_duplicates(self.passages, self.segments, same_words_differ)
        if self.settings.apart:
            passage = [segment.passage for segment in self.segments]
            found = {at: twin for at, twin in found.items() if passage[at] == passage[twin]}
        return found

    @cached_property
    def wanted(self) -> Sequence[bool]:
        """Whether a segment is needed for the coverage that was asked for; all are where none was."""
        if self.settings.threshold is None:
            return [True] * len(self.segments)
        wanted: list[bool] = covered(self.scores, self.settings.threshold).tolist()
        return wanted

    # -- what things cost ---------------------------------------------------------------------------------------------

    @cached_property
    def costs(self) -> list[int]:
        """Planned tokens of each segment (see `Counting.costs`), and behind them of the `heads`."""
        costs = self.counting.costs(self.segments, self.bounds)
        if self.heads:
            costs = costs + [self.counting.count(self.passages[index].head) for index in self.heads]
        return costs

    @cached_property
    def prices(self) -> NDArray[np.float64]:
        """What each segment is ranked as if it cost: its first level, a share of what it brings along."""
        import numpy as np

        prices = np.array(self.costs[: len(self.segments)], dtype=float)
        for at, levels in self.levels.items():
            if number := first_level(levels):
                prices[at] = levels[number - 1].tokens
        if any(kind.rules_prices for kind, _ in self.kinds):
            for at, segment in enumerate(self.segments):
                rule = self.rule(at)
                brought = sum(self.costs[need] for need in segment.needs) if rule.needs_price else 0
                prices[at] += rule.needs_price * brought
        return prices

    @cached_property
    def steep_from(self) -> NDArray[np.float64] | None:
        """From how many tokens on the length of each segment counts in full; None where it never does."""
        import numpy as np

        if not any(kind.rules_prices for kind, _ in self.kinds):
            return None
        return np.array([self.rule(at).steep_from for at in range(len(self.segments))])
