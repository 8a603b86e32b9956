"""The hosted ScaleDown API: one POST per context, with a deadline, retries and bounded concurrency.

What leaves the machine is the payload that the caller of this module built, and the key in its header; see
`laconic.scaledown.compressor` for the fields. Redirects are not followed, so the key goes to no other host. Replies are
not trusted: how long they take, how long they are, what they count and which characters they hold is checked.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib.util import find_spec
from math import isfinite
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from laconic._utils.http import ExchangeError, Reply, exchange, key_unlogged, retry_after, told
from laconic._utils.secret import Secret
from laconic._utils.unicode import check_unicode, new_controls
from laconic.exceptions import APIError, AuthenticationError, ConfigurationError, InputError, MissingDependencyError
from laconic.scaledown.config import API_KEY_VARIABLE, checked_api_key, get_api_key, get_api_url
from laconic.scaledown.results import CompressedPrompt

if TYPE_CHECKING:
    import httpx

__all__ = ["HostedClient", "HostedError", "Payload", "Rescue"]

Payload = Mapping[str, Any]
HostedError = APIError | AuthenticationError
Rescue = Callable[[int, HostedError], Awaitable[CompressedPrompt]]
"""Position in the batch and what went wrong, to a result in place of the failed one."""

PATH = "/compress/raw"
_ENDPOINT = re.compile(r"/compress(?:/|$)")
LONGEST_WAIT_S = 60.0
"""A server that asks for a longer pause than this gets no second try: the caller decides about minutes."""

_SPARE_BYTES = 2**20
_BYTES_PER_CHARACTER = 12  # as JSON may write one: two escapes of six
_REQUEST_ID_HEADERS = ("x-request-id", "x-amzn-requestid", "request-id")
_REASON_KEYS = ("message", "detail", "error", "error_message")


class HostedClient:
    """Sends payloads to the hosted API and reads the replies.

    Args:
        api_key: sent as the header ``x-api-key``; never part of a message, of this object's ``repr`` or of a pickle:
            where a pickled client arrives, the key is read as `laconic.scaledown.config.get_api_key` does.
        url: address of the API, or the full endpoint, which is one with ``/compress`` in its path; see
            `laconic.scaledown.config.get_api_url`.
        timeout: seconds, > 0, that one attempt may take, from looking up the address to the last byte of the reply,
            whatever the server sends meanwhile.
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
        self._key = Secret(checked_api_key(api_key))
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
            AuthenticationError: the API refused the key, or the client was pickled and there is no key here.
            APIError: a request failed for good. The others are given up.
        """
        import httpx

        key = self._key_here()
        slots = asyncio.Semaphore(self.max_concurrency)
        client = httpx.AsyncClient(
            headers={"x-api-key": key.reveal() or ""},
            timeout=self.timeout,
            limits=httpx.Limits(max_connections=self.max_concurrency),
            follow_redirects=False,
        )

        async def one(at: int) -> CompressedPrompt:
            async with slots:
                try:
                    return await self._send(client, payloads[at], key)
                except (APIError, AuthenticationError) as error:
                    if rescue is None:
                        raise
                    return await rescue(at, error)

        with key_unlogged(key):
            async with client:
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

    def _key_here(self) -> Secret:
        if self._key.reveal():
            return self._key
        key = get_api_key()
        if key is None:
            raise AuthenticationError(
                f"this client was pickled, which leaves its key behind: set {API_KEY_VARIABLE} where it is used"
            )
        return Secret(key)

    # -- one request ------------------------------------------------------------------------------------------------

    async def _send(self, client: httpx.AsyncClient, payload: Payload, key: Secret) -> CompressedPrompt:
        largest = _SPARE_BYTES + _BYTES_PER_CHARACTER * len(payload["context"])
        attempt = 0
        while True:
            try:
                reply = await exchange(
                    client, self.endpoint, payload, timeout=self.timeout, largest_bytes=largest, key=key
                )
            except ExchangeError as error:
                wait = self._wait_after_failure(attempt, error)
            else:
                asked = self._wait_after_reply(attempt, reply)
                if asked is None:
                    return _Reading(reply, payload, key).result()
                wait = asked
            attempt += 1
            await asyncio.sleep(wait)

    def _wait_after_failure(self, attempt: int, failure: ExchangeError) -> float:
        """Seconds until the next attempt after one without a whole reply.

        Raises:
            APIError: there is no next attempt.
        """
        if failure.slow:
            raise APIError(
                f"the hosted API at {self.url} did not answer within {self.timeout:g} s: raise timeout=, or send less "
                "text"
            ) from failure
        if attempt >= self.max_retries or not failure.passing:
            detail = f": {failure.detail}" if failure.detail else ""
            raise APIError(
                f"the hosted API at {self.url} could not be reached ({failure.name}, "
                f"attempt {attempt + 1} of {self.max_retries + 1}{detail}): check the network and the address"
            ) from failure
        return self._pause(attempt)

    def _wait_after_reply(self, attempt: int, reply: Reply) -> float | None:
        """Seconds until the next attempt after a reply; None when this reply is the last word."""
        if not (reply.status == 429 or reply.status >= 500) or attempt >= self.max_retries:
            return None
        asked = retry_after(reply.headers.get("retry-after"))
        if asked is None:
            return self._pause(attempt)
        return asked if asked <= LONGEST_WAIT_S else None

    def _pause(self, attempt: int) -> float:
        # up to a half longer, so that clients that failed together do not come back together
        pause: float = self.backoff * 2**attempt * (1 + random.random() / 2)  # noqa: S311
        return min(LONGEST_WAIT_S, pause)


class _Reading:
    """What a reply says, checked; errors are printable and without the key.

    Args:
        reply: of the server, whatever it sent.
        payload: what it was sent.
        key: to be left out.
    """

    def __init__(self, reply: Reply, payload: Payload, key: Secret) -> None:
        self._reply = reply
        self._context: str = payload["context"]
        self._sent_bytes = len(json.dumps(payload))
        self._key = key
        self._said = _json_object(reply.body)
        headers = (reply.headers[name] for name in _REQUEST_ID_HEADERS if name in reply.headers)
        found = next(headers, None) or _request_id(self._said or {})
        self._request_id = told(found, key) if found else None

    def result(self) -> CompressedPrompt:
        """The result.

        Raises:
            AuthenticationError: the server refused the key.
            APIError: the server failed, or answered what cannot be.
        """
        status = self._reply.status
        if status in (401, 403):
            raise AuthenticationError(
                f"the hosted API refused the key ({self._about()}){self._reason()}: check api_key or {API_KEY_VARIABLE}"
            )
        if status != 200:
            asked = retry_after(self._reply.headers.get("retry-after"))
            later = f", which asks to wait {asked:g} s" if asked is not None else ""
            raise self._failed(f"the hosted API answered with an error{later}")
        if self._said is None:
            raise self._failed("the hosted API answered something that is not a JSON object")
        content = self._content(self._said)
        try:
            check_unicode(content, "the text of the hosted API")
            result = CompressedPrompt.from_api_response(content, self._said)
        except (APIError, InputError) as error:
            reason = told(str(error), self._key)
        else:
            original, compressed = result.tokens
            if original <= self._sent_bytes and (compressed or not content):
                return result
            reason = (
                f"the hosted API counted {original} tokens in a request of {self._sent_bytes} bytes and {compressed} "
                f"in a reply of {len(content)} characters"
            )
        raise self._failed(reason)

    def _content(self, said: Mapping[str, Any]) -> str:
        results = said.get("results")
        inner: Mapping[str, Any] = results if isinstance(results, Mapping) else {}
        if said.get("successful") is False or inner.get("successful") is False:
            raise self._failed("the hosted API could not compress the context")
        content = inner.get("compressed_prompt", said.get("compressed_prompt"))
        if not isinstance(content, str):
            raise self._failed("the reply of the hosted API has no results.compressed_prompt")
        if not content.strip() and self._context.strip():
            raise self._failed("the hosted API returned nothing of the context")
        if len(content) > len(self._context):
            raise self._failed(
                f"the hosted API returned {len(content)} characters for a context of {len(self._context)}: more than "
                "it was to shorten"
            )
        strange = new_controls(content, self._context)
        if strange:
            shown = ", ".join(f"U+{ord(character):04X}" for character in strange[:5])
            raise self._failed(f"the hosted API returned control characters that the context does not have ({shown})")
        return content

    def _about(self) -> str:
        return f"HTTP {self._reply.status}" + (f", request {self._request_id}" if self._request_id else "")

    def _failed(self, what: str) -> APIError:
        message = f"{what} ({self._about()}){self._reason()}"
        return APIError(message, status=self._reply.status, request_id=self._request_id)

    def _reason(self) -> str:
        """What the server says about an error, short."""
        said = self._said
        levels = [] if said is None else [said, said.get("results"), said.get("error")]
        texts = (level.get(key) for level in levels if isinstance(level, Mapping) for key in _REASON_KEYS)
        found = next((text for text in texts if isinstance(text, str) and text.strip()), None)
        return "" if found is None else f": {told(found, self._key)}"


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
