"""The instructions of ``instructions.txt`` with their marks, and what of them a pruner lost."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Instruction", "instructions", "lost_words"]

_MARK = re.compile("[⟦⟧⟨⟩]")
_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_ARTICLES = frozenset(("a", "an", "the"))


@dataclass(frozen=True)
class Instruction:
    """An instruction.

    Attributes:
        kind: of request.
        text: without marks.
        payload: spans that must stay byte for byte.
        free: spans that say nothing.
    """

    kind: str
    text: str
    payload: tuple[tuple[int, int], ...]
    free: tuple[tuple[int, int], ...]


def instructions(half: str = "all") -> list[Instruction]:
    """Those of ``"odd"`` lines (rules were tuned on them), of ``"even"`` ones (they were not), fresh ones, or all.

    What was seen at the first look at the last two was put right afterwards; the docs have the figures of both times.
    """
    lines = (Path(__file__).parent / "instructions.txt").read_text(encoding="utf-8").splitlines()
    fresh = next(at for at, line in enumerate(lines) if line.startswith("# Fresh"))
    first, last = (
        [_read(line) for line in part if not line.startswith("#")] for part in (lines[:fresh], lines[fresh:])
    )
    return {"all": first + last, "odd": first[::2], "even": first[1::2], "fresh": last}[half]


def _read(line: str) -> Instruction:
    kind, _, marked = line.partition("|")
    text = ""
    opened: list[int] = []
    spans: dict[str, list[tuple[int, int]]] = {"⟧": [], "⟩": []}
    at = 0
    marked = marked.replace("\\n", "\n")
    for mark in _MARK.finditer(marked):
        text += marked[at : mark.start()]
        at = mark.end()
        if mark.group() in "⟦⟨":
            opened.append(len(text))
        else:
            spans[mark.group()].append((opened.pop(), len(text)))
    return Instruction(kind, text + marked[at:], tuple(spans["⟧"]), tuple(spans["⟩"]))


def lost_words(
    text: str, removed: Iterable[tuple[int, int]], free: Iterable[tuple[int, int]] = ()
) -> Iterator[tuple[str, int]]:
    """The words that removals took, with their places; articles and what is free left out of account."""
    free = list(free)
    for start, end in removed:
        for word in _WORD.finditer(text, start, end):
            if word.group().lower() not in _ARTICLES and not any(a <= word.start() < b for a, b in free):
                yield word.group(), word.start()
