"""The models that ship with the package: JSON, linear ones of a few hundred numbers and nets of some thousand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from laconic._utils.arrays import shipped_json
from laconic.exceptions import WeightsError
from laconic.score.code.features import FEATURES, Floats
from laconic.score.code.nets import Net
from laconic.score.code.statement_features import STATEMENT_FEATURES
from laconic.score.code.trees import Forest

__all__ = ["Linear", "Weights", "shipped_weights"]

_CLAMP = 6.0


@dataclass(frozen=True)
class Linear:
    """A linear model over standardised features.

    Attributes:
        features: names, in the order of the columns.
        mean, scale: for standardising; standardised values are clamped to ±6.
        weight: one per feature.
    """

    features: tuple[str, ...]
    mean: Floats
    scale: Floats
    weight: Floats

    def score(self, matrix: Floats) -> Floats:
        """One number per row."""
        standard = np.clip((matrix - self.mean) / self.scale, -_CLAMP, _CLAMP)
        return standard @ self.weight

    @classmethod
    def from_json(cls, data: Any, expected: Sequence[str], name: str) -> Linear:
        """Read and check one model.

        Raises:
            WeightsError: it is not a model over the features ``expected``.
        """
        try:
            features = tuple(data["features"])
            columns = [np.asarray(data[key], dtype=float) for key in ("mean", "scale", "weight")]
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise WeightsError(f"the model {name!r} cannot be read ({error!r}): reinstall laconic") from error
        if features != tuple(expected) or any(column.shape != (len(features),) for column in columns):
            raise WeightsError(
                f"the model {name!r} is over other features than this version of laconic computes: train it again "
                "with training/train_code.py"
            )
        if not all(np.isfinite(column).all() for column in columns) or (columns[1] <= 0).any():
            raise WeightsError(
                f"the model {name!r} has a weight that is not finite or a scale that is not positive: "
                "train it again with training/train_code.py"
            )
        return cls(features, *columns)

    def to_json(self) -> dict[str, Any]:
        """The form that `from_json` reads, rounded to six digits."""
        columns = {"mean": self.mean, "scale": self.scale, "weight": self.weight}
        rounded = {name: [float(f"{value:.6g}") for value in column] for name, column in columns.items()}
        return {"features": list(self.features), **rounded}


@dataclass(frozen=True)
class Weights:
    """The models of the code scorer.

    Attributes:
        definitions: ranks functions and types, also those of several files together.
        statements: ranks the statements of one function.
        nets: rank the functions and types of one file, together, instead of ``definitions``; where there are any.
        trees: rank them beside the nets, with as much to say; where there are any.
    """

    definitions: Linear
    statements: Linear
    nets: tuple[Net, ...] = ()
    trees: Forest | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Weights:
        """Read all models.

        Raises:
            WeightsError: see `Linear.from_json`, `laconic.score.code.nets.Net.from_json` and `Forest.from_json`.
        """
        return cls(
            Linear.from_json(data.get("definitions"), FEATURES, "definitions"),
            Linear.from_json(data.get("statements"), STATEMENT_FEATURES, "statements"),
            tuple(map(Net.from_json, data.get("nets", ()))),
            Forest.from_json(data["trees"]) if data.get("trees") is not None else None,
        )

    def to_json(self) -> dict[str, Any]:
        """The form that `from_json` reads."""
        return {
            "definitions": self.definitions.to_json(),
            "statements": self.statements.to_json(),
            "nets": [net.to_json() for net in self.nets],
            "trees": None if self.trees is None else self.trees.to_json(),
        }


@cache
def shipped_weights() -> Weights:
    """The models of the package.

    Raises:
        WeightsError: the file is damaged.
    """
    data = shipped_json("laconic.score.code", "data/weights.json", "the code scorer's weights")
    return Weights.from_json(data)
