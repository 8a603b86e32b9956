"""Keys of JSON written short, with a legend in front: ``Keys: a=reservation_id, b=flight_number``.

The data stay valid JSON, and `spelled_out` gives back the text byte for byte. A key is shortened only where that saves
tokens, its place in the legend included: keys of one token cannot get shorter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from string import ascii_lowercase
from typing import Any

from laconic.exceptions import InputError
from laconic.tokens import as_counter
from laconic.types import Span, TokenCounter

__all__ = ["KeyShortener", "ShortKeys", "read_keys", "spelled_out", "strings_in"]

_HEAD = "Keys: "
_IN_PLACE = '{{"{key}":0,'  # what surrounds a key changes what it costs
_MARK = re.compile(r'["\n]|\\.')  # what ends a string, and what does not
_FURTHEST_COLON = 20  # characters of white space between a key and its colon
_FITS = re.compile(r"[^\W\d][\w$-]*(?:[ .][\w$-]+)*")  # what a legend can hold without quoting
_LONGEST_KEY = 80
_MOST_KEYS = 60


@dataclass(frozen=True)
class ShortKeys:
    """A text whose keys are short.

    Attributes:
        text: legend and text, or the original where nothing was gained.
        original: what came in.
        keys: short name to key, in order of first use; empty when the text is unchanged.
        places: spans of ``original`` with what stands for each, in order; behind the legend the rest is as it was.
        original_tokens, tokens: counts of ``original`` and ``text``.
    """

    text: str
    original: str = field(repr=False)
    keys: Mapping[str, str]
    places: tuple[tuple[Span, str], ...] = field(repr=False)
    original_tokens: int
    tokens: int

    def expand(self, text: str | None = None) -> str:
        """``text`` (by default this one) with the keys spelled out; equals `original` for this one."""
        return spelled_out(self.text if text is None else text, self.keys)


def read_keys(text: str) -> tuple[dict[str, str], str]:
    """The legend of keys in front of a text, and the text behind it; ``({}, text)`` where there is none."""
    line, mark, rest = text.partition("\n")
    if not mark or not line.startswith(_HEAD):
        return {}, text
    pairs = [entry.partition("=") for entry in line[len(_HEAD) :].split(", ")]
    if not all(name.isalpha() and equals and key for name, equals, key in pairs):
        return {}, text
    return {name: key for name, _, key in pairs}, rest


def spelled_out(text: str, keys: Mapping[str, str] | None = None) -> str:
    """A text as it was before its keys were shortened, byte for byte.

    Args:
        text: what `KeyShortener.shorten` gave, or a part of it without the legend (an answer in short keys).
        keys: its legend; read from the front of ``text`` when None. Give ``{}`` for a text that was not shortened.

    Raises:
        InputError: ``text`` is not a string.
    """
    if not isinstance(text, str):
        raise InputError(f"text is a {type(text).__name__}: give the text as a string")
    found, rest = read_keys(text)
    keys = found if keys is None else keys
    if not keys:
        return text
    rest = rest if found == dict(keys) else text
    places = ((span, rest[slice(*span)]) for span in _keys_in(rest))
    return _renamed(rest, ((span, keys[name]) for span, name in places if name in keys))


class KeyShortener:
    """Writes keys of JSON short where that saves tokens.

    Args:
        counter: the target model's name, a `TokenCounter`, a callable, or an object with ``encode``.
        min_gain: tokens that each short key must save, its legend entry paid.
    """

    def __init__(self, counter: Any = "gpt-4o", *, min_gain: int = 4) -> None:
        self.counter: TokenCounter = as_counter(counter)
        self.min_gain = min_gain

    def shorten(self, text: str, data: Sequence[Span]) -> ShortKeys:
        """``text`` with the keys of its data short, or unchanged.

        Args:
            text: any Unicode text.
            data: spans of it that are JSON.

        Returns:
            A text that is shorter by the counter, or the original. Linear.
        """
        tokens = self.counter.count(text)
        places: dict[str, list[Span]] = {}
        for start, end in data:
            for span in _keys_in(text, start, end):
                key = text[slice(*span)]
                if len(key) <= _LONGEST_KEY and _FITS.fullmatch(key):
                    places.setdefault(key, []).append(span)
        keys = self._chosen(text, {key: len(spans) for key, spans in places.items()}) if places else {}
        if not keys:
            return ShortKeys(text, text, {}, (), tokens, tokens)
        legend = _HEAD + ", ".join(f"{name}={key}" for name, key in keys.items()) + "\n"
        spans = sorted((span, name) for name, key in keys.items() for span in places[key])
        written = legend + _renamed(text, spans)
        after = self.counter.count(written)
        if after < tokens and spelled_out(written, keys) == text:
            return ShortKeys(written, text, keys, tuple(spans), tokens, after)
        return ShortKeys(text, text, {}, (), tokens, tokens)

    def _chosen(self, text: str, uses: Mapping[str, int]) -> dict[str, str]:
        """Names for the keys that pay, those that save most first served; in order of first use."""
        count = self.counter.count
        names = _free_names(text)
        short = count(_IN_PLACE.format(key="a"))
        gains = {}
        for key, number in uses.items():
            gain = number * (count(_IN_PLACE.format(key=key)) - short) - count(f"a={key}, ")
            if gain >= self.min_gain:
                gains[key] = gain
        best = set(sorted(gains, key=lambda key: -gains[key])[:_MOST_KEYS])
        return dict(zip(names, (key for key in uses if key in best), strict=False))


def _free_names(text: str) -> Iterator[str]:
    """Names that are no keys anywhere in the text."""
    taken = {text[slice(*span)] for span in _keys_in(text)}
    for size in (1, 2):
        yield from (name for name in map("".join, product(ascii_lowercase, repeat=size)) if name not in taken)


def _keys_in(text: str, start: int = 0, end: int | None = None) -> Iterator[Span]:
    return (span for span, is_key in strings_in(text, start, len(text) if end is None else end) if is_key)


def strings_in(text: str, start: int, end: int) -> Iterator[tuple[Span, bool]]:
    """The insides of the strings of ``text[start:end]``, and whether a colon follows. A string ends on its line."""
    opened: int | None = None
    for match in _MARK.finditer(text, start, end):
        mark = match.group()
        if mark == "\n":
            opened = None
        elif mark == '"' and opened is None:
            opened = match.end()
        elif mark == '"' and opened is not None:
            is_key = text[match.end() : match.end() + _FURTHEST_COLON].lstrip()[:1] == ":"
            yield (opened, match.start()), is_key
            opened = None


def _renamed(text: str, places: Iterable[tuple[Span, str]]) -> str:
    parts: list[str] = []
    at = 0
    for (start, end), name in places:
        parts += (text[at:start], name)
        at = end
    return "".join((*parts, text[at:]))
