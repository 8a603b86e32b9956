"""Values as numbers and dates, so that a column of them has a highest and a latest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from math import isfinite
from typing import NamedTuple

from laconic._utils.remembered import bounded

__all__ = ["DATE", "YEARS", "Quantities", "day_of", "quantities", "quantity"]

YEARS = (1500, 2100)
"""Whole numbers between these may be years."""

_NUMBER = re.compile(
    r"[~<>≈]?\s?(?:[A-Z]{3}\s|[A-Z]{0,2}[$€£¥₹])?\s?"
    r"([-+\u2212]?(?:\d{1,3}(?:[,'\u202f\u00a0 ]\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?)"
    r"\s?([^\W\d_]{1,12}|%|°[CF]?)?(?:/\w{1,5})?\.?"
)
_CONTINENTAL = re.compile(r"([-+]?\d{1,3}(?:\.\d{3})*),(\d{1,2})(?:\s?(?:[€%]|EUR|kr|zł))?")
_ISO_DATE = re.compile(
    r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?"
    r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2}(?:[.,]\d+)?))?\s?(?:Z|UTC|[-+]\d\d:?\d\d)?)?"
)
_WRITTEN_DATE = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?(?:(\d{1,2})(?:st|nd|rd|th)?[\s-]+)?([A-Za-z]{3,9})\.?[\s,-]+"
    r"(?:(\d{1,2})(?:st|nd|rd|th)?,?\s+)?(\d{4})"
    r"(?:[,\s]+(?:at\s+)?(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s.*)?)?"
)
_SLASHED_DATE = re.compile(
    r"(\d{1,2})[/.](\d{1,2})[/.](\d{4}|\d{2})(?:[,\s]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s?[AP]M)?)?"
)
_YEARS = re.compile(r"(\d{4})\s?[-\u2013\u2014/]\s?(?:\d{4}|\d{2}|present|now|today)?")
_TIME = re.compile(r"(\d{1,3}):(\d{2})(?::(\d{2}(?:\.\d+)?))?(?:\s?([AaPp])\.?[Mm]\.?)?")
_MONTH = re.compile(r"\d{4}[-/](?:0[1-9]|1[0-2])")
_MONTHS = {name: at for at, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)}

# What a unit multiplies by, where the values of one column have several.
_SCALES = {
    "k": 1e3, "K": 1e3, "M": 1e6, "mn": 1e6, "million": 1e6, "B": 1e9, "bn": 1e9, "billion": 1e9, "T": 1e12,
    "thousand": 1e3, "trillion": 1e12,
    "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "KiB": 1024.0, "MiB": 1024.0**2, "GiB": 1024.0**3,
    "Ki": 1024.0, "Mi": 1024.0**2, "Gi": 1024.0**3, "G": 1e9,
    "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "min": 60.0, "mins": 60.0, "minute": 60.0, "minutes": 60.0,
    "h": 3600.0, "hr": 3600.0, "hrs": 3600.0, "hour": 3600.0, "hours": 3600.0, "d": 86400.0, "day": 86400.0,
    "days": 86400.0, "week": 604800.0, "weeks": 604800.0,
    "mm": 1e-3, "cm": 1e-2, "km": 1e3, "mg": 1e-3, "kg": 1e3, "t": 1e6,
}  # fmt: skip

DATE = re.compile(
    r"\b(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[/.]\d{1,2}[/.]\d{4}|\d{1,2}(?:st|nd|rd|th)?\s[A-Za-z]{3,9}\.?,?\s\d{4}"
    r"|[A-Za-z]{3,9}\.?\s\d{1,2}(?:st|nd|rd|th)?,?\s\d{4})\b"
)
"""Days as people write them in sentences."""

_LONGEST = 48  # no number or date is longer
_MOSTLY = 0.8
_EPOCH = (1e9, 2.2e9)  # seconds since 1970, of 2001 to 2039


class Quantities(NamedTuple):
    """A column as numbers.

    Attributes:
        sort: ``"number"`` or ``"date"``.
        values: one for each value of the column, None for what is neither.
    """

    sort: str
    values: list[float | None]


@bounded(16_384)
def quantity(value: str) -> tuple[str, float, str] | None:
    """What a value says: ``"number"``, the number, its unit (or ``""``); ``"date"``, days, ``""``; None for neither."""
    try:
        number = float(value)
    except ValueError:
        return _written(value) if len(value) <= _LONGEST and any(map(str.isdigit, value)) else None
    return ("number", number, "") if isfinite(number) and "_" not in value else None


def day_of(value: str) -> float | None:
    """The day that a value says, without its time; None where it says none."""
    if not 8 <= len(value) <= _LONGEST or not any(map(str.isdigit, value)):
        return None
    read = quantity(value)
    return float(int(read[1])) if read is not None and read[0] == "date" else None


def _written(value: str) -> tuple[str, float, str] | None:
    value = value.strip()
    if match := _CONTINENTAL.fullmatch(value):
        return "number", float(match[1].replace(".", "") + "." + match[2]), ""
    if match := _NUMBER.fullmatch(value):
        digits = re.sub(r"[,'\u202f\u00a0 ]", "", match[1]).replace("\u2212", "-")
        return "number", float(digits), match[2] or ""
    if (match := _YEARS.fullmatch(value)) and YEARS[0] <= int(match[1]) <= YEARS[1] and not _MONTH.fullmatch(value):
        return "number", float(match[1]), ""
    if match := _ISO_DATE.fullmatch(value):
        year, month, day, *clock = match.groups()
        return _days(year, month, day or "1", clock)
    if (match := _WRITTEN_DATE.fullmatch(value)) and (month_number := _MONTHS.get(match[2][:3].lower())):
        return _days(match[4], str(month_number), match[1] or match[3] or "1", match.groups()[4:])
    if match := _SLASHED_DATE.fullmatch(value):
        first, second, year, *clock = match.groups()
        if int(first) > 12:
            first, second = second, first
        return _days(year if len(year) == 4 else f"20{year}", first, second, clock)
    if match := _TIME.fullmatch(value):
        hours = int(match[1]) + (12 if match[4] in ("p", "P") and int(match[1]) < 12 else 0)
        return "number", hours * 3600.0 + int(match[2]) * 60.0 + float(match[3] or 0), ""
    return None


def _days(year: str, month: str, day: str, clock: Sequence[str | None]) -> tuple[str, float, str] | None:
    try:
        days = date(int(year), int(month), int(day)).toordinal()
    except ValueError:
        return None
    hours, minutes, seconds = (float((part or "0").replace(",", ".")) for part in (*clock, None, None, None)[:3])
    return "date", days + hours / 24 + minutes / 1440 + seconds / 86400, ""


def quantities(values: Sequence[str]) -> Quantities | None:
    """A column as numbers or as dates, whichever most of its values are; None where they are neither."""
    read = [quantity(value) for value in values]
    for sort in ("number", "date"):
        own = [each if each is not None and each[0] == sort else None for each in read]
        known = [each for each in own if each is not None]
        if known and len(known) >= _MOSTLY * len(values):
            scaled = len({unit for _, _, unit in known}) > 1
            found = [None if each is None else each[1] * (_SCALES.get(each[2], 1.0) if scaled else 1.0) for each in own]
            if sort == "number" and all(
                _EPOCH[0] <= (abs(n) / 1e3 if abs(n) > 1e11 else n) <= _EPOCH[1] for _, n, _ in known
            ):
                sort = "date"
            return Quantities(sort, found)
    return None
