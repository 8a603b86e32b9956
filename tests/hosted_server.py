"""A small HTTP server that speaks the hosted ScaleDown API, or fails in a way that a test chooses."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-test-4fJ2pQ9x"

Behaviour = Callable[["Handler", dict[str, Any]], None]


def answer(payload: dict[str, Any]) -> dict[str, Any]:
    """What the API answers: here the first half of the context's words."""
    words = payload["context"].split()
    kept = " ".join(words[: max(1, len(words) // 2)])
    return {
        "results": {"compressed_prompt": kept},
        "total_original_tokens": len(words),
        "total_compressed_tokens": len(kept.split()),
        "latency_ms": 42,
        "model_used": payload["model"],
        "request_metadata": {"timestamp": "2025-11-20T10:30:00Z"},
        "successful": True,
    }


def works(handler: Handler, payload: dict[str, Any]) -> None:
    handler.reply(200, answer(payload))


def status(code: int, body: Any = None, **headers: str) -> Behaviour:
    """A behaviour that answers with a status; ``retry_after="1"`` gives the header ``retry-after``."""

    def behave(handler: Handler, payload: dict[str, Any]) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        handler.reply(code, {"message": f"status {code}"} if body is None else body, **named)

    return behave


def raw(body: bytes, code: int = 200) -> Behaviour:
    """A behaviour that answers with exactly these bytes."""
    return lambda handler, payload: handler.reply_bytes(code, body)


def reply(**changes: Any) -> Behaviour:
    """A behaviour that answers as usual but for some fields; a value of None leaves the field out."""

    def behave(handler: Handler, payload: dict[str, Any]) -> None:
        body = answer(payload) | changes
        handler.reply(200, {name: value for name, value in body.items() if value is not None})

    return behave


def slow(seconds: float) -> Behaviour:
    def behave(handler: Handler, payload: dict[str, Any]) -> None:
        time.sleep(seconds)
        works(handler, payload)

    return behave


def drips(handler: Handler, payload: dict[str, Any]) -> None:
    """Never pauses for long, and never ends."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def hangs_up(handler: Handler, payload: dict[str, Any]) -> None:
    """Closes the connection without a word."""
    handler.close_connection = True


def hangs_up_halfway(handler: Handler, payload: dict[str, Any]) -> None:
    """Promises more than it sends."""
    handler.send_response(200)
    handler.send_header("content-length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"results": {')
    handler.close_connection = True


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        server = self.server
        payload = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with server.lock:
            behave = server.script.pop(0) if server.script else server.behaviour
            server.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}, payload))
            server.under_way.add(self)
            server.most_under_way = max(server.most_under_way, len(server.under_way))
        try:
            behave(self, payload)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the client gave up, which is what some tests are about
        finally:
            self.leave()

    def leave(self) -> None:
        with self.server.lock:
            self.server.under_way.discard(self)

    def reply(self, code: int, body: Any, **headers: str) -> None:
        self.reply_bytes(code, json.dumps(body).encode(), **headers)

    def reply_bytes(self, code: int, body: bytes, **headers: str) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.leave()  # before the client sees the end of the reply and sends the next request
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is http.server's
        pass


class Server(ThreadingHTTPServer):
    """Attributes to set: ``script``, behaviours of the next requests, and ``behaviour``, that of all others."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.script: list[Behaviour] = []
        self.behaviour: Behaviour = works
        self.requests: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.under_way: set[Handler] = set()
        self.most_under_way = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections that a test breaks off are no news."""


@contextmanager
def running_server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
