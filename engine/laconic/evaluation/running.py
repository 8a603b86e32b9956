"""Carrying out an evaluation: each row, each system, each budget."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import fmean, median
from time import perf_counter
from typing import Any, Literal

from laconic._utils.options import known_options
from laconic._utils.version import __version__
from laconic.core.calibration import wilson_interval
from laconic.evaluation.budgets import DEFAULT_RATES, Ceiling, ceilings
from laconic.evaluation.intervals import smallest_budget
from laconic.evaluation.judging import KEPT_WORDS, holds, normalised, words_in_order
from laconic.evaluation.losses import Loss, explained_losses, lost_places
from laconic.evaluation.result import Cell, Evaluation, Smallest
from laconic.evaluation.rows import Row, Rows, read_rows
from laconic.evaluation.systems import DEFAULT_SYSTEMS, LaconicSystem, Output, System, output_of, systems_of
from laconic.exceptions import BudgetError, ConfigurationError, InputError, LaconicError
from laconic.kinds.catalogue import recognise
from laconic.tokens import as_counter

__all__ = ["Evaluator", "Judge", "answers_kept", "evaluate", "evidence_kept"]

Judge = Callable[[Row, str], float | bool | None]
"""A row and the text that is left of its context, to how well that still answers the question, 0–1; None where the
judge cannot say. It is asked about the whole context too: what that does not answer is not measured."""

_RECORDED = "recorded"
_WARM_UP_TOKENS = 100


@dataclass(frozen=True)
class _Point:
    kept: float
    tokens: int
    ms: float | None
    over: bool
    error: str | None


@dataclass
class _Measured:
    """One finished row."""

    row: Row
    kind: str
    judged_by: str
    tokens: int
    points: dict[tuple[str, Ceiling | None], _Point] = field(default_factory=dict)


class Evaluator:
    """Measures systems on rows, and keeps what is finished.

    Args:
        systems: names of `laconic.evaluation.systems.SYSTEMS`, ``"module:function"``, or a mapping from names to
            callables ``(query, passages, max_tokens)`` and `laconic.Compressor` objects.
        budgets: shares of the tokens (floats, 0 < rate ≤ 1) and numbers of tokens (ints).
        judge: ``"auto"``: by labelled evidence where a row has it, else by its answers; ``"strings"`` or ``"spans"``
            alone; or a callable, see `Judge`.
        target: the share for which the smallest budget is looked for, 0 < target < 1.
        model: the model that will read the text; chooses the token counter.
        counter: counts instead; see `laconic.Compressor`.
        separator: what joins the passages; None where each is sent on its own.
        lenient: whether an output over its budget is judged as it is, for systems that keep no budget.
        seed: of the interval's resampling, and of the choice of rows.
        on_progress: called with the number of finished rows and of all, after each.

    Raises:
        ConfigurationError: an option that cannot work.
    """

    @known_options
    def __init__(
        self,
        systems: Sequence[str] | Mapping[str, Any] = DEFAULT_SYSTEMS,
        *,
        budgets: Iterable[float | int] = DEFAULT_RATES,
        judge: Literal["auto", "strings", "spans"] | Judge = "auto",
        target: float = 0.95,
        model: str = "gpt-4o",
        counter: Any = None,
        separator: str | None = "\n\n",
        lenient: bool = False,
        seed: int = 0,
        on_progress: Callable[[int, int], Any] | None = None,
    ) -> None:
        self.counter = as_counter(model if counter is None else counter)
        self.separator = separator
        self.systems = systems_of(systems, self.counter, separator)
        self.ceilings = ceilings(budgets)
        if not callable(judge) and judge not in ("auto", "strings", "spans"):
            raise ConfigurationError(f"judge is {judge!r}: give 'auto', 'strings', 'spans' or a callable (row, text)")
        self.judge = judge
        if isinstance(target, bool) or not isinstance(target, (int, float)) or not 0 < target < 1:
            raise BudgetError(f"target is {target!r}: it must be a share of what is to be kept, 0 < target < 1")
        self.target = float(target)
        self.lenient = lenient
        self.seed = seed
        self.on_progress = on_progress
        self._measured: list[_Measured] = []
        self._losses: list[Loss] = []
        self._left_out: dict[str, list[str]] = {}
        self._warm = False

    @property
    def finished(self) -> int:
        """How many rows are measured."""
        return len(self._measured)

    # -- the run --------------------------------------------------------------------------------------------------

    def run(self, rows: str | os.PathLike[str] | Iterable[Any], *, limit: int | None = None) -> Evaluation:
        """Measure rows; see `laconic.evaluation.rows` for their form.

        Args:
            rows: path of a file of JSON lines, or mappings.
            limit: most rows; beyond it as many are drawn.

        Raises:
            InputError: rows that cannot be read, or none that can be measured.
            APIError, AuthenticationError: a judge behind an address failed for good; `result` has what was finished.
        """
        read = self._read(rows, limit)
        for at, row in enumerate(read.rows, 1):
            self._measure(row)
            if self.on_progress is not None:
                self.on_progress(at, len(read.rows))
        if not self._measured:
            raise InputError("no row can be measured: the judge finds an answer in none of the whole contexts")
        return self.result()

    def _read(self, rows: Any, limit: int | None) -> Rows:
        read = read_rows(rows, limit=limit, seed=self.seed, judged=callable(self.judge))
        self._note("without answers and evidence", read.unlabelled)
        self._note("recorded calls without a question", read.unasked)
        self._note("their labels stand in none of their passages", read.misplaced)
        self._note("some of their evidence stands in no passage (the rest was measured)", read.partly)
        wanted = [row for row in read.rows if self._can_judge(row)]
        if not wanted:
            raise InputError(f"no row has what judge={self.judge!r} needs: use judge='auto'")
        self._note(f"nothing to judge by {self.judge}", [row.name for row in read.rows if not self._can_judge(row)])
        return Rows(tuple(wanted))

    def _can_judge(self, row: Row) -> bool:
        if self.judge == "spans":
            return bool(row.evidence)
        return self.judge != "strings" or bool(row.answer_passages())

    def _note(self, why: str, names: Sequence[str]) -> None:
        if names:
            self._left_out.setdefault(why, []).extend(names)

    # -- one row --------------------------------------------------------------------------------------------------

    def _measure(self, row: Row) -> None:
        whole = output_of([each.text for each in row.passages], row.passages, self.counter, self.separator)
        base = self._share(row, whole, 1.0)
        if not base:
            self._note("the whole context does not answer them", [row.name])
            return
        found = _Measured(row, self._kind(row), self._judged_by(row), whole.tokens)
        losses: list[Loss] = []
        if not self._warm:
            self._warm_up(row)
        for name, system in self.systems.items():
            for ceiling in self.ceilings:
                point, lost = self._point(row, name, system, ceiling, whole.tokens, base)
                found.points[name, ceiling] = point
                losses += lost
        if row.kept is not None:
            output = output_of(row.kept, row.passages, self.counter, self.separator)
            found.points[_RECORDED, None] = _Point(self._share(row, output, base), output.tokens, None, False, None)
        self._measured.append(found)
        self._losses += losses

    def _warm_up(self, row: Row) -> None:
        """A call whose time does not count: models are loaded by it."""
        self._warm = True
        for system in self.systems.values():
            with suppress(Exception):  # it will be told where it counts
                system(row.query, list(row.passages), _WARM_UP_TOKENS)

    def _point(
        self, row: Row, name: str, system: System, ceiling: Ceiling, total: int, base: float
    ) -> tuple[_Point, list[Loss]]:
        budget = ceiling.tokens(total)
        began = perf_counter()
        try:
            given = system(row.query, list(row.passages), budget)
        except LaconicError:
            raise
        except Exception as error:  # noqa: BLE001 - a peer's failure is a figure, not the end of the comparison
            return _Point(0.0, 0, (perf_counter() - began) * 1000, False, f"{type(error).__name__}: {error}"), []
        ms = (perf_counter() - began) * 1000
        output = output_of(given, row.passages, self.counter, self.separator)
        over = output.tokens > budget
        share = 0.0 if over and not self.lenient else self._share(row, output, base)
        point = _Point(share, output.tokens, ms, over, None)
        if share >= 1 - 1e-9 or not isinstance(system, LaconicSystem):
            return point, []
        return point, self._lost(row, name, system, ceiling, budget, output)

    def _lost(
        self, row: Row, name: str, system: LaconicSystem, ceiling: Ceiling, budget: int, output: Output
    ) -> list[Loss]:
        """What laconic lost, with the reasons of the same call asked for them."""
        if callable(self.judge):
            lost = [] if not row.is_labelled else lost_places(row)
        else:
            lost = lost_places(row)
        if self._judged_by(row) != "answers":
            lost = [each for each in lost if not _is_kept(each[1], row, output)]
        if not lost:
            why = "the judge no longer finds the answer"
            return [Loss(row.name, row.query, name, ceiling.label, "", None, None, "", why)]
        return explained_losses(row, name, ceiling.label, lost, system.explained(row.query, list(row.passages), budget))

    # -- verdicts -------------------------------------------------------------------------------------------------

    def _share(self, row: Row, output: Output, base: float) -> float:
        """Share of what the whole context has that an output still has, 0–1."""
        if callable(self.judge):
            found = self.judge(row, output.text)
            return 0.0 if found is None else min(1.0, max(0.0, float(found)) / base)
        return evidence_kept(row, output) if self._judged_by(row) == "evidence" else answers_kept(row, output)

    def _judged_by(self, row: Row) -> str:
        if callable(self.judge):
            return "model"
        return "evidence" if row.evidence and self.judge != "strings" else "answers"

    def _kind(self, row: Row) -> str:
        """The kind of the passages that hold what is needed; of all passages where nothing is labelled."""
        at = {place[0] for label in row.evidence for place in label.places[:1]} or set(row.answer_passages())
        kinds = {recognise(row.passages[each]).kind.name for each in at or range(len(row.passages))}
        return kinds.pop() if len(kinds) == 1 else "several kinds"

    # -- the result -----------------------------------------------------------------------------------------------

    def result(self, stopped: str | None = None) -> Evaluation:
        """The figures of the rows that are finished.

        Args:
            stopped: what ended the run before its end, for the report.

        Raises:
            InputError: no row is finished.
        """
        measured = self._measured
        if not measured:
            raise InputError("no row was finished, so there is nothing to report")
        columns = [(name, ceiling) for name in self.systems for ceiling in self.ceilings]
        if any((_RECORDED, None) in each.points for each in measured):
            columns.append((_RECORDED, None))  # type: ignore[arg-type]
        return Evaluation(
            n=len(measured),
            cells=tuple(_cell(measured, name, ceiling) for name, ceiling in columns),
            smallest=tuple(found for name in self.systems for found in self._smallest(name)),
            target=self.target,
            losses=tuple(self._losses),
            tokens=fmean(each.tokens for each in measured),
            kinds=dict(Counter(each.kind for each in measured).most_common()),
            judged_by=dict(Counter(each.judged_by for each in measured).most_common()),
            left_out=dict(self._left_out),
            settings={
                "counter": getattr(self.counter, "name", type(self.counter).__name__),
                "separator": self.separator,
                "lenient": self.lenient,
                "seed": self.seed,
                "laconic": __version__,
            },
            stopped=stopped,
            shares=_shares(measured, columns),
        )

    def _smallest(self, system: str) -> list[Smallest]:
        import numpy as np

        found = []
        for unit, is_rate in (("rate", True), ("tokens", False)):
            chosen = [ceiling for ceiling in self.ceilings if ceiling.is_rate is is_rate]
            if not chosen:
                continue
            whole = 1.0 if is_rate else float(max(each.tokens for each in self._measured))
            chosen = [ceiling for ceiling in chosen if ceiling.value < whole]
            budgets = [*(float(ceiling.value) for ceiling in chosen), whole]
            shares = np.array([[*(each.points[system, c].kept for c in chosen), 1.0] for each in self._measured])
            budget, low, high = smallest_budget(budgets, shares, self.target, self.seed)
            found.append(Smallest(system, unit, budget, (low, high), budget == budgets[0]))
        return found


def evidence_kept(row: Row, output: Output) -> float:
    """Share of a row's pieces of evidence that an output keeps; of any piece where one suffices."""
    kept = [any(_is_kept(place, row, output) for place in label.places) for label in row.evidence]
    return float(any(kept)) if row.any_piece else fmean(kept)


