"""Pipelines: order, arguments, history, budgets, and passages that keep their identity."""

from __future__ import annotations

import inspect
import pickle
import tarfile
from pydoc_data.topics import topics
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import passages as passage_lists
from strategies import queries

import laconic
from laconic.compressor import ScaleDownCompressor
from laconic.exceptions import BudgetError, ConfigurationError, InputError, OptimizerError
from laconic.pipeline import Pipeline, make_pipeline
from laconic.tokens import counter_for

COUNT = counter_for("gpt-4o").count
QUESTION = "When is the __exit__ method called?"


def trim(text: str) -> str:
    return text.strip()


def first_lines(text: str, lines: int = 5) -> str:
    return "".join(text.splitlines(keepends=True)[:lines])


class Notes:
    """A step that writes down what it was given."""

    def __init__(self) -> None:
        self.seen: dict[str, Any] = {}

    def optimize(self, context: str, query: str, file_path: str | None = None) -> str:
        self.seen = {"context": context, "query": query, "file_path": file_path}
        return context


# -- construction -------------------------------------------------------------------------------------------------


def test_names_are_given_or_made() -> None:
    compressor = ScaleDownCompressor()
    pipeline = Pipeline([trim, ("mine", first_lines), compressor, trim])
    assert [name for name, _ in pipeline.steps] == ["trim", "mine", "scaledowncompressor", "trim-2"]
    assert pipeline.get_step("scaledowncompressor") is compressor
    assert repr(pipeline) == "Pipeline(trim → mine → scaledowncompressor → trim-2)"
    with pytest.raises(KeyError, match="no step is called 'haste': there are 'trim', 'mine'"):
        pipeline.get_step("haste")


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ([], "the pipeline is empty"),
        ("haste", "steps is a str"),
        ({"a": trim}, "steps is a dict"),
        (5, "steps is a int"),
        ([("a", trim), ("a", trim)], "two steps are called 'a'"),
        ([("", trim)], "the name a string that is not blank"),
        ([("a", trim, 1)], "a pair is"),
        ([ScaleDownCompressor], r"give an instance, ScaleDownCompressor\(\)"),
        ([5], "a step is an object with"),
        ([None], "a step is an object with"),
        ([("c", ScaleDownCompressor()), ("o", Notes())], "step 'o' .*stands behind step 'c'.*put it first"),
        ([laconic.Compressor(), Notes()], "stands behind step 'compressor'"),
    ],
)
def test_what_cannot_be_a_pipeline(steps: Any, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        Pipeline(steps)
    if isinstance(steps, list):
        with pytest.raises(ValueError, match=reason):
            make_pipeline(steps)


# -- run ----------------------------------------------------------------------------------------------------------


def test_history_adds_up() -> None:
    pipeline = Pipeline([("trim", trim), ("half", lambda text: text[: len(text) // 2]), ScaleDownCompressor(rate=0.3)])
    context = topics["with"]
    result = pipeline.run(context, query=QUESTION)
    tokens = [result.history[0].input_tokens, *(step.output_tokens for step in result.history)]
    assert [step.input_tokens for step in result.history] == tokens[:-1]
    assert tokens[0] == COUNT(context) == result.metrics.original_prompt_tokens
    assert tokens[-1] == COUNT(result.final_content) == result.metrics.compressed_prompt_tokens
    removed = sum(step.input_tokens - step.output_tokens for step in result.history)
    assert result.savings_percent == pytest.approx(100 * removed / tokens[0])
    assert [step.step_name for step in result.history] == ["trim", "half", "scaledowncompressor"]
    assert result.history[2].details["component"] == "ScaleDownCompressor"
    assert sum(step.latency_ms for step in result.history) <= result.metrics.latency_ms + len(result.history)


def test_each_step_gets_what_it_understands() -> None:
    seen: dict[str, Any] = {}

    def all_of_it(text: str, **rest: Any) -> str:
        seen.update(rest)
        return text

    def only_prompt(text: str, prompt: str) -> str:
        return f"{prompt}: {text}"

    notes = Notes()
    result = Pipeline([notes, all_of_it, only_prompt]).run(
        "some text", query="find it", prompt="explain it", file_path="a.py", depth=2
    )
    assert notes.seen == {"context": "some text", "query": "find it", "file_path": "a.py"}
    assert seen == {"query": "find it", "prompt": "explain it", "file_path": "a.py", "depth": 2}
    assert result.final_content == "explain it: some text"


@pytest.mark.parametrize("given", [{"query": "q"}, {"prompt": "q"}])
def test_query_and_prompt_stand_in_for_each_other(given: dict[str, str]) -> None:
    notes = Notes()
    result = Pipeline([notes, ("ask", lambda text, prompt: f"{prompt}|{text}")]).run("x", **given)
    assert notes.seen["query"] == "q"
    assert result.final_content == "q|x"


def test_any_object_with_compress_is_a_step() -> None:
    class Shouting:
        def compress(self, text: str) -> str:
            return text.upper()

    assert Pipeline([Shouting()]).run("a text", query="q").final_content == "A TEXT"
    result = Pipeline([Shouting(), laconic.Compressor(rate=1.0)]).compress(["one", "two"], "q")
    assert [part.text for part in result.passages] == ["ONE", "TWO"]


def test_an_argument_that_nobody_understands_is_refused() -> None:
    with pytest.raises(TypeError, match="'qeury'"):
        Pipeline([trim, ScaleDownCompressor()]).run("text", qeury="typo")
    Pipeline([trim]).run("text", query="q", prompt="p", file_path="a.py", max_tokens=5)  # always welcome
    result = Pipeline([first_lines, ScaleDownCompressor(rate=0.9)]).run("a\nb\nc", query="q", lines=1, rate=1.0)
    assert result.final_content == "a\n"


def test_the_compressor_learns_the_path_and_the_settings_of_the_call() -> None:
    data = (
        '{"tower": {"name": "Eiffel", "height": 324, "city": "Paris"}, "rest": ['
        + ", ".join(map(str, range(90)))
        + "]}"
    )
    pipeline = Pipeline([ScaleDownCompressor(rate=0.9)])
    expected = ScaleDownCompressor(rate=0.3).compress(data, "How high?", file_path="tower.json", seed=4)
    result = pipeline.run(data, query="How high?", file_path="tower.json", rate=0.3, seed=4)
    assert result.final_content == expected.content


def test_a_later_step_sees_what_the_earlier_left_and_not_the_file(tmp_path: Any) -> None:
    path = tmp_path / "module.py"
    path.write_text("SECRET = 1\n")
    notes = Notes()
    result = Pipeline([trim, notes]).run("  value = 2  ", query="q", file_path=str(path))
    assert notes.seen["context"] == result.final_content == "value = 2"


def test_a_blank_context_is_read_from_the_file(tmp_path: Any) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("First line.\nSecond line.\n", encoding="utf-8-sig")
    result = Pipeline([lambda text: first_lines(text, 1)]).run("", file_path=path)
    assert result.final_content == "First line.\n"
    assert result.history[0].input_tokens == COUNT("First line.\nSecond line.\n")
    for unreadable in (tmp_path, tmp_path / "missing.txt"):
        with pytest.raises(OptimizerError, match="pass the text as context"):
            Pipeline([trim]).run(" ", file_path=unreadable)


@pytest.mark.parametrize("max_tokens", [1, 7, 30, 10_000])
@pytest.mark.parametrize(
    "steps",
    [
        [ScaleDownCompressor(rate=0.5)],
        [trim],
        [laconic.Compressor(rate=0.5), lambda text: f"Context: {text}"],
        [Pipeline([trim]), trim],
    ],
    ids=["compressor", "function", "a step that adds text", "nested"],
)
def test_max_tokens_is_strict_whatever_the_steps_do(steps: list[Any], max_tokens: int) -> None:
    result = Pipeline(steps).run(topics["with"], query=QUESTION, max_tokens=max_tokens)
    assert COUNT(result.final_content) <= max_tokens
    assert result.history[-1].output_tokens == result.metrics.compressed_prompt_tokens <= max_tokens
    names = [step.step_name for step in result.history]
    assert names.count("budget") == (len(names) > len(steps))
    assert (
        Pipeline(steps).compress(topics["with"], QUESTION, max_tokens=max_tokens).metrics.compressed_tokens
        <= max_tokens
    )


async def test_async_run() -> None:
    pipeline = Pipeline([trim, ScaleDownCompressor(rate=0.3)])
    assert (await pipeline.arun(topics["with"], query=QUESTION)).final_content == pipeline.run(
        topics["with"], query=QUESTION
    ).final_content


@pytest.mark.parametrize("context", [None, 5, ["a"], b"a", "a\ud800"])
def test_run_takes_one_text(context: Any) -> None:
    with pytest.raises(InputError):
        Pipeline([trim]).run(context)


@pytest.mark.parametrize("max_tokens", [0, -1, 1.5, "5", True])
def test_bad_budgets(max_tokens: Any) -> None:
    with pytest.raises(BudgetError):
        Pipeline([trim]).run("text", max_tokens=max_tokens)
    with pytest.raises(BudgetError):
        Pipeline([trim]).compress("text", max_tokens=max_tokens)


@pytest.mark.parametrize("returned", [None, 5, b"bytes", ["text"]])
def test_a_step_that_returns_no_text(returned: Any) -> None:
    with pytest.raises(OptimizerError, match="step 'broken' returned a"):
        Pipeline([("broken", lambda text: returned)]).run("text")


def test_errors_of_a_step_come_through() -> None:
    def fails(text: str) -> str:
        raise ZeroDivisionError("in the step")

    with pytest.raises(ZeroDivisionError, match="in the step"):
        Pipeline([fails]).run("text")


def test_empty_context() -> None:
    result = Pipeline([trim, ScaleDownCompressor()]).run("", query=QUESTION)
    assert (result.final_content, result.savings_percent, result.compression_ratio) == ("", 0.0, 1.0)


@pytest.mark.parametrize("module", [tarfile])
def test_haste_semantic_compressor_on_a_real_module(module: Any) -> None:
    pytest.importorskip("tree_sitter_python")
    from laconic.optimizer import HasteOptimizer, SemanticOptimizer

    source = inspect.getsource(module)
    pipeline = make_pipeline(
        [
            ("haste", HasteOptimizer(hard_cap=4000, soft_cap=8000)),
            ("semantic", SemanticOptimizer(model_name="laconic-static", top_k=6)),
            ("compressor", ScaleDownCompressor(rate=0.6)),
        ]
    )
    question = "Where is the checksum of a header verified?"
    result = pipeline.run(source, query=question, prompt=question, file_path=module.__file__, max_tokens=800)
    tokens = [step.output_tokens for step in result.history]
    assert [step.step_name for step in result.history] == ["haste", "semantic", "compressor"]
    assert [step.input_tokens for step in result.history] == [COUNT(source), *tokens[:-1]]
    assert COUNT(source) > tokens[0] >= tokens[1] >= tokens[2] > 0
    assert tokens[0] <= 4000
    assert tokens[2] == COUNT(result.final_content) <= 800
    removed = sum(step.input_tokens - step.output_tokens for step in result.history)
    assert result.metrics.original_prompt_tokens - result.metrics.compressed_prompt_tokens == removed
    assert "chksum" in result.final_content or "checksum" in result.final_content
    assert 0 < result.history[0].details["ast_fidelity"] < 1


def test_levels_of_detail_are_a_step() -> None:
    pytest.importorskip("tree_sitter_python")
    from laconic.lod import LODExtractor

    source = inspect.getsource(tarfile)
    pipeline = Pipeline([LODExtractor()])
    default = pipeline.run(source, file_path="tarfile.py")
    names = pipeline.run(source, file_path="tarfile.py", lod=4)
    assert default.final_content == LODExtractor().extract(source, 2, "tarfile.py").text
    assert names.final_content == LODExtractor().extract(source, 4, "tarfile.py").text
    assert names.history[0].details["lod"] == 4
    with pytest.raises(ConfigurationError, match="put it first"):
        Pipeline([ScaleDownCompressor(), LODExtractor()])


# -- passages -----------------------------------------------------------------------------------------------------


def check_identity(given: list[Any], result: laconic.Compression) -> None:
    indexes = [part.index for part in result.passages]
    assert indexes == sorted(set(indexes))
    for part in result.passages:
        source = given[part.index]
        source = source if isinstance(source, str) else source["text"]
        assert part.original == source
        assert part.text
        edges = [edge for span in part.spans for edge in span]
        assert edges == sorted(edges)
        assert all(0 <= start < end <= len(source) for start, end in part.spans)
    for piece in result.dropped:
        source = given[piece.index]
        source = source if isinstance(source, str) else source["text"]
        assert piece.text == source[slice(*piece.span)]


@settings(max_examples=50, deadline=None)
@given(
    given_passages=passage_lists,
    query=queries,
    budget=st.one_of(
        st.just({}),
        st.integers(1, 100).map(lambda n: {"max_tokens": n}),
        st.floats(0.05, 1).map(lambda share: {"rate": share}),
    ),
    separator=st.sampled_from(["\n\n", "", None]),
)
def test_passages_keep_their_identity_and_the_budget_holds(
    given_passages: list[str], query: str | None, budget: dict[str, Any], separator: str | None
) -> None:
    pipeline = Pipeline([("trim", trim), ("lines", first_lines), ScaleDownCompressor(rate=0.7)], separator=separator)
    result = pipeline.compress(given_passages, query, **budget)
    check_identity(given_passages, result)
    for part in result.passages:  # every step of this pipeline only cuts
        assert "".join(part.original[start:end] for start, end in part.spans) == part.text
    joined = (separator or "").join(part.text for part in result.passages)
    counted = sum(part.tokens for part in result.passages) if separator is None else COUNT(joined)
    assert result.metrics.compressed_tokens == counted
    if budget:
        assert counted <= result.metrics.budget_tokens
    assert pipeline.compress(given_passages, query, **budget).text == result.text


def test_ids_titles_and_sources_reach_the_steps_and_come_back() -> None:
    given = [
        {"text": topics["with"], "id": "a", "source": "with.rst", "metadata": {"page": 1}},
        {"text": "   ", "id": "blank"},
        {"text": topics["for"], "id": "b"},
    ]
    paths: list[Any] = []

    def note(text: str, file_path: str | None = None) -> str:
        paths.append(file_path)
        return text

    result = Pipeline([note, laconic.Compressor(rate=0.2)]).compress(given, QUESTION)
    assert paths == ["with.rst", None]
    assert {part.id for part in result.passages} <= {"a", "b"}
    check_identity(given, result)
    assert given[0]["metadata"] == {"page": 1}


def test_what_a_step_cuts_is_dropped_by_its_name() -> None:
    result = Pipeline([("head", first_lines), ("c", laconic.Compressor(max_tokens=10))]).compress(
        topics["with"], QUESTION
    )
    reasons = {piece.reason for piece in result.dropped}
    assert reasons == {"step head", "step c"}
    kept = "".join(part.text for part in result.passages) + "".join(piece.text for piece in result.dropped)
    assert sorted("".join(kept.split())) == sorted("".join(topics["with"].split())), "every letter is in one of them"
    assert result.expand(result.dropped[0].handle) == result.dropped[0].text


def test_text_that_a_step_writes_has_no_span() -> None:
    result = Pipeline([("note", lambda text: f"[from the manual]\n{text}")]).compress("One line.\nAnother.\n")
    (part,) = result.passages
    assert part.text == "[from the manual]\nOne line.\nAnother.\n"
    assert part.spans == ((0, 19),)


def test_code_and_prose_through_haste_and_a_compressor() -> None:
    pytest.importorskip("tree_sitter_python")
    from laconic.optimizer import HasteOptimizer

    given = [
        {"text": inspect.getsource(tarfile), "id": "code", "source": "tarfile.py"},
        {"text": topics["with"], "id": "prose", "source": "with.rst"},
    ]
    question = "How is the checksum of a header calculated?"
    result = Pipeline([HasteOptimizer(), ScaleDownCompressor(rate=0.9)]).compress(given, question, max_tokens=500)
    check_identity(given, result)
    assert result.metrics.compressed_tokens <= 500
    code = next(part for part in result.passages if part.id == "code")
    assert "chksum" in code.text
    assert {piece.reason for piece in result.dropped if piece.index == 0} >= {"step hasteoptimizer"}


def test_passages_share_one_budget_in_a_joint_step() -> None:
    given = [topics["with"], "Bread is baked from flour. Butter is made from cream."]
    result = Pipeline([ScaleDownCompressor(rate=1.0)]).compress(given, QUESTION, max_tokens=60)
    assert {part.index for part in result.passages} == {0}


@pytest.mark.parametrize(
    "compressor", [laconic.Compressor(rate=0.2), laconic.Compressor(max_tokens=90), ScaleDownCompressor(rate=0.2)]
)
def test_a_wide_budget_of_the_pipeline_does_not_lift_that_of_a_step(compressor: Any) -> None:
    context = topics["with"]
    alone = Pipeline([compressor]).compress(context, QUESTION).metrics.compressed_tokens
    assert alone <= 0.2 * COUNT(context)
    assert Pipeline([compressor]).compress(context, QUESTION, max_tokens=5000).metrics.compressed_tokens == alone
    assert Pipeline([compressor]).run(context, query=QUESTION, max_tokens=5000).history[-1].output_tokens == alone


def test_pipelines_and_compressors_travel_by_pickle() -> None:
    pipeline = Pipeline([("head", first_lines), ScaleDownCompressor(rate=0.5)])
    copy = pickle.loads(pickle.dumps(pipeline))  # noqa: S301 - our own bytes
    assert (
        copy.run(topics["with"], query=QUESTION).final_content
        == pipeline.run(topics["with"], query=QUESTION).final_content
    )


def test_a_pipeline_is_a_step_and_a_result_without_budget_has_none() -> None:
    inner = Pipeline([("head", first_lines)])
    result = Pipeline([inner]).compress([topics["with"], topics["for"]], QUESTION)
    assert result.metrics.budget_tokens is None
    assert [part.text for part in result.passages] == [first_lines(topics[name]) for name in ("with", "for")]


def test_no_passages() -> None:
    result = Pipeline([trim]).compress([], QUESTION, max_tokens=5)
    assert (result.text, result.passages, result.dropped) == ("", (), ())


def test_langchain_documents_keep_their_identity_through_a_pipeline() -> None:
    pytest.importorskip("langchain_core")
    from langchain_core.documents import Document

    from langchain_laconic import LaconicCompressor

    documents = [
        Document(id="a", page_content=topics["with"], metadata={"page": 1}),
        Document(id="b", page_content=topics["for"], metadata={"page": 2}),
    ]
    compressor = LaconicCompressor(pipeline=Pipeline([trim, ScaleDownCompressor(rate=0.9)]), max_tokens=120)
    compressed = compressor.compress_documents(documents, QUESTION)
    assert COUNT("\n\n".join(document.page_content for document in compressed)) <= 120
    assert {document.id: document.metadata["page"] for document in compressed}.items() <= {"a": 1, "b": 2}.items()
    assert documents[0].page_content == topics["with"]


def test_llama_index_nodes_keep_their_identity_through_a_pipeline() -> None:
    pytest.importorskip("llama_index.core")
    from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

    from llama_index.postprocessor.laconic import LaconicPostprocessor

    nodes = [NodeWithScore(node=TextNode(id_=name, text=topics[name]), score=0.5) for name in ("with", "for")]
    postprocessor = LaconicPostprocessor(pipeline=Pipeline([trim, ScaleDownCompressor(rate=0.9)]), max_tokens=120)
    compressed = postprocessor.postprocess_nodes(nodes, QueryBundle(QUESTION))
    assert sum(COUNT(node.node.get_content()) for node in compressed) <= 120
    assert {node.node.node_id for node in compressed} <= {"with", "for"}
    assert all(node.score == 0.5 for node in compressed)


async def test_async_compress() -> None:
    pipeline = Pipeline([ScaleDownCompressor(rate=0.3)])
    assert (await pipeline.acompress([topics["with"]], QUESTION)).text == pipeline.compress(
        [topics["with"]], QUESTION
    ).text
