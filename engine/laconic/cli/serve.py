"""``laconic serve``: projects and compression over HTTP."""

from __future__ import annotations

from typing import Annotated

from laconic.cli.terminal import errors_told, progress, say, typer

__all__ = ["serve"]


def serve(
    project: Annotated[
        list[str] | None, typer.Option(help="NAME=PATH, or PATH alone; may be repeated. By default this folder.")
    ] = None,
    host: Annotated[str, typer.Option(help="What to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8400,
    token: Annotated[str | None, typer.Option(envvar="LACONIC_TOKEN", help="What clients must bring.")] = None,
    without_token: Annotated[
        bool, typer.Option("--without-token", help="Be open to a network without a token.")
    ] = False,
    watch: Annotated[bool, typer.Option(help="Keep the indexes fresh.")] = True,
) -> None:
    """Serve projects and compression over HTTP, with a page to try them on."""
    with errors_told():
        from laconic.servers.guard import Limits
        from laconic.servers.http_server import http_app
        from laconic.servers.listening import check_binding, listen
        from laconic.servers.registry import Projects

        check_binding(host, token, without_token=without_token)
        projects = Projects.named(project or ["."])
        app = http_app(projects, token=token, host=host, watch=watch)
        for name in projects:
            with progress(f"indexing {name}") as told:
                projects.index(name, told)
        listen(app, host, port, limits=Limits(), ready=lambda url: say(f"laconic: {', '.join(projects)} at {url}"))
