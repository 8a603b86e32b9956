"""``laconic calibrate``: the setting that keeps a wanted share on the user's own questions, as a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from laconic.cli.options import Model
from laconic.cli.terminal import errors_told, progress, put, say, typer

if TYPE_CHECKING:
    from laconic.evaluation import Calibrated

__all__ = ["calibrate"]


def calibrate(
    rows: Annotated[Path, typer.Argument(help="JSON lines: query, passages, and answers or evidence.")],
    keep: Annotated[float, typer.Option(help="Share of the evidence to keep, 0-1.")] = 0.95,
    by: Annotated[str, typer.Option(help="recall (more for hard questions), rate or max_tokens.")] = "recall",
    out: Annotated[Path | None, typer.Option(help="Write the recipe there; standard output without it.")] = None,
    model: Model = "gpt-4o",
    limit: Annotated[int | None, typer.Option(help="Most rows; more are drawn from at random.")] = None,
    seed: Annotated[int, typer.Option(help="Of all that is drawn at random.")] = 0,
) -> None:
    """Find the setting that keeps a share of the evidence of your own questions, and write it as a recipe."""
    with errors_told():
        from laconic.evaluation.calibrating import calibrate_rows, check_recipe_name

        if out is not None:
            check_recipe_name(out)
        chosen: Any = by
        with progress("measuring") as told:
            found = calibrate_rows(
                rows, keep=keep, by=chosen, model=model, limit=limit, seed=seed,
                on_progress=lambda done, of: told(done, of, ""),
            )  # fmt: skip
        _tell(found)
        if out is None:
            put(found.to_yaml(source=rows.name).rstrip("\n"))
        else:
            found.save(out, rows.name)
            say(f"written: {out}; use it as laconic compress --recipe {out}")


def _tell(found: Calibrated) -> None:
    low, high = found.interval
    setting = next(iter(found.options))
    value = found.options[setting]
    if found.least is None:
        sure = f"95 % interval of what further questions keep: {low:.1%} to {high:.1%}"
        setting = f"recall {value:g}, threshold {found.options['calibration'].threshold:.4f}"
    else:
        unit = "{:.3f}".format if setting == "rate" else "{:,.0f}".format
        sure = f"the least that keeps it here: {unit(found.least)}, 95 % interval {unit(low)} to {unit(high)}"
        setting = f"{setting} {value:g}"
    say(f"{setting}: keeps {found.kept:.1%} of what {found.n} questions need, in {found.rate:.1%} of the tokens")
    say(sure)
    for why, names in found.left_out.items():
        say(f"left out: {len(names)} rows, {why}: {', '.join(names[:5])}{' …' if len(names) > 5 else ''}")
    if found.kept < found.wanted:
        say(f"this is less than the {found.wanted:.0%} that were asked for: ask for more, or give more rows")
