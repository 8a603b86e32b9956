"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

from laconic.cli.terminal import typer

__all__ = ["Encoding", "MaxTokens", "Model", "Query", "Rate", "Recall", "Recipe", "Sources"]

Sources = Annotated[
    list[str] | None, typer.Argument(help="Files, folders, patterns, or - for standard input.", show_default=False)
]
Query = Annotated[str | None, typer.Option("--query", "-q", help="The question.")]
MaxTokens = Annotated[int | None, typer.Option(help="Most tokens of the output.")]
Rate = Annotated[float | None, typer.Option(help="Share of the tokens that may be kept, 0-1.")]
Recall = Annotated[float | None, typer.Option(help="Share of the evidence to keep, 0-1.")]
Recipe = Annotated[str | None, typer.Option(help="Options of a recipe, as laconic calibrate writes it.")]
Model = Annotated[str, typer.Option(help="Model that will read it; decides how tokens are counted.")]
Encoding = Annotated[str | None, typer.Option(help="Of the files; told apart by default.")]
