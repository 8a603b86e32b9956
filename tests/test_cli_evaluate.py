"""``laconic evaluate`` and ``laconic calibrate``, each as a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

pytest.importorskip("typer")
pytest.importorskip("rich")
pytest.importorskip("httpx")

from hosted_server import running_server, slow, status
from served_project import LIMIT_S, environment, laconic_command, run
from test_evaluation import GOOD, ROWS
from test_evaluation_endpoint import answers

from laconic.messages import load_recipe

DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return path


def test_a_report_on_standard_output_and_in_files(rows, tmp_path):
    reports = [tmp_path / f"report.{kind}" for kind in ("md", "json", "html")]
    options = [each for path in reports for each in ("--report", path)]
    out, beside = run("evaluate", rows, "--rates", "0.1,0.5", "--budgets", 40, *options, "--seed", 3, "--limit", 10)
    assert out.startswith("# What is kept of 10 questions' context")
    assert reports[0].read_text(encoding="utf-8") == out
    found = json.loads(reports[1].read_text(encoding="utf-8"))
    assert [cell["label"] for cell in found["cells"]] == ["10 %", "50 %", "40 tokens"] * 3
    assert found["settings"]["seed"] == 3
    assert reports[2].read_text(encoding="utf-8").startswith("<!doctype html>")
    assert beside == "".join(f"written: {path}\n" for path in reports)


def test_a_system_of_ones_own(rows, tmp_path):
    (tmp_path / "own.py").write_text("def nothing(query, passages, max_tokens):\n    return ''\n", encoding="utf-8")
    done = subprocess.run(
        laconic_command("evaluate", str(rows), "--systems", "own:nothing, laconic", "--rates", "0.5"),
        env=environment(PYTHONIOENCODING="utf-8"), cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "own:nothing | 50 % | 0.0 %" in done.stdout
    assert "laconic | 50 % | 100.0 %" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--rates", "a"), "--rates is 'a': give shares"),
        (("--rates", "1.5"), "budget 1.5"),
        (("--budgets", "0.5"), "--budgets is '0.5': give whole numbers"),
        (("--budgets", "0"), "budget 0"),
        (("--systems", "lacnic"), "did you mean laconic"),
        (("--systems", ","), "systems is empty"),
        (("--report", "a.pdf"), "must end in .md, .json or .html"),
        (("--judge", "me"), "judge is 'me'"),
        (("--judge-url", "http://127.0.0.1:9"), "both --judge-url and --judge-model"),
        (("--judge-url", "nowhere", "--judge-model", "m"), "give an address"),
        (("--target", "2"), "target is 2.0"),
        (("--limit", "0"), "limit is 0"),
    ],
)
def test_wrong_usage(arguments, says, rows):
    assert says in run("evaluate", rows, *arguments, code=WRONG_USAGE)[1]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read: No such file"),
        ("", "there are no rows"),
        (f"{GOOD}\n{{broken\n", "line 2: this is no JSON"),
        (f"{GOOD}\n{GOOD}\n", "line 2 has the id 'q0' of line 1"),
        ('{"query": "?", "passages": ["a"]}\n', '(line 1) without answers and evidence: add "answers"'),
        ('{"query": "?", "passages": ["a"], "answers": ["b"]}\n', "labels that stand in none of their passages"),
    ],
)
@pytest.mark.parametrize("command", ["evaluate", "calibrate"])
def test_rows_that_cannot_be_measured(command, content, says, tmp_path):
    path = tmp_path / "rows.jsonl"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    out, beside = run(command, path, code=FAILED)
    assert out == ""
    assert says in beside


def test_a_report_that_cannot_be_written(rows, tmp_path):
    out, beside = run("evaluate", rows, "--rates", 0.5, "--report", tmp_path / "no" / "a.md", code=FAILED)
    assert "cannot be written" in beside
    assert out.startswith("# What is kept")


# -- a judge behind an address ----------------------------------------------------------------------------------------


def judged(server, rows, *more):
    where = ("--judge-url", f"{server.url}/v1", "--judge-model", "tiny", "--systems", "laconic", "--rates", "0.999")
    return ("evaluate", str(rows), *where, *more)


@pytest.fixture
def unlabelled(tmp_path):
    path = tmp_path / "bare.jsonl"
    bare = ({key: row[key] for key in ("id", "query", "passages")} for row in ROWS)
    path.write_text("".join(json.dumps(row) + "\n" for row in bare), encoding="utf-8")
    return path


def test_a_model_judges_rows_without_labels(unlabelled):
    with running_server() as server:
        server.behaviour = answers
        out, _ = run(*judged(server, unlabelled))
        assert "judged by: model (12)" in out
        assert server.requests[0][2]["model"] == "tiny"


def test_a_judge_that_fails_leaves_the_finished_rows(unlabelled, tmp_path):
    with running_server() as server:
        server.script = [answers] * 4
        server.behaviour = status(500, retry_after="0")
        out, beside = run(*judged(server, unlabelled, "--report", tmp_path / "a.json"), code=FAILED)
    assert "answered 500 in 3 tries" in beside
    assert "Stopped before its end" in out
    assert 1 <= json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["n"] < len(ROWS)


def test_a_judge_that_fails_at_once(unlabelled):
    with running_server() as server:
        server.behaviour = status(500, retry_after="0")
        out, beside = run(*judged(server, unlabelled), code=FAILED)
    assert out == ""
    assert "answered 500 in 3 tries" in beside


def test_a_judge_that_hangs(unlabelled):
    with running_server() as server:
        server.behaviour = slow(20)
        assert "within 0.5 s" in run(*judged(server, unlabelled, "--judge-timeout", 0.5), code=FAILED)[1]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to a process there")
def test_ctrl_c_reports_the_finished_rows(unlabelled):
    with running_server() as server:
        server.script = [answers] * 4
        server.behaviour = slow(LIMIT_S)
        process = subprocess.Popen(
            laconic_command(*judged(server, unlabelled)),
            env=environment(PYTHONIOENCODING="utf-8"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        until = time.monotonic() + LIMIT_S
        while len(server.requests) < 5 and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, beside = process.communicate(timeout=LIMIT_S)
    assert process.returncode == INTERRUPTED, beside
    assert "laconic: interrupted" in beside
    assert "Traceback" not in beside
    assert "Stopped before its end: interrupted" in out


# -- calibrate --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["recall", "rate", "max_tokens"])
def test_a_recipe_is_written(by, rows, tmp_path):
    out, beside = run("calibrate", rows, "--keep", 0.8, "--by", by, "--out", tmp_path / "mine.yaml")
    assert out == ""
    assert "keeps 100.0% of what 12 questions need" in beside
    assert "95 % interval" in beside
    recipe = load_recipe(tmp_path / "mine.yaml")
    assert by in recipe.compress
    assert "rows.jsonl" in recipe.description
    (tmp_path / "guide.txt").write_text(ROWS[3]["passages"][0]["text"], encoding="utf-8")
    compressed, _ = run("compress", tmp_path / "guide.txt", "-q", ROWS[3]["query"], "--recipe", tmp_path / "mine.yaml")
    assert ROWS[3]["answers"][0] in compressed
    assert len(compressed) < len(ROWS[3]["passages"][0]["text"])
    shown, _ = run("calibrate", rows, "--keep", 0.8, "--by", by)
    assert shown.replace("calibrated", "mine", 1) == (tmp_path / "mine.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--keep", "1"), "keep is 1.0"),
        (("--by", "ratio"), "by is 'ratio'"),
        (("--out", "a.json"), "must end in .yaml"),
    ],
)
def test_calibrate_used_wrongly(arguments, says, rows):
    assert says in run("calibrate", rows, *arguments, code=WRONG_USAGE)[1]
