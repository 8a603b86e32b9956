"""Shadow mode: chains get their full context, or the short one, and a share of the calls is recorded with both."""

from __future__ import annotations

import json
import multiprocessing
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import laconic
from laconic._utils.append import append_line
from laconic.chain.options import CompressorOptions
from laconic.chain.shadow import Shadow, recorded_totals
from laconic.chain.testing import QUESTION, SAMPLE
from laconic.exceptions import BudgetError, ConfigurationError, InputError
from laconic.tokens import as_counter
from laconic.types import Passage

TEXTS = [text for _, text, _ in SAMPLE]
FULL = "\n\n".join(TEXTS)
PASSAGES = [Passage(text, id=name, title=f"On {name}", source=f"{name}.txt") for name, text, _ in SAMPLE]
ANSWER = "It is 330 metres high"
LOST = "Painters need seven years"


def rows(path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def failing(text: str) -> int:
    raise RuntimeError(f"broken over {text}")


def attempt(shadow: Shadow, passages: Any = PASSAGES, query: Any = QUESTION, **options: Any) -> Any:
    return CompressorOptions(**{"max_tokens": 40, "shadow": shadow, **options}).attempt(passages, query)


# -- what the chain gets, and what is recorded ------------------------------------------------------------------------


def test_full_context_goes_on_and_both_are_recorded(tmp_path):
    path = tmp_path / "calls.jsonl"
    outcome = attempt(Shadow(path, share=1.0), model="gpt-4o")
    assert (outcome.skipped, outcome.compression) == ("shadow", None)
    plain = laconic.compress(PASSAGES, QUESTION, max_tokens=40, at_least=1)
    [row] = rows(path)
    assert row["query"] == QUESTION
    assert [(each["id"], each["text"], each["title"]) for each in row["passages"]] == [
        (each.id, each.text, each.title) for each in PASSAGES
    ]
    assert row["kept"] == [part.text for part in plain.passages]
    assert "".join(PASSAGES[at].text[start:end] for at, start, end in row["kept_spans"]) == "".join(row["kept"])
    assert row["original_tokens"] == plain.metrics.original_tokens
    assert row["compressed_tokens"] == plain.metrics.compressed_tokens <= 40
    assert row["saved_tokens"] == row["original_tokens"] - row["compressed_tokens"]
    assert (row["door"], row["model"], row["served"], row["error"]) == ("CompressorOptions", "gpt-4o", "full", None)


def test_the_short_context_can_be_served_and_recorded(tmp_path):
    path = tmp_path / "calls.jsonl"
    outcome = attempt(Shadow(path, share=1.0, serve="compressed"))
    assert [part.text for part in outcome.passages] == rows(path)[0]["kept"]
    assert rows(path)[0]["served"] == "compressed"


def test_rows_are_those_of_an_evaluation(tmp_path):
    from laconic.evaluation.rows import read_rows

    path = tmp_path / "calls.jsonl"
    shadow = Shadow(path, share=1.0)
    attempt(shadow)
    attempt(shadow)  # the same call again has a row of its own
    attempt(shadow, query=None, on_missing_query="importance")
    path.write_text("".join(json.dumps({**row, "answers": ["330 metres"]}) + "\n" for row in rows(path)))
    read = read_rows(path).rows
    assert [row.query for row in read] == [QUESTION, QUESTION]
    assert [(passage.text, passage.id) for passage in read[0].passages] == [(each.text, each.id) for each in PASSAGES]
    assert read[0].kept == tuple(rows(path)[0]["kept"])


def test_rows_can_go_to_a_function():
    found: list[Any] = []
    attempt(Shadow(found.append, share=1.0))
    assert json.loads(json.dumps(found[0])) == found[0]
    assert ANSWER in "".join(found[0]["kept"])
    assert LOST not in "".join(found[0]["kept"])


def test_odd_passages_and_questions_are_recorded():
    found: list[Any] = []
    shadow = Shadow(found.append, share=1.0)
    attempt(shadow, [*PASSAGES, Passage("Cut in an emoji \ud83c.", id="\ud83c")])
    attempt(shadow, query=None, on_missing_query="importance")
    attempt(shadow, "\n".join(TEXTS).split("\n"))
    attempt(shadow, [" \n "])
    assert [row["query"] for row in found] == [QUESTION, QUESTION]
    assert found[0]["passages"][-1] == {"id": "\ufffd", "text": "Cut in an emoji \ufffd."}
    assert found[0]["fallback"]
    for row in found:
        json.dumps(row, ensure_ascii=False).encode()
    attempt(shadow, [])
    assert len(found) == 2
    assert shadow.totals.calls == 5
    assert shadow.totals.recorded == 2


# -- the sample -------------------------------------------------------------------------------------------------------


def test_the_content_of_a_call_decides_whether_it_is_recorded():
    found: list[Any] = []
    calls = [([Passage(f"{TEXTS[0]} {number}")], QUESTION) for number in range(400)]
    shadow = Shadow(found.append, share=0.1)
    chosen = [at for at, call in enumerate(calls) if shadow.samples(*call)]
    assert 20 <= len(chosen) <= 60
    assert chosen == [at for at, call in enumerate(calls) if Shadow(found.append, share=0.1).samples(*call)]
    assert chosen != [at for at, call in enumerate(calls) if Shadow(found.append, share=0.1, seed=1).samples(*call)]
    larger = Shadow(found.append, share=0.3)
    assert all(larger.samples(*calls[at]) for at in chosen), "a larger share does not hold a smaller one"
    for at in (chosen[0], next(at for at in range(400) if at not in chosen)) * 2:
        attempt(shadow, *calls[at])
    assert [row["passages"][0]["text"] for row in found] == [calls[chosen[0]][0][0].text] * 2
    assert found[0]["call"] == found[1]["call"]


def test_the_sample_is_the_same_in_another_process():
    program = (
        "from laconic import Passage, Shadow; shadow = Shadow(print, share=0.5); "
        "print([shadow.samples([Passage(f'text {n}')], 'what?') for n in range(30)])"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in "12"
    }
    shadow = Shadow(print, share=0.5)
    assert seen == {f"{[shadow.samples([Passage(f'text {n}')], 'what?') for n in range(30)]}\n"}


def test_calls_out_of_the_sample_are_not_compressed_where_the_full_context_is_served():
    found: list[Any] = []
    shadow = Shadow(found.append, share=1e-9)
    outcome = attempt(shadow, counter=failing, on_error="raise")  # an engine that ran would raise
    assert outcome.skipped == "shadow"
    assert (shadow.totals.calls, shadow.totals.compressed, found) == (1, 0, [])
    assert attempt(Shadow(found.append, share=1e-9, serve="compressed")).compression is not None
    assert not found


# -- totals -----------------------------------------------------------------------------------------------------------


def test_totals_are_those_of_the_rows(tmp_path):
    path = tmp_path / "calls.jsonl"
    shadow = Shadow(path, share=1.0, prices={"gpt-4o": 2.5})
    for budget in (20, 40, 60):
        attempt(shadow, max_tokens=budget, model="gpt-4o")
    attempt(shadow, max_tokens=40, model="gpt-4")
    totals, written = shadow.totals, rows(path)
    assert (totals.calls, totals.compressed, totals.recorded, totals.failed) == (4, 4, 4, 0)
    assert totals.saved_tokens == sum(row["saved_tokens"] for row in written) > 0
    assert totals.saved_money == pytest.approx(sum(row["saved_tokens"] for row in written[:3]) * 2.5 / 1e6)
    assert "saved_money" not in written[3]
    assert recorded_totals(path) == totals
    assert recorded_totals(path, prices=1.0).saved_money == pytest.approx(totals.saved_tokens / 1e6)
    assert recorded_totals(path, prices={"other": 1.0}).saved_money is None
    assert f"{totals.saved_money:,.2f}" in str(totals)
    path.write_text(path.read_text() + "cut of")
    with pytest.raises(InputError, match="line 5 of"):
        recorded_totals(path)
    with pytest.raises(InputError, match="cannot be read"):
        recorded_totals(tmp_path / "none.jsonl")


# -- redaction --------------------------------------------------------------------------------------------------------


def test_nothing_is_recorded_that_was_not_redacted(tmp_path):
    path = tmp_path / "calls.jsonl"
    given = [Passage(f"{text} The tower belongs to Ada.", title="Ada's", source="ada/Ada.txt") for text in TEXTS]
    shadow = Shadow(path, share=1.0, redact=lambda text: text.replace("Ada", "[name]"))
    attempt(shadow, given, "How high is the tower of Ada?")
    assert "Ada" not in path.read_text()
    [row] = rows(path)
    assert row["query"] == "How high is the tower of [name]?"
    assert row["passages"][0]["title"] == "[name]'s"
    assert "[name]" in "".join(row["kept"])
    assert "kept_spans" not in row, "they are of the text as it was"


def test_a_redaction_that_fails_records_nothing(caplog):
    found: list[Any] = []

    def broken(text):
        raise ValueError(f"cannot redact {text}")

    for redact in (broken, len):
        shadow = Shadow(found.append, share=1.0, redact=redact)
        assert attempt(shadow).skipped == "shadow"
        assert (shadow.totals.lost, shadow.totals.recorded, found) == (1, 0, [])
    assert "not recorded: ValueError" in caplog.text
    assert "tower" not in caplog.text


# -- what fails -------------------------------------------------------------------------------------------------------


def test_a_record_that_fails_breaks_no_chain(tmp_path, caplog):
    def broken(row):
        raise OSError(row["query"])

    shadow = Shadow(broken, share=1.0, serve="compressed")
    assert attempt(shadow, on_error="raise").compression is not None
    path = tmp_path / "folder" / "calls.jsonl"
    path.parent.mkdir()
    gone = Shadow(path, share=1.0)
    path.unlink()
    path.parent.rmdir()
    assert attempt(gone, on_error="raise").skipped == "shadow"
    assert shadow.totals.lost == gone.totals.lost == 1
    assert caplog.text.count("was not recorded: ") == 2
    assert QUESTION not in caplog.text


@pytest.mark.parametrize("on_error", ["passthrough", "raise"])
def test_an_engine_that_fails_in_the_shadow_is_recorded(on_error):
    found: list[Any] = []
    shadow = Shadow(found.append, share=1.0)
    assert attempt(shadow, counter=failing, on_error=on_error).skipped == "shadow"
    [row] = found
    assert row["error"] == "RuntimeError"
    assert row["kept"] == TEXTS
    assert "saved_tokens" not in row
    assert (shadow.totals.failed, shadow.totals.compressed, shadow.totals.recorded) == (1, 0, 1)


def test_an_engine_that_fails_where_it_serves_does_what_on_error_says():
    found: list[Any] = []
    shadow = Shadow(found.append, share=1.0, serve="compressed")
    with pytest.raises(RuntimeError):
        attempt(shadow, counter=failing, on_error="raise")
    assert isinstance(attempt(shadow, counter=failing).error, RuntimeError)
    assert [row["error"] for row in found] == ["RuntimeError"]


def test_the_callers_mistakes_are_his():
    shadow = Shadow(print, share=1.0)
    with pytest.raises(InputError, match="there is no query"):
        attempt(shadow, query=None)
    with pytest.raises(BudgetError):
        CompressorOptions(shadow=shadow).attempt(PASSAGES, QUESTION, max_tokens=0)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"share": 0}, "0 < share"),
        ({"share": True}, "0 < share"),
        ({"share": float("nan")}, "0 < share"),
        ({"serve": "none"}, "serve"),
        ({"prices": -1.0}, "prices"),
        ({"prices": {"gpt-4o": "2"}}, "prices"),
        ({"redact": "names"}, "redact"),
        ({"seed": 0.5}, "seed"),
        ({"record": 3}, "record"),
        ({"record": "no/such/folder/calls.jsonl"}, "cannot be written"),
    ],
)
def test_options_that_cannot_work_are_refused(options, says):
    with pytest.raises(ConfigurationError, match=says):
        Shadow(**{"record": print, **options})


