"""``laconic compress``: files, folders or standard input, shrunk to what answers a question."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from laconic.cli.terminal import errors_told, say, typer

if TYPE_CHECKING:
    from laconic.types import Compression, Passage

__all__ = ["compress"]

_STDIN = "-"
_CONTROL = bytes(range(9)) + bytes(range(14, 27)) + bytes(range(28, 32))
_PEEK = 8192


def compress(
    sources: Annotated[
        list[str] | None, typer.Argument(help="Files, folders, patterns, or - for standard input.", show_default=False)
    ] = None,
    query: Annotated[str | None, typer.Option("--query", "-q", help="The question.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="Most tokens of the output.")] = None,
    rate: Annotated[float | None, typer.Option(help="Share of the tokens that may be kept, 0-1.")] = None,
    recall: Annotated[float | None, typer.Option(help="Share of the evidence to keep, 0-1.")] = None,
    model: Annotated[str, typer.Option(help="Model that will read it; decides how tokens are counted.")] = "gpt-4o",
    as_json: Annotated[bool, typer.Option("--json", help="Text, spans and figures as JSON.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="What was cut, as a diff.")] = False,
    html: Annotated[Path | None, typer.Option(help="Also write a page that shows what was cut.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only the figures.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No figures beside the output.")] = False,
) -> None:
    """Shrink text to what answers a question. The text goes to standard output, the figures beside it."""
    with errors_told():
        from laconic.core.compressor import Compressor

        compressor = Compressor(max_tokens=max_tokens, rate=rate, recall=recall, model=model)
        passages = list(_passages(sources or [_STDIN]))
        result = compressor.compress(passages, query)
        if html is not None:
            _write(html, _page(result))
        if dry_run:
            typer.echo(_figures(result))
            return
        typer.echo(_json(result, passages) if as_json else _diff(result, passages) if diff else result.text)
        if not quiet:
            say(_figures(result))


# --- what is read


def _passages(sources: list[str]) -> Iterator[Passage]:
    """One for each file; where there are several, its path stands before it and is counted."""
    from laconic.exceptions import InputError
    from laconic.project.reading import decoded
    from laconic.types import Passage

    paths = [path for source in sources for path in _files(source)]
    several = len(paths) > 1
    read, skipped = 0, []
    for path in paths:
        data = sys.stdin.buffer.read() if path is None else _bytes(path)
        text = None if _is_binary(data) else decoded(data)
        if text is None:
            skipped.append(str(path or _STDIN))
            continue
        name = None if path is None else path.as_posix()
        head = f"==> {name or 'standard input'} <==\n" if several else ""
        read += 1
        yield Passage(text, source=name, head=head)
    if skipped:
        say(f"laconic: left out, not text: {', '.join(skipped[:5])}{' …' if len(skipped) > 5 else ''}")
    if not read:
        raise InputError(f"{', '.join(sources)}: there is no text in it: give files of text, or - for standard input")


def _files(source: str) -> list[Path | None]:
    import glob

    from laconic.exceptions import InputError

    if source == _STDIN:
        return [None]
    path = Path(source)
    if path.is_dir():
        inside = (each for each in sorted(path.rglob("*")) if each.is_file())
        return [each for each in inside if not any(part.startswith(".") for part in each.relative_to(path).parts)]
    if path.exists():
        return [path]
    found: list[Path | None] = [
        Path(each) for each in sorted(glob.glob(source, recursive=True)) if Path(each).is_file()
    ]
    if not found:
        raise InputError(f"{source}: there is no such file, folder or match")
    return found


def _bytes(path: Path) -> bytes:
    from laconic.exceptions import InputError

    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error


def _is_binary(data: bytes) -> bool:
    peek = data[:_PEEK]
    if peek.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    return b"\0" in peek or len(peek) - len(peek.translate(None, _CONTROL)) > len(peek) // 10


# --- what is written


def _figures(result: Compression) -> str:
    figures = result.metrics
    saved = figures.original_tokens - figures.compressed_tokens
    estimate = "" if figures.exact else " (estimated)"
    scored = f"score ({figures.scorer})" if result.query else "score (importance, no question)"
    lines = [
        f"Input:  {figures.original_tokens:,} tokens{estimate}",
        f"Output: {figures.compressed_tokens:,} tokens",
        f"Saved:  {saved:,} tokens ({figures.savings_percent:.1f}%)",
        f"Time:   {figures.latency_ms:.1f}ms",
        f"Stages: segment ({figures.segments} pieces) → {scored} → select ({figures.segments_kept} kept) → render"
        if figures.segments
        else "Stages: none (everything fits)",
    ]
    notes = [f"Note:   {note}" for note in (figures.fallback, figures.warning) if note]
    return "\n".join([*lines, *notes])


def _json(result: Compression, passages: list[Passage]) -> str:
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
            "dropped": [{**place(cut.index), "span": list(cut.span), "reason": cut.reason} for cut in result.dropped],
            "metrics": {**vars(result.metrics), "savings_percent": round(result.metrics.savings_percent, 2)},
        },
        ensure_ascii=False,
        indent=1,
    )


def _diff(result: Compression, passages: list[Passage]) -> str:
    import difflib

    kept = {part.index: part.text for part in result.passages}
    lines: list[str] = []
    for index, passage in enumerate(passages):
        name = passage.source or "standard input"
        before, after = passage.text.splitlines(), kept.get(index, "").splitlines()
        lines += difflib.unified_diff(before, after, name, f"{name} (kept)", lineterm="")
    return "\n".join(lines)


def _page(result: Compression) -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>laconic</title>'
        '<meta name="viewport" content="width=device-width"></head>\n'
        f"<body>\n{result.to_html()}\n</body>\n</html>\n"
    )


def _write(path: Path, text: str) -> None:
    from laconic.exceptions import InputError

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror or error}") from error
