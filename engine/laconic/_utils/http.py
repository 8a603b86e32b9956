"""What the clients of HTTP services share: one bounded exchange, and what may be shown of what a server says.

A server is not trusted: it may drip, flood or never end, and say anything. An exchange ends in time and takes bounded
memory; what goes into messages is printable and has no key in it.
"""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections.abc import Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeVar

from laconic._utils.secret import Secret
from laconic._utils.unicode import one_line

if TYPE_CHECKING:
    import httpx

__all__ = ["ExchangeError", "Reply", "exchange", "key_unlogged", "retry_after", "run_to_end", "told"]

_T = TypeVar("_T")

_LONGEST_TOLD = 200
_LOGGERS = (
    "httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpcore.socks",
)  # fmt: skip


@dataclass(frozen=True)
class Reply:
    """A whole reply.

    Attributes:
        status: of HTTP.
        headers: with names in any letter case.
        body: decoded from what the server packed it in.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class ExchangeError(Exception):
    """There is no whole reply.

    Attributes:
        name: what went wrong, one word.
        detail: more about it, one line, possibly empty; without the key.
        slow: it took too long.
        passing: another attempt may go better.
    """

    def __init__(self, name: str, detail: str = "", *, slow: bool = False, passing: bool = False) -> None:
        super().__init__(f"{name}: {detail}" if detail else name)
        self.name = name
        self.detail = detail
        self.slow = slow
        self.passing = passing


async def exchange(
    client: httpx.AsyncClient, url: str, payload: Any, *, timeout: float, largest_bytes: int, key: Secret
) -> Reply:
    """POST JSON and read the whole reply.

    Args:
        client: has the key among its headers, and does not follow redirects.
        url: where to.
        payload: what JSON can hold.
        timeout: seconds from the first look at the address to the last byte of the reply, whatever comes in between.
        largest_bytes: of the reply, packed and unpacked; a longer one is refused while it comes in.
        key: kept out of errors.

    Raises:
        ExchangeError: no whole reply. It has no cause: those of the HTTP library hold the request and its headers.
    """
    import httpx

    try:
        return await asyncio.wait_for(_exchange(client, url, payload, largest_bytes), timeout)
    except (asyncio.TimeoutError, httpx.TimeoutException):
        failure = ExchangeError("Timeout", slow=True)
    except ExchangeError as error:
        failure = error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        passing = isinstance(error, (httpx.NetworkError, httpx.RemoteProtocolError))
        failure = ExchangeError(type(error).__name__, told(str(error), key), passing=passing)
    raise failure  # here, where it gets no context


async def _exchange(client: httpx.AsyncClient, url: str, payload: Any, largest_bytes: int) -> Reply:
    # One packing that the standard library unpacks up to a limit; others would be unpacked whole.
    async with client.stream("POST", url, json=payload, headers={"accept-encoding": "gzip"}) as response:
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > largest_bytes:
                raise _too_large(largest_bytes)
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    return Reply(response.status_code, response.headers, _unpacked(bytes(body), packing, largest_bytes))


def _unpacked(body: bytes, packing: str, largest_bytes: int) -> bytes:
    if packing in ("", "identity") or not body:
        return body
    if packing not in ("gzip", "x-gzip"):
        raise ExchangeError("ContentEncoding", "the reply is packed by other means than gzip")
    unpacking = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        unpacked = unpacking.decompress(body, largest_bytes + 1)
    except zlib.error:
        unpacked = b""
    if len(unpacked) > largest_bytes:
        raise _too_large(largest_bytes)
    if not unpacking.eof:
        raise ExchangeError("ContentEncoding", "the reply is no whole gzip file")
    return unpacked


def _too_large(largest_bytes: int) -> ExchangeError:
    return ExchangeError("TooLarge", f"the reply exceeds {largest_bytes} bytes")


def told(text: str, key: Secret) -> str:
    """What a server says, fit for a message: one short line of printable characters, without the key."""
    return one_line(key.hidden_in(text), _LONGEST_TOLD)


@contextmanager
def key_unlogged(key: Secret) -> Iterator[None]:
    """Keeps a key out of the log of the HTTP library, which at the level DEBUG tells what a server answers."""

    def hide(record: logging.LogRecord) -> bool:
        said = record.getMessage()
        hidden = key.hidden_in(said)
        if hidden != said:
            record.msg, record.args = hidden, None
        return True

    loggers = [logging.getLogger(name) for name in _LOGGERS]
    for logger in loggers:
        logger.addFilter(hide)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(hide)


def retry_after(header: str | None) -> float | None:
    """Seconds, ≥ 0, that a ``Retry-After`` header asks for, by a number or a date; None where it has none."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(header) - datetime.now(timezone.utc)).total_seconds()
        except (ValueError, TypeError, OverflowError):  # TypeError: a date without a zone, or none before Python 3.11
            return None
    return max(0.0, seconds) if isfinite(seconds) else None


def run_to_end(call: Coroutine[Any, Any, _T]) -> _T:
    """What a coroutine gives, for callers that do not await; in a thread of its own beside a running event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _run(call)
    with ThreadPoolExecutor(1) as pool:  # a notebook, say
        return pool.submit(copy_context().run, _run, call).result()


def _run(call: Coroutine[Any, Any, _T]) -> _T:
    # As asyncio.run, which would also wait for threads that nothing can stop: one that looks up a name for a minute.
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(call)
    finally:
        loop.run_until_complete(_cancelled(asyncio.all_tasks(loop)))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def _cancelled(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
