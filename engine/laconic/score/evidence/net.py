"""The trained model at work: features to log-probabilities, in numpy.

A linear part and k context nets; each gives a log-softmax over the call's segments, and their weighted mean, normalised
again, is the score. The linear part is what holds on shapes of text that training has not seen; the nets add what
neighbours, passage, call and links say. ``training/evidence/nets.py`` describes the nets and trains them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from laconic.score.evidence.arrays import ONE_THREAD_WORK, Floats, Ints, groups, product, run_starts
from laconic.score.evidence.weights import NetWeights, Weights

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
        self._context = _ContextNets(weights.nets) if weights.nets else None
        # One product for everything that is multiplied with the features: linear part, skips, inner layers.
        columns = [weights.linear[:, None], *(net.skip[:, None] for net in weights.nets)]
        self._first = np.concatenate([*columns, *(net.inner for net in weights.nets)], axis=1)
        self.linear = weights.linear

    def standardize(self, table: Floats) -> Floats:
        """Features on one scale, within ±4."""
        scaled: Floats = (table - self._mean) * self._scale
        return np.clip(scaled, -CLIP, CLIP, out=scaled)

    def __call__(self, table: Floats, links: Ints, owner: Ints, first: Ints) -> NDArray[np.float64]:
        """(n,) log-probabilities that sum to 1 as probabilities.

        Args:
            table: (n, d) features, n at least 1.
            links: (k, 2) pairs (segment, passage), in order of segments.
            owner: (n,) passage of each segment.
            first: (P,) first segment of each passage.
        """
        together = product(self.standardize(table), self._first)
        parts = len(self._shares)
        scores = together[:, :parts].astype(np.float64)
        if self._context is not None:
            scores[:, 1:] += self._context(together[:, parts:], links, owner, first)
        return log_softmax(log_softmax(scores) @ self._shares)


class _ContextNets:
    """The context nets behind their inner layers: at once what is one row for a passage or a call, the rest one by one.

    Nets whose outer layer lacks the last context, the passages that a segment names, do without it.
    """

    def __init__(self, nets: Sequence[NetWeights]) -> None:
        self._inner_bias = np.concatenate([net.inner_bias for net in nets])
        own, before, behind, best, mean, all_best, all_mean, linked, *naming = (
            np.stack(layers) for layers in zip(*(net.outer for net in nets), strict=True)
        )
        self._own, self._before, self._behind = own, before, behind
        self._naming = naming[0] if naming else None
        self._of_passage = np.concatenate([best, mean, linked], axis=1)
        self._of_call = np.concatenate([all_best, all_mean], axis=1)
        self._outer_bias = np.stack([net.outer_bias for net in nets])[:, None]
        self._out = [net.out for net in nets]

    def __call__(self, inner: Floats, links: Ints, owner: Ints, first: Ints) -> Floats:
        """(n, k) scores from the (n, k * hidden) inner layers without bias; for the rest see `Model`.

        What the segments of a passage share is multiplied once.
        """
        # In place where it can be: fresh memory costs as much time as the arithmetic.
        h = inner + self._inner_bias
        np.maximum(h, 0, out=h)
        sizes = np.bincount(owner)
        best, sums = groups(h, first, sizes)
        lengths: Floats = sizes[:, None].astype(np.float32)
        named = np.zeros_like(best)
        if len(links):
            by_passage = links[np.argsort(links[:, 1], kind="stable")]
            begins = run_starts(by_passage[:, 1]).nonzero()[0]
            named[by_passage[begins, 1]] = np.maximum.reduceat(h[by_passage[:, 0]], begins, axis=0)
        shared = self._by_net([best, sums / lengths, named], self._of_passage)
        all_best, all_mean = best.max(axis=0, keepdims=True), sums.sum(axis=0, keepdims=True) / len(h)
        shared += self._by_net([all_best, all_mean], self._of_call)
        shared += self._outer_bias
        naming, named_by = self._of_naming(best, links)
        others = first[1:] - 1  # neighbours that are in two passages
        scores = np.empty((len(h), len(self._own)), np.float32)
        for k, own in enumerate(np.split(h, len(self._own), axis=1)):  # net by net, so that little memory is touched
            z = product(own, self._own[k])
            z += shared[k, owner]
            beside = product(own[:-1], self._before[k])
            beside[others] = 0
            z[1:] += beside
            beside = product(own[1:], self._behind[k])
            beside[others] = 0
            z[:-1] += beside
            z[naming] += named_by[k]
            scores[:, k] = np.maximum(z, 0, out=z) @ self._out[k]
        return scores

    def _of_naming(self, best: Floats, links: Ints) -> tuple[Ints, Floats]:
        """The segments that name passages, and (k, segments, g) what the best of these passages add to each."""
        if self._naming is None or not len(links):
            return links[:0, 0], np.zeros((len(self._own), 0, self._own.shape[2]), np.float32)
        begins = run_starts(links[:, 0]).nonzero()[0]
        named = np.maximum.reduceat(best[links[:, 1]], begins, axis=0)
        return links[begins, 0], self._by_net([named], self._naming)

    def _by_net(self, contexts: Sequence[Floats], layers: Floats) -> Floats:
        """(k, rows, g): of (rows, k * hidden) arrays the k nets' parts, side by side, each net's through its own layer.

        ``layers`` is (k, contexts * hidden, g).
        """
        nets = [context.reshape(len(context), len(layers), context.shape[1] // len(layers)) for context in contexts]
        parts = (np.concatenate(nets, axis=2) if len(nets) > 1 else nets[0]).transpose(1, 0, 2)
        together: Floats = np.empty((len(layers), parts.shape[1], layers.shape[2]), np.float32)
        if parts[0].size * layers.shape[2] <= ONE_THREAD_WORK:
            return np.matmul(parts, layers, out=together)
        for part, layer, result in zip(parts, layers, together, strict=True):
            product(part, layer, result)
        return together
