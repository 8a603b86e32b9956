"""Every door reports each of its calls once: to counters, spans, metrics, the log and listeners, and no text to any."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field
from itertools import count
from threading import Thread
from typing import Any

import pytest

pytest.importorskip("tree_sitter")
pytest.importorskip("langchain")
pytest.importorskip("llama_index.core")
pytest.importorskip("opentelemetry.sdk")

from doors import COUNTERS, DOORS, Call
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import laconic
from laconic import telemetry
from laconic.compressor import ScaleDownCompressor
from laconic.messages import MessagePipeline, Telemetry
from laconic.messages import stats as stored
from laconic.types import Passage

SECRET = "hippopotamus"
TEXTS = (
    f"The tower is 330 metres high, said the {SECRET}. It was built by 1889. Visitors come in summer, when the queues "
    "are long and tickets are soon sold out. Nobody remembers the colour of its roof.",
    f"The bridge is 155 metres long. Painters need seven years for one coat of paint. A {SECRET} lives below it.",
)
QUESTION = f"How high is the tower of the {SECRET}?"
CODE = "def tower(x):\n    return x + 330\n\n\ndef bridge(y):\n    return y + 155\n"


class _Breaking(SpanProcessor):
    """Of the kind that somebody hangs into his own program."""

    is_broken = False

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        if self.is_broken:
            raise RuntimeError(SECRET)

    def on_end(self, span: Any) -> None:
        self.on_start(span)


class _Collected(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@dataclass
class Watch:
    """All that hears of calls."""

    exporter: InMemorySpanExporter
    reader: InMemoryMetricReader
    breaking: _Breaking
    log: _Collected = field(default_factory=_Collected)
    reports: list[telemetry.CallReport] = field(default_factory=list)
    metrics_before: dict[tuple[str, str], float] = field(default_factory=dict)

    @property
    def spans(self) -> list[Any]:
        return [span for span in self.exporter.get_finished_spans() if span.name.startswith("laconic ")]

    def sums(self) -> dict[tuple[str, str], float]:
        """What each counter has grown by for each door since the watch began."""
        now = self.read()
        return {key: value - self.metrics_before.get(key, 0) for key, value in now.items()}

    def read(self) -> dict[tuple[str, str], float]:
        found: Counter[tuple[str, str]] = Counter()
        data = self.reader.get_metrics_data()
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    for point in metric.data.data_points:
                        value = getattr(point, "value", None)
                        name = metric.name if value is not None else f"{metric.name}.count"
                        found[name, point.attributes["laconic.door"]] += point.count if value is None else value
        return dict(found)

    def all_of_it(self) -> str:
        """Everything that went out."""
        told = [repr(vars(record)) + record.getMessage() for record in self.log.records]
        told += [span.to_json() for span in self.spans]
        told += [repr(report) for report in self.reports]
        data = self.reader.get_metrics_data()
        return "\n".join([*told, data.to_json() if data else ""])


@pytest.fixture(scope="module")
def sdk() -> Iterator[Watch]:
    """A program's own SDK, set up once as programs do."""
    watch = Watch(InMemorySpanExporter(), InMemoryMetricReader(), _Breaking())
    tracers, meters = TracerProvider(), MeterProvider([watch.reader])
    tracers.add_span_processor(SimpleSpanProcessor(watch.exporter))
    tracers.add_span_processor(watch.breaking)
    trace.set_tracer_provider(tracers)
    metrics.set_meter_provider(meters)
    yield watch
    tracers.shutdown()
    meters.shutdown()


@pytest.fixture
def watch(sdk: Watch) -> Iterator[Watch]:
    sdk.exporter.clear()
    sdk.reports, sdk.log.records = [], []
    sdk.metrics_before = sdk.read()
    telemetry.reset()
    end = telemetry.subscribe(sdk.reports.append)
    logger = logging.getLogger("laconic.calls")
    logger.addHandler(sdk.log)
    logger.setLevel(logging.INFO)
    yield sdk
    end()
    logger.removeHandler(sdk.log)
    logger.setLevel(logging.NOTSET)


def expected(row: str) -> Counter[str]:
    """The doors that a row of the table of doors calls, and how often."""
    own = row.partition(",")[0].partition(":")[0]
    several = {
        "Compressor": {"Compressor": 3},  # a batch of two, and one awaited
        "TwoStageEngine": {"TwoStageEngine": 2},
        "Pipeline.run": {"Pipeline": 1},
        "messages": {"MessagePipeline": 1},
        "LaconicMiddleware": {"LaconicMiddleware": len(TEXTS), "as_summarizer": 1},
    }
    return Counter(several.get(own, {own: 1}))


def call(**changes: Any) -> Call:
    passages = tuple(Passage(text, id=str(at)) for at, text in enumerate(TEXTS))
    return Call(**{"passages": passages, "query": QUESTION, "budget": {"max_tokens": 25}, **changes})


