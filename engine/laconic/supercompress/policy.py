"""What an eviction policy decides about, its contract, and the two policies that look at nothing but place."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from laconic.exceptions import ConfigurationError
from laconic.kinds.prose.language import guess_language
from laconic.kinds.prose.sentences import sentence_spans
from laconic.types import Segment

__all__ = ["FIFO", "LONG_LINE_CHARS", "EvictionPolicy", "Line", "SelectingPolicy", "TruncationPolicy", "split_lines"]

LONG_LINE_CHARS = 240
"""Longer lines of running text are cut into sentences, which then take the line's place: a document on one line is a
document all the same."""

_LINE = re.compile(r"\S[^\r\n]*")
_BLANK_LINE = re.compile(r"(?:\r\n?|\n)[ \t]*(?:\r\n?|\n)")


@dataclass(frozen=True)
class Line:
    """What a policy decides about: a line that is not blank, or one sentence of a long line.

    Attributes:
        text: without the line break and outer white space.
        tokens: its count, with the white space that separates it from what stands before.
        number: of the source line among the lines that are not blank, from 0.
        block: number of its paragraph (lines between blank lines), from 0.
        pinned: whether it is kept whatever the policy says.
    """

    text: str
    tokens: int
    number: int
    block: int
    pinned: bool = False


def split_lines(text: str) -> tuple[list[Segment], list[int], list[int]]:
    """Cut a text into lines, and long lines into sentences.

    Returns:
        Segments of kind ``"line"`` or ``"sentence"``, in order, none blank, white space around them left out; for each
        the number of its source line; for each the number of its block. Nothing for a blank text.
    """
    segments: list[Segment] = []
    numbers: list[int] = []
    blocks: list[int] = []
    language = guess_language(text)
    block, previous_end = 0, 0
    for number, match in enumerate(_LINE.finditer(text)):
        if number and _BLANK_LINE.search(text, previous_end, match.start()):
            block += 1
        previous_end = match.end()
        line = match.group()
        start, end = match.start(), match.start() + len(line.rstrip())
        spans = [(start, end)]
        if end - start > LONG_LINE_CHARS:
            spans = sentence_spans(text, start, end, language)
        kind = "line" if len(spans) == 1 else "sentence"
        for first, last in spans:
            segments.append(Segment(0, first, last, kind))
            numbers.append(number)
            blocks.append(block)
    return segments, numbers, blocks


class EvictionPolicy(ABC):
    """Decides which lines of a context stay.

    A policy ranks; the caller (`laconic.compress_context`) pins the first and the last lines, fills the budget in the
    policy's order and recounts the result, so that no policy can break the budget.

    A subclass writes `decide`; or ``select(records, budget)``, as policies for SuperCompress are written, which returns
    the positions of the records to keep (see `laconic.supercompress.selecting.TokenRecord`; ``budget`` is then a number
    of records).

    Attributes:
        name: what `CompressResult.policy_name` says.
        contiguous: whether eviction ends at the first line that does not fit, so that what stays is one stretch; when
            False, later and shorter lines may fill what is left of the budget.
    """

    name: ClassVar[str] = "custom"
    contiguous: ClassVar[bool] = False

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "select" in vars(cls) and "decide" not in vars(cls):
            cls.decide = _decide_by_selection  # type: ignore[assignment, method-assign]

    @abstractmethod
    def decide(self, lines: Sequence[Line], question: str, budget: int) -> Sequence[float]:
        """One decision per line.

        Args:
            lines: of the context, in order, pinned ones included.
            question: of the call; may be blank.
            budget: tokens that the kept lines may have.

        Returns:
            A finite number for each line: the higher, the longer it stays; equal ones leave the earlier line in place.
        """


def _decide_by_selection(policy: Any, lines: Sequence[Line], question: str, budget: int) -> Sequence[float]:
    """`EvictionPolicy.decide` of a policy that has ``select``."""
    from laconic.supercompress.selecting import decide_by_selection

    texts, tokens = [line.text for line in lines], [line.tokens for line in lines]
    return decide_by_selection(policy.name, policy.select, texts, tokens, question, budget)


class SelectingPolicy(EvictionPolicy):
    """A policy written for SuperCompress, one with ``select(records, budget)``, as one that `compress_context` takes.

    Args:
        policy: the policy; its ``name`` is this one's.

    Raises:
        ConfigurationError: it has no ``select``.
    """

    def __init__(self, policy: Any) -> None:
        if isinstance(policy, type) or not callable(getattr(policy, "select", None)):
            raise ConfigurationError(f"policy is {policy!r}: give an object with select(records, budget)")
        self.policy = policy
        self.name = str(getattr(policy, "name", type(policy).__name__))  # type: ignore[misc]

    def select(self, records: list[Any], budget: int) -> Any:
        """What the policy inside selects."""
        return self.policy.select(records, budget)

    def decide(self, lines: Sequence[Line], question: str, budget: int) -> Sequence[float]:
        """The more of a line is selected, the longer it stays."""
        return _decide_by_selection(self, lines, question, budget)


class FIFO(EvictionPolicy):
    """First in, first out: evicts from the beginning, keeps the most recent lines that fit."""

    name = "FIFO"
    contiguous = True

    def decide(self, lines: Sequence[Line], question: str, budget: int) -> Sequence[float]:
        """Later lines stay longer."""
        return range(len(lines))


class TruncationPolicy(EvictionPolicy):
    """Cuts the end off: keeps the first lines that fit."""

    name = "Truncation"
    contiguous = True

    def decide(self, lines: Sequence[Line], question: str, budget: int) -> Sequence[float]:
        """Earlier lines stay longer."""
        return range(len(lines), 0, -1)
