"""Cues: what is said from one time to another, in subtitles (SRT, WebVTT) and in transcripts that say only when."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from laconic.kinds.prose.labels import SPEAKER
from laconic.kinds.prose.sentences import sentence_spans
from laconic.kinds.transcript.turns import has_time, lines_of
from laconic.types import Span

__all__ = ["Cue", "Said", "cues_of", "looks_like_cues", "said_in"]

_ARROW = re.compile(r"\s{0,8}(?:\d{1,3}:)?\d{1,2}:\d\d[.,]\d{1,3}\s{0,8}-->\s{0,8}(?:\d{1,3}:)?\d{1,2}:\d\d[.,]\d{1,3}")
_ELAPSED = re.compile(r"[ \t]{0,4}[\[(]?((?:\d{1,3}:)?\d{1,3}:\d\d)(?:[.,]\d{1,3})?[\])]?(?=\s|$)")
_BLOCK = re.compile(r"(?:WEBVTT|NOTE|STYLE|REGION)(?:\s|$)")
# Somebody else begins: "- No.", ">> No.", "ANN: No.", "<v Ann>No.", and what is heard: "[music]", "♪"
_OPENS = re.compile(rf"[-–—]\s?\S|>>|<v[ .]|[\[(♪]|{SPEAKER}:(?:\s|$)")
_HEARD = re.compile(r"[\[(♪][^\n]{0,200}[\])♪]$")

_SAMPLE_LINES = 60
_SAMPLE_CHARS = 8_000
_LEAST_CUES = 3
_FIRST_SECONDS = 900  # a recording, or a part of one, begins near its beginning; a log at any time of the day
_ELAPSED_SHARE, _WORDS_SHARE = 0.4, 0.8
_LEAST_WORDS = 2.5
_UNPUNCTUATED_CHARS = 250  # between ends of sentences, on average, where nobody has set any
_CHUNK_CHARS = 160  # of such a text are kept as one

_WORD = re.compile(r"[^\W\d_][\w'’-]*[,.?!;:…]*")


class Cue(NamedTuple):
    """A time and what is said from then on.

    Attributes:
        start, end: of the number and the time.
        lines: spans of the lines that are said.
    """

    start: int
    end: int
    lines: Sequence[Span]


class Said(NamedTuple):
    """A sentence, or what else is kept as one.

    Attributes:
        start, end: character span.
        cue: the number of the cue that it begins in; None where the time of that is inside what was said before.
        holes: the times inside it, with the line breaks that part them from the words.
    """

    start: int
    end: int
    cue: int | None
    holes: tuple[Span, ...]


def looks_like_cues(text: str) -> bool:
    """Whether a text is subtitles, or gives elapsed times and what was said; a glance at its first lines."""
    if not has_time(text[:_SAMPLE_CHARS]):
        return False
    lines = [line for line in text[:_SAMPLE_CHARS].splitlines()[:_SAMPLE_LINES] if line.strip()]
    arrows = sum("-->" in line and _ARROW.match(line) is not None for line in lines)
    return arrows >= 2 or (arrows == 1 and len(lines) < 8) or _is_elapsed(lines)


def _is_elapsed(lines: Sequence[str]) -> bool:
    """Whether lines begin with times that count up from the beginning, before words."""
    matches = [match for line in lines if ":" in line[:12] and (match := _ELAPSED.match(line))]
    if len(matches) < max(_LEAST_CUES, _ELAPSED_SHARE * len(lines)):
        return False
    seconds = [_seconds(match[1]) for match in matches]
    if seconds[0] > _FIRST_SECONDS or any(later < earlier for earlier, later in pairwise(seconds)):
        return False
    timed = {match.string for match in matches}
    said = [line for line in lines if line not in timed] + [match.string[match.end() :] for match in matches]
    words = [word for line in said for word in line.split()]
    like_words = sum(_WORD.fullmatch(word) is not None for word in words)
    return len(words) >= _LEAST_WORDS * len(matches) and like_words >= _WORDS_SHARE * len(words)


def _seconds(time: str) -> int:
    total = 0
    for part in time.split(":"):
        total = 60 * total + int(part)
    return total


def cues_of(text: str) -> Iterator[Cue]:
    """The cues of a text, in order; what stands before the first is one without words. Linear in the text."""
    head = _ARROW if any(_ARROW.match(line) for line in text[:_SAMPLE_CHARS].splitlines()[:_SAMPLE_LINES]) else _ELAPSED
    start = end = -1
    lines: list[Span] = []
    waiting: Span | None = None  # behind a blank line: the number of the next cue, or more of what is said
    blank = True
    in_block = False
    for at, line in lines_of(text):
        bare = line.strip()
        if not bare:
            blank, in_block = True, False
            continue
        own = (at + line.index(bare[0]), at + len(line.rstrip()))
        match = head.match(line)
        if match is not None:
            if waiting is None and head is _ARROW and lines and not blank and text[slice(*lines[-1])].isdecimal():
                waiting = lines.pop()
            if waiting is not None and head is _ARROW:
                own = (waiting[0], own[1])
            elif waiting is not None:
                lines.append(waiting)
            if start >= 0:
                yield Cue(start, end, lines)
            in_block, waiting, lines = False, None, []
            if head is _ARROW or match.end() >= len(line.rstrip()):
                start, end = own
            else:
                start, end = own[0], at + match.end()
                said = line[match.end() :]
                lines = [(at + match.end() + len(said) - len(said.lstrip()), own[1])]
        else:
            if waiting is not None and start < 0:
                start, end = waiting
            elif waiting is not None:
                lines.append(waiting)
            waiting = None
            if head is _ARROW and blank and _BLOCK.match(bare):
                in_block = True
            if blank and start < 0 and head is _ARROW and bare.isdecimal():
                waiting = own
            elif start < 0 or in_block:
                if start >= 0 and lines:
                    yield Cue(start, end, lines)
                    start, lines = own[0], []
                start, end = (start if start >= 0 else own[0]), own[1]
            elif blank and head is _ARROW:
                waiting = own
            else:
                lines.append(own)
        blank = False
    if waiting is not None:
        lines.append(waiting)
    if start >= 0:
        yield Cue(start, end, lines)


def said_in(text: str, cues: Sequence[Cue], language: str | None) -> Iterator[Said]:
    """What is said, in sentences, whatever cues they go over; linear in the text."""
    headed: set[int] = set()
    for run in _runs(text, cues):
        for said in _sentences(text, run, language):
            number = said.cue
            if number is not None and cues[number].lines[0][0] == said.start:
                headed.add(number)
            yield said if number in headed else said._replace(cue=None)


_Run = Sequence[tuple[int, Span]]
"""Lines that are one text, each with the number of its cue."""


def _runs(text: str, cues: Sequence[Cue]) -> Iterator[_Run]:
    """The lines, parted where somebody else begins, and around what is heard."""
    run: list[tuple[int, Span]] = []
    heard = False
    for number, cue in enumerate(cues):
        for start, end in cue.lines:
            line = text[start:end]
            opens = _OPENS.match(line) is not None
            if run and (opens or heard):
                yield run
                run = []
            heard = opens and _HEARD.match(line) is not None
            run.append((number, (start, end)))
    if run:
        yield run


def _sentences(text: str, run: _Run, language: str | None) -> Iterator[Said]:
    """The sentences of one text, each with the cue that it begins in."""
    joined = " ".join(text[start:end] for _, (start, end) in run)
    starts = list(accumulate((end - start + 1 for _, (start, end) in run[:-1]), initial=0))
    spans = sentence_spans(joined, 0, len(joined), language)
    if len(joined) > _UNPUNCTUATED_CHARS * len(spans):
        spans = list(_chunks(run, starts))
    for first, last in spans:
        opening = bisect_right(starts, first) - 1
        closing = bisect_right(starts, last - 1) - 1
        start = run[opening][1][0] + first - starts[opening]
        end = run[closing][1][0] + last - starts[closing]
        holes = (
            (above[1] + (2 if text[above[1] : above[1] + 2] == "\r\n" else 1), below[0])
            for (number, above), (following, below) in pairwise(run[opening : closing + 1])
            if following != number
        )
        yield Said(start, end, run[opening][0], tuple(holes))


def _chunks(run: _Run, starts: Sequence[int]) -> Iterator[Span]:
    """Lines of a text without the ends of its sentences, some together."""
    begin = end = 0
    for (_, (first, last)), start in zip(run, starts, strict=True):
        if start + last - first - begin > _CHUNK_CHARS and end > begin:
            yield begin, end
            begin = start
        end = start + last - first
    yield begin, end
