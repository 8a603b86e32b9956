"""Kept parts of a unified diff back to a diff that applies, or to one that says that it is an excerpt."""

from __future__ import annotations

import re
from collections.abc import Sequence

from laconic._utils.remembered import Remembered
from laconic.kinds.diff.segment import DiffSegmenter, Hunk, hunks
from laconic.types import DROPPED, Passage, Rendered, Segment, Span

__all__ = ["EXCERPT", "DiffRenderer"]

_LINE = re.compile(r"[^\n]+|(?<=\n)(?=\n)")

EXCERPT = "[excerpt of a diff]"
"""First line of what is left of a diff where that no longer applies."""


class DiffRenderer:
    """Kept files, hunks and parts of hunks, in order; parts of a hunk get a header with their own line numbers.

    A part of a hunk is a smaller change to the same file, so the result applies wherever the whole did, as a patch of
    what is kept; a file's header without a change of it is marked as an `EXCERPT`. That and headers of hunks are its
    only words of its own; all else is spans of the passage.
    """

    def render(self, passage: Passage, segments: Sequence[Segment], levels: Sequence[int]) -> Rendered:
        """Text and spans of what is kept. See `laconic.types.Renderer`."""
        text = passage.text
        if DROPPED not in levels:
            return Rendered(text, ((0, len(text)),) if text else ())
        whole = {hunk.start: hunk for hunk in hunks(text)}
        pieces: list[str] = []
        spans: list[Span] = []
        header: Segment | None = None  # of the file, until one of its hunks is kept
        bare: Segment | None = None  # the first header that is kept
        is_kept = False  # whether the header is asked for
        hunk: Hunk | None = None
        grown = 0  # lines that the kept changes of this file add so far
        at = 0
        while at < len(segments):
            segment = segments[at]
            hunk = whole.get(segment.start, hunk)
            if segment.kind == "diff_file":
                grown = 0
                has_hunks = at + 1 < len(segments) and segments[at + 1].kind == "diff_hunk"
                header, is_kept = (segment if has_hunks else None), levels[at] != DROPPED
                if bare is None and header is not None and levels[at] != DROPPED:
                    bare = header
            if levels[at] == DROPPED or header is segment:
                at += 1
                continue
            if header is not None and (segment.kind == "diff_hunk" or is_kept):
                pieces.append(text[header.start : header.end])
                spans.append((header.start, header.end))
                header = None
            if segment.kind != "diff_hunk" or hunk is None:
                pieces.append(text[segment.start : segment.end])
                spans.append((segment.start, segment.end))
                at += 1
                continue
            runs, at = _runs(segments, levels, at, hunk)
            piece, growth = _hunk_text(text, hunk, runs, grown)
            grown += growth
            pieces.append(piece)
            if piece != text[runs[0][0] : runs[-1][1]]:  # its header is written anew
                runs = [(max(start, hunk.body), end) for start, end in runs if end > hunk.body]
            spans.extend(runs)
        if not pieces and bare is not None:
            return _excerpt(text, bare.start, bare.end)
        return Rendered("\n".join(pieces) + ("\n" if pieces else ""), tuple(spans))

    def render_beginning(self, passage: Passage, segment: Segment, end: int) -> Rendered | None:
        """The beginning of one segment, for budgets below the smallest.

        Args:
            passage: that the segment is of.
            segment: the one to cut.
            end: character offset inside it.

        Returns:
            Of a hunk the changes that end before ``end``, with a line around them and the lines that name the file, as
            a diff that applies; where there is no such change, and of a file's header, the beginning as an `EXCERPT`.
        """
        text = passage.text
        if segment.kind == "diff_hunk":
            part = _first_changes(text, segment, end)
            if part is not None:
                return part
        if segment.kind == "line":
            return Rendered(text[segment.start : end], ((segment.start, end),))
        return _excerpt(text, segment.start, end)


def _excerpt(text: str, start: int, end: int) -> Rendered:
    return Rendered(f"{EXCERPT}\n{text[start:end]}", ((start, end),))


