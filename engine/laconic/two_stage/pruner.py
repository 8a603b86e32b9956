"""`Pruner`: a text without the words that say least."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from laconic.exceptions import ConfigurationError, InputError
from laconic.kinds.catalogue import recognise
from laconic.score.pruning.removal import Removal, removable
from laconic.types import Passage, Span

__all__ = ["DEFAULT_THRESHOLD", "Pruned", "Pruner"]

DEFAULT_THRESHOLD = 0.3
"""Takes courtesies, filler, hedges, articles, adverbs of degree, and evaluations that nobody asks about."""


@dataclass(frozen=True)
class Pruned:
    """A pruned text.

    Attributes:
        text: what is left.
        original: what came in.
        spans: character spans of ``original`` that make up ``text``.
        removals: what was deleted, in order.
    """

    text: str
    original: str = field(repr=False)
    spans: tuple[Span, ...]
    removals: tuple[Removal, ...]

    @property
    def deleted(self) -> list[str]:
        """The deleted stretches, in order."""
        return [self.original[removal.start : removal.end] for removal in self.removals]


def _kept(text: str, removals: Sequence[Removal]) -> Iterator[Span]:
    at = 0
    for removal in removals:
        if removal.start > at:
            yield at, removal.start
        at = removal.end
    if at < len(text):
        yield at, len(text)


class Pruner:
    """Deletes the words whose loss is at most a threshold.

    Args:
        threshold: 0–1. 0 deletes nothing, 0.05 courtesies and filler, 0.1 also articles, adverbs of degree and hedges,
            0.3 (the default) also a writer's evaluations ("a fascinating example"). From 0.5 on also adverbs,
            modifiers and asides by their learned importance, which shades what is stated.

    What is never deleted, whatever the threshold: see `laconic.score.pruning.removal`.

    Raises:
        ConfigurationError: ``threshold`` is outside its range.
    """

    def __init__(self, threshold: float = DEFAULT_THRESHOLD) -> None:
        if isinstance(threshold, bool) or not isinstance(threshold, (int, float)) or not 0 <= threshold <= 1:
            raise ConfigurationError(f"threshold is {threshold!r}: it must be a loss, 0 to 1")
        self.threshold = threshold

    def prune(self, text: str, query: str | None = None) -> Pruned:
        """``text`` without what may go.

        Args:
            text: running text; anything else (code, JSON, logs) and other languages than English come back unchanged.
            query: the question, whose words stay.

        Raises:
            InputError: ``text`` is not a string.
        """
        if not isinstance(text, str):
            raise InputError(f"text is a {type(text).__name__}: give a string")
        removals: tuple[Removal, ...] = ()
        if text and self.threshold and recognise(Passage(text)).kind.running_text:
            removals = tuple(removable(text, query=query, max_loss=self.threshold))
        if removals and not any(any(map(str.isalnum, text[start:end])) for start, end in _kept(text, removals)):
            removals = ()  # a message that is all courtesy is still a message
        spans = tuple(_kept(text, removals))
        return Pruned("".join(text[start:end] for start, end in spans), text, spans, removals)
