"""What an import statement names, and which files of a project may be meant by it: by names alone, without a compiler.

A *target* is the path that a statement spells, as its parts: ``("laconic", "kinds", "code", "parse", "ParsedCode")``.
A *module* is what a file can be imported as: the parts of its path without the ending, and in languages that import
types also those of its folder and each of its top-level types. A target means the modules that share the longest tail
of one of its heads. All parts are compared without letter case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

__all__ = ["Module", "Target", "Targets", "import_targets", "meant_files", "modules_of"]

_HOMES = frozenset(("__init__", "index", "mod", "lib", "main", "package"))
"""Stems of files that are imported by their folder's name."""
_BY_TYPE = frozenset(("java", "kotlin", "scala", "c_sharp", "php", "dart", "swift"))
_MOST_TARGETS, _MOST_PARTS = 64, 16

_QUOTED = re.compile(r"[\"'`<]([^\"'`<>\n]+)[\"'`>]")
_PYTHON_FROM = re.compile(r"from\s+(\.*)\s*([\w.]*)\s+import\s+(.*)", re.S)
_ALIAS = re.compile(r"\s+(?:as|=>)\s+\w+")
_COMMENT = re.compile(r"#[^\n]*|//[^\n]*|/\*.*?\*/", re.S)
_PATH = re.compile(r"[\w$]+(?:\s*(?:\.|::|\\)\s*[\w$]+)*")
_SPLIT = re.compile(r"\s*(?:\.|::|\\)\s*")
_KEYWORDS = frozenset("import from use using static global pub crate as package export public function const".split())


@dataclass(frozen=True)
class Target:
    """What an import names.

    Attributes:
        parts: lower case, outermost first.
        folder: parts of the folder that it is sought in first, None where it is not relative.
        ending: the file's ending where the statement spells one that tells (``.h``).
    """

    parts: tuple[str, ...]
    folder: tuple[str, ...] | None = None
    ending: str = ""


@dataclass(frozen=True)
class Module:
    """A name that a file can be imported by."""

    file: int
    parts: tuple[str, ...]
    ending: str


def modules_of(path: str, language: str | None, types: Iterable[str]) -> list[tuple[str, ...]]:
    """The names that a file can be imported by, as their parts; ``types`` are its top-level types."""
    pure = PurePosixPath(path.lower())
    folder = pure.parts[:-1]
    stem = pure.name.partition(".")[0] or pure.name
    found = [(*folder, stem)]
    if folder and (stem in _HOMES or language == "go"):
        found.append(folder)
    if language in _BY_TYPE:
        found += [(*folder, name.lower()) for name in types]
    return list(dict.fromkeys(found))


def import_targets(statement: str, path: str, language: str) -> list[Target]:
    """What a statement names; ``path`` is the file that it stands in. Linear in the statement."""
    here = PurePosixPath(path.lower()).parts[:-1]
    found = list(_python(statement, here) if language == "python" else _others(statement, here, language))
    return list(dict.fromkeys(found))[:_MOST_TARGETS]


def _python(statement: str, here: tuple[str, ...]) -> Iterator[Target]:
    text = _COMMENT.sub("", statement)
    match = _PYTHON_FROM.match(text)
    if match is None:
        for name in _ALIAS.sub("", text.partition("import")[2]).split(","):
            yield Target(_parts(name))
        return
    dots, base, names = match.groups()
    folder = here[: len(here) - len(dots) + 1] if len(dots) <= len(here) + 1 else ()
    inside = _parts(base)
    for name in re.split(r"[,()]", _ALIAS.sub("", names)):
        own = (*inside, *_parts(name)) if name.strip() != "*" else inside
        if own or dots:
            yield Target(own, folder if dots else None)


def _others(statement: str, here: tuple[str, ...], language: str) -> Iterator[Target]:
    quoted = _QUOTED.findall(statement)
    if quoted:
        for text in quoted:
            yield from _spelled(text.strip().lower(), here, language, relative="require_relative" in statement)
        return
    text = _COMMENT.sub("", _ALIAS.sub("", statement))
    head, brace, rest = text.partition("{")
    stem = [part for each in _PATH.findall(head) for part in _parts(each) if part not in _KEYWORDS]
    if not brace:
        yield Target(tuple(stem))
        return
    for name in _PATH.findall(rest):
        yield Target((*stem, *(part for part in _parts(name) if part not in ("self", "_"))))


