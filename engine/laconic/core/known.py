"""What was read of the last passages: their kinds and segments, so that a passage that comes again is not read again.

Retrievers bring the same chunks for the next question, and a second question is asked about the same file. What is
remembered is all that recognition and segmenters give, as they gave it; a passage at another place of another call has
its segments moved there, which takes a tenth of the time of reading it, or less.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from itertools import chain
from typing import NamedTuple

from laconic._utils.locks import ForkLock
from laconic._utils.remembered import clearable
from laconic.kinds.catalogue import Recognised, recognise
from laconic.tokens import TiktokenCounter
from laconic.types import Member, Passage, Record, Segment, TokenCounter

__all__ = ["read_passage"]

# Records and their members take some fifteen times their text, so this is 8 MB at the most: a call of 100,000 tokens.
_MOST_CHARS = 500_000
_ENTRY_CHARS = 100  # what an entry takes beside


class _Read(NamedTuple):
    """What was read of a passage, its segments as of ``place`` in a call, from ``first`` on."""

    recognised: Recognised
    segments: tuple[Segment, ...]
    place: int
    first: int
    chars: int


class _Known:
    """The last passages that were read, up to a number of characters together; safe beside running calls."""

    def __init__(self) -> None:
        self._lock = ForkLock(self._renew)
        self._renew()

    def __len__(self) -> int:
        return len(self._read)

    def get(self, key: Hashable) -> _Read | None:
        with self._lock:
            read = self._read.get(key)
            if read is not None:
                self._read.move_to_end(key)
            return read

    def put(self, key: Hashable, read: _Read) -> None:
        with self._lock:
            if key in self._read:
                return
            self._read[key] = read
            self._chars += read.chars
            while self._chars > _MOST_CHARS:
                self._chars -= self._read.popitem(last=False)[1].chars

    def cache_clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._renew()

    def _renew(self) -> None:
        self._read: OrderedDict[Hashable, _Read] = OrderedDict()
        self._chars = 0


_known = _Known()
clearable("laconic.core.known", _known)


def read_passage(
    passage: Passage, index: int, first: int, counter: TokenCounter, know_ends: Callable[[int], None] | None = None
) -> tuple[Recognised, list[Segment]]:
    """The kind of a passage and its segments, as `recognise` and the kind's segmenter give them.

    Args:
        passage: of the call.
        index: its position in the call.
        first: position in the call's list of its first segment.
        counter: plans levels of detail; what is planned by a counter of the caller's own is not remembered.
        know_ends: tells the counter of the passage's tokens what the call knows, where the kind's levels are planned.

    Raises:
        ConfigurationError: the passage names a kind that does not exist.
    """
    key = _key(passage, counter)
    if key is not None and (read := _known.get(key)) is not None:
        return read.recognised, _moved(read, index, first)
    recognised = recognise(passage)
    if know_ends is not None and recognised.kind.plans_levels:
        know_ends(index)
    segments = recognised.kind.segmenter(counter).segment(passage, index, first)
    # Parsers that gave up may not do so again; members of records are told where parts of other kinds moved them.
    lasts = recognised.fallback is None and not any(each.part and each.record for each in segments)
    if key is not None and lasts:
        chars = _ENTRY_CHARS + sum(len(each) for each in key if isinstance(each, str))
        _known.put(key, _Read(recognised, tuple(segments), index, first, chars))
    return recognised, segments


def _key(passage: Passage, counter: TokenCounter) -> tuple[Hashable, ...] | None:
    """All that a kind reads of a passage; None for what is not remembered."""
    if not isinstance(counter, TiktokenCounter) or len(passage.text) > _MOST_CHARS:
        return None
    said = [(name, value) for name, value in passage.metadata.items() if isinstance(value, str)]
    told = chain.from_iterable(said)
    return passage.text, passage.source, passage.kind, passage.language, counter, *told


def _moved(read: _Read, index: int, first: int) -> list[Segment]:
    """The segments of a passage at another place of a call."""
    by = first - read.first
    if not by:
        if index == read.place:
            return list(read.segments)
        return [Segment(index, *segment[1:]) for segment in read.segments]
    records = _moved_records(read.segments, by)
    return [
        Segment(
            index,
            start,
            end,
            kind,
            tuple([at + by for at in requires]) if requires else (),
            levels,
            tuple([at + by for at in along]) if along else (),
            None if record is None else records[record],
            tuple([at + by for at in under]) if under else (),
            part,
        )
        for _, start, end, kind, requires, levels, along, record, under, part in read.segments
    ]


def _moved_records(segments: Sequence[Segment], by: int) -> dict[Record, Record]:
    """Copies of the records of segments, and of those around them, whose members are in segments ``by`` further on."""
    records: dict[Record, Record] = {}
    members: dict[Member, Member] = {}

    def moved(member: Member) -> Member:
        other = members.get(member)
        if other is None:
            other = members[member] = Member(member.name, member.value, member.start, member.end, member.at + by)
            other.until = member.until + by
        return other

    for segment in segments:
        waiting: list[Record] = []
        record = segment.record
        while record is not None and record not in records:
            waiting.append(record)
            record = record.parent
        for record in reversed(waiting):
            parent = None if record.parent is None else records[record.parent]
            other = records[record] = Record(record.table, parent, None if record.key is None else moved(record.key))
            other.members = list(map(moved, record.members))
            other.identity = tuple(map(moved, record.identity))
            other.header = None if record.header is None else moved(record.header)
    return records
