"""What a kind of text is: one value that says how it is recognised, cut, ranked and written.

A kind is a folder beside this file and a row in `laconic.kinds.catalogue`. The rest of the engine asks the value and
names no kind.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from math import inf
from typing import NamedTuple

from laconic.types import Passage, Renderer, ScoreStep, Segment, Segmenter, Span, TokenCounter

__all__ = ["Detail", "Kind", "Parts", "Repeats", "SegmentRule"]


class Repeats(Enum):
    """When a segment says again what a kept one says, so that it waits for room that is left."""

    NEVER = 0
    """Alike by form without being the same: rows, log lines, functions."""
    BY_WORDS = 1
    """Nearly all words are those of a kept one, and all numbers: running text."""
    BY_NAMES = 2
    """The same key with the same name, number or identifier: members of records."""


class Parts(Enum):
    """What may stand for a segment that is the best of a call and finds no room as a whole."""

    NONE = 0
    """Nothing: half of it says something else, or does not parse."""
    CLAUSES = 1
    """Clauses that stand together: running text, long strings."""
    BEGINNING = 2
    """Its beginning, where what tells it from others stands: rows, log lines. No quotation is left open."""


@dataclass(frozen=True)
class SegmentRule:
    """What selection must know of one kind of segment; the defaults are those of a line that stands for itself.

    Attributes:
        steep_from: tokens beyond which length counts in full, not by its root, when segments compete for a budget.
        needs_price: share of the tokens of what a segment brings along that counts as its own when it is ranked.
        repeats: when it repeats a kept one.
        same_words_differ: equal segments of one passage are not repetitions (the status of two orders).
        runs_repeat: but such as stand next to one another are (a message that is logged again and again).
        prunable: words may be left out of it.
        heads: it names or heads other segments, and is worth nothing alone.
        cuttable: it may be cut into the room that is left, by the renderer's ``render_cut`` or to its parts.
        parts: what stands for it where it is the best and finds no room.
        is_frame: it is kept for those that require it only, where any do.
    """

    steep_from: float = inf
    needs_price: float = 0.0
    repeats: Repeats = Repeats.NEVER
    same_words_differ: bool = False
    runs_repeat: bool = False
    prunable: bool = False
    heads: bool = False
    cuttable: bool = False
    parts: Parts = Parts.NONE
    is_frame: bool = False


class Detail(NamedTuple):
    """One rendering of a whole text.

    Attributes:
        name: ``"full"``, ``"sampled"`` or ``"schema"``.
        text: of the rendering.
    """

    name: str
    text: str


_PLAIN = SegmentRule()


def _never(_: object) -> bool:
    return False


@dataclass(frozen=True, eq=False)
class Kind:
    """One kind of text.

    Attributes:
        name: what `laconic.types.Passage.kind` calls it.
        segmenter: makes what cuts it, given the counter that plans its levels of detail.
        renderer: makes what writes it.
        example: a short text of this kind, over which the laws of the engine are tested.
        aliases: further names.
        suffixes: of files that are of this kind.
        told: whether what a passage says of itself, beside its text, makes it one (language, path).
        looks_like: whether a text reads as this kind; a glance.
        surely: whether a text is one beyond doubt, told faster than other kinds can be asked; False says nothing.
        holds: whether a text that looks like it really is it; a parse.
        inside: whether a text that looks like this kind is another one in which something of this kind stands.
        one_line: whether a text without a line break can be of this kind.
        rules: by kind of segment; what is not listed has the rule's defaults.
        steps: makes what adjusts scores by structure, in order.
        frames: whether the renderer keeps something of dropped segments around kept ones (brackets, headers).
        plans_levels: whether its segmenter counts parts of a passage's text for the levels that it offers.
        running_text: whether it is prose in the main: sentences restate one another, and boilerplate stands in it.
        parts: whether its segments may hold texts of other kinds (`laconic.types.Segment.part`), which the core cuts,
            ranks and writes as those; its renderer then writes spans of the passage alone, each kept segment in one.
        whole_part: characters up to which a part of this kind is one thing to a reader, and is not cut.
        fits: whether a part that is called by this kind's name, suffix or language reads as it; None where a look is
            enough.
        details: renderings from most to least detail for a question, after the full text; None where there are none.
        companions: a passage, its segments, their levels and the spans that are kept of it to the positions of those
            that a reader of these needs, most wanted first; None where there are none.
        narrow: question, passages, segments of the call, those that have room, and candidates of this kind to what each
            of these may do without so that more of them have room (columns of a table): of all or of none of what
            stands together; None where nothing is like that.
        words: a text to what of it is words, as long as it is and blank elsewhere: what scorers read; the text where
            None.
        instead: the name of the kind that stands in for a passage of this one, and why; None where none needs to.
    """

    name: str
    segmenter: Callable[[TokenCounter | None], Segmenter]
    renderer: Callable[[], Renderer]
    example: str
    aliases: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    told: Callable[[Passage], bool] = _never
    looks_like: Callable[[str], bool] = _never
    surely: Callable[[str], bool] | None = None
    holds: Callable[[str], bool] | None = None
    inside: Callable[[str], bool] = _never
    one_line: bool = False
    rules: Mapping[str, SegmentRule] = field(default_factory=dict)
    steps: Callable[[], tuple[ScoreStep, ...]] = tuple
    frames: bool = False
    plans_levels: bool = False
    running_text: bool = False
    parts: bool = False
    whole_part: int = 0
    fits: Callable[[Passage], bool] | None = None
    details: Callable[[str, str | None], Iterator[Detail]] | None = None
    instead: Callable[[Passage], tuple[str, str] | None] | None = None
    companions: Callable[[Passage, Sequence[Segment], Sequence[int], Sequence[Span]], Iterable[int]] | None = None
    narrow: (
        Callable[
            [str | None, Sequence[Passage], Sequence[Segment], Collection[int], Sequence[int]],
            Mapping[int, tuple[Span, ...]],
        ]
        | None
    ) = None
    words: Callable[[str], str] | None = None

    @cached_property
    def rules_prices(self) -> bool:
        """Whether some of its segments are ranked by more than the root of what they cost."""
        return any(rule.steep_from < inf or rule.needs_price for rule in self.rules.values())

    def read(self, passage: Passage) -> Passage:
        """A passage of this kind as scorers read it."""
        return passage if self.words is None else replace(passage, text=self.words(passage.text))

    def holds_part(self, passage: Passage) -> bool:
        """Whether a part that is said to be of this kind is."""
        if self.fits is not None:
            return self.fits(passage)
        return self.looks_like is _never or self.is_one(passage.text)

    @cached_property
    def cuts(self) -> bool:
        """Whether some of its segments may be cut into the room that is left."""
        return any(rule.cuttable for rule in self.rules.values())

    def rule(self, segment_kind: str) -> SegmentRule:
        """The rule of a kind of segment."""
        return self.rules.get(segment_kind, _PLAIN)

    def is_one(self, text: str) -> bool:
        """Whether a text is of this kind: it looks like it, and reads as it."""
        return self.looks_like(text) and (self.holds is None or self.holds(text))
