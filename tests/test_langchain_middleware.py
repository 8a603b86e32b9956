"""Agents: tool results shortened by middleware, on entry or on the way to the model; checkpoints, tools, triggers."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from inspect import signature
from typing import Any

import pytest

pytest.importorskip("langchain")

from langchain.agents import create_agent
from langchain.agents.middleware import (
    ContextEditingMiddleware,
    SummarizationMiddleware,
    ToolCallRequest,
    wrap_tool_call,
)
from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import create_retriever_tool, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command
from pydantic import PrivateAttr, ValidationError

from laconic.chain.cuts import TOOL_NAME, CutStore
from laconic.chain.testing import QUESTION, SAMPLE
from laconic.exceptions import ConfigurationError
from laconic.tokens import as_counter
from langchain_laconic import LaconicCompressor
from langchain_laconic.expand import expand_tool
from langchain_laconic.middleware import (
    CompressToolResultsEdit,
    LaconicMiddleware,
    as_summarizer,
    summarization_middleware,
)

COUNT = as_counter("gpt-4o").count
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


@pytest.mark.parametrize("mode", ["sync", "async"])
async def test_results_inside_a_command_are_shortened(mode):
    model = ScriptedModel(script=[call("steer", query="tower"), AIMessage("Done.")])
    final = await run(agent_of(model, [LaconicMiddleware(max_tokens=50)]), mode)
    [found] = tool_results(final["messages"])
    assert HIGH in found.text
    assert found.tool_call_id == "1"
    assert COUNT(found.text) <= 50
    before = ToolMessage(FULL, tool_call_id="1")
    for update in ({"messages": [before], "log": ["x"]}, [("messages", before), ("log", ["x"])]):
        command = Command(update=update, goto="next")
        request = ToolCallRequest(call().tool_calls[0], None, {"messages": []}, None)
        out = LaconicMiddleware(max_tokens=50).wrap_tool_call(request, lambda request, command=command: command)
        assert out.goto == "next"
        pairs = dict(out.update)
        assert pairs["log"] == ["x"]
        [short] = [pairs["messages"]] if isinstance(pairs["messages"], ToolMessage) else pairs["messages"]
        assert COUNT(short.text) <= 50
        assert command.update == update
        assert before.content == FULL


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


def test_small_results_stay_whole_and_a_ceiling_is_one_all_the_same():
    small = "The tower is 330 metres high. Painters need seven years for one coat of paint. " * 3

    @tool
    def look(query: str) -> str:
        """Look."""
        return small

    def found(**options):
        return only_result(call("look", query="How high?"), [LaconicMiddleware(**options)], tools=[look]).text

    assert found(rate=0.3) == small, "less than 300 tokens"
    assert COUNT(found(rate=0.3, min_tokens=0)) < COUNT(small) / 2
    assert COUNT(found(max_tokens=20)) <= 20
    assert found(max_tokens=20, min_tokens=300) == small


def test_the_model_is_told_how_much_was_left_out():
    rows = "name,port\n" + "".join(f"service {n},{8000 + n}\n" for n in range(40))

    @tool
    def table(query: str) -> str:
        """A table."""
        return rows

    def found(**options):
        middleware = [LaconicMiddleware(max_tokens=120, **options)]
        return only_result(call("table", query="Which port has service 7?"), middleware, tools=[table]).text

    body, line = found().rsplit("\n", 1)
    assert "service 7,8007" in body
    assert line == f"[{40 - body.count('service')} of 40 rows left out]"
    assert COUNT(found()) <= 120
    assert "left out" not in found(omission_marks=False)


@pytest.mark.parametrize("mode", ["sync", "async"])
async def test_artifacts_are_kept_shrunk_or_dropped(mode):
    @tool(response_format="content_and_artifact")
    def docs(query: str):
        """Documents."""
        return FULL, [Document(text, id=name) for name, text, _ in SAMPLE]

    async def artifact(tools=(docs,), name="docs", **options):
        model = ScriptedModel(script=[call(name, query="tower"), AIMessage("Done.")])
        final = await run(agent_of(model, [LaconicMiddleware(max_tokens=50, **options)], tools), mode)
        return tool_results(final["messages"])[0].artifact

    assert len(await artifact()) == len(SAMPLE)
    shrunk = await artifact(artifacts="shrink")
    assert 0 < sum(COUNT(document.page_content) for document in shrunk) <= 50
    assert {document.id for document in shrunk} <= {name for name, _, _ in SAMPLE}
    assert await artifact(artifacts="drop") is None
    assert await artifact(artifacts="shrink", exclude_tools=["docs"], trigger=None) is not None
    assert await artifact((rows,), "rows", artifacts="shrink") == {"rows": [1, 2]}, "nothing that has text"


# -- one ceiling over the results of a turn ---------------------------------------------------------------------------

TWO = AIMessage(
    "",
    tool_calls=[
        {"name": "search", "args": {"query": "How high is the tower?"}, "id": "1"},
        {"name": "noise", "args": {"query": "the tower"}, "id": "2"},
    ],
)


@tool
def noise(query: str) -> str:
    """Something else."""
    return " ".join(f"Sentence {n} is about cats, dogs and the weather of the day." for n in range(60))


@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize("where", ["tool", "model"])
async def test_results_of_a_turn_share_a_ceiling_by_worth(where, mode):
    model = ScriptedModel(script=[TWO, AIMessage("Done.")])
    middleware = LaconicMiddleware(where=where, max_tokens_per_turn=120)
    agent = agent_of(model, [middleware], (search, noise), checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    await run(agent, mode, config=config)
    first, second = tool_results(model.seen[1])
    assert (first.tool_call_id, second.tool_call_id) == ("1", "2")
    assert sum(map(COUNT, (first.text, second.text))) <= 120
    assert HIGH in first.text
    assert COUNT(first.text) > COUNT(second.text) > 0
    await run(agent, mode, "And now?", config)
    assert tool_results(model.seen[2])[:2] == [first, second], "the beginning stays the same"
    kept = tool_results((await agent.aget_state(config)).values["messages"])[:2]
    assert (kept[0].content == FULL) == (where == "model")
    wide = ScriptedModel(script=[TWO, AIMessage("Done.")])
    await run(agent_of(wide, [LaconicMiddleware(where=where, max_tokens_per_turn=5000)], (search, noise)), mode)
    assert tool_results(wide.seen[1])[0].content == FULL, "within the ceiling nothing is cut"


def test_a_ceiling_for_each_result_holds_beside_that_of_the_turn():
    model = ScriptedModel(script=[TWO, AIMessage("Done.")])
    middleware = [LaconicMiddleware(max_tokens_per_turn=300, max_tokens=60)]
    agent_of(model, middleware, (search, noise)).invoke({"messages": [HumanMessage(QUESTION)]})
    assert all(COUNT(message.text) <= 60 for message in tool_results(model.seen[1]))

    class Broken:
        def compress(self, passages, query=None, *, max_tokens=None, rate=None):
            raise RuntimeError("broken")

    model = ScriptedModel(script=[TWO, AIMessage("Done.")])
    middleware = [LaconicMiddleware(max_tokens_per_turn=200, strategy=Broken(), on_error="truncate")]
    agent_of(model, middleware, (search, noise)).invoke({"messages": [HumanMessage(QUESTION)]})
    assert sum(COUNT(message.text) for message in tool_results(model.seen[1])) <= 200


def test_only_what_needs_a_step_has_one():
    def nodes(**options):
        return set(agent_of(ScriptedModel(script=[]), [LaconicMiddleware(**options)]).nodes)

    assert nodes(max_tokens=50) == nodes(where="model", max_tokens_per_turn=50)
    assert nodes(max_tokens_per_turn=50) - nodes(max_tokens=50) == {"LaconicMiddleware.before_model"}


# -- which modes keep the beginning of the conversation ---------------------------------------------------------------

MODES = {
    "tool": (lambda: LaconicMiddleware(max_tokens=50), True),
    "tool, trigger": (lambda: LaconicMiddleware(max_tokens=50, trigger=("messages", 5)), True),
    "tool, per turn": (lambda: LaconicMiddleware(max_tokens_per_turn=50), True),
    "tool, expand": (lambda: LaconicMiddleware(max_tokens=70, expand=CutStore()), True),
    "model": (lambda: LaconicMiddleware(where="model", max_tokens=50), True),
    "model, per turn": (lambda: LaconicMiddleware(where="model", max_tokens_per_turn=50), True),
    "model, keep": (lambda: LaconicMiddleware(where="model", max_tokens=50, keep=1), False),
    "model, trigger": (lambda: LaconicMiddleware(where="model", max_tokens=50, trigger=("messages", 8)), False),
    "edit": (lambda: ContextEditingMiddleware(edits=[CompressToolResultsEdit(options={"max_tokens": 50})]), True),
    "edit, keep": (
        lambda: ContextEditingMiddleware(edits=[CompressToolResultsEdit(keep=1, options={"max_tokens": 50})]),
        False,
    ),
}


@pytest.mark.parametrize("name", MODES)
def test_prefix_stability(name):
    """Of each call of the model the messages of the call before it are the beginning, in the modes that promise it."""
    make, is_stable = MODES[name]
    script = [call(query="height", call_id="1"), TWO, AIMessage("So high."), call(query="bridge", call_id="9")]
    script += [AIMessage("So long.")]
    model = ScriptedModel(script=script)
    agent = agent_of(model, [make()], (search, noise), checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    for question in (QUESTION, "How long is the bridge?"):
        agent.invoke({"messages": [HumanMessage(question)]}, config)
    sent = [[(message.type, message.content) for message in messages] for messages in model.seen]
    breaks = [at for at in range(1, len(sent)) if sent[at][: len(sent[at - 1])] != sent[at - 1]]
    assert (not breaks) == is_stable, f"breaks at {breaks}"
    assert len(sent) == 5


@pytest.mark.parametrize("name", [name for name, (_, is_stable) in MODES.items() if is_stable])
def test_another_worker_gives_the_model_the_same(name):
    """What was done is remembered in the process only, and comes to the same without."""

    def seen():
        model = ScriptedModel(script=[TWO, AIMessage("So high.")])
        agent_of(model, [MODES[name][0]()], (search, noise)).invoke({"messages": [HumanMessage(QUESTION)]})
        return [message.content for message in model.seen[-1]]

    assert seen() == seen()


@pytest.mark.parametrize(
    "options",
    [
        {"max_tokens": 50},
        {"max_tokens_per_turn": 90, "trigger": ("messages", 2)},
        {"where": "model", "rate": 0.5},
        {"max_tokens": 70, "expand": CutStore()},
    ],
)
def test_the_middleware_pickles(options):
    before = LaconicMiddleware(**options)
    model = ScriptedModel(script=[TWO, AIMessage("Done.")])
    agent_of(model, [before], (search, noise)).invoke({"messages": [HumanMessage(QUESTION)]})
    again = pickle.loads(pickle.dumps(before))  # noqa: S301 - our own bytes
    assert type(again) is type(before)
    assert again.name == before.name == "LaconicMiddleware"
    assert [each.name for each in again.tools] == [each.name for each in before.tools]
    other = ScriptedModel(script=[TWO, AIMessage("Done.")])
    agent_of(other, [again], (search, noise)).invoke({"messages": [HumanMessage(QUESTION)]})
    assert [m.content for m in other.seen[-1]] == [m.content for m in model.seen[-1]]


@pytest.mark.parametrize("mode", ["sync", "async"])
async def test_a_tool_node_without_an_agent(mode):
    middleware = LaconicMiddleware(max_tokens=50)
    node = ToolNode([search], wrap_tool_call=middleware.wrap_tool_call, awrap_tool_call=middleware.awrap_tool_call)
    graph = StateGraph(MessagesState)
    graph.add_node("tools", node)
    graph.add_edge(START, "tools")
    graph.add_edge("tools", END)
    value = {"messages": [HumanMessage(QUESTION), call(query="tower")]}
    compiled = graph.compile()
    out = compiled.invoke(value) if mode == "sync" else await compiled.ainvoke(value)
    assert COUNT(out["messages"][-1].text) <= 50
    streamed = list(compiled.stream(value, stream_mode="custom"))
    assert streamed[0]["laconic_compression"]["compressed_tokens"] <= 50


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
        {"where": "model", "artifacts": "drop"},
        {"artifacts": "all"},
        {"artifacts": "drop", "keep_original": True},
        {"max_tokens_per_turn": 0},
        {"max_tokens_per_turn": 50, "query": str},
        {"max_tokens_per_turn": 50, "where": "model", "keep": 2},
        {"min_tokens": -1},
        {"min_tokens": 1.5},
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
    assert f' left out: {TOOL_NAME}("' in last
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


# -- the question of a conversation ----------------------------------------------------------------------------------

FOLLOW_UP = [
    HumanMessage(QUESTION),
    AIMessage("I have to read my notes for that. Shall I?"),
    HumanMessage("yes please"),
]


def shortened_for(follow_up, tool_call=None, **options):
    model = ScriptedModel(script=[tool_call or call(query="notes"), AIMessage("Done.")])
    agent = agent_of(model, [LaconicMiddleware(max_tokens=60, min_tokens=0, **options)])
    return tool_results(agent.invoke({"messages": follow_up})["messages"])[0].content


@pytest.mark.parametrize("where", ["tool", "model"])
def test_a_follow_up_asks_what_it_refers_to(where):
    model = ScriptedModel(script=[call(query="notes"), AIMessage("Done.")])
    agent_of(model, [LaconicMiddleware(max_tokens=60, min_tokens=0, where=where)]).invoke({"messages": FOLLOW_UP})
    [result] = tool_results(model.seen[1])
    assert HIGH in result.content


def test_the_plan_of_a_call_says_what_a_follow_up_means():
    plan = call(query="notes")
    plan.content = "Shall I see how long the bridge is?"
    turns = [HumanMessage("Hi!"), AIMessage("Hello."), HumanMessage("ok go ahead")]
    assert "155 metres long" in shortened_for(turns, plan)


def test_a_model_may_make_the_question():
    asked = []

    def rewrite(question):
        asked.append(question)
        return AIMessage("How long is the bridge?")

    assert "155 metres long" in shortened_for(FOLLOW_UP, query_transform=rewrite)
    assert QUESTION in asked[0]
    scripted = ScriptedModel(script=[AIMessage("How long is the bridge?")])
    assert "155 metres long" in shortened_for(FOLLOW_UP, query_transform=scripted)


def test_a_compressor_reads_messages_as_its_query():
    step = LaconicCompressor(max_tokens=60)
    expected = step.bind(query=QUESTION).invoke(FULL)
    assert HIGH in expected
    for query in (FOLLOW_UP, [("human", QUESTION), ("ai", "Shall I?"), ("human", "yes")]):
        assert step.invoke({"context": FULL, "question": query})["context"] == expected
