"""Limits that a question sets: *over 500*, *before 2021*, *between 3 and 5 kg*."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from laconic.score.structure.values import YEARS, quantity

__all__ = ["Limit", "limits_of"]

_LIMIT = re.compile(
    r"(?P<low>\b(?:more|greater|higher|larger|bigger|longer|later|newer|heavier|older|better) than|\bover|\babove"
    r"|\bat least|\bno (?:less|fewer) than|\bexceed(?:s|ed|ing)?|\bafter|\bsince|\bminimum of|>=?|≥)"
    r"|(?P<high>\b(?:less|fewer|lower|smaller|shorter|earlier|cheaper|lighter|younger|worse) than|\bunder|\bbelow"
    r"|\bat most|\bno more than|\bup to|\bbefore|\buntil|\bmaximum of|<=?|≤)"
    r"|(?P<both>\bbetween|\bfrom)",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"\s*(?:the |a |an )?("
    r"\d{4}[-/]\d\d?(?:[-/]\d\d?)?(?:[T ]\d\d:\d\d(?::\d\d)?)?"
    r"|[A-Z][a-z]{2,8} (?:\d{1,2}(?:st|nd|rd|th)?,? )?\d{4}|\d{1,2}(?:st|nd|rd|th)? [A-Z][a-z]{2,8} \d{4}"
    r"|\d{1,2}:\d\d"
    r"|[$€£]?\s?\d+(?:,\d{3})*(?:\.\d+)?\s?(?:%|[kKMGTB]i?[Bb]?\b|million\b|billion\b|thousand\b|ms\b|kg\b|km\b)?"
    r")"
)
_AND = re.compile(r"\s*(?:and|to|-|–)", re.IGNORECASE)


class Limit(NamedTuple):
    """Bounds for the values of a column.

    Attributes:
        sort: ``"number"`` or ``"date"``.
        low, high: bounds, None for no bound; they count in, as people are careless with them.
        start, end: where its amounts stand in the question.
    """

    sort: str
    low: float | None
    high: float | None
    start: int
    end: int

    def on(self, sort: str) -> Limit | None:
        """The limit for a column of numbers or of dates, of which years are limits too; None where it is none."""
        if sort == self.sort:
            return self
        years = [bound for bound in (self.low, self.high) if bound is not None]
        if sort != "date" or any(year != int(year) or not YEARS[0] <= year <= YEARS[1] for year in years):
            return None
        return self._replace(sort=sort, low=_first_day(self.low), high=_first_day(self.high))

    def holds(self, value: float) -> bool:
        """Whether a value is within."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


def _first_day(year: float | None) -> float | None:
    return None if year is None else float(date(int(year), 1, 1).toordinal())


def limits_of(text: str) -> Iterator[Limit]:
    """The limits of a question, in order. English."""
    for match in _LIMIT.finditer(text):
        first = _amount(text, match.end())
        if first is None:
            continue
        (sort, bound), start, end = first
        if match["low"]:
            yield Limit(sort, bound, None, start, end)
        elif match["high"]:
            yield Limit(sort, None, bound, start, end)
        elif joint := _AND.match(text, end):
            second = _amount(text, joint.end())
            if second is not None and second[0][0] == sort:
                yield Limit(sort, bound, second[0][1], start, second[2])


def _amount(text: str, start: int) -> tuple[tuple[str, float], int, int] | None:
    """The sort and value of an amount, and its span."""
    match = _AMOUNT.match(text, start)
    read = quantity(match[1].strip()) if match else None
    return (read[:2], *match.span(1)) if match and read else None
