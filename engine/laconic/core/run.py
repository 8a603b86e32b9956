"""One call of the engine: segment, score, select, render."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from laconic.core import outcome
from laconic.core.budget import Budget
from laconic.core.counting import Counting
from laconic.core.cuts import FunctionCuts
from laconic.core.kinds_tmp import Parts, parts_for
from laconic.kinds.prose.sentences import word_cuts
from laconic.score.structured import adjust_scores
from laconic.select.budget import fill_budget, preference
from laconic.select.coverage import covered
from laconic.select.duplicates import find_duplicates
from laconic.select.redundancy import Redundancy
from laconic.types import (
    DROPPED,
    BeginningRenderer,
    Compression,
    CutRenderer,
    Dropped,
    Passage,
    Rendered,
    Scorer,
    Segment,
    TokenCounter,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Run", "Settings"]

# Prose restates facts; rows, log lines and functions are alike by form without being the same.
_RESTATING_KINDS = frozenset(("sentence", "list_item", "quote"))

# A member of a record is ranked as if it cost this share of the identifiers that it brings along: more members of the
# record may share them. Of the evidence of taubench_retail/train, at a quarter of the tokens, weights that had not seen
# the tasks kept .761 with a quarter, .786 with a half and .771 with all of it, others .908, .920 and .917.
_BROUGHT_SHARE = 0.5


@dataclass(frozen=True)
class Settings:
    """What a call is configured with; see `laconic.Compressor`.

    ``threshold`` is the probability mass at which coverage is reached, None where only the budget limits the text;
    ``fallback`` says why the scorer is not the one that was asked for, ``built_in`` whether it is one of ours.
    """

    budget: Budget
    counter: TokenCounter
    separator: str | None
    scorer: Scorer
    fallback: str | None = None
    preserve: tuple[str, ...] = ()
    threshold: float | None = None
    explain: bool = False
    built_in: bool = True


class Run:
    """The state of one call; made, asked for its `result`, and thrown away."""

    def __init__(self, passages: Sequence[Passage], query: str | None, settings: Settings, began: float) -> None:
        self.passages = passages
        self.query = query
        self.settings = settings
        self.began = began
        self.count = settings.counter.count
        self.counting = Counting(passages, settings.counter, settings.separator)
        self.renderings: dict[tuple[int, tuple[int, ...], tuple[int, int] | None], tuple[Rendered, int]] = {}
        self.function_cut: tuple[int, int] | None = None  # the function that is cut, and the tokens that it may have

    def result(self) -> Compression:
        """The compression: unchanged where it fits, else what the budget holds of what the scores say."""
        original = self.counting.original_tokens
        ceiling = self.settings.budget.ceiling(original)
        if self.settings.threshold is None and (ceiling is None or original <= ceiling):
            return outcome.unchanged(self, original, ceiling)
        segments = self.segments
        room = original if ceiling is None else min(ceiling, original)
        kept = self.select(room)
        levels = self.levels(kept)
        rendered = self.render(kept)
        if not rendered and segments:
            rendered = self.cut_to_fit(room)
        return outcome.compression(self, original, ceiling, levels, rendered)

    # -- stage one and two ------------------------------------------------------------------------------------------

    @cached_property
    def parts(self) -> list[Parts]:
        """Segmenter and renderer of each passage."""
        return [parts_for(passage, self.settings.counter) for passage in self.passages]

    @cached_property
    def segments(self) -> list[Segment]:
        """Segments of all passages, in order."""
        segments: list[Segment] = []
        for index, (passage, parts) in enumerate(zip(self.passages, self.parts, strict=True)):
            segments.extend(parts.segmenter.segment(passage, index, len(segments)))
        return segments

    @cached_property
    def scorer(self) -> Scorer:
        """The scorer of the call; where there is code, the built-in ones leave its ranking to the model for code."""
        scorer = self.settings.scorer
        if self.settings.built_in and any(parts.kind == "code" for parts in self.parts):
            from laconic.score.code.scorer import CodeScorer

            return CodeScorer(scorer)
        return scorer

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """Log-probability of each segment, with what its structure says."""
        scores = self.scorer.score(self.query, self.passages, self.segments)
        if not self.settings.built_in and self.query is not None:
            return scores  # the caller's own scorer has the last word
        return adjust_scores(self.query, self.passages, self.segments, scores)

    @cached_property
    def duplicates(self) -> dict[int, int]:
        """Each repetition and the segment that stands for it; see `find_duplicates`."""
        return find_duplicates(self.passages, self.segments)

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

    @cached_property
    def costs(self) -> list[int]:
        """Planned tokens of each segment; see `Counting.costs`."""
        return self.counting.costs(self.segments, self.bounds)

    @property
    def fallbacks(self) -> list[str | None]:
        """Why passages are cut more simply than their kind asks for; looked up only where something is cut."""
        return [parts.fallback for parts in self.parts] if "parts" in self.__dict__ else []

    # -- stage three ------------------------------------------------------------------------------------------------

    def select(self, ceiling: int) -> Collection[int]:
        """Segments that fill the budget best, in no particular order; their levels too where some are below full."""
        if not self.segments:
            return {}
        order = self.preferred()
        return self.fill(list(dict.fromkeys([*self.pinned(order), *order])), ceiling, self.measure)

    def preferred(self) -> list[int]:
        """Segments that may be kept, most wanted first."""
        import numpy as np

        prices = np.array(self.costs, dtype=float)
        for at, needs in self.requires.items():
            if self.segments[at].kind == "record":
                prices[at] += _BROUGHT_SHARE * sum(self.costs[need] for need in needs)
        ranked = preference(self.scores, prices, self.special_kinds)
        return [at for at in ranked if at not in self.duplicates and at not in self.frames and self.wanted[at]]

    def fill(self, order: Sequence[int], ceiling: int, measure: Callable[[Mapping[int, int]], int]) -> Collection[int]:
        """Segments of an order that fill a budget; ``measure`` counts the tokens of a selection."""
        redundancy = Redundancy(self.text_of)

        def repeats(at: int, kept: Collection[int]) -> bool:
            kind = self.segments[at].kind
            if kind == "record":
                return redundancy.repeats_member(at, kept)
            return kind in _RESTATING_KINDS and redundancy.repeats(at, kept)

        levels = {at: segment.levels for at in order if (segment := self.segments[at]).levels}
        kept = fill_budget(
            order,
            self.costs,
            self.requires,
            ceiling,
            measure,
            repeats,
            levels,
            FunctionCuts(self, ceiling) if levels else None,
        )
        return kept if any(at not in self.frames for at in kept) else {}

    @cached_property
    def frames(self) -> frozenset[int]:
        """Headers of files in diffs, which are kept for their changes alone."""
        hunks = (segment.requires for segment in self.segments if segment.kind == "diff_hunk")
        return frozenset(chain.from_iterable(hunks))

    @cached_property
    def requires(self) -> dict[int, tuple[int, ...]]:
        """Of the segments that need others, these."""
        return {at: needs for at, segment in enumerate(self.segments) if (needs := segment.needs)}

    def cut_function(self, at: int, room: int, kept: Collection[int]) -> bool:
        """Cut a function beside the kept segments; False, and nothing is cut, where no statement of it fits."""
        index = self.segments[at].passage
        own = self.levels_of(index, self.levels(kept))
        self.function_cut = (at, room)
        part = self.render_cut(index, own)
        if part is None:
            self.function_cut = None
            return False
        self.renderings[index, own, self.function_cut] = (part, self.counting.count(part.text))
        return True

    def render_cut(self, index: int, own: tuple[int, ...]) -> Rendered | None:
        """The passage of the function that is cut, ``own`` being its segments' levels; None where too little fits."""
        first, end = self.bounds[index]
        renderer = self.parts[index].renderer
        if self.function_cut is None or not isinstance(renderer, CutRenderer):
            return None
        at, room = self.function_cut
        passage, segments = self.passages[index], self.segments[first:end]
        return renderer.render_cut(passage, segments, own, at - first, room, self.query or "", self.settings.counter)

    @cached_property
    def special_kinds(self) -> list[str] | None:
        """Kind of each segment; None where all is prose."""
        if all(parts.kind in ("prose", "markdown") for parts in self.parts):
            return None
        return [segment.kind for segment in self.segments]

    @cached_property
    def wanted(self) -> Sequence[bool]:
        """Whether a segment is needed for the coverage that was asked for; all are where none was."""
        if self.settings.threshold is None:
            return [True] * len(self.segments)
        wanted: list[bool] = covered(self.scores, self.settings.threshold).tolist()
        return wanted

    def pinned(self, order: Sequence[int]) -> list[int]:
        """For each phrase to preserve the most wanted segment that holds it, letter case aside."""
        if not self.settings.preserve:
            return []
        rest = sorted(range(len(self.segments)), key=lambda at: -self.scores[at])  # coverage may have left it out
        texts = {at: self.text_of(at).casefold() for at in [*order, *rest]}
        phrases = map(str.casefold, self.settings.preserve)
        found = (next((at for at in texts if phrase in texts[at]), None) for phrase in phrases)
        return [at for at in found if at is not None]

    def text_of(self, at: int) -> str:
        """Text of a segment."""
        segment = self.segments[at]
        return self.passages[segment.passage].text[segment.start : segment.end]

    def levels(self, kept: Collection[int]) -> list[int]:
        """The level of every segment; full for the kept ones where ``kept`` does not say."""
        levels = [DROPPED] * len(self.segments)
        chosen = kept.items() if isinstance(kept, Mapping) else ((at, 0) for at in kept)
        for at, level in chosen:
            levels[at] = level
        return levels

    def levels_of(self, index: int, levels: Sequence[int]) -> tuple[int, ...]:
        """The levels of one passage's segments."""
        first, end = self.bounds[index]
        return tuple(levels[first:end])

    def measure(self, kept: Collection[int]) -> int:
        """Tokens of the final text of a selection."""
        return self.tokens(self.render(kept))

    def render(self, kept: Collection[int]) -> dict[int, tuple[Rendered, int]]:
        """Text, spans and count of each passage of which something is kept, in order."""
        owners = {self.segments[at].passage for at in kept}
        if self.function_cut is not None:
            owners.add(self.segments[self.function_cut[0]].passage)
        levels = self.levels(kept)
        return {index: self.rendered(index, levels) for index in sorted(owners)}

    def tokens(self, rendered: dict[int, tuple[Rendered, int]]) -> int:
        """The budget's count: of the joined text, and never less than the sum of the passages' own counts."""
        separate = sum(tokens for _, tokens in rendered.values())
        if self.settings.separator is None or len(rendered) < 2:
            return separate
        return max(separate, self.counting.joined([part.text for part, _ in rendered.values()]))

    def cut_to_fit(self, ceiling: int, among: Iterable[int] | None = None) -> dict[int, tuple[Rendered, int]]:
        """The beginning of the best segment (of some), cut between words, when no whole segment fits."""
        among = range(len(self.segments)) if among is None else among
        best = max((at for at in among if at not in self.frames), key=self.scores.__getitem__)
        segment = self.segments[best]
        text = self.passages[segment.passage].text
        cuts = word_cuts(text, segment.start, segment.end)
        low, high = 0, len(cuts)  # cuts[:low] fit, cuts[high:] do not
        while low < high:
            middle = (low + high) // 2
            if self.count(text[segment.start : cuts[middle]]) <= ceiling:
                low = middle + 1
            else:
                high = middle
        # counts grow with the text but for a token or two, so look at the neighbours before giving up
        renderer = self.parts[segment.passage].renderer
        for end in reversed(cuts[:low]):
            if isinstance(renderer, BeginningRenderer):
                part = renderer.render_beginning(self.passages[segment.passage], segment, end)
            else:
                part = Rendered(text[segment.start : end], ((segment.start, end),))
            if part is not None:
                tokens = self.count(part.text)
                if tokens <= ceiling:
                    return {segment.passage: (part, tokens)}
        return {}

    # -- stage four -------------------------------------------------------------------------------------------------

    def rendered(self, index: int, levels: Sequence[int]) -> tuple[Rendered, int]:
        """Text, spans and count of one passage under a selection; each distinct selection is rendered once."""
        first, end = self.bounds[index]
        own = self.levels_of(index, levels)
        cut = self.function_cut if self.function_cut is not None and first <= self.function_cut[0] < end else None
        key = (index, own, cut)
        if key not in self.renderings:
            rendered = self.render_cut(index, own) if cut is not None else None
            if rendered is None:
                rendered = self.parts[index].renderer.render(self.passages[index], self.segments[first:end], own)
            self.renderings[key] = (rendered, self.counting.count(rendered.text))
        return self.renderings[key]

    def dropped(self, levels: Sequence[int], rendered: dict[int, tuple[Rendered, int]]) -> tuple[Dropped, ...]:
        """What is not in the result, and why."""
        return outcome.dropped(self, levels, rendered)
