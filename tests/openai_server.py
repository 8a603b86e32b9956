"""A local HTTP server that speaks enough of OpenAI's chat API for real clients, and keeps what it was sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class ChatServer:
    """What a running server has seen: ``requests`` are the bodies, ``url`` is the ``base_url`` of a client.

    Each request is answered by the next of ``answers`` (a string, or a list of tool calls as ``(name, arguments)``),
    the last of them again and again.
    """

    def __init__(self, url: str, answers: list[Any]) -> None:
        self.url = url
        self.answers = answers
        self.requests: list[dict[str, Any]] = []

    def contents(self) -> list[str]:
        """All text of each request, message after message."""
        return ["\n".join(_text(message) for message in body["messages"]) for body in self.requests]

    def message(self) -> dict[str, Any]:
        """The answer to the last request."""
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        if isinstance(answer, str):
            return {"role": "assistant", "content": answer}
        calls = [
            {"id": f"call_{at}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
            for at, (name, arguments) in enumerate(answer)
        ]
        return {"role": "assistant", "content": None, "tool_calls": calls}


def _text(message: dict[str, Any]) -> str:
    content = message.get("content") or ""
    return content if isinstance(content, str) else "\n".join(block.get("text", "") for block in content)


@contextmanager
def chat_server(*answers: Any) -> Iterator[ChatServer]:
    """A server on a free port of this machine, for the time of the ``with``."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            chat.requests.append(body)
            message = chat.message()
            finish = "tool_calls" if message.get("tool_calls") else "stop"
            usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
            base = {"id": "1", "created": 0, "model": body["model"]}
            if not body.get("stream"):
                choice = {"index": 0, "message": message, "finish_reason": finish}
                self.answer(
                    json.dumps({**base, "object": "chat.completion", "choices": [choice], "usage": usage}).encode(),
                    "application/json",
                )
                return
            deltas = [{**message, "content": ""}] if message["content"] else [message]
            deltas += (
                [{"content": word} for word in (message["content"] or "").split(" ")] if message["content"] else []
            )
            events = [
                {
                    **base,
                    "object": "chat.completion.chunk",
                    "choices": [{"index": 0, "delta": d, "finish_reason": None}],
                }
                for d in deltas
            ]
            events.append(
                {
                    **base,
                    "object": "chat.completion.chunk",
                    "choices": [{"index": 0, "delta": {}, "finish_reason": finish}],
                }
            )
            lines = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
            self.answer(lines.encode(), "text/event-stream")

        def answer(self, content: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Connection", "close")  # or clients would keep sockets open beyond the test
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            """Say nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    chat = ChatServer(f"http://127.0.0.1:{server.server_port}/v1", list(answers))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield chat
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
