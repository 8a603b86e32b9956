"""`LaconicCompressor` as a node of a LangGraph graph; budgets for what a prompt really holds; where text came from."""

from __future__ import annotations

import copy
import operator
from dataclasses import dataclass, field
from typing import Annotated, Any, TypedDict

import pytest

pytest.importorskip("langgraph")
pytest.importorskip("langchain_core")

from langchain_core.documents import Document
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langchain_core.prompts import ChatPromptTemplate, PromptTemplate, format_document
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import Send
from pydantic import BaseModel

from laconic.chain.testing import QUESTION, SAMPLE
from laconic.tokens import as_counter
from langchain_laconic import COMPRESSION_EVENT, LaconicCompressor, LaconicTransformer, source_spans

COUNT = as_counter("gpt-4o").count
FULL = "\n\n".join(text for _, text, _ in SAMPLE)


def documents():
    return [
        Document(text, id=name, metadata={"name": f"the {name}", **copy.deepcopy(meta)}) for name, text, meta in SAMPLE
    ]


class Dict(TypedDict):
    question: str
    context: list
    log: Annotated[list, operator.add]


@dataclass
class Data:
    question: str = ""
    context: list = field(default_factory=list)
    log: Annotated[list, operator.add] = field(default_factory=list)


class Model(BaseModel):
    question: str = ""
    context: list = []
    log: Annotated[list, operator.add] = []


class Chat(MessagesState):
    context: list
    log: Annotated[list, operator.add]


def graph_of(state, **nodes):
    graph = StateGraph(state)
    previous = START
    for name, node in nodes.items():
        graph.add_node(name, node)
        graph.add_edge(previous, name)
        previous = name
    graph.add_edge(previous, END)
    return graph.compile()


async def run(graph, value, mode):
    return graph.invoke(value) if mode == "sync" else await graph.ainvoke(value)


STEP = LaconicCompressor(max_tokens=50)


# -- as a node --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize("state", [Dict, Data, Model])
async def test_a_node_gives_back_only_what_it_changed(state, mode):
    given = {"question": QUESTION, "context": documents(), "log": ["asked"]}
    out = await run(graph_of(state, short=STEP), given, mode)
    assert out["log"] == ["asked"], "a reducer is not applied twice"
    assert out["context"] == STEP.compress_documents(documents(), QUESTION)
    again = await run(graph_of(state, short=STEP.with_retry()), given, mode)
    assert again["context"] == out["context"]
    bound = await run(graph_of(state, short=STEP.bind(max_tokens=20)), given, mode)
    assert bound["log"] == ["asked"]
    assert len(bound["context"]) < len(out["context"]) or bound["context"] != out["context"]


@pytest.mark.parametrize("mode", ["sync", "async"])
async def test_a_conversation_keeps_its_messages_and_their_ids(mode):
    call = AIMessage("", tool_calls=[{"name": "search", "args": {}, "id": "1"}], id="call")
    given = {
        "messages": [HumanMessage(QUESTION, id="q"), call, ToolMessage(FULL, tool_call_id="1", id="r")],
        "log": ["asked"],
        "context": [],
    }
    for state in (Chat, MessagesState):
        value = given if state is Chat else {"messages": given["messages"]}
        step = STEP if state is MessagesState else LaconicCompressor(max_tokens=50, context_key="docs")
        out = await run(graph_of(state, short=step), value, mode)
        assert [message.id for message in out["messages"]] == ["q", "call", "r"]
        assert 0 < COUNT(out["messages"][2].text) <= 50
        assert out.get("log", ["asked"]) == ["asked"]
        twice = await run(graph_of(state, a=step, b=step), value, mode)
        assert twice["messages"][2].content == out["messages"][2].content


def test_what_a_node_has_compressed_is_not_compressed_for_a_later_question():
    """The beginning of the conversation stays the same, which is what a prompt cache needs."""
    graph = graph_of(MessagesState, short=STEP)
    first = graph.invoke({"messages": [HumanMessage(QUESTION, id="q"), ToolMessage(FULL, tool_call_id="1", id="r")]})[
        "messages"
    ]
    later = [*first, HumanMessage("How long is the bridge?", id="q2"), ToolMessage(FULL, tool_call_id="2", id="r2")]
    second = graph.invoke({"messages": later})["messages"]
    assert second[: len(first)] == first
    assert "155 metres" in second[-1].text
    assert "155 metres" not in first[-1].text


