"""Options of `LaconicPostprocessor` that are LlamaIndex's own: questions, budgets, offsets, odd input, travelling."""

from __future__ import annotations

import copy
import json
import logging
import pickle

import pytest

pytest.importorskip("llama_index.core")

import llama_index.core
from llama_index.core import Document, Settings
from llama_index.core.indices.query.query_transform import HyDEQueryTransform
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.llms import ChatMessage, CompletionResponse, MockLLM
from llama_index.core.node_parser import TokenTextSplitter
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import ImageNode, IndexNode, MetadataMode, NodeWithScore, QueryBundle, TextNode

import laconic
from laconic.chain.cuts import CutStore
from laconic.chain.testing import QUESTION, SAMPLE
from laconic.exceptions import ConfigurationError, InputError
from laconic.tokens import counter_for
from llama_index.postprocessor.laconic import (
    CompressionEndEvent,
    CompressionStartEvent,
    LaconicPostprocessor,
    LaconicTransform,
    source_spans,
)

BRIDGE = "The bridge is 155 metres long."
count = counter_for("gpt-4o").count


def nodes(**fields):
    return [
        NodeWithScore(node=TextNode(id_=name, text=text, metadata=copy.deepcopy(meta), **fields), score=0.5)
        for name, text, meta in SAMPLE
    ]


def run(given, query=QUESTION, **options):
    bundle = query if isinstance(query, QueryBundle) or query is None else QueryBundle(query)
    return LaconicPostprocessor(**{"max_tokens": 40, **options}).postprocess_nodes(given, bundle)


def contents(found):
    return [item.node.get_content(metadata_mode=MetadataMode.NONE) for item in found]


# -- the question -----------------------------------------------------------------------------------------------------


def test_the_strings_that_the_nodes_were_searched_with_are_part_of_the_question():
    vague = QueryBundle("Tell me.", custom_embedding_strs=["How long is the bridge?"])
    assert BRIDGE in contents(run(nodes(), vague))[0]
    assert BRIDGE in contents(run(nodes(), QueryBundle(None, custom_embedding_strs=["How long is the bridge?"])))[0]
    twice = QueryBundle(QUESTION, custom_embedding_strs=[QUESTION])
    assert contents(run(nodes(), twice)) == contents(run(nodes()))


TRANSFORMS = {
    "function": lambda question: "How long is the bridge?",
    "message": lambda question: ChatMessage(role="assistant", content="How long is the bridge?"),
    "answer": lambda question: CompletionResponse(text="How long is the bridge?"),
    "bundle": lambda question: QueryBundle("Tell me.", custom_embedding_strs=["How long is the bridge?"]),
}


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_query_transform(transform):
    assert BRIDGE in contents(run(nodes(), "That one?", query_transform=TRANSFORMS[transform]))[0]


async def test_query_transform_of_llama_index():
    class BridgeLLM(MockLLM):
        def predict(self, *args, **kwargs):
            return "The bridge is long."

    processor = LaconicPostprocessor(max_tokens=20, query_transform=HyDEQueryTransform(llm=BridgeLLM()))
    found = await processor.apostprocess_nodes(nodes(), query_str="How long?")
    assert BRIDGE in contents(found)[0]


@pytest.mark.parametrize("transform", [lambda question: 1 / 0, lambda question: None, lambda question: "  "])
def test_a_transform_that_fails_leaves_the_question(transform, caplog):
    with caplog.at_level(logging.WARNING, "laconic"):
        assert contents(run(nodes(), query_transform=transform)) == contents(run(nodes()))
    assert caplog.records
    with pytest.raises((ZeroDivisionError, InputError)):
        run(nodes(), query_transform=transform, on_error="raise")


async def later(question):
    return question


def test_transforms_that_cannot_work_are_refused():
    for transform in (later, "rewrite"):
        with pytest.raises(ValueError, match="query_transform is"):
            LaconicPostprocessor(query_transform=transform)


# -- budgets ----------------------------------------------------------------------------------------------------------


def passing():
    image = ImageNode(text="A picture of the tower, taken from the river by a friend. " * 2)
    index = IndexNode(text="A pointer to a table of heights. " * 3, index_id="t")
    return [NodeWithScore(node=image), *nodes(), NodeWithScore(node=index)]


