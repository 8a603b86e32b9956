"""What counts as text: Unicode that can be encoded; patterns over scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial

from laconic.exceptions import InputError

__all__ = ["check_unicode", "compiled_late"]


def check_unicode(text: str, name: str) -> None:
    """Refuse text with lone surrogates, which no tokenizer and no network can carry.

    Args:
        text: any string.
        name: what the message calls it.

    Raises:
        InputError: naming the surrogate, its place and the fix.
    """
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"{name} holds a lone surrogate (U+{ord(text[error.start]):04X}) at character {error.start}: it is not "
            "Unicode text; decode the source with errors='replace'"
        ) from error


def compiled_late(pattern: str) -> Callable[[], re.Pattern[str]]:
    """A regular expression that is compiled when it is first asked for.

    For sets of characters of other scripts: each takes milliseconds to compile, and most programs never meet them.
    """
    return cache(partial(re.compile, pattern))
