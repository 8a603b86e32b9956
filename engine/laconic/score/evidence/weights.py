"""The trained numbers, in a ``.npz`` file without pickles, checked before use.

The file holds ``format`` (this version reads 2), ``features`` (the feature names joined by line breaks), ``mean`` and
``deviation`` (d,), ``shares`` (1 + k,): how much the linear part and each of the k nets count; ``linear`` (d,); and for
net i ``net<i>.inner`` (d, h), ``.inner_bias`` (h,), ``.outer`` (9, h, g), ``.outer_bias`` (g,), ``.out`` (g,) and
``.skip`` (d,). Constant offsets of a whole score are left out: they vanish in the softmax.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from laconic._utils.arrays import Arrays, arrays_of
from laconic._utils.files import bytes_of, shipped_file
from laconic._utils.unicode import one_line
from laconic.exceptions import WeightsError
from laconic.score.evidence.arrays import Floats
from laconic.score.evidence.features import FEATURE_NAMES

__all__ = ["FORMAT", "NetWeights", "Weights", "check_shapes", "load_weights", "save_weights"]

FORMAT = 2
_ADVICE = "reinstall laconic, or write the file again with training/train_evidence.py"
CONTEXTS = 9
"""Blocks of a net's outer layer: own, before, behind, passage max and mean, call max and mean, the segments that name
the passage, the passages that the segment names."""


@dataclass(frozen=True, eq=False)
class NetWeights:
    """One context net; shapes in the module's docstring."""

    inner: Floats
    inner_bias: Floats
    outer: Floats
    outer_bias: Floats
    out: Floats
    skip: Floats

    @classmethod
    def read(cls, arrays: Arrays, prefix: str = "") -> NetWeights:
        """The net whose arrays have these names behind a prefix."""
        return cls(*(arrays.floats(prefix + name) for name in cls.__dataclass_fields__))

    def arrays(self, prefix: str = "") -> dict[str, Floats]:
        """What `read` takes."""
        return {prefix + name: getattr(self, name) for name in self.__dataclass_fields__}

    def shapes(self, d: int, contexts: int) -> list[tuple[int, ...]]:
        """The shapes that the arrays must have, by the lengths of the biases."""
        h, g = self.inner_bias.size, self.outer_bias.size
        return [(d, h), (h,), (contexts, h, g), (g,), (g,), (d,)]


@dataclass(frozen=True, eq=False)
class Weights:
    """Everything trained; shapes in the module's docstring."""

    mean: Floats
    deviation: Floats
    shares: Floats
    linear: Floats
    nets: tuple[NetWeights, ...]


def save_weights(path: str | PathLike[str], weights: Weights) -> None:
    """Write ``weights``, after the checks that reading makes."""
    _check(weights, str(path))
    arrays: dict[str, NDArray[np.generic]] = {
        "format": np.array(FORMAT),
        "features": np.frombuffer("\n".join(FEATURE_NAMES).encode(), np.uint8),
        "mean": weights.mean,
        "deviation": weights.deviation,
        "shares": weights.shares,
        "linear": weights.linear,
    }
    for number, net in enumerate(weights.nets):
        arrays |= net.arrays(f"net{number}.")
    np.savez(Path(path), **arrays)  # type: ignore[arg-type]


def load_weights(path: str | PathLike[str] | None = None) -> Weights:
    """Read a weights file; the one that ships with the package when ``path`` is None. About 2 ms.

    Raises:
        WeightsError: there is no such file, it is damaged, of another format, made for other features, or has numbers
            that are not finite.
    """
    name = "the evidence weights that ship with laconic" if path is None else str(path)

    def read() -> bytes:
        return shipped_file("laconic.score.evidence", "data/weights.npz") if path is None else bytes_of(path)

    with arrays_of(read, name, FORMAT, _ADVICE) as data:
        features = data.text("features").split("\n")
        if tuple(features) != FEATURE_NAMES:
            odd = sorted(set(features).symmetric_difference(FEATURE_NAMES))[:5]
            raise WeightsError(
                f"{name}: made for {len(features)} features, this version has {len(FEATURE_NAMES)} "
                f"(different: {one_line(', '.join(odd), 200) or 'their order'}); train again with "
                "training/train_evidence.py"
            )
        shares = data.floats("shares")
        nets = tuple(NetWeights.read(data, f"net{number}.") for number in range(shares.size - 1))
        mean, deviation, linear = (data.floats(key) for key in ("mean", "deviation", "linear"))
    weights = Weights(mean, deviation, shares, linear, nets)
    _check(weights, name)
    return weights


def check_shapes(parts: Iterable[tuple[str, Floats, tuple[int, ...]]], name: str) -> None:
    """Refuse arrays, given with their names and shapes, that have another shape or numbers that are not finite.

    Raises:
        WeightsError: naming the file, the array and the shape.
    """
    for part, array, shape in parts:
        if array.shape != shape:
            raise WeightsError(f"{name}: {part} has shape {array.shape}, expected {shape}; {_ADVICE}")
        if not np.isfinite(array).all():
            raise WeightsError(f"{name}: {part} has numbers that are not finite; {_ADVICE}")


def _check(weights: Weights, name: str) -> None:
    d = len(FEATURE_NAMES)
    check_shapes([(part, getattr(weights, part), (d,)) for part in ("mean", "deviation", "linear")], name)
    check_shapes([("shares", weights.shares, (1 + len(weights.nets),))], name)
    for number, net in enumerate(weights.nets):
        named = net.arrays(f"net{number}.").items()
        shapes = zip(named, net.shapes(d, CONTEXTS), strict=True)
        check_shapes(((part, array, shape) for (part, array), shape in shapes), name)
    if not (weights.deviation > 0).all():
        raise WeightsError(f"{name}: deviation must be positive everywhere; {_ADVICE}")
    if not (weights.shares >= 0).all() or abs(float(weights.shares.sum()) - 1) > 1e-3:
        shown = weights.shares[:5].tolist()
        raise WeightsError(f"{name}: shares {shown} must be non-negative and sum to 1; {_ADVICE}")
