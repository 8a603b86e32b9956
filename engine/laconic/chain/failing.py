"""What an adapter does where something fails: one bad passage, a counter that cannot count, the engine itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any

from laconic._utils.unicode import check_unicode, word_cuts
from laconic.core.inputs import as_passages
from laconic.core.outcome import Piece, build, rest
from laconic.exceptions import ConfigurationError, InputError
from laconic.tokens import TiktokenCounter, as_counter, counter_for
from laconic.types import CompressedPassage, Compression, Passage, Rendered, TokenCounter

__all__ = ["Readable", "checked_counter", "mended", "sound_counter", "truncated"]

_PROBE = "The tower is 330 metres high, and the bridge is 155 metres long."
_SURROGATE = re.compile("[\ud800-\udfff]")


# -- bad passages -----------------------------------------------------------------------------------------------------


def mended(text: str) -> str:
    """The text with U+FFFD for each lone surrogate, so that tokenizers take it; offsets stay as they are."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


class Readable:
    """The passages of a call, and which of them the engine cannot take.

    Args:
        items: see `laconic.core.inputs.as_passages`.
        mend: whether text that is not Unicode is mended and compressed with the rest, or left out of it.

    Raises:
        InputError: an item is nothing that can be read as text.

    Attributes:
        passages: those that the engine gets, in order.
        errors: what is wrong with the others, in order.
    """

    def __init__(self, items: Iterable[Any], *, mend: bool) -> None:
        self.passages: list[Passage] = []
        self.errors: list[InputError] = []
        self._places: list[int] = []
        self._bad: dict[int, Passage] = {}
        for at, passage in enumerate(as_passages(items, unicode_only=False)):
            error = _not_unicode(passage, at)
            if error is not None and not mend:
                self._bad[at] = passage
                self.errors.append(error)
                continue
            self.passages.append(passage if error is None and _is_ascii(passage) else _mended(passage))
            self._places.append(at)

    def restore(self, compression: Compression) -> Compression:
        """The result for all passages of the call: those that the engine did not get are whole, in their places.

        They count nothing, and are in no figure but ``fallback``; ``text`` has no part of them.
        """
        if not self._bad:
            return compression
        parts = {self._places[part.index]: part for part in compression.passages}
        whole = {at: _whole(at, passage, compression) for at, passage in self._bad.items()}
        found = {**{at: replace(part, index=at) for at, part in parts.items()}, **whole}
        dropped = tuple(replace(piece, index=self._places[piece.index]) for piece in compression.dropped)
        notes = [compression.metrics.fallback, *(f"left as it was: {error}" for error in self.errors)]
        metrics = replace(compression.metrics, fallback="; ".join(filter(None, notes)))
        ordered = tuple(found[at] for at in sorted(found))
        return replace(compression, passages=ordered, dropped=dropped, metrics=metrics)


def _not_unicode(passage: Passage, at: int) -> InputError | None:
    try:
        check_unicode(passage.text, f"passages[{at}]")
    except InputError as error:
        return error
    return None


def _is_ascii(passage: Passage) -> bool:
    return (
        passage.text.isascii()
        and passage.head.isascii()
        and (passage.title is None or passage.title.isascii())
        and (passage.source is None or passage.source.isascii())
    )


def _mended(passage: Passage) -> Passage:
    changes: dict[str, Any] = {
        name: new
        for name in ("text", "head", "title", "source")
        if (old := getattr(passage, name)) is not None and (new := mended(old)) != old
    }
    return replace(passage, **changes) if changes else passage


def _whole(at: int, passage: Passage, compression: Compression) -> CompressedPassage:
    text = passage.text
    counter = counter_for() if not compression.passages else compression.passages[0].counter
    return CompressedPassage(text, at, passage.id, ((0, len(text)),), 0, "full", text, counter)


# -- counters ---------------------------------------------------------------------------------------------------------


def checked_counter(counter: Any) -> TokenCounter:
    """A counter of what the caller has, tried on one sentence.

    Raises:
        ConfigurationError: it is none (see `laconic.tokens.as_counter`), cannot be called with one text, counts in
            other than whole numbers, or counts no tokens in a sentence. Another error of its own is left to the call,
            for it may pass: a server that is not up yet.
    """
    found = as_counter(counter)
    if isinstance(found, TiktokenCounter):
        return found
    name = getattr(found, "name", type(found).__name__)
    try:
        tokens = found.count(_PROBE)
    except ConfigurationError:
        raise
    except TypeError as error:
        raise ConfigurationError(f"token counter {name} cannot be called with one text: {error}") from error
    except Exception:  # noqa: BLE001 - see above
        return found
    if not isinstance(tokens, int) or isinstance(tokens, bool):
        return checked_counter(found.count)  # numpy's integers become plain ones, all else is refused
    if tokens < 1:
        raise ConfigurationError(
            f"token counter {name} returned {tokens} for {_PROBE!r}: it must count at least one token in a sentence"
        )
    return found


