"""Source code: fifteen languages, one walker, one table per language.

How `laconic.compress` takes code along; everything here costs nothing until it is called, and tree-sitter is
imported by the first parse:

- `detect_language` says whether a passage is code that can be parsed; `passage_language` does so for a `Passage`.
- `CodeSegmenter` (stage one) gives a flat row of segments: imports, statements, headers of classes, functions, types. A
  member ``requires`` its headers; closing braces belong to no segment and come back with the header.
- `laconic.score.code.CodeScorer` (stage two) wraps the scorer of everything else and spreads over the segments of code
  the probability that it gives them.
- `laconic.render.code.CodeRenderer` (stage four) renders a selection. Its ``render_cut`` is the fill cut: one more
  function, cut into whatever room is left.

Fragments work everywhere: a chunk from the middle of a class is parsed inside what may have stood around it
(`laconic.segment.code.parse.parse_fragment`), and offsets stay those of the chunk.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from laconic.segment.code.detect import detect_language, known_language
    from laconic.segment.code.language import LANGUAGES
    from laconic.segment.code.segmenter import CodeSegmenter, passage_language, read_passage

__all__ = ["LANGUAGES", "CodeSegmenter", "detect_language", "known_language", "passage_language", "read_passage"]

_HOMES = {
    "LANGUAGES": "language",
    "CodeSegmenter": "segmenter",
    "detect_language": "detect",
    "known_language": "detect",
    "passage_language": "segmenter",
    "read_passage": "segmenter",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
