"""The figures of calls in SQLite: figures alone, from many threads and processes, and never at a call's cost."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from pathlib import Path

import pytest
from messages_support import PROSE

import laconic
from laconic.exceptions import ConfigurationError, InputError
from laconic.messages import MessagePipeline, Telemetry, stats
from laconic.messages.telemetry import Call

CHAT = [{"role": "user", "content": PROSE}, {"role": "user", "content": "What about the tower?"}]


def call(at: float = 0.0, recipe: str = "default") -> Call:
    return Call(at, recipe, "strict", "heuristic", 100, 40, 2.0, "dedup segmentize directives")


def rows(path):
    with sqlite3.connect(path) as connection:
        return connection.execute("SELECT * FROM calls").fetchall()


def test_the_figures_of_calls_are_kept_and_no_text(tmp_path):
    path = tmp_path / "calls.sqlite"
    with Telemetry(path) as telemetry:
        strict = MessagePipeline("rag-qa", mode="strict", telemetry=telemetry).run(CHAT)
        MessagePipeline(telemetry=telemetry, threshold_tokens=10**6).run(CHAT)
        assert rows(path) == []  # a batch is written at once
    found = stats(path)
    assert found.calls == 2
    assert found.tokens_raw == 2 * strict.tokens_raw
    assert found.tokens_raw - found.tokens_after == strict.tokens_raw - strict.tokens_after > 0
    assert [(group.recipe, group.mode, group.calls) for group in found.groups] == [
        ("rag-qa", "strict", 1),
        ("default", "hybrid", 1),
    ]
    assert found.groups[0].savings_percent == strict.savings_pct
    assert "2" in str(found).splitlines()[0]
    assert b"tower" not in b"".join(each.read_bytes() for each in tmp_path.iterdir())


def test_batches_and_time_write(tmp_path):
    path = tmp_path / "calls.sqlite"
    telemetry = Telemetry(path, batch=3, seconds=100)
    for at, written in ((0, 0), (1, 0), (2, 3), (3, 3), (200, 5)):
        telemetry.record(call(at))
        assert len(rows(path)) == written
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert stats(path, since=2).calls == 3
    assert stats(path, since=300).calls == 0
    assert stats(path, since=300).mean_ms == 0


def test_what_is_unwritten_is_written_at_the_end_of_the_process(tmp_path):
    path = tmp_path / "calls.sqlite"
    code = f"from laconic.messages import MessagePipeline; MessagePipeline(telemetry={str(path)!r}).run([])"
    package = str(Path(laconic.__file__).parents[1])
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": package})
    assert stats(path).calls == 1


def test_threads_and_copies_write_to_one_file(tmp_path):
    path = tmp_path / "calls.sqlite"
    one = Telemetry(path, batch=7)
    one.record(call())
    other = copy(one)  # as pickling does it
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda at: (one if at % 2 else other).record(call(at / 1e6)), range(200)))
    one.flush()
    other.flush()
    assert stats(path).calls == 201


def test_a_file_that_fails_costs_no_call(tmp_path, caplog):
    folder = tmp_path / "data"
    folder.mkdir()
    path = folder / "calls.sqlite"
    telemetry = Telemetry(path, batch=1)
    for each in folder.iterdir():
        each.unlink()
    folder.rmdir()
    result = MessagePipeline(telemetry=telemetry).run(CHAT)
    assert result.messages == CHAT
    assert "not written" in caplog.text


def test_the_command_sums_up(tmp_path):
    testing = pytest.importorskip("typer.testing")
    from laconic.cli.app import app

    path = tmp_path / "calls.sqlite"
    with Telemetry(path) as telemetry:
        telemetry.record(call())
    told = testing.CliRunner().invoke(app, ["stats", str(path)])
    assert told.stdout == f"{stats(path)}\n"
    assert "60 tokens (60.0%)" in told.stdout
    assert "Calls:  0" in testing.CliRunner().invoke(app, ["stats", str(path), "--days", "1"]).stdout
    assert testing.CliRunner().invoke(app, ["stats", str(tmp_path / "none")]).exit_code == 1


@pytest.mark.parametrize("options", [{"batch": 0}, {"batch": True}, {"seconds": -1}, {"seconds": float("nan")}])
def test_options_that_cannot_work(tmp_path, options):
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        Telemetry(tmp_path / "calls.sqlite", **options)


def test_files_that_are_none(tmp_path):
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE things (name TEXT)")
    broken = tmp_path / "broken.sqlite"
    broken.write_bytes(b"no database at all, but long enough to be one " * 50)
    for path in (other, broken, tmp_path / "none" / "calls.sqlite"):
        with pytest.raises(ConfigurationError, match="cannot be used"):
            MessagePipeline(telemetry=path)
        with pytest.raises(InputError, match="telemetry file"):
            stats(path)
    with pytest.raises(ConfigurationError, match="telemetry is a int"):
        MessagePipeline(telemetry=3)
