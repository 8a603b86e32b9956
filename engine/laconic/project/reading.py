"""The text of a file, or why it is not read as one."""

from __future__ import annotations

import codecs
import re
from pathlib import PurePosixPath

__all__ = ["decoded", "unfit"]

_SAMPLE = 8192
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark begins it
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_COOKIE = re.compile(rb"^[ \t\f]*(?:#|//|--|;).*?coding[:=][ \t]*([-\w.]+)")  # PEP 263, which editors follow
_CONTROLS = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f]")
_MANY_CONTROLS = 0.01

_COMMENT = re.compile(r"\s*(?://|/\*|\*|#|--|<!--|;|'|\"\"\"|=begin)")
_HEAD_LINES, _HEAD_CHARS = 20, 2000
_PACKED = frozenset(".js .mjs .cjs .css .json .html .htm .svg .xml .ts .map".split())
# Not tuned: nobody writes half of a file in lines of a thousand characters, and packers hardly write anything else.
_LONG_LINE, _LONG_LINES_SHARE = 1000, 0.5


def decoded(data: bytes) -> str | None:
    """The text of a file's bytes; None where it is binary.

    By its byte order mark; as UTF-8; by the encoding that one of its first two lines names (PEP 263); else as Latin-1,
    where it has next to no control characters. Binary is what has a NUL byte in its first 8 kB and no mark, as git
    says it. Line breaks stay as they are.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _as(data, encoding)
    if b"\0" in data[:_SAMPLE]:
        return None
    text = _as(data, "utf-8")
    if text is not None:
        return text
    for line in data[:_SAMPLE].split(b"\n")[:2]:
        cookie = _COOKIE.match(line)
        if cookie:
            text = _as(data, cookie.group(1).decode("ascii", "replace"))
            if text is not None:
                return text
    if len(_CONTROLS.findall(data)) > _MANY_CONTROLS * len(data):
        return None
    return data.decode("latin-1")


def _as(data: bytes, encoding: str) -> str | None:
    try:
        text = data.decode(encoding)
        text.encode()  # a codec that is no encoding of text, or that makes lone surrogates
    except (UnicodeError, LookupError, ValueError, AttributeError, TypeError):
        return None
    return text


def unfit(path: str, text: str) -> str | None:
    """Why a text is not worth indexing: ``"generated"`` or ``"minified"``; None where it is."""
    if PurePosixPath(path).suffix.lower() in _PACKED and _is_packed(text):
        return "minified"
    head = text[:_HEAD_CHARS].split("\n", _HEAD_LINES)[:_HEAD_LINES]
    return "generated" if any(_COMMENT.match(line) and _is_mark(line.lower()) for line in head) else None


def _is_mark(comment: str) -> bool:
    return "@generated" in comment or ("generated" in comment and "do not " in comment)


def _is_packed(text: str) -> bool:
    """Whether most of a text stands in very long lines."""
    if len(text) < _LONG_LINE:
        return False
    return sum(len(line) for line in text.splitlines() if len(line) > _LONG_LINE) > _LONG_LINES_SHARE * len(text)