def sound_counter(counter: TokenCounter, texts: Sequence[str]) -> TokenCounter:
    """The counter, or that of the default model where it cannot count the texts, which are Unicode."""
    try:
        for text in texts:
            counter.count(text)
    except Exception:  # noqa: BLE001 - whatever it is, something must count
        return counter_for()
    return counter


# -- the engine -------------------------------------------------------------------------------------------------------


def truncated(
    passages: Sequence[Passage],
    ceiling: int,
    *,
    counter: TokenCounter,
    separator: str | None,
    least: int = 1,
    why: str | None = None,
    query: str | None = None,
) -> Compression:
    """The beginnings of the passages, as many as a ceiling holds: no scores, nothing that can fail.

    Args:
        passages: of the call, Unicode text; the first ones are kept, as retrievers put the best first.
        ceiling: most tokens of the final text, ≥ 1.
        counter: counts.
        separator: what joins the passages, None where each is sent alone.
        least: fewest passages of which something is kept, or all that have text: they share the ceiling.
        why: what the result's metrics give as ``fallback``.
        query: of the call.

    Returns:
        As `laconic.Compressor.compress`. Input within the ceiling comes back unchanged; where not even one character
        fits, that is what is kept.
    """
    began = perf_counter()
    texts = _Cut(passages, counter, separator)
    if texts.tokens() > ceiling:
        texts.fill(ceiling, least)
    rendered = {at: Rendered(text, ((0, len(text)),) if text else ()) for at, text in texts.kept.items()}
    dropped = [
        piece
        for at, passage in enumerate(passages)
        for piece in rest(
            at, passage, rendered[at].spans if at in rendered else (), [Piece(0, len(passage.text), "budget")]
        )
    ]
    return build(
        passages,
        rendered,
        dropped,
        counter=counter,
        separator=separator,
        began=began,
        ceiling=ceiling,
        fallback=why,
        segments=len(passages),
        segments_kept=len(rendered),
        query=query,
    )


class _Cut:
    """Beginnings of passages, by index."""

    def __init__(self, passages: Sequence[Passage], counter: TokenCounter, separator: str | None) -> None:
        self.kept = {at: passage.text for at, passage in enumerate(passages)}
        self._passages = passages
        self._count = counter.count
        self._separator = separator

    def tokens(self) -> int:
        """Of what is kept, with heads, as it will be sent."""
        finals = [self._passages[at].head + text for at, text in sorted(self.kept.items())]
        return sum(map(self._count, finals)) if self._separator is None else self._count(self._separator.join(finals))

    def fill(self, ceiling: int, least: int) -> None:
        """Keep beginnings that the ceiling holds."""
        waiting = [at for at, passage in enumerate(self._passages) if passage.text.strip()]
        self.kept = {}
        for place, at in enumerate(waiting):
            room = ceiling - self.tokens() if self.kept else ceiling
            share = room // max(1, min(least, len(waiting)) - place)
            if share < 1 and place >= max(1, least):
                return
            self._keep(at, ceiling - room + share, must=place < max(1, least))

    def _keep(self, at: int, ceiling: int, *, must: bool) -> None:
        """Keep the longest beginning of a passage with which all is within a ceiling, at a word's end if one is."""
        text = self._passages[at].text

        def fits(end: int) -> bool:
            self.kept[at] = text[:end]
            return self.tokens() <= ceiling

        if fits(len(text)):
            return
        first = len(text) - len(text.lstrip())
        for ends in (word_cuts(text, first, len(text)), range(first + 1, len(text))):
            end = _longest(ends, fits)
            if end is not None:
                fits(end)
                return
        if must:
            self.kept[at] = text[: first + 1]
        else:
            del self.kept[at]


def _longest(ends: Sequence[int], fits: Callable[[int], bool]) -> int | None:
    """The last of some ends that fits, by halving; more text has more tokens but for one or two at the cut."""
    low, high = 0, len(ends)
    while low < high:
        middle = (low + high) // 2
        if fits(ends[middle]):
            low = middle + 1
        else:
            high = middle
    return ends[low - 1] if low else None
