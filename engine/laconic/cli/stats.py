"""``laconic stats``: what calls with telemetry saved."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from laconic.cli.terminal import errors_told, put, typer

__all__ = ["stats"]

_DAY_S = 86_400


def stats(
    path: Annotated[Path, typer.Argument(help="The SQLite file that calls were made with.")],
    days: Annotated[float | None, typer.Option(min=0, help="Only the calls of so many days.")] = None,
) -> None:
    """Sum up what calls saved: tokens before and after, and time, by recipe, mode and engine."""
    with errors_told():
        from laconic.messages.telemetry import now
        from laconic.messages.telemetry import stats as summed_up

        put(str(summed_up(path, None if days is None else now() - days * _DAY_S)))
