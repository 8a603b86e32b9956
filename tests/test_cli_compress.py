"""``laconic compress`` and ``laconic batch``, each as a process of its own."""

from __future__ import annotations

import json
import subprocess

import pytest

pytest.importorskip("typer")
pytest.importorskip("rich")

from served_project import LIMIT_S, environment, laconic_command

import laconic
from laconic.batch import read_results

DONE, FAILED, WRONG_USAGE = 0, 1, 2
TEXT = (
    "The tower is 330 metres high. It was finished in 1889, for the world's fair. Painting it takes sixty tonnes of "
    "paint. Seven million people come each year. It was to be taken down after twenty years, and radio saved it.\n"
)
QUERY = "How high is the tower?"
LONG = "Ferries cross the river every hour.\n" * 40


def run(*arguments, given=None, code=DONE):
    done = subprocess.run(
        laconic_command(*map(str, arguments)),
        env=environment(PYTHONIOENCODING="utf-8"),
        input=given,
        capture_output=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == code, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    return done.stdout.decode(), done.stderr.decode()


def test_standard_input_is_shrunk_like_a_call():
    out, figures = run("compress", "--query", QUERY, "--max-tokens", 20, given=TEXT.encode())
    kept = laconic.compress(TEXT, QUERY, max_tokens=20)
    assert out == kept.text + "\n"
    assert "330 metres" in out
    assert f"Output: {kept.metrics.compressed_tokens} tokens" in figures
    assert f"({kept.metrics.savings_percent:.1f}%)" in figures


def test_a_recipe_and_options_that_go_before_its_own():
    out, _ = run("compress", "--recipe", "rag-qa", "--query", QUERY, given=TEXT.encode() * 9)
    assert "330 metres" in out
    assert len(out) < len(TEXT) * 9
    few, _ = run("compress", "--recipe", "rag-qa", "--query", QUERY, "--max-tokens", 20, given=TEXT.encode() * 9)
    assert len(few) < len(out)
    assert "did you mean" in run("compress", "--recipe", "rag-q", given=TEXT.encode(), code=WRONG_USAGE)[1]


def test_a_dry_run_shows_only_the_figures(tmp_path):
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    out, beside = run("compress", tmp_path / "a.txt", "-q", QUERY, "--rate", 0.3, "--dry-run")
    assert [line.partition(":")[0] for line in out.splitlines()] == ["Input", "Output", "Saved", "Time", "Stages"]
    assert beside == ""


def test_several_files_share_a_budget_under_their_names(tmp_path):
    (tmp_path / "tower.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "ferry.md").write_text(LONG, encoding="utf-8")
    (tmp_path / ".hidden").write_text("hidden " * 50, encoding="utf-8")
    (tmp_path / "picture.bin").write_bytes(b"\0\1\2" * 100)
    out, beside = run("compress", tmp_path, "-q", QUERY, "--max-tokens", 60, "--json")
    found = json.loads(out)
    assert found["metrics"]["compressed_tokens"] <= 60
    tower = next(part for part in found["passages"] if part["source"].endswith("tower.txt"))
    assert "330 metres" in tower["text"]
    assert "".join(TEXT[start:end] for start, end in tower["spans"]) == tower["text"]
    assert f"==> {(tmp_path / 'tower.txt').as_posix()} <==" in found["text"]
    assert "picture.bin" in beside
    assert "hidden" not in out
    assert {cut["source"].rpartition("/")[2] for cut in found["dropped"]} <= {"tower.txt", "ferry.md"}


def test_a_pattern_names_files(tmp_path):
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "b.md").write_text(LONG, encoding="utf-8")
    out, _ = run("compress", tmp_path / "*.txt", "-q", QUERY, "--max-tokens", 20, "--quiet")
    assert "330 metres" in out


def test_a_diff_and_a_page_show_what_was_cut(tmp_path):
    source = tmp_path / "ferry.txt"
    source.write_text(TEXT + LONG, encoding="utf-8")
    page = tmp_path / "page.html"
    out, _ = run("compress", source, "-q", QUERY, "--max-tokens", 20, "--diff", "--html", page)
    assert out.startswith(f"--- {source.as_posix()}\n+++ {source.as_posix()} (kept)\n")
    assert out.count("\n-Ferries cross") == 40
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "<del" in text
    assert "330 metres" in text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_encodings_are_told_apart(tmp_path, encoding):
    (tmp_path / "a.txt").write_bytes("Der Turm ist groß. Er wurde 1889 gebaut.\n".encode(encoding))
    out, _ = run("compress", tmp_path / "a.txt", "--max-tokens", 100)
    assert "groß" in out


def test_what_cannot_be_read_or_written_is_told_in_a_line(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.bin").write_bytes(b"\0" * 50)
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    for source in (tmp_path / "none.txt", tmp_path / "empty", tmp_path / "a.bin"):
        _, beside = run("compress", source, "--max-tokens", 20, code=FAILED)
        assert str(source) in beside
    _, beside = run("compress", tmp_path / "a.txt", "--html", tmp_path / "no" / "page.html", code=FAILED)
    assert "cannot be written" in beside
    _, beside = run("compress", tmp_path / "a.txt", "--max-tokens", 0, code=WRONG_USAGE)
    assert "max_tokens" in beside


def test_a_batch_is_resumed_and_tells_what_failed(tmp_path):
    records = [{"query": QUERY, "passages": [TEXT]}, {"query": QUERY}, {"query": QUERY, "passages": TEXT}]
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    arguments = ("batch", source, tmp_path / "out", "--max-tokens", 20, "--workers", 1, "--shard-records", 2)
    _, beside = run(*arguments, code=FAILED)
    assert "3 records, 0 of them done before" in beside
    assert "record 1: InputError: there is no 'passages'" in beside
    out = [record["compressed"] for record in read_results(tmp_path / "out")]
    assert out[0] == out[2] == laconic.compress([TEXT], QUERY, max_tokens=20).text
    _, beside = run(*arguments, code=FAILED)
    assert "3 records, 3 of them done before" in beside
    _, beside = run("batch", source, tmp_path / "out", "--max-tokens", 30, code=WRONG_USAGE)
    assert "options" in beside
