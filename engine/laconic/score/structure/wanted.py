"""How much each segment of records is wanted by a question, by the records alone.

Named records come first: what identifies them, then what is asked of them, then the rest of them. So do those that a
question describes by values of theirs, those at the end of a column that it asks for, and, where it asks what went
wrong or there is no question, those that stand out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from math import ceil

from laconic._utils.words import find_words, fold_word
from laconic.score.structure.described import described
from laconic.score.structure.question import Question
from laconic.score.structure.ranking import lists_of, ranked, rankings
from laconic.score.structure.said import Said, mentions_of, said_in
from laconic.score.structure.tables import Table, has_value, tables_of
from laconic.types import Member, Passage, Record, Segment

__all__ = ["Wanted"]

# Scores are log-probabilities, so these are factors of odds: e**4 is about 50. Set on made-up tables of other trades
# than those of the benchmark, where the scorer's own scores of one record's members differ by up to 4, and lowered for
# descriptions until taubench_retail/train and bfcl_tools/train kept what they had without.
_ASKED = 7.0  # what identifies a wanted record, and what is asked of it
_REST = 4.0  # what else is said of a record that is named, or that stands out
_DESCRIBED, _REST_OF_DESCRIBED = 6.0, 1.5
_TO_RANK = 0.5  # of that, where the first of the described are asked for
_PARTLY_NAMED = 0.7
_KEY_ALONE, _KEY_AGAIN = -8.0, -4.0
_AGAIN, _MANY_SAME = -4.0, 4  # what is said of so many records that nothing tells apart, after the first

_EXAMPLE = 2.0  # what the first example of a table gains, the next ones less, the second half nothing
_NEXT, _NEXT_IN_RANK = 2, 0.5  # so many behind the first ones of a ranking are shown, with so much of their worth
_NEARLY_ALL, _ONE_OF_TABLES = 0.6, 0.3
_MOST_LISTS, _OF_ITS_LIST = 8, 0.6  # the cheapest of each of a few lists may be meant
_FEW, _FEW_SHARE = 3, 0.05  # so many records stand out at most, or so many of all; as many can have one name
_LEAST_ODD, _ODD_OF_ODDEST, _LEAST_OF_ODDEST = 1.2, 0.5, 0.75


class Wanted:
    """What the records of one call say about its question. Linear in the text.

    Args:
        question: of the call.
        passages: of the call.
        segments: of the call; those without a record are passed over.

    Attributes:
        bonus: by segment, what is added to its score.
        first: segments of the records that the question names for certain.
        columns: by table and name of member, by how much one of them is raised at most.
        beside: segments of other records of their tables, and whether they hold what is asked of the named.
    """

    def __init__(self, question: Question, passages: Sequence[Passage], segments: Sequence[Segment]) -> None:
        self.question = question
        self.bonus: dict[int, float] = {}
        self._raised: dict[Record, tuple[float, float]] = {}  # with all in them, and how far
        self.first: set[int] = set()
        self.beside: dict[int, bool] = {}
        self.columns: dict[tuple[str, str], float] = {}
        records = list(_with_outer(segment.record for segment in segments if segment.record is not None))
        if not records:
            return
        self._children: dict[Record, list[Record]] = {}
        for record in records:
            if record.parent is not None:
                self._children.setdefault(record.parent, []).append(record)
        self._tables = tables_of(records)
        self._place = {record: (table, row) for table in self._tables for row, record in enumerate(table.records)}
        self._mentions = {table: mentions_of(question, table) if question.asks else {} for table in self._tables}
        self._named: dict[Record, float] = {}
        self._meant: dict[Table, set[Record]] = {}  # of tables of which not all records in the named ones are
        if question.asks:
            self._owners = [segment.passage for segment in segments]
            holders = sorted({segment.passage for segment in segments if segment.record is not None})
            texts = {index: passages[index].text for index in holders}
            self._answer(said_in(question, self._mentions, texts, self._owners))
        if question.asks_for_failures and not self._named:
            self._stand_out()
        if not question.asks:
            self._show_examples()
        else:
            for table in self._tables:
                self._lower_same(table)
        for record in records:
            self._lower_key(record)

    # -- named and described ----------------------------------------------------------------------------------------

    def _answer(self, said: dict[Table, list[Said]]) -> None:
        """Raise what a question names, describes and ranks."""
        for table in self._tables:
            self._name(table, said.get(table, ()))
        self._keep_named_inside()
        scope = self._below(self._named)
        for table, mentions in self._mentions.items():
            outer = [each for around in self._around(table) for each in said.get(around, ()) if each.identifies]
            inside = scope or self._below(record for each in outer for record in each.records)
            within = {row for row, record in enumerate(table.records) if record in inside}
            told = {each.place for each in outer}  # the laptop whose variants these are, and no bag with room for one
            rest = [
                each
                for each in said.get(table, ())
                if each.place not in told and self._named.keys().isdisjoint(each.records)
            ]
            found = described(self.question, table, mentions, rest, within)
            among = set(found.rows) if found is not None else within or set(range(len(table.records)))
            words = {at for each in said.get(table, ()) for at in range(*each.place)}
            is_ranked = self._rank(table, mentions, among, words)
            if outer and not scope and (is_ranked or found is not None):
                self._tell(outer)
            if found is None:
                continue
            share = found.share * (_TO_RANK if is_ranked else 1.0)
            for row, shown in found.rows.items():
                self._want(table.records[row], share * _DESCRIBED, share * _REST_OF_DESCRIBED, shown, own=True)
            if within:
                self._meant[table] = {table.records[row] for row in found.rows}
        for record, share in self._named.items():
            self._want(record, share * _ASKED, share * _REST)
        if 1.0 in self._named.values():
            self._set_beside(self._below({record for record, share in self._named.items() if share == 1.0}))

    def _name(self, table: Table, said: Iterable[Said]) -> None:
        """The records of a table that the question names, by all of what identifies them or by a word of that."""
        most = max(1, _FEW_SHARE * len(table.records))
        sure = [each for each in said if each.identifies and each.share == 1.0 and len(each.places) <= most]
        if sure:
            self._named.update((record, 1.0) for each in sure for record in each.records)
            return
        words = dict(self.question.capitals)
        for each in said if words else ():
            for at in range(*each.place):
                words.pop(at, None)
        rows: dict[int, list[int]] = {}
        for row, identity in enumerate(table.identities if words else ()):
            own = {fold_word(word) for member in identity for word in find_words(member.value)}
            for at, word in words.items():
                if word in own and all(words.get(near, word) in own for near in (at - 1, at + 1)):
                    rows.setdefault(at, []).append(row)
        for found in rows.values():
            if len(found) <= most:
                self._named.update((table.records[row], _PARTLY_NAMED) for row in found)

    def _keep_named_inside(self) -> None:
        """Where some of the named records of a table are in another named one, they are meant, and no others."""
        below = self._below(self._named)
        for record in self._named:
            if record.parent in below:
                self._meant.setdefault(self._place[record][0], set()).add(record)
        for record in list(self._named):
            if record not in self._meant.get(self._place[record][0], {record}):
                del self._named[record]

    def _below(self, records: Iterable[Record]) -> set[Record]:
        """Those records and all in them, but for those beside the meant ones of a table inside."""
        below = set()
        pending = list(records)
        while pending:
            record = pending.pop()
            if record not in below:
                below.add(record)
                pending += self._inside(record)
        return below

    def _inside(self, record: Record) -> Iterator[Record]:
        """The records listed in one; of a table of which some are meant, these."""
        for child in self._children.get(record, ()):
            meant = self._meant.get(self._place[child][0])
            if meant is None or child in meant:
                yield child

    def _tell(self, outer: Iterable[Said]) -> None:
        """Raise the names of records whose inner ones are wanted: an id tells nobody which one it is."""
        for each in outer:
            if each.column is not None:
                for record, at in zip(each.records, each.places, strict=True):
                    self._raise(record, each.column.members[at], _DESCRIBED)

    def _around(self, table: Table) -> Iterator[Table]:
        """The tables in whose records a table is listed, the innermost first."""
        parent = table.records[0].parent
        while parent is not None:
            yield self._place[parent][0]
            parent = parent.parent

    def _set_beside(self, scope: Collection[Record]) -> None:
        """Records beside a named one look like it, and what is asked of it must not come of them."""
        for record in scope:
            self.first.update(at for member in record.members for at in range(member.at, member.until))
        around = {record.parent for record in scope}.difference(scope)
        tables = dict.fromkeys(self._place[record][0] for record, share in self._named.items() if share == 1.0)
        pending = [record for table in tables for record in table.records if record not in around]
        while pending:
            record = pending.pop()
            pending += self._children.get(record, ())
            if record not in scope:
                mentions = self._mentions[self._place[record][0]]
                for member in record.members:
                    for at in range(member.at, member.until):
                        self.beside[at] = member.name in mentions or self.beside.get(at, False)

    # -- the ends of columns, and what stands out -------------------------------------------------------------------

    def _rank(self, table: Table, mentions: dict[str, float], among: set[int], said: Collection[int]) -> bool:
        """Raise what stands at the ends of columns that a superlative asks for, unless that is part of a value.

        Returns:
            Whether there was any.
        """
        is_ranked = False
        for superlative in self.question.superlatives if len(table.records) > 1 else ():
            if superlative.at in said:
                continue
            is_largest = table is self._largest
            spoken_of = bool(said or mentions) or self._top_of(table) is self._main
            for column, end, share in rankings(superlative, table, mentions, largest=is_largest, spoken_of=spoken_of):
                is_ranked = True
                self._want_ends(table, ranked(column, end, among), superlative.ranks, share)
                lists = lists_of(table, among)
                for rows in lists if 1 < len(lists) <= _MOST_LISTS else ():
                    self._want_ends(table, ranked(column, end, rows), superlative.ranks, share * _OF_ITS_LIST)
        return is_ranked

    def _want_ends(
        self, table: Table, places: Sequence[Sequence[tuple[int, Member]]], count: int, share: float
    ) -> None:
        """Raise the first records of a ranking, and those next in it less."""
        for place, ties in enumerate(places[: count + _NEXT]):
            worth = share if place < count else share * _NEXT_IN_RANK / (place - count + 1)
            for row, member in ties:
                self._want(table.records[row], worth * _ASKED, worth * _REST_OF_DESCRIBED, [member], own=True)

    @cached_property
    def _largest(self) -> Table:
        return max(self._tables, key=lambda table: len(table.records))

    @cached_property
    def _main(self) -> Table | None:
        """The table at the top that holds most records there, if one does: what is asked of none is asked of it."""
        tops = [table for table in self._tables if self._top_of(table) is table]
        largest = max(tops, key=lambda table: len(table.records))
        enough = len(largest.records) >= _NEARLY_ALL * sum(len(table.records) for table in tops)
        return largest if enough else None

    def _top_of(self, table: Table) -> Table:
        """The table in whose records a table is listed, itself where it stands at the top."""
        while (parent := table.records[0].parent) is not None and parent.identity:
            table = self._place[parent][0]
        return table

    def _stand_out(self) -> None:
        """Raise the oddest records of each table, less so where the question may be about something else."""
        for table in self._tables:
            odd = table.odd
            share = 1.0 if not self.question.asks or self._top_of(table) is self._main else _ONE_OF_TABLES
            for row, oddness, members in odd[: max(_FEW, ceil(_FEW_SHARE * len(table.records)))]:
                if oddness < max(_LEAST_ODD, _ODD_OF_ODDEST * odd[0][1]):
                    break
                worth = _LEAST_OF_ODDEST + (1 - _LEAST_OF_ODDEST) * oddness / odd[0][1]
                self._want(table.records[row], share * worth * _ASKED, share * worth * _REST, members)

    def _show_examples(self) -> None:
        """Raise records spread over each table, some much more than others, so that they come whole."""
        for table in self._tables:
            if len(table.records) < _FEW or self._top_of(table) is not table:
                continue  # lists in records come with those
            for place, row in enumerate(_spread(len(table.records))):
                worth = _EXAMPLE * (1 - 2 * place / len(table.records))
                if worth <= 0:
                    break
                self._want(table.records[row], worth, worth)

    # -- raising and lowering ---------------------------------------------------------------------------------------

    def _want(
        self, record: Record, asked: float, rest: float, shown: Iterable[Member] = (), *, own: bool = False
    ) -> None:
        """Raise what identifies a record, the members shown, what the question speaks of, and the rest less.

        With ``own``, only of the record itself, not of the records in it.
        """
        table, row = self._place[record]
        for member in (*table.identities[row], *shown):
            self._raise(record, member, asked)
        pending = [record]
        while pending:
            each = pending.pop()
            before = self._raised.get(each, (0.0, 0.0))
            if asked <= before[0] and rest <= before[1]:
                continue  # and so has all in it been
            if not own and asked >= before[0] and rest >= before[1]:
                self._raised[each] = (asked, rest)
            mentions = self._mentions[self._place[each][0]]
            for member in each.members:
                share = mentions.get(member.name, 0.0) if has_value(member) else 0.0
                self._raise(each, member, rest + (asked - rest) * share)
            if not own:
                pending += self._inside(each)

    def _raise(self, record: Record, member: Member, worth: float) -> None:
        column = (record.table, member.name)
        self.columns[column] = max(worth, self.columns.get(column, 0.0))
        for at in range(member.at, member.until):
            self.bonus[at] = max(worth, self.bonus.get(at, 0.0))

    def _lower_same(self, table: Table) -> None:
        """What is said of many records that nothing tells apart (the roles in a chat) need not be said again.

        Where a segment holds other members too, as a row does, it is left as it is.
        """
        if table.identity:
            return
        alone = Counter(member.at for record in table.records for member in record.members)
        for column in table.columns.values():
            for places in column.places.values():
                if len(places) < _MANY_SAME:
                    continue
                for member in (column.members[at] for at in places[1:]):
                    if alone[member.at] == 1 and member.until == member.at + 1:
                        self.bonus.setdefault(member.at, _AGAIN)

    def _lower_key(self, record: Record) -> None:
        """A key comes with what is filed under it, so it need not come alone, nor once more inside."""
        key = record.key
        if key is None or (record.members and record.members[0].at == key.at):
            return
        self.bonus[key.at] = _KEY_ALONE
        for member in record.members:
            if member.value == key.value:
                self.bonus[member.at] = _KEY_AGAIN


def _with_outer(records: Iterable[Record]) -> Iterable[Record]:
    """The records, once each, and those that they are listed in before them."""
    found: dict[Record, None] = {}
    for record in records:
        if record in found:
            continue
        chain = []
        each: Record | None = record
        while each is not None and each not in found:
            chain.append(each)
            each = each.parent
        found.update(dict.fromkeys(reversed(chain)))
    return found


def _spread(count: int) -> list[int]:
    """The numbers below ``count``: the first, the last, the middle, and so on ever closer, by their bits reversed."""
    bits = count.bit_length()
    order = sorted(range(count), key=lambda at: int(f"{at:0{bits}b}"[::-1], 2))
    return list(dict.fromkeys((0, count - 1, *order)))
