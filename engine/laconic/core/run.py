"""One call of the engine: segment and score (`Reading`), select, render (`Writing`)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from math import exp, inf, log

from laconic._utils.deadline import NEVER
from laconic.core.budget import DEFAULT_RATE, Budget
from laconic.core.cuts import SegmentCuts, begin, begin_blank
from laconic.core.narrow import narrowed_levels
from laconic.core.reading import Reading
from laconic.core.words import pruned_levels
from laconic.core.writing import Writing, Written
from laconic.kinds.clauses import SHORT_CHARS, has_words, is_short
from laconic.kinds.kind import Repeats
from laconic.select.budget import fill_budget, preference
from laconic.select.redundancy import Redundancy
from laconic.types import DROPPED, Span

__all__ = ["Run"]

# Sentences that are kept for a keyword may take this share of the budget: pinning every number and name of a text would
# leave nothing to the question.
_KEYWORD_SHARE = 0.5
# Only segments that the budget may reach are looked at for spare words: on training questions, looking at twice as many
# gains nothing and costs a quarter of the call.
_MORE_CANDIDATES = 4
# A few words that are worth less than this share of what segments are worth on average are kept beside a neighbour
# only. With all of the average two thirds as many stay alone (nq and four more, 64 tokens), and meetings (qmsum) lose
# .02 of their evidence at half of the tokens.
_CRUMB_WORTH = 0.25
# What is left out for room may be asked for all the same, so that a narrower selection must be worth so much more.
# Of the evidence of fetaqa/dev and wtq/dev at an eighth of the tokens .854 and .517 are kept without it, .854 and .525
# with 1.2, .842 and .533 with 1.
_CLEARLY = 1.2
# Of passages of which too little would be kept one in so many goes, those with the least worth: each round selects
# anew, so that one by one a hundred thousand would take for ever; those of a usual call, some ten, go one by one.
_AT_ONCE = 16


# What companions may have of a budget, and what would fill that otherwise may be worth; see benchmarks/results/code.md.
_COMPANIONS_SHARE, _COMPANIONS_WORTH = 0.15, 0.006
# Scores of code are too sure of themselves: divided by this they are right as probabilities of what is worth less than
# .03 (1,181 commit tasks of organisations that the nets had not seen).
_SOFTENED = 1.5
_LEAST_PART = 0.1  # a segment is cut into what is left where that is this much of it


class Run:
    """Stage three of a call; `laconic.core.outcome` reads what came of it.

    Attributes:
        reading: of the call.
        writing: of the selection.
        ceiling: most tokens of the final text, None where none was asked for.
        kept: after `run`, the level of each segment that is kept.
        written: after `run`, what is left of each passage of which something is left, in order; None where all fits as
            it is.
    """

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.writing = Writing(reading)
        self.ceiling = reading.settings.budget.ceiling(reading.counting.original_tokens)
        self.kept: Mapping[int, int] = {}
        self.written: Mapping[int, Written] | None = None
        self._pinned: list[int] = []  # the segments that hold what must be preserved
        self._crumbs: frozenset[int] = frozenset()  # those that are kept beside others only
        self._without: set[int] = set()  # passages of which nothing is kept
        self._pool: frozenset[int] | None = None  # the segments to choose from, None where all are

    def run(self) -> Run:
        """Do the call's work; returns the run itself."""
        reading, original = self.reading, self.reading.counting.original_tokens
        few = reading.settings.at_most is None or len(reading.passages) <= reading.settings.at_most
        if few and reading.settings.threshold is None and (self.ceiling is None or original <= self.ceiling):
            return self
        if reading.settings.threshold is not None and reading.is_hurried:
            # no coverage can be told; as where there is no question
            self.ceiling = Budget(reading.settings.budget.max_tokens, rate=DEFAULT_RATE).ceiling(original)
        room = original if self.ceiling is None else min(self.ceiling, original)
        if reading.segments:
            self.kept = self._best(room)
        self.written = self._fewer(self.writing.write(self.kept), room)
        if not self.written and reading.segments:
            candidates = (at for at in range(len(reading.segments)) if at not in reading.frames)
            begin(self.writing, max(candidates, key=reading.scores.__getitem__), room)
            self.written = self.writing.write(self.kept)
        if len(self.written) < reading.settings.at_least:
            self._represent(room)
        self.written = self._richer(self.written, room)
        return self

    # -- which segments -----------------------------------------------------------------------------------------------

    def _best(self, room: int) -> Mapping[int, int]:
        """The selection that fills the budget best, with or without words cut from sentences."""
        plain = self._narrower(self.fill(self.preferred(room), room), room)
        if not self.reading.settings.prune_words or not self._is_tight(plain) or self._is_over():
            return plain
        reached = preference(self.reading.scores, self.reading.prices)[: len(plain) + _MORE_CANDIDATES]
        levels = pruned_levels(self.reading, dict.fromkeys([*self._pinned, *reached]))
        if not levels:
            return plain
        worth, reading, writing = self._worth(plain), self.reading, self.writing
        self.reading = reading.with_levels(levels)
        self.writing = Writing(self.reading)
        pruned = self.fill(self.preferred(room), room)
        if self._worth(pruned) > worth:
            return pruned
        self.reading, self.writing = reading, writing
        return plain

    def _narrower(self, plain: Mapping[int, int], room: int) -> Mapping[int, int]:
        """A selection, or one with parts of segments left out that the question does not ask of, if that is better."""
        if all(kind.narrow is None for kind, _ in self.reading.kinds) or not self._is_tight(plain) or self._is_over():
            return plain
        worth, reading, writing = self._worth(plain), self.reading, self.writing
        if worth[1] * _CLEARLY >= sum(map(exp, reading.scores)):  # no selection is worth more than all
            return plain
        levels = narrowed_levels(self.reading, plain, self.preferred(room), room)
        if not levels:
            return plain
        self.reading = reading.with_levels(levels, only=True)
        self.writing = Writing(self.reading)
        narrow = self.fill(self.preferred(room), room)
        held, probability = self._worth(narrow)
        if (held, probability / _CLEARLY) > worth:
            return narrow
        self.reading, self.writing = reading, writing
        return plain

    def preferred(self, room: int) -> list[int]:
        """Segments that may be kept: what must be preserved, then the others, most wanted first."""
        reading = self.reading
        ranked = preference(reading.scores, reading.prices, reading.steep_from)
        pool = self._pool = None if reading.settings.pool is None else frozenset(reading.settings.pool(reading))
        barred = {*reading.duplicates, *reading.frames, *reading.headings}
        wanted, segments, without = reading.wanted, reading.segments, self._without
        order = [
            at
            for at in ranked
            if at not in barred
            and wanted[at]
            and (pool is None or at in pool)
            and not (without and segments[at].passage in without)
        ]
        if reading.settings.distinct:
            order = self.distinct(order)
        if reading.settings.preserve or reading.settings.keywords:
            self._pinned = self._pins(order)
            order = list(dict.fromkeys([*self._pinned, *self._keyword_pins(order, room), *order]))
        self._crumbs = self._crumbs_of(order)
        return order

    def _alone(self, at: int, kept: Collection[int]) -> bool:
        """Whether a segment is a few words and no neighbour of it is kept, or has no words at all (a rule, ``-->``)."""
        if at not in self._crumbs:
            return False
        if not has_words(self.reading.text_of(at)):
            return True
        first, end = self.reading.bounds[self.reading.segments[at].passage]
        return not ((at > first and at - 1 in kept) or (at + 1 < end and at + 1 in kept) or end - first == 1)

    def _crumbs_of(self, order: Sequence[int]) -> frozenset[int]:
        """Of an order the few words of running text that are worth less than most segments: they say nothing alone."""
        reading = self.reading
        low = log(_CRUMB_WORTH / max(1, len(reading.segments)))
        scores, pinned, segments = reading.scores.tolist(), frozenset(self._pinned), reading.segments
        return frozenset(
            at
            for at in order
            if segments[at].end - segments[at].start < SHORT_CHARS
            and at not in pinned
            and reading.rule(at).repeats is Repeats.BY_WORDS
            and ((scores[at] < low and is_short(reading.text_of(at))) or not has_words(reading.text_of(at)))
        )

    def _pins(self, order: Sequence[int]) -> list[int]:
        """For each phrase to preserve the most wanted segment that holds it, letter case aside."""
        reading = self.reading
        rest = sorted(range(len(reading.segments)), key=lambda at: -reading.scores[at])  # coverage may leave it out
        texts = {at: reading.text_of(at).casefold() for at in [*order, *rest]}
        phrases = map(str.casefold, reading.settings.preserve)
        found = (next((at for at in texts if phrase in texts[at]), None) for phrase in phrases)
        best = [at for at in found if at is not None]
        if not (best and reading.settings.preserve_all):
            return best
        rank = {at: place for place, at in enumerate(texts)}
        return list(dict.fromkeys([*best, *sorted(self._holding(reading.settings.preserve), key=rank.__getitem__)]))

    def _holding(self, phrases: Sequence[str]) -> set[int]:
        """The segments in which a phrase stands, or a part of it where one ends inside of it; letter case aside."""
        reading, held = self.reading, set()
        places = [re.compile(re.escape(phrase), re.IGNORECASE) for phrase in phrases]
        for passage, (first, end) in zip(reading.as_read, reading.bounds, strict=True):
            own = reading.segments[first:end]
            for match in chain.from_iterable(each.finditer(passage.text) for each in places):
                at = bisect_right(own, match.start(), key=lambda segment: segment.end)
                while at < len(own) and own[at].start < match.end():
                    held.add(first + at)
                    at += 1
        return held

    def _keyword_pins(self, order: Sequence[int], room: float) -> list[int]:
        """For each keyword that no pin holds the most wanted segment that does, within the keywords' share."""
        found: list[int] = []
        texts = {at: self.reading.text_of(at).casefold() for at in order}
        room *= _KEYWORD_SHARE
        for keyword in self.reading.settings.keywords:
            if any(keyword in texts.get(at, "") for at in (*self._pinned, *found)):
                continue
            best = next((at for at in order if keyword in texts[at]), None)
            if best is not None and self.reading.costs[best] <= room:
                found.append(best)
                room -= self.reading.costs[best]
        return found

    def fill(self, order: Sequence[int], room: int) -> Mapping[int, int]:
        """Segments of an order that fill a budget, with their levels; empty where only frames found room."""
        reading = self.reading
        best = self._first(order)
        has_companions = any(kind.companions for kind in reading.present)
        kept = fill_budget(
            order,
            reading.costs,
            reading.requires,
            room,
            self.writing.measure,
            self._repeats(),
            reading.levels,
            self._cuts(best, room),
            self._companions if has_companions else None,
            self._spare(order, room) if has_companions else 0,
            best=best,
            alone=self._alone if self._crumbs else None,
            under=reading.under,
            is_over=None if reading.settings.deadline is NEVER else self._is_over,
        )
        own = {at: level for at, level in kept.items() if at < len(reading.segments)}
        is_framed = self.writing.cut is not None or any(at not in reading.frames for at in own)
        return own if is_framed else {}

    def _is_over(self) -> bool:
        """Whether there is no time to make the selection better; the result then says so."""
        return self.reading.is_over("the selection was not refined")

    def _repeats(self) -> Callable[[int, Collection[int]], bool]:
        """Whether a segment says what one of the kept ones says; of what must be preserved nothing does."""
        reading = self.reading
        heads_from = len(reading.segments)  # they stand among the kept, and repeat nothing
        redundancy = Redundancy(lambda at: reading.text_of(at) if at < heads_from else "")
        pinned = frozenset(self._pinned)
        is_over = None if reading.settings.deadline is NEVER else self._is_over

        def repeats(at: int, kept: Collection[int]) -> bool:
            rule = reading.rule(at).repeats
            if rule is Repeats.NEVER or at in pinned or (is_over is not None and is_over()):
                return False
            return redundancy.repeats_member(at, kept) if rule is Repeats.BY_NAMES else redundancy.repeats(at, kept)

        return repeats

    def distinct(self, order: Iterable[int]) -> list[int]:
        """The segments of an order that do not say what an earlier one says."""
        repeats = self._repeats()
        kept: list[int] = []
        for at in order:
            if not repeats(at, kept):
                kept.append(at)
        return kept

    def _cuts(self, best: int | None, room: int) -> SegmentCuts | None:
        """What cuts segments, where something may have to be cut."""
        reading = self.reading
        needed = best is not None and sum(reading.costs[at] for at in (best, *reading.requires.get(best, ()))) > room
        if needed or any(kind.cuts for kind in reading.present):
            return SegmentCuts(self.writing, room, best)
        return None

    def _first(self, order: Sequence[int]) -> int | None:
        """The segment that has its share before all others: the first that is preserved, else the best.

        The best by its score alone, but for kinds of which a long segment says no more than a short one.
        """
        import numpy as np

        if self._pinned:
            return self._pinned[0]
        reading = self.reading
        worth = reading.scores
        if reading.steep_from is not None:
            worth = worth - np.log(np.maximum(reading.prices / reading.steep_from, 1.0))
        return max(order, key=worth.tolist().__getitem__, default=None)

    def _spare(self, order: Sequence[int], room: int) -> int:
        """Tokens that are left to companions: as many as would hold next to nothing of what is asked for."""
        import numpy as np

        reading, left = self.reading, float(room)
        taken: list[tuple[float, float]] = []  # tokens and score
        for at in order:
            cost = float(reading.costs[at])
            if cost <= left:
                taken.append((cost, reading.scores[at]))
                left -= cost
            elif left > _LEAST_PART * cost:  # that one is cut into what is left
                taken.append((left, reading.scores[at] + _SOFTENED * log(left / cost)))
                break
        if not taken:
            return 0
        top = float(reading.scores.max())
        total = float(np.exp((reading.scores - top) / _SOFTENED).sum())
        spare, worth = 0.0, 0.0
        for cost, score in reversed(taken[1:]):
            worth += exp((score - top) / _SOFTENED) / total
            if worth > _COMPANIONS_WORTH or spare + cost > _COMPANIONS_SHARE * room:
                break
            spare += cost
        return int(spare)

    def _companions(self, kept: Mapping[int, int]) -> Iterator[int]:
        """Segments that a reader of the kept ones needs, as their kinds know."""
        levels = self.writing.levels(kept)
        written = self.writing.write(kept)
        for kind, passage, segments, first in self.reading.stretches:
            own = levels[first : first + len(segments)]
            index = segments[0].passage if segments else -1
            if kind.companions is None or index not in written:
                continue
            shown: Sequence[Span] = written[index].rendered.spans
            if index in self.reading.mixed:  # those are in the whole passage, segments in their part of it
                shown = [segments[at][1:3] for at, level in enumerate(own) if level != DROPPED]
            found = (first + at for at in kind.companions(passage, segments, own, shown))
            yield from (at for at in found if self._may_accompany(at))

    def _may_accompany(self, at: int) -> bool:
        """Whether a companion is in the pool, or so small a thing that no pool is made of its kind (an import).

        What is kept in part already is none.
        """
        if self.writing.cut is not None and at == self.writing.cut.at:
            return False
        return self._pool is None or at in self._pool or self.reading.rule(at).steep_from == inf

    def _is_tight(self, kept: Collection[int]) -> bool:
        """Whether something that is wanted found no room."""
        wanted = enumerate(self.reading.wanted)
        return any(each and at not in kept and at not in self.reading.duplicates for at, each in wanted)

    def _worth(self, kept: Mapping[int, int]) -> tuple[int, float]:
        """How many preserved phrases are held; then the probability of the segments, by the share that is kept."""
        reading = self.reading
        probability = sum(
            exp(reading.scores[at]) * (reading.levels[at][level - 1].share if level else 1.0)
            for at, level in kept.items()
        )
        cut = self.writing.cut
        if cut is not None:
            probability += exp(reading.scores[cut.at]) * min(1.0, cut.room / reading.costs[cut.at])
        held = {*kept, cut.at} if cut is not None else kept
        return sum(at in held for at in set(self._pinned)), probability

    # -- where whole segments do not fit ------------------------------------------------------------------------------

    def _represent(self, room: int) -> None:
        """Keep something of as many passages as the settings ask for, and fill the room that is left.

        Each has its best segment, or the beginning of it, in an equal share of the budget: the passages of which
        something is left already, then those whose best segment scores highest. The budget holds unless it is below one
        character for each.
        """
        reading = self.reading
        best = {
            index: max(range(first, end), key=reading.scores.__getitem__)
            for index, (first, end) in enumerate(reading.bounds)
            if first < end
        }
        if not best:
            begin_blank(self.writing, room)
            self.written = self.writing.write({})
            return
        here = self.written or {}
        ranked = sorted(best, key=lambda index: (index not in here, -reading.scores[best[index]], index))
        chosen = [best[index] for index in ranked[: reading.settings.at_least]]
        separator = reading.settings.separator
        joins = reading.counting.count(separator) * (len(chosen) - 1) if separator else 0
        share = max(1, (room - joins) // max(1, len(chosen)))
        self.writing.cut = None
        while True:
            kept = self._shares(chosen, share)
            used = self.writing.measure(kept)
            if used <= room or share == 1:
                break
            share = max(1, min(share - 1, share * room // used))
        if used > room:  # planned costs are a token off at times
            kept = self._shares(chosen, share, whole=False)
            used = self.writing.measure(kept)
        begun = set(self.writing.beginnings)
        rest = (at for at in self.preferred(room) if reading.segments[at].passage not in begun)
        filled = self.fill(list(dict.fromkeys([*kept, *rest])), room)
        if used <= room and set(kept) <= set(filled):
            kept = filled
        else:
            self.writing.cut = None
        self.kept = kept
        self.written = self.writing.write(kept)

    def _fewer(self, written: Mapping[int, Written], room: int) -> Mapping[int, Written]:
        """The selection without passages that are too many, or of which too little would be kept: those with the least
        worth go, and what they had goes to the others.
        """
        settings = self.reading.settings
        if settings.at_most is None and not settings.smallest:
            return written
        fewest = max(1, settings.at_least)
        while len(written) > fewest:
            worth = dict.fromkeys(written, 0.0)
            cut = self.writing.cut
            for at in self.kept if cut is None else (*self.kept, cut.at):
                worth[self.reading.segments[at].passage] += exp(self.reading.scores[at])
            ranked = sorted(written, key=lambda index: (-worth[index], index))
            gone = set(ranked[len(written) if settings.at_most is None else max(fewest, settings.at_most) :])
            if not gone:
                little = [index for index in ranked if self._too_little(written[index], index)]
                some = len(little) if little and self._is_over() else -(-len(little) // _AT_ONCE)
                gone = set(little[len(little) - min(some, len(written) - fewest) :])
            if not gone:
                break
            self._without |= gone
            self.writing.cut = None
            self.kept = self._best(room)
            written = self.writing.write(self.kept)
        return written

    def _too_little(self, written: Written, index: int) -> bool:
        text = written.rendered.text
        return (
            text != self.reading.passages[index].text
            and self.reading.counting.count(text) < self.reading.settings.smallest
        )

    def _shares(self, chosen: Iterable[int], share: int, *, whole: bool = True) -> Mapping[int, int]:
        """The segments that fit a share ``whole``, with what they need; of the others a beginning is kept."""
        reading = self.reading
        self.writing.beginnings = {}
        kept: dict[int, int] = {}
        for at in chosen:
            needs = (*reading.requires.get(at, ()), at)
            if whole and sum(reading.costs[need] for need in needs) <= share:
                kept |= dict.fromkeys((need for need in needs if need < len(reading.segments)), 0)
            else:
                begin(self.writing, at, share, least=True)
        return kept

    def _richer(self, written: Mapping[int, Written], room: int) -> Mapping[int, Written]:
        """The selection as the most wanted of the further renderers writes it for which there is room, looked over."""
        levels, own = self.writing.levels(self.kept), self.reading.renderers
        writers = self.reading.settings.writers
        for renderers in () if writers and self._is_over() else writers:
            by = {
                index: renderer
                for index in written
                if (renderer := renderers.get(self.reading.kinds[index].kind.name)) is not None
                and index not in self.writing.beginnings
            }
            richer = {**written, **{index: self.writing.passage_by(each, index, levels) for index, each in by.items()}}
            if self.writing.tokens(richer) <= room:
                found = {index: self.writing.sound(by.get(index, own[index]), index, richer[index]) for index in richer}
                if all(found[index] is richer[index] for index in by):
                    return found
        return {index: self.writing.sound(own[index], index, each) for index, each in written.items()}
