"""Records that are alike as tables with columns, and which of them stand out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from laconic.kinds.records import NO_VALUE, alike, identities, key_of
from laconic.score.structure.odd import failures, surprises
from laconic.score.structure.values import Quantities, quantities
from laconic.types import Member, Record

__all__ = ["Column", "Table", "has_value", "tables_of"]

_MOST_TABLES = 50  # of passages that are one record each, so that they are compared in linear time


def has_value(member: Member) -> bool:
    """Whether a member says anything: null, an empty list and the like do not."""
    return member.value not in NO_VALUE


class Column:
    """The members of one name.

    Attributes:
        name: of them.
        rows: the position of the record of each.
        members: in order.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows: list[int] = []
        self.members: list[Member] = []

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

    def odd(self, records: int) -> list[tuple[int, float]]:
        """Places in `members` of those that stand out among so many records, and by how much; none of lists."""
        present = [at for at, member in enumerate(self.members) if has_value(member)]
        if not present or len(self.members) > records:
            return []
        values = [self.members[at].value for at in present]
        odd = {present[at]: surprise for at, surprise in surprises(values, records)}
        for at, bad in failures(values, key_of(self.name), records):
            odd[present[at]] = odd.get(present[at], 0.0) + bad
        if len(present) < len(self.members):  # a column may be empty throughout, or in one record
            said = ["" if has_value(member) else "none" for member in self.members]
            odd |= {at: surprise for at, surprise in surprises(said, records) if said[at]}
        return list(odd.items())


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
        self.columns = _columns_of(records)
        self.identity = frozenset(member.name for own in identities for member in own)

    @property
    def list_name(self) -> str:
        """The key of the list that the records are in, ``""`` where it has none."""
        names = [part for part in self.records[0].table.split("/") if part[-1:] not in "]}"]
        return names[-1] if names else ""

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
            for at, surprise in column.odd(len(self.records)):
                row = column.rows[at]
                oddness[row] = oddness.get(row, 0.0) + surprise
                odd.setdefault(row, []).append(column.members[at])
        return [(row, oddness[row], odd[row]) for row in sorted(oddness, key=lambda row: (-oddness[row], row))]


def _columns_of(records: Iterable[Record]) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    for row, record in enumerate(records):
        for member in record.members:
            column = columns.get(member.name)
            if column is None:
                column = columns[member.name] = Column(member.name)
            column.rows.append(row)
            column.members.append(member)
    return columns


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
        rest: list[Record] = []
        same = single[:1]
        for record in single[1:]:
            (same if alike([shape, {member.name for member in record.members}]) else rest).append(record)
        tables.append(Table(same, identities(same)))
        single = rest if len(tables) < _MOST_TABLES else []
    return tables
