"""Unified diffs to segments: headers of files, headers of hunks, and the changes inside a hunk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from laconic.types import Passage, Segment, Span

__all__ = ["DiffSegmenter", "Hunk", "diff_spans", "hunks", "looks_like_diff"]

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_HEAD = re.compile(r"^(?:diff --git .+|--- .+\n\+\+\+ .+\n@@ -\d)", re.MULTILINE)
_CHANGE = re.compile(r"^[-+]", re.MULTILINE)
_SAMPLE_CHARS = 16_000

# A run of changes is wanted whole, but not five hundred lines of a new file.
_MAX_CHANGE_CHARS = 1200


class Hunk(NamedTuple):
    """A hunk's place in the text and in its two files.

    Attributes:
        start: where its header line begins.
        body: where its first line begins, behind the header's line break.
        end: behind its last line, the line break not in.
        old, new: number of its first line in the old and in the new file (of the line that would be first, where it has
        none).
        old_lines, new_lines: how many lines it has of each.
        section: what the header says behind the second ``@@``.
    """

    start: int
    body: int
    end: int
    old: int
    new: int
    old_lines: int
    new_lines: int
    section: str


def looks_like_diff(text: str) -> bool:
    """Whether ``text`` holds a unified diff near its beginning."""
    if "\n@@ -" not in text and "diff --git " not in text:
        return False
    return bool(_HEAD.search(text, 0, _SAMPLE_CHARS)) and bool(_HUNK.search(text) or "rename " in text)


def hunks(text: str) -> Iterator[Hunk]:
    """The hunks, in order; each as long as its header says, or as lines that fit a hunk go on."""
    at = 0
    while at < len(text):
        end = _line_end(text, at)
        match = _HUNK.match(text, at, end)
        if not match:
            at = end + 1
            continue
        old_lines, new_lines = int(match[2] or 1), int(match[4] or 1)
        old_left, new_left = old_lines, new_lines
        line, last = end + 1, end
        while line < len(text) and (old_left > 0 or new_left > 0 or text.startswith("\\", line)):
            mark = text[line]
            if mark not in " +-\\\n\r":
                break
            old_left -= mark not in "+\\"
            new_left -= mark not in "-\\"
            last = _line_end(text, line)
            line = last + 1
        # a side without lines is numbered by the line before it
        old, new = int(match[1]) + (not old_lines), int(match[3]) + (not new_lines)
        section = text[match.end() : end].rstrip("\r")
        yield Hunk(at, min(end + 1, last), last, old, new, old_lines, new_lines, section)
        at = line


def diff_spans(text: str) -> list[Span]:
    """Stretches of hunks that change something, with the lines that name their files; linear."""
    if "\n@@ -" not in text and not text.startswith("@@ -"):
        return []
    spans: list[Span] = []
    for hunk in hunks(text):
        if not _CHANGE.search(text, hunk.body, hunk.end):
            continue
        start, least = hunk.start, spans[-1][1] if spans else 0
        while start > least and text.startswith(_HEADER_LINES, line := text.rfind("\n", 0, start - 1) + 1):
            start = line
        if spans and not text[spans[-1][1] : start].strip():
            spans[-1] = (spans[-1][0], hunk.end)
        else:
            spans.append((start, hunk.end))
    return spans


class DiffSegmenter:
    """Segments of a unified diff: ``"diff_file"`` (the lines that name a file) and ``"diff_hunk"``s that require it.

    A long hunk is cut between its changes, a new file every 1,200 characters; its parts are
    ``"diff_hunk"``s too, and `laconic.kinds.diff.render.DiffRenderer` gives each run of kept parts a header of its own,
    so that what is kept still applies. Lines outside of hunks and headers (a commit's message) are ``"line"``s. Linear.
    """

    def segment(self, passage: Passage, index: int, first: int) -> list[Segment]:
        """Cut ``passage``; see `laconic.types.Segmenter`."""
        text = passage.text
        segments: list[Segment] = []
        header: tuple[int, ...] = ()
        at = 0
        for hunk in [*hunks(text), None]:
            for start, end, is_header in _between(text, at, hunk.start if hunk else len(text)):
                if is_header:
                    header = (first + len(segments),)
                segments.append(Segment(index, start, end, "diff_file" if is_header else "line"))
            if hunk:
                segments.extend(Segment(index, start, end, "diff_hunk", header) for start, end in _parts(text, hunk))
                at = hunk.end + 1
        return segments


def _between(text: str, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """Header blocks and other lines of a stretch without hunks."""
    block: tuple[int, int] | None = None
    while start < end:
        stop = min(_line_end(text, start), end)
        line = text[start:stop].rstrip()
        if line.startswith("diff ") and block:
            yield (*block, True)
            block = None
        if line.startswith(_HEADER_LINES):
            block = (block[0] if block else start, start + len(line))
        elif line:
            if block:
                yield (*block, True)
                block = None
            yield start, start + len(line), False
        start = stop + 1
    if block:
        yield (*block, True)


_HEADER_LINES = (
    "diff ", "index ", "--- ", "+++ ", "new file mode", "deleted file mode", "old mode", "new mode", "similarity index",
    "rename ", "copy ", "Binary files ", "Index: ", "=======",
)  # fmt: skip


def _parts(text: str, hunk: Hunk) -> Iterator[tuple[int, int]]:
    """Spans of a hunk's parts: all of it where it is short, else one for each change with the context after it.

    The first part begins at the hunk's header. Context after a change is what lets tools place it, so a change is cut
    inside
    only where there is none to lose: in a new file.
    """
    if hunk.end - hunk.start <= _MAX_CHANGE_CHARS or not hunk.new_lines:  # half a file cannot be deleted
        yield hunk.start, hunk.end
        return
    begin, line, changed = hunk.start, hunk.body, False
    while line < hunk.end:
        end = _line_end(text, line)
        is_change = text[line] in "+-"
        full = not hunk.old_lines and line - begin > _MAX_CHANGE_CHARS
        if full or (is_change and changed and _is_context(text, line - 1)):
            yield begin, line - 1
            begin, changed = line, False
        changed |= is_change
        line = end + 1
    yield begin, hunk.end


def _is_context(text: str, line_end: int) -> bool:
    """Whether the line that ends there is neither added nor removed."""
    return text[text.rfind("\n", 0, line_end) + 1] not in "+-\\"


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end