def answers_kept(row: Row, output: Output) -> float:
    """1 where an answer is still in a passage that held it (anywhere, where the passages were merged), else 0."""
    wanted = [text for text in map(normalised, row.answers) if text]
    places = row.answer_passages() if output.aligned else [0]
    return float(any(holds(normalised(output.of_passage(at)), wanted) for at in places))


def _is_kept(place: tuple[int, int, int], row: Row, output: Output) -> bool:
    at, start, end = place
    text = output.of_passage(at)
    return bool(text) and words_in_order(row.passages[at].text[start:end], text) >= KEPT_WORDS


def _cell(measured: Sequence[_Measured], system: str, ceiling: Ceiling | None) -> Cell:
    rows = [each for each in measured if (system, ceiling) in each.points]
    points = [each.points[system, ceiling] for each in rows]
    kinds: dict[str, list[float]] = defaultdict(list)
    for each, point in zip(rows, points, strict=True):
        kinds[each.kind].append(point.kept)
    kept = fmean(point.kept for point in points)
    low, high = wilson_interval(kept, len(points))
    times = [point.ms for point in points if point.ms is not None]
    errors = [point.error for point in points if point.error is not None]
    return Cell(
        system=system,
        budget=None if ceiling is None else ceiling.value,
        label=_RECORDED if ceiling is None else ceiling.label,
        n=len(points),
        kept=kept,
        interval=(min(kept, low), max(kept, high)),
        tokens=fmean(point.tokens for point in points),
        rate=sum(point.tokens for point in points) / max(1, sum(each.tokens for each in rows)),
        ms=median(times) if times else None,
        over=sum(point.over for point in points),
        errors=len(errors),
        first_error=errors[0] if errors else None,
        kinds={kind: (len(shares), fmean(shares)) for kind, shares in kinds.items()},
    )


