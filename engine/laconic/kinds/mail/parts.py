"""A mailbox, a message or a thread as parts: headers, what is written, quotations, signatures, attachments."""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from laconic.kinds.mail.headers import Header, header_end, headers_of, is_envelope, type_of

__all__ = ["Part", "attribution_end", "looks_like_mail", "parts_of"]

_QUOTED = re.compile(r"[ \t]{0,3}(?:>[ \t]?){1,99}")
# "On Monday, 3 May 2024 at 10:02, Ann Lee <ann@example.org> wrote:", and how other languages put it
_WROTE = re.compile(
    r"(?:wrote|writes|schrieb[^\n:]{0,120}|a écrit|escribió|ha scritto|escreveu"
    r"|schreef[^\n:]{0,120}|skrev[^\n:]{0,120})\s?:$"
)
_WROTE_LINES, _WROTE_CHARS = 3, 300
# "-----Original Message-----", "---------- Forwarded message ----------", "________________________________"
_SEPARATOR = re.compile(r"(?:-{3,}\s?[^\W\d_][^\d\n-]{3,40}\s?-{3,}|_{20,})$")
_BEGIN_FORWARDED = re.compile(
    r"(?:Begin forwarded message|Anfang der weitergeleiteten Nachricht|Début du message réexpédié):$"
)
_ANNOUNCES = frozenset("-_:")  # what such lines end in
_SIGNATURE = re.compile(r"--(?:=20)?$")
_SENT_FROM = re.compile(r"(?:Sent from|Sent via|Get Outlook for|Von meinem|Envoyé de mon|Enviado desde)\s[^\n]{2,60}$")
_RULE = re.compile(r"[_=*#-]{20,}$")
_FOOTER_LINES = 6
_FOOTER = re.compile(r"https?://|mailing list|unsubscribe|@", re.IGNORECASE)
_DISCLAIMER = re.compile(
    r"confidential|intended (?:only |solely )?for|privileged|vertraulich|confidentiel|confidencial|riservat",
    re.IGNORECASE,
)
_ADDRESSEE = re.compile(r"recipient|addressee|e-?mail|message|nachricht|destinatai?r|empfänger", re.IGNORECASE)
_DISCLAIMER_CHARS = 120
_ENCODED = re.compile(r"[A-Za-z0-9+/]{60,}={0,2}$")
_LEAST_ENCODED = 4  # lines, where no header tells
_UU = re.compile(r"begin [0-7]{3} \S")
_PGP_SIGNED = re.compile(r"-----BEGIN PGP SIGNED MESSAGE-----$")

_READABLE = ("text/", "multipart/", "message/")

_MARKS = (
    "\n>",
    "\n >",
    "---",
    "___",
    "message:",
    "Nachricht:",
    "message réexpédié:",
)  # one is in every mail that quotes another
# One of them is in whatever says who wrote or forwarded something, unless it goes over lines that end in "=".
_TELLING = ("wrote", "writes", "schrieb", "écrit", "escribió", "scritto", "escreveu", "schreef", "skrev", "---", "___",
            "message:", "Nachricht:", "réexpédié:")  # fmt: skip
_NAME_CHARS = 60
_SAMPLE_CHARS = 20_000
_SAMPLE_LINES = 300


class Part(NamedTuple):
    """Lines of one kind.

    Attributes:
        kind: ``"headers"``, ``"separator"``, ``"text"``, ``"quote"``, ``"attribution"``, ``"signature"``,
            ``"disclaimer"``, ``"attachment"``, ``"alternative"``.
        start, end: character span, without the white space around it.
        level: of quotation, 0 for what is not quoted.
        headers: of ``"headers"``, what it says.
        softly: whether lines go on behind an ``=`` (quoted-printable).
    """

    kind: str
    start: int
    end: int
    level: int
    headers: tuple[Header, ...] = ()
    softly: bool = False


