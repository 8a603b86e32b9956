"""`laconic.Compressor`: what goes in, what comes out, and who may share it."""

from __future__ import annotations

import asyncio
import inspect
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import pytest

import laconic
from laconic.exceptions import BudgetError, UnknownOptionError, WeightsError
from laconic.score import registry
from laconic.select.coverage import Calibration

PASSAGES = [
    "The Eiffel Tower was finished in 1889. It is repainted every seven years. The paint weighs 60 tonnes.",
    "Gustave Eiffel was born in Dijon. His company also built bridges and the frame of the Statue of Liberty.",
]
QUERY = "How often is the tower repainted?"
ANSWER = "It is repainted every seven years."


@dataclass
class Document:
    page_content: str
    metadata: dict = field(default_factory=dict)
    id: str | None = None


@dataclass
class Node:
    text: str
    metadata: dict = field(default_factory=dict)
    node_id: str = "n"

    def get_content(self):
        return self.text


@dataclass
class Scored:
    node: Node
    score: float


@pytest.mark.parametrize(
    "passages",
    [
        PASSAGES,
        tuple(PASSAGES),
        iter(PASSAGES),
        [{"text": text} for text in PASSAGES],
        [laconic.Passage(text) for text in PASSAGES],
        [Document(text) for text in PASSAGES],
        [Node(text) for text in PASSAGES],
        [Scored(Node(text), 0.5) for text in PASSAGES],
        [PASSAGES[0], Document(PASSAGES[1])],
    ],
    ids=["strings", "tuple", "iterator", "dicts", "Passage", "documents", "nodes", "scored nodes", "mixed"],
)
def test_passages_come_in_many_shapes(passages):
    result = laconic.compress(passages, QUERY, max_tokens=12)
    assert result.text == ANSWER
    assert [part.index for part in result.passages] == [0]


def test_one_string_is_one_passage():
    assert laconic.compress(PASSAGES[0], QUERY, max_tokens=10).text == ANSWER


def test_ids_titles_and_scores_come_from_documents_and_nodes():
    from laconic.core.inputs import as_passages

    document = as_passages([Document("x", {"title": "T", "source": "a.md"}, "7")])[0]
    assert (document.id, document.title, document.source) == ("7", "T", "a.md")
    node = as_passages([Scored(Node("x", {"file_path": "b.py"}), 0.3)])[0]
    assert (node.id, node.source, node.score) == ("n", "b.py", 0.3)


def test_a_title_helps_and_is_never_written_into_the_text():
    passages = [
        {"text": "It was finished in 1889 after two years.", "title": "Eiffel Tower"},
        {"text": "It was finished in 1973 after two years.", "title": "Sydney Opera House"},
    ]
    for name, year in (("Eiffel Tower", "1889"), ("Sydney Opera House", "1973")):
        result = laconic.compress(passages, f"When was the {name} finished?", max_tokens=14)
        assert year in result.text
        assert name not in result.text


