"""What stands before a server: who may ask, how much he may send, and how long he may take."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from hmac import compare_digest
from ipaddress import ip_address
from typing import Any

from laconic.exceptions import ConfigurationError, MissingDependencyError

__all__ = ["App", "Guard", "Limits", "Message", "Receive", "Scope", "Send", "answer_json", "is_loopback"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_LOCAL_NAMES = frozenset(("localhost", "127.0.0.1", "[::1]"))


@dataclass(frozen=True)
class Limits:
    """What one client may take of a server.

    Attributes:
        body_bytes: longest body; 8 MiB hold about two million tokens.
        read_seconds: from the first byte of a request to the end of its headers, and as long again for its body.
        write_seconds: how long a client may leave a part of an answer unread.
        connections: most at a time; more are answered 503.
        waiting: most calls that wait for a free thread; more are answered 503.
    """

    body_bytes: int = 8 * 1024 * 1024
    read_seconds: float = 30.0
    write_seconds: float = 30.0
    connections: int = 256
    waiting: int = 64

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0:
                raise ConfigurationError(f"{name} is {value!r}: it must be above 0")


def is_loopback(host: str) -> bool:
    """Whether what is bound to ``host`` can be reached from this machine alone."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


async def answer_json(send: Send, status: int, value: Any, *headers: tuple[bytes, bytes]) -> None:
    """Send a whole answer."""
    body = json.dumps(value).encode()
    own = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": [*own, *headers]})
    await send({"type": "http.response.body", "body": body})


class _StalledError(Exception):
    """A client does not read."""


class Guard:
    """An ASGI application before another: it answers what must not reach that one, and reads bodies in bounded time.

    Args:
        app: gets requests whose body is there as a whole.
        token: that ``Authorization: Bearer …`` must bring; None for none.
        open_paths: paths that need no token.
        host: what the server is bound to. On a loopback address and without a token, requests must call the server by
            a local name: a page of another site, whose own name was pointed at this machine, does not.
        limits: see `Limits`.
        token_header: where the token comes in place of ``Authorization``, then alone and in lower case.
        is_whole: whether a request's body is read before it is handed on; others come as they are sent, of any length.

    Refusals are ``{"error": {"code": …, "message": …}}``: 401 (token), 403 (name), 408 (too slow), 413 (too long).

    Raises:
        MissingDependencyError: anyio is not installed.
    """

    def __init__(
        self,
        app: App,
        *,
        token: str | None,
        host: str,
        limits: Limits,
        open_paths: frozenset[str] = frozenset(),
        token_header: str | None = None,
        is_whole: Callable[[Scope], bool] = lambda _: True,
    ) -> None:
        try:
            import anyio  # noqa: F401 - needed by the first request: told before there is one
        except ImportError as error:
            raise MissingDependencyError("anyio", "server", "serving over HTTP") from error
        self.app = app
        self.limits = limits
        self._token_header = None if token_header is None else token_header.encode()
        self._is_whole = is_whole
        self._token = None if token is None else token.encode()
        self._open_paths = open_paths
        self._names = _LOCAL_NAMES | {host} if token is None and is_loopback(host) else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; see ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        with suppress(_StalledError):  # the server closes what was begun and not ended
            await self._guard(scope, receive, self._timed(send))

    async def _guard(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        if self._names is not None and _host_name(headers.get(b"host", b"").decode("latin-1")) not in self._names:
            await _refuse(send, 403, "wrong_host", "this server answers to its local name alone, as http://127.0.0.1")
        elif not self._may_ask(scope["path"], headers):
            how = (
                "Authorization: Bearer TOKEN" if self._token_header is None else f"{self._token_header.decode()}: TOKEN"
            )
            message = f"give the server's token, as '{how}'"
            await _refuse(send, 401, "unauthorized", message, (b"www-authenticate", b"Bearer"))
        elif not self._is_whole(scope):
            await self.app(scope, receive, send)
        elif int(headers.get(b"content-length", b"0")) > self.limits.body_bytes:
            await self._refuse_length(send)
        else:
            await self._read(scope, receive, send)

    def _may_ask(self, path: str, headers: Mapping[bytes, bytes]) -> bool:
        if self._token is None or path in self._open_paths:
            return True
        if self._token_header is not None:
            return compare_digest(headers.get(self._token_header, b"").strip(), self._token)
        scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
        return compare_digest(given.strip(), self._token) and scheme.lower() == b"bearer"

    async def _refuse_length(self, send: Send) -> None:
        await _refuse(send, 413, "too_large", f"the body is longer than {self.limits.body_bytes} bytes")

    async def _read(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on once its body is there."""
        import anyio

        body = bytearray()
        more = True
        with anyio.move_on_after(self.limits.read_seconds):
            while more:
                message = await receive()
                if message["type"] != "http.request":  # the client has left
                    return
                body += message.get("body", b"")
                more = message.get("more_body", False)
                if len(body) > self.limits.body_bytes:
                    await self._refuse_length(send)
                    return
        if more:
            await _refuse(send, 408, "too_slow", f"the body did not end within {self.limits.read_seconds:g} seconds")
            return
        whole: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def replay() -> Message:
            return whole.pop() if whole else await receive()

        await self.app(scope, replay, send)

    def _timed(self, send: Send) -> Send:
        async def timed(message: Message) -> None:
            import anyio

            with anyio.move_on_after(self.limits.write_seconds) as waited:
                await send(message)
            if waited.cancelled_caught:
                raise _StalledError

        return timed


def _host_name(host: str) -> str:
    """Without the port."""
    return host[: host.find("]") + 1] if host.startswith("[") else host.partition(":")[0]


async def _refuse(send: Send, status: int, code: str, message: str, *headers: tuple[bytes, bytes]) -> None:
    # What is unread of the body must not be taken for the next request.
    error = {"error": {"code": code, "message": message}}
    await answer_json(send, status, error, (b"connection", b"close"), *headers)
