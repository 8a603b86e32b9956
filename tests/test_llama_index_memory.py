"""LlamaIndex beyond the postprocessor: memory blocks, ingestion, agents with tools, and asking for what was cut."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

pytest.importorskip("llama_index.core")

from llama_index.core import Document
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.embeddings import MockEmbedding
from llama_index.core.ingestion import IngestionCache, IngestionPipeline
from llama_index.core.memory import BaseMemoryBlock, ChatMemoryBuffer, Memory, VectorMemoryBlock
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, TextNode
from llama_index.core.tools import QueryEngineTool
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    VectorStoreQueryResult,
)
from llama_index_support import ScriptedLLM

from laconic.chain.cuts import TOOL_NAME, CutStore
from laconic.chain.testing import QUESTION, SAMPLE
from laconic.exceptions import InputError
from llama_index.postprocessor.laconic import (
    LaconicHistoryBlock,
    LaconicPostprocessor,
    LaconicTransform,
    expand_tool,
)

HIGH = "It is 330 metres high, about as much as a building of 81 floors."
FULL = "\n\n".join(text for _, text, _ in SAMPLE)


def message(text, role="user"):
    return ChatMessage(role=role, content=text)


def history():
    return [
        message("Tell me of the tower."),
        message(SAMPLE[0][1], "assistant"),
        message("And the bridge?"),
        message(SAMPLE[1][1], "assistant"),
        message(" "),
    ]


# -- memory -----------------------------------------------------------------------------------------------------------


async def test_history_block_gives_back_what_the_question_is_about():
    block = LaconicHistoryBlock(max_tokens=40)
    assert isinstance(block, BaseMemoryBlock)
    assert await block.aget([message(QUESTION)]) == ""
    await block.aput(history())
    content = await block.aget([message(QUESTION)])
    assert HIGH in content
    assert "assistant: " in content
    assert "Painters" not in content
    about_the_bridge = await block.aget(
        [message("What?"), message("How long is the bridge?"), message("Hm.", "assistant")]
    )
    assert "155 metres long" in about_the_bridge
    assert await block.aget() == await block.aget([])
    assert await block.aget() != ""
    large = LaconicHistoryBlock(max_tokens=10_000)
    await large.aput(history())
    assert await large.aget([message(QUESTION)]) == "\n\n".join(
        f"{m.role.value}: {m.content}" for m in history() if m.content.strip()
    )


async def test_history_block_is_bounded_and_truncates():
    block = LaconicHistoryBlock(max_tokens=40, max_messages=2)
    await block.aput(history())
    content = await block.aget([message("Tell me of the tower.")])
    assert "user: And the bridge?" in content or "assistant: The bridge" in content
    assert "330" not in content, "the oldest went first"
    count = block.engine.counter.count
    shorter = await block.atruncate(content, 10)
    assert 0 < count(shorter) <= count(content) - 10
    assert await block.atruncate(content, 10_000) is None


async def test_history_block_options():
    with pytest.raises(ValueError, match="max_tokens is 0"):
        LaconicHistoryBlock(max_tokens=0)
    with pytest.raises(ValueError, match="did you mean max_tokens"):
        LaconicHistoryBlock(max_tokns=5)
    strict = LaconicHistoryBlock(max_tokens=10, on_missing_query="raise")
    await strict.aput(history())
    with pytest.raises(InputError):
        await strict.aget([])

    def broken(text):
        raise RuntimeError("counter is broken")

    failing = LaconicHistoryBlock(max_tokens=10, counter=broken)
    await failing.aput(history())
    assert HIGH in await failing.aget([message(QUESTION)])
    first, second = LaconicHistoryBlock(max_tokens=10), LaconicHistoryBlock(max_tokens=10)
    await first.aput(history())
    assert await second.aget([message(QUESTION)]) == "", "blocks share nothing"


async def test_history_block_in_memory():
    memory = Memory.from_defaults(
        session_id="s",
        token_limit=120,
        chat_history_token_ratio=0.5,
        token_flush_size=40,
        memory_blocks=[LaconicHistoryBlock(max_tokens=40)],
    )
    try:
        for item in [*history()[:4], message(QUESTION)]:
            await memory.aput(item)
        messages = await memory.aget()
    finally:
        await memory.sql_store._async_engine.dispose()
    system = "\n".join(str(m.content) for m in messages if m.role == MessageRole.SYSTEM)
    assert "<EarlierConversation>" in system
    assert HIGH in system


def talk(number, text):
    return [message(f"My number is {number}."), message(text, "assistant")]


@pytest.fixture
async def filled():
    """Makes a Memory that has flushed all but its last messages."""
    made = []

    async def make(block, session, *texts, **options):
        memory = Memory.from_defaults(
            session_id=session,
            memory_blocks=[block],
            **{"token_limit": 120, "chat_history_token_ratio": 0.3, "token_flush_size": 40, **options},
        )
        made.append(memory)
        for at, text in enumerate([*texts, "Well."]):
            for item in talk(f"{session}{at}", text):
                await memory.aput(item)
        return memory

    yield make
    for memory in made:
        await memory.sql_store._async_engine.dispose()


async def shown(memory, question):
    """What the model would read of the earlier conversation."""
    return "\n".join(str(m.content) for m in await memory.aget(question) if m.role == MessageRole.SYSTEM)


async def test_sessions_are_apart(filled):
    block = LaconicHistoryBlock(max_tokens=60)
    first = await filled(block, "a", SAMPLE[0][1], SAMPLE[1][1])
    second = await filled(block, "b", SAMPLE[1][1], SAMPLE[1][1])
    assert set(block.sessions) == {"a", "b"}
    assert "number is a0" in await shown(first, "What is my number?")
    seen = await shown(second, "What is my number?")
    assert "number is b0" in seen
    assert "number is a" not in seen
    block.clear("a")
    assert await shown(first, QUESTION) == ""
    assert await shown(second, QUESTION) != ""
    block.clear()
    assert block.sessions == {}
    assert await block.aget([message(QUESTION)], session_id="b") == ""


async def test_messages_are_not_edited():
    block = LaconicHistoryBlock(max_tokens=60)
    given = history()
    before = copy.deepcopy(given)
    await block.aput(given, from_short_term_memory=True, session_id="s")
    assert given == before
    closed = LaconicHistoryBlock(max_tokens=60, accept_short_term_memory=False)
    await closed.aput(given, from_short_term_memory=True, session_id="s")
    assert closed.sessions == {}


async def test_the_longest_unused_session_goes_first():
    block = LaconicHistoryBlock(max_tokens=60, max_sessions=2)
    for session in ("a", "b", "a", "c"):
        await block.aput(history()[:1], session_id=session)
    assert list(block.sessions) == ["a", "c"]


async def test_a_history_survives():
    block = LaconicHistoryBlock(max_tokens=60)
    await block.aput(history(), session_id="s")
    expected = await block.aget([message(QUESTION)], session_id="s")
    assert HIGH in expected
    written = block.model_dump_json(exclude_none=True)
    for again in (
        pickle.loads(pickle.dumps(block)),  # noqa: S301 - our own bytes
        LaconicHistoryBlock.model_validate_json(written),
        LaconicHistoryBlock(**block.model_dump()),
    ):
        assert await again.aget([message(QUESTION)], session_id="s") == expected


async def test_a_history_can_be_read_from_the_store_of_memory(filled):
    block = LaconicHistoryBlock(max_tokens=60)
    memory = await filled(block, "a")
    block.chat_store = memory.sql_store
    for text in (SAMPLE[0][1], SAMPLE[1][1], "Well."):
        for item in talk("7", text):
            await memory.aput(item)
    assert block.sessions == {}
    other = LaconicHistoryBlock(max_tokens=60, chat_store=memory.sql_store)  # of another worker, say
    assert HIGH in await other.aget([message(QUESTION)], session_id="a")
    assert await other.aget([message(QUESTION)], session_id="b") == ""
    await memory.areset()
    assert await other.aget([message(QUESTION)], session_id="a") == ""


TOKENIZERS = {"memory's own": {}, "words": {"tokenizer_fn": str.split}, "bytes": {"tokenizer_fn": str.encode}}


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
async def test_truncation_is_for_the_question_and_never_loses_the_block(tokenizer, filled):
    options = TOKENIZERS[tokenizer]
    counter = options.get("tokenizer_fn")
    tokens = len(counter(FULL)) if counter else 300
    block = LaconicHistoryBlock(max_tokens=tokens, priority=1, counter=counter)
    limit = int(0.6 * tokens)
    memory = await filled(
        block,
        "s",
        *(text for _, text, _ in SAMPLE),
        **options,
        token_limit=limit,
        chat_history_token_ratio=0.2,
        token_flush_size=tokens // 10,
    )
    whole = await block.aget([message(QUESTION)], session_id="s")
    seen = await shown(memory, QUESTION)
    assert HIGH in seen
    assert len(seen) < len(whole), "Memory did ask for less"
    about_the_bridge = await shown(memory, "How long is the bridge?")
    assert "155 metres long" in about_the_bridge


async def test_roles_count():
    for budget in (20, 40, 80):
        block = LaconicHistoryBlock(max_tokens=budget)
        await block.aput(history())
        content = await block.aget([message(QUESTION)])
        assert 0 < block.engine.counter.count(content) <= budget
        assert content.startswith(("user: ", "assistant: "))


async def test_truncating_what_is_not_ours_and_what_cannot_be_counted():
    block = LaconicHistoryBlock(max_tokens=100)
    shorter = await block.atruncate(FULL, 100)
    count = block.engine.counter.count
    assert 0 < count(shorter) <= count(FULL) - 100

    def broken(text):
        raise RuntimeError("counter is broken")

    failing = LaconicHistoryBlock(max_tokens=10, counter=broken)
    assert await failing.atruncate(FULL, 10) is None
    with pytest.raises(RuntimeError, match="counter is broken"):
        await LaconicHistoryBlock(max_tokens=10, counter=broken, on_error="raise").atruncate(FULL, 10)


class ListVectorStore(BasePydanticVectorStore):
    """Stores text; finds everything."""

    stores_text: bool = True
    kept: list[Any] = []  # noqa: RUF012 - a pydantic field, copied for each instance

    @property
    def client(self):
        return None

    def add(self, nodes, **kwargs: Any):
        self.kept.extend(nodes)
        return [node.node_id for node in nodes]

    def delete(self, ref_doc_id, **kwargs: Any):
        raise NotImplementedError

    def query(self, query, **kwargs: Any):
        return VectorStoreQueryResult(nodes=self.kept, similarities=[1.0] * len(self.kept), ids=[])


async def test_vector_memory_block():
    block = VectorMemoryBlock(
        vector_store=ListVectorStore(),
        embed_model=MockEmbedding(embed_dim=4),
        node_postprocessors=[LaconicPostprocessor(max_tokens=40)],
    )
    await block.aput(history())
    content = await block.aget([message(QUESTION)])
    assert HIGH in content
    assert "Painters" not in content


# -- ingestion --------------------------------------------------------------------------------------------------------

FOOTER = "Copyright the publisher, all rights reserved worldwide."


def pages():
    return [
        Document(text=f"The text of page {n} is about subject number {n}.\n\n{FOOTER}", id_=str(n), metadata={"n": n})
        for n in range(4)
    ]


async def test_transform():
    given = [*pages(), Document(text="", id_="blank"), pages()[0].model_copy(update={"id_": "copy"})]
    before = copy.deepcopy(given)
    transform = LaconicTransform()
    found = transform(given)
    assert given == before
    assert [node.node_id for node in found] == ["0", "1", "2", "3", "blank"]
    assert all(FOOTER not in node.get_content() for node in found)
    assert all(node.metadata == original.metadata for node, original in zip(found, before, strict=False))
    assert [node.get_content() for node in await transform.acall(given)] == [node.get_content() for node in found]
    assert transform([]) == []
    for options in ({"boilerplate_share": 2.0}, {"boilerplate_share": True}, {"share": 0.5}):
        with pytest.raises(ValueError, match=r"boilerplate_share|extra_forbidden"):
            LaconicTransform(**options)


def test_transform_travels_and_its_cache_key_is_its_options():
    transform = LaconicTransform(boilerplate_share=0.9)
    assert pickle.loads(pickle.dumps(transform)).to_dict() == transform.to_dict()  # noqa: S301 - our own bytes
    assert LaconicTransform.from_dict(transform.to_dict()).to_dict() == transform.to_dict()
    cache = IngestionCache()

    def run(transform):
        pipeline = IngestionPipeline(transformations=[SentenceSplitter(), transform], cache=cache)
        return ["\n".join(node.get_content().split("\n\n")) for node in pipeline.run(documents=pages())]

    first = run(LaconicTransform())
    assert all(FOOTER not in text for text in first)
    assert run(LaconicTransform()) == first, "from the cache"
    assert any(FOOTER in text for text in run(LaconicTransform(boilerplate_share=None))), "not from the cache"


# -- agents -----------------------------------------------------------------------------------------------------------


class StoredRetriever(BaseRetriever):
    def _retrieve(self, query_bundle):
        return [NodeWithScore(node=TextNode(id_=name, text=text), score=0.5) for name, text, _ in SAMPLE]


# llama-index's workflows look at every name of a pydantic object, and older ones use a class that they deprecate
@pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")
@pytest.mark.filterwarnings("ignore:ServiceManager is deprecated")
async def test_function_agent_with_a_query_engine_tool():
    answering = ScriptedLLM(script=["330 metres."])
    engine = RetrieverQueryEngine.from_args(
        StoredRetriever(), llm=answering, node_postprocessors=[LaconicPostprocessor(max_tokens=50)]
    )
    tool = QueryEngineTool.from_defaults(engine, name="search", description="Search.")
    acting = ScriptedLLM(script=[{"name": "search", "arguments": {"input": QUESTION}}, "It is 330 metres high."])
    agent = FunctionAgent(tools=[tool], llm=acting)
    response = await agent.run(QUESTION, memory=ChatMemoryBuffer.from_defaults(token_limit=4000))
    assert str(response) == "It is 330 metres high."
    [prompt] = ["\n".join(str(m.content) for m in messages) for messages in answering.seen]
    assert HIGH in prompt
    assert "Painters" not in prompt
    assert any("330 metres." in str(m.content) for m in acting.seen[1])


async def test_what_was_cut_can_be_asked_for():
    store = CutStore()
    processor = LaconicPostprocessor(max_tokens=70, expand=store)
    given = StoredRetriever().retrieve(QUESTION)
    kept = processor.postprocess_nodes(given, query_str=QUESTION)
    text = "\n\n".join(item.node.get_content() for item in kept)
    assert processor.engine.counter.count(text) <= 70
    assert text.count(TOOL_NAME) == 1
    handle = text.split('"')[-2]
    tool = expand_tool(store)
    assert tool.metadata.name == TOOL_NAME
    assert tool.call(handle=handle).content == FULL
    assert (await tool.acall(handle=handle, question="How long is the bridge?")).content == FULL
    assert "Nothing is kept" in tool.call(handle="gone").content
    assert pickle.loads(pickle.dumps(processor)).max_tokens == 70  # noqa: S301 - our own bytes
    assert "expand" not in processor.to_dict()


# -- the question of a conversation -----------------------------------------------------------------------------------


async def test_history_for_a_follow_up():
    asks = [message(QUESTION), message("I shall look.", "assistant"), message("yes please")]
    block = LaconicHistoryBlock(max_tokens=40)
    await block.aput(history())
    assert HIGH in await block.aget(asks)
    transformed = LaconicHistoryBlock(max_tokens=40, query_transform=lambda question: "How long is the bridge?")
    await transformed.aput(history())
    assert "155 metres long" in await transformed.aget(asks)