@pytest.mark.parametrize("separator", ["\n\n", None])
@pytest.mark.parametrize(
    "heads", [("source: towers.txt\n\n", "source: the biographies of engineers.txt\n\n"), ("", "é: x\n")]
)
def test_heads_are_counted_and_in_no_span(heads, separator):
    count = laconic.Compressor(max_tokens=1).counter.count
    passages = [laconic.Passage(text, head=head) for text, head in zip(PASSAGES, heads, strict=True)]
    whole = [head + text for text, head in zip(PASSAGES, heads, strict=True)]
    most = sum(map(count, whole)) if separator is None else count(separator.join(whole))
    for budget in range(1, most + 3):
        found = laconic.compress(passages, QUERY, max_tokens=budget, separator=separator)
        finals = [heads[part.index] + part.text for part in found.passages]
        used = sum(map(count, finals)) if separator is None else count(separator.join(finals))
        assert found.metrics.compressed_tokens == used <= budget
        assert found.metrics.original_tokens == most
        assert found.text == (separator or "\n\n").join(finals)
        for part in found.passages:
            assert part.text == "".join(PASSAGES[part.index][start:end] for start, end in part.spans)
        if budget >= most:
            assert [part.text for part in found.passages] == PASSAGES
    half = laconic.compress(passages, QUERY, max_tokens=most // 2, separator=separator)
    assert ANSWER in half.text


def test_without_a_question_the_most_central_is_kept():
    text = (
        "Coral reefs shelter a quarter of all sea fish. Coral reefs are built by coral polyps over centuries. "
        "My neighbour owns a bicycle. Warm water makes coral polyps leave and coral reefs die."
    )
    for query in (None, "", "  "):
        result = laconic.compress(text, query, max_tokens=25)
        assert "Coral reefs" in result.text
        assert "bicycle" not in result.text
        assert result.metrics.scorer == "importance"
        assert result.query is None


def test_metrics_say_what_was_done():
    result = laconic.compress(PASSAGES, QUERY, max_tokens=12)
    metrics = result.metrics
    assert metrics.counter == "o200k_base"
    assert metrics.exact
    assert metrics.scorer == "evidence"
    assert metrics.fallback is None
    assert metrics.budget_tokens == 12
    assert (metrics.segments, metrics.segments_kept) == (5, 1)
    assert metrics.latency_ms > 0
    assert result.savings_percent == pytest.approx(
        100 * (metrics.original_tokens - metrics.compressed_tokens) / metrics.original_tokens
    )
    assert result.compression_ratio == pytest.approx(metrics.original_tokens / metrics.compressed_tokens)
    assert not laconic.compress(PASSAGES, QUERY, max_tokens=12, model="claude-sonnet-4-5").metrics.exact


def test_print_stats_prints_the_four_lines(capsys):
    laconic.compress(PASSAGES, QUERY, max_tokens=12).print_stats()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "laconic Stats:"
    assert [line.split(":")[0] for line in lines[1:]] == ["- Tokens", "- Savings", "- Ratio", "- Latency"]


def test_html_shows_what_was_kept_and_cut_and_escapes_it():
    result = laconic.compress(["<b>It</b> is red. It is old."], "colour red", max_tokens=8)
    html = result.to_html()
    assert "&lt;b&gt;It" in html
    assert "<del" in html
    assert "<b>" not in html


def test_what_was_cut_can_be_fetched_again():
    result = laconic.compress(PASSAGES, QUERY, max_tokens=12)
    for piece in result.dropped:
        assert result.expand(piece.handle) == piece.text
    with pytest.raises(KeyError):
        result.expand("9:0-1")


def test_preserved_phrases_come_first_and_stay_inside_the_budget():
    kept = laconic.compress(PASSAGES, QUERY, max_tokens=12, preserve=["dijon"])
    assert kept.text == "Gustave Eiffel was born in Dijon."
    both = laconic.compress(PASSAGES, QUERY, max_tokens=24, preserve=["Dijon", "not there at all"])
    assert "Dijon" in both.text
    assert ANSWER in both.text
    assert both.metrics.compressed_tokens <= 24


def test_explanations_are_there_when_asked_for():
    assert laconic.compress(PASSAGES, QUERY, max_tokens=12).explanations is None
    result = laconic.compress(PASSAGES, QUERY, max_tokens=12, explain=True)
    assert len(result.explanations) == result.metrics.segments
    [kept] = [each for each in result.explanations if each.kept]
    assert PASSAGES[kept.index][slice(*kept.span)] == ANSWER
    assert sum(np.exp(each.score) for each in result.explanations) == pytest.approx(1)
    assert all(each.contributions for each in result.explanations)
    assert kept.contributions[0].feature


def test_coverage_keeps_more_for_a_higher_recall_and_never_more_than_the_ceiling():
    passages = [f"{text} Also, fact number {n} is here." for n, text in enumerate(PASSAGES * 8)]
    sizes = [
        laconic.compress(passages, QUERY, recall=recall).metrics.compressed_tokens for recall in (0.5, 0.9, 0.99, 1.0)
    ]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]
    capped = laconic.compress(passages, QUERY, recall=1.0, max_tokens=30)
    assert capped.metrics.compressed_tokens <= 30
    auto = laconic.compress(passages, QUERY, rate="auto")
    assert auto.text == laconic.compress(passages, QUERY, recall=0.9).text == laconic.compress(passages, QUERY).text
    assert auto.metrics.budget_tokens is None
    assert {"coverage"} <= {piece.reason for piece in auto.dropped}


def test_recall_needs_a_scorer_that_can_promise_it():
    with pytest.raises(BudgetError, match="calibration"):
        laconic.Compressor(recall=0.9, scorer="lexical")
    calibration = Calibration(recall=0.9, threshold=0.5, n=50, achieved=0.92, interval=(0.8, 0.97), kept=0.3)
    assert laconic.compress(PASSAGES, QUERY, recall=0.9, scorer="lexical", calibration=calibration).text
    with pytest.raises(BudgetError, match=r"fitted for 0\.9"):
        laconic.Compressor(recall=0.8, calibration=calibration)


def broken():
    raise WeightsError("the weights file is truncated")


def test_damaged_weights_fall_back_visibly_or_raise(monkeypatch):
    monkeypatch.setitem(registry.SCORERS, "evidence", broken)
    result = laconic.compress(PASSAGES, QUERY, max_tokens=12)
    assert result.text == ANSWER
    assert result.metrics.scorer == "lexical"
    assert "truncated" in result.metrics.fallback
    with pytest.raises(WeightsError, match="truncated"):
        laconic.compress(PASSAGES, QUERY, max_tokens=12, fallback=False)
    assert laconic.compress(PASSAGES, QUERY, recall=0.9).metrics.budget_tokens is not None


