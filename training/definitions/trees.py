"""Training of the trees that rank the definitions of a file; ``laconic.score.code.trees`` is the forest at work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from definitions.nets import Candidates
from laconic.score.code.trees import Forest

# Chosen by leaving organisations out of the training data, of a few values each.
SETTINGS = {
    "objective": "lambdarank", "lambdarank_truncation_level": 20, "label_gain": [0, 1],
    "learning_rate": 0.1, "num_leaves": 24, "min_data_in_leaf": 100, "feature_fraction": 0.4,
    "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 5.0,
    "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbose": -1,
}  # fmt: skip
TREES = 200


def train_forest(files: Sequence[Candidates], seed: int) -> Forest:
    """One forest; the same files and seed give the same one."""
    import lightgbm

    data = lightgbm.Dataset(
        np.concatenate([each.rows for each in files]),
        np.concatenate([each.gold for each in files]).astype(int),
        group=[len(each.gold) for each in files],
    )
    model = lightgbm.train(SETTINGS | {"seed": seed}, data, num_boost_round=TREES)
    return _forest([tree["tree_structure"] for tree in model.dump_model()["tree_info"]])


def _forest(trees: Sequence[dict[str, Any]]) -> Forest:
    columns: dict[str, list[Any]] = {name: [] for name in ("feature", "threshold", "below", "above", "value")}
    roots = []

    def place(feature: int, threshold: float, value: float) -> int:
        at = len(columns["feature"])
        for name, what in zip(columns, (feature, threshold, at, at, value), strict=True):
            columns[name].append(what)
        return at

    for tree in trees:
        waiting: list[tuple[dict[str, Any], str, int]] = [(tree, "", -1)]
        roots.append(len(columns["feature"]))
        while waiting:
            node, side, parent = waiting.pop()
            if "split_feature" in node:
                at = place(node["split_feature"], node["threshold"], 0.0)
                waiting += [(node["right_child"], "above", at), (node["left_child"], "below", at)]
            else:
                at = place(0, 0.0, node["leaf_value"])
            if side:
                columns[side][parent] = at
    return Forest.of(**columns, roots=roots)
