"""`laconic.evaluate`: what is kept of the answers to one's own questions."""

from __future__ import annotations

import gzip
import itertools
import json
import random
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

import laconic
from laconic import Passage
from laconic.evaluation import Evaluator, read_rows
from laconic.evaluation.intervals import crossing, smallest_budget
from laconic.evaluation.judging import holds, normalised, words_in_order
from laconic.evaluation.systems import bm25, output_of, truncation
from laconic.exceptions import BudgetError, ConfigurationError, InputError, LaconicError, UnknownOptionError
from laconic.tokens import as_counter

NAMES = ("Ada", "Bela", "Cleo", "Dan", "Edda", "Fritz", "Gila", "Hugo")
FILLER = "Ferries cross the river every hour, and the market opens when the bells ring. "


def prose(number):
    """A row whose answer stands in one sentence among many."""
    name = NAMES[number % len(NAMES)]
    return {
        "id": f"q{number}",
        "query": f"Who built the tower of district {number}?",
        "passages": [
            {
                "id": "guide",
                "text": FILLER * 4 + f"The tower of district {number} was built by {name} Moreau. " + FILLER * 4,
            },
            FILLER * 6,
        ],
        "answers": [f"{name} Moreau"],
    }


def records(number):
    """A row whose answer stands in a record."""
    rows = [{"id": f"W{100 + each}", "city": f"Town {each}", "weight": 7 * each} for each in range(30)]
    return {
        "query": f"What is the weight of W{100 + number}?",
        "passages": [json.dumps(rows, indent=1)],
        "evidence": [f'"weight": {7 * number}\n'.strip()],
    }


ROWS = [prose(number) for number in range(12)]


