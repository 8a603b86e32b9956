"""`LaconicCompressor` where LangChain puts it: retrievers, chains, pipelines, LCEL; sync and async."""

from __future__ import annotations

import asyncio
import copy
import logging
import subprocess
import sys
from inspect import signature
from typing import Any

import pytest

pytest.importorskip("langchain_core")
pytest.importorskip("langchain_classic")

from langchain_classic.chains import ConversationalRetrievalChain, RetrievalQA, create_retrieval_chain
from langchain_classic.chains.combine_documents import create_stuff_documents_chain
from langchain_classic.retrievers import ContextualCompressionRetriever
from langchain_classic.retrievers.document_compressors import DocumentCompressorPipeline
from langchain_core.callbacks import AsyncCallbackHandler, BaseCallbackHandler
from langchain_core.documents import BaseDocumentTransformer, Document
from langchain_core.language_models import BaseChatModel
from langchain_core.load import dumps, loads
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.prompt_values import ChatPromptValue, StringPromptValue
from langchain_core.prompts import ChatPromptTemplate, PromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import ConfigurableField, RunnableLambda, RunnablePassthrough
from langchain_core.tracers import LangChainTracer
from langsmith import Client as LangSmithClient
from pydantic import PrivateAttr, ValidationError

from laconic.chain.testing import QUESTION, SAMPLE
from laconic.exceptions import BudgetError, InputError
from langchain_laconic import COMPRESSION_EVENT, LaconicCompressor

HIGH = "It is 330 metres high, about as much as a building of 81 floors."
BUILT = "Workers built the tower between 1887 and 1889 for a world's fair."


def documents():
    return [
        Document(text, id=name, metadata={"name": f"the {name}", **copy.deepcopy(metadata)})
        for name, text, metadata in SAMPLE
    ]


def texts(found):
    return [document.page_content for document in found]


class StoredRetriever(BaseRetriever):
    """Hands out the very documents that it stores, as retrievers over lists do."""

    stored: list[Document]

    def _get_relevant_documents(self, query, *, run_manager):
        return self.stored


class EchoModel(BaseChatModel):
    """Keeps its prompts; answers with the last line of the last one, word by word when streamed."""

    _prompts: list[str] = PrivateAttr(default_factory=list)

    @property
    def prompts(self):
        return self._prompts

    @property
    def _llm_type(self):
        return "echo"

    def _generate(self, messages, *args: Any, **kwargs: Any):
        self._prompts.append("\n".join(message.text for message in messages))
        answer = AIMessage(messages[-1].text.splitlines()[-1])
        return ChatResult(generations=[ChatGeneration(message=answer)])


class Events(BaseCallbackHandler):
    def __init__(self):
        self.figures, self.started, self.errors = [], [], []

    def on_chain_start(self, serialized, inputs, **kwargs):
        self.started.append(kwargs["name"])

    def on_chain_error(self, error, **kwargs):
        self.errors.append(error)

    def on_custom_event(self, name, data, **kwargs):
        assert name == COMPRESSION_EVENT
        self.figures.append(data)


@pytest.fixture
def retriever():
    return StoredRetriever(stored=documents())


@pytest.fixture
def compressed(retriever):
    return ContextualCompressionRetriever(base_retriever=retriever, base_compressor=LaconicCompressor(max_tokens=50))


def assert_prompt_is_compressed(prompt):
    assert HIGH in prompt
    assert BUILT in prompt
    assert "Painters" not in prompt
    assert "Cafés" not in prompt


# -- retriever, chains ------------------------------------------------------------------------------------------------


async def test_contextual_compression_retriever(retriever, compressed):
    before = copy.deepcopy(retriever.stored)
    found = compressed.invoke(QUESTION)
    assert HIGH in "\n".join(texts(found))
    assert found == await compressed.ainvoke(QUESTION)
    assert retriever.stored == before
    empty = ContextualCompressionRetriever(
        base_retriever=StoredRetriever(stored=[]), base_compressor=LaconicCompressor(max_tokens=5)
    )
    assert empty.invoke(QUESTION) == []