def test_a_shadow_travels_and_begins_anew(tmp_path):
    shadow = Shadow(tmp_path / "calls.jsonl", share=1.0, serve="compressed", prices=2.0, seed=7)
    attempt(shadow)
    again = pickle.loads(pickle.dumps(shadow))  # noqa: S301 - our own bytes
    assert (again.share, again.serve, again.prices, again.seed) == (1.0, "compressed", 2.0, 7)
    assert again.totals.calls == 0
    attempt(again)
    assert len(rows(tmp_path / "calls.jsonl")) == 2
    with pytest.raises(ValueError, match="shadow"):
        CompressorOptions(shadow="calls.jsonl")


# -- lines of one file ------------------------------------------------------------------------------------------------


def _append_many(path: str, name: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        for number in range(40):
            pool.submit(append_line, path, f"{name} {number} ".encode() + b"x" * (200_000 if number % 10 == 0 else 50))


def test_lines_of_threads_and_processes_stay_whole(tmp_path):
    path = str(tmp_path / "lines")
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_append_many, args=(path, name)) for name in "abc"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    with open(path) as file:
        lines = [line.rstrip("x\n") for line in file]
    assert sorted(lines) == sorted(f"{name} {number} " for name in "abc" for number in range(40))


def test_a_line_that_was_cut_off_costs_no_other(tmp_path):
    path = tmp_path / "lines"
    path.write_bytes(b"one\ntw")
    append_line(str(path), b"three")
    assert path.read_bytes() == b"one\ntw\nthree\n"


