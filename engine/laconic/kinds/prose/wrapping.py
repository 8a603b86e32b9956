"""Which line breaks are layout and which mean something, told from the lines of each paragraph.

Two things tell. Grammar: a line that stops in mid-sentence above one that begins with a small letter is carried on by
it. Geometry: where lines were filled up to a width, the first word of each line would not have fitted on the one above;
where a break means something (a line of verse, of an address, an item), it mostly would have.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from laconic.kinds.prose.lines import Line

__all__ = ["Wrapping", "reads_as_words"]

_MOST_COLUMNS = 250  # nobody wraps wider
_LEAST_COLUMNS = 15  # nor narrower
_LONG_WORD = 30  # columns: a URL makes its line longer than the others
_SLACK = 0.75  # in text set in a proportional font lines are so much shorter than the longest

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
_LABEL = re.compile(r"[^\W_][^:\n]{0,40}:(?:\s|$)|<[^<>\s]{1,30}>\s|\[?\d{1,2}:\d\d")
_BRACKETED = re.compile(r"\[[^\[\]]*\]$|<[^<>]*>$")
_PLAIN_WORD = re.compile(r"[\"'“‘«(\[*_`]{0,3}[^\W_]+(?:[-'’./,][^\W_]+){0,4}[)\]\"'”’»*_`]{0,3}[.,;:!?…]{0,3}")
_SAMPLE_LINES = 12
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]{0,3}(?:\s|$)|[。！？।؟۔]")


class Wrapping:
    """How the paragraphs of one text are wrapped.

    Args:
        lines: of the text. Neighbours that are surely one sentence show the width up to which lines were filled, for
            each kind of marks apart (a quotation was wrapped by somebody else).
    """

    def __init__(self, lines: Sequence[Line]) -> None:
        intervals: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for above, below in zip(lines, lines[1:], strict=False):
            if above.text and below.text and above.marks == below.marks and _carried_on(above, below):
                intervals[above.marks].append((above.width, above.width + 1 + below.word))
        self._widths = {marks: _width_of(found) for marks, found in intervals.items()}

    def width(self, line: Line) -> int | None:
        """Columns to which text with the marks of ``line`` was filled; None where that cannot be told."""
        return self._widths.get(line.marks)

    def is_full(self, above: Line, below: Line) -> bool:
        """Whether the first word of ``below`` would not have fitted behind ``above``; False where no width is known."""
        width = self.width(above)
        return width is not None and above.width + 1 + below.word > width

    def runs(self, lines: Sequence[Line]) -> list[list[Line]]:
        """The lines of one paragraph, parted where a line break means something; linear in them."""
        if len(lines) == 1:
            return [list(lines)]
        paragraph = _Paragraph(lines, self.width(lines[0]))
        runs = [[lines[0]]]
        for above, below in zip(lines, lines[1:], strict=False):
            if paragraph.joins(above, below, len(runs[-1]) == 1):
                runs[-1].append(below)
            else:
                runs.append([below])
        return runs


def _carried_on(above: Line, below: Line) -> bool:
    """Whether two lines of running text are surely, or in scripts without small letters perhaps, one sentence."""
    return (
        _LEAST_COLUMNS <= above.width <= _MOST_COLUMNS
        and (above.open or above.hyphen)
        and (below.lower or below.caseless)
    )


def _width_of(intervals: list[tuple[int, int]]) -> int | None:
    """The width that explains most line breaks: each was made because a word would not have fitted any more."""
    steps = [0] * (2 * _MOST_COLUMNS + 2)
    for width, wanted in intervals:
        steps[width] += 1
        steps[min(wanted, 2 * _MOST_COLUMNS + 1)] -= 1
    best = most = covered = 0
    for width, step in enumerate(steps):
        covered += step
        if covered > most:
            best, most = width, covered
    return best if most >= 2 and 2 * most >= len(intervals) else None


class _Paragraph:
    """Lines without a blank one between them, and what they tell together.

    Args:
        lines: at least two.
        known: the width to which the text around is filled, None where that is not known.
    """

    def __init__(self, lines: Sequence[Line], known: int | None) -> None:
        pairs = list(zip(lines, lines[1:], strict=False))
        small = [pair for pair in pairs if pair[0].open and pair[1].lower]
        broken = [pair for pair in pairs if pair[0].open or pair[0].hyphen]
        own = _longest(lines)
        self._width = own
        filled = sum(self._is_filled(*pair) for pair in small)
        if known is not None and own <= known + 1 and not (len(small) > 2 and filled == len(small)):
            self._width = known
            filled = sum(self._is_filled(*pair) for pair in small)
        known_fits = self._width == known
        self._loose = bool(small) and filled < 0.9 * len(small)
        words = sum(line.text.count(" ") + 1 for line in lines) / len(lines)
        self._labelled = _are_labelled(lines)
        self._flows = False
        self._fills = False
        if reads_as_words(lines):
            by_width = bool(small) and 2 * filled >= len(small) and words >= 3
            by_grammar = words >= 4 and any(_SENTENCE_END.search(line.text) for line in lines)
            self._flows = by_width or by_grammar
            regular = (
                len(lines) > 2
                and own >= 40
                and bool(broken)
                and all(self._is_filled(*pair) for pair in broken)
                and (words >= 4 or lines[0].caseless)
            )
            self._fills = (by_width and bool(small)) or (known_fits and words >= 2) or regular

    def joins(self, above: Line, below: Line, opens: bool) -> bool:
        """Whether ``below`` carries ``above`` on; ``opens`` says that ``above`` begins what it belongs to."""
        if above.hyphen and below.lower:
            return True
        if above.width > _MOST_COLUMNS:
            return above.open and below.lower and self._flows and not self._labelled
        full = self._fills and self._is_filled(above, below, self._loose)
        if self._labelled and _LABEL.match(below.text):
            return False
        if _WEAK_START.match(below.text) or _BRACKETED.match(below.text) or _BRACKETED.match(above.text):
            return above.open and full
        if below.indent > above.indent and not opens and not (above.open and (below.lower or above.middle)):
            return False
        if above.ends or above.pauses:
            return full and (above.ends or below.lower)
        return full or (self._flows and (below.lower or above.middle))

    def _is_filled(self, above: Line, below: Line, loose: bool = False) -> bool:
        return above.width + 1 + below.word > self._width or (loose and above.width >= _SLACK * self._width)


def _longest(lines: Sequence[Line]) -> int:
    """Columns of the longest line, those apart that a long word made longer than the others."""
    longest = 0
    for line in lines:
        if longest < line.width and (
            line.width <= _LONG_WORD or max(map(len, line.text.split())) < _LONG_WORD
        ):
            longest = line.width
    return longest or max(line.width for line in lines)


def _are_labelled(lines: Sequence[Line]) -> bool:
    """Whether lines begin with who speaks, or with the name of a value: several do, and most of them or the same twice."""
    labels = [match.group() for line in lines if (match := _LABEL.match(line.text))]
    return len(labels) > 1 and (5 * len(labels) >= 2 * len(lines) or len(set(labels)) < len(labels))


def reads_as_words(lines: Sequence[Line], share: float = 0.6) -> bool:
    """Whether of what stands between blanks such a share is words, rather than code or figures; looks at 12 lines."""
    words = [word for line in lines[:_SAMPLE_LINES] for word in line.text.split()]
    return sum(word >= "\u0e00" or _PLAIN_WORD.fullmatch(word) is not None for word in words) >= share * len(words)
