"""What was cut in the stores of LangGraph and deepagents: handles that another process and another worker know."""

from __future__ import annotations

import pickle

import pytest

pytest.importorskip("langchain")

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool
from langgraph.store.memory import InMemoryStore
from pydantic import PrivateAttr

from laconic.chain.cuts import TOOL_NAME, CutStore
from laconic.chain.stores import SQLiteCuts
from laconic.chain.testing import QUESTION, SAMPLE
from laconic.exceptions import ConfigurationError
from laconic.types import Passage
from langchain_laconic.cuts import DeepAgentsCuts, LangGraphCuts
from langchain_laconic.middleware import LaconicMiddleware

FULL = "\n\n".join(text for _, text, _ in SAMPLE)


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@tool
def search(query: str) -> str:
    """Search."""
    return FULL


class Asking(BaseChatModel):
    """Searches, then asks for what was cut by the handle that it was shown."""

    _seen: list = PrivateAttr(default_factory=list)

    @property
    def _llm_type(self):
        return "asking"

    def bind_tools(self, tools, **kwargs):
        return self

    def _generate(self, messages, *args, **kwargs):
        self._seen.append(messages)
        last = messages[-1]
        calls = []
        if isinstance(last, HumanMessage):
            calls = [{"name": "search", "args": {"query": last.text}, "id": "1"}]
        elif isinstance(last, ToolMessage) and TOOL_NAME in last.text:
            args = {"handle": handle_in(last), "question": "How long is the bridge?"}
            calls = [{"name": TOOL_NAME, "args": args, "id": "2"}]
        answer = AIMessage("" if calls else last.text, tool_calls=calls)
        return ChatResult(generations=[ChatGeneration(message=answer)])


def handle_in(message):
    return message.text.split(f'{TOOL_NAME}("')[1].split('"')[0]


def asked_for(messages):
    [found] = [m for m in messages if isinstance(m, ToolMessage) and m.tool_call_id == "2"]
    return found.text


async def run(agent, mode, config=None):
    value = {"messages": [HumanMessage(QUESTION)]}
    return (agent.invoke(value, config) if mode == "sync" else await agent.ainvoke(value, config))["messages"]


def test_a_store_of_langgraph():
    backend = LangGraphCuts(InMemoryStore())
    clock = Clock()
    store = CutStore(backend, ttl=100, clock=clock, max_chars=1000)
    passages = [Passage("One.", id="a", title="T", source="x.py"), Passage("Two.")]
    handle = store.put(passages)
    assert store.get(handle) == tuple(passages)
    assert CutStore(LangGraphCuts(backend.store)).expand(handle) == "One.\n\nTwo.", "another worker"
    assert CutStore(LangGraphCuts(backend.store, ["other"])).expand(handle).startswith("Nothing is kept")
    store.delete(handle)
    assert len(store) == 0
    handles = []
    for at in range(250):
        clock.now += 0.1
        handles.append(store.put([Passage(f"{at:>50}")]))
    assert len(store) * 50 <= 1000 * 9 / 8
    assert store.get(handles[-1])
    clock.now += 200
    with pytest.raises(KeyError):
        store.get(handles[-1])
    store.clear()
    assert len(store) == 0


@pytest.mark.parametrize(
    "make",
    [
        lambda: LangGraphCuts(object()),
        lambda: LangGraphCuts(InMemoryStore),
        lambda: LangGraphCuts(InMemoryStore(), "name"),
        lambda: LangGraphCuts(InMemoryStore(), []),
        lambda: DeepAgentsCuts(object()),
        lambda: DeepAgentsCuts(InMemoryStore()),
    ],
)
def test_what_is_no_store_is_refused(make):
    with pytest.raises(ConfigurationError):
        make()


@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize("kind", ["sqlite", "langgraph"])
async def test_an_agent_asks_for_what_another_worker_has_cut(kind, mode, tmp_path):
    memory = InMemoryStore()

    def worker():
        backend = SQLiteCuts(tmp_path / "cuts.db") if kind == "sqlite" else LangGraphCuts(memory)
        store = CutStore(backend)
        return store, create_agent(Asking(), [search], middleware=[LaconicMiddleware(max_tokens=70, expand=store)])

    first, agent = worker()
    messages = await run(agent, mode)
    assert "155 metres long" in asked_for(messages)
    second, _ = worker()
    assert "155 metres long" in second.expand(handle_in(messages[2]), "How long is the bridge?")
    for store in (first, second):
        if kind == "sqlite":
            store.backend.close()


def test_a_middleware_with_a_file_pickles_with_what_it_has_cut(tmp_path):
    middleware = LaconicMiddleware(max_tokens=70, expand=CutStore(SQLiteCuts(tmp_path / "cuts.db")))
    messages = create_agent(Asking(), [search], middleware=[middleware]).invoke({"messages": [HumanMessage(QUESTION)]})
    again = pickle.loads(pickle.dumps(middleware))  # noqa: S301 - our own bytes
    assert "155 metres" in again.tools[0].invoke({"handle": handle_in(messages["messages"][2]), "question": "bridge"})
    for each in (middleware, again):
        each.compressor.expand.backend.close()


# -- deepagents -------------------------------------------------------------------------------------------------------


@pytest.fixture
def deepagents():
    return pytest.importorskip("deepagents")


@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize("kind", ["state", "store", "files"])
async def test_a_deep_agent(deepagents, kind, mode, tmp_path):
    from deepagents.backends import FilesystemBackend, StateBackend, StoreBackend

    memory = InMemoryStore()
    backend = {
        "state": StateBackend,
        "store": lambda: StoreBackend(store=memory, namespace=lambda runtime: ("cuts",)),
        "files": lambda: FilesystemBackend(root_dir=tmp_path, virtual_mode=True),
    }[kind]()
    store = CutStore(DeepAgentsCuts(backend))
    agent = deepagents.create_deep_agent(
        model=Asking(),
        tools=[search],
        middleware=[LaconicMiddleware(max_tokens=70, expand=store)],
        backend=backend,
        store=memory,
    )
    messages = await run(agent, mode)
    assert "155 metres long" in asked_for(messages)
    if kind == "files":
        handle = handle_in(next(m for m in messages if isinstance(m, ToolMessage)))
        again = CutStore(DeepAgentsCuts(FilesystemBackend(root_dir=tmp_path, virtual_mode=True)))
        assert "155 metres" in again.expand(handle, "How long is the bridge?")
        assert again.expand("../secret").startswith("Nothing is kept")
        assert len(again) == 1
        for at in range(40):
            CutStore(again.backend, max_chars=500).put([Passage(f"{at:>50}")])
        assert len(again) * 50 <= 500 * 9 / 8
        again.clear()
        again.delete(handle)