async def test_retrieval_qa(compressed):
    model = EchoModel()
    chain = RetrievalQA.from_chain_type(
        model,
        retriever=compressed,
        return_source_documents=True,
        chain_type_kwargs={"document_prompt": PromptTemplate.from_template("[{name}] {page_content}")},
    )
    result = chain.invoke({"query": QUESTION})
    assert_prompt_is_compressed(model.prompts[-1])
    assert "[the tower] " in model.prompts[-1]
    assert result["source_documents"] == compressed.invoke(QUESTION)
    again = await chain.ainvoke({"query": QUESTION})
    assert model.prompts[0] == model.prompts[1]
    assert again["source_documents"] == result["source_documents"]


def test_conversational_retrieval_chain(compressed):
    model = EchoModel()
    chain = ConversationalRetrievalChain.from_llm(model, retriever=compressed)
    chain.invoke({"question": QUESTION, "chat_history": []})
    assert_prompt_is_compressed(model.prompts[-1])
    chain.invoke({"question": QUESTION, "chat_history": [("Is there a tower?", "Yes.")]})
    assert len(model.prompts) == 3, "the condensed question is asked for, then answered"


PROMPT = ChatPromptTemplate.from_messages([("system", "Context:\n{context}"), ("human", "{input}")])


async def test_create_retrieval_chain(compressed):
    model = EchoModel()
    chain = create_retrieval_chain(compressed, create_stuff_documents_chain(model, PROMPT))
    result = chain.invoke({"input": QUESTION})
    assert_prompt_is_compressed(model.prompts[-1])
    assert result["context"] == compressed.invoke(QUESTION)
    assert (await chain.ainvoke({"input": QUESTION}))["context"] == result["context"]


class Upper(BaseDocumentTransformer):
    def transform_documents(self, documents, **kwargs):
        return [d.model_copy(update={"page_content": d.page_content.replace("tower", "TOWER")}) for d in documents]


async def test_document_compressor_pipeline(retriever):
    pipeline = DocumentCompressorPipeline(transformers=[Upper(), LaconicCompressor(max_tokens=50)])
    found = pipeline.compress_documents(retriever.stored, QUESTION)
    assert "Workers built the TOWER" in "\n".join(texts(found))
    assert list(found) == list(await pipeline.acompress_documents(retriever.stored, QUESTION))
    twice = DocumentCompressorPipeline(
        transformers=[LaconicCompressor(max_tokens=80), LaconicCompressor(max_tokens=40)]
    ).compress_documents(retriever.stored, QUESTION)
    for document in twice:
        original = next(d.page_content for d in retriever.stored if d.id == document.id)
        kept = [original[start:end] for start, end in document.metadata["laconic"]["spans"]]
        assert "".join(kept) == document.page_content, "spans point into what was retrieved"


# -- LCEL -------------------------------------------------------------------------------------------------------------


def lcel(retriever, model):
    return (
        {"context": retriever, "question": RunnablePassthrough()}
        | LaconicCompressor(max_tokens=50)
        | RunnablePassthrough.assign(context=lambda step: "\n\n".join(texts(step["context"])))
        | ChatPromptTemplate.from_template("Context:\n{context}\n\n{question}")
        | model
        | StrOutputParser()
    )


async def test_lcel(retriever):
    model = EchoModel()
    chain = lcel(retriever, model)
    assert chain.invoke(QUESTION) == QUESTION
    assert_prompt_is_compressed(model.prompts[-1])
    assert await chain.ainvoke(QUESTION) == QUESTION
    assert chain.batch([QUESTION, "How long is the bridge?"]) == [QUESTION, "How long is the bridge?"]
    assert await chain.abatch([QUESTION] * 3) == [QUESTION] * 3
    assert "".join(chain.stream(QUESTION)) == QUESTION
    assert "".join([piece async for piece in chain.astream(QUESTION)]) == QUESTION
    assert sum("155 metres long" in prompt for prompt in model.prompts) == 1


