"""Texts longer than a model's window: cut into windows and embedded in parts instead of silently truncated."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Windows", "cut_to_windows", "split_to_window"]

_SPACE = re.compile(r"\s+")


class Windows(NamedTuple):
    """Texts cut to a window."""

    parts: list[str]  # the parts of all texts, in order; no part is longer than the window
    owners: list[int]  # for each part the index of the text that it comes from

    def merge(self, vectors: NDArray[np.float32], count: int) -> NDArray[np.float32]:
        """Vectors of the parts to vectors of ``count`` texts: means weighted by the parts' lengths in
        characters.

        Not brought to length one again; texts without parts get zeros.
        """
        if len(self.parts) == count:
            return vectors
        merged = np.zeros((count, vectors.shape[1]), dtype=np.float32)
        weights = np.fromiter(map(len, self.parts), dtype=np.float32, count=len(self.parts))
        np.add.at(merged, self.owners, vectors * weights[:, None])
        return merged


def split_to_window(text: str, count: Callable[[str], int], window: int) -> list[str]:
    """``text`` in parts of at most ``window`` tokens each, cut in the middle again and again, at white
    space if any.

    Args:
        text: what to cut; joined, the parts give it back.
        count: tokens of a text by the model's tokenizer.
        window: ceiling for each part, at least 1. A single character that is more tokens stays whole.
    """
    # No tokenizer makes more tokens than a text has bytes, so most texts need no counting.
    if len(text) * 4 <= window or len(text.encode("utf-8", "surrogatepass")) <= window:
        return [text]
    if len(text) < 2 or count(text) <= window:
        return [text]
    middle = len(text) // 2
    space = _SPACE.search(text, middle, middle + len(text) // 4)
    cut = space.start() if space and space.start() < len(text) else middle
    return split_to_window(text[:cut], count, window) + split_to_window(text[cut:], count, window)


def cut_to_windows(texts: Sequence[str], count: Callable[[str], int], window: int) -> Windows:
    """All ``texts`` cut by :func:`split_to_window`; texts that fit are parts of their own."""
    parts: list[str] = []
    owners: list[int] = []
    for owner, text in enumerate(texts):
        found = split_to_window(text, count, window)
        parts += found
        owners += [owner] * len(found)
    return Windows(parts, owners)