def words_before(query, passages, max_tokens):
    """A peer: the first words of each passage."""
    return " ".join(passages[0].text.split()[: max_tokens // 2])


# -- verdicts ---------------------------------------------------------------------------------------------------------


def test_answers_are_compared_as_squad_does():
    assert normalised("The  tower, a marvel!") == "tower marvel"
    assert holds(normalised("It was Ada Moreau's work."), [normalised("the Ada Moreau")])
    assert not holds(normalised("It was built by Adam."), [normalised("Ada")])
    assert holds(normalised("東京都は日本の首都"), [normalised("日本")])


def test_words_in_order_is_the_longest_common_subsequence():
    """Against trying all of them."""
    rng = random.Random(4)
    for _ in range(60):
        span, text = (["".join(rng.choice("abc")) for _ in range(rng.randint(1, 6))] for _ in range(2))
        best = max(
            size
            for size in range(len(span) + 1)
            for chosen in itertools.combinations(range(len(span)), size)
            if is_subsequence([span[at] for at in chosen], text)
        )
        assert words_in_order(" ".join(span), " ".join(text)) == pytest.approx(best / len(span))


def is_subsequence(words, text):
    rest = iter(text)
    return all(word in rest for word in words)


def test_a_span_survives_other_line_ends_and_half_of_it_does_not():
    row = {"query": "Who?", "passages": ["Ada Moreau built it in the year 1889."], "evidence": ["Ada Moreau built it"]}
    systems = {"wrapped": lambda *_: "> Ada Moreau\n> built it", "half": lambda *_: "Moreau it"}
    found = laconic.evaluate([row], systems, budgets=[1.0], lenient=True)
    assert [cell.kept for cell in found.cells] == [1.0, 0.0]


def test_evidence_is_a_share_and_any_piece_is_whole():
    row = {
        "query": "?",
        "passages": ["One fact here. Another thing there."],
        "evidence": ["One fact here", "Another thing"],
    }
    half = {"half": lambda *_: ["One fact here."]}
    assert laconic.evaluate([row], half, budgets=[1.0]).cells[0].kept == 0.5
    assert laconic.evaluate([{**row, "evidence_mode": "any"}], half, budgets=[1.0]).cells[0].kept == 1.0


def test_an_answer_counts_only_where_it_stood():
    """Passages that came back apart are read apart; a merged text is read whole."""
    row = {"query": "?", "passages": ["The answer is blue whale.", "Nothing of note."], "answers": ["blue whale"]}
    systems = {"elsewhere": lambda *_: ["", "blue whale"], "merged": lambda *_: "blue whale"}
    found = laconic.evaluate([row], systems, budgets=[1.0])
    assert [cell.kept for cell in found.cells] == [0.0, 1.0]


# -- the figures ------------------------------------------------------------------------------------------------------


def test_a_budget_that_holds_everything_keeps_everything():
    found = laconic.evaluate([*ROWS, records(3)], budgets=[1.0, 100_000])
    assert {(cell.kept, cell.rate, cell.over) for cell in found.cells} == {(1.0, 1.0, 0)}
    assert not found.losses


def test_laconic_beside_the_plain_ones():
    found = laconic.evaluate(ROWS, budgets=[0.1, 60])
    assert found.cell("laconic", 0.1).kept == 1.0
    assert found.cell("truncation", 0.1).kept < 1.0
    for cell in found.cells:
        assert cell.n == len(ROWS)
        assert cell.over == 0
        assert cell.interval[0] <= cell.kept <= cell.interval[1]
    assert all(found.cell(system, 60).tokens <= 60 for system in ("laconic", "truncation", "bm25"))


@pytest.mark.parametrize("separator", ["\n\n", None])
@pytest.mark.parametrize("make", [truncation, bm25])
def test_the_plain_ones_keep_their_budgets(make, separator):
    counter = as_counter("gpt-4o")
    system = make(counter, separator)
    rng = random.Random(2)
    words = "ferry tower 塔 naïve bridge. (river)\n market's 12,5 % é".split(" ")
    for _ in range(40):
        passages = [Passage(" ".join(rng.choices(words, k=rng.randint(0, 60)))) for _ in range(rng.randint(1, 5))]
        budget = rng.randint(1, 120)
        output = output_of(system("Which tower?", passages, budget), passages, counter, separator)
        assert output.tokens <= budget
        assert all(
            text in passage.text for text, passage in zip(output.texts, passages, strict=True) if make is truncation
        )


def test_figures_by_kind_of_text():
    found = laconic.evaluate([*ROWS, records(3), records(5)], systems=["laconic"], budgets=[0.3])
    assert found.kinds == {"prose": 12, "json": 2}
    assert found.judged_by == {"answers": 12, "evidence": 2}
    cell = found.cells[0]
    assert {kind: n for kind, (n, _) in cell.kinds.items()} == found.kinds
    assert sum(n * share for n, share in cell.kinds.values()) == pytest.approx(cell.n * cell.kept)


def test_losses_name_the_sentence_and_the_reason():
    found = laconic.evaluate(ROWS, systems=["laconic"], budgets=[3])
    assert len(found.losses) == sum(share < 1 for share in found.shares["laconic"]["3 tokens"].values()) > 0
    for loss in found.losses:
        number = loss.row.removeprefix("q")
        assert loss.label in loss.sentence
        assert f"district {number} was built" in loss.sentence
        assert (loss.passage, loss.id) == (0, "guide")
        assert "it did not fit the budget" in loss.reason


def test_the_same_twice():
    one, two = (laconic.evaluate(ROWS, budgets=[0.05, 0.2], limit=7, seed=5).to_dict() for _ in range(2))
    for found in (one, two):
        for cell in found["cells"]:
            del cell["ms"]
    assert one == two
    other = laconic.evaluate(ROWS, budgets=[0.05, 0.2], limit=7, seed=6)
    assert other.shares["laconic"]["5 %"].keys() != one["shares"]["laconic"]["5 %"].keys()


def test_the_smallest_budget_lies_between_those_that_keep_less_and_more():
    budgets = [0.1, 0.5, 1.0]
    numpy = pytest.importorskip("numpy")
    shares = numpy.array([[0.0, 1.0, 1.0]] * 10 + [[1.0, 1.0, 1.0]] * 90)
    budget, low, high = smallest_budget(budgets, shares, 0.95, seed=0)
    assert budget == pytest.approx(0.1 + 0.4 * 0.05 / 0.1)
    assert 0.1 <= low <= budget <= high <= 0.5
    assert low < high
    assert smallest_budget(budgets, shares, 0.95, seed=0) == (budget, low, high)
    assert smallest_budget(budgets, shares[10:], 0.95, seed=0) == (0.1, 0.1, 0.1)
    assert crossing(budgets, numpy.array([0.99, 0.5, 1.0]), 0.95) == pytest.approx(0.95)  # the last passage counts


def test_the_smallest_budget_of_rows():
    found = laconic.evaluate(ROWS, budgets=[0.02, 0.2, 50])
    by_rate = {each.system: each for each in found.smallest if each.unit == "rate"}
    assert by_rate["laconic"].budget < by_rate["truncation"].budget <= 1.0
    assert {each.unit for each in found.smallest} == {"rate", "tokens"}
    for each in found.smallest:
        assert each.interval[0] <= each.budget <= each.interval[1]


# -- systems of one's own ---------------------------------------------------------------------------------------------


def test_whatever_compresses_can_be_compared():
    systems = {
        "text": words_before,
        "texts": lambda query, passages, max_tokens: [passage.text for passage in passages],
        "fewer texts": lambda query, passages, max_tokens: [passages[0].text],
        "compressor": laconic.Compressor(scorer="lexical"),
        "function": lambda query, passages, max_tokens: laconic.compress(passages, query, max_tokens=max_tokens),
    }
    found = laconic.evaluate(ROWS, systems, budgets=[0.5])
    kept = {cell.system: cell.kept for cell in found.cells}
    assert kept["compressor"] == kept["function"] == 1.0
    assert found.cell("texts", 0.5).over == len(ROWS)
    assert kept["texts"] == 0.0
    assert laconic.evaluate(ROWS, systems, budgets=[0.5], lenient=True).cell("texts", 0.5).kept == 1.0


def test_a_system_by_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "peer_of_test.py").write_text("def keep(query, passages, max_tokens):\n    return passages[0].text\n")
    assert laconic.evaluate(ROWS, ["peer_of_test:keep"], budgets=[1.0]).cells[0].kept == 1.0
    for name in ("peer_of_test:lose", "no_such_module:keep"):
        with pytest.raises(ConfigurationError, match="cannot be imported"):
            laconic.evaluate(ROWS, [name])


def test_a_system_that_fails_is_a_figure():
    def fails(query, passages, max_tokens):
        raise RuntimeError("no weights")

    cell = laconic.evaluate(ROWS, {"fails": fails, "laconic": "laconic"}, budgets=[0.5]).cells[0]
    assert (cell.kept, cell.errors, cell.first_error) == (0.0, len(ROWS), "RuntimeError: no weights")


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"systems": ["lacnic"]}, ConfigurationError, "did you mean laconic"),
        ({"systems": []}, ConfigurationError, "systems is empty"),
        ({"systems": {"a": 3}}, ConfigurationError, "cannot be called"),
        ({"systems": {"a": lambda *_: 3}}, ConfigurationError, "returned a int"),
        ({"budgets": []}, BudgetError, "budgets is empty"),
        ({"budgets": [0]}, BudgetError, "budget 0"),
        ({"budgets": [1.5]}, BudgetError, "budget 1.5"),
        ({"budgets": [float("nan")]}, BudgetError, "nan"),
        ({"target": 1.0}, BudgetError, "target is 1.0"),
        ({"judge": "model"}, ConfigurationError, "judge is 'model'"),
        ({"limit": 0}, ConfigurationError, "limit is 0"),
        ({"budget": [0.5]}, UnknownOptionError, "did you mean budgets"),
    ],
)
def test_options_that_cannot_work(options, error, says):
    with pytest.raises(error, match=says):
        laconic.evaluate(ROWS, **options)


