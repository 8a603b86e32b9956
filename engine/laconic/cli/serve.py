"""``laconic serve``: projects and compression over HTTP, or a proxy before a model provider."""

from __future__ import annotations

from typing import Annotated

from laconic.cli.terminal import errors_told, progress, say, typer

__all__ = ["serve"]


def serve(
    project: Annotated[
        list[str] | None, typer.Option(help="NAME=PATH, or PATH alone; may be repeated. By default this folder.")
    ] = None,
    upstream: Annotated[
        str | None, typer.Option(help="Be a proxy before this provider, as https://api.openai.com, and nothing else.")
    ] = None,
    recipe: Annotated[str | None, typer.Option(help="Of the proxy: a recipe's name, or its file.")] = None,
    mode: Annotated[str | None, typer.Option(help="Of the proxy: hybrid, strict or aggressive.")] = None,
    threshold: Annotated[
        int | None, typer.Option(min=0, help="Of the proxy: tokens below which a chat goes on untouched.")
    ] = None,
    host: Annotated[str, typer.Option(help="What to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8400,
    token: Annotated[str | None, typer.Option(envvar="LACONIC_TOKEN", help="What clients must bring.")] = None,
    without_token: Annotated[
        bool, typer.Option("--without-token", help="Be open to a network without a token.")
    ] = False,
    watch: Annotated[bool, typer.Option(help="Keep the indexes fresh.")] = True,
) -> None:
    """Serve projects and compression over HTTP, with a page to try them on; or stand before a model provider."""
    with errors_told():
        from laconic.exceptions import ConfigurationError
        from laconic.servers.listening import check_binding

        check_binding(host, token, without_token=without_token)
        if upstream is not None:
            if project:
                raise ConfigurationError("--project is given beside --upstream: serve the project on another port")
            _serve_proxy(upstream, recipe, mode, threshold, host, port, token)
        elif (recipe, mode, threshold) != (None, None, None):
            raise ConfigurationError("--recipe, --mode and --threshold are the proxy's: give --upstream too")
        else:
            _serve_projects(project or ["."], host, port, token, watch=watch)


def _serve_projects(project: list[str], host: str, port: int, token: str | None, *, watch: bool) -> None:
    from laconic.servers.guard import Limits
    from laconic.servers.http_server import http_app
    from laconic.servers.listening import listen
    from laconic.servers.registry import Projects

    projects = Projects.named(project)
    app = http_app(projects, token=token, host=host, watch=watch)
    for name in projects:
        with progress(f"indexing {name}") as told:
            projects.index(name, told)
    listen(app, host, port, limits=Limits(), ready=lambda url: say(f"laconic: {', '.join(projects)} at {url}"))


def _serve_proxy(
    upstream: str, recipe: str | None, mode: str | None, threshold: int | None, host: str, port: int, token: str | None
) -> None:
    from laconic.messages import MessagePipeline
    from laconic.servers.listening import listen
    from laconic.servers.proxy import ProxyLimits, proxy_app

    pipeline = MessagePipeline(recipe or "default", mode=mode, threshold_tokens=threshold)
    limits = ProxyLimits()
    app = proxy_app(upstream, pipeline, token=token, host=host, limits=limits)
    listen(app, host, port, limits=limits, ready=lambda url: say(f"laconic: {url} before {upstream}"), dated=False)
