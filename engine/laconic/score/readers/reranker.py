"""How much of a call a foreign scorer reads, and what its word does to the scores."""

from __future__ import annotations

from copy import copy
from math import isfinite
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from laconic.exceptions import ConfigurationError
from laconic.score.readers.recognise import as_reader
from laconic.score.registry import DEFAULT_SCORER, SCORERS, check_scorer, is_scorer

if TYPE_CHECKING:
    from laconic.types import Scorer

__all__ = ["Reranker", "as_reranker"]


class Reranker:
    """A scorer of somebody else's that reads the best of each call; goes wherever a scorer goes.

    A fast scorer, with what the kinds of the passages know (code, records), ranks everything first. From the top of its
    order as many segments are read as could still change what is kept: ``times_budget`` times the tokens of the budget.
    Those are put in the reader's order; ties keep the fast one's. They share out the fast scores that they had, so that
    read and unread ones stay on one scale whatever the reader's is.

    Args:
        model: a ``CrossEncoder`` of sentence-transformers, or the folder of one; a reranker of LangChain or LlamaIndex;
            a Provence-shaped model; a client with ``rerank``; a function ``(query, texts) -> scores``. See
            ``docs/scorers.md``.
        base: the fast scorer, by name or object; it also takes over from a reader that fails, where ``fallback`` of the
            `Compressor` allows it.
        times_budget: how many times the tokens of the budget are read, > 0; ``inf`` reads everything. A call without a
            ceiling (``recall``, ``rate="auto"``) is read whole.
        least_tokens: so many tokens are read however small the budget is, ≥ 0.
        weight: of the reader's word against the fast scorer's, 0 < weight ≤ 1; at 1 its order holds, below that the
            order of the mean of both, once they are on one scale.
        whole: whether passages are read instead of segments, those of the best segments first. The reader then tells
            their parts apart by scored spans; one number for each passage ranks the passages, and the fast scorer the
            segments in them. None leaves it to the model: the Provence-shaped read passages.
        always: whether the reader is asked also where all of the input fits the budget, so that the passages of the
            result have scores.

    Raises:
        ConfigurationError: ``model`` cannot be read with, or an option cannot work.
        MissingDependencyError: a folder was given and sentence-transformers is not installed.

    A call to the model costs what it costs; nothing of it is remembered. Instances are shared by threads (of which one
    at a time asks a local model) and pickle where the model does.
    """

    def __init__(
        self,
        model: Any,
        *,
        base: str | Scorer = DEFAULT_SCORER,
        times_budget: float = 3.0,  # chosen, not tuned: of no strong reader was it measured how far down it pays
        least_tokens: int = 256,  # likewise: a screen of text, below which the fast scorer's order is mostly chance
        weight: float = 1.0,
        whole: bool | None = None,
        always: bool = False,
    ) -> None:
        if isinstance(times_budget, bool) or not isinstance(times_budget, (int, float)) or not times_budget > 0:
            raise ConfigurationError(f"times_budget is {times_budget!r}: it must be a number above 0, or inf")
        if isinstance(least_tokens, bool) or not isinstance(least_tokens, int) or least_tokens < 0:
            raise ConfigurationError(f"least_tokens is {least_tokens!r}: it must be a number of tokens ≥ 0")
        if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not 0 < weight <= 1:
            raise ConfigurationError(f"weight is {weight!r}: it must be a number, 0 < weight ≤ 1")
        check_scorer(base)
        self.reader = as_reader(fspath(model) if isinstance(model, PathLike) else model)
        self.base = base
        self.times_budget = float(times_budget)
        self.least_tokens = least_tokens
        self.weight = float(weight)
        self.whole = self.reader.whole if whole is None else bool(whole)
        self.always = bool(always)

    @property
    def name(self) -> str:
        """What metrics call it: the model's name."""
        return self.reader.name

    def __repr__(self) -> str:
        unit = "passages" if self.whole else "segments"
        return f"Reranker({self.name}, base={self.base!r}, times_budget={self.times_budget:g}, reads {unit})"

    def with_base(self, base: str | Scorer) -> Reranker:
        """The same reader behind another fast scorer."""
        other = copy(self)
        other.base = base
        return other

    def room(self, ceiling: int | None) -> float:
        """Most tokens to read in a call whose text may have ``ceiling``; ``inf`` where it has none."""
        if ceiling is None or not isfinite(self.times_budget):
            return float("inf")
        return max(self.times_budget * ceiling, self.least_tokens)


def as_reranker(scorer: Any) -> Reranker | None:
    """What reads for a scorer as the caller gives it; None for laconic's own and for objects that score as they do.

    Raises:
        ConfigurationError: it is no scorer of any shape.
        MissingDependencyError: a folder of a model was given and sentence-transformers is not installed.
    """
    if isinstance(scorer, Reranker):
        return scorer
    if isinstance(scorer, str) and not _is_place(scorer):
        check_scorer(scorer)
        return None
    return None if is_scorer(scorer) else Reranker(scorer)


def _is_place(name: str) -> bool:
    """Whether a name is that of a folder, or of a model as hubs write it (``owner/name``)."""
    from pathlib import Path  # only a name that is no scorer's is looked at

    return name not in SCORERS and ("/" in name or "\\" in name or Path(name).is_dir())