@pytest.mark.skipif(os.name == "nt", reason="files have other rights there")
def test_what_is_recorded_is_its_owners(tmp_path):
    attempt(Shadow(tmp_path / "calls.jsonl", share=1.0))
    assert (tmp_path / "calls.jsonl").stat().st_mode & 0o077 == 0


# -- chains of the frameworks -----------------------------------------------------------------------------------------


def test_a_chain_of_langchain_has_its_full_prompt():
    pytest.importorskip("langchain_core")
    from langchain_core.documents import Document
    from langchain_core.language_models import FakeListChatModel
    from langchain_core.prompts import ChatPromptTemplate
    from langchain_core.runnables import RunnableLambda, RunnablePassthrough

    from langchain_laconic import LaconicCompressor

    documents = [Document(text, id=name, metadata=metadata) for name, text, metadata in SAMPLE]
    prompts: list[str] = []
    found: list[Any] = []

    def chain(step):
        return (
            {"context": RunnableLambda(lambda _: documents), "question": RunnablePassthrough()}
            | step
            | ChatPromptTemplate.from_template("{context}\n\n{question}")
            | RunnableLambda(lambda prompt: prompts.append(prompt.to_string()) or prompt)
            | FakeListChatModel(responses=["330 metres."])
        )

    options = {"max_tokens": 40, "output": "text"}
    assert chain(LaconicCompressor(shadow=Shadow(found.append, share=1.0), **options)).invoke(QUESTION).text
    chain(LaconicCompressor(shadow=Shadow(found.append, share=1.0, serve="compressed"), **options)).invoke(QUESTION)
    full, short = prompts
    assert full == f"Human: {FULL}\n\n{QUESTION}"
    assert ANSWER in short
    assert LOST not in short
    assert [row["served"] for row in found] == ["full", "compressed"]
    for row in found:
        assert row["door"] == "LaconicCompressor"
        assert [(each["id"], each["text"]) for each in row["passages"]] == [(name, text) for name, text, _ in SAMPLE]
        assert short == "Human: {}\n\n{}".format("\n\n".join(row["kept"]), QUESTION)
        assert as_counter("gpt-4o").count("\n\n".join(row["kept"])) == row["compressed_tokens"] <= 40


