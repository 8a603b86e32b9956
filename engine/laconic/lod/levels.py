"""Levels of detail: a source file from its full text down to one line.

=====  =====================================  =======================================================
level  what is kept                           parses
=====  =====================================  =======================================================
0      everything                             as the source
1      everything but comments                yes
2      signatures, documentation, constants   yes; a body becomes ``...``, ``{ /* … 12 lines */ }`` …
3      what the file declares, without        yes; long values are emptied
       documentation and imports
4      imports and names                      no: it is a list
5      path, one line of summary, exports     no: it is a line
=====  =====================================  =======================================================

No level of a file with any text is empty, and none is longer than one above it: what would say less than level 5 begins
with path and summary, what would be longer is shortened or gives way to the level above.

`LODExtractor` makes one level of one file; `laconic.lod.assembly` puts many files under a budget. `laconic.compress`
does not use fixed thresholds: it lets levels compete for the token budget.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from laconic.exceptions import ConfigurationError, MissingDependencyError, OptimizerError
from laconic.kinds.code.compose import compose
from laconic.kinds.code.detail import signatures, skeleton, without_comments
from laconic.kinds.code.detect import detect_language, known_language
from laconic.kinds.code.parse import ParsedCode, ParseTimeoutError, parse, parses_clean, require_grammar
from laconic.lod.outline import about, names_only, one_line
from laconic.telemetry import Figures, reported

__all__ = ["LEVELS", "FileLevels", "LODExtractor", "LODPiece", "TraceNodes"]

LEVELS = 6


@dataclass(frozen=True)
class LODPiece:
    """One file at one level.

    Attributes:
        text: the rendering.
        lod: the level that it has; lower than what was asked for where that could not be made.
        path: of the file, where one was given.
        language: laconic's name, None where it is not supported.
        input_chars, output_chars: length of the source and of ``text``.
        fallback: True where the language is not supported or the parser did not come back; ``lod`` is then 0.
        score: retrieval score, in an assembled context.
    """

    text: str
    lod: int
    path: str | None
    language: str | None
    input_chars: int
    output_chars: int
    fallback: bool = False
    score: float | None = None

    @property
    def compression_ratio(self) -> float:
        """Input over output characters; 1.0 of an empty file, ``inf`` of an empty rendering."""
        if self.output_chars:
            return self.input_chars / self.output_chars
        return float("inf") if self.input_chars else 1.0

    @property
    def source_path(self) -> str | None:
        """``path`` under the name that SourcePrep documents."""
        return self.path


class TraceNodes(Protocol):
    """What is known of files without parsing them; `laconic.project.ProjectIndex` is one."""

    def level(self, path: str, lod: int) -> LODPiece:
        """A file at a level; raises as `LODExtractor.extract`."""


def _figures(piece: LODPiece) -> Figures:
    return Figures(characters_in=piece.input_chars, characters_out=piece.output_chars, is_fallback=piece.fallback)


class LODExtractor:
    """Makes levels of detail. Holds no state; files are parsed once and kept in a bounded cache."""

    @reported("LODExtractor", _figures)
    def extract(
        self, source: str, lod: int, path: str | TraceNodes | None = None, language: str | None = None
    ) -> LODPiece:
        """One level of one file.

        Args:
            source: its text; with an index, its path.
            lod: 0–5.
            path: names the file in levels 4 and 5, and tells its language. An index instead, as SourcePrep's third
                argument ``trace_nodes``: the level is taken from it, and nothing is parsed.
            language: tells its language where the path does not; a wrong one gives a poor level, never an error.

        Returns:
            The piece. Levels 1–3 of a source that parses parse too (a level that would not gives way to the one above
            it). Source in an unsupported language comes back whole, as level 0 with ``fallback``. A level is never
            longer than one above it, and empty only where the source has no text.

        Raises:
            ConfigurationError: ``lod`` is no level.
            InputError: the index does not know the path.
            OptimizerError: the language is supported but tree-sitter or its grammar is not installed; the message says
                how to install it.
        """
        if path is not None and not isinstance(path, str):
            return path.level(source, lod)
        if isinstance(lod, bool) or not isinstance(lod, int) or not 0 <= lod < LEVELS:
            raise ConfigurationError(f"lod is {lod!r}: it must be a level from 0 (everything) to 5 (one line)")
        return FileLevels(source, path, language).piece(lod)


class FileLevels:
    """The levels of one file, each made when it is first asked for and only once.

    Args:
        source, path, language: see `LODExtractor.extract`.
        score: of the retriever, for the pieces.
    """

    def __init__(
        self, source: str, path: str | None = None, language: str | None = None, score: float | None = None
    ) -> None:
        self.source = source
        self.path = path
        self.score = score
        self._language = (known_language(language) if language else None) or detect_language(path=path, text=source)
        self._texts: dict[int, str | None] = {}

    def piece(self, lod: int) -> LODPiece:
        """The file at a level; see `LODExtractor.extract`."""
        if lod == 0:
            return self._piece(self.source, 0)
        if self._parsed is None:
            return self._piece(self.source, 0, fallback=True)
        for level in range(lod, 0, -1):
            text = self._text(level, self._parsed)
            if text is not None and len(text) <= self._most(level, self._parsed):
                return self._piece(text, level)
        return self._piece(self.source, 0)

    def _most(self, level: int, parsed: ParsedCode) -> int:
        """Characters that a level may have: those of the shortest level above it."""
        texts = (self._text(above, parsed) for above in range(1, level))
        return min(len(text) for text in (self.source, *(text for text in texts if text is not None)))

    def _piece(self, text: str, lod: int, *, fallback: bool = False) -> LODPiece:
        return LODPiece(
            text, lod, self.path, self._language, len(self.source), len(text), fallback=fallback, score=self.score
        )

    @cached_property
    def _parsed(self) -> ParsedCode | None:
        """None where the language is not supported or the parser did not come back."""
        if self._language is None:
            return None
        try:
            require_grammar(self._language)
            return parse(self.source, self._language)
        except MissingDependencyError as error:
            raise OptimizerError(str(error)) from error
        except ParseTimeoutError:
            return None

    def _text(self, level: int, parsed: ParsedCode) -> str | None:
        """A level below full, None where it would not parse."""
        if level not in self._texts:
            text = _render(parsed, level, self.path)
            if level == 2 and text is not None and len(text) > len(self._text(1, parsed) or self.source):
                text = _render(parsed, level, self.path, brief=True)
            self._texts[level] = text
        return self._texts[level]


_EDITS = {1: without_comments, 2: signatures, 3: skeleton}


def _render(parsed: ParsedCode, level: int, path: str | None, *, brief: bool = False) -> str | None:
    """One level, None where it should parse and does not; ``brief`` cuts its documentation to first paragraphs."""
    if level == 4:
        return names_only(parsed, path)
    if level == 5:
        return one_line(parsed, path)
    text = compose(parsed, signatures(parsed, brief=True) if brief else _EDITS[level](parsed)).text.strip("\r\n")
    if len(text) < len(parsed.text):
        text = _with_summary(text, parsed, path)
    text = text + parsed.newline
    if parsed.clean and not parses_clean(text, parsed.language.name):
        return None
    return text


def _with_summary(text: str, parsed: ParsedCode, path: str | None) -> str:
    """A level with a comment that says what the file is, where it would say less than the line of level 5."""
    line = one_line(parsed, path)
    prologue = parsed.language.prologue.strip()
    body = text.removeprefix(prologue).strip() if prologue else text
    if len(body.strip()) >= len(line):
        return text
    said = line if not any(char.isalnum() for char in body) else about(parsed, path)
    parts = [prologue, f"{parsed.language.line_comment} {said}" if said else "", body if body.strip() else ""]
    return parsed.newline.join(part for part in parts if part)
