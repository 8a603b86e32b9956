"""Records in any notation: what identifies one, and which other segments a member of it brings along.

A notation gives one function, text to `laconic.types.Record`s with the spans of their members; `record_segments` makes
segments of them, and the scores are adjusted by looking at the records alone (`laconic.score.structured`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from laconic._utils.remembered import bounded
from laconic.kinds.kind import Parts, Repeats, SegmentRule
from laconic.types import Member, Record, Segment, Span

__all__ = [
    "NO_VALUE",
    "RECORD_RULES",
    "alike",
    "identify",
    "identities",
    "key_of",
    "record_segments",
    "with_lines",
]

# Keys whose value names the record that they stand in, the more telling first.
_IDENTIFYING = (
    re.compile(r"_?id|uuid|key", re.IGNORECASE),
    re.compile(r".*(?:_id|[a-z]Id|ID|_uuid|_key|_number|[a-z]Number|_code|_no)"),
    re.compile(r"(?:full_?)?name|title|code|number|label|slug|path|url|email", re.IGNORECASE),
)
_ID = re.compile(r"_?(?:[iI][dD]|[uU][uU][iI][dD])|[kK]ey|.*(?:_id|[a-z]Id|ID|_uuid|_key)")
_NAME = re.compile(r"(?:.*[_\W])?(?:name|title|label)", re.IGNORECASE)
_NO_RANK = len(_IDENTIFYING)
_MOST_IDS = 8  # an object with more of them is a table of references rather than a record
_SHORT_CHARS = 150  # a longer value identifies nothing

NO_VALUE = frozenset(("", "null", "{}", "[]", "None", "NaN", "nan", "N/A", "n/a", "-"))
"""How notations write that there is none."""

# What the values of a column that names its records look like where its header does not say so.
_CODE = re.compile(r"(?=\S*\d)(?=\S*[^\W\d_])[^\s\"'{}\[\]]{2,64}|\d+(?:[-./]\d+){2,}|\d{8,}")
_QUANTITY = re.compile(  # 12kg, $3.5M, 48%, 2024-05-20T10:00, 20.05.2024
    r"[-+~<>]?[$€£]?\d[\d.,:]{0,20}\s*[^\W\d_]{1,5}%?|[-+~<>]?[$€£]?\d[\d.,]*%"
    r"|\d{4}[-/.]\d\d?(?:[-/.]\d\d?\b.*)?|\d\d?[-/.]\d\d?[-/.]\d{4}"
)
_WORDING = re.compile(r"[^\W\d_][^\n\"{}\[\]]{0,59}(?<![.!?])")
_SAMPLE = 24
_LEAST_RECORDS = 3
_MANY_RECORDS = 8  # the values of fewer may differ by chance, so that a name must be where names stand:
_FIRST_COLUMNS = 2
_DISTINCT_SHARE = 0.95
_PRESENT_SHARE = 0.8

RECORD_RULES: Mapping[str, SegmentRule] = {
    "record": SegmentRule(
        steep_from=1.0, needs_price=0.5, repeats=Repeats.BY_NAMES, same_words_differ=True, parts=Parts.BEGINNING
    ),
    "record_head": SegmentRule(heads=True, is_frame=True),
}
"""Of notations of which the entries are what members are in JSON (see there for the figures); lines that say nothing
alone (the name of a section, a key without a value) are heads."""

_ALIKE_SAMPLE = 16
_ALIKE_SHARE = 0.75
_SHARED_NAMES = 0.5
_MOST_AROUND = 8  # names of so many of the records around a member come along, the innermost ones


def key_of(name: str) -> str:
    """The last key of a member's name: ``"city"`` of ``"address/city"``; ``""`` for an element of a list."""
    return name[name.rfind("/") + 1 :]


def alike(shapes: Sequence[Collection[str]]) -> bool:
    """Whether things with these names of members are of one sort; a glance at the first ones."""
    first = set(shapes[0])
    sample = shapes[:_ALIKE_SAMPLE]
    same = sum(len(first.intersection(shape)) >= _SHARED_NAMES * len(first.union(shape)) for shape in sample)
    return same >= _ALIKE_SHARE * len(sample)


# -- what identifies a record ---------------------------------------------------------------------------------------


class _Name(NamedTuple):
    """What the name of a member tells: the object that it stands in, and how telling its key is, 0 the most."""

    part: str
    rank: int
    is_id: bool


@bounded(8192)
def _read(name: str) -> _Name:
    part, key = name[: name.rfind("/") + 1], key_of(name)
    rank = next((rank for rank, pattern in enumerate(_IDENTIFYING) if pattern.fullmatch(key)), _NO_RANK)
    return _Name(part, rank, bool(_ID.fullmatch(key)))


class _Names(dict[str, _Name]):
    """What the names of one text tell; members by the thousand share a few names."""

    def __missing__(self, name: str) -> _Name:
        told = self[name] = _read(name)
        return told