# -- rows -------------------------------------------------------------------------------------------------------------

TEXT = "Ada Moreau built  it.\nIt is tall."


@pytest.mark.parametrize(
    ("evidence", "start", "end"),
    [
        ("Ada Moreau built  it", 0, 20),
        ("built it. It is", 11, 27),  # other white space
        ([1, 0, 10], 0, 10),
        (["p", 4, 10], 4, 10),
        ({"passage": "p", "start": 4, "end": 10}, 4, 10),
        ({"passage": 1, "start": 4, "end": 10}, 4, 10),
        ({"passage": "p", "text": "tall"}, 28, 32),
        ({"text": "tall"}, 28, 32),
    ],
)
def test_evidence_in_all_its_forms(evidence, start, end):
    row = {"query": "Who?", "passages": ["Nothing.", {"text": TEXT, "id": "p"}], "evidence": [evidence]}
    [label] = read_rows([row]).rows[0].evidence
    assert label.places == ((1, start, end),)
    found = laconic.evaluate([row], budgets=[1.0])
    assert [cell.kept for cell in found.cells] == [1.0, 1.0, 1.0]


def test_evidence_inside_of_passages():
    row = {"question": "Who?", "passages": [{"text": TEXT, "evidence": [[0, 10]], "is_gold": True}]}
    assert read_rows([row]).rows[0].evidence[0].text == "Ada Moreau"


