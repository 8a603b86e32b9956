"""`LaconicPostprocessor` where LlamaIndex puts it: query engines, citations, chat engines, tools; sync and async."""

from __future__ import annotations

import copy
import logging
import subprocess
import sys
from typing import Any

import pytest

pytest.importorskip("llama_index.core")

from llama_index.core import Document, MockEmbedding, StorageContext, VectorStoreIndex
from llama_index.core.chat_engine import CondensePlusContextChatEngine, ContextChatEngine
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.span_handlers import SimpleSpanHandler
from llama_index.core.llms import ChatMessage, CompletionResponse, CustomLLM, LLMMetadata
from llama_index.core.llms.callbacks import llm_completion_callback
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.query_engine import CitationQueryEngine, RetrieverQueryEngine
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import (
    ImageNode,
    IndexNode,
    MediaResource,
    MetadataMode,
    Node,
    NodeWithScore,
    QueryBundle,
    TextNode,
)
from llama_index.core.tools import RetrieverTool

from laconic.chain.cuts import CutStore
from laconic.chain.testing import QUESTION, SAMPLE
from laconic.exceptions import InputError
from llama_index.postprocessor.laconic import CompressionEndEvent, CompressionStartEvent, LaconicPostprocessor

HIGH = "It is 330 metres high, about as much as a building of 81 floors."
BUILT = "Workers built the tower between 1887 and 1889 for a world's fair."


def scored(*nodes):
    return [NodeWithScore(node=node, score=1 - at / 10) for at, node in enumerate(nodes)]


def nodes():
    return scored(*(TextNode(id_=name, text=text, metadata=copy.deepcopy(meta)) for name, text, meta in SAMPLE))


def contents(found):
    return [item.node.get_content(metadata_mode=MetadataMode.NONE) for item in found]


def compressed(given, **options):
    return LaconicPostprocessor(**{"max_tokens": 50, **options}).postprocess_nodes(given, query_str=QUESTION)


class StoredRetriever(BaseRetriever):
    """Hands out the very nodes that it stores, as retrievers over lists do."""

    def __init__(self, stored):
        self.stored = stored
        self.asked = []
        super().__init__()

    def _retrieve(self, query_bundle):
        self.asked.append(query_bundle.query_str)
        return self.stored


class EchoLLM(CustomLLM):
    """Keeps its prompts; answers with fixed words."""

    prompts: list[str] = []  # noqa: RUF012 - a pydantic field, copied for each instance
    window: int = 4000

    @property
    def metadata(self):
        return LLMMetadata(context_window=self.window, num_output=20)

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any):
        self.prompts.append(prompt)
        return CompletionResponse(text="It is high.")

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any):
        self.prompts.append(prompt)
        for text in ("It", "It is", "It is high."):
            yield CompletionResponse(text=text, delta=text.removeprefix("It is") or text)


@pytest.fixture
def llm():
    return EchoLLM()


@pytest.fixture
def retriever():
    return StoredRetriever(nodes())


def assert_prompt_is_compressed(prompt):
    assert HIGH in prompt
    assert BUILT in prompt
    assert "Painters" not in prompt
    assert "Cafés" not in prompt


# -- engines ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["compact", "refine", "tree_summarize", "accumulate", "simple_summarize"])
async def test_query_engine(mode, llm, retriever):
    before = copy.deepcopy(retriever.stored)
    engine = RetrieverQueryEngine.from_args(
        retriever, llm=llm, response_mode=mode, node_postprocessors=[LaconicPostprocessor(max_tokens=50)]
    )
    response = engine.query(QUESTION)
    assert str(response).endswith("It is high.") or mode == "accumulate"
    assert_prompt_is_compressed("\n".join(llm.prompts))
    assert contents(response.source_nodes) == contents(compressed(nodes()))
    calls = len(llm.prompts)
    again = await engine.aquery(QUESTION)
    assert llm.prompts[calls:] == llm.prompts[:calls]
    assert contents(again.source_nodes) == contents(response.source_nodes)
    assert retriever.stored == before


