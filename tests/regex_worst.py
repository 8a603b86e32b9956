"""Texts on which a pattern would take longest, made of its own parse tree.

A backtracking matcher is slow where a repeat can be left at many places, or begun at many: what leads to a repeat, then
what repeats many times, then what fails; and the same with all of it repeated, for searches that begin anywhere.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

from regex_steps import parsed, takes

__all__ = ["worst_inputs"]

_SIGNS = "a1 \t\n\r-_.,:;!\"'`(>|*#=/{}[]\\$é東AZ09x"
_ONE = frozenset(("LITERAL", "NOT_LITERAL", "IN", "ANY"))
_FEW_SIGNS = 12
_LONG = 100  # a repeat that is bounded by less takes a fixed number of steps from each place


def _alphabet(tree: Any, flags: int) -> dict[tuple[bool, ...], str]:
    """One character for each set of items that take the same characters, of words and of none."""
    items = [(op, argument) for op, argument in _leaves(tree)]
    signs = dict.fromkeys(_SIGNS)
    for op, argument in items:
        if str(op) in ("LITERAL", "NOT_LITERAL"):
            signs[chr(argument)] = None
        elif str(op) == "IN":
            for member, value in argument:
                if str(member) == "LITERAL":
                    signs[chr(value)] = None
                elif str(member) == "RANGE":
                    signs[chr(value[0])] = None
    classes: dict[tuple[bool, ...], str] = {}
    for sign in signs:
        classes.setdefault((*(takes(op, argument, flags, sign) for op, argument in items), sign.isalnum()), sign)
    return classes


def _leaves(tree: Any) -> Iterator[tuple[Any, Any]]:
    for op, argument in tree:
        name = str(op)
        if name in _ONE:
            yield op, argument
        else:
            for inner in _inside(name, argument):
                yield from _leaves(inner)


def _inside(name: str, argument: Any) -> list[Any]:
    if name == "BRANCH":
        return list(argument[1])
    if name in ("SUBPATTERN", "MAX_REPEAT", "MIN_REPEAT"):
        return [argument[-1]]
    if name in ("ASSERT", "ASSERT_NOT"):
        return [argument[1]]
    return []


class _Writer:
    def __init__(self, pattern: re.Pattern[Any]) -> None:
        self.tree, self.flags = parsed(pattern)
        classes = _alphabet(self.tree, self.flags)
        self.signs = list(classes.values())
        rare = sorted(classes.items(), key=lambda known: sum(known[0]))
        words = [sign for _, sign in rare if sign.isalnum()]
        others = [sign for _, sign in rare if not sign.isalnum()]
        self.ends = ["\n", *words[:1], *others[:1]]
        """What ends a line, and what a pattern takes at the fewest places: a part of a word and none."""

    def examples(self, items: Any, most: int = 3) -> list[str]:
        """Some short texts that a sequence takes, lookarounds aside."""
        found = [""]
        for op, argument in items:
            if str(argument) == "AT_BEGINNING" and self.flags & re.MULTILINE:
                found = [text and text + "\n" for text in found]
                continue
            mine = self._examples(op, argument, most)
            found = [before + after for before, after in itertools.islice(itertools.product(found, mine), most * most)]
            found = found[:most]
        return found

    def _examples(self, op: Any, argument: Any, most: int) -> list[str]:
        name = str(op)
        if name in _ONE:
            return [sign for sign in self.signs if takes(op, argument, self.flags, sign)][:most] or [""]
        if name == "BRANCH":
            return list(dict.fromkeys(itertools.chain(*(self.examples(branch, 1) for branch in argument[1]))))[:most]
        if name == "SUBPATTERN":
            return self.examples(argument[-1], most)
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            low, _, inner = argument
            once = self.examples(inner, most)
            return [text * max(low, 1) for text in once] if low else ["", *once][:most]
        return [""]

    def attacks(self, items: Any, before: list[str]) -> Iterator[tuple[str, str]]:
        """What leads to a repeat, and what repeats in it."""
        for op, argument in items:
            name = str(op)
            for inner in _inside(name, argument):
                if name in ("MAX_REPEAT", "MIN_REPEAT") and argument[1] > 1:
                    least = argument[0]
                    for lead in before[:2]:
                        for pump in self.examples(inner, 4):
                            if pump:
                                yield lead, pump
                                if least > 1:
                                    yield lead, pump * least
                yield from self.attacks(inner, before)
            mine = self._examples(op, argument, 2)
            before = [lead + text for lead in before for text in mine][:3]


def _repeats(tree: Any) -> bool:
    """Whether anything in a parse tree may repeat without end, or nearly."""
    for op, argument in tree:
        if str(op) in ("MAX_REPEAT", "MIN_REPEAT") and argument[1] >= _LONG:
            return True
        if str(op) not in _ONE and any(_repeats(inner) for inner in _inside(str(op), argument)):
            return True
    return False


def worst_inputs(pattern: re.Pattern[Any]) -> Iterator[tuple[str, str, str]]:
    """Beginnings, repeated parts and ends; some hundreds for a long pattern, none where nothing in it repeats."""
    writer = _Writer(pattern)
    if not _repeats(writer.tree):
        return
    units: dict[tuple[str, str], None] = {}
    for lead, pump in writer.attacks(writer.tree, [""]):
        units[lead, pump] = None
        if lead:
            for unit in (lead + pump, lead, lead + "\n", lead + " "):
                units["", unit] = None
    for whole in writer.examples(writer.tree):
        if whole:
            units["", whole] = None
            units["", whole[:-1] or whole] = None
            units["", whole + "\n"] = None
    for sign in writer.signs:
        units["", sign] = None
    for lead, unit in units:
        for end in writer.ends:
            yield lead, unit, end
    if len(writer.signs) <= _FEW_SIGNS:
        for pair in itertools.permutations(writer.signs, 2):
            yield "", "".join(pair), writer.ends[-1]
