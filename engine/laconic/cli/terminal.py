"""What the commands share: the packages they are made with, errors as one line, exit codes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

try:
    import typer
except ImportError as error:
    from laconic.exceptions import MissingDependencyError

    raise MissingDependencyError("typer", "cli", "the command line") from error

from laconic._utils.unicode import named, tame
from laconic.exceptions import ConfigurationError, LaconicError, MissingDependencyError

__all__ = ["EXIT_CODES", "errors_told", "output", "progress", "say", "typer"]

FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130
EXIT_CODES = (
    f"Exit codes: 0 done, {FAILED} failed, {WRONG_USAGE} wrong usage or a part that is not installed, "
    f"{INTERRUPTED} interrupted."
)


def say(text: str) -> None:
    """A line for the user, beside the output, which is another program's input; control characters are written out."""
    typer.echo(tame(text), err=True)


def output(text: str) -> None:
    """What was asked for: as it is for a file or another program, with control characters written out on a terminal."""
    typer.echo(tame(text) if sys.stdout.isatty() else text, color=True)  # else it takes colours out of the text


@contextmanager
def errors_told() -> Iterator[None]:
    """Errors of laconic's own as one line and an exit code; others are bugs and keep their trace."""
    try:
        yield
    except LaconicError as error:
        say(f"laconic: {error}")
        usage = isinstance(error, (ConfigurationError, MissingDependencyError))
        raise typer.Exit(WRONG_USAGE if usage else FAILED) from error
    except KeyboardInterrupt as error:
        say("laconic: interrupted")
        raise typer.Exit(INTERRUPTED) from error


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int | None, str], Any]]:
    """A bar on a terminal, nothing elsewhere; gives what it is to be told: how many are done, of how many if known."""
    try:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    except ImportError as error:
        raise MissingDependencyError("rich", "cli", "the command line") from error

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(named(title), total=None)
        yield lambda done, total, _path: bar.update(task, completed=done, total=total)
