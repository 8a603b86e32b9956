"""From labelled rows to a recipe: `calibrate_rows`, and the recipe in every place that takes one."""

from __future__ import annotations

import random

import pytest
from test_evaluation import FILLER, NAMES

import laconic
from laconic.chain.strategies import strategy_for
from laconic.evaluation import calibrate_rows
from laconic.exceptions import BudgetError, ConfigurationError, InputError, UnknownOptionError
from laconic.messages import MessagePipeline, load_recipe


def row(number):
    """The answer, and up to four sentences that look like it."""
    rng = random.Random(number)
    name = NAMES[number % len(NAMES)]
    near = [
        f"Who built the tower of district {number} is asked {each} times a day." for each in range(rng.randint(0, 4))
    ]
    lines = [f"The tower of district {number} was built by {name} Moreau.", *near, *[FILLER] * 12]
    rng.shuffle(lines)
    return {
        "query": f"Who built the tower of district {number}?",
        "passages": [{"text": " ".join(lines)}],
        "answers": [f"{name} moreau"],  # the words in another case
    }


ROWS = [row(number) for number in range(40)]


@pytest.fixture(scope="module", params=["recall", "rate", "max_tokens"])
def found(request):
    return calibrate_rows(ROWS, keep=0.9, by=request.param)


def test_the_share_is_kept_in_less_than_all(found):
    assert found.kept >= 0.9
    assert found.rate < 0.9
    assert found.n == 40
    assert found.interval[0] <= found.interval[1]


def test_the_setting_covers_its_interval(found):
    [(name, value), *_] = found.options.items()
    if found.least is None:
        assert found.options["calibration"].achieved >= 0.9
    else:
        assert value >= found.interval[1] >= found.least or (name == "rate" and value == 1.0)


def test_the_recipe_is_the_setting_everywhere(found, tmp_path):
    path = tmp_path / "mine.yaml"
    found.save(path, "rows.jsonl")
    recipe = load_recipe(path)
    assert recipe.name == "mine"
    assert recipe.compress == found.options
    assert "of rows.jsonl" in recipe.description
    one = ROWS[3]
    wanted = laconic.compress(one["passages"], one["query"], **found.options).text
    assert len(wanted) < len(one["passages"][0]["text"])
    for strategy in (str(path), recipe):
        assert strategy_for(strategy, {}).compress(one["passages"], one["query"]).text == wanted
    # a ceiling of the caller's own holds beside it
    assert (
        strategy_for(recipe, {"max_tokens": 5}).compress(one["passages"], one["query"]).metrics.compressed_tokens <= 5
    )


def test_the_recipe_in_the_adapters(found, tmp_path):
    found.save(tmp_path / "mine.yaml")
    one = ROWS[3]
    wanted = laconic.compress(one["passages"], one["query"], **found.options).text
    documents = pytest.importorskip("langchain_core.documents")
    from langchain_laconic import LaconicCompressor

    made = LaconicCompressor(strategy=str(tmp_path / "mine.yaml"), on_error="raise")
    given = [documents.Document(each["text"]) for each in one["passages"]]
    assert [each.page_content for each in made.compress_documents(given, one["query"])] == [wanted]
    schema = pytest.importorskip("llama_index.core.schema")
    from llama_index.postprocessor.laconic import LaconicPostprocessor

    made = LaconicPostprocessor(strategy=load_recipe(tmp_path / "mine.yaml"), on_error="raise")
    nodes = [schema.NodeWithScore(node=schema.TextNode(text=each["text"]), score=1.0) for each in one["passages"]]
    assert [each.node.text for each in made.postprocess_nodes(nodes, query_str=one["query"])] == [wanted]


def test_messages_are_left_alone_by_a_recipe_for_passages(found):
    recipe = load_recipe(
        {"name": "both", "compress": {"rate": 0.5}, "directives": [{"type": "code", "action": "keep"}]}
    )
    assert len(recipe.directives) == 1
    chat = [{"role": "user", "content": FILLER * 200}]
    assert MessagePipeline({"name": "mine", "compress": {"rate": 0.5}}, mode="strict").run(chat).messages == chat


def test_evidence_of_which_any_piece_suffices():
    rows = [{**each, "evidence": [each["answers"][0].title(), FILLER.strip()], "evidence_mode": "any"} for each in ROWS]
    assert calibrate_rows(rows, keep=0.9).kept >= 0.9


def test_rows_that_say_nothing_are_counted():
    bare = {"id": "bare", "query": "?", "passages": ["a"]}
    elsewhere = {"id": "elsewhere", "query": "?", "passages": ["a"], "answers": ["b"]}
    found = calibrate_rows([*ROWS, bare, elsewhere], keep=0.8)
    assert sorted(found.left_out.values()) == [("bare",), ("elsewhere",)]
    with pytest.raises(InputError, match="no row can be measured"):
        calibrate_rows([bare, elsewhere])


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"keep": 1.0}, BudgetError, "keep is 1.0"),
        ({"by": "ratio"}, ConfigurationError, "by is 'ratio'"),
        ({"kep": 0.9}, UnknownOptionError, "did you mean keep"),
    ],
)
def test_options_that_cannot_work(options, error, says):
    with pytest.raises(error, match=says):
        calibrate_rows(ROWS, **options)


def test_a_name_that_no_recipe_may_have(tmp_path):
    found = calibrate_rows(ROWS[:30], keep=0.8)
    with pytest.raises(ConfigurationError, match=r"must end in \.yaml"):
        found.save(tmp_path / "mine.json")
    with pytest.raises(InputError, match="cannot be written"):
        found.save(tmp_path / "missing" / "mine.yaml")


REST = ", n: 3, achieved: 1, interval: [0, 1], kept: 1"


@pytest.mark.parametrize(
    ("compress", "says"),
    [
        ("rate: 1.5", "rate is 1.5"),
        ("rates: 0.5", "did you mean rate"),
        ("recall: 0.9\n  calibration: 3", "calibration is 3"),
        ("recall: 0.9\n  calibration: {recall: 0.9}", "it has recall, threshold, n"),
        (
            "recall: 0.9\n  calibration: {recall: 0.9, threshold: x, n: 3, achieved: 1, interval: [0, 1], kept: 1}",
            "are numbers",
        ),
        (
            "recall: 0.8\n  calibration: {recall: 0.9, threshold: 0.5, n: 3, achieved: 1, interval: [0, 1], kept: 1}",
            "recall",
        ),
        ("scorer: [a]", "a recipe names one"),
        ("scorer: lexcal", "lexical"),
        ("max_tokens: 0", "max_tokens is 0"),
    ],
)
def test_a_recipe_that_cannot_work_names_the_line(compress, says, tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(f"name: bad\ncompress:\n  {compress}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=says) as caught:
        load_recipe(path)
    assert "bad.yaml, line 2" in str(caught.value)


def test_compress_that_is_no_mapping(tmp_path):
    path = tmp_path / "bad.yaml"
    for given in ("3", "[]", "{}", "''"):
        path.write_text(f"name: bad\ncompress: {given}\n", encoding="utf-8")
        with pytest.raises(ConfigurationError, match=r"bad\.yaml, line 2.*: compress is"):
            load_recipe(path)
