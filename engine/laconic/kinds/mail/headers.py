"""Headers of messages, as RFC 5322 has them and as mail programs write them above what they quote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Header", "header_end", "headers_of", "is_envelope", "is_identity", "role_of", "type_of"]

# What a header is for, by the names that mail programs give it.
_ROLES = {
    "from": "from von de da van från fra od",
    "date": "date sent datum gesendet envoyé fecha enviado data inviato enviada verzonden skickat sendt",
    "subject": "subject re betreff objet asunto oggetto assunto onderwerp ämne emne",
    "to": "to an à para a aan till til cc bcc kopie",
}
_ROLE_OF = {name: role for role, names in _ROLES.items() for name in names.split()}
_IDENTITY = frozenset(("from", "date", "subject"))

_HEADER = re.compile(r"(?:> ?){0,9}[ \t]?\*?([^\W\d_][\w-]{0,40})\*?[ \t]?:\*?(?:[ \t]|$)")
_FOLDED = re.compile(r"(?:> ?){0,9}[ \t]+\S")
_ENVELOPE = re.compile(r"From \S{1,200}\s+\w{3} \w{3}\s+\d{1,2} \d\d:\d\d")
_FIRST = frozenset(("Received", "Path", "Newsgroups", "Xref", "Organization", "Sender"))
_MOST_HEADERS = 400  # lines
_LEAST_ROLES = 2


class Header(NamedTuple):
    """One header with the lines that carry it on.

    Attributes:
        start, end: character span.
        name: in small letters.
        value: unfolded.
    """

    start: int
    end: int
    name: str
    value: str


def role_of(name: str) -> str | None:
    """``"from"``, ``"date"``, ``"subject"`` or ``"to"``; None for a header that does not tell people anything."""
    return _ROLE_OF.get(name)


def is_envelope(line: str) -> bool:
    """Whether a line begins a message in a mailbox file (mbox)."""
    return line.startswith("From ") and _ENVELOPE.match(line) is not None


def header_end(lines: Sequence[str], at: int) -> int:
    """Index behind the headers that begin at a line; ``at`` itself where they are not those of a message.

    They are where two of them say different things of who, to whom, when and about what: what it is about, or from
    whom and when or with an address.
    """
    match = _HEADER.match(lines[at])
    if match is None or not (match[1].lower() in _ROLE_OF or "-" in match[1] or match[1] in _FIRST):
        return at
    roles: set[str] = set()
    address = False
    end = at
    while end < len(lines) and end - at < _MOST_HEADERS:
        line = lines[end]
        match = _HEADER.match(line)
        if match is not None:
            role = role_of(match[1].lower())
            if role is not None:
                roles.add(role)
                address = address or "@" in line
        elif end == at or not _FOLDED.match(line):
            break
        end += 1
    known = "subject" in roles or ("from" in roles and ("date" in roles or address))
    return end if len(roles) >= _LEAST_ROLES and known else at


def headers_of(lines: Sequence[str], starts: Sequence[int], at: int, end: int) -> list[Header]:
    """The headers in lines ``at`` to ``end``, which begin at ``starts`` of the text."""
    found: list[Header] = []
    for place in range(at, end):
        line = lines[place]
        last = starts[place] + len(line.rstrip())
        match = _HEADER.match(line)
        if match is not None and not (found and line[:1] in " \t"):
            found.append(Header(starts[place], last, match[1].lower(), line[match.end() :].strip()))
        elif found:
            found[-1] = found[-1]._replace(end=last, value=f"{found[-1].value} {line.strip()}")
        elif line.strip():
            found.append(Header(starts[place], last, "", ""))
    return found


def is_identity(header: Header) -> bool:
    """Whether a header says which message it is: from whom, when, about what."""
    return role_of(header.name) in _IDENTITY


class Type(NamedTuple):
    """What a part of a message is.

    Attributes:
        media: ``"text/plain"``.
        encoding: ``"base64"``, ``"quoted-printable"`` or what else is told, in small letters.
        boundary: between the parts of a part, None where it has none.
    """

    media: str
    encoding: str
    boundary: str | None


def type_of(headers: Sequence[Header]) -> Type:
    """What the headers of a message or of a part say that it is; text where they do not."""
    from email.message import Message  # twenty modules, which most programs never need

    message = Message()
    for header in headers:
        if header.name.startswith("content-") and header.name not in message:
            message[header.name] = header.value
    try:
        boundary = message.get_boundary()
    except (ValueError, TypeError, LookupError):  # parameters that are none
        boundary = None
    encoding = str(message.get("content-transfer-encoding", "")).strip().lower()
    return Type(message.get_content_type(), encoding, boundary)
