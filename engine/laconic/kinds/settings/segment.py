"""Settings to segments: one for each key with the comment above it, under its section."""

from __future__ import annotations

import re
from collections.abc import Sequence

from laconic.kinds.prose.sentences import MAX_SENTENCE_CHARS, sentence_spans
from laconic.kinds.records import alike, record_segments, with_lines
from laconic.kinds.settings.lines import Line, is_unused, plain_value, read_settings
from laconic.types import Member, Passage, Record, Segment, Span

__all__ = ["SettingsSegmenter"]

_LINE = re.compile(r"\S[^\n]*")
_CLOSERS = re.compile(r"[\])},;\s]+")
_TRIM = " \t\r,"
# A comment up to this length is one with its key; a longer one may be left out, or come without the next ones like it.
_SHORT_COMMENT_CHARS = 160
_WHOLE_VALUE_CHARS = 200  # a longer value over several lines is cut at these
_MOST_SHAPES = 16  # with which a section is compared


class SettingsSegmenter:
    """Segments of kind ``"record"``, one for each key and section, and ``"line"`` for long comments; linear.

    A key requires its section, and a comment the key or section below it. A value over many lines is cut into these,
    which require the first and the last where that closes a bracket. A section is a record.
    """

    def segment(self, passage: Passage, index: int, first: int) -> list[Segment]:
        """Cut ``passage``; see `laconic.types.Segmenter`."""
        reader = _Reader(passage.text)
        for line in read_settings(passage.text):
            reader.read(line)
        reader.flush(None)
        segments = record_segments(index, reader.spans, "record", reader.named(), first)
        segments = with_lines(segments, reader.around, reader.heads, first)
        return [
            segment._replace(kind="line") if at in reader.comments else segment for at, segment in enumerate(segments)
        ]


class _Reader:
    """Lines to spans, in order, with what each requires, and records."""

    def __init__(self, text: str) -> None:
        self.spans: list[Span] = []
        self.around: list[tuple[int, ...]] = []
        self.comments: set[int] = set()
        self.heads: set[int] = set()
        self._text = text
        self._records: list[Record] = []
        self._waiting: list[Line] = []  # comments above what comes next
        self._section: tuple[int, ...] = ()  # what the next keys require
        self._record: Record | None = None
        self._prefix = ""
        self._listed: tuple[str, int, Record] | None = None  # the last [[section]]

    def read(self, line: Line) -> None:
        """Note a line."""
        if line.what == "comment":
            self._waiting.append(line)
            if is_unused(self._text, line):
                self.flush(None)
            return
        if line.what == "key":
            self._key(line)
        elif line.what == "section":
            self._open(line)
        else:
            self.flush(None)
            if line.what == "text":
                self._add(_pieces(self._text, line.start, line.end), self._section)

    def flush(self, owner: int | None) -> None:
        """Make segments of the comments that wait; they require their owner, the number of the segment after them."""
        if not self._waiting:
            return
        start, end = self._waiting[0].start, self._waiting[-1].end
        spans = [(start, end)] if end - start <= MAX_SENTENCE_CHARS else [(c.start, c.end) for c in self._waiting]
        self._waiting = []
        spans = [piece for span in spans for piece in _pieces(self._text, *span)]
        self.comments.update(range(len(self.spans), len(self.spans) + len(spans)))
        self._add(spans, self._section if owner is None else (len(self.spans) + len(spans),))

    def _add(self, spans: Sequence[Span], around: tuple[int, ...]) -> None:
        self.spans += spans
        self.around += [around] * len(spans)

    def _begin(self, line: Line) -> int:
        """Where the segment of a line begins: at the comment above it where that is short."""
        if self._waiting and line.start - self._waiting[0].start <= _SHORT_COMMENT_CHARS:
            begin = self._waiting[0].start
            self._waiting = []
            return begin
        self.flush(len(self.spans))
        return line.start

    def _open(self, line: Line) -> None:
        self.flush(len(self.spans))
        at = len(self.spans)
        self._add([(line.start, line.end)], ())
        self.heads.add(at)
        self._section, self._prefix = (at,), ""
        listed = self._listed
        if line.is_listed:
            self._record = Record(f"\n[[{line.name}]]")
            self._records.append(self._record)
            self._listed = (line.name, at, self._record)
        elif listed is not None and line.name.startswith(f"{listed[0]}."):
            self._record, self._section = listed[2], (listed[1], at)
            self._prefix = line.name[len(listed[0]) + 1 :] + "/"
        else:
            self._record = Record("", None, Member("", line.name, line.start, line.end))
            self._records.append(self._record)
            self._listed = None

    def _key(self, line: Line) -> None:
        begin = self._begin(line)
        if self._record is None:
            self._record = Record("")
            self._records.append(self._record)
        name, members = self._prefix + line.name, self._record.members
        lines = _lines(self._text, line.start, line.end)
        if line.end - line.start <= _WHOLE_VALUE_CHARS or len(lines) < 3:
            start, end = plain_value(self._text, line)
            if start < end:
                members.append(Member(name, self._text[start:end], start, end))
            self._add(_pieces(self._text, begin, line.end), self._section)
            return
        head, at = (begin, lines[0][1]), len(self.spans)
        closes = _CLOSERS.fullmatch(self._text, *lines[-1]) is not None
        items = lines[1 : len(lines) - closes]
        pieces = [piece for item in items for piece in _pieces(self._text, *item)]
        last = at + 1 + len(pieces)
        self.heads |= {at, last} if closes else {at}
        self._add([head], (*self._section, *((last,) if closes else ())))
        self._add(pieces, (*self._section, at, *((last,) if closes else ())))
        self._add(lines[-1:] if closes else (), (*self._section, at))
        for start, end in items:
            value = self._text[start:end].strip(_TRIM).strip("\"'")
            members.append(Member(f"{name}/", value, start, end))

    def named(self) -> list[Record]:
        """The records, those of which the keys are alike in one table."""
        shapes: list[tuple[set[str], str]] = []
        for record in self._records:
            if record.table or record.key is None:
                continue
            names = {member.name for member in record.members}
            table = next((name for shape, name in shapes if names and alike([shape, names])), None)
            if table is None:
                table = f"\n[{record.key.value}]".replace("/", ".")
                if names and len(shapes) < _MOST_SHAPES:
                    shapes.append((names, table))
            record.table = table
        return self._records


def _lines(text: str, start: int, end: int) -> list[Span]:
    """Spans of the lines of a span, without the white space around them."""
    found = []
    for match in _LINE.finditer(text, start, end):
        found.append((match.start(), match.start() + len(match.group().rstrip())))
    return found


def _pieces(text: str, start: int, end: int) -> list[Span]:
    return [(start, end)] if end - start <= MAX_SENTENCE_CHARS else sentence_spans(text, start, end, "en")
