"""What is compared: callables ``(query, passages, max_tokens)`` to the text that is left.

``passages`` are `laconic.Passage` objects, so ``passage.text`` is what a peer's own code wants. What comes back is one
text; a list of texts, one for each passage with ``""`` for one that is left out (or any number of texts, which are then
joined); or a `laconic.types.Compression`, from which what was lost can be explained. `SYSTEMS` has those that come with
laconic by name.
"""

from __future__ import annotations

import copy
import importlib
import math
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from laconic._utils.options import did_you_mean
from laconic.core.compressor import Compressor
from laconic.exceptions import ConfigurationError
from laconic.types import Compression, Passage, Span, TokenCounter

__all__ = [
    "DEFAULT_SYSTEMS",
    "SYSTEMS",
    "LaconicSystem",
    "Output",
    "System",
    "bm25",
    "output_of",
    "systems_of",
    "truncation",
]

System = Callable[[str, list[Passage], int], Any]
"""``(query, passages, max_tokens)`` to text, texts or a `Compression`."""

_K1, _B = 1.2, 0.75
_SENTENCE = re.compile(r"(?<=[.!?。！？])[\"')\]]*\s+|\n+")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Output:
    """What a system gave back.

    Attributes:
        texts: the kept texts.
        aligned: whether ``texts`` has one for each passage, in order.
        text: joined as a chain would send it.
        tokens: count of ``text``; of each text apart where nothing joins them.
    """

    texts: tuple[str, ...]
    aligned: bool
    text: str
    tokens: int

    def of_passage(self, at: int) -> str:
        """Where a piece of a passage would have to stand."""
        return self.texts[at] if self.aligned else self.text


def output_of(given: Any, passages: Sequence[Passage], counter: TokenCounter, separator: str | None) -> Output:
    """The texts of what a system gave back, counted.

    Raises:
        ConfigurationError: it is neither text nor texts nor a `Compression`.
    """
    texts: list[Any]
    if isinstance(given, Compression):
        texts = [""] * len(passages)
        for part in given.passages:
            texts[part.index] = part.text
    elif isinstance(given, str):
        texts = [given]
    else:
        texts = list(given) if isinstance(given, Iterable) and not isinstance(given, (bytes, Mapping)) else [None]
    if not all(isinstance(text, str) for text in texts):
        raise ConfigurationError(
            f"a system returned a {type(given).__name__}: it must return text, a list of texts, or a Compression"
        )
    aligned = len(texts) == len(passages)
    filled = [text for text in texts if text]
    if isinstance(given, Compression) and separator is not None:
        joined = given.text
    else:
        joined = ("\n\n" if separator is None else separator).join(filled)
    tokens = sum(map(counter.count, filled)) if separator is None else counter.count(joined)
    return Output(tuple(texts), aligned, joined, tokens)


class LaconicSystem:
    """laconic with a `Compressor`'s options, each call under the budget that is measured."""

    def __init__(self, compressor: Compressor) -> None:
        self.compressor = compressor

    def __call__(self, query: str, passages: list[Passage], max_tokens: int) -> Compression:
        """`laconic.Compressor.compress` with a ceiling."""
        return self.compressor.compress(passages, query, max_tokens=max_tokens)

    def explained(self, query: str, passages: list[Passage], max_tokens: int) -> Compression:
        """The same result, which says why."""
        explaining = copy.copy(self.compressor)
        explaining.explain = True
        return explaining.compress(passages, query, max_tokens=max_tokens)


def truncation(counter: TokenCounter, separator: str | None) -> System:
    """The beginning of the context, in the order of the retriever, up to the budget; cut between words."""

    def truncate(query: str, passages: list[Passage], max_tokens: int) -> list[str]:
        texts = [passage.text for passage in passages]
        if _fit(texts, max_tokens, counter, separator):
            return texts
        texts = []
        room = max_tokens
        gap = 0 if separator is None else counter.count(separator)
        for passage in passages:
            room -= gap if any(texts) else 0
            text = _beginning(passage.text, room, counter) if room > 0 else ""
            room -= counter.count(text) if text else 0
            if text != passage.text:
                room = 0
            texts.append(text)
        return texts

    return truncate


def _fit(texts: Sequence[str], max_tokens: int, counter: TokenCounter, separator: str | None) -> bool:
    whole = sum(map(counter.count, texts)) if separator is None else counter.count(separator.join(texts))
    return whole <= max_tokens


