"""Which kind of text a passage is, and which segmenter cuts it."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from laconic.exceptions import ConfigurationError
from laconic.kinds.code.detect import detect_language, known_language
from laconic.kinds.diff.segment import DiffSegmenter, looks_like_diff
from laconic.kinds.json.segment import JsonSegmenter, looks_like_json
from laconic.kinds.lines.segment import LineSegmenter
from laconic.kinds.log.segment import LogSegmenter, looks_like_log, looks_like_traceback
from laconic.kinds.prose.segment import ProseSegmenter
from laconic.kinds.table.segment import TableSegmenter, looks_like_table
from laconic.types import Passage, Segmenter

__all__ = ["KINDS", "detect_kind", "segmenter_for", "segmenter_of", "why_not_by_structure"]

_BY_SUFFIX = {
    ".csv": "csv",
    ".diff": "diff",
    ".geojson": "json",
    ".json": "json",
    ".jsonl": "json",
    ".log": "log",
    ".markdown": "markdown",
    ".md": "markdown",
    ".patch": "diff",
    ".tsv": "csv",
}

_PROSE = ProseSegmenter()


def _code() -> Segmenter:
    from laconic.kinds.code.segment import CodeSegmenter  # the parsers, where there is code

    return CodeSegmenter()


_SEGMENTERS: dict[str, Callable[[], Segmenter]] = {
    "prose": lambda: _PROSE,
    "markdown": lambda: _PROSE,
    "json": JsonSegmenter,
    "table": TableSegmenter,
    "csv": TableSegmenter,
    "log": LogSegmenter,
    "diff": DiffSegmenter,
    "code": _code,
    "lines": LineSegmenter,
}

KINDS = tuple(_SEGMENTERS)
"""The kinds of passage that have a segmenter. ``"lines"`` is code that cannot be parsed here."""

# In this order: a diff holds lines of anything, a log may hold JSON.
_LOOKS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("json", looks_like_json),
    ("diff", looks_like_diff),
    ("table", looks_like_table),
    ("log", looks_like_log),
    ("log", looks_like_traceback),
)

_CODE_LINE_ENDS = tuple("{}();:,=[]")
_CODE_SAMPLE_LINES = 60
_CODE_SHARE = 0.3
# Prose that quotes code breaks the grammar; a chunk cut out of a file hardly does.
_LEAST_FIDELITY = 0.9


def detect_kind(passage: Passage) -> str:
    """The passage's own ``kind`` where it has one, else a guess by its source's suffix, then by its text.

    Code comes out as ``"code"`` where its language is supported and its grammar is installed, else as ``"lines"``.

    Raises:
        ConfigurationError: the passage names a kind that does not exist.
    """
    if passage.kind is not None:
        if passage.kind not in _SEGMENTERS:
            raise ConfigurationError(f"passage kind {passage.kind!r} is not known: use one of {', '.join(KINDS)}")
        if passage.kind == "code" and why_not_by_structure(passage):
            return "lines"
        return passage.kind
    if passage.source:
        kind = _BY_SUFFIX.get(PurePosixPath(urlsplit(passage.source).path).suffix.lower())
        if kind:
            return kind
    text = passage.text
    if "\n" not in text and not passage.source and not passage.metadata and not passage.language:
        return "json" if looks_like_json(text) else "prose"  # every other kind is known by its lines
    for kind, looks_like in _LOOKS:
        if looks_like(text):
            return kind
    if _told_language(passage) is None and not _reads_as_code(passage):
        return "prose"
    return "code" if find_spec("tree_sitter") else "lines"


def segmenter_for(passage: Passage) -> Segmenter:
    """The segmenter that cuts ``passage``; see `detect_kind`."""
    return segmenter_of(detect_kind(passage))


def segmenter_of(kind: str) -> Segmenter:
    """The segmenter of a kind of `KINDS`."""
    return _SEGMENTERS[kind]()


def why_not_by_structure(passage: Passage) -> str | None:
    """Why a passage of code is cut at its lines instead of by its structure; None where it is not, or is no code."""
    language = _code_language(passage)
    if language is None:
        return f"no grammar for {passage.language or 'its language'}" if passage.kind == "code" else None
    if find_spec("tree_sitter") is None:
        return "parsing code needs: pip install 'laconic[code]'"
    return None


def _code_language(passage: Passage) -> str | None:
    """The programming language of a passage, None where it is no code."""
    return _told_language(passage) or detect_language(text=passage.text)


def _told_language(passage: Passage) -> str | None:
    """The programming language that the caller tells: by name, by path, in the metadata."""
    named = known_language(passage.language) if passage.language else None
    if named or not (passage.source or passage.metadata):
        return named
    return detect_language(passage.source, passage.metadata)


def _reads_as_code(passage: Passage) -> bool:
    """Whether a text of which nobody said so is code: by its lines, and where it can be parsed by that."""
    if not _may_be_code(passage.text):
        return False
    language = detect_language(text=passage.text)
    if language is None or find_spec("tree_sitter") is None:
        return language is not None
    from laconic.kinds.code.parse import ParseTimeoutError, parse_fragment

    try:
        return parse_fragment(passage.text, language).fidelity >= _LEAST_FIDELITY
    except ParseTimeoutError:
        return False


def _may_be_code(text: str) -> bool:
    """Whether many lines end as lines of code do; cheap, so that prose costs nothing."""
    if "\n" not in text:
        return False
    lines = [line for line in text.split("\n", _CODE_SAMPLE_LINES)[:_CODE_SAMPLE_LINES] if line.strip()]
    return sum(line.rstrip().endswith(_CODE_LINE_ENDS) for line in lines) >= _CODE_SHARE * len(lines)
