"""The hosted ScaleDown API: one POST per context, with a deadline, retries and bounded concurrency.

What leaves the machine is the payload that the caller of this module built, and the key in its header; see
`laconic.scaledown.compressor` for the fields. Redirects are not followed, so the key goes to no other host.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from importlib.util import find_spec
from math import isfinite
from time import monotonic
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar
from urllib.parse import urlsplit

from laconic._utils.http import retry_after
from laconic.exceptions import APIError, AuthenticationError, ConfigurationError, MissingDependencyError
from laconic.scaledown.config import checked_api_key, get_api_url
from laconic.scaledown.results import CompressedPrompt

if TYPE_CHECKING:
    import httpx

__all__ = ["HostedClient", "HostedError", "Payload", "Rescue", "run_to_end"]

Payload = Mapping[str, Any]
HostedError = APIError | AuthenticationError
Rescue = Callable[[int, HostedError], Awaitable[CompressedPrompt]]
"""Position in the batch and what went wrong, to a result in place of the failed one."""

_T = TypeVar("_T")

PATH = "/compress/raw"
_ENDPOINT = re.compile(r"/compress(?:/|$)")
LONGEST_WAIT_S = 60.0
"""A server that asks for a longer pause than this gets no second try: the caller decides about minutes."""

_LARGEST_REPLY_BYTES = 64 * 2**20
_REQUEST_ID_HEADERS = ("x-request-id", "x-amzn-requestid", "request-id")
_REASON_KEYS = ("message", "detail", "error", "error_message")
_LONGEST_REASON = 200


class HostedClient:
    """Sends payloads to the hosted API and reads the replies.

    Args:
        api_key: sent as the header ``x-api-key``; never part of a message or of this object's ``repr``.
        url: address of the API, or the full endpoint, which is one with ``/compress`` in its path; see
            `laconic.scaledown.config.get_api_url`.
        timeout: seconds, > 0, that an attempt may wait for the connection or for the next byte; an attempt that still
            receives ends after as many, too.
        max_retries: further attempts after a 429, a 5xx or a broken connection, 0–10. A timeout is not retried.
        backoff: seconds before the first retry, doubled for each further one and varied by up to a half; what a
            ``Retry-After`` header asks for goes before it.
        max_concurrency: most requests of a batch that are under way at a time, ≥ 1.

    Raises:
        AuthenticationError: the key cannot be sent.
        ConfigurationError: another argument cannot work.
        MissingDependencyError: httpx is not installed.

    Holds no connection between calls: a call, single or batch, opens its own pool and closes it.
    """

    def __init__(
        self,
        api_key: str,
        *,
        url: str | None = None,
        timeout: float = 30.0,
        max_retries: int = 3,
        backoff: float = 0.5,
        max_concurrency: int = 8,
    ) -> None:
        if find_spec("httpx") is None:
            raise MissingDependencyError("httpx", "hosted", "the hosted ScaleDown API")
        self._api_key = checked_api_key(api_key)
        self.url = get_api_url(url)
        self.endpoint = self.url if _ENDPOINT.search(urlsplit(self.url).path) else self.url + PATH
        self.timeout = _seconds(timeout, "timeout", above=0)
        self.max_retries = _whole(max_retries, "max_retries", 0, 10)
        self.backoff = _seconds(backoff, "backoff")
        self.max_concurrency = _whole(max_concurrency, "max_concurrency", 1, 1000)

    def __repr__(self) -> str:
        return f"HostedClient(url={self.url!r}, timeout={self.timeout}, max_retries={self.max_retries})"

    async def compress(
        self,
        payloads: Sequence[Payload],
        *,
        rescue: Rescue | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> list[CompressedPrompt]:
        """One result per payload, in order; cancelling it cancels what is under way.

        Args:
            payloads: bodies of the requests.
            rescue: called for a request that failed for good; None raises instead.
            on_progress: called with the number of finished requests, after each.

        Raises:
            AuthenticationError: the API refused the key.
            APIError: a request failed for good. The others are given up.
        """
        import httpx

        slots = asyncio.Semaphore(self.max_concurrency)
        limits = httpx.Limits(max_connections=self.max_concurrency)
        headers = {"x-api-key": self._api_key}
        async with httpx.AsyncClient(headers=headers, timeout=self.timeout, limits=limits) as client:

            async def one(at: int) -> CompressedPrompt:
                async with slots:
                    try:
                        return await self._send(client, payloads[at])
                    except (APIError, AuthenticationError) as error:
                        if rescue is None:
                            raise
                        return await rescue(at, error)

            tasks = [asyncio.create_task(one(at)) for at in range(len(payloads))]
            try:
                for done, task in enumerate(asyncio.as_completed(tasks), 1):
                    await task
                    if on_progress is not None:
                        on_progress(done)
                return [task.result() for task in tasks]
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    # -- one request ------------------------------------------------------------------------------------------------

    async def _send(self, client: httpx.AsyncClient, payload: Payload) -> CompressedPrompt:
        import httpx

        attempt = 0
        while True:
            deadline = monotonic() + self.timeout
            try:
                async with client.stream("POST", self.endpoint, json=payload) as response:
                    body = bytearray()
                    async for chunk in response.aiter_bytes():
                        self._add(body, chunk, deadline)
                wait = self._wait_after_reply(attempt, response)
                if wait is None:
                    return self._result(response, bytes(body), payload)
            except httpx.HTTPError as error:
                wait = self._wait_after_failure(attempt, error)
            attempt += 1
            await asyncio.sleep(wait)

    def _add(self, body: bytearray, chunk: bytes, deadline: float) -> None:
        """Take in a piece of the reply; httpx limits the time between two pieces only, so the whole is limited here."""
        body += chunk
        if len(body) > _LARGEST_REPLY_BYTES:
            raise APIError(f"the reply of the hosted API exceeds {_LARGEST_REPLY_BYTES} bytes")
        if monotonic() > deadline:
            self._timed_out()

    def _timed_out(self, cause: Exception | None = None) -> NoReturn:
        raise APIError(
            f"the hosted API at {self.url} did not answer within {self.timeout:g} s: raise timeout=, or send less text"
        ) from cause

    def _wait_after_failure(self, attempt: int, error: httpx.HTTPError) -> float:
        """Seconds until the next attempt after a connection failed.

        Raises:
            APIError: there is no next attempt.
        """
        import httpx

        if isinstance(error, httpx.TimeoutException):
            self._timed_out(error)
        if attempt >= self.max_retries or not isinstance(error, (httpx.NetworkError, httpx.RemoteProtocolError)):
            raise APIError(
                f"the hosted API at {self.url} could not be reached ({type(error).__name__}, "
                f"attempt {attempt + 1} of {self.max_retries + 1}): check the network and the address"
            ) from error
        return self._pause(attempt)

    def _wait_after_reply(self, attempt: int, response: httpx.Response) -> float | None:
        """Seconds until the next attempt after a reply; None when this reply is the last word."""
        if not (response.status_code == 429 or response.status_code >= 500) or attempt >= self.max_retries:
            return None
        asked = retry_after(response.headers.get("retry-after"))
        if asked is None:
            return self._pause(attempt)
        return asked if asked <= LONGEST_WAIT_S else None

    def _pause(self, attempt: int) -> float:
        # up to a half longer, so that clients that failed together do not come back together
        pause: float = self.backoff * 2**attempt * (1 + random.random() / 2)  # noqa: S311
        return min(LONGEST_WAIT_S, pause)

    # -- one reply --------------------------------------------------------------------------------------------------

    def _result(self, response: httpx.Response, body: bytes, payload: Payload) -> CompressedPrompt:
        status = response.status_code
        reply = _json_object(body)
        request_id = next((response.headers[name] for name in _REQUEST_ID_HEADERS if name in response.headers), None)
        if reply is not None:
            request_id = request_id or _request_id(reply)
        request_id = request_id and request_id.replace(self._api_key, "***")
        about = f"HTTP {status}" + (f", request {request_id}" if request_id else "")
        if status in (401, 403):
            raise AuthenticationError(
                f"the hosted API refused the key ({about}){self._reason(reply)}: check api_key or SCALEDOWN_API_KEY"
            )

        def failed(what: str) -> APIError:
            return APIError(f"{what} ({about}){self._reason(reply)}", status=status, request_id=request_id)

        if status != 200:
            asked = retry_after(response.headers.get("retry-after"))
            later = f", which asks to wait {asked:g} s" if asked is not None else ""
            raise failed(f"the hosted API answered with an error{later}")
        if reply is None:
            raise failed("the hosted API answered something that is not a JSON object")
        results = reply.get("results")
        inner: Mapping[str, Any] = results if isinstance(results, Mapping) else {}
        if reply.get("successful") is False or inner.get("successful") is False:
            raise failed("the hosted API could not compress the context")
        content = inner.get("compressed_prompt", reply.get("compressed_prompt"))
        if not isinstance(content, str):
            raise failed("the reply of the hosted API has no results.compressed_prompt")
        if not content.strip() and payload["context"].strip():
            raise failed("the hosted API returned nothing of the context")
        try:
            return CompressedPrompt.from_api_response(content, reply)
        except APIError as error:
            raise failed(str(error)) from error.__cause__

    def _reason(self, reply: Mapping[str, Any] | None) -> str:
        """What the server says about an error, short and without the key."""
        levels = [] if reply is None else [reply, reply.get("results"), reply.get("error")]
        texts = (level.get(key) for level in levels if isinstance(level, Mapping) for key in _REASON_KEYS)
        said = next((text for text in texts if isinstance(text, str) and text.strip()), None)
        if said is None:
            return ""
        return ": " + " ".join(said.replace(self._api_key, "***").split())[:_LONGEST_REASON]


def run_to_end(call: Coroutine[Any, Any, _T]) -> _T:
    """What a coroutine gives, for callers that do not await; in a thread of its own beside a running event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(call)
    with ThreadPoolExecutor(1) as pool:  # a notebook, say
        return pool.submit(copy_context().run, asyncio.run, call).result()


def _json_object(body: bytes) -> Mapping[str, Any] | None:
    try:
        decoded = json.loads(body)
    except (ValueError, RecursionError):  # RecursionError: brackets nested by the thousand
        return None
    return decoded if isinstance(decoded, Mapping) else None


def _request_id(reply: Mapping[str, Any]) -> str | None:
    metadata = reply.get("request_metadata")
    levels = [reply, metadata if isinstance(metadata, Mapping) else {}]
    return next((level["request_id"] for level in levels if isinstance(level.get("request_id"), str)), None)


def _seconds(value: float, name: str, above: float | None = None) -> float:
    usable = isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value) and value >= 0
    if not usable or value == above:
        raise ConfigurationError(f"{name} is {value!r}: give seconds {'>' if above == 0 else '≥'} 0")
    return float(value)


def _whole(value: int, name: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ConfigurationError(f"{name} is {value!r}: give a whole number from {least} to {most}")
    return value
