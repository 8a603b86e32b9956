"""Logs and stack traces to segments: one for each line, a trace's frames bound to the line that opens it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from laconic._utils.unicode import compiled_late
from laconic.kinds.prose.sentences import MAX_SENTENCE_CHARS, sentence_spans
from laconic.types import Passage, Segment, Span

__all__ = [
    "LogSegmenter", "is_continuation", "line_severity", "log_lines", "looks_like_log", "looks_like_traceback",
    "trace_spans",
]  # fmt: skip

_LINE = re.compile(r"[^\n]+")
_HEAD_CHARS = 80  # where a line says when and how bad
_SAMPLE_LINES = 40
_SAMPLE_CHARS = 16_000
_LOG_SHARE = 0.6
_FIRST_LINES = 6  # one of them begins as the others of a log do

_DIGIT = re.compile(r"\d")  # each stamp has some
_STAMP = compiled_late(
    r"\d{1,2}:\d{2}:\d{2}"  # a time of day
    r"|\d{4}[-/.]\d{2}[-/.]\d{2}[T _]\d{2}"
    r"|^\W{0,3}\d{6} \d{6} "
    r"|(?<!\d)1\d{9}(?!\d)"  # seconds since 1970
)
_TRACE = compiled_late(
    r"(?m)^[^\S\n]*(?:Traceback \(most recent call last\):|Exception in thread |Caused by: |goroutine \d+ \["
    r"|thread '.*' panicked at|(?:[\w$]+\.)*[\w$]+(?:Exception|Error)(?::|$))"
)
# blanks, not white space: that would run on over blank lines, from each of them
_FRAME = compiled_late(r'(?m)^[^\S\n]+(?:at .+[(:]|File ".+", line \d+|\.\.\. \d+ more|\d+: 0x[\da-f]+)')
_CONTINUATION = re.compile(r"\s+\S|Caused by: |\.\.\. \d+ more|During handling of |The above exception |at [\w.$<>]+\(")

_CARRIES_ON = frozenset("C.DTa")  # what begins one of these that is not indented

_CHAINED = re.compile(r"During handling of |The above exception |Caused by: ")
_LAST_OF_TRACE = re.compile(r"[\w.]+(?::.*)?$")  # Python's error, behind its frames

_LEVEL = re.compile(
    r"\b(?:FATAL|CRITICAL|ERROR|SEVERE|WARN(?:ING)?|INFO|NOTICE|DEBUG|TRACE)\b|\[(?:error|warn|info|debug|notice)\]"
)
_SEVERITY_CHARS = 400  # what comes later in a line is payload
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")
_LEVELS = {
    **dict.fromkeys(("FATAL", "CRITICAL", "EMERG", "EMERGENCY", "PANIC"), 1.0),
    **dict.fromkeys(("ERROR", "SEVERE", "ERR", "ALERT", "FAILURE"), 0.9),
    **dict.fromkeys(("WARN", "WARNING"), 0.5),
    **dict.fromkeys(("INFO", "NOTICE", "DEBUG", "TRACE", "VERBOSE"), 0.0),
}
_BRACKETED = re.compile(
    r"(?:\[|level=\"?|\" ?: ?\")(fatal|critical|emerg|panic|error|severe|err|alert|warn|warning|info|notice|debug)\b"
)
_ANDROID = re.compile(r"\s([FEWIDV])(?:/[\w.]+| +[\w.]+ ?)[:(]")
_ANDROID_LEVELS = {"F": 1.0, "E": 0.9, "W": 0.5}
_FAILURES = frozenset(
    (
        "abort aborted aborting attack break-in broken cannot can't corrupt corrupted corruption couldn't "
        "crash crashed crashes denied died error errors exception exceptions exited fail failed failing fails "
        "failure failures fatal hung illegal invalid killed lost oom panic refused rejected segfault severed "
        "terminated timeout traceback unable unauthorized unhandled unreachable unavailable unrecoverable"
    ).split()
)
_FAILURE_PHRASES = ("could not", "timed out", "time out", "out of memory", "not found", "no such", "not responding")
_FAILURE_SEVERITY = 0.6
_STATED_HARMLESS = 0.3  # "INFO … error corrected"


def looks_like_traceback(text: str) -> bool:
    """Whether ``text`` holds a stack trace: a line that opens one and at least one frame."""
    if "\n " not in text and "\n\t" not in text:  # frames are indented, and most texts have no such line
        return False
    head = text[: 4 * _SAMPLE_CHARS]
    return bool(_FRAME().search(head)) and bool(_TRACE().search(head))


def trace_spans(text: str) -> list[Span]:
    """Stretches of whole lines that are stack traces: a line that opens one, its frames, and what caused it; linear."""
    if "\n " not in text and "\n\t" not in text:
        return []
    spans: list[Span] = []
    for frame in _FRAME().finditer(text):
        behind = spans[-1][1] if spans else 0
        start = text.rfind("\n", 0, max(0, frame.start() - 1)) + 1
        if start < behind or start >= frame.start() or not _TRACE().match(text, start):
            continue
        end = _trace_end(text, frame.end(), python=text.startswith("Traceback ", start))
        if spans and not text[behind:start].strip():
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans


def _trace_end(text: str, at: int, *, python: bool) -> int:
    """Where a trace ends whose first frame ends at ``at``: behind the lines that carry it on, and Python's error."""
    end = _line_end(text, at)
    while end < len(text):
        following = _line_end(text, end + 1)
        line = text[end + 1 : following]
        if not line.strip():
            chained = _line_end(text, following + 1)
            if not _CHAINED.match(text, following + 1, chained):
                return end
            following = chained
        elif python and not line[0].isspace():
            if not _LAST_OF_TRACE.match(line.rstrip()):
                return end
            python = False
        elif not is_continuation(line):
            return end
        end = following
    return end


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def looks_like_log(text: str) -> bool:
    """Whether most lines of ``text`` begin with a time or a level; a glance at its first lines."""
    lines = [line for line in text[:_SAMPLE_CHARS].split("\n", 2 * _SAMPLE_LINES) if line.strip()]
    begun = (line[:_HEAD_CHARS] for line in lines[:_SAMPLE_LINES] if not is_continuation(line))
    heads = list(islice(begun, _FIRST_LINES))
    if len(heads) < 3 or not any(map(_is_stamped, heads)):
        return False
    heads += begun
    return sum(map(_is_stamped, heads)) >= _LOG_SHARE * len(heads)


