"""Scorers by name."""

from __future__ import annotations

from functools import lru_cache

from laconic.exceptions import ConfigurationError
from laconic.score.importance import ImportanceScorer
from laconic.score.lexical import LexicalScorer
from laconic.types import Scorer

__all__ = ["SCORERS", "importance_scorer", "scorer_named"]

SCORERS = {"lexical": LexicalScorer}


def scorer_named(scorer: str | Scorer) -> Scorer:
    """A scorer by name, or the caller's own.

    Raises:
        ConfigurationError: an unknown name, or an object without ``score``.
    """
    if isinstance(scorer, str):
        if scorer not in SCORERS:
            raise ConfigurationError(f"scorer {scorer!r} is not known: use one of {', '.join(map(repr, SCORERS))}")
        return SCORERS[scorer]()
    if not callable(getattr(scorer, "score", None)):
        raise ConfigurationError(
            f"scorer {scorer!r} is not usable: give a name ({', '.join(map(repr, SCORERS))}) or an object with score()"
        )
    return scorer


@lru_cache(maxsize=1)
def importance_scorer() -> Scorer:
    """The scorer of calls without a question."""
    return ImportanceScorer()
