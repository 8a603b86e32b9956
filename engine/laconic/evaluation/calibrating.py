"""From labelled rows to a setting that keeps a wanted share, as a recipe that everything else takes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path
from statistics import fmean
from typing import Any, Literal

import yaml

from laconic._utils.options import known_options
from laconic.core.calibration import calibrate
from laconic.core.compressor import Compressor
from laconic.evaluation.budgets import DEFAULT_RATES
from laconic.evaluation.judging import holds, normalised
from laconic.evaluation.rows import Place, Row, read_rows
from laconic.evaluation.running import Evaluator, answers_kept, evidence_kept
from laconic.evaluation.systems import output_of, sentences
from laconic.exceptions import BudgetError, ConfigurationError, InputError

__all__ = ["Calibrated", "calibrate_rows"]

_BY = ("recall", "rate", "max_tokens")
_TOKENS = (100, 200, 400, 800, 1600, 3200, 6400)
_HUNDREDTHS = 100  # a rate is rounded up to the next of them, a number of tokens to the next ten
_TEN = 10


@dataclass(frozen=True)
class Calibrated:
    """A setting that keeps a wanted share of the evidence on questions like those that it was fitted on.

    Attributes:
        options: keyword arguments of `laconic.Compressor`.
        wanted: the share that was asked for.
        n: number of questions.
        kept: the share that the setting keeps on these questions, measured.
        rate: tokens left over tokens given, on these questions.
        interval: 95 %: of the share kept on further questions like these where coverage was fitted (``"recall"``), of
            the least rate or number of tokens that keeps the share otherwise.
        least: the least rate or number of tokens that keeps the share on these questions; None for ``"recall"``.
        left_out: why rows had no part in it, and their names.
    """

    options: Mapping[str, Any]
    wanted: float
    n: int
    kept: float
    rate: float
    interval: tuple[float, float]
    least: float | None
    left_out: Mapping[str, tuple[str, ...]]

    def to_yaml(self, name: str = "calibrated", source: str | None = None) -> str:
        """As a recipe: for ``laconic compress --recipe``, and ``strategy="….yaml"`` of the adapters.

        Args:
            name: of the recipe.
            source: what the rows were called, for the description.
        """
        described = (
            f"Kept {self.kept:.1%} of what {self.n} questions{f' of {source}' if source else ''} need, in "
            f"{self.rate:.1%} of the tokens; {self.wanted:.0%} were asked for."
        )
        values = {
            "name": name,
            "version": "1.0",
            "description": described,
            "compress": {key: _plain(value) for key, value in self.options.items()},
        }
        return str(yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=120))

    def save(self, path: str | os.PathLike[str], source: str | None = None) -> None:
        """Write the recipe, called like the file.

        Raises:
            ConfigurationError: the name does not end in .yaml or .yml.
            InputError: the file cannot be written.
        """
        target = Path(path)
        check_recipe_name(target)
        try:
            target.write_text(self.to_yaml(target.stem, source), encoding="utf-8")
        except OSError as error:
            raise InputError(f"{target} cannot be written: {error.strerror or error}") from error


def check_recipe_name(path: Path) -> None:
    """Refuse a name that no recipe may have.

    Raises:
        ConfigurationError: it does not end in .yaml or .yml.
    """
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise ConfigurationError(f"recipe {str(path)!r}: its name must end in .yaml")


def _plain(value: Any) -> Any:
    if not hasattr(value, "__dataclass_fields__"):
        return value
    return {key: list(each) if isinstance(each, tuple) else each for key, each in asdict(value).items()}


@known_options
def calibrate_rows(
    rows: str | os.PathLike[str] | Iterable[Mapping[str, Any]],
    *,
    keep: float = 0.95,
    by: Literal["recall", "rate", "max_tokens"] = "recall",
    model: str = "gpt-4o",
    limit: int | None = None,
    seed: int = 0,
    on_progress: Callable[[int, int], Any] | None = None,
) -> Calibrated:
    """Find the setting that keeps a share of the evidence of one's own questions.

    Args:
        rows: as `laconic.evaluate` takes them, with answers or evidence; about 50 are a start.
        keep: the share, 0 < keep < 1.
        by: ``"recall"``: a threshold of coverage, by which easy questions keep less than hard ones (see
            `laconic.calibrate`); ``"rate"`` or ``"max_tokens"``: one share or number of tokens for all. Those take the
            upper end of the interval, so that the share is kept on further questions too, not on half of such samples.
        model: chooses the token counter.
        limit: most rows.
        seed: of what is drawn at random.
        on_progress: called with the number of finished steps and of all.

    Raises:
        InputError: rows that cannot be read, or none that can be measured.
        ConfigurationError: an option that cannot work.
    """
    if isinstance(keep, bool) or not isinstance(keep, (int, float)) or not 0 < keep < 1:
        raise BudgetError(f"keep is {keep!r}: it must be a share of the evidence, 0 < keep < 1")
    if by not in _BY:
        raise ConfigurationError(f"by is {by!r}: use one of {', '.join(_BY)}")
    read = read_rows(rows, limit=limit, seed=seed)
    left_out = {
        why: names
        for why, names in (
            ("without answers and evidence", read.unlabelled),
            ("recorded calls without a question", read.unasked),
            ("their labels stand in none of their passages", read.misplaced),
        )
        if names
    }
    tell = on_progress or (lambda done, of: None)
    options: dict[str, Any]
    if by == "recall":
        fitted = calibrate((_as_calibration_row(row) for row in read.rows), recall=keep)
        options, interval, least = {"recall": float(keep), "calibration": fitted}, fitted.interval, None
    else:
        least, interval = _least(read.rows, by, keep, model, seed, tell)
        bound = interval[1]
        value = min(1.0, ceil(bound * _HUNDREDTHS) / _HUNDREDTHS) if by == "rate" else ceil(bound / _TEN) * _TEN
        options = {by: value}
    kept, rate = _measured(read.rows, options, model)
    return Calibrated(options, float(keep), len(read.rows), kept, rate, interval, least, left_out)


def _least(
    rows: tuple[Row, ...], by: str, keep: float, model: str, seed: int, tell: Callable[[int, int], Any]
) -> tuple[float, tuple[float, float]]:
    budgets: tuple[float | int, ...] = DEFAULT_RATES if by == "rate" else _TOKENS
    found = Evaluator(("laconic",), budgets=budgets, target=keep, model=model, seed=seed, on_progress=tell).run(rows)
    return found.smallest[0].budget, found.smallest[0].interval


def _measured(rows: tuple[Row, ...], options: Mapping[str, Any], model: str) -> tuple[float, float]:
    """The share that a setting keeps, and the share of the tokens."""
    compressor = Compressor(**options, model=model)
    kept, before, after = [], 0, 0
    for row in rows:
        result = compressor.compress(row.passages, row.query)
        output = output_of(result, row.passages, compressor.counter, compressor.separator)
        kept.append(evidence_kept(row, output) if row.evidence else answers_kept(row, output))
        before += result.metrics.original_tokens
        after += result.metrics.compressed_tokens
    return fmean(kept), after / max(1, before)


def _as_calibration_row(row: Row) -> dict[str, Any]:
    """A row as `laconic.calibrate` takes it: pieces of evidence, each with its places."""
    evidence = [list(label.places) for label in row.evidence] or [_answer_places(row)]
    if row.any_piece:
        evidence = [[place for places in evidence for place in places]]
    return {"query": row.query, "passages": row.passages, "evidence": evidence}


def _answer_places(row: Row) -> list[Place]:
    """Sentences in which an answer stands; the whole passage where it runs over sentences."""
    wanted = [text for text in map(normalised, row.answers) if text]
    found: list[Place] = []
    for at in row.answer_passages():
        text = row.passages[at].text
        held = [(at, *span) for span in sentences(text) if holds(normalised(text[span[0] : span[1]]), wanted)]
        found += held or [(at, 0, len(text))]
    return found
