"""The records that a question describes: by values that they have, by limits, by flags."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import log
from typing import NamedTuple

from laconic.kinds.records import key_of
from laconic.score.structure.question import Question
from laconic.score.structure.said import FALSE, TRUE, Said
from laconic.score.structure.tables import Column, Table
from laconic.types import Member

__all__ = ["Description", "described"]

# A description that fits one of six records counts in full, one that fits all not at all.
_TELLING, _FEWEST = 6, 3


class Description(NamedTuple):
    """Records that a question describes.

    Attributes:
        rows: of the table, with the members that fit.
        share: how telling the description is, over 0 to 1.
    """

    rows: dict[int, list[Member]]
    share: float


def described(
    question: Question, table: Table, mentions: dict[str, float], said: Sequence[Said], within: Collection[int]
) -> Description | None:
    """The records of a table that a question describes.

    Args:
        question: of the call.
        table: where it looks.
        mentions: the columns that it speaks of.
        said: the values of the table that it says.
        within: rows to which the question is limited; all where there are none.

    Returns:
        Those that fit most of what it says: any of the values that it says of a column, a limit on a column, a flag;
        None where it describes none.
    """
    fitting = _by_values(question, said)
    sure: dict[str, float] = {}
    for each in said:
        name = each.column.name if each.column else ""
        sure[name] = max(each.share, sure.get(name, 0.0))
    for name, share in mentions.items():
        if name not in fitting and name not in table.identity:
            found = _by_limits(question, table.columns[name]) or _by_flag(question, table.columns[name], share)
            if found:
                fitting[name] = found
    fits: dict[int, int] = {}
    for found in fitting.values():
        for row in found:
            if not within or row in within:
                fits[row] = fits.get(row, 0) + 1
    if not fits:
        return None
    best = max(fits.values())
    chosen = sorted(row for row, fit in fits.items() if fit == best)
    most = min(max(len(table.records), _FEWEST), _TELLING)  # records that one of them can be told from
    share = min(1.0, log(len(table.records) / len(chosen)) / log(most))
    share *= max(sure.get(name, 1.0) for name, found in fitting.items() if chosen[0] in found)
    shown = ([found.get(row) for found in fitting.values()] for row in chosen)
    return Description({row: [m for m in ms if m is not None] for row, ms in zip(chosen, shown, strict=True)}, share)


_Fitting = dict[int, Member | None]
"""By row the member that fits; None where that is its key."""


def _by_values(question: Question, said: Sequence[Said]) -> dict[str, _Fitting]:
    """By name of column the rows that have a value that the question says, or not have one that it denies."""
    fitting: dict[str, _Fitting] = {}
    for each in said:
        column = each.column
        if column is None:
            fitting.setdefault("", {}).update(dict.fromkeys(each.rows))
            continue
        places: Collection[int] = each.places
        if question.denies(each.place[0]):
            places = set(range(len(column.members))) - set(places)
        fitting.setdefault(column.name, {}).update({column.rows[at]: column.members[at] for at in places})
    return fitting


def _by_limits(question: Question, column: Column) -> _Fitting:
    """Rows within the limits of the question: *over 500 stars*, *before 2021*."""
    read = column.quantities
    limits = [limit for each in question.limits if read is not None and (limit := each.on(read.sort)) is not None]
    if read is None or not limits:
        return {}
    return {
        row: member
        for row, member, value in zip(column.rows, column.members, read.values, strict=True)
        if value is not None and all(limit.holds(value) for limit in limits)
    }


def _by_flag(question: Question, column: Column, share: float) -> _Fitting:
    """Rows for which a yes-or-no column that the question names holds, or does not where it denies it."""
    if share < 1.0 or not column.places.keys() <= TRUE | FALSE:
        return {}
    said = question.mention(key_of(column.name))
    wanted = FALSE if said is not None and question.denies(said[1][0]) else TRUE
    return {row: member for row, member in zip(column.rows, column.members, strict=True) if member.value in wanted}
