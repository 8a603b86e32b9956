"""What a collection says again and again, removed before it is indexed: no question, no budget, no scores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from math import ceil, isfinite
from time import perf_counter
from typing import Any

from laconic.core.budget import Budget
from laconic.core.inputs import Passages, as_passages
from laconic.core.outcome import Piece, build, rest
from laconic.core.reading import Reading, Settings
from laconic.exceptions import ConfigurationError
from laconic.score.registry import importance_scorer
from laconic.select.duplicates import LONG_CHARS
from laconic.telemetry import of_compression, reported
from laconic.tokens import as_counter
from laconic.types import DROPPED, Compression, Dropped, Rendered, Segment

__all__ = ["check_boilerplate_share", "remove_repeats"]

_FEWEST_PASSAGES = 3


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


@reported("remove_repeats", of_compression)
def remove_repeats(
    passages: Passages, *, boilerplate_share: float | None = 0.5, counter: Any = "gpt-4o"
) -> Compression:
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
    settings = Settings(Budget(rate=1.0), as_counter(counter), "\n\n", importance_scorer())
    reading = Reading(as_passages(passages), None, settings)
    text = {at for at in range(len(reading.segments)) if reading.kind_of(at).running_text}
    long = {at for at in text if reading.segments[at].end - reading.segments[at].start >= LONG_CHARS}
    reasons: dict[int, str] = {at: "duplicate" for at in reading.duplicates if at in long}
    if boilerplate_share is not None:
        reasons |= dict.fromkeys(_boilerplate(reading, text, boilerplate_share), "boilerplate")
    _keep_required(reading.segments, reasons)
    for index in range(len(reading.passages)):
        _drop_bare_structure(reading, index, reasons)
    if reasons and len(reasons) == len(reading.segments):  # nothing but boilerplate
        reasons = {at: reason for at, reason in reasons.items() if reading.segments[at].passage}
    levels = [DROPPED if at in reasons else 0 for at in range(len(reading.segments))]
    texts: dict[int, Rendered] = {}
    dropped: list[Dropped] = []
    for index, passage in enumerate(reading.passages):
        first, end = reading.bounds[index]
        own = reading.segments[first:end]
        if not own or 0 in levels[first:end]:
            texts[index] = reading.renderers[index].render(passage, own, levels[first:end])
        pieces = [Piece(s.start, s.end, reasons.get(at, "")) for at, s in enumerate(own, first)]
        kept = texts[index].spans if index in texts else ()
        dropped += rest(index, passage, kept, pieces)
    return build(
        reading.passages,
        texts,
        dropped,
        counter=settings.counter,
        separator=settings.separator,
        began=began,
        counting=reading.counting,
        segments=len(levels),
        segments_kept=levels.count(0),
    )


def _boilerplate(reading: Reading, text: Collection[int], share: float) -> list[int]:
    """Segments of running text whose words stand in many passages."""
    where: defaultdict[str, list[int]] = defaultdict(list)
    for at in sorted(text):
        if not reading.rule(at).heads:
            words = " ".join(reading.text_of(at).split())
            if any(map(str.isalnum, words)):  # rules and brackets are layout
                where[words].append(at)
    fewest = max(_FEWEST_PASSAGES, ceil(share * len(reading.passages)))
    of = [segment.passage for segment in reading.segments]
    return [at for found in where.values() if len({of[each] for each in found}) >= fewest for at in found]


def _drop_bare_structure(reading: Reading, index: int, reasons: dict[int, str]) -> None:
    """Headings alone are nothing to keep of a passage."""
    first, end = reading.bounds[index]
    kept = [at for at in range(first, end) if at not in reasons]
    if 0 < len(kept) < end - first and all(reading.rule(at).heads for at in kept):
        reasons |= dict.fromkeys(kept, "bare heading")


def _keep_required(segments: Sequence[Segment], reasons: dict[int, str]) -> None:
    """What a kept segment makes no sense without is kept too."""
    pending = [at for at in range(len(segments)) if at not in reasons]
    while pending:
        for required in segments[pending.pop()].needs:
            if reasons.pop(required, None) is not None:
                pending.append(required)
