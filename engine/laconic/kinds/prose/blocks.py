"""Prose and Markdown as blocks: paragraphs and items with their lines, and what is kept whole.

The marks are those of Markdown, reStructuredText, AsciiDoc and of plain text as people write it; a text need not say
which of them it follows. Lines are looked at one after another, each a fixed number of times, so that all is linear.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from laconic.kinds.pasted import Pasted
from laconic.kinds.prose.fences import Closings
from laconic.kinds.prose.items import Items
from laconic.kinds.prose.lines import Line
from laconic.kinds.prose.pages import page_furniture
from laconic.kinds.prose.tables import is_row, table_end, table_parts
from laconic.kinds.prose.wrapping import Wrapping, reads_as_words
from laconic.types import Part

__all__ = ["ATX_HEADING", "Block", "blocks_of"]

ATX_HEADING = re.compile(r"(?:#{1,6}|={1,6})\s+\S")
"""A heading by the marks before it: that of Markdown, and behind a blank line that of AsciiDoc and wikis."""

_FENCE = re.compile(r"(```+|~~~+)(?!`)(\s*[\w{.][^`]*)?$")  # an info string holds no marks: that is code in a line
_DELIMITER = re.compile(r"(-{4,}|\.{4,}|\+{4,})$")  # of AsciiDoc's blocks that are no text
_UNDERLINE = re.compile(r"([^\w\s])\1{2,}$|=+$")
_RULE = re.compile(r"([^\w\s.,)\]])(?:\s*\1){2,}$")
_DIRECTIVE = re.compile(r"\.\.\s+([\w:-]{1,60})::")
_COMMENT = re.compile(r"\.\.\s")
_NO_TEXT = frozenset(
    "code code-block sourcecode highlight literalinclude parsed-literal math raw image figure toctree csv-table "
    "doctest testcode testoutput testsetup productionlist graphviz autoclass automodule autofunction include".split()
)
_SOURCE = re.compile(r"\[source\s*,\s*([\w+#-]+)")
_INFO = re.compile(r"[\w+#-]+")
_INFO_CHARS = 60
_KEY = re.compile(r"[\w.-]{1,60}\s*[:=](?:\s|$)")
_CODE_EDGE = re.compile(r"(?:[$#]\s|[<{}]|//|import |from \S+ import |def |class |return )|.*(?:[{}\\=]|\);)$")

_COLUMNS = re.compile(r"\S(?:\s{2}|\t)\s*\S")

_HEADING_COLUMNS = 3  # further in, it is a comment in code
_OPTION = re.compile(r"[‘']?--?[A-Za-z?]")
_LITERAL_COLUMNS = 3  # so much deeper stands what is no text
_TITLE_CHARS = 120
_TERM_CHARS = 70
_MOST_TERMS = 4
_FRONT_MATTER_LINES = 200
_LEAST_SPACED = 4
_TEXT_LINES = 3  # of sentences in an indented block that are no comment of the code there


class Block(NamedTuple):
    """A stretch of lines of one kind.

    Attributes:
        kind: as of `laconic.types.Segment`.
        start, end: characters of the text.
        runs: of running text the lines, parted where a line break means something; empty for what is kept whole.
        term: whether the first run names what the second is about.
        part: the text of another kind that it holds, from its first visible character on.
    """

    kind: str
    start: int
    end: int
    runs: Sequence[Sequence[Line]] = ()
    term: bool = False
    part: Part | None = None


_NOTHING = Line(0, 0, "", 0, "", False)


def blocks_of(lines: Sequence[Line], pasted: Sequence[Pasted] = ()) -> Iterator[Block]:
    """The blocks of a text, in order; every line that is not blank is in one.

    Args:
        lines: of the text.
        pasted: what stands in it without marks around, in order.
    """
    return _Reader(_close_set(lines), pasted).read()


def _close_set(lines: Sequence[Line]) -> Sequence[Line]:
    """The lines without the blank ones that a double-spaced text has between any two."""
    filled = [at for at, line in enumerate(lines) if line.text]
    if 5 * len(filled) > 3 * len(lines) + _LEAST_SPACED:
        return lines
    spaced = [(lines[a], lines[b]) for a, b in pairwise(filled) if b == a + 2]
    adjacent = sum(b == a + 1 for a, b in pairwise(filled))
    if len(spaced) < _LEAST_SPACED or 20 * adjacent > len(spaced):
        return lines
    if 3 * sum(above.open and (below.lower or below.caseless) for above, below in spaced) < len(spaced):
        return lines
    between = {a + 1 for a, b in pairwise(filled) if b == a + 2}
    return [line for at, line in enumerate(lines) if at not in between]


class _Reader:
    """Reads blocks off the lines; the methods that read one take where it begins and return where the next may."""

    def __init__(self, lines: Sequence[Line], pasted: Sequence[Pasted]) -> None:
        self.lines = lines
        self.wrapping = Wrapping(lines)
        self.furniture = page_furniture(lines)
        marked = [at for at, line in enumerate(lines) if line.text and not line.plain]
        self.closings = Closings(lines, marked)
        # mere words that no row of marks below makes a heading
        self.pasted = _places(lines, pasted) if pasted else {}
        self.plain = [line.plain and (below.plain or not below.text) for line, below in pairwise([*lines, _NOTHING])]
        for start, end in self.furniture.items():
            self.plain[start:end] = [False] * (end - start)
        for start in self.pasted:
            self.plain[start] = False
        self.items = Items(lines, marked)
        self.content = -1  # column of the text of the last item, while what follows may belong to it
        self.found: list[Block] = []

    def read(self) -> Iterator[Block]:
        at = self._front_matter()
        while at < len(self.lines):
            if at in self.furniture:
                at = self._furniture(at)
            elif at in self.pasted:
                end, kind = self.pasted[at]
                self._keep("fence", at, end, self._part(at, end, kind=kind))
                at = end
            elif self.lines[at].text:
                at = self._block(at)
            else:
                at += 1
            yield from self.found
            self.found.clear()

    # -- blocks ----------------------------------------------------------------------------------------------------

    def _block(self, at: int) -> int:
        line = self.lines[at]
        if line.indent < self.content:
            self.content = -1
        if not line.indent and self.plain[at]:
            return self._paragraph(at)
        if end := self._whole(at) or self._table(at) or self._heading(at):
            return end
        if item := self.items.at(at):
            return self._item(at, item)
        return self._paragraph(at)

    def _furniture(self, at: int) -> int:
        end = self.furniture[at]
        self.found += [Block("sentence", line.start, line.end, [[line]]) for line in self.lines[at:end] if line.text]
        return end

    def _whole(self, at: int) -> int:
        """What is kept whole: fences, literal blocks, doctests, directives that hold no text; 0 where none begins."""
        line = self.lines[at]
        if end := self._fence_end(at):
            closed = _FENCE.match(self.lines[end - 1].text) is not None
            self._keep("fence", at, end, self._part(at + 1, end - closed, _called(line.text.lstrip("`~"))))
        elif end := self._delimited_end(at):
            above = _SOURCE.match(self.lines[at - 1].text) if at else None
            self._keep("fence", at, end, self._part(at + 1, end - 1, above[1].lower() if above else ""))
        elif line.text.startswith(">>> "):
            end = self._until_blank(at)
            self._keep("fence", at, end, self._part(at, end))
        elif (directive := _DIRECTIVE.match(line.text)) and directive[1].split(":")[-1] in _NO_TEXT:
            end = self._deeper_end(at)
            self._keep("fence", at, end, self._part(self._until_blank(at), end, _called(line.text[directive.end() :])))
        elif self._is_literal(at):
            end = self._literal_end(at)
            self._keep("fence", at, end, self._part(at, end))
        return end

    def _keep(self, kind: str, at: int, end: int, part: Part | None = None) -> None:
        while not self.lines[end - 1].text:
            end -= 1
        self.found.append(Block(kind, self.lines[at].start, self.lines[end - 1].end, part=part))

    def _part(self, at: int, end: int, language: str = "", kind: str | None = None) -> Part | None:
        """Lines that are a text of their own; None where there are none, or marks stand before each."""
        while at < end and not self.lines[at].text:
            at += 1
        while at < end and not self.lines[end - 1].text:
            end -= 1
        if at >= end or self.lines[at].marks:
            return None
        return Part(self.lines[at].first, self.lines[end - 1].end, kind, language or None)

    def _heading(self, at: int) -> int:
        end = self._heading_end(at)
        if end:
            self._keep("heading", at, end)
        elif _RULE.match(self.lines[at].text):
            end = at + 1
            self._keep("sentence", at, end)
        return end

    def _item(self, at: int, content: int) -> int:
        """An item goes on over deeper lines, and over others that carry its sentence on."""
        members = self._gather(at)
        runs = self.wrapping.runs([self.lines[each] for each in members])
        own, taken = 1, len(runs[0])
        if taken == 1 and len(runs) > 1 and content >= self.lines[at].width:  # its mark stands on a line of its own
            own, taken = 2, 1 + len(runs[1])
        while own < len(runs) and runs[own][0].indent > self.lines[at].indent:
            taken += len(runs[own])
            own += 1
        self._text("list_item", runs[:own])
        self.content = content
        return members[taken - 1] + 1

    def _paragraph(self, at: int) -> int:
        members = self._gather(at)
        lines = [self.lines[each] for each in members]
        kind = "quote" if lines[0].marks.startswith(">") else "sentence"
        terms = self._terms(lines)
        if terms:
            self._text(kind, [lines[:terms], *self.wrapping.runs(lines[terms:])], term=True)
        else:
            self._text(kind, self.wrapping.runs(lines))
        return members[-1] + 1

    def _text(self, kind: str, runs: list[list[Line]], *, term: bool = False) -> None:
        self.found.append(Block(kind, runs[0][0].start, runs[-1][-1].end, runs, term))

    def _table(self, at: int) -> int:
        """A header (with the rules around it) and rows that need it; 0 where no table of two lines begins."""
        end = table_end(self.lines, at)
        for kind, first, behind in table_parts(self.lines[at:end]) if end else ():
            self._keep(kind, at + first, at + behind)
        return end

    def _front_matter(self) -> int:
        """Values before a document, between two rules: each key with its lines; returns where the document begins."""
        lines = self.lines
        first = next((at for at, line in enumerate(lines) if line.text), 0)
        if not lines or lines[first].text not in ("---", "+++"):
            return 0
        opening = lines[first].text
        last = next(
            (at for at in range(first + 1, min(len(lines), first + _FRONT_MATTER_LINES)) if lines[at].text == opening),
            0,
        )
        inside = [line for line in lines[first + 1 : last] if line.text]
        keys = [line for line in inside if not line.indent and _KEY.match(line.text)]
        if not keys or inside[0] is not keys[0] or 2 * len(keys) < sum(not line.indent for line in inside):
            return 0
        starts = [lines[first].start, *(line.start for line in keys[1:])]
        ends = [line.end for line, below in pairwise([*inside, keys[0]]) if below in keys][:-1]
        self.found += [Block("sentence", *span) for span in zip(starts, [*ends, lines[last].end], strict=True)]
        return last + 1

    # -- which lines belong together ---------------------------------------------------------------------------------

    def _gather(self, at: int) -> list[int]:
        """Lines of one paragraph or item: up to a blank line, or to one that begins something else."""
        lines, members = self.lines, [at]
        while True:
            above = members[-1]
            if above + 1 < len(lines) and self.plain[above + 1] and lines[above].text:
                line = lines[above + 1]  # mere words, below words as deep: most lines are
                if line.indent == lines[above].indent and line.marks == lines[above].marks:
                    members.append(above + 1)
                    continue
            below = self._below(above)
            if below is None or (not self.plain[below] and self._begins(below, above)):
                break
            if len(members) > 1 and self._begins_entry(members, below):
                break
            members.append(below)
        return members

    def _begins_entry(self, members: list[int], below: int) -> bool:
        """Whether an entry of several begins: at line ``below``, or at the last of the members, which is taken off."""
        first, second, above, line = (self.lines[at] for at in (*members[:2], members[-1], below))
        if second.indent > first.indent >= line.indent:  # the next of entries whose further lines hang
            return not (above.open and (line.lower or above.middle))
        if line.indent > above.indent + 1 and above.indent != first.indent and self._is_name(above, line):
            members.pop()
            return True
        return False

    def _below(self, at: int) -> int | None:
        """The line that may carry on line ``at``: the next, or over page furniture one that goes on in mid-sentence."""
        below = at + 1
        crosses = below in self.furniture
        if crosses:
            below = self.furniture[below]
        if below >= len(self.lines) or not self.lines[below].text:
            return None
        above, line = self.lines[at], self.lines[below]
        if line.marks != above.marks:
            # Markdown lets a quotation go on without its mark; a reply to it begins below its end.
            lazy = above.marks[:1] == ">" and not line.marks and above.open and self.wrapping.is_full(above, line)
            return below if lazy else None
        if crosses and not (above.open and (line.lower or above.middle or self.wrapping.is_full(above, line))):
            return None
        return below

    def _begins(self, at: int, above: int) -> bool:
        """Whether line ``at`` begins something of its own below line ``above``."""
        text = self.lines[at].text
        if at in self.pasted or (_FENCE.match(text) and self._fence_end(at)):
            return True
        if self._heading_end(at) == at + 1 or _COMMENT.match(text) or _RULE.match(text) or text.startswith(">>> "):
            return True
        if is_row(self.lines[at]) and at + 1 < len(self.lines) and is_row(self.lines[at + 1]):
            return True
        carried_on = self.lines[above].open and self.lines[at].lower
        if not carried_on and self._heading_end(at):
            return True
        return self.items.at(at) > 0 and not self._is_number(at, above)

    def _is_number(self, at: int, above: int) -> bool:
        """Whether what looks like the mark of an item belongs to the sentence above: "at the age of / 37."."""
        line, before = self.lines[at], self.lines[above]
        alone, bare = self.items.is_alone(at), self.items.at(at) >= line.width
        if not before.open or (bare and not alone):
            return False
        if alone and line.text[0] in "–—" and line.indent == before.indent:
            return True
        if self.items.at(above):
            return line.indent > before.indent and alone and not _is_bullet(line)
        if line.indent != before.indent:
            return False
        cited = line.text[0] == "(" and not before.text.endswith((",", " and", " or"))
        return bare or ((alone or cited) and self.wrapping.is_full(before, line))

    def _terms(self, lines: Sequence[Line]) -> int:
        """How many of the first lines name what the deeper ones below them say."""
        for number, (above, below) in enumerate(pairwise(lines[: _MOST_TERMS + 1]), 1):
            if below.indent > above.indent + 1 or below.text[:2] in (": ", ":\t"):
                return number if self._is_name(above, below) and not above.text.isupper() else 0
            if below.indent != above.indent or below.lower or not self._is_name(above, below):
                break
        return 0

    def _is_name(self, line: Line, below: Line) -> bool:
        """Whether a line is short and has room left, as a name above its explanation."""
        short = len(line.text) <= _TERM_CHARS and line.open and not _COLUMNS.search(line.text)
        return short and not self.wrapping.is_full(line, below)

    def _fence_end(self, at: int) -> int:
        """Index behind a fenced block that opens at ``at``; 0 where none does.

        A row of tildes below a line of text is a heading's underline. An opening without a closing is a fence to the
        end, as one is that a chunk was cut in, if it says of which language; so one without a language that would hold
        the opening of another is the closing of what came before the chunk.
        """
        line = self.lines[at]
        opening = _FENCE.match(line.text)
        if not opening or (opening[1] == line.text and line.text[0] == "~" and at and self.lines[at - 1].text):
            return 0
        end = self.closings.of_mark(at, line, opening[1])
        if not opening[2]:
            following = self.closings.opening(at, line, opening[1])
            return 0 if following and following < end else end
        if end or line.marks or _reads_as_text(self.lines[at + 1 : at + 13]):
            return end
        return len(self.lines) if at + 1 < len(self.lines) else 0

    def _delimited_end(self, at: int) -> int:
        """Index behind a block between two equal rows of marks (AsciiDoc), where what they enclose is no text."""
        line = self.lines[at]
        if not _DELIMITER.match(line.text) or at + 1 == len(self.lines) or not self.lines[at + 1].text:
            return 0
        above = self.lines[at - 1].text if at else ""
        if above and not (above[0] == "." or (above[0] == "[" and above[-1] == "]")):
            return 0
        end = self.closings.equal(at, line)
        if end and (above or not _reads_as_text(self.lines[at + 1 : min(end - 1, at + 13)])):
            return end
        return 0

    def _is_literal(self, at: int) -> bool:
        """Whether an indented block that is no text begins here: behind a blank line, by its looks, or announced."""
        line = self.lines[at]
        if line.indent < 2 or (at and self.lines[at - 1].text) or _RULE.match(line.text):
            return False
        above = next((each for each in reversed(self.lines[max(0, at - 3) : at]) if each.text), None)
        announced = above is not None and above.text[-1] == ":" and line.indent > above.indent
        chunk = self.lines[at : min(self._until_blank(at), at + 12)]
        if announced and above and above.text.endswith("::") and not _DIRECTIVE.match(above.text):
            return min(each.indent for each in chunk) > above.indent or not _reads_as_text(chunk)
        if self.items.at(at) or _DIRECTIVE.match(line.text):
            return False
        if len(chunk) > 1 and chunk[1].indent < min(line.indent, _LITERAL_COLUMNS):
            return False  # the first line of a paragraph
        if line.indent < _LITERAL_COLUMNS:
            return announced and not reads_as_words(chunk)
        if 0 <= self.content <= line.indent < self.content + 4 and not _CODE_EDGE.match(line.text):
            return not reads_as_words(chunk)
        return not _reads_as_text(chunk)

    def _literal_end(self, at: int) -> int:
        """Index behind a literal block: blank lines inside it are in, and deeper lines, and further ones like it."""
        own = self.lines[at].indent
        indent = min(own, max(_LITERAL_COLUMNS, self.content))
        end = self._until_blank(at, indent)
        while True:
            following = end
            while following < len(self.lines) and not self.lines[following].text and following - end < 3:
                following += 1
            if following == end or following == len(self.lines) or self.lines[following].indent < indent:
                return end
            behind = self._until_blank(following, indent)
            deeper = self.lines[following].indent > own
            if (not deeper and not self._is_literal(following)) or (
                deeper and behind - following >= _TEXT_LINES and _reads_as_text(self.lines[following:behind])
            ):
                return end
            end = behind

    def _until_blank(self, at: int, indent: int = 0) -> int:
        marks = self.lines[at].marks
        end = at + 1
        while (
            end < len(self.lines)
            and self.lines[end].text
            and self.lines[end].marks == marks
            and self.lines[end].indent >= indent
        ):
            end += 1
        return end

    def _deeper_end(self, at: int) -> int:
        """Index behind the lines that are deeper than this one, blank ones between them included."""
        end = following = at + 1
        while following < len(self.lines):
            line = self.lines[following]
            if line.text and line.indent <= self.lines[at].indent:
                break
            following += 1
            if line.text:
                end = following
        return end

    def _heading_end(self, at: int) -> int:
        """Index behind a heading: by marks before it, by a row of marks below it, or by rows on both sides."""
        lines, text = self.lines, self.lines[at].text
        if ATX_HEADING.match(text) and lines[at].indent <= _HEADING_COLUMNS:
            alone = not at or not lines[at - 1].text
            if text[0] == "#" or text[-1] == "=" or alone:
                return at + 1
        if at + 1 < len(lines) and self._is_underlined(at):
            return at + 2
        over = _UNDERLINE.match(text)
        if over and at + 2 < len(lines) and lines[at + 2].text == text and 0 < len(lines[at + 1].text) <= len(text):
            return at + 3
        return 0

    def _is_underlined(self, at: int) -> bool:
        title, below = self.lines[at].text, self.lines[at + 1].text
        if len(title) > _TITLE_CHARS or not _UNDERLINE.match(below) or _RULE.match(title):
            return False
        if below[0] == "`" and self._fence_end(at + 1):
            return False
        # Beside what Markdown takes, marks are an underline only at the length of the title; so they are below what
        # ends as a sentence does, where they are a rule between parts more often (as prompts have them).
        is_as_long = abs(len(below) - len(title)) <= 2
        return is_as_long or (below[0] in "=-~^*" and len(below) >= min(3, len(title)) and title[-1] not in ".;,")


def _places(lines: Sequence[Line], pasted: Sequence[Pasted]) -> dict[int, tuple[int, str]]:
    """The line where each pasted text begins, with the one behind it and the kind."""
    starts = [line.start for line in lines]
    places = {}
    for start, end, kind in pasted:
        at = bisect_left(starts, start)
        while at < len(lines) and not lines[at].text:
            at += 1
        behind = bisect_left(starts, end)
        if at < behind:
            places[at] = (behind, kind)
    return places


def _called(info: str) -> str:
    """The language that a fence or a directive names: ``python title="x"``, ``{.python}``, ``{code-block} python``."""
    names = (name.lower() for name in _INFO.findall(info[:_INFO_CHARS]))
    return next((name for name in names if name not in _NO_TEXT), "")


def _is_bullet(line: Line) -> bool:
    return not line.text[0].isalnum() and line.text[0] != "("


def _reads_as_text(lines: Sequence[Line]) -> bool:
    """Whether indented lines are sentences rather than code: mostly words, and an end or a flow as sentences have."""
    if not reads_as_words(lines, 0.7):
        return False
    if 4 * sum(_CODE_EDGE.match(line.text) is not None for line in lines) > len(lines):
        return False
    words = sum(len(line.text.split()) for line in lines)
    if _OPTION.match(lines[0].text):
        return words > 3
    if any(line.ends for line in lines) and words >= 3 * len(lines):
        return True
    if any(above.open and below.lower for above, below in pairwise(lines)):
        return words >= 5 * len(lines)
    return words >= 4 * len(lines) and not lines[0].lower
