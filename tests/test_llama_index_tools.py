"""`compress_tool` in the agents of LlamaIndex, and around every kind of tool."""

from __future__ import annotations

import json
import logging
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("llama_index.core")

from llama_index.core import MockEmbedding, VectorStoreIndex
from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent, ReActAgent
from llama_index.core.base.llms.types import ImageBlock, TextBlock
from llama_index.core.llms import MockLLM
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.schema import TextNode
from llama_index.core.tools import BaseTool, FunctionTool, QueryEngineTool, RetrieverTool, ToolMetadata, ToolOutput
from llama_index.core.tools.calling import acall_tool, call_tool
from llama_index.core.workflow import Context
from llama_index_support import ScriptedLLM

from laconic.chain.cuts import TOOL_NAME, CutStore
from laconic.chain.testing import QUESTION, SAMPLE
from laconic.tokens import counter_for
from llama_index.postprocessor.laconic import compress_tool, expand_tool

HIGH = "It is 330 metres high, about as much as a building of 81 floors."
FULL = "\n\n".join(text for _, text, _ in SAMPLE)
count = counter_for("gpt-4o").count

# llama-index's workflows look at every name of a pydantic object, and older ones use a class that they deprecate
pytestmark = [
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:ServiceManager is deprecated"),
    pytest.mark.filterwarnings("ignore:is_running called from within a step"),
]


def read(name: str) -> str:
    """Read what there is under a name."""
    return FULL


def short(tool: Any = read, **options: Any):
    return compress_tool(tool, **{"max_tokens": 60, "min_tokens": 0, **options})


def assert_short(text):
    assert HIGH in text
    assert "Painters" not in text
    assert count(text) <= 60


# -- agents -----------------------------------------------------------------------------------------------------------

CALL = {"name": "read", "arguments": {"name": "notes"}}


def memory():
    return ChatMemoryBuffer.from_defaults(token_limit=40_000)


async def test_function_agent_asks_with_the_users_words():
    llm = ScriptedLLM(script=[CALL, "330 metres."])
    response = await FunctionAgent(tools=[short()], llm=llm).run(QUESTION, memory=memory())
    assert str(response) == "330 metres."
    [result] = [m for m in llm.seen[1] if m.role == "tool"]
    assert_short(result.content)
    assert result.content in FULL or all(line in FULL for line in result.content.splitlines())


async def test_the_beginning_of_a_prompt_stays_the_same_from_turn_to_turn():
    llm = ScriptedLLM(script=[CALL, "330 metres.", CALL, "155 metres.", CALL, "At 9:00."])
    agent, kept = FunctionAgent(tools=[short()], llm=llm), memory()
    for question in (QUESTION, "How long is the bridge?", "When does it open in summer?"):
        await agent.run(question, memory=kept)
    prompts = [[(m.role, m.content) for m in messages] for messages in llm.seen]
    for early, late in pairwise(prompts):
        assert late[: len(early)] == early
    results = [text for role, text in prompts[-1] if role == "tool"]
    assert "155 metres long" in results[1]
    assert "summer: 9:00" in results[2]


async def test_react_agent():
    action = 'Thought: I look.\nAction: read\nAction Input: {"name": "notes"}'
    llm = ScriptedLLM(script=[action, "Thought: I can answer.\nAnswer: 330 metres."])
    response = await ReActAgent(tools=[short()], llm=llm).run(QUESTION, memory=memory())
    assert "330 metres." in str(response)
    observation = llm.seen[1][-1].content
    assert HIGH in observation
    assert "Painters" not in observation


async def test_agent_workflow():
    llm = ScriptedLLM(script=[CALL, "330 metres."])
    agent = FunctionAgent(name="reader", description="Reads.", tools=[short()], llm=llm)
    await AgentWorkflow(agents=[agent]).run(QUESTION, memory=memory())
    assert_short(next(m.content for m in llm.seen[1] if m.role == "tool"))


async def test_a_tool_that_wants_the_context_still_gets_it():
    async def note(ctx: Context, name: str) -> str:
        """Read, and remember that."""
        await ctx.store.set("noted", name)
        return FULL

    note.__annotations__["ctx"] = Context  # not its name, which LlamaIndex does not look up
    llm = ScriptedLLM(script=[{"name": "note", "arguments": {"name": "notes"}}, "330 metres."])
    agent = FunctionAgent(tools=[short(note)], llm=llm)
    context = Context(agent)
    await agent.run(QUESTION, memory=memory(), ctx=context)
    assert await context.store.get("noted") == "notes"
    assert_short(next(m.content for m in llm.seen[1] if m.role == "tool"))


