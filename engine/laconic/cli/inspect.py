"""``laconic inspect``: the segments of some texts, what each is worth, and why it was kept or cut."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from math import exp
from typing import TYPE_CHECKING, Annotated

from laconic.cli.engine import compressor_of
from laconic.cli.options import Encoding, MaxTokens, Model, Query, Rate, Recall, Recipe, Sources
from laconic.cli.sources import STDIN, read_passages
from laconic.cli.terminal import errors_told, put, put_table, say, typer

if TYPE_CHECKING:
    from laconic.types import Compression, Passage, SegmentExplanation

__all__ = ["inspect"]

_TEXT_CHARS = 200  # of a segment, more than a line of any terminal holds
_REASONS = 3


def inspect(
    sources: Sources = None,
    query: Query = None,
    max_tokens: MaxTokens = None,
    rate: Rate = None,
    recall: Recall = None,
    recipe: Recipe = None,
    model: Model = "gpt-4o",
    encoding: Encoding = None,
    top: Annotated[int | None, typer.Option(min=1, help="Only so many segments, the best first.")] = None,
    why: Annotated[bool, typer.Option("--why", help="What moved each score most.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Everything that is known of each, as JSON.")] = False,
) -> None:
    """Show the segments of a text: what each is worth for the question, and why it was kept or cut."""
    with errors_told():
        compressor = compressor_of(recipe, model=model, explain=True, max_tokens=max_tokens, rate=rate, recall=recall)
        passages = read_passages(sources or [STDIN], encoding)
        result = compressor.compress(passages, query)
        segments = list(result.explanations or ())
        if top is not None:
            segments = sorted(segments, key=lambda each: -each.score)[:top]
        if as_json:
            put(_json(result, passages, segments))
        elif segments:
            _table(result, passages, segments, why=why)
        else:
            say("laconic: everything fits, so that nothing was scored: give a smaller budget")


def _table(
    result: Compression, passages: Sequence[Passage], segments: Sequence[SegmentExplanation], *, why: bool
) -> None:
    rows = []
    last = None
    for each in segments:
        if len(passages) > 1 and each.index != last:
            rows.append(("", "", "", f"==> {passages[each.index].source or 'standard input'}"))
            last = each.index
        text = passages[each.index].text[each.span[0] : min(each.span[1], each.span[0] + _TEXT_CHARS)]
        share = f"{100 * _share(each):.1f}%".rjust(6)
        rows.append((_state(each), share, each.kind.replace("_", " "), " ".join(text.split())))
        rows += [("", "", "", f"  {reason}") for reason in _reasons(each)] if why else []
    put_table(("", " share", "kind", "text"), rows, spare=(2,))
    kept, all_of_it = result.metrics.segments_kept, result.metrics.segments
    say(f"{kept:,} of {all_of_it:,} segments kept, {result.metrics.compressed_tokens:,} tokens")


def _state(each: SegmentExplanation) -> str:
    if not each.kept:
        return f"cut: {each.reason}"
    return {"full": "kept", "cut": "kept: part"}.get(each.level, f"kept: {each.level}")


def _share(each: SegmentExplanation) -> float:
    return exp(min(0.0, each.score))


def _reasons(each: SegmentExplanation) -> Iterator[str]:
    for reason in each.contributions[:_REASONS]:
        yield f"{reason.points:+.1f} {reason.feature.replace('_', ' ')}"


def _json(result: Compression, passages: Sequence[Passage], segments: Sequence[SegmentExplanation]) -> str:
    return json.dumps(
        {
            "query": result.query,
            "segments": [
                {
                    "index": each.index,
                    "source": passages[each.index].source,
                    "span": list(each.span),
                    "kind": each.kind,
                    "text": passages[each.index].text[slice(*each.span)],
                    "kept": each.kept,
                    "level": each.level,
                    "reason": each.reason,
                    "score": each.score,
                    "share": _share(each),
                    "contributions": [vars(reason) for reason in each.contributions],
                }
                for each in segments
            ],
            "metrics": {**vars(result.metrics), "savings_percent": round(result.metrics.savings_percent, 2)},
        },
        ensure_ascii=False,
        indent=1,
    )
