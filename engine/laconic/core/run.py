"""One call of the engine: segment and score (`Reading`), select, render (`Writing`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from math import exp

from laconic.core.cuts import SegmentCuts, begin, begin_blank
from laconic.core.narrow import narrowed_levels
from laconic.core.reading import Reading
from laconic.core.words import pruned_levels
from laconic.core.writing import Writing, Written
from laconic.kinds.kind import Repeats
from laconic.select.budget import fill_budget, preference
from laconic.select.redundancy import Redundancy
from laconic.types import DROPPED

__all__ = ["Run"]

# Sentences that are kept for a keyword may take this share of the budget: pinning every number and name of a text would
# leave nothing to the question.
_KEYWORD_SHARE = 0.5
# Only segments that the budget may reach are looked at for spare words: on training questions, looking at twice as many
# gains nothing and costs a quarter of the call.
_MORE_CANDIDATES = 4
# What is left out for room may be asked for all the same, so that a narrower selection must be worth so much more.
# Of the evidence of fetaqa/dev and wtq/dev at an eighth of the tokens .854 and .517 are kept without it, .854 and .525
# with 1.2, .842 and .533 with 1.
_CLEARLY = 1.2


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

    def run(self) -> Run:
        """Do the call's work; returns the run itself."""
        reading, original = self.reading, self.reading.counting.original_tokens
        if reading.settings.threshold is None and (self.ceiling is None or original <= self.ceiling):
            return self
        room = original if self.ceiling is None else min(self.ceiling, original)
        if reading.segments:
            self.kept = self._best(room)
        self.written = self.writing.write(self.kept)
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
        if not self.reading.settings.prune_words or not self._is_tight(plain):
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
        if all(kind.narrow is None for kind, _ in self.reading.kinds) or not self._is_tight(plain):
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
        pool = None if reading.settings.pool is None else frozenset(reading.settings.pool(reading))
        order = [
            at
            for at in ranked
            if at not in reading.duplicates
            and at not in reading.frames
            and at not in reading.headings
            and reading.wanted[at]
            and (pool is None or at in pool)
        ]
        if not reading.settings.preserve and not reading.settings.keywords:
            return order
        self._pinned = self._pins(order)
        return list(dict.fromkeys([*self._pinned, *self._keyword_pins(order, room), *order]))

    def _pins(self, order: Sequence[int]) -> list[int]:
        """For each phrase to preserve the most wanted segment that holds it, letter case aside."""
        reading = self.reading
        rest = sorted(range(len(reading.segments)), key=lambda at: -reading.scores[at])  # coverage may leave it out
        texts = {at: reading.text_of(at).casefold() for at in [*order, *rest]}
        phrases = map(str.casefold, reading.settings.preserve)
        found = (next((at for at in texts if phrase in texts[at]), None) for phrase in phrases)
        return [at for at in found if at is not None]

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
        heads_from = len(reading.segments)  # they stand among the kept, and repeat nothing
        redundancy = Redundancy(lambda at: reading.text_of(at) if at < heads_from else "")

        def repeats(at: int, kept: Collection[int]) -> bool:
            rule = reading.rule(at).repeats
            if rule is Repeats.NEVER:
                return False
            return redundancy.repeats_member(at, kept) if rule is Repeats.BY_NAMES else redundancy.repeats(at, kept)

        kept = fill_budget(
            order,
            reading.costs,
            reading.requires,
            room,
            self.writing.measure,
            repeats,
            reading.levels,
            SegmentCuts(self.writing, room) if any(reading.rule(at).cuttable for at in reading.levels) else None,
            self._companions if any(kind.companions for kind in reading.present) else None,
            under=reading.under,
        )
        own = {at: level for at, level in kept.items() if at < len(reading.segments)}
        return own if any(at not in reading.frames for at in own) else {}

    def _companions(self, kept: Mapping[int, int]) -> Iterator[int]:
        """Segments that a reader of the kept ones needs, as their kinds know."""
        levels = self.writing.levels(kept)
        for kind, passage, segments, first in self.reading.stretches:
            own = levels[first : first + len(segments)]
            if kind.companions is not None and any(level != DROPPED for level in own):
                yield from (first + at for at in kind.companions(passage, segments, own))

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
        return sum(at in kept for at in set(self._pinned)), probability

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
        begun = set(self.writing.beginnings)
        rest = (at for at in self.preferred(room) if reading.segments[at].passage not in begun)
        filled = self.fill(list(dict.fromkeys([*kept, *rest])), room)
        if used <= room and set(kept) <= set(filled):
            kept = filled
        self.kept = kept
        self.written = self.writing.write(kept)

    def _shares(self, chosen: Iterable[int], share: int) -> Mapping[int, int]:
        """The segments that fit a share whole, with what they need; of the others a beginning is kept."""
        reading = self.reading
        self.writing.beginnings = {}
        whole: dict[int, int] = {}
        for at in chosen:
            needs = (*reading.requires.get(at, ()), at)
            if sum(reading.costs[need] for need in needs) <= share:
                whole |= dict.fromkeys((need for need in needs if need < len(reading.segments)), 0)
            else:
                begin(self.writing, at, share, least=True)
        return whole

    def _richer(self, written: Mapping[int, Written], room: int) -> Mapping[int, Written]:
        """The selection as the most wanted of the further renderers writes it for which there is room."""
        levels = self.writing.levels(self.kept)
        for renderers in self.reading.settings.writers:
            richer = dict(written)
            for index in written:
                renderer = renderers.get(self.reading.kinds[index].kind.name)
                if renderer is not None and index not in self.writing.beginnings:
                    richer[index] = self.writing.passage_by(renderer, index, levels)
            if self.writing.tokens(richer) <= room:
                return richer
        return written
