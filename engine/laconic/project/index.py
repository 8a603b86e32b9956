"""`ProjectIndex`: what is known of a source tree, in one file, ready before a question comes."""

from __future__ import annotations

import json
import os
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from laconic._utils.locks import ForkLock
from laconic._utils.options import did_you_mean
from laconic._utils.redaction import Redact, check_redact, redacted
from laconic.exceptions import ConfigurationError, InputError, MissingDependencyError, ProjectIndexError
from laconic.kinds.code.graph import MOST_MEANINGS, last_part
from laconic.lod.levels import LEVELS, LODPiece
from laconic.project.building import Progress, Settings, bring_up_to_date
from laconic.project.schema import BEING_WRITTEN, FOLDER, failing, home, meta, open_for_reading
from laconic.project.types import BuildReport, FileHit, IndexedFile, Symbol
from laconic.project.writing import CALL, EXTENDS, OWN, PLACE_BITS
from laconic.score.code.documents import Document, counted_document

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from laconic.project.search import Searcher

__all__ = ["Place", "Postings", "ProjectIndex", "Statistics"]

Place = tuple[int, int]
"""A definition: number of its file, number in that file's outline."""

_SYMBOL = "path, name, qualname, kind, start, end, line, end_line, signature, doc, exported"
_SYMBOLS = f"SELECT symbols.file, at, {_SYMBOL} FROM symbols JOIN files ON files.id = symbols.file"  # noqa: S608
_FILES = "SELECT path, language, chars, lines, sha256, has_symbols, summary FROM files"
_WATCH_STEP_MS = 500  # a watch ends so long after it is told to
_MOST_BASES = 64  # classes that are looked through for a method that is called on the object itself


class Postings(NamedTuple):
    """Where a word stands.

    Attributes:
        files: numbers of the files that hold it, in their text or their path.
        counts: how often in the text.
        in_path: how often in the path.
        places: ``(n, 2)``: file and number of each candidate definition that holds it.
        place_counts: how often; at most 4,095.
    """

    files: NDArray[np.int64]
    counts: NDArray[np.int64]
    in_path: NDArray[np.int64]
    places: NDArray[np.int64]
    place_counts: NDArray[np.int64]


class Statistics(NamedTuple):
    """Sizes of an index: what BM25 needs of all documents, and what a report says.

    ``symbols`` counts all definitions, ``candidates`` those that a ranking chooses among; lengths are in words.
    """

    files: int
    symbols: int
    candidates: int
    edges: int
    mean_file_length: float
    mean_candidate_length: float