CONTEXT = [text for _, text, _ in SAMPLE]
JOINED = "\n\n".join(CONTEXT)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ({"documents": documents(), "query": QUESTION}, lambda out: "\n\n".join(texts(out))),
        ({"context": documents(), "question": QUESTION, "k": 1}, lambda out: "\n\n".join(texts(out["context"]))),
        ({"context": CONTEXT, "question": QUESTION}, lambda out: "\n\n".join(out["context"])),
        ({"context": JOINED, "question": HumanMessage(QUESTION)}, lambda out: out["context"]),
        (
            {"context": JOINED, "question": [{"type": "text", "text": QUESTION}, {"type": "image", "url": "x"}]},
            lambda out: out["context"],
        ),
        ({"context": JOINED, "question": [AIMessage("Hi"), HumanMessage(QUESTION)]}, lambda out: out["context"]),
        ({"context": JOINED, "question": StringPromptValue(text=QUESTION)}, lambda out: out["context"]),
        ([SystemMessage(JOINED), HumanMessage(QUESTION), ToolMessage(JOINED, tool_call_id="1")], lambda o: o[2].text),
        (
            ChatPromptValue(messages=[HumanMessage(QUESTION), ToolMessage(JOINED, tool_call_id="1")]),
            lambda out: out.messages[1].text,
        ),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_every_shape_of_input_comes_back_in_the_same_shape(value, read):
    step = LaconicCompressor(max_tokens=50)
    before = copy.deepcopy(value)
    out = step.invoke(value)
    assert value == before
    if not (isinstance(value, dict) and "documents" in value):
        assert type(out) is type(value)
    assert_prompt_is_compressed(read(out))
    assert out == await step.ainvoke(value)
    if isinstance(value, dict) and "context" in value:
        assert {**out, "context": None} == {**value, "context": None}


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (documents(), lambda out: "\n\n".join(texts(out))),
        (CONTEXT, "\n\n".join),
        (JOINED, str),
        (StringPromptValue(text=JOINED), lambda out: out.text),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_question_can_be_bound(value, read):
    step = LaconicCompressor(max_tokens=50)
    out = step.bind(query=QUESTION).invoke(value)
    assert type(out) is type(value)
    assert_prompt_is_compressed(read(out))
    with pytest.raises(InputError, match="on_missing_query"):
        step.invoke(value)
    assert LaconicCompressor(max_tokens=50, on_missing_query="passthrough").invoke(value) == value
    unasked = read(LaconicCompressor(max_tokens=50, on_missing_query="importance").invoke(value))
    assert 0 < len(unasked) < len(JOINED) / 2


def test_messages_keep_all_but_their_text():
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    messages = [
        SystemMessage(JOINED),
        HumanMessage(QUESTION),
        AIMessage("", tool_calls=[{"name": "search", "args": {}, "id": "1"}]),
        ToolMessage([{"type": "text", "text": JOINED}, image], tool_call_id="1", artifact={"rows": 3}, id="m1"),
        ToolMessage(JOINED, tool_call_id="2", status="error"),
        ToolMessage("Nothing here is about it at all.", tool_call_id="3"),
    ]
    out = LaconicCompressor(max_tokens=50).invoke(messages)
    assert out[:3] == messages[:3]
    assert out[4] == messages[4], "reports of errors are left alone"
    assert (out[3].tool_call_id, out[3].artifact, out[3].id) == ("1", {"rows": 3}, "m1")
    assert out[3].content[1] == image
    assert 0 < len(out[3].content[0]["text"]) < len(JOINED) / 2
    assert out[5].text, "no message loses all of its text"
    humans = LaconicCompressor(max_tokens=50, message_types=("human",)).bind(query=QUESTION)
    assert humans.invoke([HumanMessage(JOINED), ToolMessage(JOINED, tool_call_id="1")])[1].text == JOINED


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (7, "the input is a int"),
        (b"bytes", "the input is a bytes"),
        ([1, "x"], "the input is a list of int and str"),
        ({"ctx": []}, "it needs 'context' and 'question'"),
        ({"context": 3, "question": "?"}, "the value under 'context' is a int"),
        ({"context": JOINED, "question": 3}, "the query is a int"),
    ],
)
def test_other_inputs_are_refused(value, message):
    with pytest.raises(TypeError, match=message):
        LaconicCompressor().invoke(value)


def test_no_context_is_no_work():
    step = LaconicCompressor()
    assert step.invoke({"context": [], "question": QUESTION}) == {"context": [], "question": QUESTION}
    assert step.invoke({"documents": [], "query": QUESTION}) == []
    assert step.bind(query=QUESTION).invoke([HumanMessage("Hi")]) == [HumanMessage("Hi")]


