"""The command ``laconic``: a file for each of its commands, and `laconic.cli.app`, which lists them."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from laconic.exceptions import MissingDependencyError

__all__ = ["main"]


def main() -> None:
    """Run the command line; exits with a code of `laconic.cli.terminal`, and with 2 without its extra."""
    if find_spec("typer") is None or find_spec("rich") is None:
        missing = "typer" if find_spec("typer") is None else "rich"
        print(f"laconic: {MissingDependencyError(missing, 'cli', 'the command line')}", file=sys.stderr)  # noqa: T201
        raise SystemExit(2)
    try:
        from laconic.cli.app import app

        app(prog_name="laconic")
    except KeyboardInterrupt:  # before a command could tell
        raise SystemExit(130) from None
