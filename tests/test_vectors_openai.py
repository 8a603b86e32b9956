"""OpenAI's embeddings protocol against a local server that speaks it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

from laconic.exceptions import APIError, AuthenticationError, ConfigurationError
from laconic.score.vectors.embedders import embed_query, embedder_for_sem_model
from laconic.score.vectors.openai_api import OpenAIEmbedder
from laconic.tokens import counter_for

pytest.importorskip("httpx")

KEY = "sk-test-0123456789"


def vector_of(text: str) -> list[float]:
    """What the server's model makes of a text: counts of three letters."""
    return [1.0 + text.count("a"), float(text.count("b")), float(text.count("c"))]


class Server(ThreadingHTTPServer):
    """Answers as the API documents; ``script`` holds answers to give first, one per request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: list[tuple[int, dict[str, str], Any]] = []
        self.requests: list[dict[str, Any]] = []
        self.delay = 0.0

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has given up waiting breaks the connection, which one test is about."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append({"path": self.path, "key": self.headers["Authorization"], **body})
        time.sleep(self.server.delay)
        if self.server.script:
            status, headers, answer = self.server.script.pop(0)
        elif self.headers["Authorization"] != f"Bearer {KEY}":
            status, headers, answer = 401, {}, {"error": {"message": "Incorrect API key", "code": "invalid_api_key"}}
        elif not all(body["input"]):
            status, headers, answer = 400, {}, {"error": {"message": "input cannot be an empty string"}}
        else:
            data = [
                {"object": "embedding", "index": i, "embedding": vector_of(text)}
                for i, text in enumerate(body["input"])
            ]
            answer = {"object": "list", "model": body["model"], "data": data[::-1]}  # order is by index, not by place
            status, headers = 200, {}
        payload = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("x-request-id", f"req-{len(self.server.requests)}")
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *args: Any) -> None:
        """Tests print nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    found = Server()
    thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("OPENAI_BASE_URL", found.url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


class Waits(list[float]):
    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def unit(text: str) -> Any:
    vector = np.array(vector_of(text))
    return vector / np.linalg.norm(vector)


def test_vectors_come_back_in_order(server: Server) -> None:
    texts = ["abc", "", "bbb", "cab a"]
    embedder = embedder_for_sem_model("text-embedding-3-small")
    rows = embedder.embed(texts)
    np.testing.assert_allclose(rows, [unit("abc"), [0, 0, 0], unit("bbb"), unit("cab a")], atol=1e-6)
    (request,) = server.requests
    assert request["path"] == "/v1/embeddings"
    assert request["model"] == "text-embedding-3-small"
    assert request["input"] == ["abc", "bbb", "cab a"]
    np.testing.assert_allclose(embed_query(embedder, "bc"), unit("bc"), atol=1e-6)


def test_other_models_behind_the_same_protocol(server: Server) -> None:
    embedder_for_sem_model("openai:bge-m3").embed(["a"])
    assert server.requests[0]["model"] == "bge-m3"


def test_large_inputs_go_in_several_requests(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("laconic.score.vectors.openai_api._REQUEST_TEXTS", 4)
    texts = ["a" * (i + 1) for i in range(10)]
    rows = OpenAIEmbedder("text-embedding-3-small").embed(texts)
    assert [len(request["input"]) for request in server.requests] == [4, 4, 2]
    np.testing.assert_allclose(rows, [unit(text) for text in texts], atol=1e-6)
    monkeypatch.setattr("laconic.score.vectors.openai_api._REQUEST_TOKENS", 3)
    server.requests.clear()
    OpenAIEmbedder("text-embedding-3-small").embed(["a b", "c a", "b c"])
    assert [len(request["input"]) for request in server.requests] == [1, 1, 1]


def test_texts_beyond_the_window_go_in_parts(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("laconic.score.vectors.openai_api._WINDOW", 20)
    text = "a a a a a a a a b c " * 10
    (row,) = OpenAIEmbedder("text-embedding-3-small").embed([text])
    parts = server.requests[0]["input"]
    assert "".join(parts) == text
    assert max(counter_for("text-embedding-3-small").count(part) for part in parts) <= 20
    assert np.linalg.norm(row) == pytest.approx(1.0, abs=1e-5)
    assert row @ unit(text) > 0.95


@pytest.mark.parametrize(
    ("headers", "expected"),
    [({}, 0.5), ({"Retry-After": "7"}, 7.0), ({"Retry-After": "9999"}, 30.0), ({"Retry-After": "-3"}, 0.0)],
)
def test_busy_servers_are_asked_again(server: Server, headers: dict[str, str], expected: float) -> None:
    waits = Waits()
    server.script = [(429, headers, {"error": {"message": "slow down", "code": "rate_limit_exceeded"}})]
    rows = OpenAIEmbedder("text-embedding-3-small", sleep=waits).embed(["abc"])
    np.testing.assert_allclose(rows[0], unit("abc"), atol=1e-6)
    assert waits == [expected]
    assert len(server.requests) == 2


def test_retry_after_may_be_a_date_or_nonsense(server: Server) -> None:
    waits = Waits()
    server.script = [
        (503, {"Retry-After": formatdate(time.time() + 20, usegmt=True)}, {}),
        (503, {"Retry-After": "soon"}, {}),
    ]
    OpenAIEmbedder("text-embedding-3-small", sleep=waits).embed(["abc"])
    assert 15 < waits[0] <= 20
    assert waits[1] == 1.0


def test_tries_are_limited_and_waits_double(server: Server) -> None:
    waits = Waits()
    server.script = [(500, {}, b"<html>oops</html>")] * 9
    with pytest.raises(APIError, match="500") as caught:
        OpenAIEmbedder("text-embedding-3-small", max_retries=3, sleep=waits).embed(["abc"])
    assert waits == [0.5, 1.0, 2.0]
    assert caught.value.status == 500
    assert caught.value.request_id == "req-4"


def test_a_spent_quota_is_not_waited_for(server: Server) -> None:
    waits = Waits()
    server.script = [(429, {}, {"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}})]
    with pytest.raises(APIError, match="exceeded your quota"):
        OpenAIEmbedder("text-embedding-3-small", sleep=waits).embed(["abc"])
    assert waits == []


def test_a_refused_request_is_not_repeated(server: Server) -> None:
    server.script = [(404, {}, {"error": {"message": "no model of that name"}})]
    with pytest.raises(APIError, match="no model of that name") as caught:
        OpenAIEmbedder("text-embedding-9", sleep=Waits()).embed(["abc"])
    assert caught.value.status == 404
    assert len(server.requests) == 1


def test_a_wrong_key_is_an_authentication_error_without_the_key(server: Server) -> None:
    with pytest.raises(AuthenticationError, match="check OPENAI_API_KEY") as caught:
        OpenAIEmbedder("text-embedding-3-small", api_key="sk-wrong", sleep=Waits()).embed(["abc"])
    assert "sk-wrong" not in str(caught.value)
    assert "sk-wrong" not in repr(OpenAIEmbedder("text-embedding-3-small", api_key="sk-wrong"))


@pytest.mark.parametrize("key", [None, "", "  "])
def test_no_key_is_refused_at_construction(monkeypatch: pytest.MonkeyPatch, key: str | None) -> None:
    if key is None:
        monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    else:
        monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(AuthenticationError, match="set OPENAI_API_KEY"):
        embedder_for_sem_model("text-embedding-3-small")


@pytest.mark.parametrize("options", [{"timeout": 0}, {"timeout": -1.0}, {"max_retries": -1}])
def test_options_out_of_range_are_refused_at_construction(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="must be"):
        OpenAIEmbedder("text-embedding-3-small", api_key=KEY, **options)


@pytest.mark.parametrize(
    "answer",
    [
        b"not json",
        {"data": "none"},
        {"data": []},
        {"data": [{"index": 0}]},
        {"data": [{"index": 1, "embedding": [1.0]}]},
        {"data": [{"index": 0, "embedding": [1.0]}, {"index": 0, "embedding": [1.0]}]},
        [],
    ],
)
def test_an_unusable_answer_is_an_api_error(server: Server, answer: Any) -> None:
    server.script = [(200, {}, answer)]
    with pytest.raises(APIError):
        OpenAIEmbedder("text-embedding-3-small", sleep=Waits()).embed(["abc"])


def test_nan_from_the_server_is_named(server: Server) -> None:
    server.script = [(200, {}, b'{"data": [{"index": 0, "embedding": [NaN, 1.0]}]}')]
    with pytest.raises(ConfigurationError, match="NaN"):
        OpenAIEmbedder("text-embedding-3-small").embed(["abc"])


def test_a_server_that_does_not_answer_in_time(server: Server) -> None:
    server.delay = 0.5
    waits = Waits()
    with pytest.raises(APIError, match=r"did not answer in 2 tries.*Timeout"):
        OpenAIEmbedder("text-embedding-3-small", timeout=0.05, max_retries=1, sleep=waits).embed(["abc"])
    assert waits == [0.5]


def test_nobody_listens() -> None:
    embedder = OpenAIEmbedder(
        "text-embedding-3-small", api_key=KEY, base_url="http://127.0.0.1:1/v1", max_retries=1, sleep=Waits()
    )
    with pytest.raises(APIError, match="did not answer in 2 tries") as caught:
        embedder.embed(["abc"])
    assert caught.value.status is None
    assert KEY not in str(caught.value)