def looks_like_mail(text: str) -> bool:
    """Whether a text is a message, or quotes one as mail programs do; a glance at its first lines."""
    head = text[:_SAMPLE_CHARS].lstrip()
    begins = ":" in head[:_NAME_CHARS] or head.startswith("From ")
    if not begins and not any(mark in head for mark in _MARKS):
        return False
    lines = [line.rstrip() for line in head.splitlines()[:_SAMPLE_LINES]]
    first = 0
    if begins and (is_envelope(lines[first]) or header_end(lines, first) > first):
        return True
    announcing = [at for at, line in enumerate(lines) if line[-1:] in _ANNOUNCES]
    if not announcing or not (any(word in head for word in _TELLING) or any(line[-1:] == "=" for line in lines)):
        return False
    return any(_quotes_mail(lines, at) for at in announcing)


def _quotes_mail(lines: list[str], at: int) -> bool:
    """Whether a line announces another message: who wrote what is quoted below, or a forwarded one's headers."""
    return attribution_end(lines, at) > at or (at > 0 and attribution_end(lines, at - 1) > at) or _separates(lines, at)


def _separates(lines: list[str], at: int) -> bool:
    """Whether a line parts a message from the headers of another one."""
    bare = _bare(lines[at])
    if _BEGIN_FORWARDED.match(bare):
        return True
    if not _SEPARATOR.match(bare):
        return False
    below = next((each for each in range(at + 1, min(at + 3, len(lines))) if _bare(lines[each])), None)
    return below is not None and header_end(lines, below) > below


def _bare(line: str) -> str:
    """A line without the marks of quotation."""
    match = _QUOTED.match(line)
    return line[match.end() if match else 0 :].strip()


def attribution_end(lines: list[str], at: int) -> int:
    """Index behind the line or lines that say who wrote what is quoted below; ``at`` where none does."""
    joined = ""
    for end in range(at, min(at + _WROTE_LINES, len(lines))):
        bare = _bare(lines[end])
        if not bare or len(joined) > _WROTE_CHARS:
            return at
        joined = joined[:-1] + bare if joined[-1:] == "=" else f"{joined} {bare}"
        if bare[-1] == ":" and _WROTE.search(joined[-160:]):
            tells = any(char.isdigit() or char == "@" for char in joined)
            below = next((lines[each] for each in range(end + 1, min(end + 3, len(lines))) if lines[each].strip()), "")
            deeper = _level(below) > _level(lines[at])
            return end + 1 if tells and deeper else at
    return at


def _level(line: str) -> int:
    match = _QUOTED.match(line)
    return match.group().count(">") if match else 0


def parts_of(text: str) -> Iterator[Part]:
    """The parts of a text, in order; every line that is not blank is in one. Linear in the text."""
    reader = _Reader(text)
    yield from reader.read()