def test_nothing_to_do_changes_nothing():
    for given in (
        {"question": QUESTION, "context": [], "log": ["asked"]},
        {"question": QUESTION, "context": documents()[:1], "log": ["asked"]},
    ):
        step = LaconicCompressor(max_tokens=10_000, metadata_key=None)
        assert graph_of(Dict, short=step).invoke(given) == given
    given = {"messages": [HumanMessage("Hi.", id="q")]}
    assert graph_of(MessagesState, short=STEP).invoke(given) == given


def test_the_question_may_be_in_the_conversation():
    class State(TypedDict):
        messages: Annotated[list[AnyMessage], add_messages]
        context: list

    out = graph_of(State, short=STEP).invoke({"messages": [HumanMessage(QUESTION)], "context": documents()})
    assert out["context"] == STEP.compress_documents(documents(), QUESTION)
    assert len(out["messages"]) == 1


def test_a_chain_inside_a_node_gets_all_of_its_dict():
    prompt = ChatPromptTemplate.from_template("{context}\n\n{question}")
    seen = []

    def note(value):
        seen.append(value.to_messages()[0].text)
        return {"log": ["done"]}

    given = {"question": QUESTION, "context": documents(), "log": []}
    fetched = {"context": lambda state: documents(), "question": lambda state: state["question"]}
    for chain in (STEP | prompt, STEP.pipe(prompt), fetched | STEP | prompt):
        out = graph_of(Dict, answer=chain | RunnableLambda(note)).invoke(given)
        assert out["log"] == ["done"]
        assert out["context"] == given["context"]
    assert all(QUESTION in text for text in seen)
    assert len(seen) == 3


def test_what_comes_back_can_be_said():
    value = {"question": QUESTION, "context": documents(), "log": ["asked"]}
    assert set(LaconicCompressor(max_tokens=50, returns="update").invoke(value)) == {"context"}
    assert set(STEP.invoke(value)) == set(value), "outside of a graph a dict comes back whole"

    def fan_out(state):
        return [Send("short", {"question": QUESTION, "context": documents(), "log": []})]

    graph = StateGraph(Dict)
    graph.add_node("start", lambda state: {})
    graph.add_node("short", LaconicCompressor(max_tokens=50, returns="update"))
    graph.add_edge(START, "start")
    graph.add_conditional_edges("start", fan_out, ["short"])
    out = graph.compile().invoke(value)
    assert (out["log"], out["context"]) == (["asked"], STEP.compress_documents(documents(), QUESTION))


async def test_progress_is_streamed():
    graph = graph_of(Dict, short=STEP)
    given = {"question": QUESTION, "context": documents(), "log": []}
    [figures] = list(graph.stream(given, stream_mode="custom"))
    assert figures[COMPRESSION_EVENT]["compressed_tokens"] <= 50
    found = [each async for each in graph.astream(given, stream_mode="custom")]
    found[0][COMPRESSION_EVENT]["latency_ms"] = figures[COMPRESSION_EVENT]["latency_ms"]
    assert found == [figures]


def test_a_state_without_a_context_is_refused_and_so_is_another_object():
    @dataclass
    class Other:
        docs: list

    with pytest.raises(TypeError, match="a graph's state with 'context' or 'messages'"):
        STEP.invoke(Other([]))
    with pytest.raises(TypeError, match="give messages"):
        STEP.invoke({"messages": ["text"]})


# -- what the prompt holds --------------------------------------------------------------------------------------------


def prompt_of(step):
    chain = (
        {"context": RunnableLambda(lambda question: documents()), "question": RunnablePassthrough()}
        | step
        | ChatPromptTemplate.from_template("{context}")
    )
    return chain.invoke(QUESTION).to_messages()[0].text


TEMPLATES = (
    None,
    "[{name}] {page_content}",
    "<doc>\n{page_content}\n</doc> by {name}",
    "{page_content}{page_content}",
)


