"""Training of the nets that rank the definitions of a file; ``laconic.score.code.nets`` is the same net at work."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from laconic.score.code.nets import Net

Floats = NDArray[np.float64]

# Chosen by leaving organisations out of the training data, of a few values each.
HIDDEN, OUTER, DROPOUT = 48, 32, 0.3
EPOCHS, BATCH, RATE, DECAY = 5, 16, 2e-3, 1e-2
CLAMP = 5.0

# Budgets to be filled and what each counts, widths of the logistics that make filling smooth; see train_code.fill. The
# first half of the steps learns by the softmax alone, of which a share is kept to the end.
BUDGETS = {600: 1.0, 1200: 1.0, 2400: 0.5}
PREFERENCE_WIDTH, BUDGET_WIDTH = 1.0, 0.5
SOFTMAX_SHARE = 0.15
PRICE_OFFSET = 20.0
OWN_SHARE = 0.7  # of the candidate itself that much must fit: the last one is cut


@dataclass(frozen=True)
class Candidates:
    """The candidates of one file for one question: rows of features, which are gold, planned tokens."""

    rows: NDArray[np.float32]
    gold: NDArray[np.bool_]
    costs: Floats


class _Net(nn.Module):
    def __init__(self, features: int) -> None:
        super().__init__()
        self.skip = nn.Linear(features, 1, bias=False)
        self.inner = nn.Linear(features, HIDDEN)
        self.outer = nn.Linear(5 * HIDDEN, OUTER)
        self.out = nn.Linear(OUTER, 1, bias=False)
        self.drop = nn.Dropout(DROPOUT)
        nn.init.zeros_(self.out.weight)

    def forward(self, rows: Tensor, there: Tensor) -> Tensor:
        """(files, candidates) scores of (files, candidates, features) rows, of which some are not ``there``."""
        h = torch.relu(self.inner(self.drop(rows))) * there[..., None]
        best = h.max(1, keepdim=True).values.expand_as(h)
        mean = (h.sum(1, keepdim=True) / there.sum(1)[:, None, None]).expand_as(h)
        before = nn.functional.pad(h, (0, 0, 1, 0))[:, :-1]
        behind = nn.functional.pad(h, (0, 0, 0, 1))[:, 1:]
        parts = torch.cat([h, best, mean, before, behind], -1)
        z = torch.relu(self.outer(self.drop(parts)))
        result: Tensor = self.skip(rows)[..., 0] + self.out(self.drop(z))[..., 0]
        return result


def train_net(files: Sequence[Candidates], seed: int) -> Net:
    """One net; the same files and seed on the same machine give the same net."""
    torch.manual_seed(seed)
    chance = random.Random(seed)  # noqa: S311  of batches
    some = np.concatenate([each.rows for each in files[::3]]).astype(float)
    mean, scale = some.mean(axis=0), some.std(axis=0) + 1e-6
    net = _Net(len(mean))
    steps, step = EPOCHS * math.ceil(len(files) / BATCH), 0
    descent = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
    for epoch in range(EPOCHS):
        net.train()
        for batch in _batches(files, chance):
            rows, gold, costs, there = _padded(batch, mean, scale)
            for group in descent.param_groups:
                group["lr"] = RATE * min(1.0, (step + 1) / 100) * (1 - step / steps)
            scores = net(rows, there)
            loss = _softmax_loss(scores, gold, there)
            if 2 * epoch >= EPOCHS:
                loss = _filling_loss(scores, gold, costs, there) + SOFTMAX_SHARE * loss
            descent.zero_grad()
            loss.mean().backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            descent.step()
            step += 1
    net.eval()

    def array(parameter: Tensor) -> Floats:
        return parameter.detach().numpy().astype(float)

    return Net(
        mean, scale, array(net.skip.weight)[0],
        array(net.inner.weight).T, array(net.inner.bias),
        array(net.outer.weight).T, array(net.outer.bias), array(net.out.weight)[0],
    )  # fmt: skip


def _batches(files: Sequence[Candidates], chance: random.Random) -> Iterator[list[Candidates]]:
    """Files of about the same number of candidates together, in a new order each time."""
    order = sorted(range(len(files)), key=lambda at: len(files[at].gold) + 6 * chance.random())
    batches = [order[at : at + BATCH] for at in range(0, len(order), BATCH)]
    chance.shuffle(batches)
    return ([files[at] for at in batch] for batch in batches)


def _padded(files: Sequence[Candidates], mean: Floats, scale: Floats) -> tuple[Tensor, ...]:
    shape = (len(files), max(len(each.gold) for each in files))
    rows = np.zeros((*shape, len(mean)), np.float32)
    gold, costs, there = np.zeros(shape, np.float32), np.ones(shape, np.float32), np.zeros(shape, np.float32)
    for at, each in enumerate(files):
        size = len(each.gold)
        rows[at, :size] = np.clip((each.rows - mean) / scale, -CLAMP, CLAMP)
        gold[at, :size], costs[at, :size], there[at, :size] = each.gold, each.costs, 1
    return tuple(map(torch.from_numpy, (rows, gold, costs, there)))


def _softmax_loss(scores: Tensor, gold: Tensor, there: Tensor) -> Tensor:
    logs = torch.log_softmax(scores.masked_fill(there == 0, -1e9), 1)
    return -(gold / gold.sum(1, keepdim=True) * logs.masked_fill(there == 0, 0)).sum(1)


def _filling_loss(scores: Tensor, gold: Tensor, costs: Tensor, there: Tensor) -> Tensor:
    preference = scores - torch.log(costs + PRICE_OFFSET)
    ahead = torch.sigmoid((preference[:, :, None] - preference[:, None, :]) / PREFERENCE_WIDTH)
    ahead = ahead * there[:, :, None] * (1 - torch.eye(scores.shape[1])[None])
    position = (ahead * costs[:, :, None]).sum(1) + OWN_SHARE * costs
    target = gold / gold.sum(1, keepdim=True)
    reached = sum(
        weight * (target * torch.sigmoid((math.log(budget) - torch.log(position)) / BUDGET_WIDTH)).sum(1)
        for budget, weight in BUDGETS.items()
    )
    return -reached  # type: ignore[return-value]