def identify(records: Iterable[Record]) -> None:
    """Set the `identity` of each record, as `identities` gives it for those of one table."""
    tables: dict[str, list[Record]] = {}
    for record in records:
        tables.setdefault(record.table, []).append(record)
    told = _Names()
    for table in tables.values():
        for record, identity in zip(table, _identities(table, told), strict=True):
            record.identity = identity


def identities(table: Sequence[Record]) -> list[tuple[Member, ...]]:
    """What tells each record of a table from the others: an id, a name, or both in this order.

    In a table of three records or more these are the first column of distinct values that are ids by their header or
    by their looks, and the first that are names; of single records, and where no column is distinct, the most telling
    key. A record that is filed under a key has that as its id. Linear in the members.
    """
    return _identities(table, _Names())


def _identities(table: Sequence[Record], told: _Names) -> list[tuple[Member, ...]]:
    names = _identity_columns(table) if len(table) >= _LEAST_RECORDS else ()
    found = []
    for record in table:
        identity: list[Member] = []
        if names:
            own = {member.name: member for member in record.members if member.name in names and _tells(member)}
            identity = [own[name] for name in names if name in own]
        if record.key is not None:
            identity.insert(0, record.key)
        elif not identity and (best := _most_telling(record.members, "", told)) is not None:
            identity.append(best)
        found.append(tuple(identity))
    return found


def _identity_columns(table: Sequence[Record]) -> tuple[str, ...]:
    """Names of the members by which the records of a table are told apart: an id, a name, or both in this order."""
    ids: list[tuple[int, int, int, str]] = []
    names: list[tuple[int, int, int, str]] = []
    keyed = all(record.key is not None for record in table)
    sure = len(table) >= _MANY_RECORDS
    for place, (name, values) in enumerate(_values_by_name(table).items()):
        key = key_of(name)
        if not key or not _PRESENT_SHARE * len(table) <= len(values) <= len(table):
            continue
        if len(set(values)) < _DISTINCT_SHARE * len(values):
            continue
        rank, depth = _read(name).rank, name.count("/")
        looks = _looks(values)
        if _NAME.fullmatch(key) or (looks == "name" and (sure or (place < _FIRST_COLUMNS and not keyed))):
            names.append((not _NAME.fullmatch(key), depth, place, name))
        elif (rank < _NO_RANK or looks == "code") and max(map(len, values)) <= _SHORT_CHARS:
            ids.append((min(rank, 2), depth, place, name))
    if keyed:
        ids = []
    return tuple(min(found)[-1] for found in (ids, names) if found)


def _values_by_name(table: Iterable[Record]) -> dict[str, list[str]]:
    columns: dict[str, list[str]] = {}
    for record in table:
        for member in record.members:
            column = columns.get(member.name)
            if column is None:
                columns[member.name] = [member.value]
            else:
                column.append(member.value)
    return columns


