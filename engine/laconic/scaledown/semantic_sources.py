"""A text as `SemanticOptimizer` sees it: units to search among, and how chosen ones are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from laconic.exceptions import MissingDependencyError
from laconic.kinds.prose.sections import blocks, sections
from laconic.kinds.table_of_kinds import segmenter_for
from laconic.kinds.verbatim import VerbatimRenderer
from laconic.types import DROPPED, Passage, Rendered, Segment

if TYPE_CHECKING:
    from laconic.kinds.code.parse import ParsedCode

__all__ = ["CodeSource", "Hit", "Source", "TextSource", "Unit", "language_of", "read_source"]

_VERBATIM = VerbatimRenderer()

# Documents quote code; their suffix says what they are.
_TEXT_SUFFIXES = frozenset((".md", ".markdown", ".rst", ".txt", ".html", ".json", ".jsonl", ".csv", ".log"))


@dataclass(frozen=True)
class Unit:
    """What is embedded and found as one: a symbol of code, or a section of text.

    Attributes:
        text: what is embedded.
        key: of a symbol its index in the file's outline; of a section its position.
    """

    text: str
    key: int


class Hit(NamedTuple):
    """A unit that was found; hits sort in source order.

    Attributes:
        source: position of its source in the call.
        unit: position among the source's units.
        score: cosine with the question.
    """

    source: int
    unit: int
    score: float


@dataclass(frozen=True)
class TextSource:
    """Text in sections.

    Attributes:
        passage: the text and what is known of it.
        segments: of the passage.
        ranges: the sections, as positions in ``segments``.
        units: one for each section.
    """

    passage: Passage
    segments: tuple[Segment, ...]
    ranges: tuple[range, ...]
    units: tuple[Unit, ...] = field(repr=False)

    def slice(self, at: int) -> str:
        """Text of one segment."""
        return self.passage.text[self.segments[at].start : self.segments[at].end]

    def pieces(self, unit: int) -> tuple[int, ...]:
        """What `render` is told to keep for a section: its segments."""
        return tuple(self.ranges[unit])

    def with_required(self, segment: int) -> tuple[int, ...]:
        """A segment and those without which it makes no sense (the header of a table row), in order."""
        found = {segment}
        waiting = [segment]
        while waiting:
            for needed in self.segments[waiting.pop()].needs:
                if needed not in found:
                    found.add(needed)
                    waiting.append(needed)
        return tuple(sorted(found))

    def render(self, kept: Sequence[int]) -> Rendered:
        """The text that the segments at positions ``kept`` leave."""
        levels = [DROPPED] * len(self.segments)
        for at in kept:
            levels[at] = 0
        return _VERBATIM.render(self.passage, self.segments, levels)


@dataclass(frozen=True)
class CodeSource:
    """A parsed file.

    Attributes:
        passage: the text and what is known of it.
        parsed: its tree.
        units: one for each definition that a selection chooses among.
    """

    passage: Passage
    parsed: ParsedCode
    units: tuple[Unit, ...] = field(repr=False)

    def pieces(self, unit: int) -> tuple[int, ...]:
        """What `render` is told to keep for a symbol: its index in the outline."""
        return (self.units[unit].key,)

    def render(self, kept: Sequence[int]) -> Rendered:
        """The text that the symbols at indexes ``kept`` leave, with the headers around them."""
        from laconic.kinds.code.compose import compose
        from laconic.kinds.code.prune import prune
        from laconic.kinds.code.units import outline

        found = outline(self.parsed)
        wanted = []
        for index in kept:
            wanted.append((found.units[index].start, found.units[index].end))
            owners = (found.units[owner] for owner in found.enclosing(index))
            wanted += [(owner.start, owner.signature_end) for owner in owners]
        return compose(self.parsed, prune(self.parsed, wanted))


Source = TextSource | CodeSource


def language_of(passage: Passage) -> str | None:
    """The programming language of a passage, by what it says of itself, its path, then its text; None for text."""
    from laconic.kinds.code.detect import detect_language, known_language

    if passage.kind not in (None, "code"):
        return None
    named = known_language(passage.language) if passage.language else None
    if named:
        return named
    source = passage.source or ""
    if PurePosixPath(urlsplit(source).path).suffix.lower() in _TEXT_SUFFIXES:
        return None
    return detect_language(path=source or None, metadata=passage.metadata, text=passage.text)


def read_source(passage: Passage, language: str | None) -> Source:
    """Cut a passage into units.

    Code in a supported language is parsed where the extra ``code`` is installed and comes as symbols; without it, or
    where the parser gives up or finds no definition, as blocks between blank lines. All else comes as sections.

    Args:
        passage: what to cut.
        language: of its code; None for text.
    """
    if language is None:
        return _text_source(passage, segmenter_for(passage).segment(passage, 0, 0))
    parsed = _parsed(passage.text, language)
    if parsed is not None:
        units = _symbols(parsed)
        if units:
            return CodeSource(passage, parsed, units)
    return _text_source(passage, blocks(passage.text, 0))


def _text_source(passage: Passage, segments: Sequence[Segment]) -> TextSource:
    ranges = tuple(sections(passage.text, segments))
    units = tuple(
        Unit(passage.text[segments[run[0]].start : segments[run[-1]].end], position)
        for position, run in enumerate(ranges)
    )
    return TextSource(passage, tuple(segments), ranges, units)


def _parsed(text: str, language: str) -> ParsedCode | None:
    from laconic.kinds.code.parse import ParseTimeoutError, parse_fragment

    try:
        return parse_fragment(text, language)
    except (MissingDependencyError, ParseTimeoutError):
        return None


def _symbols(parsed: ParsedCode) -> tuple[Unit, ...]:
    from laconic.kinds.code.units import outline

    found = outline(parsed)
    units = []
    for index in found.candidates():
        unit = found.units[index]
        start = unit.doc[0] if unit.doc and unit.doc[0] < unit.start else unit.start
        units.append(Unit(f"{unit.qualname}\n{parsed.slice(start, unit.end)}", index))
    return tuple(units)
