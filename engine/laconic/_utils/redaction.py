"""The one hook of everything that stores text: a function that makes of a text what may be stored of it."""

from __future__ import annotations

from collections.abc import Callable

from laconic._utils.unicode import check_unicode
from laconic.exceptions import ConfigurationError

__all__ = ["Redact", "check_redact", "redacted"]

Redact = Callable[[str], str]
"""A text to what may be stored of it, called once for each text before it leaves the call, possibly by several threads.

What it raises reaches the caller, and nothing is stored.
"""


def check_redact(redact: object) -> None:
    """Refuse a hook that cannot be called.

    Raises:
        ConfigurationError: it is neither None nor a function.
    """
    if redact is not None and not callable(redact):
        raise ConfigurationError(f"redact is a {type(redact).__name__}: give a function from text to text, or None")


def redacted(redact: Redact | None, text: str) -> str:
    """What may be stored of a text; the text itself where there is no hook.

    Raises:
        ConfigurationError: the hook gave no text. The message holds none of it.
        InputError: what it gave is not Unicode text.
    """
    if redact is None:
        return text
    found = redact(text)
    if not isinstance(found, str):
        raise ConfigurationError(f"redact gave a {type(found).__name__}: it must give the text that may be stored")
    check_unicode(found, "what redact gave")
    return found
