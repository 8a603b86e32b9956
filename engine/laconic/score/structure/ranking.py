"""The ends of columns: which ones a superlative of the question means, and what stands there."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from laconic._utils.words import find_words, fold_word
from laconic.score.structure.superlatives import Superlative
from laconic.score.structure.tables import Column, Table
from laconic.score.structure.values import YEARS
from laconic.score.words import stem
from laconic.types import Member

__all__ = ["lists_of", "ranked", "rankings"]

_ONE_OF_SEVERAL = 0.7  # where it is not sure which column, or which end of it, is meant
_ONE_OF_TABLES = 0.3  # where any of several tables may be
_OTHER_END = 0.7  # the best is the highest rather than the lowest
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


def rankings(
    superlative: Superlative, table: Table, mentions: dict[str, float], *, largest: bool, spoken_of: bool
) -> Iterator[tuple[Column, int, float]]:
    """The columns that a superlative ranks by.

    Args:
        superlative: of the question.
        table: where it looks.
        mentions: the columns that the question speaks of.
        largest: whether no table of the call has more records; one that speaks of no column is about that one.
        spoken_of: whether the question speaks of the table at all, or can only mean this one.

    Yields:
        A column of numbers or dates, at which end the superlative looks (1 for the greatest), and how sure that is,
        over 0 to 1.
    """
    measures = [
        column
        for column in table.columns.values()
        if column.name not in table.identity and len(column.places) > 1 and column.quantities is not None
    ]
    best = max((mentions.get(column.name, 0.0) for column in measures), default=0.0)
    asked = [column for column in measures if best and mentions.get(column.name) == best]
    pool = asked or measures
    chosen: list[tuple[Column, int]] = []
    if superlative.is_of_time:  # of what such a word may mean, dates come first
        chosen = [(column, superlative.directions[0][0]) for column in pool if _is_dated(column)]
    if not chosen:
        spoken = [(end, names) for end, names in superlative.directions if names]
        chosen = [(column, end) for end, names in spoken for column in pool if _speaks_of(column, names)]
    if not chosen and (asked or (superlative.is_of_anything and largest)):
        chosen = [(column, end) for end, _ in superlative.directions for column in pool]
    for column, end in chosen:
        share = 1.0 if len(chosen) == 1 else _ONE_OF_SEVERAL
        share *= 1.0 if spoken_of else _ONE_OF_TABLES
        yield column, end, share if end == chosen[0][1] else share * _OTHER_END


def ranked(column: Column, end: int, among: Collection[int]) -> list[list[tuple[int, Member]]]:
    """Rows and members of a column from one end, equal values together."""
    groups: dict[float, list[tuple[int, Member]]] = {}
    read = column.quantities
    for row, member, value in zip(column.rows, column.members, read.values if read else (), strict=True):
        if value is not None and row in among:
            groups.setdefault(value, []).append((row, member))
    return [groups[value] for value in sorted(groups, reverse=end > 0)]


def lists_of(table: Table, among: Collection[int]) -> list[set[int]]:
    """Rows of a table by the record in which they are listed."""
    lists: dict[int, set[int]] = {}
    for row in sorted(among):
        lists.setdefault(id(table.records[row].parent), set()).add(row)
    return list(lists.values())


def _is_dated(column: Column) -> bool:
    """Whether a column holds dates or years."""
    read = column.quantities
    if read is None:
        return False
    return read.sort == "date" or all(v is None or (v == int(v) and YEARS[0] <= v <= YEARS[1]) for v in read.values)


def _speaks_of(column: Column, names: Sequence[str]) -> bool:
    written = _WORD.findall(column.name) if column.name.isascii() else find_words(column.name)
    words = {stem(fold_word(word)) for word in written}
    return not words.isdisjoint(map(stem, names))
