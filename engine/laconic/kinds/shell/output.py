"""What a tool prints, told by its lines: which form an output has, and what each line is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from laconic._utils.unicode import compiled_late

__all__ = ["carries_on", "form_of", "is_progress", "is_prompt", "is_rule"]

# "$ make", "ann@tower:~/paint$ make", "[ann@tower paint]# make", "PS C:\\paint> make", "C:\\paint>make"
_PROMPT = re.compile(
    r"(?:\([\w.-]{1,40}\) )?(?:\$ |"
    r"(?:\[[\w.@ :~/-]{1,80}\]|[\w.-]{1,40}@[\w.-]{1,60}(?::[\w.~/-]{0,120})?)\s?[$#%] "
    r"|PS [A-Z]:[^>\n]{0,200}> ?|[A-Z]:\\[^>\n]{0,200}>)(?=\S)"
)
# "src/tower.py:12:", "HEAD:README.md:3:"
_MATCH = re.compile(r"(?:[\w.@-]{1,60}:)?(?:[\w@+.-]{0,80}/)*(?=[\w@+.-]{0,80}[^\W\d])[\w@+.-]{1,80}:\d{1,7}:")
_CONTEXT = re.compile(r"[\w@+./:-]{0,240}[./][\w@+.-]{0,80}-\d{1,7}-")
_TIME = re.compile(r"\S*\d\d?:\d\d:\d\d")  # a log's file is no match
_PATH = re.compile(r"(?:[\w@+.-]{1,80}/)*[\w@+.-]{1,80}\.\w{1,10}$|(?:[\w@+.-]{1,80}/)+[\w@+.-]{1,80}$")
_NUMBERED = re.compile(r"\d{1,7}[:-]")
_COMMIT = re.compile(r"commit [0-9a-f]{7,40}\b")
_STATUS = re.compile(r"On branch \S|HEAD detached (?:at|from) \S")

# Lines that only tools print. What is told by them is that a text is such an output.
_TOOL = compiled_late(
    r"={3,} (?:test session starts|FAILURES|ERRORS|short test summary info|\d+ (?:passed|failed)).{0,80}={3,}$"
    r"|_{3,} [^\W_].{0,120} _{3,}$"
    r"|(?:FAILED|ERROR|PASSED|XFAIL) [^\s:]{1,200}::\S|[^\s:]{1,200}::\S{1,200} (?:PASSED|FAILED|ERROR|SKIPPED)"
    r"|(?:=== RUN|--- (?:PASS|FAIL|SKIP):|FAIL\t|ok  \t)"
    r"|test \S+ \.\.\. (?:ok|FAILED|ignored)|test result: "
    r"|(?:error|warning)(?:\[\w+\])?: \S|\s{0,8}--> \S+:\d+:\d+$"
    r"|\s{0,12}(?:(?:Compiling|Downloaded|Checking|Downloading) \S+ v?\d|Finished `?(?:dev|release|test)"
    r"|Running (?:unittests |tests/|`)"
    r"|Updating (?:crates|git)|Blocking waiting)"
    r"|npm (?:ERR!|(?:WARN|error|warn|notice)\b)|added \d+ packages"
    r"|[\w./+-]{1,200}:\d+(?::\d+)?: (?:fatal error|error|warning|note|E\d+|W\d+|[EWF]\d{3})\b"
    r"|make(?:\[\d+\])?: |\[ {0,2}\d{1,3}%\] |ninja: "
    r"|(?:Collecting|Requirement already satisfied:|Successfully installed"
    r"|Installing collected packages:|Downloading) \S"
    r"|(?:Get|Hit|Ign|Err):\d+ http|(?:remote: )?(?:Counting|Compressing|Receiving|Resolving|Enumerating) \w+: "
    r"|(?:PASS|FAIL) \S+\.\w+|Ran \d+ tests? in |Tests?(?: Suites)?: +\d+ "
    r"|(?:Step \d+/\d+ : |#\d+ (?:\[|DONE|CACHED|ERROR))"
    r"|\[(?:INFO|WARNING|ERROR)\] (?:---|BUILD|Scanning|Failed|COMPILATION)"
)
_INDENTED = frozenset("-CDFRUB")  # what begins an indented one
_LEAST_TOOL, _TOOL_SHARE = 2, 0.12
_TOOL_CHARS = 240
_SAMPLE_LINES = 50
_HIT_SHARE, _HEADED_SHARE = 0.6, 0.95
_LEAST_HITS = 3

_PROGRESS = compiled_late(
    r"\s{0,12}(?:Compiling|Checking|Downloading|Downloaded|Fetching|Fetched|Building wheels?|Preparing"
    r"|Unpacking|Selecting"
    r"|Setting up|Collecting|Using cached|Requirement already satisfied|Obtaining|Pulling|Waiting"
    r"|Extracting|Reading package"
    r"|Reading state|Building dependency|Get:\d+|Hit:\d+|Ign:\d+|Resolving|Linking)\b"
    r"|(?:remote: )?(?:Enumerating|Counting|Compressing|Receiving|Resolving|Writing) (?:objects|deltas)"
    r"|[^\s:]{1,200}::\S{1,200} (?:PASSED|SKIPPED)|PASSED \S|=== (?:RUN|PAUSE|CONT)|\s*--- PASS:|ok  \t|PASS\b"
    r"|test \S+ \.\.\. ok"
    r"|[\w./-]+\.py [.sx]+\s*(?:\[ *\d+%\])?$|[.sx]{3,}\s*(?:\[ *\d+%\])?$"
    r"|\[ {0,2}\d{1,3}%\] |\[\d+/\d+\] |.{0,80}\b\d{1,3}%[|\s\[]|\s*[\d.]+ ?[kKMG]i?B/s"
    r"|\s*[✓✔√] |npm (?:http|timing|sill|verb)\b|make(?:\[\d+\])?: (?:Entering|Leaving|Nothing)"
    r"|#\d+ (?:DONE|CACHED|\d+\.\d+)|---> [0-9a-f]{12}| ---> "
)
_TROUBLE = re.compile(r"error|fail|fatal|denied|exception|cannot|unable", re.IGNORECASE)
_HINT = re.compile(r"\s{0,4}\(use \"git |hint: ")
_RULE = re.compile(r"([=_*#-])\1{2,} \S.{0,150} \1{3,}$|--- FAIL: \S|● \S|FAIL: \S")
_MORE = re.compile(r"\s|\||\d{1,6} \||-->|\.\.\.|(?:note|help): |\s*= (?:note|help): ")


def is_prompt(line: str) -> bool:
    """Whether a line is a command behind a shell's prompt."""
    return _PROMPT.match(line) is not None


