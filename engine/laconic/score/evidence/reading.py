"""One call as arrays: the words of its segments, what of the question each segment holds, and the passages' titles.

Everything that looks at text happens here, once; the features are arithmetic on what a `Reading` holds. Shapes below
use n segments, P passages that have segments (numbered in order of appearance), T query terms and W words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from laconic.score.evidence.lexicon import Bit, Columns, Lexicon
from laconic.score.evidence.question import focus_phrase, kind_of
from laconic.types import Passage, Segment

__all__ = ["Reading", "read_call"]

Floats = NDArray[np.float32]
Ints = NDArray[np.intp]

MAX_TERMS = 48
"""Query terms that are scored. A longer question is reduced to the terms that its passages hold, rarest first."""

_MAX_QUERY_WORDS = 20_000
SIMILAR = 0.3
"""Word cosines below this are noise."""

_BRACKETS = re.compile(r"\(.*?\)")
# The subject of an encyclopedic lead: a run of capitalised words before a bracket or a verb of being.
_LEAD = re.compile(
    r"\s*(?:The |A |An )?"
    r"((?:[A-Z][\w.'’-]*|\"[^\"]{2,60}\"|[A-Z]\.)(?:\s+(?:(?:of|the|and|de|von|van|la|in|for)\s+){0,2}[A-Z0-9][\w.'’-]*)*)"
    r"\s*(?:\(|,|(?:is|was|are|were|has|had)\b)"
)
_LEAD_CHARS = 160
_SENTENCE_ENDS = tuple('.!?。！？"”)')


@dataclass(frozen=True, eq=False)
class Reading:
    """One call as arrays.

    Attributes:
        columns: the lexicon's columns.
        words: (W,) rows of all words of all segments, in order.
        starts: (n,) where each segment's words begin in ``words``.
        segment_of: (W,) segment of each word.
        lengths: (n,) number of words of each segment, punctuation not counted, at least 1.
        owner: (n,) passage number of each segment; passages are contiguous.
        first: (P,) first segment of each passage.
        distinct: (D,) rows of the distinct words.
        place: (W,) position of each word in ``distinct``.
        query: rows of the question's words, in order.
        terms: (T,) rows of the distinct terms that are scored.
        is_stop: (T,) terms without meaning of their own (never all of them).
        is_name: (T,) capitalised terms and numbers.
        exact: (T, n) how often each term's stem occurs.
        similar: (T, n) highest cosine of each term with a word of the segment, 1 for an equal stem, 0 below `SIMILAR`.
        word_similar: (D,) highest cosine of each distinct word with a content term, cut off likewise.
        word_matches: (D,) whether the word's stem is a query term's.
        title_exact, title_similar: (T, P) the same for titles; zero where a passage has none.
        title_words: (P,) number of words of the title.
        title_rows: for each passage the rows of its title, or of the subject of its lead where it has no title.
        own_title: (P,) whether ``title_rows`` is a real title.
        kind: index into `question.KINDS`.
        focus: rows of the words that name the kind of answer.
        asks_trouble: whether the question asks for errors or failures.
        segment_kinds: (n,) the kind of each segment.
        header: (n,) the segment that each one needs (a row's table header), or -1.
        ends: (n,) whether the text ends like a sentence; asks: (n,) like a question.
    """

    columns: Columns
    words: Ints
    starts: Ints
    segment_of: Ints
    lengths: Ints
    owner: Ints
    first: Ints
    distinct: Ints
    place: Ints
    query: Ints
    terms: Ints
    is_stop: NDArray[np.bool_]
    is_name: NDArray[np.bool_]
    exact: Floats
    similar: Floats
    word_similar: Floats
    word_matches: NDArray[np.bool_]
    title_exact: Floats
    title_similar: Floats
    title_words: Ints
    title_rows: list[list[int]]
    own_title: NDArray[np.bool_]
    kind: int
    focus: list[int]
    asks_trouble: bool
    segment_kinds: NDArray[np.str_]
    header: Ints
    ends: NDArray[np.bool_]
    asks: NDArray[np.bool_]

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

    def previous(self, values: Floats, steps: int = 1) -> Floats:
        """``values`` (…, n) of the segment ``steps`` before, 0 where that is another passage."""
        shifted = np.zeros_like(values)
        if self.segments > steps:
            same = self.owner[steps:] == self.owner[:-steps]
            shifted[..., steps:] = values[..., :-steps] * same
        return shifted

    def following(self, values: Floats, steps: int = 1) -> Floats:
        """``values`` (…, n) of the segment ``steps`` behind, 0 where that is another passage."""
        shifted = np.zeros_like(values)
        if self.segments > steps:
            same = self.owner[steps:] == self.owner[:-steps]
            shifted[..., :-steps] = values[..., steps:] * same
        return shifted


def read_call(lexicon: Lexicon, query: str, passages: Sequence[Passage], segments: Sequence[Segment]) -> Reading:
    """Read one call; linear in the text.

    Args:
        lexicon: grows by the new words.
        query: the question.
        passages: of the call.
        segments: at least one, in order of passages.
    """
    texts = [passages[segment.passage].text[segment.start : segment.end] for segment in segments]
    lists = lexicon.rows_of(texts)
    filler = [lexicon.filler]
    lists = [rows or filler for rows in lists]
    sizes = np.fromiter(map(len, lists), np.intp, len(lists))
    words = np.fromiter(chain.from_iterable(lists), np.intp, int(sizes.sum()))
    starts = np.zeros(len(lists), np.intp)
    np.cumsum(sizes[:-1], out=starts[1:])
    segment_of = np.repeat(np.arange(len(lists)), sizes)

    numbers = np.fromiter((segment.passage for segment in segments), np.intp, len(segments))
    begins = np.flatnonzero(np.r_[True, numbers[1:] != numbers[:-1]])
    owner = np.cumsum(np.r_[False, numbers[1:] != numbers[:-1]])
    present = [passages[number] for number in numbers[begins]]
    title_rows, own_title = _titles(lexicon, present)

    query_rows = np.array(lexicon.rows(query[: _MAX_QUERY_WORDS * 8])[:_MAX_QUERY_WORDS] or filler, np.intp)
    focus = lexicon.rows(focus_phrase(query))
    columns = lexicon.columns()

    marks = (columns.bits[words] & Bit.MARK) != 0
    lengths = np.maximum(1, sizes - np.add.reduceat(marks.astype(np.intp), starts))
    distinct, place = _distinct(words, len(lexicon))

    terms = _query_terms(columns, query_rows, distinct)
    bits = columns.bits[terms]
    is_stop = (bits & (Bit.STOP | Bit.MARK)) != 0
    if is_stop.all():
        is_stop[:] = False
    is_name = ((bits & (Bit.CAPITAL | Bit.NUMBER)) != 0) & ~is_stop
    if len(query_rows) > 1 and len(terms) and terms[0] == query_rows[0] and not bits[0] & Bit.NUMBER:
        is_name[0] = False  # a sentence opens with a capital

    exact = _exact(columns, terms, words, segment_of, len(lists), lexicon.stem_count)
    table = _similarities(columns, terms, is_stop, distinct)
    similar = _best_similar(table, place, segment_of, len(lists))
    np.copyto(similar, 1.0, where=exact > 0)
    title_exact, title_similar = _title_matches(columns, terms, is_stop, title_rows, own_title, lexicon)
    matches = np.zeros(lexicon.stem_count, np.bool_)
    matches[columns.stem[terms]] = True

    headers = np.fromiter((s.requires[0] if s.requires else -1 for s in segments), np.intp, len(segments))
    bare = [text.rstrip() for text in texts]
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
        query=query_rows,
        terms=terms,
        is_stop=is_stop,
        is_name=is_name,
        exact=exact,
        similar=similar,
        word_similar=table.max(axis=0, initial=0.0),
        word_matches=matches[columns.stem[distinct]],
        title_exact=title_exact,
        title_similar=title_similar,
        title_words=np.array(
            [len(rows) if own else 0 for rows, own in zip(title_rows, own_title, strict=True)], np.intp
        ),
        title_rows=title_rows,
        own_title=own_title,
        kind=kind_of(query),
        focus=focus,
        asks_trouble=bool((columns.bits[query_rows] & Bit.TROUBLE).any()),
        segment_kinds=np.array([segment.kind for segment in segments]),
        header=headers,
        ends=np.array([text.endswith(_SENTENCE_ENDS) for text in bare]),
        asks=np.array([text.endswith(("?", "？")) for text in bare]),
    )


def _titles(lexicon: Lexicon, passages: Sequence[Passage]) -> tuple[list[list[int]], NDArray[np.bool_]]:
    """Rows of each passage's title; where there is none, of the entity that its lead is about."""
    known: dict[str, list[int]] = {}
    rows: list[list[int]] = []
    own = np.zeros(len(passages), np.bool_)
    for number, passage in enumerate(passages):
        title = passage.title or ""
        if title.strip():
            own[number] = True
            title = _BRACKETS.sub("", title) if "(" in title else title
        else:
            lead = _LEAD.match(passage.text[:_LEAD_CHARS])
            title = lead.group(1) if lead else ""
        if title not in known:
            known[title] = lexicon.rows(title)
        rows.append(known[title])
        own[number] &= bool(known[title])
    return rows, own


def _distinct(words: Ints, lexicon_size: int) -> tuple[Ints, Ints]:
    """As np.unique with the inverse, by marking instead of sorting."""
    seen = np.zeros(lexicon_size, np.bool_)
    seen[words] = True
    distinct = np.flatnonzero(seen)
    place = np.empty(lexicon_size, np.intp)
    place[distinct] = np.arange(len(distinct))
    return distinct, place[words]


def _query_terms(columns: Columns, query: Ints, distinct: Ints) -> Ints:
    """One row for each distinct stem of the question, in order of appearance, at most `MAX_TERMS`."""
    _, at = np.unique(columns.stem[query], return_index=True)
    terms = query[np.sort(at)]
    if len(terms) <= MAX_TERMS:
        return terms
    bits = columns.bits[terms]
    content = terms[(bits & (Bit.STOP | Bit.MARK)) == 0]
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


def _similarities(columns: Columns, terms: Ints, is_stop: NDArray[np.bool_], words: Ints) -> Floats:
    """(T, words) cosines of content terms with content words, zero below `SIMILAR` and for stop words."""
    table = np.zeros((len(terms), len(words)), np.float32)
    content = np.flatnonzero(~is_stop)
    open_words = np.flatnonzero(((columns.bits[words] & (Bit.STOP | Bit.MARK)) == 0) & (columns.scale[words] > 0))
    if not len(content) or not len(open_words):
        return table
    rows = words[open_words]
    left = columns.vector[terms[content]].astype(np.float32) * columns.scale[terms[content], None]
    cosine = left @ columns.vector[rows].astype(np.float32).T
    cosine *= columns.scale[rows]
    cosine[cosine < SIMILAR] = 0.0
    table[np.ix_(content, open_words)] = np.minimum(cosine, 1.0)
    return table


def _best_similar(table: Floats, place: Ints, segment_of: Ints, n: int) -> Floats:
    """(T, n) best of each segment; only the few words similar to anything are gathered."""
    best = np.zeros((len(table), n), np.float32)
    hits = np.flatnonzero((table.max(axis=0, initial=0.0) > 0)[place])
    if len(hits):
        holder = segment_of[hits]
        begins = np.flatnonzero(np.r_[True, holder[1:] != holder[:-1]])
        best[:, holder[begins]] = np.maximum.reduceat(table[:, place[hits]], begins, axis=1)
    return best


def _title_matches(
    columns: Columns,
    terms: Ints,
    is_stop: NDArray[np.bool_],
    title_rows: list[list[int]],
    own_title: NDArray[np.bool_],
    lexicon: Lexicon,
) -> tuple[Floats, Floats]:
    exact = np.zeros((len(terms), len(title_rows)), np.float32)
    titled = np.flatnonzero(own_title)
    if not len(titled):
        return exact, exact
    lists = [title_rows[number] for number in titled]
    sizes = np.fromiter(map(len, lists), np.intp, len(lists))
    words = np.fromiter(chain.from_iterable(lists), np.intp, int(sizes.sum()))
    holder = np.repeat(np.arange(len(lists)), sizes)
    found = _exact(columns, terms, words, holder, len(lists), lexicon.stem_count) > 0
    table = _similarities(columns, terms, is_stop, words)
    similar = _best_similar(table, np.arange(len(words)), holder, len(lists))
    exact[:, titled] = found
    close = np.zeros_like(exact)
    close[:, titled] = np.maximum(similar, found)
    return exact, close
