"""JSON text to segments: one for each member or element that fits a line, cut at commas outside strings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from laconic.kinds.json.loose import json_leaves, read_json
from laconic.kinds.json.records import json_records
from laconic.kinds.json.tree import JsonNode, string_cuts
from laconic.kinds.prose.segment import ProseSegmenter
from laconic.kinds.prose.sentences import MAX_SENTENCE_CHARS
from laconic.kinds.records import record_segments
from laconic.types import Passage, Record, Segment, Span

__all__ = ["JsonSegmenter", "looks_like_json"]

# A string that nobody closes ends with its line: sought in the whole text, each quote would be tried to its end.
_TOKEN = re.compile(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"?|[,\n]')
_SPACE = re.compile(r"\s*")
_CLOSING = re.compile(r"((?:\s*[\]}),])*)\s*")
_LETTER = re.compile(r"(?<!\\)[^\W\d_]")
# Sentences of a long string are taken together up to this. Of prose in JSON (five sets of dev questions, passages as
# objects), at .5/.25/.125: .924/.803/.650; 120 characters keep .927/.803/.634, single sentences .935/.807/.627.
_PIECE_CHARS = 240
# Inside a quotation no sentence ends, so a string is read without its marks.
_BLANK = re.compile(r'\\[nrt"\\]|"')
_BLANKS = {"\\n": " \n", "\\r": " \r", "\\t": " \t", '\\"': ' "', "\\\\": "\\\\"}
_BREAKS = ("\\n", "\\r", "\\t")
_LEAD = re.compile(r'"?(?:\s|\\[nrtbf])*')
_WORD_CHAR = re.compile(r"[^\W_]")
# A list of strings, lists, objects or numbers; "[1] says" is a citation, "[[package]]" a section of settings.
_LIST = re.compile(r'\[\s*(?:[{"]|\[\s*(?:[\[{"\]\d-]|true|false|null|NaN)|-?\d[\d.eE+-]*\s*,)')
_HEAD_CHARS = 2000


def looks_like_json(text: str) -> bool:
    """Whether ``text`` opens like an object or an array of JSON; a glance at its head, no parse."""
    head = text[:_HEAD_CHARS].lstrip()
    if head[:1] == "{":
        return '":' in head or '" :' in head
    return _LIST.match(head) is not None


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
        roots = read_json(text).roots
        if not roots:
            spans = [span for member in _members(text) for span in _short(text, *member)]
            return [Segment(index, *span, "record") for span in spans]
        records, whole = json_records(text, roots)
        return record_segments(index, _joined(_value_spans(text, records), whole), "record", records, first)


def _value_spans(text: str, records: Iterable[Record]) -> list[Span]:
    """Of each value of valid JSON the span with its key, the brackets that open before it and those that close behind.

    A key that records are filed under stands by itself: it is paid once, however many members come with it. A long
    string is cut into sentences.
    """
    keys = [record.key.end for record in records if record.key is not None and text[record.key.end - 1] in "{["]
    keys.append(len(text) + 1)
    spans: list[Span] = []
    leaves, ends = json_leaves(text)
    key = 0
    start = _SPACE.match(text).end()  # type: ignore[union-attr]
    for leaf, leaf_end in zip(leaves, ends, strict=True):
        closing: re.Match[str] = _CLOSING.match(text, leaf_end)  # type: ignore[assignment]
        end = closing.end(1)
        while keys[key] <= leaf.begin:
            spans.append((start, keys[key]))
            start = _SPACE.match(text, keys[key]).end()  # type: ignore[union-attr]
            key += 1
        if end - start <= MAX_SENTENCE_CHARS or leaf.kind == "line":
            spans.append((start, end))
        else:
            inside = (leaf.start + 1, leaf.end - 1) if leaf.kind == "string" else (start, end)
            spans += _with_value(text, list(_pieces(text, *inside)), leaf, start, end)
        start = closing.end()
    return spans


def _with_value(text: str, pieces: list[Span], leaf: JsonNode, start: int, end: int) -> list[Span]:
    """The pieces of a long value, such that each holds more of it than line breaks; with what stands around it."""
    begin: int = _LEAD.match(text, leaf.start).end()  # type: ignore[union-attr]
    stop = leaf.end if leaf.kind != "string" else leaf.end - 1
    while stop > begin and (text[stop - 1].isspace() or text[stop - 2 : stop] in _BREAKS):
        stop -= 1 if text[stop - 1].isspace() else 2
    first = next((at for at, (_, behind) in enumerate(pieces) if behind > begin), len(pieces) - 1)
    last = next((at for at, (_, behind) in enumerate(pieces) if behind >= stop), len(pieces) - 1)
    if last <= first:
        return [(start, end)]
    return [(start, pieces[first][1]), *pieces[first + 1 : last], (pieces[last][0], end)]


def _joined(spans: list[Span], whole: Sequence[Span]) -> list[Span]:
    """The spans, those together that say nothing apart and are short enough."""
    if not whole:
        return spans
    joined: list[Span] = []
    ahead = iter(sorted(whole))
    row = next(ahead, None)
    for start, end in spans:
        while row is not None and row[1] <= start:
            row = next(ahead, None)
        if row is not None and joined and row[0] < joined[-1][1] and end - joined[-1][0] <= MAX_SENTENCE_CHARS:
            joined[-1] = (joined[-1][0], end)  # what the span before it began
        else:
            joined.append((start, end))
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


def _short(text: str, start: int, end: int) -> Iterable[Span]:
    return ((start, end),) if end - start <= MAX_SENTENCE_CHARS else _pieces(text, start, end)


def _pieces(text: str, start: int, end: int) -> Iterator[Span]:
    """Parts of a long text by its sentences, lists and lines; none ends inside an escape, all but the last have a letter.

    What stands between two of them belongs to the first, but for white space.
    """
    shown = _BLANK.sub(_blank, text[start:end])
    inside = string_cuts(text, start, end)
    begin: int | None = None
    has_letter = False
    for left, right in _sentences(shown):
        at = start + left
        while at in inside:
            at -= 1
        if has_letter and begin is not None and at - begin >= _PIECE_CHARS:
            behind = at
            while text[behind - 1].isspace():
                behind -= 1
            yield begin, behind
            begin, has_letter = None, False
        begin = at if begin is None else begin
        has_letter = has_letter or _LETTER.search(shown, left, right) is not None
    if begin is not None:
        yield begin, end


def _sentences(shown: str) -> Iterator[Span]:
    """Parts of running text, those that are long by their lines."""
    for segment in ProseSegmenter().segment(Passage(shown), 0, 0):
        start, end = segment.start, segment.end
        while end - start > MAX_SENTENCE_CHARS:
            cut = shown.rfind("\n", start + 1, start + MAX_SENTENCE_CHARS) + 1 or start + MAX_SENTENCE_CHARS
            yield start, cut
            start = cut
        yield start, end


def _blank(match: re.Match[str]) -> str:
    """An escaped line break or tab, or a quotation mark, as the white space that stands for it, as long as it is."""
    return _BLANKS.get(match.group(), " ")