def test_a_call_can_have_a_budget_of_its_own():
    step = LaconicCompressor(max_tokens=50)
    small = step.bind(query=QUESTION, max_tokens=12).invoke(JOINED)
    assert 0 < len(small) < len(step.bind(query=QUESTION).invoke(JOINED))
    with pytest.raises(BudgetError):
        step.bind(query=QUESTION, max_tokens=0).invoke(JOINED)
    with pytest.raises(TypeError):
        step.bind(query=QUESTION, max_tokns=5).invoke(JOINED)


def test_stream_is_one_item():
    step = LaconicCompressor(max_tokens=50).bind(query=QUESTION)
    assert len(list(step.stream(documents()))) == 1
    pieces = (JOINED[at : at + 10] for at in range(0, len(JOINED), 10))
    assert list(step.transform(pieces)) == [step.invoke(JOINED)]


def test_configurable_fields():
    step = LaconicCompressor(rate=0.9).configurable_fields(rate=ConfigurableField(id="rate"))
    value = {"context": JOINED, "question": QUESTION}
    long = step.invoke(value)["context"]
    short = step.with_config(configurable={"rate": 0.2}).invoke(value)["context"]
    assert len(short) < len(long) / 2
    with pytest.raises(ValidationError, match="rate is 7"):
        step.with_config(configurable={"rate": 7.0}).invoke(value)
    assert "rate" in str(step.config_schema().model_json_schema())


def test_composition_retry_and_names():
    step = LaconicCompressor(max_tokens=50)
    value = {"context": JOINED, "question": QUESTION}
    assert step.with_retry().invoke(value) == step.invoke(value)
    assert (step | RunnableLambda(lambda out: out["context"])).invoke(value) == step.invoke(value)["context"]
    seen = Events()
    step.with_config(run_name="shrink", tags=["a"]).invoke(value, {"callbacks": [seen]})
    step.invoke(value, {"callbacks": [seen]})
    assert seen.started == ["shrink", "LaconicCompressor"]
    for schema in (step.get_input_jsonschema(), step.get_output_jsonschema()):
        assert "anyOf" in schema


@pytest.mark.filterwarnings("ignore:The function `loads` is in beta")
def test_dumps_and_loads():
    step = LaconicCompressor(max_tokens=50, query_key="q", separator=None, preserve=("tower",))
    allowed = {"allowed_objects": [LaconicCompressor]} if "allowed_objects" in signature(loads).parameters else {}
    again = loads(dumps(step), valid_namespaces=["langchain_laconic"], **allowed)
    assert again == step
    assert '"not_implemented"' not in dumps(step)
    observed = LaconicCompressor(max_tokens=50, on_result=print)
    assert loads(dumps(observed), valid_namespaces=["langchain_laconic"], **allowed).max_tokens == 50
    changed = dumps(LaconicCompressor(max_tokens=50, query_transform=str.lower))
    with pytest.raises((NotImplementedError, ValueError)):
        loads(changed, valid_namespaces=["langchain_laconic"], **allowed)


# -- what is written --------------------------------------------------------------------------------------------------


def test_metadata_is_one_key_or_none():
    for document in LaconicCompressor(max_tokens=50).compress_documents(documents(), QUESTION):
        before = next(d for d in documents() if d.id == document.id)
        assert set(document.metadata) - set(before.metadata) == {"laconic"}
        ours = document.metadata["laconic"]
        assert set(ours) == {"spans", "tokens", "level", "score"}
        assert "".join(before.page_content[start:end] for start, end in ours["spans"]) == document.page_content
    for document in LaconicCompressor(max_tokens=50, metadata_key=None).compress_documents(documents(), QUESTION):
        assert document.metadata == next(d for d in documents() if d.id == document.id).metadata
    kept = LaconicCompressor(max_tokens=50, keep_original=True).compress_documents(documents(), QUESTION)
    assert kept[0].metadata["laconic"]["original"] == SAMPLE[0][1]


def test_min_documents():
    for least in (1, 2, 3, 4, 9):
        for budget in (1, 4, 20, 60, 500):
            compressor = LaconicCompressor(max_tokens=budget, min_documents=least)
            found = compressor.compress_documents(documents(), QUESTION)
            assert len(found) >= min(least, len(SAMPLE))
            assert all(text.strip() for text in texts(found))
            if budget >= 2 * least:  # a document needs a token, and a separator between it and the next
                assert compressor.engine.counter.count("\n\n".join(texts(found))) <= budget
            for document in found:
                original = next(d.page_content for d in documents() if d.id == document.id)
                spans = document.metadata["laconic"]["spans"]
                assert "".join(original[start:end] for start, end in spans) == document.page_content


