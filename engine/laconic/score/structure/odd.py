"""What stands out among values of one column: rare ones, numbers far off, reports of failure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from math import log
from statistics import quantiles

from laconic._utils.remembered import bounded
from laconic.kinds.log.segment import line_severity
from laconic.score.structure.values import Quantities, quantities

__all__ = ["failures", "severity", "surprises"]

_FEWEST = 6  # values of which the rare can be told from the common
_RARE_SHARE = 0.07  # of the records have a value that is rare, or one of them has
_LEAST_SURPRISE = 1.0  # nats beyond what a value of the column surprises with on average
_SORTS_SHARE = 0.3  # so many sorts of values among the values: more are names or text
_FEW_NUMBERS = 8  # numbers that are codes or counts of something; more are measured
# In interquartile ranges beyond the quartiles, as in Tukey's box plot: where the whiskers end, what is far in any case,
# and how far apart from the whisker what lies between must be.
_NEAR_FENCE, _FAR_FENCE, _APART = 1.5, 3.0, 0.75

_DIGITS = re.compile(r"\d+")
_PARTS = re.compile(r"(?<=[a-z])(?=[A-Z])|[_-]+")
_FAILURE_KEY = re.compile(
    r"(?<![^\W_])(?:error|exception|failure|fault|stack ?trace|traceback)(?:s\Z|(?![^\W_]))", re.IGNORECASE
)
_NOTHING = frozenset(("0", "0.0", "false", "False", "FALSE", "no", "No", "none", "ok", "OK", "success"))
_FAILURE_KEY_SEVERITY = 0.9
_READ_CHARS = 200  # what comes later in a value is payload


def surprises(values: Sequence[str], records: int) -> list[tuple[int, float]]:
    """The values of a column that are rare in it.

    Args:
        values: of the records that have one.
        records: how many there are, with those that have none.

    Returns:
        Places of rare values, each with how much more it surprises than the column's values do on average, in nats,
        at least 1. A value that nearly no record has is rare; of many different ones their sorts are compared:
        numbers by whether they are far off (on a linear scale and on a logarithmic one), texts without their digits.
        None where nearly all differ. Linear but for a sort.
    """
    if records < _FEWEST or not values:
        return []
    most = max(1, int(_RARE_SHARE * records))
    if len(values) <= most:
        return [(at, log(records / len(values))) for at in range(len(values))]
    if len(values) < _FEWEST:
        return []
    sorts = _sorts(values)
    counts = Counter(sorts)
    if len(counts) > max(2, _SORTS_SHARE * len(values)):
        return []
    average = -sum(count * log(count / len(values)) for count in counts.values()) / len(values)
    rare = {sort: log(len(values) / count) - average for sort, count in counts.items() if count <= most}
    return [(at, rare[sort]) for at, sort in enumerate(sorts) if rare.get(sort, 0.0) >= _LEAST_SURPRISE]


def _sorts(values: Sequence[str]) -> Sequence[str]:
    different = len(set(values))
    if different <= min(_FEW_NUMBERS, _SORTS_SHARE * len(values)):
        return values
    read = quantities(values)
    if read is not None:
        return _far_off(read)
    if different <= _SORTS_SHARE * len(values):
        return values
    return [_DIGITS.sub("0", value[:_READ_CHARS]) for value in values]


def _far_off(read: Quantities) -> list[str]:
    known = [value for value in read.values if value is not None]
    far = {known[at] for at in _far_places(known)}
    if far and min(known) > 0:  # what grows by factors is far off only by factors
        far &= {known[at] for at in _far_places([log(value) for value in known])}
    return ["none" if value is None else "far" if value in far else "near" for value in read.values]


def _far_places(values: Sequence[float]) -> list[int]:
    """Places of values that are far from the middle half, or less far but apart from all others on the way to it."""
    first, _, third = quantiles(values, n=4)
    spread = third - first
    low, high = first - _NEAR_FENCE * spread, third + _NEAR_FENCE * spread
    least = min(value for value in values if low <= value <= high)
    most = max(value for value in values if low <= value <= high)
    reach = _FAR_FENCE * spread
    return [
        at
        for at, value in enumerate(values)
        if (value < low and (value < first - reach or least - value > _APART * spread))
        or (value > high and (value > third + reach or value - most > _APART * spread))
    ]


def failures(values: Sequence[str], key: str, records: int) -> Iterator[tuple[int, float]]:
    """Places of values that report a failure, or whose key says so, and how much they stand out: rare ones more."""
    tells = bool(_FAILURE_KEY.search(key))
    odd: dict[str, float] = {}
    for value, count in Counter(values).items():
        bad = severity(value)
        if tells and value not in _NOTHING:
            bad = max(bad, _FAILURE_KEY_SEVERITY)
        if bad:
            odd[value] = bad * (1 + log(records / count)) / 2
    for at, value in enumerate(values if odd else ()):
        if value in odd:
            yield at, odd[value]


@bounded(8192)
def severity(value: str) -> float:
    """How bad what a value reports is, as `line_severity`, words in ``snake_case`` and ``camelCase`` taken apart."""
    if len(value) < 3 or value.isdecimal():
        return 0.0
    words = _PARTS.sub(" ", value[:_READ_CHARS])
    return max(line_severity(words), line_severity(words.upper()) if " " not in words else 0.0)
