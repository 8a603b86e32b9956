"""Records of ``Name: value`` lines to segments: one for each entry, with what stands above its block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from laconic.kinds.blocks.lines import Block, Entry, read_blocks
from laconic.kinds.prose.sentences import MAX_SENTENCE_CHARS, sentence_spans
from laconic.kinds.records import alike, record_segments, with_lines
from laconic.types import Member, Passage, Record, Segment, Span

__all__ = ["BlocksSegmenter"]

_MOST_SHAPES = 16  # with which a block is compared
_MOST_OPENERS = 3  # of the lines above a block come with its entries, the nearest ones


class BlocksSegmenter:
    """Segments of kind ``"record"``, one for each entry and each rule or title; linear in the text.

    An entry requires the rules and titles above its block, the entries that it stands under, and what names its record
    (see `laconic.kinds.records`). A long value is cut into sentences.
    """

    def segment(self, passage: Passage, index: int, first: int) -> list[Segment]:
        """Cut ``passage``; see `laconic.types.Segmenter`."""
        text = passage.text
        blocks = list(read_blocks(text))
        spans: list[Span] = []
        around: list[tuple[int, ...]] = []
        heads: set[int] = set()
        for block in blocks:
            for opener in block.openers:
                spans += _pieces(text, *opener)
            heads.update(range(len(around), len(spans)))
            around += [()] * (len(spans) - len(around))
            openers = tuple(range(len(spans) - min(_MOST_OPENERS, len(block.openers)), len(spans)))
            places: list[int] = []
            for entry in block.entries:
                places.append(len(spans))
                if not entry.has_value:
                    heads.add(len(spans))
                spans += _pieces(text, entry.start, entry.end)
                above = (*openers, *(places[at] for at in entry.under))
                around += [above] * (len(spans) - len(around))
        records = list(_records(text, blocks))
        return with_lines(record_segments(index, spans, "record", records, first), around, heads, first)


def _pieces(text: str, start: int, end: int) -> list[Span]:
    return [(start, end)] if end - start <= MAX_SENTENCE_CHARS else sentence_spans(text, start, end, "en")


def _records(text: str, blocks: Sequence[Block]) -> Iterator[Record]:
    """A record for each block with entries; those of which the names are alike are of one table.

    The table of the only block of a passage has no name, so that passages of one block each are compared.
    """
    filled = [block for block in blocks if block.entries]
    shapes: list[tuple[set[str], str]] = []
    for block in filled:
        names = set(block.names)
        table = next((name for shape, name in shapes if alike([shape, names])), None)
        if table is None:
            table = f"\n{block.entries[0].name}" if len(filled) > 1 else ""
            if len(shapes) < _MOST_SHAPES:
                shapes.append((names, table))
        key = Member("", text[slice(*block.title)].rstrip(" :"), *block.title) if block.title else None
        record = Record(table, None, key)
        record.members = [
            Member(entry.name, _value(text, entry), *entry.value) for entry in block.entries if entry.has_value
        ]
        yield record


def _value(text: str, entry: Entry) -> str:
    value = text[slice(*entry.value)]
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value
