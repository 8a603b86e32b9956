"""The hosted client against servers that do not play by the rules: time, memory, terminals and the key are safe."""

from __future__ import annotations

import asyncio
import copy
import gzip
import io
import json
import logging
import pickle
import re
import socket
import time
import traceback
import tracemalloc
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hosted_server import KEY, answer
from raw_server import Script, raw_server

from laconic.compressor import ScaleDownCompressor
from laconic.exceptions import APIError, AuthenticationError, ScaleDownError

pytest.importorskip("httpx")

CONTEXT = "The tower was built in 1889. It is 324 metres high. Many people visit it every year. It stands in Paris."
PROMPT = "How high is the tower?"
GOOD = answer({"context": CONTEXT, "model": "gpt-4o"})
DOORS = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
PATIENCE_S = 20
"""Ends tests of what would last minutes; far above the client's own timeout, for busy machines."""


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SCALEDOWN_API_KEY", "SCALEDOWN_API_URL", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def http(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    lines = [b"HTTP/1.1 " + status, b"content-length: %d" % len(body), b"connection: close", *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def says(changes: dict[str, Any], *headers: bytes, status: bytes = b"200 OK") -> Script:
    """A server that answers as usual but for some fields."""
    return lambda: [http(json.dumps(GOOD | changes).encode(), *headers, status=status)]


async def ask(url: str, asynchronous: bool = False, context: str = CONTEXT, **options: Any) -> Any:
    settings = {"api_key": KEY, "backend": "api", "api_url": url, "backoff": 0.001, "timeout": 15.0, "max_retries": 0}
    compressor = ScaleDownCompressor(**(settings | options))
    if asynchronous:
        return await compressor.acompress(context, PROMPT)
    return await asyncio.to_thread(compressor.compress, context, PROMPT)


def shown(error: BaseException) -> str:
    """Everything that a program may print of an error and of what led to it."""
    found, told = error, []
    while found is not None:
        told += ["".join(traceback.format_exception(found)), repr(found), str(found.args), str(vars(found))]
        found = found.__cause__ or found.__context__
    return "\n".join(told)


def tame(text: str) -> bool:
    """Whether a terminal does nothing but write it."""
    return not any(unicodedata.category(character) in ("Cc", "Cs", "Cf") for character in text if character != "\n")


# -- time ---------------------------------------------------------------------------------------------------------


def drips(head: bytes, piece: bytes) -> Script:
    def script() -> Iterator[bytes | float]:
        yield head
        while True:
            yield piece
            yield 0.05

    return script


def floods(head: bytes, piece: bytes) -> Script:
    def script() -> Iterator[bytes]:
        yield head
        while True:
            yield piece

    return script


