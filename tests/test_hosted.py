"""The hosted backend against a real server on this machine: what is sent, what comes back, and every way to fail."""

from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest
from hosted_server import (
    KEY,
    Server,
    answer,
    drips,
    hangs_up,
    hangs_up_halfway,
    raw,
    reply,
    running_server,
    slow,
    status,
    works,
)

from laconic.compressor import ScaleDownCompressor
from laconic.exceptions import APIError, AuthenticationError, BudgetError, ConfigurationError, ScaleDownError
from laconic.tokens import counter_for

CONTEXT = "The tower was built in 1889. It is 324 metres high. Many people visit it every year. It stands in Paris."
PROMPT = "How high is the tower?"

httpx = pytest.importorskip("httpx")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SCALEDOWN_API_KEY", "SCALEDOWN_API_URL", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[Server]:
    with running_server() as running:
        yield running


def hosted(server: Server, **options: Any) -> ScaleDownCompressor:
    settings = {"api_key": KEY, "backend": "api", "api_url": server.url, "backoff": 0.001, "timeout": 5.0} | options
    return ScaleDownCompressor(**settings)


async def compress(compressor: ScaleDownCompressor, asynchronous: bool, *arguments: Any, **options: Any) -> Any:
    """The same call through either door."""
    if asynchronous:
        return await compressor.acompress(*arguments, **options)
    return compressor.compress(*arguments, **options)


def shown(error: BaseException) -> str:
    """Everything that a program may print of an error."""
    return "".join(traceback.format_exception(type(error), error, error.__traceback__)) + repr(error) + str(error.args)


# -- what is sent -------------------------------------------------------------------------------------------------


def test_the_request_is_the_documented_one(server: Server) -> None:
    compressor = hosted(
        server, target_model="gpt-4o-mini", rate=0.4, temperature=0.5, preserve_keywords=True, preserve_words=["Paris"]
    )
    compressor.compress(CONTEXT, PROMPT, max_tokens=500)
    path, headers, body = server.requests[0]
    assert path == "/compress/raw"
    assert headers["x-api-key"] == KEY
    assert headers["content-type"] == "application/json"
    assert body == {
        "context": CONTEXT,
        "prompt": PROMPT,
        "model": "gpt-4o-mini",
        "scaledown": {
            "rate": 0.4,
            "temperature": 0.5,
            "preserve_keywords": True,
            "preserve_words": ["Paris"],
            "max_tokens": 500,
        },
    }


def test_nothing_else_leaves_the_machine(server: Server) -> None:
    compressor = hosted(server, seed=7)
    compressor.compress(CONTEXT, PROMPT, file_path="/home/someone/private.txt", query="another", seed=3)
    _, headers, body = server.requests[0]
    assert body == {
        "context": CONTEXT,
        "prompt": PROMPT,
        "model": "gpt-4o",
        "scaledown": {"rate": "auto", "preserve_keywords": False},
    }
    assert "someone" not in str(headers)


def test_other_keywords_of_a_call_go_into_the_payload(server: Server) -> None:
    compressor = hosted(server)
    compressor.compress(CONTEXT, PROMPT, session="abc", model="gpt-4o-mini", scaledown={"mode": "fast"})
    assert server.requests[0][2] == {
        "context": CONTEXT,
        "prompt": PROMPT,
        "model": "gpt-4o-mini",
        "session": "abc",
        "scaledown": {"rate": "auto", "preserve_keywords": False, "mode": "fast"},
    }
    for values in ({"session": object()}, {"share": float("nan")}, {"scaledown": "fast"}):
        with pytest.raises(ConfigurationError, match=next(iter(values))):
            compressor.compress(CONTEXT, PROMPT, **values)
    with pytest.raises(TypeError, match="session"):  # nothing would read it here
        ScaleDownCompressor().compress(CONTEXT, PROMPT, session="abc")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("", "/compress/raw"),
        ("/gateway", "/gateway/compress/raw"),
        ("/compress/raw/", "/compress/raw"),
        ("/v1/compress", "/v1/compress"),
        ("/compressor", "/compressor/compress/raw"),
    ],
)
def test_the_address_may_be_a_full_endpoint(
    server: Server, monkeypatch: pytest.MonkeyPatch, address: str, path: str
) -> None:
    monkeypatch.setenv("SCALEDOWN_API_URL", server.url + address)
    hosted(server, api_url=None).compress(CONTEXT, PROMPT)
    assert server.requests[0][0] == path


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
async def test_a_blank_context_is_not_sent(server: Server, asynchronous: bool) -> None:
    seen: list[int] = []
    contexts = ["", CONTEXT, " \n", CONTEXT]
    results = await compress(hosted(server), asynchronous, contexts, PROMPT, on_progress=seen.append)
    assert [result.backend for result in results] == ["local", "api", "local", "api"]
    assert [result.content for result in results][::2] == ["", ""]
    assert [body["context"] for _, _, body in server.requests] == [CONTEXT] * 2
    assert seen == [2, 3, 4]
    assert (await compress(hosted(server), asynchronous, "", PROMPT)).tokens == (0, 0)
    assert len(server.requests) == 2


