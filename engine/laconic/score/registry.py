"""Scorers by name, and what takes over when the learned one cannot be loaded."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from inspect import signature
from typing import NamedTuple

from laconic._utils.options import did_you_mean
from laconic.exceptions import ConfigurationError, WeightsError
from laconic.types import Scorer

__all__ = [
    "DEFAULT_SCORER", "SCORERS", "LoadedScorer", "check_scorer", "importance_scorer", "is_scorer", "load_scorer",
]  # fmt: skip

DEFAULT_SCORER = "evidence"


def _evidence() -> Scorer:
    from laconic.score.evidence import EvidenceScorer  # numpy and the weights, at the first call

    return EvidenceScorer.shared()


def _lexical() -> Scorer:
    from laconic.score.lexical import LexicalScorer

    return LexicalScorer()


SCORERS: dict[str, Callable[[], Scorer]] = {"evidence": _evidence, "lexical": _lexical}
"""Name to what makes the scorer."""


class LoadedScorer(NamedTuple):
    """A scorer, and why it is not the one that was asked for (None where it is)."""

    scorer: Scorer
    fallback: str | None


def check_scorer(scorer: str | Scorer) -> None:
    """Refuse what cannot score the segments of a call by itself.

    Raises:
        ConfigurationError: an unknown name, or an object without ``score(query, passages, segments)``.
    """
    names = ", ".join(map(repr, SCORERS))
    if isinstance(scorer, str):
        if scorer not in SCORERS:
            raise ConfigurationError(
                f"scorer {scorer!r} is not known{did_you_mean(scorer, SCORERS)}: use one of {names}"
            )
    elif not is_scorer(scorer):
        raise ConfigurationError(
            f"scorer {scorer!r} is not usable: give a name ({names}) or an object with "
            "score(query, passages, segments), see laconic.types.Scorer"
        )


def is_scorer(scorer: object) -> bool:
    """Whether an object scores as `laconic.types.Scorer` does; cross encoders have a ``score`` of other arguments."""
    score = None if isinstance(scorer, type) else getattr(scorer, "score", None)
    if not callable(score):
        return False
    try:
        signature(score).bind(None, (), ())
    except TypeError:
        return False
    except ValueError:  # it does not say what it takes
        pass
    return True


def load_scorer(scorer: str | Scorer, *, fallback: bool) -> LoadedScorer:
    """The scorer itself.

    Args:
        scorer: what `check_scorer` accepts.
        fallback: whether the lexical scorer may take over from one whose weights are absent or damaged.

    Raises:
        WeightsError: the weights cannot be used and ``fallback`` is False.
    """
    if not isinstance(scorer, str):
        return LoadedScorer(scorer, None)
    try:
        return LoadedScorer(SCORERS[scorer](), None)
    except WeightsError as error:
        if not fallback:
            raise
        return LoadedScorer(_lexical(), f"lexical scorer in place of {scorer}: {error}")


@lru_cache(maxsize=1)
def importance_scorer() -> Scorer:
    """The scorer of calls without a question."""
    from laconic.score.importance import ImportanceScorer

    return ImportanceScorer()
