"""A project for assistants, over the Model Context Protocol."""

from __future__ import annotations

import logging
import sys
from collections import OrderedDict
from threading import Lock
from typing import Any

try:
    import anyio
    from mcp.server.lowlevel import Server
    from mcp.server.stdio import stdio_server
    from mcp.types import (
        CallToolRequestParams,
        CallToolResult,
        ListToolsResult,
        PaginatedRequestParams,
        TextContent,
        ToolAnnotations,
    )
    from mcp.types import Tool as McpTool
except ImportError as error:
    from laconic.exceptions import MissingDependencyError

    raise MissingDependencyError("mcp", "mcp", "serving over the Model Context Protocol") from error

from pydantic import ValidationError

from laconic._utils.options import did_you_mean
from laconic._utils.version import __version__
from laconic.exceptions import LaconicError
from laconic.servers.guard import App, Guard, Limits
from laconic.servers.registry import Projects
from laconic.servers.requests import what_is_wrong
from laconic.servers.threads import BusyError, Threads
from laconic.servers.tools import TOOLS, Answer, Caller

__all__ = ["mcp_app", "mcp_server", "serve_stdio"]

PATH = "/mcp"
"""Where the protocol is spoken over HTTP."""

_INSTRUCTIONS = (
    "Code of one project, from an index. Begin a task with prep_search: it gives the files that matter, each in the "
    "detail that it deserves, under a line [path | lod=N]. What a level left out comes with expand (lines), symbol "
    "(a definition and its callers) or file (another level)."
)
_MOST_SESSIONS = 10_000  # as many as the protocol's own package holds open

_log = logging.getLogger(__name__)


class _Session:
    """One session of a client; what it is is who it is."""


class _Sessions:
    """The sessions that were seen, the latest ones.

    Over HTTP a session has an id of its own; one process over stdio is one session. The newest version of the protocol
    has none over HTTP: there, all calls of one client's name from one machine are one.
    """

    def __init__(self) -> None:
        self._seen: OrderedDict[Any, _Session] = OrderedDict()
        self._lock = Lock()

    def of(self, request: Any, client: str | None) -> _Session:
        """The session of a request; ``request`` is the HTTP request, None over stdio."""
        key: Any = None
        if request is not None:
            key = request.headers.get("mcp-session-id") or (request.client and request.client.host, client)
        with self._lock:
            session = self._seen.setdefault(key, _Session())
            self._seen.move_to_end(key)
            if len(self._seen) > _MOST_SESSIONS:
                self._seen.popitem(last=False)
            return session


def mcp_server(projects: Projects, name: str, *, limits: Limits | None = None) -> Server[Any]:
    """The server of one project, to be run over a transport of the protocol.

    Args:
        projects: has it.
        name: which; it is indexed at the first call, where nobody has done so before.
        limits: see `Limits`.

    Calls run in threads, as many at a time as there are processors. What is wrong with a call is told in its result.
    """
    limits = limits or Limits()
    sessions = _Sessions()
    threads = Threads(limits.waiting)

    async def list_tools(_: Any, __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[_described(each) for each in TOOLS])

    async def call_tool(context: Any, params: CallToolRequestParams) -> CallToolResult:
        handshake = context.session.client_params
        client = handshake.client_info.name if handshake is not None else None
        caller = Caller(client, sessions.of(context.request, client))
        try:
            return await threads.run(_called, projects, name, params.name, params.arguments or {}, caller)
        except BusyError as error:
            return _result(Answer(str(error)), failed=True)

    return Server(
        "laconic",
        title=f"laconic: {name}",
        version=__version__,
        instructions=_INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def mcp_app(
    projects: Projects, name: str, *, token: str | None = None, host: str = "127.0.0.1", limits: Limits | None = None
) -> App:
    """The same over streamable HTTP, as an ASGI application that answers at `PATH`; for the options see `http_app`."""
    limits = limits or Limits()
    server = mcp_server(projects, name, limits=limits)
    # The guard checks the host's name where that protects anything; the package would refuse what the guard lets pass.
    app = server.streamable_http_app(
        streamable_http_path=PATH, host="", max_request_body_size=limits.body_bytes, json_response=True
    )
    return Guard(app, token=token, host=host, limits=limits)


def serve_stdio(projects: Projects, name: str) -> None:
    """Speak the protocol over standard input and output until the client closes them."""

    async def serve() -> None:
        server = mcp_server(projects, name)
        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())

    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="laconic: %(message)s")
    anyio.run(serve)


def _described(name: str) -> McpTool:
    tool = TOOLS[name]
    return McpTool(
        name=name,
        description=tool.description,
        input_schema=tool.request.model_json_schema(),
        annotations=ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False),
    )


def _called(projects: Projects, project: str, name: str, arguments: dict[str, Any], caller: Caller) -> CallToolResult:
    """What a tool gives, or what is wrong with the call, without a trace."""
    tool = TOOLS.get(name)
    if tool is None:
        wrong = f"there is no tool {name[:100]!r}{did_you_mean(name, TOOLS)}: there is {', '.join(TOOLS)}"
        return _result(Answer(wrong), failed=True)
    try:
        return _result(tool.call(projects.index(project), tool.request.model_validate(arguments), caller))
    except ValidationError as error:
        return _result(Answer(what_is_wrong(error, tool.request)[1]), failed=True)
    except LaconicError as error:
        return _result(Answer(str(error)), failed=True)
    except Exception:  # noqa: BLE001 - the log has the trace, the client has not
        _log.exception("tool %s failed", name)
        return _result(Answer(f"{name} failed; the server's log says why"), failed=True)


def _result(answer: Answer, *, failed: bool = False) -> CallToolResult:
    # Figures go beside the text, not into structured content: some clients show a model that alone, without the text.
    meta = None if answer.details is None else {"laconic": answer.details}
    return CallToolResult(content=[TextContent(type="text", text=answer.text)], is_error=failed, _meta=meta)
