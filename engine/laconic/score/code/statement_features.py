"""Features of each statement of a function for a question: how its words match, what it does, where it stands."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from laconic.kinds.code.parse import ParsedCode
from laconic.kinds.code.statements import Statement
from laconic.score.code.features import Floats
from laconic.score.code.identifiers import code_terms, identifiers, plain, quoted_identifiers, rarity

__all__ = ["STATEMENT_FEATURES", "statement_features"]

STATEMENT_FEATURES = (
    "comment", "match", "match_share", "parent_match", "near_match", "names", "quoted",
    "call", "assignment", "leaves", "control", "depth", "length", "position",
)  # fmt: skip
"""Names of the columns of `statement_features`."""

_CALL = re.compile(r"\w[!?]?\(")
_ASSIGNMENT = re.compile(r"[^=!<>]=[^=>]|:=|\+=|-=")
_LEAVES = re.compile(r"^\s*(?:return|raise|throw|yield|break|continue|panic)\b")


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
