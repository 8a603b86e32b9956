"""Real chat clients against a local server: the context goes over the wire compressed, and this is what is saved."""

from __future__ import annotations

import json

import pytest
from openai_server import chat_server

from laconic.chain.testing import QUESTION, SAMPLE
from laconic.tokens import counter_for

HIGH = "It is 330 metres high, about as much as a building of 81 floors."
FULL = "\n\n".join(text for _, text, _ in SAMPLE)


def assert_saved(plain, short):
    """The two request bodies are the same but for the context, and the short one lacks more than half of it."""
    count = counter_for("gpt-4o").count
    before, after = count(json.dumps(plain["messages"])), count(json.dumps(short["messages"]))
    assert after < before - count(FULL) / 2
    assert {**plain, "messages": None} == {**short, "messages": None}


def chat_openai(server, **options):
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(model="gpt-4o-mini", base_url=server.url, api_key="none", max_retries=0, **options)


@pytest.fixture
def documents():
    pytest.importorskip("langchain_openai")
    from langchain_core.documents import Document

    return [Document(text, id=name) for name, text, _ in SAMPLE]


def rag(documents, model, *steps):
    from langchain_core.output_parsers import StrOutputParser
    from langchain_core.prompts import ChatPromptTemplate
    from langchain_core.runnables import RunnableLambda, RunnablePassthrough

    chain = {"context": RunnableLambda(lambda question: documents), "question": RunnablePassthrough()} | (
        RunnablePassthrough()
    )
    for step in steps:
        chain = chain | step
    return (
        chain
        | RunnablePassthrough.assign(context=lambda step: "\n\n".join(d.page_content for d in step["context"]))
        | ChatPromptTemplate.from_messages([("system", "Context:\n{context}"), ("human", "{question}")])
        | model
        | StrOutputParser()
    )


async def test_lcel(documents):
    from langchain_laconic import LaconicCompressor

    with chat_server("It is 330 metres high.") as server:
        model = chat_openai(server)
        assert rag(documents, model).invoke(QUESTION) == "It is 330 metres high."
        short = rag(documents, model, LaconicCompressor(max_tokens=50))
        assert short.invoke(QUESTION) == await short.ainvoke(QUESTION) == "It is 330 metres high."
        assert_saved(server.requests[0], server.requests[1])
        assert server.requests[1] == server.requests[2]
        assert HIGH in server.contents()[1]
        assert "Painters" not in server.contents()[1]


async def test_streaming_still_streams(documents):
    from langchain_laconic import LaconicCompressor

    with chat_server("It is 330 metres high.") as server:
        chain = rag(documents, chat_openai(server), LaconicCompressor(max_tokens=50))
        pieces = [piece async for piece in chain.astream(QUESTION)]
        assert len([piece for piece in pieces if piece]) > 1
        assert "".join(pieces).replace(" ", "") == "Itis330metreshigh."
        assert server.requests[0]["stream"] is True
        assert HIGH in server.contents()[0]


async def test_agent_with_middleware():
    pytest.importorskip("langchain")
    pytest.importorskip("langchain_openai")
    from langchain.agents import create_agent
    from langchain_core.tools import tool

    from langchain_laconic.middleware import LaconicMiddleware

    @tool
    def search(query: str) -> str:
        """Search."""
        return FULL

    def bodies(*middleware):
        with chat_server([("search", {"query": "height of the tower"})], "It is 330 metres high.") as server:
            agent = create_agent(chat_openai(server), [search], middleware=middleware)
            final = agent.invoke({"messages": [{"role": "user", "content": QUESTION}]})
            assert final["messages"][-1].text == "It is 330 metres high."
            return server.requests

    plain, short = bodies(), bodies(LaconicMiddleware(max_tokens=50))
    assert plain[0] == short[0]
    assert_saved(plain[1], short[1])
    assert HIGH in str(short[1]["messages"])
    assert [m["role"] for m in short[1]["messages"]] == ["user", "assistant", "tool"]
    assert short[1]["messages"][2]["tool_call_id"] == "call_0"


async def test_llama_index_query_engine():
    pytest.importorskip("llama_index.llms.openai")
    from llama_index.core.query_engine import RetrieverQueryEngine
    from llama_index.core.retrievers import BaseRetriever
    from llama_index.core.schema import NodeWithScore, TextNode
    from llama_index.llms.openai import OpenAI

    from llama_index.postprocessor.laconic import LaconicPostprocessor

    class Stored(BaseRetriever):
        def _retrieve(self, query_bundle):
            return [NodeWithScore(node=TextNode(id_=name, text=text), score=0.5) for name, text, _ in SAMPLE]

    with chat_server("It is 330 metres high.") as server:
        llm = OpenAI(model="gpt-4o-mini", api_base=server.url, api_key="none", max_retries=0)
        assert str(RetrieverQueryEngine.from_args(Stored(), llm=llm).query(QUESTION)) == "It is 330 metres high."
        engine = RetrieverQueryEngine.from_args(
            Stored(), llm=llm, node_postprocessors=[LaconicPostprocessor(max_tokens=50)]
        )
        assert str(engine.query(QUESTION)) == "It is 330 metres high."
        assert str(await engine.aquery(QUESTION)) == "It is 330 metres high."
        assert_saved(server.requests[0], server.requests[1])
        assert server.requests[1] == server.requests[2]
        assert HIGH in server.contents()[1]
