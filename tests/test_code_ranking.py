"""The ranking of a file's definitions: its features, its nets, and what it does without them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("tree_sitter")

from code_samples import QUESTION, SAMPLES

from laconic.exceptions import WeightsError
from laconic.kinds.code.parse import parse
from laconic.score.code import Weights, rank, shipped_weights
from laconic.score.code.features import FEATURES, feature_matrix
from laconic.score.code.index import CodeIndex
from laconic.score.code.nets import CONTEXT_FEATURES, Net, context_features
from laconic.score.code.trees import Forest

SOURCE = """\
def apart(node):
    beat = node.beat
    count = 3
    for worker in node.workers:
        count += worker.age
    return master(count)


def together(node):
    # nothing of it
    return node.heartbeat(worker=node.worker)


def calls(node):
    return together(node)
"""


def features(query: str, source: str = SOURCE, language: str = "python") -> dict[str, np.ndarray]:
    index = CodeIndex([parse(source, language)])
    matrix = feature_matrix(query, index.documents, index.bm25(query))
    rows = context_features(query, index, range(len(index.documents)), matrix)
    assert rows.shape == (len(index.documents), len(CONTEXT_FEATURES))
    return dict(zip(CONTEXT_FEATURES, rows.T, strict=True))


@pytest.mark.parametrize("language", sorted(SAMPLES))
@pytest.mark.parametrize("query", [QUESTION, "", "…", "a.b.c() `x` 'y' 7 " * 40])
def test_every_feature_is_a_number(language: str, query: str) -> None:
    found = features(query, SAMPLES[language], language)
    assert all(np.isfinite(column).all() for column in found.values())


def test_words_on_one_line_are_told_from_words_apart() -> None:
    found = features("heartbeat of the worker")
    assert found["line_best"][1] > found["line_best"][0]
    assert found["line_share"][1] == 1


def test_a_word_in_a_comment_is_no_word_of_the_code() -> None:
    found = features("nothing")
    assert found["in_comments"].tolist() == [0, 1, 0]
    assert found["in_code"].tolist() == [0, 0, 0]


def test_parts_of_compounds_are_found_by_their_capitals() -> None:
    source = "def one():\n    return workerCount\n\n\ndef two():\n    return catalog\n\n\ndef three():\n    return x\n"
    found = features("count the log", source)
    assert found["in_code"][0] > 0
    assert found["in_code"][1] == 0


def test_what_is_called_knows_its_callers() -> None:
    found = features("calls")
    assert found["callers"].tolist() == [0, np.log(2), 0]
    assert found["caller_best"][1] == 1
    assert found["visited"][1] > found["visited"][0]


def test_probabilities_of_a_file_sum_to_one() -> None:
    ranking = rank(QUESTION, CodeIndex([parse(SOURCE, "python")]))
    assert np.exp(ranking.scores).sum() == pytest.approx(1)


def test_several_files_are_ranked_without_the_nets() -> None:
    files = [parse(SOURCE, "python"), parse(SAMPLES["python"], "python")]
    without = replace(shipped_weights(), nets=(), trees=None)
    with_nets, linear = (rank(QUESTION, CodeIndex(files), weights=each).scores for each in (None, without))
    assert with_nets.tolist() == linear.tolist()


def test_models_survive_being_written() -> None:
    weights = shipped_weights()
    again = Weights.from_json(weights.to_json())
    rows = np.zeros((3, len(FEATURES) + len(CONTEXT_FEATURES)))
    assert weights.nets
    for net, other in zip(weights.nets, again.nets, strict=True):
        assert net.score(rows).tolist() == other.score(rows).tolist()
    assert (weights.trees is None) == (again.trees is None)
    if weights.trees is not None and again.trees is not None:
        assert weights.trees.score(rows).tolist() == again.trees.score(rows).tolist()


@pytest.mark.parametrize(
    "damage",
    [{"skip": [1.0]}, {"out": [float("nan")] * 32}, {"inner": "much"}, {"scale": None}],
)
def test_a_damaged_net_is_refused(damage: dict[str, object]) -> None:
    data = shipped_weights().nets[0].to_json() | damage
    with pytest.raises(WeightsError, match="net of the code ranking"):
        Net.from_json(data)


def tree(**changes: object) -> dict[str, object]:
    """Two trees: one asks of two columns, one is a leaf."""
    return {
        "roots": [0, 5], "feature": [2, 0, 7, 0, 0, 0], "threshold": [0.5, 0.0, -1.0, 0.0, 0.0, 0.0],
        "below": [1, 1, 3, 3, 4, 5], "above": [2, 1, 4, 3, 4, 5], "value": [0.0, 1.0, 0.0, 10.0, 100.0, 0.25],
    } | changes  # fmt: skip


def test_trees_send_each_row_down_to_its_leaves() -> None:
    rows = np.zeros((3, len(FEATURES) + len(CONTEXT_FEATURES)))
    rows[:, 2] = 0.5, 0.6, 0.6
    rows[:, 7] = 5, -1, -0.9
    forest = Forest.from_json(tree())
    assert forest.score(rows).tolist() == [1.25, 10.25, 100.25]
    assert Forest.from_json(forest.to_json()).score(rows).tolist() == [1.25, 10.25, 100.25]
    assert forest.score(rows[:0]).tolist() == []


@pytest.mark.parametrize(
    "damage",
    [
        {"below": [1, 0, 3, 3, 4, 5]}, {"above": [2, 1, 6, 3, 4, 5]}, {"roots": []}, {"roots": [6]}, {"value": [1.0]},
        {"feature": [2, 0, 10_000, 0, 0, 0]}, {"threshold": [float("nan")] * 6}, {"feature": "all"}, {"below": None},
        {"value": [1e999] * 6}, {"feature": [], "threshold": [], "below": [], "above": [], "value": []},
    ],
)  # fmt: skip
def test_damaged_trees_are_refused(damage: dict[str, object]) -> None:
    with pytest.raises(WeightsError, match="trees of the code ranking"):
        Forest.from_json(tree(**damage))


def test_the_shipped_models_are_small() -> None:
    from laconic._utils.files import shipped_file

    assert len(shipped_file("laconic.score.code", "data/weights.json")) < 800_000
