"""Train the models of the code scorer.

    python training/train_code.py --data FOLDER --out engine/laconic/score/code/data/weights.json
    python training/train_code.py --data FOLDER --without go,rust --out other.json    # languages, organisations

Data: the commit tasks of FOLDER/commit.jsonl.gz, of the benchmark's training split. Each has a source file at the
parent of a commit, the commit's message as the question, the functions and lines that it changed as gold; a second
question of each is the message without the names of the file. Nets and trees also see questions of other sorts:

- what a function's documentation says (tasks of FOLDER/doc.jsonl.gz, and made of the files of commit tasks). All
  comments and documentation of such a file are blanked: where only the one asked for is missing, models learn that
  what has no documentation is meant;
- an error's message, a test's name, a function's name with the short forms of words (``definitions/questions.py``), of
  a quarter of the files each.

The linear models are over standardised features, trained with a listwise softmax: of one file's candidates (of one gold
function's statements), the gold ones should have the probability. The ranking of definitions is then trained on for
what it is used for, filling a budget (`fill`). Full-batch Adam from zero, so the result depends on the data alone. The
nets and trees rank the definitions of one file (``training/definitions/nets.py``, ``trees.py``); what they become
depends on the data, the seed and the machine.

Needs numpy, torch (CPU) and lightgbm. Twenty-two minutes for 7,522 tasks on one core, three quarters of it reading the
sources; ``--read FILE`` keeps what was read.

No dev task is trained on: dev stays for published figures.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import pickle
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from definitions.nets import Candidates, train_net
from definitions.questions import documented, questions, undocumented
from definitions.trees import train_forest
from numpy.typing import NDArray

from laconic.kinds.code.costs import Costs
from laconic.kinds.code.parse import ParsedCode, ParseTimeoutError, parse
from laconic.kinds.code.statements import statements
from laconic.kinds.code.units import Outline, Unit, comment_spans, outline
from laconic.score.code.features import FEATURES, feature_matrix
from laconic.score.code.index import CodeIndex
from laconic.score.code.nets import context_features
from laconic.score.code.statement_features import STATEMENT_FEATURES, statement_features
from laconic.score.code.weights import Linear, Weights
from laconic.tokens import counter_for

Floats = NDArray[np.float64]

STEPS, RATE = 400, 0.05
DECAY_DEFINITIONS, DECAY_STATEMENTS = 2e-3, 2e-3
MIN_STATEMENTS = 6
NETS = 2

# Of the questions that are made from a file: sorts, the share of files of which each is taken, and of how many
# functions the documentation is.
MADE, MADE_SHARE, MOST_DOCUMENTED = ("message", "test", "short"), 0.25, 2

# Of the questions that are made from documentation one in so many is trained on: with all of them models lose a
# hundredth of commit tasks and gain two of documentation (organisations left out). Which ones follows from the order.
MADE_EVERY = 5

# Budgets to be filled and what each counts; the widths of the two logistics that make filling smooth (in log-odds of
# the preference, in the logarithm of tokens); what is left of the softmax loss.
BUDGETS = {600: 1.0, 1200: 1.0, 2400: 0.5}
FILL_STEPS, FILL_RATE = 80, 0.02
PREFERENCE_WIDTH, BUDGET_WIDTH = 1.0, 0.5
SOFTMAX_SHARE = 0.05
PRICE_OFFSET = 20.0  # the price of entry in `laconic.kinds.code.kind`


@dataclass(frozen=True)
class Group:
    """Candidates that compete: rows of features, which of them are gold, and the planned tokens of definitions.

    ``context`` are the features that only nets and trees see.
    """

    repository: str
    language: str
    rows: Floats
    gold: NDArray[np.bool_]
    costs: Floats | None = None
    context: Floats | None = None
    sort: str = "query"  # what the question is: a commit's "query", all others are for nets and trees alone

    @property
    def target(self) -> Floats:
        """The probability that each candidate should have."""
        return self.gold / self.gold.sum()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--out", type=Path, required=True)
    arguments.add_argument("--read", type=Path, help="where what was read is kept, and taken from where it is there")
    arguments.add_argument("--processes", type=int, default=1, help="that train nets side by side")
    arguments.add_argument("--without", default="", help="languages and organisations to leave out")
    options = arguments.parse_args()
    definitions, pieces = _read_once(options.data, options.read)
    missing = set(filter(None, options.without.split(",")))
    if missing:
        definitions, pieces = (
            [g for g in groups if missing.isdisjoint((g.language, g.repository.split("/")[0]))]
            for groups in (definitions, pieces)
        )
    print(f"{len(definitions)} questions, {len(pieces)} functions", file=sys.stderr)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    write(train(definitions, pieces, options.processes), options.out)


def _read_once(data: Path, kept: Path | None) -> tuple[list[Group], list[Group]]:
    if kept is not None and kept.exists():
        again: tuple[list[Group], list[Group]] = pickle.loads(kept.read_bytes())  # noqa: S301  our own file
        return again
    found = read(data / "commit.jsonl.gz")
    found[0].extend(read_documentation(data / "doc.jsonl.gz"))
    if kept is not None:
        kept.write_bytes(pickle.dumps(found, protocol=5))
    return found


def read(path: Path) -> tuple[list[Group], list[Group]]:
    """Groups of definitions, some per task, and of statements, one per gold function."""
    definitions, pieces = [], []
    for task, parsed in _tasks(path):
        found = outline(parsed)
        index = CodeIndex.of(parsed)
        gold = _gold(parsed, task)
        if gold.any() and not gold.all():
            for kind in ("query", "query_hard"):
                if task.get(kind):
                    definitions.append(_group(task, parsed, task[kind], gold, kind))
            definitions += _made(task, parsed)
        for place, hit in zip(index.places, gold, strict=True):
            if hit:
                group_of_function = statement_group(parsed, found, place[1], task)
                if group_of_function is not None:
                    pieces.append(group_of_function)
    return definitions, pieces


def read_documentation(path: Path) -> Iterator[Group]:
    """Groups of definitions whose question is what a function's documentation says, of files without any."""
    for task, documented_file in _tasks(path):
        try:
            parsed = _parse(undocumented(documented_file), task)
        except ParseTimeoutError:
            continue
        gold = _gold(parsed, task)
        if gold.any() and not gold.all():
            yield _group(task, parsed, task["query"], gold, "documentation")


