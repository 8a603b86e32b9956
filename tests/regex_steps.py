"""How many steps a backtracking matcher takes, counted: a plain machine over the parse tree that `re` itself makes.

It takes the same turns as the one in `re` (leftmost, greedy first), without its short cuts, so that what is linear here
is linear there. For patterns and texts of a test: about two million steps a second.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

try:
    from re import _parser as parser
except ImportError:  # Python 3.10
    import sre_parse as parser

__all__ = ["TooManyStepsError", "parsed", "steps_of", "takes"]

_FLAGS = re.IGNORECASE | re.DOTALL | re.MULTILINE | re.UNICODE | re.ASCII | re.VERBOSE
_ONE = frozenset(("LITERAL", "NOT_LITERAL", "IN", "ANY"))
_LETTERS = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}
_ONE_CHARACTER, _FORK, _JUMP, _HERE, _LOOK, _OPEN, _CLOSE, _AGAIN, _MARK, _MOVED = range(10)


class TooManyStepsError(Exception):
    """The matcher was stopped."""


@cache
def _category(letter: str, flags: int, character: str) -> bool:
    return re.match(letter, character, flags & re.ASCII) is not None


def _in_category(name: str, character: str, flags: int) -> bool:
    return _category(_LETTERS[name.rsplit("_", 1)[-1]], flags, character) != ("_NOT_" in name)


def takes(op: Any, argument: Any, flags: int, character: str) -> bool:
    """Whether an item of a parse tree that stands for one character stands for this one."""
    name = str(op)
    if name == "ANY":
        return bool(flags & re.DOTALL) or character != "\n"
    if flags & re.IGNORECASE:
        return any(_takes(name, argument, flags, form) for form in {character, character.lower(), character.upper()})
    return _takes(name, argument, flags, character)


def _takes(name: str, argument: Any, flags: int, character: str) -> bool:
    if len(character) != 1:
        return False
    if name in ("LITERAL", "NOT_LITERAL"):
        return (ord(character) == argument) == (name == "LITERAL")
    found = negated = False
    for op, value in argument:
        member = str(op)
        if member == "NEGATE":
            negated = True
        elif member == "LITERAL":
            found |= ord(character) == value
        elif member == "RANGE":
            found |= value[0] <= ord(character) <= value[1]
        else:
            found |= _in_category(str(value), character, flags)
    return found != negated


def parsed(pattern: re.Pattern[Any]) -> tuple[Any, int]:
    """The parse tree of a pattern, and its flags; bytes are read as characters."""
    source, flags = pattern.pattern, pattern.flags
    if isinstance(source, bytes):
        source, flags = source.decode("latin-1"), flags | re.ASCII
    if flags & re.ASCII:
        flags &= ~re.UNICODE
    return parser.parse(source, flags & _FLAGS), flags


class _Program:
    def __init__(self, pattern: re.Pattern[Any]) -> None:
        self.code: list[list[Any]] = []
        self.marks = 0
        tree, flags = parsed(pattern)
        self.sequence(tree, flags)

    def add(self, *instruction: Any) -> int:
        self.code.append([*instruction, None, None, None][:4])
        return len(self.code) - 1

    def sequence(self, items: Any, flags: int) -> None:
        for op, argument in items:
            self.item(str(op), op, argument, flags)

    def item(self, name: str, op: Any, argument: Any, flags: int) -> None:
        if name in _ONE:
            self.add(_ONE_CHARACTER, {}, (op, argument, flags))
        elif name == "AT":
            self.add(_HERE, str(argument), flags)
        elif name == "BRANCH":
            ends = []
            for branch in argument[1][:-1]:
                fork = self.add(_FORK, None, None)
                self.code[fork][1] = len(self.code)
                self.sequence(branch, flags)
                ends.append(self.add(_JUMP, None))
                self.code[fork][2] = len(self.code)
            self.sequence(argument[1][-1], flags)
            for end in ends:
                self.code[end][1] = len(self.code)
        elif name == "SUBPATTERN":
            group, more, less, inner = argument
            if group is not None:
                self.add(_OPEN, group)
            self.sequence(inner, (flags | more) & ~less)
            if group is not None:
                self.add(_CLOSE, group)
        elif name == "GROUPREF":
            self.add(_AGAIN, argument)
        elif name in ("MAX_REPEAT", "MIN_REPEAT"):
            self.repeat(*argument, flags, greedy=name == "MAX_REPEAT")
        elif name in ("ASSERT", "ASSERT_NOT"):
            look = self.add(_LOOK, name == "ASSERT", 0 if argument[0] > 0 else argument[1].getwidth()[0], None)
            self.sequence(argument[1], flags)
            self.add(_JUMP, -1)
            self.code[look][3] = len(self.code)
        else:
            raise NotImplementedError(name)

    def repeat(self, low: int, high: int, inner: Any, flags: int, *, greedy: bool) -> None:
        for _ in range(low):
            self.sequence(inner, flags)

        def fork() -> int:
            return self.add(_FORK, None, None)

        def leave(at: int, entry: int) -> None:
            self.code[at][1:3] = [entry, len(self.code)] if greedy else [len(self.code), entry]

        if high is parser.MAXREPEAT or high - low > 400:
            loop = fork()
            entry = len(self.code)
            empty = inner.getwidth()[0] == 0
            mark, self.marks = self.marks, self.marks + empty
            if empty:
                self.add(_MARK, mark)
            self.sequence(inner, flags)
            if empty:
                self.add(_MOVED, mark)
            self.add(_JUMP, loop)
            leave(loop, entry)
            return
        forks = []
        for _ in range(high - low):
            forks.append((fork(), len(self.code)))
            self.sequence(inner, flags)
        for at, entry in forks:
            leave(at, entry)


@cache
def _program(pattern: re.Pattern[Any]) -> _Program:
    return _Program(pattern)


class _Run:
    def __init__(self, program: _Program, text: str, limit: int) -> None:
        self.program = program
        self.text = text
        self.limit = limit
        self.steps = 0

    def match(self, start: int, at: int = 0, *, whole: bool = False) -> int | None:
        """Where the first match ends that begins at ``start``; ``at`` is the first instruction."""
        code, text = self.program.code, self.text
        end, length = len(text), len(code)
        marks = [-1] * self.program.marks
        groups: dict[int, Any] = {}
        stack: list[tuple[int, int, Any]] = [(at, start, None)]
        steps = 0
        while stack:
            at, place, undo = stack.pop()
            if at < 0:  # what was set on the way is taken back
                undo[0][undo[1]] = undo[2]
                continue
            while 0 <= at < length:
                steps += 1
                op, first, second, third = code[at]
                at += 1
                if op == _ONE_CHARACTER:
                    if place == end:
                        break
                    character = text[place]
                    found = first.get(character)
                    if found is None:
                        found = first[character] = takes(*second, character)
                    if not found:
                        break
                    place += 1
                elif op == _FORK:
                    stack.append((second, place, None))
                    at = first
                elif op == _JUMP:
                    at = first
                elif op == _HERE:
                    if not self.here(first, second, place):
                        break
                elif op == _LOOK:
                    inside = place >= second and self.match(place - second, at) is not None
                    if inside != first:
                        break
                    at = third
                elif op == _MOVED:
                    if marks[first] == place:
                        break
                elif op == _AGAIN:
                    held = text[slice(*groups.get(first, (0, 0)))]
                    steps += len(held)
                    if not text.startswith(held, place):
                        break
                    place += len(held)
                else:
                    table: Any = marks if op == _MARK else groups
                    old = marks[first] if op == _MARK else groups.get(first, (0, 0))
                    stack.append((-1, 0, (table, first, old)))
                    table[first] = place if op == _MARK else (place, place) if op == _OPEN else (old[0], place)
            else:
                if not whole or place == end:
                    self.steps += steps
                    return place
            if self.steps + steps > self.limit:
                raise TooManyStepsError(f"more than {self.limit} steps")
        self.steps += steps
        return None

    def here(self, name: str, flags: int, place: int) -> bool:
        text, end = self.text, len(self.text)
        if name == "AT_BEGINNING":
            return place == 0 or (bool(flags & re.MULTILINE) and text[place - 1] == "\n")
        if name == "AT_BEGINNING_STRING":
            return place == 0
        if name == "AT_END":
            last = place == end or (place + 1 == end and text[place] == "\n")
            return last or (bool(flags & re.MULTILINE) and text[place] == "\n")
        if name == "AT_END_STRING":
            return place == end
        before = place > 0 and _category(r"\w", flags, text[place - 1])
        behind = place < end and _category(r"\w", flags, text[place])
        return (before != behind) == (name == "AT_BOUNDARY")


def steps_of(pattern: re.Pattern[Any], text: str, *, search: bool, whole: bool = False, limit: int = 10_000_000) -> int:
    """Steps of trying ``pattern`` at the beginning of a text, or with ``search`` of finding all its matches.

    Args:
        pattern: of text or of bytes.
        text: that it is tried on.
        search: all its matches are found.
        whole: nothing but all of the text counts as a match.
        limit: of steps.

    Raises:
        TooManyStepsError: above ``limit``.
    """
    run = _Run(_program(pattern), text, limit)
    at = 0
    while at <= len(text):
        end = run.match(at, whole=whole)
        if not search:
            break
        at = max(at + 1, end if end is not None else 0)
    return run.steps