async def test_what_was_cut_can_be_asked_for():
    store = CutStore()
    tool = short(expand=store)
    shown = (await tool.acall(name=QUESTION)).content
    assert count(shown) <= 60
    assert TOOL_NAME in shown
    handle = shown.split('"')[-2]
    expand = compress_tool(expand_tool(store), max_tokens=20, min_tokens=0)
    assert expand.call(handle=handle).content == FULL, "what was asked for is not cut again"


# -- kinds of tool ----------------------------------------------------------------------------------------------------


class Plain(BaseTool):
    """A tool that knows no asynchronous calls."""

    @property
    def metadata(self):
        return ToolMetadata(name="plain", description="Plain.")

    def __call__(self, input: Any) -> ToolOutput:  # noqa: A002
        return ToolOutput(content=FULL, tool_name="plain", raw_input={"input": input}, raw_output=FULL)


def index():
    nodes = [TextNode(id_=name, text=text) for name, text, _ in SAMPLE]
    return VectorStoreIndex(nodes, embed_model=MockEmbedding(embed_dim=4))


KINDS = {
    "function": lambda: FunctionTool.from_defaults(lambda input: FULL, name="f", description="F."),  # noqa: A006
    "query engine": lambda: QueryEngineTool.from_defaults(
        index().as_query_engine(llm=MockLLM(), similarity_top_k=4), name="q", description="Q."
    ),
    "retriever": lambda: RetrieverTool.from_defaults(index().as_retriever(similarity_top_k=4), name="r"),
    "plain": Plain,
}


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_of_tool(kind):
    tool = KINDS[kind]()
    made = short(tool, max_tokens=100)  # a query engine's output repeats the question, which takes some
    assert made.metadata.name == tool.metadata.name
    assert made.metadata.get_parameters_dict() == tool.metadata.get_parameters_dict()
    arguments = {"input": QUESTION}
    for output in (
        made(**arguments),
        await made.acall(**arguments),
        call_tool(made, arguments),
        await acall_tool(made, arguments),
    ):
        assert not output.is_error
        assert HIGH in output.content
        assert "Painters" not in output.content
    assert "Painters" in tool(QUESTION).content, "the tool itself is as it was"
    if kind == "query engine":
        assert made.query_engine is tool.query_engine


def test_partial_params_and_raw_output_stay():
    tool = FunctionTool.from_defaults(lambda name, times: [name] * times, name="t", partial_params={"times": 40})
    output = short(tool, max_tokens=10)(name="How high is it?")
    assert output.raw_output == ["How high is it?"] * 40
    assert count(output.content) <= 10


# -- what is left alone -----------------------------------------------------------------------------------------------


async def test_what_is_left_alone(caplog):
    def fail(name: str) -> str:
        raise RuntimeError(FULL)

    with pytest.raises(RuntimeError, match="330"):
        await short(fail).acall(name="x")
    assert short(max_tokens=5, min_tokens=count(FULL) + 1).call(name=QUESTION).content == FULL
    direct = FunctionTool.from_defaults(read, return_direct=True)
    assert short(direct).call(name=QUESTION).content == FULL, "for the user, who asked for it"
    reported = FunctionTool.from_defaults(
        read, callback=lambda raw: ToolOutput("read", raw, raw_input={}, raw_output=raw, is_error=True)
    )
    assert short(reported).call(name=QUESTION).content == FULL
    picture = ImageBlock(image=b"iVBORw0KGgo=", image_mimetype="image/png")
    mixed = FunctionTool.from_defaults(lambda: [TextBlock(text=FULL), picture], name="mixed")
    blocks = short(mixed, query=lambda arguments: QUESTION).call().blocks
    assert blocks[1] == picture
    assert_short(blocks[0].text)


async def test_a_failure_costs_nothing(caplog):
    def broken(text):
        raise RuntimeError("counter is broken")

    for options in ({"counter": broken}, {"counter": broken, "min_tokens": 5}):
        with caplog.at_level(logging.WARNING, "laconic"):
            assert short(**options).call(name=QUESTION).content == FULL
        assert "counter is broken" in caplog.text
        with pytest.raises(RuntimeError, match="counter is broken"):
            short(**options, on_error="raise").call(name=QUESTION)
    asking = short(query=lambda arguments: arguments["nothing"])
    assert_short(asking.call(name=QUESTION).content)