def test_query_transform(retriever):
    def translate(query):
        return {"?": QUESTION}[query]

    def use(transform, **options):
        step = LaconicCompressor(max_tokens=50, query_transform=transform, **options)
        return step.invoke({"context": JOINED, "question": "?"})["context"]

    assert_prompt_is_compressed(use(translate))
    assert_prompt_is_compressed(use(RunnableLambda(translate)))
    assert len(use(lambda query: query.no_such_attribute)) < len(JOINED), "the question itself is used"
    with pytest.raises(AttributeError):
        use(lambda query: query.no_such_attribute, on_error="raise")


async def test_query_transform_async():
    async def translate(query):
        await asyncio.sleep(0)
        return QUESTION

    step = LaconicCompressor(max_tokens=50, query_transform=RunnableLambda(translate))
    assert_prompt_is_compressed((await step.ainvoke({"context": JOINED, "question": "?"}))["context"])


def test_results_can_be_looked_at(caplog):
    results = []
    LaconicCompressor(max_tokens=50, on_result=results.append).compress_documents(documents(), QUESTION)
    [result] = results
    assert result.metrics.compressed_tokens <= 50
    assert any("Painters" in piece.text for piece in result.dropped)

    def fail(result):
        raise RuntimeError("hook is broken")

    with caplog.at_level(logging.WARNING, "laconic"):
        found = LaconicCompressor(max_tokens=50, on_result=fail).compress_documents(documents(), QUESTION)
    assert "\n\n".join(texts(found)) == result.text
    assert "hook is broken" in caplog.text
    with pytest.raises(RuntimeError, match="hook is broken"):
        LaconicCompressor(on_result=fail, on_error="raise").compress_documents(documents(), QUESTION)


# -- traces -----------------------------------------------------------------------------------------------------------


async def test_the_run_and_its_figures_show_in_traces(compressed):
    for call in (compressed.invoke, compressed.ainvoke):
        seen = Events()
        found = call(QUESTION, {"callbacks": [seen]})
        if asyncio.iscoroutine(found):
            await found
        assert seen.started == ["LaconicCompressor"]
        [figures] = seen.figures
        assert figures["compressed_tokens"] <= 50 < figures["original_tokens"]
        assert figures["savings_percent"] == pytest.approx(
            100 * (1 - figures["compressed_tokens"] / figures["original_tokens"]), abs=0.01
        )


async def test_astream_events(retriever):
    chain = lcel(retriever, EchoModel())
    events = [event async for event in chain.astream_events(QUESTION, version="v2")]
    [figures] = [event for event in events if event["event"] == "on_custom_event"]
    assert figures["name"] == COMPRESSION_EVENT
    assert figures["data"]["compressed_tokens"] <= 50
    assert "LaconicCompressor" in {event["name"] for event in events if event["event"] == "on_chain_end"}


@pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")  # langchain-core 1.0, new langsmith
def test_savings_reach_the_metadata_of_a_langsmith_run():
    sent = []

    class Recording(LangSmithClient):
        """A client that keeps what it would send."""

        def create_run(self, *args, **kwargs):
            pass

        def update_run(self, *args, **kwargs):
            sent.append(kwargs)

    tracer = LangChainTracer(client=Recording(api_url="http://127.0.0.1:9", api_key="none", auto_batch_tracing=False))
    LaconicCompressor(max_tokens=50).invoke({"context": JOINED, "question": QUESTION}, {"callbacks": [tracer]})
    tracer.wait_for_futures()
    [update] = sent
    assert update["extra"]["metadata"][COMPRESSION_EVENT]["compressed_tokens"] <= 50


def test_callbacks_that_raise_are_the_callers_business(caplog):
    class Raising(BaseCallbackHandler):
        def on_custom_event(self, name, data, **kwargs):
            raise RuntimeError("handler is broken")

    class Strict(Raising):
        raise_error = True

    step, value = LaconicCompressor(max_tokens=50), {"context": JOINED, "question": QUESTION}
    assert step.invoke(value, {"callbacks": [Raising()]}) == step.invoke(value)
    assert "handler is broken" in caplog.text
    with pytest.raises(RuntimeError, match="handler is broken"):
        step.invoke(value, {"callbacks": [Strict()]})