@pytest.mark.parametrize("budget", [{"max_tokens": 90}, {"rate": 0.4}, {"rate": 0.6, "max_tokens": 90}])
@pytest.mark.parametrize("image_tokens", [0, 20])
def test_what_passes_through_counts(budget, image_tokens):
    results = []
    given = passing()
    processor = LaconicPostprocessor(on_result=results.append, image_tokens=image_tokens, **budget)
    found = processor.postprocess_nodes(given, query_str=QUESTION)
    before, after = (count("\n\n".join(contents(some))) + image_tokens for some in (given, found))
    ceiling = processor.engine.budget.ceiling(before)
    assert (found[0], found[-1]) == (given[0], given[-1])
    assert 0.75 * ceiling < after <= ceiling
    [result] = results
    metrics = result.metrics
    assert (metrics.original_tokens, metrics.compressed_tokens, metrics.budget_tokens) == (before, after, ceiling)


class Stored(BaseRetriever):
    def __init__(self, stored):
        self.stored = stored
        super().__init__()

    def _retrieve(self, query_bundle):
        return self.stored


class CountingLLM(MockLLM):
    """Says that its window is small; keeps its prompts."""

    window: int = 0
    prompts: list[str] = []  # noqa: RUF012 - a pydantic field, copied for each instance

    def __init__(self, window=1150):
        super().__init__(max_tokens=20)
        self.window = window

    @property
    def metadata(self):
        found = super().metadata
        return found.model_copy(update={"context_window": self.window, "num_output": 100})

    def complete(self, prompt, formatted=False, **kwargs):
        self.prompts.append(prompt)
        return super().complete(prompt, formatted=formatted, **kwargs)


def long_nodes():
    return [
        NodeWithScore(node=TextNode(text=f"{text}\n\n" * 3 + f"Part {at}.", metadata={"file_name": f"{at}.txt"}))
        for at, (_, text, _) in enumerate(SAMPLE * 2)
    ]


def test_the_budget_can_be_what_the_models_window_leaves():
    def calls(processors):
        llm = CountingLLM()
        engine = RetrieverQueryEngine.from_args(Stored(long_nodes()), llm=llm, node_postprocessors=processors)
        assert engine.query(QUESTION)
        return llm.prompts

    llm = CountingLLM()
    assert len(calls([])) > 1
    [prompt] = calls([LaconicPostprocessor(max_tokens="fit", llm=llm)])
    assert "330" in prompt
    assert 260 < count(prompt) <= llm.window - 100
    tighter = LaconicPostprocessor(max_tokens="fit", llm=llm, rate=0.2)
    found = tighter.postprocess_nodes(long_nodes(), query_str=QUESTION)
    assert count("\n\n".join(contents(found))) < 0.2 * count("\n\n".join(contents(long_nodes())))


def test_the_window_can_be_that_of_settings(monkeypatch):
    monkeypatch.setattr(Settings, "_llm", CountingLLM(window=1050))
    monkeypatch.setattr(Settings, "_prompt_helper", None)
    found = LaconicPostprocessor(max_tokens="fit").postprocess_nodes(long_nodes(), query_str=QUESTION)
    seen = "\n\n".join(item.node.get_content(metadata_mode=MetadataMode.LLM) for item in found)
    assert 100 < count(seen) <= 1050 - 100 - 750 - count(QUESTION)


def test_a_window_that_is_not_known():
    with pytest.raises(ValueError, match="context_window"):
        LaconicPostprocessor(max_tokens="fit", llm=object())
    with pytest.raises(ValueError, match="max_tokens"):
        LaconicPostprocessor(max_tokens="fits")
    small = LaconicPostprocessor(max_tokens="fit", llm=CountingLLM(window=110))
    assert small.postprocess_nodes(nodes(), query_str=QUESTION), "something is left, whatever the window"


def test_settings_tokenizer_counts_where_nothing_else_is_said(monkeypatch):
    monkeypatch.setattr(llama_index.core, "global_tokenizer", None)
    assert Settings.tokenizer  # puts the default in its place, which is not a choice
    assert LaconicPostprocessor(max_tokens=9).engine.counter.name == "o200k_base"
    Settings.tokenizer = str.split
    processor = LaconicPostprocessor(max_tokens=30)
    words = sum(len(text.split()) for text in contents(processor.postprocess_nodes(nodes(), query_str=QUESTION)))
    assert 20 < words <= 30
    assert LaconicPostprocessor(max_tokens=9, model="gpt-4").engine.counter.name == "cl100k_base"
    assert LaconicPostprocessor(max_tokens=9, counter=len).engine.counter.name == "len"


