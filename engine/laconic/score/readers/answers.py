"""What a foreign scorer says of texts, in one form, checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from inspect import iscoroutine
from math import isfinite
from numbers import Real
from typing import Any, NamedTuple

from laconic.exceptions import ConfigurationError

__all__ = ["Answer", "ScoredSpan", "answers", "called", "number", "wrong"]

_SCORE_NAMES = ("relevance_score", "score", "probability")
_EXPECTED = (
    "one finite number for each text, in order; a list of scored spans (start, end, score) for each; or results with "
    "index and relevance_score"
)


class ScoredSpan(NamedTuple):
    """A stretch of a text, in characters, and what it is worth."""

    start: int
    end: int
    score: float


class Answer(NamedTuple):
    """What was said of one text, on a scale of the scorer's own; higher is better.

    Attributes:
        score: of the whole text; None where nothing was said of it, which is less than the least that was said.
        spans: of stretches of it, in any order; what none covers is worth 0. None where there are none.
    """

    score: float | None
    spans: tuple[ScoredSpan, ...] | None = None


def called(model: Any) -> str:
    """What messages and metrics call a foreign object: a function's name, else that of its class."""
    while isinstance(model, partial):
        model = model.func
    name = getattr(model, "__qualname__", None)
    return name if isinstance(name, str) else type(model).__name__


def answers(given: Any, texts: Sequence[str], who: str) -> list[Answer]:
    """What a scorer gave for texts, one answer for each.

    Args:
        given: numbers (list, array, tensor, generator); lists of spans; or results that name a text by its index,
            as rerank services give them, of which some may be missing.
        texts: what it was given.
        who: what the message calls it.

    Raises:
        ConfigurationError: it is none of these; the message says what it is.
    """
    plain = _plain(given)
    if isinstance(plain, (str, bytes, Mapping)) or not isinstance(plain, Iterable):
        raise wrong(who, given, len(texts))
    items = list(plain)
    if items and all(_field(item, ("index",)) is not None for item in items):
        return _indexed(items, texts, who, given)
    if len(items) != len(texts):
        raise wrong(who, _shown(given, items), len(texts))
    found = []
    for at, item in enumerate(items):
        if number(item) is not None:
            found.append(Answer(number(item)))
        elif isinstance(item, (list, tuple)) and not any(isinstance(each, (Real, str)) for each in item):
            found.append(Answer(None, tuple(_span(each, texts[at], who, at) for each in item)))
        else:
            raise wrong(who, _shown(given, items), len(texts), at)
    return found


def _shown(given: Any, items: list[Any]) -> Any:
    """What a message describes: an array or tensor as such, anything else by what it holds."""
    return given if hasattr(given, "shape") else items


def number(item: Any) -> float | None:
    """A finite number, of whatever library, as a float; None where it is none."""
    if getattr(item, "ndim", None) == 0 and hasattr(item, "item"):
        item = item.item()
    if isinstance(item, bool) or not isinstance(item, Real):
        return None
    value = float(item)
    return value if isfinite(value) else None


def wrong(who: str, given: Any, count: int, at: int | None = None) -> ConfigurationError:
    """The error about an answer of the wrong shape; ``at`` is the text about which it was wrong."""
    if iscoroutine(given):
        given.close()
    where = "" if at is None else f" (text {at} got {_described(given[at])})"
    return ConfigurationError(f"scorer {who} gave {_described(given)}{where} for {count} texts; expected {_EXPECTED}")


def _plain(given: Any) -> Any:
    """Results out of the object that carries them, and the values of a tensor or an array."""
    results = _field(given, ("results",))
    if results is not None:
        given = results
    if callable(getattr(given, "detach", None)):  # a tensor may hang on its graph, or lie on another device
        given = given.detach().cpu()
    return given.tolist() if callable(getattr(given, "tolist", None)) else given


def _indexed(items: Sequence[Any], texts: Sequence[str], who: str, given: Any) -> list[Answer]:
    found = [Answer(None)] * len(texts)
    for item in items:
        at, score = _field(item, ("index",)), number(_field(item, _SCORE_NAMES))
        if not isinstance(at, int) or not 0 <= at < len(texts) or score is None or found[at].score is not None:
            raise wrong(who, given, len(texts))
        found[at] = Answer(score)
    return found


def _span(item: Any, text: str, who: str, at: int) -> ScoredSpan:
    if isinstance(item, (list, tuple)) and len(item) == 3:
        start, end, score = item
    else:
        start, end, score = (_field(item, names) for names in (("start",), ("end",), _SCORE_NAMES))
    value = number(score)
    whole = all(isinstance(each, int) and not isinstance(each, bool) for each in (start, end))
    if not whole or value is None or not 0 <= start <= end <= len(text):
        raise ConfigurationError(
            f"scorer {who} gave {item!r} as a span of text {at}, which has {len(text)} characters; expected "
            "(start, end, score) with 0 ≤ start ≤ end ≤ length and a finite score"
        )
    return ScoredSpan(start, end, value)


def _field(item: Any, names: Iterable[str]) -> Any:
    """The first of these keys, or attributes, that an item has; None where it has none."""
    if isinstance(item, Mapping):
        return next((item[name] for name in names if name in item), None)
    if isinstance(item, (str, bytes, list, tuple)) and not hasattr(item, "_fields"):
        return None  # "index" of these is a method
    found = (getattr(item, name, None) for name in names)
    return next((each for each in found if each is not None and not callable(each)), None)


def _described(given: Any) -> str:
    """The shape of a value, for a message."""
    shape = getattr(given, "shape", None)
    if shape is not None:
        return f"an array of shape {tuple(shape)}"
    if isinstance(given, (list, tuple)):
        kinds = ", ".join(dict.fromkeys(_one(each) for each in given)) or "nothing"
        return f"a {type(given).__name__} of {len(given)} ({kinds})"
    return _one(given)


def _one(given: Any) -> str:
    if isinstance(given, float) and not isfinite(given):
        return repr(given)
    if isinstance(given, (list, tuple)):
        return f"{type(given).__name__} of {len(given)}"
    return type(given).__name__
