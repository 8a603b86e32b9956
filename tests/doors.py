"""Every door of laconic in one form: a call goes in, what the laws look at comes out. A new door is a row here."""

from __future__ import annotations

import asyncio
import copy
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import chain, repeat
from typing import Any

import laconic
from laconic.compressor import ScaleDownCompressor
from laconic.core.repeats import remove_repeats
from laconic.optimizer import HasteOptimizer, SemanticOptimizer
from laconic.pipeline import Pipeline, make_pipeline
from laconic.supercompress.context import ContextEviction
from laconic.tokens import as_counter
from laconic.types import Compression, Passage, Span

__all__ = ["COUNTERS", "DOORS", "LAWS", "Call", "Door", "Found", "Part"]

LAWS: Mapping[str, str] = {
    "budget": "1: never over the budget, counted on the joined text",
    "spans": "2: kept text is spans of the input, in order",
    "unchanged": "3: a budget that holds the input returns it byte for byte",
    "shorter": "3: never more tokens than the input",
    "same": "4: same input, same output, whatever was called in between",
    "unedited": "5: the caller's objects are as they were",
    "identity": "5: ids, metadata and order survive",
    "parses": "7: code parses where the source did",
    "twice": "9: compressing twice is compressing once",
    "accounts": "10: kept and dropped together are the input; handles give it back",
    "explained": "10: what is explained as kept is kept, as dropped is dropped",
    "ends": "12: pieces begin and end at words, and where shapes have such, at sentences, rows and entries",
}


class Pieces:
    """A tokenizer in the way of Hugging Face's: special tokens around a text, words in pieces of at most four."""

    def encode(self, text: str, add_special_tokens: bool = False) -> list[int]:
        """Ids."""
        ids = [hash(word[at : at + 4]) % 30_000 for word in text.split() for at in range(0, len(word), 4)]
        return [101, *ids, 102] if add_special_tokens else ids


def words(text: str) -> int:
    """Tokens of a text by white space."""
    return len(text.split())


COUNTERS: Mapping[str, Any] = {
    "o200k_base": "gpt-4o",
    "cl100k_base": "gpt-4",
    "words": words,
    "characters": len,
    "pieces": Pieces(),
}


@dataclass(frozen=True)
class Call:
    """What goes in.

    Attributes:
        passages: of the call; a door for one text gets the first.
        query: of the call.
        budget: of ``max_tokens``, ``rate`` and ``recall`` those that are given.
        counter: a name of `COUNTERS`.
        separator: what joins passages.
    """

    passages: tuple[Passage, ...]
    query: str | None
    budget: Mapping[str, Any]
    counter: str = "o200k_base"
    separator: str | None = "\n\n"

    @property
    def engine(self) -> dict[str, Any]:
        """Options of an engine."""
        return {"counter": COUNTERS[self.counter], "separator": self.separator}

    @property
    def question(self) -> str:
        """The query where a door needs one."""
        return self.query if self.query and self.query.strip() else "what is it about"

    @property
    def most(self) -> int:
        """Most tokens, where a door knows no other budget."""
        tokens: int = self.budget.get("max_tokens", 60)
        return tokens


@dataclass(frozen=True)
class Part:
    """What is left of a passage; spans None where the door does not tell."""

    index: int
    text: str
    spans: tuple[Span, ...] | None = None


@dataclass(frozen=True)
class Found:
    """What comes out.

    Attributes:
        text: the final text, as the caller would send it.
        parts: of passages, in order.
        dropped: ``(index, span)`` of each piece; None where the door does not tell.
        expand: of each dropped piece its text by its handle.
        reported: tokens as the door says; None where it does not.
        ceiling: most tokens that the text may have; None where nothing limits it.
        count: how this door counts.
        result: the door's own.
        identity: what identifies each part beside what identifies the passage that it is of.
        given: the passages that the engine got, where they are not those of the call.
        joined: whether the text is joined by a blank line whatever the call's separator.
    """

    text: str
    parts: tuple[Part, ...] = ()
    dropped: tuple[tuple[int, Span], ...] | None = None
    expand: tuple[str, ...] = ()
    reported: int | None = None
    ceiling: int | None = None
    count: Callable[[str], int] = as_counter("gpt-4o").count
    result: Any = None
    identity: tuple[tuple[Any, Any], ...] = ()
    given: tuple[Passage, ...] | None = None
    joined: bool = False