def test_documents_and_nodes():
    documents = pytest.importorskip("langchain_core.documents")
    schema = pytest.importorskip("llama_index.core.schema")
    row = {
        "query": "Who built it?",
        "passages": [
            documents.Document("Ada built it.", id="d", metadata={"title": "A"}),
            schema.NodeWithScore(node=schema.TextNode(id_="n", text="Bela painted it."), score=0.4),
            {"page_content": "Cleo sold it.", "metadata": {"title": "C"}, "type": "Document"},
            "Dan lost it.",
        ],
        "answers": {"text": ["Ada"], "answer_start": [0]},
    }
    read = read_rows([row]).rows[0]
    assert [passage.id for passage in read.passages] == ["d", "n", None, None]
    assert [passage.title for passage in read.passages] == ["A", None, "C", None]
    assert read.answer_passages() == [0]


def test_rows_from_a_file(tmp_path):
    lines = "".join(json.dumps(row) + "\n" for row in ROWS) + "\n"
    (tmp_path / "rows.jsonl").write_text(lines, encoding="utf-8")
    with gzip.open(tmp_path / "rows.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(lines)
    for name in ("rows.jsonl", "rows.jsonl.gz"):
        assert [row.name for row in read_rows(tmp_path / name).rows] == [row["id"] for row in ROWS]


GOOD = json.dumps(ROWS[0])
BAD_FILES = {
    "": "there are no rows",
    "\n \n": "there are no rows",
    f"{GOOD}\n{{broken\n": "line 2: this is no JSON",
    f"{GOOD}\n[1]\n": "line 2: a list: a row is an object",
    "[" * 100_000: "line 1: this is no JSON",
    f"{GOOD}\n{GOOD}\n": r"line 2 has the id 'q0' of line 1",
    '{"passages": ["a"], "answers": ["a"]}': "line 1 has no question: add",
    '{"query": " ", "passages": ["a"], "answers": ["a"]}': "line 1 has no question",
    '{"query": "?", "answers": ["a"]}': "line 1 has no passages: add",
    '{"query": "?", "passages": [" "], "answers": ["a"]}': "line 1: its passages hold no text",
    '{"query": "?", "passages": [3], "answers": ["a"]}': r"line 1: passages\[0\] is a int",
    '{"query": "?", "passages": [{"body": "a"}], "answers": ["a"]}': "dict without 'text'",
    '{"query": "?", "passages": ["a"]}': r"1 row \(line 1\) without answers and evidence: add \"answers\"",
    '{"query": "?", "passages": ["a"], "answers": ["b"]}': r"1 row \(line 1\) with labels that stand in none",
    '{"query": "?", "passages": ["a"], "evidence": ["b"]}': r"1 row \(line 1\) with labels that stand in none",
    '{"query": "?", "passages": ["a"], "evidence": [[0, 0, 7]]}': "with labels that stand in none",
    '{"query": "?", "passages": ["a"], "evidence": [["x", 0, 1]]}': "with labels that stand in none",
    '{"query": "?", "passages": ["a"], "evidence": [7]}': "line 1: evidence 7 is none: give a quote",
    '{"query": "?", "passages": ["a"], "answers": [["a"]]}': "line 1: answers holds",
    '{"query": "?", "passages": ["a"], "answers": 7}': "line 1: answers is 7: give a list",
    '{"query": "?", "passages": ["a"], "answers": ["a"], "kept": [7]}': "line 1: kept is",
    '{"query": "\\ud800", "passages": ["a"], "answers": ["a"]}': "line 1: query holds a lone surrogate",
}


@pytest.mark.parametrize("content", BAD_FILES, ids=range(len(BAD_FILES)))
def test_files_that_cannot_be_measured(content, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=BAD_FILES[content]):
        laconic.evaluate(path)


def test_files_that_cannot_be_read(tmp_path):
    for path in (tmp_path / "missing.jsonl", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            laconic.evaluate(path)
    (tmp_path / "broken.jsonl.gz").write_bytes(b"no gzip")
    with pytest.raises(InputError, match="cannot be read"):
        laconic.evaluate(tmp_path / "broken.jsonl.gz")
    with pytest.raises(InputError, match="row 0 is a str"):
        laconic.evaluate(["a question"])


def test_rows_that_say_nothing_are_counted_and_named():
    bare = {"id": "bare", "query": "?", "passages": ["a b c"]}
    elsewhere = {"id": "elsewhere", "query": "?", "passages": ["a b c"], "answers": ["d"]}
    half = {"id": "half", "query": "?", "passages": ["a b c"], "evidence": ["b", "d"]}
    found = laconic.evaluate([*ROWS, bare, elsewhere, half], ["laconic"], budgets=[0.5])
    assert found.n == len(ROWS) + 1
    assert sorted(map(tuple, found.left_out.values())) == [("bare",), ("elsewhere",), ("half",)]
    for name in ("bare", "elsewhere", "half"):
        assert re.search(rf"1 rows, .*: {name}$", found.to_markdown(), re.MULTILINE)


def test_what_was_recorded_in_production_is_judged_too():
    """Rows as shadow mode writes them."""
    kept = [{**row, "kept": row["passages"][0]["text"] if number % 2 else FILLER} for number, row in enumerate(ROWS)]
    cell = laconic.evaluate(kept, ["laconic"], budgets=[0.5]).cell("recorded", None)
    assert (cell.n, cell.kept, cell.ms) == (len(ROWS), 0.5, None)
    assert 0 < cell.rate < 1


def test_what_shadow_mode_writes_is_read(tmp_path):
    from laconic.chain.options import CompressorOptions
    from laconic.chain.shadow import Shadow

    path = tmp_path / "calls.jsonl"
    options = CompressorOptions(max_tokens=60, shadow=Shadow(path, share=1.0))
    for row in ROWS:
        options.attempt([Passage(text) if isinstance(text, str) else text for text in row["passages"]], row["query"])
    with path.open("a", encoding="utf-8") as file:
        file.write('{"query": null, "passages": ["nobody asked"], "kept": ["nobody"]}\n')
    found = laconic.evaluate(path, ["laconic"], budgets=[60], judge=lambda row, text: "Moreau" in text)
    assert found.cell("recorded", None).n == found.cell("laconic", 60).n == len(ROWS)
    assert found.cell("recorded", None).kept == found.cell("laconic", 60).kept == 1.0
    assert list(found.left_out) == ["recorded calls without a question"]


def test_by_strings_or_spans_alone():
    rows = [*ROWS, records(3)]
    assert laconic.evaluate(rows, ["laconic"], budgets=[0.5], judge="strings").judged_by == {"answers": 12}
    found = laconic.evaluate(rows, ["laconic"], budgets=[0.5], judge="spans")
    assert found.judged_by == {"evidence": 1}
    assert len(found.left_out["nothing to judge by spans"]) == 12
    with pytest.raises(InputError, match="no row has what judge='spans' needs"):
        laconic.evaluate(ROWS, judge="spans")


def test_any_callable_may_judge():
    """It is asked about the whole context first, and what that does not answer is not measured."""
    asked = []

    def judge(row, text):
        asked.append((row.name, text == row.context))
        return None if row.name == "q3" else 0.5 if "Moreau" in text else 0.0

    unlabelled = [{key: value for key, value in row.items() if key != "answers"} for row in ROWS]
    found = laconic.evaluate(unlabelled, ["laconic"], budgets=[0.1], judge=judge)
    assert found.n == len(ROWS) - 1
    assert found.left_out == {"the whole context does not answer them": ["q3"]}
    assert found.judged_by == {"model": 11}
    assert found.cells[0].kept == 1.0  # against what the whole context reaches
    assert asked[0] == ("q0", True)
    with pytest.raises(InputError, match="the judge finds an answer in none"):
        laconic.evaluate(unlabelled, ["laconic"], judge=lambda row, text: 0.0)


def test_an_evaluator_keeps_what_is_finished():
    def judge(row, text):
        if row.name == "q3":
            raise LaconicError("the judge has gone home")
        return True

    evaluator = Evaluator(["laconic"], budgets=[0.5], judge=judge)
    with pytest.raises(InputError, match="no row was finished"):
        evaluator.result()
    with pytest.raises(LaconicError, match="gone home"):
        evaluator.run(ROWS)
    assert evaluator.finished == 3
    found = evaluator.result("the judge has gone home")
    assert (found.n, found.stopped) == (3, "the judge has gone home")
    for report in (found.to_markdown(), found.to_html()):
        assert "Stopped before its end: the judge has gone home" in report


def test_progress_is_told():
    told = []
    laconic.evaluate(ROWS[:3], ["truncation"], budgets=[0.5], on_progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]


# -- reports ----------------------------------------------------------------------------------------------------------

HOSTILE = "<script>alert(1)</script> | `x` *y* [z](http://evil.example)"


@pytest.fixture(scope="module")
def hostile():
    row = {
        "id": HOSTILE,
        "query": HOSTILE,
        "passages": [f"{FILLER * 3}{HOSTILE} it is. {FILLER}"],
        "answers": ["alert 1"],
    }
    return laconic.evaluate([row, *ROWS, records(2)], {HOSTILE: "laconic", "bm25": "bm25"}, budgets=[0.02, 0.5, 40])


class Page(HTMLParser):
    """The tags and addresses of a page, and whether every tag is closed."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.addresses, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href", "action", "data")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_whole_and_harmless(hostile):
    text = hostile.to_html()
    page = Page(text)
    assert not page.open
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert not page.addresses
    assert "<script" not in text
    assert "url(" not in text
    assert "prefers-color-scheme:dark" in text
    assert 'lang="en"' in text
    assert page.tags.count("table") == 2  # the figures are there without the picture, by kind too
    drawn = ElementTree.fromstring(re.search(r"<svg.*</svg>", text, re.DOTALL).group())  # noqa: S314 - our own
    names = [each.tag.rpartition("}")[2] for each in drawn[:2]]
    assert names == ["title", "desc"]
    assert "bm25: " in drawn[1].text


def test_marks_of_markdown_do_nothing(hostile):
    text = hostile.to_markdown()
    assert "\\<script\\>" in text
    assert not re.search(r"(?<!\\)\]\(", text)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows[:8]} == {9}


def test_json_has_every_row(hostile):
    found = json.loads(hostile.to_json())
    assert found["shares"][HOSTILE]["50 %"].keys() == {HOSTILE, *(row["id"] for row in ROWS), "row 13"}
    assert len(found["cells"]) == 6


def test_reports_are_written_by_their_names(hostile, tmp_path):
    for name, begins in (("a.md", "# "), ("a.json", "{"), ("a.html", "<!doctype html>")):
        hostile.save(tmp_path / name)
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)
    with pytest.raises(ConfigurationError, match=r"must end in \.md, \.json or \.html"):
        hostile.save(tmp_path / "a.pdf")
    with pytest.raises(InputError, match="cannot be written"):
        hostile.save(tmp_path / "missing" / "a.md")