def for_door(row: str) -> Call:
    budget = {"max_tokens": 25} if "max_tokens" in DOORS[row].budgets else {"rate": 0.5}
    if "Optimizer" in row or row == "LODExtractor":
        return call(passages=(Passage(CODE, source="tower.py"),), budget=budget)
    return call(budget=budget)


@pytest.mark.parametrize("row", DOORS)
def test_each_call_of_a_door_is_reported_once_and_everywhere(row, watch):
    DOORS[row].run(for_door(row))
    wanted = expected(row)
    assert Counter(report.door for report in watch.reports) == wanted
    assert Counter(span.attributes["laconic.door"] for span in watch.spans) == wanted
    assert Counter(record.laconic_door for record in watch.log.records) == wanted
    assert {each.door: each.calls for each in laconic.stats().doors} == wanted
    sums = watch.sums()
    for each in laconic.stats().doors:
        assert each.failures == sums.get(("laconic.failures", each.door), 0) == 0
        assert each.calls == sums["laconic.calls", each.door] == sums["laconic.call.duration.count", each.door]
        assert each.tokens_in == sums.get(("laconic.tokens.input", each.door), 0)
        assert each.tokens_out == sums.get(("laconic.tokens.output", each.door), 0)
        assert each.tokens_saved == sums.get(("laconic.tokens.saved", each.door), 0)
        assert each.characters_in == sums.get(("laconic.characters.input", each.door), 0)
        assert each.tokens_in + each.characters_in > 0
        assert each.tokens_saved == each.tokens_in - each.tokens_out
    for span, report in zip(watch.spans, watch.reports, strict=True):
        assert dict(span.attributes) == report.attributes()
        assert span.status.is_ok or span.status.is_unset
    assert SECRET not in watch.all_of_it()


BAD = {
    "ScaleDownCompressor": {"passages": (Passage(f"{SECRET} \ud83c"),)},
    "LODExtractor": {"budget": {"max_tokens": 0.5}},
    "assemble_context": {"budget": {"max_tokens": 0}},
    "LaconicTransformer": {"passages": (Passage(f"{SECRET} \ud83c", id="0"),)},
    "LaconicTransform": {"passages": (Passage(f"{SECRET} \ud83c", id="0"),)},
}
"""What fails where the caller does not choose the counter."""


def failing(text: str) -> int:
    raise RuntimeError(f"broken over {text}")


@pytest.mark.parametrize("row", DOORS)
def test_a_call_that_fails_is_reported_once(row, watch, monkeypatch):
    monkeypatch.setitem(COUNTERS, "failing", failing)
    bad = BAD.get(row, {"counter": "failing", "budget": for_door(row).budget, "passages": for_door(row).passages})
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever it is, and the next line says what must be told of it
        DOORS[row].run(call(**bad))
    [report] = [each for each in watch.reports if each.outcome == "failed"]
    assert report.door in expected(row)
    assert report.figures.error in ("RuntimeError", "InputError", "ConfigurationError", "BudgetError")
    [span] = [each for each in watch.spans if not each.status.is_ok and not each.status.is_unset]
    assert span.attributes["error.type"] == report.figures.error
    assert not span.events, "an exception was recorded: what it says may be a text"
    assert laconic.stats().failures == watch.sums()["laconic.failures", report.door] == 1
    assert len(watch.reports) == len(watch.spans) == len(watch.log.records) == laconic.stats().calls
    assert SECRET not in watch.all_of_it()


@pytest.mark.parametrize("row", ["LaconicCompressor", "LaconicPostprocessor"])
@pytest.mark.parametrize("on_error", ["passthrough", "truncate"])
def test_a_failure_that_goes_on_is_reported_as_one(row, on_error, watch):
    given = [{"text": text} for text in TEXTS]
    if row == "LaconicCompressor":
        from langchain_core.documents import Document

        from langchain_laconic import LaconicCompressor

        made = LaconicCompressor(max_tokens=20, counter=failing, on_error=on_error)
        kept = made.compress_documents([Document(each["text"]) for each in given], QUESTION)
    else:
        from llama_index.core.schema import NodeWithScore, TextNode

        from llama_index.postprocessor.laconic import LaconicPostprocessor

        made = LaconicPostprocessor(max_tokens=20, counter=failing, on_error=on_error)
        kept = made.postprocess_nodes([NodeWithScore(node=TextNode(text=t["text"])) for t in given], query_str=QUESTION)
    assert kept
    [report] = watch.reports
    assert (report.door, report.outcome, report.figures.error) == (row, "failed", "RuntimeError")
    assert (report.figures.tokens_out is None) == (on_error == "passthrough")
    assert len(watch.spans) == laconic.stats().failures == 1