def is_rule(line: str) -> bool:
    """Whether a line says what the lines below are about: a title between rules, the name of a failed test."""
    return _RULE.match(line) is not None


def is_progress(line: str) -> bool:
    """Whether a line says that work goes on as it should, or how to use a tool."""
    if _HINT.match(line):
        return True
    return _PROGRESS().match(line) is not None and not _TROUBLE.search(line[:200])


def carries_on(line: str) -> bool:
    """Whether a line belongs to the one above: it is indented, or part of a diagnostic's quotation of the source."""
    return _MORE.match(line) is not None


def form_of(lines: Sequence[str]) -> str | None:
    """Which form an output has.

    Returns:
        ``"matches"`` (grep), ``"commits"`` (git log), ``"status"`` (git status), ``"tool"`` (tests and builds), or None
        where nothing tells.
    """
    filled = [line for line in lines[:_SAMPLE_LINES] if line.strip()]
    if not filled:
        return None
    if _COMMIT.match(filled[0]):
        return "commits"
    if _STATUS.match(filled[0]):
        return "status"
    hits = [line for line in filled if line != "--"] or filled
    found = sum(":" in line and _MATCH.match(line) is not None and not _TIME.match(line) for line in hits)
    around = sum(_CONTEXT.match(line) is not None for line in hits) if found else 0
    if found >= _LEAST_HITS and found + around >= _HIT_SHARE * len(hits) and not sum(map(_is_tool, hits)) > found / 2:
        return "matches"
    if len(hits) >= _LEAST_HITS and _is_headed(hits):
        return "matches"
    tool = sum(map(_is_tool, filled))
    return "tool" if tool >= max(_LEAST_TOOL, _TOOL_SHARE * len(filled)) else None


def _is_headed(hits: Sequence[str]) -> bool:
    """Whether lines are names of files with numbered lines below them."""
    if _PATH.match(hits[0]) is None or not any(map(_NUMBERED.match, hits)):
        return False
    told = sum(_NUMBERED.match(line) is not None or _PATH.match(line) is not None for line in hits)
    return told >= _HEADED_SHARE * len(hits)


def _is_tool(line: str) -> bool:
    """Whether only tools print such a line; most lines of code are indented, as few of those are."""
    if line[0].isspace() and line.lstrip()[:1] not in _INDENTED:
        return False
    return len(line) <= _TOOL_CHARS and _TOOL().match(line) is not None


def is_match_head(line: str) -> bool:
    """Whether a line names the file of the matches below it."""
    return _PATH.match(line) is not None and not _NUMBERED.match(line)
