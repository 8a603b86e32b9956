"""`Pruner`: a text without the words that say least."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from laconic.exceptions import ConfigurationError, InputError
from laconic.kinds.catalogue import recognise
from laconic.score.pruning import ProtectedText
from laconic.score.pruning.losses import SAYS_NOTHING
from laconic.score.pruning.payload import Parts, read_parts
from laconic.score.pruning.removal import Removal, removable
from laconic.types import Passage, Span

__all__ = ["AGGRESSIVE_THRESHOLD", "DEFAULT_THRESHOLD", "Pruned", "Pruner"]

DEFAULT_THRESHOLD = 0.3
"""Takes courtesies, filler, hedges, repeated demands, articles, and in documents adverbs of degree and evaluations."""

AGGRESSIVE_THRESHOLD = 1.0


@dataclass(frozen=True)
class Pruned:
    """A pruned text.

    Attributes:
        text: what is left.
        original: what came in.
        spans: character spans of ``original`` that make up ``text``.
        removals: what was deleted, in order, each with its loss and kind.
        payload: spans of ``original`` that were left alone since the text asks for something to be done with them.
    """

    text: str
    original: str = field(repr=False)
    spans: tuple[Span, ...]
    removals: tuple[Removal, ...]
    payload: tuple[Span, ...] = ()

    @property
    def deleted(self) -> list[str]:
        """The deleted stretches, in order."""
        return [self.original[removal.start : removal.end] for removal in self.removals]

    @property
    def lost(self) -> Mapping[str, int]:
        """How many words were deleted, by kind (`laconic.score.pruning.removal.KINDS`)."""
        return words_by_kind(self.original, self.removals)

    @property
    def measured(self) -> str:
        """The original without its courtesies, hedges, filler and repetitions: whose loss is none, and what the quality
        gate compares with.
        """
        return "".join(_pieces(self.original, [each for each in self.removals if each.kind in SAYS_NOTHING]))


def words_by_kind(text: str, removals: Iterable[Removal]) -> dict[str, int]:
    """How many words removals take from a text, by kind, most first."""
    counts: Counter[str] = Counter()
    for removal in removals:
        counts[removal.kind] += len(text[removal.start : removal.end].split())
    return {kind: number for kind, number in counts.most_common() if number}


def _kept(text: str, removals: Sequence[Removal]) -> Iterator[Span]:
    at = 0
    for removal in removals:
        if removal.start > at:
            yield at, removal.start
        at = removal.end
    if at < len(text):
        yield at, len(text)


def _pieces(text: str, removals: Sequence[Removal]) -> Iterator[str]:
    return (text[start:end] for start, end in _kept(text, removals))


class Pruner:
    """Deletes the words whose loss is at most a threshold.

    Args:
        threshold: 0–1. 0 deletes nothing, 0.05 courtesies, filler and repetitions, 0.1 also articles, hedges and, in
            documents, adverbs of degree, 0.3 (the default) also a writer's evaluations ("a fascinating example"). Above
            0.5 also adverbs, modifiers and asides of documents by their learned importance, and the frames of requests
            ("provide me with"), which shades what is stated. None means 0.3, or 1.0 where ``aggressive``.
        aggressive: also deletes what a telegram leaves out: auxiliaries, pronouns of the writer and the reader, "of",
            "to" and "that" (`laconic.score.pruning.telegraph`). `Pruned.lost` counts what went.

    A text that asks for something is read as a request: what it is about (behind a colon, "the sentence below", "the
    word …") is left alone, and what describes the thing that is wanted stays. What is never deleted, whatever the
    threshold: see `laconic.score.pruning.removal` and `laconic.score.pruning.payload`.

    Raises:
        ConfigurationError: ``threshold`` is outside its range, or ``aggressive`` is no bool.
    """

    def __init__(self, threshold: float | None = None, *, aggressive: bool = False) -> None:
        if not isinstance(aggressive, bool):
            raise ConfigurationError(f"aggressive is {aggressive!r}: it must be True or False")
        if threshold is None:
            threshold = AGGRESSIVE_THRESHOLD if aggressive else DEFAULT_THRESHOLD
        if isinstance(threshold, bool) or not isinstance(threshold, (int, float)) or not 0 <= threshold <= 1:
            raise ConfigurationError(f"threshold is {threshold!r}: it must be a loss, 0 to 1")
        self.threshold = threshold
        self.aggressive = aggressive

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
        return self.prune_parts(text, [(0, len(text))], read_parts(text), query)

    @property
    def milder(self) -> tuple[Pruner, ...]:
        """What to try where this deletes too much: first without the writer's introductions, then the default."""
        if not self.aggressive:
            return ()
        return tuple(
            Pruner(least, aggressive=least > 0.5) for least in (0.85, 0.72, 0.65, 0.3) if least < self.threshold
        )

    def prune_parts(self, text: str, running: Iterable[Span], parts: Parts, query: str | None = None) -> Pruned:
        """As `prune`, for a text of which some spans are running text and the parts are known."""
        scanned = ProtectedText(text, parts.payload)
        found: list[Removal] = []
        for start, end in running if self.threshold else ():
            if start < end and recognise(Passage(text[start:end])).kind.running_text:
                found += removable(
                    text,
                    start,
                    end,
                    query,
                    protected=scanned,
                    parts=parts,
                    max_loss=self.threshold,
                    aggressive=self.aggressive,
                )
        removals = tuple(found)
        if removals and not any(map(str.isalnum, "".join(_pieces(text, removals)))):
            removals = ()  # a message that is all courtesy is still a message
        spans = tuple(_kept(text, removals))
        return Pruned("".join(text[start:end] for start, end in spans), text, spans, removals, parts.payload)
