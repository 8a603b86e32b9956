"""The statements of one function, and which of them a question is about.

A function that does not fit is cut to its signature and its best statements, with the control structure around them.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from laconic.kinds.code.parse import ParsedCode
from laconic.kinds.code.units import Unit, without
from laconic.score.code.identifiers import code_terms, identifiers, plain, quoted_identifiers, rarity
from laconic.score.code.weights import Linear, shipped_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tree_sitter import Node

    Floats = NDArray[np.float64]

__all__ = ["STATEMENT_FEATURES", "FunctionCut", "FunctionCutter", "Statement", "statement_features", "statements"]

Span = tuple[int, int]

STATEMENT_FEATURES = (
    "comment", "match", "match_share", "parent_match", "near_match", "names", "quoted",
    "call", "assignment", "leaves", "control", "depth", "length", "position",
)  # fmt: skip
"""Names of the columns of `statement_features`."""

COST_EXPONENT = 0.5
_CALL = re.compile(r"\w[!?]?\(")
_ASSIGNMENT = re.compile(r"[^=!<>]=[^=>]|:=|\+=|-=")
_LEAVES = re.compile(r"^\s*(?:return|raise|throw|yield|break|continue|panic)\b")


@dataclass(frozen=True)
class Statement:
    """An innermost child of a list-like node, without what is nested in it.

    Attributes:
        own: byte spans of its own text: of an ``if`` its header, and its ``end`` or brace.
        parent: index of the statement around it.
        depth: number of statements around it.
        comment: it is a comment or a docstring.
        control: other statements are nested in it.
    """

    own: tuple[Span, ...]
    parent: int | None
    depth: int
    comment: bool
    control: bool


def statements(parsed: ParsedCode, unit: Unit) -> tuple[Statement, ...]:
    """The statements of a function in text order, parents before their children.

    Cost: every node of the function is visited once; some 1 ms for 300 lines.
    """
    return parsed.derive(("statements", unit.start, unit.end), lambda p: _statements(p, unit))


def _statements(parsed: ParsedCode, unit: Unit) -> tuple[Statement, ...]:
    language = parsed.language
    roots = [unit.node]
    if unit.body and unit.body[0] >= unit.node.end_byte:  # the body is a sibling of the signature
        sibling = unit.node.next_named_sibling
        roots = [unit.node] if sibling is None else [unit.node, sibling]
    found: list[tuple[int, int, int | None, int, bool]] = []  # start, end, parent, depth, comment
    stack: list[tuple[Node, int | None, int]] = [(root, None, 0) for root in reversed(roots)]
    while stack:
        node, parent, depth = stack.pop()
        listed = node.type in language.lists and node.start_point.row != node.end_point.row
        pending: list[tuple[Node, int | None, int]] = []
        previous: int | None = None
        for child in node.children:
            if not (listed and child.is_named):
                if child.child_count:
                    pending.append((child, parent, depth))
                continue
            comment = child.type in language.comments
            if comment and previous is not None and _same_line(parsed.data, found[previous][1], child.start_byte):
                start, _, around, level, kind = found[previous]
                found[previous] = (start, child.end_byte, around, level, kind)
                continue
            docstring = bool(unit.doc and unit.doc == (child.start_byte, child.end_byte))
            found.append((child.start_byte, child.end_byte, parent, depth, comment or docstring))
            previous = len(found) - 1
            if child.child_count and not comment:
                pending.append((child, previous, depth + 1))
        stack.extend(reversed(pending))
    nested: list[list[Span]] = [[] for _ in found]
    for start, end, parent, _, _ in found:
        if parent is not None:
            nested[parent].append((start, end))
    order = sorted(range(len(found)), key=lambda at: (found[at][0], -found[at][1]))
    place = {old: new for new, old in enumerate(order)}
    return tuple(
        Statement(
            own=without((found[at][0], found[at][1]), sorted(nested[at])),
            parent=None if found[at][2] is None else place[found[at][2]],  # type: ignore[index]
            depth=found[at][3],
            comment=found[at][4],
            control=bool(nested[at]),
        )
        for at in order
    )


def _same_line(data: bytes, start: int, end: int) -> bool:
    return b"\n" not in data[start:end]


def statement_features(parsed: ParsedCode, found: Sequence[Statement], query: str) -> Floats:
    """One row per statement, one column per name in `STATEMENT_FEATURES`."""
    size = len(found)
    if not size:
        return np.zeros((0, len(STATEMENT_FEATURES)))
    texts = ["".join(parsed.slice(start, end) for start, end in statement.own) for statement in found]
    words = [Counter(code_terms(text)) for text in texts]
    names = [set(map(plain, identifiers(text))) for text in texts]
    terms = list(dict.fromkeys(code_terms(query)))
    places = {term: sum(term in bag for bag in words) for term in terms}
    weight = {term: rarity(term) * math.log1p(size / places[term]) for term in terms if places[term]}
    match = np.array([sum(weight[term] for term in weight if term in bag) for bag in words])
    total = max(1e-9, sum(weight.values()))
    raw = {plain(word) for word in identifiers(query) if len(word) > 3}
    quoted = quoted_identifiers(query)
    parent = np.array([match[s.parent] if s.parent is not None else 0.0 for s in found])
    around = np.maximum(np.concatenate(([0.0], match[:-1])), np.concatenate((match[1:], [0.0])))
    columns = {
        "comment": [float(s.comment) for s in found],
        "match": match / total,
        "match_share": match / max(1e-9, float(match.max())),
        "parent_match": parent / total,
        "near_match": around / total,
        "names": [float(not raw.isdisjoint(own)) for own in names],
        "quoted": [float(not quoted.isdisjoint(own)) for own in names],
        "call": [float(bool(_CALL.search(text))) for text in texts],
        "assignment": [float(bool(_ASSIGNMENT.search(text))) for text in texts],
        "leaves": [float(bool(_LEAVES.search(text))) for text in texts],
        "control": [float(s.control) for s in found],
        "depth": [float(min(s.depth, 6)) for s in found],
        "length": [math.log1p(len(text)) for text in texts],
        "position": [at / size for at in range(size)],
    }
    return np.column_stack([np.asarray(columns[name], dtype=float) for name in STATEMENT_FEATURES])


@dataclass(frozen=True)
class FunctionCut:
    """A function cut to a budget.

    Attributes:
        wanted: byte spans to keep, for `laconic.kinds.code.prune`.
        tokens: planned cost of them.
        share: part of the function's own cost that they are, 0–1.
        steps: the spans in the order in which they were taken, so that a caller who is still over budget can drop
            from the end.
    """

    wanted: tuple[Span, ...]
    tokens: int
    share: float
    steps: tuple[tuple[Span, ...], ...]


class FunctionCutter:
    """One function with its statements ranked for a question; cuts it to any number of tokens.

    Args:
        parsed: the file.
        unit: one of its functions.
        query: the question; statements are chosen without one where it is empty.
        cost: planned tokens of a byte span.
        model: ranks the statements; the shipped one where None.
    """

    def __init__(
        self,
        parsed: ParsedCode,
        unit: Unit,
        query: str,
        cost: Callable[[int, int], int],
        *,
        model: Linear | None = None,
    ) -> None:
        self.head: Span = (unit.start, unit.signature_end)
        self.head_cost = cost(*self.head) + 2
        self.statements = statements(parsed, unit)
        self.costs = [sum(cost(*span) for span in s.own) + 1 for s in self.statements]
        self.order: list[int] = []
        if self.statements:
            scores = (model or shipped_weights().statements).score(statement_features(parsed, self.statements, query))
            price = np.log(np.array(self.costs, dtype=float) + 5)
            self.order = np.argsort(-(scores - COST_EXPONENT * price), kind="stable").tolist()

    def cut(self, room: int) -> FunctionCut | None:
        """The signature and the best statements, with what is around them, in at most ``room`` planned tokens.

        Comments are left out.

        Args:
            room: tokens that may be used.

        Returns:
            None where not even the signature and one statement fit. The plan is by parts: count the rendered text,
            and drop ``steps`` from the end while it is too long.
        """
        spent = self.head_cost
        kept: set[int] = set()
        steps: list[tuple[Span, ...]] = []
        for at in self.order if spent < room else ():
            if at in kept or self.statements[at].comment:
                continue
            chain = []
            link: int | None = at
            while link is not None and link not in kept:
                chain.append(link)
                link = self.statements[link].parent
            price = sum(self.costs[one] for one in chain)
            if spent + price > room:
                continue
            spent += price
            kept.update(chain)
            steps.append(tuple(span for one in chain for span in self.statements[one].own))
        if not steps:
            return None
        wanted = (self.head, *(span for step in steps for span in step))
        return FunctionCut(wanted, spent, min(1.0, spent / max(1, sum(self.costs) + self.head_cost - 2)), tuple(steps))