@Remembered
def _places(text: str) -> tuple[tuple[Hunk, Span | None], ...]:
    """The hunks, each with the lines that name its file; of the last few diffs, which are cut again and again."""
    files = [segment for segment in DiffSegmenter().segment(Passage(text), 0, 0) if segment.kind == "diff_file"]
    places: list[tuple[Hunk, Span | None]] = []
    at = 0
    for hunk in hunks(text):
        while at < len(files) and files[at].start < hunk.start:
            at += 1
        places.append((hunk, (files[at - 1].start, files[at - 1].end) if at else None))
    return tuple(places)


def _first_changes(text: str, segment: Segment, end: int) -> Rendered | None:
    """The first changes of a part of a hunk, as a diff about as long as the part up to ``end``; None where none fits.

    A line that stays is kept on both sides, as tools place a change by what is around it.
    """
    hunk, file = next(place for place in _places(text) if place[0].start <= segment.start < place[0].end)
    if file is None or not hunk.new_lines:  # half a file cannot be deleted
        return None
    begin = max(segment.start, hunk.body)
    lines = [(match.start(), match.end()) for match in _LINE.finditer(text, begin, segment.end)]
    first = next((at for at, (start, _) in enumerate(lines) if text[start] in "+-"), None)
    if first is None:
        return None
    lines = lines[max(0, first - 1) :]
    limit = end + lines[0][0] - segment.start  # what is left out in front leaves room behind
    stops = [
        stop
        for start, stop in lines[0 if text[lines[0][0]] in "+-" else 1 :]
        if stop <= limit and (text[start] not in "+-\\" or stop >= hunk.end or not hunk.old_lines)
    ]
    if not stops:
        return None
    start, stop = lines[0][0], stops[-1]
    names = text.rfind("\n--- ", *file) + 1  # the rest of the header tells of modes and contents
    if names and "\nrename " not in text[slice(*file)]:
        file = (names, file[1])
    piece, _ = _hunk_text(text, hunk, [(start, stop)], 0)
    return Rendered(f"{text[slice(*file)]}\n{piece}\n", (file, (start, stop)))


def _runs(segments: Sequence[Segment], levels: Sequence[int], at: int, hunk: Hunk) -> tuple[list[Span], int]:
    """Spans of the kept parts of a hunk that can stand under one header, and where to go on.

    These are the parts that follow one another; of a hunk that only adds lines all of them, as nothing of the old file
    is between them (and a new file can be made by one hunk only).
    """
    runs: list[Span] = []
    while at < len(segments) and segments[at].end <= hunk.end and segments[at].kind == "diff_hunk":
        segment = segments[at]
        if levels[at] != DROPPED:
            if runs and runs[-1][1] + 1 == segment.start:
                runs[-1] = (runs[-1][0], segment.end)
            else:
                runs.append((segment.start, segment.end))
        elif runs and hunk.old_lines:
            break
        at += 1
    return runs, at


def _hunk_text(text: str, hunk: Hunk, runs: Sequence[Span], grown: int) -> tuple[str, int]:
    """Lines of a hunk under a header that counts them, and by how many lines they make the file longer."""
    bodies = [text[max(start, hunk.body) : end] for start, end in runs]
    old, new = map(sum, zip(*map(_counts, bodies), strict=True))
    first = hunk.old + _counts(text[hunk.body : max(hunk.body, runs[0][0])])[0]
    if runs == [(hunk.start, hunk.end)] and hunk.new == first + grown:
        return text[hunk.start : hunk.end], new - old
    # a side without lines is numbered by the line before it
    header = f"@@ -{first - (not old)},{old} +{first + grown - (not new)},{new} @@{hunk.section}"
    return "\n".join([header, *bodies]), new - old


def _counts(lines: str) -> tuple[int, int]:
    """Lines of the old and of the new file in a stretch of a hunk."""
    marks = [line[:1] for line in lines.split("\n")]
    if not marks[-1] and (not lines or lines.endswith("\n")):
        marks.pop()
    noted = marks.count("\\")
    return len(marks) - marks.count("+") - noted, len(marks) - marks.count("-") - noted
