"""Records from files and back: JSON lines, gzipped or not, and Parquet."""

from __future__ import annotations

import glob
import gzip
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, cast

from laconic.exceptions import InputError, MissingDependencyError

__all__ = ["LINES", "PARQUET", "Raw", "find_sources", "format_of", "parsed", "raw_records", "write_records"]

LINES, PARQUET = "jsonl", "parquet"

Raw = bytes | dict[str, Any]
"""A record as it was read: a line that is not parsed yet, or the row of a table."""

_ENDINGS = {".jsonl": LINES, ".ndjson": LINES, ".parquet": PARQUET}
_ROWS = 256  # of Parquet, read at once


def find_sources(given: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> list[Path]:
    """The files that are meant: a file, a folder's files in the order of their names, a pattern, or a list of these.

    Raises:
        InputError: one is not there, or a folder or pattern has no file of a known ending.
    """
    items = [given] if isinstance(given, (str, os.PathLike)) else list(given)
    found: list[Path] = []
    for item in items:
        path = Path(item)
        if path.is_dir():
            own = [each for each in sorted(path.iterdir()) if each.is_file() and _ending(each) is not None]
        elif path.exists():
            own = [path]
        else:
            own = [Path(each) for each in sorted(glob.glob(os.fspath(item), recursive=True)) if Path(each).is_file()]
        if not own:
            raise InputError(f"{item}: there is no such file, and no .jsonl, .jsonl.gz or .parquet file in or under it")
        found += own
    return found


def format_of(path: Path) -> str:
    """``"jsonl"`` or ``"parquet"``, by the ending.

    Raises:
        InputError: it is another.
    """
    found = _ending(path)
    if found is None:
        raise InputError(f"{path}: the name must end in .jsonl, .jsonl.gz, .ndjson or .parquet")
    return found


def _ending(path: Path) -> str | None:
    name = path.name.removesuffix(".gz")
    return next((kind for ending, kind in _ENDINGS.items() if name.endswith(ending)), None)


def raw_records(paths: Iterable[Path]) -> Iterator[Raw]:
    """The records of files, one after the other, read as they are asked for. Blank lines are none."""
    for path in paths:
        if format_of(path) == PARQUET:
            yield from _rows(path)
            continue
        try:
            with _opened(path) as lines:
                yield from (line for line in lines if line.strip())
        except (EOFError, OSError, zlib.error) as error:
            raise InputError(f"{path} cannot be read: {error}") from error


def _opened(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    for batch in _pyarrow_parquet().ParquetFile(path).iter_batches(batch_size=_ROWS):
        yield from batch.to_pylist()


def parsed(raw: Raw) -> dict[str, Any]:
    """The record that was read.

    Raises:
        InputError: the line is no JSON object.
    """
    if isinstance(raw, dict):
        return raw
    try:
        found = json.loads(raw)
    except ValueError as error:
        raise InputError(f"the line is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise InputError(f"the line is a JSON {type(found).__name__}: it must be an object with the columns as keys")
    return found


def write_records(records: Sequence[dict[str, Any]], path: Path, kind: str) -> None:
    """Write a file of records so that it is there whole or not at all."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        if kind == PARQUET:
            parquet = _pyarrow_parquet()
            import pyarrow

            parquet.write_table(pyarrow.Table.from_pylist(list(records)), unfinished)
        else:
            with unfinished.open("wb") as file:
                file.writelines(map(_line, records))
                file.flush()
                os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _line(record: dict[str, Any]) -> bytes:
    try:
        return json.dumps(record, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # a lone surrogate, which JSON can only write as an escape
        return json.dumps(record).encode() + b"\n"


def _pyarrow_parquet() -> Any:
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise MissingDependencyError("pyarrow", "ray", "reading and writing Parquet") from error
    return parquet
