"""Prose and Markdown to segments: sentences, headings, list items, table rows, quotes, fenced code.

Lines are sorted into blocks first (`blocks`); in those of running text it is told paragraph by paragraph which line
breaks are layout (`wrapping`), and what they join goes to the sentence splitter as one line. A sentence over several
lines is one segment, whatever marks and page furniture stand between.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate

from laconic.kinds.pasted import find_pasted
from laconic.kinds.prose.blocks import ATX_HEADING, Block, blocks_of
from laconic.kinds.prose.headings import Headings
from laconic.kinds.prose.language import guess_language
from laconic.kinds.prose.lines import Line, read_lines
from laconic.kinds.prose.sentences import MAX_SENTENCE_CHARS, is_crumb, sentence_spans
from laconic.types import Part, Passage, Segment, Span

__all__ = ["ProseSegmenter", "prose_within"]

# A list item up to this length is one thing to a reader; a longer one is running text.
_WHOLE_ITEM_CHARS = 300
_SAMPLE_CHARS = 400
_CRUMB_CHARS = 16


class ProseSegmenter:
    """Segments of prose and Markdown; linear in the text, about 20 MB/s on plain paragraphs.

    The marks before a line (``> ``, a line number) belong to the segment that begins there. A segment that goes over
    several lines holds what stands between them, marks and page headers included.
    """

    def segment(self, passage: Passage, index: int, first: int) -> list[Segment]:
        """Cut ``passage``; see `laconic.types.Segmenter`."""
        text = passage.text
        if "\n" not in text and "\r" not in text and "\f" not in text and "\u2028" not in text:
            return _one_line(passage, index)
        lines = read_lines(text)
        blocks = list(blocks_of(lines, find_pasted(text)))
        language = passage.language or guess_language(_sample(blocks) or text)
        segments: list[Segment] = []
        header: int | None = None
        headings = Headings()
        for block in blocks:
            under: tuple[int, ...] = ()
            if block.kind == "heading":
                headings.enter(text[block.start : block.end], first + len(segments))
            elif headings.nearest and any(map(str.isalnum, text[block.start : block.end])):
                under = headings.nearest
            if block.kind == "fence":
                header = None
                part = _part(text, block.part) if block.part is not None else None
                segments.append(Segment(index, block.start, block.end, block.kind, under=under, part=part))
                continue
            if block.kind == "table_row" and header is not None:
                requires: tuple[int, ...] = (header,)
            else:
                requires = ()
                header = None
            for start, end in _spans(text, block, language):
                if block.kind == "table_header":
                    header = first + len(segments)
                segments.append(Segment(index, start, end, block.kind, requires, under=under))
        return _covering(text, index, segments)


def prose_within(passage: Passage, span: Span, index: int, first: int, language: str | None = None) -> list[Segment]:
    """Segments of a stretch of a passage that is prose, whatever the rest of it is; linear in the stretch.

    Args:
        passage: that holds it.
        span: of the stretch.
        index: of the passage in the call.
        first: position in the call's list of the first segment.
        language: of the stretch where the passage does not say it; guessed when None.
    """
    start, end = span
    part = Passage(passage.text[start:end], language=passage.language or language)
    found = ProseSegmenter().segment(part, index, first)
    return [segment._replace(start=segment.start + start, end=segment.end + start) for segment in found]


def _one_line(passage: Passage, index: int) -> list[Segment]:
    """One line has no structure but what it begins with."""
    text = passage.text
    bare = text.strip()
    if bare[:1] in ("#", "=") and len(bare) <= MAX_SENTENCE_CHARS and ATX_HEADING.match(bare):
        start = text.index(bare[0])
        return [Segment(index, start, start + len(bare), "heading")]
    language = passage.language or guess_language(text)
    return [Segment(index, start, end) for start, end in sentence_spans(text, 0, len(text), language)]


def _part(text: str, part: Part) -> Part:
    """A part with the white space that indents its first line."""
    start = part.start
    while start and text[start - 1] in " \t":
        start -= 1
    return part._replace(start=start)


def _sample(blocks: Sequence[Block]) -> str:
    """The beginning of the running text: what stands before it may be in no language."""
    sample = ""
    for block in blocks:
        for run in block.runs:
            for line in run:
                sample += line.text + " "
                if len(sample) > _SAMPLE_CHARS:
                    return sample
    return sample


def _spans(text: str, block: Block, language: str | None) -> list[Span]:
    """The segments of one block."""
    if not block.runs:
        if block.end - block.start <= MAX_SENTENCE_CHARS:
            return [(block.start, block.end)]
        return sentence_spans(text, block.start, block.end, language)
    if block.kind == "list_item" and _length(block) <= _WHOLE_ITEM_CHARS:
        return [(block.start, block.end)]
    spans: list[Span] = []
    waiting: int | None = None  # where what belongs to the next run began
    for number, run in enumerate(block.runs):
        own = _sentences(text, run, language)
        if waiting is not None:
            if own[0][1] - waiting <= MAX_SENTENCE_CHARS:
                own[0] = (waiting, own[0][1])
            else:
                spans.append((waiting, block.runs[number - 1][-1].end))
            waiting = None
        last = number + 1 == len(block.runs)
        if len(own) == 1 and not last and ((block.term and not number) or (not spans and _is_crumb(text, own[0]))):
            waiting = own[0][0]
        elif spans and len(own) == 1 and _is_crumb(text, own[0]) and own[0][1] - spans[-1][0] <= MAX_SENTENCE_CHARS:
            spans[-1] = (spans[-1][0], own[0][1])
        else:
            spans += own
    return spans


def _length(block: Block) -> int:
    """Characters of the words of a block."""
    return sum(len(line.text) + 1 for run in block.runs for line in run) - 1


def _is_crumb(text: str, span: Span) -> bool:
    """Whether a piece says nothing alone: too few letters, or a tag that closes."""
    if span[1] - span[0] > _CRUMB_CHARS:
        return False
    piece = text[span[0] : span[1]]
    return is_crumb(piece) or (piece[:2] == "</" and piece[-1] == ">")


def _sentences(text: str, run: Sequence[Line], language: str | None) -> list[Span]:
    """Spans of the sentences of lines that are one text: found in the words alone, given in the whole text."""
    if len(run) == 1:
        line = run[0]
        spans = sentence_spans(text, line.first, line.end, language)
        spans[0] = (line.start, spans[0][1])
        return spans
    joined = " ".join(line.text for line in run)
    starts = list(accumulate((len(line.text) + 1 for line in run[:-1]), initial=0))
    return [_placed(run, starts, span) for span in sentence_spans(joined, 0, len(joined), language)]


def _placed(run: Sequence[Line], starts: Sequence[int], span: Span) -> Span:
    """A span of the joined words as a span of the text; what begins a line takes the marks before it."""
    opening = run[at := bisect_right(starts, span[0]) - 1]
    start = opening.first + span[0] - starts[at] if span[0] > starts[at] else opening.start
    closing = run[at := bisect_left(starts, span[1]) - 1]
    return start, closing.first + span[1] - starts[at]


def _covering(text: str, index: int, segments: list[Segment]) -> list[Segment]:
    """The segments, with what none of them holds (marks of blank lines, page furniture) given to the next or last."""
    at = 0
    for place, segment in enumerate(segments):
        if at < segment.start and not text[at : segment.start].isspace():
            gap = text[at : segment.start]
            segments[place] = segment._replace(start=at + len(gap) - len(gap.lstrip()))
        at = segment.end
    rest = text[at:]
    if rest and not rest.isspace():
        end = len(text.rstrip())
        if segments:
            segments[-1] = segments[-1]._replace(end=end)
        else:
            segments.append(Segment(index, at + len(rest) - len(rest.lstrip()), end))
    return segments
