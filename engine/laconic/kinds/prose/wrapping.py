"""Which line breaks are layout and which mean something, told from the lines of each paragraph.

Two things tell. Grammar: a line that stops in mid-sentence above one that begins with a small letter is carried on by
it. Geometry: where lines were filled up to a width, the first word of each line would not have fitted on the one above;
where a break means something (a line of verse, of an address, an item), it mostly would have.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import NamedTuple

from laconic.kinds.prose.labels import labelled
from laconic.kinds.prose.lines import Line
from laconic.kinds.prose.marks import runs_on

__all__ = ["Wrapping", "reads_as_words"]

_MOST_COLUMNS = 250  # nobody wraps wider
_LEAST_COLUMNS = 15  # nor narrower
_LONG_COLUMNS = 60  # no title and no item of a script without small letters
_LONG_WORD = 30  # columns: a URL makes its line longer than the others
_SLACK = 0.75  # where lines are not filled to the last word most are so long, as a share of the longest

# A line that may begin something new and may as well carry a sentence on.
_WEAK_START = re.compile(
    r"--?[A-Za-z?]"  # an option
    r"|[—–-]\s"
    r"|\[[^\]\s]{1,20}\][\s:]"  # a reference
    r"|:[^\s:][^:\n]{0,40}:(?:\s|$)|[@\\][a-z]+\s"  # a field of a docstring
    r"|(?:\d{1,3}\.)+\d{0,3}\s|§"  # a numbered section
    r"|</?[A-Za-z!]"  # markup
    r"|\||\$\s"
    r"|:\s|~\s"  # a definition
)
# A name or two before a gap: a row of columns. Justified text has gaps too.
_ROW = re.compile(r"\S{1,40}(?: {1,2}\S{1,30}){0,4}(?:\t|\s{3})\s*\S")
_BRACKETED = re.compile(r"\[[^\[\]]*\]$|<[^<>]*>$")
# What stands between blanks and holds a letter or a digit, and none of the signs that code and formulas are made of.
_PLAIN_WORDS = re.compile(r"(?<!\S)(?:[^\w\s{}=<>$\\|&^]|_)*[^\W_][^\s{}=<>$\\|&^]*(?!\S)")
_SIGNS = frozenset("{}=<>$\\|&^")
_ADDRESS = re.compile(r"://")
_SAMPLE_LINES = 6
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]{0,3}(?:\s|$)|[。！？।؟۔]")


class Width(NamedTuple):
    """Columns to which lines were filled: at least, and less than."""

    least: int
    below: int


class Wrapping:
    """How the paragraphs of one text are wrapped.

    Args:
        lines: of the text. Neighbours that are surely one sentence show the width up to which lines were filled, for
            each kind of marks apart (a quotation was wrapped by somebody else).
    """

    def __init__(self, lines: Sequence[Line]) -> None:
        intervals: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for above, below in pairwise(lines):
            if (
                above.open
                and (below.lower or below.caseless)
                and _LEAST_COLUMNS <= above.width <= _MOST_COLUMNS
                and above.marks == below.marks
            ):
                intervals[above.marks].append((above.width, above.width + 1 + below.word))
        self._widths = {marks: _width_of(found) for marks, found in intervals.items()}

    def width(self, line: Line) -> Width | None:
        """Columns to which text with the marks of ``line`` was filled, from and to; None where that cannot be told."""
        return self._widths.get(line.marks)

    def is_full(self, above: Line, below: Line) -> bool:
        """Whether the first word of ``below`` would not have fitted behind ``above``; False where no width is known."""
        width = self.width(below)
        return width is not None and above.width + 1 + below.word > width.least

    def runs(self, lines: Sequence[Line]) -> list[list[Line]]:
        """The lines of one paragraph, parted where a line break means something; linear in them."""
        if len(lines) == 1:
            return [list(lines)]
        paragraph = _Paragraph(lines, self.width(lines[0]))
        runs = [[lines[0]]]
        for above, below in pairwise(lines):
            if paragraph.joins(above, below, len(runs[-1]) == 1):
                runs[-1].append(below)
            else:
                runs.append([below])
        return runs


def _width_of(intervals: list[tuple[int, int]]) -> Width | None:
    """The width that explains most line breaks: each was made because a word would not have fitted any more."""
    if len(intervals) < 2:
        return None
    steps = sorted([(width, 1) for width, _ in intervals] + [(wanted, -1) for _, wanted in intervals])
    best, most, covered = Width(0, 0), 0, 0
    for (width, step), (following, _) in pairwise(steps):
        covered += step
        if covered > most:
            best, most = Width(width, following), covered
    return best if most >= 2 and 2 * most >= len(intervals) else None


class _Paragraph:
    """Lines without a blank one between them, and what they tell together; what is costly is found when asked for.

    Args:
        lines: at least two.
        known: the width to which the text around is filled, None where that is not known.
    """

    def __init__(self, lines: Sequence[Line], known: Width | None) -> None:
        self._lines = lines
        self._loose = False
        # Scripts without small letters leave it to the width; their letters are wide or not as who wrapped them counts.
        self._caseless = 2 * sum([line.caseless for line in lines]) >= len(lines)
        self._small = [pair for pair in pairwise(lines) if pair[0].open and (pair[1].lower or self._caseless)]
        self._hang = lines[1].indent if lines[1].indent > lines[0].indent else 0
        if self._hang and len(lines) > 2 and min([line.indent for line in lines[2:]]) <= lines[0].indent:
            self._hang = 0
        self._width = _longest(lines)
        self._known_fits = known is not None and self._width < known.below
        self._filled = self._count_filled()
        if known is not None and self._known_fits and not 2 < len(self._small) == self._filled:
            self._width = known.least
            self._filled = self._count_filled()
        # As with letters of different widths, or a hand that breaks lines somewhat before they are full.
        wide = self._caseless and any(line.width > line.indent + len(line.text) for line in lines)
        self._loose = wide or (self._filled < 0.9 * len(self._small) and not self._caseless)
        if self._loose:
            self._filled = self._count_filled()
        # found when asked for; plain attributes, for most paragraphs ask for few of them
        self._flow: bool | None = None
        self._fill: bool | None = None
        self._count: float | None = None
        self._labels: Collection[int] | None = None
        self._rows = sum(["\t" in line.text or "   " in line.text for line in lines]) > 1 and self._has_columns()

    def _count_filled(self) -> int:
        return sum([self._is_filled(above, below) for above, below in self._small])

    def joins(self, above: Line, below: Line, opens: bool) -> bool:
        """Whether ``below`` carries ``above`` on; ``opens`` says that ``above`` begins what it belongs to."""
        if above.text == below.text:  # a message again; words do not fall like that by chance
            return False
        if self._rows and _ROW.match(below.text):
            return False
        carried_on = above.open and below.lower
        labelled = below.start in self._labelled()
        if carried_on and below.plain and above.indent == below.indent and not labelled and self._flows():
            return True
        if (carried_on and above.hyphen) or above.text[-1] in "([{":
            return True
        if above.width > _MOST_COLUMNS:
            return carried_on and not labelled and self._flows()
        full = self._is_filled(above, below) and self._fills()
        if labelled:
            return full and above.clause
        if not below.plain and (_WEAK_START.match(below.text) or _BRACKETED.match(below.text)):
            return above.open and (full or self._runs_on(above))
        if above.text[0] in "[<" and _BRACKETED.match(above.text):
            return above.open and full
        if self._hang and self._hang == below.indent and not above.ends and (above.open or below.lower or above.clause):
            return True
        if below.indent > above.indent and not opens and not (above.open and (full or below.lower or above.middle)):
            return False
        if above.open and (below.lower or above.middle):
            return full or self._flows() or _are_words(above, below)
        return full or (above.open and self._runs_on(above))

    def _runs_on(self, above: Line) -> bool:
        """Whether an open line is running text, and no shorter than it need be where the width is known."""
        short = self._known_fits and above.width < _SLACK * self._width
        long = self._caseless and above.width >= _LONG_COLUMNS
        return not (short or self._labelled()) and (long or runs_on(above.text)) and self._words() > 0

    def _is_filled(self, above: Line, below: Line) -> bool:
        return above.width + 1 + below.word > self._width or (self._loose and above.width >= _SLACK * self._width)

    def _labelled(self) -> Collection[int]:
        """See `labelled`; of lines that hang only the others may have labels."""
        if self._labels is None:
            self._labels = labelled([line for line in self._lines[1:] if not line.lower] if self._hang else self._lines)
        return self._labels

    def _has_columns(self) -> bool:
        """Whether there are rows of columns: several lines with a gap, and not all as wide as each other."""
        rows = sum([_ROW.match(line.text) is not None for line in self._lines])
        return rows > 1 and len({line.width for line in self._lines[:-1]}) > 1

    def _words(self) -> float:
        """Words of a line; 0 where most of what stands between blanks is no words."""
        if self._count is None:
            self._count = 0.0
            if reads_as_words(self._lines):
                self._count = sum(map(_count_words, self._lines)) / len(self._lines)
        return self._count

    def _flow_by_width(self) -> bool:
        if self._caseless:
            return len(self._lines) > 2 and self._width >= 30 and 0 < 0.8 * len(self._small) <= self._filled
        # Of more than two lines with hardly a word in each each is an item.
        return 0 < len(self._small) <= 2 * self._filled and self._words() >= (3 if len(self._lines) > 2 else 1.5)

    def _flows(self) -> bool:
        """Whether lines that stop in mid-sentence go on in the next: sentences run, by their width or their ends."""
        if self._flow is None:
            if len(self._lines) == 2:
                self._flow = self._words() >= 1.5
            else:
                self._flow = self._flow_by_width() or (
                    self._words() >= 2.5 and any(_SENTENCE_END.search(line.text) for line in self._lines)
                )
        return self._flow

    def _fills(self) -> bool:
        """Whether lines were filled: that a word would not have fitted any more then says why a line ends."""
        if self._fill is None:
            self._fill = self._flow_by_width() or (self._known_fits and self._words() >= 2) or self._are_regular()
        return self._fill

    def _are_regular(self) -> bool:
        """Whether three or more lines are full without a small letter at any beginning, as where all are capitals."""
        if len(self._lines) < 3 or self._width < 30:
            return False
        broken = [pair for pair in pairwise(self._lines) if pair[0].open]
        return bool(broken) and all(self._is_filled(*pair) for pair in broken) and self._words() >= 4


def _longest(lines: Sequence[Line]) -> int:
    """Columns of the longest line, those apart that a long word made longer than the others."""
    longest = 0
    for line in lines:
        if longest < line.width and (line.width <= _LONG_WORD or max(map(len, line.text.split())) < _LONG_WORD):
            longest = line.width
    return longest or max(line.width for line in lines)


def _count_words(line: Line) -> int:
    """Words of a line, of scripts without spaces about as many as another script would take."""
    return max(line.text.count(" ") + 1, line.width // 8 if line.caseless else 0)


def _are_words(above: Line, below: Line) -> bool:
    """Whether two lines are words, several in each, whatever the lines around them are."""
    several = above.text.count(" ") >= 3 and (below.ends or below.text.count(" ") >= 3)
    return several and reads_as_words((above, below), 0.75)


def reads_as_words(lines: Sequence[Line], share: float = 0.6) -> bool:
    """Whether of what stands between blanks such a share is words, rather than code or figures; looks at 6 lines."""
    sample = " ".join([line.text for line in lines[:_SAMPLE_LINES]])
    if _SIGNS.isdisjoint(sample):
        return any(map(str.isalpha, sample))
    count = len(sample.split())
    if "://" in sample:
        count -= len(_ADDRESS.findall(sample))
    return len(_PLAIN_WORDS.findall(sample)) >= share * count