async def test_one_context_with_several_prompts_is_a_request_for_each(server: Server) -> None:
    results = hosted(server).compress(CONTEXT, [PROMPT, "Where is it?"])
    assert len(results) == 2
    assert {body["prompt"] for _, _, body in server.requests} == {PROMPT, "Where is it?"}


def test_counts_for_a_model_without_a_public_tokenizer_are_marked(server: Server) -> None:
    assert hosted(server, target_model="gemini-2.5-flash").compress(CONTEXT, PROMPT).estimated
    assert not hosted(server).compress(CONTEXT, PROMPT).estimated


def test_settings_of_one_call_go_before_those_of_the_instance(server: Server) -> None:
    hosted(server, rate=0.4).compress(CONTEXT, PROMPT, rate=0.2, preserve_words=["1889"])
    assert server.requests[0][2]["scaledown"] == {"rate": 0.2, "preserve_keywords": False, "preserve_words": ["1889"]}


def test_a_key_alone_sends_nothing(server: Server) -> None:
    result = ScaleDownCompressor(api_key=KEY, api_url=server.url).compress(CONTEXT, PROMPT)
    assert result.backend == "local"
    assert server.requests == []


# -- what comes back ----------------------------------------------------------------------------------------------


def test_a_reply_becomes_a_result(server: Server) -> None:
    result = hosted(server).compress(CONTEXT, PROMPT)
    expected = answer({"context": CONTEXT, "model": "gpt-4o"})
    assert result.content == expected["results"]["compressed_prompt"]
    assert result.tokens == (expected["total_original_tokens"], expected["total_compressed_tokens"])
    assert result.latency_ms == 42
    assert result.model_used == "gpt-4o"
    assert result.metrics.timestamp == datetime(2025, 11, 20, 10, 30, tzinfo=timezone.utc)
    assert (result.backend, result.fallback) == ("api", None)


def test_the_other_spelling_of_the_counts(server: Server) -> None:
    inner = {"compressed_prompt": "It is 324 metres high.", "original_prompt_tokens": 30, "compressed_prompt_tokens": 8}
    server.behaviour = reply(results=inner, total_original_tokens=None, total_compressed_tokens=None)
    assert hosted(server).compress(CONTEXT, PROMPT).tokens == (30, 8)


def test_absent_time_and_latency_are_no_error(server: Server) -> None:
    before = datetime.now(timezone.utc)
    server.behaviour = reply(request_metadata=None, latency_ms=None, model_used=None)
    result = hosted(server).compress(CONTEXT, PROMPT)
    assert result.latency_ms == 0
    assert result.metrics.timestamp >= before


def test_max_tokens_holds_even_where_the_server_does_not_keep_it(server: Server) -> None:
    server.behaviour = reply(results={"compressed_prompt": CONTEXT})
    result = hosted(server).compress(CONTEXT, PROMPT, max_tokens=12)
    assert result.metrics.compressed_prompt_tokens == counter_for("gpt-4o").count(result.content) <= 12
    assert result.content
    assert "max_tokens=12" in str(result.fallback)


def test_lost_words_are_named(server: Server) -> None:
    server.behaviour = reply(results={"compressed_prompt": "It is 324 metres high."})
    result = hosted(server, preserve_words=["324 metres", "PARIS", "Berlin"]).compress(CONTEXT, PROMPT)
    assert result.missing_words == ("PARIS",)  # Berlin does not stand in the context either


# -- errors -------------------------------------------------------------------------------------------------------

