"""What the commands share: output, tables and progress on a terminal or in a pipe, errors as one line, exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

try:
    import typer
except ImportError as error:
    from laconic.exceptions import MissingDependencyError

    raise MissingDependencyError("typer", "cli", "the command line") from error

from laconic._utils.unicode import shown
from laconic.exceptions import ConfigurationError, InputError, LaconicError, MissingDependencyError

__all__ = [
    "EXIT_CODES", "FAILED", "errors_told", "progress", "put", "put_diff", "put_table", "say", "typer", "write",
]  # fmt: skip

FAILED, WRONG_USAGE, INTERRUPTED, NO_READER = 1, 2, 130, 141
EXIT_CODES = (
    f"Exit codes: 0 done, {FAILED} failed, {WRONG_USAGE} wrong usage or a part that is not installed, "
    f"{INTERRUPTED} interrupted, {NO_READER} nobody reads the output any more."
)
_NARROW = 60  # columns; a terminal has 80 unless somebody makes it smaller
_RED, _GREEN, _PLAIN = "\x1b[31m", "\x1b[32m", "\x1b[0m"


def say(text: str) -> None:
    """A line for the user, beside the output, which is another program's input; controls in it stand as symbols."""
    with suppress(OSError):  # nobody listens
        typer.echo(shown(text), err=True)


def put(text: str) -> None:
    """The output and a line break: to a terminal with controls as symbols, elsewhere byte for byte, as UTF-8.

    Raises:
        InputError: it cannot be written.
        typer.Exit: nobody reads it any more.
    """
    _put(shown(text) if sys.stdout.isatty() else text)


def _put(text: str) -> None:
    out = sys.stdout
    try:
        if out.isatty():
            encoding = out.encoding or "utf-8"
            out.write(text.encode(encoding, "replace").decode(encoding) + "\n")
        else:
            out.buffer.write(text.encode() + b"\n")
        out.flush()
    except OSError as error:
        _forget_output()
        if isinstance(error, BrokenPipeError):
            raise typer.Exit(NO_READER) from error
        raise InputError(f"the output cannot be written: {error.strerror or error}") from error


def _forget_output() -> None:
    """What is left in the buffer would fail again when Python ends."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _in_colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def put_diff(lines: Sequence[str]) -> None:
    """The lines of a diff, red and green where there are colours."""
    if not _in_colour():
        put("\n".join(lines))
        return
    colours = {"-": _RED, "+": _GREEN}
    _put("\n".join(colours.get(line[:1], "") + shown(line) + _PLAIN for line in lines))


def put_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, wrapped: bool = False, spare: Sequence[int] = ()
) -> None:
    """A table as wide as the terminal, 80 columns in a pipe; the last column has what the others leave.

    Args:
        columns: their headings.
        rows: anybody's text.
        wrapped: whether the last column is wrapped where it is too narrow for its text; else the text is cut.
        spare: indexes of columns that a narrow table does without.
    """
    from io import StringIO
    from shutil import get_terminal_size

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    (width, height), drawn = get_terminal_size(), StringIO()
    console = Console(
        file=drawn, force_terminal=_in_colour(), width=width, height=height, markup=False, highlight=False, emoji=False
    )
    taken = [at for at in range(len(columns)) if width >= _NARROW or at not in spare]
    lines = [[shown(row[at], in_line=True) for at in taken] for row in rows]
    table = Table(box=None, pad_edge=False, show_edge=False, expand=True)
    for place, at in enumerate(taken[:-1]):
        longest = max(map(len, [columns[at], *(line[place] for line in lines)]))
        table.add_column(columns[at], no_wrap=True, width=longest)
    table.add_column(columns[taken[-1]], no_wrap=not wrapped, overflow="fold" if wrapped else "ellipsis", ratio=1)
    for line in lines:
        table.add_row(*map(Text, line))
    console.print(table)
    _put("\n".join(line.rstrip() for line in drawn.getvalue().splitlines()))


def write(path: Path, text: str) -> None:
    """A file of the user's.

    Raises:
        InputError: it cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror or error}") from error


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
def progress(title: str, *, wanted: bool = True) -> Iterator[Callable[[int, int | None, str], Any]]:
    """A bar on a terminal, nothing elsewhere; gives what it is to be told: how many are done, of how many if known."""
    if not (wanted and sys.stderr.isatty()):
        yield lambda _done, _total, _path: None
        return
    from rich.console import Console  # costs as much as the rest of a short call, and pipes need none of it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    title = shown(title, in_line=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total, _path: bar.update(task, completed=done, total=total)