def _shares(
    measured: Sequence[_Measured], columns: Sequence[tuple[str, Ceiling | None]]
) -> dict[str, dict[str, dict[str, float]]]:
    found: dict[str, dict[str, dict[str, float]]] = {}
    for name, ceiling in columns:
        label = _RECORDED if ceiling is None else ceiling.label
        found.setdefault(name, {})[label] = {
            each.row.name: each.points[name, ceiling].kept for each in measured if (name, ceiling) in each.points
        }
    return found


@known_options
def evaluate(
    rows: str | os.PathLike[str] | Iterable[Mapping[str, Any]],
    systems: Sequence[str] | Mapping[str, Any] = DEFAULT_SYSTEMS,
    *,
    budgets: Iterable[float | int] = DEFAULT_RATES,
    judge: Literal["auto", "strings", "spans"] | Judge = "auto",
    target: float = 0.95,
    model: str = "gpt-4o",
    counter: Any = None,
    separator: str | None = "\n\n",
    lenient: bool = False,
    limit: int | None = None,
    seed: int = 0,
    on_progress: Callable[[int, int], Any] | None = None,
) -> Evaluation:
    """What compression keeps of the answers to one's own questions: ``laconic.evaluate(rows)``.

    Args:
        rows: path of a file of JSON lines, or mappings: ``query``, ``passages``, and ``answers`` (strings of which one
            suffices) or ``evidence`` (quotes, or passage and offsets); see `laconic.evaluation.rows`.
        systems: what is compared; see `Evaluator`, which explains all further options.
        budgets: shares of the tokens (floats) and numbers of tokens (ints).
        judge: by what; or a callable ``(row, text)``, for example a `laconic.evaluation.EndpointJudge`.
        target: the share for which the smallest budget is looked for.
        model: chooses the token counter.
        counter: counts instead.
        separator: what joins the passages.
        lenient: whether outputs over their budget are judged as they are.
        limit: most rows.
        seed: of what is drawn at random.
        on_progress: called with the number of finished rows and of all.

    Returns:
        Figures by system and budget, the smallest budget that keeps the target, and what was lost.

    Raises:
        InputError: rows that cannot be read, or none that can be measured.
        ConfigurationError: an option that cannot work.
        APIError, AuthenticationError: a judge behind an address failed. `Evaluator` keeps what was finished by then.

    Costs what the systems cost, for each row and budget: some 10 ms with laconic's.
    """
    evaluator = Evaluator(
        systems,
        budgets=budgets,
        judge=judge,
        target=target,
        model=model,
        counter=counter,
        separator=separator,
        lenient=lenient,
        seed=seed,
        on_progress=on_progress,
    )
    return evaluator.run(rows, limit=limit)
