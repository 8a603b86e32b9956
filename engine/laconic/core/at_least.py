"""A floor under the number of passages: some programs fail when all of their context, or all of one source, is gone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

from laconic.core.compressor import DEFAULT_RATE
from laconic.types import CompressedPassage, Compression, Dropped, Passage, TokenCounter

__all__ = ["keep_at_least"]


class Engine(Protocol):
    """What compresses again: `laconic.Compressor`, or a strategy with its budget."""

    counter: TokenCounter
    separator: str | None

    def compress(
        self, passages: Any, query: str | None = None, *, max_tokens: int | None = None, rate: float | None = None
    ) -> Compression:
        """See `laconic.Compressor.compress`."""
        ...


_FIRST_WORD = re.compile(r"\s*\S*")


def keep_at_least(least: int, result: Compression, passages: Sequence[Passage], engine: Engine) -> Compression:
    """The result, or one in which something of at least ``least`` passages is kept.

    Args:
        least: fewest passages that are kept, or all that have text if there are fewer; with < 1 the result stays.
        result: what ``engine`` made of ``passages``.
        passages: the passages of the call.
        engine: compresses again, each passage alone.

    Where too few are left, the budget is shared out equally between the passages of which something is left and, of
    the others, those whose best piece scored highest. A share that does not hold a word gets the beginning of the
    passage's first word. The budget holds, unless it is below one character for each.
    """
    least = min(least, len(passages), max(1, sum(not passage.text.isspace() for passage in passages)))
    if len(result.passages) >= least:
        return result
    chosen = _chosen(least, result, passages)
    separator, budget = engine.separator or "", result.metrics.budget_tokens
    share = None
    if budget is not None:
        share = max(1, (budget - engine.counter.count(separator) * (least - 1)) // least)
    while True:
        alone = [_alone(index, share, passages[index], result.query, engine) for index in chosen]
        parts = tuple(part for part, _ in alone)
        text = ("\n\n" if engine.separator is None else separator).join(part.text for part in parts)
        tokens = sum(part.tokens for part in parts)
        if engine.separator is not None:
            tokens = engine.counter.count(text)
        if budget is None or share is None or share == 1 or tokens <= budget:
            break
        share -= 1
    rest = [piece for piece in result.dropped if piece.index not in chosen]
    dropped = sorted([*rest, *(piece for _, pieces in alone for piece in pieces)], key=lambda p: (p.index, p.span))
    metrics = replace(
        result.metrics,
        compressed_tokens=tokens,
        segments_kept=max(len(parts), result.metrics.segments_kept),
    )
    return replace(result, text=text, passages=parts, dropped=tuple(dropped), metrics=metrics)


def _chosen(least: int, result: Compression, passages: Sequence[Passage]) -> list[int]:
    """Indexes of the passages that are to be represented, in order."""
    kept = {part.index for part in result.passages}
    best = {index: float("-inf") for index in range(len(passages)) if index not in kept}
    for piece in result.dropped:
        if piece.index in best and piece.score is not None:
            best[piece.index] = max(best[piece.index], piece.score)
    with_text_first = sorted(best, key=lambda index: (not passages[index].text.strip(), -best[index], index))
    return sorted([*kept, *with_text_first[: least - len(kept)]])


def _alone(
    index: int, share: int | None, passage: Passage, query: str | None, engine: Engine
) -> tuple[CompressedPassage, list[Dropped]]:
    """One passage compressed by itself into its share: what is kept of it, and what is not."""
    result = engine.compress([passage], query, max_tokens=share, rate=DEFAULT_RATE if share is None else None)
    if result.passages:
        return replace(result.passages[0], index=index), [replace(piece, index=index) for piece in result.dropped]
    end = _prefix(passage.text, result.metrics.budget_tokens or 1, engine.counter)
    part = CompressedPassage(
        text=passage.text[:end],
        index=index,
        id=passage.id,
        spans=((0, end),),
        tokens=engine.counter.count(passage.text[:end]),
        level="extract",
        original=passage.text,
        counter=engine.counter,
    )
    rest = []
    for piece in result.dropped:
        start = max(end, piece.span[0])
        if start < piece.span[1]:
            span = (start, piece.span[1])
            rest.append(replace(piece, index=index, span=span, text=passage.text[slice(*span)]))
    return part, rest


def _prefix(text: str, budget: int, counter: TokenCounter) -> int:
    """Length of the longest beginning of the first word that the budget holds; at least one character."""
    match = _FIRST_WORD.match(text)
    end = match.end() if match else 0
    while end > 1 and counter.count(text[:end]) > budget:
        end = min(end - 1, end // 2 + budget)  # halve while far off: a "word" may be a megabyte of base64
    return min(end, len(text)) or min(1, len(text))
