"""A server below HTTP: after each request it sends the bytes that a test gives it, and nothing else."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

Script = Callable[[], Iterable[bytes | float]]
"""What is sent of each connection: bytes as they are, and numbers as pauses in seconds."""


class RawServer:
    """Attributes: ``url``; ``requests``, the bytes of each; ``connections``, how many there were."""

    def __init__(self, script: Script, *, reads: bool = True) -> None:
        self.script = script
        self.reads = reads
        self.requests: list[bytes] = []
        self.connections = 0
        self._over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._answer, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(20)
            if self.reads:
                self.requests.append(_request(connection))
            for step in self.script():
                if isinstance(step, bytes):
                    connection.sendall(step)
                elif self._over.wait(step):
                    return
                if self._over.is_set():
                    return
            connection.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._over.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(5)


def _request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while len(body) < int(lengths[0]):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@contextmanager
def raw_server(script: Script, *, reads: bool = True) -> Iterator[RawServer]:
    server = RawServer(script, reads=reads)
    accepting = threading.Thread(target=server.serve, daemon=True)
    accepting.start()
    try:
        yield server
    finally:
        server.close()
        accepting.join(5)