class ProjectIndex:
    """What is known of a source tree: files, definitions, who refers to whom, words, levels of detail.

    Made by `build` or `open`. One object may be used by several threads; several processes may read an index while one
    writes to it, each seeing the last state that was whole. Files are read when the index is made, never when it is
    asked: `read` gives the text that was indexed.

    Attributes:
        root: folder of the project.
        path: file of the index.
        name: of the project's folder.
        report: what the last `build` or `update` of this object did, None of an opened one.
    """

    def __init__(self, path: Path, root: Path, report: BuildReport | None = None, redact: Redact | None = None) -> None:
        self.path = path
        self.root = root
        self.name = root.name
        self.report = report
        self._lock = ForkLock(reentrant=True)
        self._asking = False
        self._db = open_for_reading(path)
        self._process = os.getpid()
        self._embedder: Any = None
        self._redact = redact
        self._kept: tuple[tuple[int, int], Statistics] | None = None
        self._searcher: Searcher | None = None

    # --- making

    @classmethod
    def build(
        cls,
        root: str | os.PathLike[str],
        path: str | os.PathLike[str] | None = None,
        *,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        max_bytes: int = 1_000_000,
        vectors: Any = None,
        redact: Redact | None = None,
        on_progress: Progress | None = None,
    ) -> ProjectIndex:
        """Index a source tree, or bring its index up to date.

        Args:
            root: folder of the project.
            path: file of the index; ``.laconic/index.sqlite`` in the root where None, with a ``.gitignore`` beside it.
            include: patterns in the notation of ``.gitignore``; where given, only files that match are indexed.
            exclude: further patterns to leave out; ``!vendor/`` takes in what would be left out.
            max_bytes: larger files are left out.
            vectors: None for none, or an embedder as `laconic.score.vectors.embedders.as_embedder` takes it
                (``"laconic-static"`` for the one that ships with the package).
            redact: makes of each file's text what may be stored and shown of it; paths are stored as they are. An index
                made with it is brought up to date with it alone.
            on_progress: called with the numbers of done and of all files, and a path.

        Returns:
            The index; ``report`` says what was done and which files were left out, with reasons. Only what changed
            since an earlier build is read (by size and time, then by content). A build that was interrupted leaves an
            index of the files that it came to, and the next one goes on from there. An index of another version of
            laconic is built anew.

        Raises:
            InputError: the root is no folder.
            ConfigurationError: an option cannot work.
            ProjectIndexError: the index's file is damaged, something else, or being updated by another process.
            MissingDependencyError: pathspec or tree-sitter is not installed.
        """
        folder = _folder(root)
        if isinstance(max_bytes, bool) or not isinstance(max_bytes, int) or max_bytes < 1:
            raise ConfigurationError(f"max_bytes is {max_bytes!r}: it must be a whole number of at least 1")
        for option, patterns in (("include", include), ("exclude", exclude)):
            if isinstance(patterns, str):
                raise ConfigurationError(f"{option} is a string: give a list of patterns, [{patterns!r}]")
        check_redact(redact)
        file = home(folder) if path is None else Path(path).absolute()
        embedder, embedder_name = _embedder(vectors)
        settings = Settings(tuple(include), tuple(exclude), max_bytes, embedder_name, redact is not None)
        report = bring_up_to_date(folder, file, settings, embedder, on_progress, redact)
        index = cls(file, folder, report, redact)
        index._embedder = embedder
        return index

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, redact: Redact | None = None) -> ProjectIndex:
        """Open an index that was built before.

        Args:
            path: of the index's file, or the root of a project that has one in ``.laconic``.
            redact: that it was built with. Without it the index is read, not brought up to date, and files that changed
                since are shown as they were.

        Raises:
            ProjectIndexError: there is none, it is damaged, locked by another program, or of another version of
                laconic; the message says what to do.
        """
        given = Path(path).absolute()
        file = home(given.resolve()) if given.is_dir() else given
        db = open_for_reading(file)
        with failing(file):
            try:
                root = _root(file, meta(db, "root"))
            finally:
                db.close()
        check_redact(redact)
        return cls(file, root, redact=redact)

    def update(self, on_progress: Progress | None = None) -> BuildReport:
        """Bring the index up to date with the tree, with the settings of its last build.

        Raises: as `build`.
        """
        with self.snapshot():
            settings = Settings.from_json(meta(self._db, "settings"))
        if settings.vectors is not None and self._embedder is None:
            self._embedder = _embedder(settings.vectors)[0]
        self.report = bring_up_to_date(
            _folder(self.root), self.path, settings, self._embedder, on_progress, self._redact
        )
        return self.report

    def watch(
        self, stop: threading.Event | None = None, on_update: Callable[[BuildReport], None] | None = None
    ) -> None:
        """Update now and whenever files of the tree change, until ``stop`` is set; blocks.

        An update that is refused because another process is writing is tried again. What ``on_update`` raises ends the
        watch.

        Raises:
            MissingDependencyError: watchfiles is not installed.
        """
        try:
            from watchfiles import watch
        except ImportError as error:
            raise MissingDependencyError("watchfiles", "project", "watching a project") from error
        changes = watch(
            self.root,
            stop_event=stop,
            watch_filter=lambda _, changed: self._concerns(changed),
            rust_timeout=_WATCH_STEP_MS,
            yield_on_timeout=True,
            raise_interrupt=True,
        )
        next(changes, None)  # the tree is watched from here on, so that no change falls between
        is_behind = True
        for changed in chain([set()], changes):
            if changed or is_behind:
                is_behind = not self._updated(on_update)

    def _concerns(self, changed: str) -> bool:
        """Whether a changed file may change the index; hidden ones do not, but for those that say what is ignored."""
        if changed.startswith(str(self.path)):
            return False
        parts = Path(changed).relative_to(self.root).parts
        return all(not part.startswith(".") or part == ".gitignore" for part in parts)

    def _updated(self, on_update: Callable[[BuildReport], None] | None) -> bool:
        """Update; False where another process is at it."""
        try:
            report = self.update()
        except ProjectIndexError as error:
            if error.problem != BEING_WRITTEN:
                raise
            return False
        if on_update is not None:
            on_update(report)
        return True

    def shown_now(self, text: str) -> str | None:
        """What may be shown of a text that the index does not hold; None where its hook is not known here."""
        if self._redact is not None:
            return redacted(self._redact, text)
        with self.snapshot():
            return None if Settings.from_json(meta(self._db, "settings")).redacted else text

    # --- asking

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All that is asked inside sees one state of the index, whatever is written meanwhile; other threads wait."""
        with self._lock, failing(self.path):
            self._connect_anew()
            outermost = not self._asking
            if outermost:
                self._db.execute("BEGIN")
                self._db.execute("SELECT 1 FROM meta").fetchone()  # the state is that of the first read
                self._asking = True
            try:
                yield
            finally:
                if outermost:
                    self._asking = False
                    if self._db.in_transaction:
                        self._db.execute("COMMIT")

    def _connect_anew(self) -> None:
        """In a forked child SQLite forbids to use the parent's connection, and to close it."""
        if self._process != os.getpid():
            self._inherited = self._db  # so that it is not closed with its last reference
            self._db = open_for_reading(self.path)
            self._process = os.getpid()
            self._asking = False

    def _rows(self, sql: str, *values: Any) -> list[Any]:
        with self.snapshot():
            return self._db.execute(sql, values).fetchall()

    @property
    def version(self) -> tuple[int, int]:
        """Changes whenever another state of the index is there to be seen; for what is kept beside it."""
        with self.snapshot():
            return self._process, int(self._rows("PRAGMA data_version")[0][0])

    @property
    def complete(self) -> bool:
        """Whether the last build or update came to its end; if not, some files may be missing or as they were."""
        with self.snapshot():
            return bool(meta(self._db, "complete"))

    def statistics(self) -> Statistics:
        """How much the index holds; kept until it changes."""
        with self.snapshot():
            version = self.version
            if self._kept is None or self._kept[0] != version:
                files, length = self._rows("SELECT count(*), avg(length) FROM files")[0]
                symbols, own, mean = self._rows("SELECT count(*), count(length), avg(length) FROM symbols")[0]
                (edges,) = self._rows("SELECT count(*) FROM edges")[0]
                self._kept = version, Statistics(files, symbols, own, edges, length or 0.0, mean or 0.0)
            return self._kept[1]

    def files(self) -> list[IndexedFile]:
        """All files, in order of their paths."""
        return [_file(row) for row in self._rows(f"{_FILES} ORDER BY path")]

    def file(self, path: str) -> IndexedFile:
        """One file.

        Raises:
            InputError: it is not in the index; the message names the nearest that is.
        """
        rows = self._rows(f"{_FILES} WHERE path = ?", path)
        if not rows:
            raise self._unknown(path)
        return _file(rows[0])

    def _number(self, path: str) -> int:
        rows = self._rows("SELECT id FROM files WHERE path = ?", path)
        if not rows:
            raise self._unknown(path)
        return int(rows[0][0])

    def _unknown(self, path: str) -> InputError:
        known = [row[0] for row in self._rows("SELECT path FROM files ORDER BY path")]
        return InputError(f"{path} is not in the index of {self.name}{did_you_mean(path, known)}")

    def read(self, path: str) -> str:
        """The text of a file as it was indexed.

        Raises: as `file`.
        """
        return self.level(path, 0).text

    def level(self, path: str, lod: int) -> LODPiece:
        """A file at a level of detail, 0 (everything) to 5 (one line); see `laconic.lod.LODExtractor.extract`.

        Raises:
            InputError: the file is not in the index.
            ConfigurationError: there is no such level.
        """
        if isinstance(lod, bool) or not isinstance(lod, int) or not 0 <= lod < LEVELS:
            raise ConfigurationError(f"lod is {lod!r}: it must be a level from 0 (everything) to 5 (one line)")
        with self.snapshot():
            found = self.file(path)
            rows = self._rows(
                "SELECT texts.lod, data FROM texts JOIN files ON files.id = texts.file"
                " WHERE path = ? AND texts.lod <= ? ORDER BY texts.lod DESC LIMIT 1",
                path,
                lod,
            )
            made, data = rows[0]
            text = self._text(data)
        fallback = lod > 0 and not found.has_symbols
        return LODPiece(text, made, path, found.language, found.chars, len(text), fallback=fallback)

    def _text(self, data: bytes) -> str:
        try:
            return zlib.decompress(data).decode()
        except (zlib.error, UnicodeDecodeError) as error:
            raise ProjectIndexError(self.path, f"is damaged ({error})", "delete it and build it again") from error

    def sizes(self, path: str) -> dict[int, int]:
        """Characters of each level of detail that a file has, without reading them.

        Raises: as `file`.
        """
        number = self._number(path)
        return dict(self._rows("SELECT lod, chars FROM texts WHERE file = ? ORDER BY lod", number))

    def symbols(self, path: str) -> list[Symbol]:
        """The definitions of a file, in text order.

        Raises: as `file`.
        """
        number = self._number(path)
        return [_symbol(row) for row in self._rows(f"{_SYMBOLS} WHERE symbols.file = ? ORDER BY at", number)]

    def find(self, name: str) -> list[Symbol]:
        """The definitions of a name or qualified name (``Door.close``; the head may be left out), in order of paths."""
        key = last_part(name)
        found = [_symbol(row) for row in self._rows(f"{_SYMBOLS} WHERE key = ? ORDER BY path, at", key)]
        if name == key:
            return found
        return [
            each for each in found if f".{each.qualname}".replace("::", ".").endswith("." + name.replace("::", "."))
        ]

    # --- the graph of files

    def imports(self, path: str) -> list[str]:
        """The files of the project that a file imports, the most used first.

        Raises: as `file`.
        """
        return self._beside("source", "target", path, "AND imported")

    def importers(self, path: str) -> list[str]:
        """The files of the project that import a file, those that use it most first.

        Raises: as `file`.
        """
        return self._beside("target", "source", path, "AND imported")

    def neighbours(self, path: str) -> list[str]:
        """What a file refers to, then what refers to it, by imports and by names that only few files define.

        Raises: as `file`.
        """
        with self.snapshot():
            referred = self._beside("source", "target", path)
            return list(dict.fromkeys([*referred, *self._beside("target", "source", path)]))

    def _beside(self, own: str, other: str, path: str, condition: str = "") -> list[str]:
        number = self._number(path)
        rows = self._rows(
            f"SELECT path FROM edges JOIN files ON files.id = {other} WHERE {own} = ? {condition}"  # noqa: S608
            " ORDER BY imported DESC, names DESC, path",
            number,
        )
        return [row[0] for row in rows]

    def hubs(self, count: int = 10) -> list[str]:
        """The files that most other files refer to, an import counting as two mere mentions of names."""
        rows = self._rows(
            "SELECT path FROM edges JOIN files ON files.id = target"
            " GROUP BY target ORDER BY sum(1 + imported) DESC, sum(names) DESC, path LIMIT ?",
            count,
        )
        return [row[0] for row in rows]

    # --- the graph of definitions

    def callees(self, symbol: Symbol) -> list[Symbol]:
        """What a definition calls, as far as names tell; see `laconic.kinds.code.graph`.

        Raises:
            InputError: the symbol is not of this index.
        """
        with self.snapshot():
            file, at = self._place(symbol)
            rows = self._rows(
                "SELECT name, form FROM mentions WHERE file = ? AND at = ? AND form != ?", file, at, EXTENDS
            )
            found = {place for name, form in rows for place in self._meant((file, at), name, form)}
            return self._at(sorted(found - {(file, at)}))

    def callers(self, symbol: Symbol) -> list[Symbol]:
        """What calls a definition, as far as names tell.

        Raises:
            InputError: the symbol is not of this index.
        """
        return self._referring(symbol, "form != ?")

    def subclasses(self, symbol: Symbol) -> list[Symbol]:
        """What extends a class, directly.

        Raises:
            InputError: the symbol is not of this index.
        """
        return self._referring(symbol, "form = ?")

    def _referring(self, symbol: Symbol, condition: str) -> list[Symbol]:
        """The definitions that mention one in some form; ``condition`` compares the form with `EXTENDS`."""
        with self.snapshot():
            own = self._place(symbol)
            (key,) = self._rows("SELECT key FROM symbols WHERE file = ? AND at = ?", *own)[0]
            rows = self._rows(f"SELECT file, at, form FROM mentions WHERE name = ? AND {condition}", key, EXTENDS)  # noqa: S608
            known: dict[Any, list[Place]] = {}
            found = set()
            for file, at, form in rows:
                asked = (file, at) if form == OWN else file  # all but those mean the same all over a file
                if asked not in known:
                    known[asked] = self._meant((file, at), key, form)
                if own in known[asked] and (file, at) != own:
                    found.add((file, at))
            return self._at(sorted(found))

    def bases(self, symbol: Symbol) -> list[Symbol]:
        """What a class extends.

        Raises:
            InputError: the symbol is not of this index.
        """
        with self.snapshot():
            return self._at(self._bases(self._place(symbol)))

    def _place(self, symbol: Symbol) -> Place:
        rows = self._rows(
            "SELECT file, at FROM symbols JOIN files ON files.id = symbols.file"
            " WHERE path = ? AND start = ? AND end = ? AND symbols.name = ?",
            symbol.path,
            symbol.start,
            symbol.end,
            symbol.name,
        )
        if not rows:
            raise InputError(f"{symbol.qualname} of {symbol.path} is not in the index of {self.name}")
        file, at = rows[0]
        return file, at

    def _at(self, places: Iterable[Place]) -> list[Symbol]:
        found = []
        for place in places:
            found += [_symbol(row) for row in self._rows(f"{_SYMBOLS} WHERE symbols.file = ? AND at = ?", *place)]
        return found

    def _meant(self, place: Place, name: str, form: int) -> list[Place]:
        """What a name in a definition means: as in `laconic.kinds.code.graph`."""
        if form == OWN:
            own = self._own_methods(place, name)
            if own:
                return own
        file = place[0]
        here = self._rows("SELECT file, at FROM symbols WHERE key = ? AND file = ?", name, file)
        near = here or self._rows(
            "SELECT symbols.file, at FROM edges JOIN symbols ON symbols.file = target"
            " WHERE source = ? AND imported AND key = ?",
            file,
            name,
        )
        near = near or self._rows("SELECT file, at FROM symbols WHERE key = ? LIMIT ?", name, MOST_MEANINGS + 1)
        return [tuple(row) for row in near] if len(near) <= MOST_MEANINGS else []

    def _own_methods(self, place: Place, name: str) -> list[Place]:
        owner: Place | None = place
        while owner is not None:
            kind, parent = self._rows("SELECT kind, parent FROM symbols WHERE file = ? AND at = ?", *owner)[0]
            if kind == "class":
                break
            owner = (owner[0], parent) if parent is not None else None
        level = [owner] if owner is not None else []
        seen: set[Place] = set()
        while level and len(seen) < _MOST_BASES:
            named = [
                tuple(row)
                for file, at in level
                for row in self._rows(
                    "SELECT file, at FROM symbols WHERE file = ? AND parent = ? AND key = ?", file, at, name
                )
            ]
            if named:
                return named
            seen.update(level)
            level = [base for each in level for base in self._bases(each) if base not in seen]
        return []

    def _bases(self, place: Place) -> list[Place]:
        rows = self._rows("SELECT name FROM mentions WHERE file = ? AND at = ? AND form = ?", *place, EXTENDS)
        found = [base for (name,) in rows for base in self._meant(place, name, CALL)]
        return [base for base in dict.fromkeys(found) if base != place]

    def parts(self, path: str) -> bytes | None:
        """What `laconic.project.parts.PartialFile` needs beside the text; None of a file that was not parsed.

        Raises: as `file`.
        """
        rows = self._rows("SELECT data FROM parts WHERE file = ?", self._number(path))
        return rows[0][0] if rows else None

    # --- searching

    def search(self, query: str, k: int = 10) -> list[FileHit]:
        """The files that a question asks for, best first.

        Args:
            query: a question, a name, an error message.
            k: most files, at least 1.

        Returns:
            Files with the definitions that answer it, and files that those refer to. Empty where no word of the
            question stands in the project. No file is read and none is parsed.

        Raises:
            InputError: the query is empty.
            ConfigurationError: ``k`` is not at least 1.
        """
        return self.searcher.search(query, k)

    @property
    def searcher(self) -> Searcher:
        """What searches this index; keeps the lengths of its documents until it changes."""
        with self._lock:
            if self._searcher is None:
                from laconic.project.search import Searcher

                self._searcher = Searcher(self)
            return self._searcher

    def candidates(self) -> NDArray[np.int64]:
        """``(n, 3)``: file and number of each candidate definition, and its number of words."""
        import numpy as np

        rows = self._rows("SELECT file, at, length FROM symbols WHERE length IS NOT NULL")
        return np.array(rows, np.int64).reshape(-1, 3)

    def postings(self, words: Iterable[str]) -> dict[str, Postings]:
        """Where words stand; words that the project does not hold are left out.

        ``words`` are stems, as `laconic.project.terms.query_words` makes them. Reads the rows of these words only.
        """
        import numpy as np

        found = {}
        with self.snapshot():
            for word in dict.fromkeys(words):
                rows = self._rows("SELECT file, count, in_path, places FROM postings WHERE term = ?", word)
                if rows:
                    packed = np.frombuffer(b"".join(row[3] for row in rows), "<u4").astype(np.int64)
                    files = np.array([row[0] for row in rows], np.int64)
                    owners = np.repeat(files, [len(row[3]) // 4 for row in rows])
                    found[word] = Postings(
                        files,
                        np.array([row[1] for row in rows], np.int64),
                        np.array([row[2] for row in rows], np.int64),
                        np.stack([owners, packed >> PLACE_BITS], axis=1),
                        packed & ((1 << PLACE_BITS) - 1),
                    )
        return found

    def symbols_at(self, places: Iterable[Place]) -> list[Symbol]:
        """The definitions at some places of `Postings`, in that order; those that are no longer there are left out."""
        with self.snapshot():
            return self._at(places)

    def paths(self) -> dict[int, str]:
        """Number of each file to its path."""
        return dict(self._rows("SELECT id, path FROM files"))

    def file_lengths(self) -> dict[int, int]:
        """Number of each file to the number of its words."""
        return dict(self._rows("SELECT id, length FROM files"))

    def lengths(self, places: Iterable[Place]) -> list[int]:
        """Number of words of candidate definitions, in that order."""
        with self.snapshot():
            return [
                self._rows("SELECT length FROM symbols WHERE file = ? AND at = ?", *map(int, place))[0][0] or 0
                for place in places
            ]

    def documents(self, places: Iterable[Place]) -> list[Document]:
        """What `laconic.score.code.ranking.rank` compares with a question, of candidate definitions, in that order."""
        made = []
        with self.snapshot():
            for file, at in places:
                row = self._rows(
                    "SELECT name, qualname, kind, signature, line, end_line, counted FROM symbols"
                    " WHERE file = ? AND at = ? AND counted IS NOT NULL",
                    int(file),
                    int(at),
                )[0]
                name, qualname, kind, signature, line, end_line, counted = row
                made.append(
                    counted_document(
                        json.loads(self._text(counted)),
                        name=name,
                        owner=qualname[: -len(name)].rstrip("."),
                        signature=signature,
                        unit=int(at),
                        lines=end_line - line + 1,
                        is_type=kind == "class",
                    )
                )
        return made

    def vectors(self) -> tuple[list[Place], NDArray[np.float32]] | None:
        """The place of each vector and the vectors ``(n, d)``; None where the index has none.

        A place with the number -1 is a file as a whole, which has no definitions.
        """
        import numpy as np

        rows = self._rows("SELECT file, at, data FROM vectors ORDER BY file, at")
        if not rows:
            return None
        flat = np.frombuffer(b"".join(row[2] for row in rows), "<f2").astype(np.float32)
        return [(file, at) for file, at, _ in rows], flat.reshape(len(rows), -1)

    @property
    def embedder(self) -> Any:
        """The embedder that made the vectors, None where there are none."""
        with self.snapshot():
            name = meta(self._db, "settings")["vectors"]
        if name is not None and self._embedder is None:
            self._embedder = _embedder(name)[0]
        return self._embedder if name is not None else None

    # --- closing

    def close(self) -> None:
        """Give the file back; asking afterwards is an error."""
        with self._lock:
            if self._process == os.getpid():
                self._db.close()

    def __enter__(self) -> ProjectIndex:
        """The index itself; it is closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"ProjectIndex({str(self.root)!r})"


def _folder(root: str | os.PathLike[str]) -> Path:
    folder = Path(root).resolve()
    if not folder.is_dir():
        raise InputError(f"{root} is no folder: give the root of a source tree")
    return folder


def _root(file: Path, kept: str | None) -> Path:
    """The folder around a default index, which may have been moved along with it; else the one that was indexed."""
    if file.parent.name == FOLDER:
        return file.parent.parent.resolve()
    if kept is None:
        raise ProjectIndexError(file, "was never built", "build it: laconic.project.ProjectIndex.build(root)")
    return Path(os.fsdecode(bytes.fromhex(kept)))


def _embedder(vectors: Any) -> tuple[Any, str | None]:
    if vectors is None:
        return None, None
    from laconic.score.vectors.embedders import as_embedder, embedder_name  # numpy and a table, for those who ask

    embedder = as_embedder(vectors)
    return embedder, embedder_name(embedder)


def _file(row: Sequence[Any]) -> IndexedFile:
    path, language, chars, lines, sha256, has_symbols, summary = row
    return IndexedFile(path, language, chars, lines, sha256, bool(has_symbols), summary)


def _symbol(row: Sequence[Any]) -> Symbol:
    path, name, qualname, kind, start, end, line, end_line, signature, doc, exported = row[2:]
    return Symbol(path, name, qualname, kind, start, end, line, end_line, signature, doc, bool(exported))
