"""Where fenced and delimited blocks end, looked up rather than searched, so that unclosed ones cost no second look."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence

from laconic.kinds.prose.lines import Line

__all__ = ["Closings"]

_MARKS = "`~-.+"
_LONGEST = 12  # longer rows close each other


class Closings:
    """Rows of one mark that may close a block: the next of the mark that is at least as long, or the next equal one.

    Args:
        lines: of the text.
        marked: indexes of those that may be such rows.
    """

    def __init__(self, lines: Sequence[Line], marked: Sequence[int]) -> None:
        self._of_mark: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
        self._equal: defaultdict[str, list[int]] = defaultdict(list)
        self._openings: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
        for at in marked:
            text = lines[at].text
            if text[:3] in ("```", "~~~") and (info := text.lstrip(text[0])):
                for length in range(3, min(len(text) - len(info), _LONGEST) + 1):
                    self._openings[lines[at].marks + text[0], length].append(at)
            elif len(text) >= 3 and text[0] in _MARKS and not text.strip(text[0]):
                for length in range(3, min(len(text), _LONGEST) + 1):
                    self._of_mark[lines[at].marks + text[0], length].append(at)
                self._equal[lines[at].marks + text].append(at)

    def of_mark(self, at: int, line: Line, row: str) -> int:
        """Index behind the next row below ``at`` of the mark of ``row``, at least as long; 0 where there is none."""
        return _next(self._of_mark.get((line.marks + row[0], min(len(row), _LONGEST)), ()), at)

    def opening(self, at: int, line: Line, row: str) -> int:
        """Index behind the next line below ``at`` that opens a fence like ``row`` and says of what; 0 for none."""
        return _next(self._openings.get((line.marks + row[0], min(len(row), _LONGEST)), ()), at)

    def equal(self, at: int, line: Line) -> int:
        """Index behind the next row below ``at`` like ``line``; 0 where there is none."""
        return _next(self._equal.get(line.marks + line.text, ()), at)


def _next(places: Sequence[int], at: int) -> int:
    rank = bisect_left(places, at + 1)
    return places[rank] + 1 if rank < len(places) else 0
