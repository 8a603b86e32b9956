"""An application on a port: `listen` runs it until a signal ends it."""

from __future__ import annotations

import errno
import socket
from asyncio import TimerHandle, Transport
from collections.abc import Callable
from typing import Any

try:
    import h11
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol
except ImportError as error:
    from laconic.exceptions import MissingDependencyError

    raise MissingDependencyError("uvicorn", "server", "serving over HTTP") from error

from laconic.exceptions import ConfigurationError
from laconic.servers.guard import App, Limits, is_loopback

__all__ = ["check_binding", "listen"]

_KEEP_ALIVE_S = 5  # uvicorn's own default
_SHUTDOWN_S = 5  # what calls under way get when the server is told to stop


def check_binding(host: str, token: str | None, *, without_token: bool = False) -> None:
    """Refuse to be open to a network without meaning it.

    Raises:
        ConfigurationError: ``host`` can be reached from other machines, and there is no token; or the token is empty.
    """
    if token is not None and not token.strip():
        raise ConfigurationError("the token is empty: give one, or none at all")
    if token is None and not without_token and not is_loopback(host):
        raise ConfigurationError(
            f"host {host!r} can be reached from other machines: give --token (or LACONIC_TOKEN), or --without-token "
            "where the network keeps strangers out"
        )


def listen(app: App, host: str, port: int, *, limits: Limits, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        app: an ASGI application.
        host: a name or address of this machine.
        port: 0 takes a free one.
        limits: see `Limits`.
        ready: gets the server's address once it answers.

    Raises:
        ConfigurationError: the port is in use or not allowed, or there is no such host.
    """
    bound = _bound(host, port)
    shown = f"[{host}]" if ":" in host else host
    config = uvicorn.Config(
        app,
        http=_protocol(limits.read_seconds),
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=limits.connections,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_SHUTDOWN_S,
    )
    server = _Server(config, lambda: ready(f"http://{shown}:{bound.getsockname()[1]}"))
    with bound:
        server.run(sockets=[bound])


def _bound(host: str, port: int) -> socket.socket:
    """A socket that is bound, so that what is wrong with the address is known before anything starts."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigurationError(
                f"port {port} of {host} is in use: stop what listens there, or give another with --port"
            ) from error
        raise ConfigurationError(f"cannot listen on port {port} of {host}: {error.strerror or error}") from error
    except OverflowError as error:
        raise ConfigurationError(f"port is {port}: it must be 0–65535") from error


class _Server(uvicorn.Server):
    """Tells when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


def _protocol(seconds: float) -> type[H11Protocol]:
    """HTTP whose connections end where the headers of a request are not there in time; uvicorn waits for ever."""

    class Impatient(H11Protocol):
        _deadline: TimerHandle | None = None

        def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # as uvicorn has it
            super().connection_made(transport)
            self._wait()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self._wait()

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            self._forget()

        def _wait(self) -> None:
            self._forget()
            self._deadline = self.loop.call_later(seconds, self._hang_up)

        def _forget(self) -> None:
            if self._deadline is not None:
                self._deadline.cancel()

        def _hang_up(self, *_: Any) -> None:
            if self.conn.their_state is h11.IDLE:  # no request's headers are complete
                self.transport.close()

    return Impatient