def test_fallbacks_are_counted_and_what_they_say_is_not_told(watch):
    def broken(query, texts):
        raise RuntimeError(SECRET)

    result = laconic.compress(TEXTS, QUESTION, max_tokens=20, scorer=laconic.Reranker(broken))
    assert SECRET in result.metrics.fallback
    laconic.compress_context(TEXTS[0], "")
    assert [report.figures.is_fallback for report in watch.reports] == [True, True]
    assert [span.attributes["laconic.fallback"] for span in watch.spans] == [True, True]
    assert {each.door: each.fallbacks for each in laconic.stats().doors} == {"compress": 1, "compress_context": 1}
    assert SECRET not in watch.all_of_it()


def test_what_a_call_came_to_is_told(watch):
    laconic.compress(TEXTS, QUESTION, max_tokens=20)
    laconic.compress(TEXTS, QUESTION, max_tokens=2000)
    compress, whole = watch.reports
    assert (compress.outcome, whole.outcome) == ("compressed", "unchanged")
    assert compress.figures.budget == 20
    assert compress.figures.counter == "o200k_base"
    assert compress.seconds > 0
    laconic.compress(TEXTS, QUESTION, max_tokens=20, timeout_ms=laconic.Deadline(1, clock=count(0, 10).__next__))
    assert watch.reports[-1].figures.is_late
    assert watch.reports[-1].figures.is_fallback
    assert [span.attributes.get("laconic.timed_out") for span in watch.spans] == [None, None, True]


def test_a_batch_over_one_span_counts_each(watch):
    made = ScaleDownCompressor(rate=0.5)
    made.compress(list(TEXTS), QUESTION)
    asyncio.run(made.acompress(list(TEXTS), QUESTION))
    assert [report.door for report in watch.reports] == ["ScaleDownCompressor"] * 4
    assert len(watch.spans) == 2
    for span in watch.spans:
        assert (
            span.attributes["laconic.tokens.saved"]
            == sum(r.figures.tokens_in - r.figures.tokens_out for r in watch.reports) / 2
        )


# -- context ----------------------------------------------------------------------------------------------------------


def test_the_span_is_a_child_of_the_callers(watch):
    """In the caller's thread, in the worker thread of what is awaited, and in a thread that got the context."""
    engine = laconic.Compressor(max_tokens=20)
    tracer = trace.get_tracer("caller")
    with tracer.start_as_current_span("outer") as outer:
        engine.compress(TEXTS, QUESTION)
        assert trace.get_current_span() is outer
        with suppress(laconic.exceptions.LaconicError):
            engine.compress(3, QUESTION)
        assert trace.get_current_span() is outer

        async def awaited() -> None:
            await asyncio.gather(*(engine.acompress(TEXTS, QUESTION) for _ in range(3)))
            assert trace.get_current_span() is outer

        asyncio.run(awaited())
        thread = Thread(target=copy_context().run, args=(engine.compress, TEXTS, QUESTION))
        thread.start()
        thread.join()
    assert len(watch.spans) == 6
    assert {span.parent.span_id for span in watch.spans} == {outer.get_span_context().span_id}


def test_tasks_beside_each_other_have_their_own_parents(watch):
    engine = laconic.Compressor(max_tokens=20)
    tracer = trace.get_tracer("caller")
    parents = []

    async def one(number: int) -> None:
        with tracer.start_as_current_span(f"outer {number}") as outer:
            parents.append(outer.get_span_context().span_id)
            await engine.acompress(TEXTS, QUESTION)

    async def all_of_them() -> None:
        await asyncio.gather(*map(one, range(5)))

    asyncio.run(all_of_them())
    assert sorted(span.parent.span_id for span in watch.spans) == sorted(parents)


async def test_frameworks_worker_threads_have_the_callers_span(watch):
    from langchain_core.documents import Document
    from llama_index.core.schema import NodeWithScore, TextNode

    from langchain_laconic import LaconicCompressor
    from llama_index.postprocessor.laconic import LaconicPostprocessor

    with trace.get_tracer("caller").start_as_current_span("outer") as outer:
        await LaconicCompressor(max_tokens=20).acompress_documents([Document(text) for text in TEXTS], QUESTION)
        nodes = [NodeWithScore(node=TextNode(text=text)) for text in TEXTS]
        await LaconicPostprocessor(max_tokens=20).apostprocess_nodes(nodes, query_str=QUESTION)
    assert [span.attributes["laconic.door"] for span in watch.spans] == ["LaconicCompressor", "LaconicPostprocessor"]
    assert {span.parent.span_id for span in watch.spans} == {outer.get_span_context().span_id}


