"""The benchmarks' harness: its definitions on small cases, its forms and tables by their laws, its data by hashes."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import sys

import pytest
from structure_support import ROOT

sys.path.append(str(ROOT / "benchmarks"))

pytest.importorskip("rank_bm25")

from harness import builders, code_tasks, forms, history, plots, questions, records, sources
from harness.__main__ import main
from harness.peers import PEERS, Absent, entrant

from laconic.evaluation.judging import words_in_order
from laconic.evaluation.systems import output_of

TEXT = (
    "The lighthouse was finished in 1889, after nine years of construction. Its keeper, whose name is forgotten, "
    "lived there alone. Ships were warned by a horn. In fog it was heard for nine miles, says Dr. Moreau. Nobody asked."
)
SPAN = (TEXT.index("Its keeper"), TEXT.index(" Ships"))


def row(mode, *, answers=("1889",)):
    first = {"title": "Light", "text": TEXT, "is_gold": True, "evidence": [list(SPAN), [0, 36]]}
    second = {"title": "", "text": "The year 1889 saw a horn built elsewhere.", "is_gold": False, "evidence": [[0, 8]]}
    return {
        "id": "r", "dataset": "made", "question": "When was the lighthouse finished?", "answers": list(answers),
        "evidence_mode": mode, "passages": [first, second],
    }  # fmt: skip


def scored(mode, texts, *, nothing=False, **more):
    one = row(mode, **more)
    output = output_of(texts, questions.passages_of(one), questions.COUNTER, None)
    return questions.scores(one, output, nothing)


@pytest.mark.parametrize(
    ("mode", "evidence"),
    [("any", 1.0), ("all", 1 / 3), ("per_passage", 1 / 2), ("gold_passages", None), ("each_answer_any", 1.0)],
)
def test_evidence_is_counted_as_the_row_says(mode, evidence):
    found = scored(mode, [TEXT[:69], ""])
    if mode == "gold_passages":
        assert 0.2 < found["evidence"] < 0.4
        assert scored(mode, [TEXT, ""])["evidence"] == 1.0
    else:
        assert found["evidence"] == pytest.approx(evidence)
    assert (found["answer"], found["gold"]) == (1.0, 1.0)


def test_a_lucky_hit_is_an_answer_and_no_gold():
    assert scored("all", ["", "saw 1889"]) == {"answer": 1.0, "gold": 0.0, "evidence": 0.0}


def test_over_the_budget_is_nothing():
    assert scored("all", [TEXT, ""], nothing=True) == {"answer": 0.0, "gold": 0.0, "evidence": 0.0}


def test_without_labels_there_is_no_figure():
    assert scored("all", [TEXT, ""], answers=["never"])["answer"] is None


# -- forms and records ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", forms.FORMS)
def test_a_form_changes_no_word_and_carries_the_evidence_along(form):
    made = forms.rewritten(row("all"), forms.FORMS[form])
    for before, after in zip(row("all")["passages"], made["passages"], strict=True):
        if form != "pdf":  # which breaks words
            assert words_in_order(before["text"], after["text"]) == 1.0
        for (a, b), (c, d) in zip(before["evidence"], after["evidence"], strict=True):
            old, new = before["text"][a:b], after["text"][c:d]
            assert letters(new).startswith(letters(old)[:1])
            assert letters(new)[-1:] == letters(old)[-1:]
            assert is_inside(letters(old), letters(new))
    assert (form in ("plain", "one line")) == (made == row("all"))


def letters(text):
    return "".join(filter(str.isalpha, text))


def is_inside(inner, outer):
    rest = iter(outer)
    return all(letter in rest for letter in inner)


@pytest.mark.parametrize("kind", records.QUESTIONS)
def test_every_notation_holds_what_a_question_needs(kind):
    for case in range(6):
        for notation, write in records.NOTATIONS.items():
            rng = random.Random(case)
            trade = rng.choice(records.TRADES)
            rows, failed = records.table(trade, rng)
            _, wanted = records.asked(kind, trade, rows, failed, rng)
            text = write(rows, trade)
            for one in wanted:
                assert any(each in text for each in (one if isinstance(one, tuple) else (one,))), (notation, one)


# -- code -------------------------------------------------------------------------------------------------------------

SOURCE = (
    "import os\n\n\ndef one(a):\n    # a comment\n    bigger = a + 1\n    return bigger\n\n\n"
    "def two(a):\n    double = a * 2\n    return double\n"
)


def task(**more):
    function = {"start": 4, "end": 7, "def_line": 4}
    return {"source": SOURCE, "path": "a.py", "lang": "python", "query": "one", "gold_functions": [function],
            "gold_lines": [6], "src_err": False, **more}  # fmt: skip


def test_kept_lines_are_found_wherever_they_stand():
    assert code_tasks.kept_lines(SOURCE, SOURCE) == {1, 4, 5, 6, 7, 10, 11, 12}
    assert code_tasks.kept_lines(SOURCE, "def two(a):\n  double = a * 2\ndef one(a):\n bigger = a + 1") == {
        4,
        6,
        10,
        11,
    }
    assert code_tasks.kept_lines(SOURCE, "def three(a):\n    pass") == set()
    assert code_tasks.kept_lines("a = 1\n}\nb = 2\n}\n", "}\n}") == set()  # which says nothing by itself


def test_figures_of_code():
    found = code_tasks.scores(task(), "def one(a):\n    bigger = a + 1\n", 100)
    assert found["func_cov"] == pytest.approx(2 / 3)  # of the lines that are no comment
    assert (found["func_rec"], found["sig_rec"], found["line_rec"], found["over"]) == (0.0, 1.0, 1.0, 0.0)
    cut = code_tasks.scores(task(), SOURCE, 5)
    assert (cut["over"], cut["func_cov"]) == (1.0, 0.0)
    assert cut["used"] <= 1.0


@pytest.mark.parametrize("name", code_tasks.SYSTEMS)
def test_what_is_compared_on_code_keeps_its_budget(name):
    for budget in (10, 30, 60):
        text = code_tasks.SYSTEMS[name](SOURCE, "a.py", "what does two return", budget)
        assert questions.COUNTER.count(text) <= budget


# -- runs -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "made.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for number in range(3):
            file.write(json.dumps({**row("all"), "id": str(number)}) + "\n")
    return path


def test_a_run_is_written_with_versions(data, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(history, "HISTORY", tmp_path / "history.jsonl")
    main(["qa", str(data), "--systems", "laconic,bm25,llmlingua_2", "--rates", "0.5", "--history", "--json",
          str(tmp_path / "run.json")])  # fmt: skip
    assert "skipped llmlingua_2: " in capsys.readouterr().err
    [line] = (tmp_path / "history.jsonl").read_text(encoding="utf-8").splitlines()
    run = json.loads(line)
    assert run == json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert set(run) == {"date", "commit", "python", "machine", "versions", "command", "figures"}
    assert [each["system"] for each in run["figures"]] == ["laconic", "bm25"]
    assert all(each["over"] == 0 and each["kept"] <= 0.5 for each in run["figures"])


def test_other_runs(data, capsys):
    main(["forms", str(data), "--systems", "bm25", "--rate", "0.5"])
    main(["records", "--systems", "truncation", "--rates", "1.0", "--limit", "1"])
    out = capsys.readouterr().out
    assert out.count("bm25") == len(forms.FORMS)
    assert "ALL        whole 1.000 evidence 1.000" in out


def test_peers_that_are_not_there_are_skipped_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "headroom", None)
    monkeypatch.delenv("LLMLINGUA_MODEL", raising=False)
    for name in ("headroom", "llmlingua_2"):
        with pytest.raises(Absent):
            entrant(name, questions.COUNTER)
    for name in PEERS:
        text = (ROOT / f"benchmarks/harness/peers/{name}.py").read_text(encoding="utf-8")
        assert "PACKAGE, KEEPS_BUDGET = " in text


# -- data -------------------------------------------------------------------------------------------------------------

SQUAD = {"data": [{"title": "Light_house", "paragraphs": [
    {"context": TEXT, "qas": [{"question": "When?", "answers": [{"text": "1889", "answer_start": TEXT.index("1889")}]},
                              {"question": "Never?", "answers": [], "is_impossible": True}]},
    *({"context": f"Paragraph {n} of no use.", "qas": []} for n in range(20)),
]}]}  # fmt: skip


def test_a_set_is_built_and_its_hash_pinned(tmp_path, monkeypatch, capsys):
    content = json.dumps(SQUAD).encode()
    (tmp_path / "published.json").write_bytes(content)
    url = (tmp_path / "published.json").as_uri()
    monkeypatch.setattr(sources, "LOCK", tmp_path / "lock.json")
    monkeypatch.setattr(sources, "SETS", {"made": sources.Source(url, None, "none", builders.squad)})
    sources.build(tmp_path / "out", ["made"], 10)
    assert json.loads((tmp_path / "lock.json").read_text()) == {url: hashlib.sha256(content).hexdigest()}
    with gzip.open(tmp_path / "out/made.jsonl.gz", "rt", encoding="utf-8") as file:
        [found] = map(json.loads, file)
    [gold] = [each for each in found["passages"] if each["is_gold"]]
    assert [gold["text"][a:b] for a, b in gold["evidence"]] == ["1889"]
    assert (gold["title"], len(found["passages"]), found["id"]) == ("Light house", 15, "made:0")
    # what was fetched is not fetched again; what was changed is refused
    (tmp_path / "published.json").unlink()
    sources.build(tmp_path / "out", ["made"], 10)
    (tmp_path / "out/raw/made-published.json").write_bytes(content + b" ")
    with pytest.raises(SystemExit, match="nothing was built"):
        sources.build(tmp_path / "out", ["made"], 10)
    assert "it was changed" in capsys.readouterr().err


def test_without_a_network_it_says_so(tmp_path, monkeypatch, capsys):
    made = sources.Source("http://127.0.0.1:9/a.json", "0" * 64, "none", builders.squad)
    monkeypatch.setattr(sources, "SETS", {"made": made})
    with pytest.raises(SystemExit, match="this needs a network"):
        sources.build(tmp_path, ["made"], 10)
    assert "made: it cannot be fetched, there is no network to its host" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="there is no set other: there are made"):
        sources.build(tmp_path, ["other"], 10)


def test_hashes_are_stated_where_an_address_names_a_commit():
    for name, source in sources.SETS.items():
        assert (source.sha256 is not None) == ("githubusercontent" in source.url), name


def test_pictures(tmp_path):
    pytest.importorskip("matplotlib")
    figures = [
        {"system": system, "dataset": "MACRO", "rate": rate, "evidence": rate, "kept": rate, "ms": 3.0}
        for system in ("laconic", "bm25") for rate in (0.25, 0.5)
    ]  # fmt: skip
    (tmp_path / "run.json").write_text(json.dumps({"figures": figures}))
    plots.draw([tmp_path / "run.json"], tmp_path / "pictures")
    assert {path.name for path in (tmp_path / "pictures").iterdir()} == {
        f"{name}{theme}.{kind}" for name in ("evidence", "time") for theme in ("", "-dark") for kind in ("svg", "png")
    }
