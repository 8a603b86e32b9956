"""One call as arrays: the words of its segments, what of the question each segment holds, and the passages' titles.

Everything that looks at text happens here, once; the features are arithmetic on what a `Reading` holds. Shapes below
use n segments, P passages that have segments (numbered in order of appearance), T query terms and W words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from laconic.score.evidence.acronyms import defined_forms
from laconic.score.evidence.arrays import Bools, Floats, Ints, distinct_of, product, run_starts
from laconic.score.evidence.lexicon import Bit, Columns, Lexicon, has_words
from laconic.score.evidence.question import focus_phrase, kind_of
from laconic.score.evidence.sections import Section, find_sections
from laconic.types import Passage, Segment

__all__ = ["OverError", "Reading", "read_call", "stop_if"]

MAX_TERMS = 48
"""Query terms that are scored. A longer question is reduced to the terms that its passages hold, rarest first."""

_MAX_QUERY_WORDS = 20_000
_FOCUS_WORDS = 2
SIMILAR = 0.3
"""Word cosines below this are noise."""

_BLOCK = 200
"""Segments that are read between two looks at the clock: five milliseconds, twenty where all words are new."""

MAX_NEEDS = 3
"""Requirements of a segment that are looked at."""

_BRACKETS = re.compile(r"\([^)\n]*(?:\)|$)", re.MULTILINE)  # one that nobody closes ends with its line
# The subject of an encyclopedic lead: a run of capitalised words before a bracket or a verb of being.
_LEAD = re.compile(
    r"\s*(?:The |A |An )?"
    r"((?:[A-Z][\w.'’-]*|\"[^\"]{2,60}\"|[A-Z]\.)(?:\s+(?:(?:of|the|and|de|von|van|la|in|for)\s+){0,2}[A-Z0-9][\w.'’-]*)*)"
    r"\s*(?:\(|,|(?:is|was|are|were|has|had)\b)"
)
_SENTENCE_ENDS = frozenset('.!?。！？"”)')
_QUESTION_ENDS = frozenset("?？")


@dataclass(frozen=True, eq=False)
class Reading:
    """One call as arrays."""

    columns: Columns  # the lexicon's columns
    words: Ints  # (W,) rows of all words of all segments, in order
    starts: Ints  # (n,) where each segment's words begin in words
    segment_of: Ints  # (W,) segment of each word
    lengths: Floats  # (n,) number of words of each segment, punctuation not counted, at least 1; float32
    owner: Ints  # (n,) passage number of each segment; passages are contiguous
    first: Ints  # (P,) first segment of each passage
    distinct: Ints  # (D,) rows of the distinct words of segments and titles
    place: Ints  # (W,) position of each word in distinct
    stem_count: int  # stem numbers are smaller
    query: Ints  # rows of the question's words, in order
    terms: Ints  # (T,) rows of the distinct terms that are scored
    is_stop: Bools  # (T,) terms without meaning of their own (never all of them)
    is_name: Bools  # (T,) capitalised terms and numbers
    exact: Floats  # (T, n) how often each term's stem occurs
    similar: (
        Floats  # (T, n) highest cosine of each term with a word of the segment, 1 for an equal stem, 0 below SIMILAR
    )
    word_similar: Floats  # (D,) highest cosine of each distinct word with a content term, cut off likewise
    word_matches: Bools  # (D,) whether the word's stem is a query term's
    focus_similar: Floats  # (D,) highest cosine with the words that name the kind of answer (*which* **club**)
    title_exact: Floats  # (T, P) the same for titles; zero where a passage has none
    title_similar: Floats
    title_words: Floats  # (P,) number of words of the title
    names: list[list[int]]  # rows of each different name of a passage: its title, or the entity that its lead is about
    name: Ints  # (P,) number of each passage's name, -1 for none
    kind: int  # index into `question.KINDS`
    asks_trouble: bool  # whether the question asks for errors or failures
    segment_kinds: NDArray[np.str_]  # (n,) the kind of each segment
    # (n, k) the segments that each one requires (a row's table header, the record that names its object), -1 for
    # none; at most `MAX_NEEDS` of them
    needs: Ints
    ends: Bools  # (n,) whether the text ends like a sentence
    asks: Bools  # (n,) whether it ends like a question

    @property
    def segments(self) -> int:
        """How many segments: n."""
        return len(self.starts)

    @property
    def passages(self) -> int:
        """How many passages: P."""
        return len(self.first)

    def sums(self, values: Floats) -> Floats:
        """Per-word values, (W,) or (W, k), added up over each segment."""
        return np.add.reduceat(values, self.starts, axis=0)

    def best_of_passage(self, values: Floats) -> Floats:
        """(P,) the highest of a (n,) array in each passage."""
        return np.maximum.reduceat(values, self.first)

    def beside(self, values: Floats, steps: int = 1) -> tuple[Floats, Floats]:
        """(…, n) values of the segments ``steps`` before and behind each one, 0 where that is another passage."""
        before, behind = np.zeros(values.shape, values.dtype), np.zeros(values.shape, values.dtype)
        if self.segments > steps:
            same = self.owner[steps:] == self.owner[:-steps]
            np.multiply(values[..., :-steps], same, out=before[..., steps:])
            np.multiply(values[..., steps:], same, out=behind[..., :-steps])
        return before, behind


class OverError(Exception):
    """The time for reading a call is over; never leaves the scorer."""


def stop_if(is_over: Callable[[], bool] | None) -> None:
    """Leave it where the time is over.

    Raises:
        OverError: it is.
    """
    if is_over is not None and is_over():
        raise OverError


def read_call(
    lexicon: Lexicon,
    query: str,
    passages: Sequence[Passage],
    segments: Sequence[Segment],
    is_over: Callable[[], bool] | None = None,
) -> Reading:
    """Read a call of at least one segment, in order of passages; linear in the text. The lexicon grows by new words.

    Raises:
        OverError: ``is_over``, asked between blocks of segments, says so.
    """
    n = len(segments)
    texts = [passages[segment.passage].text[segment.start : segment.end] for segment in segments]
    begins, owner, present = find_sections(passages, segments)
    names = _names(present)

    # Names are read behind the segments, as texts n, n + 1 …, so that one pass compares both with the question.
    words, sizes = _rows(lexicon, [*texts, *names.texts], is_over)
    count_of_texts = len(sizes)
    starts = np.zeros(count_of_texts, np.intp)
    np.cumsum(sizes[:-1], out=starts[1:])
    text_of = np.repeat(np.arange(count_of_texts), sizes)
    query_rows = np.array(lexicon.rows(query[: _MAX_QUERY_WORDS * 8])[:_MAX_QUERY_WORDS] or [lexicon.filler], np.intp)
    focus_rows = lexicon.rows(focus_phrase(query))
    forms = _forms(lexicon, query, passages)
    columns = lexicon.columns()
    distinct, place = distinct_of(words, len(lexicon))

    terms = _query_terms(columns, query_rows, distinct)
    bits = columns.bits[terms]
    is_stop = (bits & (Bit.STOP | Bit.MARK)) != 0
    if is_stop.all():
        is_stop[:] = False
    is_name = ((bits & (Bit.CAPITAL | Bit.NUMBER)) != 0) & ~is_stop
    if len(query_rows) > 1 and terms[0] == query_rows[0] and not bits[0] & Bit.NUMBER:
        is_name[0] = False  # a sentence opens with a capital

    focus = [row for row in focus_rows if not columns.bits[row] & (Bit.STOP | Bit.MARK)][:_FOCUS_WORDS]
    cosine = _cosines(columns, np.concatenate([terms, focus]).astype(np.intp), distinct)
    table = np.where(cosine[: len(terms)] < SIMILAR, np.float32(0), cosine[: len(terms)])
    exact = _exact(columns, terms, words, text_of, count_of_texts, lexicon.stem_count)
    for form in forms:
        _match_other_form(exact, columns, (terms, query_rows), (words, text_of), form)
    similar = _best_similar(table, place, text_of, count_of_texts)
    np.copyto(similar, 1.0, where=exact > 0)
    title = np.where(names.is_title, names.of_passage, -1)
    # A passage without a title takes the column of zeros behind all others.
    title_columns = [
        np.concatenate([matches[:, n:], np.zeros((len(terms), 1), np.float32)], axis=1)
        for matches in (np.minimum(exact, 1), similar)
    ]
    matched = np.zeros(lexicon.stem_count, np.bool_)
    matched[columns.stem[terms]] = True

    count = int(starts[n]) if names.texts else len(words)
    name_words, name_starts = words[count:].tolist(), (starts[n:] - count).tolist()
    words, starts, segment_of, place = words[:count], starts[:n], text_of[:count], place[:count]
    marks = ((columns.bits[words] & Bit.MARK) != 0).astype(np.intp)
    lengths = np.maximum(1, sizes[:n] - np.add.reduceat(marks, starts)).astype(np.float32)
    last = [text.rstrip()[-1:] if (end := text[-1:]).isspace() else end for text in texts]
    return Reading(
        columns=columns,
        words=words,
        starts=starts,
        segment_of=segment_of,
        lengths=lengths,
        owner=owner,
        first=begins,
        distinct=distinct,
        place=place,
        stem_count=lexicon.stem_count,
        query=query_rows,
        terms=terms,
        is_stop=is_stop,
        is_name=is_name,
        exact=exact[:, :n],
        similar=similar[:, :n],
        word_similar=table.max(axis=0, initial=0.0),
        word_matches=matched[columns.stem[distinct]],
        focus_similar=cosine[len(terms) :].max(axis=0, initial=0.0),
        title_exact=title_columns[0][:, title],
        title_similar=title_columns[1][:, title],
        title_words=np.append(sizes[n:], 0)[title].astype(np.float32),
        names=[name_words[start:end] for start, end in pairwise([*name_starts, len(name_words)])],
        name=names.of_passage,
        kind=kind_of(query),
        asks_trouble=bool((columns.bits[query_rows] & Bit.TROUBLE).any()),
        segment_kinds=np.array([segment.kind for segment in segments]),
        needs=_needs([segment.requires for segment in segments]),
        ends=np.array(list(map(_SENTENCE_ENDS.__contains__, last))),
        asks=np.array(list(map(_QUESTION_ENDS.__contains__, last))),
    )


def _rows(lexicon: Lexicon, texts: list[str], is_over: Callable[[], bool] | None) -> tuple[Ints, Ints]:
    """`Lexicon.rows_of`; in blocks where the time is limited."""
    if is_over is None:
        return lexicon.rows_of(texts)
    found = []
    for at in range(0, len(texts), _BLOCK):
        stop_if(is_over)
        found.append(lexicon.rows_of(texts[at : at + _BLOCK]))
    stop_if(is_over)
    return np.concatenate([rows for rows, _ in found]), np.concatenate([sizes for _, sizes in found])


class _Names(NamedTuple):
    """What passages are called: different names, and for each passage the number of its name (-1: none)."""

    texts: list[str]
    of_passage: Ints
    is_title: Bools


def _names(passages: Sequence[Section]) -> _Names:
    """Each passage's title; where there is none, the entity that its lead is about."""
    numbers: dict[str, int] = {}
    texts: list[str] = []
    of_passage = np.full(len(passages), -1, np.intp)
    is_title = np.zeros(len(passages), np.bool_)

    def number_of(name: str) -> int:
        if name not in numbers:
            bare = _BRACKETS.sub("", name).strip() if "(" in name else name.strip()
            if bare != name:
                numbers[name] = number_of(bare)
            elif not has_words(name):
                numbers[name] = -1
            else:
                numbers[name] = len(texts)
                texts.append(name)
        return numbers[name]

    for at, passage in enumerate(passages):
        number = number_of(passage.title) if passage.title else -1
        is_title[at] = number >= 0
        if number < 0:
            lead = _LEAD.match(passage.lead)
            number = number_of(lead.group(1)) if lead else -1
        of_passage[at] = number
    return _Names(texts, of_passage, is_title)


