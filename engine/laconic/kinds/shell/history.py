"""What ``git log`` prints: commits as records, their messages in sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from laconic.kinds.prose.segment import prose_within
from laconic.kinds.records import record_segments
from laconic.types import Member, Passage, Record, Segment, Span

__all__ = ["commit_segments"]

_COMMIT = re.compile(r"commit ([0-9a-f]{7,40})\b")
_FIELD = re.compile(r"(Merge|Author|AuthorDate|Commit|CommitDate|Date|Reflog[\w ]*):\s+")
_HEAD_KINDS = frozenset(("commit", "record"))
_IDENTITY = frozenset(("commit", "author", "date"))
_LINE = re.compile(r"(?<![^\S\n])[^\S\n]*\S(?:[^\n]*\S)?")


class _Found(NamedTuple):
    span: Span
    kind: str


def commit_segments(passage: Passage, start: int, end: int, index: int, first: int) -> list[Segment]:
    """Segments of a history: each line of a commit's head, the sentences of its message, the files that it changes.

    All are members of the commit's record, so that they bring what identifies it; the message brings who wrote it and
    when. Linear in the text.
    """
    text = passage.text
    records: list[Record] = []
    found: list[_Found] = []
    message: Span | None = None

    def add(name: str, value: str, span: Span, kind: str = "record") -> None:
        if not records:
            records.append(Record("commits"))
        records[-1].members.append(Member(name, value, *span))
        found.append(_Found(span, kind))

    def settle() -> None:
        if message is not None:
            for each in prose_within(passage, message, index, 0):
                add("message", text[each.start : each.end], (each.start, each.end), each.kind)

    for match in _LINE.finditer(text, start, end):
        line = match.group()
        begin = match.start() + len(line) - len(line.lstrip())
        commit = _COMMIT.match(line)
        field = _FIELD.match(line)
        if line[:4].isspace():
            message = (message[0] if message else begin, match.end())
            continue
        settle()
        message = None
        if commit is not None:
            records.append(Record("commits"))
            add("commit", commit[1], match.span(), "commit")
        elif field is not None:
            add(field[1].lower(), line[field.end() :].strip(), match.span())
        else:  # a file and how much of it changed, or the patch
            add("file", line.strip(), (begin, match.end()))
    settle()
    segments = record_segments(index, [each.span for each in found], "record", records, first)
    identities = [[member.at for member in record.members if member.name in _IDENTITY] for record in records]
    told = dict(zip(records, identities, strict=True))
    return [
        segment._replace(kind=each.kind)
        if each.kind in _HEAD_KINDS or segment.record is None
        else segment._replace(kind=each.kind, along=_told_by(segment, told[segment.record]))
        for segment, each in zip(segments, found, strict=True)
    ]


def _told_by(segment: Segment, identity: Sequence[int]) -> tuple[int, ...]:
    """What comes along with a sentence of a message: who wrote it and when, as in mail."""
    return tuple(at for at in dict.fromkeys((*identity, *segment.along)) if at not in segment.requires)
