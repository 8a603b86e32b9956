"""How many steps a backtracking matcher takes, counted: a plain matcher over the parse tree that `re` itself makes.

It takes the same turns as the one in `re` (leftmost, greedy first), without its short cuts, so that what is linear here
is linear there. Slow on purpose: for patterns and texts of a test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

try:
    from re import _parser as parser
except ImportError:  # Python 3.10
    import sre_parse as parser

__all__ = ["TooManyStepsError", "steps_of"]


class TooManyStepsError(Exception):
    """The matcher was stopped."""


class _Counted:
    def __init__(self, text: str, flags: int, limit: int) -> None:
        self.text = text
        self.flags = flags
        self.limit = limit
        self.steps = 0
        self.groups: dict[int, tuple[int, int]] = {}

    def step(self) -> None:
        self.steps += 1
        if self.steps > self.limit:
            raise TooManyStepsError(f"more than {self.limit} steps")

    def sequence(self, items: Any, at: int, place: int) -> Iterator[int]:
        """Ends of matches of ``items[place:]`` at ``at``, in the order in which they are tried."""
        if place == len(items):
            yield at
            return
        for end in self.item(*items[place], at):
            yield from self.sequence(items, end, place + 1)

    def item(self, op: Any, argument: Any, at: int) -> Iterator[int]:
        self.step()
        name = str(op)
        if name in ("LITERAL", "NOT_LITERAL", "IN", "ANY"):
            if at < len(self.text) and self.one(name, op, argument, at):
                yield at + 1
        elif name == "AT":
            if self.position(str(argument), at):
                yield at
        elif name == "BRANCH":
            for branch in argument[1]:
                yield from self.sequence(branch, at, 0)
        elif name == "SUBPATTERN":
            group, _, _, inner = argument
            for end in self.sequence(inner, at, 0):
                if group is not None:
                    self.groups[group] = (at, end)
                yield end
        elif name == "GROUPREF":
            start, end = self.groups.get(argument, (0, 0))
            held = self.text[start:end]
            if self.text.startswith(held, at):
                yield at + len(held)
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            low, high, inner = argument
            yield from self.repeat(inner, low, high, at, greedy=name != "MIN_REPEAT")
        elif name in ("ASSERT", "ASSERT_NOT"):
            direction, inner = argument
            ahead = direction > 0
            wanted = next(self.sequence(inner, at, 0), None) is not None if ahead else self.behind(inner, at)
            if wanted == (name == "ASSERT"):
                yield at
        else:
            raise NotImplementedError(name)

    def behind(self, inner: Any, at: int) -> bool:
        width = inner.getwidth()[0]
        return at >= width and any(end == at for end in self.sequence(inner, at - width, 0))

    def repeat(self, inner: Any, low: int, high: int, at: int, *, greedy: bool) -> Iterator[int]:
        """Iterative, so that texts may be longer than the stack is deep."""
        stack: list[tuple[int, Iterator[int]]] = [(at, self.sequence(inner, at, 0))]
        if not greedy and low == 0:
            yield at
        while stack:
            start, ends = stack[-1]
            count = len(stack) - 1
            end = next(ends, None) if count < high else None
            if end is not None and (end > start or count < low):
                if not greedy and count + 1 >= low:
                    yield end
                stack.append((end, self.sequence(inner, end, 0)))
            else:
                stack.pop()
                if greedy and count >= low:
                    yield start

    def one(self, name: str, op: Any, argument: Any, at: int) -> bool:
        """Whether one character matches; asked of `re`, which is a step like any other."""
        if name == "ANY":
            return bool(self.flags & re.DOTALL) or self.text[at] != "\n"
        if name in ("LITERAL", "NOT_LITERAL"):
            found = self.text[at] == chr(argument)
            if self.flags & re.IGNORECASE:
                found = self.text[at].lower() == chr(argument).lower()
            return found == (name == "LITERAL")
        return self.in_set(argument, self.text[at])

    def in_set(self, members: Any, character: str) -> bool:
        found = False
        negate = False
        for op, argument in members:
            name = str(op)
            if name == "NEGATE":
                negate = True
            elif name == "LITERAL":
                found |= character == chr(argument)
            elif name == "RANGE":
                found |= argument[0] <= ord(character) <= argument[1]
            else:
                found |= self.category(str(argument), character)
        return found != negate

    @staticmethod
    def category(name: str, character: str) -> bool:
        letter = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}[name.rsplit("_", 1)[-1]]
        return (re.match(letter, character) is not None) != ("_NOT_" in name)

    def position(self, name: str, at: int) -> bool:
        if name == "AT_END":
            return at == len(self.text) or (at + 1 == len(self.text) and self.text[at] == "\n")
        if name in ("AT_BEGINNING", "AT_BEGINNING_STRING"):
            return at == 0
        if name == "AT_BOUNDARY":
            before = at > 0 and self.category("WORD", self.text[at - 1])
            behind = at < len(self.text) and self.category("WORD", self.text[at])
            return before != behind
        raise NotImplementedError(name)


def steps_of(pattern: re.Pattern[str], text: str, *, search: bool, limit: int = 10_000_000) -> int:
    """Steps of trying ``pattern`` at the beginning of a text, or with ``search`` of finding all its matches.

    Raises:
        TooManyStepsError: above ``limit``.
    """
    tree = parser.parse(pattern.pattern, pattern.flags & (re.IGNORECASE | re.DOTALL | re.MULTILINE | re.UNICODE))
    counted = _Counted(text, pattern.flags, limit)
    at = 0
    while at <= len(text):
        end = next(counted.sequence(list(tree), at, 0), None)
        if not search:
            break
        at = max(at + 1, end if end is not None else 0)
    return counted.steps