def _tasks(path: Path) -> Iterator[tuple[dict[str, Any], ParsedCode]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            task = json.loads(line)
            try:
                yield task, _parse(task["source"], task)
            except ParseTimeoutError:
                continue


def _parse(source: str, task: dict[str, Any]) -> ParsedCode:
    return parse(source, "tsx" if task["path"].endswith(".tsx") else task["lang"])


def _gold(parsed: ParsedCode, task: dict[str, Any]) -> NDArray[np.bool_]:
    found = outline(parsed)
    return np.array([is_gold(parsed, found, place[1], task) for place in CodeIndex.of(parsed).places], dtype=bool)


def _made(task: dict[str, Any], parsed: ParsedCode) -> Iterator[Group]:
    """Groups for the questions that are made from a task's file."""
    chance = random.Random(task["id"])  # noqa: S311  of questions
    size = len(CodeIndex.of(parsed).places)
    for question in questions(parsed, task["path"], task["lang"], chance):
        if question.sort in MADE and chance.random() < MADE_SHARE:
            yield _group(task, parsed, question.text, np.arange(size) == question.candidate, question.sort)
    told = documented(parsed, chance, MOST_DOCUMENTED)
    if not told:
        return
    try:
        bare = _parse(undocumented(parsed), task)
    except ParseTimeoutError:
        return
    places = [outline(bare).units[unit].definition for _, unit in CodeIndex.of(bare).places]
    for text, unit in told:
        gold = np.array([place == outline(parsed).units[unit].definition for place in places], dtype=bool)
        if gold.any() and not gold.all():
            yield _group(task, bare, text, gold, "made")


def _group(task: dict[str, Any], parsed: ParsedCode, question: str, gold: NDArray[np.bool_], sort: str) -> Group:
    index, units = CodeIndex.of(parsed), outline(parsed).units
    cost = Costs.of(parsed, counter_for("cl100k_base"))
    costs = np.array([definition_cost(cost, parsed, units[unit]) for _, unit in index.places], dtype=float)
    matrix = feature_matrix(question, index.documents, index.bm25(question))
    context = context_features(question, index, range(len(index.documents)), matrix).astype(np.float32)
    return Group(task["repo"], task["lang"], matrix, gold, costs, context, sort)


def line_of(parsed: ParsedCode, byte: int) -> int:
    return parsed.data.count(b"\n", 0, byte) + 1


def is_gold(parsed: ParsedCode, found: Outline, unit: int, task: dict[str, Any]) -> bool:
    start, end = line_of(parsed, found.units[unit].start), line_of(parsed, found.units[unit].end - 1)
    return any(
        (start <= gold["start"] and gold["end"] <= end) or (gold["start"] <= start and end <= gold["end"])
        for gold in task["gold_functions"]
    )


def statement_group(parsed: ParsedCode, found: Outline, unit: int, task: dict[str, Any]) -> Group | None:
    pieces = statements(parsed, found.units[unit])
    if len(pieces) < MIN_STATEMENTS:
        return None
    wanted = set(task["gold_lines"])
    gold = np.array(
        [
            any(
                line in wanted
                for start, end in piece.own
                for line in range(line_of(parsed, start), line_of(parsed, max(start, end - 1)) + 1)
                if parsed.data[start:end].strip()
            )
            for piece in pieces
        ]
    )
    if not gold.any() or gold.all():
        return None
    return Group(task["repo"], task["lang"], statement_features(parsed, pieces, task["query"]), gold)


def train(definitions: Sequence[Group], pieces: Sequence[Group], processes: int = 1) -> Weights:
    """All models; the order of the groups does not matter."""
    definitions, pieces = (sorted(groups, key=_order) for groups in (definitions, pieces))
    files = [
        Candidates(np.concatenate((g.rows, g.context), axis=1).astype(np.float32), g.gold, g.costs)
        for g in _thinned(definitions)
        if g.context is not None and g.costs is not None
    ]
    plain = [group for group in definitions if group.sort == "query"]
    with ProcessPoolExecutor(processes, mp_context=get_context("fork")) as pool:
        nets = pool.map(partial(train_net, files), range(NETS))
        ranking = fill(fit(plain, FEATURES, DECAY_DEFINITIONS), plain, DECAY_DEFINITIONS)
        forest = train_forest(files, 1)
        return Weights(ranking, fit(pieces, STATEMENT_FEATURES, DECAY_STATEMENTS), tuple(nets), forest)


def _thinned(groups: Sequence[Group]) -> Iterator[Group]:
    made = 0
    for group in groups:
        made += group.sort == "made"
        if group.sort != "made" or made % MADE_EVERY == 0:
            yield group


def _order(group: Group) -> tuple[str, bytes, bytes]:
    return group.repository, group.rows.tobytes(), group.gold.tobytes()


def fit(groups: Sequence[Group], features: tuple[str, ...], decay: float) -> Linear:
    """The linear model whose softmax over each group gives the gold rows the most probability."""
    rows = np.concatenate([group.rows for group in groups])
    untrained = Linear(features, rows.mean(axis=0), rows.std(axis=0) + 1e-6, np.zeros(len(features)))
    return descend(untrained, rows, Softmax(groups).slope, len(groups), decay, STEPS, RATE)


def definition_cost(cost: Costs, parsed: ParsedCode, unit: Unit) -> int:
    """Planned tokens of a definition without the comments in it."""
    comments = [span for span in comment_spans(parsed) if unit.start <= span[0] < unit.end]
    return cost(unit.start, unit.end) + 1 - sum(cost(*span) for span in comments)


def fill(model: Linear, groups: Sequence[Group], decay: float) -> Linear:
    """Train a ranking on for the share of the gold that a budget holds, as `laconic.scaledown.selection` fills it.

    Candidates are taken by score less price until the budget is spent, so what stands before a gold candidate decides
    whether it is reached. Both steps are made smooth: a candidate stands before another to the degree that a logistic
    of the difference of their preferences says, and a budget reaches a candidate to the degree that a logistic of the
    logarithm of the budget over the tokens up to there says (the way of ApproxNDCG: Qin, Liu and Li, "A general
    approximation framework for direct optimization of information retrieval measures", 2010).
    """
    rows = np.concatenate([group.rows for group in groups])
    costs = np.concatenate([group.costs for group in groups if group.costs is not None])
    target = np.concatenate([group.target for group in groups])
    softmax = Softmax(groups)
    # Every gold candidate is paired with all candidates of its group.
    gold = np.flatnonzero(target)
    sizes = softmax.sizes[softmax.owner[gold]]
    first = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    pair = np.repeat(np.arange(len(gold)), sizes)
    other = np.arange(len(pair)) - first[pair] + softmax.starts[softmax.owner[gold]][pair]
    this = gold[pair]
    worth = target[gold]

    def slope(score: Floats) -> Floats:
        preference = score - np.log(costs + PRICE_OFFSET)
        before = logistic((preference[other] - preference[this]) / PREFERENCE_WIDTH) * (other != this)
        # Of the candidate itself most must fit: the last one is cut.
        position = np.add.reduceat(before * costs[other], first) + 0.7 * costs[gold]
        pull = np.zeros(len(gold))
        for budget, weight in BUDGETS.items():
            reached = logistic((np.log(budget) - np.log(position)) / BUDGET_WIDTH)
            pull += weight * worth * reached * (1 - reached) / (BUDGET_WIDTH * position)
        push = before * (1 - before) / PREFERENCE_WIDTH * costs[other] * pull[pair]
        lost = np.bincount(other, push, len(score)) - np.bincount(this, push, len(score))
        return lost + SOFTMAX_SHARE * softmax.slope(score)

    return descend(model, rows, slope, len(groups), decay, FILL_STEPS, FILL_RATE)


class Softmax:
    """The listwise softmax loss of some groups, whose rows stand one after the other."""

    def __init__(self, groups: Sequence[Group]) -> None:
        self.sizes = np.array([len(group.rows) for group in groups])
        self.starts = np.concatenate(([0], np.cumsum(self.sizes)[:-1]))
        self.owner = np.repeat(np.arange(len(groups)), self.sizes)
        self.target = np.concatenate([group.target for group in groups])

    def slope(self, score: Floats) -> Floats:
        """Derivative of the summed loss by the scores."""
        score = score - np.maximum.reduceat(score, self.starts)[self.owner]
        probability = np.exp(score)
        probability /= np.add.reduceat(probability, self.starts)[self.owner]
        result: Floats = probability - self.target
        return result


def descend(
    model: Linear, rows: Floats, slope: Callable[[Floats], Floats], groups: int, decay: float, steps: int, rate: float
) -> Linear:
    """Full-batch Adam from the weights of ``model``; ``slope`` is the derivative of the loss by the scores."""
    standard = np.clip((rows - model.mean) / model.scale, -6, 6)
    weight = model.weight.copy()
    momentum, square = np.zeros_like(weight), np.zeros_like(weight)
    for step in range(1, steps + 1):
        down = standard.T @ slope(standard @ weight) / groups + decay * weight
        momentum = 0.9 * momentum + 0.1 * down
        square = 0.999 * square + 0.001 * down**2
        pace = rate * (1 - step / steps)
        weight -= pace * (momentum / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return replace(model, weight=weight)


def logistic(value: Floats) -> Floats:
    result: Floats = 1 / (1 + np.exp(-np.clip(value, -40, 40)))
    return result


def write(weights: Weights, path: Path) -> None:
    path.write_text(json.dumps(weights.to_json()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
