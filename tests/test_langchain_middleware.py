"""Agents: tool results shortened by middleware, on entry or on the way to the model; checkpoints, tools, triggers."""

from __future__ import annotations

import copy
import subprocess
import sys
from inspect import signature
from typing import Any

import pytest

pytest.importorskip("langchain")

from langchain.agents import create_agent
from langchain.agents.middleware import ContextEditingMiddleware, SummarizationMiddleware, wrap_tool_call
from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import create_retriever_tool, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from pydantic import PrivateAttr, ValidationError

from laconic.chain.cuts import TOOL_NAME, CutStore
from laconic.chain.testing import QUESTION, SAMPLE
from laconic.exceptions import ConfigurationError
from langchain_laconic import LaconicCompressor
from langchain_laconic.expand import expand_tool
from langchain_laconic.middleware import (
    CompressToolResultsEdit,
    LaconicMiddleware,
    as_summarizer,
    summarization_middleware,
)

FULL = "\n\n".join(text for _, text, _ in SAMPLE)
HIGH = "It is 330 metres high, about as much as a building of 81 floors."


class ScriptedModel(BaseChatModel):
    """Says what its script says, turn by turn, and keeps what it was sent."""

    script: list[AIMessage]
    limit: int | None = None
    _seen: list[list[Any]] = PrivateAttr(default_factory=list)

    @property
    def seen(self):
        return self._seen

    @property
    def _llm_type(self):
        return "scripted"

    def bind_tools(self, tools, **kwargs):
        return self

    def _generate(self, messages, *args: Any, **kwargs: Any):
        self._seen.append(copy.deepcopy(messages))
        answer = self.script[(len(self._seen) - 1) % len(self.script)].model_copy(deep=True)
        return ChatResult(generations=[ChatGeneration(message=answer)])


def call(name="search", call_id="1", **args):
    return AIMessage("", tool_calls=[{"name": name, "args": args, "id": call_id}])


@tool
def search(query: str) -> str:
    """Search."""
    return FULL


@tool
def fail(query: str) -> str:
    """Fail with a long message."""
    raise ValueError(FULL)


@tool(response_format="content_and_artifact")
def rows(query: str):
    """Give text, an image and an artifact."""
    image = {"type": "image", "base64": "AAAA", "mime_type": "image/png"}
    return [{"type": "text", "text": FULL}, image], {"rows": [1, 2]}


@tool
def steer(query: str) -> Command:
    """Answer with a command."""
    return Command(update={"messages": [ToolMessage(FULL, tool_call_id="1")]})


def agent_of(model, middleware, tools=(search, fail, rows, steer), **options):
    return create_agent(model, list(tools), middleware=middleware, **options)


def tool_results(messages):
    return [message for message in messages if isinstance(message, ToolMessage)]


async def run(agent, mode, text=QUESTION, config=None):
    value = {"messages": [HumanMessage(text)]}
    if mode == "sync":
        return agent.invoke(value, config)
    return await agent.ainvoke(value, config)


