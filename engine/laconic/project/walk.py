"""Which files of a source tree are looked at: ``.gitignore``, hidden, vendored and made by other programs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from laconic.exceptions import ConfigurationError, InputError, MissingDependencyError
from laconic.project.types import Skipped

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

__all__ = ["Found", "Walk", "walk"]

_VENDORED = frozenset(
    "node_modules bower_components jspm_packages vendor third_party third-party thirdparty site-packages "
    "dist-packages Pods Carthage deps_external".split()
)
_BUILT = frozenset("__pycache__ venv virtualenv htmlcov DerivedData".split())
_GENERATED = frozenset(
    "package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock composer.lock Gemfile.lock Cargo.lock "
    "poetry.lock Pipfile.lock uv.lock pdm.lock go.sum pubspec.lock Package.resolved Podfile.lock mix.lock".split()
)
_GENERATED_ENDINGS = (
    "_pb2.py", "_pb2_grpc.py", "_pb2.pyi", ".pb.go", ".pb.cc", ".pb.h", ".pb.swift", ".pb.dart", ".g.dart",
    ".freezed.dart", ".g.cs", ".designer.cs", ".generated.cs", ".js.map", ".css.map",
)  # fmt: skip
_MINIFIED_ENDINGS = (".min.js", ".min.mjs", ".min.css")


@dataclass(frozen=True)
class Found:
    """A file to look at: its name in the index, where it lies, what the file system says of it."""

    path: str
    place: str
    size: int
    mtime_ns: int


@dataclass
class Walk:
    """What a walk met.

    Attributes:
        files: in order of their names, folder by folder.
        skipped: files and folders (their names end in ``/``) that were left out.
        unread: names of folders that could not be listed, ending in ``/``: what is below them is not known.
    """

    files: list[Found] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Rules:
    """The patterns of one place: they speak of names below ``folder`` (ends in ``/``, empty for the root)."""

    folder: str
    spec: GitIgnoreSpec
    reason: str

    def says(self, path: str) -> bool | None:
        """True to leave out, False to take in, None where nothing is said."""
        return self.spec.check_file(path[len(self.folder) :]).include


def walk(root: Path, include: Sequence[str] = (), exclude: Sequence[str] = (), *, own: Path | None = None) -> Walk:
    """The files of a tree, without reading any.

    Args:
        root: an existing folder.
        include: patterns in the notation of ``.gitignore``; where there are any, only files that match are taken.
        exclude: further patterns, which come after those of the ``.gitignore`` files: ``!vendor/`` takes in what would
            be left out.
        own: path of the index, which is left out with the files beside it that SQLite makes.

    Returns:
        The files. Symbolic links are not followed: what they point to inside the root is met at its own place. What is
        in ignored, hidden and vendored folders is not listed; the folder is, once. Names that are no UTF-8 have their
        odd bytes written as escapes.

    Raises:
        InputError: the root is no folder or cannot be listed.
        ConfigurationError: a pattern cannot be read.
        MissingDependencyError: pathspec is not installed.
    """
    asked = [_Rules("", _spec(exclude, "exclude"), "excluded")] if exclude else []
    wanted = _spec(include, "include") if include else None
    result = Walk()
    folders: list[tuple[str, str, list[_Rules]]] = [("", str(root), [])]
    while folders:
        folder, place, rules = folders.pop()
        try:
            entries = sorted(os.scandir(place), key=lambda entry: entry.name)
        except OSError as error:
            if not folder:
                raise InputError(f"{root} cannot be read as a folder: {error.strerror or error}") from error
            result.unread.append(folder)
            result.skipped.append(Skipped(folder, f"unreadable: {error.strerror or error}"))
            continue
        rules = [*rules, *_own_rules(folder, entries)]
        below = []
        for entry in entries:
            path = folder + shown(entry.name)
            is_folder = _is_folder(entry)
            name = path + "/" if is_folder else path
            if own is not None and entry.path.startswith(str(own)):
                continue
            reason = "symbolic link" if entry.is_symlink() else _left_out(name, entry.name, [*rules, *asked])
            if reason is None and not is_folder and wanted is not None and not wanted.match_file(path):
                reason = "not included"
            if reason is not None:
                result.skipped.append(Skipped(name, reason))
            elif is_folder:
                below.append((name, entry.path, rules))
            else:
                _take(result, path, entry)
        folders += reversed(below)
    return result


def shown(name: str) -> str:
    """A file's name as text that can be written anywhere."""
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "backslashreplace")


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _take(result: Walk, path: str, entry: os.DirEntry[str]) -> None:
    try:
        if not entry.is_file(follow_symlinks=False):
            result.skipped.append(Skipped(path, "no file (a socket, pipe or device)"))
            return
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        result.skipped.append(Skipped(path, f"unreadable: {error.strerror or error}"))
        return
    result.files.append(Found(path, entry.path, status.st_size, status.st_mtime_ns))


def _left_out(path: str, name: str, rules: Sequence[_Rules]) -> str | None:
    """Why a file or folder is left out, None where it is not; what is said last, and deepest, holds."""
    for each in reversed(rules):
        said = each.says(path)
        if said is not None:
            return each.reason if said else None
    if name.startswith("."):
        return "hidden"
    if path.endswith("/"):
        return "vendored" if name in _VENDORED else "built" if name in _BUILT else None
    if name in _GENERATED or name.endswith(_GENERATED_ENDINGS):
        return "generated"
    return "minified" if name.endswith(_MINIFIED_ENDINGS) else None


def _own_rules(folder: str, entries: Sequence[os.DirEntry[str]]) -> Iterator[_Rules]:
    for entry in entries:
        if entry.name == ".gitignore":
            try:
                with open(entry.path, encoding="utf-8", errors="surrogateescape") as file:
                    lines = file.read().splitlines()
            except OSError:  # a folder of that name, or one that may not be read, ignores nothing
                return
            yield _Rules(folder, _spec(lines), f"ignored by {folder}.gitignore")


def _spec(lines: Sequence[str], option: str | None = None) -> GitIgnoreSpec:
    """Patterns in the notation of ``.gitignore``; of a file, lines that cannot be read say nothing, as in git."""
    try:
        from pathspec import GitIgnoreSpec
    except ImportError as error:
        raise MissingDependencyError("pathspec", "project", "indexing a project") from error
    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError as error:
        if option is not None:
            raise ConfigurationError(f"{option} has a pattern that cannot be read: {error}") from error
    readable = []
    for line in lines:
        try:
            GitIgnoreSpec.from_lines([line])
        except ValueError:
            continue
        readable.append(line)
    return GitIgnoreSpec.from_lines(readable)
