"""Bringing an index up to date with its tree: what to read, in batches, each of which leaves a usable index."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from laconic._utils.redaction import Redact, redacted
from laconic.exceptions import MissingDependencyError, ProjectIndexError
from laconic.project.facts import FileFacts, file_facts
from laconic.project.reading import decoded, unfit
from laconic.project.schema import failing, meta, open_for_writing, prepare_home, set_meta, writing_alone
from laconic.project.types import BuildReport, Skipped
from laconic.project.walk import Found, Walk, walk
from laconic.project.writing import refresh_edges, remove_file, write_file

if TYPE_CHECKING:
    from laconic.score.vectors.embedders import Embedder

__all__ = ["Progress", "Settings", "bring_up_to_date"]

Progress = Callable[[int, int, str], None]
"""Called with the number of files that are done, of all files, and the path of the last one."""

_BATCH_FILES, _BATCH_CHARS = 64, 4_000_000
_RECENT_NS = 2_000_000_000
"""A file that changed so shortly before it was read may change again without a new time: the next update reads it."""
_EMBEDDED_CHARS = 4000


@dataclass(frozen=True)
class Settings:
    """What an index was asked to hold; kept in it, so that an update asks for the same."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_bytes: int = 1_000_000
    vectors: str | None = None  # name of the embedder
    redacted: bool = False  # whether a hook saw every text before it was stored

    def to_json(self) -> dict[str, Any]:
        """As `meta` keeps it."""
        return {
            "include": list(self.include), "exclude": list(self.exclude), "max_bytes": self.max_bytes,
            "vectors": self.vectors, **({"redacted": True} if self.redacted else {}),
        }  # fmt: skip

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Settings:
        """Of what `to_json` gave."""
        return cls(
            tuple(value["include"]), tuple(value["exclude"]), value["max_bytes"], value["vectors"],
            value.get("redacted", False),
        )  # fmt: skip


def bring_up_to_date(
    root: Path,
    path: Path,
    settings: Settings,
    embedder: Embedder | None,
    on_progress: Progress | None,
    redact: Redact | None = None,
) -> BuildReport:
    """Make the index at ``path`` say what the tree at ``root`` holds now.

    Every batch is a transaction: who reads meanwhile, or after this was killed, has an index in which each file is as
    it was or as it is. The next call goes on with what is missing.

    Raises: as `laconic.project.walk.walk` and `laconic.project.schema.open_for_writing`; ProjectIndexError where the
        index holds redacted text and ``redact`` is None, or the other way round; and what ``redact`` raises.
    """
    started = time.perf_counter()
    prepare_home(path)
    with writing_alone(path), failing(path):
        _check_parser()
        met = walk(root, settings.include, settings.exclude, own=path)
        db = open_for_writing(path)
        try:
            return _Update(db, path, root, met, settings, embedder, on_progress, redact).run(started)
        finally:
            db.close()


def _check_parser() -> None:
    """A grammar may be missing, whose files are then kept as text; without the parser all would be."""
    if find_spec("tree_sitter") is None:
        raise MissingDependencyError("tree-sitter", "project", "indexing a project")


