"""How much each line of a log is wanted: failures, rare kinds of lines, rare values and far numbers in lines alike."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

from laconic.kinds.log.segment import line_severity
from laconic.kinds.log.templates import LogTemplates
from laconic.score.structure.odd import surprises
from laconic.types import Passage, Segment

__all__ = ["wanted_lines"]

_FAILURE, _FAILURE_UNASKED = 6.0, 1.5
_BESIDE_FAILURE = 0.25  # of the failure's own part
_REPEATED = 1.0  # per doubling of the lines of its kind that came before
_ODD_SEVERITY, _SURE_SURPRISE = 0.6, 4.0  # what is so rare is as bad as a word of failure
_LEAST_LINES = 12  # of a kind, to tell its rare values from the common ones
_VALUE_STARTS = "=:"


def wanted_lines(asked: bool, passages: Sequence[Passage], segments: Sequence[Segment]) -> dict[int, float]:
    """What is added to the scores of lines of logs.

    Args:
        asked: whether the question, or its absence, asks for failures.
        passages: of the call.
        segments: of the call.

    Returns:
        By segment: most for failures, the first of a kind before the same again; for lines of a kind that the log
        hardly has, and lines with a value that hardly any line of their kind has; and a share of it for the lines
        beside. Linear in the text.
    """
    weight = _FAILURE if asked else _FAILURE_UNASKED
    by_passage: dict[int, list[int]] = {}
    for at, segment in enumerate(segments):
        if segment.kind in ("log_line", "log_more"):
            by_passage.setdefault(segment.passage, []).append(at)
    own: dict[int, float] = {}
    for index, lines in by_passage.items():
        texts = [passages[index].text[segments[at].start : segments[at].end] for at in lines]
        kinds = LogTemplates()
        of_kind = [kinds.add(text) for text in texts]
        odd = _odd_lines([segments[at].kind == "log_line" for at in lines], texts, of_kind) if asked else {}
        seen: dict[int, int] = {}
        for place, (at, text, kind) in enumerate(zip(lines, texts, of_kind, strict=True)):
            times = seen[kind] = seen.get(kind, 0) + 1
            rare = _ODD_SEVERITY * min(1.0, odd.get(place, 0.0) / _SURE_SURPRISE)
            repeated = _REPEATED * log(times, 2)  # what is rare is none of those that came before
            again = weight * line_severity(text) - repeated
            own[at] = max(weight * rare, again) if rare else again
    return {
        at: max(worth, _BESIDE_FAILURE * max((own[near] for near in (at - 1, at + 1) if near in own), default=0.0))
        for at, worth in own.items()
    }


def _odd_lines(opens: Sequence[bool], texts: Sequence[str], kinds: Sequence[int]) -> dict[int, float]:
    """Places of lines that stand out by their kind or by a value, and how much they surprise."""
    places = [place for place, is_line in enumerate(opens) if is_line]
    odd = {places[at]: surprise for at, surprise in surprises([str(kinds[place]) for place in places], len(places))}
    of_kind: dict[int, list[int]] = {}
    for place in places:
        of_kind.setdefault(kinds[place], []).append(place)
    for alike in of_kind.values():
        if len(alike) >= _LEAST_LINES:
            for place, surprise in _odd_values([texts[place] for place in alike], alike):
                odd[place] = max(surprise, odd.get(place, 0.0))
    return odd


def _odd_values(texts: Sequence[str], places: Sequence[int]) -> list[tuple[int, float]]:
    """Lines of one kind with a rare word or a far number at one of the places where such lines have one."""
    words = [text.split() for text in texts]
    width = len(words[0])
    same = [at for at, line in enumerate(words) if len(line) == width]
    found: list[tuple[int, float]] = []
    for column in zip(*(words[at] for at in same), strict=True):
        if len(set(column)) > 1:
            values = [word[max(map(word.rfind, _VALUE_STARTS)) + 1 :].rstrip(",;)]") or word for word in column]
            found += ((places[same[at]], surprise) for at, surprise in surprises(values, len(values)))
    return found
