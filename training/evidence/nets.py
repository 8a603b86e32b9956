"""The two kinds of model that the scorer averages, and how they are trained (torch, CPU, one thread).

``Linear`` is a weighted sum of the features. ``ContextNet`` gives each segment a small hidden vector and lets it see
the vectors of its neighbours, its passage, the whole call, the segments that name its passage, and the passages that it
names itself:

    h = relu(A x);  z = [h, h before, h behind, max and mean of the passage, max and mean of the call,
             max over the segments that name the passage, max over the passages that the segment names];
    score = c relu(B z) + skip x

The loss is the cross-entropy between the softmax over the call's segments and the evidence (where one of several places
suffices: between the softmax's sum over them and one), plus a little pointwise cross-entropy, which keeps scores
comparable between calls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from laconic.score.evidence.weights import NetWeights

__all__ = ["Batch", "ContextNet", "Linear", "Standard", "TrainSettings", "Trainable", "collate", "resumed", "train"]

POINTWISE_SHARE = 0.3
_POINTWISE_SCALE = 8.0  # a mean over segments is small next to a sum over evidence
CLIP = 4.0
_TINY = 1e-9  # keeps the logarithm of a share finite


@dataclass(frozen=True, eq=False)
class Trainable:
    """One question: features (n, d), links (k, 2), first segment of each passage, evidence, weight in the loss.

    ``any_suffices`` says that each piece of the evidence answers it alone, so that one of them is enough.
    """

    table: NDArray[np.float32]
    links: NDArray[np.intp]
    first: NDArray[np.intp]
    target: NDArray[np.float32]
    weight: float
    any_suffices: bool = False


@dataclass(frozen=True, eq=False)
class Standard:
    """Means and deviations that bring features to one scale; the result is clipped to ±4."""

    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]

    @classmethod
    def of(cls, examples: Sequence[Trainable]) -> Standard:
        """Over all segments, each question weighing the same whatever its size."""
        total = sum(e.weight for e in examples)
        mean = sum(e.weight * e.table.mean(axis=0, dtype=np.float64) for e in examples) / total
        square = sum(e.weight * ((e.table - mean) ** 2).mean(axis=0, dtype=np.float64) for e in examples) / total
        deviation = np.sqrt(square)
        deviation[deviation < 1e-4] = 1.0
        return cls(np.float32(mean), np.float32(deviation))

    def __call__(self, table: NDArray[np.float32]) -> NDArray[np.float32]:
        """Features on one scale."""
        return np.clip((table - self.mean) / self.deviation, -CLIP, CLIP)


@dataclass(frozen=True, eq=False)
class Batch:
    """Several questions as one: segments and passages numbered through, index ``n`` stands for "none"."""

    x: Tensor
    before: Tensor
    behind: Tensor
    passage: Tensor
    passage_sizes: Tensor
    question: Tensor
    question_sizes: Tensor
    link_segment: Tensor
    link_passage: Tensor
    target: Tensor
    weight: Tensor
    any_suffices: Tensor


def collate(examples: Sequence[Trainable], tables: Sequence[NDArray[np.float32]]) -> Batch:
    """Put questions behind each other."""
    before, behind, passage, sizes, question, link_segment, link_passage = ([] for _ in range(7))
    segments = passages = 0
    total = sum(len(t) for t in tables)
    for number, (example, table) in enumerate(zip(examples, tables, strict=True)):
        n, first = len(table), example.first
        here = np.arange(segments, segments + n)
        is_first = np.zeros(n, bool)
        is_first[first] = True
        before.append(np.where(is_first, total, here - 1))
        behind.append(np.where(np.append(is_first[1:], True), total, here + 1))
        size = np.diff(np.append(first, n))
        passage.append(np.repeat(np.arange(passages, passages + len(first)), size))
        sizes.append(size)
        question.append(np.full(n, number))
        link_segment.append(example.links[:, 0] + segments)
        link_passage.append(example.links[:, 1] + passages)
        segments += n
        passages += len(first)

    def index(parts: list[NDArray[np.intp]]) -> Tensor:
        return torch.from_numpy(np.concatenate(parts).astype(np.int64))

    return Batch(
        x=torch.from_numpy(np.concatenate(tables)),
        before=index(before),
        behind=index(behind),
        passage=index(passage),
        passage_sizes=index(sizes),
        question=index(question),
        question_sizes=torch.tensor([len(t) for t in tables]),
        link_segment=index(link_segment),
        link_passage=index(link_passage),
        target=torch.from_numpy(np.concatenate([e.target for e in examples])),
        weight=torch.tensor([e.weight for e in examples], dtype=torch.float32),
        any_suffices=torch.tensor([e.any_suffices for e in examples]),
    )


class Linear(nn.Module):
    """A weighted sum of the features."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.skip = nn.Linear(features, 1)
        nn.init.zeros_(self.skip.weight)

    def forward(self, batch: Batch) -> Tensor:
        """(n,) scores."""
        return self.skip(batch.x).squeeze(-1)