@dataclass(frozen=True)
class Door:
    """One way into laconic.

    Attributes:
        run: a call to what came out.
        exempt: laws that it does not promise, each with the reason.
        one_text: whether it takes one text.
        budgets: the forms of budget that it takes.
        counts: whether the caller chooses the counter.
        blank: whether a text without a word is one that it takes.
    """

    run: Callable[[Call], Found]
    exempt: Mapping[str, str] = field(default_factory=dict)
    one_text: bool = False
    budgets: tuple[str, ...] = ("max_tokens", "rate", "recall", "auto", "several")
    counts: bool = True
    blank: bool = True

    def promises(self, law: str) -> bool:
        """Whether a law holds here."""
        return law not in self.exempt


def _of_compression(result: Compression, call: Call, ceiling: int | None = None) -> Found:
    return Found(
        result.text,
        tuple(Part(part.index, part.text, part.spans) for part in result.passages),
        tuple((piece.index, piece.span) for piece in result.dropped),
        tuple(result.expand(piece.handle) for piece in result.dropped),
        result.metrics.compressed_tokens,
        ceiling if ceiling is not None else result.metrics.budget_tokens,
        as_counter(COUNTERS[call.counter]).count,
        result,
        tuple((part.id, call.passages[part.index].id) for part in result.passages),
        call.passages,
    )


def _asked(call: Call, original: int) -> int | None:
    """The ceiling that a budget comes to, by the design's words and not by the engine's."""
    limits = [call.budget["max_tokens"]] if "max_tokens" in call.budget else []
    if isinstance(call.budget.get("rate"), float):
        limits.append(int(call.budget["rate"] * original))
    return max(1, min(limits)) if limits else None


# -- laconic's own ----------------------------------------------------------------------------------------------------


@cache
def _hybrid() -> Any:
    return laconic.HybridScorer()


def _by_length(query: str, texts: list[str]) -> list[float]:
    return [1.0 / (1 + len(text)) for text in texts]


@cache
def _reranker() -> Any:
    return laconic.Reranker(_by_length)


def _compress(call: Call, **options: Any) -> Found:
    result = laconic.compress(call.passages, call.query, explain=True, **call.budget, **call.engine, **options)
    return _of_compression(result, call, _asked(call, result.metrics.original_tokens))


def _hurried(call: Call) -> Found:
    """Under a deadline that passes at a look at the clock that the call's text chooses: the same at each try."""
    looks = 1 + sum(len(passage.text) for passage in call.passages) % 13
    clock = partial(next, chain(repeat(0.0, looks), repeat(1e6)))
    return _compress(call, timeout_ms=laconic.Deadline(1000, clock=clock))


def _instance(call: Call) -> Found:
    engine = laconic.Compressor(preserve=["tower"], at_least=2, **call.engine)
    result = engine.compress_batch([(call.passages, call.query)] * 2)[1]
    result = asyncio.run(engine.acompress(call.passages, call.query, **call.budget)) if call.budget else result
    ceiling = _asked(call, result.metrics.original_tokens)
    ceiling = _with_something(ceiling, [part.text for part in result.passages], call)
    return replace(_of_compression(result, call), ceiling=ceiling)


def _with_something(ceiling: int | None, texts: Sequence[str], call: Call) -> int | None:
    """The ceiling where something of so many comes back: none where it is below a character for each."""
    if ceiling is None:
        return ceiling
    count = as_counter(COUNTERS[call.counter]).count
    least = [text[: 1 + len(text) - len(text.lstrip())] for text in texts]
    needed = sum(map(count, least)) if call.separator is None else count(call.separator.join(least))
    return ceiling if needed <= ceiling else None


def _batch(call: Call) -> Found:
    from laconic.batch import BatchCompressor

    made = BatchCompressor(on_error="raise", **call.budget, counter=COUNTERS[call.counter])
    given = [{"text": p.text, "kind": p.kind, "language": p.language, "source": p.source} for p in call.passages]
    row = {name: column[0] for name, column in made({"query": [call.query], "passages": [given]}).items()}
    spans: dict[int, list[Span]] = {}
    for at, start, end in row["kept_spans"]:
        spans.setdefault(at, []).append((start, end))
    parts = tuple(
        Part(at, "".join(call.passages[at].text[a:b] for a, b in own), tuple(own)) for at, own in spans.items()
    )
    return Found(
        row["compressed"],
        parts,
        reported=row["compressed_tokens"],
        ceiling=_asked(call, row["original_tokens"]),
        count=as_counter(COUNTERS[call.counter]).count,
        result=row,
        joined=True,
    )


