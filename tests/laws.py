"""The laws of the design as checks of one result, for property tests and fuzzing alike: each raises AssertionError."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from laconic.types import Compression, Passage, Segment

__all__ = [
    "check_accounts", "check_compression", "check_explanations", "check_segments", "check_spans", "check_unchanged",
    "is_within", "whole",
]  # fmt: skip

Count = Callable[[str], int]


def whole(texts: Iterable[str], separator: str | None) -> str:
    """Passages as a stuffing chain joins them; None joins for reading only."""
    return ("\n\n" if separator is None else separator).join(texts)


def tokens_of(texts: Sequence[str], separator: str | None, count: Count) -> int:
    """What a budget counts of passages."""
    return sum(map(count, texts)) if separator is None else count(separator.join(texts))


def is_within(small: str, large: str) -> bool:
    """Whether the characters of one text stand in another, in order."""
    rest = iter(large)
    return all(char in rest for char in small)


def check_segments(text: str, segments: Sequence[Segment], layout: Callable[[str], bool] = lambda _: False) -> None:
    """In order, none empty, none over another, needs that exist; between them nothing but white space and layout."""
    at = 0
    for segment in segments:
        assert at <= segment.start < segment.end <= len(text), f"segment {segment[:4]} behind {at} of {len(text)}"
        between = text[at : segment.start].strip()
        assert not between or layout(between), f"{between!r} is in no segment"
        assert all(0 <= each < len(segments) for each in (*segment.needs, *segment.under))
        if segment.part is not None:
            assert at <= segment.part.start <= segment.part.end <= segment.end
        at = segment.end
    between = text[at:].strip()
    assert not between or layout(between), f"{between!r} is in no segment"


def check_spans(text: str, spans: Sequence[tuple[int, int]], kept: str, *, verbatim: bool = True) -> None:
    """Law 2: spans in order, which joined are what is kept; where a kind writes of its own, they stand in it."""
    assert all(0 <= start < end <= len(text) for start, end in spans), f"spans {spans} of {len(text)} characters"
    assert all(before[1] <= after[0] for before, after in pairwise(spans)), f"spans {spans} are not in order"
    joined = "".join(text[start:end] for start, end in spans)
    if verbatim:
        assert joined == kept, f"the spans hold {joined!r}, the text is {kept!r}"
    else:
        assert is_within(joined, kept), f"{joined!r} is not in {kept!r}"


def check_accounts(text: str, kept: Sequence[tuple[int, int]], dropped: Sequence[tuple[int, int]]) -> None:
    """Law 10: every character is kept or dropped, and none is both."""
    spans = sorted((*kept, *dropped))
    assert all(start < end for start, end in spans), f"an empty piece in {spans}"
    assert [0, *(end for _, end in spans)] == [*(start for start, _ in spans), len(text)], (
        f"kept {list(kept)} and dropped {list(dropped)} are not all of {len(text)} characters"
    )


def check_unchanged(result: Compression, passages: Sequence[Passage], separator: str | None) -> None:
    """Law 3: byte for byte."""
    assert [part.text for part in result.passages] == [passage.text for passage in passages if passage.text]
    assert result.text == whole([passage.text for passage in passages], separator) or not all(
        passage.text for passage in passages
    )
    assert result.dropped == ()


def check_explanations(result: Compression, frames: Callable[[Any], bool] = lambda _: False) -> None:
    """What an explanation calls kept is in the result and what it does not is not.

    ``frames`` says of an explanation whether a renderer may keep something of it around others.
    """
    kept: Mapping[int, Sequence[tuple[int, int]]] = {part.index: part.spans for part in result.passages}
    dropped = {(piece.index, piece.span) for piece in result.dropped}
    for each in result.explanations or ():
        start, end = each.span
        overlap = any(a < end and b > start for a, b in kept.get(each.index, ()))
        assert overlap or not each.kept, f"{each} is called kept and is not"
        if not each.kept and not frames(each):
            assert not overlap, f"{each} is called dropped and something of it is kept"
        if each.kept:
            assert (each.index, each.span) not in dropped, f"{each} is called kept and is among the dropped"


def check_compression(
    result: Compression,
    passages: Sequence[Passage],
    *,
    budget: int | None = None,
    count: Count | None = None,
    separator: str | None = "\n\n",
    verbatim: bool = True,
) -> None:
    """Laws 1, 2, 3, 5 and 10 of one call, and that output is never longer than input."""
    texts = [part.text for part in result.passages]
    if count is not None:
        used = tokens_of(texts, separator, count)
        assert result.metrics.compressed_tokens == used, "the metrics do not count the text"
        assert [part.tokens for part in result.passages] == [count(text) for text in texts]
        if budget is not None:
            assert used <= budget, f"{used} tokens under a budget of {budget}"
    if separator is not None:
        assert result.text == separator.join(texts)
    indexes = [part.index for part in result.passages]
    assert indexes == sorted(set(indexes)), f"passages in the order {indexes}"
    assert [part.id for part in result.passages] == [passages[at].id for at in indexes]
    for part in result.passages:
        check_spans(passages[part.index].text, part.spans, part.text, verbatim=verbatim)
        assert part.original == passages[part.index].text
    kept = {part.index: part.spans for part in result.passages}
    for at, passage in enumerate(passages):
        own = [piece for piece in result.dropped if piece.index == at]
        check_accounts(passage.text, kept.get(at, ()), [piece.span for piece in own])
        for piece in own:
            assert result.expand(piece.handle) == piece.text == passage.text[slice(*piece.span)]
    assert len(result.text) <= len(whole([passage.text for passage in passages], separator))
    assert result.metrics.compressed_tokens <= result.metrics.original_tokens
