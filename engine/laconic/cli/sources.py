"""What the commands read: files, folders, patterns and standard input, as text."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from laconic._utils.unicode import shown
from laconic.cli.terminal import progress, say
from laconic.exceptions import ConfigurationError, InputError

if TYPE_CHECKING:
    from laconic.types import Passage

__all__ = ["STDIN", "read_passages", "read_text"]

STDIN = "-"
"""Standard input, as a source."""

_NAMED = 5  # files that a message names


def read_passages(sources: Sequence[str], encoding: str | None = None) -> list[Passage]:
    """The texts of some sources, one passage for each file; where there are several, its path stands before it.

    Args:
        sources: paths of files and folders, patterns, or ``"-"``.
        encoding: of all of them; told apart where None.

    Raises:
        InputError: a source is not there or cannot be read, or there is no text in any.
        ConfigurationError: there is no such encoding.
    """
    from laconic.types import Passage

    _check_encoding(encoding)
    files = [file for source in sources for file in _files(source)]
    several = len(files) > 1
    passages, left_out, guessed = [], [], []
    with progress("reading", wanted=several) as told:
        for at, (path, named) in enumerate(files):
            name = STDIN if path is None else _name(path)
            told(at, len(files), name)
            try:
                data = sys.stdin.buffer.read() if path is None else _bytes(path)
            except InputError:
                if named:
                    raise
                left_out.append(name)
                continue
            text = _decoded(data, encoding, name)
            if text is None:
                left_out.append(name)
                continue
            if encoding is None and _is_guessed(data, text):
                guessed.append(name)
            head = f"==> {'standard input' if path is None else shown(name, in_line=True)} <==\n" if several else ""
            own = None if path is None else name
            passages.append(Passage(text, id=own, source=own, head=head))
    if left_out:
        say(f"laconic: left out, not text or not readable: {_listed(left_out)}")
    if guessed:
        say(f"laconic: no UTF-8, read as Latin-1 (give --encoding): {_listed(guessed)}")
    if not passages:
        raise InputError(f"{', '.join(sources)}: there is no text in it: give files of text, or - for standard input")
    return passages


def read_text(source: str, encoding: str | None = None) -> str:
    """The text of one file or of standard input; raises what `read_passages` does."""
    if source != STDIN and Path(source).is_dir():
        raise InputError(f"{source} is a folder: give a file, or - for standard input")
    [passage] = read_passages([source], encoding)
    return passage.text


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")


def _files(source: str) -> Iterator[tuple[Path | None, bool]]:
    """The files of a source, and whether it names them: what is only found in a folder may be left out."""
    import glob

    path = Path(source)
    if source == STDIN:
        if sys.stdin.isatty():
            say("laconic: reading what you type; end it with Ctrl-D")
        yield None, True
    elif path.is_dir():
        for each in sorted(path.rglob("*")):
            if each.is_file() and not any(part.startswith(".") for part in each.relative_to(path).parts):
                yield each, False
    elif path.exists():
        yield path, True
    else:
        found = [Path(each) for each in sorted(glob.glob(source, recursive=True)) if Path(each).is_file()]
        if not found:
            raise InputError(f"{source}: there is no such file, folder or match")
        for each in found:
            yield each, False


def _name(path: Path) -> str:
    """A path as text, though it may be bytes that are none."""
    return os.fsencode(path.as_posix()).decode("utf-8", "replace")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error


def _check_encoding(encoding: str | None) -> None:
    try:
        "".encode(encoding or "utf-8")
    except (LookupError, ValueError) as error:
        raise ConfigurationError(
            f"--encoding is {encoding!r}: use one that Python knows, as utf-8 or cp1252"
        ) from error


def _decoded(data: bytes, encoding: str | None, name: str) -> str | None:
    from laconic.project.reading import decoded

    if encoding is None:
        return decoded(data)
    try:
        return data.decode(encoding)
    except UnicodeError as error:
        raise InputError(f"{name} is not {encoding}: {error}") from error


def _is_guessed(data: bytes, text: str) -> bool:
    """Whether nothing but that it reads as such says that a text is Latin-1."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return len(text) == len(data) and text == data.decode("latin-1")
    return False