def _repeats(call: Call) -> Found:
    twice = replace_call(call, passages=(*call.passages, *call.passages))
    return _of_compression(remove_repeats(twice.passages, counter=COUNTERS[call.counter]), twice)


def replace_call(call: Call, **changes: Any) -> Call:
    """A call with other fields."""
    return Call(**{**{name: getattr(call, name) for name in call.__dataclass_fields__}, **changes})


# -- ScaleDown's, SuperCompress's, SourcePrep's, the two-stage engine's -----------------------------------------------


def _scaledown(call: Call) -> Found:
    budget = {name: value for name, value in call.budget.items() if name != "recall"}
    made = ScaleDownCompressor(rate=budget.pop("rate", 1.0))
    result = made.compress(call.passages[0].text, call.query or "", file_path=call.passages[0].source, **budget)
    return Found(
        result.content,
        (Part(0, result.content),) if result.content else (),
        reported=result.metrics.compressed_prompt_tokens,
        ceiling=_asked(call, result.metrics.original_prompt_tokens),
        given=_as_items(call, call.passages[:1]).passages,
        result=result,
    )


@cache
def _made(door: str, counter: str) -> Any:
    if door == "haste":
        return HasteOptimizer(target_model=COUNTERS[counter])
    return SemanticOptimizer(model_name="laconic-static", top_k=3, target_model=COUNTERS[counter])


def _optimizer(door: str, call: Call) -> Found:
    passage = call.passages[0]
    result = _made(door, call.counter).optimize(
        passage.text, call.question, file_path=passage.source, max_tokens=call.most
    )
    return Found(
        result.content,
        (Part(0, result.content, result.spans),) if result.content else (),
        reported=result.metrics.optimized_tokens,
        given=_as_items(call, call.passages[:1]).passages,
        ceiling=call.most,
        count=as_counter(COUNTERS[call.counter]).count,
        result=result,
    )


def _eviction(call: Call) -> Found:
    result = laconic.compress_context(
        call.passages[0].text, call.query or "", call.budget.get("rate", 0.35), counter=COUNTERS[call.counter]
    )
    return Found(
        result.text,
        (Part(0, result.text, result.spans),) if result.text.strip() else (),
        reported=None if result.policy_name == "noop" else result.kept_tokens,
        ceiling=None if result.over_budget or result.policy_name == "noop" else result.budget_tokens,
        count=as_counter(COUNTERS[call.counter]).count,
        result=result,
    )


def _two_stage(call: Call) -> Found:
    engine = laconic.TwoStageEngine(counter=COUNTERS[call.counter])
    result = engine.compress(call.passages[0].text, call.query)
    plain = laconic.TwoStageEngine(counter=COUNTERS[call.counter], threshold=0)
    lossless = plain.compress(call.passages[0].text)
    assert "".join(lossless.expand().split()) == "".join(call.passages[0].text.split()), "aliases lost something"
    count = as_counter(COUNTERS[call.counter]).count
    return Found(result.text, reported=result.tokens, ceiling=result.original_tokens, count=count, result=result)


def _lod(call: Call) -> Found:
    from laconic.lod import LODExtractor

    passage = call.passages[0]
    level = call.most % 6
    piece = LODExtractor().extract(passage.text, level, path=passage.source, language=passage.language)
    return Found(piece.text, reported=piece.output_chars, ceiling=piece.input_chars, count=len, result=piece)


def _assembled(call: Call) -> Found:
    from laconic.lod import assemble_context

    files = [(f"f{at}.{'py' if at % 2 else 'md'}", p.text, at / 3) for at, p in enumerate(call.passages)]
    result = assemble_context(files, 2, max_chars=3 * call.most)
    assert len(result.chunks) + len(result.dropped) == len(files), "a file is neither shown nor named"
    return Found(result.context, ceiling=3 * call.most, count=len, result=result)