def _needs(requires: Sequence[tuple[int, ...]]) -> Ints:
    most = min(MAX_NEEDS, max(map(len, requires)))
    padding = (-1,) * most
    return np.array([(needs + padding)[:most] for needs in requires], np.intp).reshape(len(requires), most)


def _query_terms(columns: Columns, query: Ints, distinct: Ints) -> Ints:
    """One row for each distinct stem of the question, in order of appearance, at most `MAX_TERMS`."""
    _, at = np.unique(columns.stem[query], return_index=True)
    terms: Ints = query[np.sort(at)]
    if len(terms) <= MAX_TERMS:
        return terms
    bits = columns.bits[terms]
    content: Ints = terms[(bits & (Bit.STOP | Bit.MARK)) == 0]
    if not len(content):
        return terms[:MAX_TERMS]
    held = np.isin(columns.stem[content], columns.stem[distinct])
    order = np.lexsort((-columns.rarity[content], ~held))
    return content[np.sort(order[:MAX_TERMS])]


def _exact(columns: Columns, terms: Ints, words: Ints, segment_of: Ints, n: int, stems: int) -> Floats:
    number = np.full(stems, -1, np.intp)
    number[columns.stem[terms]] = np.arange(len(terms))
    term = number[columns.stem[words]]
    hits = np.flatnonzero(term >= 0)
    counts = np.bincount(term[hits] * n + segment_of[hits], minlength=len(terms) * n)
    return counts.reshape(len(terms), n).astype(np.float32)


