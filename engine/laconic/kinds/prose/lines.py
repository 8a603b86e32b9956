"""A text as lines, each told apart from what stands before its words, and what its edges tell."""

from __future__ import annotations

from laconic.kinds.prose.marks import find_marks
from laconic.unicode import SPACELESS, compiled_late

__all__ = ["Line", "read_lines"]

_TAB = 4  # columns; what Markdown says, and most editors

_ENDS = frozenset(".!?…。！？।؟۔")
_PAUSES = frozenset(":;：；")
_CLOSERS = "\"'”’»)]}*_`~>」』）】"
_OPENERS = "\"'“‘«([{*_`~„「『（【"
_HYPHENS = "-\u00ad\u2010"
# Words that no sentence and no title ends in: what follows them carries them on.
_MID_WORDS = frozenset(
    "the a an of and or with by for from their its his her our your der das und ein eine einen einer dem den des mit "
    "von le les de du et un une au aux el los las del y una il di della con o os do da em um uma het een en van".split()
)
_ABBREVIATIONS = frozenset(
    "e.g. i.e. (e.g. (i.e. cf. (cf. vs. viz. approx. Dr. Mr. Mrs. Ms. St. Fig. Figs. (Fig. No. Nos. Vol. pp. p. (p. "
    "Sec. Ch. Eq. Art. Nr. Abs. z.B. d.h. bzw.".split()
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
    marks = find_marks(raw)
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
        if line.lower and not line.marks and above.open and above.marks[:1] == ">" and below.marks == above.marks:
            line.marks = above.marks
