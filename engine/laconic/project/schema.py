"""The file of an index: its tables, how it is opened, and what is said when it cannot be."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from laconic._utils.version import __version__
from laconic.exceptions import ProjectIndexError

__all__ = [
    "APPLICATION", "BEING_WRITTEN", "FOLDER", "NAME", "SCHEMA", "create", "failing", "home", "meta", "open_for_reading",
    "open_for_writing", "prepare_home", "set_meta", "writing_alone",
]  # fmt: skip

FOLDER, NAME = ".laconic", "index.sqlite"
SCHEMA = 1
"""Version of the tables below; an index of another one is refused."""
APPLICATION = 0x6C61636F
"""``PRAGMA application_id``: tells an index from any other SQLite file ("laco")."""

BUSY_SECONDS = 10.0
"""How long a reader waits for a lock, and a second writer for the first, before it is refused."""

BEING_WRITTEN = "is being updated by another process"
"""The problem of an index whose second writer was refused."""

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE files (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, language TEXT, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    sha256 TEXT NOT NULL, chars INTEGER NOT NULL, lines INTEGER NOT NULL, has_symbols INTEGER NOT NULL,
    summary TEXT NOT NULL, length INTEGER NOT NULL);
CREATE TABLE texts (
    file INTEGER NOT NULL, lod INTEGER NOT NULL, chars INTEGER NOT NULL, data BLOB NOT NULL, UNIQUE (file, lod));
CREATE TABLE symbols (
    file INTEGER NOT NULL, at INTEGER NOT NULL, name TEXT NOT NULL, qualname TEXT NOT NULL, key TEXT NOT NULL,
    kind TEXT NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, line INTEGER NOT NULL, end_line INTEGER NOT NULL,
    signature TEXT NOT NULL, doc TEXT NOT NULL, exported INTEGER NOT NULL, parent INTEGER, length INTEGER,
    counted BLOB, PRIMARY KEY (file, at));
CREATE INDEX symbols_by_key ON symbols (key);
CREATE TABLE parts (file INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE mentions (
    file INTEGER NOT NULL, at INTEGER NOT NULL, name TEXT NOT NULL, form INTEGER NOT NULL,
    PRIMARY KEY (file, at, name, form)) WITHOUT ROWID;
CREATE INDEX mentions_by_name ON mentions (name);
CREATE TABLE targets (
    file INTEGER NOT NULL, parts TEXT NOT NULL, least INTEGER NOT NULL, folder TEXT, ending TEXT NOT NULL);
CREATE INDEX targets_by_file ON targets (file);
CREATE TABLE target_words (
    word TEXT NOT NULL, file INTEGER NOT NULL, PRIMARY KEY (word, file)) WITHOUT ROWID;
CREATE INDEX target_words_by_file ON target_words (file);
CREATE TABLE modules (
    key TEXT NOT NULL, family TEXT NOT NULL, file INTEGER NOT NULL, parts TEXT NOT NULL, ending TEXT NOT NULL,
    PRIMARY KEY (key, family, file, parts)) WITHOUT ROWID;
CREATE INDEX modules_by_file ON modules (file);
CREATE TABLE edges (
    source INTEGER NOT NULL, target INTEGER NOT NULL, imported INTEGER NOT NULL, names INTEGER NOT NULL,
    PRIMARY KEY (source, target)) WITHOUT ROWID;
CREATE INDEX edges_by_target ON edges (target);
CREATE TABLE postings (
    term TEXT NOT NULL, file INTEGER NOT NULL, count INTEGER NOT NULL, in_path INTEGER NOT NULL, places BLOB NOT NULL,
    PRIMARY KEY (term, file)) WITHOUT ROWID;
CREATE TABLE file_terms (file INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE vectors (file INTEGER NOT NULL, at INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (file, at));
CREATE TABLE dirty_files (file INTEGER PRIMARY KEY);
CREATE TABLE dirty_names (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE dirty_modules (word TEXT PRIMARY KEY) WITHOUT ROWID;
"""


@contextmanager
def failing(path: Path) -> Iterator[None]:
    """What SQLite says, as a `ProjectIndexError` that names the file and what to do."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _explained(path, error) from error


def _explained(path: Path, error: sqlite3.DatabaseError) -> ProjectIndexError:
    said = str(error)
    if isinstance(error, sqlite3.ProgrammingError):
        return ProjectIndexError(path, f"was closed or is used wrongly ({said})", "open it again")
    if "locked" in said or "busy" in said:
        return ProjectIndexError(path, f"is locked by another program ({said})", "close that program, then try again")
    if isinstance(error, sqlite3.OperationalError) and ("full" in said or "disk I/O" in said):
        return ProjectIndexError(path, f"cannot be written or read ({said})", "make room on the disk, then update it")
    if isinstance(error, sqlite3.OperationalError) and ("readonly" in said or "unable to open" in said):
        return ProjectIndexError(path, f"cannot be opened ({said})", "check who may write to its folder, or give path=")
    return ProjectIndexError(path, f"is damaged, or no index ({said})", "delete it and build it again")


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?{mode}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    db.execute("PRAGMA foreign_keys = OFF")
    return db


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A connection that only reads.

    Raises:
        ProjectIndexError: there is no file, it is no index, damaged, locked, or of another version.
    """
    if not path.is_file():
        raise ProjectIndexError(path, "is not there", "build it: laconic.project.ProjectIndex.build(root)")
    with failing(path):
        db = _connect(path, "mode=rw")
        try:
            try:
                db.execute("SELECT count(*) FROM sqlite_master").fetchone()
            except sqlite3.OperationalError as error:
                if "readonly" not in str(error) and "unable to open" not in str(error):
                    raise
                db.close()  # in a folder that cannot be written to, where no other process writes either
                db = _connect(path, "immutable=1")
            _check(path, db)
            db.execute("PRAGMA query_only = ON")
        except BaseException:
            db.close()
            raise
    return db