@cache
def _steps(name: str) -> tuple[Any, ...]:
    from laconic.lod import LODExtractor

    return {
        "search": (SemanticOptimizer(model_name="laconic-static"), laconic.Compressor(rate=0.7)),
        "levels": (LODExtractor(), laconic.Compressor(rate=0.7)),
        "eviction": (ContextEviction(0.5),),
        "aliases": (laconic.TwoStageEngine(),),
        "nested": (Pipeline([laconic.Compressor(rate=0.7)]), ScaleDownCompressor(rate=0.8)),
    }[name]


def _pipeline(name: str, call: Call) -> Found:
    made = Pipeline(_steps(name), **call.engine)
    result = made.compress(call.passages, call.query, **call.budget)
    return _of_compression(result, call, _asked(call, result.metrics.original_tokens))


def _pipeline_run(call: Call) -> Found:
    made = make_pipeline(*_steps("search"), counter=COUNTERS[call.counter])
    passage = call.passages[0]
    result = made.run(passage.text, query=call.query, max_tokens=call.most, file_path=passage.source)
    count = as_counter(COUNTERS[call.counter]).count
    tokens = result.metrics.compressed_prompt_tokens
    return Found(result.final_content, reported=tokens, ceiling=call.most, count=count, result=result)


# -- messages ---------------------------------------------------------------------------------------------------------


def _chat(call: Call) -> list[dict[str, Any]]:
    ask = {"id": "1", "type": "function", "function": {"name": "read", "arguments": "{}"}}
    first, *rest = (passage.text for passage in call.passages)
    return [
        {"role": "system", "content": "Answer in one sentence."},
        {
            "role": "user",
            "content": [{"type": "text", "text": first}, {"type": "image_url", "image_url": {"url": "x"}}],
        },
        {"role": "assistant", "content": None, "tool_calls": [ask]},
        {"role": "tool", "tool_call_id": "1", "content": "\n\n".join(rest)},
        {"role": "user", "content": call.question},
    ]


def _messages(mode: str, recipe: str, call: Call) -> Found:
    from laconic.messages import MessagePipeline

    given = _chat(call)
    before = copy.deepcopy(given)
    result = MessagePipeline(recipe, mode=mode, threshold_tokens=0, counter=COUNTERS[call.counter]).run(given)
    assert given == before, "the caller's messages were edited"
    assert result.messages[0] == given[0]
    assert result.messages[-1] == given[-1], "the request was changed"
    calls = [each["id"] for message in result.messages for each in message.get("tool_calls") or ()]
    assert calls == [message["tool_call_id"] for message in result.messages if message["role"] == "tool"]
    text = "\n".join(str(message["content"]) for message in result.messages)
    return Found(
        text,
        reported=result.tokens_after,
        ceiling=result.tokens_raw,
        count=lambda _: result.tokens_after,
        result=result.messages,
    )


# -- frameworks -------------------------------------------------------------------------------------------------------

_LEFT_OUT = re.compile(r"\n?\[[^\n]* left out\]\Z")
_ADAPTER = ("max_tokens", "rate", "auto", "several")


def _as_items(call: Call, passages: Sequence[Passage]) -> Call:
    """The call with what a framework's items say of a passage: its text, and where it comes from."""
    return replace_call(call, passages=tuple(Passage(p.text, id=p.id, source=p.source) for p in passages))


def _documents(call: Call) -> list[Any]:
    from langchain_core.documents import Document

    return [
        Document(passage.text, id=f"d{at}", metadata={"source": passage.source or f"s{at}", "nested": {"at": [at]}})
        for at, passage in enumerate(call.passages)
    ]


def _of_items(
    kept: Sequence[tuple[Any, str, Any]],
    given: Sequence[tuple[Any, str, Any]],
    call: Call,
    most: int | None,
    told: str = "laconic",
) -> Found:
    """What adapters give: ``(id, text, metadata)`` of items."""
    places = {id: at for at, (id, _, _) in enumerate(given)}  # noqa: A001
    parts, identity = [], []
    for id, text, metadata in kept:  # noqa: A001
        figures = metadata.get(told) or {}
        spans = figures.get("spans")
        parts.append(Part(places[id], text, None if spans is None else tuple(map(tuple, spans))))
        identity.append(({k: v for k, v in metadata.items() if k != told}, given[places[id]][2]))
    texts = [part.text for part in parts]
    separator, count = call.separator, as_counter(COUNTERS[call.counter]).count
    before = [text for _, text, _ in given]
    original = sum(map(count, before)) if separator is None else count(separator.join(before))
    ceiling = _asked(call, original) if most is None else most
    ceiling = _with_something(ceiling, texts, call)
    return Found(
        "\n\n".join(texts) if separator is None else separator.join(texts),
        tuple(parts),
        ceiling=ceiling,
        count=count,
        result=list(kept),
        identity=tuple(identity),
        given=call.passages,
    )