async def test_a_retriever_of_langchain_hands_out_whole_documents():
    pytest.importorskip("langchain_classic")
    from langchain_classic.retrievers import ContextualCompressionRetriever
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever

    from langchain_laconic import LaconicCompressor

    class Stored(BaseRetriever):
        def _get_relevant_documents(self, query, *, run_manager):
            return [Document(text, id=name) for name, text, _ in SAMPLE]

    shadow = Shadow(lambda row: None, share=1.0)
    compressor = LaconicCompressor(max_tokens=40, shadow=shadow)
    found = await ContextualCompressionRetriever(base_compressor=compressor, base_retriever=Stored()).ainvoke(QUESTION)
    assert found == Stored().invoke(QUESTION)
    assert shadow.totals.recorded == 1


def test_an_agent_of_langchain_reads_whole_tool_results():
    pytest.importorskip("langchain")
    from langchain.agents import create_agent
    from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
    from langchain_core.messages import AIMessage, ToolMessage

    from langchain_laconic.middleware import LaconicMiddleware

    class Model(GenericFakeChatModel):
        def bind_tools(self, tools, **kwargs):
            return self

    def search(words: str) -> str:
        """Search."""
        return FULL * 3

    found: list[Any] = []
    for serve in ("full", "compressed"):
        call = AIMessage("", tool_calls=[{"name": "search", "args": {"words": "tower"}, "id": "1"}])
        middleware = LaconicMiddleware(max_tokens=60, shadow=Shadow(found.append, share=1.0, serve=serve))
        agent = create_agent(
            Model(messages=iter([call, AIMessage("330 metres.")])), tools=[search], middleware=[middleware]
        )
        messages = agent.invoke({"messages": [("user", QUESTION)]})["messages"]
        [result] = [message for message in messages if isinstance(message, ToolMessage)]
        assert (result.content == FULL * 3) == (serve == "full")
    assert [row["door"] for row in found] == ["LaconicMiddleware"] * 2
    assert found[0]["kept"] == found[1]["kept"]