def _check(path: Path, db: sqlite3.Connection) -> None:
    application = db.execute("PRAGMA application_id").fetchone()[0]
    schema = db.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION:
        if not application and not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise ProjectIndexError(path, "holds nothing yet", "build it: laconic.project.ProjectIndex.build(root)")
        raise ProjectIndexError(path, "is no index of laconic", "give the path of another file")
    made_by = "?" if schema != SCHEMA else meta(db, "laconic")
    if schema != SCHEMA or made_by != __version__:
        said = f"has schema {schema}" if schema != SCHEMA else f"was made by laconic {made_by}"
        raise ProjectIndexError(
            path,
            f"{said}; this is laconic {__version__} with schema {SCHEMA}",
            "build it again: laconic.project.ProjectIndex.build(root)",
        )


def open_for_writing(path: Path) -> sqlite3.Connection:
    """A connection that writes, to an index of this version: made where there is none, emptied where it is of another.

    Raises:
        ProjectIndexError: the file is something else, damaged or locked, or its folder cannot be written to.
    """
    with failing(path):
        if not path.exists():
            _make(path)
        db = _connect(path, "mode=rw")
        try:
            application = db.execute("PRAGMA application_id").fetchone()[0]
            tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if application != APPLICATION and tables:
                raise ProjectIndexError(path, "is no index of laconic", "give the path of another file")
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            schema = db.execute("PRAGMA user_version").fetchone()[0]
            if not tables or schema != SCHEMA or meta(db, "laconic") != __version__:
                create(db)
        except BaseException:
            db.close()
            raise
    return db


def _make(path: Path) -> None:
    """An empty index; there is none by that name before it can be opened. The caller writes alone."""
    new = path.with_name(path.name + ".new")
    for ending in ("", "-journal", "-wal", "-shm"):
        new.with_name(new.name + ending).unlink(missing_ok=True)
    with closing(_connect(new, "mode=rwc")) as db:
        db.execute("PRAGMA journal_mode = WAL")
        create(db)
    os.replace(new, path)


def create(db: sqlite3.Connection) -> None:
    """Empty tables of this schema in place of whatever there is; one transaction."""
    db.execute("BEGIN IMMEDIATE")
    names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for name in names:
        if not name.startswith("sqlite_"):
            db.execute(f'DROP TABLE "{name}"')
    for statement in _TABLES.split(";"):
        if statement.strip():
            db.execute(statement)
    db.execute(f"PRAGMA application_id = {APPLICATION}")
    db.execute(f"PRAGMA user_version = {SCHEMA}")
    set_meta(db, "laconic", __version__)
    db.execute("COMMIT")


def meta(db: sqlite3.Connection, key: str) -> Any:
    """A value of the index as a whole, None where it is not set."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return json.loads(row[0]) if row else None


def set_meta(db: sqlite3.Connection, key: str, value: Any) -> None:
    """Set a value of the index as a whole; anything that JSON holds."""
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, json.dumps(value)))


@contextmanager
def writing_alone(path: Path, seconds: float = BUSY_SECONDS) -> Iterator[None]:
    """Hold the right to write to an index; another process that asks waits, then is refused.

    The lock is one of SQLite's on a small file beside the index: the system gives it back when its holder dies.

    Raises:
        ProjectIndexError: another process has it for longer than ``seconds``.
    """
    lock = path.with_name(path.name + ".lock")
    with failing(path):
        guard = sqlite3.connect(lock, timeout=seconds, isolation_level=None, check_same_thread=False)
    with closing(guard):
        try:
            guard.execute("PRAGMA locking_mode = NORMAL")
            guard.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) and "busy" not in str(error):
                raise _explained(lock, error) from error
            raise ProjectIndexError(path, BEING_WRITTEN, "wait until it is done, then try again") from error
        except sqlite3.DatabaseError as error:
            raise _explained(lock, error) from error
        yield


def home(root: Path) -> Path:
    """Where the index of a project lies by default."""
    return root / FOLDER / NAME


def prepare_home(path: Path) -> None:
    """Make the folder of an index; the default one is kept out of version control by a ``.gitignore`` of its own.

    Raises:
        ProjectIndexError: it cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        ignore = path.parent / ".gitignore"
        if path.parent.name == FOLDER and not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise ProjectIndexError(
            path, f"cannot be made ({error.strerror or error})", "give path= in a folder that can be written to"
        ) from error
