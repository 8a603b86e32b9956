"""The result of an evaluation: figures by system and budget, the smallest budget, and what was lost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from laconic.evaluation.losses import Loss
from laconic.evaluation.markdown import as_markdown
from laconic.evaluation.page import as_page
from laconic.exceptions import ConfigurationError, InputError

__all__ = ["Cell", "Evaluation", "Loss", "Smallest", "report_format"]

_FORMATS = {".md": "md", ".markdown": "md", ".json": "json", ".html": "html", ".htm": "html"}


@dataclass(frozen=True)
class Cell:
    """One system under one budget.

    Attributes:
        system: its name.
        budget: a share of the tokens (float), a number of tokens (int), or None for what was recorded in production.
        label: the budget as reports write it.
        n: number of questions.
        kept: mean share of the answers or evidence that is kept, 0–1.
        interval: 95 % interval of ``kept`` for further questions like these (Wilson's).
        tokens: mean tokens of what is left.
        rate: tokens left over tokens given, all questions together.
        ms: median milliseconds of a call; None for what was recorded. The budgets of a row are tried one after the
            other, so that all but the first find in memory what a system remembers of its passages.
        over: how often the budget was exceeded; such an output counts as nothing kept, unless the run was lenient.
        errors: how often the system raised; counts as nothing kept.
        first_error: the first of them.
        kinds: by kind of text, the number of questions and the mean share kept.
    """

    system: str
    budget: float | int | None
    label: str
    n: int
    kept: float
    interval: tuple[float, float]
    tokens: float
    rate: float
    ms: float | None
    over: int
    errors: int
    first_error: str | None
    kinds: Mapping[str, tuple[int, float]]


@dataclass(frozen=True)
class Smallest:
    """The least budget at which a system keeps the target.

    Attributes:
        system: its name.
        unit: ``"rate"`` or ``"tokens"``.
        budget: read off the line between the measured budgets.
        interval: 95 %, by resampling the questions.
        is_bound: whether even the least measured budget keeps as much, so that ``budget`` is a bound from above.
    """

    system: str
    unit: str
    budget: float
    interval: tuple[float, float]
    is_bound: bool


@dataclass(frozen=True)
class Evaluation:
    """What `laconic.evaluate` found. ``print(evaluation)`` shows it as Markdown.

    Attributes:
        n: number of questions that were measured.
        cells: a figure for each system and budget.
        smallest: for each system the least budget that keeps ``target``.
        target: the share that was asked for.
        losses: what laconic lost, with the sentence and the reason, for each budget.
        tokens: mean tokens of a whole context.
        kinds: number of questions by kind of text.
        judged_by: number of questions by how they were judged: ``"evidence"``, ``"answers"``, ``"model"``.
        left_out: why rows were not measured, and their names.
        settings: counter, separator, seed and version.
        stopped: what ended the run before all rows were measured; None for a whole one.
        shares: by system and budget label the share kept of each row, by the row's name.
    """

    n: int
    cells: tuple[Cell, ...]
    smallest: tuple[Smallest, ...]
    target: float
    losses: tuple[Loss, ...]
    tokens: float
    kinds: Mapping[str, int]
    judged_by: Mapping[str, int]
    left_out: Mapping[str, Sequence[str]]
    settings: Mapping[str, Any]
    stopped: str | None = None
    shares: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict, repr=False)

    def cell(self, system: str, budget: float | int | None) -> Cell:
        """The figure of one system under one budget.

        Raises:
            KeyError: it was not measured.
        """
        for each in self.cells:
            if each.system == system and each.budget == budget:
                return each
        raise KeyError((system, budget))

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)

    def to_json(self) -> str:
        """All figures, row by row too."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1) + "\n"

    def to_markdown(self) -> str:
        """A report as Markdown."""
        return as_markdown(self.to_dict())

    def to_html(self) -> str:
        """A report as one page that loads nothing from elsewhere."""
        return as_page(self.to_dict())

    def __str__(self) -> str:
        return self.to_markdown()

    def save(self, path: str | Path) -> None:
        """Write a report: Markdown, JSON or HTML by the name's ending.

        Raises:
            ConfigurationError: another ending.
            InputError: the file cannot be written.
        """
        write = {"md": self.to_markdown, "json": self.to_json, "html": self.to_html}[report_format(path)]
        try:
            Path(path).write_text(write(), encoding="utf-8")
        except OSError as error:
            raise InputError(f"{path} cannot be written: {error.strerror or error}") from error


def report_format(path: str | Path) -> str:
    """``"md"``, ``"json"`` or ``"html"``, by a name's ending.

    Raises:
        ConfigurationError: another ending.
    """
    found = _FORMATS.get(Path(path).suffix.lower())
    if found is None:
        raise ConfigurationError(f"report {str(path)!r}: its name must end in .md, .json or .html")
    return found
