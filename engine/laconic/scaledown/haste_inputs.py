"""What `HasteOptimizer` is given, as named texts with their languages."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from laconic._utils.unicode import check_unicode
from laconic.exceptions import MissingDependencyError, OptimizerError
from laconic.kinds.code.detect import detect_language
from laconic.kinds.code.parse import ParsedCode, ParseTimeoutError, parse_fragment

__all__ = ["SourceFile", "read_sources"]

PathLike = str | os.PathLike[str]


@dataclass(frozen=True)
class SourceFile:
    """One source of a call.

    Attributes:
        name: its path where the caller gave one, else None.
        text: its text.
        parsed: its tree; None where the language is not supported or the parser did not come back in time.
    """

    name: str | None
    text: str
    parsed: ParsedCode | None


def read_sources(context: Any, file_path: PathLike | Sequence[PathLike] | None) -> list[SourceFile]:
    """Read and parse what the caller gave; see `laconic.optimizer.HasteOptimizer.optimize`.

    Raises:
        OptimizerError: a path is missing, a directory or no UTF-8 text; the context is no text; names and texts do not
            match in number; or a grammar is not installed.
        InputError: a text is not Unicode.
    """
    names = _names(file_path)
    items = _items(context)
    if not items:
        if not names:
            raise OptimizerError("there is no context and no file_path: give source text, or the path of a source file")
        items = [Path(name) for name in names]
    elif names and len(names) != len(items):
        raise OptimizerError(f"there are {len(items)} texts and {len(names)} paths: give one file_path for each text")
    named: list[str | None] = [*names] or [None] * len(items)
    return [_source(item, name) for item, name in zip(items, named, strict=True)]


def _names(file_path: PathLike | Sequence[PathLike] | None) -> list[str]:
    if file_path is None:
        return []
    if isinstance(file_path, (str, os.PathLike)):
        return [os.fspath(file_path)]
    return [os.fspath(path) for path in file_path]


def _items(context: Any) -> list[str | os.PathLike[str]]:
    """The texts and paths of a context; blank strings count as no context."""
    if context is None or (isinstance(context, str) and not context.strip()):
        return []
    if isinstance(context, str):
        check_unicode(context, "context")
    if isinstance(context, (str, os.PathLike)):
        return [context]
    if not isinstance(context, Sequence) or isinstance(context, (bytes, bytearray)):
        raise OptimizerError(
            f"context is a {type(context).__name__}: give source text, a path (pathlib.Path), or a list of them"
        )
    for at, item in enumerate(context):
        if not isinstance(item, (str, os.PathLike)):
            raise OptimizerError(f"context[{at}] is a {type(item).__name__}: give source text or a pathlib.Path")
        if isinstance(item, str):
            check_unicode(item, f"context[{at}]")
    return list(context)


def _source(item: str | os.PathLike[str], name: str | None) -> SourceFile:
    if isinstance(item, str):
        text = item
    else:
        name = name or os.fspath(item)
        text = _read(Path(item))
    language = detect_language(path=name, text=text)
    if language is None:
        return SourceFile(name, text, None)
    try:
        return SourceFile(name, text, parse_fragment(text, language))
    except MissingDependencyError as error:
        raise OptimizerError(str(error)) from error
    except ParseTimeoutError:
        return SourceFile(name, text, None)


def _read(path: Path) -> str:
    if path.is_dir():
        raise OptimizerError(f"{str(path)!r} is a directory: give the paths of its source files")
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise OptimizerError(
            f"there is no file {str(path)!r}: check the path, or pass the source as context"
        ) from error
    except UnicodeDecodeError as error:
        raise OptimizerError(
            f"{str(path)!r} is not UTF-8 text (byte {error.start}): decode it and pass the text as context"
        ) from error
    except OSError as error:
        raise OptimizerError(
            f"{str(path)!r} cannot be read ({error.strerror}): check it, or pass the source"
        ) from error