def test_compression_saves_calls_of_the_model(retriever):
    def calls(postprocessors):
        llm = EchoLLM()
        engine = RetrieverQueryEngine.from_args(
            retriever, llm=llm, response_mode="refine", node_postprocessors=postprocessors
        )
        engine.query(QUESTION)
        return len(llm.prompts)

    assert calls([LaconicPostprocessor(max_tokens=20)]) < calls([]) == len(SAMPLE)


async def test_streaming_query_engine(llm, retriever):
    engine = RetrieverQueryEngine.from_args(
        retriever, llm=llm, streaming=True, node_postprocessors=[LaconicPostprocessor(max_tokens=50)]
    )
    assert "".join(engine.query(QUESTION).response_gen)
    assert_prompt_is_compressed(llm.prompts[-1])


def test_vector_store_index_keeps_its_nodes(llm):
    index = VectorStoreIndex.from_documents(
        [Document(text=text, id_=name) for name, text, _ in SAMPLE], embed_model=MockEmbedding(embed_dim=4)
    )
    engine = index.as_query_engine(
        llm=llm, similarity_top_k=4, node_postprocessors=[LaconicPostprocessor(max_tokens=50)]
    )
    first = engine.query(QUESTION)
    assert {item.node.ref_doc_id for item in first.source_nodes} <= {name for name, _, _ in SAMPLE}
    stored = index.as_retriever(similarity_top_k=4).retrieve(QUESTION)
    assert sorted(contents(stored)) == sorted(text for _, text, _ in SAMPLE)
    assert contents(engine.query(QUESTION).source_nodes) == contents(first.source_nodes)


def test_citations_lead_back_to_the_original_nodes(llm, retriever):
    engine = CitationQueryEngine.from_args(
        VectorStoreIndex([], embed_model=MockEmbedding(embed_dim=4), storage_context=StorageContext.from_defaults()),
        llm=llm,
        retriever=retriever,
        node_postprocessors=[LaconicPostprocessor(max_tokens=50, metadata_key="laconic")],
    )
    response = engine.query(QUESTION)
    assert "Source 1:" in llm.prompts[-1]
    assert "spans" not in llm.prompts[-1]
    assert_prompt_is_compressed(llm.prompts[-1])
    before = {item.node.node_id: item.node.text for item in nodes()}
    assert response.source_nodes
    for item in response.source_nodes:
        ours = item.node.metadata["laconic"]
        kept = "".join(before[ours["node_id"]][start:end] for start, end in ours["spans"])
        assert " ".join(kept.split()) in " ".join(item.node.get_content().split())


async def test_chat_engines(llm, retriever):
    chat = ContextChatEngine.from_defaults(
        retriever=retriever,
        llm=llm,
        node_postprocessors=[LaconicPostprocessor(max_tokens=50)],
        memory=ChatMemoryBuffer.from_defaults(token_limit=1000),
    )
    chat.chat(QUESTION)
    assert_prompt_is_compressed(llm.prompts[-1])
    await chat.achat(QUESTION)
    assert_prompt_is_compressed(llm.prompts[-1])
    condensing = CondensePlusContextChatEngine.from_defaults(
        retriever=retriever,
        llm=llm,
        node_postprocessors=[LaconicPostprocessor(max_tokens=50)],
        memory=ChatMemoryBuffer.from_defaults(token_limit=1000),
    )
    history = [ChatMessage(role="user", content="Hi"), ChatMessage(role="assistant", content="Hello")]
    assert "".join(condensing.stream_chat(QUESTION, chat_history=history).response_gen)
    assert retriever.asked[-1] == "It is high.", "the condensed question is what is retrieved and compressed for"
    assert "Painters" not in llm.prompts[-1]


@pytest.mark.parametrize("arguments", [((QUESTION,), {}), ((), {"input": QUESTION})])
async def test_retriever_tool(arguments, retriever):
    args, kwargs = arguments
    tool = RetrieverTool.from_defaults(retriever, node_postprocessors=[LaconicPostprocessor(max_tokens=50)])
    expected = contents(compressed(nodes()))
    assert contents(tool.call(*args, **kwargs).raw_output) == expected
    assert contents((await tool.acall(*args, **kwargs)).raw_output) == expected


# -- kinds of node ----------------------------------------------------------------------------------------------------


