"""What calls saved, in a SQLite file that several processes may write: figures alone, never a text.

Rows are written in batches, behind a write-ahead log, so that a call waits for the disk once in many. What a process
has not written yet is written when it ends, and lost where it is killed.
"""

from __future__ import annotations

import logging
import sqlite3
import weakref
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from time import time
from typing import Any, NamedTuple

from laconic._utils.locks import ForkLock
from laconic.exceptions import ConfigurationError, InputError
from laconic.telemetry import CallReport
from laconic.types import Savings

__all__ = ["Call", "CallStats", "GroupStats", "Telemetry", "as_telemetry", "now", "stats"]

_FORMAT = 1
_WAIT_S = 10.0  # for other processes that write
_SCHEMA = """CREATE TABLE IF NOT EXISTS calls (
    at REAL NOT NULL, recipe TEXT NOT NULL, mode TEXT NOT NULL, engine TEXT NOT NULL,
    tokens_raw INTEGER NOT NULL, tokens_after INTEGER NOT NULL, duration_ms REAL NOT NULL, stages TEXT NOT NULL)"""
_INSERT = "INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?)"

logger = logging.getLogger("laconic")


class Call(NamedTuple):
    """The figures of one call: when it was (seconds since 1970), how it was done, and what came of it."""

    at: float
    recipe: str
    mode: str
    engine: str
    tokens_raw: int
    tokens_after: int
    duration_ms: float
    stages: str


class Telemetry:
    """Keeps the figures of calls in a SQLite file.

    Args:
        path: of the file; made where there is none.
        batch: so many calls are written at once, ≥ 1.
        seconds: a call that comes so much later than the first unwritten one has all of them written, ≥ 0.

    Raises:
        ConfigurationError: the file cannot be opened for writing or holds something else, or a number is out of range.

    A failure to write costs the rows and a warning in the log, never the call. Thread-safe; a copy in another process
    begins with nothing unwritten. ``laconic.telemetry.subscribe(Telemetry(path))`` keeps the calls of every door.
    """

    def __init__(self, path: str | PathLike[str], *, batch: int = 64, seconds: float = 5.0) -> None:
        if isinstance(batch, bool) or not isinstance(batch, int) or batch < 1:
            raise ConfigurationError(f"batch is {batch!r}: give a whole number of calls ≥ 1")
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds >= 0:
            raise ConfigurationError(f"seconds is {seconds!r}: give a number ≥ 0")
        self.path = fspath(path)
        self.batch = batch
        self.seconds = seconds
        self._begin()
        try:
            _write(self.path, [])
        except sqlite3.Error as error:
            raise ConfigurationError(
                f"telemetry file {self.path!r} cannot be used ({error}): give another path"
            ) from error

    def _begin(self) -> None:
        self._rows: list[Call] = []
        self._lock = ForkLock()
        self._at_end = weakref.finalize(self, _write_or_warn, self.path, self._rows)

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path, "batch": self.batch, "seconds": self.seconds}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._begin()

    def __call__(self, report: CallReport) -> None:
        """Take in a call of any door: the door stands for the recipe, where there is none, and the outcome for the
        mode. One that counted no tokens, or failed before it did, is left out.
        """
        figures, told = report.figures, report.figures.details
        if figures.tokens_in is None or figures.tokens_out is None:
            return
        recipe, mode = told.get("recipe", report.door), told.get("mode", report.outcome)
        engine = told.get("engine", figures.counter or "")
        milliseconds = 1000 * report.seconds
        tokens = figures.tokens_in, figures.tokens_out
        self.record(Call(report.at, recipe, mode, engine, *tokens, milliseconds, told.get("stages", "")))

    def record(self, call: Call) -> None:
        """Take in a call; every so often this writes."""
        with self._lock:
            self._rows.append(call)
            if len(self._rows) >= self.batch or call.at - self._rows[0].at >= self.seconds:
                _write_or_warn(self.path, self._rows)

    def flush(self) -> None:
        """Write what is not written yet."""
        with self._lock:
            _write_or_warn(self.path, self._rows)

    def __enter__(self) -> Telemetry:
        return self

    def __exit__(self, *_: object) -> None:
        self.flush()


