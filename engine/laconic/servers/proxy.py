"""A proxy between programs and their model provider: chats go on in fewer tokens, everything else as it came."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Container, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy

try:
    import anyio
    import httpx
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Mount, Route
except ImportError as error:
    from laconic.exceptions import MissingDependencyError

    raise MissingDependencyError((error.name or "starlette").partition(".")[0], "server", "the proxy") from error

from laconic._utils.version import __version__
from laconic.exceptions import ConfigurationError
from laconic.messages import MessagePipeline
from laconic.servers.guard import App, Guard, Limits, Receive, Scope, Send, answer_json
from laconic.servers.provider_bodies import SHAPES, BodyError, ShrunkBody, shrink_body
from laconic.servers.threads import BusyError, Threads
from laconic.telemetry import unreported
from laconic.tokens import TiktokenCounter, load_encoding

__all__ = ["TOKEN_HEADER", "ProxyLimits", "proxy_app"]

TOKEN_HEADER = "x-laconic-token"  # noqa: S105 - the name of a header
"""Brings the proxy's own token; ``Authorization`` is the provider's."""

_OWN_HEADERS = "x-laconic-"
_HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer trailers "
    b"transfer-encoding upgrade expect".split()
)
"""What HTTP says of one connection alone; ``Expect`` is met by this server before it reads."""

Headers = list[tuple[bytes, bytes]]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ProxyLimits(Limits):
    """What one client may take of a proxy, and how long the proxy waits for others.

    Attributes:
        body_bytes: longest body that is read as a chat; 32 MiB are the most that Anthropic takes. Bodies for other
            paths are handed on as they come.
        compress_seconds: longest time from a body's end to its compressed form; then it goes on as it came.
        connect_seconds: longest time until the provider accepts a connection.
        answer_seconds: longest silence of the provider; ten minutes are the official clients' own default.
    """

    body_bytes: int = 32 * 1024 * 1024
    compress_seconds: float = 5.0
    connect_seconds: float = 10.0
    answer_seconds: float = 600.0


def proxy_app(
    upstream: str,
    pipeline: MessagePipeline | None = None,
    *,
    token: str | None = None,
    host: str = "127.0.0.1",
    limits: ProxyLimits | None = None,
) -> App:
    """The proxy as an ASGI application.

    Args:
        upstream: the provider's address, as ``https://api.openai.com``; a path before ``/v1`` is kept.
        pipeline: compresses, with its recipe, mode and threshold; None for the default, set by the environment.
        token: that clients must bring as ``x-laconic-token``; None for none.
        host: what it will be bound to; see `Guard`.
        limits: see `ProxyLimits`.

    Raises:
        ConfigurationError: ``upstream`` is no http address, or holds a name and password, a query or a fragment.

    Bodies of ``POST`` to the paths of `SHAPES` are compressed; see `shrink_body`. Their answers tell
    ``x-laconic-tokens-before`` and ``-after``, or ``x-laconic-fallback`` with the reason why the body went on as it
    came: ``not-json``, ``unknown-shape``, ``encoded``, ``busy``, ``slow``, ``failed``. Any other request below ``/v1``
    goes on as it is. Where the provider does not answer it is 502, or 504 where it takes too long.
    """
    limits = limits or ProxyLimits()
    proxy = _Proxy(_address(upstream), pipeline or MessagePipeline(), limits)
    app = Starlette(
        routes=[Route("/health", _health), Mount("/v1", app=proxy.forward)],
        exception_handlers={HTTPException: _http_error},
        lifespan=proxy.lifespan,
    )
    app.router.redirect_slashes = False
    return Guard(
        app,
        token=token,
        host=host,
        limits=limits,
        open_paths=frozenset(("/health",)),
        token_header=TOKEN_HEADER,
        is_whole=_is_chat,
    )


def _address(upstream: str) -> httpx.URL:
    """The address without the ``/v1`` that requests bring."""
    try:
        url = httpx.URL(upstream)
    except (httpx.InvalidURL, TypeError) as error:
        raise ConfigurationError(f"upstream is no address: {error}") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise ConfigurationError(f"upstream is {upstream!r}: give an address as https://api.openai.com")
    if url.userinfo or url.query or url.fragment:  # not shown, for it may be a secret
        raise ConfigurationError("upstream holds a password, a query or a fragment: give the address alone")
    return url.copy_with(path=url.path.rstrip("/").removesuffix("/v1"))


def _is_chat(scope: Scope) -> bool:
    return scope["method"] == "POST" and scope["path"] in SHAPES


async def _health(_: Request) -> Response:
    return JSONResponse({"status": "ok", "version": __version__})


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - what the handler is registered for
    message = "there is nothing at this address: the provider's are below /v1"
    return JSONResponse({"error": {"code": "not_found", "message": message}}, error.status_code)


class _Gone(Exception):  # noqa: N818 - no error: the client left
    """The client left before its request ended."""


class _Proxy:
    def __init__(self, upstream: httpx.URL, pipeline: MessagePipeline, limits: ProxyLimits) -> None:
        self.upstream = upstream
        self.pipeline = pipeline
        self.limits = limits
        self.run = Threads(limits.waiting).run
        self.late: set[asyncio.Task[ShrunkBody]] = set()
        self.timeout = httpx.Timeout(
            limits.answer_seconds, connect=limits.connect_seconds, write=limits.write_seconds, pool=limits.read_seconds
        )
        self.client = httpx.AsyncClient(
            limits=httpx.Limits(max_connections=limits.connections),
            # What one client's answer sets must not be sent for another; a redirect is the client's own to follow.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            follow_redirects=False,
        )

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        await self.run(self._warm_up)
        async with self.client:
            yield

    def _warm_up(self) -> None:
        """Read the vocabulary, the scorer's weights and what is imported late; they take half a second."""
        given = self.pipeline
        if isinstance(given.counter.counter, TiktokenCounter):
            load_encoding(given.counter.counter.name)
        warm = MessagePipeline(given.recipe, mode="strict", counter=given.counter.counter, engine=given.engine)
        page = " ".join(f"Paragraph {n} says what the others do not say." for n in range(100))
        try:
            with unreported():
                warm.run([{"role": "user", "content": page}, {"role": "user", "content": "Which paragraph?"}])
        except Exception as error:  # noqa: BLE001 - an engine that fails lets requests go on as they come
            _log.warning("the engine does not start: %s", type(error).__name__)

    async def forward(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request below ``/v1``; see ASGI."""
        if ".." in scope["path"].split("/"):
            await _fail(send, 404, "not_found", "the path leads out of /v1")
            return
        told: Headers = []
        content: bytes | AsyncIterator[bytes] | None = None
        dropped = {b"content-length"}  # httpx knows the new one
        uploaded = asyncio.Event()
        if _is_chat(scope):
            body = (await receive())["body"]  # all of it: the guard has read it
            content, told = await self._shrunk(body, scope)
            uploaded.set()
        elif _has_body(scope):
            content = self._upload(receive, uploaded)
            dropped.clear()
        else:
            uploaded.set()
        request = httpx.Request(
            scope["method"],
            self._url(scope),
            headers=_passed_on(scope["headers"], dropped | {b"host"}),
            content=content,
            extensions={"timeout": self.timeout.as_dict()},
        )
        with anyio.CancelScope() as under_way:
            watcher = asyncio.create_task(_watch(receive, uploaded, under_way))
            try:
                await self._exchange(request, send, told)
            finally:
                watcher.cancel()

    def _url(self, scope: Scope) -> httpx.URL:
        """As the client wrote it, behind the provider's address; never another host."""
        path = self.upstream.raw_path.rstrip(b"/") + scope["raw_path"]
        return self.upstream.copy_with(raw_path=path + b"?" * bool(scope["query_string"]) + scope["query_string"])

    async def _shrunk(self, body: bytes, scope: Scope) -> tuple[bytes, Headers]:
        """The body to send, and the headers that tell of it; whatever goes wrong, the body as it came."""
        if dict(scope["headers"]).get(b"content-encoding", b"identity") != b"identity":
            return body, _fallback("encoded")
        gave_up = threading.Event()

        def call() -> ShrunkBody:
            if gave_up.is_set():  # while it waited for a thread
                raise BodyError("slow")
            return shrink_body(body, SHAPES[scope["path"]], self.pipeline)

        task = asyncio.create_task(self.run(call))  # a thread cannot be stopped: a late one has its place until it ends
        self.late.add(task)
        task.add_done_callback(self._ended)
        await asyncio.wait({task}, timeout=self.limits.compress_seconds)
        if not task.done():
            gave_up.set()
            return body, _fallback("slow")
        error = task.exception()
        if error is None:
            result = task.result()
            figures = {"tokens-before": result.tokens_before, "tokens-after": result.tokens_after}
            return result.body, [_own_header(name, str(tokens)) for name, tokens in figures.items()]
        if isinstance(error, BodyError):
            return body, _fallback(str(error))
        return body, _fallback("busy" if isinstance(error, BusyError) else "failed")

    def _ended(self, task: asyncio.Task[ShrunkBody]) -> None:
        self.late.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, (BodyError, BusyError)):
            # Not what it says: that may repeat what somebody wrote.
            _log.warning("a request went on as it came: %s in the engine", type(error).__name__)

    async def _upload(self, receive: Receive, uploaded: asyncio.Event) -> AsyncIterator[bytes]:
        """A body as it comes."""
        more = True
        while more:
            with anyio.fail_after(self.limits.read_seconds):
                message = await receive()
            if message["type"] != "http.request":
                raise _Gone
            more = message.get("more_body", False)
            if message.get("body"):
                yield message["body"]
        uploaded.set()

    async def _exchange(self, request: httpx.Request, send: Send, told: Headers) -> None:
        """Send a request and pass on its answer as it comes."""
        try:
            answer = await self.client.send(request, stream=True)
        except _Gone:
            return
        except TimeoutError:
            await _fail(send, 408, "too_slow", f"the body paused for more than {self.limits.read_seconds:g} seconds")
            return
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            late = isinstance(error, httpx.TimeoutException)
            _log.warning("the provider did not answer: %s", type(error).__name__)
            message = "the provider took too long" if late else "the provider cannot be reached"
            await _fail(send, 504 if late else 502, "upstream", message)
            return
        try:
            headers = [*_passed_on(answer.headers.raw), *told]
            await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
            async for part in answer.aiter_raw():
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except httpx.HTTPError as error:  # what was begun stays without an end, and the server hangs up
            _log.warning("the provider's answer broke off: %s", type(error).__name__)
        finally:
            with anyio.CancelScope(shield=True):
                await answer.aclose()


