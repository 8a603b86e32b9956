"""``laconic index``: a project's index, built or brought up to date."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from laconic.cli.terminal import errors_told, progress, say, typer

if TYPE_CHECKING:
    from laconic.project.types import BuildReport

__all__ = ["index"]


def index(
    root: Annotated[Path, typer.Argument(help="Folder of the project.")] = Path("."),
    include: Annotated[list[str] | None, typer.Option(help="Only files that match; may be repeated.")] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="No files that match; may be repeated.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Stay, and keep the index fresh.")] = False,
) -> None:
    """Index a project, or bring its index up to date."""
    with errors_told():
        from laconic.project.index import ProjectIndex

        with progress("indexing") as told:
            made = ProjectIndex.build(root, include=include or (), exclude=exclude or (), on_progress=told)
        with made:
            assert made.report is not None  # noqa: S101 - it was just built
            say(_told(made.report))
            say(f"{len(made.files())} files in {made.path}, {made.path.stat().st_size / 1e6:.1f} MB")
            if watch:
                say("watching; end with Ctrl-C")
                made.watch(on_update=lambda report: say(_told(report)))


def _told(report: BuildReport) -> str:
    parts = {"added": report.added, "changed": report.changed, "removed": report.removed, "as before": report.unchanged}
    done = ", ".join(f"{number} {what}" for what, number in parts.items() if number) or "no files"
    skipped = Counter(each.reason.partition(":")[0] for each in report.skipped)
    left = "".join(f"; {number} left out: {reason}" for reason, number in skipped.most_common())
    return f"{done} in {report.seconds:.2f} s{left}"
