"""Projects and compression over HTTP, as SourcePrep's API has them, with a page to try them on."""

from __future__ import annotations

import base64
import hashlib
import logging
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from time import perf_counter
from typing import Any, TypeVar

try:
    from anyio.to_thread import run_sync
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.requests import Request as HttpRequest
    from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
    from starlette.routing import Route
except ImportError as error:
    from laconic.exceptions import MissingDependencyError

    raise MissingDependencyError("starlette", "server", "serving over HTTP") from error

from laconic._utils.files import shipped_file
from laconic._utils.version import __version__
from laconic.core.compressor import compress
from laconic.exceptions import LaconicError, ProjectIndexError
from laconic.servers.guard import App, Guard, Limits, Message, Receive, Scope, Send
from laconic.servers.openapi import openapi
from laconic.servers.registry import Projects
from laconic.servers.requests import CompressRequest, ContextRequest, Request, what_is_wrong
from laconic.servers.threads import BusyError, Threads
from laconic.telemetry import stats
from laconic.types import Compression

__all__ = ["http_app"]

OPEN_PATHS = frozenset(("/", "/health", "/openapi.json"))
"""What needs no token: nothing of a project is in it."""

_R = TypeVar("_R", bound=Request)

_log = logging.getLogger(__name__)


def http_app(
    projects: Projects,
    *,
    token: str | None = None,
    host: str = "127.0.0.1",
    watch: bool = True,
    limits: Limits | None = None,
) -> App:
    """The server as an ASGI application.

    Args:
        projects: what it answers for; indexing starts with the application, and questions wait for it.
        token: that clients must bring, None for none; `OPEN_PATHS` are free.
        host: what it will be bound to; see `Guard`.
        watch: whether the indexes follow the files.
        limits: see `Limits`.

    What goes wrong is answered ``{"error": {"code": …, "message": …}}``, with ``"field"`` where one is wrong.
    """
    limits = limits or Limits()
    server = _Server(projects, limits, watch)
    app = Starlette(
        routes=server.routes,
        exception_handlers={
            HTTPException: _http_error,
            LaconicError: _laconic_error,
            BusyError: _busy,
            Exception: _unexpected,
        },
        lifespan=server.lifespan,
    )
    return server.counted(Guard(app, token=token, host=host, limits=limits, open_paths=OPEN_PATHS))


