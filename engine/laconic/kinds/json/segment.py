"""JSON text to segments: one for each member or element that fits a line, cut at commas outside strings."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from laconic.kinds.json.tree import JsonNode, json_leaves, parse_json, string_cuts
from laconic.kinds.prose.sentences import MAX_SENTENCE_CHARS, sentence_spans
from laconic.types import Passage, Segment, Span

__all__ = ["JsonSegmenter", "identifiers_of", "identifying_member", "looks_like_json"]

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[,\n]', re.DOTALL)
_WORD_CHAR = re.compile(r"[^\W_]")
_HEAD_CHARS = 2000

# Keys whose value names the record that they stand in, the more telling first.
_IDENTIFYING = [
    re.compile(r"_?id|uuid|key", re.IGNORECASE),
    re.compile(r".*(?:_id|[a-z]Id|ID|_uuid|_key|_number|[a-z]Number|_code|_no)"),
    re.compile(r"(?:full_?)?name|title|code|number|label|slug|path|url|email", re.IGNORECASE),
]
_ID = re.compile(r"_?(?:[iI][dD]|[uU][uU][iI][dD])|[kK]ey|.*(?:_id|[a-z]Id|ID|_uuid|_key)")
_MOST_IDS = 8  # an object with more of them is a table of references rather than a record


def looks_like_json(text: str) -> bool:
    """Whether ``text`` opens like an object or an array of JSON; a glance at its head, no parse."""
    head = text[:_HEAD_CHARS].lstrip()
    if head[:1] == "{":
        return '":' in head or '" :' in head
    # a list of strings, lists, objects or numbers; "[1] says" is a citation
    return bool(re.match(r'\[\s*(?:[\[{"]|-?\d[\d.eE+-]*\s*,)', head))


class JsonSegmenter:
    """Segments of JSON text, whole or cut off by a retriever; linear in the text.

    Members stay verbatim and keep their comma. Where the text is valid JSON, a member requires the member that names
    the record which it stands in (see `identifying_member`), so that a price never comes without its flight number; the
    other identifiers of the record (`identifiers_of`) come along; and
    `laconic.kinds.json.render.JsonRenderer` makes valid JSON of what is kept.
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
        spans = _with_values(spans, text)
        requires, along = _requirements(text, spans, first)
        return [
            Segment(index, start, end, "record", requires.get(at, ()), along=along.get(at, ()))
            for at, (start, end) in enumerate(spans)
        ]


def identifying_member(record: JsonNode, text: str) -> JsonNode | None:
    """The member of an object whose value names it (``order_id``, ``name`` …); None where no key looks like one.

    Of several the most telling kind of key, of one kind the first. A value that repeats the object's own key names
    nothing new, so such an object has none.
    """
    best: JsonNode | None = None
    rank = len(_IDENTIFYING)
    for member in record.children:
        if not _is_short(member):
            continue
        key = member.key_text(text)
        for place, pattern in enumerate(_IDENTIFYING[:rank]):
            if pattern.fullmatch(key):
                best, rank = member, place
                break
    if best is not None and record.key is not None:
        value = text[best.start : best.end].strip('"')
        if value == record.key_text(text):
            return None
    return best


def identifiers_of(record: JsonNode, text: str) -> list[JsonNode]:
    """The members of an object that identify it and what it belongs to: ``id``, ``uuid``, ``key``, ``user_id`` …

    Those without a value are left out; an object with more than eight has none, as it is a table of references.
    """
    found = [
        member
        for member in record.children
        if _is_short(member)
        and _ID.fullmatch(member.key_text(text))
        and text[member.start : member.end] not in ("null", '""')
    ]
    return found if len(found) <= _MOST_IDS else []


def _is_short(member: JsonNode) -> bool:
    return not member.children and member.key is not None and member.end - member.start <= MAX_SENTENCE_CHARS // 4


_Needs = dict[int, tuple[int, ...]]


def _requirements(text: str, spans: Sequence[Span], first: int) -> tuple[_Needs, _Needs]:
    """For each segment (by position in ``spans``) those that name the records around it, and those of other ids."""
    starts = [start for start, _ in spans]
    named: dict[JsonNode, tuple[int, ...]] = {}  # container: segments that name it and what it stands in
    known: dict[JsonNode, tuple[int, ...]] = {}  # container: segments of all their ids
    requires: _Needs = {}
    along: _Needs = {}

    def place_of(member: JsonNode) -> int:
        return first + bisect_right(starts, member.begin) - 1

    for root in parse_json(text):
        for node in root.walk():
            around = named.get(node.parent, ()) if node.parent else ()
            ids = known.get(node.parent, ()) if node.parent else ()
            if node.kind == "object" and node.children:
                label = identifying_member(node, text)
                if label is not None:
                    place = place_of(label)
                    around = around if place in around else (*around, place)
                    ids = tuple(dict.fromkeys((*ids, *map(place_of, identifiers_of(node, text)))))
            if node.children:
                named[node] = around
                known[node] = ids
                continue
            place = bisect_right(starts, node.begin) - 1
            while place < len(spans) and place >= 0 and spans[place][0] < node.end:
                needs = tuple(need for need in around if need != first + place)
                if needs:
                    requires[place] = tuple(dict.fromkeys(requires.get(place, ()) + needs))
                others = tuple(at for at in ids if at != first + place and at not in requires.get(place, ()))
                if others:
                    along[place] = tuple(dict.fromkeys(along.get(place, ()) + others))
                place += 1
    return requires, along


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