@pytest.mark.parametrize("is_async", [False, True])
async def test_a_query_engine_of_llama_index_has_its_full_context(is_async):
    pytest.importorskip("llama_index.core")
    from llama_index.core.base.base_retriever import BaseRetriever
    from llama_index.core.query_engine import RetrieverQueryEngine
    from llama_index.core.schema import NodeWithScore, TextNode
    from llama_index_support import ScriptedLLM

    from llama_index.postprocessor.laconic import LaconicPostprocessor

    class Stored(BaseRetriever):
        def _retrieve(self, query_bundle):
            return [NodeWithScore(node=TextNode(id_=name, text=text), score=0.5) for name, text, _ in SAMPLE]

    found: list[Any] = []
    prompts = []
    for serve in ("full", "compressed"):
        llm = ScriptedLLM(script=["330 metres."])
        postprocessor = LaconicPostprocessor(max_tokens=40, shadow=Shadow(found.append, share=1.0, serve=serve))
        engine = RetrieverQueryEngine.from_args(Stored(), llm=llm, node_postprocessors=[postprocessor])
        response = await engine.aquery(QUESTION) if is_async else engine.query(QUESTION)
        assert str(response) == "330 metres."
        prompts.append("\n".join(message.content for message in llm.seen[0]))
        texts = [node.node.text for node in response.source_nodes]
        assert texts == (TEXTS if serve == "full" else found[-1]["kept"])
    assert all(text in prompts[0] for text in TEXTS)
    assert ANSWER in prompts[1]
    assert LOST not in prompts[1]
    assert [row["door"] for row in found] == ["LaconicPostprocessor"] * 2
    assert [each["id"] for each in found[0]["passages"]] == [name for name, _, _ in SAMPLE]