class _Form(NamedTuple):
    """A name that is asked for and has a short form: rows of this one and its plural, and of the words in full."""

    short: Ints
    long: Ints


def _forms(lexicon: Lexicon, query: str, passages: Sequence[Passage]) -> list[_Form]:
    """Of `defined_forms`; questions define some themselves."""
    query = query[: _MAX_QUERY_WORDS * 8]
    return [
        _Form(np.array([lexicon.rows(short)[0], lexicon.rows(f"{short}s")[0]], np.intp), np.array(lexicon.rows(long)))
        for short, long in defined_forms(query, [query, *(passage.text for passage in passages)])
    ]


def _match_other_form(
    exact: Floats, columns: Columns, asked: tuple[Ints, Ints], read: tuple[Ints, Ints], form: _Form
) -> None:
    """Count texts that hold one form of a name for the terms of the other one.

    Args:
        exact: (T, n) how often each term occurs; written to.
        columns: of the lexicon.
        asked: rows of the terms (T,), and of the question's words in order.
        read: rows of all words of the texts, and the text of each.
        form: the name.
    """
    terms, query = asked
    words, text_of = read
    stems = columns.stem
    long = stems[form.long]
    if _runs(stems[query], long).any():
        # As it is written: *IT* is no *it*.
        holds = np.unique(text_of[(words == form.short[0]) | (words == form.short[1])])
        of_long = np.isin(stems[terms], long) & ((columns.bits[terms] & Bit.STOP) == 0)
        exact[np.ix_(of_long, holds)] += 1
    of_short = stems[terms] == stems[form.short[0]]
    if of_short.any():
        exact[np.ix_(of_short, np.unique(text_of[_runs(stems[words], long)]))] += 1


