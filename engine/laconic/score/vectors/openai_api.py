"""Embeddings over the HTTP API of OpenAI, and of the many servers that speak it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from laconic._utils.http import ExchangeError, Reply, exchange, key_unlogged, retry_after, run_to_end, told
from laconic._utils.secret import Secret
from laconic.exceptions import APIError, AuthenticationError, ConfigurationError, MissingDependencyError
from laconic.score.vectors.checks import CheckedEmbedder
from laconic.score.vectors.windows import cut_to_windows
from laconic.tokens import counter_for

if TYPE_CHECKING:
    import httpx

__all__ = ["OpenAIEmbedder"]

DEFAULT_BASE_URL = "https://api.openai.com/v1"

# The service takes 8191 tokens a text, 2048 texts and 300 000 tokens a request.
_WINDOW = 8191
_REQUEST_TEXTS = 512
_REQUEST_TOKENS = 200_000

_SPARE_BYTES = 2**20
_ROW_BYTES = 2**18  # of JSON: a vector of 4096 numbers takes about a third of it

_RETRIED = frozenset({408, 409, 429, 500, 502, 503, 504})
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0


class OpenAIEmbedder(CheckedEmbedder):
    """An embedding model behind ``POST {base_url}/embeddings``.

    Args:
        model: name that the server knows.
        api_key: the key; None reads ``OPENAI_API_KEY``, also where a pickle arrives, which has no key.
        base_url: where the API lives; None reads ``OPENAI_BASE_URL``, else OpenAI's own.
        timeout: seconds that one try may take, to the last byte of the answer.
        max_retries: further tries after a timeout, a broken connection, status 408, 409, 429 or 5xx; the waits double
            from half a second, or are what the server's ``Retry-After`` says, 30 s at most.
        sleep: how to wait; for tests.

    Texts longer than the window of 8191 tokens are embedded in parts and averaged. Texts leave this
    machine: nothing else in laconic's vectors does that. Redirects are not followed.

    Raises:
        AuthenticationError: there is no key.
        ConfigurationError: ``timeout`` or ``max_retries`` is out of range.
        MissingDependencyError: httpx is not installed.
    """

    def __init__(
        self,
        model: str,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float = 30.0,
        max_retries: int = 4,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if find_spec("httpx") is None:
            raise MissingDependencyError("httpx", "hosted", f"the OpenAI embedding model {model!r}")
        if not timeout > 0:
            raise ConfigurationError(f"timeout is {timeout!r}; it must be a number of seconds above 0")
        if max_retries < 0:
            raise ConfigurationError(f"max_retries is {max_retries}; it must be 0 or more")
        super().__init__(model, self._request_all)
        base = base_url or os.environ.get("OPENAI_BASE_URL") or DEFAULT_BASE_URL
        self._key = Secret(_checked_key(api_key or os.environ.get("OPENAI_API_KEY", ""), model))
        self._url = base.rstrip("/") + "/embeddings"
        self._timeout = timeout
        self._max_retries = max_retries
        self._sleep = sleep

    def __repr__(self) -> str:
        return f"OpenAIEmbedder({self.name!r})"

    def _request_all(self, texts: list[str]) -> NDArray[np.float32]:
        count = counter_for(self.name).count
        windows = cut_to_windows(texts, count, _WINDOW)
        vectors = run_to_end(self._vectors(list(_batches(windows.parts, count))))
        return windows.merge(np.asarray(vectors, dtype=np.float32), len(texts))

    async def _vectors(self, batches: list[list[str]]) -> list[list[float]]:
        import httpx

        key = self._key
        if not key.reveal():
            key = Secret(_checked_key(os.environ.get("OPENAI_API_KEY", ""), self.name))
        headers = {"Authorization": f"Bearer {key.reveal()}"}
        # One client per call: connections are shared by its requests and never outlive it.
        with key_unlogged(key):
            async with httpx.AsyncClient(timeout=self._timeout, headers=headers, follow_redirects=False) as client:
                return [row for batch in batches for row in await self._rows(client, batch, key)]

    async def _rows(self, client: httpx.AsyncClient, texts: Sequence[str], key: Secret) -> list[list[float]]:
        """The vectors of one request, after as many tries as allowed."""
        body = {"model": self.name, "input": list(texts), "encoding_format": "float"}
        largest = _SPARE_BYTES + _ROW_BYTES * len(texts)
        for attempt in range(self._max_retries + 1):
            last = attempt == self._max_retries
            wait = min(_FIRST_WAIT * 2**attempt, _LONGEST_WAIT)
            try:
                reply = await exchange(client, self._url, body, timeout=self._timeout, largest_bytes=largest, key=key)
            except ExchangeError as error:
                if last or not (error.slow or error.passing):
                    raise APIError(
                        f"the embeddings server at {self._url} did not answer in {attempt + 1} tries ({error})"
                    ) from error
            else:
                answer = _Answer(reply, self.name, key)
                if 200 <= reply.status < 300:
                    return answer.rows(len(texts))
                if last or not answer.worth_retrying():
                    raise answer.refusal()
                asked = retry_after(reply.headers.get("retry-after"))
                wait = wait if asked is None else min(asked, _LONGEST_WAIT)
            self._sleep(wait)
        raise AssertionError("unreachable: the last try returns or raises")


def _checked_key(key: str, model: str) -> str:
    """A key without outer white space.

    Raises:
        AuthenticationError: there is none, or no header can carry it; the message does not hold it.
    """
    key = key.strip()
    if not key:
        raise AuthenticationError(
            f"the embedding model {model!r} needs an OpenAI key: set OPENAI_API_KEY or pass api_key, or use "
            "'laconic-static', which needs none"
        )
    if not all("!" <= character <= "~" for character in key):
        raise AuthenticationError("the OpenAI key holds a character that no HTTP header can carry: copy it again")
    return key


def _batches(texts: Sequence[str], count: Callable[[str], int]) -> Iterator[list[str]]:
    batch: list[str] = []
    tokens = 0
    for text in texts:
        size = count(text)
        if batch and (len(batch) == _REQUEST_TEXTS or tokens + size > _REQUEST_TOKENS):
            yield batch
            batch, tokens = [], 0
        batch.append(text)
        tokens += size
    if batch:
        yield batch


class _Answer:
    """What the server said; errors of it are printable and without the key."""

    def __init__(self, reply: Reply, model: str, key: Secret) -> None:
        self._reply = reply
        self._model = model
        self._key = key

    def rows(self, count: int) -> list[list[float]]:
        """The vectors in the order of the request.

        Raises:
            APIError: they are not of the documented form, or not as many as asked for.
        """
        try:
            data = sorted(self._json()["data"], key=lambda item: int(item["index"]))
            rows = [item["embedding"] for item in data]
            indexes = [int(item["index"]) for item in data]
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            problem = type(error).__name__
        else:
            if indexes == list(range(count)):
                return rows
            raise self._error(
                f"the embeddings server answered {len(rows)} vectors for {count} texts of {self._model!r}"
            )
        raise self._error(
            f"the embeddings server's answer for {self._model!r} is not of the documented form ({problem})"
        )

    def worth_retrying(self) -> bool:
        """Whether another try may be answered; a spent quota also answers 429, and no waiting brings it back."""
        return self._reply.status in _RETRIED and self._error_body().get("code") != "insufficient_quota"

    def refusal(self) -> AuthenticationError | APIError:
        """The error of a status other than success."""
        said = self._error_body().get("message") or self._reply.body[:800].decode(errors="replace")
        text = f"the embeddings server refused the request for {self._model!r}: {self._reply.status}"
        text = f"{text} {told(str(said), self._key)}".rstrip()
        if self._reply.status in (401, 403):
            return AuthenticationError(f"{text}; check OPENAI_API_KEY")
        return self._error(text)

    def _error(self, message: str) -> APIError:
        found = self._reply.headers.get("x-request-id")
        request_id = told(found, self._key) if found else None
        return APIError(message, status=self._reply.status, request_id=request_id)

    def _json(self) -> Any:
        return json.loads(self._reply.body)

    def _error_body(self) -> dict[str, Any]:
        try:
            error = self._json()["error"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return {}
        return error if isinstance(error, dict) else {"message": str(error)}
