"""Policies that select tokens: SuperCompress has its own written as ``select(records, budget)``.

Such a policy gets one record for each word or mark of the context and returns the positions of those to keep. Here
lines are decided about, so that what it keeps of a line tells how long the line stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from laconic._utils.unicode import compiled_late
from laconic._utils.words import MARKS, fold_word
from laconic.exceptions import ConfigurationError
from laconic.score.words import query_terms, stem
from laconic.select.budget import COST_EXPONENT

__all__ = ["TokenRecord", "decide_by_selection", "token_records"]

Select = Callable[[list["TokenRecord"], int], Iterable[int]]

CODE, COMMENT, CHAT, BOILERPLATE = range(4)

_TOKEN = re.compile(r"\w+|[^\w\s]")
_MARKED_TOKEN = compiled_late(rf"\w+(?:[{MARKS}]+\w*)*|[^\w\s]")
_COMMENT = re.compile(r"(?:#(?!!)|//|/\*|\*/|--\s|<!--)")
_SPEAKER = re.compile(r"(?:>|\w[\w .-]{0,30}:\s)")
_BOILERPLATE = re.compile(r"(?:import\b|from\s+\S+\s+import\b|#include\b|using\s|copyright\b|licen[cs]e\b|\W*$)", re.I)


@dataclass(frozen=True)
class TokenRecord:
    """A word or mark of the context, with what a policy may go by; the fields are those that SuperCompress has.

    Attributes:
        text: the word or mark.
        position: among all of the context, from 0: what ``select`` returns.
        semantic_type: of its line: 0 code (and all that is none of the others), 1 comment, 2 chat (a line that begins
            with who speaks), 3 boilerplate (imports, licences, rules).
        attention_mass: attention that its line receives from the question and from the lines behind it, the most
            attended line having 1; by word vectors, as there is no model here to attend.
        layer_attention_mean: the same.
        question_entity_match: 1.0 where the question has the word, else 0.0.
        h2o_score: attention from the lines behind it alone.
        snapkv_score: as ``attention_mass``: what stands last in a prompt, the question, is the window that observes.
        is_oracle_important: False; nobody knows.
        line: the number of its line, from 0.
    """

    text: str
    position: int
    semantic_type: int
    attention_mass: float
    layer_attention_mean: float
    question_entity_match: float
    h2o_score: float
    snapkv_score: float
    is_oracle_important: bool = False
    line: int = 0


def token_records(lines: Sequence[str], question: str) -> list[TokenRecord]:
    """One record for each word or mark of the lines, in order; of a line without either one for all of it."""
    from laconic.supercompress.attention import accumulated_attention

    if not lines:
        return []
    asked = accumulated_attention(lines, question, None)
    blind = accumulated_attention(lines, "", 0.0)
    asked, blind = asked / max(1e-30, asked.max()), blind / max(1e-30, blind.max())
    terms = frozenset(query_terms(question))
    records: list[TokenRecord] = []
    for number, line in enumerate(lines):
        kind, mass, heavy = _semantic_type(line), float(asked[number]), float(blind[number])
        for token in (_TOKEN if line.isascii() else _MARKED_TOKEN()).findall(line) or [line]:
            match = float(stem(fold_word(token)) in terms)
            records.append(TokenRecord(token, len(records), kind, mass, mass, match, heavy, mass, line=number))
    return records


def _semantic_type(line: str) -> int:
    bare = line.strip()
    if _BOILERPLATE.match(bare):
        return BOILERPLATE
    if _COMMENT.match(bare):
        return COMMENT
    return CHAT if _SPEAKER.match(bare) else CODE


def decide_by_selection(
    name: str, select: Select, lines: Sequence[str], tokens: Sequence[int], question: str, budget: int
) -> list[float]:
    """What a policy that selects tokens says of lines: the more of a line it keeps, the longer the line stays.

    Args:
        name: of the policy, for messages.
        select: records and the number of them that may be kept, to the positions of those to keep.
        lines: of the context.
        tokens: of each line.
        question: of the call.
        budget: tokens that the kept lines may have.

    Returns:
        For each line the number of its records that are kept per root of all that it has; 0 where none is.

    Raises:
        ConfigurationError: ``select`` returned what are no positions.
    """
    records = token_records(lines, question)
    room = min(len(records), max(1, int(len(records) * budget / max(1, sum(tokens)))))
    kept = _positions(name, select(list(records), room), len(records))
    held, total = [0] * len(lines), [0] * len(lines)
    for record in records:
        total[record.line] += 1
        held[record.line] += record.position in kept
    return [part / whole**COST_EXPONENT for part, whole in zip(held, total, strict=True)]


def _positions(name: str, selected: Any, number: int) -> set[int]:
    kept: set[int] = set()
    if not isinstance(selected, Iterable):
        raise ConfigurationError(f"policy {name} selected {selected!r}: return a list of positions")
    for position in selected:
        try:
            at = position.__index__()
        except AttributeError:
            at = -1
        if not 0 <= at < number:
            raise ConfigurationError(
                f"policy {name} selected {position!r}: return positions of the {number} records, from 0"
            )
        kept.add(at)
    return kept
