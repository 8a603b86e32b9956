"""What a page says about itself: running headers, footers and page numbers, which stand in the middle of sentences."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from laconic._utils.unicode import compiled_late
from laconic.kinds.prose.lines import Line

__all__ = ["page_furniture"]

_MOST_CHARS = 120  # longer lines are text
_TITLE_CHARS = 60
_RUNNING_COLUMNS = 25  # a shorter line above is no text that a page could break
_MOST_FURNITURE = 4  # lines of one page break
_NEAR_BREAK = 2  # lines on each side of a form feed that may be furniture

# A line that says which page it is: all of it, or behind a gap.
_PAGE = compiled_late(
    r"(?i)(?:\W{0,3}(?:page|pg\.?|p\.|seite|página|pagina|pág\.|стр\.)\s?\d{1,5}(?:\s?(?:of|/|von|de|sur|di|van|из)\s?\d{1,5})?\W{0,3}"
    r"|[^\w.]{0,3}\d{1,5}[^\w.,;:!?]{0,3}"
    r"|\d{1,5}\s?(?:of|/|von|de|sur|di|van)\s?\d{1,5}"
    r"|第\s?\d{1,5}\s?[页頁]"
    r"|\S.{0,120}\s{2}\W?(?:page|pg\.?|p\.|seite|página|pagina)\s?\d{1,5}(?:\s?(?:of|/|von|de|sur|di|van)\s?\d{1,5})?\W{0,3}"
    r"|\S.{0,100}\s\[page\s\d{1,5}\])$"
)
_BARE_NUMBER = re.compile(r"[^\w.]{0,3}\d{1,5}[^\w.,;:!?]{0,3}$")
_DIGITS = re.compile(r"\d+")
_GAP = re.compile(r"\S\s{3,}\S")


def page_furniture(lines: Sequence[Line]) -> dict[int, int]:
    """Stretches of lines that interrupt the text for the sake of a page; linear in the text.

    Furniture is what stands beside a form feed and says the page or recurs, and what breaks a sentence (the line above
    stops in its middle, the line below goes on with a small letter) and says the page or breaks others too.

    Returns:
        Index of the first line of each stretch to the index behind it. Stretches hold the blank lines around.
    """
    filled = [at for at, line in enumerate(lines) if line.text]
    if len(filled) < 3:
        return {}
    found = set(_at_breaks(lines, filled)) | set(_between(lines, filled))
    return dict(_stretches(lines, found)) if found else {}


def _shape(line: Line) -> str:
    """The line with its numbers and gaps alike: what recurs from page to page."""
    return " ".join(_DIGITS.sub("0", line.text).split())


def _at_breaks(lines: Sequence[Line], filled: Sequence[int]) -> Iterator[int]:
    """Lines beside form feeds that say the page, have columns as headers have, or recur beside other form feeds."""
    beside: dict[int, None] = {}
    for at, line in enumerate(lines):
        if line.page:
            rank = bisect_right(filled, at)
            beside.update(dict.fromkeys(filled[max(0, rank - _NEAR_BREAK) : rank + _NEAR_BREAK]))
    near = [at for at in beside if len(lines[at].text) <= _MOST_CHARS]
    shapes: defaultdict[str, int] = defaultdict(int)
    for at in near:
        shapes[_shape(lines[at])] += 1
    for at in near:
        text = lines[at].text
        if shapes[_shape(lines[at])] > 1 or _PAGE().match(text) or _GAP.search(text):
            yield at


def _between(lines: Sequence[Line], filled: Sequence[int]) -> Iterator[int]:
    """Lines that stand in the middle of a sentence and do not belong to it."""
    told: set[int] = set()
    stacks: list[tuple[str, Sequence[int]]] = []
    for rank, at in enumerate(filled):
        above = lines[at]
        if not above.open or above.width < _RUNNING_COLUMNS or rank + 1 == len(filled):
            continue
        below = lines[filled[rank + 1]]
        if below.lower and below.plain:  # as in most lines of a paragraph
            continue
        if stack := _stack_below(lines, filled, rank):
            if any(_says_page(lines[place].text) for place in stack):
                told.update(stack)
            stacks.append((above.text, stack))
    shapes = {_shape(lines[at]) for at in told if any(map(str.isalpha, lines[at].text))}
    shapes |= _recurring(lines, stacks)
    yield from told
    if told:
        yield from _counted_on(lines, filled, told)
    if shapes:
        for at in filled:
            if len(lines[at].text) <= _MOST_CHARS and _shape(lines[at]) in shapes:
                yield at


def _recurring(lines: Sequence[Line], stacks: Sequence[tuple[str, Sequence[int]]]) -> set[str]:
    """Shapes of lines that break different sentences, in stacks of nothing but such lines."""
    if len(stacks) < 2:
        return set()
    heads = Counter(lines[place].text[:1] for _, stack in stacks for place in stack)
    stacks = [each for each in stacks if all(heads[lines[place].text[:1]] > 1 for place in each[1])]
    found: set[str] = set()
    for _ in range(2):  # first of all stacks, then of those in which every line recurs
        places: defaultdict[str, dict[int, str]] = defaultdict(dict)
        for above, stack in stacks:
            for place in stack:
                places[_shape(lines[place])][place] = above
        found = {shape for shape, where in places.items() if len(where) > 1 and len(set(where.values())) > 1}
        stacks = [(above, stack) for above, stack in stacks if all(_shape(lines[place]) in found for place in stack)]
    return found


def _stack_below(lines: Sequence[Line], filled: Sequence[int], rank: int) -> Sequence[int]:
    """The few short lines below a line that stops in mid-sentence, above the one that goes on with a small letter."""
    for size in range(_MOST_FURNITURE + 1):
        if rank + 1 + size >= len(filled):
            break
        at = filled[rank + 1 + size]
        says_page = _says_page(lines[at].text)
        if lines[at].lower and not says_page:
            return filled[rank + 1 : rank + 1 + size]
        if not (says_page or _may_be_title(lines, at, lines[filled[rank]].width)):
            break
    return ()


def _may_be_title(lines: Sequence[Line], at: int, width: int) -> bool:
    """Whether a line may be what a page has at its edge: beside a blank line, or shorter than a line of text."""
    line = lines[at]
    if line.ends or not line.text[0].isalnum() or len(line.text) > _MOST_CHARS:
        return False
    if len(line.text) > _TITLE_CHARS and "   " not in line.text:
        return False
    if at + 1 == len(lines) or not (lines[at - 1].text and lines[at + 1].text):
        return True
    return line.width + 1 + lines[at + 1].word < width


def _says_page(text: str) -> bool:
    if text[-1].isalpha() or text[-1] == ",":
        return False
    return len(text) <= _MOST_CHARS and any(map(str.isdigit, text[-4:])) and _PAGE().match(text) is not None


def _counted_on(lines: Sequence[Line], filled: Sequence[int], told: set[int]) -> Iterator[int]:
    """Bare page numbers that count on from those that are known."""
    run: list[int] = []
    expected = -1
    for at in filled:
        if not _BARE_NUMBER.match(lines[at].text):
            continue
        value = int(_DIGITS.findall(lines[at].text)[0])
        if value != expected:
            if not told.isdisjoint(run):
                yield from run
            run = []
        run.append(at)
        expected = value + 1
    if not told.isdisjoint(run):
        yield from run


def _stretches(lines: Sequence[Line], found: set[int]) -> Iterator[tuple[int, int]]:
    """Maximal runs of found lines, blank ones and page breaks that hold at least one of the found."""
    at = 0
    while at < len(lines):
        end = at
        while end < len(lines) and (end in found or not lines[end].text):
            end += 1
        if any(place in found for place in range(at, end)):
            yield at, end
        at = max(end, at + 1)