class _Update:
    """One pass over the files that a walk met."""

    def __init__(
        self,
        db: sqlite3.Connection,
        path: Path,
        root: Path,
        met: Walk,
        settings: Settings,
        embedder: Embedder | None,
        on_progress: Progress | None,
        redact: Redact | None,
    ) -> None:
        self.db = db
        self.path = path
        self.redact = redact
        self.root = root
        self.met = met
        self.settings = settings
        self.embedder = embedder
        self.on_progress = on_progress
        self.skipped = list(met.skipped)
        self.unparsed: list[Skipped] = []
        self.counts = dict.fromkeys(("added", "changed", "removed", "unchanged"), 0)
        self.waiting: list[tuple[Found, str, int, FileFacts]] = []
        self.chars = 0
        self.touched: list[tuple[int, int, int]] = []  # size, time, number of files that say what they said
        self.has_written = False

    def run(self, started: float) -> BuildReport:
        self._settle()
        known: dict[str, tuple[int, int, int, str]] = {
            path: (file, size, mtime_ns, sha256)
            for path, file, size, mtime_ns, sha256 in self.db.execute(
                "SELECT path, id, size, mtime_ns, sha256 FROM files"
            )
        }
        gone = dict(known)
        for at, found in enumerate(self.met.files):
            if self._look_at(found, known.get(found.path)):
                gone.pop(found.path, None)
            if self.on_progress is not None:
                self.on_progress(at + 1, len(self.met.files), found.path)
        self._flush()
        unread = tuple(self.met.unread)
        lost = [file for path, (file, *_) in gone.items() if not (unread and path.startswith(unread))]
        self.counts["removed"] = len(lost)
        self.counts["unchanged"] += len(gone) - len(lost)
        self._finish(lost)
        return BuildReport(
            **self.counts,
            skipped=tuple(self.skipped),
            seconds=time.perf_counter() - started,
            unparsed=tuple(self.unparsed),
        )

    def _settle(self) -> None:
        """Note what the index is of; read everything again where vectors are wanted that it does not have."""
        before = meta(self.db, "settings")
        self._check_redacted(before)
        root = self.root.as_posix().encode("utf-8", "surrogateescape").hex()
        if before == self.settings.to_json() and meta(self.db, "root") == root:
            return
        self._begin()
        if before is not None and before["vectors"] != self.settings.vectors:
            self.db.execute("DELETE FROM vectors")
            self.db.execute("UPDATE files SET sha256 = '', mtime_ns = -1")
        set_meta(self.db, "settings", self.settings.to_json())
        set_meta(self.db, "root", root)
        self.db.execute("COMMIT")

    def _check_redacted(self, before: dict[str, Any] | None) -> None:
        """Refuse to mix text that a hook has seen with text that none has; what was deleted may lie in the file yet."""
        if before is None:
            return
        was = Settings.from_json(before).redacted
        if was and self.redact is None:
            raise ProjectIndexError(self.path, "holds redacted text", "give redact, or delete the file")
        if self.redact is not None and not was:
            raise ProjectIndexError(self.path, "holds text that redact has not seen", "delete the file")

    def _begin(self) -> None:
        """Begin a batch; from the first one up to the end of the update the index says that it is not complete."""
        self.db.execute("BEGIN IMMEDIATE")
        if not self.has_written:
            set_meta(self.db, "complete", False)
            self.has_written = True

    def _look_at(self, found: Found, known: tuple[int, int, int, str] | None) -> bool:
        """Read a file where it may have changed; whether it belongs into the index."""
        if known is not None and known[1:3] == (found.size, found.mtime_ns):
            self.counts["unchanged"] += 1
            return True
        if found.size > self.settings.max_bytes:
            return self._skip(found, f"too large: {found.size} bytes, more than max_bytes={self.settings.max_bytes}")
        try:
            with open(found.place, "rb") as file:
                data = file.read(self.settings.max_bytes + 1)
        except FileNotFoundError:
            return self._skip(found, "vanished")
        except OSError as error:
            self._skip(found, f"unreadable: {error.strerror or error}")
            self.counts["unchanged"] += known is not None  # what is known of it stays
            return known is not None
        if len(data) > self.settings.max_bytes:
            return self._skip(found, f"too large: more than max_bytes={self.settings.max_bytes}")
        mtime_ns = -1 if time.time_ns() - found.mtime_ns < _RECENT_NS else found.mtime_ns
        sha256 = hashlib.sha256(data).hexdigest()
        if known is not None and sha256 == known[3]:
            self.counts["unchanged"] += 1
            if known[1:3] != (found.size, mtime_ns):
                self.touched.append((found.size, mtime_ns, known[0]))
            return True
        text = decoded(data)
        if text is None:
            return self._skip(found, "binary")
        reason = unfit(found.path, text)
        if reason is not None:
            return self._skip(found, reason)
        text = redacted(self.redact, text)
        self.counts["added" if known is None else "changed"] += 1
        facts = file_facts(found.path, text)
        if facts.unparsed:
            self.unparsed.append(Skipped(found.path, facts.unparsed))
        self.waiting.append((found, sha256, mtime_ns, facts))
        self.chars += len(text)
        if len(self.waiting) >= _BATCH_FILES or self.chars >= _BATCH_CHARS:
            self._flush()
        return True

    def _skip(self, found: Found, reason: str) -> bool:
        self.skipped.append(Skipped(found.path, reason))
        return False

    def _flush(self) -> None:
        if not self.waiting:
            return
        self._begin()
        for found, sha256, mtime_ns, facts in self.waiting:
            file = write_file(self.db, found, sha256, mtime_ns, facts)
            if self.embedder is not None:
                self._embed(self.embedder, file, facts)
        self.db.execute("COMMIT")
        self.waiting, self.chars = [], 0

    def _embed(self, embedder: Embedder, file: int, facts: FileFacts) -> None:
        """Vectors of what a ranking chooses among; of a file without definitions one of its head, as number -1."""
        chosen = [(at, each.symbol) for at, each in enumerate(facts.definitions) if each.is_candidate]
        texts = [f"{own.qualname}\n{facts.text[own.start : own.end][:_EMBEDDED_CHARS]}" for _, own in chosen]
        numbers = [at for at, _ in chosen]
        if not chosen:
            numbers, texts = [-1], [f"{facts.path}\n{facts.text[:_EMBEDDED_CHARS]}"]
        rows = embedder.embed(texts).astype("<f2")
        self.db.executemany(
            "INSERT INTO vectors VALUES (?, ?, ?)",
            [(file, at, row.tobytes()) for at, row in zip(numbers, rows, strict=True)],
        )

    def _finish(self, lost: Sequence[int]) -> None:
        if not (lost or self.touched or self.has_written) and meta(self.db, "complete"):
            return  # nothing is written, so that readers keep what they know
        self._begin()
        self.db.executemany("UPDATE files SET size = ?, mtime_ns = ? WHERE id = ?", self.touched)
        for file in lost:
            remove_file(self.db, file)
        refresh_edges(self.db, self.root.name)
        set_meta(self.db, "complete", True)
        self.db.execute("COMMIT")
        self.db.execute("PRAGMA optimize")
        self.db.execute("PRAGMA wal_checkpoint(PASSIVE)")