def _strategy(name: str, call: Call) -> Any:
    return laconic.Compressor(rate=0.8, **call.engine) if name == "object" else name


def _langchain(strategy: str, call: Call) -> Found:
    from langchain_laconic import LaconicCompressor

    budget = {name: value for name, value in call.budget.items() if name != "recall"}
    call = _as_items(call, call.passages)
    documents = _documents(call)
    before = copy.deepcopy(documents)
    made = LaconicCompressor(strategy=_strategy(strategy, call), on_error="raise", **budget, **call.engine)
    kept = made.compress_documents(documents, call.question)
    assert documents == before, "the caller's documents were edited"
    items = [[(each.id, each.page_content, each.metadata) for each in found] for found in (kept, before)]
    return _of_items(items[0], items[1], call, None)


def _transformer(call: Call) -> Found:
    from langchain_laconic import LaconicTransformer

    call = _as_items(replace_call(call, budget={}, counter="o200k_base"), (*call.passages, *call.passages))
    documents = _documents(call)
    before = copy.deepcopy(documents)
    kept = LaconicTransformer(metadata_key="laconic", on_error="raise").transform_documents(documents)
    assert documents == before, "the caller's documents were edited"
    items = [[(each.id, each.page_content, each.metadata) for each in found] for found in (kept, before)]
    return _of_items(items[0], items[1], call, None)


def _middleware(call: Call) -> Found:
    from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

    from langchain_laconic.middleware import CompressToolResultsEdit, as_summarizer

    texts = [passage.text for passage in call.passages]
    talk: list[Any] = [HumanMessage(call.question, id="h")]
    for at, text in enumerate(texts):
        asked = {"name": "read", "args": {}, "id": str(at)}
        talk += [AIMessage("", tool_calls=[asked], id=f"a{at}"), ToolMessage(text, tool_call_id=str(at), id=f"t{at}")]
    given = copy.deepcopy(talk)
    options = {"max_tokens": call.most, "counter": COUNTERS[call.counter], "on_error": "raise"}
    CompressToolResultsEdit(options=options, min_tokens=0).apply(talk, count_tokens=lambda _: 10**9)
    assert [(each.type, each.id) for each in talk] == [(each.type, each.id) for each in given]
    count = as_counter(COUNTERS[call.counter]).count
    results = [(a, b) for a, b in zip(talk, given, strict=True) if a.type == "tool"]
    for after, before in results:
        if after.content != before.content and len(after.content.strip()) > 1:
            assert count(after.content) <= call.most, "a tool result is over its budget"
    as_summarizer(**options).invoke(given)
    parts = tuple(Part(at, _LEFT_OUT.sub("", after.content)) for at, (after, _) in enumerate(results))
    return Found("\n\n".join(part.text for part in parts), parts, count=count, result=[each.content for each in talk])


def _nodes(call: Call) -> list[Any]:
    from llama_index.core.schema import NodeWithScore, TextNode

    return [
        NodeWithScore(
            node=TextNode(
                id_=f"n{at}", text=passage.text, metadata={"file_path": passage.source or f"f{at}", "at": [at]}
            ),
            score=0.5,
        )
        for at, passage in enumerate(call.passages)
    ]


def _llama_index(strategy: str, call: Call) -> Found:
    from llama_index.postprocessor.laconic import LaconicPostprocessor

    budget = {name: value for name, value in call.budget.items() if name != "recall"}
    made = LaconicPostprocessor(
        strategy=_strategy(strategy, call), on_error="raise", metadata_key="laconic", **budget, **call.engine
    )
    call = _as_items(call, [passage for passage in call.passages if passage.text.strip()])
    nodes = _nodes(call)
    before = copy.deepcopy(nodes)
    kept = made.postprocess_nodes(nodes, query_str=call.question)
    assert nodes == before, "the caller's nodes were edited"
    assert all(item.score == 0.5 for item in kept)
    items = [[(each.node.node_id, each.node.text, each.node.metadata) for each in found] for found in (kept, before)]
    return _of_items(items[0], items[1], call, None)