STATUSES = [201, 202, 204, 301, 302, 307, 400, 401, 402, 403, 404, 405, 408, 409, 413, 415, 418, 422, 429]
STATUSES += [500, 501, 502, 503, 504, 529, 599]


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("code", STATUSES)
async def test_every_status(server: Server, code: int, asynchronous: bool) -> None:
    server.behaviour = status(code, x_request_id="req-77")
    compressor = hosted(server, max_retries=2)
    with pytest.raises(ScaleDownError) as caught:
        await compress(compressor, asynchronous, CONTEXT, PROMPT)
    error = caught.value
    assert f"HTTP {code}" in str(error)
    assert "req-77" in str(error)
    if code != 204:  # which has no body
        assert f"status {code}" in str(error)
    assert len(server.requests) == (3 if code == 429 or code >= 500 else 1)
    if code in (401, 403):
        assert isinstance(error, AuthenticationError)
    else:
        assert isinstance(error, APIError)
        assert (error.status, error.request_id) == (code, "req-77")
    assert KEY not in shown(error)


UNUSABLE = {
    "no JSON": raw(b"<html>busy</html>"),
    "empty": raw(b""),
    "not UTF-8": raw(b'{"a": "\xff\xfe"}'),
    "a list": raw(b"[1, 2]"),
    "null": raw(b"null"),
    "cut JSON": raw(b'{"results": {"compressed_prompt": "It'),
    "deep": raw(b"[" * 100_000),
    "no results": reply(results=None),
    "results is text": reply(results="It is 324 metres high."),
    "no text": reply(results={}),
    "text is a number": reply(results={"compressed_prompt": 5}),
    "empty text": reply(results={"compressed_prompt": "  "}),
    "no counts": reply(total_original_tokens=None),
    "negative count": reply(total_compressed_tokens=-1),
    "count is text": reply(total_compressed_tokens="many"),
    "unreadable time": reply(request_metadata={"timestamp": "yesterday"}),
    "not successful": reply(successful=False, message="the model is gone"),
    "not successful inside": reply(
        results={"compressed_prompt": "", "successful": False, "message": "the model is gone"}
    ),
}


@pytest.mark.parametrize("what", UNUSABLE)
def test_unusable_replies(server: Server, what: str) -> None:
    server.behaviour = UNUSABLE[what]
    with pytest.raises(APIError) as caught:
        hosted(server).compress(CONTEXT, PROMPT)
    assert caught.value.status == 200
    assert len(server.requests) == 1
    if what.startswith("not successful"):
        assert "the model is gone" in str(caught.value)
    assert KEY not in shown(caught.value)


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("behaviour", [slow(3), drips], ids=["silent", "dripping"])
async def test_slow_replies_end_in_time_and_are_not_retried(server: Server, behaviour: Any, asynchronous: bool) -> None:
    server.behaviour = behaviour
    compressor = hosted(server, timeout=0.3)
    began = time.perf_counter()
    with pytest.raises(APIError, match=r"within 0\.3 s") as caught:
        await compress(compressor, asynchronous, CONTEXT, PROMPT)
    assert time.perf_counter() - began < 2
    assert len(server.requests) == 1
    assert caught.value.status is None
    assert KEY not in shown(caught.value)


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("behaviour", [hangs_up, hangs_up_halfway], ids=["at once", "halfway"])
async def test_cut_connections_are_retried(server: Server, behaviour: Any, asynchronous: bool) -> None:
    compressor = hosted(server, max_retries=2)
    server.script = [behaviour, behaviour]
    assert (await compress(compressor, asynchronous, CONTEXT, PROMPT)).backend == "api"
    server.behaviour = behaviour
    with pytest.raises(APIError, match=r"could not be reached.*attempt 3 of 3") as caught:
        await compress(compressor, asynchronous, CONTEXT, PROMPT)
    assert len(server.requests) == 6
    assert caught.value.__cause__ is not None
    assert KEY not in shown(caught.value)


def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    compressor = ScaleDownCompressor(api_key=KEY, backend="api", api_url=url, backoff=0.001, max_retries=1)
    with pytest.raises(APIError, match="ConnectError, attempt 2 of 2"):
        compressor.compress(CONTEXT, PROMPT)


