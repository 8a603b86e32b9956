"""Batches: every record in is one record out, in order, whatever runs them and however often they are stopped."""

from __future__ import annotations

import gzip
import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import laconic
from laconic.batch import BatchCompressor, compress_files, read_results
from laconic.exceptions import ConfigurationError, InputError

ENGINE = Path(__file__).parents[1] / "engine"

PASSAGES = [
    "The tower is 330 metres high. It was finished in 1889. Painting it takes sixty tonnes of paint.",
    "The bridge is 155 metres long. It crosses the river where the ferry once was.",
]
QUERY = "How high is the tower?"


def records(count):
    return [{"id": at, "query": f"{QUERY} ({at})", "passages": PASSAGES} for at in range(count)]


def lines(path, items):
    with gzip.open(path, "wb") if path.suffix == ".gz" else path.open("wb") as file:
        file.writelines(item if isinstance(item, bytes) else json.dumps(item).encode() + b"\n" for item in items)
    return path


# --- columns


def test_columns_are_those_of_single_calls():
    batch = {"query": [QUERY, None], "passages": [PASSAGES, PASSAGES[0]], "id": [7, 8]}
    out = BatchCompressor(max_tokens=20)(batch)
    assert out["id"] == [7, 8]
    assert out["error"] == [None, None]
    single = laconic.compress(PASSAGES, QUERY, max_tokens=20)
    assert out["compressed"] == [single.text, laconic.compress(PASSAGES[0], max_tokens=20).text]
    assert out["compressed_tokens"][0] == single.metrics.compressed_tokens <= 20 < out["original_tokens"][0]
    assert "330 metres" in out["compressed"][0]
    kept = [PASSAGES[index][start:end] for index, start, end in out["kept_spans"][0]]
    assert "".join(kept).replace("\n", "") == single.text.replace("\n", "")


def test_arrays_of_numpy_are_columns_too():
    passages = np.empty(1, dtype=object)
    passages[0] = np.array(PASSAGES)
    out = BatchCompressor(max_tokens=20)({"query": np.array([QUERY]), "passages": passages})
    assert out["compressed"] == [laconic.compress(PASSAGES, QUERY, max_tokens=20).text]


def test_a_bad_record_is_told_and_the_others_are_done():
    out = BatchCompressor(rate=0.5)({"passages": [PASSAGES, [3], None, "a\ud800b"]})
    assert out["error"][0] is None
    assert [error.split(":")[0] for error in out["error"][1:]] == ["InputError"] * 3
    assert out["compressed"][1:] == [None] * 3
    with pytest.raises(InputError, match=r"passages\[0\]"):
        BatchCompressor(rate=0.5, on_error="raise")({"passages": [[3]]})


def test_it_travels():
    compressor = BatchCompressor(max_tokens=20, query="question")
    batch = {"question": [QUERY], "passages": [PASSAGES]}
    assert pickle.loads(pickle.dumps(compressor))(batch) == compressor(batch)  # noqa: S301 - our own


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"max_tokens": 0}, "max_tokens"),
        ({"passages": "compressed"}, "passages"),
        ({"query": 3}, "query"),
        ({"on_error": "skip"}, "on_error"),
        ({"max_token": 5}, "max_tokens"),
    ],
)
def test_options_that_cannot_work_are_refused(options, told):
    with pytest.raises(ConfigurationError, match=told):
        BatchCompressor(**options)


def test_a_batch_without_passages_is_refused():
    with pytest.raises(InputError, match=r"'passages'.*text"):
        BatchCompressor(rate=0.5)({"text": ["a"]})


# --- files