def test_what_is_not_text_passes_through():
    image = ImageNode(text="A caption.", image_url="http://localhost/x.png")
    index = IndexNode(text="A pointer to a table.", index_id="table")
    blank = TextNode(text=" \n ")
    picture = Node(image_resource=MediaResource(data=b"\x89PNG", mimetype="image/png"))
    text = TextNode(text=SAMPLE[0][1], id_="tower")
    given = scored(image, text, index, blank, picture)
    found = compressed(given, max_tokens=20)
    assert [item.node for item in found if item.node.node_id != "tower"] == [image, index, blank, picture]
    assert found[1].node.text != text.text
    assert found[1].node.text in text.text
    assert compressed(scored(image, index)) == scored(image, index)


def test_multimodal_nodes_keep_their_resources():
    node = Node(
        id_="m",
        text_resource=MediaResource(text=SAMPLE[0][1], mimetype="text/markdown", embeddings={"dense": [0.5]}),
        image_resource=MediaResource(data=b"\x89PNG", mimetype="image/png"),
    )
    document = Document(text=SAMPLE[1][1], id_="d")
    before = copy.deepcopy([node, document])
    [found, *_] = compressed(scored(node, document), min_nodes=2)
    assert type(found.node) is Node
    assert 0 < len(found.node.text_resource.text) < len(SAMPLE[0][1])
    assert found.node.text_resource.mimetype == "text/markdown"
    assert found.node.text_resource.embeddings == {"dense": [0.5]}
    assert found.node.image_resource == node.image_resource
    assert [node, document] == before
    assert type(compressed(scored(document), max_tokens=10)[0].node) is Document


def test_metadata_is_not_baked_into_text():
    given = scored(TextNode(text=SAMPLE[0][1], metadata={"file_name": "f.txt"}))
    [found] = compressed(given)
    assert "f.txt" not in found.node.text
    assert found.node.get_content(MetadataMode.LLM).count("file_name: f.txt") == 1


def test_stats_are_hidden_from_the_model_and_spans_point_into_the_retrieved_text():
    before = {item.node.node_id: item.node for item in nodes()}
    once = compressed(nodes(), max_tokens=80, metadata_key="ours")
    for found in (once, compressed(once, max_tokens=40, metadata_key="ours")):
        for item in found:
            original, ours = before[item.node.node_id], item.node.metadata["ours"]
            assert set(ours) == {"node_id", "spans", "tokens", "level", "score"}
            assert "".join(original.text[start:end] for start, end in ours["spans"]) == item.node.text
            for mode in (MetadataMode.LLM, MetadataMode.EMBED):
                assert "ours" not in item.node.get_metadata_str(mode)
    assert "ours" not in before["tower"].excluded_llm_metadata_keys
    assert all("laconic" not in item.node.metadata for item in compressed(nodes()))


def test_min_nodes():
    for least in (1, 2, 4, 9):
        for budget in (1, 8, 40):
            found = compressed(nodes(), max_tokens=budget, min_nodes=least)
            assert len(found) >= min(least, len(SAMPLE))
            assert all(text.strip() for text in contents(found))


METADATA = {"file_name": "the name of a file.txt", "author": "somebody with a long name"}
TEMPLATES = {
    "before": "{metadata_str}\n\n{content}",
    "behind": "{content}\n\n--- {metadata_str} ---",
    "around": "<{metadata_str}>\n{content}\n</end of this source>",
}


