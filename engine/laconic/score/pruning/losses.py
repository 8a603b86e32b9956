"""What the deletion of each kind of words is reckoned to cost, 0–1: a budget takes the cheapest first."""

from __future__ import annotations

__all__ = ["KINDS", "LEARNED", "LEARNED_SHARE", "LOSS", "REQUEST_SHARE", "SAFE_LOSS", "SAYS_NOTHING"]

LOSS = {
    "politeness": 0.02, "repetition": 0.03, "filler": 0.04, "doublet": 0.05, "degree": 0.06, "article": 0.08,
    "hedge": 0.10, "evaluation": 0.10, "frame": 0.55, "function": 0.60, "adverb": 0.50, "modifier": 0.50,
    "parenthetical": 0.50, "vague": 0.70, "relation": 0.75, "background": 0.90,
}  # fmt: skip
KINDS = tuple(LOSS)

# Half the highest importance of the words is added to these.
LEARNED = frozenset(("evaluation", "adverb", "modifier", "parenthetical"))
LEARNED_SHARE = 0.5

SAYS_NOTHING = frozenset(("politeness", "repetition", "filler", "doublet", "hedge"))
"""Kinds whose loss is none: the quality gate leaves them out of account."""

REQUEST_SHARE = 0.45
"""What a word costs more where it describes a thing that is wanted: "a careful answer" is not any answer."""

SAFE_LOSS = 0.5
"""Removals below this leave the statement; what costs more takes a shade of it along."""
