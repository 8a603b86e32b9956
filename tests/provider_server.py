"""A local model provider: it keeps the very bytes that arrive, and answers as OpenAI and Anthropic do."""

from __future__ import annotations

import json
import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

WORDS = ("It ", "listens ", "on ", "8443.")


class Arrived(NamedTuple):
    """A request as it came; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Provider:
    """What a running provider has seen, and how it goes on.

    Attributes:
        url: its address.
        arrived: requests in the order in which they came.
        waits: whether it waits for ``go_on``, in a stream behind the first word, else before the answer.
        go_on: ends the waiting.
        left: is set when the client left while it waited.
        answer: status, headers and body of the next answers; None answers as the API does.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.arrived: list[Arrived] = []
        self.go_on = threading.Event()
        self.left = threading.Event()
        self.waits = False
        self.answer: tuple[int, dict[str, str], bytes] | None = None

    def reset(self) -> None:
        self.go_on.set()
        self.__init__(self.url)  # type: ignore[misc]


def _completion(said: str, model: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": said}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    return {"id": "1", "created": 0, "model": model, "object": "chat.completion", "choices": [choice], "usage": usage}


def _response(said: str, model: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": said, "annotations": []}]
    item = {"id": "m", "type": "message", "role": "assistant", "status": "completed", "content": content}
    more = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
    return {"id": "1", "created_at": 0, "model": model, "object": "response", "output": [item], **more}


def _message(said: str, model: str) -> dict[str, Any]:
    usage = {"input_tokens": 1, "output_tokens": 1}
    content = [{"type": "text", "text": said}] if said else []
    more = {"stop_reason": "end_turn", "stop_sequence": None, "usage": usage}
    return {"id": "1", "type": "message", "role": "assistant", "model": model, "content": content, **more}


_WHOLE = {"/v1/chat/completions": _completion, "/v1/responses": _response, "/v1/messages": _message}


def _events(path: str, model: str) -> Iterator[tuple[str | None, Any]]:
    """Name and data of a stream's events."""
    if path == "/v1/chat/completions":
        base = {"id": "1", "created": 0, "model": model, "object": "chat.completion.chunk"}
        for word in WORDS:
            yield None, {**base, "choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}]}
        yield None, {**base, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    elif path == "/v1/responses":
        place = {"item_id": "m", "output_index": 0, "content_index": 0, "logprobs": []}
        for at, word in enumerate(WORDS):
            kind = "response.output_text.delta"
            yield kind, {"type": kind, "delta": word, "sequence_number": at, **place}
        kind = "response.completed"
        yield kind, {"type": kind, "sequence_number": 9, "response": _response("".join(WORDS), model)}
    else:
        block = {"type": "text", "text": ""}
        yield "message_start", {"type": "message_start", "message": _message("", model)}
        yield "content_block_start", {"type": "content_block_start", "index": 0, "content_block": block}
        for word in WORDS:
            delta = {"type": "text_delta", "text": word}
            yield "content_block_delta", {"type": "content_block_delta", "index": 0, "delta": delta}
        yield "content_block_stop", {"type": "content_block_stop", "index": 0}
        end = {"stop_reason": "end_turn", "stop_sequence": None}
        yield "message_delta", {"type": "message_delta", "delta": end, "usage": {"output_tokens": 1}}
        yield "message_stop", {"type": "message_stop"}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections that a test breaks off are no news."""


@contextmanager
def provider() -> Iterator[Provider]:
    """A provider on a free port of this machine, for the time of the ``with``."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.sent()
            named = {name.lower(): value for name, value in self.headers.items()}
            seen.arrived.append(Arrived(self.command, self.path, named, body))
            path = self.path.partition("?")[0]
            if seen.waits and b'"stream": true' not in body and b'"stream":true' not in body:
                self.wait()
            if seen.answer is not None:
                self.whole(*seen.answer)
            elif path not in _WHOLE or not body:
                self.whole(200, {"content-type": "text/plain"}, self.path.encode())
            elif json.loads(body).get("stream"):
                self.stream(path, json.loads(body)["model"])
            else:
                answer = _WHOLE[path]("".join(WORDS), json.loads(body)["model"])
                self.whole(200, {"content-type": "application/json"}, json.dumps(answer).encode())

        def do_GET(self) -> None:
            self.do_POST()

        def do_DELETE(self) -> None:
            self.do_POST()

        def sent(self) -> bytes:
            if self.headers.get("transfer-encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("content-length", 0)))
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def whole(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def stream(self, path: str, model: str) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            for name, data in _events(path, model):
                event = (f"event: {name}\n" if name else "") + f"data: {json.dumps(data)}\n\n"
                self.chunk(event.encode())
                if seen.waits and WORDS[0] in event:
                    self.wait()
            if path == "/v1/chat/completions":
                self.chunk(b"data: [DONE]\n\n")
            self.chunk(b"")

        def wait(self) -> None:
            """Until the test, or the client, has enough of it."""
            while not seen.go_on.is_set():
                if select.select([self.connection], [], [], 0.02)[0]:  # it sends nothing more: this is its end
                    seen.left.set()
                    raise ConnectionResetError

        def chunk(self, data: bytes) -> None:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.flush()

        def log_message(self, *args: Any) -> None:
            """Say nothing on stderr."""

    server = _Server(("127.0.0.1", 0), Handler)
    seen = Provider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        seen.go_on.set()
        server.shutdown()
        server.server_close()
        thread.join()