async def _watch(receive: Receive, uploaded: asyncio.Event, under_way: anyio.CancelScope) -> None:
    """Give up the request to the provider when the client leaves."""
    await uploaded.wait()
    while (await receive())["type"] != "http.disconnect":
        pass
    under_way.cancel()


def _has_body(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"


def _passed_on(headers: Iterable[tuple[bytes, bytes]], dropped: Container[bytes] = ()) -> Headers:
    """Headers without those of one connection, our own, and ``dropped``."""
    listed = [(name.lower(), value) for name, value in headers]
    named = b",".join(value for name, value in listed if name == b"connection").lower().split(b",")
    hop_by_hop = _HOP_BY_HOP.union(name.strip() for name in named)
    return [
        (name, value)
        for name, value in listed
        if name not in hop_by_hop and name not in dropped and not name.startswith(_OWN_HEADERS.encode())
    ]


def _own_header(name: str, value: str) -> tuple[bytes, bytes]:
    return f"{_OWN_HEADERS}{name}".encode(), value.encode()


def _fallback(reason: str) -> Headers:
    return [_own_header("fallback", reason)]


async def _fail(send: Send, status: int, code: str, message: str) -> None:
    await answer_json(send, status, {"error": {"code": code, "message": message}}, (b"connection", b"close"))
