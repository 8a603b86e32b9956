"""The list of commands. A command is a file with a function; what it needs is imported when it runs."""

from __future__ import annotations

from typing import Annotated

from laconic.cli import batch, calibrate, compress, evaluate, index, inspect, mcp, recipes, serve, stats
from laconic.cli.terminal import EXIT_CODES, typer

__all__ = ["app"]

app = typer.Typer(
    help="Context, shrunk to the parts that answer the question.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (compress, inspect, evaluate, calibrate, batch, index, mcp, serve, stats):
    app.command()(getattr(command, command.__name__.rpartition(".")[2]))
app.add_typer(recipes.recipes, name="recipes")


def _version(asked: bool) -> None:
    if asked:
        import laconic

        typer.echo(laconic.__version__)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Of the command itself."""