@pytest.mark.parametrize("strategy", ["auto", "prose", "two-stage"])
def test_top_n(strategy):
    for top in (1, 2, 3):
        found = run(nodes(), max_tokens=120, top_n=top, strategy=strategy)
        assert len(found) == top
        assert found[0].node.node_id == "tower"
    # a budget that holds all of it
    assert [item.node.node_id for item in run(nodes(), max_tokens=10_000, top_n=2)] != []
    assert len(run(nodes(), max_tokens=10_000, top_n=2)) == 2
    assert run(nodes(), max_tokens=10_000, top_n=4) == nodes()
    one = sum(map(count, contents(run(nodes(), max_tokens=60, top_n=1))))
    assert one > 40, "the budget is for those that are left"
    with pytest.raises(ValueError, match="below min_nodes"):
        LaconicPostprocessor(top_n=1, min_nodes=2)


def test_scraps_are_left_out():
    whole = {item.node.node_id: item.node.text for item in nodes()}
    for budget in (40, 60, 90):
        found = run(nodes(), max_tokens=budget, min_node_tokens=15)
        assert found
        for item in found:
            assert count(item.node.text) >= 15 or item.node.text == whole[item.node.node_id]
    assert run(nodes(), max_tokens=5, min_node_tokens=15), "but not all of them"


def test_what_is_left_out_for_the_number_is_in_the_result():
    results = []
    run(nodes(), max_tokens=60, top_n=1, on_result=results.append)
    [result] = results
    for at, item in enumerate(nodes()):
        kept = [span for part in result.passages if part.index == at for span in part.spans]
        dropped = [piece.span for piece in result.dropped if piece.index == at]
        assert "".join(item.node.text[slice(*span)] for span in sorted([*kept, *dropped])) == item.node.text


# -- metadata and offsets ---------------------------------------------------------------------------------------------


def test_the_original_text_can_be_kept():
    before = {item.node.node_id: item.node.text for item in nodes()}
    once = run(nodes(), keep_original=True, max_tokens=60)
    for found in (once, run(once, keep_original=True, max_tokens=30)):
        for item in found:
            assert item.node.metadata["laconic"]["original"] == before[item.node.node_id]
            assert before[item.node.node_id] not in item.node.get_content(MetadataMode.LLM) or len(found) == 0
            assert "original" not in item.node.get_metadata_str(MetadataMode.EMBED)
    assert "original" in run(nodes(), keep_original=True, metadata_key="ours")[0].node.metadata["ours"]


SITE = "The menu of the site: start, news, contact."


def site():
    parts = [f"Part {at} is about subject number {at} and what came of it in the end.\n\n{SITE}" for at in range(20)]
    return Document(text="\n\n".join([SITE, *parts]))


def test_spans_lead_into_the_document():
    document = Document(text="\n\n".join(text for _, text, _ in SAMPLE))
    chunks = TokenTextSplitter(chunk_size=80, chunk_overlap=0)([document])
    assert len(chunks) > 2
    given = [NodeWithScore(node=chunk) for chunk in chunks]
    assert all(
        "".join(document.text[start:end] for start, end in source_spans(item.node)) == item.node.text for item in given
    )
    once = run(given, max_tokens=70, metadata_key="laconic")
    for found in (once, run(once, max_tokens=40, metadata_key="laconic")):
        for item in found:
            spans = source_spans(item.node)
            assert spans == [tuple(span) for span in item.node.metadata["laconic"]["source_spans"]]
            assert "".join(document.text[start:end] for start, end in spans) == item.node.text
    assert not any(source_spans(item.node) for item in run(nodes(), metadata_key="laconic"))


def test_transformed_nodes_have_offsets_of_their_own():
    document = site()
    chunks = TokenTextSplitter(chunk_size=60, chunk_overlap=20)([document])
    for key in (None, "laconic"):
        found = LaconicTransform(metadata_key=key)(chunks)
        assert 0 < len(found) <= len(chunks)
        assert any(SITE in chunk.text for chunk in chunks)
        pieces = 0
        for node in found:
            assert SITE not in node.text
            begin, end = node.text[:4], node.text[-4:]
            assert document.text[node.start_char_idx :].startswith(begin)
            assert document.text[: node.end_char_idx].endswith(end)
            spans = source_spans(node)
            pieces += len(spans) == 1
            assert "".join(document.text[start:stop] for start, stop in spans) == node.text
            seen = node.get_content(MetadataMode.LLM) + node.get_content(MetadataMode.EMBED)
            assert "source_spans" not in seen
        assert pieces
    found = [NodeWithScore(node=node) for node in LaconicTransform()(chunks)]
    for item in run(found, "What came of subject 7?", max_tokens=15, metadata_key="laconic"):
        spans = source_spans(item.node)
        assert "".join(document.text[start:stop] for start, stop in spans) == item.node.text


# -- odd input --------------------------------------------------------------------------------------------------------


