"""What a collection says again and again, removed before it is indexed: no question, no budget, no scores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import ceil, isfinite
from time import perf_counter
from typing import Any

from laconic.core.inputs import as_passages
from laconic.exceptions import ConfigurationError
from laconic.kinds.table_of_kinds import detect_kind, segmenter_for
from laconic.kinds.verbatim import VerbatimRenderer
from laconic.select.duplicates import find_duplicates
from laconic.tokens import as_counter
from laconic.types import (
    DROPPED,
    CompressedPassage,
    Compression,
    Dropped,
    Metrics,
    Passage,
    Rendered,
    Segment,
    TokenCounter,
)

__all__ = ["check_boilerplate_share", "remove_repeats"]

_TEXT_KINDS = ("prose", "markdown")
_STRUCTURE = ("heading", "table_header")
_FEWEST_PASSAGES = 3
_RENDERER = VerbatimRenderer()


def check_boilerplate_share(share: float | None) -> None:
    """Refuse a share that cannot work.

    Raises:
        ConfigurationError: it is neither None nor a number with 0 < share ≤ 1.
    """
    if share is None:
        return
    if isinstance(share, bool) or not isinstance(share, (int, float)) or not isfinite(share) or not 0 < share <= 1:
        raise ConfigurationError(
            f"boilerplate_share is {share!r}: it must be a share of the documents, 0 < share ≤ 1, or None to keep all"
        )


def remove_repeats(passages: Any, *, boilerplate_share: float | None = 0.5, counter: Any = "gpt-4o") -> Compression:
    """Leave out what other passages of the collection say in the same words.

    Args:
        passages: see `laconic.Compressor.compress`; never edited. Code, JSON and other structured text is left whole.
        boilerplate_share: a line or sentence that stands in at least this share of the passages (and in at least three)
            is left out everywhere: menus, footers, notices. Headings and table headers are structure and stay. None
            looks for repetitions only.
        counter: see `laconic.Compressor`; for the figures.

    Returns:
        As `laconic.Compressor.compress`, without a budget: of repeated text (32 characters or more) the first stays. A
        passage of which nothing is left is left out; where that would be all of them, the first is kept. ``dropped``
        has what was left out, as ``"duplicate"``, ``"boilerplate"``, or ``"bare heading"`` (of a passage that has
        nothing else left).

    Raises:
        InputError: something is not text.
        ConfigurationError: ``boilerplate_share`` is out of range.

    Linear in the text.
    """
    check_boilerplate_share(boilerplate_share)
    began = perf_counter()
    tokens = as_counter(counter)
    given = as_passages(passages)
    own: list[list[Segment]] = []
    segments: list[Segment] = []
    for index, passage in enumerate(given):
        found: list[Segment] = []
        if detect_kind(passage) in _TEXT_KINDS:
            found = segmenter_for(passage).segment(passage, index, len(segments))
        own.append(found)
        segments.extend(found)
    reasons: dict[int, str] = dict.fromkeys(find_duplicates(given, segments), "duplicate")
    if boilerplate_share is not None:
        reasons |= dict.fromkeys(_boilerplate(given, segments, boilerplate_share), "boilerplate")
    _keep_required(segments, reasons)
    parts: list[CompressedPassage] = []
    dropped: list[Dropped] = []
    first = 0
    for index, (passage, found) in enumerate(zip(given, own, strict=True)):
        _drop_bare_structure(found, first, reasons)
        levels = [DROPPED if at in reasons else 0 for at in range(first, first + len(found))]
        if 0 in levels or not levels:
            rendered = _RENDERER.render(passage, found, levels)
            parts.append(_part(index, passage, rendered, tokens))
        for at, segment in enumerate(found, first):
            if at in reasons:
                span = (segment.start, segment.end)
                dropped.append(Dropped(index, passage.id, span, passage.text[slice(*span)], reasons[at]))
        first += len(found)
    if not parts and given:  # nothing but boilerplate
        whole = given[0].text
        parts = [_part(0, given[0], Rendered(whole, ((0, len(whole)),)), tokens)]
        dropped = [piece for piece in dropped if piece.index]
    joined = "\n\n".join(part.text for part in parts)
    metrics = Metrics(
        original_tokens=tokens.count("\n\n".join(passage.text for passage in given)),
        compressed_tokens=tokens.count(joined),
        budget_tokens=None,
        latency_ms=(perf_counter() - began) * 1000,
        counter=getattr(tokens, "name", type(tokens).__name__),
        exact=getattr(tokens, "exact", True),
        scorer="none",
        segments=len(segments),
        segments_kept=len(segments) - len(dropped),
    )
    return Compression(joined, tuple(parts), tuple(dropped), metrics)


def _part(index: int, passage: Passage, rendered: Rendered, counter: TokenCounter) -> CompressedPassage:
    return CompressedPassage(
        text=rendered.text,
        index=index,
        id=passage.id,
        spans=rendered.spans,
        tokens=counter.count(rendered.text),
        level="full" if rendered.text == passage.text else "extract",
        original=passage.text,
        counter=counter,
    )


def _boilerplate(passages: Sequence[Passage], segments: Sequence[Segment], share: float) -> list[int]:
    """Segments whose words stand in many passages."""
    where: defaultdict[str, list[int]] = defaultdict(list)
    for at, segment in enumerate(segments):
        if segment.kind not in _STRUCTURE:
            words = " ".join(passages[segment.passage].text[segment.start : segment.end].split())
            if any(map(str.isalnum, words)):  # rules and brackets are layout
                where[words].append(at)
    fewest = max(_FEWEST_PASSAGES, ceil(share * len(passages)))
    return [at for found in where.values() if len({segments[at].passage for at in found}) >= fewest for at in found]


def _drop_bare_structure(own: Sequence[Segment], first: int, reasons: dict[int, str]) -> None:
    """Headings alone are nothing to keep of a passage."""
    kept = [at for at in range(first, first + len(own)) if at not in reasons]
    if 0 < len(kept) < len(own) and all(own[at - first].kind in _STRUCTURE for at in kept):
        reasons |= dict.fromkeys(kept, "bare heading")


def _keep_required(segments: Sequence[Segment], reasons: dict[int, str]) -> None:
    """What a kept segment makes no sense without is kept too."""
    pending = [at for at in range(len(segments)) if at not in reasons]
    while pending:
        for required in segments[pending.pop()].needs:
            if reasons.pop(required, None) is not None:
                pending.append(required)