def _node_transform(call: Call) -> Found:
    from llama_index.postprocessor.laconic import LaconicTransform

    given = [passage for passage in (*call.passages, *call.passages) if passage.text.strip()]
    call = _as_items(replace_call(call, budget={}, counter="o200k_base"), given)
    nodes = [item.node for item in _nodes(call)]
    before = copy.deepcopy(nodes)
    kept = LaconicTransform(on_error="raise", metadata_key="laconic")(nodes)
    assert nodes == before, "the caller's nodes were edited"
    items = [[(each.node_id, each.text, each.metadata) for each in found] for found in (kept, before)]
    return _of_items(items[0], items[1], call, None)


def _history(call: Call) -> Found:
    from llama_index.core.base.llms.types import ChatMessage

    from llama_index.postprocessor.laconic import LaconicHistoryBlock

    made = LaconicHistoryBlock(max_tokens=call.most, counter=COUNTERS[call.counter], on_error="raise")

    async def said() -> str:
        await made.aput([ChatMessage(passage.text) for passage in call.passages])
        found: str = await made.aget([ChatMessage(call.question)])
        return found

    text = asyncio.run(said())
    count = as_counter(COUNTERS[call.counter]).count
    lines = text.split("\n")
    bare = len(lines) == 1 and len(lines[0].partition(": ")[2].strip()) <= 1
    return Found(text, ceiling=None if bare else call.most, count=count, result=str(text))


# -- the table --------------------------------------------------------------------------------------------------------

_NO_LIMIT = {"unchanged": "it has no budget", "budget": "it has no budget; its figure is a ceiling of its own"}
_NO_TALE = {
    "accounts": "it does not tell what it dropped",
    "explained": "it explains nothing",
    "twice": "see its engine's rows",
}
_REWRITES = {
    "spans": "it writes of its own: outlines, aliases, cleaned layout",
    "identity": "it takes text alone",
    "parses": "a recipe or an alias is not code",
    "ends": "words are pruned, or renamed",
}
_FOREIGN = {
    "explained": "an adapter hands out no explanation",
    "accounts": "an adapter's items do not tell what is gone",
}
_STEPS = {
    "explained": "a pipeline explains nothing",
    "twice": "its steps take their share again",
    "unchanged": "its steps take their share whatever the budget",
}
_TEXT_ONLY = {"identity": "it takes text alone"}