def test_bad_options_are_refused():
    for bad in ({"min_tokens": -1}, {"min_tokens": True}, {"max_tokens": 0}, {"max_tokns": 9}):
        with pytest.raises(ValueError, match=r"min_tokens|max_tok"):
            compress_tool(read, **bad)
    for tool in (None, "read", str):
        with pytest.raises(ValueError, match="give a tool"):
            compress_tool(tool)


def test_small_results_stay_whole():
    words = FULL[: len(FULL) // 2]
    assert 60 < count(words) < 300
    assert compress_tool(lambda name: words, max_tokens=1000).call(name=QUESTION).content == words
    assert compress_tool(lambda name: words, rate=0.2).call(name=QUESTION).content == words
    assert count(compress_tool(lambda name: words, max_tokens=60).call(name=QUESTION).content) <= 60


def test_without_the_users_message_no_context_is_asked_for():
    assert short().requires_context
    assert not short(user_question=False).requires_context


# -- MCP --------------------------------------------------------------------------------------------------------------


class Result(SimpleNamespace):
    """The answer of an MCP server, by the names that its two protocols' clients have used."""


def text(words):
    return Result(type="text", text=words)


def mcp(**fields: Any):
    async def call(**arguments: Any):
        return Result(**{"isError": False, "structuredContent": None, **fields})

    return FunctionTool.from_defaults(
        call, tool_metadata=ToolMetadata(name="remote", description="Remote.", fn_schema=None)
    )


async def test_an_answer_of_an_mcp_server_is_read_as_its_content():
    tool = mcp(content=[text(FULL)])
    assert (await tool.acall(input=QUESTION)).content.startswith("Result(")
    assert_short((await short(tool).acall(input=QUESTION)).content)
    whole = await short(tool, min_tokens=100_000).acall(input=QUESTION)
    assert whole.content == FULL


async def test_parts_of_an_mcp_answer():
    resource = Result(type="resource", resource=Result(uri="file:///a", text=FULL))
    picture = Result(type="image", data="iVBORw0KGgo=", mimeType="image/png")
    link = Result(type="resource_link", uri="file:///b")
    output = await short(mcp(content=[resource, picture, link]), max_tokens=100).acall(input=QUESTION)
    assert isinstance(output.blocks[1], ImageBlock)
    assert HIGH in output.blocks[0].text
    records = [{"id": f"W{at}", "status": "lost" if at == 17 else "sent"} for at in range(60)]
    many = mcp(content=[text(json.dumps(record)) for record in records], structuredContent={"result": records})
    [block] = (await short(many, max_tokens=80).acall(input="Which order is lost?")).blocks
    assert {"id": "W17", "status": "lost"} in json.loads(block.text)["result"]
    failed = await short(mcp(content=[text(FULL)], isError=True)).acall(input=QUESTION)
    assert failed.content == FULL
    newer = Result(content=[], is_error=False, structured_content={"answer": 330})
    tool = FunctionTool.from_defaults(lambda: newer, name="newer")
    assert short(tool).call().content == '{"answer": 330}'


# -- the question of a conversation -----------------------------------------------------------------------------------


async def test_a_follow_up_asks_what_it_refers_to():
    llm = ScriptedLLM(script=["I have to read my notes for that. Shall I?", CALL, "330 metres."])
    agent, kept = FunctionAgent(tools=[short()], llm=llm), memory()
    await agent.run(QUESTION, memory=kept)
    await agent.run("yes please", memory=kept)
    [result] = [m for m in llm.seen[2] if m.role == "tool"]
    assert_short(result.content)


async def test_a_model_may_make_the_question():
    asked = []

    def rewrite(question):
        asked.append(question)
        return SimpleNamespace(message=SimpleNamespace(content="How long is the bridge?"))

    llm = ScriptedLLM(script=[CALL, "155 metres."])
    await FunctionAgent(tools=[short(query_transform=rewrite)], llm=llm).run(QUESTION, memory=memory())
    [result] = [m for m in llm.seen[1] if m.role == "tool"]
    assert "155 metres long" in result.content
    assert asked[0].startswith(QUESTION)
    assert HIGH in short(query_transform=lambda question: 1 / 0)(name=QUESTION).content
    with pytest.raises(ValueError, match="query_transform is"):
        short(query_transform=3)


def test_small_results_cost_no_question():
    def never(question):
        raise AssertionError(question)

    tool = short(query_transform=never, min_tokens=10_000, on_error="raise")
    assert tool(name=QUESTION).content == FULL
