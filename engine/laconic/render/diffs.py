"""Kept parts of a unified diff back to a diff that applies."""

from __future__ import annotations

from collections.abc import Sequence

from laconic.segment.diffs import Hunk, hunks
from laconic.types import DROPPED, Passage, Rendered, Segment, Span

__all__ = ["DiffRenderer"]


class DiffRenderer:
    """Kept files, hunks and parts of hunks, in order; parts of a hunk get a header with their own line numbers.

    A part of a hunk is a smaller change to the same file, so the result applies wherever the whole did, as a patch of
    what is kept. The headers that it writes are its only words of its own; all else is spans of the passage.
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
        hunk: Hunk | None = None
        grown = 0  # lines that the kept changes of this file add so far
        at = 0
        while at < len(segments):
            segment = segments[at]
            hunk = whole.get(segment.start, hunk)
            if segment.kind == "diff_file":
                grown = 0
                has_hunks = at + 1 < len(segments) and segments[at + 1].kind == "diff_hunk"
                header = segment if has_hunks else None
            if levels[at] == DROPPED or header is segment:
                at += 1
                continue
            if segment.kind != "diff_hunk" or hunk is None:
                pieces.append(text[segment.start : segment.end])
                spans.append((segment.start, segment.end))
                at += 1
                continue
            if header is not None:
                pieces.append(text[header.start : header.end])
                spans.append((header.start, header.end))
                header = None
            runs, at = _runs(segments, levels, at, hunk)
            piece, growth = _hunk_text(text, hunk, runs, grown)
            grown += growth
            pieces.append(piece)
            spans.extend(runs)
        if not pieces and header is not None:
            return Rendered(text[header.start : header.end], ((header.start, header.end),))
        return Rendered("\n".join(pieces) + ("\n" if pieces else ""), tuple(spans))


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
