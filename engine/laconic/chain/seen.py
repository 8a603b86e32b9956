"""What a model sees of a result, where more is written into the prompt than the engine's own text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from laconic.types import Compression

__all__ = ["Seen", "refit"]


@dataclass(frozen=True)
class Seen:
    """Counts of the prompt, for an adapter whose framework writes metadata, templates or further passages into it.

    Attributes:
        before: gives the tokens of all that was retrieved.
        after: of a result, the tokens of all that goes on.
        outside: tokens that are there whatever is kept, so that the first compression leaves room for them.

    What is written before each passage belongs in `laconic.types.Passage.head`: then one compression is enough. What
    the engine knows nothing of costs a second one.
    """

    before: Callable[[], int]
    after: Callable[[Compression], int]
    outside: int = 0


def refit(
    compression: Compression,
    ceiling: int,
    compress: Callable[[int], Compression],
    count: Callable[[Compression], int],
) -> tuple[Compression, bool]:
    """A result that is within a ceiling by another count than the engine's.

    Args:
        compression: the first one, made for the ceiling.
        ceiling: tokens by ``count``.
        compress: makes a result of at most as many tokens by the engine's count.
        count: a result to its tokens.

    Returns:
        The first result within the ceiling, and True; the shortest there is, and False, where none is.

    What is too much is taken off the tokens that the last result has, so the second one fits unless what ``count`` adds
    has grown.
    """
    room = ceiling
    while (over := count(compression) - ceiling) > 0:
        room = min(room, compression.metrics.compressed_tokens) - over
        if room < 1:
            return compression, False
        compression = compress(room)
    return compression, True