def as_telemetry(telemetry: Any) -> Telemetry | None:
    """The caller's own, or one for a path; None for none.

    Raises:
        ConfigurationError: neither, or a file that cannot be used.
    """
    if telemetry is None or isinstance(telemetry, Telemetry):
        return telemetry
    if isinstance(telemetry, (str, PathLike)):
        return Telemetry(telemetry)
    raise ConfigurationError(
        f"telemetry is a {type(telemetry).__name__}: give the path of a SQLite file, or a Telemetry"
    )


def now() -> float:
    """Seconds since 1970."""
    return time()


def _write_or_warn(path: str, rows: list[Call]) -> None:
    """Write rows and forget them."""
    if not rows:
        return
    try:
        _write(path, rows)
    except sqlite3.Error as error:
        logger.warning("the figures of %d calls were not written to %s: %s", len(rows), path, error)
    rows.clear()


def _write(path: str, rows: Sequence[Call]) -> None:
    with closing(sqlite3.connect(path, timeout=_WAIT_S)) as connection:
        _check_format(connection)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        with connection:
            connection.execute(_SCHEMA)
            connection.execute(f"PRAGMA user_version={_FORMAT}")
            connection.executemany(_INSERT, rows)


def _check_format(connection: sqlite3.Connection) -> None:
    """Refuse a database of something else."""
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables and (found != _FORMAT or "calls" not in tables):
        raise sqlite3.DatabaseError("it holds something else than calls of laconic, or calls of another version")


@dataclass(frozen=True)
class GroupStats(Savings):
    """Calls with the same recipe, mode and engine."""

    recipe: str
    mode: str
    engine: str
    calls: int
    tokens_raw: int
    tokens_after: int
    mean_ms: float

    @property
    def _counts(self) -> tuple[int, int]:
        return self.tokens_raw, self.tokens_after


@dataclass(frozen=True)
class CallStats(Savings):
    """What `stats` gives; ``str()`` of it is a table for people.

    Attributes:
        calls: number of calls.
        tokens_raw, tokens_after: tokens of all of them, before and after.
        mean_ms: time of a call, on average.
        groups: the same by recipe, mode and engine, most tokens saved first.
    """

    calls: int
    tokens_raw: int
    tokens_after: int
    mean_ms: float
    groups: tuple[GroupStats, ...]

    @property
    def _counts(self) -> tuple[int, int]:
        return self.tokens_raw, self.tokens_after

    def __str__(self) -> str:
        saved = self.tokens_raw - self.tokens_after
        lines = [
            f"Calls:  {self.calls:,}",
            f"Tokens: {self.tokens_raw:,} -> {self.tokens_after:,}",
            f"Saved:  {saved:,} tokens ({self.savings_percent:.1f}%)",
            f"Time:   {self.mean_ms:.1f}ms a call",
        ]
        for group in self.groups:
            name = f"{group.recipe}, {group.mode}, {group.engine}"
            lines.append(
                f"  {name}: {group.calls:,} calls, {group.tokens_raw:,} -> {group.tokens_after:,} tokens "
                f"({group.savings_percent:.1f}%), {group.mean_ms:.1f}ms"
            )
        return "\n".join(lines)


def stats(path: str | PathLike[str], since: float | None = None) -> CallStats:
    """What the calls in a file of `Telemetry` saved; what a process has not written yet is not in it.

    Args:
        path: of the file.
        since: only calls from then on, in seconds since 1970.

    Raises:
        InputError: there is no such file, or it is none of `Telemetry`.
    """
    if not Path(path).is_file():
        raise InputError(f"there is no telemetry file {fspath(path)!r}: give the path that calls were made with")
    try:
        with closing(sqlite3.connect(fspath(path), timeout=_WAIT_S)) as connection:
            _check_format(connection)
            rows = connection.execute(
                "SELECT recipe, mode, engine, count(*), sum(tokens_raw), sum(tokens_after), avg(duration_ms) "
                "FROM calls WHERE at >= ? GROUP BY recipe, mode, engine "
                "ORDER BY sum(tokens_raw) - sum(tokens_after) DESC, recipe, mode, engine",
                (float("-inf") if since is None else since,),
            ).fetchall()
    except sqlite3.Error as error:
        raise InputError(f"telemetry file {fspath(path)!r} cannot be read: {error}") from error
    groups = tuple(GroupStats(*row) for row in rows)
    calls = sum(group.calls for group in groups)
    return CallStats(
        calls,
        sum(group.tokens_raw for group in groups),
        sum(group.tokens_after for group in groups),
        sum(group.mean_ms * group.calls for group in groups) / calls if calls else 0.0,
        groups,
    )
