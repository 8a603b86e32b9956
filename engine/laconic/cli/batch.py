"""``laconic batch``: every record of some files, resumed where it was stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from laconic.cli.options import Model, Rate, Recall
from laconic.cli.terminal import errors_told, progress, say, typer

__all__ = ["batch"]


def batch(
    sources: Annotated[list[str], typer.Argument(help="Files of JSON lines or Parquet, folders or patterns.")],
    target: Annotated[Path, typer.Argument(help="Folder for the output; one that holds a part of it goes on.")],
    max_tokens: Annotated[int | None, typer.Option(help="Most tokens of each record.")] = None,
    rate: Rate = None,
    recall: Recall = None,
    model: Model = "gpt-4o",
    passages: Annotated[str, typer.Option(help="Column of the passages.")] = "passages",
    query: Annotated[str, typer.Option(help="Column of the question.")] = "query",
    workers: Annotated[int | None, typer.Option(help="Processes; as many as there are cores by default.")] = None,
    shard_records: Annotated[int, typer.Option(help="Records in a file of the output.")] = 500,
) -> None:
    """Compress every record of some files. Call it again after a stop, and it goes on."""
    with errors_told():
        from laconic.batch import compress_files
        from laconic.exceptions import InputError

        budget: dict[str, Any] = {"max_tokens": max_tokens, "rate": rate, "recall": recall}
        with progress("compressing") as told:
            try:
                report = compress_files(
                    sources, target, workers=workers, shard_records=shard_records,
                    on_progress=lambda done: told(done, None, ""), passages=passages, query=query, model=model,
                    **{name: value for name, value in budget.items() if value is not None},
                )  # fmt: skip
            except OSError as error:  # of a source or of the target
                place = error.filename or target
                raise InputError(f"{place} cannot be read or written: {error.strerror or error}") from error
        say(f"{report.records} records, {report.resumed} of them done before, in {report.seconds:.1f} s")
        say(f"{report.original_tokens:,} -> {report.compressed_tokens:,} tokens")
        for failure in report.failures[:5]:
            say(f"record {failure.number}: {failure.error}")
        if report.failed:
            say(f"{report.failed} records failed; their reason is in the column 'error'")
            raise typer.Exit(1)