class _Reader:
    """Reads parts off the lines, each line a fixed number of times."""

    def __init__(self, text: str) -> None:
        raw = text.splitlines(keepends=True)
        self.lines = [line.rstrip() for line in raw]
        self.starts: list[int] = []
        at = 0
        for line in raw:
            self.starts.append(at)
            at += len(line)
        self.uu_ends = [at for at, line in enumerate(self.lines) if line == "end"]
        self.pgp_ends = [at for at, line in enumerate(self.lines) if line.startswith("-----END PGP ")]
        self.boundaries: dict[str, str] = {}  # of messages and parts, with the media type of what they part
        self.type = type_of(())
        self.plain = False  # whether an alternative in plain text came before

    def read(self) -> Iterator[Part]:
        lines = self.lines
        at = 0
        while at < len(lines):
            line = lines[at]
            if not line:
                at += 1
                continue
            end = self._message_head(at)
            if end > at:
                yield from self._headers(at, end)
            elif (end := self._boundary(at)) > at:
                yield from self._part(at, end)
            elif self.type.encoding == "base64" or not self.type.media.startswith(_READABLE):
                end = self._until_structure(at)
                yield self._span("attachment", at, end)
            elif self.type.media == "text/html" and self.plain:
                end = self._until_structure(at)
                yield self._span("alternative", at, end)
            elif (end := self._encoded_end(at)) > at:
                yield self._span("attachment", at, end)
            elif (end := self._closing_end(at)) > at:
                yield self._span("signature", at, end)
            elif (end := attribution_end(lines, at)) > at:
                yield self._span("attribution", at, end)
            elif self._is_separator(at):
                end = at + 1
                yield self._span("separator", at, end)
            else:
                end = self._text_end(at)
                kind = "quote" if _level(line) else "text"
                if kind == "text" and self._is_disclaimer(at, end):
                    kind = "disclaimer"
                yield self._span(kind, at, end)
            at = end

    def _span(self, kind: str, at: int, end: int) -> Part:
        while not self.lines[end - 1]:
            end -= 1
        start = self.starts[at] + len(self.lines[at]) - len(self.lines[at].lstrip())
        softly = self.type.encoding == "quoted-printable"
        return Part(kind, start, self.starts[end - 1] + len(self.lines[end - 1]), _level(self.lines[at]), (), softly)

    def _message_head(self, at: int) -> int:
        """Index behind the headers of a message that begin here, behind a blank line or what announces them."""
        line = self.lines[at]
        if is_envelope(line) and (not at or not self.lines[at - 1]):
            return max(at + 1, header_end(self.lines, at + 1) if at + 1 < len(self.lines) else 0)
        if ":" not in line[:60]:
            return at
        above = self.lines[at - 1] if at else ""
        if above and not self._is_separator(at - 1) and _level(above) == _level(line) and _bare(above) != "":
            return at
        return header_end(self.lines, at)

    def _headers(self, at: int, end: int) -> Iterator[Part]:
        headers = tuple(headers_of(self.lines, self.starts, at, end))
        if is_envelope(self.lines[at]) or any(each.name.startswith(("content-", "mime-")) for each in headers):
            self.type = type_of(headers)  # headers above a quotation say nothing of how the text is written
            self.plain = False
        if self.type.boundary:
            self.boundaries["--" + self.type.boundary] = self.type.media
        yield self._span("headers", at, end)._replace(headers=headers)

    def _boundary(self, at: int) -> int:
        """Index behind a boundary and the headers of the part that it begins."""
        line = self.lines[at]
        if not self.boundaries or not line.startswith("--"):
            return at
        if line not in self.boundaries and line.removesuffix("--") not in self.boundaries:
            return at
        end = at + 1
        while end < len(self.lines) and self.lines[end] and not self.lines[end].startswith("--"):
            end += 1
        return end

    def _part(self, at: int, end: int) -> Iterator[Part]:
        headers = tuple(headers_of(self.lines, self.starts, at + 1, end))
        was_plain = self.type.media == "text/plain"
        alternative = self.boundaries.get(self.lines[at]) == "multipart/alternative"
        self.plain = alternative and (self.plain or was_plain)
        self.type = type_of(headers)
        if self.type.boundary:
            self.boundaries.setdefault("--" + self.type.boundary, self.type.media)
        yield self._span("separator", at, end)

    def _until_structure(self, at: int) -> int:
        """Index behind what is no text: the next boundary, or the next message of a mailbox."""
        end = at + 1
        while end < len(self.lines) and not self._boundary_or_envelope(end):
            end += 1
        return end

    def _boundary_or_envelope(self, at: int) -> bool:
        line = self.lines[at]
        if line.startswith("--") and (line in self.boundaries or line.removesuffix("--") in self.boundaries):
            return True
        return is_envelope(line) and not self.lines[at - 1]

    def _encoded_end(self, at: int) -> int:
        """Index behind what is encoded without a header that says so: base64, uuencode, PGP."""
        line = self.lines[at]
        end = at
        if line.startswith("begin ") and _UU.match(line):
            return self._closed_by(self.uu_ends, at)
        if line.startswith("-----BEGIN PGP ") and not _PGP_SIGNED.match(line):
            return self._closed_by(self.pgp_ends, at)
        while end < len(self.lines) and _ENCODED.match(self.lines[end]):
            end += 1
        if end - at < _LEAST_ENCODED:
            return at
        return end + 1 if end < len(self.lines) and self.lines[end] and " " not in self.lines[end] else end

    @staticmethod
    def _closed_by(ends: list[int], at: int) -> int:
        """Index behind the first of the closing lines below; ``at`` where none is."""
        place = bisect_right(ends, at)
        return ends[place] + 1 if place < len(ends) else at

    def _closing_end(self, at: int) -> int:
        """Index behind a signature that begins here, or the footer of a mailing list."""
        bare = _bare(self.lines[at])
        level = _level(self.lines[at])
        if _SIGNATURE.match(bare):
            return self._ends_at(at, level)
        if _SENT_FROM.match(bare):
            return at + 1
        if _RULE.match(bare) and bare[0] in "_=*#-":
            end = self._ends_at(at, level, 2 * _FOOTER_LINES)
            footer = [line for line in self.lines[at + 1 : end] if line]
            if end - at <= 2 * _FOOTER_LINES and 0 < len(footer) <= _FOOTER_LINES and any(map(_FOOTER.search, footer)):
                return end
        return at

    def _ends_at(self, at: int, level: int, most: int = sys.maxsize) -> int:
        """Index behind what is written at one level of quotation from a line on, of so many lines."""
        end = at + 1
        while end < len(self.lines) and end - at <= most:
            line = self.lines[end]
            if line and (_level(line) != level or self._begins_structure(end)):
                break
            end += 1
        return end

    def _begins_structure(self, at: int) -> bool:
        return (
            self._boundary_or_envelope(at)
            or self._is_separator(at)
            or self._encoded_end(at) > at
            or (not self.lines[at - 1] and self._message_head(at) > at)
        )

    def _is_separator(self, at: int) -> bool:
        return self.lines[at][-1:] in _ANNOUNCES and _separates(self.lines, at)

    def _text_end(self, at: int) -> int:
        """Index behind what is written at one level: up to a paragraph that is something else."""
        quoted = _level(self.lines[at]) > 0
        softly = self.type.encoding == "quoted-printable"
        end = at + 1
        while end < len(self.lines):
            line = self.lines[end]
            if line and not (softly and self.lines[end - 1].endswith("=")):
                if (_level(line) > 0) != quoted:
                    below = self.lines[end + 1] if end + 1 < len(self.lines) else ""
                    # a mailer broke a quoted line: its rest has no mark
                    if not (quoted and line[:1].islower() and self.lines[end - 1] and _level(below)):
                        break
                elif self._stops(end):
                    break
            end += 1
        return end

    def _stops(self, at: int) -> bool:
        if self._boundary_or_envelope(at) or self._is_separator(at) or attribution_end(self.lines, at) > at:
            return True
        if self._closing_end(at) > at or self._encoded_end(at) > at:
            return True
        if self.lines[at - 1]:
            return False
        return self._message_head(at) > at or self._begins_disclaimer(at)

    def _begins_disclaimer(self, at: int) -> bool:
        end = at
        while end < len(self.lines) and self.lines[end] and end - at < 40:
            end += 1
        return self._is_disclaimer(at, end)

    def _is_disclaimer(self, at: int, end: int) -> bool:
        paragraph = " ".join(self.lines[at : min(end, at + 40)])[:2000]
        return (
            len(paragraph) >= _DISCLAIMER_CHARS
            and _DISCLAIMER.search(paragraph) is not None
            and _ADDRESSEE.search(paragraph) is not None
        )
