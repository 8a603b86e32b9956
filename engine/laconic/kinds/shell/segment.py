"""Sessions in a shell and outputs of tools to segments: commands, and what each of them printed, by its form."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from laconic.kinds.columns.segment import columns_of, rows_in_columns
from laconic.kinds.prose.sentences import MAX_SENTENCE_CHARS, sentence_spans
from laconic.kinds.shell.history import commit_segments
from laconic.kinds.shell.output import carries_on, form_of, is_match_head, is_progress, is_prompt, is_rule
from laconic.types import Passage, Segment, Span

__all__ = ["ShellSegmenter", "looks_like_shell"]

_SAMPLE_CHARS = 16_000
_GLANCE_LINES = 80
_TABLE_LINES = 41
_ROWS = 5
_BETWEEN = "--"  # matches that are not beside each other


def looks_like_shell(text: str) -> bool:
    """Whether a text is a session in a shell, or what a common tool prints; a glance at its first lines."""
    lines = text[:_SAMPLE_CHARS].split("\n")[:_GLANCE_LINES]
    filled = [line for line in lines if line.strip()]
    if not filled:
        return False
    rows = sum(" | " in line for line in filled[:_ROWS])  # "$ million | 2019 | 2018"
    return (is_prompt(filled[0]) and 2 * rows <= min(_ROWS, len(filled))) or form_of(filled) is not None


class ShellSegmenter:
    """Segments of what commands print; linear in the text.

    A ``"command"`` is required by what it printed where there are several. Tables in columns are rows with their
    header, histories are records, matches are ``"hit"``s with the file that they are in. Other lines are those of a
    log: ``"log_line"``, and ``"log_more"`` that requires one, under the ``"section"`` that says what they are about;
    ``"progress"`` is what says that work goes on.
    """

    def segment(self, passage: Passage, index: int, first: int) -> list[Segment]:
        """Cut ``passage``; see `laconic.types.Segmenter`."""
        text = passage.text
        spans = _lines(text)
        starts = [at for at, (start, end) in enumerate(spans) if is_prompt(text[start : min(end, start + 400)])]
        segments: list[Segment] = []
        if not starts or starts[0] > 0:
            segments += _output(passage, spans[: starts[0] if starts else len(spans)], index, first, ())
        for at, following in pairwise([*starts, len(spans)]):
            needs = (first + len(segments),) if len(starts) > 1 else ()
            end = at + 1
            while end < following and text[spans[end - 1][0] : spans[end - 1][1]].endswith("\\"):
                end += 1
            segments.append(Segment(index, spans[at][0], spans[end - 1][1], "command"))
            segments += _output(passage, spans[end:following], index, first + len(segments), needs)
        return segments


def _lines(text: str) -> list[Span]:
    """Spans of the lines that are not blank, without the white space at their ends."""
    found = []
    at = 0
    for line in text.split("\n"):
        bare = line.rstrip()
        if bare:
            found.append((at, at + len(bare)))
        at += len(line) + 1
    return found


def _output(passage: Passage, spans: Sequence[Span], index: int, first: int, needs: tuple[int, ...]) -> list[Segment]:
    """Segments of what one command printed."""
    if not spans:
        return []
    text = passage.text
    sample = [text[start : min(end, start + 400)] for start, end in spans[:_GLANCE_LINES]]
    form = form_of(sample)
    if form == "commits":
        found = commit_segments(passage, spans[0][0], spans[-1][1], index, first)
        return [each._replace(requires=(*needs, *each.requires)) for each in found]
    if form is None:
        columns = columns_of([text[start:end] for start, end in spans[:_TABLE_LINES]])
        if columns is not None:
            return rows_in_columns(index, text, spans, columns, first, needs)
    return _plain(passage, spans, index, first, needs, form)


def _plain(
    passage: Passage, spans: Sequence[Span], index: int, first: int, needs: tuple[int, ...], form: str | None
) -> list[Segment]:
    """Segments of an output line by line."""
    text = passage.text
    segments: list[Segment] = []
    section: tuple[int, ...] = ()
    head: tuple[int, ...] = ()
    for start, end in spans:
        line = text[start:end]
        own = (first + len(segments),)
        if form == "matches":
            titled = is_match_head(line)
            kind, requires = ("section", needs) if titled else ("hit", (*needs, *section))
            kind = "progress" if line == _BETWEEN else kind
            section = own if titled else section
        elif is_rule(line) or (form == "status" and line[-1] == ":" and not line[0].isspace()):
            kind, requires, section, head = "section", needs, own, ()
        elif is_progress(line):
            kind, requires, head = "progress", needs, ()
        elif head and carries_on(line) and form != "status":
            if _joins(text, segments[-1], start, end):
                segments[-1] = segments[-1]._replace(end=end)
                continue
            kind, requires = "log_more", (*needs, *section, *head)
        else:
            kind, requires, head = "log_line", (*needs, *section), own
        pieces = [(start, end)] if end - start <= MAX_SENTENCE_CHARS else sentence_spans(text, start, end, "en")
        segments += (Segment(index, *piece, kind, requires) for piece in pieces)
    return segments


def _joins(text: str, above: Segment, start: int, end: int) -> bool:
    """Whether a line is one with what is above: the source that a diagnostic shows, and the marks in it."""
    near = text.count("\n", above.end, start) == 1 and not text[above.start : above.end].lstrip().startswith("-->")
    return near and above.kind == "log_more" and end - above.start <= MAX_SENTENCE_CHARS
