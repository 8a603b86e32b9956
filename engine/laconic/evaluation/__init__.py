"""Proof on one's own questions: what compression keeps of answers and labelled evidence, at which budget.

`evaluate` is the door; `Evaluator` keeps what was finished when it is stopped. See ``docs/evaluation.md``.
"""

from __future__ import annotations

from laconic.evaluation.calibrating import Calibrated, calibrate_rows
from laconic.evaluation.endpoint import EndpointJudge
from laconic.evaluation.result import Cell, Evaluation, Loss, Smallest
from laconic.evaluation.rows import Label, Row, Rows, read_rows
from laconic.evaluation.running import Evaluator, evaluate

__all__ = [
    "Calibrated", "Cell", "EndpointJudge", "Evaluation", "Evaluator", "Label", "Loss", "Row", "Rows", "Smallest",
    "calibrate_rows", "evaluate", "read_rows",
]  # fmt: skip
