"""Less of a structured text: the same thing with fewer examples, or only its schema.

The levels of detail of JSON, tables, logs and diffs, from most to least: ``"full"``; ``"sampled"``, which keeps what
the question names and a few examples of the rest, with counts; ``"schema"``, which says what there is and of which
shape. Unlike the renderers of what is kept verbatim these write words of their own, always such that JSON stays JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from laconic.kinds.kind import Detail, Kind

__all__ = ["details", "most_detailed"]


def details(text: str, kind: Kind, query: str | None = None) -> Iterator[Detail]:
    """The renderings of a text from most to least detail, each made when asked for.

    Args:
        text: the text.
        kind: of the text.
        query: the question, whose records, rows and lines are kept first.

    Yields:
        ``"full"`` first, then ``"sampled"`` with fewer and fewer examples, then ``"schema"``. Only ``"full"`` where the
        kind has no other, or the text is not what it says. Each linear in the text.
    """
    yield Detail("full", text)
    if kind.details is not None:
        yield from kind.details(text, query)


def most_detailed(
    text: str, kind: Kind, count: Callable[[str], int], max_tokens: int, query: str | None = None
) -> Detail:
    """The rendering with most detail that has at most ``max_tokens``; where none has, the one with fewest tokens.

    Args:
        text: the text.
        kind: of the text.
        count: text to tokens.
        max_tokens: the limit, ≥ 0.
        query: see `details`.
    """
    best: tuple[int, Detail] | None = None
    for detail in details(text, kind, query):
        tokens = count(detail.text)
        if tokens <= max_tokens:
            return detail
        if best is None or tokens < best[0]:
            best = (tokens, detail)
    return best[1] if best else Detail("full", text)
