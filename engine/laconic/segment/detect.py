"""Which kind of text a passage is, and which segmenter cuts it."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import urlsplit

from laconic.exceptions import ConfigurationError
from laconic.segment.json import JsonSegmenter, looks_like_json
from laconic.segment.prose import ProseSegmenter
from laconic.types import Passage, Segmenter

__all__ = ["KINDS", "detect_kind", "segmenter_for"]

KINDS = ("prose", "markdown", "json")
"""The kinds of passage that have a segmenter."""

_BY_SUFFIX = {".json": "json", ".jsonl": "json", ".geojson": "json", ".md": "markdown", ".markdown": "markdown"}

_PROSE = ProseSegmenter()
_SEGMENTERS: dict[str, Segmenter] = {"prose": _PROSE, "markdown": _PROSE, "json": JsonSegmenter()}


def detect_kind(passage: Passage) -> str:
    """The passage's own ``kind`` where it has one, else a guess by its source's suffix, then by its text.

    Raises:
        ConfigurationError: the passage names a kind that does not exist.
    """
    if passage.kind is not None:
        if passage.kind not in _SEGMENTERS:
            raise ConfigurationError(f"passage kind {passage.kind!r} is not known: use one of {', '.join(KINDS)}")
        return passage.kind
    if passage.source:
        kind = _BY_SUFFIX.get(PurePosixPath(urlsplit(passage.source).path).suffix.lower())
        if kind:
            return kind
    return "json" if looks_like_json(passage.text) else "prose"


def segmenter_for(passage: Passage) -> Segmenter:
    """The segmenter that cuts ``passage``; see `detect_kind`."""
    return _SEGMENTERS[detect_kind(passage)]
