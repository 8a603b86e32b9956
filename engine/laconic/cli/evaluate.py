"""``laconic evaluate``: what compression keeps of the answers to the user's own questions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from laconic.cli.options import Model
from laconic.cli.terminal import FAILED, INTERRUPTED, errors_told, progress, put, say, typer

if TYPE_CHECKING:
    from laconic.evaluation import Evaluator

__all__ = ["evaluate"]


def evaluate(
    rows: Annotated[Path, typer.Argument(help="JSON lines: query, passages, and answers or evidence.")],
    rates: Annotated[str | None, typer.Option(help="Shares of the tokens to measure at, as 0.1,0.25.")] = None,
    budgets: Annotated[str | None, typer.Option(help="Numbers of tokens to measure at, as 400,800.")] = None,
    systems: Annotated[str, typer.Option(help="What to compare; module:function for your own.")] = (
        "laconic,truncation,bm25"
    ),
    report: Annotated[
        list[Path] | None, typer.Option(help="Also write it to OUT.md, .json or .html; repeatable.")
    ] = None,
    judge: Annotated[str, typer.Option(help="auto, strings (answers) or spans (evidence).")] = "auto",
    judge_url: Annotated[str | None, typer.Option(help="A model judges: address of an OpenAI-compatible API.")] = None,
    judge_model: Annotated[str | None, typer.Option(help="Name of that model; the key is LACONIC_JUDGE_KEY.")] = None,
    judge_timeout: Annotated[float, typer.Option(help="Seconds that the model may take for an answer.")] = 60.0,
    target: Annotated[float, typer.Option(help="Share whose smallest budget is looked for, 0-1.")] = 0.95,
    model: Model = "gpt-4o",
    lenient: Annotated[bool, typer.Option("--lenient", help="Judge outputs over their budget as they are.")] = False,
    limit: Annotated[int | None, typer.Option(help="Most rows; more are drawn from at random.")] = None,
    seed: Annotated[int, typer.Option(help="Of all that is drawn at random.")] = 0,
) -> None:
    """Measure on your own questions what compression keeps, at several budgets, beside truncation and BM25."""
    with errors_told():
        from laconic.evaluation import EndpointJudge, Evaluator
        from laconic.evaluation.budgets import DEFAULT_RATES
        from laconic.evaluation.result import report_format
        from laconic.exceptions import ConfigurationError

        for path in report or ():
            report_format(path)
        if (judge_url is None) is not (judge_model is None):
            raise ConfigurationError("a model as judge needs both --judge-url and --judge-model")
        chosen: Any = judge
        if judge_url is not None and judge_model is not None:
            chosen = EndpointJudge(judge_url, judge_model, timeout=judge_timeout)
        measured = [*_numbers(rates, "--rates", float), *_numbers(budgets, "--budgets", int)]
        with progress("measuring") as told:
            evaluator = Evaluator(
                [name.strip() for name in systems.split(",") if name.strip()],
                budgets=measured or DEFAULT_RATES,
                judge=chosen,
                target=target,
                model=model,
                lenient=lenient,
                seed=seed,
                on_progress=lambda done, of: told(done, of, ""),
            )
            stopped = _run(evaluator, rows, limit)
        _report(evaluator, report or (), stopped)
    if stopped is not None:
        raise typer.Exit(INTERRUPTED if stopped == _INTERRUPTED else FAILED)


_INTERRUPTED = "interrupted"


def _run(evaluator: Evaluator, rows: Path, limit: int | None) -> str | None:
    """What ended it early, where something did and rows were finished by then; they are reported all the same."""
    from laconic.exceptions import APIError, AuthenticationError

    try:
        evaluator.run(rows, limit=limit)
    except (APIError, AuthenticationError) as error:
        if not evaluator.finished:
            raise
        say(f"laconic: {error}")
        return str(error)
    except KeyboardInterrupt:
        if not evaluator.finished:
            raise
        say("laconic: interrupted")
        return _INTERRUPTED
    return None


def _report(evaluator: Evaluator, paths: list[Path] | tuple[()], stopped: str | None) -> None:
    found = evaluator.result(stopped)
    put(found.to_markdown().rstrip("\n"))
    for path in paths:
        found.save(path)
        say(f"written: {path}")


def _numbers(given: str | None, option: str, kind: type[float] | type[int]) -> list[Any]:
    from laconic.exceptions import BudgetError

    try:
        return [kind(each) for each in (given or "").split(",") if each.strip()]
    except ValueError as error:
        wanted = "shares, as 0.1,0.25" if kind is float else "whole numbers of tokens, as 400,800"
        raise BudgetError(f"{option} is {given!r}: give {wanted}") from error
