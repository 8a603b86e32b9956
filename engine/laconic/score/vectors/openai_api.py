"""Embeddings over the HTTP API of OpenAI, and of the many servers that speak it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from laconic._http import retry_after
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

_RETRIED = frozenset({408, 409, 429, 500, 502, 503, 504})
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0


class OpenAIEmbedder(CheckedEmbedder):
    """An embedding model behind ``POST {base_url}/embeddings``.

    Args:
        model: name that the server knows. api_key: the key; None reads ``OPENAI_API_KEY``. base_url: where
            the API lives; None reads ``OPENAI_BASE_URL``, else OpenAI's own. timeout: seconds for
            connecting, and for each pause within an answer. max_retries: further tries after a timeout, a
            broken connection, status 408, 409, 429 or 5xx; the waits double from half a second, or are what
            the server's ``Retry-After`` says, 30 s at most.
        sleep: how to wait; for tests.

    Texts longer than the window of 8191 tokens are embedded in parts and averaged. Texts leave this
    machine: nothing else in laconic's vectors does that.

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
        key = api_key or os.environ.get("OPENAI_API_KEY", "")
        if not key.strip():
            raise AuthenticationError(
                f"the embedding model {model!r} needs an OpenAI key: set OPENAI_API_KEY or pass api_key, or use "
                "'laconic-static', which needs none"
            )
        super().__init__(model, self._request_all)
        base = base_url or os.environ.get("OPENAI_BASE_URL") or DEFAULT_BASE_URL
        self._key = key.strip()
        self._url = base.rstrip("/") + "/embeddings"
        self._timeout = timeout
        self._max_retries = max_retries
        self._sleep = sleep

    def __repr__(self) -> str:
        return f"OpenAIEmbedder({self.name!r})"

    def _request_all(self, texts: list[str]) -> NDArray[np.float32]:
        import httpx

        count = counter_for(self.name).count
        windows = cut_to_windows(texts, count, _WINDOW)
        # One client per call: connections are shared by its requests and never outlive it.
        with httpx.Client(timeout=self._timeout) as client:
            vectors = [
                row
                for batch in _batches(windows.parts, count)
                for row in _rows(self._request(client, batch), len(batch), self.name)
            ]
        return windows.merge(np.asarray(vectors, dtype=np.float32), len(texts))

    def _request(self, client: httpx.Client, texts: Sequence[str]) -> httpx.Response:
        """One answered request, after as many tries as allowed."""
        import httpx

        body = {"model": self.name, "input": list(texts), "encoding_format": "float"}
        headers = {"Authorization": f"Bearer {self._key}"}
        for attempt in range(self._max_retries + 1):
            last = attempt == self._max_retries
            wait = min(_FIRST_WAIT * 2**attempt, _LONGEST_WAIT)
            try:
                response = client.post(self._url, json=body, headers=headers)
            except httpx.TransportError as error:
                if last:
                    raise APIError(
                        f"the embeddings server at {self._url} did not answer in {attempt + 1} tries "
                        f"({type(error).__name__}: {error})"
                    ) from error
            else:
                if response.is_success:
                    return response
                if last or not _worth_retrying(response):
                    raise _error_of(response, self.name)
                asked = retry_after(response.headers.get("retry-after"))
                wait = wait if asked is None else min(asked, _LONGEST_WAIT)
            self._sleep(wait)
        raise AssertionError("unreachable: the last try returns or raises")


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


def _rows(response: httpx.Response, count: int, model: str) -> list[list[float]]:
    """The vectors of an answer in the order of the request."""
    try:
        data = sorted(response.json()["data"], key=lambda item: int(item["index"]))
        rows = [item["embedding"] for item in data]
        indexes = [int(item["index"]) for item in data]
    except (ValueError, KeyError, TypeError) as error:
        form = f"is not of the documented form ({type(error).__name__}: {error})"
        raise _api_error(response, f"the embeddings server's answer for {model!r} {form}") from error
    if indexes != list(range(count)):
        raise _api_error(response, f"the embeddings server answered {len(rows)} vectors for {count} texts of {model!r}")
    return rows


def _api_error(response: httpx.Response, message: str) -> APIError:
    return APIError(message, status=response.status_code, request_id=response.headers.get("x-request-id"))


def _error_body(response: httpx.Response) -> dict[str, Any]:
    try:
        error = response.json()["error"]
    except (ValueError, KeyError, TypeError):
        return {}
    return error if isinstance(error, dict) else {"message": str(error)}


def _worth_retrying(response: httpx.Response) -> bool:
    # A spent quota also answers 429, and no waiting brings it back.
    return response.status_code in _RETRIED and _error_body(response).get("code") != "insufficient_quota"


def _error_of(response: httpx.Response, model: str) -> Exception:
    message = _error_body(response).get("message") or response.text[:200] or response.reason_phrase
    text = f"the embeddings server refused the request for {model!r}: {response.status_code} {message}"
    if response.status_code in (401, 403):
        return AuthenticationError(f"{text}; check OPENAI_API_KEY")
    return _api_error(response, text)
