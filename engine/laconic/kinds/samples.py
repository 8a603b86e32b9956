"""Less of a structured text: the same thing with fewer examples, or only its schema.

The levels of detail of JSON, tables, logs and diffs, from most to least: ``"full"``; ``"sampled"``, which keeps what
the question names and a few examples of the rest, with counts; ``"schema"``, which says what there is and of which
shape. Unlike the verbatim renderers these write words of their own, always such that a JSON text stays JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

from laconic.kinds.diff.render import DiffRenderer
from laconic.kinds.diff.segment import DiffSegmenter, hunks
from laconic.kinds.examples import Wanted, chosen
from laconic.kinds.json.samples import json_schema, left_whole, sampled_json
from laconic.kinds.json.tree import parse_json
from laconic.kinds.log.digest import LogDigest
from laconic.kinds.log.segment import log_lines
from laconic.kinds.table.segment import TableSegmenter, delimiter_of
from laconic.types import DROPPED, Passage

__all__ = ["KINDS", "Detail", "details", "most_detailed"]

KINDS = ("json", "table", "csv", "log", "traceback", "diff")
"""The kinds of text that have levels of detail here."""

_SIZES = (64, 32, 16, 8, 4, 2, 1)


class Detail(NamedTuple):
    """One rendering.

    Attributes:
        name: ``"full"``, ``"sampled"`` or ``"schema"``.
        text: of the rendering.
    """

    name: str
    text: str


def details(text: str, kind: str, query: str | None = None) -> Iterator[Detail]:
    """The renderings of a text from most to least detail, each made when asked for.

    Args:
        text: the text.
        kind: one of `KINDS`.
        query: the question, whose records, rows and lines are kept first.

    Yields:
        ``"full"`` first, then ``"sampled"`` with fewer and fewer examples, then ``"schema"``. Only ``"full"`` where the
        text is not what ``kind`` says. Each linear in the text.
    """
    yield Detail("full", text)
    wanted = Wanted(query)
    if kind == "json":
        roots = parse_json(text)
        if any(root.children for root in roots):
            for size, smaller in pairwise((*_SIZES, 0)):
                if not left_whole(roots, smaller):  # else the next one says as much
                    yield Detail("sampled", sampled_json(text, roots, size, wanted))
            yield Detail("schema", json_schema(text, roots))
    elif kind in ("log", "traceback"):
        digest = LogDigest(wanted)
        for start, end in log_lines(text):
            digest.add(text[start:end])
        for size in (8, 4, 2, 1):
            yield Detail("sampled", digest.sampled(size))
        yield Detail("schema", digest.schema())
    elif kind in ("table", "csv"):
        yield from _table_details(text, wanted)
    elif kind == "diff":
        yield from _diff_details(text, wanted)


def most_detailed(
    text: str, kind: str, count: Callable[[str], int], max_tokens: int, query: str | None = None
) -> Detail:
    """The rendering with most detail that has at most ``max_tokens``; where none has, the one with fewest tokens.

    Args:
        text: the text.
        kind: one of `KINDS`.
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


# -- tables ---------------------------------------------------------------------------------------------------------


def _table_details(text: str, wanted: Wanted) -> Iterator[Detail]:
    segments = TableSegmenter().segment(Passage(text), 0, 0)
    delimiter = delimiter_of(text)
    if delimiter is None or len(segments) < 3:
        return
    header, rows = (text[segments[0].start : segments[0].end], [text[s.start : s.end] for s in segments[1:]])
    matches = wanted(rows)
    for size in _SIZES:
        if size < len(rows):
            kept = [rows[at] for at in chosen(matches, size)]
            yield Detail(
                "sampled", "\n".join([header, *kept, f"[{len(rows) - len(kept)} of {len(rows)} rows left out]"])
            )
    yield Detail("schema", f"{header}\n[table of {len(rows)} rows]")


# -- diffs ----------------------------------------------------------------------------------------------------------


def _diff_details(text: str, wanted: Wanted) -> Iterator[Detail]:
    segments = DiffSegmenter().segment(Passage(text), 0, 0)
    changes = [at for at, segment in enumerate(segments) if segment.kind == "diff_hunk"]
    matches = wanted([text[segments[at].start : segments[at].end] for at in changes])
    for size in _SIZES:
        if size < len(changes):
            kept = {changes[at] for at in chosen(matches, size)}
            levels = [
                0 if at in kept or segment.kind == "diff_file" else DROPPED for at, segment in enumerate(segments)
            ]
            excerpt = DiffRenderer().render(Passage(text), segments, levels).text
            yield Detail("sampled", f"[excerpt of a diff: {size} of {len(changes)} changes]\n{excerpt}")
    yield Detail("schema", _diff_outline(text))


def _diff_outline(text: str) -> str:
    """The files, and of each hunk where it is and how many lines it adds and removes."""
    starts = {hunk.start: hunk for hunk in hunks(text)}
    lines = ["[diff in outline]"]
    for segment in DiffSegmenter().segment(Passage(text), 0, 0):
        if segment.kind == "diff_file":
            name = text[segment.start : segment.end].split("\n")[-1]
            lines.append(name.removeprefix("+++ ").removeprefix("b/"))
        elif segment.start in starts:
            hunk = starts[segment.start]
            body = text[hunk.body : hunk.end].split("\n")
            added, removed = (sum(line.startswith(mark) for line in body) for mark in "+-")
            lines.append(f"  line {hunk.new}: +{added} -{removed}{hunk.section}")
    return "\n".join(lines)