class ContextNet(nn.Module):
    """See the module's docstring; ``naming`` is False for one that does not see the passages that a segment names."""

    def __init__(self, features: int, hidden: int, second: int, dropout: float, *, naming: bool = True) -> None:
        super().__init__()
        self.naming = naming
        self.inner = nn.Linear(features, hidden)
        self.outer = nn.Linear((9 if naming else 8) * hidden, second)
        self.out = nn.Linear(second, 1)
        self.skip = nn.Linear(features, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, batch: Batch) -> Tensor:
        """(n,) scores."""
        # What the segments of a passage or of a call share is multiplied once, not once for each: half the time.
        h = self.dropout(torch.relu(self.inner(batch.x)))
        width = h.shape[1]
        own, before, behind, best, mean, all_best, all_mean, linked, *naming = self.outer.weight.split(width, dim=1)
        best_of = torch.segment_reduce(h, "max", lengths=batch.passage_sizes)
        mean_of = torch.segment_reduce(h, "mean", lengths=batch.passage_sizes)
        passage = batch.link_passage[:, None].expand(-1, width)
        linked_to = torch.zeros_like(best_of).scatter_reduce(0, passage, h.index_select(0, batch.link_segment), "amax")
        of_passage = torch.cat([best_of, mean_of, linked_to], dim=1) @ torch.cat([best, mean, linked], dim=1).T
        calls = [torch.segment_reduce(h, which, lengths=batch.question_sizes) for which in ("max", "mean")]
        of_call = torch.cat(calls, dim=1) @ torch.cat([all_best, all_mean], dim=1).T + self.outer.bias
        z = h @ own.T + of_passage.index_select(0, batch.passage) + of_call.index_select(0, batch.question)
        none = z.new_zeros(1, z.shape[1])
        z = z + torch.cat([h @ before.T, none]).index_select(0, batch.before)
        z = z + torch.cat([h @ behind.T, none]).index_select(0, batch.behind)
        if self.naming:
            segments, at = batch.link_segment.unique(return_inverse=True)
            named = best_of.index_select(0, batch.link_passage)
            at = at[:, None].expand(-1, width)
            best_named = h.new_zeros(len(segments), width).scatter_reduce(0, at, named, "amax")
            z = z.index_add(0, segments, best_named @ naming[0].T)
        return (self.out(self.dropout(torch.relu(z))) + self.skip(batch.x)).squeeze(-1)


def resumed(net: ContextNet, weights: NetWeights) -> ContextNet:
    """The net with trained numbers of its size, to train on."""
    second = len(weights.outer_bias)
    with torch.no_grad():
        net.inner.weight.copy_(torch.tensor(weights.inner.T))
        net.inner.bias.copy_(torch.tensor(weights.inner_bias))
        net.outer.weight.copy_(torch.tensor(weights.outer.reshape(-1, second).T))
        net.outer.bias.copy_(torch.tensor(weights.outer_bias))
        net.out.weight.copy_(torch.tensor(weights.out[None]))
        net.out.bias.zero_()
        net.skip.weight.copy_(torch.tensor(weights.skip[None]))
        net.skip.bias.zero_()
    return net


def loss_of(score: Tensor, batch: Batch) -> Tensor:
    """Listwise cross-entropy with a share of the pointwise one, weighted by question."""
    top = torch.segment_reduce(score.detach(), "max", lengths=batch.question_sizes)
    shifted = score - top[batch.question]
    total = torch.segment_reduce(shifted.exp(), "sum", lengths=batch.question_sizes)
    log_share = shifted - total.log()[batch.question]
    wanted = torch.segment_reduce(batch.target, "sum", lengths=batch.question_sizes).clamp(min=1e-6)
    each_wanted = -torch.segment_reduce(batch.target * log_share, "sum", lengths=batch.question_sizes) / wanted
    reached = torch.segment_reduce(batch.target * log_share.exp(), "sum", lengths=batch.question_sizes)
    listwise = torch.where(batch.any_suffices, -(reached + _TINY).log(), each_wanted)
    each = nn.functional.binary_cross_entropy_with_logits(score.clamp(-30, 30), batch.target, reduction="none")
    pointwise = torch.segment_reduce(each, "mean", lengths=batch.question_sizes) * _POINTWISE_SCALE
    return ((listwise + POINTWISE_SHARE * pointwise) * batch.weight).sum() / batch.weight.sum()


@dataclass(frozen=True)
class TrainSettings:
    """How long and how fast."""

    epochs: int
    rate: float = 2e-3
    decay: float = 1e-3
    batch: int = 32
    seed: int = 0


def train(
    make: Callable[[int], nn.Module],
    examples: Sequence[Trainable],
    standard: Standard,
    settings: TrainSettings,
) -> nn.Module:
    """Train a model made by ``make(features)``; the same arguments give the same weights on the same machine.

    Args:
        make: builds the untrained model.
        examples: questions.
        standard: scale of the features.
        settings: see `TrainSettings`.
    """
    torch.manual_seed(settings.seed)
    random = np.random.default_rng(settings.seed)
    tables = [standard(example.table) for example in examples]
    model = make(tables[0].shape[1])
    steps = settings.epochs * -(-len(examples) // settings.batch)
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.rate, weight_decay=settings.decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.rate, total_steps=steps + 1, pct_start=0.1)
    model.train()
    for _ in range(settings.epochs):
        order = random.permutation(len(examples))
        for at in range(0, len(order), settings.batch):
            chosen = order[at : at + settings.batch]
            batch = collate([examples[i] for i in chosen], [tables[i] for i in chosen])
            loss = loss_of(model(batch), batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    model.eval()
    return model