# -- on entry ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["sync", "async"])
async def test_a_result_is_compressed_once_and_checkpointed_short(mode):
    model = ScriptedModel(script=[call(query="height of the tower"), AIMessage("Done.")])
    agent = agent_of(model, [LaconicMiddleware(max_tokens=50)], checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    await run(agent, mode, config=config)
    await run(agent, mode, "And something else?", config)
    first, second, third, fourth = (tool_results(messages) for messages in model.seen)
    assert first == []
    [short] = second
    assert HIGH in short.text
    assert len(short.text) < len(FULL) / 2
    assert third == second, "the beginning of the conversation stays the same"
    assert fourth[:1] == second
    state = (await agent.aget_state(config)).values["messages"]
    assert tool_results(state)[0].content == short.content


def only_result(script, middleware, **kwargs):
    model = ScriptedModel(script=[script, AIMessage("Done.")])
    final = agent_of(model, middleware, **kwargs).invoke({"messages": [HumanMessage(QUESTION)]})
    [found] = tool_results(final["messages"])
    assert tool_results(model.seen[-1]) == [found]
    return found


def test_images_and_artifacts_survive():
    found = only_result(call("rows", query="tower"), [LaconicMiddleware(max_tokens=50)])
    text, image = found.content
    assert HIGH in text["text"]
    assert len(text["text"]) < len(FULL) / 2
    assert image == {"type": "image", "base64": "AAAA", "mime_type": "image/png"}
    assert found.artifact == {"rows": [1, 2]}
    assert found.tool_call_id == "1"


def test_commands_are_left_alone():
    assert only_result(call("steer", query="tower"), [LaconicMiddleware(max_tokens=50)]).content == FULL


def test_reports_of_errors_are_left_alone():
    @wrap_tool_call
    def report(request, handler):
        try:
            return handler(request)
        except ValueError as error:
            return ToolMessage(str(error), tool_call_id=request.tool_call["id"], status="error")

    found = only_result(call("fail", query="tower"), [LaconicMiddleware(max_tokens=50), report])
    assert found.content == FULL


def test_excluded_and_small_results_are_left_alone():
    for options in ({"exclude_tools": ["search"]}, {"min_tokens": 100_000}, {"trigger": ("tokens", 100_000)}):
        assert only_result(call(query="x"), [LaconicMiddleware(max_tokens=50, **options)]).content == FULL


def test_the_original_can_be_kept_where_no_model_sees_it():
    found = only_result(call(query="tower"), [LaconicMiddleware(max_tokens=50, keep_original=True)])
    assert found.artifact == {"laconic": {"original": FULL}}
    kept = only_result(call("rows", query="tower"), [LaconicMiddleware(max_tokens=50, keep_original=True)])
    assert kept.artifact == {"rows": [1, 2]}


def test_the_question_is_the_humans_and_the_calls_or_the_callers():
    about_the_bridge = only_result(call(query="How long is the bridge?"), [LaconicMiddleware(max_tokens=60)])
    assert "155 metres long" in about_the_bridge.text
    chosen = only_result(
        call(query="x"), [LaconicMiddleware(max_tokens=30, query=lambda request: "How long is the bridge?")]
    )
    assert "155 metres long" in chosen.text
    broken = only_result(call(query="x"), [LaconicMiddleware(max_tokens=50, query=lambda request: 1 / 0)])
    assert HIGH in broken.text
    with pytest.raises(ZeroDivisionError):
        only_result(call(query="x"), [LaconicMiddleware(max_tokens=50, query=lambda request: 1 / 0, on_error="raise")])


def test_an_engine_that_fails_leaves_the_result():
    def broken(text):
        raise RuntimeError("counter is broken")

    assert only_result(call(query="tower"), [LaconicMiddleware(max_tokens=50, counter=broken)]).content == FULL


def test_a_result_is_not_compressed_twice():
    two = [LaconicMiddleware(max_tokens=50, name="outer"), LaconicMiddleware(max_tokens=50, name="inner")]
    once = only_result(call(query="tower"), [LaconicMiddleware(max_tokens=50)])
    assert only_result(call(query="tower"), two).content == once.content


# -- on the way to the model ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["sync", "async"])
async def test_where_model_keeps_the_full_text_in_the_state(mode):
    model = ScriptedModel(script=[call(query="tower"), AIMessage("Done.")])
    agent = agent_of(model, [LaconicMiddleware(where="model", max_tokens=50)], checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    await run(agent, mode, config=config)
    await run(agent, mode, "How long is the bridge?", config)
    seen = [tool_results(messages) for messages in model.seen]
    assert len(seen[1][0].text) < len(FULL) / 2
    assert seen[1][0].content == seen[2][0].content == seen[3][0].content, "a later question changes nothing before it"
    assert "155 metres" in seen[3][1].text
    state = (await agent.aget_state(config)).values["messages"]
    assert [message.content for message in tool_results(state)] == [FULL, FULL]


def test_where_model_with_keep_and_trigger():
    def seen(**options):
        model = ScriptedModel(script=[call(query="a"), call(query="b", call_id="2"), AIMessage("Done.")])
        agent_of(model, [LaconicMiddleware(where="model", max_tokens=50, **options)]).invoke(
            {"messages": [HumanMessage(QUESTION)]}
        )
        return [[message.content == FULL for message in tool_results(messages)] for messages in model.seen]

    assert seen() == [[], [False], [False, False]]
    assert seen(keep=1) == [[], [True], [False, True]]
    assert seen(keep=5) == [[], [True], [True, True]]
    assert seen(trigger=("messages", 5)) == [[], [True], [False, False]]
    assert seen(trigger=[("messages", 99), {"tokens": 10, "messages": 3}]) == [[], [False], [False, False]]
    assert seen(trigger={"tokens": 10, "messages": 99}) == [[], [True], [True, True]]


def test_a_fraction_needs_the_models_profile():
    class Model:
        profile = {"max_input_tokens": 1000}  # noqa: RUF012 - as chat models have it

    middleware = LaconicMiddleware(max_tokens=50, trigger=("fraction", 0.5), chat_model=Model())
    short, long = [HumanMessage("x" * 1000)], [HumanMessage("x" * 3000)]
    assert (middleware._trigger.reached(short), middleware._trigger.reached(long)) == (False, True)
    with pytest.raises(ConfigurationError, match="max_input_tokens"):
        LaconicMiddleware(trigger=("fraction", 0.5), chat_model=object())


@pytest.mark.parametrize(
    "options",
    [
        {"where": "nowhere"},
        {"keep": 1},
        {"keep": -1, "where": "model"},
        {"trigger": ("characters", 5)},
        {"trigger": ("tokens", 0)},
        {"trigger": ("tokens",)},
        {"trigger": ("fraction", 2)},
        {"trigger": 5.0},
        {"exclude_tools": "search"},
        {"where": "model", "keep_original": True},
        {"max_tokens": 0},
        {"max_tokns": 5},
    ],
)
def test_bad_options_are_refused_at_construction(options):
    with pytest.raises((ValueError, TypeError)) as caught:
        LaconicMiddleware(**options)
    assert isinstance(caught.value, (ConfigurationError, ValidationError))


# -- LangChain's own middleware ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["sync", "async"])
async def test_context_edit(mode):
    edit = CompressToolResultsEdit(trigger=100, keep=1, options={"max_tokens": 50})
    model = ScriptedModel(script=[call(query="a"), call(query="b", call_id="2"), AIMessage("Done.")])
    final = await run(agent_of(model, [ContextEditingMiddleware(edits=[edit])]), mode)
    assert [len(message.text) < len(FULL) / 2 for message in tool_results(model.seen[-1])] == [True, False]
    assert [message.content for message in tool_results(final["messages"])] == [FULL, FULL]
    high = CompressToolResultsEdit(trigger=100_000, options={"max_tokens": 50})
    messages = [HumanMessage(QUESTION), ToolMessage(FULL, tool_call_id="1")]
    high.apply(messages, count_tokens=lambda messages: 5)
    assert messages[1].content == FULL
    with pytest.raises(ConfigurationError, match="keep is -1"):
        CompressToolResultsEdit(keep=-1)


def test_summarizer():
    messages = [HumanMessage(QUESTION), AIMessage("I shall look."), ToolMessage(FULL, tool_call_id="1")]
    summary = as_summarizer(max_tokens=60).invoke(messages)
    assert HIGH in summary
    assert "tool: " in summary
    assert len(summary) < len(FULL) / 2
    assert as_summarizer(max_tokens=60).invoke([AIMessage("")]) == ""


@pytest.mark.parametrize("mode", ["sync", "async"])
async def test_summarization_middleware_where_it_takes_a_summarizer(mode):
    model = ScriptedModel(script=[call(query="tower"), AIMessage("Done.")])
    arguments = {"trigger": ("messages", 3), "keep": ("messages", 1)}
    if "summarizer" not in signature(SummarizationMiddleware.__init__).parameters:
        with pytest.raises(ConfigurationError, match="takes no summarizer"):
            summarization_middleware(model, options={"max_tokens": 60}, **arguments)
        return
    agent = agent_of(
        model,
        [summarization_middleware(model, options={"max_tokens": 100}, **arguments)],
        checkpointer=InMemorySaver(),
    )
    config = {"configurable": {"thread_id": "t"}}
    await run(agent, mode, config=config)
    calls = len(model.seen)
    await run(agent, mode, "And now?", config)
    assert any(HIGH in str(message.content) for message in model.seen[calls]), "the summary has the answer"
    assert all(FULL not in str(message.content) for message in model.seen[calls])


def test_retriever_tool():
    documents = [Document(text, id=name) for name, text, _ in SAMPLE]
    retriever = RunnableLambda(lambda query: {"documents": documents, "query": query}) | LaconicCompressor(
        max_tokens=50
    )
    search_docs = create_retriever_tool(retriever, "search_docs", "Search.", response_format="content_and_artifact")
    found = search_docs.invoke({"name": "search_docs", "args": {"query": QUESTION}, "id": "1", "type": "tool_call"})
    assert HIGH in found.content
    assert len(found.content) < len(FULL) / 2
    assert {document.id for document in found.artifact} <= {name for name, _, _ in SAMPLE}


# -- what was cut can be asked for ------------------------------------------------------------------------------------


def test_an_agent_can_ask_for_what_was_cut():
    store = CutStore()
    model = ScriptedModel(script=[call(query="height of the tower"), AIMessage("Done.")])
    agent = agent_of(model, [LaconicMiddleware(max_tokens=70, expand=store)])
    final = agent.invoke({"messages": [HumanMessage(QUESTION)]})
    [short] = tool_results(final["messages"])
    last = short.text.splitlines()[-1]
    assert last.startswith(f'[shortened: {TOOL_NAME}("')
    handle = last.split('"')[1]
    asking = ScriptedModel(
        script=[call(TOOL_NAME, handle=handle, question="How long is the bridge?"), AIMessage("Done.")]
    )
    final = agent_of(asking, [LaconicMiddleware(max_tokens=70, expand=store)]).invoke(
        {"messages": [HumanMessage("Go on.")]}
    )
    [found] = tool_results(final["messages"])
    assert found.content == FULL, "all of it, and not compressed again"


def test_expand_tool():
    store = CutStore(max_tokens=30)
    documents = [Document(text, id=name) for name, text, _ in SAMPLE]
    compressor = LaconicCompressor(max_tokens=60, expand=store)
    kept = compressor.compress_documents(documents, QUESTION)
    joined = "\n\n".join(document.page_content for document in kept)
    assert compressor.engine.counter.count(joined) <= 60
    assert joined.count(TOOL_NAME) == 1
    handle = joined.split('"')[-2]
    tool = expand_tool(store)
    assert tool.name == TOOL_NAME
    assert "155 metres long" in tool.invoke({"handle": handle, "question": "How long is the bridge?"})
    assert "Nothing is kept under the handle" in tool.invoke({"handle": "gone"})
    whole = LaconicCompressor(max_tokens=10_000, expand=store).compress_documents(documents, QUESTION)
    assert TOOL_NAME not in "\n".join(document.page_content for document in whole)
    plain = LaconicCompressor(max_tokens=60).compress_documents(documents, QUESTION)
    assert TOOL_NAME not in "\n".join(document.page_content for document in plain)


def test_without_langchain_the_message_names_the_extra():
    code = (
        "import importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'langchain' else find(name, *rest)\n"
        "import langchain_laconic; import langchain_laconic.middleware"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "MissingDependencyError" in found.stderr
    assert "pip install 'laconic[langchain-agents]'" in found.stderr