def seen(items, separator="\n\n"):
    """Tokens of nodes as a synthesizer writes them into the prompt."""
    count = LaconicPostprocessor(max_tokens=1).engine.counter.count
    texts = [item.node.get_content(metadata_mode=MetadataMode.LLM) for item in items]
    return sum(map(count, texts)) if separator is None else count(separator.join(texts))


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("separator", ["\n\n", None])
@pytest.mark.parametrize("budget", [{"max_tokens": 90}, {"max_tokens": 140}, {"rate": 0.5}, {"max_tokens": 10_000}])
def test_the_budget_can_be_for_all_that_the_model_sees(budget, separator, template):
    given = nodes()
    for item in given:
        item.node.metadata = dict(METADATA)
        item.node.text_template = TEMPLATES[template]
    given.insert(1, NodeWithScore(node=ImageNode(text="Its image has a caption.", metadata=dict(METADATA))))
    results = []
    processor = LaconicPostprocessor(count_metadata=True, separator=separator, on_result=results.append, **budget)
    found = processor.postprocess_nodes(given, query_str=QUESTION)
    before = seen(given, separator)
    ceiling = processor.engine.budget.ceiling(before)
    assert 0.8 * min(before, ceiling) < seen(found, separator) <= ceiling
    if budget.get("max_tokens") == 10_000:
        assert found == given
    [result] = results
    assert result.metrics.original_tokens == before
    assert result.metrics.compressed_tokens == seen(found, separator)
    assert result.metrics.budget_tokens == ceiling