@pytest.mark.parametrize("workers", [1, 2])
def test_files_come_out_as_columns_do(tmp_path, workers):
    items = records(7)
    lines(tmp_path / "a.jsonl", items[:4])
    lines(tmp_path / "b.jsonl.gz", items[4:])
    seen = []
    report = compress_files(
        [tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz"], tmp_path / "out", workers=workers, shard_records=3,
        on_progress=seen.append, max_tokens=20,
    )  # fmt: skip
    out = list(read_results(tmp_path / "out"))
    whole = BatchCompressor(max_tokens=20)({name: [item[name] for item in items] for name in items[0]})
    assert out == [{name: column[at] for name, column in whole.items()} for at in range(7)]
    assert (report.records, report.failed, report.resumed) == (7, 0, 0)
    assert report.compressed_tokens == sum(whole["compressed_tokens"])
    assert seen[-1] == 7
    assert len(seen) == 3


def test_what_is_done_is_not_done_twice(tmp_path):
    source = lines(tmp_path / "in.jsonl", records(6))
    out = tmp_path / "out"
    compress_files(source, out, workers=1, shard_records=2, max_tokens=20)
    before = {path.name: path.read_bytes() for path in out.glob("part-*")}
    (out / "part-000001.jsonl").unlink()
    stamps = {path.name: path.stat().st_mtime_ns for path in out.glob("part-*")}
    report = compress_files(source, out, workers=1, shard_records=2, max_tokens=20)
    assert (report.records, report.resumed) == (6, 4)
    assert {path.name: path.read_bytes() for path in out.glob("part-*")} == before
    assert all((out / name).stat().st_mtime_ns == stamp for name, stamp in stamps.items())


def test_another_batch_does_not_go_into_a_target(tmp_path):
    source = lines(tmp_path / "in.jsonl", records(2))
    compress_files(source, tmp_path / "out", workers=1, max_tokens=20)
    with pytest.raises(ConfigurationError, match="options differ"):
        compress_files(source, tmp_path / "out", workers=1, max_tokens=30)
    lines(source, records(3))
    with pytest.raises(ConfigurationError, match="sources differ"):
        compress_files(source, tmp_path / "out", workers=1, max_tokens=20)


def test_every_poison_record_has_its_place_and_reason(tmp_path):
    good = records(1)[0]
    source = lines(
        tmp_path / "in.jsonl",
        [good, b"{broken\n", b'["a list"]\n', {"query": "no passages"}, {**good, "passages": "a\ud800"}, good],
    )
    report = compress_files(source, tmp_path / "out", workers=1, max_tokens=20)
    out = list(read_results(tmp_path / "out"))
    assert [each["error"] is None for each in out] == [True, False, False, False, False, True]
    assert [failure.number for failure in report.failures] == [1, 2, 3, 4]
    assert report.records == 6
    assert report.failed == 4
    assert "no JSON" in out[1]["error"]
    assert out[1]["record"] == "{broken\n"


class _Deadly:
    """A counter that ends its process at a word, as a crash in a compiled library would."""

    def count(self, text):
        if "DEADLY" in text:
            os._exit(3)
        return len(text.split())


def test_a_record_that_kills_its_worker_is_found(tmp_path):
    items = records(5)
    items[3]["passages"] = ["DEADLY poison. " * 3]
    source = lines(tmp_path / "in.jsonl", items)
    report = compress_files(
        source, tmp_path / "out", workers=2, shard_records=2, counter=_Deadly(), max_tokens=10
    )  # fmt: skip
    out = list(read_results(tmp_path / "out"))
    assert [each["id"] for each in out] == list(range(5))
    assert [failure.number for failure in report.failures] == [3]
    assert out[3]["error"].startswith("WorkerDied")


SCRIPT = """
import sys
from laconic.batch import compress_files
if __name__ == "__main__":
    compress_files(sys.argv[1], sys.argv[2], workers=2, shard_records=20, max_tokens=20)
"""


def test_a_batch_that_is_killed_goes_on_without_loss(tmp_path):
    source = lines(tmp_path / "in.jsonl", records(400))
    script = tmp_path / "batch.py"
    script.write_text(SCRIPT, encoding="utf-8")
    out = tmp_path / "out"
    command = [sys.executable, str(script), str(source), str(out)]
    environment = {**os.environ, "PYTHONPATH": str(ENGINE)}
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    deadline = time.monotonic() + 60
    while not list(out.glob("part-*.jsonl")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert list(out.glob("part-*.jsonl"))
    report = compress_files(source, out, workers=1, shard_records=20, max_tokens=20)
    assert report.records == 400
    assert [each["id"] for each in read_results(out)] == list(range(400))


# --- what cannot work


def test_sources_that_are_not_there_are_told(tmp_path):
    (tmp_path / "empty").mkdir()
    for missing in (tmp_path / "no.jsonl", tmp_path / "empty", str(tmp_path / "*.jsonl")):
        with pytest.raises(InputError, match=r"there is no such file"):
            compress_files(missing, tmp_path / "out", rate=0.5)
    (tmp_path / "x.txt").write_text("a")
    with pytest.raises(InputError, match=r"must end in \.jsonl"):
        compress_files(tmp_path / "x.txt", tmp_path / "out", rate=0.5)
    with pytest.raises(InputError, match="part-000000"):
        read_results(tmp_path / "empty")


def test_a_truncated_source_is_told(tmp_path):
    source = lines(tmp_path / "in.jsonl.gz", records(50))
    source.write_bytes(source.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"in\.jsonl\.gz cannot be read"):
        compress_files(source, tmp_path / "out", workers=1, rate=0.5)


@pytest.mark.parametrize("option", [{"workers": 0}, {"shard_records": True}, {"on_error": "raise"}])
def test_numbers_and_options_of_a_batch_are_checked(tmp_path, option):
    with pytest.raises(ConfigurationError, match=next(iter(option))):
        compress_files(lines(tmp_path / "in.jsonl", records(1)), tmp_path / "out", **option)


def test_parquet_in_and_out(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    items = records(5)
    parquet.write_table(pyarrow.Table.from_pylist(items), tmp_path / "in.parquet")
    compress_files(tmp_path / "in.parquet", tmp_path / "out", workers=1, shard_records=2, max_tokens=20)
    out = list(read_results(tmp_path / "out"))
    assert [each["id"] for each in out] == [0, 1, 2, 3, 4]
    assert out[0]["compressed"] == laconic.compress(PASSAGES, items[0]["query"], max_tokens=20).text


@pytest.mark.filterwarnings("ignore")  # Ray's own
def test_ray_data_gives_the_same(tmp_path):
    ray = pytest.importorskip("ray")
    data = pytest.importorskip("ray.data")
    items = records(6)
    ray.init(num_cpus=2, include_dashboard=False, ignore_reinit_error=True)
    try:
        dataset = data.from_items(items).map_batches(
            BatchCompressor, fn_constructor_kwargs={"max_tokens": 20}, concurrency=2, batch_size=2
        )
        found = sorted(dataset.take_all(), key=lambda row: row["id"])
    finally:
        ray.shutdown()
    compress = BatchCompressor(max_tokens=20)
    assert [row["compressed"] for row in found] == [
        compress.record(item["passages"], item["query"])["compressed"] for item in items
    ]