def _spelled(text: str, here: tuple[str, ...], language: str, *, relative: bool) -> Iterator[Target]:
    """A target that is spelled as a path or URL."""
    if language == "dart" and text.startswith("package:"):
        text = "lib/" + text[len("package:") :].partition("/")[2]
    pure = PurePosixPath(text)
    parts = [part for part in pure.parts if part not in ("/", "@", "~", "#")]
    ending = pure.suffix if language in ("c", "cpp") else ""
    if parts and language != "go":
        parts[-1] = parts[-1].partition(".")[0] or parts[-1]
    is_relative = relative or text.startswith(".") or language in ("c", "cpp", "dart", "php")
    if not is_relative:
        if len(parts) > 1 or language not in ("javascript", "typescript", "tsx"):  # else a package: "react"
            yield Target(tuple(parts), None, ending)
        return
    folder = list(here)
    own = []
    for part in parts:
        if part == ".." and not own:
            del folder[-1:]
        elif part not in (".", ".."):
            own.append(part)
    yield Target(tuple(own), tuple(folder), ending)


def _parts(name: str) -> tuple[str, ...]:
    return tuple(part for part in _SPLIT.split(name.strip().lower()) if part)[:_MOST_PARTS]


Targets = Callable[[str], Sequence[Module]]
"""Modules whose last part is a word."""


def meant_files(target: Target, here: str, root: str, named: Targets, most: int) -> list[int]:
    """The files that a target of a file may mean, at most ``most`` (all files of a folder count as one).

    Args:
        target: as `import_targets` gives it.
        here: path of the file that imports; of equal modules those nearest to it are meant.
        root: name of the project's folder, which may begin a target.
        named: finds modules by their last part.
        most: where more are equally near, nothing is meant.
    """
    if target.folder is not None:
        found = _exact((*target.folder, *target.parts), target, len(target.folder), named)
        if found:
            return found
        if not target.ending and target.parts[:1] and len(target.parts) < 2:
            return []
    for end in range(len(target.parts), 0, -1):
        best = _longest_tail(target.parts[:end], target.ending, root.lower(), named)
        if best:
            near = _nearest(best, here)
            return _files(near) if len({module.parts for module in near}) <= most else []
    return []


def _exact(parts: tuple[str, ...], target: Target, least: int, named: Targets) -> list[int]:
    """Files of exactly that path, or of the longest head of it that has some beyond the folder itself."""
    for end in range(len(parts), max(least, 1) - (not target.parts), -1):
        head = parts[:end]
        found = [module for module in named(head[-1]) if module.parts == head and _fits(module, target.ending)]
        if found:
            return _files(found)
    folder = parts[:least]
    if target.ending or not folder:
        return []
    return _files([module for module in named(folder[-1]) if module.parts == folder])


def _longest_tail(parts: tuple[str, ...], ending: str, root: str, named: Targets) -> list[Module]:
    longest, found = 0, []
    for module in named(parts[-1]):
        if not _fits(module, ending):
            continue
        shared = 0
        for own, other in zip(reversed(module.parts), reversed(parts), strict=False):
            if own != other:
                break
            shared += 1
        before = parts[-shared - 1] if shared < len(parts) else root
        whole = shared == len(module.parts) and before in (root, "crate", "self")
        if shared > longest and (shared == len(parts) or shared > 1 or whole):
            longest, found = shared, [module]
        elif shared == longest and found:
            found.append(module)
    return found


def _fits(module: Module, ending: str) -> bool:
    return not ending or module.ending == ending


def _nearest(modules: Sequence[Module], here: str) -> list[Module]:
    """Those whose folders share the longest head with a path."""
    own = PurePosixPath(here.lower()).parts[:-1]

    def shared(module: Module) -> int:
        count = 0
        for one, other in zip(module.parts, own, strict=False):
            if one != other:
                break
            count += 1
        return count

    most = max(map(shared, modules))
    return [module for module in modules if shared(module) == most]


def _files(modules: Iterable[Module]) -> list[int]:
    return sorted({module.file for module in modules})
