"""What is known of a call before anything is selected: its segments, their scores, prices and requirements."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import chain
from typing import TYPE_CHECKING

from laconic._utils.deadline import NEVER, Deadline
from laconic.core.budget import Budget
from laconic.core.counting import Counting
from laconic.core.known import read_passage
from laconic.core.parts import Mixed, OpenPart, open_parts
from laconic.kinds.catalogue import KINDS, UNREAD, Recognised, kind_named
from laconic.kinds.kind import Kind, SegmentRule
from laconic.score.readers.reranker import Reranker
from laconic.score.readers.reread import Opinion, passage_shares, reread
from laconic.score.words import query_terms
from laconic.select.budget import first_level, preference
from laconic.select.coverage import covered, unlike
from laconic.select.duplicates import find_duplicates
from laconic.types import BoundedScorer, Level, Passage, Renderer, Scorer, ScoreStep, Segment, TokenCounter

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
        reranker: who is asked then about the best segments; None for nobody.
        last_steps: what adjusts the scores after all of them.
        may_fail: whether the scores stand as they are where the reranker fails.
        fallback: why the scorer is not the one that was asked for.
        preserve: phrases that go before everything else, while the budget has room.
        preserve_all: whether that holds for every place where such a phrase stands; else for the best one.
        keywords: phrases, in lower case, that go before the question, with at most half of the budget.
        threshold: probability mass at which coverage is reached, None where only the budget limits the text.
        calibrated: whether the threshold was fitted on the caller's own questions.
        distinct: whether what says in nearly the same words what is kept is left out, even where there is room.
        at_least: fewest passages of which something is kept.
        at_most: most passages of which something is kept; all where None.
        smallest: fewest tokens of a passage that are kept where it is cut; one with less is left out.
        prune_words: whether words may be left out of sentences to make room for further ones.
        pool: which segments compete; all where None.
        writers: further renderers by kind, the most wanted first, for a selection that leaves them room.
        apart: whether the passages are read together but kept each by itself: what another one says is then no reason
            to leave something out.
        deadline: after which the simplest means are used for what is still to do.
        explain: whether the result says why.
    """

    budget: Budget
    counter: TokenCounter
    separator: str | None
    scorer: Scorer
    steps: tuple[ScoreStep, ...] | None = None
    reranker: Reranker | None = None
    last_steps: tuple[ScoreStep, ...] = ()
    may_fail: bool = True
    fallback: str | None = None
    preserve: tuple[str, ...] = ()
    preserve_all: bool = False
    keywords: tuple[str, ...] = ()
    threshold: float | None = None
    calibrated: bool = False
    distinct: bool = False
    at_least: int = 0
    at_most: int | None = None
    smallest: int = 0
    prune_words: bool = False
    pool: Callable[[Reading], Collection[int]] | None = None
    writers: tuple[Mapping[str, Renderer], ...] = ()
    apart: bool = False
    deadline: Deadline = NEVER
    explain: bool = False


_NEVER = 1 << 40  # tokens that no budget has

# Which share of a deadline is over when passages are no longer read, when the scorer is no longer begun, when it is
# stopped, and when the question's words are no longer counted. Chosen by the time that each takes where nothing limits
# it (a million characters of prose: counting and reading .16 s, the scorer .22 s and twice that where words are new,
# the question's words .12 s, all that follows .12 s), so that what takes over has time to end.
_READ_UNTIL, _BEGIN_UNTIL, _SCORE_UNTIL, _WORDS_UNTIL = 0.5, 0.25, 0.7, 0.95


def _name_of(scorer: Scorer) -> str:
    return str(getattr(scorer, "name", type(scorer).__name__))


def _unread(passage: Passage, index: int) -> Iterator[Segment]:
    """All of a passage as one segment; none of a blank one.

    Raises:
        ConfigurationError: the passage names a kind that does not exist.
    """
    if passage.kind is not None:
        kind_named(passage.kind)
    text = passage.text
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    if start < end:
        yield Segment(index, start, end, next(iter(UNREAD.rules)))


def _by_order(segments: Sequence[Segment]) -> NDArray[np.float64]:
    """Log-odds of segments of which nothing is known but the place of their passages: one over it."""
    import numpy as np

    odds: NDArray[np.float64] = -np.log1p(np.fromiter((each.passage for each in segments), float, len(segments)))
    return odds


