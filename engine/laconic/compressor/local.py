"""The local engine of the ScaleDown compressor: `laconic.Compressor` with keywords and temperature."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from laconic.compressor.core import Compressor
from laconic.compressor.options import CompressionOptions
from laconic.compressor.run import Run, Settings
from laconic.score.keywords import detect_keywords
from laconic.score.temperature import tempered
from laconic.types import Compression, Passage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["LocalEngine"]

# Sentences that are kept for a keyword may take this share of the budget: pinning every number and name of a text would
# leave nothing to the question.
_KEYWORD_SHARE = 0.5
_MOST_KEYWORDS = 200


class LocalEngine(Compressor):
    """Compresses on this machine: no key, no network.

    Args:
        model: the target model, whose tokens are counted.
        options: see `CompressionOptions`.
        separator: see `laconic.Compressor`.
    """

    def __init__(self, model: str, options: CompressionOptions, separator: str | None = "\n\n") -> None:
        super().__init__(model=model, rate=options.rate, preserve=options.preserve_words, separator=separator)
        self.options = options

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
        return _LocalRun(passages, query, settings, began, self.options).result()


class _LocalRun(Run):
    """A run whose scores are varied and which pins the sentences of keywords."""

    def __init__(
        self,
        passages: Sequence[Passage],
        query: str | None,
        settings: Settings,
        began: float,
        options: CompressionOptions,
    ) -> None:
        super().__init__(passages, query, settings, began)
        self.options = options
        self.ceiling = 0

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        scores = self.settings.scorer.score(self.query, self.passages, self.segments)
        return tempered(scores, self.options.temperature or 0.0, self.options.seed)

    def select(self, ceiling: int) -> list[int]:
        """Segments that fill the budget best, in no particular order."""
        self.ceiling = ceiling
        return super().select(ceiling)

    def pinned(self, order: Sequence[int]) -> list[int]:
        """The pins of ``preserve_words``, then those of the keywords within their share of the budget."""
        pins = super().pinned(order)
        if not self.options.preserve_keywords:
            return pins
        texts = {at: self.text_of(at).casefold() for at in order}
        room = self.ceiling * _KEYWORD_SHARE
        for keyword in detect_keywords("\n\n".join(passage.text for passage in self.passages))[:_MOST_KEYWORDS]:
            wanted = keyword.text.casefold()
            if any(wanted in texts.get(at, "") for at in pins):
                continue
            best = next((at for at in order if wanted in texts[at]), None)
            if best is not None and self.costs[best] <= room:
                pins.append(best)
                room -= self.costs[best]
        return pins
