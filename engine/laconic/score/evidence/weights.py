"""The trained numbers, in a ``.npz`` file without pickles, checked before use.

The file holds ``format`` (this version reads 2), ``features`` (the feature names joined by line breaks), ``mean`` and
``deviation`` (d,), ``shares`` (1 + k,): how much the linear part and each of the k nets count; ``linear`` (d,); and for
net i ``net<i>.inner`` (d, h), ``.inner_bias`` (h,), ``.outer`` (9, h, g), ``.outer_bias`` (g,), ``.out`` (g,) and
``.skip`` (d,). Constant offsets of a whole score are left out: they vanish in the softmax.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from laconic._files import shipped_file
from laconic.exceptions import WeightsError
from laconic.score.evidence.arrays import Floats
from laconic.score.evidence.features import FEATURE_NAMES

__all__ = ["FORMAT", "NetWeights", "Weights", "load_weights", "save_weights"]

FORMAT = 2
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
        for name in NetWeights.__dataclass_fields__:
            arrays[f"net{number}.{name}"] = getattr(net, name)
    np.savez(Path(path), **arrays)  # type: ignore[arg-type]


def load_weights(path: str | PathLike[str] | None = None) -> Weights:
    """Read a weights file; the one that ships with the package when ``path`` is None. About 2 ms.

    Raises:
        WeightsError: there is no such file, it is damaged, of another format, made for other features, or has numbers
            that are not finite.
    """
    name = "the evidence weights that ship with laconic" if path is None else str(path)
    try:
        data = shipped_file("laconic.score.evidence", "data/weights.npz") if path is None else Path(path).read_bytes()
        weights = _parse(io.BytesIO(data), name)
    except (zipfile.BadZipFile, ValueError, KeyError, EOFError, OSError) as error:
        raise WeightsError(
            f"{name} cannot be read ({error}); reinstall laconic, "
            "or write the file again with training/train_evidence.py"
        ) from error
    _check(weights, name)
    return weights


def _parse(file: BinaryIO, name: str) -> Weights:
    with np.load(file, allow_pickle=False) as data:
        version = int(data["format"])
        if version != FORMAT:
            raise WeightsError(f"{name}: format {version}; this version of laconic reads format {FORMAT}")
        features = data["features"].tobytes().decode("utf-8").split("\n")
        if tuple(features) != FEATURE_NAMES:
            odd = sorted(set(features).symmetric_difference(FEATURE_NAMES))[:5]
            raise WeightsError(
                f"{name}: made for {len(features)} features, this version has {len(FEATURE_NAMES)} "
                f"(different: {', '.join(odd) or 'their order'}); train again with training/train_evidence.py"
            )
        shares = np.asarray(data["shares"], np.float32)
        nets = tuple(
            NetWeights(
                *(np.asarray(data[f"net{number}.{field}"], np.float32) for field in NetWeights.__dataclass_fields__)
            )
            for number in range(len(shares) - 1)
        )
        mean, deviation, linear = (np.asarray(data[key], np.float32) for key in ("mean", "deviation", "linear"))
    return Weights(mean, deviation, shares, linear, nets)


def _check(weights: Weights, name: str) -> None:
    d = len(FEATURE_NAMES)
    expected: list[tuple[str, Floats, tuple[int, ...]]] = [
        ("mean", weights.mean, (d,)),
        ("deviation", weights.deviation, (d,)),
        ("linear", weights.linear, (d,)),
        ("shares", weights.shares, (1 + len(weights.nets),)),
    ]
    for number, net in enumerate(weights.nets):
        if net.inner.ndim != 2 or net.outer.ndim != 3:
            raise WeightsError(f"{name}: layers of net{number} have the wrong number of dimensions")
        h, g = net.inner.shape[1], net.outer.shape[2]
        expected += [
            (f"net{number}.inner", net.inner, (d, h)),
            (f"net{number}.inner_bias", net.inner_bias, (h,)),
            (f"net{number}.outer", net.outer, (CONTEXTS, h, g)),
            (f"net{number}.outer_bias", net.outer_bias, (g,)),
            (f"net{number}.out", net.out, (g,)),
            (f"net{number}.skip", net.skip, (d,)),
        ]
    for field, array, shape in expected:
        if array.shape != shape:
            raise WeightsError(f"{name}: {field} has shape {array.shape}, expected {shape}")
        if not np.isfinite(array).all():
            raise WeightsError(f"{name}: {field} has numbers that are not finite")
    if not (weights.deviation > 0).all():
        raise WeightsError(f"{name}: deviation must be positive everywhere")
    if not (weights.shares >= 0).all() or abs(float(weights.shares.sum()) - 1) > 1e-3:
        raise WeightsError(f"{name}: shares {weights.shares.tolist()} must be non-negative and sum to 1")
