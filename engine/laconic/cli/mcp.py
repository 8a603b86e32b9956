"""``laconic mcp``: a project for assistants."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

from laconic.cli.terminal import errors_told, say, typer

__all__ = ["mcp"]


class Transport(str, Enum):
    """How the protocol is spoken."""

    stdio = "stdio"
    http = "http"


def mcp(
    root: Annotated[Path, typer.Option(help="Folder of the project.")] = Path("."),
    transport: Annotated[Transport, typer.Option(help="Over standard input and output, or HTTP.")] = Transport.stdio,
    watch: Annotated[bool, typer.Option(help="Keep the index fresh.")] = True,
    host: Annotated[str, typer.Option(help="Over HTTP: what to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Over HTTP: 0 takes a free one.")] = 8401,
    token: Annotated[
        str | None, typer.Option(envvar="LACONIC_TOKEN", help="Over HTTP: what clients must bring.")
    ] = None,
    without_token: Annotated[
        bool, typer.Option("--without-token", help="Over HTTP: be open to a network without a token.")
    ] = False,
) -> None:
    """Serve a project over the Model Context Protocol."""
    with errors_told():
        from laconic.servers.mcp_server import PATH, mcp_app, serve_stdio
        from laconic.servers.registry import Projects

        projects = Projects.named([str(root)])
        [name] = projects
        if transport is Transport.http:
            from laconic.servers.guard import Limits
            from laconic.servers.listening import check_binding, listen

            check_binding(host, token, without_token=without_token)
            app = mcp_app(projects, name, token=token, host=host)
            projects.start(watch=watch)
            listen(app, host, port, limits=Limits(), ready=lambda url: say(f"laconic: {name} at {url}{PATH}"))
        else:
            projects.start(watch=watch)  # in the background: clients wait seconds for the handshake, not for an index
            serve_stdio(projects, name)
        projects.close()
