"""Writing an index: one file's facts after the other, then the edges between files that they change."""

from __future__ import annotations

import json
import sqlite3
import struct
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from pathlib import PurePosixPath

from laconic.kinds.code.graph import MOST_MEANINGS
from laconic.project.facts import FileFacts
from laconic.project.imports import Module, Target, family, meant_modules
from laconic.project.walk import Found

__all__ = ["CALL", "EXTENDS", "OWN", "PLACE_BITS", "refresh_edges", "remove_file", "write_file"]

CALL, OWN, EXTENDS = 0, 1, 2
"""Forms of a mention."""
PLACE_BITS = 12
"""A place in a posting is the number of its definition, then its count in that many bits."""
_MOST_COUNTED = (1 << PLACE_BITS) - 1
_MOST_PLACES = (1 << 32 - PLACE_BITS) - 1  # a million definitions, which only a file of 100 MB has

_OF_FILE = ("texts", "parts", "symbols", "mentions", "targets", "target_words", "modules", "vectors", "dirty_files")


def write_file(db: sqlite3.Connection, found: Found, sha256: str, mtime_ns: int, facts: FileFacts) -> int:
    """Put the facts of a file in the place of those that were there; part of the caller's transaction.

    Returns the file's number, which stays as long as its path is in the index.
    """
    row = db.execute("SELECT id FROM files WHERE path = ?", (facts.path,)).fetchone()
    file = row[0] if row is not None else None
    names = Counter(each.key for each in facts.definitions)
    modules = set(facts.modules)
    if file is not None:  # only what is no longer so may mean something else to other files
        names = _unlike(names, _names_of(db, file))
        modules ^= _modules_of(db, file)
        _clear(db, file)
    _note_changed(db, names, modules)
    lines = facts.text.count("\n") + (not facts.text.endswith("\n") and bool(facts.text))
    values = (
        facts.path, facts.language, found.size, mtime_ns, sha256, len(facts.text), lines,
        facts.is_parsed, facts.summary, sum(facts.terms.values()),
    )  # fmt: skip
    file = db.execute(
        "INSERT OR REPLACE INTO files (id, path, language, size, mtime_ns, sha256, chars, lines, has_symbols, summary,"
        " length) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (file, *values),
    ).lastrowid
    assert file is not None  # noqa: S101 - SQLite gives one to every row
    db.executemany(
        "INSERT INTO texts VALUES (?, ?, ?, ?)",
        [(file, lod, len(text), zlib.compress(text.encode())) for lod, text in facts.levels.items()],
    )
    if facts.parts is not None:
        db.execute("INSERT INTO parts VALUES (?, ?)", (file, facts.parts))
    _write_definitions(db, file, facts)
    _write_imports(db, file, facts)
    _write_postings(db, file, facts)
    db.execute("INSERT INTO dirty_files VALUES (?)", (file,))
    return file


def _write_definitions(db: sqlite3.Connection, file: int, facts: FileFacts) -> None:
    rows = []
    for at, each in enumerate(facts.definitions):
        own = each.symbol
        counted = zlib.compress(json.dumps(each.counted).encode()) if each.is_candidate else None
        length = sum(each.terms.values()) if each.is_candidate else None
        rows.append((
            file, at, own.name, own.qualname, each.key, own.kind, own.start, own.end, own.line, own.end_line,
            own.signature, own.doc, own.exported, each.parent, length, counted,
        ))  # fmt: skip
    db.executemany("INSERT INTO symbols VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    db.executemany(
        "INSERT INTO mentions VALUES (?, ?, ?, ?)",
        [(file, each.at, each.name, EXTENDS if each.base else OWN if each.own else CALL) for each in facts.mentions],
    )


