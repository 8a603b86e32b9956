"""The weights file: read back as written, refused with a clear reason when it is not what it should be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from laconic.exceptions import WeightsError
from laconic.score.evidence import FEATURE_NAMES, EvidenceScorer
from laconic.score.evidence.net import Model
from laconic.score.evidence.weights import CONTEXTS, NetWeights, Weights, load_weights, save_weights


def random_weights(nets: int = 2, hidden: int = 5, second: int = 3, seed: int = 0) -> Weights:
    random = np.random.default_rng(seed)
    d = len(FEATURE_NAMES)

    def numbers(*shape: int) -> np.ndarray:
        return random.normal(size=shape).astype(np.float32)

    return Weights(
        mean=numbers(d),
        deviation=np.abs(numbers(d)) + 0.5,
        shares=np.full(nets + 1, 1 / (nets + 1), np.float32),
        linear=numbers(d),
        nets=tuple(
            NetWeights(
                numbers(d, hidden),
                numbers(hidden),
                numbers(CONTEXTS, hidden, second),
                numbers(second),
                numbers(second),
                numbers(d),
            )
            for _ in range(nets)
        ),
    )


def slow_scores(weights: Weights, table: np.ndarray, links: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """The model, written down once more segment by segment."""

    def log_softmax(values: np.ndarray) -> np.ndarray:
        return values - np.log(np.exp(values).sum())

    x = np.clip((table - weights.mean) / weights.deviation, -4, 4).astype(np.float64)
    mixed = weights.shares[0] * log_softmax(x @ weights.linear)
    for share, net in zip(weights.shares[1:], weights.nets, strict=True):
        h = np.maximum(x @ net.inner + net.inner_bias, 0)
        zero = np.zeros(h.shape[1])
        scores = []
        for i in range(len(x)):
            mine = h[owner == owner[i]]
            linking = [h[s] for s, p in links if p == owner[i]]
            contexts = [
                h[i],
                h[i - 1] if i and owner[i - 1] == owner[i] else zero,
                h[i + 1] if i + 1 < len(x) and owner[i + 1] == owner[i] else zero,
                mine.max(axis=0),
                mine.mean(axis=0),
                h.max(axis=0),
                h.mean(axis=0),
                np.max(linking, axis=0) if linking else zero,
                np.max([h[owner == p].max(axis=0) for s, p in links if s == i] or [zero], axis=0),
            ]
            z = sum(context @ net.outer[k] for k, context in enumerate(contexts)) + net.outer_bias
            scores.append(np.maximum(z, 0) @ net.out + x[i] @ net.skip)
        mixed = mixed + share * log_softmax(np.array(scores))
    return log_softmax(mixed)


@pytest.mark.parametrize("nets", [0, 1, 3])
def test_model_equals_the_slow_reference(nets: int) -> None:
    random = np.random.default_rng(5)
    weights = random_weights(nets)
    owner = np.repeat(np.arange(4), [3, 1, 5, 2])
    table = random.normal(size=(len(owner), len(FEATURE_NAMES))).astype(np.float32) * 3
    links = np.array([[0, 2], [4, 2], [10, 0]])
    first = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    got = Model(weights)(table, links, owner, first)
    assert np.allclose(got, slow_scores(weights, table, links, owner), atol=1e-3)
    assert np.isclose(np.exp(got).sum(), 1)


def test_written_weights_come_back(tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    weights = random_weights()
    save_weights(path, weights)
    read = load_weights(path)
    assert np.array_equal(read.linear, weights.linear)
    assert all(
        np.array_equal(getattr(a, field), getattr(b, field))
        for a, b in zip(read.nets, weights.nets, strict=True)
        for field in NetWeights.__dataclass_fields__
    )
    EvidenceScorer(path)


def test_shipped_weights_are_small_and_have_a_linear_part() -> None:
    weights = load_weights()
    assert weights.shares[0] >= 0.3  # the insurance on unseen shapes of text
    assert sum(array.nbytes for net in weights.nets for array in vars(net).values()) < 1_000_000


def test_truncated_file(tmp_path: Path) -> None:
    whole = tmp_path / "weights.npz"
    save_weights(whole, random_weights())
    data = whole.read_bytes()
    for size in (0, 10, len(data) // 2, len(data) - 30):
        path = tmp_path / f"cut{size}.npz"
        path.write_bytes(data[:size])
        with pytest.raises(WeightsError, match="cannot be read"):
            EvidenceScorer(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"nothing\.npz cannot be read"):
        load_weights(tmp_path / "nothing.npz")


def change(path: Path, **arrays: np.ndarray) -> None:
    with np.load(path) as data:
        content = dict(data)
    content.update(arrays)
    np.savez(path, **content)


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"format": np.array(99)}, "format 99; this version of laconic reads format 2"),
        ({"features": np.frombuffer(b"a\nb", np.uint8)}, r"made for 2 features.*train again"),
        ({"linear": np.zeros(3, np.float32)}, r"linear has shape \(3,\), expected"),
        ({"mean": np.full(len(FEATURE_NAMES), np.nan, np.float32)}, "mean has numbers that are not finite"),
        ({"deviation": np.zeros(len(FEATURE_NAMES), np.float32)}, "deviation must be positive"),
        ({"shares": np.array([0.9, 0.9, 0.9], np.float32)}, "must be non-negative and sum to 1"),
        ({"net0.outer": np.zeros((2, 2), np.float32)}, r"net0\.outer has shape"),
        ({"net1.out": np.zeros(9, np.float32)}, "net1.out has shape"),
    ],
)
def test_wrong_content(tmp_path: Path, arrays: dict[str, np.ndarray], reason: str) -> None:
    path = tmp_path / "weights.npz"
    save_weights(path, random_weights())
    change(path, **arrays)
    with pytest.raises(WeightsError, match=reason):
        load_weights(path)


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    save_weights(path, random_weights())
    change(path, linear=np.array([object()] * len(FEATURE_NAMES)))
    with pytest.raises(WeightsError, match="cannot be read"):
        load_weights(path)


def test_unfinite_weights_are_not_written(tmp_path: Path) -> None:
    weights = random_weights()
    with pytest.raises(WeightsError, match="not finite"):
        save_weights(tmp_path / "weights.npz", replace(weights, linear=weights.linear * np.nan))
    assert not (tmp_path / "weights.npz").exists()