class _Server:
    def __init__(self, projects: Projects, limits: Limits, watch: bool) -> None:
        self.projects = projects
        self.watch = watch
        self.run = Threads(limits.waiting).run
        self.requests: Counter[tuple[str, int]] = Counter()
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.characters: Counter[str] = Counter()
        self.routes = [
            Route("/", self.page),
            Route("/health", self.health),
            Route("/metrics", self.metrics),
            Route("/openapi.json", self.description),
            Route("/projects", self.listed),
            Route("/projects/{project}/context", self.context, methods=["POST"]),
            Route("/compress", self.compress, methods=["POST"]),
        ]
        self.paths = {route.endpoint: route.path for route in self.routes}
        page = shipped_file("laconic.servers", "data/dashboard.html").decode()
        self.html = HTMLResponse(page, headers={"content-security-policy": _policy(page)})

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        self.projects.start(watch=self.watch)
        yield
        await run_sync(self.projects.close)

    async def page(self, _: HttpRequest) -> Response:
        return self.html

    async def health(self, _: HttpRequest) -> Response:
        return JSONResponse({"status": "ok", "version": __version__})

    async def description(self, _: HttpRequest) -> Response:
        return JSONResponse(openapi())

    async def listed(self, _: HttpRequest) -> Response:
        return JSONResponse({"projects": [await self.run(self._described, name) for name in self.projects]})

    def _described(self, name: str) -> dict[str, Any]:
        files = self.projects.index(name).files()
        languages = Counter(file.language for file in files if file.language)
        return {
            "name": name,
            "files": len(files),
            "chars": sum(file.chars for file in files),
            "languages": dict(languages.most_common()),
        }

    async def context(self, request: HttpRequest) -> Response:
        project = request.path_params["project"]
        if project not in self.projects:
            known = ", ".join(self.projects)
            raise HTTPException(404, f"there is no project {project[:100]!r}: there is {known}")
        asked = await _body(request, ContextRequest)
        found = await self.run(self._assembled, project, asked)
        self.characters["input"] += found["compression"]["input_chars"]
        self.characters["output"] += found["compression"]["output_chars"]
        return JSONResponse(found)

    def _assembled(self, project: str, asked: ContextRequest) -> dict[str, Any]:
        from laconic.project.context import assemble_context

        return assemble_context(self.projects.index(project), **asked.model_dump()).to_dict()

    async def compress(self, request: HttpRequest) -> Response:
        asked = await _body(request, CompressRequest)
        result = await self.run(self._compressed, asked)
        self.characters["input"] += sum(len(each.text) for each in asked.passages)
        self.characters["output"] += len(result.text)
        return JSONResponse(_as_json(result))

    def _compressed(self, asked: CompressRequest) -> Compression:
        options = asked.model_dump()
        return compress(options.pop("passages"), options.pop("query"), **options)

    async def metrics(self, _: HttpRequest) -> Response:
        """In the text format of Prometheus."""
        lines = [
            "# HELP laconic_requests_total Requests by what was asked for and the answer's status.",
            "# TYPE laconic_requests_total counter",
            *(f'laconic_requests_total{{route="{r}",status="{s}"}} {n}' for (r, s), n in sorted(self.requests.items())),
            "# HELP laconic_request_seconds_total Time from a request to the end of its answer.",
            "# TYPE laconic_request_seconds_total counter",
            *(f'laconic_request_seconds_total{{route="{r}"}} {s:.6f}' for r, s in sorted(self.seconds.items())),
            "# HELP laconic_characters_total Characters of files and passages before and after.",
            "# TYPE laconic_characters_total counter",
            *(f'laconic_characters_total{{side="{side}"}} {n}' for side, n in sorted(self.characters.items())),
            *_of_calls(),
            "# HELP laconic_projects Projects that are served.",
            "# TYPE laconic_projects gauge",
            f"laconic_projects {len(self.projects.roots)}",
        ]
        return PlainTextResponse("\n".join([*lines, ""]), media_type="text/plain; version=0.0.4")

    def counted(self, app: App) -> App:
        """An application whose answers `metrics` tells of."""

        async def counting(scope: Scope, receive: Receive, send: Send) -> None:
            status = 499  # as proxies log a client that left before its answer

            async def note(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                await send(message)

            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            began = perf_counter()
            try:
                await app(scope, receive, note)
            finally:
                # Of a closed set: what a client makes up must not become a series.
                route = self.paths.get(scope["endpoint"], "none") if "endpoint" in scope else "none"
                self.requests[route, status] += 1
                self.seconds[route] += perf_counter() - began

        return counting


def _of_calls() -> Iterator[str]:
    """What the calls of this process came to, by door: the counters of `laconic.stats`."""
    doors = stats().doors
    for name, what in (
        ("calls", "Calls that ended."),
        ("failures", "Calls that failed."),
        ("fallbacks", "Calls in which something simpler took over."),
    ):
        yield f"# HELP laconic_{name}_total {what}"
        yield f"# TYPE laconic_{name}_total counter"
        yield from (f'laconic_{name}_total{{door="{each.door}"}} {getattr(each, name)}' for each in doors)
    yield "# HELP laconic_tokens_total Tokens before and after, and those left out."
    yield "# TYPE laconic_tokens_total counter"
    for each in doors:
        for side, tokens in (("input", each.tokens_in), ("output", each.tokens_out), ("saved", each.tokens_saved)):
            yield f'laconic_tokens_total{{door="{each.door}",side="{side}"}} {tokens}'


async def _body(request: HttpRequest, model: type[_R]) -> _R:
    """The body as a request, or the answer that says what is wrong with it."""
    from pydantic import ValidationError

    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":  # a form of another site can send any other kind without asking
        raise HTTPException(415, f"the body is {kind or 'of no type'}: send it as Content-Type: application/json")
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as error:
        field, message = what_is_wrong(error, model)
        raise _WrongRequest(message, field, 400 if field is None else 422) from error


class _WrongRequest(HTTPException):
    def __init__(self, message: str, field: str | None, status: int) -> None:
        super().__init__(status, message)
        self.field = field


_CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    415: "not_json",
    422: "wrong_value",
}


async def _http_error(_: HttpRequest, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - what the handler is registered for
    message = "there is nothing at this address; /openapi.json lists what there is"
    if error.detail != HTTPStatus(error.status_code).phrase:  # which says nothing
        message = error.detail
    elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        message = f"use {(error.headers or {}).get('Allow', 'another method')} here"
    said: dict[str, Any] = {"code": _CODES.get(error.status_code, "error"), "message": message}
    if getattr(error, "field", None):
        said["field"] = error.field  # type: ignore[attr-defined]
    return JSONResponse({"error": said}, error.status_code, error.headers)


async def _laconic_error(request: HttpRequest, error: Exception) -> Response:
    """Errors of laconic's own: what is wrong with a value is told; the rest is for the log, for it can name folders."""
    if isinstance(error, ValueError) and not isinstance(error, ProjectIndexError):
        return JSONResponse({"error": {"code": "wrong_value", "message": str(error)}}, 422)
    _log.error("%s: %s", request.url.path, error)
    return await _unexpected(request, error)


async def _busy(_: HttpRequest, error: Exception) -> Response:
    said = {"code": "unavailable", "message": str(error)}
    return JSONResponse({"error": said}, 503, {"retry-after": "1"})


async def _unexpected(_: HttpRequest, error: Exception) -> Response:
    """The log has the trace, the client has not."""
    return JSONResponse({"error": {"code": "failed", "message": "the server failed; its log says why"}}, 500)


def _as_json(result: Compression) -> dict[str, Any]:
    metrics = result.metrics
    return {
        "text": result.text,
        "passages": [
            {"index": kept.index, "id": kept.id, "text": kept.text, "spans": kept.spans, "tokens": kept.tokens}
            for kept in result.passages
        ],
        "metrics": {
            **vars(metrics),
            "latency_ms": round(metrics.latency_ms, 3),
            "savings_percent": round(metrics.savings_percent, 2),
        },
    }


def _policy(page: str) -> str:
    """What the page may do: its own script and style and nothing else, and ask its own server."""
    allowed = {}
    for tag in ("script", "style"):
        text = page.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]
        allowed[tag] = f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
    return (
        f"default-src 'none'; script-src {allowed['script']}; style-src {allowed['style']}; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
