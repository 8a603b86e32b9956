"""A text as lines, each told apart from what stands before its words: indentation, quotation marks, line numbers.

Tools that show or pass on a text put marks before its lines (``> `` in mail, numbers as of ``cat -n``, comment signs in
code). The words behind them are the same text, so everything that looks at lines looks behind the marks.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from laconic.unicode import compiled_late

__all__ = ["SPACELESS", "Line", "read_lines"]

SPACELESS = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
"""Letters of Thai, Lao, Khmer, Japanese and Chinese, which write no spaces, as the inside of a character class."""

_TAB = 4  # columns; what Markdown says, and most editors

_QUOTE = re.compile(r"(?:[ \t]{0,3}(?:[A-Z]{2,3})?>)+ ?")
_DOCTEST = re.compile(r"[ \t]*>>>(?: |$)")
_NUMBER = re.compile(r"[ \t]*(\d{1,7})(\t| ?[|│→] ?|:(?!\d) ?|  |$)")
_COMMENT = re.compile(r"[ \t]*(#+|//[/!]?|;{1,3}|--|%{1,2}|\*)(?:[ \t]|(?=\s)|$)")
_COMMENT_SIGNS = frozenset("#/;-%*")
_DIGITS = frozenset("0123456789")

# A numbering is believed from so many lines on that count up by one; one that has only blanks behind the numbers looks
# like the first column of a table and needs more.
_LEAST_NUMBERED = 3
_LEAST_NUMBERED_BY_BLANKS = 5

_ENDS = frozenset(".!?…。！？।؟۔")
_PAUSES = frozenset(":;：；")
_CLOSERS = "\"'”’»)]}*_`~>」』）】"
_OPENERS = "\"'“‘«([{*_`~„「『（【"
_HYPHENS = "-\u00ad\u2010"
# Words that no sentence and no title ends in: what follows them carries them on.
_MID_WORDS = frozenset(
    "the a an of and or with by for from their its his her our your der das und ein eine einen einer dem den des mit von "
    "le les de des du et un une au aux el los las del y una il di della con o os do da em um uma het een en van".split()
)
_ABBREVIATIONS = frozenset(
    "e.g. i.e. (e.g. (i.e. cf. (cf. vs. viz. approx. Dr. Mr. Mrs. Ms. St. z.B. d.h. bzw.".split()
)
_MID_MARKS = frozenset(",–—([{/&+=，、")
_WIDE = compiled_late(r"[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]")
_IS_SPACELESS = compiled_late(rf"[{SPACELESS}]")


class Line:
    """One line of a text.

    Attributes:
        start: where its marks begin, behind what white space stands before them; of a line without marks ``first``.
        first: where its words begin.
        end: behind its last visible character.
        text: the words, ``text[first:end]`` of the whole; empty for a line that is blank behind its marks.
        marks: ``">"`` for each level of quotation, the sign of a comment; empty for none. Line numbers are not told.
        indent: columns between the marks and the words.
        width: columns from there to the end.
        word: columns of its first word.
        page: whether a page ends with it (a form feed).
        ends: whether a sentence may end with it.
        open: whether its words stop without the end of a sentence or a pause (a colon, a semicolon).
        lower: whether it begins with a small letter; caseless: with a letter of a script that has no small ones.
        plain: whether it begins with a word, so that it can be no mark of Markdown and its kin.
    """

    __slots__ = (
        "caseless", "end", "ends", "first", "indent", "lower", "marks", "open", "page", "plain", "start", "text",
        "width", "word",
    )  # fmt: skip

    def __init__(self, start: int, first: int, text: str, indent: int, marks: str, page: bool) -> None:
        self.start = start
        self.first = first
        self.end = first + len(text)
        self.text = text
        self.marks = marks
        self.indent = indent
        self.page = page
        if not text:
            self.width = self.word = 0
            self.ends = self.open = self.lower = self.caseless = self.plain = False
            return
        head = text[0]
        self.width = indent + len(text)
        word = text.find(" ")
        self.word = word = word if word > 0 else len(text)
        if head.isalpha():
            self.lower = head.islower()
            self.plain = text[word - 1] not in ".)" and "|" not in text and (head != "o" or word > 1)
        else:
            self.plain = False
            if head in _OPENERS:
                head = text.lstrip(_OPENERS)[:1]
            self.lower = head.islower()
        self.caseless = head > "\u0590" and head.isalpha() and not self.lower and not head.isupper()
        tail = text[-1]
        if tail in _CLOSERS:
            tail = text.rstrip(_CLOSERS)[-1:] or ":"
        self.ends = tail in _ENDS and not (tail == "." and text[text.rfind(" ") + 1 :] in _ABBREVIATIONS)
        self.open = not self.ends and tail not in _PAUSES

    @property
    def clause(self) -> bool:
        """Whether it ends in a semicolon, behind which a sentence always goes on."""
        return self.text[-1] in ";；"

    @property
    def hyphen(self) -> bool:
        """Whether it ends in a hyphen behind a letter."""
        return self.text[-1] in _HYPHENS and self.text[-2:-1].isalpha()

    @property
    def middle(self) -> bool:
        """Whether it ends where no sentence can: in a comma, an opening bracket, an article, an abbreviation."""
        if self.text[-1] in _MID_MARKS:
            return True
        word = self.text[self.text.rfind(" ") + 1 :]
        return word in _MID_WORDS or word in _ABBREVIATIONS


def read_lines(text: str) -> list[Line]:
    """The lines of a text, at any of the line ends that Unicode knows; linear in it."""
    raw = text.splitlines(keepends=True)
    marks = _marks(raw)
    lines = []
    indented = False
    at = 0
    for number, line in enumerate(raw):
        if marks and number in marks:
            found = _marked(line, at, *marks[number])
        else:
            words = line.strip()
            lead = 0
            if words and line[0] != words[0]:
                lead = len(line) - len(line.lstrip())
            found = Line(at + lead, at + lead, words, lead and _columns(line[:lead]), "", line[-1] == "\f")
        lines.append(found)
        indented = indented or found.indent > 0
        at += len(line)
    if indented:
        _take_indent_off(lines)
    if marks:
        _quote_stragglers(lines)
    if not text.isascii() and _WIDE().search(text):
        _widen(lines)
    return lines


_NO_MARKS = (0, "")


def _columns(white: str) -> int:
    return len(white.expandtabs(_TAB)) if "\t" in white else len(white)


def _marked(raw: str, at: int, skipped: int, marks: str) -> Line:
    """A line at ``at`` of the text, of which ``skipped`` characters are marks."""
    words = raw[skipped:]
    text = words.strip()
    start = at + len(raw) - len(raw.lstrip())
    if not text:
        return Line(start, at + len(raw[:skipped].rstrip()), text, 0, marks, raw[-1] == "\f")
    lead = len(words) - len(words.lstrip())
    return Line(start, at + skipped + lead, text, _columns(words[:lead]), marks, raw[-1] == "\f")


def _widen(lines: list[Line]) -> None:
    """Columns of lines with letters that take two; the first word of a script without spaces is a letter."""
    wide, spaceless = _WIDE(), _IS_SPACELESS()
    for line in lines:
        if not line.text.isascii():
            line.width += len(wide.findall(line.text))
            word = line.text[: line.word]
            begins = spaceless.search(word)
            if begins:
                word = word[: begins.end()]
            line.word = len(word) + len(wide.findall(word))


def _take_indent_off(lines: list[Line]) -> None:
    """Text that is indented throughout is text; what counts is indentation against the rest."""
    least: dict[str, int] = {}
    for line in lines:
        if line.text and least.get(line.marks, 1) > 0:
            least[line.marks] = min(line.indent, least.get(line.marks, line.indent))
    for line in lines:
        if line.text and line.indent:
            line.indent -= least[line.marks]


def _quote_stragglers(lines: list[Line]) -> None:
    """A line between two quoted ones that goes on in mid-sentence is quoted too: a mailer broke the line above it."""
    for above, line, below in zip(lines, lines[1:], lines[2:], strict=False):
        if above.marks.startswith(">") and above.text and above.open and line.lower and not line.marks:
            if below.marks == above.marks:
                line.marks = above.marks


def _marks(raw: list[str]) -> dict[int, tuple[int, str]]:
    """Of the lines that have marks: how many characters they take, and what they are."""
    heads = [line.lstrip()[:1] for line in raw]
    kinds = set(heads)
    found: dict[int, tuple[int, str]] = {}
    if not kinds.isdisjoint(_DIGITS):
        found = {at: (length, "") for at, length in _numbers(raw, heads)}
        if found:
            heads = [line[found.get(at, _NO_MARKS)[0] :].lstrip()[:1] for at, line in enumerate(raw)]
            kinds = set(heads)
    if ">" in kinds:
        found |= _quotes(raw, found)
        heads = [line[found.get(at, _NO_MARKS)[0] :].lstrip()[:1] for at, line in enumerate(raw)]
    elif any(">" in line[:4] for line in raw):
        found |= _quotes(raw, found)
    if not kinds.isdisjoint(_COMMENT_SIGNS):
        comments = _comments(raw, heads, found)
        if comments:
            found |= comments
            heads = [line[found.get(at, _NO_MARKS)[0] :].lstrip()[:1] for at, line in enumerate(raw)]
            found |= _comments(raw, heads, found)  # one inside another, as licences stand in licences
    return found


def _numbers(raw: list[str], heads: list[str]) -> Iterator[tuple[int, int]]:
    """Lines that a tool has numbered: index, and how many characters the number takes."""
    run: list[tuple[int, int]] = []
    expected, style, filled = -1, "", 0
    for at, head in enumerate([*heads, "."]):
        if not head:
            continue
        bare = raw[at].rstrip("\r\n\f\v") if head in _DIGITS else ""
        match = _NUMBER.match(bare) if bare else None
        own = (match[2].strip() or match[2]) if match else ""
        if match and run and int(match[1]) == expected and own in (style, ""):
            run.append((at, match.end()))
        else:
            if filled >= (_LEAST_NUMBERED_BY_BLANKS if style == "  " else _LEAST_NUMBERED):
                yield from run
            begins = match is not None and own and not (own == "|" and at and "|" in raw[at - 1])  # that is a table
            run, filled = ([(at, match.end())], 0) if match and begins else ([], 0)
            style = own
        if match and run:
            expected = int(match[1]) + 1
            filled += bool(bare[match.end() :].strip())


def _quotes(raw: list[str], known: dict[int, tuple[int, str]]) -> dict[int, tuple[int, str]]:
    """Lines of quotations, with a mark for each level."""
    matches = {}
    for at, line in enumerate(raw):
        skipped, _ = known.get(at, _NO_MARKS)
        match = _QUOTE.match(line, skipped)
        if match and not _DOCTEST.match(line, skipped):
            matches[at] = match
    found = {}
    for at, match in matches.items():
        # without a blank behind it, a single one may be anything
        if raw[at][match.end() - 1] == " " or not raw[at][match.end() :].strip() or {at - 1, at + 1} & matches.keys():
            found[at] = (match.end(), known.get(at, _NO_MARKS)[1] + ">" * match.group().count(">"))
    return found


def _comments(raw: list[str], heads: list[str], known: dict[int, tuple[int, str]]) -> dict[int, tuple[int, str]]:
    """Lines of comments in code: each with the same sign at the same column, and a sentence running over them."""
    found: dict[int, tuple[int, str]] = {}
    run: list[tuple[int, re.Match[str], str]] = []

    def settle() -> None:
        if len(run) > 1 and _is_comment(raw, run):
            found.update((at, (match.end(), name + match[1])) for at, match, name in run)
        run.clear()

    for at, head in enumerate(heads):
        if head not in _COMMENT_SIGNS:
            continue
        skipped, name = known.get(at, _NO_MARKS)
        match = _COMMENT.match(raw[at], skipped)
        if run and (match is None or run[-1][0] != at - 1 or not _same_sign(match, run[-1][1])):
            settle()
        if match is not None:
            run.append((at, match, name))
    settle()
    return found


def _same_sign(match: re.Match[str], other: re.Match[str]) -> bool:
    return match[1] == other[1] and (match[1] == "*" or match.start(1) == other.start(1))


def _is_comment(raw: list[str], run: list[tuple[int, re.Match[str], str]]) -> bool:
    """Whether lines that begin with one sign are one text behind it; else they may be headings or items of a list."""
    first, match, _ = run[0]
    if match[1] == "*":
        return first > 0 and raw[first - 1].lstrip("#/ ").startswith("*")
    words = [raw[at][match.end() :].strip() for at, match, _ in run]
    return any(
        len(above) >= _RUNNING_CHARS and above[-1].isalnum() and below[:1].islower()
        for above, below in itertools.pairwise(words)
    )


_RUNNING_CHARS = 25  # a shorter line is not broken for want of room
