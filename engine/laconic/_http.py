"""What the clients of HTTP services share."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from math import isfinite

__all__ = ["retry_after"]


def retry_after(header: str | None) -> float | None:
    """Seconds, ≥ 0, that a ``Retry-After`` header asks for, by a number or a date; None where it has none."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(header) - datetime.now(timezone.utc)).total_seconds()
        except (ValueError, TypeError):  # TypeError: a date without a zone, or none at all before Python 3.11
            return None
    return max(0.0, seconds) if isfinite(seconds) else None