def _write_imports(db: sqlite3.Connection, file: int, facts: FileFacts) -> None:
    db.executemany(
        "INSERT INTO targets VALUES (?, ?, ?, ?, ?)",
        [
            (
                file,
                "/".join(each.parts),
                each.least,
                None if each.folder is None else "/".join(each.folder),
                each.ending,
            )
            for each in facts.targets
        ],
    )
    words = {(part, file) for each in facts.targets for part in (*each.parts, *(each.folder or ())[-1:])}
    db.executemany("INSERT INTO target_words VALUES (?, ?)", words)
    own = family(facts.language or ""), PurePosixPath(facts.path).suffix.lower()
    db.executemany(
        "INSERT INTO modules (key, file, parts, family, ending) VALUES (?, ?, ?, ?, ?)",
        [(each[-1], file, _joined(each), *own) for each in facts.modules],
    )


def _write_postings(db: sqlite3.Connection, file: int, facts: FileFacts) -> None:
    places: defaultdict[str, list[int]] = defaultdict(list)
    for at, each in enumerate(facts.definitions):
        if at > _MOST_PLACES:
            break
        for term, count in each.terms.items():
            places[term].append(at << PLACE_BITS | min(count, _MOST_COUNTED))
    terms = sorted({*facts.terms, *facts.path_terms, *places})
    db.executemany(
        "INSERT INTO postings VALUES (?, ?, ?, ?, ?)",
        [
            (term, file, facts.terms.get(term, 0), facts.path_terms.get(term, 0), _packed(places.get(term, ())))
            for term in terms
        ],
    )
    db.execute("INSERT INTO file_terms VALUES (?, ?)", (file, zlib.compress("\n".join(terms).encode())))


