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
from itertools import takewhile
from pathlib import PurePosixPath

__all__ = ["Module", "Named", "Target", "family", "import_targets", "meant_modules", "modules_of"]

_HOMES = frozenset(("__init__", "index", "mod", "lib", "main", "package"))
"""Stems of files that are imported by their folder's name."""
_BY_TYPE = frozenset(("java", "kotlin", "scala", "c_sharp", "php", "dart", "swift"))
_FAMILIES = {
    "cpp": "c", "typescript": "javascript", "tsx": "javascript", "kotlin": "java", "scala": "java",
}  # fmt: skip
_MOST_TARGETS, _MOST_PARTS = 64, 16
_NAMES_INSIDE = 2  # a type and a member of it, as the last parts of a target

_QUOTED = re.compile(r"[\"'`<]([^\"'`<>\n]+)[\"'`>]")
_IMPORT = re.compile(r"\bimport\b")
_ALIAS = re.compile(r" (?:as|=>) \w+")
_COMMENT = re.compile(r"#[^\n]*|//[^\n]*|/\*.*?(?:\*/|\Z)", re.S)
_PATH = re.compile(r"[\w$]+(?: ?(?:\.|::|\\) ?[\w$]+)*")
_SPLIT = re.compile(r"\.|::|\\")
_KEYWORDS = frozenset("import from use using static global pub crate as package export public function const".split())


@dataclass(frozen=True)
class Target:
    """What an import names.

    Attributes:
        parts: lower case, outermost first.
        least: number of parts that a file's name has to match; what comes after them may be names inside of it.
        folder: parts of the folder that it is sought in first, None where it is not relative.
        ending: the file's ending where the statement spells one that tells (``.h``).
    """

    parts: tuple[str, ...]
    least: int
    folder: tuple[str, ...] | None = None
    ending: str = ""


@dataclass(frozen=True)
class Module:
    """A name that files can be imported by: one, or all of a folder where a language imports folders."""

    files: tuple[int, ...]
    parts: tuple[str, ...]
    ending: str


def family(language: str) -> str:
    """The languages that import each other's files, by one of them."""
    return _FAMILIES.get(language, language)


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
    text = _plain(statement)
    first = _IMPORT.search(text)
    if first is None:
        return
    names = text[first.end() :]
    if not text.startswith("from"):
        for name in names.split(","):
            parts = _parts(name)
            yield Target(parts, len(parts))
        return
    base = text[len("from") : first.start()].replace(" ", "")
    dots = base[: len(base) - len(base.lstrip("."))]
    folder = here[: len(here) - len(dots) + 1] if len(dots) <= len(here) + 1 else ()
    inside = _parts(base)
    for name in re.split(r"[,()]", names):
        own = (*inside, *_parts(name)) if name.strip() != "*" else inside
        if own or dots:
            yield Target(own, len(inside), folder if dots else None)


def _others(statement: str, here: tuple[str, ...], language: str) -> Iterator[Target]:
    quoted = _QUOTED.findall(statement)
    if quoted:
        for text in quoted:
            yield from _spelled(text.strip().lower(), here, language, relative="require_relative" in statement)
        return
    text = _plain(statement)
    head, brace, rest = text.partition("{")
    stem = [part for each in _PATH.findall(head) for part in _parts(each) if part not in _KEYWORDS]
    if not brace:
        yield _named(stem)
        return
    for name in _PATH.findall(rest):
        yield _named([*stem, *(part for part in _parts(name) if part not in ("self", "_"))])


def _named(parts: Sequence[str]) -> Target:
    return Target(tuple(parts), max(1, len(parts) - _NAMES_INSIDE))


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
            yield Target(tuple(parts), len(parts), None, ending)
        return
    folder = list(here)
    own: list[str] = []
    for part in parts:
        if part == ".." and not own:
            del folder[-1:]
        elif part not in (".", ".."):
            own.append(part)
    yield Target(tuple(own), len(own), tuple(folder), ending)


def _plain(statement: str) -> str:
    """A statement on one line, without comments and other names."""
    return _ALIAS.sub("", " ".join(_COMMENT.sub("", statement).split()))


def _parts(name: str) -> tuple[str, ...]:
    return tuple(part for part in _SPLIT.split(name.replace(" ", "").lower()) if part)[:_MOST_PARTS]


Named = Callable[[str, str], Sequence[Module]]
"""Modules whose last part is a word, of a family of languages."""


def meant_modules(target: Target, here: str, root: str, of_language: str, named: Named, most: int) -> list[Module]:
    """What a target of a file may mean, at most ``most`` modules. Linear in the modules of its words.

    Args:
        target: as `import_targets` gives it.
        here: path of the file that imports; of equal modules those nearest to it are meant.
        root: name of the project's folder, which may begin a target.
        of_language: family of that file's language.
        named: finds modules by their last part.
        most: where more are equally near, nothing is meant.
    """

    def fitting(part: str) -> list[Module]:
        return [each for each in named(part, of_language) if not target.ending or each.ending == target.ending]

    lengths = range(len(target.parts), max(target.least, 1) - 1, -1)
    if target.folder is not None:
        whole = (*target.folder, *target.parts)
        for end in (
            *(len(target.folder) + own for own in lengths),
            *([len(target.folder)] if not target.least else []),
        ):
            head = whole[:end]
            found = [module for module in fitting(head[-1]) if module.parts == head] if head else []
            if found:
                return found
        if not target.ending and len(target.parts) < 2:
            return []  # a tail of one word is no trace of a path
    for end in lengths:
        near = _nearest(_longest_tail(target.parts[:end], root.lower(), fitting), here)
        if near:
            return near if len(near) <= most else []
    return []


def _longest_tail(parts: tuple[str, ...], root: str, fitting: Callable[[str], Sequence[Module]]) -> list[Module]:
    """The modules that share the longest tail with a path, where that is long enough to mean them."""
    longest = 0
    found: list[Module] = []
    for module in fitting(parts[-1]):
        shared = _shared(reversed(module.parts), reversed(parts))
        before = parts[-shared - 1] if shared < len(parts) else root
        whole = shared == len(module.parts) and before in (root, "crate", "self")
        if shared > longest and (shared == len(parts) or shared > 1 or whole):
            longest, found = shared, [module]
        elif shared == longest and found:
            found.append(module)
    return found


def _nearest(modules: Sequence[Module], here: str) -> list[Module]:
    """Those whose folders share the longest head with a path."""
    own = PurePosixPath(here.lower()).parts[:-1]
    shared = [_shared(module.parts, own) for module in modules]
    return [module for module, count in zip(modules, shared, strict=True) if count == max(shared)]


def _shared(one: Iterable[str], other: Iterable[str]) -> int:
    """Number of equal parts at the beginning of two paths."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
