"""JSON text to segments: one for each member or element that fits a line, cut at commas outside strings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from laconic.kinds.json.records import json_records
from laconic.kinds.json.tree import json_leaves, parse_json, string_cuts
from laconic.kinds.prose.sentences import MAX_SENTENCE_CHARS, sentence_spans
from laconic.kinds.records import record_segments
from laconic.types import Passage, Record, Segment, Span

__all__ = ["JsonSegmenter", "looks_like_json"]

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[,\n]', re.DOTALL)
_WORD_CHAR = re.compile(r"[^\W_]")
_HEAD_CHARS = 2000


def looks_like_json(text: str) -> bool:
    """Whether ``text`` opens like an object or an array of JSON; a glance at its head, no parse."""
    head = text[:_HEAD_CHARS].lstrip()
    if head[:1] == "{":
        return '":' in head or '" :' in head
    # a list of strings, lists, objects or numbers; "[1] says" is a citation
    return bool(re.match(r'\[\s*(?:[\[{"]|-?\d[\d.eE+-]*\s*,)', head))


class JsonSegmenter:
    """Segments of JSON text, whole or cut off by a retriever; linear in the text.

    Members stay verbatim and keep their comma. Where the text is valid JSON, a member requires the one that names the
    record which it stands in, so that a price never comes without its flight number, and the other ids of the record
    come along (see `laconic.kinds.records`); and `laconic.kinds.json.render.JsonRenderer` makes valid JSON of what is
    kept.
    """

    def segment(self, passage: Passage, index: int, first: int) -> list[Segment]:
        """Cut ``passage``; see `laconic.types.Segmenter`."""
        text = passage.text
        spans: list[Span] = []
        for start, end in _members(text):
            if end - start <= MAX_SENTENCE_CHARS:
                spans.append((start, end))
            else:  # a long string is text
                spans.extend(_pieces(text, start, end))
        records = json_records(text, parse_json(text))
        spans = _with_rows_whole(_with_keys_apart(_with_values(spans, text), text, records), records)
        return record_segments(index, spans, "record", records, first)


def _with_values(spans: list[Span], text: str) -> list[Span]:
    """The spans of valid JSON, such that each holds a value or a part of one: a key alone joins what follows it."""
    leaves, _ = json_leaves(text)
    if not leaves:
        return spans
    joined: list[Span] = []
    begin: int | None = None
    at = 0
    for start, end in spans:
        begin = start if begin is None else begin
        while at + 1 < len(leaves) and leaves[at].end <= begin:
            at += 1
        if leaves[at].begin < end and leaves[at].end > begin:
            joined.append((begin, end))
            begin = None
    if begin is not None and joined:
        joined[-1] = (joined[-1][0], spans[-1][1])
    return joined


def _with_keys_apart(spans: list[Span], text: str, records: Iterable[Record]) -> list[Span]:
    """The spans, a key that records are filed under by itself: it is paid once, however many members come with it."""
    keys = (record.key for record in records if record.key is not None)
    cuts = iter(key.end for key in keys if text[key.end - 1] in "{[")
    cut = next(cuts, None)
    if cut is None:
        return spans
    apart: list[Span] = []
    for start, end in spans:
        while cut is not None and cut <= start:
            cut = next(cuts, None)
        while cut is not None and cut < end:
            apart.append((start, cut))
            rest = text[cut:end]
            start = cut + len(rest) - len(rest.lstrip())
            cut = next(cuts, None)
        apart.append((start, end))
    return apart


def _with_rows_whole(spans: list[Span], records: Iterable[Record]) -> list[Span]:
    """The spans, the values of a row of a table together, as they say nothing without their places; so is its header."""
    rows: list[Span] = []
    for record in records:
        if record.header is not None:
            rows += [(record.header.start, record.header.end), (record.members[0].start, record.members[-1].end)]
    if not rows:
        return spans
    whole: list[Span] = []
    ahead = iter(sorted(set(rows)))
    row = next(ahead, None)
    for start, end in spans:
        while row is not None and row[1] <= start:
            row = next(ahead, None)
        if row is not None and whole and row[0] < whole[-1][1] and end - whole[-1][0] <= MAX_SENTENCE_CHARS:
            whole[-1] = (whole[-1][0], end)  # the row that the span before it began
        else:
            whole.append((start, end))
    return whole


def _members(text: str) -> list[Span]:
    """Spans of the members; brackets that open go with what follows, those that close with what came before."""
    members: list[Span] = []
    start = 0
    opened: int | None = None  # where brackets began that wait for what follows
    cuts = [token.end() for token in _TOKEN.finditer(text) if token.group()[0] != '"']
    for cut in (*cuts, len(text)):
        piece = text[start:cut]
        bare = piece.strip()
        begin = start + len(piece) - len(piece.lstrip())
        start = cut
        if not bare:
            continue
        end = begin + len(bare)
        if bare[-1] in "[{:" and cut < len(text):
            opened = begin if opened is None else opened
        elif opened is None and members and '"' not in bare and not _WORD_CHAR.search(bare):
            members[-1] = (members[-1][0], end)
        else:
            members.append((begin if opened is None else opened, end))
            opened = None
    if opened is not None:
        members.append((opened, len(text.rstrip())))
    return members


def _pieces(text: str, start: int, end: int) -> Iterator[Span]:
    """Sentences of a long member; none ends inside an escape."""
    inside = string_cuts(text, start, end)
    begin: int | None = None
    for left, right in sentence_spans(text, start, end, "en"):
        begin = left if begin is None else begin
        if right not in inside:
            yield begin, right
            begin = None
    if begin is not None:
        yield begin, end
