"""Where what was cut lies: the protocol of a back end, in memory and in a file of SQLite."""

from __future__ import annotations

import os
import sqlite3
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from typing import Any, Protocol

from laconic._utils.locks import ForkLock
from laconic.exceptions import ConfigurationError

__all__ = ["Cut", "CutBackend", "MemoryCuts", "SQLiteCuts"]


@dataclass(frozen=True)
class Cut:
    """What lies under one handle.

    Attributes:
        handle: its name.
        record: what `laconic.chain.cuts.CutStore` wrote, as text; a back end does not read it.
        chars: how much of the store it takes up.
        written: when, in seconds since 1970.
    """

    handle: str
    record: str
    chars: int
    written: float


class CutBackend(Protocol):
    """A table of text by handle, for threads, and where its place allows for processes and machines.

    An error of the place itself (a full disk, a lost network) is raised; the caller goes on without the store.
    """

    def read(self, handle: str) -> Cut | None:
        """What lies there, or None; counts as a use."""

    def write(self, cut: Cut) -> None:
        """Keep it, in place of what lay there."""

    def delete(self, handle: str) -> None:
        """Forget it; nothing where there is none."""

    def trim(self, max_chars: int, written_before: float = -inf) -> None:
        """Forget what was written before a time, then the longest unused until ``max_chars`` hold the rest."""


class MemoryCuts:
    """In this process; empty where it arrives pickled."""

    def __init__(self) -> None:
        self._cuts: OrderedDict[str, Cut] = OrderedDict()
        self._chars = 0
        self._lock = ForkLock(self._count, reentrant=True)

    def read(self, handle: str) -> Cut | None:
        """See `CutBackend`."""
        with self._lock:
            cut = self._cuts.get(handle)
            if cut is not None:
                self._cuts.move_to_end(handle)
            return cut

    def write(self, cut: Cut) -> None:
        """See `CutBackend`."""
        with self._lock:
            self.delete(cut.handle)
            self._cuts[cut.handle] = cut
            self._chars += cut.chars

    def delete(self, handle: str) -> None:
        """See `CutBackend`."""
        with self._lock:
            cut = self._cuts.pop(handle, None)
            self._chars -= 0 if cut is None else cut.chars

    def trim(self, max_chars: int, written_before: float = -inf) -> None:
        """See `CutBackend`."""
        with self._lock:
            if written_before > -inf:
                for cut in [cut for cut in self._cuts.values() if cut.written < written_before]:
                    self.delete(cut.handle)
            while self._chars > max_chars:
                self.delete(next(iter(self._cuts)))

    def __len__(self) -> int:
        return len(self._cuts)

    def _count(self) -> None:
        """The characters again, of cuts that another thread was changing when the process was forked."""
        self._chars = sum(cut.chars for cut in self._cuts.values())

    def __reduce__(self) -> tuple[Any, ...]:
        return MemoryCuts, ()


_TABLE = """
CREATE TABLE IF NOT EXISTS cuts (
    handle TEXT PRIMARY KEY, record TEXT NOT NULL, chars INTEGER NOT NULL, written REAL NOT NULL, used INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS cuts_used ON cuts (used, chars);
CREATE INDEX IF NOT EXISTS cuts_written ON cuts (written);
"""
_NEXT = "(SELECT COALESCE(MAX(used), 0) + 1 FROM cuts)"


class SQLiteCuts:
    """In a file that outlives the process and is shared by all workers of a machine.

    Args:
        path: of the file, which is made where there is none. Its content is plain text: give it the permissions that
            the retrieved context has.
        timeout: seconds that a call waits for other writers.

    Raises:
        ConfigurationError: the file cannot be opened or made, or is something else.

    Pickled it arrives at the same file; after a fork each process has its own connection.
    """

    def __init__(self, path: str | os.PathLike[str], *, timeout: float = 10.0) -> None:
        self._connection: sqlite3.Connection | None = None
        self._owner = 0
        self._lock = ForkLock()
        self.path = os.fspath(path)
        self.timeout = timeout
        try:
            with self._open():
                pass
        except sqlite3.Error as error:
            raise ConfigurationError(f"the file {self.path!r} cannot be opened for what is cut: {error}") from error

    def read(self, handle: str) -> Cut | None:
        """See `CutBackend`."""
        with self._open() as connection:
            found = connection.execute(
                "SELECT handle, record, chars, written FROM cuts WHERE handle = ?", (handle,)
            ).fetchone()
            if found is None:
                return None
            connection.execute(f"UPDATE cuts SET used = {_NEXT} WHERE handle = ?", (handle,))  # noqa: S608 - a constant
            return Cut(*found)

    def write(self, cut: Cut) -> None:
        """See `CutBackend`."""
        with self._open() as connection:
            connection.execute(
                f"INSERT OR REPLACE INTO cuts VALUES (?, ?, ?, ?, {_NEXT})",  # noqa: S608 - a constant
                (cut.handle, cut.record, cut.chars, cut.written),
            )

    def delete(self, handle: str) -> None:
        """See `CutBackend`."""
        with self._open() as connection:
            connection.execute("DELETE FROM cuts WHERE handle = ?", (handle,))

    def trim(self, max_chars: int, written_before: float = -inf) -> None:
        """See `CutBackend`."""
        with self._open() as connection:
            connection.execute("DELETE FROM cuts WHERE written < ?", (written_before,))
            [total] = connection.execute("SELECT COALESCE(SUM(chars), 0) FROM cuts").fetchone()
            if total > max_chars:
                connection.execute(
                    "DELETE FROM cuts WHERE handle IN (SELECT handle FROM (SELECT handle, SUM(chars) OVER "
                    "(ORDER BY used DESC) AS held FROM cuts) WHERE held > ?)",
                    (max_chars,),
                )

    def __len__(self) -> int:
        with self._open() as connection:
            [count] = connection.execute("SELECT COUNT(*) FROM cuts").fetchone()
            return int(count)

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._lock:
            if self._connection is not None and self._owner == os.getpid():
                self._connection.close()
            self._connection = None

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The connection, inside one transaction."""
        with self._lock:
            if self._connection is None or self._owner != os.getpid():
                self._connection = sqlite3.connect(self.path, timeout=self.timeout, check_same_thread=False)
                self._owner = os.getpid()
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.executescript(_TABLE)
            with self._connection as connection:
                yield connection

    def __del__(self) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return _sqlite_cuts, (self.path, self.timeout)


def _sqlite_cuts(path: str, timeout: float) -> SQLiteCuts:
    return SQLiteCuts(path, timeout=timeout)