def test_errors_that_pass_are_retried(server: Server) -> None:
    server.script = [status(500), status(503), status(429)]
    assert hosted(server).compress(CONTEXT, PROMPT).backend == "api"
    assert len(server.requests) == 4


def test_retry_after_is_waited_for(server: Server) -> None:
    server.script = [status(429, retry_after="0.3")]
    began = time.perf_counter()
    hosted(server).compress(CONTEXT, PROMPT)
    assert 0.3 <= time.perf_counter() - began < 2


def test_retry_after_as_a_date(server: Server) -> None:
    soon = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=1.5), usegmt=True)  # whole seconds
    server.script = [status(503, retry_after=soon)]
    began = time.perf_counter()
    hosted(server).compress(CONTEXT, PROMPT)
    assert 0.3 < time.perf_counter() - began < 3


@pytest.mark.parametrize("header", ["soon", "nan", "", "Thu, 99 Foo"])
def test_an_unreadable_retry_after_is_no_wait(server: Server, header: str) -> None:
    server.script = [status(429, retry_after=header)]
    began = time.perf_counter()
    hosted(server).compress(CONTEXT, PROMPT)
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
async def test_a_long_retry_after_is_the_callers_decision(server: Server, asynchronous: bool) -> None:
    server.behaviour = status(429, retry_after="3600")
    compressor = hosted(server)
    with pytest.raises(APIError, match="asks to wait 3600 s") as caught:
        await compress(compressor, asynchronous, CONTEXT, PROMPT)
    assert caught.value.status == 429
    assert len(server.requests) == 1


def test_a_redirect_takes_the_key_nowhere(server: Server) -> None:
    with running_server() as elsewhere:
        server.behaviour = status(307, location=elsewhere.url + "/compress/raw")
        with pytest.raises(APIError, match="HTTP 307"):
            hosted(server).compress(CONTEXT, PROMPT)
        assert elsewhere.requests == []


# -- the key ------------------------------------------------------------------------------------------------------


def test_a_server_that_repeats_the_key(server: Server) -> None:
    server.behaviour = status(401, {"message": f"invalid key {KEY}"}, x_request_id=f"id-of-{KEY}")
    with pytest.raises(AuthenticationError, match=r"invalid key \*\*\*") as caught:
        hosted(server).compress(CONTEXT, PROMPT)
    assert KEY not in shown(caught.value)


def test_no_repr_shows_the_key(server: Server) -> None:
    compressor = hosted(server)
    assert KEY not in repr(compressor)
    assert KEY not in repr(compressor._client)
    assert KEY not in repr(compressor.compress(CONTEXT, PROMPT))


@pytest.mark.parametrize("key", ["sk-secret\nx: y", "sk-secret\x00", "sk-sécret", "sk secret"])
def test_a_key_that_no_header_can_carry_is_refused_unseen(key: str) -> None:
    with pytest.raises(AuthenticationError) as caught:
        ScaleDownCompressor(api_key=key, backend="api")
    assert "cret" not in str(caught.value)


@pytest.mark.parametrize("key", [None, "", "  "])
def test_no_key(key: str | None) -> None:
    with pytest.raises(AuthenticationError, match="SCALEDOWN_API_KEY"):
        ScaleDownCompressor(api_key=key, backend="api")


