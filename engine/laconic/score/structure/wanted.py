"""How much each segment of records is wanted by a question, by the records alone.

Named records come first: what identifies them, then what is asked of them, then the rest of them. So do those that a
question describes by values of theirs, those at the end of a column that it asks for, and, where it asks what went
wrong or there is no question, those that stand out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from math import ceil, log
from typing import NamedTuple

from laconic.score.structure.question import Limit, Question, Superlative
from laconic.score.structure.tables import Column, Table, has_value, tables_of
from laconic.score.words import STOP_WORDS, stem
from laconic.types import Member, Passage, Record, Segment

__all__ = ["Wanted"]

_KEY_ALONE, _KEY_AGAIN = 8.0, 4.0

# Scores are log-probabilities, so these are factors of odds: e**4 is about 50.
_ASKED = 7.0  # what identifies a wanted record, and what is asked of it
_REST = 4.0  # what else is said of a record that is named, or that stands out
_DESCRIBED, _ORDINARY = 6.0, 0.5  # of that, where an ordinary word of the question describes it
_REST_OF_DESCRIBED = 1.5  # of one of several, or of one at the end of a column
_PARTLY_NAMED = 0.7
_NEXT, _NEXT_IN_RANK = 2, 0.5
_MOST_LISTS, _OF_ITS_LIST = 8, 0.6  # the cheapest of each of a few lists may be meant
_ONE_OF_RANKINGS = 0.7  # where it is not sure which column, or which end of it, is meant

_MENTIONED = 0.5  # a column of whose name the question says at least this much is asked for
_MENTIONED_AROUND = 0.6  # how clearly so where it says the name of the object or the list around it
_TELLING = log(6)  # a description that fits one of six records or fewer counts in full, one that fits all not at all
_ODD_SHARE = 0.05  # of the records stand out at most, but for
_FEW_ODD = 3
_LEAST_ODD, _ODD_OF_ODDEST = 1.2, 0.5
_UNASKED_ODD = 0.0
_TRUE, _FALSE = (
    frozenset(("true", "True", "TRUE", "yes", "Yes", "Y")),
    frozenset(("false", "False", "FALSE", "no", "No", "N")),
)
_BOOLEAN = _TRUE | _FALSE
_NUMERIC = re.compile(r"[-+]?[\d.,]+%?")
_NEVER_SAID = _BOOLEAN | {"null", "none", "None", "n/a", "N/A"}
_YEARS = (1500, 2100)
_WORD_OFTEN = 12  # a word that stands so many times as often in the text as it is a value is hardly said as one
_WORDS = re.compile(r"[^\W_]+")


class _Match(NamedTuple):
    """A value that the question says.

    Attributes:
        value: as it is written.
        table, column, rows: where it stands; the column is None where it is the key of records.
        span: where the question says it, as a range of its words.
        identifies: whether it is a column by which records are told apart.
        share: how sure it is that the word stands for the value, over 0 to 1.
    """

    value: str
    table: Table
    column: Column | None
    rows: list[int]
    span: tuple[int, int]
    identifies: bool
    share: float = 1.0


class Wanted:
    """What the records of one call say about its question.

    Args:
        question: of the call.
        passages: of the call.
        segments: of the call; those without a record are passed over.

    Attributes:
        bonus: by segment, what is added to its score.
        named: records that the question names.
        first: segments of the records that it names for certain.
        beside: segments of other records of their tables, and whether they hold what is asked of the named.
    """

    def __init__(self, question: Question, passages: Sequence[Passage], segments: Sequence[Segment]) -> None:
        self.question = question
        holders = {segment.passage for segment in segments if segment.record is not None}
        self._texts = [passages[index].text for index in sorted(holders)]
        self.bonus: dict[int, float] = {}
        self.named: dict[Record, float] = {}
        self._meant: dict[Table, set[Record]] = {}  # of tables of which not all records in the named ones are
        self.first: set[int] = set()
        self.beside: dict[int, bool] = {}
        records = list(dict.fromkeys(segment.record for segment in segments if segment.record is not None))
        self.tables = tables_of(records)
        self._children: dict[Record, list[Record]] = {}
        for record in records:
            if record.parent is not None:
                self._children.setdefault(record.parent, []).append(record)
        self._place = {record: (table, row) for table in self.tables for row, record in enumerate(table.records)}
        self._mentions = {table: self._mentioned(table) if question.asks else {} for table in self.tables}
        if question.asks:
            self._describe()
        self._stand_out()
        for record in records:
            self._lower_key(record)

    def _lower_key(self, record: Record) -> None:
        """A key comes with what is filed under it, so it need not come alone, nor once more inside."""
        key = record.key
        if key is None or (record.members and record.members[0].at == key.at):
            return
        self.bonus[key.at] = -_KEY_ALONE
        for member in record.members:
            if member.value == key.value:
                self.bonus[member.at] = -_KEY_AGAIN

    # -- named and described ----------------------------------------------------------------------------------------

    def _describe(self) -> None:
        matches = self._said()
        for match in matches:
            if (
                match.identifies
                and match.share == 1.0
                and len(match.rows) <= max(1, _ODD_SHARE * len(match.table.records))
            ):
                for row in match.rows:
                    self.named[match.table.records[row]] = 1.0
        for table in self.tables:
            if not any(record in self.named for record in table.records):
                self._name_by_parts(table, [match.span for match in matches])
        self._keep_named_inside()
        scope = self._below(self.named)
        for table, mentions in self._mentions.items():
            rows = [row for row, record in enumerate(table.records) if record in scope]
            described = self._described(table, mentions, [match for match in matches if match.table is table], rows)
            if rows and described:
                self._meant[table] = {table.records[row] for row in described}
            self._rank(table, mentions, described or rows or range(len(table.records)), matches)
        for record, share in self.named.items():
            self._want(record, share * _ASKED, share * _REST)
        if 1.0 in self.named.values():
            self._set_beside(self._below({record for record, share in self.named.items() if share == 1.0}))

    def _below(self, records: Collection[Record]) -> set[Record]:
        """Those records and all in them, but for those beside the meant ones of a table inside."""
        below = set()
        pending = list(records)
        while pending:
            record = pending.pop()
            below.add(record)
            pending += self._inside(record)
        return below

    def _inside(self, record: Record) -> Iterator[Record]:
        """The records listed in one; of a table of which some are meant, these."""
        for child in self._children.get(record, ()):
            meant = self._meant.get(self._place[child][0])
            if meant is None or child in meant:
                yield child

    def _keep_named_inside(self) -> None:
        """Where some of the named records of a table are in another named one, they are meant, and no others."""
        below = self._below(self.named)
        inside = {record for record in self.named if record.parent in below}
        for record in inside:
            self._meant.setdefault(self._place[record][0], set()).add(record)
        for record in list(self.named):
            if record not in self._meant.get(self._place[record][0], {record}):
                del self.named[record]

    def _set_beside(self, scope: set[Record]) -> None:
        """Records beside a named one look like it, and what is asked of it must not come of them."""
        for record in scope:
            self.first.update(at for member in record.members for at in range(member.at, member.until))
        around = {record.parent for record in scope} - scope
        tables = dict.fromkeys(self._place[record][0] for record, share in self.named.items() if share == 1.0)
        pending = [record for table in tables for record in table.records if record not in around]
        while pending:
            record = pending.pop()
            pending += self._children.get(record, ())
            if record in scope:
                continue
            mentions = self._mentions[self._place[record][0]]
            for member in record.members:
                for at in range(member.at, member.until):
                    self.beside[at] = member.name in mentions or self.beside.get(at, False)

    def _mentioned(self, table: Table) -> dict[str, float]:
        """Columns that the question speaks of, and how clearly; of an object or list that it speaks of less so."""
        found: dict[str, tuple[float, tuple[int, int]]] = {}
        parent = table.records[0].parent
        listed = table.list_name if parent is not None and parent.identity else ""
        for name in table.columns:
            *around, key = name.rstrip("/").split("/")
            said = self.question.mention(key)
            if said is not None and said[0] >= _MENTIONED:
                found[name] = said
                continue
            outer = next((said for part in (*around, listed) if (said := self.question.mention(part))), None)
            if outer is not None and outer[0] == 1.0:
                found[name] = _MENTIONED_AROUND, outer[1]
        longest = [span for share, span in found.values() if share == 1.0]
        return {
            name: share for name, (share, span) in found.items() if not any(_within(span, other) for other in longest)
        }

    def _said(self) -> list[_Match]:
        """Values and keys that the question says, the longer where one lies in another."""
        question = self.question
        places: dict[str, tuple[int, int] | None] = {}
        taken = {at for each in question.superlatives for at in (each.at - 1, each.at + 1)}
        superlative = [range(each.at, each.at + 1) for each in question.superlatives]
        taken |= {limit.at - 1 for limit in question.limits}
        matches: list[_Match] = []

        def said(value: str) -> tuple[int, int] | None:
            if value not in places:
                place = None if value in _NEVER_SAID or len(value) > 120 else question.place_of(value)
                if place is not None and (
                    (place[0] in taken and _NUMERIC.fullmatch(value)) or range(*place) in superlative
                ):
                    place = None
                places[value] = place
            return places[value]

        for table, mentions in self._mentions.items():
            keys: dict[str, list[int]] = {}
            for row, record in enumerate(table.records):
                if record.key is not None:
                    keys.setdefault(record.key.value, []).append(row)
            for key, rows in keys.items():
                if span := said(key):
                    share = 1.0 if question.names(key, span) else _ORDINARY
                    matches.append(_Match(key, table, None, rows, span, True, share))
            for column in table.columns.values():
                for value, at in column.places.items():
                    span = said(value)
                    if span is None:
                        continue
                    if (
                        _NUMERIC.fullmatch(value)
                        and column.name not in table.identity
                        and column.name not in mentions
                        and len(value) < 5
                    ):
                        continue
                    rows = [column.rows[each] for each in at]
                    share = (1.0 if question.names(value, span) else _ORDINARY) / column.values_each
                    matches.append(_Match(value, table, column, rows, span, column.name in table.identity, share))
        spans = {match.span for match in matches}
        matches = [match for match in matches if not any(_within(match.span, other) for other in spans)]
        return self._weighed(matches) if matches else []

    def _weighed(self, matches: Sequence[_Match]) -> list[_Match]:
        """The matches with how far their words stand for values: words of sentences of the text tell less."""
        held: Counter[str] = Counter()
        for match in matches:
            held[match.value.casefold()] += len(match.rows)
        texts = [text.casefold() for text in self._texts]
        found = {value: _occurrences(value, texts, _WORD_OFTEN * count) for value, count in held.items()}
        return [
            match._replace(share=match.share * min(1.0, 2 * held[value] / max(1, found[value])))
            for match in matches
            for value in (match.value.casefold(),)
        ]

    def _name_by_parts(self, table: Table, spans: Iterable[tuple[int, int]]) -> None:
        """Records of whose name the question says a word that no other has: ``Lopez`` of ``Ada Lopez``."""
        said = {at for start, end in spans for at in range(start, end)}
        words = {
            word.casefold()
            for at, word in enumerate(self.question.written)
            if at and at not in said and word[0].isupper() and len(word) > 2 and word.casefold() not in STOP_WORDS
        }
        if not words:
            return
        rows: dict[str, list[int]] = {}
        for row, identity in enumerate(table.identities):
            for member in identity:
                for word in words.intersection(word.casefold() for word in _WORDS.findall(member.value)):
                    rows.setdefault(word, []).append(row)
        for found in rows.values():
            if len(found) <= max(1, _ODD_SHARE * len(table.records)):
                for row in found:
                    self.named[table.records[row]] = _PARTLY_NAMED

    def _described(
        self, table: Table, mentions: dict[str, float], matches: Sequence[_Match], within: Sequence[int]
    ) -> list[int]:
        """Raise the records that the question describes by values of theirs; their rows."""
        conditions: dict[str, dict[int, Member | None]] = {}
        sure: dict[str, float] = {}
        count = len(table.records)
        for match in matches:
            column = match.column
            if not self.named.keys().isdisjoint(table.records[row] for row in match.rows):
                continue
            name = "" if column is None else column.name
            sure[name] = max(match.share, sure.get(name, 0.0))
            if column is None:
                conditions.setdefault("", {}).update(dict.fromkeys(match.rows))
                continue
            rows = set(match.rows)
            if self.question.denies(match.span[0]):
                rows = set(column.rows) - rows
            conditions.setdefault(column.name, {}).update(
                {row: member for row, member in zip(column.rows, column.members, strict=True) if row in rows}
            )
        for name, share in mentions.items():
            column = table.columns[name]
            if name not in conditions and name not in table.identity:
                found = self._by_column(column, share, count)
                if found:
                    conditions[name] = found
        conditions = {name: found for name, found in conditions.items() if found}
        if not conditions:
            return []
        fits: dict[int, int] = {}
        for found in conditions.values():
            for row in found:
                fits[row] = fits.get(row, 0) + 1
        if within:
            fits = {row: fits[row] for row in within if row in fits}
        best = max(fits.values(), default=0)
        chosen = sorted(row for row, fit in fits.items() if fit == best)
        if not chosen:
            return []
        telling = min(1.0, log(count / len(chosen)) / _TELLING)
        telling *= max(sure.get(name, 1.0) for name, found in conditions.items() if chosen[0] in found)
        for row in chosen:
            shown = [found[row] for found in conditions.values() if found.get(row) is not None]
            self._want(table.records[row], telling * _DESCRIBED, telling * _REST_OF_DESCRIBED, shown, own=True)
        return chosen if telling else []

    def _by_column(self, column: Column, share: float, count: int) -> dict[int, Member | None]:
        """Rows that a column alone describes: ``archived`` ones, those ``over 500 stars``, those with a ``note``."""
        limits = [limit for limit in self.question.limits if _fits(limit, column)]
        if limits and column.quantities is not None:
            return {
                row: member
                for row, member, value in zip(column.rows, column.members, column.quantities.values, strict=True)
                if value is not None and all(limit.holds(value) for limit in limits)
            }
        if share < 1.0:
            return {}
        if _BOOLEAN.issuperset(column.places):
            said = self.question.mention(column.name[column.name.rfind("/") + 1 :])
            wanted = _FALSE if said and self.question.denies(said[1][0]) else _TRUE
            return {
                row: member for row, member in zip(column.rows, column.members, strict=True) if member.value in wanted
            }
        return {}

    # -- the ends of columns ----------------------------------------------------------------------------------------

    def _rank(self, table: Table, mentions: dict[str, float], rows: Iterable[int], matches: Sequence[_Match]) -> None:
        said = {at for match in matches for at in range(*match.span)}
        among = set(rows)
        for superlative in self.question.superlatives:
            if superlative.at in said or len(table.records) < 2:
                continue
            for column, end, share in self._ranking(table, mentions, superlative):
                self._want_ends(table, column, end, among, superlative.number, share)
                lists = _lists(table, among)
                if 1 < len(lists) <= _MOST_LISTS:
                    for rows_of_list in lists:
                        self._want_ends(table, column, end, rows_of_list, superlative.number, share * _OF_ITS_LIST)

    def _want_ends(self, table: Table, column: Column, end: int, among: set[int], count: int, share: float) -> None:
        """Raise the first records of a ranking, and those next in it less."""
        for place, ties in enumerate(_ranked(column, end, among)[: count + _NEXT]):
            worth = share if place < count else share * _NEXT_IN_RANK / (place - count + 1)
            for row, member in ties:
                self._want(table.records[row], worth * _ASKED, worth * _REST_OF_DESCRIBED, [member], own=True)

    def _ranking(
        self, table: Table, mentions: dict[str, float], superlative: Superlative
    ) -> Iterator[tuple[Column, int, float]]:
        """The columns at whose ends a superlative looks, at which end, and how likely it means this one."""
        measures = [
            column
            for column in table.columns.values()
            if column.name not in table.identity and column.quantities is not None and len(column.places) > 1
        ]
        best = max((mentions.get(column.name, 0.0) for column in measures), default=0.0)
        asked = [column for column in measures if best and mentions.get(column.name) == best]
        pool = asked or measures
        chosen: list[tuple[Column, int]] = []
        if superlative.is_of_time:  # of what it may mean, dates come first
            chosen = [(column, superlative.directions[0][0]) for column in pool if _is_dated(column)]
        if not chosen:
            spoken = superlative.directions
            chosen = [(column, end) for end, names in spoken for column in pool if names and _speaks_of(column, names)]
        if not chosen and (asked or (superlative.is_of_anything and table is self._largest)):
            chosen = [(column, end) for end, _ in superlative.directions for column in pool]
        for column, end in chosen:
            yield column, end, 1.0 if len(chosen) == 1 else _ONE_OF_RANKINGS

    @cached_property
    def _largest(self) -> Table:
        """The table with most records: the one that a question is about which names no column."""
        return max(self.tables, key=lambda table: len(table.records))

    # -- what stands out --------------------------------------------------------------------------------------------

    def _stand_out(self) -> None:
        share = 1.0 if self.question.asks_for_failures else _UNASKED_ODD
        if self.named:
            share *= _UNASKED_ODD
        for table in self.tables if share else ():
            odd = table.odd
            if not odd:
                continue
            oddest = odd[0][1]
            for row, oddness, members in odd[: max(_FEW_ODD, ceil(_ODD_SHARE * len(table.records)))]:
                if oddness < max(_LEAST_ODD, _ODD_OF_ODDEST * oddest):
                    break
                worth = share * oddness / oddest
                self._want(table.records[row], worth * _ASKED, worth * _REST, members)

    # -- raising ----------------------------------------------------------------------------------------------------

    def _want(
        self, record: Record, asked: float, rest: float, shown: Iterable[Member | None] = (), *, own: bool = False
    ) -> None:
        """Raise what identifies a record, the members shown, what the question speaks of, and the rest less.

        With ``own``, only of the record itself, not of the records in it.
        """
        table, row = self._place[record]
        for member in (*table.identities[row], *shown):
            if member is not None:
                self._raise(member, asked)
        pending = [record]
        while pending:
            each = pending.pop()
            mentions = self._mentions[self._place[each][0]]
            for member in each.members:
                share = mentions.get(member.name, 0.0)
                self._raise(member, rest + (asked - rest) * share if share and has_value(member) else rest)
            if not own:
                pending.extend(self._inside(each))

    def _raise(self, member: Member, worth: float) -> None:
        for at in range(member.at, member.until):
            if worth > self.bonus.get(at, 0.0):
                self.bonus[at] = worth


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


def _within(span: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether a range of words lies in a longer one."""
    return other[0] <= span[0] and span[1] <= other[1] and other[1] - other[0] > span[1] - span[0]


def _fits(limit: Limit, column: Column) -> bool:
    read = column.quantities
    return read is not None and (read.sort == limit.sort or (limit.sort == "number" and read.sort == "number"))


def _speaks_of(column: Column, names: Sequence[str]) -> bool:
    words = {stem(word.casefold()) for word in _WORDS.findall(re.sub(r"(?<=[a-z\d])(?=[A-Z])", " ", column.name))}
    return not words.isdisjoint(map(stem, names))


def _lists(table: Table, among: set[int]) -> list[set[int]]:
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
    return read.sort == "date" or all(v is None or (v == int(v) and _YEARS[0] <= v <= _YEARS[1]) for v in read.values)


def _ranked(column: Column, direction: int, among: set[int]) -> list[list[tuple[int, Member]]]:
    """The members of a column from one end, equal values together."""
    groups: dict[float, list[tuple[int, Member]]] = {}
    read = column.quantities
    for row, member, value in zip(column.rows, column.members, read.values if read else (), strict=True):
        if value is not None and row in among:
            groups.setdefault(value, []).append((row, member))
    return [groups[value] for value in sorted(groups, reverse=direction > 0)]