DOORS: dict[str, Door] = {
    "compress": Door(_compress),
    "compress, hurried": Door(_hurried),
    "compress, lexical": Door(partial(_compress, scorer="lexical"), budgets=("max_tokens", "rate")),
    "compress, hybrid": Door(lambda call: _compress(call, scorer=_hybrid()), budgets=("max_tokens", "rate")),
    "compress, reranker": Door(lambda call: _compress(call, scorer=_reranker()), budgets=("max_tokens", "rate")),
    "Compressor": Door(_instance, exempt={"explained": "not asked for"}),
    "BatchCompressor": Door(_batch, exempt={**_NO_TALE, "identity": "columns have no ids"}),
    "remove_repeats": Door(
        _repeats, exempt={**_NO_LIMIT, "explained": "there are no scores", "twice": "here it gets everything twice"}
    ),
    "ScaleDownCompressor": Door(
        _scaledown,
        {**_NO_TALE, **_TEXT_ONLY, "ends": "words may be pruned"},
        one_text=True,
        counts=False,
        budgets=("max_tokens", "rate", "auto"),
    ),
    "HasteOptimizer": Door(
        partial(_optimizer, "haste"), {**_NO_TALE, **_TEXT_ONLY}, one_text=True, budgets=("max_tokens",), blank=False
    ),
    "SemanticOptimizer": Door(
        partial(_optimizer, "semantic"),
        {**_NO_TALE, **_TEXT_ONLY, "unchanged": "it gives the nearest three parts whatever the budget"},
        one_text=True,
        budgets=("max_tokens",),
        blank=False,
    ),
    "compress_context": Door(
        _eviction,
        {**_NO_TALE, **_TEXT_ONLY, "parses": "it evicts lines of any text", "ends": "it evicts lines"},
        one_text=True,
        budgets=("rate",),
    ),
    "TwoStageEngine": Door(_two_stage, {**_NO_LIMIT, **_NO_TALE, **_REWRITES}, one_text=True),
    "LODExtractor": Door(
        _lod, {**_NO_LIMIT, **_NO_TALE, **_REWRITES, "shorter": "levels count characters"}, one_text=True, counts=False
    ),
    "assemble_context": Door(
        _assembled,
        {**_NO_TALE, **_REWRITES, "unchanged": "it writes heads", "shorter": "it writes heads"},
        counts=False,
        budgets=("max_tokens",),
    ),
    "Pipeline: search": Door(partial(_pipeline, "search"), _STEPS, budgets=("max_tokens", "rate")),
    "Pipeline: levels": Door(partial(_pipeline, "levels"), {**_STEPS, **_REWRITES}, budgets=("max_tokens", "rate")),
    "Pipeline: eviction": Door(
        partial(_pipeline, "eviction"),
        {**_STEPS, "parses": "it evicts lines of any text", "ends": "it evicts lines"},
        budgets=("max_tokens", "rate"),
    ),
    "Pipeline: aliases": Door(partial(_pipeline, "aliases"), {**_STEPS, **_REWRITES}, budgets=("max_tokens", "rate")),
    "Pipeline: nested": Door(
        partial(_pipeline, "nested"), {**_STEPS, "ends": "words may be pruned"}, budgets=("max_tokens", "rate")
    ),
    "Pipeline.run": Door(
        _pipeline_run, {**_STEPS, **_NO_TALE, **_TEXT_ONLY}, one_text=True, budgets=("max_tokens",), blank=False
    ),
    "messages: default": Door(partial(_messages, "strict", "default"), {**_NO_LIMIT, **_NO_TALE, **_REWRITES}),
    "messages: agent-tools": Door(
        partial(_messages, "aggressive", "agent-tools"), {**_NO_LIMIT, **_NO_TALE, **_REWRITES}
    ),
    "messages: code-review": Door(partial(_messages, "strict", "code-review"), {**_NO_LIMIT, **_NO_TALE, **_REWRITES}),
    "LaconicCompressor": Door(partial(_langchain, "auto"), _FOREIGN, budgets=_ADAPTER),
    "LaconicCompressor, prose": Door(
        partial(_langchain, "prose"),
        {**_FOREIGN, "parses": "code is read as prose", "ends": "so are rows"},
        budgets=_ADAPTER,
    ),
    "LaconicCompressor, haste": Door(
        partial(_langchain, "haste"), {**_FOREIGN, **_STEPS}, budgets=("max_tokens", "rate")
    ),
    "LaconicCompressor, semantic": Door(
        partial(_langchain, "semantic"), {**_FOREIGN, **_STEPS}, budgets=("max_tokens", "rate")
    ),
    "LaconicCompressor, lod": Door(
        partial(_langchain, "lod"), {**_FOREIGN, **_STEPS, **_REWRITES}, budgets=("max_tokens", "rate")
    ),
    "LaconicCompressor, two-stage": Door(
        partial(_langchain, "two-stage"), {**_FOREIGN, **_STEPS, **_REWRITES}, budgets=("max_tokens", "rate")
    ),
    "LaconicTransformer": Door(
        _transformer, {**_NO_LIMIT, **_FOREIGN, "twice": "here it gets everything twice"}, counts=False
    ),
    "LaconicMiddleware": Door(_middleware, {**_NO_LIMIT, **_NO_TALE, **_TEXT_ONLY}, budgets=("max_tokens",)),
    "LaconicPostprocessor": Door(partial(_llama_index, "auto"), _FOREIGN, budgets=_ADAPTER),
    "LaconicPostprocessor, object": Door(
        partial(_llama_index, "object"), {**_FOREIGN, **_STEPS}, budgets=("max_tokens", "rate")
    ),
    "LaconicTransform": Door(
        _node_transform, {**_NO_LIMIT, **_FOREIGN, "twice": "here it gets everything twice"}, counts=False
    ),
    "LaconicHistoryBlock": Door(
        _history,
        {**_NO_TALE, **_REWRITES, "unchanged": "it writes who said it", "shorter": "it writes who said it"},
        budgets=("max_tokens",),
    ),
}
"""Every door; what each is exempt from, and why, is part of the table."""
