"""The trained model at work: features to log-probabilities, in numpy.

A linear part and k context nets; each gives a log-softmax over the call's segments, and their weighted mean, normalised
again, is the score. The linear part is what holds on shapes of text that training has not seen; the nets add what
neighbours, passage, call and links say. ``training/evidence/nets.py`` describes the nets and trains them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from laconic.score.evidence.arrays import ONE_THREAD_WORK, Floats, Ints, product
from laconic.score.evidence.weights import CONTEXTS, NetWeights, Weights

__all__ = ["Model", "log_softmax"]

CLIP = 4.0
"""Standardized features are cut off here: an outlier must not decide alone."""


def log_softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Along axis 0: shifted so that ``exp`` sums to 1."""
    shifted = scores - scores.max(axis=0)
    result: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=0))
    return result


class Model:
    """Linear part and nets, ready to use; immutable, so it may be shared between threads."""

    def __init__(self, weights: Weights) -> None:
        self._mean, self._scale = weights.mean, 1 / weights.deviation
        self._shares = weights.shares.astype(np.float64)
        self._skip = np.stack([weights.linear, *(net.skip for net in weights.nets)], axis=1)
        self._context = _ContextNets(weights.nets) if weights.nets else None
        self.linear = weights.linear

    def standardize(self, table: Floats) -> Floats:
        """Features on one scale, within ±4."""
        scaled: Floats = np.clip((table - self._mean) * self._scale, -CLIP, CLIP)
        return scaled

    def __call__(self, table: Floats, links: Ints, owner: Ints, first: Ints) -> NDArray[np.float64]:
        """(n,) log-probabilities that sum to 1 as probabilities.

        Args:
            table: (n, d) features, n at least 1.
            links: (k, 2) pairs (segment, passage).
            owner: (n,) passage of each segment.
            first: (P,) first segment of each passage.
        """
        x = self.standardize(table)
        scores = product(x, self._skip).astype(np.float64)
        if self._context is not None:
            scores[:, 1:] += self._context(x, links, owner, first)
        return log_softmax(log_softmax(scores) @ self._shares)


class _ContextNets:
    """All context nets at once: one product for their inner layers, then one of k small ones for each context."""

    def __init__(self, nets: Sequence[NetWeights]) -> None:
        self._inner = np.concatenate([net.inner for net in nets], axis=1)
        self._inner_bias = np.concatenate([net.inner_bias for net in nets])
        self._outer = [np.stack([net.outer[context] for net in nets]) for context in range(CONTEXTS)]
        self._outer_bias = np.stack([net.outer_bias for net in nets])[:, None]
        self._out = np.stack([net.out for net in nets])[:, :, None]

    def __call__(self, x: Floats, links: Ints, owner: Ints, first: Ints) -> Floats:
        """(n, k) scores. What all segments of a passage share is multiplied once a passage."""
        own, before, behind, best, mean, all_best, all_mean, linked = self._outer
        h = np.maximum(product(x, self._inner) + self._inner_bias, 0)
        sizes = np.diff(np.append(first, len(h)))[:, None].astype(np.float32)
        named = np.zeros((len(first), h.shape[1]), np.float32)
        if len(links):
            np.maximum.at(named, links[:, 1], h[links[:, 0]])
        of_passage = (
            self._by_net(np.maximum.reduceat(h, first, axis=0), best)
            + self._by_net(np.add.reduceat(h, first, axis=0) / sizes, mean)
            + self._by_net(named, linked)
        )
        of_call = self._by_net(h.max(axis=0, keepdims=True), all_best) + self._by_net(
            h.mean(axis=0, keepdims=True), all_mean
        )
        z = self._by_net(h, own) + of_passage[:, owner] + (of_call + self._outer_bias)
        same = (owner[1:] == owner[:-1])[:, None]
        z[:, 1:] += self._by_net(h[:-1], before) * same
        z[:, :-1] += self._by_net(h[1:], behind) * same
        scores: Floats = (np.maximum(z, 0) @ self._out)[:, :, 0].T
        return scores

    def _by_net(self, h: Floats, layer: Floats) -> Floats:
        """(k, rows, g): the k nets' parts of ``h`` (rows, k * hidden), each through its own layer (k, hidden, g)."""
        parts = h.reshape(len(h), *layer.shape[:2]).transpose(1, 0, 2)
        if parts[0].size * layer.shape[2] <= ONE_THREAD_WORK:
            together: Floats = np.matmul(parts, layer)
            return together
        return np.stack([product(part, matrix) for part, matrix in zip(parts, layer, strict=True)])
