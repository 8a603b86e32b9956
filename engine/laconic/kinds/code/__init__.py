"""Source code: fifteen languages, one walker, one table per language.

How `laconic.compress` takes code along; everything here costs nothing until it is called, and tree-sitter is
imported by the first parse:

- `detect_language` says whether a passage is code that can be parsed; `passage_language` does so for a `Passage`.
- `CodeSegmenter` (stage one) gives a flat row of segments: imports, statements, headers of classes, functions, types. A
  member ``requires`` its headers; closing braces belong to no segment and come back with the header.
- `laconic.score.code.CodeScorer` (stage two) wraps the scorer of everything else and spreads over the segments of code
  the probability that it gives them.
- `laconic.kinds.code.CodeRenderer` (stage four) renders a selection. Its ``render_cut`` is the fill cut: one more
  function, cut into whatever room is left.

Fragments work everywhere: a chunk from the middle of a class is parsed inside what may have stood around it
(`laconic.kinds.code.parse.parse_fragment`), and offsets stay those of the chunk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from laconic._lazy import lazily

if TYPE_CHECKING:
    from laconic.kinds.code.detect import detect_language, known_language
    from laconic.kinds.code.language import LANGUAGES
    from laconic.kinds.code.segment import CodeSegmenter, passage_language, read_passage

__all__ = ["LANGUAGES", "CodeSegmenter", "detect_language", "known_language", "passage_language", "read_passage"]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "LANGUAGES": "laconic.kinds.code.language",
        "CodeSegmenter": "laconic.kinds.code.segment",
        "detect_language": "laconic.kinds.code.detect",
        "known_language": "laconic.kinds.code.detect",
        "passage_language": "laconic.kinds.code.segment",
        "read_passage": "laconic.kinds.code.segment",
    },
)