def test_calls_of_a_callback_belong_to_the_call(watch):
    """And what it starts and leaves running is reported again once the call has ended."""
    threads = []

    def scores(query, texts):
        laconic.compress(TEXTS, QUESTION, max_tokens=10)
        context = copy_context()
        threads.append(context)
        return [1.0] * len(texts)

    laconic.compress(TEXTS, QUESTION, max_tokens=20, scorer=laconic.Reranker(scores))
    assert [report.door for report in watch.reports] == ["compress"]
    threads[0].run(laconic.compress, TEXTS, QUESTION, max_tokens=20)
    assert len(watch.reports) == 2


def test_unreported_is_unreported(watch):
    with telemetry.unreported():
        laconic.compress(TEXTS, QUESTION, max_tokens=20)
    assert not watch.reports
    laconic.compress(TEXTS, QUESTION, max_tokens=20)
    assert len(watch.reports) == len(watch.spans) == 1


# -- listeners and what is hung into them -----------------------------------------------------------------------------


def test_what_listens_and_raises_costs_no_call(watch, caplog):
    def angry(report):
        raise RuntimeError(SECRET)

    wanted = laconic.compress(TEXTS, QUESTION, max_tokens=20).text
    end = telemetry.subscribe(angry)
    watch.breaking.is_broken = True
    try:
        assert laconic.compress(TEXTS, QUESTION, max_tokens=20).text == wanted
        assert not trace.get_current_span().get_span_context().is_valid
    finally:
        watch.breaking.is_broken = False
        end()
    assert [report.door for report in watch.reports] == ["compress", "compress"]
    assert "a listener of laconic.telemetry failed: RuntimeError" in caplog.text
    assert SECRET not in caplog.text
    laconic.compress(TEXTS, QUESTION, max_tokens=20)
    assert caplog.text.count("a listener") == 1


def test_a_file_of_telemetry_takes_every_door(tmp_path, watch):
    path = tmp_path / "calls.sqlite"
    with Telemetry(path) as kept:
        end = telemetry.subscribe(kept)
        laconic.compress(TEXTS, QUESTION, max_tokens=20)
        ScaleDownCompressor(rate=0.5).compress(TEXTS[0], QUESTION)
        with suppress(laconic.exceptions.LaconicError):
            laconic.compress(3)
        end()
        MessagePipeline(mode="strict", telemetry=kept).run([{"role": "user", "content": TEXTS[0]}])
        laconic.compress(TEXTS, QUESTION, max_tokens=20)
    groups = {group.recipe: (group.mode, group.calls) for group in stored(path).groups}
    assert groups == {"compress": ("compressed", 1), "ScaleDownCompressor": ("compressed", 1), "default": ("strict", 1)}


def test_totals_can_be_read(watch):
    assert str(laconic.stats()).startswith("Calls:  0 ")
    laconic.compress(TEXTS, QUESTION, max_tokens=20)
    found = laconic.stats()
    assert found.savings_percent == found.doors[0].savings_percent > 0
    assert "compress: 1 calls" in str(found)
    telemetry.reset()
    assert laconic.stats().calls == 0


def test_threads_count_every_call(watch):
    engine = laconic.Compressor(max_tokens=2000)

    def many() -> None:
        for _ in range(50):
            engine.compress(TEXTS, QUESTION)

    threads = [Thread(target=many) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert laconic.stats().calls == watch.sums()["laconic.calls", "Compressor"] == 400


# -- processes --------------------------------------------------------------------------------------------------------


def ran(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    return done.stdout


CALL = "import sys, laconic; laconic.compress('The tower is high. It is old.', 'How old?', max_tokens=5); "


def test_the_api_is_never_the_first_to_be_imported_from_here():
    assert ran(CALL + "print([name for name in sys.modules if name.startswith('opentelemetry')])") == "[]\n"


def test_an_api_without_an_sdk_does_nothing():
    assert ran("from opentelemetry import trace, metrics; " + CALL + "print(laconic.stats().calls)") == "1\n"


def test_a_broken_api_costs_nothing():
    program = "import sys, types; sys.modules['opentelemetry'] = types.ModuleType('opentelemetry'); "
    assert ran(program + CALL + "print(laconic.stats().calls)") == "1\n"


def test_an_sdk_that_the_environment_names_is_found():
    program = (
        "import os; os.environ['OTEL_PYTHON_TRACER_PROVIDER'] = 'sdk_tracer_provider'; "
        + CALL
        + "from opentelemetry import trace; print(type(trace.get_tracer_provider()).__module__)"
    )
    assert ran(program) == "opentelemetry.sdk.trace\n"


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="there is no fork here")
def test_a_forked_child_counts_its_own_calls():
    program = (
        CALL + "import os; child = os.fork() or (laconic.compress('a'), laconic.compress('b'), "
        "os._exit(laconic.stats().calls)); print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), "
        "laconic.stats().calls)"
    )
    assert ran(program) == "2 1\n"