def test_key_and_address_from_the_environment(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALEDOWN_API_KEY", KEY)
    monkeypatch.setenv("SCALEDOWN_API_URL", server.url + "/v2/")
    ScaleDownCompressor(backend="api").compress(CONTEXT, PROMPT)
    path, headers, _ = server.requests[0]
    assert path == "/v2/compress/raw"
    assert headers["x-api-key"] == KEY


# -- fallback -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("behaviour", [status(500), status(401), hangs_up, raw(b"?"), slow(3)])
async def test_fallback_is_visible(
    server: Server, behaviour: Any, asynchronous: bool, caplog: pytest.LogCaptureFixture
) -> None:
    server.behaviour = behaviour
    compressor = hosted(server, fallback="local", max_retries=0, timeout=0.3, rate=0.5)
    with caplog.at_level(logging.WARNING, "laconic"):
        result = await compress(compressor, asynchronous, CONTEXT, PROMPT)
    local = ScaleDownCompressor(rate=0.5).compress(CONTEXT, PROMPT)
    assert (result.content, result.backend) == (local.content, "local")
    assert "in place of the hosted API" in str(result.fallback)
    assert "in place of the hosted API" in caplog.text
    assert KEY not in caplog.text + str(result.fallback)


# -- batches ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
async def test_batches_keep_order_and_concurrency_is_bounded(server: Server, asynchronous: bool) -> None:
    server.behaviour = slow(0.005)
    compressor = hosted(server, max_concurrency=4)
    contexts = [f"context number {number} of many that are sent" for number in range(60)]
    seen: list[int] = []
    results = await compress(compressor, asynchronous, contexts, "which?", on_progress=seen.append)
    assert [result.content for result in results] == [f"context number {number} of" for number in range(60)]
    assert seen == list(range(1, 61))
    assert 2 <= server.most_under_way <= 4


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
async def test_a_failure_ends_a_batch(server: Server, asynchronous: bool) -> None:
    server.script = [works, status(400)]
    server.behaviour = slow(0.05)
    compressor = hosted(server, max_concurrency=2)
    with pytest.raises(APIError, match="HTTP 400"):
        await compress(compressor, asynchronous, [CONTEXT] * 100, PROMPT)
    assert len(server.requests) < 20


async def test_a_failure_does_not_wait_for_the_retries_of_others(server: Server) -> None:
    server.script = [status(503, retry_after="30"), status(400)]
    compressor = hosted(server, max_concurrency=2)
    began = time.perf_counter()
    with pytest.raises(APIError, match="HTTP 400"):
        await asyncio.to_thread(compressor.compress, [CONTEXT] * 2, PROMPT)
    assert time.perf_counter() - began < 5


async def test_one_failure_of_a_batch_is_rescued_alone(server: Server) -> None:
    server.script = [status(400)]
    results = hosted(server, fallback="local", max_concurrency=1).compress([CONTEXT] * 3, PROMPT)
    assert [result.backend for result in results] == ["local", "api", "api"]


async def test_cancelling_cancels_the_requests(server: Server) -> None:
    server.behaviour = slow(1)
    task = asyncio.create_task(hosted(server, max_concurrency=2).acompress([CONTEXT] * 50, PROMPT))
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(server.requests) <= 2


def test_a_progress_callback_that_raises_is_not_swallowed(server: Server) -> None:
    def stop(done: int) -> None:
        raise RuntimeError(f"enough after {done}")

    with pytest.raises(RuntimeError, match="enough after 1"):
        hosted(server).compress([CONTEXT] * 3, PROMPT, on_progress=stop)


def test_an_empty_batch_asks_nobody(server: Server) -> None:
    assert hosted(server).compress([], PROMPT) == []
    assert server.requests == []


# -- options ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": 0},
        {"timeout": float("nan")},
        {"timeout": "30"},
        {"timeout": True},
        {"max_retries": -1},
        {"max_retries": 11},
        {"max_retries": 1.5},
        {"backoff": -0.1},
        {"max_concurrency": 0},
        {"backend": "cloud"},
        {"fallback": "remote"},
        {"api_url": "ftp://example.org"},
        {"api_url": "example.org"},
        {"api_url": "https://user:secret@example.org"},
        {"api_url": "https://example.org/?key=secret"},
        {"api_url": "https://[::1"},
    ],
    ids=str,
)
def test_options_that_cannot_work_are_refused_at_construction(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        ScaleDownCompressor(**({"api_key": KEY, "backend": "api"} | options))
    assert next(iter(options)).removeprefix("api_") in str(caught.value)
    assert "secret" not in str(caught.value)


def test_without_httpx_the_message_has_the_install_line() -> None:
    code = (
        "import sys; sys.modules['httpx'] = None\n"
        "from laconic.compressor import ScaleDownCompressor\n"
        "ScaleDownCompressor(api_key='k')  # the local engine does not need it\n"
        "from laconic.exceptions import MissingDependencyError\n"
        "try:\n"
        "    ScaleDownCompressor(api_key='k', backend='api')\n"
        "except MissingDependencyError as error:\n"
        "    assert \"pip install 'laconic[hosted]'\" in str(error)\n"
        "else:\n"
        "    raise AssertionError('not refused')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_bad_budget_is_refused_before_anything_is_sent(server: Server) -> None:
    with pytest.raises(BudgetError, match="max_tokens is 0"):
        hosted(server).compress(CONTEXT, PROMPT, max_tokens=0)
    assert server.requests == []