ENDLESS: dict[str, Script] = {
    "never answers": lambda: [600.0],
    "drips its first line": drips(b"", b"H"),
    "drips headers": drips(b"HTTP/1.1 200 OK\r\n", b"a: b\r\n"),
    "drips the letters of a header": drips(b"HTTP/1.1 200 OK\r\na: ", b"b"),
    "drips a body": drips(b"HTTP/1.1 200 OK\r\n\r\n", b" "),
    "drips a promised body": drips(b"HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n", b" "),
    "drips chunks": drips(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "drips lengths of chunks": drips(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"0"),
    "drips trailers": drips(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", b"a: b\r\n"),
    "drips early hints": drips(b"", b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"),
    "floods early hints": floods(b"", b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" * 100),
    "floods continues": floods(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "drips an error": drips(b"HTTP/1.1 503 Busy\r\n\r\n", b" "),
}


@DOORS
@pytest.mark.parametrize("what", ENDLESS)
async def test_an_exchange_ends_in_time(what: str, asynchronous: bool) -> None:
    with raw_server(ENDLESS[what]) as server:
        began = time.perf_counter()
        with pytest.raises(APIError, match=r"within 0\.4 s|could not be reached") as caught:
            await ask(server.url, asynchronous, timeout=0.4)
        assert time.perf_counter() - began < PATIENCE_S
        assert KEY not in shown(caught.value)


@DOORS
async def test_a_server_that_reads_nothing_is_left_in_time(asynchronous: bool) -> None:
    context = "It is a long story that goes on for a while. " * 400_000  # more than the buffers between two sockets
    with raw_server(lambda: [600.0], reads=False) as server, pytest.raises(APIError, match=r"within 1 s"):
        await asyncio.wait_for(ask(server.url, asynchronous, context, timeout=1.0), PATIENCE_S)


async def test_a_name_that_is_not_found_in_time_does_not_keep_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    look_up = socket.getaddrinfo

    def slowly(host: Any, *arguments: Any, **options: Any) -> Any:
        if host in ("hosted.invalid", b"hosted.invalid"):
            time.sleep(3)
            raise socket.gaierror("no such name")
        return look_up(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slowly)
    began = time.perf_counter()
    with pytest.raises(APIError, match=r"within 0\.2 s"):
        await ask("http://hosted.invalid", timeout=0.2)
    assert time.perf_counter() - began < 2.5


@DOORS
async def test_after_a_bad_server_the_next_call_is_as_new(asynchronous: bool) -> None:
    with raw_server(ENDLESS["floods early hints"]) as bad, raw_server(says({})) as good:
        with pytest.raises(APIError):
            await ask(bad.url, asynchronous, timeout=0.4)
        assert (await ask(good.url, asynchronous)).content == GOOD["results"]["compressed_prompt"]


# -- connections that end early ----------------------------------------------------------------------------------

CUT_OFF: dict[str, Script] = {
    "at once": lambda: [],
    "in its first line": lambda: [b"HTTP/1."],
    "in the headers": lambda: [b"HTTP/1.1 200 OK\r\na: "],
    "in a promised body": lambda: [b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n", json.dumps(GOOD).encode()],
    "in a chunk": lambda: [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n20\r\n{"],
    "after a hint": lambda: [b"HTTP/1.1 103 Early Hints\r\n\r\n"],
    "with no HTTP": lambda: [b"SSH-2.0-OpenSSH_9.6\r\n"],
    "with a broken status": lambda: [b"HTTP/1.1 banana\r\n\r\n"],
    "with a broken length": lambda: [b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n"],
    "with two lengths": lambda: [b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n{}"],
    "with a NUL in a header": lambda: [b"HTTP/1.1 200 OK\r\na: \x00\r\n\r\n{}"],
}


@DOORS
@pytest.mark.parametrize("how", CUT_OFF)
async def test_a_reply_that_breaks_off_is_an_error_after_the_retries(how: str, asynchronous: bool) -> None:
    with raw_server(CUT_OFF[how]) as server:
        with pytest.raises(APIError, match=r"could not be reached.*attempt 3 of 3") as caught:
            await ask(server.url, asynchronous, max_retries=2)
        assert server.connections == 3
        assert KEY not in shown(caught.value)
        assert tame(str(caught.value))


# -- memory -------------------------------------------------------------------------------------------------------


def bomb() -> bytes:
    """400 MB in half a megabyte, made a piece at a time."""
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([*(packer.compress(b" " * 4_000_000) for _ in range(100)), packer.flush()])


TOO_LARGE: dict[str, Script] = {
    "an endless body": floods(b"HTTP/1.1 200 OK\r\n\r\n", b" " * 65536),
    "endless chunks": floods(
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"ffff\r\n" + b" " * 65535 + b"\r\n"
    ),
    "an endless error": floods(b"HTTP/1.1 400 Bad\r\n\r\n", b" " * 65536),
    "endless headers": floods(b"HTTP/1.1 200 OK\r\n", b"a: " + b"b" * 65536 + b"\r\n"),
    "one endless header": floods(b"HTTP/1.1 200 OK\r\na: ", b"b" * 65536),
    "a gzip bomb": lambda: [http(bomb(), b"content-encoding: gzip")],
    "a huge promise": lambda: [b"HTTP/1.1 200 OK\r\ncontent-length: 999999999999999\r\n\r\n", b" " * 4_000_000, 60.0],
}


@DOORS
@pytest.mark.parametrize("what", TOO_LARGE)
async def test_a_reply_takes_bounded_memory(what: str, asynchronous: bool) -> None:
    with raw_server(TOO_LARGE[what]) as server:
        tracemalloc.start()
        try:
            with pytest.raises(APIError, match="could not be reached") as caught:
                await ask(server.url, asynchronous)
            assert tracemalloc.get_traced_memory()[1] < 50_000_000
        finally:
            tracemalloc.stop()
        assert KEY not in shown(caught.value)


async def test_packed_replies_are_unpacked() -> None:
    body = gzip.compress(json.dumps(GOOD).encode())
    with raw_server(lambda: [http(body, b"content-encoding: gzip")]) as server:
        assert (await ask(server.url)).tokens == (GOOD["total_original_tokens"], GOOD["total_compressed_tokens"])
        assert b"accept-encoding: gzip\r\n" in server.requests[0].lower()


@pytest.mark.parametrize(
    ("packing", "body"),
    [
        (b"br", b"x"),
        (b"zstd", b"x"),
        (b"gzip, gzip", b"x"),
        (b"gzip", b"none"),
        (b"gzip", gzip.compress(b"{}", mtime=0)[:-6]),  # workers of a test run must find the same tests
    ],
)
async def test_other_packings_are_refused(packing: bytes, body: bytes) -> None:
    script = lambda: [http(body, b"content-encoding: " + packing)]  # noqa: E731
    with raw_server(script) as server, pytest.raises(APIError, match="gzip"):
        await ask(server.url)


# -- what a reply may say -----------------------------------------------------------------------------------------


def text(content: str) -> dict[str, Any]:
    return {"results": {"compressed_prompt": content}}


IMPOSSIBLE: dict[str, tuple[dict[str, Any], str]] = {
    "a lone surrogate": (text("It is \ud800 high."), r"control characters|surrogate"),
    "longer than the context": (text(CONTEXT + " More."), r"109 characters for a context of 103|more than it was"),
    "an escape": (text("\x1b[2JIt is high."), r"control characters.*U\+001B"),
    "a bell": (text("It is high.\a"), r"control characters.*U\+0007"),
    "a line that hides another": (text("It is high.\rIt is low."), r"control characters.*U\+000D"),
    "text turned round": (text("It is \u202ehgih."), r"control characters.*U\+202E"),
    "a model with an escape": ({"model_used": "gpt\x1b]0;owned\a"}, "printable"),
    "a model that is a list": ({"model_used": ["gpt"]}, "printable"),
    "a negative count": ({"total_compressed_tokens": -1}, "whole and ≥ 0"),
    "a negative first count": ({"total_original_tokens": -5, "total_compressed_tokens": -9}, "whole and ≥ 0"),
    "not a number": ({"total_compressed_tokens": float("nan")}, "whole and ≥ 0"),
    "infinity": ({"total_original_tokens": float("inf")}, "whole and ≥ 0"),
    "half a token": ({"total_compressed_tokens": 1.5}, "whole and ≥ 0"),
    "a count in a string": ({"total_compressed_tokens": "5"}, "whole and ≥ 0"),
    "a count that is true": ({"total_compressed_tokens": True}, "whole and ≥ 0"),
    "a list of counts": ({"total_compressed_tokens": [5]}, "whole and ≥ 0"),
    "more after than before": ({"total_original_tokens": 5, "total_compressed_tokens": 6}, "6 tokens after and 5"),
    "more tokens than bytes": ({"total_original_tokens": 10**6}, "counted 1000000 tokens in a request of"),
    "no tokens of text": ({"total_compressed_tokens": 0}, "0 in a reply of"),
    "a negative latency": ({"latency_ms": -1}, "latency_ms"),
    "a latency that is none": ({"latency_ms": float("nan")}, "latency_ms"),
    "a year that is none": ({"request_metadata": {"timestamp": 1e300}}, "timestamp"),
}  # fmt: skip


@DOORS
@pytest.mark.parametrize("what", IMPOSSIBLE)
async def test_what_cannot_be_is_refused(what: str, asynchronous: bool) -> None:
    changes, reason = IMPOSSIBLE[what]
    with raw_server(says(changes)) as server:
        with pytest.raises(APIError, match=reason) as caught:
            await ask(server.url, asynchronous)
        assert caught.value.status == 200
        assert tame(str(caught.value))
        assert "\x1b" not in shown(caught.value)


async def test_numbers_of_five_thousand_digits_and_raw_surrogates_are_refused() -> None:
    for body in (
        json.dumps(GOOD).replace("42", "4" * 5000).encode(),
        json.dumps(GOOD).encode().replace(b"The tower", b"\xed\xa0\x80"),
    ):
        with raw_server(lambda body=body: [http(body)]) as server, pytest.raises(APIError):
            await ask(server.url)


async def test_control_characters_of_the_context_itself_may_come_back() -> None:
    context = "\x1b[1mBold\x1b[0m is the log of the build.\r\nIt failed in step three.\r\n"
    with raw_server(says({"results": {"compressed_prompt": context[:36]}})) as server:
        assert (await ask(server.url, context=context)).content == context[:36]


HOSTILE = "\x1b[31mred\x07 \u202eback\u2028line\x9b2J \ud83d[/] [red]" + "long " * 200
REPEATS: dict[str, Script] = {
    "in a message": says({"successful": False, "message": HOSTILE + KEY + HOSTILE}),
    "in an error": says({"error": {"message": f"{KEY} {HOSTILE}"}}, status=b"400 Bad"),
    "in a refusal": says({"detail": f"{HOSTILE[:20]}{KEY}"}, status=b"401 No"),
    "in the id of a request": says({"request_id": HOSTILE[:9] + KEY}, status=b"400 Bad"),
    "in a header": says({}, b"x-request-id: a\x80\x9b" + KEY.encode(), status=b"500 Bad"),
    "in every header": says({}, b"retry-after: " + KEY.encode(), b"x-y: " + KEY.encode(), status=b"429 Slow"),
    "in the reason": says({}, status=b"500 " + KEY.encode()),
    "in the status": lambda: [b"HTTP/1.1 " + KEY.encode() + b"\x1b\r\n\r\n"],
    "in a broken header": lambda: [b"HTTP/1.1 200 OK\r\n" + KEY.encode() + b"\x1b[2J\r\n\r\n"],
    "in the protocol": lambda: [KEY.encode() + b"\x1b\r\n\r\n"],
    "in a redirection": lambda: [http(b"", b"location: https://h\x80:99999/" + KEY.encode(), status=b"302 Go")],
    "in the time": says({"request_metadata": {"timestamp": KEY}}),
    "in a count": says({"total_original_tokens": KEY}),
    "in the latency": says({"latency_ms": f"{KEY}\x1b"}),
    "in the model": says({"model_used": f"\x1b{KEY}"}),
    "in no JSON": lambda: [http(f"{KEY}\x1b[2J".encode())],
    "in a packing": lambda: [http(b"x", b"content-encoding: " + KEY.encode())],
}


@DOORS
@pytest.mark.parametrize("where", REPEATS)
async def test_the_key_and_control_characters_reach_no_message_and_no_log(
    where: str, asynchronous: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), raw_server(REPEATS[where]) as server:
        with pytest.raises(ScaleDownError) as caught:
            await ask(server.url, asynchronous)
        result = await ask(server.url, asynchronous, fallback="local")
    assert KEY.encode() in server.requests[0]  # it was sent, so that it could be repeated
    said = shown(caught.value)
    assert KEY not in said
    assert tame(str(caught.value))
    assert re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e]", said) is None
    assert len(str(caught.value)) < 1000
    assert KEY not in repr(result) + str(result.fallback)
    assert tame(str(result.fallback))
    for record in caplog.records:
        assert KEY not in record.getMessage() + str(record.__dict__), record.name
        assert tame(record.getMessage()), record.name


# -- redirections -------------------------------------------------------------------------------------------------


@DOORS
@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_redirection_takes_the_key_nowhere(code: int, scheme: str, asynchronous: bool) -> None:
    with raw_server(says({})) as elsewhere:
        there = elsewhere.url.replace("http:", f"{scheme}:").replace("127.0.0.1", "localhost").encode()
        for place in (there, there + b"/compress/raw", b"//" + there.partition(b"//")[2] + b"/compress/raw"):
            reply = http(b"", b"location: " + place, status=b"%d Go" % code)
            with raw_server(lambda reply=reply: [reply]) as server, pytest.raises(APIError, match=f"HTTP {code}"):
                await ask(server.url, asynchronous)
        assert elsewhere.connections == 0


# -- the key ------------------------------------------------------------------------------------------------------


def everything(value: Any) -> str:
    """Texts of an object and of all that hangs on it."""
    parts = [repr(value), str(value), f"{value}", repr(getattr(value, "__dict__", ""))]
    return " ".join(parts + [everything(part) for part in vars(value).values() if hasattr(part, "__dict__")])


async def test_the_key_is_in_no_repr_and_in_no_pickle(monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_server(says({})) as server:
        compressor = ScaleDownCompressor(api_key=KEY, backend="api", api_url=server.url)
        assert KEY not in everything(compressor)
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            assert KEY.encode() not in pickle.dumps(compressor, protocol)
        for same in (copy.copy(compressor), copy.deepcopy(compressor)):
            assert (await asyncio.to_thread(same.compress, CONTEXT, PROMPT)).backend == "api"
        arrived = pickle.loads(pickle.dumps(compressor))  # noqa: S301 - our own bytes
        with pytest.raises(AuthenticationError, match=r"pickled.*set SCALEDOWN_API_KEY"):
            arrived.compress(CONTEXT, PROMPT)
        monkeypatch.setenv("SCALEDOWN_API_KEY", "another-key")
        assert (await asyncio.to_thread(arrived.compress, CONTEXT, PROMPT)).backend == "api"
        assert b"x-api-key: another-key" in server.requests[-1]


async def test_what_a_console_prints_of_a_hostile_reply_is_tame() -> None:
    rich = pytest.importorskip("rich.console")
    with raw_server(says({"message": HOSTILE}, status=b"400 Bad")) as server, pytest.raises(APIError) as caught:
        await ask(server.url)
    written = io.StringIO()
    rich.Console(file=written, force_terminal=True, markup=False, highlight=False, color_system=None).print(
        str(caught.value)
    )
    assert "\x1b" not in written.getvalue()


# -- the other client, of embeddings ------------------------------------------------------------------------------


def embed(url: str, **options: Any) -> Any:
    from laconic.score.vectors.openai_api import OpenAIEmbedder

    settings = {"api_key": KEY, "base_url": url, "timeout": 15.0, "max_retries": 0, "sleep": lambda _: None}
    return OpenAIEmbedder("text-embedding-3-small", **(settings | options)).embed(["a tower"])


@pytest.mark.parametrize("what", ENDLESS)
def test_embeddings_end_in_time(what: str) -> None:
    with raw_server(ENDLESS[what]) as server:
        began = time.perf_counter()
        with pytest.raises(APIError, match="did not answer in 1 tries"):
            embed(server.url, timeout=0.4)
        assert time.perf_counter() - began < PATIENCE_S


@pytest.mark.parametrize("what", ["an endless body", "an endless error", "one endless header", "a gzip bomb"])
def test_embeddings_take_bounded_memory(what: str) -> None:
    with raw_server(TOO_LARGE[what]) as server, pytest.raises(APIError, match="did not answer in 1 tries"):
        embed(server.url)


def test_the_key_of_embeddings_is_in_no_repr_and_in_no_pickle(monkeypatch: pytest.MonkeyPatch) -> None:
    from laconic.score.vectors.openai_api import OpenAIEmbedder

    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    embedder = OpenAIEmbedder("text-embedding-3-small", api_key=KEY, base_url="http://127.0.0.1:1")
    assert KEY not in repr(embedder) + repr(vars(embedder))
    assert KEY.encode() not in pickle.dumps(embedder)
    with pytest.raises(AuthenticationError, match="OPENAI_API_KEY"):
        pickle.loads(pickle.dumps(embedder)).embed(["a tower"])  # noqa: S301 - our own bytes
    with pytest.raises(AuthenticationError) as caught:
        OpenAIEmbedder("text-embedding-3-small", api_key=f"{KEY}\n{KEY}")
    assert KEY not in shown(caught.value)


# -- and that of a judge ------------------------------------------------------------------------------------------


def judged(url: str, **options: Any) -> Any:
    from laconic.evaluation.endpoint import EndpointJudge

    judge = EndpointJudge(url, "a-model", **({"api_key": KEY, "timeout": 15.0, "max_retries": 0} | options))
    assert KEY not in everything(judge)
    assert KEY.encode() not in pickle.dumps(judge)
    return judge._ask("Answer.", "How high is the tower?")


@pytest.mark.parametrize("what", ENDLESS)
def test_a_judge_ends_in_time(what: str) -> None:
    with raw_server(ENDLESS[what]) as server:
        began = time.perf_counter()
        with pytest.raises(APIError, match=r"within 0\.4 s|could not be reached"):
            judged(server.url, timeout=0.4)
        assert time.perf_counter() - began < PATIENCE_S


@pytest.mark.parametrize("asked", [embed, judged])
@pytest.mark.parametrize("where", REPEATS)
def test_the_key_of_others_reaches_no_message_and_no_log(
    where: str, asked: Callable[[str], Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), raw_server(REPEATS[where]) as server, pytest.raises(ScaleDownError) as caught:
        asked(server.url)
    assert KEY.encode() in server.requests[0]
    assert KEY not in shown(caught.value)
    assert tame(str(caught.value))
    for record in caplog.records:
        assert KEY not in record.getMessage() + str(record.__dict__), record.name