class Last:
    """A caller's own scorer: the last segment is the best."""

    def score(self, query, passages, segments):
        return np.log(np.arange(1, len(segments) + 1))


def test_a_scorer_of_ones_own():
    result = laconic.compress(PASSAGES, QUERY, max_tokens=20, scorer=Last())
    assert result.text.startswith("His company")
    assert result.metrics.scorer == "Last"


def test_async_is_the_same_as_sync():
    compressor = laconic.Compressor(max_tokens=12)
    assert asyncio.run(compressor.acompress(PASSAGES, QUERY)) == compressor.compress(PASSAGES, QUERY)


def test_a_batch_is_the_calls_in_order():
    compressor = laconic.Compressor(max_tokens=12)
    questions = [QUERY, "Where was Gustave Eiffel born?", None]
    done = []
    results = compressor.compress_batch(((PASSAGES, question) for question in questions), on_progress=done.append)
    assert results == [compressor.compress(PASSAGES, question) for question in questions]
    assert done == [1, 2, 3]


def test_one_instance_serves_many_threads():
    compressor = laconic.Compressor(max_tokens=14)
    questions = [QUERY, "Where was Gustave Eiffel born?", "What does the paint weigh?", "When was it finished?"] * 16
    alone = [compressor.compress(PASSAGES, question).text for question in questions]
    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(lambda question: compressor.compress(PASSAGES, question).text, questions))
    assert together == alone


def test_compressors_and_results_travel_to_other_processes():
    compressor = pickle.loads(pickle.dumps(laconic.Compressor(max_tokens=12)))  # noqa: S301 - our own bytes
    result = compressor.compress(PASSAGES, QUERY)
    assert pickle.loads(pickle.dumps(result)) == result  # noqa: S301 - our own bytes
    assert result.passages[0].original_tokens == compressor.counter.count(PASSAGES[0])


def test_the_public_names_are_listed_and_there():
    for name in laconic.__all__:
        assert getattr(laconic, name) is not None
    assert set(laconic.__all__) <= set(dir(laconic))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = laconic.nonsense


def test_importing_laconic_loads_nothing_heavy():
    script = (
        "import sys, laconic; "
        "heavy = {'numpy', 'tiktoken', 'pydantic', 'torch', 'asyncio', 'httpx', 'langchain_core', 'llama_index'}; "
        "print(*sorted(heavy & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""


def test_the_front_door_has_the_options_of_the_compressor():
    door, engine = (dict(inspect.signature(each).parameters) for each in (laconic.compress, laconic.Compressor))
    del door["passages"], door["query"]
    of_a_call = dict(inspect.signature(laconic.Compressor.compress).parameters)
    expected = {name: each.default for name, each in engine.items()}
    expected |= {name: of_a_call[name].default for name in ("at_most", "smallest")}
    assert {name: each.default for name, each in door.items()} == expected


def test_a_call_in_a_thread_has_the_options_of_a_call():
    call, threaded = (inspect.signature(each) for each in (laconic.Compressor.compress, laconic.Compressor.acompress))
    assert call == threaded


def test_the_front_door_limits_how_many_passages_and_how_small():
    passages = ["The cat sat on the mat in the hall.", "A dog ran.", "The cat sleeps by day and by night."]
    one = laconic.compress(passages, "Where did the cat sit?", max_tokens=12, at_most=1)
    assert len(one.passages) == 1
    engine = laconic.Compressor(max_tokens=12)
    assert one.passages == engine.compress(passages, "Where did the cat sit?", at_most=1).passages
    threaded = asyncio.run(engine.acompress(passages, "Where did the cat sit?", at_most=1))
    assert threaded.passages == one.passages
    large = laconic.compress(passages, "Where did the cat sit?", max_tokens=12, at_least=3, smallest=0)
    assert len(large.passages) == 3
    smallest = laconic.compress(passages, "Where did the cat sit?", max_tokens=12, smallest=6)
    assert all(part.tokens >= 6 or part.tokens == part.original_tokens for part in smallest.passages)


@pytest.mark.parametrize(
    "door", [lambda **o: laconic.compress("x", **o), laconic.Compressor], ids=["compress", "class"]
)
def test_an_unknown_option_names_the_nearest(door):
    with pytest.raises(UnknownOptionError, match="'max_token': did you mean max_tokens"):
        door(max_token=5)
    with pytest.raises(TypeError, match="it has at_least, "):
        door(zzz=5)