@pytest.mark.parametrize("separator", ["\n\n", "\n---\n", None])
@pytest.mark.parametrize(
    "template",
    TEMPLATES,
)
@pytest.mark.parametrize("budget", [30, 60, 120])
def test_the_budget_is_for_the_text_in_the_prompt(budget, template, separator):
    prompt = None if template is None else PromptTemplate.from_template(template)
    options: dict[str, Any] = {"max_tokens": budget, "separator": separator}
    text = prompt_of(LaconicCompressor(output="text", document_prompt=prompt, **options))
    assert 0 < COUNT(text) <= budget
    assert COUNT(text) > budget * 0.6 or budget == 30 or template == TEMPLATES[-1]
    assert "Document(" not in text
    assert "spans" not in text
    stuffed = LaconicCompressor(document_prompt=prompt, **options).compress_documents(documents(), QUESTION)
    if prompt is not None:
        written = [format_document(document, prompt) for document in stuffed]
        assert ("\n\n" if separator is None else separator).join(written) == text, "as the stuffing chain writes it"
        function = LaconicCompressor(output="text", format=lambda d: format_document(d, prompt), **options)
        assert prompt_of(function) == text


def test_metadata_is_a_price_of_entry():
    """Few documents whole in their metadata rather than all of them with nothing left of their texts."""
    long = PromptTemplate.from_template("{page_content}\n" + "a long line of words about the source of it " * 3)
    text = prompt_of(LaconicCompressor(output="text", document_prompt=long, max_tokens=80))
    assert "330 metres" in text
    assert COUNT(text) <= 80


def test_all_of_it_comes_back_where_the_prompt_holds_it():
    whole = "\n\n".join(f"[{d.metadata['name']}] {d.page_content}" for d in documents())
    prompt = PromptTemplate.from_template("[{name}] {page_content}")
    assert prompt_of(LaconicCompressor(output="text", document_prompt=prompt, max_tokens=COUNT(whole))) == whole


def test_text_of_other_contexts():
    step = LaconicCompressor(max_tokens=50, output="text").bind(query=QUESTION)
    assert isinstance(step.invoke([text for _, text, _ in SAMPLE]), str)
    assert COUNT(step.invoke(documents())) <= 50
    assert step.invoke([(document, 0.5) for document in documents()]) == step.invoke(documents())
    assert step.invoke([]) == ""
    kept = LaconicCompressor(max_tokens=50, output="text").compress_documents(documents(), QUESTION)
    assert all(isinstance(document, Document) for document in kept), "a document compressor gives documents"
    with pytest.raises(ValueError, match="give one of them"):
        LaconicCompressor(format=str, document_prompt=PromptTemplate.from_template("{page_content}"))


def test_a_marked_text_is_within_the_budget_too():
    prompt = PromptTemplate.from_template("[{name}] {page_content}")
    for budget in (40, 60, 90):
        text = prompt_of(
            LaconicCompressor(output="text", document_prompt=prompt, omission_marks=True, max_tokens=budget)
        )
        assert COUNT(text) <= budget
        assert text.endswith("left out]")


def test_an_engine_that_fails_keeps_the_prompt_under_the_ceiling():
    class Broken:
        def compress(self, passages, query=None, *, max_tokens=None, rate=None):
            raise RuntimeError("broken")

    prompt = PromptTemplate.from_template("[{name}] {page_content}")
    step = LaconicCompressor(
        output="text", document_prompt=prompt, strategy=Broken(), max_tokens=60, on_error="truncate"
    )
    text = prompt_of(step)
    assert text.startswith("[the tower] The tower stands")
    assert 30 < COUNT(text) <= 60


# -- other contexts ---------------------------------------------------------------------------------------------------


def test_scores_stay_with_their_documents():
    odd = Document.model_construct(page_content=None, metadata={}, id="odd")
    pairs = [(document, 1 / at) for at, document in enumerate(documents(), 1)]
    pairs.insert(1, (odd, 7.0))
    out = STEP.invoke({"context": pairs, "question": QUESTION})["context"]
    scores = {document.id: score for document, score in pairs}
    assert (odd, 7.0) in out
    assert all(score == scores[document.id] for document, score in out)
    kept = [document for document, _ in out if document.id != "odd"]
    assert kept == STEP.compress_documents(documents(), QUESTION)


