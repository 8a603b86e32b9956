"""Files of records through a pool of processes, shard by shard, so that what is finished is never done again."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any

from laconic._utils.version import __version__
from laconic.batch.compressor import BatchCompressor, failed
from laconic.batch.records import Raw, find_sources, format_of, parsed, raw_records, write_records
from laconic.exceptions import ConfigurationError, InputError

__all__ = ["BatchReport", "FailedRecord", "compress_files", "read_results"]

_MANIFEST, _PROGRESS = "manifest.json", "progress.jsonl"
_SHOWN_FAILURES = 1000
_AHEAD = 2  # shards that wait for each worker, so that it never waits for the reader


@dataclass(frozen=True)
class FailedRecord:
    """A record that could not be compressed: its number, from 0 through all sources, and why."""

    number: int
    error: str


@dataclass
class BatchReport:
    """What a batch came to.

    Attributes:
        records: of all sources; each has one record in the output.
        resumed: how many of them an earlier run had done.
        failed: how many could not be compressed; their column ``error`` says why.
        failures: the first thousand of these.
        original_tokens, compressed_tokens: sums.
        seconds: wall time of this run.
    """

    records: int = 0
    resumed: int = 0
    failed: int = 0
    failures: list[FailedRecord] = field(default_factory=list)
    original_tokens: int = 0
    compressed_tokens: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class _Done:
    """One shard that is in its file."""

    shard: int
    records: int
    original_tokens: int
    compressed_tokens: int
    failures: list[list[Any]]  # number of the record, error


def compress_files(
    sources: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    target: str | os.PathLike[str],
    *,
    workers: int | None = None,
    shard_records: int = 500,
    on_progress: Callable[[int], None] | None = None,
    **options: Any,
) -> BatchReport:
    """Compress every record of some files; call it again after a stop, and it goes on where it was.

    Args:
        sources: files of JSON lines (``.jsonl``, ``.jsonl.gz``) or Parquet, a folder of such, a pattern, or a list.
        target: folder for the output, ``part-000000.jsonl`` and so on, in the order of the input; Parquet where the
            first source is. Made where it is not there.
        workers: processes; as many as the processor has cores where None. 1 works in this process.
        shard_records: records in one file of the output, and in the memory of one worker.
        on_progress: called with the number of finished records after each shard.
        options: of `BatchCompressor`: ``passages`` and ``query`` name the columns, the rest is
            `laconic.Compressor`'s.

    Returns:
        The totals, those of earlier runs into this target included. Each input record has exactly one output record;
        one that cannot be read or compressed, or that kills a worker, has its reason in the column ``error``.

    Raises:
        ConfigurationError: an option cannot work, or the target holds the output of other sources or options.
        InputError: a source is not there, or of an unknown kind.
        MissingDependencyError: Parquet without pyarrow.

    Memory: ``workers`` × 3 shards at most. Workers are started afresh (``spawn``), so a script needs the usual
    ``if __name__ == "__main__":``.
    """
    began = perf_counter()
    if "on_error" in options:
        raise ConfigurationError("on_error cannot be given: a record that fails is written with its error")
    count = _checked(workers, shard_records)
    compressor = BatchCompressor(**options)
    files = find_sources(sources)
    kind = format_of(files[0])
    folder = Path(target)
    done = _resumed(folder, _manifest(files, options, shard_records), kind)
    report = BatchReport(resumed=sum(each.records for each in done.values()))
    for each in done.values():
        _add(report, each)
    work = _Work(compressor, folder, kind)
    run = _one_process(work, _shards(files, shard_records, done)) if count == 1 else None
    with (folder / _PROGRESS).open("a", encoding="utf-8") as log:
        for each in run or _many_processes(work, _shards(files, shard_records, done), count):
            log.write(json.dumps(asdict(each)) + "\n")
            log.flush()
            _add(report, each)
            if on_progress is not None:
                on_progress(report.records)
    report.failures.sort(key=lambda failure: failure.number)
    report.seconds = perf_counter() - began
    return report


def read_results(target: str | os.PathLike[str]) -> Iterator[dict[str, Any]]:
    """The output records of a target, in the order of the input.

    Raises:
        InputError: the folder holds no output.
    """
    parts = [path for path in sorted(Path(target).glob("part-*")) if path.suffix in (".jsonl", ".parquet")]
    if not parts:
        raise InputError(f"{target}: there is no part-000000 in it: give the target of a batch")
    return (parsed(raw) for raw in raw_records(parts))


def _checked(workers: int | None, shard_records: int) -> int:
    for name, value in (("workers", workers), ("shard_records", shard_records)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            raise ConfigurationError(f"{name} is {value!r}: it must be a whole number of at least 1")
    return workers or os.cpu_count() or 1


# --- what is done already


def _manifest(files: Sequence[Path], options: dict[str, Any], shard_records: int) -> dict[str, Any]:
    """What the output depends on."""
    sizes = [(str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return {
        "laconic": __version__,
        "shard_records": shard_records,
        "options": {name: repr(value) for name, value in sorted(options.items())},
        "sources": hashlib.sha256(repr(sizes).encode()).hexdigest(),
    }


def _resumed(folder: Path, manifest: dict[str, Any], kind: str) -> dict[int, _Done]:
    """The finished shards of the target, which is made ready where there are none."""
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / _MANIFEST
    if not place.exists():
        if any(folder.glob("part-*")):
            raise ConfigurationError(f"{folder} holds parts but no {_MANIFEST}: give an empty folder")
        write_records([manifest], place, "jsonl")
        return {}
    try:
        before = json.loads(place.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigurationError(f"{place} is damaged ({error}): give an empty folder") from error
    differing = [name for name in manifest if before.get(name) != manifest[name]]
    if differing:
        raise ConfigurationError(
            f"{folder} holds the output of another batch (its {', '.join(differing)} differ): give an empty folder"
        )
    return {each.shard: each for each in _logged(folder / _PROGRESS) if _part(folder, each.shard, kind).exists()}


def _logged(path: Path) -> Iterator[_Done]:
    """The lines of the log of progress; the last may be torn."""
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").split("\n"):
        try:
            yield _Done(**json.loads(line))
        except (ValueError, TypeError):
            continue


def _part(folder: Path, shard: int, kind: str) -> Path:
    return folder / f"part-{shard:06}.{kind}"


def _add(report: BatchReport, done: _Done) -> None:
    report.records += done.records
    report.failed += len(done.failures)
    report.failures += [FailedRecord(*each) for each in done.failures[: _SHOWN_FAILURES - len(report.failures)]]
    report.original_tokens += done.original_tokens
    report.compressed_tokens += done.compressed_tokens


# --- the work


@dataclass(frozen=True)
class _Shard:
    number: int
    first: int  # number of its first record
    records: list[Raw]


def _shards(files: Sequence[Path], size: int, done: dict[int, _Done]) -> Iterator[_Shard]:
    """The shards that are not done."""
    records = raw_records(files)
    number = 0
    while chunk := list(islice(records, size)):
        if number not in done:
            yield _Shard(number, number * size, chunk)
        number += 1


@dataclass(frozen=True)
class _Work:
    """What workers do; sent to them once for each shard, so it is small."""

    compressor: BatchCompressor
    folder: Path
    kind: str

    def shard(self, shard: _Shard) -> _Done:
        """Compress a shard into its file."""
        return self.write(shard, [self.record(raw) for raw in shard.records])

    def record(self, raw: Raw) -> dict[str, Any]:
        try:
            own = parsed(raw)
        except InputError as error:
            return {"record": raw.decode("utf-8", "replace") if isinstance(raw, bytes) else None, **failed(str(error))}
        if self.compressor.passages not in own:
            return own | failed(f"InputError: there is no {self.compressor.passages!r} in the record")
        return own | self.compressor.record(own[self.compressor.passages], own.get(self.compressor.query))

    def write(self, shard: _Shard, records: list[dict[str, Any]]) -> _Done:
        write_records(records, _part(self.folder, shard.number, self.kind), self.kind)
        return _Done(
            shard.number,
            len(records),
            sum(each["original_tokens"] or 0 for each in records),
            sum(each["compressed_tokens"] or 0 for each in records),
            [[shard.first + at, each["error"]] for at, each in enumerate(records) if each["error"] is not None],
        )


def _one_process(work: _Work, shards: Iterator[_Shard]) -> Iterator[_Done]:
    return map(work.shard, shards)


def _many_processes(work: _Work, shards: Iterator[_Shard], workers: int) -> Iterator[_Done]:
    """Finished shards as they come. Where a worker dies, those that it may have died of are done with care."""
    exhausted = False
    while not exhausted:
        running: dict[Future[_Done], _Shard] = {}
        pool = _pool(workers)
        try:
            while True:
                for shard in islice(shards, workers * (1 + _AHEAD) - len(running)):
                    running[pool.submit(work.shard, shard)] = shard
                if not running:
                    exhausted = True
                    break
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for each in finished:
                    yield each.result()
                    del running[each]
        except BrokenProcessPool:
            pool.shutdown(wait=False, cancel_futures=True)
            for shard in sorted(running.values(), key=lambda each: each.number):
                yield work.write(shard, _with_care(work, shard.records))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _with_care(work: _Work, records: list[Raw]) -> list[dict[str, Any]]:
    """The records of a shard, the one that kills its worker found by halving: what is left is done."""
    try:
        with _pool(1) as pool:
            return list(pool.submit(_records, work, records).result())
    except BrokenProcessPool:
        if len(records) == 1:
            [raw] = records
            try:
                own = parsed(raw)
            except InputError:
                own = {}
            return [own | failed("WorkerDied: the process that compressed this record came to an end")]
        half = len(records) // 2
        return _with_care(work, records[:half]) + _with_care(work, records[half:])


def _records(work: _Work, records: list[Raw]) -> list[dict[str, Any]]:
    return [work.record(raw) for raw in records]


def _pool(workers: int) -> ProcessPoolExecutor:
    # A Ctrl-C in a terminal reaches every process: the workers finish what they have, and this one ends the batch.
    return ProcessPoolExecutor(workers, get_context("spawn"), signal.signal, (signal.SIGINT, signal.SIG_IGN))
