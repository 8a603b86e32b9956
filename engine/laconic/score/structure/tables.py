"""Records that are alike as tables with columns, and what stands out in them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from math import inf, log
from statistics import quantiles

from laconic.kinds.log.segment import line_severity
from laconic.kinds.records import alike, columns_of, identities
from laconic.score.structure.values import Quantities, quantities
from laconic.types import Member, Record

__all__ = ["Column", "Table", "has_value", "tables_of"]

_NO_VALUE = frozenset(("", "null", "{}", "[]", "None", "NaN", "nan", "N/A", "n/a", "-", '""'))
_NOTHING = _NO_VALUE | {"0", "false", "False", "none", "no", "ok", "OK", "0.0"}
_DIGITS = re.compile(r"\d+")
_PARTS = re.compile(r"(?<=[a-z])(?=[A-Z])|[_-]+")
_FAILURE_KEY = re.compile(r"(?:.*[_\W])?(?:error|exception|failure|fault|stack ?trace|traceback)(?:[_\W].*|s)?", re.IGNORECASE)
_SEVERITY_CHARS = 200

_MOST_TABLES = 50  # of passages that are one record each, so that they are compared in linear time

_FEWEST = 6  # records of which the rare can be told from the common
_RARE_SHARE = 0.07  # of the records have a value that is rare, or one of them has
_LEAST_SURPRISE = 1.0  # nats beyond what a value of the column surprises with on average
_SORTS_SHARE = 0.3  # so many values among so many records: above that they are text, not sorts
_FAR = 3.0  # interquartile ranges beyond the quartiles, as in Tukey's box plot


def has_value(member: Member) -> bool:
    """Whether a member says anything: null, an empty list and the like do not."""
    return member.value not in _NO_VALUE


class Column:
    """The members of one name.

    Attributes:
        name: of them.
        rows: the position of the record of each.
        members: in order.
    """

    def __init__(self, name: str, found: Sequence[tuple[int, Member]]) -> None:
        self.name = name
        self.rows = [row for row, _ in found]
        self.members = [member for _, member in found]

    @cached_property
    def values_each(self) -> float:
        """How many of them a record has that has any: 1 unless they are lists."""
        return len(self.rows) / len(set(self.rows))

    @cached_property
    def quantities(self) -> Quantities | None:
        """The values as numbers or dates."""
        return quantities([member.value for member in self.members])

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """Of each value the places in `members`."""
        places: dict[str, list[int]] = {}
        for at, member in enumerate(self.members):
            places.setdefault(member.value, []).append(at)
        return places


class Table:
    """Records that are alike.

    Attributes:
        records: in order.
        columns: by name.
        identities: what tells each record from the others.
        identity: names of the columns by which the records are told apart.
    """

    def __init__(self, records: Sequence[Record], identities: Sequence[tuple[Member, ...]]) -> None:
        self.records = records
        self.identities = identities
        self.columns = {name: Column(name, found) for name, found in columns_of(records).items()}
        self.identity = frozenset(member.name for own in identities for member in own)

    @cached_property
    def odd(self) -> list[tuple[int, float, list[Member]]]:
        """Records that stand out, the oddest first: the row, how odd it is (over 0), the members that make it so.

        A member is odd as far as its value is rarer than those of its column are on average (in nats of surprise); a
        number far from the rest of its column, and a member that few records have, are rare values too; words of
        failure add to it.
        """
        oddness: dict[int, float] = {}
        odd: dict[int, list[Member]] = {}
        for column in self.columns.values():
            if column.name in self.identity:
                continue
            for at, surprise in _odd_members(column, len(self.records)):
                row = column.rows[at]
                oddness[row] = oddness.get(row, 0.0) + surprise
                odd.setdefault(row, []).append(column.members[at])
        return [(row, oddness[row], odd[row]) for row in sorted(oddness, key=lambda row: (-oddness[row], row))]


def tables_of(records: Iterable[Record]) -> list[Table]:
    """Records that are alike together, also those that are whole passages of their own."""
    found: dict[str, list[Record]] = {}
    single: list[Record] = []
    for record in records:
        if record.table:
            found.setdefault(record.table, []).append(record)
        else:
            single.append(record)
    tables = [Table(group, [record.identity for record in group]) for group in found.values()]
    while single:
        shape = {member.name for member in single[0].members}
        same, rest = [single[0]], []
        for record in single[1:]:
            (same if alike([shape, {member.name for member in record.members}]) else rest).append(record)
        tables.append(Table(same, identities(same)))
        single = rest if len(tables) < _MOST_TABLES else []
    return tables


# -- what stands out ------------------------------------------------------------------------------------------------


def _odd_members(column: Column, records: int) -> list[tuple[int, float]]:
    """Places of the members of a column that stand out, and by how much."""
    present = [at for at, member in enumerate(column.members) if member.value not in _NO_VALUE]
    if not present or len(column.members) > records:
        return []
    surprises = dict(_rare(column, present, records)) if records >= _FEWEST else {}
    failure_key = bool(_FAILURE_KEY.fullmatch(column.name[column.name.rfind("/") + 1 :]))
    for value, places in column.places.items():
        bad = severity(value)
        if failure_key and value not in _NOTHING:
            bad = max(bad, 0.9)
        if bad:
            share = len(places) / records
            for at in places:
                surprises[at] = surprises.get(at, 0.0) + bad * (0.5 - log(share) / 2)
    return list(surprises.items())


def _rare(column: Column, present: Sequence[int], records: int) -> list[tuple[int, float]]:
    most = max(1, int(_RARE_SHARE * records))
    if len(present) <= most:
        return [(at, log(records / len(present))) for at in present]
    values = [column.members[at].value for at in present]
    if len(present) < _FEWEST:
        return []
    groups: Sequence[object] = values
    if len(set(values)) > _SORTS_SHARE * len(values):
        read = quantities(values)
        groups = [_DIGITS.sub("0", value[:_SEVERITY_CHARS]) for value in values] if read is None else _far_off(read)
    counts = Counter(groups)
    if len(counts) > max(2, _SORTS_SHARE * len(values)):
        return []
    average = -sum(count * log(count / len(values)) for count in counts.values()) / len(values)
    surprise = {group: log(len(values) / count) - average for group, count in counts.items() if count <= most}
    return [
        (at, surprise[group])
        for at, group in zip(present, groups, strict=True)
        if surprise.get(group, 0.0) >= _LEAST_SURPRISE
    ]


def _far_off(read: Quantities) -> list[str]:
    """Of each value whether it is far from the others of its column, or no number among numbers."""
    known = [value for value in read.values if value is not None]
    fences = [_fences(known)]
    if min(known) > 0:  # what grows by factors is far off only by factors
        low, high = _fences([log(value) for value in known])
        fences.append((_exp(low), _exp(high)))
    return [
        "other" if value is None else "far" if all(not low <= value <= high for low, high in fences) else "near"
        for value in read.values
    ]


def _exp(value: float) -> float:
    from math import exp

    return exp(value) if value < 700 else inf


def _fences(values: Sequence[float]) -> tuple[float, float]:
    first, _, third = quantiles(values, n=4)
    reach = _FAR * (third - first)
    return first - reach, third + reach


@lru_cache(maxsize=8192)
def severity(value: str) -> float:
    """How bad what a value reports is, as `line_severity`, words in ``snake_case`` and ``camelCase`` taken apart."""
    if len(value) < 3 or value.isdecimal():
        return 0.0
    words = _PARTS.sub(" ", value[:_SEVERITY_CHARS])
    return max(line_severity(words), line_severity(words.upper()) if " " not in words else 0.0)