def test_contexts_by_name_share_one_budget():
    given = {"notes": documents()[1:], "tower": SAMPLE[0][1], "lines": ["The tower has 3 levels.", "No more."]}
    out = STEP.invoke({"context": given, "question": QUESTION})["context"]
    assert list(out) == list(given)
    assert isinstance(out["tower"], str)
    assert "330 metres" in out["tower"]
    assert all(isinstance(document, Document) for document in out["notes"])
    texts = ["\n\n".join(d.page_content for d in out["notes"]), out["tower"], "\n\n".join(out["lines"])]
    assert 25 < sum(map(COUNT, texts)) <= 50
    as_text = LaconicCompressor(max_tokens=50, output="text").invoke({"context": given, "question": QUESTION})
    assert as_text["context"] == dict(zip(given, [texts[0], texts[1], texts[2]], strict=True))
    whole = LaconicCompressor(max_tokens=10_000, metadata_key=None).invoke({"context": given, "question": QUESTION})
    assert whole["context"] == given
    with pytest.raises(TypeError, match="'a' of the value under 'context' is a int"):
        STEP.invoke({"context": {"a": 7}, "question": QUESTION})


def test_a_result_per_call_with_its_run():
    step = LaconicCompressor(max_tokens=50, result_key="result")
    given = [{"context": documents()[at:], "question": QUESTION} for at in range(3)]
    runs = []

    out = step.batch(given)
    for at, each in enumerate(out):
        kept = [part.id for part in each["result"].passages]
        assert kept == [document.id for document in each["context"]]
        assert each["result"].compression.metrics.compressed_tokens <= 50
        assert len(each["result"].compression.dropped) > 0
        runs.append(each["result"].run_id)
        assert at == [document.id for document in documents()].index(given[at]["context"][0].id)
    assert len(set(runs)) == 3

    class State(Dict):
        result: dict

    found = graph_of(State, short=step).invoke({**given[0], "log": []})["result"]
    assert found["compressed_tokens"] <= 50
    assert all(value is None or isinstance(value, (str, int, float, bool)) for value in found.values())
    assert found["run_id"] not in runs


def test_a_models_message_is_a_question():
    step = LaconicCompressor(max_tokens=30, query_transform=lambda question: AIMessage("How long is the bridge?"))
    assert "155 metres" in "".join(d.page_content for d in step.compress_documents(documents(), "And the other one?"))


# -- where text came from ---------------------------------------------------------------------------------------------

BOOK = "\n\n".join(
    f"Chapter {n} is about subject {n}. The number {n * n} is its square. Nobody else has written about {n}.\n\n"
    "All rights reserved by the publisher of this book."
    for n in range(1, 30)
)


def chunks():
    size, step = 190, 160  # they overlap
    return [
        Document(BOOK[at : at + size], id=str(at), metadata={"start_index": at}) for at in range(0, len(BOOK), step)
    ]


def assert_from_the_book(document, **options):
    spans = source_spans(document, **options)
    assert "".join(BOOK[start:end] for start, end in spans) == document.page_content


def test_spans_are_offsets_into_the_source_where_the_chunk_said_where_it_begins():
    kept = LaconicCompressor(max_tokens=60).compress_documents(chunks(), "What is the square of subject 7?")
    assert any("49" in document.page_content for document in kept)
    for document in kept:
        assert_from_the_book(document)
        assert document.metadata["start_index"] == int(document.id), "still that of the chunk"
        assert [tuple(span) for span in document.metadata["laconic"]["source_spans"]] == source_spans(document)
    again = LaconicCompressor(max_tokens=30).compress_documents(kept, "What is the square of subject 7?")
    for document in again:
        assert_from_the_book(document)
    assert source_spans(Document("x")) is None
    assert source_spans(STEP.compress_documents(documents(), QUESTION)[0]) is None


@pytest.mark.parametrize("key", [None, "laconic", "own"])
def test_a_transformed_chunk_says_where_it_stands(key):
    given = chunks()
    found = LaconicTransformer(metadata_key=key).transform_documents(given)
    options = {} if key is None else {"metadata_key": key}
    assert sum(document.page_content != before.page_content for document, before in zip(found, given, strict=False)) > 9
    for document in found:
        assert_from_the_book(document, **options)
        assert document.metadata["start_index"] == source_spans(document, **options)[0][0]
        if key is None:
            assert all(isinstance(value, (str, int)) for value in document.metadata.values()), "every store takes it"
    kept = LaconicCompressor(max_tokens=60, metadata_key=key or "laconic").compress_documents(found, "Subject 7?")
    for document in kept:
        assert_from_the_book(document, metadata_key=key or "laconic")
