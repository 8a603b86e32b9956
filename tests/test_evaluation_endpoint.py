"""A model as the judge of `laconic.evaluate`, behind a real server on this machine."""

from __future__ import annotations

import json
import time

import pytest

pytest.importorskip("httpx")

from hosted_server import drips, hangs_up, raw, running_server, slow, status

import laconic
from laconic.evaluation import EndpointJudge, Evaluator
from laconic.exceptions import APIError, AuthenticationError, ConfigurationError

FILLER = "Ferries cross the river every hour, and the market opens when the bells ring. "
ROWS = [
    {"query": f"Who built tower {n}?", "passages": [f"{FILLER * 3}Tower {n} was built by Ada Moreau. {FILLER * 3}"]}
    for n in range(3)
]
KEY = "sk-judge-7c1"


def completion(text):
    return {"choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]}


def answers(handler, payload):
    """A model that finds what stands there, in other words each time."""
    asked = payload["messages"][-1]["content"]
    if asked.startswith("Context:"):
        context = asked.partition("Question:")[0]
        said = "UNKNOWN." if "Moreau" not in context else "Ada Moreau" if FILLER * 3 in context else "a Ms. A. Moreau"
    else:
        said = "Yes" if asked.count("Moreau") == 2 else "No"
    handler.reply(200, completion(said))


@pytest.fixture
def server():
    with running_server() as made:
        made.behaviour = answers
        yield made


def judge(server, **options):
    return EndpointJudge(f"{server.url}/v1", "tiny", **{"sleep": lambda seconds: None, "timeout": 20, **options})


def test_rows_without_labels_are_judged_by_whether_the_answer_changes(server):
    systems = {
        "same": lambda query, passages, max_tokens: f"Tower {query[-2]} was built by Ada Moreau.",
        "lost": lambda query, passages, max_tokens: FILLER,
        "none": lambda query, passages, max_tokens: "",
    }
    found = laconic.evaluate(ROWS, systems, budgets=[0.5], judge=judge(server))
    assert {cell.system: cell.kept for cell in found.cells} == {"same": 1.0, "lost": 0.0, "none": 0.0}
    assert found.judged_by == {"model": 3}
    for path, _, body in server.requests:
        assert path == "/v1/chat/completions"
        assert body["model"] == "tiny"
        assert body["temperature"] == 0
    # the whole, the words of each system's text, and once whether both say the same; nothing for the empty text
    assert len(server.requests) == 4 * len(ROWS)


def test_labelled_answers_are_what_a_reply_is_held_against(server):
    rows = [{**ROWS[0], "answers": ["Ada Moreau"]}, {**ROWS[1], "id": "wrong", "answers": ["Bela"]}]
    found = laconic.evaluate(rows, ["laconic"], budgets=[0.5], judge=judge(server))
    assert found.n == 1
    assert found.left_out == {"the whole context does not answer them": ["wrong"]}


def test_a_key_is_sent_where_one_is_meant_and_nowhere_else(server, monkeypatch):
    monkeypatch.delenv("LACONIC_JUDGE_KEY", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-service")
    laconic.evaluate(ROWS[:1], ["laconic"], budgets=[0.5], judge=judge(server))
    assert "authorization" not in server.requests[-1][1]
    monkeypatch.setenv("LACONIC_JUDGE_KEY", KEY)
    laconic.evaluate(ROWS[:1], ["laconic"], budgets=[0.5], judge=judge(server))
    assert server.requests[-1][1]["authorization"] == f"Bearer {KEY}"
    assert KEY not in repr(judge(server))


@pytest.mark.parametrize("failing", [status(500), status(429, retry_after="0"), hangs_up])
def test_a_moment_of_trouble_is_survived(server, failing):
    server.script = [failing, failing]
    assert laconic.evaluate(ROWS, ["laconic"], budgets=[0.5], judge=judge(server)).n == 3


@pytest.mark.parametrize(
    ("behaviour", "error", "says"),
    [
        (
            status(500, {"error": {"message": f"out of memory, {KEY}"}}),
            APIError,
            r"answered 500 in 3 tries: out of memory, \*\*\*",
        ),
        (status(404), APIError, "answered 404: status 404"),
        (status(401), AuthenticationError, "answered 401.*set LACONIC_JUDGE_KEY"),
        (status(307, location="/elsewhere"), APIError, "answered 307"),
        (hangs_up, APIError, "could not be reached in 3 tries"),
        (raw(b"<html>"), APIError, "no chat completion"),
        (raw(b"[" * 100_000), APIError, "no chat completion"),
        (raw(json.dumps(completion(None)).encode()), APIError, "answered no text but NoneType"),
        (raw(b'{"choices": []}'), APIError, "no chat completion"),
    ],
)
def test_a_judge_that_fails_for_good(server, behaviour, error, says):
    server.behaviour = behaviour
    with pytest.raises(error, match=says):
        laconic.evaluate(ROWS, ["laconic"], judge=judge(server, api_key=KEY))


@pytest.mark.parametrize("behaviour", [slow(5), drips])
def test_a_judge_that_hangs(server, behaviour):
    server.behaviour = behaviour
    began = time.monotonic()
    with pytest.raises(APIError, match=r"did not answer within 0\.3 s: raise timeout="):
        laconic.evaluate(ROWS, ["laconic"], judge=judge(server, timeout=0.3))
    assert time.monotonic() - began < 4  # it waits for one answer, not for as many as there are tries


def test_nobody_listens(server):
    closed = EndpointJudge("http://127.0.0.1:9/v1", "tiny", max_retries=1, sleep=lambda seconds: None)
    with pytest.raises(APIError, match="could not be reached in 2 tries"):
        laconic.evaluate(ROWS, ["laconic"], judge=closed)


def test_finished_rows_stay(server):
    server.script = [answers] * 4
    server.behaviour = status(500)
    evaluator = Evaluator(["laconic"], budgets=[0.9999], judge=judge(server))
    with pytest.raises(APIError):
        evaluator.run(ROWS)
    assert 1 <= evaluator.finished < 3
    assert evaluator.result("500").n == evaluator.finished


@pytest.mark.parametrize(
    ("arguments", "options", "says"),
    [
        (("localhost:8000", "m"), {}, "give an address as http"),
        (("http://", "m"), {}, "give an address"),
        (("http://h/v1", " "), {}, "model is not named"),
        (("http://h/v1", "m"), {"timeout": 0}, "timeout is 0"),
        (("http://h/v1", "m"), {"max_retries": -1}, "max_retries is -1"),
    ],
)
def test_options_that_cannot_work(arguments, options, says):
    with pytest.raises(ConfigurationError, match=says):
        EndpointJudge(*arguments, **options)


def test_the_full_address_of_an_endpoint_is_taken_as_it_is():
    assert EndpointJudge("http://h:1/v1/", "m").url == EndpointJudge("http://h:1/v1/chat/completions", "m").url
