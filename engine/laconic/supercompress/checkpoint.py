"""The learned policy's weights: a ``.npz`` file without pickles, or a ``.pt`` file of tensors, checked before use.

The file holds ``kind`` (``"laconic-eviction"``), ``format`` (this version reads 1), ``features`` (names of the columns
of `laconic.score.evidence.FEATURE_NAMES` that it reads, joined by line breaks; d of them), ``mean`` and ``deviation``
(d,), ``linear`` (d,), ``share`` (): how much the linear part counts, 0–1; and of one context net ``inner`` (d, h),
``inner_bias`` (h,), ``outer`` (8, h, g), ``outer_bias`` (g,), ``out`` (g,) and ``skip`` (d,). A ``.pt`` file is what
``torch.save`` makes of a dict of the same as tensors; it is read with ``weights_only``, which unpickles no code.
"""

from __future__ import annotations

import io
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from laconic._utils.arrays import arrays_of, check_archive
from laconic._utils.files import LARGEST_BYTES, bytes_of, shipped_file
from laconic._utils.unicode import one_line
from laconic.exceptions import MissingDependencyError, WeightsError
from laconic.score.evidence import FEATURE_NAMES
from laconic.score.evidence.weights import CONTEXTS, NetWeights, Weights, check_shapes

__all__ = ["Checkpoint", "load_checkpoint", "save_checkpoint"]

_KIND, _FORMAT = "laconic-eviction", 1
_CONTEXTS = CONTEXTS - 1  # without the passages that a segment names
_SHIPPED = "the eviction checkpoint that ships with laconic"
_HINT = "make one with training/train_eviction.py"


class Checkpoint(NamedTuple):
    """Weights, and the names of the features that they read: a later version may compute more."""

    features: tuple[str, ...]  # d of `laconic.score.evidence.FEATURE_NAMES`
    weights: Weights  # with one context net

    @property
    def columns(self) -> NDArray[np.intp]:
        """(d,) where the features stand in the table that the evidence scorer computes."""
        known = {feature: column for column, feature in enumerate(FEATURE_NAMES)}
        return np.array([known[feature] for feature in self.features], np.intp)


def save_checkpoint(path: str | PathLike[str], checkpoint: Checkpoint) -> None:
    """Write a checkpoint, after the checks that reading makes; with torch where the name ends in ``.pt``.

    Raises:
        WeightsError: shapes that do not fit, or unknown features.
        MissingDependencyError: a ``.pt`` file is wanted, and torch is not installed.
    """
    _check(checkpoint, str(path))
    weights = checkpoint.weights
    arrays: dict[str, NDArray[np.generic]] = {
        "kind": np.frombuffer(_KIND.encode(), np.uint8),
        "format": np.array(_FORMAT),
        "features": np.frombuffer("\n".join(checkpoint.features).encode(), np.uint8),
        "share": weights.shares[0],
        **{name: getattr(weights, name) for name in ("mean", "deviation", "linear")},
        **weights.nets[0].arrays(),
    }
    if _is_torch(path):
        torch = _torch()
        torch.save({name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}, path)
    else:
        np.savez_compressed(Path(path), **arrays)  # type: ignore[arg-type]


def load_checkpoint(path: str | PathLike[str] | None = None) -> Checkpoint:
    """Read a checkpoint; the one that ships with the package when ``path`` is None. About 2 ms.

    Raises:
        WeightsError: there is no such file, it is damaged, of another kind or format, reads features that this version
            does not compute, or holds numbers of the wrong shape or not finite.
        MissingDependencyError: a ``.pt`` file, and torch is not installed.
    """
    name = _SHIPPED if path is None else str(path)

    def read() -> bytes:
        if path is None:
            return shipped_file("laconic.supercompress", "data/default.npz")
        return _torch_as_npz(Path(path), name) if _is_torch(path) else bytes_of(path)

    with arrays_of(read, name, _FORMAT, _HINT) as data:
        kind = data.text("kind")
        if kind != _KIND:
            raise WeightsError(f"{name}: holds {kind[:40]!r}, not {_KIND!r}; {_HINT}")
        features = tuple(data.text("features").split("\n"))
        net = NetWeights.read(data)
        mean, deviation, linear = (data.floats(key) for key in ("mean", "deviation", "linear"))
        share = np.float32(data.number("share"))
    weights = Weights(mean, deviation, np.array([share, 1 - share], np.float32), linear, (net,))
    checkpoint = Checkpoint(features, weights)
    _check(checkpoint, name)
    return checkpoint


def _is_torch(path: str | PathLike[str]) -> bool:
    return Path(path).suffix in (".pt", ".pth")


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise MissingDependencyError(
            "torch", "semantic", "checkpoints in .pt files (a .npz file needs nothing)"
        ) from error
    return torch


def _torch_as_npz(path: Path, name: str) -> bytes:
    """The tensors of a ``.pt`` file as the bytes of a ``.npz`` file.

    Raises:
        WeightsError: the file is missing or damaged, needs code to be read, or holds something else than tensors.
    """
    torch = _torch()
    try:
        data = bytes_of(path)
        check_archive(data)  # which the form of torch before 1.6 is not: that one takes the memory that it claims
        loaded = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        if sum(value.numel() * value.element_size() for value in loaded.values()) > LARGEST_BYTES:
            raise ValueError(f"its tensors claim more than {LARGEST_BYTES} bytes")
        arrays = {str(key): value.numpy() for key, value in loaded.items()}
    except Exception as error:  # torch raises what its readers raise: pickle, zip, runtime and attribute errors
        problem = one_line(f"{type(error).__name__}: {error}", 200)
        raise WeightsError(f"{name} cannot be read as tensors ({problem}); {_HINT}") from error
    if "kind" not in arrays:
        held = ", ".join(list(arrays)[:3])
        raise WeightsError(f"{name}: holds the weights of another network ({held} …); {_HINT}")
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def _check(checkpoint: Checkpoint, name: str) -> None:
    features, weights = checkpoint
    missing = [feature for feature in features if feature not in FEATURE_NAMES]
    if missing:
        raise WeightsError(
            f"{name}: reads features that this version of laconic does not compute "
            f"({one_line(', '.join(missing[:5]), 200)}); {_HINT}"
        )
    d = len(features)
    (net,) = weights.nets
    check_shapes([(part, getattr(weights, part), (d,)) for part in ("mean", "deviation", "linear")], name)
    shapes = zip(net.arrays().items(), net.shapes(d, _CONTEXTS), strict=True)
    check_shapes(((part, array, shape) for (part, array), shape in shapes), name)
    if not (weights.deviation > 0).all() or not 0 <= weights.shares[0] <= 1:
        raise WeightsError(f"{name}: deviation must be positive and share between 0 and 1; {_HINT}")
