"""The table of kinds, in the order in which a text is recognised; the one place that lists them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import NamedTuple
from urllib.parse import urlsplit

from laconic.exceptions import ConfigurationError
from laconic.kinds.blocks.kind import BLOCKS
from laconic.kinds.code.kind import CODE
from laconic.kinds.columns.kind import COLUMNS
from laconic.kinds.diff.kind import DIFF
from laconic.kinds.html.kind import HTML
from laconic.kinds.json.kind import JSON, LITERAL
from laconic.kinds.kind import Kind
from laconic.kinds.lines.kind import LINES
from laconic.kinds.log.kind import LOG, TRACEBACK
from laconic.kinds.mail.kind import MAIL
from laconic.kinds.markdown.kind import MARKDOWN
from laconic.kinds.prose.kind import PROSE
from laconic.kinds.settings.kind import SETTINGS
from laconic.kinds.shell.kind import SHELL
from laconic.kinds.table.kind import TABLE
from laconic.kinds.transcript.kind import TRANSCRIPT
from laconic.kinds.xml.kind import XML
from laconic.kinds.yaml.kind import YAML
from laconic.types import Passage, Segmenter

__all__ = ["KINDS", "KIND_NAMES", "UNREAD", "Recognised", "kind_named", "recognise", "recognise_part", "segmenter_for"]

KINDS: tuple[Kind, ...] = (
    LITERAL, JSON, MAIL, DIFF, TABLE, TRANSCRIPT, COLUMNS, SHELL, LOG, TRACEBACK, CODE, HTML, XML, SETTINGS, YAML,
    BLOCKS, MARKDOWN, LINES, PROSE,
)  # fmt: skip
"""In this order: a diff holds lines of anything, a log may hold JSON, code may read as YAML does (``else:``); what
nothing recognises is prose."""

_BY_NAME = {name: kind for kind in KINDS for name in (kind.name, *kind.aliases)}
_CERTAIN = tuple((kind, kind.surely) for kind in KINDS if kind.surely is not None)
_BY_SUFFIX = {suffix: kind for kind in KINDS for suffix in kind.suffixes}

UNREAD = LINES
"""What a passage is cut as of which no more than its lines can be looked at."""

KIND_NAMES = tuple(_BY_NAME)
"""What `laconic.types.Passage.kind` may be."""


class Recognised(NamedTuple):
    """The kind that a passage is cut as, and why that is a simpler one than it is of (None where it is not)."""

    kind: Kind
    fallback: str | None = None


def kind_named(name: str) -> Kind:
    """The kind of a name.

    Raises:
        ConfigurationError: there is none; the message lists the names.
    """
    kind = _BY_NAME.get(name)
    if kind is None:
        raise ConfigurationError(f"passage kind {name!r} is not known: use one of {', '.join(KIND_NAMES)}")
    return kind


def recognise(passage: Passage) -> Recognised:
    """The passage's own ``kind`` where it has one, else a guess by its source's suffix, then by its text.

    Raises:
        ConfigurationError: the passage names a kind that does not exist.
    """
    kind = kind_named(passage.kind) if passage.kind is not None else _guessed(passage)
    stand_in = kind.instead(passage) if kind.instead is not None else None
    if stand_in is None:
        return Recognised(kind)
    name, why = stand_in
    return Recognised(kind_named(name), why)


def recognise_part(passage: Passage) -> Recognised:
    """The kind of a part of another text: what it is called, where it reads as that, else what it looks like.

    Args:
        passage: the part; ``kind`` where the text around is sure, ``language`` what that calls it (the word behind a
            fence's mark), which may be a kind, a suffix or a programming language.

    Returns:
        Lines where it is nothing for certain: what stands in a fence or indented is hardly prose. A language that is
        not known here is not taken for another one.
    """
    if passage.kind is not None:
        return recognise(passage)
    tag = (passage.language or "").lower()
    named = _BY_NAME.get(tag) or _BY_SUFFIX.get(f".{tag}") or next((k for k in KINDS if tag and k.told(passage)), None)
    if named is not None:
        return recognise(replace(passage, kind=named.name)) if named.holds_part(passage) else Recognised(LINES)
    sure = (kind for kind in KINDS if not (tag and kind is CODE) and kind.is_one(passage.text))
    return Recognised(next(sure, LINES))


def segmenter_for(passage: Passage) -> Segmenter:
    """What cuts ``passage``; see `recognise`."""
    return recognise(passage).kind.segmenter(None)


def _guessed(passage: Passage) -> Kind:
    if passage.source:
        kind = _BY_SUFFIX.get(PurePosixPath(urlsplit(passage.source).path).suffix.lower())
        if kind is not None:
            return kind
    text = passage.text
    has_lines = "\n" in text
    if has_lines:
        for kind, surely in _CERTAIN:
            if surely(text) and not kind.inside(text):
                return kind
    says_more = bool(passage.source or passage.metadata or passage.language)
    for kind in KINDS:
        if says_more and kind.told(passage):
            return kind
        if (has_lines or kind.one_line) and kind.looks_like(text) and not kind.inside(text):
            return kind
    return KINDS[-1]
