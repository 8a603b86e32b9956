"""Dictionary aliasing: repeated phrases written once in a legend and then as a short alias.

    The retrieval-augmented generation system uses retrieval-augmented generation to …
    §A=retrieval-augmented generation. The §A system uses §A to …

The legend stands in front of the text, so the model (and `expand`) needs nothing else. Tokens are counted by the
target model's own tokenizer: an alias is used only where it saves tokens, its entry in the legend included, and a text
that does not get shorter stays as it is.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count as counting
from string import ascii_uppercase
from typing import Any

import numpy as np
from numpy.typing import NDArray

from laconic._utils.unicode import compiled_late
from laconic._utils.words import MARKS
from laconic.exceptions import ConfigurationError, InputError
from laconic.score.pruning.protected import ProtectedText
from laconic.score.words import STOP_WORDS
from laconic.tokens import as_counter
from laconic.two_stage.keys import strings_in
from laconic.types import Span, TokenCounter

__all__ = ["AliasedText", "Aliaser", "expand", "read_legend"]

# The first sign that the text does not hold introduces the aliases, the cheapest before a capital first (two tokens
# with it, the last three tokens). A text that holds all of them is left alone.
_SIGNS = "§¶£†‡¢¤"
_NAMES = (*ascii_uppercase, *(a + b for a in ascii_uppercase for b in ascii_uppercase))
_ENTRY = "{alias}={phrase}. "

# A word of a phrase: letters, with hyphens and apostrophes inside, no digit. Combining marks belong to their letter.
_MARKS = rf"{MARKS}\ufe0e\ufe0f\u200d"
# Begins where a word does: from each letter of a long word that a digit ends, it would be read to its end.
_WORD = compiled_late(rf"(?<![^\W\d_])(?<![{_MARKS}])[^\W\d_][{_MARKS}]*(?:[-'’]?[^\W\d_][{_MARKS}]*)*(?![\w{_MARKS}])")
_LONGEST_PHRASE = 24  # words; longer repeats are covered by several aliases, or are duplicates for another stage
_CELL_CHARS = 300  # gains are recounted on pieces of about this length, which the counter's cache holds


@dataclass(frozen=True)
class AliasedText:
    """A text with its aliases.

    Attributes:
        text: legend and aliased text, or the original where nothing was gained.
        original: what came in.
        legend: alias to phrase, in order of first use in ``text``; empty when the text is unchanged.
        gains: tokens that each alias saves, its legend entry paid.
        original_tokens, tokens: counts of ``original`` and ``text``.
    """

    text: str
    original: str = field(repr=False)
    legend: Mapping[str, str]
    gains: Mapping[str, int]
    original_tokens: int
    tokens: int

    @property
    def saved_tokens(self) -> int:
        """Tokens saved; never negative."""
        return self.original_tokens - self.tokens

    def expand(self, text: str | None = None) -> str:
        """``text`` (by default this one) with the phrases put back; equals `original` for this one."""
        return expand(self.text if text is None else text, self.legend)


def read_legend(text: str) -> tuple[dict[str, str], str]:
    """The legend in front of an aliased text, and the text behind it.

    Returns:
        ``({}, text)`` where no legend stands in front.
    """
    if not text or text[0] not in _SIGNS:
        return {}, text
    sign = text[0]
    legend: dict[str, str] = {}
    at = 0
    for name in _NAMES:
        entry = re.compile(rf"{sign}{name}=([^.=\n{sign}]+)\. ").match(text, at)
        if entry is None:
            break
        legend[sign + name] = entry.group(1)
        at = entry.end()
    return legend, text[at:]


def expand(text: str, legend: Mapping[str, str] | None = None) -> str:
    """An aliased text as it was, byte for byte.

    Args:
        text: what `Aliaser.alias` gave, or a part of it without the legend (an answer that uses the aliases).
        legend: its legend; read from the front of ``text`` when None. Give ``{}`` for a text that was not aliased and
            by itself begins like a legend.

    Raises:
        InputError: ``text`` is not a string.
    """
    if not isinstance(text, str):
        raise InputError(f"text is a {type(text).__name__}: give the aliased text as a string")
    found, rest = read_legend(text)
    if legend is None:
        legend = found
    elif found != dict(legend):
        rest = text
    if not legend:
        return text
    sign = re.escape(next(iter(legend))[0])
    return re.sub(rf"{sign}[A-Z]+", lambda match: legend.get(match.group(), match.group()), rest)


class Aliaser:
    """Writes repeated phrases as aliases where that saves tokens.

    Args:
        counter: the target model's name, a `TokenCounter`, a callable, or an object with ``encode``.
        min_gain: tokens that each alias must save, its legend entry paid; ≥ 1.
        max_aliases: most aliases in one text, 1–702. A legend of many entries costs the reader more than it saves.

    What is a phrase: one or more words with single spaces between them, that begins and ends with a word of content
    (an alias then stands for a thing, not for "of the"). Phrases never touch code, structured data, addresses,
    quotations, numbers or identifiers (`laconic.score.pruning.protected`) but where the caller says so.
    Scripts that write no spaces give one "word"     per run, so hardly anything repeats there and the text stays.

    Raises:
        ConfigurationError: an option outside its range.
    """

    def __init__(self, counter: Any = "gpt-4o", *, min_gain: int = 4, max_aliases: int = 26) -> None:
        self.counter: TokenCounter = as_counter(counter)
        if isinstance(min_gain, bool) or not isinstance(min_gain, int) or min_gain < 1:
            raise ConfigurationError(f"min_gain is {min_gain!r}: it must be a whole number of tokens ≥ 1")
        if isinstance(max_aliases, bool) or not isinstance(max_aliases, int) or not 1 <= max_aliases <= len(_NAMES):
            raise ConfigurationError(f"max_aliases is {max_aliases!r}: it must be a whole number, 1 to {len(_NAMES)}")
        self.min_gain = min_gain
        self.max_aliases = max_aliases

    def alias(self, text: str, kept: Sequence[Span] = (), data: Sequence[Span] = ()) -> AliasedText:
        """``text`` with its repeated phrases as aliases, or unchanged.

        Args:
            text: any Unicode text.
            kept: spans of it that stay as they are.
            data: spans that are JSON, of whose string values phrases are taken as well; it stays valid.

        Returns:
            A text that is shorter by the counter, or the original; ``expand()`` gives the original back byte for byte.

        Raises:
            InputError: ``text`` is not a string.

        Linear in the text but for a sort; 100,000 tokens take well under a second.
        """
        if not isinstance(text, str):
            raise InputError(f"text is a {type(text).__name__}: give a string")
        original_tokens = self.counter.count(text)
        sign = next((sign for sign in _SIGNS if sign not in text), None)
        gains: dict[str, int] = {}
        places = self._places(text, sign, kept, data) if sign is not None else {}
        while places and sign is not None:
            gains = self._gains(text, places)
            paying = [spans for alias, spans in places.items() if gains[alias] >= self.min_gain]
            if len(paying) == len(places):
                break
            places = _named(paying, sign)
        written = "".join(_entries(text, places).values()) + _replaced(text, 0, len(text), _ordered(places))
        tokens = self.counter.count(written) if places else original_tokens
        if tokens < original_tokens:
            legend = {alias: text[slice(*spans[0])] for alias, spans in places.items()}
            return AliasedText(written, text, legend, gains, original_tokens, tokens)
        return AliasedText(text, text, {}, {}, original_tokens, original_tokens)

    def _places(self, text: str, sign: str, kept: Sequence[Span], data: Sequence[Span]) -> dict[str, list[Span]]:
        """Where each alias would stand: a greedy choice by estimated gain."""
        words, runs = _words(text, kept, data)
        if len(words) < 2:
            return {}
        count = self.counter.count
        # With a space before them counts of words add up, since tokenizers split before a space.
        known = {word: count(f" {word}") for word in dict.fromkeys(text[start:end] for start, end in words)}
        tokens = np.fromiter((known[text[start:end]] for start, end in words), np.int64, len(words))
        alias_tokens = count(f" {sign}A")
        entry_tokens = count(_ENTRY.format(alias=f"{sign}A", phrase=""))

        def gain(cost: Any, occurrences: Any) -> Any:  # of one phrase, or of an array of them
            return occurrences * (cost - alias_tokens) - cost - entry_tokens

        return _named(_choose(text, words, runs, tokens, gain, self.min_gain, self.max_aliases), sign)

    def _gains(self, text: str, places: Mapping[str, Sequence[Span]]) -> dict[str, int]:
        """What each alias saves, the others in place: recounted on the pieces of text around its places."""
        count = self.counter.count
        gains = {alias: -count(entry) for alias, entry in _entries(text, places).items()}
        for start, end, inside in _cells(text, _ordered(places)):
            with_all = count(_replaced(text, start, end, inside))
            for alias in dict.fromkeys(alias for _, _, alias in inside):
                others = [place for place in inside if place[2] != alias]
                gains[alias] += count(_replaced(text, start, end, others)) - with_all
        return gains


Place = tuple[int, int, str]
_Ints = NDArray[np.int64]


def _cells(text: str, ordered: Sequence[Place]) -> Iterator[tuple[int, int, list[Place]]]:
    """Pieces of the text that hold all places, cut before spaces, where counts of parts add up."""
    at = 0
    while at < len(ordered):
        start = text.rfind(" ", max(0, ordered[at][0] - 40), ordered[at][0])
        start = ordered[at][0] if start < 0 else start
        if at and start < ordered[at - 1][1]:
            start = ordered[at - 1][1]
        inside = [ordered[at]]
        at += 1
        while at < len(ordered) and ordered[at][0] - start < _CELL_CHARS:
            inside.append(ordered[at])
            at += 1
        last = inside[-1][1]
        limit = ordered[at][0] if at < len(ordered) else len(text)
        end = text.find(" ", last, min(limit, last + 40))
        yield start, (min(limit, last + 40) if end < 0 else end), inside


def _replaced(text: str, start: int, end: int, places: Sequence[Place]) -> str:
    parts: list[str] = []
    for first, last, alias in places:
        parts += (text[start:first], alias)
        start = last
    return "".join((*parts, text[start:end]))


def _ordered(places: Mapping[str, Sequence[Span]]) -> list[Place]:
    return sorted((*span, alias) for alias, spans in places.items() for span in spans)


def _entries(text: str, places: Mapping[str, Sequence[Span]]) -> dict[str, str]:
    """What the legend says of each alias."""
    return {alias: _ENTRY.format(alias=alias, phrase=text[slice(*spans[0])]) for alias, spans in places.items()}


def _named(phrases: Sequence[list[Span]], sign: str) -> dict[str, list[Span]]:
    """The places of phrases as those of aliases A, B, C … in order of first use."""
    return dict(zip((sign + name for name in _NAMES), sorted(phrases, key=lambda spans: spans[0]), strict=False))


def _words(text: str, kept: Sequence[Span], data: Sequence[Span]) -> tuple[list[Span], NDArray[np.int64]]:
    """Spans of the words outside protected regions, and for each how many words follow it in its run, itself included.

    A run ends where anything but one space separates two words.
    """
    words: list[Span] = []
    values = [span for first, last in data for span, is_key in strings_in(text, first, last) if not is_key]
    for start, end in sorted([*ProtectedText(text, [*kept, *data]).free_spans(), *values]):
        words += (match.span() for match in _WORD().finditer(text, start, end) if _stands_free(text, *match.span()))
    runs = np.ones(len(words), dtype=np.int64)
    for at in range(len(words) - 2, -1, -1):
        end, following = words[at][1], words[at + 1][0]
        if following == end + 1 and text[end] == " ":
            runs[at] = runs[at + 1] + 1
    return words, runs


def _stands_free(text: str, start: int, end: int) -> bool:
    """Whether no letter, digit or sign of a compound touches the word."""
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    return not (before.isalnum() or before in "_-'’/=@#&" or after.isalnum() or after in "_-/=@&")


def _choose(
    text: str, words: Sequence[Span], runs: _Ints, tokens: _Ints, gain: Callable[..., Any], min_gain: int, most: int
) -> list[list[Span]]:
    """Places of the phrases that save most, best first, none overlapping; ``gain`` is of their cost and number.

    Lazy greedy: the gain of a phrase only falls as others take its places, so the best of the queue is recomputed and
    taken if it still leads.
    """
    total = np.concatenate(([0], np.cumsum(tokens)))
    content = np.fromiter((text[start:end].lower() not in STOP_WORDS for start, end in words), bool, len(words))

    queue: list[tuple[int, int, int, int, NDArray[np.intp]]] = []
    order = counting()
    for length, starts, edges in _repeats(text, words, runs):
        firsts, sizes = starts[edges[:-1]], np.diff(edges)
        costs = total[firsts + length] - total[firsts]
        estimates = gain(costs, sizes)
        worth = (estimates >= min_gain) & content[firsts] & content[firsts + length - 1]
        for at in np.flatnonzero(worth).tolist():
            places = starts[edges[at] : edges[at + 1]]
            heapq.heappush(queue, (-int(estimates[at]), next(order), length, int(costs[at]), places))
    covered = np.zeros(len(words), dtype=bool)
    chosen: list[list[Span]] = []
    while queue and len(chosen) < most:
        estimate, number, length, cost, starts = heapq.heappop(queue)
        free = _free_places(starts, length, covered)
        current = int(gain(cost, len(free)))
        if current < min_gain:
            continue
        if queue and (-current, number) > queue[0][:2] and current < -estimate:
            heapq.heappush(queue, (-current, number, length, cost, free))
            continue
        for at in free.tolist():
            covered[at : at + length] = True
        chosen.append([(words[at][0], words[at + length - 1][1]) for at in free.tolist()])
    return chosen


def _free_places(starts: NDArray[np.intp], length: int, covered: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The starts at which the phrase overlaps nothing taken, nor its own earlier place."""
    open_: NDArray[np.intp] = starts[~covered[starts[:, None] + np.arange(length)].any(axis=1)]
    if length == 1 or len(open_) < 2 or int(np.diff(open_).min()) >= length:
        return open_
    kept, end = [], -1
    for at in open_.tolist():
        if at >= end:
            kept.append(at)
            end = at + length
    return np.asarray(kept, dtype=np.intp)