def _beginning(text: str, room: int, counter: TokenCounter) -> str:
    """As much of a text as has no more than ``room`` tokens."""
    if counter.count(text) <= room:
        return text
    low, high = 0, min(len(text), room * 24)  # hardly any token has more characters
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if counter.count(text[:middle]) <= room else (low, middle - 1)
    blank = max(text.rfind(" ", 0, low), text.rfind("\n", 0, low))
    return text[: blank if blank > low // 2 else low]


def bm25(counter: TokenCounter, separator: str | None) -> System:
    """BM25 of the question over all sentences, title words counted in; the best that fit, in the order of the text.

    k1 = 1.2, b = 0.75, no stemming: what is written in an afternoon. Sentences end at marks and line ends.
    """

    def best_sentences(query: str, passages: list[Passage], max_tokens: int) -> list[str]:
        texts = [passage.text for passage in passages]
        if _fit(texts, max_tokens, counter, separator):
            return texts
        units = [(at, span) for at, passage in enumerate(passages) for span in sentences(passage.text)]
        bags = [_words(f"{passages[at].text[start:end]} {passages[at].title or ''}") for at, (start, end) in units]
        scores = _bm25_scores(query, bags)
        order = sorted(range(len(units)), key=lambda unit: (-scores[unit], unit))
        return _packed(passages, units, order, max_tokens, counter, separator)

    return best_sentences


def sentences(text: str) -> list[Span]:
    """Spans of sentences, by punctuation and line ends, with the white space that follows."""
    spans, at = [], 0
    for found in _SENTENCE.finditer(text):
        if text[at : found.start()].strip():
            spans.append((at, found.end()))
        at = found.end()
    if text[at:].strip():
        spans.append((at, len(text)))
    return spans


def _words(text: str) -> Counter[str]:
    return Counter(word.lower() for word in _WORD.findall(text))


def _bm25_scores(query: str, bags: Sequence[Counter[str]]) -> list[float]:
    n = len(bags)
    frequency = Counter(word for bag in bags for word in bag)
    lengths = [bag.total() for bag in bags]
    mean = sum(lengths) / max(1, n)
    words = dict.fromkeys(word.lower() for word in _WORD.findall(query))
    found = []
    for bag, length in zip(bags, lengths, strict=True):
        score = 0.0
        for word in words:
            if count := bag[word]:
                idf = math.log(1 + (n - frequency[word] + 0.5) / (frequency[word] + 0.5))
                score += idf * count * (_K1 + 1) / (count + _K1 * (1 - _B + _B * length / mean))
        found.append(score)
    return found


def _packed(
    passages: Sequence[Passage],
    units: Sequence[tuple[int, Span]],
    order: Iterable[int],
    max_tokens: int,
    counter: TokenCounter,
    separator: str | None,
) -> list[str]:
    """Units in the order of preference while they fit, joined in the order of the text."""
    gap = 0 if separator is None else counter.count(separator)
    kept: set[int] = set()
    opened: set[int] = set()
    used = 0
    for unit in order:
        at, (start, end) = units[unit]
        # one more than the count, as counts of parts need not add up
        cost = counter.count(passages[at].text[start:end]) + 1 + (gap if opened and at not in opened else 0)
        if used + cost <= max_tokens:
            kept.add(unit)
            opened.add(at)
            used += cost
    texts = [""] * len(passages)
    for unit in sorted(kept):
        at, (start, end) = units[unit]
        texts[at] += passages[at].text[start:end]
    return texts


SYSTEMS: Mapping[str, Callable[[TokenCounter, str | None], System]] = {
    "laconic": lambda counter, separator: LaconicSystem(Compressor(counter=counter, separator=separator)),
    "laconic-lexical": lambda counter, separator: LaconicSystem(
        Compressor(counter=counter, separator=separator, scorer="lexical")
    ),
    "truncation": truncation,
    "bm25": bm25,
}
"""By name: what makes a system of the token counter and of what joins the passages."""

DEFAULT_SYSTEMS = ("laconic", "truncation", "bm25")


def systems_of(
    given: Sequence[str] | Mapping[str, Any], counter: TokenCounter, separator: str | None
) -> dict[str, System]:
    """Systems by the names that the report calls them.

    Args:
        given: names of `SYSTEMS`, ``"module:function"`` for one that can be imported from here, or a mapping from names
            to callables and `Compressor` objects.
        counter: what the built-in ones count with.
        separator: what they join passages with.

    Raises:
        ConfigurationError: an unknown name, or something that cannot be called.
    """
    named: Mapping[str, Any] = given if isinstance(given, Mapping) else {name: name for name in given}
    if not named:
        raise ConfigurationError(f"systems is empty: give names of {', '.join(SYSTEMS)}, or callables by name")
    return {str(name): _system(system, counter, separator) for name, system in named.items()}


def _system(system: Any, counter: TokenCounter, separator: str | None) -> System:
    if isinstance(system, Compressor):
        return LaconicSystem(system)
    if isinstance(system, str) and ":" in system:
        system = _imported(system)
        return LaconicSystem(system) if isinstance(system, Compressor) else _called(system)
    if isinstance(system, str):
        if system not in SYSTEMS:
            raise ConfigurationError(
                f"the system {system!r} is not known{did_you_mean(system, SYSTEMS)}: use {', '.join(SYSTEMS)}, or "
                "module:function for one of your own"
            )
        return SYSTEMS[system](counter, separator)
    return _called(system)


def _called(system: Any) -> System:
    if isinstance(system, type) or not callable(system):
        raise ConfigurationError(
            f"the system {system!r} cannot be called: give a function (query, passages, max_tokens) -> text"
        )
    found: System = system
    return found


def _imported(name: str) -> Any:
    module, _, attribute = name.partition(":")
    before = list(sys.path)
    sys.path.insert(0, os.getcwd())
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(f"the system {name!r} cannot be imported ({error}): give module:function") from error
    finally:
        sys.path[:] = before