@pytest.mark.parametrize("strategy", ["prose", "haste", "semantic", "two-stage", lambda text: text[: len(text) // 2]])
def test_every_strategy_keeps_a_budget_for_all_that_the_model_sees(strategy):
    given = nodes()
    for item in given:
        item.node.metadata = dict(METADATA)
    found = compressed(given, count_metadata=True, strategy=strategy, max_tokens=120)
    assert 0.6 * 120 < seen(found) <= 120


def test_coverage_decides_below_a_budget_for_all_that_the_model_sees():
    given = nodes()
    for item in given:
        item.node.metadata = dict(METADATA)
    free = LaconicPostprocessor(count_metadata=True, recall=0.9).postprocess_nodes(given, query_str=QUESTION)
    assert contents(free) == contents(LaconicPostprocessor(recall=0.9).postprocess_nodes(given, query_str=QUESTION))
    limit = seen(free) - 20
    tight = LaconicPostprocessor(count_metadata=True, recall=0.9, max_tokens=limit)
    assert seen(tight.postprocess_nodes(given, query_str=QUESTION)) <= limit


def test_the_line_with_the_handle_is_within_what_the_model_sees():
    given = nodes()
    for item in given:
        item.node.metadata = dict(METADATA)
    store = CutStore()
    found = compressed(given, count_metadata=True, max_tokens=120, expand=store)
    assert "expand_context(" in contents(found)[-1]
    assert 0.8 * 120 < seen(found) <= 120


TOWNS = "Arlen Brinby Corvale Dunmere Estwick Farholt Gransund Hollin Istrad Jorvale Kelby Lunden".split()
MAKERS = "Brandt Lindqvist Sorel Achterberg Weil Castor Duarte Haddad Orlov Dahl Marsh Stone".split()


def town(at):
    """A page about a town, its maker of bridges somewhere in the middle."""
    name, maker = TOWNS[at], MAKERS[at]
    return " ".join(
        (
            f"{name} is a town of about {8 + at},{at:03} people on the northern coast.",
            f"The market of {name} is held every second {('Monday', 'Friday')[at % 2]} behind the town hall.",
            f"The bridge over the river was designed by {maker} and opened in {1850 + 7 * at}.",
            f"Ferries leave for the islands twice a day, but not in {name}'s long winter.",
            "Its museum shows tools of fishermen, a loom, and the first lamp of the lighthouse.",
        )
    )


def test_metadata_is_a_price_of_entry():
    """A budget for one node with its metadata goes to the node of the answer, not to pieces of two."""
    metadata = {
        "file_name": "towns-of-the-northern-coast-2023-final.pdf",
        "file_path": "/data/corpus/travel/2023/towns-of-the-northern-coast-2023-final.pdf",
        "creation_date": "2023-11-02",
        "author": "Editorial team",
    }
    given = scored(*(TextNode(text=town(at), metadata=dict(metadata)) for at in range(12)))
    assert 50 <= seen(given[:1]) - LaconicPostprocessor(max_tokens=1).engine.counter.count(town(0)) <= 60
    used, kept, calls = [], 0, []
    processor = LaconicPostprocessor(count_metadata=True, max_tokens=100, on_result=calls.append)
    for at, name in enumerate(TOWNS):
        found = processor.postprocess_nodes(given, query_str=f"Who designed the bridge over the river of {name}?")
        used.append(seen(found) / 100)
        kept += any(MAKERS[at] in text for text in contents(found))
    assert max(used) <= 1
    assert sum(used) / 12 > 0.85
    assert kept >= 6
    assert len(calls) == 12


def test_metadata_larger_than_the_budget_leaves_something():
    given = nodes()
    for item in given:
        item.node.metadata = {"notes": "a note " * 100}
    assert compressed(given, count_metadata=True, max_tokens=20)


# -- query ------------------------------------------------------------------------------------------------------------


def test_missing_query():
    given = nodes()
    assert 0 < len("".join(contents(LaconicPostprocessor(max_tokens=50).postprocess_nodes(given)))) < 400
    assert LaconicPostprocessor(max_tokens=50, on_missing_query="passthrough").postprocess_nodes(given) == given
    with pytest.raises(InputError, match="there is no query"):
        LaconicPostprocessor(max_tokens=50, on_missing_query="raise").postprocess_nodes(given)
    assert LaconicPostprocessor(max_tokens=50).postprocess_nodes(given, QueryBundle(query_str="  "))


# -- instrumentation --------------------------------------------------------------------------------------------------


async def test_events_and_spans():
    seen, spans = [], SimpleSpanHandler()

    class Handler(BaseEventHandler):
        def handle(self, event, **kwargs):
            seen.append(event)

    dispatcher = get_dispatcher("llama_index.postprocessor.laconic.base")
    handlers = (dispatcher.event_handlers, dispatcher.span_handlers)
    dispatcher.event_handlers, dispatcher.span_handlers = [Handler()], [spans]
    try:
        await LaconicPostprocessor(max_tokens=50).apostprocess_nodes(nodes(), query_str=QUESTION)
    finally:
        dispatcher.event_handlers, dispatcher.span_handlers = handlers
    start, end = seen
    assert isinstance(start, CompressionStartEvent)
    assert (start.query, start.node_ids) == (QUESTION, [name for name, _, _ in SAMPLE])
    assert isinstance(end, CompressionEndEvent)
    assert set(end.node_ids) <= set(start.node_ids)
    assert end.figures["compressed_tokens"] <= 50 < end.figures["original_tokens"]
    assert "metres" not in end.model_dump_json(), "events carry ids and figures, not text"
    names = sorted(span.id_.split("-")[0].split(".")[-1] for span in spans.completed_spans)
    assert names == ["_apostprocess_nodes", "_postprocess_nodes"]


# -- failure ----------------------------------------------------------------------------------------------------------


def broken(text):
    raise RuntimeError("counter is broken")


def test_an_engine_that_fails_leaves_the_query_engine_its_context(llm, retriever, caplog):
    engine = RetrieverQueryEngine.from_args(
        retriever, llm=llm, node_postprocessors=[LaconicPostprocessor(max_tokens=50, counter=broken)]
    )
    with caplog.at_level(logging.WARNING, "laconic"):
        response = engine.query(QUESTION)
    assert contents(response.source_nodes) == [text for _, text, _ in SAMPLE]
    assert "counter is broken" in caplog.text
    with pytest.raises(RuntimeError, match="counter is broken"):
        compressed(nodes(), counter=broken, on_error="raise")


def test_settings_tokenizer_can_be_the_counter():
    found = compressed(nodes(), counter=lambda text: text.split(), max_tokens=30)
    assert 0 < sum(len(text.split()) for text in contents(found)) <= 30


def test_engines_may_set_the_callback_manager():
    from llama_index.core.callbacks import CallbackManager

    processor = LaconicPostprocessor(max_tokens=50)
    expected = contents(processor.postprocess_nodes(nodes(), query_str=QUESTION))
    processor.callback_manager = CallbackManager([])
    assert contents(processor.postprocess_nodes(nodes(), query_str=QUESTION)) == expected
    assert "callback_manager" not in processor.to_dict()


def test_without_llama_index_the_message_names_the_extra():
    code = (
        "import importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name.startswith('llama_index.core') else find(name, *rest)\n"
        "import llama_index.postprocessor.laconic"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "MissingDependencyError" in found.stderr
    assert "pip install 'laconic[llama-index]'" in found.stderr