class Reading:
    """Stages one and two of a call; everything is worked out when it is first asked for.

    Attributes:
        passages, query, settings: of the call.
        counting: counts of the input and of what is kept.
        adjustments: with ``explain``, the name of each score step and how it moved the scores.
        hurried: what a deadline that passed left undone, in words.
    """

    def __init__(self, passages: Sequence[Passage], query: str | None, settings: Settings) -> None:
        self.passages = passages
        self.query = query
        self.settings = settings
        self.counting = Counting(passages, settings.counter, settings.separator)
        self.adjustments: list[tuple[str, NDArray[np.float64]]] = []
        self.hurried: list[str] = []

    def is_over(self, undone: str) -> bool:
        """Whether the deadline has passed; ``undone`` is then what the caller leaves out, and the result says so."""
        if not self.settings.deadline.passed():
            return False
        if undone not in self.hurried:
            self.hurried.append(undone)
        return True

    @property
    def kinds(self) -> list[Recognised]:
        """The kind of each passage."""
        return self._cut[2]

    @cached_property
    def renderers(self) -> list[Renderer]:
        """What writes each passage; of one kind the same."""
        made: dict[str, Renderer] = {}

        def renderer_of(kind: Kind) -> Renderer:
            if kind.name not in made:
                made[kind.name] = kind.renderer()
            return made[kind.name]

        renderers = [renderer_of(kind) for kind, _ in self.kinds]
        for index, (outer, parts) in self.mixed.items():
            own = [(part, renderer_of(part.kind)) for part in parts]
            renderers[index] = Mixed(renderers[index], outer, self.bounds[index][0], own)
        return renderers

    @cached_property
    def as_read(self) -> Sequence[Passage]:
        """The passages as scorers read them: of kinds whose texts hold more than words, the words where they stand."""
        if all(kind.words is None for kind in self.present):
            return self.passages
        read = [kind.read(passage) for passage, (kind, _) in zip(self.passages, self.kinds, strict=True)]
        for part in self.parts:
            if part.kind.words is not None:
                index, (before, behind) = self.segments[part.first].passage, part.frame
                text = read[index].text
                words = text[: before[1]] + part.kind.words(part.passage.text) + text[behind[0] :]
                read[index] = replace(read[index], text=words)
        return read

    # -- stage one ----------------------------------------------------------------------------------------------------

    @cached_property
    def segments(self) -> list[Segment]:
        """Segments of all passages, in order; of a mixed passage those of its parts in their places."""
        return self._cut[0]

    @property
    def mixed(self) -> Mapping[int, tuple[Sequence[Segment], Sequence[OpenPart]]]:
        """The passages that hold parts of other kinds: their segments as their own kind cuts them, and the parts."""
        return self._cut[1]

    @cached_property
    def _cut(self) -> tuple[list[Segment], dict[int, tuple[Sequence[Segment], Sequence[OpenPart]]], list[Recognised]]:
        """Each passage is cut as soon as its kind is known: what was parsed for that is still remembered."""
        kinds: list[Recognised] = []
        segments: list[Segment] = []
        mixed: dict[int, tuple[Sequence[Segment], Sequence[OpenPart]]] = {}
        counter, deadline, know_ends = self.settings.counter, self.settings.deadline, self.counting.know_ends
        unread = 0
        for index, passage in enumerate(self.passages):
            if deadline.passed(_READ_UNTIL):
                kinds.append(Recognised(UNREAD))
                segments.extend(_unread(passage, index))
                unread += 1
                continue
            recognised, own = read_passage(passage, index, len(segments), counter, know_ends)
            kinds.append(recognised)
            if recognised.kind.parts and any(segment.part is not None for segment in own):
                outer = own
                own, parts = open_parts(passage, index, len(segments), outer, counter)
                if parts:
                    mixed[index] = (outer, parts)
            segments.extend(own)
        if unread:
            self.hurried.append(f"{unread} of {len(self.passages)} passages are not read, so kept whole or not at all")
        return segments, mixed, kinds

    @cached_property
    def parts(self) -> list[OpenPart]:
        """The parts of all mixed passages, in order."""
        return [part for _, parts in self.mixed.values() for part in parts]

    @cached_property
    def _part_of(self) -> Mapping[int, OpenPart]:
        """Of the segments that are in a part, this."""
        return {at: part for part in self.parts for at in range(part.first, part.end)}

    def kind_of(self, at: int) -> Kind:
        """What a segment is a piece of: the kind of its part, else of its passage."""
        part = self._part_of.get(at) if self.parts else None
        return self.kinds[self.segments[at].passage].kind if part is None else part.kind

    @cached_property
    def present(self) -> list[Kind]:
        """The kinds of the passages and of their parts, each once, in the order of the table."""
        names = {kind.name for kind, _ in self.kinds} | {part.kind.name for part in self.parts}
        return [kind for kind in KINDS if kind.name in names]

    @cached_property
    def stretches(self) -> list[tuple[Kind, Passage, Sequence[Segment], int]]:
        """All texts of one kind: the passages that are not mixed, and the parts of those that are.

        Each with its segments, whose spans are in that text, and the place of the first of them.
        """
        whole = [
            (self.kinds[index].kind, passage, self.segments[slice(*self.bounds[index])], self.bounds[index][0])
            for index, passage in enumerate(self.passages)
            if index not in self.mixed
        ]
        return [*whole, *((part.kind, part.passage, part.segments, part.first) for part in self.parts)]

    @cached_property
    def unmixed(self) -> tuple[Sequence[Passage], Sequence[Segment]]:
        """The call with each part as a passage of its own, behind all others: what score steps look at."""
        if not self.parts:
            return self.as_read, self.segments
        passages, segments = list(self.as_read), list(self.segments)
        for part in self.parts:
            for at, own in enumerate(part.segments, start=part.first):
                segments[at] = segments[at]._replace(passage=len(passages), start=own.start, end=own.end)
            passages.append(part.kind.read(part.passage))
        return passages, segments

    @cached_property
    def bounds(self) -> list[tuple[int, int]]:
        """For each passage the range of its segments."""
        ends = [bisect_right(self.owners, index) for index in range(len(self.passages))]
        return list(zip([0, *ends], ends, strict=False))

    @cached_property
    def owners(self) -> list[int]:
        """The passage of each segment; ascending."""
        return [segment.passage for segment in self.segments]

    def text_of(self, at: int) -> str:
        """Text of a segment, as scorers read it."""
        segment = self.segments[at]
        return self.as_read[segment.passage].text[segment.start : segment.end]

    def rule(self, at: int) -> SegmentRule:
        """What its kind says of a segment."""
        return self._rules[at]

    @cached_property
    def _rules(self) -> list[SegmentRule]:
        rules: list[SegmentRule] = []
        for index, (kind, _) in enumerate(self.kinds):
            own = self.segments[slice(*self.bounds[index])]
            if index in self.mixed:
                rules += [self.kind_of(at).rule(segment.kind) for at, segment in enumerate(own, start=len(rules))]
            else:
                names = [segment.kind for segment in own]
                told = {name: kind.rule(name) for name in set(names)}  # few, where segments are thousands
                rules += [told[name] for name in names]
        return rules

    @cached_property
    def levels(self) -> Mapping[int, tuple[Level, ...]]:
        """Of the segments that offer levels of detail below full, these."""
        return {at: segment.levels for at, segment in enumerate(self.segments) if segment.levels}

    def with_levels(self, levels: Mapping[int, tuple[Level, ...]], *, only: bool = False) -> Reading:
        """The same call with further levels of detail.

        Args:
            levels: by segment.
            only: whether of the passages of these segments nothing is kept but at these levels.
        """
        other = copy(self)
        other.__dict__.pop("prices", None)
        other.__dict__["levels"] = {**self.levels, **levels}
        if only:
            owners = {self.segments[at].passage for at in levels}
            barred = (at for index in owners for at in range(*self.bounds[index]))
            other.__dict__["costs"] = list(self.costs)
            for at in barred:
                other.costs[at] = _NEVER
        return other

    @cached_property
    def frames(self) -> frozenset[int]:
        """Segments that are kept for others alone (headers of files in diffs, of sections in settings)."""
        if not any(rule.is_frame for kind in self.present for rule in kind.rules.values()):
            return frozenset()
        needed = set(chain.from_iterable(segment.requires for segment in self.segments))
        return frozenset(at for at in needed if self.rule(at).is_frame)

    @cached_property
    def requires(self) -> Mapping[int, tuple[int, ...]]:
        """Of the segments that need others, these; `heads` and the frames of parts are among them."""
        heads = self.heads
        if not heads and not self.parts:
            return {at: needs for at, segment in enumerate(self.segments) if (needs := segment.needs)}
        requires = {
            at: (*segment.needs, heads[segment.passage]) if segment.passage in heads else segment.needs
            for at, segment in enumerate(self.segments)
            if segment.needs or segment.passage in heads
        }
        for frame, part in enumerate(self.parts, start=len(self.segments) + len(heads)):
            for at in range(part.first, part.end):
                requires[at] = (*requires.get(at, ()), frame)
        return requires

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
        """Log-probability of each segment: the scorer's opinion, adjusted step by step, and what others say of it."""
        return self._adjusted(self.opinion.scores, self._last_steps)

    @cached_property
    def _first_scores(self) -> NDArray[np.float64]:
        """Those of the scorer that reads everything, with what the kinds know."""
        return self._adjusted(self._scored[0], self._steps)

    @cached_property
    def _scored(self) -> tuple[NDArray[np.float64], str | None]:
        """What the scorer says of the segments; or what took its place as it had no time, and the name of that."""
        scorer, deadline = self.settings.scorer, self.settings.deadline
        call = (self.query, self.as_read, self.segments)
        if deadline is NEVER:
            return scorer.score(*call), None
        if not deadline.passed(_BEGIN_UNTIL):
            if not isinstance(scorer, BoundedScorer):
                return scorer.score(*call), None
            scores = scorer.score_within(*call, partial(deadline.passed, _SCORE_UNTIL))
            if scores is not None:
                return scores, None
        from laconic.score.lexical import LexicalScorer, log_softmax

        name = _name_of(scorer)
        if self.query is not None:
            scores = LexicalScorer().score_within(*call, partial(deadline.passed, _WORDS_UNTIL))
            if scores is not None:
                if name != LexicalScorer.name:
                    self.hurried.append(f"the question's words rank in place of {name}")
                return scores, LexicalScorer.name
        self.hurried.append(f"the order of the passages ranks in place of {name}")
        return log_softmax(_by_order(self.segments)), "order"

    @cached_property
    def opinion(self) -> Opinion:
        """What the reranker makes of them; as they are where there is none."""
        reranker, scores = self.settings.reranker, self._first_scores
        if reranker is None or self.query is None:
            return Opinion(scores)
        undone = f"{reranker.name} was not asked about all"
        if self.is_over(undone):
            return Opinion(scores)
        order = preference(scores, self.prices, self.steep_from)
        opinion = reread(
            reranker,
            self.query,
            self.as_read,
            self.segments,
            scores,
            [at for at in order if not (at in self.duplicates or at in self.frames or at in self.headings)],
            self.costs,
            reranker.room(self.settings.budget.ceiling(self.counting.original_tokens)),
            fallback=self.settings.may_fail,
            is_over=None if self.settings.deadline is NEVER else partial(self.is_over, undone),
        )
        self._note(reranker.name, opinion.scores - scores)
        return opinion

    def _adjusted(self, scores: NDArray[np.float64], steps: Iterable[ScoreStep]) -> NDArray[np.float64]:
        for step in steps:
            if self.is_over(f"the step {step.name} was left out"):
                continue
            adjusted = step.adjust(self.query, *self.unmixed, scores)
            self._note(step.name, adjusted - scores)
            scores = adjusted
        return scores

    def _note(self, name: str, moved: NDArray[np.float64]) -> None:
        if self.settings.explain:
            self.adjustments.append((name, moved))

    @cached_property
    def _steps(self) -> tuple[ScoreStep, ...]:
        """What adjusts the scorer's opinion, each step once."""
        steps: Iterable[ScoreStep] | None = self.settings.steps
        if steps is None:
            steps = chain.from_iterable(kind.steps() for kind in self.present)
        return tuple({id(step): step for step in steps}.values())

    @property
    def _last_steps(self) -> tuple[ScoreStep, ...]:
        """What adjusts the scores then, each step once."""
        before = {id(step) for step in self._steps}
        return tuple({id(step): step for step in self.settings.last_steps if id(step) not in before}.values())

    @property
    def scorer_name(self) -> str:
        """What ranked: the reranker, or the scorer where there is none, it failed or was not asked."""
        reranker = self.settings.reranker
        known = self.__dict__
        if reranker is not None and not ("opinion" in known and (self.opinion.failed or not self.opinion.read)):
            return reranker.name
        simpler = self._scored[1] if "_scored" in known else None
        return simpler or _name_of(self.settings.scorer)

    @property
    def is_hurried(self) -> bool:
        """Whether the scores are not those of the scorer, so that no coverage can be told from them."""
        return self._scored[1] is not None

    @property
    def fallback(self) -> str | None:
        """Why a simpler scorer ranked than was asked for, None where none did; of no interest before `scores`."""
        found = [self.settings.fallback]
        if self.settings.reranker is not None and self.opinion.failed:
            name = _name_of(self.settings.scorer)
            found.append(f"{name} scorer in place of {self.settings.reranker.name}: {self.opinion.failed}")
        return "; ".join(filter(None, found)) or None

    @cached_property
    def passage_scores(self) -> list[float]:
        """Which share of the call's worth stands in each passage."""
        if not self.segments:
            return [0.0] * len(self.passages)
        return passage_shares(self.scores, self.segments, len(self.passages), self.opinion.passages)

    @cached_property
    def duplicates(self) -> Mapping[int, int]:
        """Each repetition and the segment that stands for it; see `find_duplicates`."""
        if self.is_over("repetitions were not looked for"):
            return {}
        found = find_duplicates(self.as_read, self.segments, self._rules.__getitem__)
        if self.settings.apart:
            passage = [segment.passage for segment in self.segments]
            found = {at: twin for at, twin in found.items() if passage[at] == passage[twin]}
        return found

    @cached_property
    def wanted(self) -> Sequence[bool]:
        """Whether a segment is needed for the coverage that was asked for; all are where none was."""
        if self.settings.threshold is None or self.is_hurried:
            return [True] * len(self.segments)
        wanted: list[bool] = covered(self.scores, self.settings.threshold, self.duplicates).tolist()
        return wanted

    @cached_property
    def doubt(self) -> str | None:
        """Why the threshold of the shipped scorer may not reach here what it was fitted to; see `unlike`."""
        if self.settings.threshold is None or self.settings.calibrated or self.query is None:
            return None
        terms = query_terms(self.query)
        met = any(any(term in text for term in terms) for text in (p.text.lower() for p in self.as_read))
        return unlike((kind.name for kind in self.present), len(self.segments), met=met)

    # -- what things cost ---------------------------------------------------------------------------------------------

    @cached_property
    def costs(self) -> list[int]:
        """Planned tokens of each segment (see `Counting.costs`), behind them of the `heads` and the frames of parts."""
        costs = self.counting.costs(self.segments, self.bounds)
        if self.heads or self.parts:
            heads = [self.passages[index].head for index in self.heads]
            frames = ["".join(self._frame(part)) for part in self.parts]
            costs = costs + [self.counting.count(text) for text in (*heads, *frames)]
        return costs

    def _frame(self, part: OpenPart) -> Iterator[str]:
        text = self.passages[self.segments[part.first].passage].text
        return (text[start:end] for start, end in part.frame)

    @cached_property
    def prices(self) -> NDArray[np.float64]:
        """What each segment is ranked as if it cost: its first level, a share of what it brings along."""
        import numpy as np

        prices = np.array(self.costs[: len(self.segments)], dtype=float)
        for at, levels in self.levels.items():
            if number := first_level(levels):
                prices[at] = levels[number - 1].tokens
        if any(kind.rules_prices for kind in self.present):
            costs = self.costs
            for at, (segment, rule) in enumerate(zip(self.segments, self._rules, strict=True)):
                if rule.needs_price and (needs := segment.needs):
                    prices[at] += rule.needs_price * sum([costs[need] for need in needs])
        return prices

    @cached_property
    def steep_from(self) -> NDArray[np.float64] | None:
        """From how many tokens on the length of each segment counts in full; None where it never does."""
        import numpy as np

        if not any(kind.rules_prices for kind in self.present):
            return None
        return np.array([rule.steep_from for rule in self._rules])