def _runs(values: NDArray[np.int32], wanted: NDArray[np.int32]) -> Bools:
    """Whether each place begins a run of these values."""
    begins = np.zeros(len(values), np.bool_)
    count = len(values) - len(wanted) + 1
    if count > 0:
        begins[:count] = True
        for step, value in enumerate(wanted.tolist()):
            begins[:count] &= values[step : step + count] == value
    return begins


def _cosines(columns: Columns, left: Ints, right: Ints) -> Floats:
    """(left, right) cosines of words; 0 for stop words and punctuation, which have no direction."""
    few = columns.vector[left].astype(np.float32) * columns.scale[left, None]
    many = product(columns.vector[right].astype(np.float32), np.ascontiguousarray(few.T))  # tall is the faster shape
    cosine: Floats = np.multiply(many.T, columns.scale[right], order="C")
    return np.clip(cosine, 0.0, 1.0, out=cosine)


def _best_similar(table: Floats, place: Ints, segment_of: Ints, n: int) -> Floats:
    """(T, n) best of each segment; only the few words similar to anything are gathered."""
    best = np.zeros((len(table), n), np.float32)
    hits = np.flatnonzero((table.max(axis=0, initial=0.0) > 0)[place])
    if len(hits):
        holder = segment_of[hits]
        begins = run_starts(holder).nonzero()[0]
        best[:, holder[begins]] = np.maximum.reduceat(table[:, place[hits]], begins, axis=1)
    return best