def _repeats(
    text: str, words: Sequence[Span], runs: NDArray[np.int64]
) -> Iterator[tuple[int, NDArray[np.intp], NDArray[np.intp]]]:
    """Every sequence of words that occurs twice or more, by length.

    Yields:
        The length in words; the places where such sequences start, equal sequences together and in order; and where in
        that list each sequence's places begin, with the end of the list behind the last.

    Sequences of ``n`` words are numbered from those of ``n - 1`` and their next word; only what repeats is extended.
    """
    numbers: dict[str, int] = {}
    numbered = (numbers.setdefault(text[start:end], len(numbers)) for start, end in words)
    first = np.fromiter(numbered, np.int64, len(words))
    ids, starts = first, np.arange(len(words))
    for length in range(1, _LONGEST_PHRASE + 1):
        _, ids, sizes = np.unique(ids, return_inverse=True, return_counts=True)
        repeated = sizes[ids] > 1
        starts, ids = starts[repeated], ids[repeated]
        if not len(starts):
            return
        grouped = np.argsort(ids, kind="stable")
        edges = np.concatenate(([0], np.flatnonzero(np.diff(ids[grouped])) + 1, [len(starts)]))
        yield length, starts[grouped], edges
        extends = runs[starts] > length
        starts, ids = starts[extends], ids[extends]
        ids = ids * len(numbers) + first[starts + length]
