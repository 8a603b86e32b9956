"""A log told short: failures and what stands around them, one line of each other kind, and how many there were.

Fed line by line, it remembers a bounded number of lines whatever the size of the log.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from laconic.kinds.examples import Wanted
from laconic.kinds.kind import Detail
from laconic.kinds.log.segment import is_continuation, line_severity, log_lines
from laconic.kinds.log.templates import LogTemplates

__all__ = ["LogDigest", "log_details"]

_BEFORE, _AFTER = 1, 2  # lines kept around a failure
_TRACE_HEAD, _TRACE_TAIL = 3, 8  # lines kept of a stack trace
_PER_KIND = 8  # failures remembered of one kind
_MAX_KINDS = 1000  # kinds of lines that are told apart
_MAX_LINE_CHARS = 2000
_SEVERE = 0.5  # warnings and worse
_MAX_SCHEMA_KINDS = 60
_SIZES = (8, 4, 2, 1)
_MAX_CANDIDATES = 2000  # lines remembered because the question may ask for them


def log_details(text: str, query: str | None) -> Iterator[Detail]:
    """Fewer and fewer lines of each kind, then their templates."""
    digest = LogDigest(Wanted(query))
    for start, end in log_lines(text):
        digest.add(text[start:end])
    for size in _SIZES:
        yield Detail("sampled", digest.sampled(size))
    yield Detail("schema", digest.schema())


@dataclass
class _Entry:
    """A remembered line."""

    number: int  # from 0
    lines: list[str]  # itself and what carries it on
    kind: int
    nth: int  # how many of its kind came before
    severity: float
    around: list[tuple[int, str]] = field(default_factory=list)  # numbers and texts of its neighbours
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=_TRACE_TAIL))  # the last lines of a long trace
    skipped: int = 0  # lines of a trace between the two

    def text(self) -> str:
        skipped = [f"    [{self.skipped} lines]"] if self.skipped else []
        return "\n".join([*self.lines, *skipped, *self.tail])


class LogDigest:
    """Collects what a short telling needs.

    Args:
        wanted: how well a line matches the question.

    Memory: about `_MAX_KINDS` × 8 lines of at most 2,000 characters. About 20 µs a line.
    """

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.kinds = LogTemplates(_MAX_KINDS)
        self.lines = 0
        self._entries: list[_Entry] = []
        self._others: deque[tuple[int, str]] = deque(maxlen=_MAX_CANDIDATES)
        self._severity: dict[int, float] = {}
        self._last: deque[tuple[int, str]] = deque(maxlen=_BEFORE)
        self._open: _Entry | None = None  # takes the lines that carry it on
        self._following: list[tuple[_Entry, int]] = []

    def add(self, line: str) -> None:
        """Take the next line, without its line break; blank lines are not counted."""
        line = line.rstrip()[:_MAX_LINE_CHARS]
        if not line:
            return
        number, self.lines = self.lines, self.lines + 1
        if is_continuation(line) and number:
            if self._open is not None:
                self._carry_on(self._open, line)
            return
        kind = self.kinds.add(line)
        nth = self.kinds.templates[kind].count - 1
        severity = line_severity(line)
        self._severity[kind] = max(severity, self._severity.get(kind, 0.0))
        entry = _Entry(number, [line], kind, nth, severity)
        remembered = nth < _PER_KIND if severity >= _SEVERE else nth == 0
        for earlier, _ in self._following:
            earlier.around.append((number, line))
        self._following = [(earlier, left - 1) for earlier, left in self._following if left > 1]
        if remembered:
            self._entries.append(entry)
            if severity >= _SEVERE:
                entry.around = list(self._last)
                self._following.append((entry, _AFTER))
        else:
            self._others.append((number, line))
        self._open = entry if remembered else None
        self._last.append((number, line))

    def _carry_on(self, entry: _Entry, line: str) -> None:
        if len(entry.lines) < _TRACE_HEAD:
            entry.lines.append(line)
        else:
            entry.skipped += len(entry.tail) == _TRACE_TAIL
            entry.tail.append(line)

    def sampled(self, size: int) -> str:
        """The log with up to ``size`` failures of each kind, the lines around them, and one line of every other kind.

        Lines are as they were, in their order; the first of a kind ends in ``[×n]`` where there are n of it. Lines that
        the question names are kept too. A first line in brackets says how many lines there were.
        """
        picked: dict[int, str] = {}
        for entry in self._entries:
            if entry.severity < _SEVERE or entry.nth < size:
                count = self.kinds.templates[entry.kind].count
                text = entry.text()
                if entry.nth == 0 and count > 1:
                    first, _, rest = text.partition("\n")
                    text = f"{first} [×{count}]" + (f"\n{rest}" if rest else "")
                picked[entry.number] = text
                if entry.severity > _SEVERE and entry.nth == 0:
                    for number, line in entry.around:
                        picked.setdefault(number, line)
        for number, line in self._matching(4 * size):
            picked.setdefault(number, line)
        return "\n".join([self._title("an excerpt"), *(picked[number] for number in sorted(picked))])

    def schema(self) -> str:
        """The kinds of lines, most severe first, then most frequent, each as its template with its count."""
        kinds = list(enumerate(self.kinds.templates))
        kinds.sort(key=lambda kind: (-self._severity.get(kind[0], 0.0), -kind[1].count))
        lines = [f"[×{template.count}] {template}" for _, template in kinds[:_MAX_SCHEMA_KINDS]]
        if len(kinds) > _MAX_SCHEMA_KINDS:
            lines.append(f"[{len(kinds) - _MAX_SCHEMA_KINDS} more kinds]")
        return "\n".join([self._title("templates"), *lines])

    def _title(self, what: str) -> str:
        return f"[log of {self.lines} lines, {len(self.kinds.templates)} kinds: {what}; ×n counts lines of one kind]"

    def _matching(self, most: int) -> list[tuple[int, str]]:
        """Remembered lines that the question asks for, best first."""
        candidates = list(self._others)
        matches = self.wanted([line for _, line in candidates])
        order = sorted((at for at, match in enumerate(matches) if match >= 1.0), key=lambda at: -matches[at])
        return [candidates[at] for at in order[:most]]