async def test_async_handlers_are_called():
    seen = []

    class Handler(AsyncCallbackHandler):
        async def on_custom_event(self, name, data, **kwargs):
            seen.append(name)

    await LaconicCompressor(max_tokens=50).acompress_documents(documents(), QUESTION, callbacks=[Handler()])
    assert seen == [COMPRESSION_EVENT]


# -- failure and odd input --------------------------------------------------------------------------------------------


def broken(text):
    raise RuntimeError("counter is broken")


async def test_an_engine_that_fails_leaves_the_chain_its_context(retriever, caplog):
    retriever = ContextualCompressionRetriever(
        base_retriever=retriever, base_compressor=LaconicCompressor(counter=broken, max_tokens=5)
    )
    seen = Events()
    with caplog.at_level(logging.WARNING, "laconic"):
        assert retriever.invoke(QUESTION, {"callbacks": [seen]}) == documents()
    assert "counter is broken" in caplog.text
    assert seen.figures == [{"unchanged": "error", "error": "RuntimeError: counter is broken"}]
    assert seen.errors == []
    assert await retriever.ainvoke(QUESTION) == documents()


def test_on_error_raise_shows_in_the_trace(retriever):
    seen = Events()
    step = LaconicCompressor(counter=broken, max_tokens=5, on_error="raise")
    with pytest.raises(RuntimeError, match="counter is broken"):
        step.compress_documents(documents(), QUESTION, callbacks=[seen])
    assert [str(error) for error in seen.errors] == ["counter is broken"]


def test_odd_documents():
    class Page(Document):
        number: int = 0

    odd = Document.model_construct(page_content=None, metadata={"k": 1}, id=None)
    huge = {"blob": "x" * 1_000_000, "rows": list(range(1000))}
    given = [
        Page(page_content=SAMPLE[0][1], metadata={}, number=7),  # a subclass, no id, no source
        odd,
        Document(SAMPLE[1][1], metadata=huge),
        Document(SAMPLE[0][1], id="twin"),  # a retriever that returns duplicates
        Document("", id="blank"),
    ]
    found = LaconicCompressor(max_tokens=50).compress_documents(given, QUESTION)
    assert isinstance(found[0], Page)
    assert found[0].number == 7
    assert odd in found, "what has no text goes through"
    assert sum(text.count(HIGH) for text in texts(found) if text) == 1, "repeated text is kept once"
    assert LaconicCompressor().compress_documents([odd], QUESTION) == [odd]
    surrogate = [Document("a \ud800 b" * 50), Document(SAMPLE[0][1])]
    broken, short = LaconicCompressor(max_tokens=5).compress_documents(surrogate, QUESTION)
    assert broken.page_content == surrogate[0].page_content, "left out of the compression alone"
    assert len(short.page_content) < 40
    no_metadata = Document.model_construct(page_content=SAMPLE[0][1], metadata=None, id="x")
    [short] = LaconicCompressor(max_tokens=50).compress_documents([no_metadata], QUESTION)
    assert "330 metres" in short.page_content


async def test_a_cancelled_task_is_cancelled():
    step = LaconicCompressor(max_tokens=50, counter=lambda text: len(text.split()))
    task = asyncio.create_task(step.ainvoke({"context": JOINED * 200, "question": QUESTION}))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await step.ainvoke({"context": JOINED, "question": QUESTION}))["context"]


def test_a_chat_model_can_be_the_counter():
    model = EchoModel(custom_get_token_ids=lambda text: list(range(len(text.split()))))
    found = LaconicCompressor(counter=model, max_tokens=30).compress_documents(documents(), QUESTION)
    assert 0 < len("\n\n".join(texts(found)).split()) <= 30


def test_without_langchain_the_message_names_the_extra():
    code = (
        "import sys; sys.modules['langchain_core'] = None\n"
        "import importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name.startswith('langchain_core') else find(name, *rest)\n"
        "import langchain_laconic"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "MissingDependencyError" in found.stderr
    assert "pip install 'laconic[langchain]'" in found.stderr
