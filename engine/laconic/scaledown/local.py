"""The local engine of the ScaleDown compressor: `laconic.Compressor` with keywords, temperature and token pruning."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from math import exp
from typing import TYPE_CHECKING, Any, Literal

from laconic.core.compressor import Compressor
from laconic.core.run import Run, Settings
from laconic.core.trace import subtract
from laconic.kinds.prose.protected import ProtectedText
from laconic.scaledown.options import CompressionOptions
from laconic.score.keywords import detect_keywords
from laconic.score.temperature import tempered
from laconic.select.budget import preference
from laconic.types import DROPPED, Compression, Dropped, Level, Passage, Rendered, Segment, Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from laconic.score.pruning import Removal

__all__ = ["LocalEngine"]

# Sentences that are kept for a keyword may take this share of the budget: pinning every number and name of a text would
# leave nothing to the question.
_KEYWORD_SHARE = 0.5
_MOST_KEYWORDS = 200

# Words are cut from running text only: a heading, a row or a line of code has none to spare.
_PRUNED_KINDS = frozenset(("sentence", "list_item", "quote"))
# At most this share of a segment's tokens is left out, so that it still reads as the sentence that it was.
_PRUNED_SHARE = 0.2
# Only segments that the budget may reach are looked at for spare words: on training questions, looking at twice as many
# gains nothing and costs a quarter of the call.
_MORE_CANDIDATES = 4


class LocalEngine(Compressor):
    """Compresses on this machine: no key, no network.

    Args:
        model: the target model, whose tokens are counted.
        options: see `CompressionOptions`.
        separator: see `laconic.Compressor`.
        token_pruning: whether words that carry little may make room for a further sentence, where a budget is tight.
    """

    def __init__(
        self, model: str, options: CompressionOptions, separator: str | None = "\n\n", *, token_pruning: bool = True
    ) -> None:
        super().__init__(model=model, rate=options.rate, preserve=options.preserve_words, separator=separator)
        self.options = options
        self.token_pruning = token_pruning

    def compress(
        self,
        passages: Any,
        query: str | None = None,
        *,
        max_tokens: int | None = None,
        rate: float | Literal["auto"] | None = None,
        recall: float | None = None,
    ) -> Compression:
        """See `laconic.Compressor.compress`; ``max_tokens`` holds beside the rate of the options, not in its place."""
        if rate is None and recall is None:
            rate = self.options.rate
        return super().compress(passages, query, max_tokens=max_tokens, rate=rate, recall=recall)

    def _run(self, passages: list[Passage], query: str | None, settings: Settings, began: float) -> Compression:
        return _LocalRun(passages, query, settings, began, self.options, self.token_pruning).result()


class _LocalRun(Run):
    """A run whose scores are varied, which pins the sentences of keywords, and which trades words for sentences."""

    def __init__(
        self,
        passages: Sequence[Passage],
        query: str | None,
        settings: Settings,
        began: float,
        options: CompressionOptions,
        token_pruning: bool,
    ) -> None:
        super().__init__(passages, query, settings, began)
        self.options = options
        self.token_pruning = token_pruning
        self.ceiling = 0
        self.pins: set[int] = set()  # the segments that hold what must be preserved
        self.removals: dict[int, list[Span]] = {}  # by segment, what its level of detail "pruned" leaves out

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        scores = self.scorer.score(self.query, self.passages, self.segments)
        return tempered(scores, self.options.temperature or 0.0, self.options.seed)

    # -- what is kept -----------------------------------------------------------------------------------------------

    def select(self, ceiling: int) -> Collection[int]:
        """Segments that fill the budget best, with or without words cut from them, whichever is worth more."""
        self.ceiling = ceiling
        plain = super().select(ceiling)
        if not self.token_pruning or not self.is_tight(plain):
            return plain
        segments, function_cut = self.segments, self.function_cut
        self.segments = self.with_pruned_levels(len(plain))
        if self.removals:
            self.function_cut = None
            pruned = super().select(ceiling)
            if self.worth(pruned) > self.worth(plain):
                return pruned
            self.segments, self.function_cut = segments, function_cut
            self.removals = {}
        return plain

    def is_tight(self, kept: Collection[int]) -> bool:
        """Whether something that is wanted found no room."""
        return any(wanted and at not in kept and at not in self.duplicates for at, wanted in enumerate(self.wanted))

    def worth(self, kept: Collection[int]) -> tuple[int, float]:
        """How many pins are held; then the probability of the segments, each times the share that its level keeps."""
        probability = sum(
            exp(self.scores[at]) * (self.segments[at].levels[level - 1].share if level else 1.0)
            for at, level in enumerate(self.levels(kept))
            if level != DROPPED
        )
        return sum(at in kept for at in self.pins), probability

    def pinned(self, order: Sequence[int]) -> list[int]:
        """The pins of ``preserve_words``, then those of the keywords within their share of the budget."""
        pins = super().pinned(order)
        self.pins = set(pins)
        if not self.options.preserve_keywords:
            return pins
        texts = {at: self.text_of(at).casefold() for at in order}
        room = self.ceiling * _KEYWORD_SHARE
        for keyword in self.keywords:
            if any(keyword in texts.get(at, "") for at in pins):
                continue
            best = next((at for at in order if keyword in texts[at]), None)
            if best is not None and self.costs[best] <= room:
                pins.append(best)
                room -= self.costs[best]
        return pins

    @cached_property
    def keywords(self) -> list[str]:
        """Keywords of the passages without letter case, the most telling first."""
        found = detect_keywords("\n\n".join(passage.text for passage in self.passages))
        return [keyword.text.casefold() for keyword in found[:_MOST_KEYWORDS]]

    # -- words for sentences ----------------------------------------------------------------------------------------

    def with_pruned_levels(self, kept: int) -> list[Segment]:
        """The segments; those of prose that a budget for ``kept`` of them may reach, with a level of fewer words."""
        import numpy as np

        from laconic.score.pruning import removable  # reads word statistics, which calls with room to spare never need

        phrases = [*self.settings.preserve, *(self.keywords if self.options.preserve_keywords else ())]
        preserved = [re.compile(re.escape(phrase), re.IGNORECASE) for phrase in phrases]
        protected = {}
        segments = list(self.segments)
        reached = preference(self.scores, np.array(self.costs, dtype=float))[: kept + _MORE_CANDIDATES]
        for at in dict.fromkeys([*sorted(self.pins), *reached]):
            segment = segments[at]
            if segment.kind not in _PRUNED_KINDS or segment.levels:
                continue
            text = self.passages[segment.passage].text
            if segment.passage not in protected:
                protected[segment.passage] = ProtectedText(text)
            held = [match.span() for each in preserved for match in each.finditer(text, segment.start, segment.end)]
            found = removable(text, segment.start, segment.end, self.query, protected=protected[segment.passage])
            removals = self.cheapest(segment, found, held, self.costs[at])
            if removals:
                saved = sum(tokens for _, tokens in removals)
                loss = sum(removal.loss * tokens for removal, tokens in removals) / self.costs[at]
                self.removals[at] = sorted((removal.start, removal.end) for removal, _ in removals)
                level = Level("pruned", 1 - loss, max(1, self.costs[at] - saved))
                segments[at] = segment._replace(levels=(level,))
        return segments

    def cheapest(
        self, segment: Segment, found: Sequence[Removal], held: Sequence[Span], cost: int
    ) -> list[tuple[Removal, int]]:
        """What is left out of a segment, with its tokens: the cheapest words up to a share of them."""
        text = self.passages[segment.passage].text
        room = _PRUNED_SHARE * cost
        taken = []
        for removal in sorted(found, key=lambda removal: removal.loss):
            tokens = max(1, self.count(text[removal.start : removal.end]))
            if tokens <= room and not any(start < removal.end and removal.start < end for start, end in held):
                taken.append((removal, tokens))
                room -= tokens
        return taken

    def pruned(self, levels: Sequence[int], first: int = 0, end: int | None = None) -> Iterator[tuple[int, Span]]:
        """What is left out of the segments ``first:end`` at these levels, with the segment."""
        for at in range(first, len(self.segments) if end is None else end):
            if levels[at] == 1:
                yield from ((at, span) for span in self.removals.get(at, ()))

    # -- what comes of it -------------------------------------------------------------------------------------------

    def rendered(self, index: int, levels: Sequence[int]) -> tuple[Rendered, int]:
        """Text, spans and count of one passage under a selection, without the words that are left out."""
        rendered, tokens = super().rendered(index, levels)
        removed = [span for _, span in self.pruned(levels, *self.bounds[index])]
        if not removed:
            return rendered, tokens
        spans = tuple(subtract(rendered.spans, removed))
        text = self.passages[index].text
        kept = "".join(text[start:end] for start, end in spans)
        return Rendered(kept, spans), self.count(kept)

    def dropped(self, levels: Sequence[int], rendered: dict[int, tuple[Rendered, int]]) -> tuple[Dropped, ...]:
        """What is not in the result, and why; words left out of a kept sentence have the reason ``"pruned"``."""
        pieces = list(super().dropped(levels, rendered))
        for at, (start, end) in self.pruned(levels):
            passage = self.passages[self.segments[at].passage]
            score = float(self.scores[at])
            pieces.append(
                Dropped(self.segments[at].passage, passage.id, (start, end), passage.text[start:end], "pruned", score)
            )
        return tuple(sorted(pieces, key=lambda piece: (piece.index, piece.span)))
