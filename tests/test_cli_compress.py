"""``laconic compress``, ``inspect``, ``recipes`` and ``batch``, each as a process of its own."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

pytest.importorskip("typer")
pytest.importorskip("rich")

from served_project import LIMIT_S, environment, laconic_command, run

import laconic
from laconic.batch import read_results
from laconic.messages import MessagePipeline, builtin_recipes, load_recipe

DONE, FAILED, WRONG_USAGE = 0, 1, 2
TEXT = (
    "The tower is 330 metres high. It was finished in 1889, for the world's fair. Painting it takes sixty tonnes of "
    "paint. Seven million people come each year. It was to be taken down after twenty years, and radio saved it.\n"
)
QUERY = "How high is the tower?"
LONG = "Ferries cross the river every hour.\n" * 40


def test_standard_input_is_shrunk_like_a_call():
    out, figures = run("compress", "--query", QUERY, "--max-tokens", 20, given=TEXT.encode())
    kept = laconic.compress(TEXT, QUERY, max_tokens=20)
    assert out == kept.text + "\n"
    assert "330 metres" in out
    assert re.search(rf"^Output: +{kept.metrics.compressed_tokens} tokens$", figures, re.MULTILINE)
    assert f"({kept.metrics.savings_percent:.1f}%)" in figures


def test_a_recipe_and_options_that_go_before_its_own(tmp_path):
    recipe = tmp_path / "mine.yaml"
    recipe.write_text("name: mine\ncompress:\n  rate: 0.4\n", encoding="utf-8")
    out, _ = run("compress", "--recipe", recipe, "--query", QUERY, given=TEXT.encode() * 9)
    assert "330 metres" in out
    assert len(out) < len(TEXT) * 9
    few, _ = run("compress", "--recipe", recipe, "--query", QUERY, "--max-tokens", 20, given=TEXT.encode() * 9)
    assert len(few) < len(out)
    refused = run("compress", "--recipe", "rag-qa", given=TEXT.encode(), code=WRONG_USAGE)[1]
    assert "laconic recipes use rag-qa" in refused
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


# -- laconic inspect --------------------------------------------------------------------------------------------------


def test_inspect_says_of_each_segment_why(tmp_path):
    (tmp_path / "tower.txt").write_text(TEXT, encoding="utf-8")
    out, beside = run("inspect", tmp_path / "tower.txt", "-q", QUERY, "--max-tokens", 12, "--json")
    found = json.loads(out)
    expected = laconic.compress(TEXT, QUERY, max_tokens=12, explain=True).explanations
    assert [tuple(each["span"]) for each in found["segments"]] == [each.span for each in expected]
    for each, explained in zip(found["segments"], expected, strict=True):
        assert each["text"] == TEXT[slice(*each["span"])]
        assert (each["kept"], each["level"], each["reason"]) == (explained.kept, explained.level, explained.reason)
        assert each["kept"] is ("330 metres" in each["text"])
        assert each["reason"] == (None if each["kept"] else "budget")
        assert 0 <= each["share"] <= 1
        assert each["contributions"]
    assert beside == ""


def test_inspect_as_a_table(tmp_path):
    (tmp_path / "tower.txt").write_text(TEXT, encoding="utf-8")
    out, beside = run("inspect", tmp_path / "tower.txt", "-q", QUERY, "--max-tokens", 12)
    lines = out.splitlines()
    assert lines[0].split() == ["share", "kind", "text"]
    assert lines[1].startswith("kept ")
    assert "%  sentence  The tower is 330 metres high." in lines[1]
    assert all(line.startswith("cut: budget ") for line in lines[2:])
    assert "1 of 5 segments kept" in beside
    best, _ = run("inspect", tmp_path / "tower.txt", "-q", QUERY, "--max-tokens", 12, "--top", 1, "--why")
    assert "330 metres" in best.splitlines()[1]
    assert all(line.strip()[0] in "+-" for line in best.splitlines()[2:])
    out, beside = run("inspect", tmp_path / "tower.txt", "-q", QUERY, "--max-tokens", 900)
    assert out == ""
    assert "everything fits" in beside


def test_inspect_tells_levels_of_code(tmp_path):
    pytest.importorskip("tree_sitter_python")
    body = "".join(f"    value = value + {n} * factor\n" for n in range(20))
    (tmp_path / "a.py").write_text(
        f'def area(value):\n    """The area."""\n{body}\n\ndef other():\n{body}', encoding="utf-8"
    )
    out, _ = run("inspect", tmp_path / "a.py", "-q", "Which function gives the area?", "--max-tokens", 30, "--json")
    levels = {each["level"] for each in json.loads(out)["segments"]}
    assert "signature" in levels
    assert levels <= {"full", "signature", "code", "cut", "none"}


# -- laconic recipes --------------------------------------------------------------------------------------------------


def test_recipes_are_listed_and_shown(tmp_path):
    out, _ = run("recipes", "list")
    assert {line.split(" ")[0] for line in out.splitlines()} >= set(builtin_recipes())
    out, _ = run("recipes", "show", "rag-qa")
    (tmp_path / "mine.yaml").write_text(out.replace("rag-qa", "mine"), encoding="utf-8")
    assert load_recipe(tmp_path / "mine.yaml").directives == load_recipe("rag-qa").directives
    out, _ = run("recipes", "list", "--folder", tmp_path)
    assert "mine " in out
    assert run("recipes", "show", "mine", "--folder", tmp_path)[0] == (tmp_path / "mine.yaml").read_text(
        encoding="utf-8"
    )
    assert "did you mean rag-qa" in run("recipes", "show", "rag-qq", code=WRONG_USAGE)[1]


def test_recipes_are_checked(tmp_path):
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text("directives:\n  - {type: text, action: keep}\n", encoding="utf-8")
    bad.write_text("directives:\n  - {type: json, action: signature_only}\n", encoding="utf-8")
    assert run("recipes", "check", good)[0] == f"{good}: good, 1 directives\n"
    out, beside = run("recipes", "check", bad, good, tmp_path / "none.yaml", code=FAILED)
    assert "good, 1 directives" in out
    assert "line 2, column 18: action 'signature_only' does not apply to type 'json'" in beside
    assert "none.yaml" in beside


def test_a_recipe_is_used_on_a_chat_in_its_own_form(tmp_path):
    rows = json.dumps([{"order": n, "state": "sent", "total": n * 1.5} for n in range(200)], indent=1)
    chat = [
        {"role": "user", "content": "List the orders."},
        {"role": "assistant", "content": rows},
        {"role": "user", "content": "What of order 77?"},
    ]
    forms = {
        "list": json.dumps(chat),
        "object": json.dumps({"model": "m", "messages": chat}),
        "lines": "".join(json.dumps(message) + "\n" for message in chat),
    }
    expected = MessagePipeline("agent-tools", mode="strict").run(chat).messages
    assert expected != chat
    for form, text in forms.items():
        out, figures = run("recipes", "use", "agent-tools", "-", given=text.encode())
        found = json.loads(out)
        assert (found["messages"] if form == "object" else found) == expected
        assert form != "object" or found["model"] == "m"
        assert "Stages: dedup (0 removed) → segmentize (3 blocks) → directives (1 applied)" in figures
    source = tmp_path / "chat.json"
    source.write_text(forms["list"], encoding="utf-8")
    out, beside = run("recipes", "use", "agent-tools", source, "--dry-run", "--html", tmp_path / "page.html")
    assert [line.partition(":")[0] for line in out.splitlines()] == ["Input", "Output", "Saved", "Time", "Stages"]
    assert beside == ""
    assert "message 1 · json" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_recipe_is_used_on_a_text(tmp_path):
    (tmp_path / "a.txt").write_text(TEXT * 10 + LONG, encoding="utf-8")
    out, _ = run("recipes", "use", "rag-qa", tmp_path / "a.txt", "--query", QUERY)
    assert "330 metres" in out
    assert len(out) < len(TEXT * 10 + LONG) / 2
    assert str(tmp_path) in run("recipes", "use", "rag-qa", tmp_path, code=FAILED)[1]
    assert "mode" in run("recipes", "use", "rag-qa", tmp_path / "a.txt", "--mode", "x", code=WRONG_USAGE)[1]


def test_the_options_of_a_recipe_are_taken_and_those_given_go_before(tmp_path):
    source, recipe = tmp_path / "tower.txt", tmp_path / "mine.yaml"
    source.write_text(TEXT, encoding="utf-8")
    recipe.write_text("compress: {max_tokens: 12, preserve: [paint]}\n", encoding="utf-8")
    kept = laconic.compress(TEXT, QUERY, max_tokens=12, preserve=["paint"]).text
    assert "paint" in kept
    assert run("compress", source, "-q", QUERY, "--recipe", recipe)[0] == kept + "\n"
    more = laconic.compress(TEXT, QUERY, max_tokens=30, preserve=["paint"]).text
    assert run("compress", source, "-q", QUERY, "--recipe", recipe, "--max-tokens", 30)[0] == more + "\n"
    assert "1 of 5 segments kept" in run("inspect", source, "-q", QUERY, "--recipe", recipe)[1]
    assert "options for passages" in run("recipes", "check", recipe)[0]
    assert "laconic recipes use logs" in run("compress", source, "--recipe", "logs", code=WRONG_USAGE)[1]
    assert "laconic compress --recipe" in run("recipes", "use", recipe, source, code=WRONG_USAGE)[1]


# -- completion -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("words", "expected"), [("laconic comp", "compress"), ("laconic recipes show rag", "rag-qa")])
def test_shells_complete(words, expected):
    more = {"_LACONIC_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    done = subprocess.run(
        laconic_command(), env=environment(**more), capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    assert done.stdout.split() == [expected]