def _is_stamped(head: str) -> bool:
    return bool((_DIGIT.search(head) and _STAMP().search(head)) or _LEVEL.search(head, 0, _HEAD_CHARS // 2))


def is_continuation(line: str) -> bool:
    """Whether a line carries on the one above it: indented, or a frame or cause of a stack trace."""
    if line[:1].isspace():
        return not line.isspace()
    return line[:1] in _CARRIES_ON and _CONTINUATION.match(line) is not None


def line_severity(line: str) -> float:
    """How bad what the line reports is: 0 for information, 0.5 a warning, 0.9 an error, 1 the end of the program.

    Levels are read in the spellings of syslog, log4j, Python, Android and key=value logs. Without one, words of failure
    give 0.6; beside an informative one, 0.3.
    """
    line = line[:_SEVERITY_CHARS]
    level: float | None = None
    failed = False
    for word in _WORD.findall(line):
        if word in _LEVELS:
            level = _LEVELS[word] if level is None else max(level, _LEVELS[word])
        elif word.lower() in _FAILURES or word.endswith(("Error", "Exception")):
            failed = True
    if level is None:
        if match := _BRACKETED.search(line):
            level = _LEVELS[match.group(1).upper()]
        elif match := _ANDROID.search(line, 0, _HEAD_CHARS):
            level = _ANDROID_LEVELS.get(match.group(1), 0.0)
    if not failed and (level or 0.0) < _FAILURE_SEVERITY:
        lower = line.lower()
        failed = any(phrase in lower for phrase in _FAILURE_PHRASES)
    if not failed:
        return level or 0.0
    return max(level or 0.0, _STATED_HARMLESS if level == 0.0 else _FAILURE_SEVERITY)


def log_lines(text: str) -> Iterator[Span]:
    """Spans of the lines that are not blank, without their line breaks; one at a time, for logs of any size."""
    for match in _LINE.finditer(text):
        line = match.group()
        bare = line.rstrip()
        if bare:
            yield match.start(), match.start() + len(bare)


class LogSegmenter:
    """Segments of a log: ``"log_line"``, and ``"log_more"`` for lines that carry one on and require it.

    Lines beyond 600 characters are cut where a sentence would be. Linear in the text.
    """

    def segment(self, passage: Passage, index: int, first: int) -> list[Segment]:
        """Cut ``passage``; see `laconic.types.Segmenter`."""
        text = passage.text
        segments: list[Segment] = []
        head: int | None = None
        for start, end in log_lines(text):
            more = head is not None and is_continuation(text[start : min(end, start + _HEAD_CHARS)])
            kind, needs = ("log_more", (head,)) if more and head is not None else ("log_line", ())
            if not more:
                head = first + len(segments)
            if end - start <= MAX_SENTENCE_CHARS:
                segments.append(Segment(index, start, end, kind, needs))
            else:
                segments.extend(Segment(index, *span, kind, needs) for span in sentence_spans(text, start, end, "en"))
        return segments
