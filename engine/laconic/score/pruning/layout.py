"""Deletions that leave text which reads on: neighbours go as one, with the white space and commas that belong to
them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from laconic.score.pruning.reading import Word

__all__ = ["Candidate", "Removal", "settle"]

_SPACES = " \t"


@dataclass(frozen=True)
class Removal:
    """A stretch that may be deleted.

    Attributes:
        start, end: character span, with the white space or comma that goes with it.
        loss: what the deletion is reckoned to cost, 0–1.
        kind: one of `laconic.score.pruning.removal.KINDS`.
    """

    start: int
    end: int
    loss: float
    kind: str


@dataclass
class Candidate:
    """Words ``first:last`` of a sentence that may go together."""

    first: int
    last: int
    loss: float
    kind: str
    start: int  # of the characters to delete, before white space is settled
    end: int


def settle(
    text: str, start: int, end: int, words: Sequence[Word], candidates: Iterator[Candidate]
) -> Iterator[Removal]:
    """Neighbouring candidates as one, with the white space and commas that go with them.

    Kinds stay apart, so that each is counted as what it is.
    """
    held: Candidate | None = None
    merged: list[Candidate] = []
    for candidate in candidates:
        alike = held is not None and held.kind == candidate.kind and candidate.first == held.last
        if held is not None and alike and not text[held.end : candidate.start].strip(_SPACES):
            held.last, held.end, held.loss = candidate.last, candidate.end, max(held.loss, candidate.loss)
            continue
        held = candidate
        merged.append(held)
    at = start
    for candidate in merged:
        first, last = _with_layout(text, max(at, start), end, words, candidate, resumed=start < at == candidate.start)
        if last > first:
            yield Removal(first, last, candidate.loss, candidate.kind)
            at = last


def _with_layout(
    text: str, low: int, high: int, words: Sequence[Word], candidate: Candidate, *, resumed: bool
) -> tuple[int, int]:
    """The span of a candidate, widened so that what is left reads on; resumed: what stood before it goes as well."""
    first, last = candidate.start, candidate.end
    opens = (resumed or words[candidate.first].opens) and candidate.kind != "parenthetical"
    after = text[last : last + 1] if last < high else ""
    if opens:
        if after and after in ",.!?":  # "Thank you." goes with its full stop, "Of course," with its comma
            while last < high and text[last] in ",.!?":
                last += 1
        while last < high and text[last] in _SPACES:
            last += 1
        if last == high:
            while first > low and text[first - 1] in _SPACES:
                first -= 1
        return first, last
    comma = first
    while comma > low and text[comma - 1] in _SPACES:
        comma -= 1
    if candidate.kind != "parenthetical" and comma > low and text[comma - 1] == "," and (not after or after in ",.!?"):
        return comma - 1, last  # ", of course, X" loses its first comma, ", please." its only one
    if after and after in _SPACES:
        while last < high and text[last] in _SPACES:
            last += 1
        return first, last
    return comma, last
