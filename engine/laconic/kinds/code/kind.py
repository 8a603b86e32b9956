"""Source code: definitions and statements, ranked by the model for code, written so that it still parses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from laconic.kinds.code.detect import (
    LEAST_FIDELITY,
    code_lines,
    detect_language,
    known_language,
    likeliest_language,
    opening_language,
    passage_language,
    told_language,
)
from laconic.kinds.kind import Kind, SegmentRule
from laconic.kinds.lines.segment import PROMPT
from laconic.kinds.pasted import has_fence
from laconic.types import Passage, Renderer, ScoreStep, Segment, Segmenter, Span, TokenCounter

__all__ = ["CODE"]

# Of the lines of a text that may be code, and of one that is code though no language has left its signs in it.
_SHARE, _CODE_SHARE = 0.3, 0.7
_ENDED_SHARE, _LEAST_LINES = 0.25, 3  # of its lines end a statement
_LEAST_TOLD = 0.5  # share that a grammar must read of what is said to be in its language
_LONG_LINES, _LONG_CHARS = 60, 200_000
_COMPONENTS = {".vue": "Vue", ".svelte": "Svelte", ".astro": "Astro"}
_READ = 0.98  # share of it that a grammar must read


def _segmenter(counter: TokenCounter | None) -> Segmenter:
    from laconic.kinds.code.segment import CodeSegmenter  # the parsers, where there is code

    return CodeSegmenter(counter)


def _renderer() -> Renderer:
    from laconic.kinds.code.render import CodeRenderer

    return CodeRenderer()


def _companions(
    passage: Passage, segments: Sequence[Segment], levels: Sequence[int], shown: Sequence[Span]
) -> Iterable[int]:
    from laconic.kinds.code.companions import declarations_used

    return declarations_used(passage, segments, levels, shown)


def _steps() -> tuple[ScoreStep, ...]:
    from laconic.score.code.step import CodeStep

    return (CodeStep(),)


def _told(passage: Passage) -> bool:
    """Whether the caller says so: by the language's name, by path, in the metadata."""
    return told_language(passage) is not None or _several_languages(passage) is not None


def _several_languages(passage: Passage) -> str | None:
    """What a file is called that holds several languages, none of which is the others' frame; None of any other."""
    suffix = PurePosixPath(urlsplit(passage.source).path).suffix.lower() if passage.source else ""
    return _COMPONENTS.get(suffix)


def _opens_as_code(text: str) -> bool:
    """Whether a text begins with a definition as one language alone writes it, and parses as that."""
    return opening_language(text) is not None


def _looks_like_code(text: str) -> bool:
    """Whether a text of which nobody said so is code: by how it opens; else by its lines, and the parse by those."""
    if _opens_as_code(text):
        return True
    share, ended = code_lines(text)
    if share < _SHARE and text.count("\n", 0, _LONG_CHARS) >= _LONG_LINES:
        # A long list of imports or much documentation may stand at the top.
        share, ended = max(code_lines(text[len(text) * part // 4 :]) for part in (2, 3))
    if share < _SHARE:
        return False
    language = detect_language(text=text)
    if language is None:
        return (
            text.count("\n") >= _LEAST_LINES
            and share >= _CODE_SHARE
            and ended >= _ENDED_SHARE
            and likeliest_language(text, least=_READ) is not None
        )
    from laconic.kinds.code.parse import ParseTimeoutError, missing_package, parse_fragment

    if missing_package(language) is not None:
        return True
    if share >= _CODE_SHARE and ended >= _ENDED_SHARE and text.count("\n") >= _LEAST_LINES:
        return True  # a macro, or a mark of a merge, may keep a grammar from reading all of a file
    try:
        return parse_fragment(text, language).fidelity >= LEAST_FIDELITY
    except ParseTimeoutError:
        return False


def _fits(passage: Passage) -> bool:
    """Whether what is called code of a language is no session at a prompt, and parses as that."""
    if PROMPT.match(passage.text):
        return False
    from laconic.exceptions import MissingDependencyError
    from laconic.kinds.code.parse import ParseTimeoutError, parse_fragment

    language = known_language(passage.language) if passage.language else None
    try:
        return language is None or parse_fragment(passage.text, language).fidelity >= LEAST_FIDELITY
    except MissingDependencyError:
        return True
    except ParseTimeoutError:
        return False


def _by_lines(passage: Passage) -> tuple[str, str] | None:
    """Where it cannot be cut by its structure: the kind that cuts it by its lines, and why."""
    component = _several_languages(passage)
    if component is not None:
        return "lines", f"no grammar for {component}"
    language = passage_language(passage)
    if language is None:
        return "lines", f"no grammar for {passage.language or 'its language'}"
    from laconic.kinds.code.parse import missing_package
    from laconic.kinds.code.segment import read_passage
    from laconic.kinds.code.units import defines

    missing = missing_package(language)
    if missing is not None:
        return "lines", str(missing)
    parsed = read_passage(passage)
    if parsed is None:
        return "lines", "the parser gave up on a passage of code"
    told = told_language(passage)
    if told is not None and told != language:
        return "code", f"a passage that was called {told} was read as {language}"
    if told is not None and parsed.fidelity < _LEAST_TOLD and not defines(parsed):
        return "lines", f"a passage that was called {told} cannot be read as that"
    return None


# A function ten times as long as another rarely answers ten times as well: chosen on development questions over code.
_DEFINITION = SegmentRule(steep_from=30.0)

CODE = Kind(
    name="code",
    example="import math\n\nMETRES = 330\n\n\nclass Tower:\n    # of iron\n    def height(self):\n"
    "        return METRES\n\n    def paint(self, tonnes):\n        # every seven years\n"
    "        for _ in range(tonnes):\n            self.brush()\n"
    "        return math.ceil(tonnes)\n\n\ndef visitors(steps):\n    return steps // 674\n",
    segmenter=_segmenter,
    renderer=_renderer,
    told=_told,
    looks_like=_looks_like_code,
    surely=_opens_as_code,
    inside=has_fence,
    rules={
        "function": replace(_DEFINITION, cuttable=True, same_words_differ=True),
        "type": _DEFINITION,
        "statement": SegmentRule(same_words_differ=True),
        "line": SegmentRule(same_words_differ=True),
    },
    steps=_steps,
    frames=True,
    plans_levels=True,
    fits=_fits,
    whole_part=1200,  # an example of a screen is one thing to a reader: statements out of it say little
    instead=_by_lines,
    companions=_companions,
)
