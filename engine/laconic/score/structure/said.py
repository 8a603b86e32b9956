"""What a question says of tables: names of their columns, and values that stand in them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from math import log
from typing import NamedTuple

from laconic.score.structure.question import Place, Question
from laconic.score.structure.tables import Column, Table
from laconic.types import Record

__all__ = ["FALSE", "TRUE", "Said", "mentions_of", "said_in"]

TRUE = frozenset(("true", "True", "TRUE", "yes", "Yes", "Y"))
FALSE = frozenset(("false", "False", "FALSE", "no", "No", "N"))

_NEVER_SAID = TRUE | FALSE | {"null", "none", "None", "n/a", "N/A"}
_NUMBER = re.compile(r"[-+]?[\d.,]+%?")
_COUNT_CHARS = 4  # a shorter number may be any, unless its column is spoken of or identifies
_VALUE_CHARS = 120  # a longer value is text
_ORDINARY, _ORDINARY_NAME = 0.8, 0.5  # how far an ordinary word of the question stands for a value, or for a name
_FEW_PASSAGES, _MANY_PASSAGES = 3, 6  # a value that one of so many has is told by it
_OFTEN = 12  # occurrences in the text beside each as a value: a word of which there are more is hardly said as one


class Said(NamedTuple):
    """A value that the question says.

    Attributes:
        value: as it is written.
        table: where it stands.
        column: of the table; None where it is the key of records.
        places: in the column's members, or of the key in the table's records.
        place: where the question says it.
        share: how sure it is that the words stand for the value, over 0 to 1.
    """

    value: str
    table: Table
    column: Column | None
    places: list[int]
    place: Place
    share: float

    @property
    def identifies(self) -> bool:
        """Whether it is of a sort by which the records of the table are told apart."""
        return self.column is None or self.column.name in self.table.identity

    @property
    def rows(self) -> list[int]:
        """Of the table, those that have it."""
        return self.places if self.column is None else [self.column.rows[at] for at in self.places]

    @property
    def segments(self) -> list[int]:
        """Those that hold it."""
        if self.column is not None:
            return [self.column.members[at].at for at in self.places]
        return [record.key.at for record in self.records if record.key is not None]

    @property
    def records(self) -> list[Record]:
        """Those that have it."""
        return [self.table.records[row] for row in self.rows]


def mentions_of(question: Question, table: Table) -> dict[str, float]:
    """The columns that a question speaks of, and how clearly, over 0 to 1.

    Those of an object or list of which it says the name count too, less; of names of which one is in another the
    longer counts. Linear in the columns.
    """
    parent = table.records[0].parent
    listed = table.list_name if parent is not None and parent.identity else ""
    found = {name: said for name in table.columns if (said := question.about(name, listed)) is not None}
    if len(found) < 2:
        return {name: share for name, (share, _) in found.items()}
    covered = _covered({place for share, place in found.values() if share == 1.0}, {p for _, p in found.values()})
    return {name: share for name, (share, place) in found.items() if place not in covered}


def said_in(
    question: Question, mentions: dict[Table, dict[str, float]], passages: Mapping[int, str], owners: Sequence[int]
) -> dict[Table, list[Said]]:
    """The values and keys that a question says; where one lies in another, the longer.

    Args:
        question: of the call.
        mentions: of each table, as `mentions_of` gives them.
        passages: texts of those that the tables are of, by number.
        owners: of each segment the number of its passage.
    """
    reader = _Reader(question)
    found = [said for table, spoken in mentions.items() for said in reader.said(table, spoken)]
    places = {said.place for said in found}
    covered = _covered(places, places)
    found = [said for said in found if said.place not in covered]
    by_table: dict[Table, list[Said]] = {}
    for said in _spread_out(_weighed(found, passages.values()), len(passages), owners) if found else ():
        by_table.setdefault(said.table, []).append(said)
    return by_table


class _Reader:
    def __init__(self, question: Question) -> None:
        self._question = question
        self._places: dict[str, Place | None] = {}
        self._superlatives = {(each.at, each.at + 1) for each in question.superlatives}

    def said(self, table: Table, spoken: dict[str, float]) -> Iterable[Said]:
        keys: dict[str, list[int]] = {}
        for row, record in enumerate(table.records):
            if record.key is not None:
                keys.setdefault(record.key.value, []).append(row)
        for key, rows in keys.items():
            place = self._place(key)
            if place is not None:
                share = 1.0 if self._question.names(key, place) else _ORDINARY_NAME
                yield Said(key, table, None, rows, place, share)
        for column in table.columns.values():
            held: dict[str, list[int]] = {}
            for at, member in enumerate(column.members):
                value = member.value
                if (self._places[value] if value in self._places else self._place(value)) is not None:
                    held.setdefault(value, []).append(at)
            clear = column.name in spoken or column.name in table.identity
            for value, places in held.items():
                place = self._places[value]
                if place is not None and (clear or len(value) > _COUNT_CHARS or not _NUMBER.fullmatch(value)):
                    plain = _ORDINARY_NAME if column.name in table.identity else _ORDINARY
                    share = 1.0 if self._question.names(value, place) else plain
                    yield Said(value, table, column, places, place, share / column.values_each)

    def _place(self, value: str) -> Place | None:
        place = None if len(value) > _VALUE_CHARS or value in _NEVER_SAID else self._question.place_of(value)
        if place is not None and (
            place in self._superlatives or (place[0] in self._question.amounts and _NUMBER.fullmatch(value))
        ):
            place = None
        self._places[value] = place
        return place


def _spread_out(found: Sequence[Said], passages: int, owners: Sequence[int]) -> list[Said]:
    """How far values describe: the less, the more of the passages have them, as each may be about something else."""
    if passages < _FEW_PASSAGES:
        return list(found)
    holders: dict[Place, set[int]] = {}
    for said in found:
        holders.setdefault(said.place, set()).update(owners[at] for at in said.segments)
    most = log(min(passages, _MANY_PASSAGES))
    weights = {place: min(1.0, log(passages / len(own)) / most) for place, own in holders.items()}
    return [said if said.identifies else said._replace(share=said.share * weights[said.place]) for said in found]


def _weighed(found: Sequence[Said], texts: Collection[str]) -> list[Said]:
    """How far words stand for values that stand in sentences of the text too: the less, the oftener they do."""
    held: Counter[str] = Counter()
    for said in found:
        held[said.value.casefold()] += len(said.places)
    lower = [text.casefold() for text in texts]
    often = {value: _occurrences(value, lower, _OFTEN * count) for value, count in held.items()}
    weights = {value: min(1.0, 2 * count / max(1, often[value])) for value, count in held.items()}
    return [said._replace(share=said.share * weights[said.value.casefold()]) for said in found]


def _occurrences(value: str, texts: Iterable[str], most: int) -> int:
    """How often a value stands in texts as words of its own; counting ends at ``most``."""
    count = 0
    for text in texts:
        at = text.find(value)
        while at >= 0:
            end = at + len(value)
            if not (text[at - 1 : at].isalnum() and value[0].isalnum()) and not text[end : end + 1].isalnum():
                count += 1
                if count >= most:
                    return count
            at = text.find(value, end)
    return count


def _covered(longer: Iterable[Place], places: Iterable[Place]) -> set[Place]:
    """Those of some places that lie in longer ones."""
    longer = set(longer)
    return {
        (start, end)
        for start, end in set(places)
        if any(first <= start and end <= last and last - first > end - start for first, last in longer)
    }
