"""Regression trees over the features of a file's candidates, as numpy walks them: all rows and trees at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from laconic.exceptions import WeightsError
from laconic.score.code.features import FEATURES, Floats
from laconic.score.code.nets import CONTEXT_FEATURES

__all__ = ["Forest"]

Ints = NDArray[np.intp]

_MOST_NODES = 100_000


@dataclass(frozen=True)
class Forest:
    """Trees whose leaves are summed up.

    The nodes of all trees stand in one row, each behind the one it hangs on. A leaf is a node that both ways lead back
    to.

    Attributes:
        roots: the first node of each tree.
        feature: of each node the column that it asks of.
        threshold: a row with at most this goes ``below``, another one ``above``.
        below, above: nodes.
        value: of leaves.
    """

    roots: Ints
    feature: Ints
    threshold: Floats
    below: Ints
    above: Ints
    value: Floats

    def score(self, rows: Floats) -> Floats:
        """One number per row; some 10 µs a row for a hundred trees."""
        size, values = len(self.roots), np.ravel(rows)
        reached = np.tile(self.roots, len(rows))  # by each row in each tree
        first = np.repeat(np.arange(len(rows)) * np.shape(rows)[1], size)  # of its columns
        walking = np.flatnonzero(self.below[reached] != reached)
        while len(walking):
            at = reached[walking]
            goes_below = values[first[walking] + self.feature[at]] <= self.threshold[at]
            at = np.where(goes_below, self.below[at], self.above[at])
            reached[walking] = at
            walking = walking[self.below[at] != at]
        scores: Floats = self.value[reached].reshape(-1, size).sum(axis=1)
        return scores

    @classmethod
    def of(cls, feature: Any, threshold: Any, below: Any, above: Any, value: Any, roots: Any) -> Forest:
        """A forest of checked arrays.

        Raises:
            ValueError: they are no trees over `FEATURES` and `CONTEXT_FEATURES`.
        """
        feature, below, above, roots = (_whole(each) for each in (feature, below, above, roots))
        threshold, value = (np.asarray(each, dtype=float) for each in (threshold, value))
        size = len(feature)
        if not 0 < size <= _MOST_NODES or any(len(each) != size for each in (threshold, below, above, value)):
            raise ValueError("arrays of several lengths")
        if not (np.isfinite(threshold).all() and np.isfinite(value).all()):
            raise ValueError("numbers that are not finite")
        own = np.arange(size)
        leaf = (below == own) & (above == own)
        if not (leaf | ((below > own) & (above > own) & (below < size) & (above < size))).all():
            raise ValueError("nodes that lead back")
        if (feature < 0).any() or (feature >= len(FEATURES) + len(CONTEXT_FEATURES)).any():
            raise ValueError("other features than this version of laconic computes")
        if not len(roots) or (roots < 0).any() or (roots >= size).any():
            raise ValueError("no roots")
        return cls(roots, feature, threshold, below, above, value)

    @classmethod
    def from_json(cls, data: Any) -> Forest:
        """Read and check a forest.

        Raises:
            WeightsError: it is none.
        """
        try:
            named = {name: data[name] for name in ("feature", "threshold", "below", "above", "value", "roots")}
            return cls.of(**named)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise WeightsError(
                f"the trees of the code ranking cannot be read ({error!r}): reinstall laconic, or train them again "
                "with training/train_code.py"
            ) from error

    def to_json(self) -> Mapping[str, Any]:
        """The form that `from_json` reads: values rounded to four digits, thresholds to seven."""
        return {
            "roots": self.roots.tolist(),
            "feature": self.feature.tolist(),
            "threshold": [float(f"{each:.7g}") for each in self.threshold.tolist()],
            "below": self.below.tolist(),
            "above": self.above.tolist(),
            "value": [float(f"{each:.4g}") for each in self.value.tolist()],
        }


def _whole(values: Any) -> Ints:
    array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise ValueError("no row of whole numbers")
    return array.astype(np.intp)