class Odd(TextNode):
    def get_content(self, *args, **kwargs):
        raise KeyError("no such template")


def test_one_odd_node_does_not_cost_the_others_their_compression():
    surrogate = TextNode(text="The tower \ud800 is odd. " * 3)
    bare = TextNode(text="The tower has no metadata. " * 3)
    bare.__dict__["metadata"] = None
    for node in (surrogate, bare, Odd(text="x y z")):
        for counts in ({}, {"count_metadata": True}):
            found = run([*nodes(), NodeWithScore(node=node)], max_tokens=150 if counts else 70, **counts)
            assert found[-1].node.node_id == node.node_id
            assert found[-1].node.text == node.text
        assert len("".join(contents(found[:-1]))) < 450
    template = TextNode(text="The tower is 330 metres high. " * 3, text_template="{nothing}")
    assert run([NodeWithScore(node=template), *nodes()], count_metadata=True, on_error="raise")


def test_a_query_without_words_is_a_missing_one():
    for bundle in (None, QueryBundle(query_str=None)):
        assert len("".join(contents(run(nodes(), bundle)))) < 400
        assert run(nodes(), bundle, on_missing_query="passthrough") == nodes()
        with pytest.raises(InputError, match="there is no query"):
            run(nodes(), bundle, on_missing_query="raise")


class Recorder(BaseEventHandler):
    seen: list = []  # noqa: RUF012 - a pydantic field, copied for each instance

    def handle(self, event, **kwargs):
        if isinstance(event, (CompressionStartEvent, CompressionEndEvent)):
            self.seen.append(event)


@pytest.fixture
def events():
    dispatcher = get_dispatcher("llama_index.postprocessor.laconic.base")
    recorder, handlers = Recorder(), dispatcher.event_handlers
    dispatcher.event_handlers = [recorder]
    yield recorder.seen
    dispatcher.event_handlers = handlers


def broken(text):
    raise RuntimeError("counter is broken")


def test_each_start_has_an_end(events):
    with pytest.raises(RuntimeError):
        run(nodes(), counter=broken, on_error="raise")
    start, end = events
    assert isinstance(start, CompressionStartEvent)
    assert isinstance(end, CompressionEndEvent)
    assert end.figures == {"unchanged": "error", "error": "RuntimeError: counter is broken"}
    events.clear()
    given = passing()
    assert run(given, counter=broken, count_metadata=True) == given
    assert [type(event) for event in events] == [CompressionStartEvent, CompressionEndEvent]
    assert len(events[1].node_ids) == len(passing())


def test_events_have_the_true_totals(events):
    found = run(passing(), max_tokens=90)
    figures = events[1].figures
    assert figures["original_tokens"] == count("\n\n".join(contents(passing())))
    assert figures["compressed_tokens"] == count("\n\n".join(contents(found))) <= 90


# -- travelling -------------------------------------------------------------------------------------------------------


def test_pickling_never_changes_the_object():
    store = CutStore()
    processor = LaconicPostprocessor(max_tokens=40, on_result=lambda result: None, expand=store)
    again = pickle.loads(pickle.dumps(processor))  # noqa: S301 - our own bytes
    assert processor.on_result is not None
    assert processor.expand is store
    assert again.max_tokens == 40
    local = LaconicPostprocessor(max_tokens=40, counter=lambda text: len(text.split()))
    before = contents(local.postprocess_nodes(nodes(), query_str=QUESTION))
    with pytest.raises(pickle.PicklingError, match="option 'counter' of LaconicPostprocessor"):
        pickle.dumps(local)
    assert contents(local.postprocess_nodes(nodes(), query_str=QUESTION)) == before


def test_dicts_and_json():
    calibration = laconic.calibrate(
        [
            {
                "passages": ["The tower is 330 metres high. Cats sleep a lot."],
                "query": "How high is the tower?",
                "evidence": ["330 metres"],
            }
        ]
        * 4,
        recall=0.9,
    )
    for options in ({}, {"recall": 0.9, "calibration": calibration}, {"steps": ()}, {"preserve": ("tower",)}):
        processor = LaconicPostprocessor(max_tokens=40, **options)
        for data in (processor.to_dict(), json.loads(processor.to_json())):
            again = LaconicPostprocessor.from_dict(data)
            assert again.engine_options() == processor.engine_options()
    objects = LaconicPostprocessor(max_tokens=40, counter=len, query_transform=str.lower)
    again = LaconicPostprocessor.from_dict(objects.to_dict())
    assert (again.counter, again.query_transform) == (len, str.lower)
    with pytest.raises(ConfigurationError, match=r"option 'counter' .* JSON"):
        objects.to_json()
