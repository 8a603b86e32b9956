"""What counts as text: Unicode that can be encoded."""

from __future__ import annotations

from laconic.exceptions import InputError

__all__ = ["check_unicode"]


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