def _looks(values: Sequence[str]) -> str:
    """``"code"``, ``"name"`` or ``""``: what a sample of the values of a column looks like."""
    step = max(1, len(values) // _SAMPLE)
    sample = values[::step]
    if all(_CODE.fullmatch(value) and not _QUANTITY.fullmatch(value) for value in sample):
        return "code"
    if all(_WORDING.fullmatch(value) and value.count(" ") < 8 for value in sample):
        return "name"
    return ""


def _tells(member: Member) -> bool:
    return len(member.value) <= _SHORT_CHARS and member.value not in NO_VALUE


def _most_telling(members: Iterable[Member], part: str, told: _Names) -> Member | None:
    """The member of an object inside a record (``""`` for the record itself) whose key names it, if any does."""
    best, least = None, _NO_RANK
    for member in members:
        name = told[member.name]
        if name.rank < least and name.part == part and len(member.value) <= _SHORT_CHARS:
            best, least = member, name.rank
    return best


_Around = tuple[tuple[int, ...], tuple[int, ...]]
"""Segments that a member brings along: those that name what it stands in, and those of other ids."""

_NOTHING: _Around = ((), ())
_made: Callable[[tuple[object, ...]], Segment] = partial(tuple.__new__, Segment)  # a third of the time of its own way

# -- segments -------------------------------------------------------------------------------------------------------


def record_segments(
    index: int, spans: Sequence[Span], kind: str, records: Sequence[Record], first: int
) -> list[Segment]:
    """Segments of a passage that consists of records.

    Args:
        index: of the passage in the call.
        spans: of the segments, in order.
        kind: of the segments.
        records: that the text lists, outer ones before those in them; their members are given segments.
        first: position in the call's list of the first segment.

    Returns:
        A segment for each span. One that holds a member requires the segments that name its record, what that stands
        in, the object inside it where that has a name of its own, and the header; the other ids of these come along,
        and the key that the record is filed under. The only record of its list needs no name beside its ids where the
        one around it has one.
    """
    identify(records)
    told = _Names()
    starts = [start for start, _ in spans]
    around: dict[Record | None, _Around] = {None: _NOTHING}
    brings: list[_Around] = [_NOTHING] * len(spans)
    owner: list[Record | None] = [None] * len(spans)
    siblings = Counter([(record.parent, record.table) for record in records])
    header: Member | None = None
    for record in records:
        _place(starts, record.members, first)
        if record.key is not None:
            _place(starts, (record.key,), first)
        if record.header is not None and record.header is not header:
            header = record.header
            _place(starts, (header,), first)
        outer = around[record.parent]
        label = record.identity[0] if record.identity else None
        alone = siblings[record.parent, record.table] == 1 and bool(outer[0])
        if label is not None and alone and label is not record.key and not told[label.name].is_id:
            label = None
        parts = _parts(record, outer, label, told)
        own = around[record] = parts[""]
        flat = len(parts) == 1
        for member in record.members:
            if not flat:
                own = parts[told[member.name].part]
            for at in range(member.at - first, member.until - first):
                if owner[at] is None:
                    owner[at] = record
                    brings[at] = own
                elif brings[at] is not own:
                    brings[at] = _joined(brings[at], own)
    segments = []
    for at, (start, end) in enumerate(spans):
        names, ids = brings[at]
        if first + at in names:
            names = tuple([need for need in names if need != first + at])
        if first + at in ids:
            ids = tuple([need for need in ids if need != first + at])
        segments.append(_made((index, start, end, kind, names, (), ids, owner[at], (), None)))
    return segments


def with_lines(
    segments: Sequence[Segment], lines: Sequence[tuple[int, ...]], heads: Collection[int], first: int
) -> list[Segment]:
    """Segments of records that stand under lines: each requires its own, before what it requires already.

    Args:
        segments: as `record_segments` gives them.
        lines: of each segment the positions among ``segments`` of those without which its place is not told.
        heads: positions of those that say nothing alone; they are of kind ``"record_head"``.
        first: position in the call's list of the first segment.
    """
    found = []
    for at, (segment, own) in enumerate(zip(segments, lines, strict=True)):
        if own:
            segment = segment._replace(
                requires=tuple(dict.fromkeys((*(first + line for line in own), *segment.requires))),
                along=tuple(other for other in segment.along if other - first not in own),
            )
        found.append(segment._replace(kind="record_head") if at in heads else segment)
    return found


def _joined(left: _Around, right: _Around) -> _Around:
    if left == right:
        return left
    names = tuple(dict.fromkeys((*left[0], *right[0])))
    return names, tuple(at for at in dict.fromkeys((*left[1], *right[1])) if at not in names)


def _place(starts: Sequence[int], members: Iterable[Member], first: int) -> None:
    """Tell the members which segments hold them, by where these start."""
    last = len(starts)
    for member in members:
        until = bisect_right(starts, member.start) or 1
        member.at = first + until - 1
        while until < last and starts[until] < member.end:
            until += 1
        member.until = first + until


def _parts(record: Record, around: _Around, label: Member | None, told: _Names) -> dict[str, _Around]:
    """For a record and each object in it, by the beginning of its members' names, what comes along with them."""
    groups: dict[str, list[Member]] = {"": []}  # those whose names tell something
    for member in record.members:
        part, rank, is_id = told[member.name]
        if part not in groups:
            groups[part] = []
        if is_id or rank < _NO_RANK:
            groups[part].append(member)
    if record.header is not None:
        around = _named(around, range(record.header.at, min(record.header.until, record.header.at + _MOST_AROUND)), ())
    if label is not None and label is record.key:
        ids = [at for at, value in _ids(groups[""], told) if value != label.value]
        around = _named(around, (), [label.at, *ids])
    elif record.identity:
        around = _named(around, () if label is None else (label.at,), [at for at, _ in _ids(groups[""], told)])
    parts = {"": around}
    if len(groups) > 1:
        for part in sorted(groups, key=len)[1:]:
            outer = part[: part.rfind("/", 0, -1) + 1]
            while outer not in parts:
                outer = outer[: outer.rfind("/", 0, -1) + 1]
            best = _most_telling(groups[part], part, told)
            ids = [at for at, _ in _ids(groups[part], told)]
            parts[part] = parts[outer] if best is None else _named(parts[outer], (best.at,), ids)
    return parts


def _named(around: _Around, names: Iterable[int], ids: Iterable[int]) -> _Around:
    """What comes along with the members of something: its names and ids beside those of what it stands in."""
    found, others = around
    for at in names:
        if at not in found:
            found = (*found[1 - _MOST_AROUND :], at)
    return found, tuple(at for at in dict.fromkeys((*others[-_MOST_IDS * _MOST_AROUND :], *ids)) if at not in found)


def _ids(members: Iterable[Member], told: _Names) -> list[tuple[int, str]]:
    """Segments and values of the members that identify an object and what it belongs to: ``id``, ``user_id`` …

    Those without a value are left out; an object with more than eight has none, as it is a table of references.
    """
    found = [(member.at, member.value) for member in members if told[member.name].is_id and _tells(member)]
    return found if len(found) <= _MOST_IDS else []