def _packed(values: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


def remove_file(db: sqlite3.Connection, file: int) -> None:
    """Take a file out of the index; part of the caller's transaction."""
    _note_changed(db, _names_of(db, file), _modules_of(db, file))
    _clear(db, file)
    db.execute("DELETE FROM edges WHERE source = ? OR target = ?", (file, file))
    db.execute("DELETE FROM files WHERE id = ?", (file,))


def _clear(db: sqlite3.Connection, file: int) -> None:
    """Take out everything of a file but its row and its edges."""
    row = db.execute("SELECT data FROM file_terms WHERE file = ?", (file,)).fetchone()
    if row is not None:
        terms = zlib.decompress(row[0]).decode().split("\n")
        db.executemany("DELETE FROM postings WHERE term = ? AND file = ?", [(term, file) for term in terms])
        db.execute("DELETE FROM file_terms WHERE file = ?", (file,))
    for table in _OF_FILE:
        db.execute(f"DELETE FROM {table} WHERE file = ?", (file,))  # noqa: S608 - the names are ours


def _names_of(db: sqlite3.Connection, file: int) -> Counter[str]:
    return Counter(key for (key,) in db.execute("SELECT key FROM symbols WHERE file = ?", (file,)))


def _unlike(one: Counter[str], other: Counter[str]) -> Counter[str]:
    return (one - other) + (other - one)


def _modules_of(db: sqlite3.Connection, file: int) -> set[tuple[str, ...]]:
    return {_split(parts) for (parts,) in db.execute("SELECT parts FROM modules WHERE file = ?", (file,))}


def _note_changed(db: sqlite3.Connection, names: Iterable[str], modules: Iterable[tuple[str, ...]]) -> None:
    """Note what other files may refer to that came or went, for `refresh_edges`."""
    db.executemany("INSERT OR IGNORE INTO dirty_names VALUES (?)", [(name,) for name in names])
    db.executemany("INSERT OR IGNORE INTO dirty_modules VALUES (?)", [(each[-1],) for each in modules])


def refresh_edges(db: sqlite3.Connection, root: str) -> None:
    """The edges of every file whose imports or names may mean something else since the last time.

    Part of the caller's transaction. ``root`` is the name of the project's folder. Linear in the imports and mentions
    of those files; for a file whose text changed and not its names that is the file itself.
    """
    affected = [
        row[0]
        for row in db.execute(
            "SELECT file FROM dirty_files"
            " UNION SELECT mentions.file FROM dirty_names JOIN mentions ON mentions.name = dirty_names.name"
            " UNION SELECT target_words.file FROM dirty_modules JOIN target_words USING (word)"
            " ORDER BY 1"
        )
    ]
    names = _Names(db)
    for file in affected:
        edges = names.edges(file, root)
        db.execute("DELETE FROM edges WHERE source = ?", (file,))
        db.executemany(
            "INSERT INTO edges VALUES (?, ?, ?, ?)",
            [(file, target, imported, count) for target, (imported, count) in sorted(edges.items())],
        )
    for table in ("dirty_files", "dirty_names", "dirty_modules"):
        db.execute(f"DELETE FROM {table}")  # noqa: S608 - the names are ours


class _Names:
    """What names mean, read when they are first asked for."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._modules = lru_cache(4096)(self._find_modules)
        self._defined = lru_cache(512)(self._find_defined)
        self._homes = lru_cache(65_536)(self._find_homes)

    def edges(self, file: int, root: str) -> dict[int, tuple[int, int]]:
        """File that is meant -> whether it is imported, and how many names of it are mentioned."""
        imported = self._imported(file, root)
        mentioned = {
            name for (name,) in self._db.execute("SELECT DISTINCT name FROM mentions WHERE file = ?", (file,))
        } - self._defined(file)
        found: dict[int, tuple[int, int]] = {}
        known: set[str] = set()
        for other, together in imported.items():
            shared = mentioned & self._defined(other)
            known |= shared
            if shared or together <= MOST_MEANINGS:  # of a folder of many files those that are used
                found[other] = (1, len(shared))
        for name in sorted(mentioned - known):
            for other in self._homes(name):
                is_imported, count = found.get(other, (0, 0))
                found[other] = (is_imported, count + 1)
        found.pop(file, None)
        return found

    def _imported(self, file: int, root: str) -> dict[int, int]:
        """The files that the imports of a file mean, and how many each is imported together with."""
        path, language = self._db.execute("SELECT path, language FROM files WHERE id = ?", (file,)).fetchone()
        found: dict[int, int] = {}
        asked = "SELECT parts, least, folder, ending FROM targets WHERE file = ? ORDER BY rowid"
        for parts, least, folder, ending in self._db.execute(asked, (file,)).fetchall():
            target = Target(_split(parts), least, None if folder is None else _split(folder), ending)
            for module in meant_modules(target, path, root, family(language), self._modules, MOST_MEANINGS):
                for other in module.files:
                    found[other] = min(len(module.files), found.get(other, len(module.files)))
        found.pop(file, None)
        return found

    def _find_modules(self, key: str, of_language: str) -> tuple[Module, ...]:
        asked = "SELECT parts, ending, file FROM modules WHERE key = ? AND family = ? ORDER BY parts, ending, file"
        rows = self._db.execute(asked, (key, of_language))
        return tuple(
            Module(tuple(file for _, _, file in same), _split(parts), ending)
            for (parts, ending), same in groupby(rows, key=itemgetter(0, 1))
        )

    def _find_defined(self, file: int) -> frozenset[str]:
        return frozenset(key for (key,) in self._db.execute("SELECT key FROM symbols WHERE file = ?", (file,)))

    def _find_homes(self, name: str) -> tuple[int, ...]:
        """The files that define a name; none where it has too many definitions to tell."""
        rows = self._db.execute("SELECT file FROM symbols WHERE key = ? LIMIT ?", (name, MOST_MEANINGS + 1)).fetchall()
        return tuple(dict.fromkeys(file for (file,) in rows)) if len(rows) <= MOST_MEANINGS else ()


def _joined(parts: Sequence[str]) -> str:
    return "/".join(parts)


def _split(parts: str) -> tuple[str, ...]:
    return tuple(parts.split("/")) if parts else ()
