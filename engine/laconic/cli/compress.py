"""``laconic compress``: files, folders or standard input, shrunk to what answers a question."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from laconic.cli.engine import compressor_of
from laconic.cli.options import Encoding, MaxTokens, Model, Query, Rate, Recall, Recipe, Sources
from laconic.cli.sources import STDIN, read_passages
from laconic.cli.terminal import errors_told, put, put_diff, say, typer, write

if TYPE_CHECKING:
    from laconic.types import Compression, Passage

__all__ = ["compress"]


def compress(
    sources: Sources = None,
    query: Query = None,
    max_tokens: MaxTokens = None,
    rate: Rate = None,
    recall: Recall = None,
    recipe: Recipe = None,
    model: Model = "gpt-4o",
    encoding: Encoding = None,
    timeout_ms: Annotated[
        float | None, typer.Option(help="Milliseconds that it may take; what is left is then done by simpler means.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Text, spans and figures as JSON.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="What was cut, as a diff.")] = False,
    html: Annotated[Path | None, typer.Option(help="Also write a page that shows what was cut, and why.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only the figures.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No figures beside the output.")] = False,
) -> None:
    """Shrink text to what answers a question. The text goes to standard output, the figures beside it."""
    with errors_told():
        from laconic.exceptions import ConfigurationError

        if as_json and diff:
            raise ConfigurationError("--json and --diff are given: each is a form of the output, give one")
        compressor = compressor_of(
            recipe,
            model=model,
            explain=html is not None,
            timeout_ms=timeout_ms,
            max_tokens=max_tokens,
            rate=rate,
            recall=recall,
        )
        passages = read_passages(sources or [STDIN], encoding)
        result = compressor.compress(passages, query)
        if html is not None:
            write(html, result.to_html(page=True))
        if dry_run:
            put(_figures(result))
            return
        if as_json:
            put(_json(result, passages))
        elif diff:
            put_diff(_diff(result, passages))
        else:
            put(result.text)
        if not quiet:
            say(_figures(result))


def _figures(result: Compression) -> str:
    from laconic._utils.figures import dry_run_lines

    m = result.metrics
    lines = dry_run_lines(m.original_tokens, m.compressed_tokens, m.latency_ms, _stages(result), exact=m.exact)
    return "\n".join([lines, *(f"Note:   {note}" for note in (m.fallback, m.warning) if note)])


def _stages(result: Compression) -> str:
    figures = result.metrics
    if not figures.segments:
        return "none (everything fits)"
    repeated = sum(piece.reason == "duplicate" for piece in result.dropped)
    return (
        f"segmentize ({figures.segments:,} blocks) → dedup ({repeated:,} removed) → "
        f"score ({figures.scorer if result.query else 'importance, no question'}) → "
        f"select ({figures.segments_kept:,} kept)"
    )


def _json(result: Compression, passages: Sequence[Passage]) -> str:
    def place(index: int) -> dict[str, Any]:
        return {"index": index, "source": passages[index].source}

    return json.dumps(
        {
            "text": result.text,
            "passages": [
                {
                    **place(part.index),
                    "text": part.text,
                    "spans": [list(span) for span in part.spans],
                    "tokens": part.tokens,
                    "original_tokens": part.original_tokens,
                }
                for part in result.passages
            ],
            "dropped": [
                {**place(cut.index), "span": list(cut.span), "reason": cut.reason, "score": cut.score}
                for cut in result.dropped
            ],
            "metrics": {**vars(result.metrics), "savings_percent": round(result.metrics.savings_percent, 2)},
        },
        ensure_ascii=False,
        indent=1,
    )


def _diff(result: Compression, passages: Sequence[Passage]) -> list[str]:
    import difflib

    from laconic._utils.unicode import shown

    kept = {part.index: part.text for part in result.passages}
    lines: list[str] = []
    for index, passage in enumerate(passages):
        name = shown(passage.source or "standard input", in_line=True)
        before, after = passage.text.splitlines(), kept.get(index, "").splitlines()
        lines += difflib.unified_diff(before, after, name, f"{name} (kept)", lineterm="")
    return lines
